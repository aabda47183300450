//! The line of the back: from the mask, the landmarks and the full-resolution picture to a [`BackContour`].
//!
//! 1. Hips and shoulders give the trunk's axis, the way the athlete faces the side the back is on; no more is asked of
//!    the picture's turn, so that lying people and those on hands and knees are seen the same way.
//! 2. `outline`: the mask's border on that side, snapped to the edge in the picture.
//! 3. `ends`: where on it S2 and T8 lie.
//!
//! Rather no back than a wrong one: nothing is returned from the front, for a person so small that a px is more than
//! 4.5 mm, where an arm, a hand or a dowel lies over the back, or where the edge is seen on too little of it.

mod ends;
mod outline;
#[cfg(test)]
mod tests;

use super::dowel::Held;
use crate::frame::{Frame, Mask};
use crate::geometry::{ImagePoint, midpoint};
use crate::pose::{BackContour, Joint, Keypoint, Landmark, Landmarks};
use crate::units::Side;
use ends::OwnLength;
use nalgebra::Vector2;
pub(super) use outline::{Axis, colour};
use outline::{Outline, ROWS, Strip};

/// A px of the picture is at most 4.5 mm when a trunk of 490 mm is this long, px. RULES.md 0.4, G3 asks for a mask px of
/// 3 mm; the outline is found to 0.35 px at worst (tests), which at 4.5 mm is half of the 3 mm of noise meant there.
const LEAST_TRUNK_PX: f64 = 109.0;
/// The edge itself must be seen on this share of the back.
const LEAST_SEEN: f64 = 0.65;
/// An elbow that hangs a little behind the back covers this share of it at most.
const MOST_HIDDEN: f64 = 0.3;
/// A dowel is straight: its edge leaves the chord by at most this share of it …
const STRAIGHT: f64 = 0.015;
/// … and on this share of the back a second edge runs within the first, by as much as a dowel is thick (mm over a trunk
/// of 490) and everywhere equally, to within so many px. A hanging arm's edge is such a second one, but in standing the
/// back before it is hollow, not straight.
const DOWEL_SHARE: f64 = 0.6;
const DOWEL_MM: std::ops::Range<f64> = 12.0..45.0;
const PARALLEL_PX: f64 = 1.5;
/// Rows that an end of the chord beside a dowel is moved by at most, a tenth of the trunk.
const MOST_MOVED: usize = 4;
/// Hips and shoulders further apart across the trunk than this, trunk lengths, are not seen from the side.
const OPEN: f64 = 0.45;

