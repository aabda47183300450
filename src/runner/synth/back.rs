//! How well the line of the back was seen in a rendered clip: its place, and the lumbar flexion read from it.

use super::truth::{BackLine, TruthHeader, TruthLine};
use crate::geometry::ImagePoint;
use crate::kinematics::{Baseline, Kinematics, Knows, Lengths, Posture, Sample, Unseen};
use crate::pose::recording::ModelInfo;
use crate::pose::{BackContour, Landmark, Landmarks, Observation};
use crate::track::{Filter, Gate, Tracker};
use nalgebra::Vector2;

/// The baseline is taken from so long before the first movement, s.
const QUIET_SECS: f64 = 1.0;
/// The far end of a clip: where the true flexion is at least this share of its largest.
const FAR_END: f64 = 0.97;
/// A body's height that makes px into mm.
const STATURE_MM: f64 = 1700.0;

/// What came out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BackAgreement {
    /// Share of the pictures with a person and a true back line in which a back was found, 0..=1.
    pub found: f64,
    /// Distance of the found line from the bare back, outwards positive, median: px and mm (of a body of 1.70 m). Clothes
    /// lie on the back, so a true line is not at zero.
    pub outside_px: f64,
    pub outside_mm: f64,
    /// How much that distance varies over stations and pictures: half the range of the middle two thirds, mm.
    pub spread_mm: f64,
    /// Lumbar flexion as the change read from the line, against the truth's.
    pub flexion: Option<Flexion>,
    /// Why there is none.
    pub unseen: Option<Unseen>,
}

/// Degrees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Flexion {
    /// Pictures in which it could be read.
    pub pictures: usize,
    pub mean_error: f64,
    pub bias: f64,
    /// Seen per true; NaN where the truth hardly changes.
    pub slope: f64,
    /// At the far end: true, and the median seen.
    pub far_end: (f64, f64),
}

/// Gathers pairs of a picture's observation and its truth.
pub(super) fn agreement(header: &TruthHeader, model: &ModelInfo, pairs: &[(Observation, &TruthLine)]) -> BackAgreement {
    let mm_per_px = pairs.first().map_or(f64::NAN, |(_, line)| STATURE_MM / person_px(header, line));
    let (mut of, mut found) = (0, 0);
    let mut outside = Vec::new();
    for (observation, line) in pairs {
        let Some((person, truth)) = observation.person.as_ref().zip(line.back.as_ref()) else { continue };
        of += 1;
        if let Some(back) = &person.back {
            found += 1;
            outside.extend(belly(header, line).map(|belly| distances(back, truth, belly)).into_iter().flatten());
        }
    }
    outside.sort_unstable_by(f64::total_cmp);
    let at = |share: f64| {
        let last = outside.len().saturating_sub(1);
        outside.get((last as f64 * share).round() as usize).copied().unwrap_or(f64::NAN)
    };
    let (flexion, unseen) = match flexion(header, model, pairs) {
        Ok(flexion) => (Some(flexion), None),
        Err(unseen) => (None, Some(unseen)),
    };
    BackAgreement {
        found: f64::from(found) / f64::from(of.max(1)),
        outside_px: at(0.5),
        outside_mm: at(0.5) * mm_per_px,
        spread_mm: (at(5.0 / 6.0) - at(1.0 / 6.0)) / 2.0 * mm_per_px,
        flexion,
        unseen,
    }
}

fn belly(header: &TruthHeader, line: &TruthLine) -> Option<ImagePoint> {
    let at = header.landmarks.iter().position(|&l| l == Landmark::Navel)?;
    line.points.get(at).map(|p| ImagePoint::new(p[0], p[1]))
}

fn person_px(header: &TruthHeader, line: &TruthLine) -> f64 {
    let mut points: Landmarks<Option<ImagePoint>> = Landmarks::default();
    for (&landmark, point) in header.landmarks.iter().zip(&line.points) {
        points[landmark] = Some(ImagePoint::new(point[0], point[1]));
    }
    Lengths::seen(&points).person_px()
}

