//! Where to look next: from the athlete's points to the region that becomes the network's next input.
//!
//! Input: a [`Reading`] and its [`Figure`]. Output: a [`Crop`] turned so that the trunk (hips → shoulders) is upright in
//! it, so that every model sees a lying body as it sees a standing one, and mirrored so that somebody seen from the side
//! always faces right in it, so that a clip and its mirror image give the same angles (networks are not symmetric). Size and direction are smoothed a little: a crop
//! that pumps or wobbles makes the points wobble.

use super::athlete::Figure;
use super::card::{Card, CropRule, Family};
use super::crop::Crop;
use super::decode::Reading;
use super::detector::Detection;
use crate::frame::Mask;
use crate::geometry::{ImagePoint, Region, wrap_deg};
use crate::pose::{Keypoint, Landmark};
use nalgebra::{Point2, Vector2};

/// Share of a new trunk direction taken on per frame. A trunk that points towards the camera is short and so turns the crop
/// little, and not at all below this part of its full length: its direction on screen means nothing.
const TURN_GAIN: f64 = 0.5;
const END_ON: f64 = 0.6;
/// At a first look, a trunk of less than this part of the points' box does not turn the crop at all. Somebody standing has
/// 0.3, a bird dog seen from behind 0.05 to 0.18. Points believed half as much as usual belong to that box.
const SHORT_TRUNK: f64 = 0.2;
const DOUBTED: f64 = 0.5;
/// Share of a new size taken on per frame: growing fast keeps a stretched-out arm in view.
const GROW_GAIN: f64 = 0.5;
const SHRINK_GAIN: f64 = 0.1;
/// MoveNet's own factors: half the square over the reach of the trunk, and over the reach of all points.
const TRUNK_REACH: f64 = 1.9;
const BODY_REACH: f64 = 1.2;
/// Room around the points' box, over its longer side: the head's top and the feet lie beyond the last points.
const BOX_ROOM: f64 = 0.08;
/// A mask that reaches so far beyond the points' box, over its longer side, shows more than flesh about them.
const BEYOND_FLESH: f64 = 0.2;
/// A mask that reaches the crop's edge goes on beyond it, by so much of the crop's side for all one can tell; but no further
/// than so much beyond the points' box, over its longer side.
const CUT_OFF: f64 = 0.15;
const MOST_BEYOND: f64 = 0.4;
/// Cells of a mask's row or column that make it part of the body.
const LEAST_CELLS: usize = 2;
/// The closer look at the trunk, as formcheck's own model was trained on it: room around the joints, trunk lengths (0.10 m of
/// 0.5), and the share of the crop that they fill with it.
const TRUNK_ROOM: f64 = 0.2;
const TRUNK_FILLS: f64 = 0.95;
/// Seen from a side, by a model that does not say: shoulders and hips lie this near each other, trunk lengths. They do so
/// to 30 degrees of yaw (0.78 sin yaw, RULES.md 0.4).
const SIDE_ON: f64 = 0.4;
/// Over the reach of the points when a model gives no circle: BlazePose's circle passes just beyond head and feet.
const CIRCLE_ROOM: f64 = 1.1;
/// BlazePose's region over the circle's diameter, for detections.
const DETECTION_MARGIN: f64 = 1.25;

/// A held crop gives way to a wanted one that is this far off: of its side in place, as a factor in size, degrees in turn.
const HELD_PLACE: f64 = 0.04;
const HELD_SIZE: f64 = 1.08;
const HELD_TURN_DEG: f64 = 6.0;

/// Share of a new look's evidence for facing taken on per frame.
const FACING_GAIN: f64 = 0.1;
/// Evidence needed to turn the mirror, in trunk lengths: in a side view the nose is about 0.2 before the ears and the toes
/// 0.4 before the heels; in a front view both are near 0, and the mirror stays as it is.
const FACING_SURE: f64 = 0.1;