/// Along what the outline is sought.
pub enum Edge<'a> {
    Mask(&'a Mask),
    /// Held along the back: the outline is that of the flesh before it. The upper hand's arm, nearer the camera, lies above
    /// the back, the other one behind the dowel; models often put both on one place, so no arm is asked. Filmed from the
    /// other side two rendered clips read as true.
    Dowel(&'a Held),
}

/// Finds the back in one picture after the other, without allocating.
#[derive(Default)]
pub struct BackFinder {
    strip: Strip,
    own_length: OwnLength,
}

impl BackFinder {
    /// The next picture is of somebody else.
    pub fn forget(&mut self) {
        self.own_length.forget();
    }

    /// `edge` and `points`, those believed alone, belong to `frame`. `facing`: which way the athlete faces, + to the right
    /// of a picture turned so that the trunk is upright.
    pub fn find(
        &mut self,
        frame: &Frame,
        edge: Edge,
        points: &Landmarks<Option<Keypoint>>,
        facing: f64,
    ) -> Option<BackContour> {
        let beside = matches!(edge, Edge::Dowel(_));
        let at_ease = at_ease(points);
        let axis = axis(&at_ease, facing)?;
        let own_length = self.own_length.update(frame.t, axis.length / (1.0 + ends::risen(&axis, &at_ease)));
        if own_length < LEAST_TRUNK_PX {
            return None;
        }
        let outline = match edge {
            Edge::Dowel(dowel) => self.strip.beside(frame, &axis, dowel),
            Edge::Mask(mask) => {
                let arms = arms(points, own_length);
                self.strip.outline(frame, mask, &axis, |p| arms.iter().flatten().any(|arm| arm.covers(p)))
            }
        }?;
        let (s2, t8) = ends::rows(&outline, &axis, &at_ease, own_length)?;
        // A dowel's gap is as wide wherever the chord ends.
        let (s2, t8) = if beside { within(&outline.seen, s2, t8)? } else { (s2, t8) };
        let back = s2 as usize..=(t8.ceil() as usize).min(ROWS - 1);
        let share = |of: &[bool]| of.iter().filter(|&&b| b).count() as f64 / of.len() as f64;
        if share(&outline.hidden[back.clone()]) > MOST_HIDDEN || share(&outline.edge[back.clone()]) < LEAST_SEEN {
            return None;
        }
        let found = contour(&axis, &outline, point_at(&axis, &outline, s2)?, point_at(&axis, &outline, t8)?)?;
        let chord = (found.t8 - found.sacrum).norm();
        let straight = found.offsets.iter().flatten().all(|px| px.abs() <= STRAIGHT * chord);
        (beside || !straight || !is_bar(&outline.second[back], own_length)).then_some(found)
    }
}

/// The chord's ends where they are seen, moved towards each other by a tenth of the trunk at most.
fn within(seen: &[bool; ROWS], s2: f64, t8: f64) -> Option<(f64, f64)> {
    let both = |row: f64| seen[row.floor() as usize] && seen[(row.ceil() as usize).min(ROWS - 1)];
    let steps = || (0..=MOST_MOVED).map(|n| n as f64);
    let low = steps().map(|n| s2 + n).find(|&row| both(row))?;
    let high = steps().map(|n| t8 - n).find(|&row| both(row))?;
    (high > low).then_some((low, high))
}

/// Does a second edge run along the outline as a bar's other side would? `second`: how far within it a second edge runs, px.
fn is_bar(second: &[f64], trunk: f64) -> bool {
    let thick = |px: f64| DOWEL_MM.contains(&(px / trunk * 490.0));
    let least = DOWEL_SHARE * second.len() as f64;
    // Rather than a median: a bar is as thick in most rows as in one of them.
    second
        .iter()
        .filter(|px| thick(**px))
        .any(|one| second.iter().filter(|px| (**px - one).abs() <= PARALLEL_PX).count() as f64 >= least)
}

/// Without the shoulder of an arm held up beside one that hangs: the whole shoulder goes up with it, by a third of the
/// trunk on the synthetic athlete.
fn at_ease(points: &Landmarks<Option<Keypoint>>) -> Landmarks<Option<Keypoint>> {
    let at = |joint: Joint, side: Side| points[Landmark::of(joint, side)];
    let is_up = |side: Side| {
        let (hip, shoulder, elbow) =
            (at(Joint::Hip, side)?.at, at(Joint::Shoulder, side)?.at, at(Joint::Elbow, side)?.at);
        Some((elbow - shoulder).dot(&(shoulder - hip)) > 0.5 * (elbow - shoulder).norm() * (shoulder - hip).norm())
    };
    let mut points = *points;
    for side in Side::BOTH {
        let other = side.other();
        if is_up(side) == Some(true) && is_up(other) != Some(true) && at(Joint::Shoulder, other).is_some() {
            points[Landmark::of(Joint::Shoulder, side)] = None;
            points[Landmark::of(Joint::Elbow, side)] = None;
        }
    }
    points
}

/// The trunk seen from the side; `None` from elsewhere. `facing` as in [`BackFinder::find`].
pub(super) fn axis(points: &Landmarks<Option<Keypoint>>, facing: f64) -> Option<Axis> {
    let at = |joint: Joint, side: Side| points[Landmark::of(joint, side)].map(|k| k.at);
    let middle = |joint: Joint| match (at(joint, Side::Left), at(joint, Side::Right)) {
        (Some(a), Some(b)) => Some(midpoint(a, b)),
        (one, other) => one.or(other),
    };
    let (hip, shoulder) = (middle(Joint::Hip)?, middle(Joint::Shoulder)?);
    let length = (shoulder - hip).norm();
    let up = (shoulder - hip).try_normalize(1e-9)?;
    let apart = |joint: Joint| Some(up.perp(&(at(joint, Side::Left)? - at(joint, Side::Right)?)).abs() / length);
    if apart(Joint::Shoulder).into_iter().chain(apart(Joint::Hip)).any(|open| open > OPEN) {
        return None;
    }
    let right = Vector2::new(-up.y, up.x);
    Some(Axis { hip, up, back: right * -facing.signum(), length })
}

/// A limb in the picture: all within `radius` of the line from `a` to `b`.
#[derive(Clone, Copy)]
struct Capsule {
    a: ImagePoint,
    b: ImagePoint,
    radius: f64,
}

impl Capsule {
    fn covers(&self, p: ImagePoint) -> bool {
        let d = self.b - self.a;
        let t = ((p - self.a).dot(&d) / d.norm_squared().max(1e-9)).clamp(0.0, 1.0);
        (p - (self.a + d * t)).norm() <= self.radius
    }
}

/// Upper arms, and forearms with their hands.
fn arms(points: &Landmarks<Option<Keypoint>>, trunk: f64) -> [Option<Capsule>; 4] {
    let at = |joint: Joint, side: Side| points[Landmark::of(joint, side)].map(|k| k.at);
    let limb = |n: usize| {
        let side = Side::BOTH[n % 2];
        if n < 2 {
            return Some(Capsule { a: at(Joint::Shoulder, side)?, b: at(Joint::Elbow, side)?, radius: 0.1 * trunk });
        }
        let (a, b) = (at(Joint::Elbow, side)?, at(Joint::Wrist, side)?);
        Some(Capsule { a, b: b + (b - a) * 0.5, radius: 0.09 * trunk })
    };
    std::array::from_fn(limb)
}

/// The curve at a row, between rows.
fn point_at(axis: &Axis, outline: &Outline, row: f64) -> Option<ImagePoint> {
    let row = row.clamp(0.0, (ROWS - 1) as f64);
    let (low, high) = (row.floor() as usize, row.ceil() as usize);
    if !outline.seen[low] || !outline.seen[high] {
        return None;
    }
    let t = row - low as f64;
    let place = Axis::place(low) + (Axis::place(high) - Axis::place(low)) * t;
    Some(axis.at(place * axis.length, outline.out[low] + (outline.out[high] - outline.out[low]) * t))
}

/// Offsets from the chord at its stations.
fn contour(axis: &Axis, outline: &Outline, sacrum: ImagePoint, t8: ImagePoint) -> Option<BackContour> {
    let chord = t8 - sacrum;
    let length = chord.norm();
    let along = chord.try_normalize(1e-9)?;
    let mut outside = Vector2::new(-along.y, along.x);
    if outside.dot(&axis.back) < 0.0 {
        outside = -outside;
    }
    let mut offsets = [None; BackContour::STATIONS];
    let at = |row: usize| {
        let d = axis.at(Axis::place(row) * axis.length, outline.out[row]) - sacrum;
        (d.dot(&along) / length * (BackContour::STATIONS - 1) as f64, d.dot(&outside))
    };
    for row in 1..ROWS {
        if !outline.seen[row - 1] || !outline.seen[row] {
            continue;
        }
        let ((s0, o0), (s1, o1)) = (at(row - 1), at(row));
        if s1 <= s0 {
            continue;
        }
        let mut station = (s0 - 1e-9).ceil().max(0.0);
        while station <= s1 + 1e-9 && station < BackContour::STATIONS as f64 {
            let t = ((station - s0) / (s1 - s0)).clamp(0.0, 1.0);
            offsets[station as usize] = Some(o0 + (o1 - o0) * t);
            station += 1.0;
        }
    }
    Some(BackContour { sacrum, t8, offsets })
}
