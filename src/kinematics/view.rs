//! From where the camera sees the person, which way the person faces, and which side is near.
//!
//! Everything here is a vote over about half a second with hysteresis: a view is a property of a set, not of a frame.
//!
//! - **View** from how far apart the shoulders (mostly) and the hips lie, against the trunk's length, and from whether
//!   feet or face point at the camera.
//! - **Front or rear** from the order of left and right.
//! - **Facing** from handedness: to which side of the shank the toes lie, of the trunk the nose, of the leg the bent
//!   knee, of the trunk the bent thigh. Unlike "toes right of heels" these hold in any turn of the picture, so for
//!   lying people too.
//! - **Near side**: whoever faces screen right shows the camera the right side. In a mirrored clip the model takes
//!   left for right and the rule holds for its labels.

use super::position::{off_feet, on_side};
use super::{Posture, View};
use crate::geometry::ImagePoint;
use crate::pose::{Joint, Landmark, Landmarks};
use crate::units::{Side, Timestamp};
use nalgebra::Vector2;

/// Distance of the shoulder points of a person seen from the front, trunk lengths (RULES.md 0.4, G1: 0.78 sin yaw).
const SHOULDERS_OPEN: f64 = 0.78;
/// The same of the hip points: 0.35 for joint centres, 0.4–0.45 as networks place them.
const HIPS_OPEN: f64 = 0.42;
/// Up to this openness (sine of the yaw) a view counts as from the side: G1's 0.25 trunk lengths of 0.78.
const SIDE_OPENNESS: f64 = 0.32;
/// From this openness on it counts as front or rear whatever else is seen …
const FRONT_OPENNESS: f64 = 0.80;
/// … and from this one if feet or face point at the camera, or the body lies on its side. G1's 0.68 of 0.78 would be 0.87: real people square to the
/// camera read 0.75–0.90 (three clips, BlazePose and MoveNet: networks place hips low and shoulders narrow), and those
/// turned by 45 degrees as little as 0.55, so that width alone does not part the two.
const SQUARE_OPENNESS: f64 = 0.62;
/// Feet or face point at the camera up to this profile (sine of the angle off: 20 degrees).
const SQUARE_PROFILE: f64 = 0.35;
/// Heel → toe of both feet in profile, mean, trunk lengths; and ear → nose.
const FOOT_IN_PROFILE: f64 = 0.45;
const NOSE_IN_PROFILE: f64 = 0.22;
/// A view is left only this far beyond its bound.
const HYSTERESIS: f64 = 0.08;
/// What is voted for this long wins, s.
const DWELL_SECS: f64 = 0.5;
/// Time constant of the running votes, s.
const VOTE_SECS: f64 = 0.4;
/// Openness taken where a whole side is hidden: the body itself hides it, as in side views.
const HALF_HIDDEN_OPENNESS: f64 = 0.15;
/// A vote for the other way weaker than this changes nothing (−1..=1).
const FACING_VOTE: f64 = 0.25;

/// What was decided.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sight {
    pub view: View,
    /// Degrees from side-on.
    pub yaw_deg: Option<f64>,
    pub facing: f64,
    pub near: Side,
    /// +1 where the person's left is screen right (front views), −1 where it is screen left (rear).
    pub left_is: f64,
}

/// The running votes.
pub(super) struct Watch {
    last: Option<Timestamp>,
    sight: Sight,
    openness: Vote,
    profile: Vote,
    order: Vote,
    facing: Vote,
    /// On the side, chest or back to the camera.
    on_side: bool,
    /// How much of the leg on either side is seen, 0..=1.
    seen: [Vote; 2],
    view_since: Option<(View, Timestamp)>,
    /// True once a facing was decided.
    faced: bool,
    facing_since: Option<Timestamp>,
}

impl Default for Watch {
    fn default() -> Watch {
        let sight = Sight { view: View::Unknown, yaw_deg: None, facing: 1.0, near: Side::Right, left_is: 1.0 };
        Watch {
            last: None,
            sight,
            openness: Vote::default(),
            profile: Vote::default(),
            order: Vote::default(),
            facing: Vote::default(),
            on_side: false,
            seen: [Vote::default(); 2],
            view_since: None,
            faced: false,
            facing_since: None,
        }
    }
}

