//! What the body is on, from one picture: feet, a knee, hands and knees, back, belly, side.
//!
//! Coarse on purpose: it tells exercises apart and start positions from other ones, so every test stands far from what
//! people do on either side of it. The picture is upright here.

use super::body::{Body, Plane};
use super::upright::middle;
use super::{Unseen, View};
use crate::geometry::{ImagePoint, flexion_deg, inclination_deg, midpoint};
use crate::pose::{Joint, Landmark, Landmarks};
use crate::units::Side;
use nalgebra::Vector2;
use serde::Serialize;

/// What a body is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Position {
    /// On the feet, in whatever depth or fold; sitting too.
    Upright,
    /// Standing on one leg, the other straight and up before the body.
    LegUp,
    /// One knee down, the other foot before it, trunk up.
    HalfKneeling,
    /// On hands and knees, limbs stretched out or not.
    AllFours,
    /// On the back.
    Supine,
    /// On the belly, or level above it on hands and feet.
    Prone,
    /// On the side, chest or back to the camera; a side plank too.
    SideLying,
}

/// Shoulders this far apart across the trunk, trunk lengths (0.78 when square to the camera): 30 degrees of roll.
const SHOULDERS_ABREAST: f64 = 0.4;
/// A trunk that rises less than this over its hips, thigh lengths, is not held up: 1.15 in kneeling upright.
const TRUNK_LEVEL: f64 = 0.7;
/// A thigh that goes down at least this share of its length hangs under the hip: 53 degrees from level.
const THIGH_DOWN: f64 = 0.6;
/// A shank that goes down less than this share of it lies on the floor, or points at the camera: 30 degrees.
const SHANK_LEVEL: f64 = 0.5;
/// Hands at most this far above or below the knees are on the same floor, thigh lengths; on the floor before straight
/// legs they are a whole shank below.
const HANDS_LEVEL: f64 = 0.5;
/// A knee this far below the other one is a kneeling one, shank lengths: a half-kneeling body has one shank between.
const KNEE_BELOW: f64 = 0.4;
/// An ankle this far before the hip is no kneeling leg's, shank lengths: half-kneeling it is one.
const FOOT_BEFORE: f64 = 0.5;
/// An ankle this far above the other one is raised, leg lengths (RULES.md A2: a quarter) …
const ANKLE_UP: f64 = 0.22;
/// … if that knee is bent less than this, degrees: a step or a march bends it more.
const STRAIGHT_KNEE_DEG: f64 = 45.0;
/// A leg that reaches this far down, in its own length, stands.
const STANDS: f64 = 0.8;

pub(super) fn position(body: &Body) -> Result<Position, Unseen> {
    if !body.anyone {
        return Err(Unseen::NoPerson);
    }
    let either = |joint| middle(&body.points, joint).ok_or(Unseen::Hidden(body.near(joint)));
    let (shoulder, hip) = (either(Joint::Shoulder)?, either(Joint::Hip)?);
    either(Joint::Knee)?;
    let trunk = shoulder - hip;
    if on_side(&body.points) {
        return Ok(Position::SideLying);
    }
    let thigh = body.length(body.lengths.thigh, Joint::Knee, body.sight.near)?;
    let low = -trunk.y < TRUNK_LEVEL * thigh;
    if low && Side::BOTH.iter().any(|&side| kneels_under(body, side, thigh)) && on_hands(body, thigh)? {
        return Ok(Position::AllFours);
    }
    let leg_up = Side::BOTH.iter().any(|&side| ankle_up(body, side).is_some_and(|up| up > ANKLE_UP));
    let on_feet = if leg_up { Position::LegUp } else { Position::Upright };
    if is_level(trunk) {
        let lean = inclination_deg(hip, shoulder, body.sight.facing).unwrap_or(0.0);
        return Ok(match lean {
            lean if lean < 0.0 => Position::Supine,
            _ if Side::BOTH.iter().all(|&side| leg(body, side).is_none()) => {
                return Err(Unseen::Hidden(body.near(Joint::Ankle)));
            }
            _ if Side::BOTH.iter().any(|&side| stands(body, side)) => on_feet,
            _ => Position::Prone,
        });
    }
    if kneeling_side(body).is_ok() {
        return Ok(Position::HalfKneeling);
    }
    Ok(on_feet)
}

/// Nearer to level than to vertical.
fn is_level(line: Vector2<f64>) -> bool {
    line.x.abs() >= line.y.abs()
}

/// On the side, chest or back to the camera: shoulders abreast, and the trunk level, or steeper with the thighs level
/// (hips sunk to the floor, the shoulders still propped up).
pub(super) fn on_side(points: &Landmarks<Option<ImagePoint>>) -> bool {
    let abreast = |trunk: Vector2<f64>| {
        let [left, right] = Side::BOTH.map(|side| points[Landmark::of(Joint::Shoulder, side)]);
        left.zip(right).is_some_and(|(l, r)| trunk.perp(&(l - r)).abs() >= SHOULDERS_ABREAST * trunk.norm_squared())
    };
    off_feet(points).is_some_and(abreast)
}

