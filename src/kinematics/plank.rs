//! Side planks: a body on its side across the picture, chest or back to the camera. Nothing here asks for a facing.

use super::body::{Body, Plane};
use super::{Plank, PlankAngles, Reading, Unseen};
use crate::geometry::{ImagePoint, inclination_deg, midpoint};
use crate::pose::{Joint, Landmark, Landmarks};
use crate::units::Side;
use nalgebra::Vector2;

pub(super) fn plank(body: &Body) -> Plank {
    let down = down(body);
    let angles = match down {
        Ok(down) => angles(body, down),
        Err(why) => PlankAngles::build(|_| Err(why)),
    };
    Plank { down, angles }
}

/// The side whose shoulder is lower.
fn down(body: &Body) -> Result<Side, Unseen> {
    let [left, right] = body.need(Plane::Frontal, both(Joint::Shoulder))?;
    if !body.lies_across() {
        return Err(Unseen::NotReached);
    }
    Ok(if left.y > right.y { Side::Left } else { Side::Right })
}

fn angles(body: &Body, down: Side) -> PlankAngles {
    let of = |joint| Landmark::of(joint, down);
    PlankAngles {
        bend: bend(body, Joint::Knee),
        bend_full: bend(body, Joint::Ankle),
        upper_arm: upper_arm(body, down),
        length: length(body),
        stacked: stacked(body, Joint::Shoulder),
        hips_stacked: stacked(body, Joint::Hip),
        head: head(body),
        knee_down: knee(body, down),
        knee_top: knee(body, down.other()),
        top_leg: top_leg(body, down),
        askew: askew(body, down),
        hip_height: body.height(of(Joint::Hip), Plane::Frontal).and_then(|px| Ok(px / trunk(body)?)),
        hip_lift: hip_lift(body),
    }
}

fn both(joint: Joint) -> [Landmark; 2] {
    Side::BOTH.map(|side| Landmark::of(joint, side))
}

/// The middle of a joint's two sides, both of which must be seen: one alone lies half a body's width off.
fn centre(body: &Body, joint: Joint) -> Result<ImagePoint, Unseen> {
    let [left, right] = body.need(Plane::Frontal, both(joint))?;
    Ok(midpoint(left, right))
}

fn centre_at_rest(body: &Body, joint: Joint) -> Result<ImagePoint, Unseen> {
    let [left, right] = both(joint).map(|landmark| body.rest(landmark));
    Ok(midpoint(left?, right?))
}

fn trunk(body: &Body) -> Reading {
    body.length(body.lengths.trunk, Joint::Hip, body.sight.near)
}

/// +1 where the feet lie screen right of the head.
fn feet_are(body: &Body) -> Result<f64, Unseen> {
    let along = centre(body, Joint::Hip)? - centre(body, Joint::Shoulder)?;
    Ok(along.x.signum())
}

/// Distance of the shoulder joints, and length of the upper arm, trunk lengths.
const SHOULDERS: f64 = 0.755;
const UPPER_ARM: f64 = 0.664;

fn askew(body: &Body, down: Side) -> Reading {
    body.need(Plane::Frontal, [Landmark::of(Joint::Elbow, down), Landmark::of(Joint::Shoulder, down)])?;
    askew_deg(&body.points, down).ok_or(Unseen::NotReached)
}

/// A body turned out of the picture looks shorter along, not up and down: the trunk, which lies along, against the
/// supporting arm and the stacked shoulders, which stand up. With c the cosine of the turn, each of them has
/// (x / c)² + y² for its length. Perspective makes the nearer end look larger: where the head is the farther end, arm and
/// shoulders look small and a turn is seen late.
pub(super) fn askew_deg(points: &Landmarks<Option<ImagePoint>>, down: Side) -> Option<f64> {
    let middle = |joint| both(joint).map(|landmark| points[landmark]);
    let ([left, right], [left_hip, right_hip]) = (middle(Joint::Shoulder), middle(Joint::Hip));
    let (left, right) = (left?, right?);
    let trunk = midpoint(left, right) - midpoint(left_hip?, right_hip?);
    let arm = points[Landmark::of(Joint::Shoulder, down)]? - points[Landmark::of(Joint::Elbow, down)]?;
    let squared_cosine = |upright: Vector2<f64>, share: f64| {
        let (across, tall) = ((upright.x / share).powi(2), (upright.y / share).powi(2));
        let (long, high) = (trunk.x.powi(2) - across, tall - trunk.y.powi(2));
        (long > 0.0 && high > 0.0).then(|| (long / high).min(1.5))
    };
    let squared = 0.5 * (squared_cosine(arm, UPPER_ARM)? + squared_cosine(left - right, SHOULDERS)?);
    Some(squared.min(1.0).sqrt().acos().to_degrees())
}

