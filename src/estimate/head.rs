//! The head beside a dowel, followed in the picture: the place of it that lay on the dowel in standing, wherever it goes.
//!
//! The arm that reaches for the neck hides the back of the head, and networks put what they see of a head in line with its
//! back: of 50 mm that a head comes off the dowel their ears show 10 to 40. But a head seen from the side is rigid and moves
//! little beside the dowel, so a piece of the picture tells:
//!
//! 1. Face and side of the head are cut out in the dowel's own frame ([`Patch`]): along it and away from it, as large as ever,
//!    evenly lit.
//! 2. Each is laid on one seen before, moved and turned until it fits (Lucas and Kanade's way, as Baker and Matthews 2004
//!    have it: <https://doi.org/10.1023/B:VISI.0000011205.11775.fd>); what does not fit, a wall or a sleeve, counts less.
//! 3. While the trunk leans the light falls elsewhere, so there is one to compare with for every few degrees ([`Key`]). The
//!    way back finds them again, and errors do not add up.
//!
//! Not handled: a head that turns away or tilts sideways. It looks other then, fits nothing, and no place is told.

use super::back::{Axis, colour};
use crate::frame::Frame;
use crate::geometry::{ImagePoint, midpoint};
use crate::pose::{DowelLine, Joint, Keypoint, Landmark, Landmarks};
use crate::units::{Side, Timestamp};
use nalgebra::{Matrix3, Vector2, Vector3};

/// Samples from the middle of a patch to its rim, and across it.
const RADIUS: i32 = 20;
const SIDE: usize = 2 * RADIUS as usize + 1;
const AREA: usize = SIDE * SIDE;
/// Samples of a trunk length: 4 mm of 490, so that a patch is 160 mm across.
const TRUNK: f64 = 120.0;
/// The middle of a patch lies this far from the ear to the nose.
const TO_THE_NOSE: f64 = 1.0 / 3.0;
/// The back of the head touches a little above the ear, trunk lengths: 15 mm of 490.
const ABOVE_THE_EAR: f64 = 0.03;
/// Light and shade wider than this many samples (twice a box of this radius) are taken out.
const EVEN: usize = 7;
/// Grey levels that are noise.
const NOISE: f32 = 2.0;
/// Whoever begins stands: thighs and trunk in one line to this many degrees, the head still for this long and as far as
/// this many samples.
const UPRIGHT_DEG: f64 = 25.0;
const STILL_SECS: f64 = 0.3;
const STILL: f64 = 1.0;
/// Steps towards a fit, and the last one's length in samples.
const STEPS: usize = 15;
const LAST_STEP: f64 = 0.01;
/// Where else to begin when nothing fits from where it was, samples.
const ASIDE: [[f64; 2]; 5] = [[0.0, 0.0], [2.0, 0.0], [-2.0, 0.0], [0.0, 2.0], [0.0, -2.0]];
/// A head moves no further from picture to picture, samples and radians: 24 mm, 14 degrees.
const FARTHEST: f64 = 6.0;
const FURTHEST_TURN: f64 = 0.25;
/// Correlations: good enough not to look elsewhere, to stand still, to be told, to compare with from then on.
const FITS_WELL: f32 = 0.85;
const STANDS_STILL: f32 = 0.9;
const FITS: f32 = 0.7;
const TEACHES: f32 = 0.75;
/// One to compare with for every so many degrees of lean, up to 120 of them.
const KEY_DEG: f64 = 8.0;
const KEYS: usize = 16;

/// Follows the head in one picture after the other, without allocating.
pub(super) struct HeadFollower {
    keys: Vec<Key>,
    /// Where the patch is now, and since when it has not moved before it is followed.
    place: Place,
    still_since: Timestamp,
    settled: bool,
    /// From the middle of the first patch to the place that touches.
    touch: Vector2<f64>,
    /// px
    sample: f64,
    seen: Patch,
    scratch: [f32; AREA],
}