/// An exponentially forgetting mean that starts at its first value.
#[derive(Clone, Copy, Debug, Default)]
struct Vote(Option<f64>);

impl Vote {
    fn cast(&mut self, value: Option<f64>, dt: f64) {
        let Some(value) = value else { return };
        self.0 = Some(self.0.map_or(value, |now| now + (value - now) * (1.0 - (-dt / VOTE_SECS).exp())));
    }
}

type Points = Landmarks<Option<ImagePoint>>;

impl Watch {
    pub fn sight(&self) -> Sight {
        self.sight
    }

    /// Votes with one frame's upright points.
    pub fn update(&mut self, t: Timestamp, points: &Points, trunk: Option<f64>, posture: Posture) -> Sight {
        let dt = self.last.map_or(0.0, |last| t.secs_since(last)).max(0.0);
        self.last = Some(t);
        let Some(trunk) = trunk.filter(|&px| px > 0.0) else { return self.sight };
        self.on_side = posture == Posture::Floor && on_side(points);
        let (openness, order) = openness(points, trunk, posture);
        self.openness.cast(openness, dt);
        self.order.cast(order, dt);
        match level_trunk(points, posture) {
            // Kneeling and lying, feet point along the body and tell nothing.
            Some(_) => self.profile = Vote::default(),
            None => self.profile.cast(profile(points, trunk), dt),
        }
        self.facing.cast(handedness(points, trunk), dt);
        for (vote, side) in self.seen.iter_mut().zip(Side::BOTH) {
            let leg = [Joint::Hip, Joint::Knee, Joint::Ankle];
            let known = leg.iter().filter(|&&joint| points[Landmark::of(joint, side)].is_some()).count();
            vote.cast(Some(known as f64 / 3.0), dt);
        }
        self.decide_view(t);
        self.decide_facing(t);
        self.sight
    }

    fn decide_view(&mut self, t: Timestamp) {
        let Some(openness) = self.openness.0 else { return };
        let candidate = self.candidate(openness);
        if candidate == self.sight.view {
            self.view_since = None;
        } else {
            let since = match self.view_since {
                Some((view, since)) if view == candidate => since,
                _ => t,
            };
            self.view_since = Some((candidate, since));
            if self.sight.view == View::Unknown || t.secs_since(since) >= DWELL_SECS {
                self.sight.view = candidate;
                self.view_since = None;
            }
        }
        self.sight.left_is = match self.sight.view {
            View::Front => 1.0,
            View::Rear => -1.0,
            _ => self.order.0.unwrap_or(1.0).signum(),
        };
        let by_width = openness.min(1.0).asin();
        // Square to the camera, the width hardly changes with the yaw; where the feet point does.
        let by_profile = self.profile.0.map(|sine| sine.abs().min(1.0).acos());
        self.sight.yaw_deg = Some(match (self.sight.view, by_profile) {
            (View::Front | View::Rear, Some(by_profile)) => by_width.max(by_profile).to_degrees(),
            _ => by_width.to_degrees(),
        });
    }

    fn candidate(&self, openness: f64) -> View {
        let lingering = |here: bool| if here { HYSTERESIS } else { 0.0 };
        let linger = lingering(matches!(self.sight.view, View::Front | View::Rear));
        let pointed = self.profile.0.is_some_and(|sine| sine.abs() <= SQUARE_PROFILE + linger);
        let square = openness >= (if pointed || self.on_side { SQUARE_OPENNESS } else { FRONT_OPENNESS }) - linger;
        if openness <= SIDE_OPENNESS + lingering(self.sight.view == View::Side) {
            View::Side
        } else if !square {
            View::Oblique
        } else if self.order.0.unwrap_or(1.0) >= 0.0 {
            View::Front
        } else {
            View::Rear
        }
    }

    fn decide_facing(&mut self, t: Timestamp) {
        let Some(vote) = self.facing.0 else { return };
        if vote.abs() < FACING_VOTE || (self.faced && vote * self.sight.facing > 0.0) {
            self.facing_since = None;
        } else {
            let since = *self.facing_since.get_or_insert(t);
            if !self.faced || t.secs_since(since) >= DWELL_SECS {
                self.sight.facing = vote.signum();
                self.faced = true;
                self.facing_since = None;
            }
        }
        self.sight.near = self.near();
    }

