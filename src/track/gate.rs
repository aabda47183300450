//! The confidence gate: the one place where a score becomes "known" or "not known".

use crate::geometry::ImagePoint;
use crate::pose::{BackContour, DowelLine, Keypoint, Landmark, Landmarks, Person, TrunkAxes};

/// The scores from which a point counts as known (RULES.md 0.4, G2).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gate {
    /// For every point but the spine's, 0..=1.
    pub limbs: f64,
    /// For the points of the back and pelvis, 0..=1.
    pub spine: f64,
}

impl Default for Gate {
    fn default() -> Gate {
        Gate { limbs: 0.5, spine: 0.4 }
    }
}

impl Gate {
    /// The gate for a model of which points with this score or more can be believed (its card says so): trained
    /// visibilities 0.5, formcheck's own 0.1. The spine's points may score a fifth less, as 0.4 is to 0.5.
    pub fn at(least_score: f64) -> Gate {
        Gate { limbs: least_score, spine: 0.8 * least_score }
    }

    fn threshold(&self, landmark: Landmark) -> f64 {
        if is_spine(landmark) { self.spine } else { self.limbs }
    }
}

/// Once known, a point stays known down to this share of the threshold (0.5 → 0.35), so that it does not flicker …
const STAY: f64 = 0.7;
/// … as long as it stays where it is: after a jump of so many trunk lengths it is another guess. A hand at 30 pictures a second
/// would have to go 4 m/s for it.
const JUMP: f64 = 0.25;

/// The gate with its memory of where points were in the last frame.
pub(super) struct Gating {
    gate: Gate,
    known: Landmarks<Option<ImagePoint>>,
}

impl Gating {
    pub fn new(gate: Gate) -> Gating {
        Gating { gate, known: Landmarks::default() }
    }

    /// The points of this frame that can be relied on.
    pub fn points(&mut self, person: Option<&Person>, trunk_px: f64) -> Landmarks<Option<ImagePoint>> {
        let mut points = Landmarks::default();
        for &landmark in Landmark::ALL {
            let keypoint = person.and_then(|p| p.points[landmark]);
            let stays = |k: &Keypoint| self.known[landmark].is_some_and(|last| (k.at - last).norm() <= JUMP * trunk_px);
            let bar = |k: &Keypoint| self.gate.threshold(landmark) * if stays(k) { STAY } else { 1.0 };
            // A broken model or a hand-edited recording may hold NaN or infinity; no comparison lets them through.
            points[landmark] = keypoint.filter(|k| k.score >= bar(k) && is_finite(k.at)).map(|k| k.at);
        }
        self.known = points;
        points
    }
}

/// The outline of the back without what no picture can hold; see [`Gating::points`].
pub(super) fn back(person: &Person) -> Option<BackContour> {
    let back = person.back.filter(|back| is_finite(back.sacrum) && is_finite(back.t8))?;
    Some(BackContour { offsets: back.offsets.map(|offset| offset.filter(|px| px.is_finite())), ..back })
}

/// The dowel, likewise.
pub(super) fn dowel(person: &Person) -> Option<DowelLine> {
    let dowel = person.dowel.filter(|dowel| is_finite(dowel.top) && is_finite(dowel.bottom))?;
    let finite = |value: Option<f64>| value.filter(|v| v.is_finite());
    let (thickness, covered) = (finite(dowel.thickness), finite(dowel.covered));
    Some(DowelLine { head: dowel.head.filter(|head| is_finite(*head)), thickness, covered, ..dowel })
}

/// The trunk's directions, likewise.
pub(super) fn axes(person: &Person) -> Option<TrunkAxes> {
    person.axes.filter(|axes| axes.parts().iter().all(|axis| axis.deg.is_finite() && axis.sd_deg.is_finite()))
}

fn is_finite(point: ImagePoint) -> bool {
    point.x.is_finite() && point.y.is_finite()
}

fn is_spine(landmark: Landmark) -> bool {
    use Landmark::*;
    matches!(
        landmark,
        C7 | T4
            | T8
            | L1
            | L3
            | S1
            | S2
            | S4
            | LeftAsis
            | RightAsis
            | LeftPsis
            | RightPsis
            | JugularNotch
            | Xiphoid
            | Navel
    )
}
