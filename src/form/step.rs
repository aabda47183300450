//! What judging yields: a [`Step`] per picture and a [`SessionReport`] per set.

use super::{Contribution, Cue, Exercise, Gate, News, Notice, Phase, Rule, Unit, Variant};
use crate::kinematics::{Sample, Unseen, View};
use crate::track::Pose;
use crate::units::{Side, Timestamp};
use serde::Serialize;

/// All there is to show for one picture. Sinks draw it and decide nothing.
#[derive(Clone, Debug)]
pub struct Step {
    pub pose: Pose,
    pub sample: Sample,
    pub gate: Gate,
    pub phase: Phase,
    /// 0 at rest, 1 at a full movement, may exceed 1; `None` while it cannot be measured.
    pub progress: Option<f64>,
    /// Complete repetitions (or holds) so far.
    pub reps: u32,
    /// Movements too small or broken off so far.
    pub attempts: u32,
    /// Why the last of them did not count.
    pub not_counted: Option<&'static str>,
    /// True on the picture in which a repetition (or hold) is counted.
    pub counted: bool,
    /// The hold going on.
    pub hold: Option<HoldStep>,
    /// The side whose turn it is, where sides alternate and one has begun.
    pub next_side: Option<Side>,
    /// What is said to the person now.
    pub cue: Option<Cue>,
    /// What happened on this picture beside the cue.
    pub news: News,
}

/// A hold as it goes on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HoldStep {
    pub side: Option<Side>,
    /// Seconds since the position was reached.
    pub elapsed_secs: f64,
    /// Seconds of them inside the fault limits: the timer to show.
    pub credited_secs: f64,
    /// Seconds asked for.
    pub target_secs: Option<f64>,
}

/// How a rule came out. Ordered from best to worst, [`Outcome::NotJudged`] apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    NotJudged,
    Good,
    Warn,
    Fault,
}

/// One rule's verdict.
#[derive(Clone, Debug)]
pub struct Finding {
    pub rule: &'static Rule,
    pub outcome: Outcome,
    /// Of the check that speaks for the rule; `None` when nothing was measured.
    pub measured: Option<f64>,
    /// What that check measures, [`super::Check::what`].
    pub what: Option<&'static str>,
    /// The limit that was passed, or the nearest one kept.
    pub limit: Option<f64>,
    /// Smallest detectable change of the measured value in this clip.
    pub margin: Option<f64>,
    pub unit: Unit,
    /// When the measured value was reached.
    pub at: Option<Timestamp>,
    /// Why it was not judged.
    pub reason: Option<Unseen>,
    /// 0 (good) ..= 1 (fault): what the score is made of.
    pub severity: f64,
}

impl Finding {
    /// Of an informing rule: where its value stands beside the mark, as far as that can be told.
    pub fn standing(&self) -> Option<&'static str> {
        let (measured, mark, margin) = (self.measured?, self.limit?, self.margin?);
        Some(match measured - mark {
            over if over >= margin => "beyond",
            over if over <= -margin => "below",
            _ => "borderline at",
        })
    }
}

/// A complete repetition.
#[derive(Clone, Debug)]
pub struct Rep {
    /// From 1.
    pub n: u32,
    pub side: Option<Side>,
    pub start: Timestamp,
    /// Deepest point.
    pub turn: Timestamp,
    pub end: Timestamp,
    /// The counting signal at the turn, in its unit, and what it is ("knee flexion").
    pub peak: f64,
    pub peak_of: &'static str,
    pub view: View,
    /// In the order of the exercise's rules.
    pub findings: Vec<Finding>,
    /// 0..=100; `None` below 60 % coverage.
    pub score: Option<f64>,
    /// Weight of what was judged / weight of all, 0..=1.
    pub coverage: f64,
    /// What cost the most points, the most first.
    pub contributions: Vec<Contribution>,
}

/// A position that was held.
#[derive(Clone, Debug)]
pub struct Hold {
    /// From 1.
    pub n: u32,
    pub side: Option<Side>,
    /// When the position was reached, and when it was left.
    pub start: Timestamp,
    pub end: Timestamp,
    /// Seconds inside the fault limits; at most from start to end.
    pub credited_secs: f64,
    /// Seconds asked for.
    pub target_secs: Option<f64>,
    /// When a fault was first seen in it.
    pub first_fault: Option<Timestamp>,
    pub view: View,
    /// In the order of the exercise's rules.
    pub findings: Vec<Finding>,
    /// 0..=100; `None` below 60 % coverage.
    pub score: Option<f64>,
    /// Weight of what was judged / weight of all, 0..=1.
    pub coverage: f64,
    /// What cost the most points, the most first.
    pub contributions: Vec<Contribution>,
}

/// A movement that did not count.
#[derive(Clone, Debug)]
pub struct Attempt {
    pub start: Timestamp,
    pub turn: Timestamp,
    pub end: Timestamp,
    /// Progress at the turn, 0..=1.
    pub progress: f64,
    /// Why it did not count.
    pub why: &'static str,
}

/// The whole set.
#[derive(Clone, Debug)]
pub struct SessionReport {
    pub exercise: &'static Exercise,
    /// The variant chosen, or seen in the start position.
    pub variant: Option<&'static Variant>,
    /// The view of most of the pictures with a person in them.
    pub view: View,
    /// The athlete reported pain: there is no score, here or in the repetitions and holds.
    pub pain: bool,
    /// Complete repetitions, of exercises that are repeated.
    pub reps: Vec<Rep>,
    /// Of exercises that are held.
    pub holds: Vec<Hold>,
    pub attempts: Vec<Attempt>,
    /// Findings of rules that judge the set.
    pub findings: Vec<Finding>,
    pub notices: Vec<Notice>,
    /// Median over the repetitions or holds, 0..=1.
    pub coverage: f64,
    /// Median of their scores; `None` without one and when pain was reported.
    pub score: Option<f64>,
    /// Pictures given.
    pub frames: u64,
    /// Time of the last picture.
    pub last: Timestamp,
}
