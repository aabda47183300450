//! What the report's plot needs of a set's steps, in bounded memory.
//!
//! Input: [`Step`]s in order. Output: at most [`Series::MOST_POINTS`] points of every counting signal of the exercise, of
//! which the set's view and variant, known at its end, choose the one to be plotted, or one of each side.

use crate::form::{Exercise, Signal, Step, Variant};
use crate::kinematics::View;
use crate::units::Timestamp;

/// The counting signals over time.
#[derive(Clone, Debug)]
pub struct Series {
    exercise: &'static Exercise,
    points: Vec<Point>,
    /// Pictures per point.
    stride: u32,
    /// Pictures in the last point.
    filled: u32,
    last: Timestamp,
}

/// One or more neighbouring pictures, represented by the one that went furthest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    pub t: Timestamp,
    /// Of the exercise's signals in their order, each in its unit, seen from where it counts.
    values: [Option<f64>; MOST_SIGNALS],
    /// 0 at rest, 1 at a full movement.
    pub progress: Option<f64>,
}

/// No exercise counts by more signals.
const MOST_SIGNALS: usize = 8;

impl Series {
    /// Enough for a plot two pixels a point on a wide screen; even, so that points can be merged in pairs.
    pub const MOST_POINTS: usize = 2000;

    pub fn new(exercise: &'static Exercise) -> Series {
        let points = Vec::with_capacity(Series::MOST_POINTS);
        Series { exercise, points, stride: 1, filled: 0, last: Timestamp::ZERO }
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

    /// The signal that a set done in this way was counted by, or one of each side; none when it was not measured.
    pub fn signals(&self, view: View, variant: Option<&Variant>) -> Vec<&'static Signal> {
        let mut signals = self.exercise.signals(view, variant);
        if signals.is_empty() {
            signals.extend(self.exercise.signal(view));
        }
        let measured = signals.iter().any(|signal| self.values(signal).any(|(_, value)| value.is_some()));
        if measured { signals } else { Vec::new() }
    }

    /// A signal's values over time.
    pub fn values(&self, signal: &Signal) -> impl Iterator<Item = (Timestamp, Option<f64>)> {
        let of = self.exercise.counting.signals().iter().position(|s| std::ptr::eq(s, signal));
        self.points.iter().map(move |point| (point.t, of.and_then(|of| point.values[of])))
    }

    fn measure(&self, step: &Step) -> [Option<f64>; MOST_SIGNALS] {
        let mut values = [None; MOST_SIGNALS];
        for (value, signal) in values.iter_mut().zip(self.exercise.counting.signals()) {
            *value = (signal.measure)(&step.sample).ok().filter(|_| signal.views.contains(&step.sample.view));
        }
        values
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
    use crate::exercises;
    use crate::report::specimen;

    #[test]
    fn every_signal_of_every_exercise_has_its_place() {
        assert!(exercises::ALL.iter().all(|exercise| exercise.counting.signals().len() <= MOST_SIGNALS));
    }

    /// Who lies raises a leg, with the same exercise and from the same side as who folds over it standing.
    #[test]
    fn the_variant_that_was_done_chooses_the_signal() {
        let stretch = exercises::by_name("hamstring_stretch").unwrap();
        let mut series = Series::new(stretch);
        for mut step in specimen::steps(64, 64) {
            step.sample.raised.angles.line = Ok(61.0);
            series.push(&step);
        }
        let what =
            |variant| series.signals(View::Side, stretch.variant(variant)).iter().map(|s| s.what).collect::<Vec<_>>();
        assert_eq!(what("supine"), ["height of the leg"]);
        assert_eq!(what("forward_bend"), ["bend of the trunk"]);
        let up = series.signals(View::Side, stretch.variant("supine"))[0];
        assert!(series.values(up).all(|(_, value)| value == Some(61.0)));
    }

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