/// In the dowel's frame: px along it towards its top, px away from it towards the belly, radians from the one to the other.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Place {
    middle: Vector2<f64>,
    turn: f64,
}

/// What the head looked like at one lean.
struct Key {
    /// Of the dowel in the picture.
    lean_deg: f64,
    patch: Patch,
}

type Patch = [f32; AREA];

/// The dowel's frame in one picture.
struct Beside<'a> {
    frame: &'a Frame,
    /// On the dowel, beside the hips.
    origin: ImagePoint,
    up: Vector2<f64>,
    belly: Vector2<f64>,
}

impl Beside<'_> {
    fn of<'a>(frame: &'a Frame, line: &DowelLine, axis: &Axis) -> Option<Beside<'a>> {
        let up = (line.top - line.bottom).try_normalize(1e-9)?;
        let origin = line.bottom + up * (axis.hip - line.bottom).dot(&up);
        let belly = (axis.hip - origin).try_normalize(1e-9)?;
        Some(Beside { frame, origin, up, belly })
    }

    fn place_of(&self, p: ImagePoint) -> Vector2<f64> {
        let d = p - self.origin;
        Vector2::new(d.dot(&self.up), d.dot(&self.belly))
    }

    fn to_picture(&self, p: Vector2<f64>) -> ImagePoint {
        self.origin + self.up * p.x + self.belly * p.y
    }

    fn lean_deg(&self) -> f64 {
        self.up.x.atan2(-self.up.y).to_degrees()
    }
}

impl Default for HeadFollower {
    fn default() -> HeadFollower {
        HeadFollower {
            keys: Vec::with_capacity(KEYS),
            place: Place { middle: Vector2::zeros(), turn: 0.0 },
            still_since: Timestamp::ZERO,
            settled: false,
            touch: Vector2::zeros(),
            sample: 1.0,
            seen: [0.0; AREA],
            scratch: [0.0; AREA],
        }
    }
}

impl HeadFollower {
    /// The next picture is of somebody else.
    pub fn forget(&mut self) {
        self.keys.clear();
        self.settled = false;
    }

    /// Where the place of the head is that lay on the dowel in standing, picture px. `points`, those believed alone, and
    /// `line` belong to `frame`, and `axis` to the points.
    pub fn follow(
        &mut self,
        frame: &Frame,
        line: &DowelLine,
        points: &Landmarks<Option<Keypoint>>,
        axis: &Axis,
    ) -> Option<ImagePoint> {
        let beside = Beside::of(frame, line, axis)?;
        if !self.settled {
            self.settle(&beside, points, axis);
            return None;
        }
        let (place, fit) = self.fit(&beside)?;
        let far = (place.middle.y - self.place.middle.y).abs() > FARTHEST * self.sample
            || (place.turn - self.place.turn).abs() > FURTHEST_TURN;
        if far || fit < FITS {
            return None;
        }
        self.place = place;
        let is_new = self.keys.iter().all(|key| (key.lean_deg - beside.lean_deg()).abs() > KEY_DEG);
        if is_new && fit >= TEACHES && self.keys.len() < KEYS {
            self.learn(&beside);
        }
        Some(beside.to_picture(place.middle + turned(self.touch, place.turn)))
    }

    /// Chooses the first patch, until one stays where it is.
    fn settle(&mut self, beside: &Beside, points: &Landmarks<Option<Keypoint>>, axis: &Axis) {
        if !self.keys.is_empty()
            && is_upright(points, beside)
            && let Some((place, fit)) = self.fit(beside)
            && fit >= STANDS_STILL
            && (place.middle.y - self.place.middle.y).abs() < STILL * self.sample
        {
            self.place = place;
            self.settled = beside.frame.t.secs_since(self.still_since) >= STILL_SECS;
            return;
        }
        self.keys.clear();
        let ears = Side::BOTH.map(|side| points[Landmark::of(Joint::Ear, side)].map(|k| k.at));
        let ear = match ears {
            [Some(a), Some(b)] => Some(midpoint(a, b)),
            [one, other] => one.or(other),
        };
        if let (Some(ear), Some(nose), true) = (ear, points[Landmark::Nose], is_upright(points, beside)) {
            let ear_at = beside.place_of(ear);
            let middle = beside.place_of(ear + (nose.at - ear) * TO_THE_NOSE);
            (self.place, self.still_since) = (Place { middle, turn: 0.0 }, beside.frame.t);
            self.sample = axis.length / TRUNK;
            self.touch = Vector2::new(ear_at.x + ABOVE_THE_EAR * axis.length, 0.0) - middle;
            self.learn(beside);
        }
    }

