//! How far a model's poses are from the truth of a rendered clip.

use super::SynthError;
use super::back::{self, BackAgreement};
use super::dowel::{self, DowelAgreement};
use super::truth::{self, TruthLine};
use crate::pose::recording::RecordingReader;
use crate::pose::{Landmark, Person};
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

/// Times of the same picture differ by less than this, µs (a video counts in ticks, a truth in microseconds).
const SAME_US: i64 = 2_000;

/// What came out.
#[derive(Clone, Debug, PartialEq)]
pub struct Agreement {
    /// Pictures that both files have.
    pub frames: usize,
    /// Share of them in which the model saw a person, 0..=1.
    pub with_person: f64,
    /// Points compared: those the model placed and that lie in the picture.
    pub points: usize,
    /// Distance over body size, 0..; the body's size is the longer side of the box around its true landmarks.
    pub median: f64,
    /// Nine of ten are nearer.
    pub p90: f64,
    /// Median over the points that are not hidden.
    pub median_visible: f64,
    /// The line of the back; `None` where no picture of the truth shows one.
    pub back: Option<BackAgreement>,
    /// The dowel; `None` where there is none and none was found.
    pub dowel: Option<DowelAgreement>,
}

/// Compares a pose recording with a `truth.jsonl`. Points are compared whatever their score.
pub fn compare(poses: &Path, truth: &Path) -> Result<Agreement, SynthError> {
    let (header, lines) = truth::read(truth)?;
    let file = File::open(poses).map_err(|error| SynthError::Read { path: poses.into(), error })?;
    let broken = |error| SynthError::Recording { path: poses.into(), error };
    let mut reader = RecordingReader::new(BufReader::new(file)).map_err(broken)?;
    let model = reader.header().model.clone();
    let mut found = Found::default();
    let mut pairs = Vec::new();
    while let Some(observation) = reader.read().map_err(broken)? {
        let t = observation.t.micros();
        let next = lines.partition_point(|line| line.t_us < t.saturating_sub(SAME_US));
        let Some(line) = lines.get(next).filter(|line| line.t_us - t <= SAME_US) else { continue };
        found.frames += 1;
        pairs.push((observation, line));
        if let Some(person) = &observation.person {
            found.persons += 1;
            found.add(person, line, &header.landmarks);
        }
    }
    if found.frames == 0 {
        return Err(SynthError::NothingShared { poses: poses.into(), truth: truth.into() });
    }
    let seen_from_the_side = pairs.iter().any(|(_, line)| line.back.is_some());
    let back = seen_from_the_side.then(|| back::agreement(&header, &model, &pairs));
    let dowel = Some(dowel::agreement(&header, &model, &pairs)).filter(|d| d.there + d.alarms > 0);
    Ok(Agreement { back, dowel, ..found.agreement() })
}

#[derive(Default)]
struct Found {
    frames: usize,
    persons: usize,
    all: Vec<f64>,
    visible: Vec<f64>,
}

impl Found {
    fn add(&mut self, person: &Person, line: &TruthLine, landmarks: &[Landmark]) {
        let size = body_size(&line.points);
        for (&landmark, &[x, y, visibility]) in landmarks.iter().zip(&line.points) {
            let Some(point) = person.points[landmark].filter(|_| visibility > 0.5 && size > 0.0) else { continue };
            let off = (point.at.x - x).hypot(point.at.y - y) / size;
            self.all.push(off);
            if visibility > 1.5 {
                self.visible.push(off);
            }
        }
    }

    fn agreement(mut self) -> Agreement {
        Agreement {
            frames: self.frames,
            with_person: self.persons as f64 / self.frames.max(1) as f64,
            points: self.all.len(),
            median: quantile(&mut self.all, 0.5),
            p90: quantile(&mut self.all, 0.9),
            median_visible: quantile(&mut self.visible, 0.5),
            back: None,
            dowel: None,
        }
    }
}

/// Longer side of the box around all points, px.
fn body_size(points: &[[f64; 3]]) -> f64 {
    let span = |axis: usize| {
        let (low, high) = points
            .iter()
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), p| (low.min(p[axis]), high.max(p[axis])));
        high - low
    };
    span(0).max(span(1))
}

/// NaN without values.
pub(super) fn quantile(values: &mut [f64], share: f64) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let last = values.len().saturating_sub(1);
    values.get((last as f64 * share).round() as usize).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::ImagePoint;
    use crate::pose::Keypoint;

    /// By hand: a body 200 px tall; knee 2 px off and visible, ankle 6 px off and hidden, wrist outside the picture.
    #[test]
    fn distances_are_shares_of_the_body() {
        let landmarks = [Landmark::Nose, Landmark::LeftKnee, Landmark::LeftAnkle, Landmark::LeftWrist];
        let line = TruthLine {
            t_us: 0,
            phase: "rest".into(),
            rep: None,
            hold_s: None,
            points: vec![[50.0, 0.0, 2.0], [50.0, 150.0, 2.0], [50.0, 200.0, 1.0], [0.0, 100.0, 0.0]],
            angles: vec![],
            back: None,
            dowel: None,
        };
        let mut person = Person::default();
        let mut put = |l, x, y| person.points[l] = Some(Keypoint { at: ImagePoint::new(x, y), score: 0.9 });
        put(Landmark::LeftKnee, 52.0, 150.0);
        put(Landmark::LeftAnkle, 50.0, 206.0);
        put(Landmark::LeftWrist, 0.0, 0.0);
        let mut found = Found { frames: 4, persons: 1, ..Found::default() };
        found.add(&person, &line, &landmarks);
        let agreement = found.agreement();
        assert_eq!(agreement.points, 2);
        assert!((agreement.median_visible - 0.01).abs() < 1e-12 && (agreement.p90 - 0.03).abs() < 1e-12);
        assert!((agreement.with_person - 0.25).abs() < 1e-12);
    }
}
