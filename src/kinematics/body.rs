//! One upright body with all that a measure may ask: points, view, lengths, baseline. Measures ask through
//! [`Body::need`], so that reasons come in one order and nothing is measured from the wrong side.

use super::position::on_side;
use super::view::Sight;
use super::{Baseline, Knows, Lengths, Posture, Reading, Unseen, View};
use crate::geometry::ImagePoint;
use crate::pose::{Joint, Landmark, Landmarks};
use crate::units::Side;

pub(super) struct Body<'a> {
    /// In an upright picture, px.
    pub points: Landmarks<Option<ImagePoint>>,
    pub knows: &'a Knows,
    /// False when nobody is in the picture.
    pub anyone: bool,
    pub sight: Sight,
    pub posture: Posture,
    pub lengths: Lengths,
    pub roll_deg: f64,
    pub baseline: Option<&'a Baseline>,
    /// See [`super::Sample::standing`].
    pub standing: Result<Side, Unseen>,
}

/// The plane a measure lies in, and with it the view it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Plane {
    /// From the side; at an angle, with wider margins.
    Sagittal,
    /// From the side only: the line of the back.
    StrictlySagittal,
    /// From the front or behind, up to 45 degrees off.
    Frontal,
    /// From anywhere.
    Any,
}

/// The least yaw, degrees from side-on, for frontal measures in an oblique view (RULES.md 0.4: 45 with wider margins).
const FRONTAL_YAW_DEG: f64 = 45.0;
impl Body<'_> {
    /// The points a measure is made of, or why it cannot be made.
    pub fn need<const N: usize>(&self, plane: Plane, landmarks: [Landmark; N]) -> Result<[ImagePoint; N], Unseen> {
        if !self.anyone {
            return Err(Unseen::NoPerson);
        }
        if let Some(&unknown) = landmarks.iter().find(|&&l| !self.knows.has(l)) {
            return Err(Unseen::NotInModel(unknown));
        }
        let in_view = self.in_view(plane);
        // Before a view is known, the hidden points are why.
        if self.sight.view != View::Unknown {
            in_view?;
        }
        let mut points = [ImagePoint::origin(); N];
        for (point, landmark) in points.iter_mut().zip(landmarks) {
            *point = self.points[landmark].ok_or(Unseen::Hidden(landmark))?;
        }
        in_view?;
        Ok(points)
    }

    /// Whether the camera stands where this plane can be seen.
    pub fn in_view(&self, plane: Plane) -> Result<(), Unseen> {
        let view = self.sight.view;
        let (fine, wanted) = match plane {
            Plane::Any => (true, view),
            Plane::StrictlySagittal => (view == View::Side, View::Side),
            Plane::Sagittal => (matches!(view, View::Side | View::Oblique), View::Side),
            Plane::Frontal => {
                let half = view == View::Oblique && self.sight.yaw_deg.is_some_and(|yaw| yaw >= FRONTAL_YAW_DEG);
                (matches!(view, View::Front | View::Rear) || half, View::Front)
            }
        };
        if fine { Ok(()) } else { Err(Unseen::WrongView(wanted)) }
    }

    /// On the side, the long axis in the picture: what a side plank is measured in.
    pub fn lies_across(&self) -> bool {
        self.posture == Posture::Floor && on_side(&self.points)
    }

    /// This joint of the near side.
    pub fn near(&self, joint: Joint) -> Landmark {
        Landmark::of(joint, self.sight.near)
    }

    pub fn yaw(&self) -> Reading {
        let reason = if self.anyone { Unseen::Hidden(Landmark::LeftShoulder) } else { Unseen::NoPerson };
        self.sight.yaw_deg.filter(|_| self.anyone).ok_or(reason)
    }

    pub fn baseline(&self) -> Result<&Baseline, Unseen> {
        self.baseline.ok_or(Unseen::NoBaseline)
    }

    /// Where the baseline had this point.
    pub fn rest(&self, landmark: Landmark) -> Result<ImagePoint, Unseen> {
        self.baseline()?.points[landmark].ok_or(Unseen::NoBaseline)
    }

    /// How far a point is above the floor of the baseline, px.
    pub fn height(&self, landmark: Landmark, plane: Plane) -> Reading {
        let [at] = self.need(plane, [landmark])?;
        Ok(self.baseline()?.floor_y.ok_or(Unseen::NoBaseline)? - at.y)
    }

    /// A segment's length, px. It stands beside points that span the segment, so it is missing only at length zero.
    pub fn length(&self, of: Option<f64>, end: Joint, side: Side) -> Reading {
        of.filter(|&px| px > 0.0).ok_or(Unseen::Hidden(Landmark::of(end, side)))
    }
}