/// Follows the athlete with a crop.
#[derive(Clone, Debug)]
pub(super) struct Framing {
    rule: CropRule,
    margin: f64,
    /// Room around the points' box, over its longer side.
    room: f64,
    /// Width over height of the network's input.
    aspect: f64,
    /// A point scored below this is not believed.
    min_score: f64,
    /// Smoothed direction hips → shoulders.
    up: Vector2<f64>,
    /// Smoothed height of the region, px.
    height: Option<f64>,
    /// Smoothed facing, in trunk lengths: positive towards the right of the upright crop.
    facing: Option<f64>,
    mirrored: bool,
    /// The athlete was clearly seen to face one way.
    faced: bool,
    /// formcheck's own model: a crop stays where it is until the athlete has clearly moved, so that somebody who stands
    /// still gives the network the same picture and it gives the same points.
    holds: bool,
    /// The crops held, of the body and of the trunk.
    body: Option<Crop>,
    near: Option<Crop>,
}

impl Framing {
    pub fn new(card: &Card) -> Framing {
        Framing {
            rule: card.crop.rule,
            margin: card.crop.margin,
            // The own model's points reach to the head's top and the toes.
            room: if card.family == Family::Formcheck { 0.0 } else { BOX_ROOM },
            aspect: card.input.width as f64 / card.input.height as f64,
            min_score: card.presence.point,
            up: Vector2::new(0.0, -1.0),
            height: None,
            facing: None,
            mirrored: false,
            faced: false,
            holds: card.family == Family::Formcheck,
            body: None,
            near: None,
        }
    }

    /// Forgets how the last person was seen.
    pub fn reset(&mut self) {
        (self.height, self.facing, self.mirrored, self.faced) = (None, None, false, false);
        (self.body, self.near) = (None, None);
    }

    /// The region for a detected person.
    pub fn of_detection(&self, found: &Detection) -> Option<Crop> {
        let arm = found.rim - found.hips;
        let side = 2.0 * arm.norm() * DETECTION_MARGIN;
        let width = side * self.aspect.min(1.0);
        Region::new(found.hips, width, width / self.aspect, up_deg(arm)).map(Crop::plain)
    }

    /// The crop around a person seen for the first time, in `crop`: place, size and turn are not smoothed.
    pub fn start(&mut self, crop: &Crop, reading: &Reading, figure: &Figure, mask: Option<&Mask>) -> Option<Crop> {
        let turn_deg = crop.region.rotation_deg;
        let (low, high) = self.extent(reading, figure.hips, turn_deg, DOUBTED * self.min_score)?;
        let trunk = (figure.shoulders - figure.hips).norm();
        let short = trunk < SHORT_TRUNK * (high - low).amax();
        self.up = if short { turned(Vector2::new(0.0, -1.0), turn_deg) } else { figure.up() };
        (self.height, self.facing) = (None, None);
        (self.body, self.near) = (None, None);
        self.next(reading, figure, mask)
    }

    /// The crop for the next picture; `mask` is the reading's.
    pub fn next(&mut self, reading: &Reading, figure: &Figure, mask: Option<&Mask>) -> Option<Crop> {
        if figure.up().norm() >= END_ON {
            self.up += TURN_GAIN * (figure.up() - self.up);
            self.up = self.up.try_normalize(1e-9).unwrap_or(self.up);
        }
        let rotation_deg = up_deg(self.up);
        let (center, height) = match self.rule {
            CropRule::Circle => self.circle(reading, figure, rotation_deg)?,
            CropRule::Hips => self.about_hips(reading, figure, rotation_deg)?,
            CropRule::Box => self.around_points(reading, mask, rotation_deg)?,
        };
        let wanted = height * self.margin;
        let height = match self.height {
            Some(last) if wanted > last => last + GROW_GAIN * (wanted - last),
            Some(last) => last + SHRINK_GAIN * (wanted - last),
            None => wanted,
        };
        self.height = Some(height);
        self.face(reading, figure, rotation_deg);
        let region = Region::new(center, height * self.aspect, height, rotation_deg)?;
        let wanted = Crop { region, mirrored: self.mirrored };
        self.body = Some(self.body.filter(|last| self.holds && near_enough(last, &wanted)).unwrap_or(wanted));
        self.body
    }

    /// Which way the athlete was last clearly seen to face: +1 to the right of the upright crop, −1 to the left.
    pub fn facing(&self) -> Option<f64> {
        self.faced.then_some(if self.mirrored { -1.0 } else { 1.0 })
    }

