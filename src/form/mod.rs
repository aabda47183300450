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
mod step;

pub use bout::{Bout, Extent, Moment, Window};
pub use cue::Cue;
pub use exercise::{Arc, CameraPlace, Dose, Exercise, Posture, RepSpec, Signal};
pub use gate::{Gate, Hint};
pub use machine::Phase;
pub use notice::Notice;
pub use rule::{Band, Basis, Check, Limits, Rule, Scope, Unit, Weight};
pub use score::{Contribution, Score};
pub use session::{Session, SessionOptions};
pub use step::{Attempt, Finding, Outcome, Rep, SessionReport, Step};
