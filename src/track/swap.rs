//! Left and right exchanged by the model for some frames: put back, by continuity and by segment length.
//!
//! A pose model names a whole body's, an arm's, a leg's or one joint's left and right wrongly from time to time, mostly
//! when near and far limbs cross in a side view, or when it takes a front for a back. Each frame:
//!
//! 1. Every point is predicted from its own recent path (constant velocity).
//! 2. For the body, each chain (face, arms, legs) and each pair, two costs: the labels kept, the labels exchanged.
//! 3. A pair follows its own verdict where that is clear, else its chain's, else the body's, else it stays as it was;
//!    points that lie together are never exchanged: there is nothing to gain and the next clear frame decides.
//! 4. Seen from ahead or behind, legs in an order that no body has are put in the shoulders' order ([`uncross`]).
//! 5. An arm that stood still and is suddenly where the other one is was not seen: the point is dropped and its path waits.
//!
//! What cannot be told: all labels wrong from the first frame on, and which labelling is right when one lasts. Once labels
//! were exchanged for as long as they had been kept before (at least 1 s, at most 3), the model is believed again:
//! a few wrong frames at the start, or a wrong repair, cannot outlive that.

use super::{BRIDGE_SECS, TIME_SLACK_SECS};
use crate::geometry::{ImagePoint, midpoint};
use crate::pose::{Landmark, Landmarks};
use crate::units::Timestamp;
use nalgebra::Vector2;

/// The mean gain per point that makes a verdict, trunk lengths: 4 cm, eight times a good model's jitter.
const CLEAR: f64 = 0.08;
/// The winning labelling costs at most this share of the other.
const CLEAR_RATIO: f64 = 0.6;
/// Exchanged labels must fit their predictions this well on average, trunk lengths. In motion so fast, or pictures so
/// few, that nothing fits, nothing is exchanged.
const FIT: f64 = 0.12;
/// One point counts no more than this, trunk lengths: a wild point must not decide for its whole chain.
const MAX_COST: f64 = 0.6;
/// A joint this far from its prediction that lies where its twin does, or so near, was lost by the model, which saw one joint
/// twice: its path waits, trunk lengths.
const JUMP: f64 = 0.25;
const ON_TWIN: f64 = 0.2;
/// An arm is waited for so long, a bird dog's hold and a second, then it lies where the other one does; and only one whose path
/// had gone on for so long, seconds, and been no faster than this, trunk lengths a second: what moves may have come to its twin.
const LOST_SECS: f64 = 6.0;
const KNOWN_SECS: f64 = 1.0;
const RESTED: f64 = 1.5;
/// Weight of a segment's change of length against its points' distance from their prediction.
const LENGTH_WEIGHT: f64 = 0.5;
/// An exchange that lasts longer than it was kept before, within these bounds, is the model's considered opinion, s.
const PATIENCE_SECS: (f64, f64) = (1.0, 3.0);
/// Predictions run ahead by no more than this, s.
const MAX_AHEAD_SECS: f64 = 0.1;

/// Shoulders this far apart across the trunk, trunk lengths (0.8 when square to the camera), show from which side of the
/// other one each hip is seen.
const ABREAST: f64 = 0.5;
/// Legs that cross are at least this much shorter, both together, with the labels exchanged …
const UNCROSSED: f64 = 0.9;
/// … and then of like length, shorter over longer: a knee put forward is no exchange.
const LIKE: f64 = 0.7;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Chain {
    Face,
    Arm,
    Leg,
}

const CHAINS: [Chain; 3] = [Chain::Face, Chain::Arm, Chain::Leg];

struct Pair {
    left: Landmark,
    right: Landmark,
    chain: Chain,
    /// Index in [`PAIRS`] of the pair at the other end of the segment; always earlier.
    parent: Option<usize>,
}

const fn pair(left: Landmark, chain: Chain, parent: Option<usize>) -> Pair {
    Pair { left, right: left.mirrored(), chain, parent }
}

