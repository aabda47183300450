//! A made-up set for the tests of reports and sinks: a stick figure squatting twice, side-on, facing right; the second
//! repetition earns a warning and a fault, the low back is never seen.

use super::Report;
use crate::form::{
    Arc, Attempt, Basis, CameraPlace, Check, Contribution, Counting, Cue, Dose, Exercise, Finding, Gate, Limits, News,
    Notice, Outcome, Phase, Rep, RepSpec, Rule, Scope, SessionReport, Signal, Step, Unit, Weight, Works,
};
use crate::geometry::{ImagePoint, flexion_deg, inclination_deg};
use crate::kinematics::{Kinematics, Knows, Limbs, Posture, Reading, Sample, Unseen, View};
use crate::pose::recording::{ModelInfo, SourceInfo};
use crate::pose::{Landmark, Landmarks};
use crate::track::Pose;
use crate::units::{Side, Timestamp};

pub static EXERCISE: Exercise = Exercise {
    name: "specimen",
    title: "Squat",
    source: "made up",
    instructions: &["Bend the knees.", "Stand up."],
    posture: Posture::Standing,
    camera: &[CameraPlace { view: View::Side, shows: "back, trunk, heels", lens_height_m: 0.9, distance_m: 2.5 }],
    in_position: |_| Ok(()),
    settle_secs: 1.0,
    counting: Counting::Reps(RepSpec {
        signals: &[Signal {
            views: &[View::Side],
            variants: &[],
            works: Works::Together,
            what: "knee flexion",
            measure: |s| near(s).knee,
            rest: 5.0,
            target: 80.0,
        }],
        is_this: |_| Ok(()),
    }),
    variants: &[],
    rules: &[
        rule("specimen.butt_wink", Weight::Spine, "Stop before the tuck", "The low back rounded by about {measured}."),
        rule("specimen.chest_drops", Weight::Strategy, "Show your shirt logo", "The chest leaned {measured}."),
        rule("specimen.heels_up", Weight::Base, "Heels heavy", "The heels came up by {measured}."),
    ],
    arcs: &[Arc::Knee, Arc::Trunk],
    dose: Dose { reps: Some(10), sets: 2, ..Dose::OPEN },
};

const CHECKS: &[Check] = &[Check {
    what: "an angle at the bottom",
    measure: |_| Err(Unseen::NotReached),
    unit: Unit::Deg,
    limits: Limits::above(45.0, 53.0, 62.0),
    limits_by_landmarks: None,
    margin: 9.0,
    below_own_best: None,
}];

const fn rule(name: &'static str, weight: Weight, cue: &'static str, text: &'static str) -> Rule {
    Rule {
        name,
        id: "XX1",
        asks: "what the source asks",
        basis: Basis::Article,
        measures: "an angle",
        limits_because: "made up",
        views: &[View::Side],
        scope: Scope::Bout,
        checks: CHECKS,
        fallback: &[],
        weight,
        cue,
        text,
        sources: &[],
    }
}

fn near(sample: &Sample) -> &Limbs {
    if sample.near == Side::Left { &sample.left } else { &sample.right }
}

pub fn report() -> Report {
    let source = SourceInfo {
        path: "clips/morning <set> & \"more\".mp4".into(),
        sha256: "0f".repeat(32),
        width: 608,
        height: 1080,
        rotation_deg: 90,
        decoder: "built-in H.264".into(),
    };
    let model = ModelInfo {
        name: "blazepose_full".into(),
        sha256: "ab".repeat(32),
        runtime: "onnxruntime 1.31.1".into(),
        landmarks: vec![Landmark::Nose],
        least_score: 0.5,
        ..ModelInfo::default()
    };
    Report::new(&set(), &source, &model)
}

