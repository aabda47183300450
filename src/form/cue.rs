//! One thing said at a time, the most important first, not too often (RULES.md E).

use super::{Outcome, Rule};
use crate::units::Timestamp;

/// What is said and shown to the person now.
#[derive(Clone, Copy, Debug)]
pub struct Cue {
    pub rule: &'static Rule,
    /// [`Outcome::Warn`] or [`Outcome::Fault`].
    pub outcome: Outcome,
    /// When it was first said; it stays on screen for [`Cue::SHOWN_SECS`].
    pub since: Timestamp,
}

impl Cue {
    /// How long a cue stays visible, seconds.
    pub const SHOWN_SECS: f64 = 3.0;
}
