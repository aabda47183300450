//! The score of a repetition and of a set, always with its coverage (RULES.md E).
//!
//! `form = 100 · (1 − Σ w·s / Σ w)` over the judged rules; one spine fault caps it at 69, two faults at 49. Below
//! 60 % coverage there is no number.

use super::{Finding, Outcome, Weight};

/// Coverage under which no score is given.
pub const LEAST_COVERAGE: f64 = 0.6;
const CAP_SPINE_FAULT: f64 = 69.0;
const CAP_TWO_FAULTS: f64 = 49.0;

/// What one rule took off the score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Contribution {
    pub rule: &'static str,
    /// "low back"
    pub about: &'static str,
    /// Points lost, positive.
    pub points: f64,
}

/// A score with what it rests on.
#[derive(Clone, Debug, PartialEq)]
pub struct Score {
    /// 0..=100; `None` below 60 % coverage.
    pub points: Option<f64>,
    /// Weight of what was judged / weight of all, 0..=1.
    pub coverage: f64,
    /// The most costly first, only those that cost.
    pub contributions: Vec<Contribution>,
}

impl Score {
    /// Scores one repetition or hold from its findings. Each weight class counts once for coverage and severity: its
    /// rules share the class's points equally, so that adding a rule to a class does not make the class weigh more.
    pub fn of(findings: &[Finding]) -> Score {
        let share = |f: &Finding| {
            let peers = findings.iter().filter(|g| g.rule.weight == f.rule.weight).count();
            f.rule.weight.points() / peers as f64
        };
        let judged = || findings.iter().filter(|f| f.outcome != Outcome::NotJudged);
        let all: f64 = findings.iter().map(share).sum();
        let seen: f64 = judged().map(share).sum();
        let coverage = if all > 0.0 { seen / all } else { 0.0 };

        let mut contributions: Vec<Contribution> = judged()
            .filter(|f| f.severity > 0.0)
            .map(|f| Contribution {
                rule: f.rule.name,
                about: f.rule.weight.name(),
                points: 100.0 * share(f) * f.severity / seen,
            })
            .collect();
        contributions.sort_by(|a, b| b.points.total_cmp(&a.points));

        let lost: f64 = contributions.iter().map(|c| c.points).sum();
        let faults = || findings.iter().filter(|f| f.outcome == Outcome::Fault);
        let cap = if faults().count() >= 2 {
            CAP_TWO_FAULTS
        } else if faults().any(|f| f.rule.weight == Weight::Spine) {
            CAP_SPINE_FAULT
        } else {
            100.0
        };
        let points = (coverage >= LEAST_COVERAGE).then(|| (100.0 - lost).clamp(0.0, cap));
        Score { points, coverage, contributions }
    }
}

/// The median; `None` of nothing. Even counts give the mean of the middle two.
pub fn median(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let n = values.len();
    match n {
        0 => None,
        _ if n % 2 == 1 => Some(values[n / 2]),
        _ => Some((values[n / 2 - 1] + values[n / 2]) / 2.0),
    }
}