    /// By the way the person faces; the other side where that one's leg is hidden and the other's is not, which no
    /// near leg ever is: then the model's labels are the wrong way round.
    fn near(&self) -> Side {
        let [left, right] = self.seen.map(|vote| vote.0.unwrap_or(0.0));
        let (near, here, there) =
            if self.sight.facing > 0.0 { (Side::Right, right, left) } else { (Side::Left, left, right) };
        let mislabelled = match self.sight.near == near {
            true => here < 0.2 && there > 0.8,
            false => here < 0.5 && there > 0.5,
        };
        if mislabelled { near.other() } else { near }
    }
}

/// How far the body is turned towards the camera, 0 (side) to about 1 (front or rear), and in which order left and
/// right lie: −1 (rear) ..= 1 (front).
fn openness(points: &Points, trunk: f64, posture: Posture) -> (Option<f64>, Option<f64>) {
    let axis = level_trunk(points, posture);
    let apart = |joint: Joint| {
        let (left, right) = (points[Landmark::of(joint, Side::Left)]?, points[Landmark::of(joint, Side::Right)]?);
        Some(left - right)
    };
    let (shoulders, hips) = (apart(Joint::Shoulder), apart(Joint::Hip));
    if shoulders.is_none() && hips.is_none() {
        return (half_hidden(points).then_some(HALF_HIDDEN_OPENNESS), None);
    }
    // Left from right, across the body, + as seen from the front.
    let up = axis.map_or(Vector2::new(0.0, -1.0), |axis| axis.normalize());
    let across = |apart: Option<Vector2<f64>>| apart.map(|apart| up.perp(&apart) / trunk);
    let order = (across(shoulders).unwrap_or(0.0) + across(hips).unwrap_or(0.0)) / 0.3;
    let rolled = match (across(shoulders), across(hips)) {
        (Some(s), Some(h)) => (2.0 * s.abs() / SHOULDERS_OPEN + h.abs() / HIPS_OPEN) / 3.0,
        (Some(s), None) => s.abs() / SHOULDERS_OPEN,
        (_, h) => h.unwrap_or(0.0).abs() / HIPS_OPEN,
    };
    let Some(axis) = axis else { return (Some(rolled), Some(order.clamp(-1.0, 1.0))) };
    // A level trunk that turns about the vertical moves left from right along itself, and looks shorter: tangents.
    let tangent = |apart: Vector2<f64>, open: f64| apart.dot(&axis) / axis.norm_squared() / open;
    let tangent = match (shoulders, hips) {
        (Some(s), Some(h)) => 0.5 * (tangent(s, SHOULDERS_OPEN) + tangent(h, HIPS_OPEN)),
        (Some(s), None) => tangent(s, SHOULDERS_OPEN),
        (_, h) => h.map_or(0.0, |h| tangent(h, HIPS_OPEN)),
    };
    let turned = tangent.atan().sin().abs();
    let sideways = [shoulders, hips].into_iter().flatten().map(|apart| apart.x).sum::<f64>() / trunk / 0.3;
    let order = if turned > rolled { sideways } else { order };
    (Some(rolled.hypot(turned)), Some(order.clamp(-1.0, 1.0)))
}

/// Hip → shoulder of a body that lies or is on hands and knees, across the picture. Not of exercises done on the feet:
/// folding towards the camera levels thighs and trunk too.
fn level_trunk(points: &Points, posture: Posture) -> Option<Vector2<f64>> {
    off_feet(points).filter(|_| posture == Posture::Floor)
}

