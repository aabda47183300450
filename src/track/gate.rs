//! The confidence gate: the one place where a score becomes "known" or "not known".

use crate::geometry::ImagePoint;
use crate::pose::{Landmark, Landmarks, Person};

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
    /// visibilities 0.5, peaks of heat maps 0.3. The spine's points may score a fifth less, as 0.4 is to 0.5.
    pub fn at(least_score: f64) -> Gate {
        Gate { limbs: least_score, spine: 0.8 * least_score }
    }

    fn threshold(&self, landmark: Landmark) -> f64 {
        if is_spine(landmark) { self.spine } else { self.limbs }
    }
}

/// Once known, a point stays known down to this share of the threshold (0.5 → 0.35), so that it does not flicker.
const STAY: f64 = 0.7;

/// The gate with its memory of what was known in the last frame.
pub(super) struct Gating {
    gate: Gate,
    known: Landmarks<bool>,
}

impl Gating {
    pub fn new(gate: Gate) -> Gating {
        Gating { gate, known: Landmarks::default() }
    }

    /// The points of this frame that can be relied on.
    pub fn points(&mut self, person: Option<&Person>) -> Landmarks<Option<ImagePoint>> {
        let mut points = Landmarks::default();
        for &landmark in Landmark::ALL {
            let keypoint = person.and_then(|p| p.points[landmark]);
            let bar = self.gate.threshold(landmark) * if self.known[landmark] { STAY } else { 1.0 };
            // A broken model or a hand-edited recording may hold NaN or infinity; no comparison lets them through.
            points[landmark] =
                keypoint.filter(|k| k.score >= bar && k.at.x.is_finite() && k.at.y.is_finite()).map(|k| k.at);
            self.known[landmark] = points[landmark].is_some();
        }
        points
    }
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
