//! Planted faults: a random body, tempo and frame rate, and exactly one fault in exactly one repetition. The checker
//! finds it there and nowhere else.

mod common;

use common::*;
use formcheck::form::Outcome;
use formcheck::pose::Observation;
use formcheck::synth::motion::{Arms, DowelHold, Late, Shape, Stand, Upright};
use formcheck::synth::observe::Eye;
use formcheck::synth::timeline::Timeline;
use formcheck::synth::{Body, Camera, Clip, Options, Phase, Random, TruthFrame, by_id, camera};
use formcheck::units::Timestamp;

/// Every kind of fault is planted so often.
const SETS: u64 = 10;
const FIRST_SEED: u64 = 7000;
const REPS: usize = 3;

/// How one repetition goes wrong.
enum Fault {
    /// In another shape …
    Shape(fn(&mut Upright, &mut Random)),
    /// … only from the bottom on …
    WayUp(fn(&mut Upright, &mut Random)),
    /// … or at another pace: seconds down.
    Rushed,
}

struct Plant {
    /// A clean clip of the exercise from the right place; its rest stays, its depth is varied.
    clean: &'static str,
    rule: &'static str,
    fault: Fault,
}

const fn shape(clean: &'static str, rule: &'static str, spoil: fn(&mut Upright, &mut Random)) -> Plant {
    Plant { clean, rule, fault: Fault::Shape(spoil) }
}

const PLANTS: &[Plant] = &[
    shape("SQ-ok2", "squat.butt_wink", |s, r| {
        let amount = between(r, 26.0, 29.0);
        s.peak.lumbar = 8.0;
        s.late = Late { from_knee: 75.0, lumbar: amount, tilt: -amount };
    }),
    shape("SQ-ok2", "squat.chest_drops", |s, r| s.peak.tilt = between(r, 68.0, 72.0) - 0.59 * s.peak.lumbar),
    shape("SQ-ok2", "squat.heels_rise", |s, r| s.heel = between(r, 19.0, 24.0)),
    shape("SQ-ok2-front", "squat.knees_in", |s, r| {
        let inward = between(r, 0.085, 0.095);
        s.knees_in = [inward; 2];
    }),
    Plant {
        clean: "SQ-ok2-front",
        rule: "squat.knees_in",
        fault: Fault::WayUp(|s, r| s.knees_in = [between(r, 0.085, 0.095); 2]),
    },
    Plant { clean: "SQ-ok2", rule: "squat.heels_rise", fault: Fault::WayUp(|s, r| s.heel = between(r, 19.0, 24.0)) },
    shape("SQ-ok2-front", "squat.one_knee_in", |s, r| s.knees_in = [-0.02, between(r, 0.095, 0.11)]),
    Plant { clean: "SQ-ok2", rule: "squat.rushed", fault: Fault::Rushed },
    shape("HH-ok", "hip_hinge.contact_lost", |s, r| {
        s.arms = Arms::Dowel(DowelHold { head_off: between(r, 0.052, 0.06), sacrum_off: 0.0 });
    }),
    shape("HH-ok-free", "hip_hinge.rounded", |s, r| {
        let amount = between(r, 33.0, 38.0);
        (s.peak.lumbar, s.peak.tilt) = (amount, 62.0 - 0.59 * amount);
    }),
    shape("HH-ok-free", "hip_hinge.squatting", |s, _| {
        s.peak = Stand { shank: 24.0, thigh_back: 51.0, tilt: 33.0, lumbar: 7.0 };
    }),
];

/// What follows from a fault and may be said with it: the same movement broken another rule as well.
fn goes_with(planted: &str, said: &str) -> bool {
    let follows: &[&str] = match planted {
        "squat.butt_wink" => &["squat.rounded"],
        "squat.knees_in" => &["squat.one_knee_in"],
        "squat.one_knee_in" => &["squat.knees_in"],
        "hip_hinge.squatting" => &["hip_hinge.knees_travel", "hip_hinge.knees_bend"],
        "hip_hinge.contact_lost" => &["hip_hinge.gap_changes", "hip_hinge.head_drops"],
        "hip_hinge.rounded" => &["hip_hinge.head_drops"],
        _ => &[],
    };
    planted == said || follows.contains(&said)
}

fn between(random: &mut Random, low: f64, high: f64) -> f64 {
    low + (high - low) * random.unit()
}

fn one_of<T: Clone>(random: &mut Random, choices: &[T]) -> T {
    choices[(random.unit() * choices.len() as f64) as usize].clone()
}

