//! Whether somebody stands quietly: uprightness, straight legs, hips' speed, feet's way.

use super::body::{Body, Plane};
use super::{Posture, Reading, Unseen, View};
use crate::geometry::{ImagePoint, flexion_deg, inclination_deg};
use crate::pose::{Joint, Landmark};
use crate::track::Pose;
use crate::units::{Side, Timestamp};
use nalgebra::Vector2;
use std::collections::VecDeque;

/// Speeds are taken over this long, seconds: longer than a model's jitter, shorter than a step.
const SPEED_SECS: f64 = 0.25;
/// Room for the rounding of file timestamps, seconds.
const TIME_SLACK_SECS: f64 = 0.002;
/// An ankle this far above the other one is off the floor, leg lengths: mid-shin, and more than two points are misplaced by …
const FOOT_UP: f64 = 0.2;
/// … if that leg is bent or swung out this much, degrees: the farther of two feet on the floor stands higher in the
/// picture as well (0.17 leg lengths at a stance of 40 cm, 2.5 m away; more from higher up), on a straight leg.
const LEG_BENT_DEG: f64 = 30.0;

/// A shank seen from the side is no shorter than this, of its length.
const WHOLE_SHANK: f64 = 0.75;

/// Up for this long is up, seconds: a misplaced ankle comes back sooner.
const UP_SECS: f64 = 0.2;

/// Which leg has been standing alone for a moment.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct RunningStand(Option<(Side, Timestamp)>);

impl RunningStand {
    pub fn update(&mut self, t: Timestamp, now: Result<Side, Unseen>) -> Result<Side, Unseen> {
        let side = match now {
            Ok(side) => side,
            Err(why) => {
                self.0 = None;
                return Err(why);
            }
        };
        let (_, since) = *self.0.insert(self.0.filter(|(before, _)| *before == side).unwrap_or((side, t)));
        if t.secs_since(since) >= UP_SECS - TIME_SLACK_SECS { Ok(side) } else { Err(Unseen::NotReached) }
    }
}

/// Which leg stands alone. Who began on one leg stays on it until the other one is seen to; low down the free foot comes
/// near the floor. Who began on two stands on one while the other foot is up against where it was.
pub(super) fn standing(body: &Body) -> Result<Side, Unseen> {
    if body.posture != Posture::Standing {
        return Err(Unseen::NotReached);
    }
    let began = body.baseline.map_or(Err(Unseen::NotReached), |b| b.rest.standing);
    match (began, standing_now(body, began.is_err())) {
        (Ok(side), Err(_)) => Ok(side),
        (_, now) => now,
    }
}

/// By this picture alone, or against where the feet were when both were down.
fn standing_now(body: &Body, both_were_down: bool) -> Result<Side, Unseen> {
    let ankles = Side::BOTH.map(|side| Landmark::of(Joint::Ankle, side));
    let [left, right] = body.need(Plane::Any, ankles)?;
    let leg = body.length(body.lengths.leg(), Joint::Knee, body.sight.near)?;
    let left_up = (right.y - left.y) / leg;
    let from_down = body.baseline.is_some() && both_were_down;
    let left_up_at_rest = if from_down { (body.rest(ankles[1])?.y - body.rest(ankles[0])?.y) / leg } else { 0.0 };
    let up = left_up - left_up_at_rest;
    let lifted = if up > 0.0 { Side::Left } else { Side::Right };
    let is_up = up.abs() >= FOOT_UP && (from_down || is_bent(body, lifted)) && is_whole(body, lifted);
    if is_up { Ok(lifted.other()) } else { Err(Unseen::NotReached) }
}

/// Whether a leg is anything but straight down. From ahead that is not seen, and both feet are as far away.
fn is_bent(body: &Body, side: Side) -> bool {
    let chain = [Joint::Hip, Joint::Knee, Joint::Ankle].map(|joint| Landmark::of(joint, side));
    match body.need(Plane::Sagittal, chain) {
        Err(Unseen::WrongView(_)) => true,
        Err(_) => false,
        Ok([hip, knee, ankle]) => {
            let bent = flexion_deg(hip, knee, ankle).is_some_and(|deg| deg >= LEG_BENT_DEG);
            bent || inclination_deg(ankle, hip, 1.0).is_some_and(|deg| deg.abs() >= LEG_BENT_DEG)
        }
    }
}

/// Whether the shank reaches from knee to ankle: an ankle put on something else seldom lies as far off. Not from the side a
/// lifted foot may point away.
fn is_whole(body: &Body, side: Side) -> bool {
    let ends = [Joint::Knee, Joint::Ankle].map(|joint| Landmark::of(joint, side));
    match (body.need(Plane::StrictlySagittal, ends), body.length(body.lengths.shank, Joint::Ankle, side)) {
        (Ok([knee, ankle]), Ok(shank)) => (knee - ankle).norm() >= WHOLE_SHANK * shank,
        _ => true,
    }
}

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
/// that one foot that is adjusted moves nobody; the standing one's where one stands alone.
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

/// The leg that stands alone speaks for itself. Of two, from the side the near limbs speak, the far ones being hidden
/// behind them; from the front both, the worse one.
fn worse_side(body: &Body, measure: impl Fn(Side) -> Reading, worse: fn(f64, f64) -> f64) -> Reading {
    if let Ok(side) = body.standing {
        return measure(side);
    }
    match body.sight.view {
        View::Front | View::Rear => Ok(worse(measure(Side::Left)?, measure(Side::Right)?)),
        _ => measure(body.sight.near),
    }
}