    /// Turns the mirror when the athlete clearly faces the other way.
    fn face(&mut self, reading: &Reading, figure: &Figure, rotation_deg: f64) {
        let Some(seen) = facing(reading, figure, rotation_deg, self.min_score) else { return };
        let last = self.facing.unwrap_or(seen);
        let now = last + FACING_GAIN * (seen - last);
        self.facing = Some(now);
        if now.abs() > FACING_SURE {
            (self.mirrored, self.faced) = (now < 0.0, true);
        }
    }

    /// Neck to knees of an athlete seen from a side, about twice as large as in the whole crop and turned as it is;
    /// `None` from elsewhere, where the line of the back is not seen.
    pub fn trunk(&mut self, reading: &Reading) -> Option<Crop> {
        use Landmark::*;
        let figure = Figure::of(&reading.points, self.min_score)?;
        let seen = |l: Landmark| reading.points[l].filter(|k| k.score >= self.min_score).map(|k| k.at);
        let apart = |a, b| seen(a).zip(seen(b)).map_or(0.0, |(a, b)| (a - b).norm() / figure.trunk_px());
        let near = || apart(LeftShoulder, RightShoulder).max(apart(LeftHip, RightHip)) <= SIDE_ON;
        if !reading.side_on.map_or_else(near, |share| share > 0.5) {
            return None;
        }
        let rotation_deg = up_deg(self.up);
        let mut bounds: Option<(Point2<f64>, Point2<f64>)> = None;
        for l in [C7, T4, T8, L1, S1, S4, LeftShoulder, RightShoulder, LeftHip, RightHip, LeftKnee, RightKnee] {
            let Some(at) = seen(l) else { continue };
            let p = Point2::from(turned(at - figure.hips, -rotation_deg));
            bounds = Some(bounds.map_or((p, p), |(low, high)| (low.inf(&p), high.sup(&p))));
        }
        let (low, high) = bounds?;
        let extent = (high.x - low.x).max(high.y - low.y) + 2.0 * TRUNK_ROOM * figure.trunk_px();
        let center = figure.hips + turned(nalgebra::center(&low, &high).coords, rotation_deg);
        let side = extent / TRUNK_FILLS;
        let wanted = Crop { region: Region::new(center, side, side, rotation_deg)?, mirrored: self.mirrored };
        self.near = Some(self.near.filter(|last| near_enough(last, &wanted)).unwrap_or(wanted));
        self.near
    }

    fn circle(&self, reading: &Reading, figure: &Figure, rotation_deg: f64) -> Option<(ImagePoint, f64)> {
        if let Some((center, rim)) = reading.circle {
            return Some((center, 2.0 * (rim - center).norm()));
        }
        let (low, high) = self.extent(reading, figure.hips, rotation_deg, self.min_score)?;
        let reach = high.x.max(-low.x).hypot(high.y.max(-low.y));
        Some((figure.hips, 2.0 * reach * CIRCLE_ROOM))
    }

    fn about_hips(&self, reading: &Reading, figure: &Figure, rotation_deg: f64) -> Option<(ImagePoint, f64)> {
        let (low, high) = self.extent(reading, figure.hips, rotation_deg, self.min_score)?;
        let body = high.x.max(-low.x).max(high.y).max(-low.y);
        let trunk = (figure.shoulders - figure.hips).norm();
        let half = (TRUNK_REACH * trunk).max(BODY_REACH * body);
        Some((figure.hips, 2.0 * half))
    }