/// How far feet, or else the face, point across the line of sight, −1..=1 and a little beyond; 0: at the camera. Both
/// feet are needed: turned out, each points its own way. Of somebody on one knee only the foot that stands points at all.
fn profile(points: &Points, trunk: f64) -> Option<f64> {
    let up = Vector2::new(0.0, -1.0);
    let across = |from: Landmark, to: Landmark| Some(up.perp(&(points[to]? - points[from]?)) / trunk);
    let [left, right] =
        Side::BOTH.map(|side| across(Landmark::of(Joint::Heel, side), Landmark::of(Joint::BigToe, side)));
    let feet = match Side::BOTH.map(|side| shank_lies(points, side)) {
        [true, false] => right.map(|foot| foot / FOOT_IN_PROFILE),
        [false, true] => left.map(|foot| foot / FOOT_IN_PROFILE),
        _ => left.zip(right).map(|(l, r)| 0.5 * (l + r) / FOOT_IN_PROFILE),
    };
    let face = || {
        let [left, right] = [Landmark::LeftEar, Landmark::RightEar].map(|ear| across(ear, Landmark::Nose));
        Some(0.5 * (left? + right?) / NOSE_IN_PROFILE)
    };
    feet.or_else(face)
}

/// The knee is down: the ankle less than half a thigh below it, the hip well above.
fn shank_lies(points: &Points, side: Side) -> bool {
    let at = |joint| points[Landmark::of(joint, side)];
    let (Some(hip), Some(knee), Some(ankle)) = (at(Joint::Hip), at(Joint::Knee), at(Joint::Ankle)) else {
        return false;
    };
    let thigh = (knee - hip).norm();
    knee.y - hip.y > 0.6 * thigh && ankle.y - knee.y < 0.5 * thigh
}

/// True where of one side both shoulder and hip are seen, and of the other neither.
fn half_hidden(points: &Points) -> bool {
    let known = |joint, side| points[Landmark::of(joint, side)].is_some();
    Side::BOTH.iter().any(|&side| {
        let (here, there) = (side, side.other());
        known(Joint::Shoulder, here)
            && known(Joint::Hip, here)
            && !known(Joint::Shoulder, there)
            && !known(Joint::Hip, there)
    })
}

/// Which way the person faces as this frame shows it, −1 (screen left) ..= 1 (screen right); `None` without a hint.
fn handedness(points: &Points, trunk: f64) -> Option<f64> {
    let mut votes = (0.0, 0.0);
    let mut vote = |weight: f64, value: Option<f64>| {
        if let Some(value) = value {
            // A strong hint counts more than a weak one: a straight knee's noise does not speak against the feet.
            let value = value.clamp(-1.0, 1.0);
            votes.0 += weight * value * value.abs();
            votes.1 += weight * value.abs();
        }
    };
    for side in Side::BOTH {
        let at = |joint: Joint| points[Landmark::of(joint, side)];
        let towards = |from: Joint, to: Joint| Some(at(to)? - at(from)?);
        let across = |axis: Option<Vector2<f64>>, to: Option<Vector2<f64>>, full: f64| {
            Some(axis?.try_normalize(1e-9)?.perp(&to?) / (full * trunk))
        };
        // In front and rear views feet and nose point along the line of sight, their votes are small, and nothing is
        // decided.
        let foot = towards(Joint::Heel, Joint::BigToe).or_else(|| Some(0.7 * towards(Joint::Ankle, Joint::BigToe)?));
        vote(3.0, across(towards(Joint::Ankle, Joint::Knee), foot, 0.25));
        let nose = points[Landmark::Nose].zip(at(Joint::Ear)).map(|(nose, ear)| nose - ear);
        vote(1.5, across(towards(Joint::Hip, Joint::Shoulder), nose, 0.12));
        // A knee only bends forwards, a trunk only folds forwards onto the thigh: full votes from 20 and 30 degrees.
        let (thigh, shank) = (towards(Joint::Hip, Joint::Knee), towards(Joint::Knee, Joint::Ankle));
        vote(2.0, turn(thigh, shank).map(|sine| sine / 0.34));
        vote(1.0, turn(towards(Joint::Shoulder, Joint::Hip), thigh).map(|sine| -sine / 0.5));
    }
    (votes.1 > 0.0).then(|| votes.0 / votes.1)
}

/// Sine of the turn from one segment into the next, + clockwise on screen.
fn turn(from: Option<Vector2<f64>>, to: Option<Vector2<f64>>) -> Option<f64> {
    Some(from?.try_normalize(1e-9)?.perp(&to?.try_normalize(1e-9)?))
}