/// How far the found stations lie outside the true line, px; stations beyond its ends are left out. `belly`: a point in
/// front of the back.
fn distances(found: &BackContour, truth: &BackLine, belly: ImagePoint) -> Vec<f64> {
    let point = |[x, y]: [f64; 2]| ImagePoint::new(x, y);
    let (sacrum, t8) = (point(truth.sacrum), point(truth.t8));
    let (Some(along), Some(own)) = ((t8 - sacrum).try_normalize(1e-9), (found.t8 - found.sacrum).try_normalize(1e-9))
    else {
        return Vec::new();
    };
    // Both chords run up the trunk, so outwards lies to the same hand of both.
    let hand = -along.perp(&(belly - sacrum)).signum();
    let across = |v: Vector2<f64>| Vector2::new(-v.y, v.x) * hand;
    let last = (BackContour::STATIONS - 1) as f64;
    let station = |(i, offset): (usize, &Option<f64>)| {
        let chord = found.t8 - found.sacrum;
        let d = found.sacrum + chord * (i as f64 / last) + across(own) * (*offset)? - sacrum;
        let place = d.dot(&along) / (t8 - sacrum).norm() * last;
        if !(0.0..last).contains(&place) {
            return None;
        }
        let below = place.floor();
        let value = |i: f64| truth.offsets.get(i as usize).copied().flatten();
        let (a, b) = (value(below)?, value(below + 1.0)?);
        Some(d.dot(&across(along)) - (a + (b - a) * (place - below)))
    };
    found.offsets.iter().enumerate().filter_map(station).collect()
}

fn flexion(header: &TruthHeader, model: &ModelInfo, pairs: &[(Observation, &TruthLine)]) -> Result<Flexion, Unseen> {
    let at = header.angles.iter().position(|name| name == "lumbar_flexion").ok_or(Unseen::NoSpine)?;
    let mut seen: Vec<(f64, f64)> = Vec::new();
    let mut why = Unseen::NoBaseline;
    for (sample, line) in measured(model, pairs)? {
        match sample.spine.by_contour {
            Ok(degrees) => seen.push((line.angles[at], degrees)),
            Err(unseen) => why = unseen,
        }
    }
    if seen.is_empty() {
        return Err(why);
    }
    let n = seen.len() as f64;
    let mean = |f: &dyn Fn(&(f64, f64)) -> f64| seen.iter().map(f).sum::<f64>() / n;
    let (truth, degrees) = (mean(&|s| s.0), mean(&|s| s.1));
    let (both, spread) = (mean(&|s| (s.0 - truth) * (s.1 - degrees)), mean(&|s| (s.0 - truth).powi(2)));
    let most =
        pairs.iter().map(|(_, line)| line.angles[at]).fold(0.0, |a: f64, b| if b.abs() > a.abs() { b } else { a });
    let mut there: Vec<f64> = seen.iter().filter(|s| s.0 / most >= FAR_END).map(|s| s.1).collect();
    there.sort_unstable_by(f64::total_cmp);
    Ok(Flexion {
        pictures: seen.len(),
        mean_error: mean(&|s| (s.1 - s.0).abs()),
        bias: degrees - truth,
        slope: if spread > 1.0 { both / spread } else { f64::NAN },
        far_end: (most, there.get(there.len() / 2).copied().unwrap_or(f64::NAN)),
    })
}

/// What is measured in every picture from the first movement on, against the quiet time before it.
pub(super) fn measured<'a>(
    model: &ModelInfo,
    pairs: &[(Observation, &'a TruthLine)],
) -> Result<Vec<(Sample, &'a TruthLine)>, Unseen> {
    let mut tracker = Tracker::with_gate(Filter::Live, Gate::at(model.least_score));
    let mut poses = Vec::with_capacity(pairs.len());
    pairs.iter().for_each(|(observation, _)| tracker.push(observation, &mut |pose| poses.push(pose)));
    let mut kinematics = Kinematics::new(Knows::of(&model.landmarks), Posture::Standing);
    let mut baseline: Option<Baseline> = None;
    let mut samples = Vec::with_capacity(pairs.len());
    for (pose, &(_, line)) in poses.iter().zip(pairs) {
        if baseline.is_none() && line.phase != "rest" {
            baseline = Some(kinematics.capture(QUIET_SECS)?);
        }
        let sample = kinematics.observe(pose, baseline.as_ref());
        if baseline.is_some() {
            samples.push((sample, line));
        }
    }
    Ok(samples)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A true back along x = 100 bulging by 4 px to the left, found 2 px further left.
    #[test]
    fn distance_is_counted_outwards() {
        let offsets = |of: f64| (0..BackContour::STATIONS).map(move |i| Some(of - (i as f64 - 11.5).abs() / 3.0));
        let truth = BackLine { sacrum: [100.0, 200.0], t8: [100.0, 100.0], offsets: offsets(4.0).collect() };
        let mut found = BackContour {
            sacrum: ImagePoint::new(98.0, 200.0),
            t8: ImagePoint::new(98.0, 100.0),
            offsets: [None; BackContour::STATIONS],
        };
        found.offsets.iter_mut().zip(offsets(4.0)).for_each(|(slot, offset)| *slot = offset);
        let distances = distances(&found, &truth, ImagePoint::new(140.0, 160.0));
        assert_eq!(distances.len(), BackContour::STATIONS - 1, "the last station is the truth's end");
        assert!(distances.iter().all(|d| (d - 2.0).abs() < 1e-9), "{distances:?}");
    }
}
