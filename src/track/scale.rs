//! How large the athlete is in the picture: the trunk's length, the unit of every threshold of the tracker.

use crate::geometry::{ImagePoint, midpoint};
use crate::pose::{Landmark, Landmarks};
use crate::units::Timestamp;

/// The share of the trunk (hip to shoulder centre) in a stretched-out body, Winter's segment table: 0.288.
const TRUNK_OF_STATURE: f64 = 0.288;
/// How fast a longer trunk is believed, s: a single bad frame moves the scale by a tenth of its error.
const RISE_SECS: f64 = 0.3;
/// How slowly a shorter one is: bending towards the camera shortens the picture of a trunk, not the trunk.
const FALL_SECS: f64 = 8.0;

/// A running, outlier-resistant upper envelope of the trunk's length.
#[derive(Default)]
pub(super) struct BodyScale {
    px: Option<f64>,
    at: Timestamp,
}

impl BodyScale {
    /// The scale after this frame, px; 1 px before anything was seen.
    pub fn update(&mut self, t: Timestamp, points: &Landmarks<Option<ImagePoint>>) -> f64 {
        let seen = trunk(points).or_else(|| self.px.is_none().then(|| from_extent(points)).flatten());
        let dt = t.secs_since(self.at).max(0.0);
        self.px = match (self.px, seen) {
            (Some(px), Some(seen)) => {
                let tau = if seen > px { RISE_SECS } else { FALL_SECS };
                Some(px + (seen - px) * (1.0 - (-dt / tau).exp()))
            }
            (px, seen) => px.or(seen),
        };
        if seen.is_some() {
            self.at = t;
        }
        self.px()
    }

    /// The scale as it is, px.
    pub fn px(&self) -> f64 {
        self.px.unwrap_or(1.0).max(1.0)
    }
}

fn trunk(points: &Landmarks<Option<ImagePoint>>) -> Option<f64> {
    use Landmark::*;
    let middle = |a: Landmark, b: Landmark| match (points[a], points[b]) {
        (Some(a), Some(b)) => Some(midpoint(a, b)),
        (a, b) => a.or(b),
    };
    let (shoulder, hip) = (middle(LeftShoulder, RightShoulder)?, middle(LeftHip, RightHip)?);
    Some((shoulder - hip).norm())
}

fn from_extent(points: &Landmarks<Option<ImagePoint>>) -> Option<f64> {
    let mut known = points.0.iter().flatten();
    let first = *known.next()?;
    let (mut low, mut high) = (first, first);
    for p in known {
        low = low.inf(p);
        high = high.sup(p);
    }
    let extent = (high - low).norm();
    (extent > 0.0).then_some(extent * TRUNK_OF_STATURE)
}
