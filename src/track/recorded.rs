//! The look-ahead filter for recordings: no lag, and the same on 24, 30 or 60 pictures a second and on uneven times.
//!
//! 1. Hampel: a sample more than 3 scaled MADs from the median of itself and its three neighbours on either side is an
//!    outlier (Sports2D's setting, RULES.md D) and takes no part in what follows.
//! 2. Low-pass: a quadratic is fitted around each moment with tricube weights, and its value there is the answer
//!    (Cleveland's local regression).
//! 3. Gaps of at most 0.3 s are bridged by a cubic between their smoothed ends, with the slopes on either side.
//!
//! RULES.md D asks for a zero-phase 4th-order Butterworth of 6 Hz. A Butterworth filter is a recursion over evenly
//! spaced samples; phones record unevenly spaced ones, and running it forward and backward needs the whole clip. The
//! local quadratic is symmetric (no lag by construction), needs 0.12 s on either side, takes times as they come, keeps
//! parabolic peaks exactly, so that the bottom of a squat is not shaved, and falls off alike: its half width is chosen
//! for −3 dB at 6 Hz (5.9–6.2 Hz at 24 to 120 pictures a second; 0.99 at 2 Hz and 0.97 at 3 Hz, where bodies move).
//! At 15 pictures a second and below the window holds three samples, a quadratic goes through all of them, and nothing
//! is smoothed: there a 6 Hz cut-off has nothing left to cut.

use super::{BRIDGE_SECS, Pose, Seen, TIME_SLACK_SECS, Tracker};
use crate::geometry::ImagePoint;
use crate::pose::{Landmark, Landmarks};
use nalgebra::Vector2;
use std::collections::VecDeque;

/// Half the smoothing window, s; found numerically: −3 dB of the continuous kernel at 6.0 Hz.
const HALF_WINDOW_SECS: f64 = 0.1187;
/// Neighbours on either side of a sample in the outlier test: Hampel(7).
const HAMPEL_NEIGHBOURS: usize = 3;
/// No neighbour of the outlier test is further off than this, s, however few pictures there are. With the smoothing
/// window it stays within the look-ahead.
const HAMPEL_REACH_SECS: f64 = 0.22;
/// Scaled median absolute deviations that make an outlier.
const HAMPEL_MADS: f64 = 3.0;
/// From the median absolute deviation to the standard deviation of normal noise.
const MAD_TO_SD: f64 = 1.4826;
/// Nothing nearer to the median than this is an outlier, trunk lengths: twice the jitter of a good model, so that
/// quiet data is left alone.
const HAMPEL_FLOOR: f64 = 0.02;
/// Frames held on either side of the one being answered: 0.35 s at 730 pictures a second. Only broken timestamps
/// (thousands of frames at one moment) meet this bound; it keeps memory flat then too.
const MAX_FRAMES: usize = 256;

/// A window of the recent past: some answered frames, the next to answer, and the frames ahead of it.
#[derive(Default)]
pub(super) struct Recorded {
    frames: VecDeque<Seen>,
    /// Index in `frames` of the next frame to answer.
    next: usize,
}

impl Recorded {
    pub fn push(&mut self, seen: Seen, out: &mut (impl FnMut(Pose) + ?Sized)) {
        self.frames.push_back(seen);
        while let Some(due) = self.frames.get(self.next) {
            let ahead = seen.t.secs_since(due.t);
            if ahead < Tracker::LOOKAHEAD_SECS && self.frames.len() - self.next <= MAX_FRAMES {
                break;
            }
            self.answer(out);
        }
    }

    pub fn finish(&mut self, out: &mut (impl FnMut(Pose) + ?Sized)) {
        while self.next < self.frames.len() {
            self.answer(out);
        }
        self.frames.clear();
        self.next = 0;
    }

    /// Frames held at the moment.
    #[cfg(test)]
    pub fn held(&self) -> usize {
        self.frames.len()
    }

    fn answer(&mut self, out: &mut (impl FnMut(Pose) + ?Sized)) {
        out(self.pose(self.next));
        self.next += 1;
        while let (Some(oldest), Some(due)) = (self.frames.front(), self.frames.get(self.next)) {
            let needed = due.t.secs_since(oldest.t) <= Tracker::LOOKAHEAD_SECS && self.next <= MAX_FRAMES;
            if needed {
                break;
            }
            self.frames.pop_front();
            self.next -= 1;
            if self.next == 0 {
                break;
            }
        }
    }