/// Hip → shoulder of a body whose trunk or thighs are level, unless it is seen end-on, from where a trunk looks shorter
/// than its shoulders are wide.
pub(super) fn off_feet(points: &Landmarks<Option<ImagePoint>>) -> Option<Vector2<f64>> {
    let hip = middle(points, Joint::Hip)?;
    let trunk = middle(points, Joint::Shoulder)? - hip;
    // Both, and at their length: one thigh may point at the camera.
    let thighs_level = || {
        let [left, right] = Side::BOTH.map(|side| points[Landmark::of(Joint::Knee, side)]);
        let thigh = left.zip(right).map(|(l, r)| midpoint(l, r) - hip);
        thigh.is_some_and(|thigh| is_level(thigh) && thigh.norm() >= 0.5 * trunk.norm())
    };
    let shoulders = Side::BOTH.map(|side| points[Landmark::of(Joint::Shoulder, side)]);
    let width = shoulders[0].zip(shoulders[1]).map_or(0.0, |(l, r)| (l - r).norm());
    (trunk.norm() > width.max(1e-9) && (is_level(trunk) || thighs_level())).then_some(trunk)
}

fn leg(body: &Body, side: Side) -> Option<[ImagePoint; 3]> {
    let [hip, knee, ankle] = [Joint::Hip, Joint::Knee, Joint::Ankle].map(|j| body.points[Landmark::of(j, side)]);
    Some([hip?, knee?, ankle?])
}

/// The thigh hangs down and the shank, if it is seen, lies behind it.
fn kneels_under(body: &Body, side: Side, thigh: f64) -> bool {
    let [hip, knee, ankle] = [Joint::Hip, Joint::Knee, Joint::Ankle].map(|j| body.points[Landmark::of(j, side)]);
    let hangs = hip.zip(knee).is_some_and(|(hip, knee)| knee.y - hip.y >= THIGH_DOWN * thigh);
    hangs && knee.zip(ankle).is_none_or(|(knee, ankle)| ankle.y - knee.y <= SHANK_LEVEL * thigh)
}

/// At least one hand is down where the knees are. From behind the legs hide both hands, and a trunk that is low over shanks
/// on the floor rests on them.
fn on_hands(body: &Body, thigh: f64) -> Result<bool, Unseen> {
    let lowest = |joint: Joint| {
        let seen = Side::BOTH.iter().filter_map(|&side| body.points[Landmark::of(joint, side)]);
        seen.map(|p| p.y).fold(None, |low: Option<f64>, y| Some(low.map_or(y, |low| low.max(y))))
    };
    let Some(hand) = lowest(Joint::Wrist) else {
        let from_behind = body.sight.view == View::Rear && lowest(Joint::Ankle).is_some();
        return if from_behind { Ok(true) } else { Err(Unseen::Hidden(body.near(Joint::Wrist))) };
    };
    Ok(lowest(Joint::Knee).is_some_and(|knee| (hand - knee).abs() <= HANDS_LEVEL * thigh))
}

fn stands(body: &Body, side: Side) -> bool {
    let length = body.lengths.leg().unwrap_or(f64::INFINITY);
    leg(body, side).is_some_and(|[hip, _, ankle]| ankle.y - hip.y >= STANDS * length)
}

/// How far this side's ankle is above the other one, leg lengths, of a leg held straight; `None` for a bent or hidden one,
/// for one that is seen from the side to go back, and from ahead, where a leg that points away looks straight.
fn ankle_up(body: &Body, side: Side) -> Option<f64> {
    let [hip, knee, ankle] = leg(body, side)?;
    let behind = body.sight.facing * (ankle.x - hip.x) < 0.0;
    match body.sight.view {
        View::Front | View::Rear => return None,
        View::Side if behind => return None,
        View::Side | View::Oblique | View::Unknown => {}
    }
    let other = body.points[Landmark::of(Joint::Ankle, side.other())]?;
    let straight = flexion_deg(hip, knee, ankle)? < STRAIGHT_KNEE_DEG;
    straight.then_some((other.y - ankle.y) / body.lengths.leg()?)
}

/// The side whose knee is on the floor while the other foot stands: that knee lies well below the other one, and its
/// ankle not below it. From the side the other knee may not be made out: then its foot stands before the hip.
pub(super) fn kneeling_side(body: &Body) -> Result<Side, Unseen> {
    let joints = |joint| Side::BOTH.map(|side| Landmark::of(joint, side));
    let knees = joints(Joint::Knee).map(|knee| body.need(Plane::Any, [knee]).map(|[at]| at));
    let ankles = body.need(Plane::Any, joints(Joint::Ankle))?;
    let hips = body.need(Plane::Any, joints(Joint::Hip))?;
    let shank = body.length(body.lengths.shank, Joint::Ankle, body.sight.near)?;
    let kneels = |side: Side, knee: ImagePoint| {
        let (down, up) = (side as usize, side.other() as usize);
        let on_floor = (ankles[down].y - knee.y) <= SHANK_LEVEL * shank;
        let under_hip = knee.y - hips[down].y >= THIGH_DOWN * shank;
        let foot_stands = match knees[up] {
            Ok(other) => knee.y - other.y >= KNEE_BELOW * shank && ankles[up].y - other.y >= SHANK_LEVEL * shank,
            Err(_) => {
                let before = body.sight.facing * (ankles[up].x - hips[up].x) >= FOOT_BEFORE * shank;
                body.sight.view == View::Side && before && (ankles[up].y - knee.y).abs() <= SHANK_LEVEL * shank
            }
        };
        on_floor && under_hip && foot_stands
    };
    let side = Side::BOTH.into_iter().find(|&side| knees[side as usize].is_ok_and(|knee| kneels(side, knee)));
    match (side, knees) {
        (Some(side), _) => Ok(side),
        (None, [Ok(_), Ok(_)]) => Err(Unseen::NotReached),
        (None, [Err(why), _] | [_, Err(why)]) => Err(why),
    }
}
