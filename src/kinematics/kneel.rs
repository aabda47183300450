//! Half-kneeling: the thigh of the knee that is down, and the arm of its side.

use super::body::{Body, Plane};
use super::position::kneeling_side;
use super::{Kneel, KneelAngles, Limbs, Reading, Spine, Unseen};
use crate::geometry::{inclination_deg, midpoint};
use crate::pose::{Joint, Landmark};
use crate::units::Side;

/// Knee joint of a kneeling leg above the floor, shank lengths: 50 mm of 420.
pub(super) const KNEE_CLEARANCE: f64 = 0.12;

pub(super) fn kneel(body: &Body, limbs: [&Limbs; 2], spine: &Spine) -> Kneel {
    let side = kneeling_side(body);
    let angles = match side {
        Ok(side) => angles(body, side, limbs[side as usize], spine),
        Err(why) => KneelAngles::build(|_| Err(why)),
    };
    Kneel { side, angles }
}

fn angles(body: &Body, side: Side, rear: &Limbs, spine: &Spine) -> KneelAngles {
    // Against whichever knee was down at the start: a model takes one leg for the other.
    let thigh_change = || Ok(rear.thigh? - body.baseline()?.rest.kneel.angles.thigh?);
    KneelAngles {
        thigh: rear.thigh,
        thigh_change: thigh_change(),
        hip_extension: thigh_change().and_then(|thigh| Ok(thigh - spine.pelvic_tilt?)),
        knee_height: knee_height(body, side),
        reach_up: reach_up(body, side),
        reach_across: reach_across(body, side),
        side_bend: side_bend(body, side),
    }
}

/// Of the knee above the floor its toes are on; a model without toes has the ankle, which lies as high as the knee.
fn knee_height(body: &Body, side: Side) -> Reading {
    let (knee, toe) = (Landmark::of(Joint::Knee, side), Landmark::of(Joint::BigToe, side));
    let (end, clearance) =
        if body.knows.has(toe) { (toe, KNEE_CLEARANCE) } else { (Landmark::of(Joint::Ankle, side), 0.0) };
    let [knee, end] = body.need(Plane::Any, [knee, end])?;
    Ok((end.y - knee.y) / body.length(body.lengths.shank, Joint::Ankle, side)? - clearance)
}

/// From the side the near ear is the one that is seen.
fn reach_up(body: &Body, side: Side) -> Reading {
    let ear = if body.in_view(Plane::Frontal).is_ok() { Landmark::of(Joint::Ear, side) } else { body.near(Joint::Ear) };
    let [wrist, ear] = body.need(Plane::Any, [Landmark::of(Joint::Wrist, side), ear])?;
    Ok((ear.y - wrist.y) / trunk(body)?)
}

fn reach_across(body: &Body, side: Side) -> Reading {
    let [wrist, nose] = body.need(Plane::Frontal, [Landmark::of(Joint::Wrist, side), Landmark::Nose])?;
    Ok(towards(body, side.other()) * (wrist.x - nose.x) / trunk(body)?)
}

fn side_bend(body: &Body, side: Side) -> Reading {
    let both = |joint| Side::BOTH.map(|side| Landmark::of(joint, side));
    let [hip_left, hip_right] = body.need(Plane::Frontal, both(Joint::Hip))?;
    let [left, right] = body.need(Plane::Frontal, both(Joint::Shoulder))?;
    let (hip, shoulder) = (midpoint(hip_left, hip_right), midpoint(left, right));
    inclination_deg(hip, shoulder, towards(body, side.other())).ok_or(Unseen::Hidden(both(Joint::Hip)[0]))
}

/// +1 where the athlete's side lies screen right.
fn towards(body: &Body, side: Side) -> f64 {
    match side {
        Side::Left => body.sight.left_is,
        Side::Right => -body.sight.left_is,
    }
}

fn trunk(body: &Body) -> Reading {
    body.length(body.lengths.trunk, Joint::Hip, body.sight.near)
}