    /// The points' box, and what the mask shows beyond it. A crop that cut a leg off shows the network none, and it puts that
    /// leg on the other one: by the points alone, the next crop would cut it off again.
    fn around_points(&self, reading: &Reading, mask: Option<&Mask>, rotation_deg: f64) -> Option<(ImagePoint, f64)> {
        let anchor = reading.points.iter().find_map(|(_, k)| k.map(|k| k.at))?;
        let (mut low, mut high) = self.extent(reading, anchor, rotation_deg, self.min_score)?;
        let longer = (high.x - low.x).max(high.y - low.y);
        let (flesh, first, last) = (BEYOND_FLESH * longer, low, high);
        for (beyond_edge, most) in [(0.0, f64::INFINITY), (CUT_OFF, MOST_BEYOND * longer)] {
            for corner in mask.and_then(|mask| corners(mask, beyond_edge)).into_iter().flatten() {
                let p = Point2::from(turned(corner - anchor, -rotation_deg));
                for axis in 0..2 {
                    if p[axis] < first[axis] - flesh {
                        low[axis] = low[axis].min(p[axis].max(first[axis] - most));
                    }
                    if p[axis] > last[axis] + flesh {
                        high[axis] = high[axis].max(p[axis].min(last[axis] + most));
                    }
                }
            }
        }
        let room = 2.0 * self.room * (high.x - low.x).max(high.y - low.y);
        let (width, height) = (high.x - low.x + room, high.y - low.y + room);
        let middle = nalgebra::center(&low, &high);
        let center = anchor + turned(middle.coords, rotation_deg);
        Some((center, height.max(width / self.aspect)))
    }

    /// The box of the believed points about `origin`, in the axes of a region turned by `rotation_deg`, px. Limbs' joints are
    /// believed as little as when something is measured with them: a crop that follows a doubtful limb loses the rest. The
    /// closer look at the trunk goes by its knees as they are: with less, a real back was seen to round by half of what it did.
    fn extent(
        &self,
        reading: &Reading,
        origin: ImagePoint,
        rotation_deg: f64,
        min_score: f64,
    ) -> Option<(Point2<f64>, Point2<f64>)> {
        let mut bounds: Option<(Point2<f64>, Point2<f64>)> = None;
        for (l, keypoint) in reading.points.iter() {
            let believed = |k: &Keypoint| k.score * reading.joint_share(l) >= min_score;
            let Some(keypoint) = keypoint.filter(believed) else { continue };
            let p = Point2::from(turned(keypoint.at - origin, -rotation_deg));
            bounds = Some(match bounds {
                None => (p, p),
                Some((low, high)) => (low.inf(&p), high.sup(&p)),
            });
        }
        bounds
    }
}

/// The corners of a mask's body in the picture; where it goes to an edge, `beyond_edge` (sides of the mask) further.
fn corners(mask: &Mask, beyond_edge: f64) -> Option<[ImagePoint; 4]> {
    let is_body = |x: usize, y: usize| mask.probability[y * mask.width + x] > 0.5;
    let column = |x: usize| (0..mask.height).filter(|&y| is_body(x, y)).count() >= LEAST_CELLS;
    let row = |y: usize| (0..mask.width).filter(|&x| is_body(x, y)).count() >= LEAST_CELLS;
    let [left, right] = span(mask.width, beyond_edge, column)?;
    let [top, bottom] = span(mask.height, beyond_edge, row)?;
    let unit = [(left, top), (right, top), (right, bottom), (left, bottom)];
    Some(unit.map(|(x, y)| mask.region.image_from_unit(Point2::new(x, y))))
}

/// Where the first of `count` cells that are in begins and the last ends, 0..1; `beyond_edge` further at the edges.
fn span(count: usize, beyond_edge: f64, is_in: impl Fn(usize) -> bool) -> Option<[f64; 2]> {
    let (first, last) = ((0..count).find(|&i| is_in(i))?, (0..count).rfind(|&i| is_in(i))?);
    let beyond = |at_edge: bool| if at_edge { beyond_edge } else { 0.0 };
    let [low, high] = [first, last + 1].map(|cell| cell as f64 / count as f64);
    Some([low - beyond(first == 0), high + beyond(last + 1 == count)])
}

/// Whether a crop still shows what the wanted one would.
fn near_enough(last: &Crop, wanted: &Crop) -> bool {
    let (a, b) = (&last.region, &wanted.region);
    let size = b.height() / a.height();
    last.mirrored == wanted.mirrored
        && (b.center - a.center).norm() < HELD_PLACE * a.height()
        && (1.0 / HELD_SIZE..HELD_SIZE).contains(&size)
        && wrap_deg(b.rotation_deg - a.rotation_deg).abs() < HELD_TURN_DEG
}