const PAIRS: [Pair; 14] = [
    pair(Landmark::LeftEye, Chain::Face, None),
    pair(Landmark::LeftEar, Chain::Face, None),
    pair(Landmark::LeftShoulder, Chain::Arm, None),
    pair(Landmark::LeftElbow, Chain::Arm, Some(2)),
    pair(Landmark::LeftWrist, Chain::Arm, Some(3)),
    pair(Landmark::LeftHip, Chain::Leg, None),
    pair(Landmark::LeftAsis, Chain::Leg, None),
    pair(Landmark::LeftPsis, Chain::Leg, None),
    pair(Landmark::LeftTrochanter, Chain::Leg, None),
    pair(Landmark::LeftKnee, Chain::Leg, Some(5)),
    pair(Landmark::LeftAnkle, Chain::Leg, Some(9)),
    pair(Landmark::LeftHeel, Chain::Leg, Some(10)),
    pair(Landmark::LeftBigToe, Chain::Leg, Some(10)),
    pair(Landmark::LeftSmallToe, Chain::Leg, Some(10)),
];

/// Where they stand in [`PAIRS`].
const SHOULDERS: usize = 2;
const HIPS: usize = 5;

/// The recent path of every point, under the repaired labels.
#[derive(Default)]
pub(super) struct SwapRepair {
    paths: Landmarks<Option<Path>>,
    /// Running segment lengths to the parent joint, left and right, px.
    lengths: [[Option<f64>; 2]; PAIRS.len()],
    /// Since when each pair is exchanged.
    since: [Option<Timestamp>; PAIRS.len()],
    /// Since when each pair's two paths are unbroken.
    begun: [Timestamp; PAIRS.len()],
    /// Since when the model takes a joint's twin for it.
    lost: Landmarks<Option<Timestamp>>,
}

#[derive(Clone, Copy, Debug)]
struct Path {
    t: Timestamp,
    at: ImagePoint,
    /// px/s
    velocity: Vector2<f64>,
}

/// What the two labellings cost, summed over points, trunk lengths.
#[derive(Clone, Copy, Default)]
struct Cost {
    keep: f64,
    swap: f64,
    points: f64,
}

impl Cost {
    fn plus(self, other: Cost) -> Cost {
        Cost { keep: self.keep + other.keep, swap: self.swap + other.swap, points: self.points + other.points }
    }

    /// True: exchange; false: keep; `None`: not clear.
    fn verdict(self) -> Option<bool> {
        let clear = |better: f64, worse: f64| worse - better > CLEAR * self.points && better < CLEAR_RATIO * worse;
        if self.points == 0.0 {
            None
        } else if clear(self.swap, self.keep) && self.swap < FIT * self.points {
            Some(true)
        } else if clear(self.keep, self.swap) {
            Some(false)
        } else {
            None
        }
    }
}

impl SwapRepair {
    /// Exchanges back, in place, what the model exchanged.
    pub fn repair(&mut self, t: Timestamp, trunk_px: f64, points: &mut Landmarks<Option<ImagePoint>>) {
        self.release(t);
        let costs: [Cost; PAIRS.len()] = std::array::from_fn(|i| self.continuity(t, trunk_px, points, &PAIRS[i]));
        let sum = |of: Option<Chain>| {
            let chosen = PAIRS.iter().zip(costs).filter(|(p, _)| of.is_none_or(|chain| p.chain == chain));
            chosen.fold(Cost::default(), |total, (_, cost)| total.plus(cost))
        };
        let body = sum(None).verdict();
        for chain in CHAINS {
            let fallback = sum(Some(chain)).verdict().or(body);
            for (i, pair) in PAIRS.iter().enumerate().filter(|(_, p)| p.chain == chain) {
                // Parents stand earlier in the list and are already repaired.
                let own = costs[i].plus(self.length_change(trunk_px, points, i));
                let stay = self.since[i].is_some() && !together(points, pair, trunk_px);
                let swap = own.verdict().or(fallback).unwrap_or(stay);
                if swap {
                    exchange(points, pair);
                }
                self.since[i] = swap.then(|| self.since[i].unwrap_or(t));
            }
        }
        // Last: hips that one picture put on one another may go on in either order, as far as their paths can tell.
        uncross(points);
        self.remember(t, trunk_px, points);
    }