/// A clip in which nothing happened.
pub fn empty_set() -> SessionReport {
    SessionReport {
        exercise: &EXERCISE,
        variant: None,
        view: View::Unknown,
        pain: false,
        reps: vec![],
        holds: vec![],
        attempts: vec![],
        findings: vec![],
        notices: vec![],
        coverage: 0.0,
        score: None,
        frames: 0,
        last: Timestamp::ZERO,
    }
}

pub fn set() -> SessionReport {
    let t = Timestamp::from_secs;
    let reps = vec![rep(1, 2.0333, [57.123, 3.0]), rep(2, 6.2, [48.0, 17.04])];
    SessionReport {
        view: View::Side,
        reps,
        attempts: vec![Attempt { start: t(9.5), turn: t(10.2), end: t(11.0), progress: 0.524, why: "not deep enough" }],
        notices: vec![Notice {
            code: "out_of_view",
            text: "ankles out of the picture in 40 % of frames: step back from the camera".into(),
            share: 0.4,
        }],
        coverage: 0.711,
        score: Some(78.4),
        frames: 360,
        last: t(11.966),
        ..empty_set()
    }
}

fn rep(n: u32, start: f64, [lean, heels]: [f64; 2]) -> Rep {
    let t = Timestamp::from_secs;
    let lean_outcome = if lean > 53.0 { Outcome::Warn } else { Outcome::Good };
    let heels_outcome = if heels > 16.0 { Outcome::Fault } else { Outcome::Good };
    let blank = Finding {
        rule: &EXERCISE.rules[0],
        outcome: Outcome::NotJudged,
        measured: None,
        what: None,
        limit: None,
        margin: None,
        unit: Unit::Deg,
        at: None,
        reason: Some(Unseen::NoSpine),
        severity: 0.0,
    };
    let judged = |rule: usize, outcome: Outcome, measured: f64, limit: f64, margin: f64| Finding {
        rule: &EXERCISE.rules[rule],
        outcome,
        measured: Some(measured),
        what: EXERCISE.rules[rule].checks.first().map(|check| check.what),
        limit: Some(limit),
        margin: Some(margin),
        at: Some(t(start + 2.0)),
        reason: None,
        ..blank.clone()
    };
    Rep {
        n,
        side: None,
        start: t(start),
        turn: t(start + 2.0666),
        end: t(start + 3.8),
        peak: 96.349,
        peak_of: "knee flexion",
        view: View::Side,
        findings: vec![
            blank.clone(),
            judged(1, lean_outcome, lean, 53.0, 9.0),
            judged(2, heels_outcome, heels, 16.0, 7.0),
        ],
        score: Some(if heels > 16.0 { 69.0 } else { 87.8 }),
        coverage: 0.71,
        contributions: vec![Contribution { rule: "specimen.chest_drops", about: "trunk and hips", points: 12.24 }],
    }
}

/// The steps of [`set`] at 30 pictures a second, in a picture of this size.
pub fn steps(width: u32, height: u32) -> Vec<Step> {
    (0..360).map(|frame| step(frame, width, height)).collect()
}

/// One of [`steps`].
pub fn step(frame: u32, width: u32, height: u32) -> Step {
    let secs = f64::from(frame) / 30.0;
    let dip = |start: f64, size: f64| {
        let phase = ((secs - start) / 3.8).clamp(0.0, 1.0);
        size * (1.0 - (std::f64::consts::TAU * phase).cos()) / 2.0
    };
    let depth = dip(2.0333, 1.05).max(dip(6.2, 1.05)).max(dip(9.5, 0.5));
    let pose = figure(depth, width, height, secs);
    let sample = sample(&pose);
    let t = pose.t;
    let reps = u32::from(secs >= 5.84) + u32::from(secs >= 10.0);
    let cue = (8.2..11.2).contains(&secs).then(|| Cue {
        rule: &EXERCISE.rules[2],
        outcome: Outcome::Fault,
        since: Timestamp::from_secs(8.2),
    });
    Step {
        progress: near(&sample).knee.ok().map(|k| ((k - 5.0) / 75.0).max(0.0)),
        pose,
        sample,
        gate: if secs < 1.0 { Gate::Settling(secs) } else { Gate::Open },
        phase: if depth > 0.75 { Phase::Deep } else { Phase::Rest },
        reps,
        attempts: u32::from(secs >= 11.0),
        not_counted: (secs >= 11.0).then_some("not deep enough"),
        counted: t == Timestamp::from_secs(176.0 / 30.0) || t == Timestamp::from_secs(10.0),
        hold: None,
        next_side: None,
        cue,
        news: News { fault: frame == 246, good: frame == 176, ..News::default() },
    }
}

