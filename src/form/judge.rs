//! From a measure to a verdict: gates first, then limits, then the severity that the score is made of.
//!
//! Policy (RULES.md 0.2): limits already stand one-sided 95 % beyond what good form reads at quality class Q1 (a person
//! of 500 px or more). A smaller person doubles the margin of error and moves the limits 1.5 times as far from good;
//! rules of the spine are then not judged. From an oblique camera limb measures are noisier by 1.4.
//!
//! Readings may be further off one way than the other, and so each side of the limits has its own margin.
//!
//! A margin that was measured of the model in use ([`crate::pose::trust::Margins`]) takes the place of the assumed one where
//! it is the wider, and warnings stand as far beyond good as it reaches; one that swallows the distance from good to fault
//! judges nothing. What a rule reads of the back by landmarks may turn out truer than assumed: where the model has passed its
//! gates the limits then come as near to those for the outline as the measured margin allows.

use super::bout::{Bout, Extent, LEAST_FPS};
use super::score::median;
use super::{Band, Check, Finding, Limits, Outcome, Rule, Unit, Weight};
use crate::kinematics::{Unseen, View};
use crate::units::Timestamp;

/// Quality class Q1 needs a person this long in the picture, px (RULES.md G3).
pub(super) const Q1_PX: f64 = 500.0;
/// Shorter people are not judged at all, px.
const LEAST_PX: f64 = 300.0;
const Q2_MARGIN: f64 = 2.0;
const Q2_LIMITS: f64 = 1.5;
const OBLIQUE: f64 = 1.4;
/// Beyond this many degrees from side-on no rule of the side view is judged. RULES.md 0.4 G1 wants 18; up to 25 the wider
/// margins of an oblique view cover what foreshortening takes (cos 25° = 0.91), at 40° a knee reads 17° too straight.
const FURTHEST_SIDE_YAW_DEG: f64 = 25.0;
/// A body on its side turned further out of the picture than this is not judged, degrees. RULES.md 0.4 wants 15, by which
/// a body looks 3 % shorter and which nobody can tell; how long it looks is known to 11 % (1 sd, Q1), and 38° take 21 %. At 35°
/// one hold in fifteen that lay straight was refused.
const FURTHEST_ASKEW_DEG: f64 = 38.0;
/// One-sided 95 % as a part of the two-sided smallest detectable change.
pub const ONE_SIDED: f64 = 0.84;

/// How well this repetition could be seen: factors on margins and on the distance of limits from good.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Quality {
    margin: f64,
    limits: f64,
}

/// What a reading is held to.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Scale {
    limits: Limits,
    /// Factor on the distance of warning and fault from good.
    stretch: f64,
    margin: Margin,
}

/// What is read may be off by this much either way, in the check's unit.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Margin {
    width: f64,
    /// It was measured of the model in use, and is wider than the one that the limits were made for.
    is_measured: bool,
}

impl Scale {
    /// `sign` as of [`Limits::side`]: a model may read too high more often than too low.
    fn of(rule: &Rule, check: &Check, extent: &Extent, bout: &Bout, quality: Quality, sign: f64) -> Scale {
        let by_landmarks = check.limits_by_landmarks.filter(|_| extent.by_landmarks);
        let limits = by_landmarks.unwrap_or(check.limits);
        let assumed = check.margin * widened(check.limits, limits);
        let margin = |width: f64, is_measured| Margin { width: width * quality.margin, is_measured };
        let seen = circumstances(check, extent, bout, sign);
        // What was measured of the rule is in the unit of its first check.
        let name = if rule.checks.first().is_some_and(|first| first.unit == check.unit) { rule.name } else { "" };
        match bout.trust.margin(name, check.what, &seen) {
            Some(width) if width > assumed => Scale { limits, stretch: quality.limits, margin: margin(width, true) },
            // They stand the same share of the margin beyond good (RULES.md 0.2).
            Some(width) if by_landmarks.is_some() && bout.trust.back_is_proven(name, check.what, assumed, &seen) => {
                Scale {
                    limits: check.limits,
                    stretch: quality.limits * (width / check.margin).max(1.0),
                    margin: margin(width.max(check.margin), false),
                }
            }
            _ => Scale { limits, stretch: quality.limits, margin: margin(assumed, false) },
        }
    }
}

