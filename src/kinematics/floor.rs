//! On the back and on hands and knees: limbs against the floor, the hollow of the back, the hips' place.

use super::body::{Body, Plane};
use super::limbs::{inclination, slope_deg};
use super::{Floor, FloorLimbs, FloorTrunk, Limbs, Reading, Unseen, View};
use crate::geometry::{ImagePoint, midpoint, wrap_deg};
use crate::pose::{BackContour, Joint, Landmark, Landmarks};
use crate::units::Side;
use Plane::{Frontal, Sagittal};

/// An arm or leg whose line in the baseline is less than this below level is out already, degrees.
const LEAST_DOWN_DEG: f64 = 20.0;
/// Wrist joint of a hand lying on the floor, trunk lengths above it: 50 mm of 490.
const WRIST_CLEARANCE: f64 = 0.10;
/// Hands nearer to each other than this share of an arm are one hand seen twice: exact ones lie 0.07 apart and more from 4 m.
const TWINS: f64 = 0.05;
/// A hand on the floor stays where hands were, to this share of an arm: a far one lies 0.15 higher than a near one from 1.8 m.
const STAYS: f64 = 0.3;
/// A shank of less than this of its length at rest is none: the raised one of bd01_honza, whose foot is out of the picture,
/// is left 0.3.
const SHANK_KEPT: f64 = 0.5;

/// `limbs` are the left and right ones.
pub(super) fn floor(body: &Body, back: Option<&BackContour>, limbs: [&Limbs; 2]) -> Floor {
    let outs = Side::BOTH.map(|side| Out { leg: leg_out(body, side, limbs), arm: arm_out(body, side, limbs) });
    let of = |side: Side| FloorLimbs {
        thigh_lowered: inclination(body, Landmark::of(Joint::Hip, side), Landmark::of(Joint::Knee, side)),
        leg_raise: leg_raise(body, side),
        foot_height: foot_height(body, side),
        wrist_height: wrist_height(body, side),
        arm_support: inclination(body, Landmark::of(Joint::Wrist, side), Landmark::of(Joint::Shoulder, side)),
        leg_out: outs[side as usize].leg,
        arm_out: outs[side as usize].arm,
        reach: reach(body, outs[side as usize].leg, outs[side.other() as usize].arm),
    };
    let [raised_arm, resting_hand] = match nearness(body) {
        Ok([raised, resting]) => [Ok(raised), Ok(resting)],
        Err(why) => [Err(why); 2],
    };
    let trunk = FloorTrunk {
        arch: arch(body, back),
        ribs: ribs(body),
        weight_shift: weight_shift(body),
        hip_tilt: tilt(body, Joint::Hip),
        shoulder_tilt: tilt(body, Joint::Shoulder),
        raised_arm,
        resting_hand,
        lowered_leg: lowered_leg(body),
    };
    Floor { left: of(Side::Left), right: of(Side::Right), trunk }
}

struct Out {
    leg: Reading,
    arm: Reading,
}

/// Hip→ankle above the level ahead, degrees.
pub(super) fn leg_raise(body: &Body, side: Side) -> Reading {
    // From straight down, forwards, the zero moved to the level.
    let from_down = -inclination(body, Landmark::of(Joint::Ankle, side), Landmark::of(Joint::Hip, side))?;
    Ok(wrap_deg(from_down - 90.0))
}

/// Of the lower of heel and toe.
fn foot_height(body: &Body, side: Side) -> Reading {
    let [heel, toe] = [Joint::Heel, Joint::BigToe].map(|joint| Landmark::of(joint, side));
    let height = body.height(heel, Sagittal)?.min(body.height(toe, Sagittal)?);
    Ok(height / body.length(body.lengths.shank, Joint::Ankle, side)?)
}

fn wrist_height(body: &Body, side: Side) -> Reading {
    let height = body.height(Landmark::of(Joint::Wrist, side), Sagittal)?;
    Ok(height / trunk_px(body)? - WRIST_CLEARANCE)
}

fn trunk_px(body: &Body) -> Reading {
    body.length(body.lengths.trunk, Joint::Hip, body.sight.near)
}

fn leg_out(body: &Body, side: Side, limbs: [&Limbs; 2]) -> Reading {
    match body.in_view(Frontal) {
        Ok(()) => risen(body, Landmark::of(Joint::Ankle, side), Landmark::of(Joint::Hip, side)),
        Err(_) => {
            has_shank(body, side)?;
            levelled(body, side, limbs, |limbs| limbs.leg_line)
        }
    }
}

