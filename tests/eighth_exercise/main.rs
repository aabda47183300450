//! An eighth exercise is one file and one line: a plank, written as `docs/adding-an-exercise.md` says, outside the crate.
//! It is counted, timed, judged, cued and reported like the seven that are shipped, and nothing else was changed for it.

#[path = "../common/mod.rs"]
mod common;
mod plank;

use common::{judge_steps, told};
use formcheck::form::{Exercise, Outcome, SessionReport};
use formcheck::geometry::ImagePoint;
use formcheck::pose::{Joint, Keypoint, Landmark, Observation, Person};
use formcheck::synth::observe::Eye;
use formcheck::track::Filter;
use formcheck::units::{Side, Timestamp};
use nalgebra::Vector2;

/// The one line.
static ALL: &[&Exercise] = &[&plank::PLANK];

/// px from hip to shoulder, hip to knee, knee to ankle.
const TRUNK: f64 = 250.0;
const THIGH: f64 = 215.0;
const SHANK: f64 = 205.0;
const FLOOR: f64 = 640.0;

/// Head to screen right on forearms and toes: 0 lying, 1 lifted until the hips are `off` px below the line from shoulder to
/// ankle (− above).
fn body(lift: f64, off: f64) -> Person {
    let shoulder = ImagePoint::new(900.0, FLOOR - 190.0);
    let slope = (120.0f64 / (TRUNK + THIGH + SHANK)).asin();
    let (along, down) = (Vector2::new(-slope.cos(), slope.sin()), Vector2::new(-slope.sin(), -slope.cos()) * -1.0);
    let straight = |far: f64| shoulder + along * far;
    let lying = |x: f64, above: f64| ImagePoint::new(x, FLOOR - above);
    let between = |a: ImagePoint, b: ImagePoint| a + (b - a) * lift;
    let hip = between(lying(674.0, 84.0), straight(TRUNK) + down * off);
    let knee = between(lying(460.0, 60.0), straight(TRUNK + THIGH));
    let ankle = between(lying(256.0, 55.0), straight(TRUNK + THIGH + SHANK));
    let mut person = Person::default();
    let mut put = |landmark: Landmark, at: ImagePoint| person.points[landmark] = Some(Keypoint { at, score: 1.0 });
    for side in Side::BOTH {
        // The left side is the far one, a little higher in the picture.
        let far = Vector2::new(4.0, -8.0) * f64::from(u8::from(side == Side::Left));
        let joints = [
            (Joint::Shoulder, shoulder),
            (Joint::Elbow, ImagePoint::new(900.0, FLOOR - 25.0)),
            (Joint::Wrist, ImagePoint::new(1010.0, FLOOR - 20.0)),
            (Joint::Hip, hip),
            (Joint::Knee, knee),
            (Joint::Ankle, ankle),
            (Joint::Heel, ankle + Vector2::new(-25.0, -10.0)),
            (Joint::BigToe, ImagePoint::new(ankle.x + 5.0, FLOOR - 3.0)),
            (Joint::Ear, shoulder + Vector2::new(75.0, -25.0)),
        ];
        joints.into_iter().for_each(|(joint, at)| put(Landmark::of(joint, side), at + far));
    }
    put(Landmark::Nose, shoulder + Vector2::new(105.0, 15.0));
    person
}

/// Lies for 3 s, holds for 20 s, lies again.
fn set(off: f64, hide: Option<Landmark>) -> SessionReport {
    let at = |secs: f64| {
        let ramp = |from: f64| ((secs - from) / 1.0).clamp(0.0, 1.0);
        let lift = ramp(3.0) - ramp(24.0);
        let mut person = body(lift * lift * (3.0 - 2.0 * lift), off);
        hide.into_iter().for_each(|landmark| person.points[landmark] = None);
        Observation { t: Timestamp::from_secs(secs), person: Some(person) }
    };
    let stream: Vec<Observation> = (0..=27 * 30).map(|i| at(f64::from(i) / 30.0).quantized()).collect();
    judge_steps(ALL[0], Eye::BLAZEPOSE, Filter::Recorded, &stream, &mut |_| {})
}

#[track_caller]
fn finds(report: &SessionReport, expected: [(&str, Outcome); 3]) {
    assert_eq!(report.holds.len(), 1, "{:?} {:?}", report.attempts, report.notices);
    let findings = &report.holds[0].findings;
    let told: Vec<String> = findings.iter().map(|finding| told(1, finding)).collect();
    let found: Vec<_> = findings.iter().map(|finding| (finding.rule.name, finding.outcome)).collect();
    assert_eq!(found, expected, "{}", told.join("\n"));
}

#[test]
fn a_straight_plank_is_timed_and_good() {
    let report = set(0.0, None);
    finds(
        &report,
        [("plank.hips_sag", Outcome::Good), ("plank.hips_rise", Outcome::Good), ("plank.hold_short", Outcome::Good)],
    );
    let held = report.holds[0].end.secs_since(report.holds[0].start);
    assert!((held - 20.0).abs() < 0.8 && report.holds[0].score.is_some(), "{held}");
}

#[test]
fn planted_faults_are_found_and_nothing_else() {
    finds(
        &set(36.0, None),
        [("plank.hips_sag", Outcome::Warn), ("plank.hips_rise", Outcome::Good), ("plank.hold_short", Outcome::Good)],
    );
    finds(
        &set(-75.0, None),
        [("plank.hips_sag", Outcome::Good), ("plank.hips_rise", Outcome::Fault), ("plank.hold_short", Outcome::Fault)],
    );
}

#[test]
fn a_hidden_knee_is_neither_praise_nor_blame() {
    let report = set(36.0, Some(Landmark::RightKnee));
    let blamed = report.holds.iter().flat_map(|hold| &hold.findings).any(|f| f.outcome >= Outcome::Warn);
    let praised = report
        .holds
        .iter()
        .flat_map(|hold| &hold.findings)
        .any(|f| f.outcome == Outcome::Good && f.rule.name != "plank.hold_short");
    assert!(!blamed && !praised);
}

/// Where `src/exercises/mod.rs` holds the shipped ones to the same.
#[test]
fn it_keeps_to_the_rules_of_the_house() {
    for rule in ALL[0].rules {
        assert!(rule.cue.split_whitespace().count() <= 5 && rule.name.starts_with("plank."), "{}", rule.name);
        assert!(formcheck::exercises::rule(rule.name).is_none() && formcheck::exercises::rule(rule.id).is_none());
    }
}
