//! Sagittal measures: limbs, trunk, head and the hip's travel.

use super::body::{Body, Plane};
use super::{Limbs, Reading, Unseen};
use crate::geometry::{ImagePoint, flexion_deg, inclination_deg, midpoint, wrap_deg};
use crate::pose::{Joint, Landmark};
use crate::units::Side;
use Plane::Sagittal;

/// Below this sum of hip and knee flexion their share is noise over noise, degrees.
const LEAST_BEND_DEG: f64 = 15.0;

/// A shank, and a foot, of less than this of its length at rest is misplaced. On rendered squats shanks keep 0.84 and lifted
/// feet 0.73; on a real one (sq01_rohan), whose heels stay down, the shank is left 0.71 to 0.77 and the foot 0.63 to 0.68.
const SHANK_KEPT: f64 = 0.8;
const FOOT_KEPT: f64 = 0.7;
/// Heels nearer to each other than this part of their distance at rest are one heel, seen twice: on that clip they are left
/// 0.03 to 0.1 where both are put on the far foot.
const HEELS_KEPT: f64 = 0.4;
/// Only heels that stood apart in the picture by this part of a foot tell.
const HEELS_APART: f64 = 0.3;
/// A foot is stiff: about the toe its ankle turns as far as its heel, give or take so much, degrees. On rendered squats, with
/// lifted heels and without, they agree to 7; on that clip the heel is mostly turned by 12 to 21 more.
const STIFF_FOOT_DEG: f64 = 10.0;

pub(super) fn limbs(body: &Body, side: Side) -> Limbs {
    let of = |joint| Landmark::of(joint, side);
    let (shoulder, elbow, wrist) = (of(Joint::Shoulder), of(Joint::Elbow), of(Joint::Wrist));
    let (hip, knee, ankle) = (of(Joint::Hip), of(Joint::Knee), of(Joint::Ankle));
    let knee_flexion = flexion(body, [hip, knee, ankle], Bends::Back);
    let hip_flexion = flexion(body, [shoulder, hip, knee], Bends::Forward);
    let thigh = inclination(body, knee, hip);
    Limbs {
        knee: knee_flexion,
        hip: hip_flexion,
        shank: inclination(body, ankle, knee),
        thigh,
        thigh_up: thigh.map(|deg| wrap_deg(90.0 + deg)),
        share: share(hip_flexion, knee_flexion),
        heel_rise: heel_rise(body, side),
        stance: inclination(body, ankle, hip),
        knee_over_ankle: knee_over_ankle(body, side),
        knee_over_toe: knee_over_toe(body, side),
        knee_in: knee_in(body, side),
        elbow: flexion(body, [shoulder, elbow, wrist], Bends::Either),
        // From straight down, forwards: the mirror image, top to bottom, of an inclination.
        upper_arm: inclination(body, elbow, shoulder).map(|deg| -deg),
        arm_line: elevation(body, shoulder, wrist),
        leg_line: elevation(body, hip, ankle),
    }
}

/// Near trunk line from vertical, degrees, + forward.
pub(super) fn trunk(body: &Body) -> Reading {
    inclination(body, body.near(Joint::Hip), body.near(Joint::Shoulder))
}

/// Ear–shoulder–hip bend, degrees, + chin forward/down.
pub(super) fn head(body: &Body) -> Reading {
    let neck = inclination(body, body.near(Joint::Shoulder), body.near(Joint::Ear))?;
    Ok(wrap_deg(neck - trunk(body)?))
}

/// The near hip's way forward from its baseline position, trunk lengths.
pub(super) fn hip_forward(body: &Body) -> Reading {
    let hip = body.near(Joint::Hip);
    let [now] = body.need(Sagittal, [hip])?;
    let moved = now - body.rest(hip)?;
    Ok(body.sight.facing * moved.x / body.length(body.lengths.trunk, Joint::Hip, body.sight.near)?)
}

/// The hip's way up from its baseline position, trunk lengths.
pub(super) fn hip_up(body: &Body) -> Reading {
    let trunk = |side| body.length(body.lengths.trunk, Joint::Hip, side);
    if body.in_view(Sagittal).is_ok() {
        let hip = body.near(Joint::Hip);
        let [now] = body.need(Plane::Any, [hip])?;
        return Ok((body.rest(hip)?.y - now.y) / trunk(body.sight.near)?);
    }
    let hips = [Landmark::LeftHip, Landmark::RightHip];
    let [left, right] = body.need(Plane::Any, hips)?;
    let rest = midpoint(body.rest(hips[0])?, body.rest(hips[1])?);
    Ok((rest.y - midpoint(left, right).y) / trunk(Side::Left)?)
}

/// Which way the lower segment goes as a joint bends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Bends {
    Forward,
    Back,
    /// As the arm turns.
    Either,
}

/// Up to this many degrees a joint may read as bent the other way: no leg overextends further.
const OVEREXTENDED_DEG: f64 = 25.0;

/// Nearly straight joints have a sign, − where they bend the other way: without it a model's errors would fold into
/// flexion at rest, and a repetition that ends short would be measured against too much of it. A joint that is clearly
/// bent is bent the only way it can, whatever the facing.
fn flexion(body: &Body, chain: [Landmark; 3], bends: Bends) -> Reading {
    let [a, b, c] = body.need(Sagittal, chain)?;
    let deg = flexion_deg(a, b, c).ok_or(Unseen::Hidden(chain[1]))?;
    // On screen, y down, a lower segment that goes back has turned clockwise from the upper one's line when facing right.
    let back = body.sight.facing * (b - a).perp(&(c - b));
    let wrong = match bends {
        Bends::Forward => back > 0.0,
        Bends::Back => back < 0.0,
        Bends::Either => false,
    };
    Ok(if wrong && deg < OVEREXTENDED_DEG { -deg } else { deg })
}