/// Judges one rule on one repetition or hold. `own_best` is the best value so far in this set, for checks that look at
/// it. `None`: nothing in it is asked of this variant.
pub fn judge(rule: &'static Rule, bout: &Bout, own_best: Option<f64>) -> Option<Finding> {
    let finding = match gates(rule, bout) {
        Ok(quality) => judged(rule, bout, quality, own_best),
        Err(why) => not_judged(rule, why),
    };
    let not_asked = || rule.checks.iter().all(|c| (c.measure)(bout) == Err(Unseen::NotAsked));
    if finding.outcome == Outcome::NotJudged && not_asked() { None } else { Some(finding) }
}

fn judged(rule: &'static Rule, bout: &Bout, quality: Quality, own_best: Option<f64>) -> Finding {
    match judge_checks(rule, rule.checks, bout, quality, own_best) {
        Err(Unseen::NotInModel(_)) if !rule.fallback.is_empty() => {
            judge_checks(rule, rule.fallback, bout, quality, None).unwrap_or_else(|why| not_judged(rule, why))
        }
        judged => judged.unwrap_or_else(|why| not_judged(rule, why)),
    }
}

/// The worst of the checks that are asked. A fault seen is a fault, whatever else was hidden; praise needs everything
/// seen.
fn judge_checks(
    rule: &'static Rule,
    checks: &'static [Check],
    bout: &Bout,
    quality: Quality,
    own_best: Option<f64>,
) -> Result<Finding, Unseen> {
    let mut worst: Option<Finding> = None;
    let mut unseen = None;
    for check in checks {
        match (check.measure)(bout).and_then(|extent| {
            assess(rule, check, extent, |sign| Scale::of(rule, check, &extent, bout, quality, sign), own_best)
        }) {
            Ok(finding) => worst = Some(worse(worst, finding)),
            Err(Unseen::NotAsked) => {}
            Err(why) => unseen = unseen.or(Some(why)),
        }
    }
    match (worst, unseen) {
        (Some(finding), None) => Ok(finding),
        (Some(finding), Some(_)) if finding.outcome > Outcome::Good => Ok(finding),
        (_, why) => Err(why.unwrap_or(Unseen::NotReached)),
    }
}

fn worse(one: Option<Finding>, other: Finding) -> Finding {
    match one {
        Some(one) if (one.outcome, one.severity) >= (other.outcome, other.severity) => one,
        _ => other,
    }
}

fn gates(rule: &Rule, bout: &Bout) -> Result<Quality, Unseen> {
    if !rule.views.contains(&bout.view) {
        return Err(Unseen::WrongView(rule.views[0]));
    }
    let frontal = rule.views.iter().any(|view| matches!(view, View::Front | View::Rear));
    if bout.view == View::Oblique && !frontal && yaw_deg(bout).is_none_or(|yaw| yaw > FURTHEST_SIDE_YAW_DEG) {
        return Err(Unseen::WrongView(rule.views[0]));
    }
    if bout.fps() < LEAST_FPS - 0.5 {
        return Err(Unseen::TooFewFrames);
    }
    // Timers and counts do not depend on how large and from where the person is seen (RULES.md 0.4).
    if rule.weight == Weight::Dose {
        return Ok(Quality { margin: 1.0, limits: 1.0 });
    }
    if frontal && median(bout.samples.iter().filter_map(|s| s.plank.angles.askew.ok())) > Some(FURTHEST_ASKEW_DEG) {
        return Err(Unseen::WrongView(rule.views[0]));
    }
    let person_px = median(bout.samples.iter().map(|s| s.person_px)).unwrap_or(0.0);
    let oblique = if bout.view == View::Oblique { OBLIQUE } else { 1.0 };
    if person_px >= Q1_PX {
        Ok(Quality { margin: oblique, limits: oblique })
    } else if person_px < LEAST_PX || rule.weight == Weight::Spine {
        Err(Unseen::TooSmall)
    } else {
        Ok(Quality { margin: Q2_MARGIN * oblique, limits: Q2_LIMITS * oblique })
    }
}