/// Seen from the side a shank keeps its length, on the floor or in the air: an ankle too near its knee is guessed, of a foot
/// that left the picture. Where there is nothing to compare it with it is believed.
fn has_shank(body: &Body, side: Side) -> Result<(), Unseen> {
    let shank = |side| [Joint::Knee, Joint::Ankle].map(|joint| Landmark::of(joint, side));
    let rest = |side| {
        let [knee, ankle] = shank(side).map(|end| body.rest(end));
        Ok::<_, Unseen>((knee? - ankle?).norm())
    };
    match (body.need(Sagittal, shank(side)), rest(body.sight.near).or(rest(side))) {
        (Ok([knee, ankle]), Ok(whole)) if (knee - ankle).norm() < SHANK_KEPT * whole => {
            Err(Unseen::Hidden(shank(side)[1]))
        }
        _ => Ok(()),
    }
}

fn arm_out(body: &Body, side: Side, limbs: [&Limbs; 2]) -> Reading {
    match body.in_view(Frontal) {
        Ok(()) => risen(body, Landmark::of(Joint::Wrist, side), Landmark::of(Joint::Shoulder, side)),
        Err(_) => levelled(body, side, limbs, |limbs| limbs.arm_line),
    }
}

/// How far a line has come from its place in the baseline up to level. On hands and knees both sides stand alike and the far
/// one hides behind the near one, so the near one's place is both's.
fn levelled(body: &Body, side: Side, limbs: [&Limbs; 2], line: fn(&Limbs) -> Reading) -> Reading {
    let now = line(limbs[side as usize])?;
    let rest = &body.baseline()?.rest;
    let rest = line(rest.limbs(body.sight.near)).or(line(rest.limbs(side)))?;
    if rest > -LEAST_DOWN_DEG { Err(Unseen::NotReached) } else { Ok(1.0 - now / rest) }
}

/// How far the end of a limb has come from its place in the baseline up to its root's height there.
fn risen(body: &Body, end: Landmark, root: Landmark) -> Reading {
    let [now] = body.need(Frontal, [end])?;
    let (end_rest, root_rest) = (body.rest(end)?, body.rest(root)?);
    let whole = end_rest.y - root_rest.y;
    if whole <= 0.2 * trunk_or_leg(body) { Err(Unseen::NotReached) } else { Ok((end_rest.y - now.y) / whole) }
}

/// How long the arm looks whose hand is higher, and how far the other hand is below where hands were, both by the nearer arm of
/// the baseline. Which arm a model takes for which is not asked.
fn nearness(body: &Body) -> Result<[f64; 2], Unseen> {
    let wrists = Side::BOTH.map(|side| Landmark::of(Joint::Wrist, side));
    let shoulders = Side::BOTH.map(|side| Landmark::of(Joint::Shoulder, side));
    let [left, right] = body.need(Plane::StrictlySagittal, wrists)?;
    let [a, b] = body.need(Plane::StrictlySagittal, shoulders)?;
    let shoulder = midpoint(a, b);
    let [rest_left, rest_right] = wrists.map(|wrist| body.rest(wrist));
    let [rest_a, rest_b] = shoulders.map(|shoulder| body.rest(shoulder));
    let (rest_left, rest_right, rest_shoulder) = (rest_left?, rest_right?, midpoint(rest_a?, rest_b?));
    let arm = (rest_left - rest_shoulder).norm().max((rest_right - rest_shoulder).norm());
    let (raised, resting) = if left.y < right.y { (left, right) } else { (right, left) };
    if arm <= 0.0 {
        return Err(Unseen::NoBaseline);
    }
    // One of them was put on the other.
    if (left - right).norm() < TWINS * arm {
        return Err(Unseen::NotReached);
    }
    let below = (resting.y - rest_left.y.max(rest_right.y)) / arm;
    // A hand that lies nowhere near where hands were is none.
    if below.abs() > STAYS { Err(Unseen::NotReached) } else { Ok([(raised - shoulder).norm() / arm, below]) }
}

/// How long the leg looks whose knee is lower in the picture, over the other one. Which leg a model takes for which is not asked.
fn lowered_leg(body: &Body) -> Reading {
    let joints = [Joint::Hip, Joint::Knee, Joint::Ankle];
    let [left, right] =
        Side::BOTH.map(|side| body.need(Plane::StrictlySagittal, joints.map(|j| Landmark::of(j, side))));
    let [left, right] = [left?, right?];
    let px = |[hip, knee, ankle]: [ImagePoint; 3]| (knee - hip).norm() + (ankle - knee).norm();
    let (lowered, other) = if left[1].y > right[1].y { (left, right) } else { (right, left) };
    if px(other) <= 0.0 { Err(Unseen::NotReached) } else { Ok(px(lowered) / px(other)) }
}

fn trunk_or_leg(body: &Body) -> f64 {
    body.lengths.thigh.or(body.lengths.trunk).unwrap_or(0.0)
}

/// A head or a leg towards the camera hides what is behind it, so end-on views go by the limbs this side of the body.
fn reach(body: &Body, leg: Reading, opposite_arm: Reading) -> Reading {
    match body.sight.view {
        View::Rear => leg,
        View::Front => opposite_arm,
        _ => Ok(leg?.min(opposite_arm?)),
    }
}

