//! What must not matter does not: where, how large, how late and how far round the person is seen, short losses, swapped
//! sides, walking in and out, pauses. What is hidden never becomes a fault, and other exercises count nothing.

mod common;

use common::*;
use formcheck::exercises;
use formcheck::form::{Outcome, SessionReport};
use formcheck::pose::{Joint, Landmark, Observation};
use formcheck::synth::nuisance::Nuisance;
use formcheck::synth::observe::Eye;
use formcheck::synth::{self, Body, Options, by_id};
use formcheck::track::Filter;
use formcheck::units::Side;

/// Clips in which much is wrong, seen from the side and from the front.
const TELLING: [&str; 11] = [
    "SQ-wink28",
    "SQ-heel20",
    "SQ-valg80",
    "SQ-short20",
    "HH-round40",
    "HH-squatty",
    "HK-tip30",
    "HS-round35",
    "SP-sag32",
    "DB-lift25",
    "BD-sag30",
];

fn judged(id: &str, stream: &[Observation]) -> SessionReport {
    judge(exercise(by_id(id).expect("a clip of this id").exercise), Eye::OWN, stream)
}

fn spoilt(id: &str, nuisances: &[Nuisance]) -> SessionReport {
    let mut stream = stream(id);
    nuisances.iter().for_each(|nuisance| nuisance.apply(&mut stream));
    judged(id, &stream)
}

/// Outcomes that differ, but for values that lie on a limit; and counts that do.
fn differences(what: &str, before: &SessionReport, after: &SessionReport) -> Vec<String> {
    let mut lines = Vec::new();
    let counts = |r: &SessionReport| (r.bouts().count(), r.attempts.len());
    if counts(before) != counts(after) {
        lines.push(format!("{what}: {:?} reps and attempts became {:?}", counts(before), counts(after)));
    }
    let pairs =
        before.bouts().zip(after.bouts()).flat_map(|((_, a), (n, b))| a.iter().zip(b).map(move |pair| (n, pair)));
    for (n, (a, b)) in pairs {
        if a.outcome != b.outcome && !near_a_limit(a) {
            lines.push(format!("{what}: {:?} ({:.2?}) became {}", a.outcome, a.measured, told(n, b)));
        }
    }
    lines
}

fn unchanged(nuisances: &[Nuisance]) {
    let lines: Vec<String> = TELLING
        .into_iter()
        .flat_map(|id| differences(&format!("{id} {nuisances:?}"), &judged(id, &stream(id)), &spoilt(id, nuisances)))
        .collect();
    assert!(lines.is_empty(), "{}", lines.join("\n"));
}

/// Warnings and faults that were not there before.
fn blamed(what: &str, before: &SessionReport, after: &SessionReport) -> Vec<String> {
    let before = outcomes(before);
    let all = after.bouts().flat_map(|(n, findings)| findings.iter().map(move |f| (n, f)));
    let newly = all.filter(|(n, f)| {
        f.outcome >= Outcome::Warn && before.get(&(*n, f.rule.name)).is_none_or(|&o| o < Outcome::Warn)
    });
    newly.map(|(n, f)| format!("{what}: {}", told(n, f))).collect()
}

#[test]
fn moving_scaling_and_delaying_change_no_verdict() {
    unchanged(&[Nuisance::Moved { scale: 1.0, x: -213.0, y: 87.0 }]);
    unchanged(&[Nuisance::Moved { scale: 1.7, x: 40.0, y: -300.0 }]);
    unchanged(&[Nuisance::Delayed { secs: 3.217 }]);
}

#[test]
fn a_mirror_swaps_sides_and_changes_no_outcome() {
    unchanged(&[Nuisance::Mirrored { width: 720 }]);
    // Which side is near is the athlete's: the mirrored athlete shows the other one.
    for mirrored in [false, true] {
        let mut stream = stream("SQ-ok1");
        if mirrored {
            Nuisance::Mirrored { width: 720 }.apply(&mut stream);
        }
        let mut near = None;
        judge_steps(exercise("squat"), Eye::OWN, Filter::Recorded, &stream, &mut |step| near = Some(step.sample.near));
        assert_eq!(near, Some(if mirrored { Side::Left } else { Side::Right }));
    }
}

#[test]
fn hiding_a_point_makes_nobody_guilty() {
    // Clean clips, where any blame would be new, and one seen from the front.
    let mut lines = Vec::new();
    for id in ["SQ-ok2", "SQ-ok2-front", "HH-ok", "HK-time12", "HS-stand-ok", "SP-elbow8", "DB-ok", "BD-ok"] {
        let clip = by_id(id).expect("a clip of this id");
        let exercise = exercise(clip.exercise);
        let frames = frames(&clip, &Body::average(), 15.0, &Options::default());
        let whole = seen(&frames, &clip.camera, Eye::OWN);
        let before = judge(exercise, Eye::OWN, &whole);
        for &landmark in Landmark::ALL {
            let mut stream = whole.clone();
            for person in stream.iter_mut().filter_map(|o| o.person.as_mut()) {
                person.points[landmark] = None;
            }
            let after = judge(exercise, Eye::OWN, &stream);
            lines.extend(blamed(&format!("{id} without {}", landmark.name()), &before, &after));
        }
    }
    assert!(lines.is_empty(), "{}", lines.join("\n"));
}