    fn pose(&self, i: usize) -> Pose {
        let seen = &self.frames[i];
        let mut points = Landmarks::default();
        let mut bridged = Landmarks::default();
        for &landmark in Landmark::ALL {
            if seen.points[landmark].is_some() {
                points[landmark] = self.smoothed(landmark, i);
            } else {
                points[landmark] = self.bridge(landmark, i);
                bridged[landmark] = points[landmark].is_some();
            }
        }
        Pose { t: seen.t, points, bridged, back: seen.back, dowel: seen.dowel, axes: seen.axes, present: seen.present }
    }

    /// Seconds from frame `i` to frame `j`.
    fn secs(&self, i: usize, j: usize) -> f64 {
        self.frames[j].t.secs_since(self.frames[i].t)
    }

    /// The frames around `i` in which the point was seen, outwards and backwards, or onwards, in time.
    fn before(&self, landmark: Landmark, i: usize, reach: f64) -> impl Iterator<Item = usize> {
        (0..i)
            .rev()
            .take_while(move |&j| self.secs(j, i) <= reach)
            .filter(move |&j| self.frames[j].points[landmark].is_some())
    }

    fn after(&self, landmark: Landmark, i: usize, reach: f64) -> impl Iterator<Item = usize> {
        (i + 1..self.frames.len())
            .take_while(move |&j| self.secs(i, j) <= reach)
            .filter(move |&j| self.frames[j].points[landmark].is_some())
    }

    /// The sample of frame `i`, unless it is an outlier, and the median around it.
    fn clean(&self, landmark: Landmark, i: usize) -> Option<Clean> {
        let sample = self.frames[i].points[landmark]?;
        let mut xs = [0.0; 2 * HAMPEL_NEIGHBOURS + 1];
        let mut ys = xs;
        let mut n = 0;
        let around = self
            .before(landmark, i, HAMPEL_REACH_SECS)
            .take(HAMPEL_NEIGHBOURS)
            .chain(self.after(landmark, i, HAMPEL_REACH_SECS).take(HAMPEL_NEIGHBOURS))
            .chain([i]);
        for j in around {
            if let Some(p) = self.frames[j].points[landmark] {
                (xs[n], ys[n]) = (p.x, p.y);
                n += 1;
            }
        }
        // With fewer than four there is no majority to overrule a sample.
        if n < 4 {
            return Some(Clean { sample: Some(sample), median: sample });
        }
        let floor = HAMPEL_FLOOR * self.frames[i].trunk_px;
        let (x, wild_x) = hampel(&mut xs[..n], sample.x, floor);
        let (y, wild_y) = hampel(&mut ys[..n], sample.y, floor);
        Some(Clean { sample: (!wild_x && !wild_y).then_some(sample), median: ImagePoint::new(x, y) })
    }

    /// The local quadratic's value at frame `i`, in which the point was seen.
    fn smoothed(&self, landmark: Landmark, i: usize) -> Option<ImagePoint> {
        let own = self.clean(landmark, i)?;
        let origin = own.sample.unwrap_or(own.median);
        let mut fit = Quadratic::default();
        if own.sample.is_some() {
            fit.add(0.0, Vector2::zeros());
        }
        let (mut before, mut after) = (0, 0);
        let around = self.before(landmark, i, HALF_WINDOW_SECS).chain(self.after(landmark, i, HALF_WINDOW_SECS));
        for j in around {
            if let Some(p) = self.clean(landmark, j).and_then(|c| c.sample) {
                fit.add(self.secs(i, j) / HALF_WINDOW_SECS, p - origin);
                if j < i { before += 1 } else { after += 1 }
            }
        }
        // An outlier is only replaced from both sides: a parabola is no good beyond its data.
        let beyond = own.sample.is_none() && (before == 0 || after == 0);
        Some(if beyond { own.median } else { origin + fit.value_at_zero() })
    }