    fn learn(&mut self, beside: &Beside) {
        self.cut(beside, &self.place.clone());
        self.keys.push(Key { lean_deg: beside.lean_deg(), patch: self.seen });
    }

    /// The place where the picture fits best what it looked like at this lean, and how well: the correlation of the two.
    fn fit(&mut self, beside: &Beside) -> Option<(Place, f32)> {
        let off = |key: &Key| (key.lean_deg - beside.lean_deg()).abs();
        let key = (0..self.keys.len()).min_by(|&a, &b| off(&self.keys[a]).total_cmp(&off(&self.keys[b])))?;
        let slopes = Slopes::of(&self.keys[key].patch);
        let mut best: Option<(Place, f32)> = None;
        for aside in ASIDE {
            let mut place = self.place;
            place.middle += Vector2::from(aside) * self.sample;
            let Some((place, fit)) = self.approach(beside, key, &slopes, place) else { continue };
            if best.is_none_or(|(_, most)| fit > most) {
                best = Some((place, fit));
            }
            if fit >= FITS_WELL {
                break;
            }
        }
        best
    }

    /// Step by step from a place to where the picture fits.
    fn approach(&mut self, beside: &Beside, key: usize, slopes: &Slopes, from: Place) -> Option<(Place, f32)> {
        let mut place = from;
        for _ in 0..STEPS {
            self.cut(beside, &place);
            let patch = &self.keys[key].patch;
            let step = slopes.step(patch, &self.seen, &mut self.scratch)?;
            // The step moves what was seen before onto what is seen now; the place goes the other way.
            place.middle -= turned(Vector2::new(step.x, step.y), place.turn) * self.sample;
            place.turn -= step.z;
            if step.x.abs().max(step.y.abs()) < LAST_STEP {
                break;
            }
        }
        self.cut(beside, &place);
        Some((place, correlation(&self.keys[key].patch, &self.seen)))
    }

    /// Fills `seen`: the picture at a place, evenly lit.
    fn cut(&mut self, beside: &Beside, place: &Place) {
        for (value, (along, out)) in self.seen.iter_mut().zip(grid()) {
            let at = place.middle + turned(Vector2::new(along, out), place.turn) * self.sample;
            let [r, g, b] = colour(beside.frame, beside.to_picture(at));
            *value = 0.299 * r + 0.587 * g + 0.114 * b;
        }
        even(&mut self.seen, &mut self.scratch);
    }
}

/// Thighs and dowel in one line.
fn is_upright(points: &Landmarks<Option<Keypoint>>, beside: &Beside) -> bool {
    let thigh = |side: Side| {
        let at = |joint: Joint| points[Landmark::of(joint, side)].map(|k| k.at);
        (at(Joint::Hip)? - at(Joint::Knee)?).try_normalize(1e-9)
    };
    let mut thighs = Side::BOTH.into_iter().filter_map(thigh).peekable();
    thighs.peek().is_some() && thighs.all(|thigh| thigh.dot(&beside.up) > UPRIGHT_DEG.to_radians().cos())
}

fn turned(v: Vector2<f64>, turn: f64) -> Vector2<f64> {
    let (sin, cos) = turn.sin_cos();
    Vector2::new(cos * v.x - sin * v.y, sin * v.x + cos * v.y)
}

/// Along and out of every sample of a patch, samples from its middle.
fn grid() -> impl Iterator<Item = (f64, f64)> {
    (-RADIUS..=RADIUS).flat_map(|out| (-RADIUS..=RADIUS).map(move |along| (f64::from(along), f64::from(out))))
}