/// The deepest point of the outline below the line from sacrum to T8, against the baseline's.
fn arch(body: &Body, back: Option<&BackContour>) -> Reading {
    let Some(back) = back else { return Err(if body.anyone { Unseen::NoOutline } else { Unseen::NoPerson }) };
    body.in_view(Plane::StrictlySagittal)?;
    let rest = body.baseline()?.hollow_px.ok_or(Unseen::NoBaseline)?;
    Ok((hollow_px(back).ok_or(Unseen::NoOutline)? - rest) / trunk_px(body)?)
}

/// Depth of the hollow, px; `None` where less than two thirds of the outline is seen. A back pressed flat has none.
pub(super) fn hollow_px(back: &BackContour) -> Option<f64> {
    let seen = back.offsets.iter().flatten();
    let enough = seen.clone().count() * 3 >= BackContour::STATIONS * 2;
    enough.then(|| -seen.fold(0.0, |low: f64, &offset| low.min(offset)))
}

/// The xiphoid's way from the line hip–shoulder against the baseline's.
fn ribs(body: &Body) -> Reading {
    let landmarks = [Landmark::Xiphoid, body.near(Joint::Hip), body.near(Joint::Shoulder)];
    let now = body.need(Plane::StrictlySagittal, landmarks)?;
    let [xiphoid, hip, shoulder] = landmarks.map(|landmark| body.rest(landmark));
    let off = |[xiphoid, hip, shoulder]: [ImagePoint; 3]| {
        (shoulder - hip).try_normalize(1e-9).map(|axis| axis.perp(&(xiphoid - hip)).abs())
    };
    let change = off(now).zip(off([xiphoid?, hip?, shoulder?])).map(|(now, rest)| now - rest);
    Ok(change.ok_or(Unseen::Hidden(landmarks[0]))? / trunk_px(body)?)
}

fn weight_shift(body: &Body) -> Reading {
    if body.in_view(Frontal).is_err() {
        return super::limbs::hip_forward(body);
    }
    let hips = Side::BOTH.map(|side| Landmark::of(Joint::Hip, side));
    let [left, right] = body.need(Frontal, hips)?;
    let [rest_left, rest_right] = hips.map(|hip| body.rest(hip));
    let moved = midpoint(left, right) - midpoint(rest_left?, rest_right?);
    Ok(body.sight.left_is * moved.x / body.length(body.lengths.trunk_or_its_worth(), Joint::Hip, Side::Left)?)
}

/// A line across the body against the baseline's, degrees.
fn tilt(body: &Body, joint: Joint) -> Reading {
    let landmarks = Side::BOTH.map(|side| Landmark::of(joint, side));
    let [left, right] = body.need(Frontal, landmarks)?;
    let now = slope_deg(right, left).ok_or(Unseen::Hidden(landmarks[0]))?;
    let [rest_left, rest_right] = landmarks.map(|landmark| body.rest(landmark));
    let rest = slope_deg(rest_right?, rest_left?).ok_or(Unseen::NoBaseline)?;
    Ok(now - rest)
}

/// Where the floor is, px down the upright picture: no joint comes nearer to it than its flesh allows, so it lies where
/// the lowest of them touches it. `back` are the ends of the back's outline, which are skin.
pub(super) fn floor_y(
    points: &Landmarks<Option<ImagePoint>>,
    back: [Option<ImagePoint>; 2],
    trunk: f64,
) -> Option<f64> {
    let joints = CLEARANCES.iter().flat_map(|&(joint, _)| {
        Side::BOTH.iter().filter_map(move |&side| Some(floor_under(points, joint, side, trunk)?.y))
    });
    let skin = back.into_iter().flatten().map(|at| at.y);
    joints.chain(skin).fold(None, |lowest: Option<f64>, y| Some(lowest.map_or(y, |low| low.max(y))))
}

/// The point of the floor under a joint that touches it with its flesh.
pub(super) fn floor_under(
    points: &Landmarks<Option<ImagePoint>>,
    joint: Joint,
    side: Side,
    trunk: f64,
) -> Option<ImagePoint> {
    let (_, clearance) = CLEARANCES.iter().find(|(of, _)| *of == joint)?;
    let at = points[Landmark::of(joint, side)]?;
    Some(ImagePoint::new(at.x, at.y + clearance * trunk))
}

/// How near the floor each joint gets when it touches it, trunk lengths.
const CLEARANCES: [(Joint, f64); 8] = [
    (Joint::Shoulder, 0.15),
    (Joint::Elbow, 0.10),
    (Joint::Wrist, WRIST_CLEARANCE),
    (Joint::Hip, 0.14),
    (Joint::Knee, 0.11),
    (Joint::Ankle, 0.11),
    (Joint::Heel, 0.01),
    (Joint::BigToe, 0.01),
];
