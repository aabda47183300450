//! One straight leg up: before a standing body, or raised from the back.

use super::body::{Body, Plane};
use super::floor::leg_raise;
use super::spine::LUMBAR_IN_TRUNK;
use super::{Limbs, Position, RaisedAngles, RaisedLeg, Reading, Spine, Unseen};
use crate::pose::{Joint, Landmark};
use crate::units::Side;

/// Legs whose lines differ by less than this are both down, or both up, degrees: three times the line's margin.
const APART_DEG: f64 = 15.0;

pub(super) fn raised(body: &Body, limbs: [&Limbs; 2], spine: &Spine, trunk: Reading) -> RaisedLeg {
    let lines = match leg_raise(body, Side::Left).and_then(|left| Ok([left, leg_raise(body, Side::Right)?])) {
        Ok(lines) => lines,
        Err(why) => return RaisedLeg { side: Err(why), angles: RaisedAngles::build(|_| Err(why)) },
    };
    let higher = if lines[0] > lines[1] { Side::Left } else { Side::Right };
    let (line, other_line) = (lines[0].max(lines[1]), lines[0].min(lines[1]));
    let seen = if line - other_line >= APART_DEG { Ok(higher) } else { Err(Unseen::NotReached) };
    let side = seen.or(on_support(body));
    let angles = RaisedAngles {
        line: Ok(line),
        other_line: Ok(other_line),
        knee: seen.and_then(|side| limbs[side as usize].knee),
        other_knee: seen.and_then(|side| limbs[side.other() as usize].knee),
        ankle_height: seen.and_then(|side| ankle_height(body, side)),
        hand: side.and_then(|side| hand(body, side, seen.is_ok())),
        trunk_change: trunk.and_then(|lean| Ok(lean - body.baseline()?.rest.trunk?)),
        fold: seen.and_then(|side| fold(body, side, limbs[side as usize], spine)),
    };
    RaisedLeg { side, angles }
}

/// Whose heel was put on a support: of somebody who folds over that leg models put it on the standing one, but there it stays.
fn on_support(body: &Body) -> Result<Side, Unseen> {
    let rest = &body.baseline()?.rest;
    if rest.position == Ok(Position::LegUp) { rest.raised.side } else { Err(Unseen::NotReached) }
}

fn ankle_height(body: &Body, side: Side) -> Reading {
    let ankle = |side| Landmark::of(Joint::Ankle, side);
    let [up, down] = body.need(Plane::Sagittal, [ankle(side), ankle(side.other())])?;
    Ok((down.y - up.y) / body.length(body.lengths.leg(), Joint::Knee, side)?)
}

/// Of the near wrist, whichever leg is up: the far one is hidden more often than not. A leg that is not `seen` is where it was
/// put.
fn hand(body: &Body, side: Side, seen: bool) -> Reading {
    let [hip, knee, ankle] = [Joint::Hip, Joint::Knee, Joint::Ankle].map(|joint| Landmark::of(joint, side));
    let [hip_at, wrist] = body.need(Plane::Sagittal, [hip, body.near(Joint::Wrist)])?;
    let [knee_at, ankle_at] =
        if seen { body.need(Plane::Sagittal, [knee, ankle])? } else { [body.rest(knee)?, body.rest(ankle)?] };
    let along = (ankle_at - hip_at).try_normalize(1e-9).ok_or(Unseen::Hidden(ankle))?;
    Ok((wrist - knee_at).dot(&along) / body.length(body.lengths.shank, Joint::Ankle, side)?)
}

fn fold(body: &Body, side: Side, limbs: &Limbs, spine: &Spine) -> Reading {
    let flexion = spine.lumbar_flexion?;
    Ok(limbs.hip? - body.baseline()?.rest.limbs(side).hip? - LUMBAR_IN_TRUNK * flexion)
}