/// How a patch changes when it is moved along, moved out, and turned.
struct Slopes([Vector3<f32>; AREA]);

impl Slopes {
    fn of(patch: &Patch) -> Slopes {
        let mut slopes = [Vector3::zeros(); AREA];
        for (n, (slope, (along, out))) in slopes.iter_mut().zip(grid()).enumerate() {
            let (x, y) = (n % SIDE, n / SIDE);
            // At the rim nothing is compared.
            if x == 0 || y == 0 || x + 1 == SIDE || y + 1 == SIDE {
                continue;
            }
            let dx = 0.5 * (patch[n + 1] - patch[n - 1]);
            let dy = 0.5 * (patch[n + SIDE] - patch[n - SIDE]);
            *slope = Vector3::new(dx, dy, along as f32 * dy - out as f32 * dx);
        }
        Slopes(slopes)
    }

    /// The movement of `patch` that brings it nearest to `seen`: samples along and out, radians. What is furthest from fitting
    /// counts least.
    fn step(&self, patch: &Patch, seen: &Patch, scratch: &mut [f32; AREA]) -> Option<Vector3<f64>> {
        let inside = || grid().enumerate().filter(|(_, (x, y))| x * x + y * y <= f64::from(RADIUS * RADIUS));
        let mut count = 0;
        for (n, _) in inside() {
            scratch[count] = (seen[n] - patch[n]).abs();
            count += 1;
        }
        let usual = *scratch[..count].select_nth_unstable_by(count / 2, f32::total_cmp).1;
        let limit = 1.5 * (1.48 * usual + 1e-3);
        let (mut normal, mut right) = (Matrix3::zeros(), Vector3::zeros());
        for (n, _) in inside() {
            let error = seen[n] - patch[n];
            let weight = 1.0 / (1.0 + (error / limit).powi(2));
            let slope = self.0[n];
            normal += slope * slope.transpose() * weight;
            right += slope * (weight * error);
        }
        let step = normal.cast::<f64>().cholesky()?.solve(&right.cast::<f64>());
        step.iter().all(|v| v.is_finite()).then_some(step)
    }
}

/// Of two patches, −1 to 1.
fn correlation(a: &Patch, b: &Patch) -> f32 {
    let inside = || grid().zip(a.iter().zip(b)).filter(|((x, y), _)| x * x + y * y <= f64::from(RADIUS * RADIUS));
    let n = inside().count() as f32;
    let (sum_a, sum_b) = inside().fold((0.0, 0.0), |(sa, sb), (_, (a, b))| (sa + a, sb + b));
    let (mean_a, mean_b) = (sum_a / n, sum_b / n);
    let (mut aa, mut ab, mut bb) = (1e-6f32, 0.0, 1e-6f32);
    for (_, (a, b)) in inside() {
        let (a, b) = (a - mean_a, b - mean_b);
        (aa, ab, bb) = (aa + a * a, ab + a * b, bb + b * b);
    }
    ab / (aa * bb).sqrt()
}

/// Takes out light and shade: every sample against those around it, by how much these differ.
fn even(patch: &mut Patch, scratch: &mut [f32; AREA]) {
    let mut around = *patch;
    (0..2).for_each(|_| blur(&mut around, scratch));
    patch.iter_mut().zip(&around).for_each(|(value, around)| *value -= around);
    around.iter_mut().zip(&*patch).for_each(|(spread, value)| *spread = value * value);
    (0..2).for_each(|_| blur(&mut around, scratch));
    patch.iter_mut().zip(&around).for_each(|(value, spread)| *value /= spread.max(0.0).sqrt() + NOISE);
    soften(patch, scratch);
}