/// Of the line from one point up to another, degrees from vertical, + forward.
pub(super) fn inclination(body: &Body, from: Landmark, to: Landmark) -> Reading {
    let [a, b] = body.need(Sagittal, [from, to])?;
    inclination_deg(a, b, body.sight.facing).ok_or(Unseen::Hidden(to))
}

/// Of the line from one point out to another, degrees from horizontal, −90..=90, + above.
pub(super) fn elevation(body: &Body, from: Landmark, to: Landmark) -> Reading {
    let [a, b] = body.need(Sagittal, [from, to])?;
    slope_deg(a, b).ok_or(Unseen::Hidden(to))
}

/// Slope of the line from `a` to `b` whichever way it runs, degrees, + `b` above `a`. `None` when they coincide.
pub(super) fn slope_deg(a: ImagePoint, b: ImagePoint) -> Option<f64> {
    let d = b - a;
    (d.norm_squared() > 0.0).then(|| (-d.y).atan2(d.x.abs()).to_degrees())
}

fn share(hip: Reading, knee: Reading) -> Reading {
    let (hip, knee) = (hip?, knee?);
    if hip + knee < LEAST_BEND_DEG { Err(Unseen::NotReached) } else { Ok(hip / (hip + knee)) }
}

/// A heel that rises takes neither from the foot's length nor from the shank's, nor does it go where the other heel is or
/// leave the ankle behind: a model that loses the foot under a deep squat puts heel and ankle up the shank, or the heel on
/// the other foot. Nor does the foot turn only by its toe going down: heel and ankle are higher than they were. (Of 22 drawn
/// squats soles read 10° too far up on the average by their turning alone, and 4° by both.)
fn heel_rise(body: &Body, side: Side) -> Reading {
    let [knee, ankle, heel, toe] =
        [Joint::Knee, Joint::Ankle, Joint::Heel, Joint::BigToe].map(|joint| Landmark::of(joint, side));
    let [heel_now, toe_now, ankle_now] = body.need(Sagittal, [heel, toe, ankle])?;
    let other_heel = Landmark::of(Joint::Heel, side.other());
    let stood_apart = rest_length(body, heel, other_heel)
        .and_then(|apart| Ok(apart >= HEELS_APART * rest_length(body, heel, toe)?))
        .unwrap_or(false);
    if !keeps(body, heel, toe, FOOT_KEPT)
        || !keeps(body, knee, ankle, SHANK_KEPT)
        || (stood_apart && !keeps(body, heel, other_heel, HEELS_KEPT))
    {
        return Err(Unseen::Hidden(heel));
    }
    let about = |toe_at: ImagePoint, now: ImagePoint, of: Landmark| {
        let rest = slope_deg(body.rest(toe)?, body.rest(of)?).ok_or(Unseen::NoBaseline)?;
        Ok(slope_deg(toe_at, now).ok_or(Unseen::Hidden(of))? - rest)
    };
    let turned = about(toe_now, heel_now, heel)?;
    let planted = body.rest(toe)?;
    let lifted = (about(planted, heel_now, heel)? + about(planted, ankle_now, ankle)?) / 2.0;
    let stiff = (about(toe_now, ankle_now, ankle)? - turned).abs() <= STIFF_FOOT_DEG;
    if stiff { Ok(turned.min(lifted)) } else { Err(Unseen::Hidden(heel)) }
}

/// Whether a segment that lies in the picture has this share of its length at rest; where it is not known it may.
fn keeps(body: &Body, from: Landmark, to: Landmark, share: f64) -> bool {
    let is = body.need(Sagittal, [from, to]).map(|[from, to]| (to - from).norm());
    rest_length(body, from, to).and_then(|was| Ok(is? >= share * was)).unwrap_or(true)
}

fn rest_length(body: &Body, from: Landmark, to: Landmark) -> Reading {
    Ok((body.rest(to)? - body.rest(from)?).norm())
}

fn knee_over_ankle(body: &Body, side: Side) -> Reading {
    let [knee, ankle] = body.need(Sagittal, [Landmark::of(Joint::Knee, side), Landmark::of(Joint::Ankle, side)])?;
    let shank = body.length(body.lengths.shank, Joint::Knee, side)?;
    Ok(body.sight.facing * (knee.x - ankle.x) / shank)
}

/// How far the knee has left the line from hip to ankle, towards the other leg.
fn knee_in(body: &Body, side: Side) -> Reading {
    let chain = [Joint::Hip, Joint::Knee, Joint::Ankle].map(|joint| Landmark::of(joint, side));
    let [hip, knee, ankle] = body.need(Plane::Frontal, chain)?;
    let deg = flexion_deg(hip, knee, ankle).ok_or(Unseen::Hidden(chain[1]))?;
    // On screen, y down, going down the leg: a shank that turns clockwise from the thigh's line goes screen left, from a
    // knee that stands out to the right.
    let knee_is_right = (knee - hip).perp(&(ankle - knee)) > 0.0;
    let inward = match side {
        Side::Left => -body.sight.left_is,
        Side::Right => body.sight.left_is,
    };
    Ok(if knee_is_right { inward * deg } else { -inward * deg })
}

/// Outward is the person's left for the left knee.
fn knee_over_toe(body: &Body, side: Side) -> Reading {
    let [knee, toe] =
        body.need(Plane::Frontal, [Landmark::of(Joint::Knee, side), Landmark::of(Joint::BigToe, side)])?;
    let shank = body.length(body.lengths.shank, Joint::Ankle, side)?;
    let outward = match side {
        Side::Left => body.sight.left_is,
        Side::Right => -body.sight.left_is,
    };
    Ok(outward * (knee.x - toe.x) / shank)
}
