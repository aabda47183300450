//! How far the dowel found is from the truth.

use super::back;
use super::compare::quantile;
use super::truth::{TruthHeader, TruthLine};
use crate::geometry::ImagePoint;
use crate::kinematics::Reading;
use crate::pose::recording::ModelInfo;
use crate::pose::{DowelLine, Observation};
use nalgebra::Vector2;

/// What came out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DowelAgreement {
    /// Pictures with a dowel, and the share of them in which one is found.
    pub there: usize,
    pub found: f64,
    /// Of the two ends found the one further from the true edge, px: median and 95 of 100.
    pub off_px: [f64; 2],
    /// The same, mm: the true dowel is 900 mm long.
    pub off_mm: [f64; 2],
    /// Angle between the lines, degrees.
    pub turned_deg: [f64; 2],
    /// Pictures without a dowel, and how many of them have one found.
    pub absent: usize,
    pub alarms: usize,
    /// The lumbar gap read less the true one, mm of a trunk of 490, in the pictures since the first movement: 5, 50 and 95
    /// of 100. A shirt and the flesh beside the spine narrow it, always by as much: how far the three lie apart is what a
    /// change of the gap is off by.
    pub gap_mm: [f64; 3],
    /// The largest gap read where a contact holds, mm likewise: upper back and sacrum, 95 of 100.
    pub contacts_mm: [f64; 2],
    /// The share of these pictures in which they are read.
    pub gap_read: f64,
}

/// Length of synth's dowel, mm.
const LENGTH_MM: f64 = 900.0;
/// A trunk's, mm (RULES.md).
const TRUNK_MM: f64 = 490.0;

pub(super) fn agreement(
    header: &TruthHeader,
    model: &ModelInfo,
    pairs: &[(Observation, &TruthLine)],
) -> DowelAgreement {
    let (gap_mm, contacts_mm, gap_read) = gaps(header, model, pairs);
    let (mut there, mut absent, mut alarms) = (0, 0, 0);
    let (mut px, mut mm, mut deg) = (Vec::new(), Vec::new(), Vec::new());
    for (observation, line) in pairs {
        let found = observation.person.and_then(|p| p.dowel);
        let Some(edge) = line.dowel else {
            absent += 1;
            alarms += usize::from(found.is_some());
            continue;
        };
        there += 1;
        let Some(found) = found else { continue };
        let (off, scale, turned) = apart(&found, edge);
        px.push(off);
        mm.push(off * scale);
        deg.push(turned);
    }
    let found = px.len() as f64 / there.max(1) as f64;
    let spread = |values: &mut Vec<f64>| [quantile(values, 0.5), quantile(values, 0.95)];
    DowelAgreement {
        there,
        found,
        off_px: spread(&mut px),
        off_mm: spread(&mut mm),
        turned_deg: spread(&mut deg),
        absent,
        alarms,
        gap_mm,
        contacts_mm,
        gap_read,
    }
}

fn gaps(header: &TruthHeader, model: &ModelInfo, pairs: &[(Observation, &TruthLine)]) -> ([f64; 3], [f64; 2], f64) {
    let samples = back::measured(model, pairs).unwrap_or_default();
    let truth = header.angles.iter().position(|name| name == "gap_mm");
    let (mut off, mut upper, mut sacrum) = (Vec::new(), Vec::new(), Vec::new());
    for (sample, line) in &samples {
        let mm = |reading: Reading| reading.ok().map(|share| share * TRUNK_MM);
        off.extend(mm(sample.dowel.lumbar_gap).zip(truth).map(|(gap, at)| gap - line.angles[at]));
        upper.extend(mm(sample.dowel.upper_back));
        sacrum.extend(mm(sample.dowel.sacrum));
    }
    let read = off.len() as f64 / samples.len().max(1) as f64;
    let gap = [0.05, 0.5, 0.95].map(|share| quantile(&mut off, share));
    (gap, [quantile(&mut upper, 0.95), quantile(&mut sacrum, 0.95)], read)
}

/// px of the worse end, mm per px, degrees. `edge`: lower and upper end.
fn apart(found: &DowelLine, edge: [[f64; 2]; 2]) -> (f64, f64, f64) {
    let [low, high] = edge.map(|[x, y]| ImagePoint::new(x, y));
    let (true_way, way): (Vector2<f64>, Vector2<f64>) = (high - low, found.top - found.bottom);
    let length = true_way.norm().max(1e-9);
    let off = |p: ImagePoint| true_way.perp(&(p - low)).abs() / length;
    let turned = true_way.perp(&way).atan2(true_way.dot(&way)).to_degrees().abs();
    (off(found.top).max(off(found.bottom)), LENGTH_MM / length, turned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_beside_the_true_one_is_as_far_off_as_its_worse_end() {
        let edge = [[100.0, 500.0], [100.0, 200.0]];
        let found = DowelLine {
            top: ImagePoint::new(102.0, 250.0),
            bottom: ImagePoint::new(101.0, 450.0),
            head: None,
            thickness: None,
            covered: None,
        };
        let (px, mm_per_px, deg) = apart(&found, edge);
        assert!((px - 2.0).abs() < 1e-9 && (mm_per_px - 3.0).abs() < 1e-9);
        assert!((deg - (1.0f64 / 200.0).atan().to_degrees()).abs() < 1e-9);
    }
}
