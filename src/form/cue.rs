//! One thing said at a time, the most important first, not too often (RULES.md E).
//!
//! 1. A fault is said at once, while its repetition goes on; a warning when two of the last three repetitions showed it,
//!    or when it has lasted five seconds of a hold: a stretch of half a minute has no third repetition.
//! 2. Eight seconds lie between two cues. A fault found in between is not said but still marked ([`News::fault`]), so that
//!    a tone can follow it at once; it is said when the eight seconds are over and it is still there.
//! 3. Silence is praise: a clean repetition gets no word, and confirmation fades to every third clean one in a row
//!    ([`News::clean`]). Clean is only what was seen well enough for a score; missing evidence earns no praise.

use super::{Finding, Outcome, Rule, Weight};
use crate::kinematics::Unseen;
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

/// What happened to the athlete's form on this picture, beside the cue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct News {
    /// A fault was found now that this repetition had not shown before.
    pub fault: bool,
    /// A repetition, or hold, was judged now of whose form nothing was found out of its limits.
    pub good: bool,
    /// The third, sixth, … clean repetition in a row was judged now.
    pub clean: Option<Clean>,
    /// The back could not be judged, for the first time in the set, for a reason that can be mended while it goes on.
    pub unjudged: Option<Unseen>,
}

/// Repetitions in which nothing that was seen was out of its limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clean {
    /// How many in a row.
    pub in_a_row: u32,
    /// False while no rule of the spine could be judged: then clean says nothing about the back.
    pub back_seen: bool,
}

/// Seconds between two cues.
pub const COOLDOWN_SECS: f64 = 8.0;
/// Every so many clean repetitions in a row are confirmed.
const CONFIRMED_EVERY: u32 = 3;
/// A warning that has lasted so long in a hold is said, seconds (RULES.md HK1: "after 5 s").
const LASTING_SECS: f64 = 5.0;
/// Repetitions looked back on for warnings.
const LOOK_BACK: usize = 3;

/// Why no rule of the back was judged in a repetition; `None` when one was, or when none looks at the back. A dowel that is
/// missing is no reason: the back itself is looked at.
pub fn back_unseen(findings: &[Finding]) -> Option<Unseen> {
    let of_back = || findings.iter().filter(|f| f.rule.weight == Weight::Spine && f.reason != Some(Unseen::NoDowel));
    let judged = of_back().any(|f| f.outcome != Outcome::NotJudged);
    if judged { None } else { of_back().find_map(|f| f.reason) }
}

/// Decides what is said.
#[derive(Clone, Debug, Default)]
pub struct Coach {
    now: Option<Cue>,
    news: News,
    /// Rules that found a fault in the repetition going on.
    marked: Vec<&'static str>,
    /// Rules of form that have warned, or worse, in every look at the hold going on, and since when.
    warned: Vec<(&'static str, Timestamp)>,
    /// Clean repetitions in a row.
    clean: u32,
    /// [`News::unjudged`] was told.
    told_unjudged: bool,
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
        self.mark(findings);
        let faults = findings.iter().filter(|f| f.outcome == Outcome::Fault);
        self.say(t, faults);
    }

    /// Takes what is found while a hold goes on: faults are said at once, warnings of form when they last.
    pub fn holding(&mut self, t: Timestamp, findings: &[Finding]) {
        self.mark(findings);
        let warns = |f: &&Finding| f.outcome >= Outcome::Warn && f.rule.weight.is_form();
        let since = |f: &Finding| self.warned.iter().find(|(rule, _)| *rule == f.rule.name).map_or(t, |(_, at)| *at);
        self.warned = findings.iter().filter(warns).map(|f| (f.rule.name, since(f))).collect();
        let lasts = |f: &&Finding| {
            self.warned.iter().any(|(rule, since)| *rule == f.rule.name && t.secs_since(*since) >= LASTING_SECS)
        };
        let worth: Vec<&Finding> = findings.iter().filter(|f| f.outcome == Outcome::Fault || lasts(f)).collect();
        self.say(t, worth.into_iter());
    }

    /// What is new since this was last asked.
    pub fn news(&mut self) -> News {
        std::mem::take(&mut self.news)
    }

    /// Takes the findings of a repetition or hold; `scored`: enough of it was seen for a score.
    pub fn after(&mut self, t: Timestamp, findings: &[Finding], scored: bool) {
        self.mark(findings);
        self.marked.clear();
        self.warned.clear();
        self.news.good = !findings.iter().any(|f| f.outcome >= Outcome::Warn && f.rule.weight.is_form());
        let clean = scored && findings.iter().all(|f| f.outcome < Outcome::Warn);
        self.clean = if clean { self.clean + 1 } else { 0 };
        if clean && self.clean.is_multiple_of(CONFIRMED_EVERY) {
            self.news.clean = Some(Clean { in_a_row: self.clean, back_seen: back_unseen(findings).is_none() });
        }
        let mendable = |why: &Unseen| matches!(why, Unseen::TooSmall | Unseen::TooFewFrames);
        if let Some(why) = back_unseen(findings).filter(mendable)
            && !self.told_unjudged
        {
            self.told_unjudged = true;
            self.news.unjudged = Some(why);
        }
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

    /// Notes faults that this repetition had not shown before.
    fn mark(&mut self, findings: &[Finding]) {
        for fault in findings.iter().filter(|f| f.outcome == Outcome::Fault) {
            if !self.marked.contains(&fault.rule.name) {
                self.marked.push(fault.rule.name);
                self.news.fault = true;
            }
        }
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
