//! RULES.md section G, tier 0: the synthetic athlete's clips, judged from exact joints, give exactly the expected
//! verdicts; for several bodies, frame rates, uneven intervals, and cameras that stand a little off.
//!
//! The table of clips and what is expected of each rule stands in `formcheck::synth::clips`; this file plays every clip
//! of an exercise that exists through the core and compares.

mod common;

use common::*;
use formcheck::form::{Finding, Outcome, SessionReport};
use formcheck::synth::observe::Eye;
use formcheck::synth::{Body, Camera, Clip, Expected, Options};

fn played(clip: &Clip, body: &Body, eye: Eye, fps: f64, options: &Options) -> SessionReport {
    judge(exercise(clip.exercise), eye, &seen(&frames(clip, body, fps, options), &clip.camera, eye))
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

/// Every way in which the report differs from what the clip expects, one line each; findings for which `excused` holds
/// aside.
fn differences(clip: &Clip, report: &SessionReport, excused: impl Fn(&Finding) -> bool) -> Vec<String> {
    let mut lines = counted_otherwise(clip, report);
    let last = report.bouts().count();
    for (n, finding) in report.bouts().flat_map(|(n, findings)| findings.iter().map(move |f| (n, f))) {
        let expected = clip.expects(finding.rule.name);
        // What is wrong between repetitions shows after all but the last, which ends upright.
        let between = finding.rule.name.ends_with("short_lockout") && n as usize == last;
        let fits = matches(expected, finding.outcome) || (between && finding.outcome == Outcome::Good);
        if !fits && !excused(finding) {
            lines.push(format!("{} {}, expected {expected:?}", clip.id, told(n, finding)));
        }
    }
    lines.extend(left_out(clip, report));
    lines
}

/// What a clip praises or blames must be told of every repetition or hold: a rule that says nothing is not right.
fn left_out(clip: &Clip, report: &SessionReport) -> Vec<String> {
    let mut lines = Vec::new();
    let told = |expected| matches!(expected, Expected::Good | Expected::Warn | Expected::Fault);
    for (rule, expected) in clip.expected.iter().filter(|(_, expected)| told(*expected)) {
        let silent = report.bouts().filter(|(_, findings)| findings.iter().all(|f| f.rule.name != rule.name));
        let silent: Vec<u32> = silent.map(|(n, _)| n).collect();
        if !silent.is_empty() {
            lines.push(format!("{}: no word of {} in {silent:?}, expected {expected:?}", clip.id, rule.name));
        }
    }
    lines
}

/// Repetitions and attempts by number; holds by their times and sides too.
fn counted_otherwise(clip: &Clip, report: &SessionReport) -> Vec<String> {
    let mut lines = Vec::new();
    let holds = clip.timeline.holds();
    let held = report.exercise.counting.holds().is_some();
    let (found, asked) = if held { (report.holds.len(), holds.len()) } else { (report.reps.len(), clip.rep_count()) };
    if found != asked || report.attempts.len() != clip.attempt_count() {
        lines.push(format!(
            "{}: {found} reps or holds and {} attempts, expected {asked} and {}; {:?} {:?}",
            clip.id,
            report.attempts.len(),
            clip.attempt_count(),
            report.attempts,
            report.notices.iter().map(|n| &n.text).collect::<Vec<_>>(),
        ));
    }
    for (rep, truth) in report.reps.iter().zip(clip.timeline.reps()) {
        if rep.side != truth.side {
            lines.push(format!("{}: rep {} is {:?}, expected {:?}", clip.id, rep.n, rep.side, truth.side));
        }
    }
    // From the front a stretch is timed by its reach.
    let by_reach = clip.id.starts_with("HK-reach");
    for (hold, truth) in report.holds.iter().zip(holds).filter(|_| !by_reach) {
        let [start, end] = [hold.start.secs() - truth.start_s, hold.end.secs() - truth.end_s];
        if start.abs() > HOLD_ENDS_SECS || end.abs() > HOLD_ENDS_SECS || hold.side != truth.side {
            lines.push(format!("{}: hold {} starts {start:+.2} s, ends {end:+.2} s, {:?}", clip.id, hold.n, hold.side));
        }
        let length = hold.end.secs_since(hold.start);
        if !(0.0..=length + 1e-6).contains(&hold.credited_secs) {
            lines.push(format!("{}: hold {} of {length:.2} s has {:.2}", clip.id, hold.n, hold.credited_secs));
        }
    }
    lines
}

/// A rule that has gone is missed, not passed over.
#[test]
fn a_rule_that_says_nothing_is_a_difference() {
    let clip = formcheck::synth::by_id("SQ-lean68").expect("a clip of this id");
    let mut report = played(&clip, &Body::average(), Eye::OWN, 15.0, &Options::default());
    assert!(left_out(&clip, &report).is_empty());
    report.reps[1].findings.retain(|finding| finding.rule.name != "squat.chest_drops");
    assert_eq!(left_out(&clip, &report), ["SQ-lean68: no word of squat.chest_drops in [2], expected Fault"]);
}

/// Arriving and leaving are slow at their ends, where both are said to be still: 5 degrees a second of a push of 18 in
/// 3 s come half a second before the end of it, and 0.77 s when a camera 40 degrees off shows a smaller one.
const HOLD_ENDS_SECS: f64 = 0.8;

fn exactly(_: &Finding) -> bool {
    false
}

fn check(label: &str, judged: impl Iterator<Item = (Clip, SessionReport)>, excused: fn(&Finding) -> bool) {
    let mut lines = Vec::new();
    let mut count = 0;
    for (clip, report) in judged {
        count += 1;
        lines.extend(differences(&clip, &report, excused));
    }
    assert!(count > 0, "no clip was judged");
    assert!(lines.is_empty(), "{label}: {} differences\n{}", lines.len(), lines.join("\n"));
}

fn check_played(label: &str, body: &Body, fps: f64, options: Options, excused: fn(&Finding) -> bool) {
    let played = |clip: Clip| {
        let report = played(&clip, body, Eye::OWN, fps, &options);
        (clip, report)
    };
    check(label, clips().map(played), excused);
}

#[test]
fn exact_joints_give_exactly_the_expected_verdicts() {
    check_played("tier 0", &Body::average(), 30.0, Options::default(), exactly);
}

/// The figures of the table are the average body's; on another body a value may come to lie on a limit.
#[test]
fn other_bodies_are_judged_alike() {
    for body in [Body::slim(), Body::heavy(), Body::long_femur()] {
        check_played(body.name, &body, 30.0, Options::default(), near_a_limit);
    }
}

#[test]
fn all_frame_rates_count_and_judge_alike() {
    for fps in [15.0, 24.0, 60.0] {
        check_played(&format!("{fps} fps"), &Body::average(), fps, Options::default(), near_a_limit);
    }
}

#[test]
fn uneven_intervals_count_and_judge_alike() {
    for (fps, seed) in [(24.0, 1), (30.0, 2)] {
        let options = Options { uneven: Some(seed), ..Options::default() };
        check_played(&format!("uneven {fps} fps, seed {seed}"), &Body::average(), fps, options, near_a_limit);
    }
}

/// With toes turned out by 20 degrees, 12 more towards the camera take 8 degrees off a knee of 65: enough to bring clips
/// made to lie just above the 61 of a repetition and the 39 of an attempt below them.
#[test]
fn a_camera_twelve_degrees_off_changes_no_verdict() {
    for yaw in [-12.0, 12.0] {
        let filmed = clips().map(|clip| clip.yawed(yaw)).filter(|clip| !matches!(clip.id, "SQ-ok3" | "SQ-part"));
        let judged = filmed.map(|clip| {
            let report = played(&clip, &Body::average(), Eye::OWN, 30.0, &Options::default());
            (clip, report)
        });
        check(&format!("yaw {yaw}"), judged, near_a_limit);
    }
}

/// Hips sunk by 32 degrees, where a plank begins at 30, look lower still from here: no hold is found. Of a side plank whose
/// head is the farther end, 40 degrees read less than the 38 from which they are refused.
#[test]
fn a_camera_forty_degrees_off_judges_no_side_rule() {
    for yaw in [-40.0, 40.0] {
        let head_is_farther = |clip: &Clip| clip.exercise == "side_plank" && yaw > 0.0;
        let judged = clips()
            .filter(|clip| clip.id != "SP-sag32" && !head_is_farther(clip))
            .map(|clip| clip.yawed(yaw))
            .map(|clip| {
                let report = played(&clip, &Body::average(), Eye::OWN, 30.0, &Options::default());
                (clip, report)
            });
        check(&format!("yaw {yaw}"), judged, exactly);
    }
}

#[test]
fn a_camera_turned_by_three_degrees_changes_no_verdict() {
    for roll in [-3.0, 3.0] {
        let filmed = clips().map(|clip| {
            let clip = Clip { camera: Camera { roll_deg: roll, ..clip.camera }, ..clip };
            let report = played(&clip, &Body::average(), Eye::OWN, 30.0, &Options::default());
            (clip, report)
        });
        check(&format!("roll {roll}"), filmed, near_a_limit);
    }
}

#[test]
fn without_the_back_its_rules_are_not_judged() {
    let body = Body::average();
    let mut lines = Vec::new();
    for clip in clips() {
        let report = played(&clip, &body, Eye::COCO17, 30.0, &Options::default());
        let clip = clip.without_spine();
        for (info, _) in clip.expected.iter().filter(|(info, _)| info.spine) {
            for finding in report.bouts().flat_map(|(_, all)| all).filter(|f| f.rule.name == info.name) {
                if finding.outcome != Outcome::NotJudged {
                    lines.push(format!("{}: {} is {:?}", clip.id, info.name, finding.outcome));
                }
            }
        }
    }
    assert!(lines.is_empty(), "{}", lines.join("\n"));
}

/// RULES.md G: "credit stops at the fault", at 12–14 s of a hold that sinks by 25 degrees in 20 s; and a drop of 0.4 s
/// is not credited while one of 1.5 s splits the hold.
#[test]
fn a_hold_is_credited_inside_the_limits_only() {
    let credited = |id: &str| {
        let clip = formcheck::synth::by_id(id).expect("a clip of this id");
        let report = played(&clip, &Body::average(), Eye::OWN, 30.0, &Options::default());
        report.holds.iter().map(|hold| hold.credited_secs).collect::<Vec<_>>()
    };
    let close = |id: &str, asked: &[f64], off: f64| {
        let found = credited(id);
        let all = found.len() == asked.len() && found.iter().zip(asked).all(|(f, a)| (f - a).abs() <= off);
        assert!(all, "{id}: {found:.2?}, asked {asked:?}");
    };
    close("SP-drift", &[13.0], 1.5);
    close("SP-sag32", &[0.5; 3], 0.6);
    close("SP-ok", &[10.0; 10], 0.4);
    close("SP-ladder", &[20.0, 19.7, 20.0, 10.0, 8.5, 20.0], 0.4);
    close("HK-time25", &[25.5], 0.75);
}

/// RULES.md A2, the 70 degree test: below, borderline or beyond the mark, and never a warning.
#[test]
fn flexibility_is_told_beside_the_mark_and_never_judged() {
    let standing = |id: &str, rule: &str| {
        let clip = formcheck::synth::by_id(id).expect("a clip of this id");
        let report = played(&clip, &Body::average(), Eye::OWN, 30.0, &Options::default());
        let mut found = report.bouts().flat_map(|(_, all)| all).filter(|f| f.rule.name == rule);
        let finding = found.next().expect("a finding of the test");
        assert!(found.next().is_none() && finding.outcome == Outcome::Good && finding.severity == 0.0, "{id}");
        (finding.standing(), finding.measured.expect("a measured value"))
    };
    let lying = [("HS-slr60", "below", 60.0), ("HS-slr70", "borderline at", 70.0), ("HS-slr80", "beyond", 80.0)];
    for (id, stands, deg) in lying {
        let (found, measured) = standing(id, "hamstring_stretch.leg_height");
        assert!(found == Some(stands) && (measured - deg).abs() < 2.0, "{id}: {found:?} at {measured:.1}");
    }
    // The trunk of both comes to 70° and beyond; 75° at the pelvis cannot be told from 70.
    for (id, stands, deg) in [("HS-70trap", "below", 40.0), ("HS-70pass", "borderline at", 75.0)] {
        let (found, measured) = standing(id, "hamstring_stretch.pelvis_bend");
        assert!(found == Some(stands) && (measured - deg).abs() < 5.0, "{id}: {found:?} at {measured:.1}");
    }
}
