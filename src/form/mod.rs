//! Judging form: phases and repetitions, rules and their verdicts, score, cues.
//!
//! Input: [`crate::pose::Observation`]s in time order and an [`Exercise`]. Output: one [`Step`] per observation and a
//! [`SessionReport`] at the end. Pure: no file, clock, thread or randomness; it cannot fail.

mod bout;
mod cue;
mod exercise;
mod gate;
mod heard;
mod hold;
mod judge;
mod lane;
mod machine;
mod notice;
mod recognise;
mod rule;
pub mod safety;
mod score;
mod session;
mod setup;
mod step;
mod stopwatch;

pub use crate::kinematics::Posture;
pub use bout::{Bout, Done, Extent, FEET_STAY, Moment, Timer, Window};
pub use cue::{Clean, Cue, News};
pub use exercise::{
    Arc, CameraPlace, Counting, Detect, Dose, Exercise, HoldSpec, PhaseWords, RepSpec, Rung, Signal, Variant, Works,
    view_name,
};
pub use gate::{Gate, Hint};
pub use heard::{Ear, Heard, summary};
pub use judge::ONE_SIDED;
pub use machine::Phase;
pub use notice::Notice;
pub use recognise::Recogniser;
pub use rule::{Band, Basis, Check, Limits, Rule, Scope, Unit, Weight};
pub use score::{Contribution, Score};
pub use session::{Session, SessionOptions};
pub use setup::{Ask, Scene, Setup, SetupCoach};
pub use step::{Attempt, Finding, Hold, HoldStep, Outcome, Rep, SessionReport, Step};