/// At the hip, of shoulder–hip–`end`, + hip below the line.
fn bend(body: &Body, end: Joint) -> Reading {
    let hip = centre(body, Joint::Hip)?;
    let (above, below) = (hip - centre(body, Joint::Shoulder)?, centre_of_legs(body, end)? - hip);
    Ok(feet_are(body)? * -turn_deg(above, below))
}

/// The middle of both knees or ankles. Where one is hidden under the other, that one tells: it lies off the middle as its hip
/// does.
fn centre_of_legs(body: &Body, joint: Joint) -> Result<ImagePoint, Unseen> {
    let [left_hip, right_hip] = body.need(Plane::Frontal, both(Joint::Hip))?;
    let off = 0.5 * (left_hip - right_hip);
    match both(joint).map(|end| body.need(Plane::Frontal, [end]).map(|[at]| at)) {
        [Ok(left), Ok(right)] => Ok(midpoint(left, right)),
        [Ok(left), Err(_)] => Ok(left - off),
        [Err(_), Ok(right)] => Ok(right + off),
        [Err(why), Err(_)] => Err(why),
    }
}

/// From one direction to the next, degrees, + clockwise on screen.
fn turn_deg(from: Vector2<f64>, to: Vector2<f64>) -> f64 {
    from.perp(&to).atan2(from.dot(&to)).to_degrees()
}

fn upper_arm(body: &Body, down: Side) -> Reading {
    let elbow = Landmark::of(Joint::Elbow, down);
    let [at, shoulder] = body.need(Plane::Frontal, [elbow, Landmark::of(Joint::Shoulder, down)])?;
    inclination_deg(at, shoulder, feet_are(body)?).ok_or(Unseen::Hidden(elbow))
}

fn length(body: &Body) -> Reading {
    let of = |at: fn(&Body, Joint) -> Result<ImagePoint, Unseen>| -> Reading {
        let (shoulder, hip, knee) = (at(body, Joint::Shoulder)?, at(body, Joint::Hip)?, at(body, Joint::Knee)?);
        Ok((shoulder - hip).norm() + (hip - knee).norm())
    };
    let (now, rest) = (of(centre)?, of(centre_at_rest)?);
    if rest > 0.0 { Ok(now / rest) } else { Err(Unseen::NoBaseline) }
}

/// How far apart a joint's sides lie across the trunk, against the baseline's.
fn stacked(body: &Body, joint: Joint) -> Reading {
    let across = |axis: Vector2<f64>, [left, right]: [ImagePoint; 2]| {
        axis.try_normalize(1e-9).map(|axis| axis.perp(&(left - right)).abs()).ok_or(Unseen::Hidden(both(joint)[0]))
    };
    let now =
        across(centre(body, Joint::Shoulder)? - centre(body, Joint::Hip)?, body.need(Plane::Frontal, both(joint))?)?;
    let [left, right] = both(joint).map(|landmark| body.rest(landmark));
    let axis = centre_at_rest(body, Joint::Shoulder)? - centre_at_rest(body, Joint::Hip)?;
    let rest = across(axis, [left?, right?])?;
    if rest > 0.0 { Ok(now / rest) } else { Err(Unseen::NoBaseline) }
}

fn head(body: &Body) -> Reading {
    let shoulder = centre(body, Joint::Shoulder)?;
    let (trunk, neck) = (shoulder - centre(body, Joint::Hip)?, centre(body, Joint::Ear)? - shoulder);
    Ok(feet_are(body)? * -turn_deg(trunk, neck))
}

/// The thigh lies in the picture and is about as long as the shank; what the shank lacks along the thigh's line, it has
/// bent, in the picture or away from the camera.
fn knee(body: &Body, side: Side) -> Reading {
    let [hip, knee, ankle] = [Joint::Hip, Joint::Knee, Joint::Ankle].map(|joint| Landmark::of(joint, side));
    let [hip_at, knee_at, ankle_at] = body.need(Plane::Frontal, [hip, knee, ankle])?;
    let (thigh, shank) = (knee_at - hip_at, ankle_at - knee_at);
    let length = thigh.norm();
    if length <= 0.0 {
        return Err(Unseen::Hidden(knee));
    }
    Ok((thigh.dot(&shank) / (length * length.max(shank.norm()))).clamp(-1.0, 1.0).acos().to_degrees())
}

/// + when the upper thigh is raised off the lower one.
fn top_leg(body: &Body, down: Side) -> Reading {
    let thigh = |side| -> Result<Vector2<f64>, Unseen> {
        let [hip, knee] =
            body.need(Plane::Frontal, [Landmark::of(Joint::Hip, side), Landmark::of(Joint::Knee, side)])?;
        Ok(knee - hip)
    };
    let (upper, lower) = (thigh(down.other())?, thigh(down)?);
    Ok(feet_are(body)? * -turn_deg(lower, upper))
}

fn hip_lift(body: &Body) -> Reading {
    let (now, rest) = (centre(body, Joint::Hip)?, centre_at_rest(body, Joint::Hip)?);
    Ok((rest.y - now.y) / trunk(body)?)
}