/// Everything lost for at most 0.3 s, here and there.
#[test]
fn short_losses_change_nothing() {
    for id in TELLING {
        let mut stream = stream(id);
        for observation in &mut stream {
            // Eight pictures of 30 a second in every 1.9 s.
            if observation.t.secs().rem_euclid(1.9) < 0.26 {
                observation.person = None;
            }
        }
        let lines = differences(id, &judged(id, &common::stream(id)), &judged(id, &stream));
        // The outline of the back and the dowel are not bridged; what they show may not be judged then.
        let lines: Vec<String> = lines.into_iter().filter(|line| !line.contains("NotJudged")).collect();
        assert!(lines.is_empty(), "{}", lines.join("\n"));
    }
}

#[test]
fn a_hidden_near_knee_makes_no_fault_and_loses_no_repetition() {
    // Not of a dead bug: 1.5 s are most of a tap of 2.6 s, and one tap in six is lost with its knee.
    for id in ["SQ-ok2", "HH-ok", "HK-time12", "HS-stand-ok", "SP-elbow8"] {
        let before = judged(id, &stream(id));
        // Without both knees nobody is seen to be half-kneeling or on the side: there the start position is shown first.
        let placed_by_knees = ["HK-time12", "SP-elbow8"].contains(&id);
        // At rest, going out, at the far end, coming back.
        for start_s in [1.0, 2.5, 3.5, 4.5, 5.5].into_iter().filter(|&start_s| start_s > 2.0 || !placed_by_knees) {
            let hidden = Nuisance::Occluded { joint: Joint::Knee, side: Side::Right, start_s, secs: 1.5 };
            let after = spoilt(id, &[hidden]);
            let mut lines = blamed(&format!("{id} hidden from {start_s} s"), &before, &after);
            // What is not seen is not credited.
            lines.retain(|line| !line.contains(".hold_short"));
            assert!(lines.is_empty(), "{}", lines.join("\n"));
            assert_eq!(
                after.bouts().count(),
                before.bouts().count(),
                "{id} hidden from {start_s} s: {:?}",
                after.attempts
            );
        }
    }
}

#[test]
fn bursts_of_swapped_sides_change_nothing() {
    for (start_s, secs) in [(2.8, 0.1), (3.6, 0.4), (6.0, 0.8)] {
        unchanged(&[Nuisance::SidesSwapped { start_s, secs }]);
    }
}

#[test]
fn nothing_counts_while_walking() {
    let options = Options { walk_in: true, walk_out: true, uneven: None };
    for id in ["SQ-ok2", "SQ-ok2-front", "HH-ok", "HK-time12", "HS-stand-ok", "SP-elbow8", "DB-ok", "BD-ok"] {
        let clip = by_id(id).expect("a clip of this id");
        let frames = frames(&clip, &Body::average(), 30.0, &options);
        let report = judged(id, &seen(&frames, &clip.camera, Eye::OWN));
        let standing = clip.lead_s(&options)..clip.lead_s(&options) + clip.timeline.duration_s();
        let clean = judged(id, &stream(id));
        assert_eq!(report.bouts().count(), clean.bouts().count(), "{id}: {:?}", report.attempts);
        assert_eq!(report.attempts.len(), 0, "{id}: {:?}", report.attempts);
        let reps = report.reps.iter().map(|rep| (rep.start, rep.end));
        for (start, end) in reps.chain(report.holds.iter().map(|hold| (hold.start, hold.end))) {
            assert!(standing.contains(&start.secs()) && standing.contains(&end.secs()), "{id}: {start:?} {end:?}");
        }
        let lines = differences(id, &clean, &report);
        assert!(lines.is_empty(), "{}", lines.join("\n"));
    }
}

#[test]
fn other_exercises_count_nothing() {
    let mut lines = Vec::new();
    for clip in synth::all() {
        let squatty = clip.id.starts_with("HH-squatty");
        // A forward bend from standing is a hinge with straight knees: no figure of the rule book tells them apart, and
        // the one that rounds is told so.
        let bends = clip.id.starts_with("HS-70");
        let stream = seen(&frames(&clip, &Body::average(), 15.0, &Options::default()), &clip.camera, Eye::OWN);
        for name in exercises::ALL.iter().map(|exercise| exercise.name) {
            // RULES.md B: what shares hip and knee about evenly is a squat to one, and refused or a squatty hinge to
            // the other.
            let leads = name == "hip_hinge" && (clip.exercise == "squat" || bends);
            let either = clip.exercise == name || squatty || leads;
            let report = judge(exercise(name), Eye::OWN, &stream);
            if !either && report.bouts().count() > 0 {
                lines.push(format!("{} counts {} of {name}", clip.id, report.bouts().count()));
            }
            if clip.exercise == "squat" && name == "hip_hinge" {
                let praised = report.reps.iter().filter(|rep| {
                    rep.findings.iter().all(|f| f.rule.name != "hip_hinge.squatting" || f.outcome < Outcome::Warn)
                });
                lines.extend(praised.map(|rep| format!("{}: rep {} is a good hinge", clip.id, rep.n)));
            }
        }
    }
    assert!(lines.is_empty(), "{}", lines.join("\n"));
}

