//! Whether somebody stands quietly: uprightness, straight legs, hips' speed, feet's way.

use super::body::{Body, Plane};
use super::upright::middle;
use super::{Reading, Unseen};
use crate::geometry::{ImagePoint, inclination_deg};
use crate::pose::{Joint, Landmark};
use crate::track::Pose;
use crate::units::Side;
use std::collections::VecDeque;

/// Speeds are taken over this long, seconds: longer than a model's jitter, shorter than a step.
const SPEED_SECS: f64 = 0.25;

/// The larger lean of trunk and leg line, either way, degrees.
pub(super) fn upright(body: &Body) -> Reading {
    let [shoulder, hip, ankle] = [Joint::Shoulder, Joint::Hip, Joint::Ankle].map(|joint| either(body, joint));
    let lean = |from: ImagePoint, to: ImagePoint| inclination_deg(from, to, 1.0).map(f64::abs);
    let (trunk, leg) = (lean(hip?, shoulder?), lean(ankle?, hip?));
    trunk.zip(leg).map(|(a, b)| a.max(b)).ok_or(Unseen::Hidden(body.near(Joint::Hip)))
}

/// Hip–ankle distance over thigh and shank together, the mean of the legs that are seen.
pub(super) fn leg_ratio(body: &Body) -> Reading {
    let full = |side| -> Reading {
        let thigh = body.length(body.lengths.thigh, Joint::Hip, side)?;
        Ok(thigh + body.length(body.lengths.shank, Joint::Knee, side)?)
    };
    mean_of_sides(|side| {
        let ends = [Landmark::of(Joint::Hip, side), Landmark::of(Joint::Ankle, side)];
        let [hip, ankle] = body.need(Plane::Any, ends)?;
        Ok((hip - ankle).norm() / full(side)?)
    })
}

/// How far the ankles are from where the baseline has them, trunk lengths.
pub(super) fn feet_moved(body: &Body) -> Reading {
    let trunk = body.length(body.lengths.trunk, Joint::Hip, body.sight.near)?;
    mean_of_sides(|side| {
        let ankle = Landmark::of(Joint::Ankle, side);
        let [now] = body.need(Plane::Any, [ankle])?;
        Ok((now - body.rest(ankle)?).norm() / trunk)
    })
}

/// Speed of the middle of the hips, trunk lengths a second. `recent` are the poses before this one.
pub(super) fn hip_speed(body: &Body, pose: &Pose, recent: &VecDeque<Pose>) -> Reading {
    let hip = |p: &Pose| middle(&p.points, Joint::Hip);
    let now = hip(pose).ok_or_else(|| hidden(body, Joint::Hip))?;
    let before = recent.iter().rev().find(|p| pose.t.secs_since(p.t) >= SPEED_SECS).ok_or(Unseen::TooFewFrames)?;
    let way = (now - hip(before).ok_or_else(|| hidden(body, Joint::Hip))?).norm();
    let trunk = body.length(body.lengths.trunk, Joint::Hip, body.sight.near)?;
    Ok(way / trunk / pose.t.secs_since(before.t))
}

fn either(body: &Body, joint: Joint) -> Result<ImagePoint, Unseen> {
    middle(&body.points, joint).ok_or_else(|| hidden(body, joint))
}

fn hidden(body: &Body, joint: Joint) -> Unseen {
    if body.anyone { Unseen::Hidden(body.near(joint)) } else { Unseen::NoPerson }
}

/// Of the sides that can be read; what hid the left one when neither can.
fn mean_of_sides(measure: impl Fn(Side) -> Reading) -> Reading {
    match (measure(Side::Left), measure(Side::Right)) {
        (Ok(left), Ok(right)) => Ok((left + right) / 2.0),
        (left, right) => left.or(right.map_err(|_| left.err().unwrap_or(Unseen::NoPerson))),
    }
}
