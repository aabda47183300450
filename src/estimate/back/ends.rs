//! Where on the outline the chord of the back ends: S2 below, T8 above.
//!
//! Networks place hips in a deep squat 8–12 cm further from the sacrum than in standing (BlazePose on rendered clips with
//! truth), shoulders 1–3 cm; a share of the line from hip to shoulder slides along the back with them and reads as up to
//! 25 degrees of flexion that is none. So T8 lies a length of the body's own below the shoulder, and S2 a length *along
//! the outline* below T8: that length is the body's own too, and grows by only 0.2 % per degree of lumbar flexion. Where a
//! model knows S2 and T8 themselves, their levels are taken.

use super::outline::{Axis, Outline, ROWS};
use crate::geometry::ImagePoint;
use crate::pose::{Joint, Keypoint, Landmark, Landmarks};
use crate::units::{Side, Timestamp};

/// From the shoulder's level down to T8 along the outline, trunk lengths as BlazePose sees them in standing.
const SHOULDER_TO_T8: f64 = 0.30;
/// The shoulder joint rises with the arm: this times (1 − cos of its elevation). Against the truth of four squats with
/// the arms stretched forwards, 0.06 leaves least (long thighs ask for more, an ordinary squat for less).
const RISE: f64 = 0.06;
/// From T8 down to S2 along the outline.
const T8_TO_S2: f64 = 0.565;
/// The body's own trunk length follows a longer one within this time, s, and forgets it within that: a bent trunk is
/// seen short for as long as a hold lasts.
const GROW_SECS: f64 = 0.3;
const FORGET_SECS: f64 = 60.0;
/// A trunk seen shorter than its own length by more than this is not the same size any more: the athlete walked away.
const MOST_SHORTENED: f64 = 1.35;

/// The body's own trunk length: that of the trunk seen at its longest.
#[derive(Default)]
pub(super) struct OwnLength {
    last: Option<(Timestamp, f64)>,
}

impl OwnLength {
    pub fn forget(&mut self) {
        self.last = None;
    }

    /// Takes in one more sight of it, px.
    pub fn update(&mut self, t: Timestamp, seen: f64) -> f64 {
        let own = match self.last {
            None => seen,
            Some((before, own)) => {
                let tau = if seen > own { GROW_SECS } else { FORGET_SECS };
                let share = 1.0 - (-t.secs_since(before).max(0.0) / tau).exp();
                (own + share * (seen - own)).min(MOST_SHORTENED * seen)
            }
        };
        self.last = Some((t, own));
        own
    }
}

/// S2 and T8 as rows, between rows; `None` when the outline does not reach that far.
pub(super) fn rows(
    outline: &Outline,
    axis: &Axis,
    points: &Landmarks<Option<Keypoint>>,
    own_length: f64,
) -> Option<(f64, f64)> {
    let point = |row: usize| axis.at(Axis::place(row) * axis.length, outline.out[row]);
    let level = |landmark: Landmark| {
        let at = points[landmark]?.at;
        let row = Axis::row((at - axis.hip).dot(&axis.up) / axis.length);
        (0.0..=(ROWS - 1) as f64).contains(&row).then_some(row)
    };
    let down = own_length * (SHOULDER_TO_T8 + risen(axis, points));
    let t8 = level(Landmark::T8).or_else(|| walk_down(&point, Axis::row(1.0), down))?;
    let s2 = level(Landmark::S2).or_else(|| walk_down(&point, t8, own_length * T8_TO_S2))?;
    (s2 < t8).then_some((s2, t8))
}

/// How far raised arms have lifted the shoulders, trunk lengths.
pub(super) fn risen(axis: &Axis, points: &Landmarks<Option<Keypoint>>) -> f64 {
    RISE * (1.0 - raised_cos(axis, points))
}

/// The row this many px down the outline.
fn walk_down(point: &impl Fn(usize) -> ImagePoint, from: f64, mut px: f64) -> Option<f64> {
    let mut upper = (from.ceil() as usize).min(ROWS - 1);
    // The first piece is begun part-way.
    let mut row = from;
    while upper > 0 {
        let piece = (point(upper) - point(upper - 1)).norm();
        let ahead = piece * (row - (upper - 1) as f64);
        if px <= ahead {
            return Some(row - px / piece.max(1e-9));
        }
        px -= ahead;
        upper -= 1;
        row = upper as f64;
    }
    None
}

/// Cosine of the upper arms' elevation: 1 hanging down the trunk, 0 square to it, −1 stretched beyond the head.
fn raised_cos(axis: &Axis, points: &Landmarks<Option<Keypoint>>) -> f64 {
    let arm = |side: Side| {
        let at = |joint: Joint| points[Landmark::of(joint, side)].map(|k| k.at);
        let arm = at(Joint::Elbow)? - at(Joint::Shoulder)?;
        // Measured in full lengths where the arm lies in the picture; an arm towards the camera counts as square.
        Some((-arm.dot(&axis.up) / arm.norm().max(0.25 * axis.length)).clamp(-1.0, 1.0))
    };
    let (sum, n) = Side::BOTH.into_iter().filter_map(arm).fold((0.0, 0.0), |(sum, n), cos| (sum + cos, n + 1.0));
    if n > 0.0 { sum / n } else { 1.0 }
}
