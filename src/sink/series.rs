//! What the report's plot needs of a set's steps, in bounded memory.
//!
//! Input: [`Step`]s in order. Output: at most [`Series::MOST_POINTS`] points of the counting signal, or of each side's, and
//! of progress.

use crate::form::{Exercise, Signal, Step};
use crate::units::Timestamp;

/// The counting signal over time.
#[derive(Clone, Debug)]
pub struct Series {
    exercise: &'static Exercise,
    points: Vec<Point>,
    /// Pictures per point.
    stride: u32,
    /// Pictures in the last point.
    filled: u32,
    last: Timestamp,
    signals: [Option<&'static Signal>; 2],
}

/// One or more neighbouring pictures, represented by the one that went furthest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    pub t: Timestamp,
    /// Of [`Series::signals`], in their unit.
    pub values: [Option<f64>; 2],
    /// 0 at rest, 1 at a full movement.
    pub progress: Option<f64>,
}

impl Series {
    /// Enough for a plot two pixels a point on a wide screen; even, so that points can be merged in pairs.
    pub const MOST_POINTS: usize = 2000;

    pub fn new(exercise: &'static Exercise) -> Series {
        let points = Vec::with_capacity(Series::MOST_POINTS);
        Series { exercise, points, stride: 1, filled: 0, last: Timestamp::ZERO, signals: [None; 2] }
    }

    /// Takes the next step.
    pub fn push(&mut self, step: &Step) {
        let point = Point { t: step.pose.t, values: self.measure(step), progress: step.progress };
        self.last = point.t;
        match self.points.last_mut() {
            Some(last) if self.filled < self.stride => {
                *last = further(*last, point);
                self.filled += 1;
            }
            _ => {
                if self.points.len() == Series::MOST_POINTS {
                    self.halve();
                }
                self.points.push(point);
                self.filled = 1;
            }
        }
    }

    /// In time order.
    pub fn points(&self) -> &[Point] {
        &self.points
    }

    /// Time of the last picture.
    pub fn last(&self) -> Timestamp {
        self.last
    }

    /// What [`Point::values`] are: one signal, or one of each side; none when nothing was measured.
    pub fn signals(&self) -> [Option<&'static Signal>; 2] {
        self.signals
    }

    /// The first signal that could be measured keeps the plot: another view's has another unit.
    fn measure(&mut self, step: &Step) -> [Option<f64>; 2] {
        let Some(signals) = self.exercise.signal_of_each_side(step.sample.view) else { return [None; 2] };
        let values = signals.map(|signal| (signal?.measure)(&step.sample).ok());
        if self.signals[0].is_none() && values != [None; 2] {
            self.signals = signals;
        }
        let same = self.signals[0].zip(signals[0]).is_some_and(|(kept, now)| std::ptr::eq(kept, now));
        if same { values } else { [None; 2] }
    }

    fn halve(&mut self) {
        for i in 0..self.points.len() / 2 {
            self.points[i] = further(self.points[2 * i], self.points[2 * i + 1]);
        }
        self.points.truncate(self.points.len() / 2);
        self.stride = self.stride.saturating_mul(2);
    }
}

/// The one that went further; a measured one before one that is not, else the earlier.
fn further(a: Point, b: Point) -> Point {
    match (a.progress, b.progress) {
        (Some(x), Some(y)) if y > x => b,
        (None, Some(_)) => b,
        _ => a,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::specimen;

    #[test]
    fn memory_stays_flat_and_peaks_survive() {
        let mut series = Series::new(&specimen::EXERCISE);
        let steps = specimen::steps(64, 64);
        let top = steps.iter().filter_map(|s| s.progress).fold(0.0, f64::max);
        let passes = 40;
        for pass in 0..passes {
            for step in &steps {
                let mut step = step.clone();
                step.pose.t = step.pose.t + f64::from(pass) * 12.0;
                series.push(&step);
            }
        }
        assert!(series.points().len() <= Series::MOST_POINTS);
        assert!(series.points().is_sorted_by(|a, b| a.t < b.t));
        assert_eq!(series.points().iter().filter_map(|p| p.progress).fold(0.0, f64::max), top);
        assert_eq!(series.last().micros(), steps.last().unwrap().pose.t.micros() + 39 * 12_000_000);
        let deep = series.points().iter().filter(|p| p.progress > Some(0.9)).count();
        assert!(deep >= 2 * passes as usize, "every repetition is still there: {deep}");
    }
}
