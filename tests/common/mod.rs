//! What the tests of the core share: the synthetic athlete played through an eye into a session.
#![allow(dead_code)]

use formcheck::exercises;
use formcheck::form::{Exercise, Finding, Limits, Outcome, Rule, Session, SessionOptions, SessionReport, Step, Unit};
use formcheck::pose::{Landmark, Observation};
use formcheck::synth::observe::{Eye, Noise, Quality};
use formcheck::synth::{self, Body, Camera, Clip, TruthFrame};
use formcheck::track::Filter;
use std::collections::BTreeMap;

/// Every landmark, but no outline of the back and no dowel.
pub const LANDMARKS_ONLY: Eye = Eye { landmarks: Landmark::ALL, contour: false };

/// Every clip of an exercise that exists.
pub fn clips() -> impl Iterator<Item = Clip> {
    synth::all().into_iter().filter(|clip| exercises::by_name(clip.exercise).is_some())
}

pub fn exercise(name: &str) -> &'static Exercise {
    exercises::by_name(name).expect("an exercise that exists")
}

pub fn frames(clip: &Clip, body: &Body, fps: f64, options: &synth::Options) -> Vec<TruthFrame> {
    clip.frames(body, &clip.camera, fps, options).collect()
}

/// What a recording keeps of what this eye sees, without error.
pub fn seen(frames: &[TruthFrame], camera: &Camera, eye: Eye) -> Vec<Observation> {
    frames.iter().map(|frame| eye.sees(frame, camera).quantized()).collect()
}

/// The same with a model's errors.
pub fn seen_with(frames: &[TruthFrame], camera: &Camera, eye: Eye, quality: Quality, seed: u64) -> Vec<Observation> {
    let mut noise = Noise::new(quality, seed);
    let disturbed = |frame| {
        let mut observation = eye.sees(frame, camera);
        noise.disturb(frame, camera, &mut observation);
        observation.quantized()
    };
    frames.iter().map(disturbed).collect()
}

/// The clip of this id, seen exactly by formcheck's own model at 30 pictures a second by the average body.
pub fn stream(id: &str) -> Vec<Observation> {
    let clip = synth::by_id(id).expect("a clip of this id");
    seen(&frames(&clip, &Body::average(), 30.0, &synth::Options::default()), &clip.camera, Eye::OWN)
}

pub fn judge(exercise: &'static Exercise, eye: Eye, stream: &[Observation]) -> SessionReport {
    judge_steps(exercise, eye, Filter::Recorded, stream, &mut |_| {})
}

pub fn judge_steps(
    exercise: &'static Exercise,
    eye: Eye,
    filter: Filter,
    stream: &[Observation],
    show: &mut dyn FnMut(&Step),
) -> SessionReport {
    let options = SessionOptions { landmarks: eye.landmarks.to_vec(), ..SessionOptions::new(filter) };
    let mut session = Session::new(exercise, &options);
    for observation in stream {
        session.push(observation, show);
    }
    session.finish(show)
}

/// Outcome by repetition and rule.
pub fn outcomes(report: &SessionReport) -> BTreeMap<(u32, &'static str), Outcome> {
    report.bouts().flat_map(|(n, findings)| findings.iter().map(move |f| ((n, f.rule.name), f.outcome))).collect()
}

/// Every limit of a rule.
pub fn limits(rule: &Rule) -> impl Iterator<Item = (Unit, Limits)> {
    let checks = rule.checks.iter().chain(rule.fallback);
    checks.flat_map(|c| [Some(c.limits), c.limits_by_landmarks].into_iter().flatten().map(|l| (c.unit, l)))
}

/// True where the measured value lies so near a limit that a picture more or less decides: 1.5 degrees, 0.015, 0.07 s,
/// half a percent (2 mm of a trunk or a shank).
pub fn near_a_limit(finding: &Finding) -> bool {
    let Some(measured) = finding.measured else { return false };
    let near = |unit: Unit, limit: f64| {
        let width = match unit {
            Unit::Deg => 1.5,
            Unit::Ratio => 0.015,
            Unit::Secs => 0.07,
            Unit::Percent => 0.5,
            Unit::Count => 0.0,
        };
        (measured - limit).abs() <= width
    };
    let of_unit = limits(finding.rule).filter(|(unit, _)| *unit == finding.unit);
    let bands = of_unit.flat_map(|(unit, l)| l.low.into_iter().chain(l.high).map(move |band| (unit, band)));
    bands.into_iter().any(|(unit, b)| near(unit, b.warn) || b.fault.is_some_and(|fault| near(unit, fault)))
}

/// One line about a finding for messages.
pub fn told(n: u32, finding: &Finding) -> String {
    format!(
        "rep {n}: {} is {:?} ({:.2?} against {:.2?}, {:?})",
        finding.rule.name, finding.outcome, finding.measured, finding.limit, finding.reason
    )
}
