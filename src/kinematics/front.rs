//! Frontal measures: what only a front or rear view shows.

use super::body::{Body, Plane};
use super::limbs::slope_deg;
use super::{Front, Reading, Unseen};
use crate::geometry::midpoint;
use crate::pose::{Joint, Landmark};
use crate::units::Side;
use Plane::Frontal;

/// Feet (or shoulders) closer together than this make no ratio, trunk lengths: about three times the points' jitter.
const LEAST_WIDTH: f64 = 0.05;

/// How much longer a line between the sides may become: leaning 25 cm towards a camera 2 m away makes it 14 % longer.
const MOST_GROWN: f64 = 1.2;

pub(super) fn front(body: &Body) -> Front {
    Front {
        kts: ratio(body, Joint::Knee, Joint::BigToe),
        kasr: ratio(body, Joint::Knee, Joint::Ankle),
        stance_width: ratio(body, Joint::Ankle, Joint::Shoulder),
        shoulder_line: line(body, Joint::Shoulder),
        hip_line: line(body, Joint::Hip),
        hip_shift: hip_shift(body),
        hip_drop: hip_drop(body),
    }
}

fn both(joint: Joint) -> [Landmark; 2] {
    Side::BOTH.map(|side| Landmark::of(joint, side))
}

/// How far apart a joint's two sides lie over how far apart another's do, along x.
fn ratio(body: &Body, of: Joint, to: Joint) -> Reading {
    let [of_left, of_right] = both(of);
    let [to_left, to_right] = both(to);
    let [a, b, c, d] = body.need(Frontal, [of_left, of_right, to_left, to_right])?;
    let width = (d.x - c.x).abs();
    if width <= LEAST_WIDTH * body.lengths.trunk.unwrap_or(0.0) {
        return Err(Unseen::MarginTooWide);
    }
    Ok((b.x - a.x).abs() / width)
}

/// From horizontal, degrees, + the person's left side higher. Of somebody who keeps facing the camera it grows no longer:
/// where it does, a hidden joint was put on something else.
fn line(body: &Body, joint: Joint) -> Reading {
    let [left, right] = body.need(Frontal, both(joint))?;
    if let [Ok(rest_left), Ok(rest_right)] = both(joint).map(|landmark| body.rest(landmark))
        && (left - right).norm() > MOST_GROWN * (rest_left - rest_right).norm()
    {
        // The one that went further to the side.
        let strayed = usize::from((right.x - rest_right.x).abs() > (left.x - rest_left.x).abs());
        return Err(Unseen::Hidden(both(joint)[strayed]));
    }
    slope_deg(right, left).ok_or(Unseen::Hidden(both(joint)[0]))
}

/// Mid-hip from mid-ankle over the hips' width, + towards the person's left.
fn hip_shift(body: &Body) -> Reading {
    let [hip_left, hip_right] = both(Joint::Hip);
    let [ankle_left, ankle_right] = both(Joint::Ankle);
    let [a, b, c, d] = body.need(Frontal, [hip_left, hip_right, ankle_left, ankle_right])?;
    let width = (a.x - b.x).abs();
    if width <= LEAST_WIDTH * body.lengths.trunk.unwrap_or(0.0) {
        return Err(Unseen::MarginTooWide);
    }
    Ok(body.sight.left_is * (midpoint(a, b).x - midpoint(c, d).x) / width)
}

/// Mid-hip below its baseline position over the leg's length.
fn hip_drop(body: &Body) -> Reading {
    let [left, right] = body.need(Frontal, both(Joint::Hip))?;
    let [rest_left, rest_right] = both(Joint::Hip).map(|hip| body.rest(hip));
    let rest = midpoint(rest_left?, rest_right?);
    let leg = body.lengths.leg().filter(|&px| px > 0.0).ok_or(Unseen::Hidden(Landmark::LeftKnee))?;
    Ok((midpoint(left, right).y - rest.y) / leg)
}