/// The mean of a box about each sample; at the rim, of what there is of it.
fn blur(patch: &mut Patch, scratch: &mut [f32; AREA]) {
    // Rows first, then columns: each pass writes what it read turned over.
    for _ in 0..2 {
        for (y, row) in patch.chunks_exact(SIDE).enumerate() {
            let mut sum: f32 = row[..EVEN].iter().sum();
            let mut count = EVEN;
            for x in 0..SIDE {
                if x + EVEN < SIDE {
                    sum += row[x + EVEN];
                    count += 1;
                }
                if x > EVEN {
                    sum -= row[x - EVEN - 1];
                    count -= 1;
                }
                scratch[x * SIDE + y] = sum / count as f32;
            }
        }
        patch.copy_from_slice(scratch);
    }
}

/// A quarter, a half, a quarter of neighbours, both ways: what remains has slopes.
fn soften(patch: &mut Patch, scratch: &mut [f32; AREA]) {
    for _ in 0..2 {
        for (y, row) in patch.chunks_exact(SIDE).enumerate() {
            for x in 0..SIDE {
                let (before, after) = (row[x.saturating_sub(1)], row[(x + 1).min(SIDE - 1)]);
                scratch[x * SIDE + y] = 0.25 * before + 0.5 * row[x] + 0.25 * after;
            }
        }
        patch.copy_from_slice(scratch);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LENGTH: f64 = 200.0;

    /// Somebody with a dowel along the back, hips in one place of the picture, the trunk leant to the right.
    #[derive(Clone, Copy, Default)]
    struct Drawing {
        lean_deg: f64,
        /// The head in the dowel's frame against standing: px out, degrees turned about its own middle.
        off: f64,
        nod_deg: f64,
        /// The thighs, likewise from the vertical.
        thigh_deg: f64,
        /// Light falls from the right of the picture.
        light: f64,
        /// Somebody else's head.
        other: bool,
        secs: f64,
    }

    impl Drawing {
        const HIP: ImagePoint = ImagePoint::new(200.0, 420.0);
        /// Of the head's middle from the hips, and of the ear and the nose from it, along the dowel and out.
        const HEAD: [f64; 2] = [270.0, 30.0];
        const EAR: [f64; 2] = [0.0, -5.0];
        const NOSE: [f64; 2] = [-5.0, 55.0];

        fn axes(&self) -> [Vector2<f64>; 2] {
            let (sin, cos) = self.lean_deg.to_radians().sin_cos();
            [Vector2::new(sin, -cos), Vector2::new(cos, sin)]
        }

        fn at(&self, [along, out]: [f64; 2]) -> ImagePoint {
            let [up, belly] = self.axes();
            Self::HIP + up * along + belly * out
        }

        /// A place of the head in the picture.
        fn of_head(&self, from_middle: [f64; 2]) -> ImagePoint {
            let v = turned(Vector2::from(from_middle), self.nod_deg.to_radians());
            self.at([Self::HEAD[0] + v.x, Self::HEAD[1] + self.off + v.y])
        }

        fn line(&self) -> DowelLine {
            DowelLine {
                top: self.at([330.0, -40.0]),
                bottom: self.at([-40.0, -40.0]),
                head: None,
                thickness: None,
                covered: None,
            }
        }

        fn frame(&self) -> Frame {
            let mut frame = Frame::new(560, 480);
            frame.t = Timestamp::from_secs(self.secs);
            let [up, belly] = self.axes();
            let middle = self.of_head([0.0, 0.0]);
            for (n, rgb) in frame.rgb_mut().chunks_exact_mut(3).enumerate() {
                let p = ImagePoint::new((n % 560) as f64, (n / 560) as f64);
                let d = p - middle;
                let v = turned(Vector2::new(d.dot(&up), d.dot(&belly)), -self.nod_deg.to_radians());
                let (a, b) = if self.other { (v.y * 2.3 + 1.0, v.x * 0.4) } else { (v.x, v.y) };
                let value = match () {
                    () if v.norm() < 60.0 => {
                        let features = (a * 0.11 + 1.0).sin() * (b * 0.07).cos() + (a * 0.05 - b * 0.13).sin();
                        (140.0 + 35.0 * features) * (1.0 + self.light * d.x / 200.0)
                    }
                    // A wall that stays where it is.
                    () => 120.0 + 20.0 * f64::from(u8::from((p.x as i32 / 37 + p.y as i32 / 41) % 2 == 0)),
                };
                rgb.fill(value.clamp(0.0, 255.0) as u8);
            }
            frame
        }

        fn points(&self) -> Landmarks<Option<Keypoint>> {
            use Landmark::*;
            let mut points = Landmarks::default();
            let (sin, cos) = self.thigh_deg.to_radians().sin_cos();
            for (landmark, at) in [
                (LeftHip, Self::HIP),
                (LeftKnee, Self::HIP + Vector2::new(sin, cos) * 150.0),
                (LeftShoulder, self.at([LENGTH, 0.0])),
                (LeftEar, self.of_head(Self::EAR)),
                (Nose, self.of_head(Self::NOSE)),
            ] {
                points[landmark] = Some(Keypoint { at, score: 0.9 });
            }
            points
        }

        /// How far the place followed is in front of the dowel, px.
        fn off_by(&self, follower: &mut HeadFollower) -> Option<f64> {
            let points = self.points();
            let axis = super::super::back::axis(&points, 1.0)?;
            let head = follower.follow(&self.frame(), &self.line(), &points, &axis)?;
            let [_, belly] = self.axes();
            Some((head - self.line().top).dot(&belly))
        }
    }

    /// One who has stood still.
    fn standing() -> (HeadFollower, Drawing) {
        let (mut follower, mut drawing) = (HeadFollower::default(), Drawing::default());
        for n in 0..8 {
            drawing.secs = f64::from(n) / 15.0;
            let told = drawing.off_by(&mut follower);
            assert!(n < 6 || told.is_some_and(|off| off.abs() < 0.1), "{told:?} in picture {n}");
        }
        (follower, drawing)
    }

    #[test]
    fn a_head_that_stays_on_the_dowel_or_comes_off_it_is_followed_as_the_trunk_leans() {
        for off in [0.0, 12.0] {
            let (mut follower, mut drawing) = standing();
            for n in 1..=40 {
                let share = 1.0 - (f64::from(n) / 20.0 - 1.0).abs();
                (drawing.lean_deg, drawing.off, drawing.light) = (60.0 * share, off * share, 0.6 * share);
                drawing.secs += 1.0 / 15.0;
                let told = drawing.off_by(&mut follower).unwrap_or_else(|| panic!("lost in picture {n}"));
                assert!((told - off * share).abs() < 1.0, "{told} for {} in picture {n}", off * share);
            }
            assert!(follower.keys.len() > 4, "{} leans", follower.keys.len());
        }
    }

    #[test]
    fn a_head_that_nods_takes_the_place_that_touches_along() {
        let (mut follower, mut drawing) = standing();
        for n in 1..=10 {
            drawing.nod_deg = 1.5 * f64::from(n);
            drawing.secs += 1.0 / 15.0;
            let told = drawing.off_by(&mut follower).unwrap_or_else(|| panic!("lost in picture {n}"));
            // The ear lies 5 px behind the head's middle, the place a little above it on the dowel.
            let touch = turned(Vector2::new(ABOVE_THE_EAR * LENGTH, -70.0), drawing.nod_deg.to_radians());
            assert!((told - 70.0 - touch.y).abs() < 1.0, "{told} for {} in picture {n}", 70.0 + touch.y);
        }
    }

    #[test]
    fn nobody_begins_bent_over_or_with_another_head() {
        let mut follower = HeadFollower::default();
        let mut bent = Drawing { lean_deg: 60.0, thigh_deg: 20.0, ..Drawing::default() };
        for n in 0..10 {
            bent.secs = f64::from(n) / 15.0;
            assert_eq!(bent.off_by(&mut follower), None);
        }
        let (mut follower, drawing) = standing();
        assert_eq!(Drawing { other: true, ..drawing }.off_by(&mut follower), None);
        assert!(drawing.off_by(&mut follower).is_some(), "and it is itself again");
    }
}
