//! Whether somebody stands quietly: uprightness, straight legs, hips' speed, feet's way.

use super::body::{Body, Plane};
use super::{Reading, Unseen, View};
use crate::geometry::{ImagePoint, inclination_deg};
use crate::pose::{Joint, Landmark};
use crate::track::Pose;
use crate::units::Side;
use nalgebra::Vector2;
use std::collections::VecDeque;

/// Speeds are taken over this long, seconds: longer than a model's jitter, shorter than a step.
const SPEED_SECS: f64 = 0.25;
/// Room for the rounding of file timestamps, seconds.
const TIME_SLACK_SECS: f64 = 0.002;

/// The larger lean of trunk and leg line, either way, degrees.
pub(super) fn upright(body: &Body) -> Reading {
    let lean = |from: ImagePoint, to: ImagePoint| inclination_deg(from, to, 1.0).map(f64::abs);
    worse_side(
        body,
        |side| {
            let [shoulder, hip, ankle] = body
                .need(Plane::Any, [Joint::Shoulder, Joint::Hip, Joint::Ankle].map(|joint| Landmark::of(joint, side)))?;
            let lines = lean(hip, shoulder).zip(lean(ankle, hip));
            lines.map(|(trunk, leg)| trunk.max(leg)).ok_or(Unseen::Hidden(Landmark::of(Joint::Hip, side)))
        },
        f64::max,
    )
}

/// Hip–ankle distance over thigh and shank together; the shorter leg's where both are looked at.
pub(super) fn leg_ratio(body: &Body) -> Reading {
    let full = |side| -> Reading {
        let thigh = body.length(body.lengths.thigh, Joint::Hip, side)?;
        Ok(thigh + body.length(body.lengths.shank, Joint::Knee, side)?)
    };
    worse_side(
        body,
        |side| {
            let ends = [Landmark::of(Joint::Hip, side), Landmark::of(Joint::Ankle, side)];
            let [hip, ankle] = body.need(Plane::Any, ends)?;
            Ok((hip - ankle).norm() / full(side)?)
        },
        f64::min,
    )
}

/// How far the ankles are from where the baseline has them, trunk lengths; the nearer one where both are looked at, so
/// that one foot that is adjusted moves nobody.
pub(super) fn feet_moved(body: &Body) -> Reading {
    let trunk = body.length(body.lengths.trunk_or_its_worth(), Joint::Hip, body.sight.near);
    worse_side(
        body,
        |side| {
            let ankle = Landmark::of(Joint::Ankle, side);
            let [now] = body.need(Plane::Any, [ankle])?;
            Ok((now - body.rest(ankle)?).norm() / trunk?)
        },
        f64::min,
    )
}

/// Speed of the hip, trunk lengths a second. `recent` are the poses before this one.
pub(super) fn hip_speed(body: &Body, pose: &Pose, recent: &VecDeque<Pose>) -> Reading {
    let trunk = body.length(body.lengths.trunk_or_its_worth(), Joint::Hip, body.sight.near);
    let long_enough = |p: &&Pose| pose.t.secs_since(p.t) >= SPEED_SECS - TIME_SLACK_SECS;
    let before = recent.iter().rev().find(long_enough);
    let moved = |side: Side| -> Result<Vector2<f64>, Unseen> {
        let hip = Landmark::of(Joint::Hip, side);
        body.need(Plane::Any, [hip])?;
        let before = before.ok_or(Unseen::TooFewFrames)?;
        let (now, then) = pose.points[hip].zip(before.points[hip]).ok_or(Unseen::Hidden(hip))?;
        Ok((now - then) / pose.t.secs_since(before.t))
    };
    let speed = match body.sight.view {
        // One hip's jitter alone breaks a second of stillness in fourteen.
        View::Front | View::Rear => 0.5 * (moved(Side::Left)? + moved(Side::Right)?),
        _ => moved(body.sight.near)?,
    };
    Ok(speed.norm() / trunk?)
}

/// From the side the near limbs speak, the far ones being hidden behind them; from the front both, the worse one.
fn worse_side(body: &Body, measure: impl Fn(Side) -> Reading, worse: fn(f64, f64) -> f64) -> Reading {
    match body.sight.view {
        View::Front | View::Rear => Ok(worse(measure(Side::Left)?, measure(Side::Right)?)),
        _ => measure(body.sight.near),
    }
}
