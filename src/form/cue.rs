//! One thing said at a time, the most important first, not too often (RULES.md E).
//!
//! A fault is said at once; a warning when two of the last three repetitions showed it. Eight seconds lie between two
//! cues.

use super::{Finding, Outcome, Rule};
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

/// Seconds between two cues.
const COOLDOWN_SECS: f64 = 8.0;
/// Repetitions looked back on for warnings.
const LOOK_BACK: usize = 3;

/// Decides what is said.
#[derive(Clone, Debug, Default)]
pub struct Coach {
    now: Option<Cue>,
    /// Outcome by rule of the last repetitions, newest last.
    history: Vec<Vec<(&'static str, Outcome)>>,
}

impl Coach {
    /// The cue to show at `t`.
    pub fn showing(&self, t: Timestamp) -> Option<Cue> {
        self.now.filter(|cue| t.secs_since(cue.since) < Cue::SHOWN_SECS)
    }

    /// Takes what is found while a repetition goes on: only faults are said before it is over.
    pub fn during(&mut self, t: Timestamp, findings: &[Finding]) {
        let faults = findings.iter().filter(|f| f.outcome == Outcome::Fault);
        self.say(t, faults);
    }

    /// Takes a repetition's findings.
    pub fn after(&mut self, t: Timestamp, findings: &[Finding]) {
        let outcomes = findings.iter().map(|f| (f.rule.name, f.outcome)).collect();
        self.history.push(outcomes);
        if self.history.len() > LOOK_BACK {
            self.history.remove(0);
        }
        let worth = findings
            .iter()
            .filter(|f| f.outcome == Outcome::Fault || (f.outcome == Outcome::Warn && self.warned_before(f.rule.name)));
        let worth: Vec<&Finding> = worth.collect();
        self.say(t, worth.into_iter());
    }

    /// Two of the last three repetitions, the newest included.
    fn warned_before(&self, rule: &str) -> bool {
        let showed = |rep: &&Vec<(&'static str, Outcome)>| rep.iter().any(|&(r, o)| r == rule && o >= Outcome::Warn);
        self.history.iter().filter(showed).count() >= 2
    }

    fn say<'a>(&mut self, t: Timestamp, findings: impl Iterator<Item = &'a Finding>) {
        if self.now.is_some_and(|cue| t.secs_since(cue.since) < COOLDOWN_SECS) {
            return;
        }
        let weight = |f: &Finding| (f.outcome, f.severity * f.rule.weight.points());
        // The first of equals wins, so that the order of the rules decides.
        let worst = findings.reduce(|a, b| if weight(b) > weight(a) { b } else { a });
        if let Some(f) = worst {
            self.now = Some(Cue { rule: f.rule, outcome: f.outcome, since: t });
        }
    }
}