/// How far from side-on the repetition was seen.
fn yaw_deg(bout: &Bout) -> Option<f64> {
    median(bout.samples.iter().filter_map(|s| s.yaw_deg.ok()))
}

fn assess(
    rule: &'static Rule,
    check: &Check,
    extent: Extent,
    scale_of: impl Fn(f64) -> Scale,
    own_best: Option<f64>,
) -> Result<Finding, Unseen> {
    let mut worst: Option<Finding> = None;
    let mut low = None;
    for (sign, moment) in [(1.0, extent.high), (-1.0, extent.low)] {
        let Scale { limits, stretch, margin } = scale_of(sign);
        low = limits.low;
        let Some(band) = limits.side(sign) else { continue };
        // A count that may be off by one says nothing of how often, however far beyond its limit.
        if check.unit == Unit::Count && margin.width >= 0.5 {
            return Err(Unseen::MarginTooWide);
        }
        let (outcome, severity, limit) = one_side(sign, moment.value, band, stretch, margin)?;
        let finding = Finding {
            rule,
            outcome,
            measured: Some(moment.value),
            what: Some(check.what),
            limit: Some(limit),
            margin: Some(margin.width),
            unit: check.unit,
            at: Some(moment.at),
            reason: None,
            severity,
        };
        worst = Some(worse(worst, finding));
    }
    let mut finding = worst.ok_or(Unseen::NotReached)?;
    if rule.weight == Weight::Information {
        return Ok(Finding { outcome: Outcome::Good, limit: low.map(|band| band.good), severity: 0.0, ..finding });
    }
    if let (Some(drop), Some(best), Some(measured)) = (check.below_own_best, own_best, finding.measured)
        && finding.outcome == Outcome::Good
        && measured < best - drop
        && low.is_some_and(|band| measured < band.good)
    {
        (finding.outcome, finding.limit) = (Outcome::Warn, Some(best - drop));
    }
    Ok(finding)
}

/// From where, by which eye and in what posture it was seen, and which way it would be wrong; see
/// [`crate::pose::trust::Margins`].
fn circumstances(check: &Check, extent: &Extent, bout: &Bout, sign: f64) -> [&'static str; 4] {
    let eye = if extent.by_landmarks { "landmarks" } else { "contour" };
    // Only checks of the back are seen by either.
    let eye = check.limits_by_landmarks.map_or("", |_| eye);
    [bout.view.name(), eye, bout.posture.name(), if sign > 0.0 { "over" } else { "under" }]
}

/// How much wider the margin is where other limits hold: they stand the same share of it beyond good (RULES.md 0.2), so
/// the distances of the warnings tell. It gives the 14, 22 and 21° that RULES.md 0.3 has for spine landmarks.
fn widened(usual: Limits, in_use: Limits) -> f64 {
    let far = |limits: Limits| limits.high.or(limits.low).map(|band| (band.warn - band.good).abs());
    match (far(usual), far(in_use)) {
        (Some(usual), Some(in_use)) if usual > 0.0 => in_use / usual,
        _ => 1.0,
    }
}