    /// The point's place in a short gap around frame `i`.
    fn bridge(&self, landmark: Landmark, i: usize) -> Option<ImagePoint> {
        let reach = BRIDGE_SECS + TIME_SLACK_SECS;
        let a = self.before(landmark, i, reach).next()?;
        let b = self.after(landmark, i, reach).next()?;
        let gap = self.secs(a, b);
        if gap > reach || gap <= 0.0 {
            return None;
        }
        let (from, to) = (self.smoothed(landmark, a)?, self.smoothed(landmark, b)?);
        let straight = (to - from) / gap;
        let slope_a = self.slope(landmark, a, self.before(landmark, a, HALF_WINDOW_SECS)).unwrap_or(straight);
        let slope_b = self.slope(landmark, b, self.after(landmark, b, HALF_WINDOW_SECS)).unwrap_or(straight);
        // Cubic Hermite: straight line plus the two slopes' departures from it.
        let u = self.secs(a, i) / gap;
        let bend = (slope_a - straight) * (u * (1.0 - u) * (1.0 - u)) - (slope_b - straight) * (u * u * (1.0 - u));
        Some(from + straight * (u * gap) + bend * gap)
    }

    /// The straight-line slope through frame `at` and its neighbours on one side, px/s.
    fn slope(&self, landmark: Landmark, at: usize, side: impl Iterator<Item = usize>) -> Option<Vector2<f64>> {
        let origin = self.clean(landmark, at)?.sample?;
        let (mut n, mut t1, mut t2, mut p1, mut tp) = (1.0, 0.0, 0.0, Vector2::zeros(), Vector2::zeros());
        for j in side {
            let Some(sample) = self.clean(landmark, j).and_then(|c| c.sample) else { continue };
            let (t, p) = (self.secs(at, j), sample - origin);
            n += 1.0;
            t1 += t;
            t2 += t * t;
            p1 += p;
            tp += p * t;
        }
        let spread = n * t2 - t1 * t1;
        (spread > 1e-9).then(|| (tp * n - p1 * t1) / spread)
    }
}

/// A sample after the outlier test.
struct Clean {
    /// `None` for an outlier.
    sample: Option<ImagePoint>,
    median: ImagePoint,
}

/// The median of the values, and whether `sample` is an outlier among them. Sorts the values.
fn hampel(values: &mut [f64], sample: f64, floor: f64) -> (f64, bool) {
    let centre = median(values);
    let mut deviations = [0.0; 2 * HAMPEL_NEIGHBOURS + 1];
    let deviations = &mut deviations[..values.len()];
    for (deviation, value) in deviations.iter_mut().zip(values.iter()) {
        *deviation = (value - centre).abs();
    }
    let bar = (HAMPEL_MADS * MAD_TO_SD * median(deviations)).max(floor);
    (centre, (sample - centre).abs() > bar)
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let n = values.len();
    if n % 2 == 1 { values[n / 2] } else { 0.5 * (values[n / 2 - 1] + values[n / 2]) }
}

/// Weighted least squares of a quadratic in time, x and y at once; times −1..=1 in half windows.
#[derive(Default)]
struct Quadratic {
    samples: usize,
    /// Σ w tᵏ
    moments: [f64; 5],
    /// Σ w tᵏ p
    values: [Vector2<f64>; 3],
}

impl Quadratic {
    fn add(&mut self, t: f64, p: Vector2<f64>) {
        let weight = (1.0 - t.abs().min(1.0).powi(3)).powi(3);
        self.samples += 1;
        let mut power = weight;
        for k in 0..5 {
            self.moments[k] += power;
            if k < 3 {
                self.values[k] += p * power;
            }
            power *= t;
        }
    }

    /// The fitted value at t = 0, relative to the sample there. Three samples or fewer are not smoothed.
    fn value_at_zero(&self) -> Vector2<f64> {
        let [s0, s1, s2, s3, s4] = self.moments;
        // Cramer's rule for the constant term of the normal equations.
        let (a, b, c) = (s2 * s4 - s3 * s3, s2 * s3 - s1 * s4, s1 * s3 - s2 * s2);
        let determinant = s0 * a + s1 * b + s2 * c;
        if self.samples <= 3 || determinant <= 1e-9 * s0 * s0 * s0 {
            return Vector2::zeros();
        }
        (self.values[0] * a + self.values[1] * b + self.values[2] * c) / determinant
    }
}
