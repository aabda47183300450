//! Segment lengths in the picture: the body's own units.

use super::upright::middle;
use crate::geometry::ImagePoint;
use crate::pose::{Joint, Landmark, Landmarks};
use crate::units::{Side, Timestamp};

/// Lengths of segments, picture px; `None` where never seen. From a quiet stand, or running estimates before it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Lengths {
    /// Mid-hip → mid-shoulder (one side's where only one is known). TR.
    pub trunk: Option<f64>,
    /// Hip → knee, mean of both sides. TH.
    pub thigh: Option<f64>,
    /// Knee → ankle, mean of both sides. SH.
    pub shank: Option<f64>,
    /// Heel → big toe, mean of both sides. FT.
    pub foot: Option<f64>,
    /// Shoulder → elbow, mean of both sides. UA.
    pub upper_arm: Option<f64>,
}

// Shares of stature of the segments between joint centres (Winter, Biomechanics and Motor Control, table 4.1):
// shoulder 0.818, hip 0.530, knee 0.285, ankle 0.039 of stature above the floor.
const TRUNK_OF_STATURE: f64 = 0.288;
const THIGH_OF_STATURE: f64 = 0.245;
const SHANK_OF_STATURE: f64 = 0.246;

impl Lengths {
    /// As seen in one frame.
    pub fn seen(points: &Landmarks<Option<ImagePoint>>) -> Lengths {
        let both = |from: Joint, to: Joint| {
            let length = |side: Side| {
                let (from, to) = (points[Landmark::of(from, side)]?, points[Landmark::of(to, side)]?);
                Some((to - from).norm())
            };
            match (length(Side::Left), length(Side::Right)) {
                (Some(left), Some(right)) => Some(0.5 * (left + right)),
                (left, right) => left.or(right),
            }
        };
        let trunk = middle(points, Joint::Hip).zip(middle(points, Joint::Shoulder)).map(|(h, s)| (s - h).norm());
        Lengths {
            trunk,
            thigh: both(Joint::Hip, Joint::Knee),
            shank: both(Joint::Knee, Joint::Ankle),
            foot: both(Joint::Heel, Joint::BigToe),
            upper_arm: both(Joint::Shoulder, Joint::Elbow),
        }
    }

    /// These, and `others` where there is none.
    pub fn or(self, others: Lengths) -> Lengths {
        Lengths {
            trunk: self.trunk.or(others.trunk),
            thigh: self.thigh.or(others.thigh),
            shank: self.shank.or(others.shank),
            foot: self.foot.or(others.foot),
            upper_arm: self.upper_arm.or(others.upper_arm),
        }
    }

    /// Hip → ankle along the leg, px.
    pub fn leg(&self) -> Option<f64> {
        Some(self.thigh? + self.shank?)
    }

    /// Stature in the picture from the segments known, px; 0 when none is. A segment that points at the camera, as the
    /// shanks of a side plank on the knees do, says nothing about it.
    pub fn person_px(&self) -> f64 {
        let segments = [(self.trunk, TRUNK_OF_STATURE), (self.thigh, THIGH_OF_STATURE), (self.shank, SHANK_OF_STATURE)];
        let known = || segments.iter().filter_map(|&(px, share)| Some((px?, share)));
        let tallest = known().map(|(px, share)| px / share).fold(0.0, f64::max);
        let known = known().filter(|(px, share)| px / share >= FORESHORTENED * tallest);
        let (px, share) = known.fold((0.0, 0.0), |(px, share), (p, s)| (px + p, share + s));
        if share > 0.0 { px / share } else { 0.0 }
    }

    fn each(self, other: Lengths, f: impl Fn(Option<f64>, Option<f64>) -> Option<f64>) -> Lengths {
        Lengths {
            trunk: f(self.trunk, other.trunk),
            thigh: f(self.thigh, other.thigh),
            shank: f(self.shank, other.shank),
            foot: f(self.foot, other.foot),
            upper_arm: f(self.upper_arm, other.upper_arm),
        }
    }
}

/// A segment that makes a person less than this share as tall as another one does lies out of the picture's plane.
const FORESHORTENED: f64 = 0.6;

/// A longer segment is believed within this, s; a single bad frame moves an estimate by a tenth of its error.
const RISE_SECS: f64 = 0.3;
/// A shorter one over this, s: turning out of the picture plane shortens a segment's picture, not the segment.
const FALL_SECS: f64 = 10.0;

/// Upper envelopes of the segment lengths, until there is a baseline.
#[derive(Default)]
pub(super) struct RunningLengths {
    now: Lengths,
    at: Timestamp,
}

impl RunningLengths {
    pub fn update(&mut self, t: Timestamp, seen: &Lengths) -> Lengths {
        let dt = t.secs_since(self.at).max(0.0);
        self.at = t;
        self.now = self.now.each(*seen, |now, seen| match (now, seen) {
            (Some(now), Some(seen)) => {
                let tau = if seen > now { RISE_SECS } else { FALL_SECS };
                Some(now + (seen - now) * (1.0 - (-dt / tau).exp()))
            }
            (now, seen) => now.or(seen),
        });
        self.now
    }
}
