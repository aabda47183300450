//! What is heard of a set, and when: the synthetic athlete before the live filter, timed by the pictures' own times.

mod common;

use common::*;
use formcheck::form::{Ear, Heard, Outcome, Session, SessionOptions, SessionReport, Step, summary};
use formcheck::kinematics::Sample;
use formcheck::synth::observe::Eye;
use formcheck::track::Filter;

/// A condition must last this long to be a fault, seconds (RULES.md 0.2).
const PERSISTENCE_SECS: f64 = 0.3;
/// From there to the ear, seconds: two looks at 0.1 s, and the median's half window.
const LATEST_SECS: f64 = 0.5;

/// What was heard of a clip, with its time in seconds; the steps; the report.
struct Listened {
    heard: Vec<(f64, Heard)>,
    steps: Vec<Step>,
    report: SessionReport,
}

fn listen(id: &str) -> Listened {
    let clip = formcheck::synth::by_id(id).expect("a clip of this id");
    let options = SessionOptions { landmarks: Eye::OWN.landmarks.to_vec(), ..SessionOptions::new(Filter::Live) };
    let mut session = Session::new(exercise(clip.exercise), &options);
    let (mut ear, mut heard, mut steps) = (Ear::default(), Vec::new(), Vec::new());
    let mut show = |step: &Step| {
        ear.listen(step, None, &mut |h| heard.push((step.pose.t.secs(), h)));
        steps.push(step.clone());
    };
    for observation in stream(id) {
        session.push(&observation, &mut show);
    }
    let report = session.finish(&mut show);
    Listened { heard, steps, report }
}

/// Whether a picture shows the planted fault.
type Fault = fn(&Sample) -> bool;

/// When this first held for [`PERSISTENCE_SECS`] without a break.
fn persisted(steps: &[Step], fault: Fault) -> f64 {
    let mut since = None;
    for step in steps {
        let t = step.pose.t.secs();
        since = fault(&step.sample).then(|| since.unwrap_or(t));
        if since.is_some_and(|since| t - since >= PERSISTENCE_SECS - 1e-6) {
            return t;
        }
    }
    panic!("the planted fault never lasted");
}

#[test]
fn a_fault_is_heard_half_a_second_after_it_persisted() {
    let cases: [(&str, &str, Fault); 3] = [
        ("SQ-heel20", "squat.heels_rise", |s| s.near_limbs().heel_rise.is_ok_and(|rise| rise > 16.0)),
        ("SQ-valg80", "squat.knees_in", |s| {
            s.front.hip_drop.is_ok_and(|d| d >= 0.21) && s.front.kts.is_ok_and(|k| k < 0.7)
        }),
        ("SQ-lean68", "squat.chest_drops", |s| s.trunk.is_ok_and(|lean| lean > 62.0)),
    ];
    for (id, rule, fault) in cases {
        let Listened { heard, steps, .. } = listen(id);
        let persisted = persisted(&steps, fault);
        let cue = heard.iter().find_map(|(t, h)| matches!(h, Heard::Cue(cue) if cue.rule.name == rule).then_some(*t));
        let cue = cue.unwrap_or_else(|| panic!("{id}: {rule} was never heard"));
        println!("{id}: persisted at {persisted:.2} s, heard at {cue:.2} s");
        assert!(cue - persisted <= LATEST_SECS, "{id}: persisted at {persisted:.2} s, heard at {cue:.2} s");
        assert!(cue >= persisted - PERSISTENCE_SECS, "{id}: heard at {cue:.2} s, before it can have lasted");
    }
}

#[test]
fn words_are_eight_seconds_apart_and_a_fault_in_between_is_still_marked() {
    let Listened { heard, report, .. } = listen("SQ-heel20");
    let cues: Vec<f64> = heard.iter().filter(|(_, h)| matches!(h, Heard::Cue(_))).map(|(t, _)| *t).collect();
    assert!(cues.len() >= 2, "{cues:?}");
    assert!(cues.windows(2).all(|two| two[1] - two[0] >= 8.0), "{cues:?}");
    let marked = heard.iter().filter(|(_, h)| matches!(h, Heard::Cue(_) | Heard::Fault)).count();
    assert_eq!(marked, report.reps.len(), "every repetition with the fault is marked once");
}

#[test]
fn a_warning_is_said_in_its_second_repetition_not_in_the_first() {
    let Listened { heard, report, .. } = listen("SQ-heel12");
    assert!(!report.has_faults(), "the clip is about a warning");
    let (t, outcome) = heard
        .iter()
        .find_map(|(t, h)| if let Heard::Cue(cue) = h { Some((*t, cue.outcome)) } else { None })
        .expect("a cue");
    assert_eq!(outcome, Outcome::Warn);
    assert!(t > report.reps[1].end.secs() && t < report.reps[2].turn.secs(), "{t}");
}

#[test]
fn coming_down_from_a_good_hold_is_no_fault() {
    for id in ["SP-ok", "BD-ok", "HK-ok", "HS-stand-ok"] {
        let Listened { heard, report, .. } = listen(id);
        assert!(!report.holds.is_empty(), "{id}");
        let blamed: Vec<f64> =
            heard.iter().filter(|(_, h)| matches!(h, Heard::Cue(_) | Heard::Fault)).map(|(t, _)| *t).collect();
        let form = report
            .bouts()
            .flat_map(|(_, findings)| findings)
            .any(|f| f.outcome >= Outcome::Warn && f.rule.weight.is_form());
        assert!(!form && blamed.is_empty(), "{id}: blamed at {blamed:?} s");
    }
}

#[test]
fn clean_repetitions_tick_and_every_third_is_confirmed() {
    let Listened { heard, report, .. } = listen("SQ-ok2");
    assert_eq!(report.reps.len(), 3);
    let names: Vec<String> =
        heard.iter().map(|(_, h)| format!("{h:?}").split(['(', ' ']).next().unwrap().into()).collect();
    assert_eq!(names, ["Ready", "Rep", "Rep", "Rep", "Clean"], "no word of correction, no silence");
    assert!(matches!(heard[4].1, Heard::Clean(clean) if clean.in_a_row == 3 && clean.back_seen));
    for ((t, _), rep) in heard[1..].iter().zip(&report.reps) {
        assert!((t - rep.end.secs()).abs() < 0.5, "counted at {t:.2} s, ended at {:.2} s", rep.end.secs());
    }
}

#[test]
fn pain_takes_the_score_and_says_stop() {
    let clip = formcheck::synth::by_id("SQ-heel20").expect("a clip of this id");
    let options = SessionOptions { landmarks: Eye::OWN.landmarks.to_vec(), ..SessionOptions::new(Filter::Live) };
    let mut session = Session::new(exercise(clip.exercise), &options);
    let stream = stream("SQ-heel20");
    for observation in &stream[..stream.len() * 2 / 3] {
        session.push(observation, &mut |_| {});
    }
    session.report_pain();
    let report = session.finish(&mut |_| {});
    assert!(report.pain && !report.reps.is_empty());
    assert!(report.score.is_none() && report.reps.iter().all(|rep| rep.score.is_none()));
    assert_eq!(report.notices[0].code, "pain");
    assert!(report.notices[0].text.contains("Stop"));
    assert!(report.has_faults(), "what was seen is still told");
    assert!(summary(&report).contains("stopped"));
}
