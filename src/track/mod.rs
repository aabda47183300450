//! From what the model saw, frame by frame, to one steady body: confidence gate, left/right repair, gaps, smoothing.
//!
//! Input: [`Observation`]s in time order. Output: [`Pose`]s, one per observation, in order; the recorded filter looks
//! ahead and so answers late ([`Tracker::LOOKAHEAD_SECS`]). No file, clock or randomness.
//!
//! 1. [`Gate`]: scores become known or unknown points, here and nowhere else.
//! 2. `swap`: limbs whose left and right the model exchanged for a while are exchanged back.
//! 3. `live` or `recorded`: outliers, short gaps and jitter.
//!
//! Not handled here: which of several people is the athlete (`estimate`), and everything about angles (`kinematics`).

mod gate;
mod live;
mod recorded;
mod scale;
mod swap;

pub use gate::Gate;

use crate::geometry::ImagePoint;
use crate::pose::{BackContour, DowelLine, Landmarks, Observation, TrunkAxes};
use crate::units::Timestamp;
use live::Live;
use recorded::Recorded;
use scale::BodyScale;
use swap::SwapRepair;

/// The athlete at one moment, smoothed. Here a model's score has become an `Option`: a point is known or it is not.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pose {
    pub t: Timestamp,
    /// Picture px; `None` where not seen (or not for too long).
    pub points: Landmarks<Option<ImagePoint>>,
    /// True where the point was bridged over a short gap rather than seen in this frame.
    pub bridged: Landmarks<bool>,
    /// The line of the back in this frame, unsmoothed.
    pub back: Option<BackContour>,
    /// The dowel in this frame, unsmoothed.
    pub dowel: Option<DowelLine>,
    /// Where the parts of the trunk point in this frame, unsmoothed.
    pub axes: Option<TrunkAxes>,
    /// True when an athlete was seen in this frame.
    pub present: bool,
}

/// How poses are smoothed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filter {
    /// Causal One-Euro on true elapsed time (RULES.md D): for live use, no delay in frames.
    Live,
    /// Hampel outlier removal and zero-phase low-pass: for recordings, looks ahead.
    Recorded,
}

/// A point that stays hidden longer than this is not guessed at, s (RULES.md B, dropouts).
const BRIDGE_SECS: f64 = 0.3;
/// Room for the rounding of file timestamps when a gap is compared with [`BRIDGE_SECS`], s.
const TIME_SLACK_SECS: f64 = 0.002;

/// Makes one steady body from a model's observations. It holds less than a second of the past, whatever the length.
pub struct Tracker {
    gate: gate::Gating,
    swap: SwapRepair,
    scale: BodyScale,
    filter: Stage,
}

enum Stage {
    Live(Box<Live>),
    Recorded(Box<Recorded>),
}

/// One frame between the steps: gated and repaired, not yet smoothed.
#[derive(Clone, Copy, Debug)]
struct Seen {
    t: Timestamp,
    points: Landmarks<Option<ImagePoint>>,
    back: Option<BackContour>,
    dowel: Option<DowelLine>,
    axes: Option<TrunkAxes>,
    present: bool,
    /// Trunk length, px: the unit of every threshold that depends on size.
    trunk_px: f64,
}

impl Tracker {
    /// How far the recorded filter looks ahead, seconds of the clip. It covers the longest bridged gap, and half the
    /// smoothing window with the outlier test's neighbours on top.
    pub const LOOKAHEAD_SECS: f64 = 0.35;

    /// A tracker with the usual gate.
    pub fn new(filter: Filter) -> Tracker {
        Tracker::with_gate(filter, Gate::default())
    }

    /// A tracker for a model whose scores run lower or higher; see [`Gate::at`].
    pub fn with_gate(filter: Filter, gate: Gate) -> Tracker {
        Tracker {
            gate: gate::Gating::new(gate),
            swap: SwapRepair::default(),
            scale: BodyScale::default(),
            filter: match filter {
                Filter::Live => Stage::Live(Box::default()),
                Filter::Recorded => Stage::Recorded(Box::default()),
            },
        }
    }

    /// Takes the next observation and hands out the poses that are ready: exactly this one when live, none or some
    /// earlier ones when recorded. Observations come in time order.
    pub fn push(&mut self, observation: &Observation, out: &mut (impl FnMut(Pose) + ?Sized)) {
        let t = observation.t;
        let mut points = self.gate.points(observation.person.as_ref(), self.scale.px());
        let trunk_px = self.scale.update(t, &points);
        self.swap.repair(t, trunk_px, &mut points);
        let person = observation.person.as_ref();
        let (back, dowel) = (person.and_then(gate::back), person.and_then(gate::dowel));
        let axes = person.and_then(gate::axes);
        let seen = Seen { t, points, back, dowel, axes, present: observation.person.is_some(), trunk_px };
        match &mut self.filter {
            Stage::Live(live) => out(live.push(&seen)),
            Stage::Recorded(recorded) => recorded.push(seen, out),
        }
    }

    /// Hands out what is still held back, at the end of a recording.
    pub fn finish(&mut self, out: &mut (impl FnMut(Pose) + ?Sized)) {
        if let Stage::Recorded(recorded) = &mut self.filter {
            recorded.finish(out);
        }
    }
}

#[cfg(test)]
mod tests;
