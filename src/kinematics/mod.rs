//! From points to what bodies do: joint and segment angles, ratios and travels in body units, view and facing.
//!
//! Input: [`crate::track::Pose`]. Output: [`Sample`]. Angles in degrees with the zeros and signs of RULES.md 0.1
//! (`docs/conventions.md`), corrected for camera roll.

use crate::pose::Landmark;
use crate::units::{Side, Timestamp};
use serde::Serialize;

/// A measured number, or the reason why there is none. Never NaN.
pub type Reading = Result<f64, Unseen>;

/// Why something could not be measured or judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unseen {
    /// Nobody was seen.
    NoPerson,
    /// This point was hidden or out of the picture.
    Hidden(Landmark),
    /// The model does not know this point.
    NotInModel(Landmark),
    /// The camera stands in the wrong place for this measure; the view it needs.
    WrongView(View),
    /// The model has no spine landmarks and no back contour was found.
    NoSpine,
    /// Landmarks and contour of the back disagree by more than 20 degrees.
    SpineUnclear,
    /// No quiet start position was seen to compare with.
    NoBaseline,
    /// The person is too small in the picture.
    TooSmall,
    /// Too few pictures per second, or a gap in them.
    TooFewFrames,
    /// The dowel was not found in the picture.
    NoDowel,
    /// The measured margin of error swallows the limit.
    MarginTooWide,
    /// The phase or position this is measured in did not happen (not deep enough, no second rep to compare …).
    NotReached,
}

/// From where the camera sees the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum View {
    /// Within about 18 degrees of side-on.
    Side,
    Front,
    Rear,
    Oblique,
    Unknown,
}

/// All that is measured at one moment. `near` limbs are those on the camera's side in a side view.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    pub t: Timestamp,
    pub view: View,
    /// +1: the person faces screen right, −1: left (side views).
    pub facing: f64,
    /// The side nearer the camera, in side views.
    pub near: Side,
    /// Length of the person in the picture, head to heel as segments, px.
    pub person_px: f64,
    /// Trunk line hip→shoulder from vertical, degrees, + forward.
    pub trunk: Reading,
    pub left: Limbs,
    pub right: Limbs,
    pub front: Front,
    pub spine: Spine,
    /// Mid-hip position in trunk lengths from the baseline position: forward (+ the way the person faces) and up.
    pub hip_forward: Reading,
    /// See [`Sample::hip_forward`].
    pub hip_up: Reading,
    /// Ear–shoulder–hip bend, degrees, + chin forward/down.
    pub head: Reading,
}

/// One side's limbs. Degrees unless said otherwise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limbs {
    /// 180 − angle(hip, knee, ankle): 0 straight, + flexion.
    pub knee: Reading,
    /// 180 − angle(shoulder, hip, knee): 0 straight, + flexion; holds 0.59 × lumbar flexion besides the hip's own.
    pub hip: Reading,
    /// Shank (ankle→knee) from vertical, + knee forward.
    pub shank: Reading,
    /// Thigh (knee→hip) from vertical, + hip forward of the knee.
    pub thigh: Reading,
    /// 90 + thigh, wrapped: 0 = thigh horizontal with the hip behind, + hip above knee.
    pub thigh_up: Reading,
    /// hip / (hip + knee): squat about 0.5, hinge 0.7 or more. Ratio.
    pub share: Reading,
    /// Foot angle against the baseline, + heel up.
    pub heel_rise: Reading,
    /// Ankle→hip line from vertical, + hip forward of the ankle.
    pub stance: Reading,
    /// (knee − ankle) x / shank length, + knee forward. Ratio.
    pub knee_over_ankle: Reading,
    /// (knee − big toe) x / shank length in front view, + outward. Ratio.
    pub knee_over_toe: Reading,
    /// 180 − angle(shoulder, elbow, wrist).
    pub elbow: Reading,
    /// Upper arm (shoulder→elbow) from straight down, + forward.
    pub upper_arm: Reading,
    /// Shoulder→wrist line from horizontal, + above.
    pub arm_line: Reading,
    /// Hip→ankle line from horizontal, + above.
    pub leg_line: Reading,
}

/// What only a front or rear view shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Front {
    /// Knee separation / big-toe separation, x only. Ratio.
    pub kts: Reading,
    /// Knee separation / ankle separation, x only. Ratio.
    pub kasr: Reading,
    /// Ankle separation / shoulder separation. Ratio.
    pub stance_width: Reading,
    /// Shoulder line from horizontal, degrees, + athlete's left side higher.
    pub shoulder_line: Reading,
    /// Hip line from horizontal, degrees, + athlete's left side higher.
    pub hip_line: Reading,
    /// Mid-hip sideways from mid-ankle / hip width, + towards the athlete's left. Ratio.
    pub hip_shift: Reading,
    /// Drop of the mid-hip against the baseline / leg length. Ratio.
    pub hip_drop: Reading,
}

/// The line of the back. Change from the person's own neutral, degrees, + flexion (round), − extension (arch).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spine {
    /// From spine landmarks (K).
    pub by_landmarks: Reading,
    /// From the back contour (C).
    pub by_contour: Reading,
    /// Both, fused by inverse variance; not measured when they disagree by more than 20 degrees.
    pub lumbar_flexion: Reading,
}
