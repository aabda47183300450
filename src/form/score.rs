//! The score of a repetition and of a set, always with its coverage (RULES.md E).
//!
//! `form = 100 · (1 − Σ w·s / Σ w)` over the judged rules; one spine fault caps it at 69, two faults at 49. Below
//! 60 % coverage there is no number.

use super::{Finding, Outcome, Weight};

/// Coverage under which no score is given.
pub const LEAST_COVERAGE: f64 = 0.6;
const CAP_SPINE_FAULT: f64 = 69.0;
const CAP_TWO_FAULTS: f64 = 49.0;

/// What one rule took off the score, or a cap beyond that.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Contribution {
    pub rule: &'static str,
    /// "low back"; of a cap, what it stands for.
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
    /// The most costly first, only those that cost; with them the score adds up to 100.
    pub contributions: Vec<Contribution>,
}

impl Score {
    /// Scores one repetition or hold from its findings. A weight class is as bad as its worst rule, and weighs as much
    /// of its points as of its rules were judged. Dose does not spoil it.
    pub fn of(findings: &[Finding]) -> Score {
        let form: Vec<&Finding> = findings.iter().filter(|f| f.rule.weight.is_form()).collect();
        let mut classes: Vec<Weight> = form.iter().map(|f| f.rule.weight).collect();
        classes.sort_unstable();
        classes.dedup();
        let (mut all, mut seen) = (0.0, 0.0);
        let mut contributions = Vec::new();
        for class in classes {
            let of_class = || form.iter().filter(|f| f.rule.weight == class);
            let judged = || of_class().filter(|f| f.outcome != Outcome::NotJudged);
            let weight = class.points() * judged().count() as f64 / of_class().count() as f64;
            all += class.points();
            seen += weight;
            let worst = judged().reduce(|a, b| if b.severity > a.severity { b } else { a });
            if let Some(worst) = worst.filter(|f| f.severity > 0.0) {
                let points = 100.0 * weight * worst.severity;
                contributions.push(Contribution { rule: worst.rule.name, about: class.name(), points });
            }
        }
        let coverage = if all > 0.0 { seen / all } else { 0.0 };
        contributions.iter_mut().for_each(|c| c.points /= seen);

        let lost = |contributions: &[Contribution]| contributions.iter().map(|c| c.points).sum::<f64>();
        if let Some((cap, about, fault)) = cap(&form) {
            let points = 100.0 - lost(&contributions) - cap;
            if points > 0.0 {
                contributions.push(Contribution { rule: fault.rule.name, about, points });
            }
        }
        contributions.sort_by(|a, b| b.points.total_cmp(&a.points));
        let points = (coverage >= LEAST_COVERAGE).then(|| (100.0 - lost(&contributions)).max(0.0));
        Score { points, coverage, contributions }
    }
}

/// The most that these findings leave, what that is called, and the worst of the faults it is for.
fn cap<'a>(form: &[&'a Finding]) -> Option<(f64, &'static str, &'a Finding)> {
    let faults = || form.iter().copied().filter(|f| f.outcome == Outcome::Fault);
    let worst = faults().min_by_key(|f| f.rule.weight)?;
    if faults().count() >= 2 {
        Some((CAP_TWO_FAULTS, "two faults: 49 at most", worst))
    } else if worst.rule.weight == Weight::Spine {
        Some((CAP_SPINE_FAULT, "low back at fault: 69 at most", worst))
    } else {
        None
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