    /// Believes the model again where it has insisted for long, and where a path was lost.
    fn release(&mut self, t: Timestamp) {
        for (i, pair) in PAIRS.iter().enumerate() {
            let insisted = self.since[i].is_some_and(|since| {
                let kept = since.secs_since(self.begun[i]);
                t.secs_since(since) > kept.clamp(PATIENCE_SECS.0, PATIENCE_SECS.1)
            });
            if insisted {
                (self.paths[pair.left], self.paths[pair.right]) = (None, None);
            }
            if self.predict(t, pair.left).is_none() || self.predict(t, pair.right).is_none() {
                self.since[i] = None;
                self.begun[i] = t;
                self.lengths[i] = [None; 2];
            }
        }
    }

    fn continuity(&self, t: Timestamp, trunk_px: f64, points: &Landmarks<Option<ImagePoint>>, pair: &Pair) -> Cost {
        let (Some(left), Some(right)) = (self.predict(t, pair.left), self.predict(t, pair.right)) else {
            return Cost::default();
        };
        let mut cost = Cost::default();
        for (seen, own, other) in [(points[pair.left], left, right), (points[pair.right], right, left)] {
            if let Some(seen) = seen {
                cost.keep += ((seen - own).norm() / trunk_px).min(MAX_COST);
                cost.swap += ((seen - other).norm() / trunk_px).min(MAX_COST);
                cost.points += 1.0;
            }
        }
        cost
    }

    fn predict(&self, t: Timestamp, landmark: Landmark) -> Option<ImagePoint> {
        let path = self.paths[landmark]?;
        let dt = t.secs_since(path.t);
        let waits = if self.lost[landmark].is_some() { LOST_SECS } else { BRIDGE_SECS };
        (dt <= waits + TIME_SLACK_SECS).then(|| path.at + path.velocity * dt.clamp(0.0, MAX_AHEAD_SECS))
    }

    /// How much the segments to the parent joints would change their lengths.
    fn length_change(&self, trunk_px: f64, points: &Landmarks<Option<ImagePoint>>, i: usize) -> Cost {
        let none = Cost::default();
        let (Some(parent), [Some(left_px), Some(right_px)]) = (PAIRS[i].parent, self.lengths[i]) else { return none };
        let parent = &PAIRS[parent];
        let ends = (points[parent.left], points[parent.right], points[PAIRS[i].left], points[PAIRS[i].right]);
        let (Some(from_left), Some(from_right), Some(left), Some(right)) = ends else { return none };
        let change = |from: ImagePoint, to: ImagePoint, px: f64| {
            LENGTH_WEIGHT * (((to - from).norm() - px).abs() / trunk_px).min(MAX_COST)
        };
        Cost {
            keep: change(from_left, left, left_px) + change(from_right, right, right_px),
            swap: change(from_left, right, left_px) + change(from_right, left, right_px),
            points: 0.0,
        }
    }

