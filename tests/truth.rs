//! RULES.md section G: the synthetic athlete's clips, judged from exact joints, give exactly the expected verdicts.
//!
//! The table of clips and what is expected of each rule stands in `formcheck::synth::clips`; this file plays every clip
//! of an exercise that exists through the core and compares.

use formcheck::exercises;
use formcheck::form::{Outcome, Session, SessionOptions, SessionReport};
use formcheck::synth::observe::Eye;
use formcheck::synth::{self, Body, Clip, Expected};
use formcheck::track::{Filter, Gate};

/// Judges a clip of this body, seen exactly.
fn judge(clip: &Clip, body: &Body, eye: Eye, fps: f64) -> SessionReport {
    let exercise = exercises::by_name(clip.exercise).expect("an exercise that exists");
    let options =
        SessionOptions { filter: Filter::Recorded, landmarks: eye.landmarks.to_vec(), scores: Gate::default() };
    let mut session = Session::new(exercise, &options);
    for frame in clip.frames(body, &clip.camera, fps, &synth::Options::default()) {
        session.push(&eye.sees(&frame, &clip.camera).quantized(), &mut |_| {});
    }
    session.finish(&mut |_| {})
}

fn matches(expected: Expected, outcome: Outcome) -> bool {
    match expected {
        Expected::Free => true,
        Expected::Good | Expected::Silent => outcome == Outcome::Good,
        Expected::Warn => outcome == Outcome::Warn,
        Expected::Fault => outcome == Outcome::Fault,
        Expected::NotJudged => outcome == Outcome::NotJudged,
    }
}

/// Every way in which the report differs from what the clip expects, one line each.
fn differences(clip: &Clip, report: &SessionReport) -> Vec<String> {
    let mut lines = Vec::new();
    if report.reps.len() != clip.rep_count() || report.attempts.len() != clip.attempt_count() {
        lines.push(format!(
            "{}: {} reps and {} attempts, expected {} and {}; {:?}",
            clip.id,
            report.reps.len(),
            report.attempts.len(),
            clip.rep_count(),
            clip.attempt_count(),
            report.notices.iter().map(|n| &n.text).collect::<Vec<_>>(),
        ));
    }
    let last = report.reps.len();
    for rep in &report.reps {
        for finding in &rep.findings {
            let expected = clip.expects(finding.rule.name);
            // What is wrong between repetitions shows after all but the last, which ends upright.
            let between = finding.rule.name.ends_with("short_lockout") && rep.n as usize == last;
            if !matches(expected, finding.outcome) && !(between && finding.outcome == Outcome::Good) {
                lines.push(format!(
                    "{} rep {}: {} is {:?} ({:?} against {:?}, {:?}), expected {expected:?}",
                    clip.id, rep.n, finding.rule.name, finding.outcome, finding.measured, finding.limit, finding.reason
                ));
            }
        }
    }
    lines
}

fn clips() -> impl Iterator<Item = Clip> {
    synth::all().into_iter().filter(|clip| exercises::by_name(clip.exercise).is_some())
}

fn check(label: &str, judged: impl Iterator<Item = (Clip, SessionReport)>) {
    let mut lines = Vec::new();
    let mut count = 0;
    for (clip, report) in judged {
        count += 1;
        lines.extend(differences(&clip, &report));
    }
    assert!(count > 0, "no clip was judged");
    assert!(lines.is_empty(), "{label}: {} differences\n{}", lines.len(), lines.join("\n"));
}

#[test]
fn exact_joints_give_exactly_the_expected_verdicts() {
    let body = Body::average();
    check("tier 0", clips().map(|clip| (clip.clone(), judge(&clip, &body, Eye::OWN, 30.0))));
}

#[test]
fn without_the_back_its_rules_are_not_judged() {
    let body = Body::average();
    let mut lines = Vec::new();
    for clip in clips() {
        let report = judge(&clip, &body, Eye::COCO17, 30.0);
        let clip = clip.without_spine();
        let spine = clip.expected.iter().filter(|(info, _)| info.spine);
        for (info, _) in spine {
            for finding in report.reps.iter().flat_map(|r| &r.findings).filter(|f| f.rule.name == info.name) {
                if finding.outcome != Outcome::NotJudged {
                    lines.push(format!("{}: {} is {:?}", clip.id, info.name, finding.outcome));
                }
            }
        }
    }
    assert!(lines.is_empty(), "{}", lines.join("\n"));
}
