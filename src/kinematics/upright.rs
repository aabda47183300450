//! Which way is up in the picture.
//!
//! A standing body keeps its mass over its feet, whatever the exercise: the line from the ankles to the middle of hips
//! and shoulders stays within about 20 degrees of vertical through squats and hinges. That tells in which quarter the
//! picture is turned, from one frame of somebody stretched out. Bent bodies tell nothing: on hands and knees one has the
//! shape of a chair squat turned by a quarter. A turn of a few degrees can only be read off a quiet stand (`baseline`).

use crate::geometry::{ImagePoint, flexion_deg, inclination_deg, midpoint, rotate_about, wrap_deg};
use crate::pose::{Joint, Landmark, Landmarks};
use crate::track::Pose;
use crate::units::{Side, Timestamp};

/// The body's axis must leave the quarter by this much before another is considered, degrees.
const LEAVE_DEG: f64 = 55.0;
/// … and for this long, s.
const LEAVE_SECS: f64 = 1.0;

/// Knees and hips bent less than this are stretched out, degrees; a step bends them no more while both feet are down.
const STRETCHED_DEG: f64 = 45.0;

/// The points as they would lie in an upright picture, turned about the picture's origin.
pub(super) fn turned(points: &Landmarks<Option<ImagePoint>>, roll_deg: f64) -> Landmarks<Option<ImagePoint>> {
    if roll_deg == 0.0 {
        return *points;
    }
    Landmarks(points.0.map(|p| p.map(|p| rotate_about(p, ImagePoint::origin(), -roll_deg))))
}

/// The middle of a joint's two sides, or the one that is known.
pub(super) fn middle(points: &Landmarks<Option<ImagePoint>>, joint: Joint) -> Option<ImagePoint> {
    match (points[Landmark::of(joint, Side::Left)], points[Landmark::of(joint, Side::Right)]) {
        (Some(left), Some(right)) => Some(midpoint(left, right)),
        (left, right) => left.or(right),
    }
}

/// How far the body's axis is turned clockwise from the picture's up, degrees; from the ankles if they are known.
pub(super) fn body_axis_deg(points: &Landmarks<Option<ImagePoint>>) -> Option<f64> {
    let (hip, shoulder) = (middle(points, Joint::Hip)?, middle(points, Joint::Shoulder)?);
    match middle(points, Joint::Ankle).or_else(|| middle(points, Joint::Knee)) {
        Some(foot) => inclination_deg(foot, midpoint(hip, shoulder), 1.0),
        None => inclination_deg(hip, shoulder, 1.0),
    }
}

/// Both legs straight, as far as they are seen, and the trunk in line with them.
fn stretched_out(points: &Landmarks<Option<ImagePoint>>) -> bool {
    let Some(shoulder) = middle(points, Joint::Shoulder) else { return false };
    let straight = |side: Side| {
        let [hip, knee, ankle] = [Joint::Hip, Joint::Knee, Joint::Ankle].map(|joint| points[Landmark::of(joint, side)]);
        let bends = [flexion_deg(shoulder, hip?, knee?)?, flexion_deg(hip?, knee?, ankle?)?];
        Some(bends.iter().all(|&bend| bend < STRETCHED_DEG))
    };
    let legs = Side::BOTH.map(straight);
    legs.iter().flatten().count() > 0 && legs.iter().flatten().all(|&straight| straight)
}

/// The nearest quarter turn, 0, 90, 180 or 270 degrees.
fn nearest_quarter(axis_deg: f64) -> f64 {
    ((axis_deg / 90.0).round() * 90.0).rem_euclid(360.0)
}

/// The quarter the picture is turned by, as far as the last second tells.
#[derive(Default)]
pub(super) struct RunningQuarter {
    deg: Option<f64>,
    leaving_since: Option<Timestamp>,
}

impl RunningQuarter {
    /// 0, 90, 180 or 270 degrees clockwise; 0 before anything was seen.
    pub fn deg(&self) -> f64 {
        self.deg.unwrap_or(0.0)
    }

    pub fn update(&mut self, pose: &Pose) -> f64 {
        if let Some(axis) = body_axis_deg(&pose.points).filter(|_| stretched_out(&pose.points)) {
            let current = *self.deg.get_or_insert(nearest_quarter(axis));
            if wrap_deg(axis - current).abs() < LEAVE_DEG {
                self.leaving_since = None;
            } else {
                let since = *self.leaving_since.get_or_insert(pose.t);
                if pose.t.secs_since(since) >= LEAVE_SECS {
                    self.deg = Some(nearest_quarter(axis));
                    self.leaving_since = None;
                }
            }
        }
        self.deg()
    }
}