    /// Paths go on where their joints are seen. An arm that the model puts on the other one is forgotten, in place; legs stay,
    /// which tell where the body is even so.
    fn remember(&mut self, t: Timestamp, trunk_px: f64, points: &mut Landmarks<Option<ImagePoint>>) {
        for (i, pair) in PAIRS.iter().enumerate() {
            let one = within(points, pair, ON_TWIN * trunk_px);
            let known = pair.chain == Chain::Arm && t.secs_since(self.begun[i]) >= KNOWN_SECS;
            for landmark in [pair.left, pair.right] {
                let Some(at) = points[landmark] else { continue };
                let off = self.predict(t, landmark).map_or(0.0, |own| (at - own).norm() / trunk_px);
                let jumped = one && off > JUMP;
                let rested = self.paths[landmark].is_some_and(|path| path.velocity.norm() < RESTED * trunk_px);
                self.lost[landmark] = (jumped && known && rested).then(|| self.lost[landmark].unwrap_or(t));
                if self.lost[landmark].is_some() {
                    points[landmark] = None;
                } else if !jumped {
                    self.paths[landmark] = Some(Path::onwards(self.paths[landmark], t, at));
                }
            }
        }
        for (i, pair) in PAIRS.iter().enumerate() {
            let Some(parent) = pair.parent.map(|p| &PAIRS[p]) else { continue };
            for (side, from, to) in [(0, parent.left, pair.left), (1, parent.right, pair.right)] {
                if let (Some(from), Some(to)) = (points[from], points[to]) {
                    let now = (to - from).norm();
                    let length = self.lengths[i][side].get_or_insert(now);
                    *length += 0.2 * (now - *length);
                }
            }
        }
    }
}

impl Path {
    fn onwards(before: Option<Path>, t: Timestamp, at: ImagePoint) -> Path {
        let start = Path { t, at, velocity: Vector2::zeros() };
        let Some(before) = before else { return start };
        let dt = t.secs_since(before.t);
        if dt <= 0.0 || dt > BRIDGE_SECS + TIME_SLACK_SECS {
            return start;
        }
        Path { t, at, velocity: 0.25 * before.velocity + 0.75 * (at - before.at) / dt }
    }
}

fn exchange(points: &mut Landmarks<Option<ImagePoint>>, pair: &Pair) {
    (points[pair.left], points[pair.right]) = (points[pair.right], points[pair.left]);
}

/// Exchanges back, in place, what one picture alone shows to be exchanged, of a body seen from ahead or behind: hips lie in
/// the order of the shoulders, and where shins or thighs cross the other labels make legs of like length.
fn uncross(points: &mut Landmarks<Option<ImagePoint>>) {
    let both = |points: &Landmarks<Option<ImagePoint>>, pair: &Pair| points[pair.left].zip(points[pair.right]);
    let shoulders = both(points, &PAIRS[SHOULDERS]);
    let Some(((left, right), hips)) = shoulders.zip(both(points, &PAIRS[HIPS])) else { return };
    let trunk = midpoint(left, right) - midpoint(hips.0, hips.1);
    let Some(up) = trunk.try_normalize(1e-9) else { return };
    let abreast = up.perp(&(left - right)) / trunk.norm();
    if abreast.abs() < ABREAST {
        return;
    }
    for pair in PAIRS.iter().filter(|pair| pair.chain == Chain::Leg) {
        let Some((left, right)) = both(points, pair) else { continue };
        let exchanged = match pair.parent {
            None => up.perp(&(left - right)) / trunk.norm() * abreast.signum() < -CLEAR,
            Some(parent) => both(points, &PAIRS[parent]).is_some_and(|(from_left, from_right)| {
                let kept = (left - from_left).norm() + (right - from_right).norm();
                let (a, b) = ((right - from_left).norm(), (left - from_right).norm());
                a + b < UNCROSSED * kept && a.min(b) >= LIKE * a.max(b)
            }),
        };
        if exchanged {
            exchange(points, pair);
        }
    }
}

/// True where the two points of a pair lie so close that their labels do not matter, or where one is missing.
fn together(points: &Landmarks<Option<ImagePoint>>, pair: &Pair, trunk_px: f64) -> bool {
    within(points, pair, CLEAR * trunk_px)
}

fn within(points: &Landmarks<Option<ImagePoint>>, pair: &Pair, px: f64) -> bool {
    match (points[pair.left], points[pair.right]) {
        (Some(left), Some(right)) => (left - right).norm() < px,
        _ => true,
    }
}