#[test]
fn live_and_recorded_filters_count_the_same() {
    for clip in clips() {
        let exercise = exercise(clip.exercise);
        let stream = seen(&frames(&clip, &Body::average(), 30.0, &Options::default()), &clip.camera, Eye::OWN);
        let live = judge_steps(exercise, Eye::OWN, Filter::Live, &stream, &mut |_| {});
        let recorded = judge(exercise, Eye::OWN, &stream);
        assert_eq!(live.bouts().count(), recorded.bouts().count(), "{}", clip.id);
    }
}

/// The model follows somebody who walks by, for a second before anything was done.
#[test]
fn a_bystander_makes_no_fault_and_no_repetition() {
    for id in ["SQ-ok2", "HH-ok", "HK-time12", "HS-stand-ok", "SP-elbow8", "DB-ok", "BD-ok"] {
        let camera = by_id(id).expect("a clip of this id").camera;
        let before = judged(id, &stream(id));
        for start_s in [0.0, 0.4] {
            let after = spoilt(id, &[Nuisance::Bystander { start_s, secs: 1.0, camera }]);
            let lines = blamed(&format!("{id}, somebody else from {start_s} s"), &before, &after);
            assert!(lines.is_empty(), "{}", lines.join("\n"));
            assert!(after.bouts().count() <= before.bouts().count(), "{id}: {:?}", after.bouts().count());
        }
    }
}

/// Whoever rests for half a minute goes on where they were.
#[test]
fn a_long_pause_between_repetitions_changes_nothing() {
    for id in ["SQ-ok2", "SQ-wink28", "HH-round40"] {
        let before = stream(id);
        // At rest between the first and the second repetition.
        let from = before.iter().position(|o| o.t.secs() >= 6.05).expect("a clip of more than 6 s");
        let mut stream = before[..from].to_vec();
        let still = before[from];
        stream.extend((0..600).map(|i| Observation { t: still.t + f64::from(i) / 30.0, ..still }));
        stream.extend(before[from..].iter().map(|o| Observation { t: o.t + 20.0, ..*o }));
        let lines = differences(id, &judged(id, &before), &judged(id, &stream));
        assert!(lines.is_empty(), "{}", lines.join("\n"));
    }
}

/// Broken and extreme input: every named measure stays a finite number or a reason.
#[test]
fn no_measure_is_ever_nan() {
    let mut random = synth::Random::new(9);
    let mut stream = stream("SQ-ok2");
    for (i, id) in ["HH-ok", "HK-time12", "HS-stand-ok", "SP-elbow8", "DB-ok", "BD-short"].into_iter().enumerate() {
        let after = 60.0 * (i + 1) as f64;
        stream.extend(common::stream(id).into_iter().map(|o| Observation { t: o.t + after, ..o }));
    }
    for observation in &mut stream {
        let Some(person) = &mut observation.person else { continue };
        for point in person.points.0.iter_mut().flatten() {
            // Now and then a point at nowhere, at infinity, or on top of another one.
            match (random.unit() * 60.0) as u32 {
                0 => point.at.x = f64::NAN,
                1 => point.at.y = f64::INFINITY,
                2 => point.at = formcheck::geometry::ImagePoint::origin(),
                3 => point.score = f64::NAN,
                _ => {}
            }
        }
        if let (Some(back), true) = (&mut person.back, random.unit() < 0.1) {
            back.offsets[3] = Some(f64::NAN);
            back.t8 = if random.unit() < 0.5 { back.sacrum } else { back.t8 };
        }
        if let (Some(dowel), true) = (&mut person.dowel, random.unit() < 0.1) {
            dowel.top = if random.unit() < 0.5 { dowel.bottom } else { [f64::NAN, 1.0].into() };
        }
    }
    for name in exercises::ALL.iter().map(|exercise| exercise.name) {
        for filter in [Filter::Live, Filter::Recorded] {
            let report = judge_steps(exercise(name), Eye::OWN, filter, &stream, &mut |step| {
                for (measure, reading) in step.sample.named() {
                    assert!(reading.is_ok_and(f64::is_finite) || reading.is_err(), "{name}: {measure} {reading:?}");
                }
                assert!(step.progress.is_none_or(f64::is_finite));
            });
            for finding in report.bouts().flat_map(|(_, findings)| findings) {
                assert!(finding.measured.is_none_or(f64::is_finite) && finding.severity.is_finite(), "{finding:?}");
            }
        }
    }
}