/// How far nose and toes lie to the right of ears and heels in the upright crop, trunk lengths.
fn facing(reading: &Reading, figure: &Figure, rotation_deg: f64, min_score: f64) -> Option<f64> {
    use Landmark::*;
    let at = |l: Landmark| reading.points[l].filter(|k| k.score >= min_score).map(|k| k.at);
    let pairs = [(LeftEar, Nose), (RightEar, Nose), (LeftHeel, LeftBigToe), (RightHeel, RightBigToe)];
    let forward = pairs.iter().filter_map(|&(back, front)| {
        at(back).zip(at(front)).map(|(back, front)| turned(front - back, -rotation_deg).x / figure.trunk_px())
    });
    let (sum, count) = forward.fold((0.0, 0), |(sum, count), v| (sum + v, count + 1));
    (count > 0).then(|| sum / f64::from(count))
}

/// How far a direction is turned clockwise from screen up, degrees.
fn up_deg(up: Vector2<f64>) -> f64 {
    if up.norm_squared() == 0.0 { 0.0 } else { up.x.atan2(-up.y).to_degrees() }
}

/// `v` turned clockwise on screen.
fn turned(v: Vector2<f64>, deg: f64) -> Vector2<f64> {
    let (sin, cos) = deg.to_radians().sin_cos();
    Vector2::new(v.x * cos - v.y * sin, v.x * sin + v.y * cos)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crop_is_held_until_the_athlete_has_clearly_moved() {
        let crop = |x: f64, side: f64, turn: f64| {
            Crop::plain(Region::new(ImagePoint::new(x, 300.0), side, side, turn).unwrap())
        };
        let held = crop(200.0, 500.0, 178.0);
        assert!(near_enough(&held, &crop(215.0, 530.0, -178.0)), "a trembling network");
        for moved in [crop(225.0, 500.0, 178.0), crop(200.0, 560.0, 178.0), crop(200.0, 500.0, -170.0)] {
            assert!(!near_enough(&held, &moved), "{moved:?}");
        }
        assert!(!near_enough(&held, &Crop { mirrored: true, ..held }));
    }

    /// A look at an upright picture of 200 px.
    fn whole() -> Crop {
        Crop::plain(Region::new(ImagePoint::new(100.0, 100.0), 200.0, 200.0, 0.0).unwrap())
    }

    #[test]
    fn a_trunk_that_points_at_the_camera_does_not_turn_the_crop() {
        use crate::estimate::card::tests::own_card;
        let mut framing = Framing::new(&own_card("").unwrap());
        // On hands and knees, from behind: shoulders beyond the hips, a little above them and to the right.
        let reading = |right: f64| {
            let mut reading = Reading::default();
            for (l, x, y) in [
                (Landmark::LeftShoulder, 90.0 + right, 96.0),
                (Landmark::RightShoulder, 110.0 + right, 96.0),
                (Landmark::LeftHip, 90.0, 100.0),
                (Landmark::RightHip, 110.0, 100.0),
                (Landmark::LeftKnee, 90.0, 150.0),
                (Landmark::RightKnee, 110.0, 150.0),
                (Landmark::LeftAnkle, 90.0, 170.0),
                (Landmark::RightAnkle, 110.0, 170.0),
            ] {
                reading.points[l] = Some(Keypoint { at: ImagePoint::new(x, y), score: 0.9 });
            }
            reading
        };
        let first = reading(6.0);
        let figure = Figure::of(&first.points, 0.2).unwrap();
        let turn = |crop: Option<Crop>| wrap_deg(crop.unwrap().region.rotation_deg).abs();
        let start = framing.start(&whole(), &first, &figure, None);
        assert!(turn(start) < 8.0, "{}", turn(start));
        // Seen a little to one side and the other, as a network wavers.
        for n in 0..30 {
            let now = reading(if n % 2 == 0 { -6.0 } else { 6.0 });
            let figure = Figure::of(&now.points, 0.2).unwrap();
            let crop = framing.next(&now, &figure, None);
            assert!(turn(crop) < 8.0, "{n}: {}", turn(crop));
        }
        // Always to the same side, as long as half of it.
        for n in 0..30 {
            let now = reading(20.0);
            let figure = Figure::of(&now.points, 0.2).unwrap();
            let crop = framing.next(&now, &figure, None);
            assert!(turn(crop) < 8.0, "{n}: {}", turn(crop));
        }
    }

    #[test]
    fn a_crop_does_not_follow_a_limb_that_is_doubtful() {
        use crate::estimate::card::tests::own_card;
        let card = own_card("").unwrap();
        let crop = |score: f64, joints_chosen: bool| {
            let mut reading = Reading { joints_chosen, ..Reading::default() };
            for (l, x, y) in [
                (Landmark::LeftShoulder, 100.0, 60.0),
                (Landmark::RightShoulder, 100.0, 60.0),
                (Landmark::LeftHip, 100.0, 110.0),
                (Landmark::RightHip, 100.0, 110.0),
            ] {
                reading.points[l] = Some(Keypoint { at: ImagePoint::new(x, y), score: 0.9 });
            }
            let figure = Figure::of(&reading.points, card.presence.point).unwrap();
            reading.points[Landmark::LeftAnkle] = Some(Keypoint { at: ImagePoint::new(220.0, 110.0), score });
            Framing::new(&card).start(&whole(), &reading, &figure, None).unwrap().region.center.x
        };
        let just_believed = 1.1 * card.presence.point;
        assert_eq!(crop(just_believed, true), 100.0);
        assert!(crop(just_believed, false) > 150.0, "of other models a point is worth what they say");
        assert!(crop(1.4 * card.presence.point, true) > 150.0);
    }

    #[test]
    fn a_leg_that_the_last_crop_cut_off_is_in_the_next_one() {
        use crate::estimate::card::tests::own_card;
        // Standing; both feet were put on one place, and what is seen of the other leg runs out of the crop's right edge.
        let mut reading = Reading::default();
        for (l, x, y) in [
            (Landmark::HeadTop, 100.0, 20.0),
            (Landmark::LeftShoulder, 100.0, 60.0),
            (Landmark::RightShoulder, 100.0, 60.0),
            (Landmark::LeftHip, 100.0, 110.0),
            (Landmark::RightHip, 100.0, 110.0),
            (Landmark::LeftAnkle, 80.0, 180.0),
            (Landmark::RightAnkle, 80.0, 180.0),
        ] {
            reading.points[l] = Some(Keypoint { at: ImagePoint::new(x, y), score: 0.9 });
        }
        let figure = Figure::of(&reading.points, 0.2).unwrap();
        let region = Region::new(ImagePoint::new(100.0, 100.0), 200.0, 200.0, 0.0).unwrap();
        let mask = |body: fn(usize, usize) -> bool| Mask {
            region,
            width: 20,
            height: 20,
            probability: (0..400).map(|i| if body(i % 20, i / 20) { 0.9 } else { 0.1 }).collect(),
        };
        let crop = |mask: Option<&Mask>| {
            Framing::new(&own_card("").unwrap()).start(&whole(), &reading, &figure, mask).unwrap().region
        };
        let flesh = mask(|x, y| (7..11).contains(&x) && (2..19).contains(&y));
        assert_eq!(crop(Some(&flesh)), crop(None), "what lies about the points is theirs");
        let leg = mask(|x, y| (7..11).contains(&x) && (2..19).contains(&y) || x >= 12 && (13..16).contains(&y));
        let (with, without) = (crop(Some(&leg)), crop(None));
        assert!(without.center.x < 100.0 && with.center.x > 130.0, "{with:?}");
        let stray = mask(|x, y| (7..11).contains(&x) && (2..19).contains(&y) || (x, y) == (19, 0));
        assert_eq!(crop(Some(&stray)), crop(None), "a single cell is nothing");
        // Shins that go down to the crop's edge, of which no more is seen than flesh about the points.
        let shins = mask(|x, y| (7..11).contains(&x) && (2..20).contains(&y));
        let below = crop(Some(&shins));
        assert!(below.height() > 1.15 * without.height() && below.center.y > 105.0, "{below:?}");
        let all = crop(Some(&mask(|_, _| true)));
        assert!(all.height() < 2.2 * without.height(), "a mask that is everywhere: {all:?}");
    }
}
