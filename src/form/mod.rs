//! Judging form: phases and repetitions, rules and their verdicts, score, cues.
//!
//! Input: [`crate::pose::Observation`]s in time order and an [`Exercise`]. Output: one [`Step`] per observation and a
//! [`SessionReport`] at the end. Pure: no file, clock, thread or randomness; it cannot fail.

mod bout;
mod cue;
mod exercise;
mod gate;
mod judge;
mod machine;
mod notice;
mod rule;
mod score;
mod session;
mod setup;
mod step;

pub use crate::kinematics::Posture;
pub use bout::{Bout, Extent, FEET_STAY, Moment, Window};
pub use cue::Cue;
pub use exercise::{Arc, CameraPlace, Dose, Exercise, RepSpec, Signal, view_name};
pub use gate::{Gate, Hint};
pub use machine::Phase;
pub use notice::Notice;
pub use rule::{Band, Basis, Check, Limits, Rule, Scope, Unit, Weight};
pub use score::{Contribution, Score};
pub use session::{Session, SessionOptions};
pub use setup::{Ask, Scene, Setup, SetupCoach};
pub use step::{Attempt, Finding, Outcome, Rep, SessionReport, Step};