/// A body of seven and a half heads, `depth` 0 standing .. 1 squatting to parallel.
fn figure(depth: f64, width: u32, height: u32, secs: f64) -> Pose {
    let (w, h) = (f64::from(width), f64::from(height));
    let unit = (h * 0.82).min(w * 1.6);
    let up = |from: ImagePoint, length: f64, lean_deg: f64| {
        let (sin, cos) = lean_deg.to_radians().sin_cos();
        ImagePoint::new(from.x + unit * length * sin, from.y - unit * length * cos)
    };
    let side = |shift: f64| {
        let ankle = ImagePoint::new(w * 0.5 + shift * unit, h * 0.93 - shift * unit * 0.3);
        let knee = up(ankle, 0.25, 2.0 + 22.0 * depth);
        let hip = up(knee, 0.25, -1.0 - 74.0 * depth);
        let shoulder = up(hip, 0.3, 3.0 + 42.0 * depth);
        let elbow = up(shoulder, 0.17, 175.0 - 85.0 * depth);
        let wrist = up(elbow, 0.15, 170.0 - 85.0 * depth);
        [shoulder, elbow, wrist, hip, knee, ankle, up(ankle, 0.05, 240.0), up(ankle, 0.12, 107.0)]
    };
    use Landmark::*;
    let mut points = Landmarks::default();
    let near = [LeftShoulder, LeftElbow, LeftWrist, LeftHip, LeftKnee, LeftAnkle, LeftHeel, LeftBigToe];
    for (landmark, point) in near.into_iter().zip(side(0.0)) {
        points[landmark] = Some(point);
    }
    for (landmark, point) in near.into_iter().zip(side(0.035)) {
        points[landmark.mirrored()] = Some(point);
    }
    points[LeftEar] = points[LeftShoulder].map(|s| up(s, 0.13, 6.0 + 20.0 * depth));
    points[Nose] = points[LeftEar].map(|e| up(e, 0.07, 95.0));
    // The far wrist is hidden by the trunk, the near one bridged over a gap.
    points[RightWrist] = None;
    let mut bridged = Landmarks::default();
    bridged[LeftWrist] = true;
    Pose { t: Timestamp::from_secs(secs), points, bridged, back: None, dowel: None, axes: None, present: true }
}

fn sample(pose: &Pose) -> Sample {
    let at = |l: Landmark| pose.points[l].ok_or(Unseen::Hidden(l));
    let flexion = |a, b, c| -> Reading { flexion_deg(at(a)?, at(b)?, at(c)?).ok_or(Unseen::NotReached) };
    let lean = |a, b| -> Reading { inclination_deg(at(a)?, at(b)?, 1.0).ok_or(Unseen::NotReached) };
    use Landmark::*;
    let nobody = Pose { points: Landmarks::default(), bridged: Landmarks::default(), present: false, ..*pose };
    let unseen = Kinematics::new(Knows::everything(), Posture::Standing).observe(&nobody, None);
    let left = Limbs {
        knee: flexion(LeftHip, LeftKnee, LeftAnkle),
        hip: flexion(LeftShoulder, LeftHip, LeftKnee),
        shank: lean(LeftAnkle, LeftKnee),
        ..unseen.left
    };
    Sample { view: View::Side, facing: 1.0, near: Side::Left, left, trunk: lean(LeftHip, LeftShoulder), ..unseen }
}