/// A set of three repetitions at their own pace, the planted one rushed if asked; and when each begins, turns and ends.
fn timeline(random: &mut Random, rushed: Option<usize>) -> (Timeline, Vec<[f64; 3]>) {
    let at = |depth: f64| [depth, 0.0, 0.0, 0.0];
    let (down, bottom, up) = (between(random, 1.6, 2.6), between(random, 0.3, 0.8), between(random, 1.1, 1.8));
    let mut timeline = Timeline::quiet(at(0.0), between(random, 1.0, 2.5));
    let mut spans = Vec::new();
    for n in 0..REPS {
        let start = timeline.duration_s();
        let down = if rushed == Some(n) { 0.45 } else { down };
        timeline = timeline.go(down, at(1.0), Phase::Out).stay(bottom, Phase::Hold).go(up, at(0.0), Phase::Back).rep(
            start,
            start + down + bottom / 2.0,
            None,
            true,
        );
        spans.push([start, start + down + bottom / 2.0, timeline.duration_s()]);
        timeline = timeline.stay(between(random, 0.6, 1.2), Phase::Rest);
    }
    (timeline, spans)
}

fn upright(clip: &Clip) -> Upright {
    match &clip.shape {
        Shape::Upright(upright) => *upright,
        other => panic!("{} stands on both feet, not {other:?}", clip.id),
    }
}

/// Plays `clip`, and `spoilt` instead of it from `span.0` to `span.1`; both rest alike.
fn play(clip: &Clip, spoilt: &Clip, span: (f64, f64), body: &Body, fps: f64) -> Vec<TruthFrame> {
    let count = (clip.duration_s(&Options::default()) * fps) as u32;
    let at = |i: u32| {
        let secs = f64::from(i) / fps;
        let of = if (span.0..span.1).contains(&secs) { spoilt } else { clip };
        of.frame_at(body, &of.camera, Timestamp::from_secs(secs), secs)
    };
    (0..=count).map(at).collect()
}

/// One random set with one fault in it: what was seen, the repetition that has it (from 1), and words for a message.
fn plant(plant: &Plant, seed: u64) -> (Vec<Observation>, u32, String) {
    let mut random = Random::new(seed);
    let random = &mut random;
    let body = one_of(random, &Body::all());
    let fps = one_of(random, &[20.0, 24.0, 25.0, 30.0, 50.0, 60.0]);
    let planted = (random.unit() * REPS as f64) as usize;
    let rushed = matches!(plant.fault, Fault::Rushed).then_some(planted);
    let (timeline, spans) = timeline(random, rushed);

    let base = by_id(plant.clean).expect("a clip of this id");
    let mut clean = upright(&base);
    // Everybody goes down a little differently, the same way every time.
    let depth = between(random, 0.92, 1.0);
    clean.peak.shank *= depth;
    clean.peak.thigh_back *= depth;
    // As large in the picture as the average body.
    let average = Camera::standing(camera::Stand::Right);
    let distance_m = average.distance_m * average.stature_px(&body) / average.stature_px(&Body::average());
    let camera = Camera { distance_m, ..base.camera };
    let clip = Clip { shape: Shape::Upright(clean), timeline, camera, ..base };
    let mut wrong = clean;
    if let Fault::Shape(spoil) | Fault::WayUp(spoil) = plant.fault {
        spoil(&mut wrong, random);
    }
    let [start, turn, end] = spans[planted];
    let from = if matches!(plant.fault, Fault::WayUp(_)) { turn } else { start };
    let spoilt = Clip { shape: Shape::Upright(wrong), ..clip.clone() };
    let frames = play(&clip, &spoilt, (from, end), &body, fps);
    let words = format!("{} in rep {}, seed {seed}, body {}, {fps} fps", plant.rule, planted + 1, body.name);
    (seen(&frames, &clip.camera, Eye::OWN), planted as u32 + 1, words)
}

#[test]
fn one_fault_is_found_where_it_is_and_nowhere_else() {
    let mut wrong = Vec::new();
    let mut seed = FIRST_SEED;
    for kind in PLANTS {
        for _ in 0..SETS {
            let (stream, n, words) = plant(kind, seed);
            seed += 1;
            let exercise = exercise(kind.rule.split('.').next().unwrap_or_default());
            let report = judge(exercise, Eye::OWN, &stream);
            if report.reps.len() != REPS {
                wrong.push(format!("{words}: {} reps, {} attempts", report.reps.len(), report.attempts.len()));
            }
            let all = report.reps.iter().flat_map(|rep| rep.findings.iter().map(move |f| (rep.n, f)));
            let mut found = false;
            for (rep, finding) in all {
                let here = rep == n && goes_with(kind.rule, finding.rule.name);
                found |= rep == n && finding.rule.name == kind.rule && finding.outcome == Outcome::Fault;
                if finding.outcome >= Outcome::Warn && !here {
                    wrong.push(format!("{words}: {}", told(rep, finding)));
                }
            }
            if !found {
                let told: Vec<String> = report
                    .reps
                    .iter()
                    .flat_map(|rep| rep.findings.iter().filter(|f| f.rule.name == kind.rule).map(|f| told(rep.n, f)))
                    .collect();
                wrong.push(format!("{words}: not found; {}", told.join("; ")));
            }
        }
    }
    println!("seeds {FIRST_SEED}..{seed}");
    assert!(wrong.is_empty(), "seeds {FIRST_SEED}..{seed}: {} differences\n{}", wrong.len(), wrong.join("\n"));
}