/// Outcome, severity and the limit that was passed (or would be passed next), on one side of the good range.
fn one_side(sign: f64, value: f64, band: Band, stretch: f64, margin: Margin) -> Result<(Outcome, f64, f64), Unseen> {
    // Everything below is in distance beyond good.
    let far = |limit: f64| sign * (limit - band.good) * stretch;
    let (warn, fault) = (far(band.warn), band.fault.map(far));
    let full = fault.unwrap_or(2.0 * warn);
    let good_reads_to = ONE_SIDED * margin.width;
    if good_reads_to > full {
        return Err(Unseen::MarginTooWide);
    }
    // The limits stand beyond what good form reads with the margin they were made for; with a wider one good form reads further.
    let warn = if margin.is_measured { warn.max(good_reads_to) } else { warn };
    let beyond = sign * (value - band.good);
    let severity = ((beyond - 0.5 * margin.width) / full).clamp(0.0, 1.0);
    let as_limit = |distance: f64| band.good + sign * distance;
    Ok(match fault {
        Some(fault) if beyond >= fault => (Outcome::Fault, severity, as_limit(fault)),
        _ if beyond >= warn => (Outcome::Warn, severity, as_limit(warn)),
        _ => (Outcome::Good, severity, as_limit(warn)),
    })
}

fn not_judged(rule: &'static Rule, reason: Unseen) -> Finding {
    Finding {
        rule,
        outcome: Outcome::NotJudged,
        measured: None,
        what: None,
        limit: None,
        margin: None,
        unit: rule.checks.first().map_or(Unit::Deg, |c| c.unit),
        at: None::<Timestamp>,
        reason: Some(reason),
        severity: 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BAND: Band = Band::new(45.0, 53.0, 62.0);

    fn assumed(width: f64) -> Margin {
        Margin { width, is_measured: false }
    }

    #[test]
    fn a_warning_stands_beyond_what_good_form_reads_with_the_measured_margin() {
        let measured = Margin { width: 15.0, is_measured: true };
        let at = |value| one_side(1.0, value, BAND, 1.0, measured).unwrap();
        assert_eq!((at(57.5).0, at(57.7).0, at(62.0).0), (Outcome::Good, Outcome::Warn, Outcome::Fault));
        assert!((at(57.5).2 - 57.6).abs() < 1e-9, "{}", at(57.5).2);
        assert_eq!(one_side(1.0, 53.0, BAND, 1.0, assumed(9.5)).unwrap().0, Outcome::Warn);
    }

    #[test]
    fn limits_are_passed_when_reached() {
        let at = |value| one_side(1.0, value, BAND, 1.0, assumed(9.0)).unwrap();
        assert_eq!(
            (at(52.9).0, at(53.0).0, at(61.9).0, at(62.0).0),
            (Outcome::Good, Outcome::Warn, Outcome::Warn, Outcome::Fault)
        );
        assert_eq!(at(53.0).2, 53.0);
        assert_eq!(at(70.0).2, 62.0);
        let low = |value| one_side(-1.0, value, Band::new(0.92, 0.80, 0.70), 1.0, assumed(0.12)).unwrap();
        assert_eq!((low(0.81).0, low(0.80).0, low(0.69).0), (Outcome::Good, Outcome::Warn, Outcome::Fault));
    }

    #[test]
    fn severity_is_the_rule_book_s_worked_example() {
        let wink = one_side(1.0, 20.0, Band::new(8.0, 15.0, 25.0), 1.0, assumed(10.0)).unwrap();
        assert!((wink.1 - 0.41).abs() < 0.005, "{}", wink.1);
        let knees = one_side(-1.0, 0.78, Band::new(0.92, 0.80, 0.70), 1.0, assumed(0.12)).unwrap();
        assert!((knees.1 - 0.36).abs() < 0.005, "{}", knees.1);
    }

    #[test]
    fn a_small_person_has_wider_limits() {
        assert_eq!(one_side(1.0, 53.0, BAND, Q2_LIMITS, assumed(18.0)).unwrap().0, Outcome::Good);
        assert_eq!(one_side(1.0, 57.0, BAND, Q2_LIMITS, assumed(18.0)).unwrap().0, Outcome::Warn);
    }

    #[test]
    fn a_margin_wider_than_the_limit_judges_nothing() {
        assert_eq!(one_side(1.0, 99.0, BAND, 1.0, assumed(21.0)), Err(Unseen::MarginTooWide));
    }
}
