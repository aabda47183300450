//! From what the model saw, frame by frame, to one steady body: confidence gate, left/right repair, gaps, smoothing.
//!
//! Input: [`Observation`]s in time order. Output: [`Pose`]s, one per observation, in order; the recorded filter looks
//! ahead and so answers late ([`Tracker::LOOKAHEAD_SECS`]). No file, clock or randomness.

use crate::geometry::ImagePoint;
use crate::pose::{BackContour, Landmarks};
use crate::units::Timestamp;

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
