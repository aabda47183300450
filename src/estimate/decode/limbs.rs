//! Which of the places that heat maps offer make limbs together.
//!
//! Seen from the side a far limb is mostly guessed: its maps have a hill on either leg, and each map's highest by itself puts
//! both knees on one leg, or a knee on one and its ankle on the other. Here knees and ankles of both sides (elbows and
//! wrists likewise) are chosen together: likely places, no bone longer than it can be, legs that lie on the body's mask, and
//! the two sides on one place only where the maps offer no other. Feet go with their ankle. The other choices tell how likely
//! the one taken is: a faint hill that alone makes a limb is believed, and one of two legs as good as each other is not.
//!
//! Of 1,430 rendered bodies never trained on, points of limbs within 10 % of the body's size rose from 73.1 to 75.7 %, the
//! mean error fell by a tenth; on 238 photographs from 77.3 to 78.7 % (wrists from 60 to 65 %); on the rendered clips of people
//! on the floor knees within a fifth of the trunk's length from 62 to 75 %. The mask came later: of the photographs both legs
//! are right (the same fifth, under either name) in 53 % instead of 50, of 4,450 pictures of other clips as often as before, in
//! 79 % (half-kneeling 97 instead of 93, bird dogs 80 instead of 82). Among the three hills looked at the right one is
//! there for 93 % of knees and ankles. Sticking to the last picture's choice was tried on those clips and made it worse: a
//! mistake stayed.
//!
//! Of an upright body a part that only one leg explains is that leg: both are right in all of 1,500 pictures of hamstring
//! stretches done upright (89 % before), in 38 % of rounded ones (30), and half-kneeling as often as before. On the floor it is
//! not asked: of a real bird dog it put shins between the legs.

use super::cells::Cells;
use super::own::Peak;
use super::sigmoid;
use crate::pose::{Joint, Landmark, Landmarks};
use crate::units::Side;
use nalgebra::Point2;

/// How many places of a map are looked at.
pub(super) const OFFERS: usize = 3;
/// Places of one map, the likeliest first.
pub(super) type Offers = [Option<Peak>; OFFERS];

/// What hangs on a limb's last joint, and how far from it, trunk lengths.
type Tip = (fn(Side) -> Landmark, f64);

struct Limb {
    /// Root, middle and end.
    joints: [Joint; 3],
    /// How long its two bones get, trunk lengths (shoulders' middle to hips' middle).
    longest: [f64; 2],
    tips: &'static [Tip],
    /// What a bone that lies nowhere on the body costs, nats. Before the trunk an arm always lies on it.
    off_body: f64,
    /// What it costs to leave a part of an upright body as large as a shank without a limb that explains it, nats; of arms
    /// nothing, for the same reason.
    unexplained: f64,
    /// What the scores of middle and end are multiplied by, where other points' are lowered by their standard deviations, so
    /// that all are right about as often from one score on. Before second hills had a say, knees scored 0.075 to 0.1
    /// were right two times in three (71 % of rendered clips, 62 of photographs), elbows and ankles were not (27 and 77 % of
    /// clips, 44 and 18 of photographs); since then few score so little (of 12 knees 8 are right).
    believed: [f64; 2],
}

/// Arms first: what they explain of the body no leg has to.
const LIMBS: [Limb; 2] = [
    Limb {
        joints: [Joint::Shoulder, Joint::Elbow, Joint::Wrist],
        longest: [0.66, 0.52],
        tips: &[],
        off_body: 0.0,
        unexplained: 0.0,
        believed: [0.8, 0.8],
    },
    Limb {
        joints: [Joint::Hip, Joint::Knee, Joint::Ankle],
        longest: [0.87, 0.87],
        tips: &[
            (|side| Landmark::of(Joint::Heel, side), 0.2),
            (|side| Landmark::of(Joint::BigToe, side), 0.45),
            (small_toe, 0.45),
        ],
        off_body: 3.0,
        unexplained: 2.0,
        believed: [1.35, 0.8],
    },
];

/// Perspective lets a bone look longer by this.
const SLACK: f64 = 1.2;
/// What a bone twice as long as it can be costs, nats; it grows with the square of the excess.
const TOO_LONG: f64 = 24.0;
/// What it costs to put both sides on one place, nats; it falls to nothing at a distance of [`APART`] trunk lengths. Of
/// middle and end the dearer counts: an ankle alone, off to where its map has a faint second hill, is no second leg.
const TOGETHER: f64 = 2.0;
const APART: f64 = 0.3;
/// Of somebody lying or on hands and knees it costs by so much more as both maps have hills elsewhere, 0..=1 of either: legs
/// that do lie together are seen in one place. Of 800 pictures of drawn clips both legs are right in 85.3 % instead of 80.6
/// where everybody's are told so (hamstring stretches 73 instead of 63, bird dogs 91 instead of 80), of photographs in 57.9
/// instead of 57.2; but the feet of a real squat were torn apart by it.
const ELSEWHERE: f64 = 12.0;
/// How large a shank looks, square trunk lengths. No more than two of them count as unexplained.
const SHANK_AREA: f64 = 0.25;
const MOST_UNEXPLAINED: f64 = 2.0;
/// Half of how wide trunk, thigh, shank, foot and arm look, trunk lengths.
const TRUNK_WIDE: f64 = 0.42;
const THIGH_WIDE: f64 = 0.29;
const SHANK_WIDE: f64 = 0.22;
const FOOT_WIDE: f64 = 0.34;
const ARM_WIDE: f64 = 0.2;
/// Shares below this count as this: a map that is sure overrules bones, but not without end.
const LEAST_SHARE: f64 = 1e-3;

fn small_toe(side: Side) -> Landmark {
    match side {
        Side::Left => Landmark::LeftSmallToe,
        Side::Right => Landmark::RightSmallToe,
    }
}

/// Whether more than a map's likeliest place is of use.
pub(super) fn is_chosen(landmark: Landmark) -> bool {
    let mut tips = LIMBS.iter().flat_map(|limb| limb.tips);
    is_joint(landmark) || tips.any(|(tip, _)| Side::BOTH.into_iter().any(|side| tip(side) == landmark))
}

/// Whether it is one of the joints that are chosen together.
pub(super) fn is_joint(landmark: Landmark) -> bool {
    believed(landmark).is_some()
}

/// What the score of a joint that was chosen with others is multiplied by; `None` for other landmarks.
pub(super) fn believed(landmark: Landmark) -> Option<f64> {
    let joints = || LIMBS.iter().flat_map(|limb| limb.joints[1..].iter().zip(limb.believed));
    let is = |joint: Joint| Side::BOTH.into_iter().any(|side| Landmark::of(joint, side) == landmark);
    joints().find(|&(&joint, _)| is(joint)).map(|(_, share)| share)
}

/// Where the body is in the crop.
pub(super) struct Silhouette<'a> {
    /// Logits, row by row.
    pub logits: &'a [f32],
    /// Cells along each side.
    pub side: usize,
    /// Whether a place of the crop, 0..1, lies in the picture.
    pub in_picture: &'a dyn Fn(Point2<f64>) -> bool,
    /// The trunk lies in the picture, or nearly so.
    pub lying: bool,
}

impl Silhouette<'_> {
    /// Cells that a limb may lie beside the mask: it is drawn coarsely, and an outline off by a cell or two says nothing.
    const BESIDE: usize = 2;
    /// Places along a bone that are looked at.
    const ALONG: usize = 8;

    /// How much of a bone lies off the body, 0..=1; ends in 0..1 of the crop. Beyond the crop or the picture nobody knows.
    fn off(&self, from: Point2<f64>, to: Point2<f64>) -> f64 {
        let off_at = |n: usize| {
            let at = from + (to - from) * ((n as f64 + 0.5) / Self::ALONG as f64);
            if !(0.0..1.0).contains(&at.x) || !(0.0..1.0).contains(&at.y) || !(self.in_picture)(at) {
                return 0.0;
            }
            let near = |v: f64| {
                let cell = (v * self.side as f64) as usize;
                cell.saturating_sub(Self::BESIDE)..(cell + Self::BESIDE + 1).min(self.side)
            };
            let row = |y: usize| &self.logits[y * self.side..][near(at.x)];
            let most = near(at.y).flat_map(row).fold(f32::NEG_INFINITY, |most, &v| most.max(v));
            1.0 - f64::from(sigmoid(most))
        };
        (0..Self::ALONG).map(off_at).sum::<f64>() / Self::ALONG as f64
    }

    /// What of the body is neither trunk nor arm.
    fn legs(&self, points: &Landmarks<Option<Peak>>, trunk: f64) -> Cells {
        let at = |joint, side| points[Landmark::of(joint, side)].map(|p| p.at);
        let between = |joint| Some(nalgebra::center(&at(joint, Side::Left)?, &at(joint, Side::Right)?));
        let line = between(Joint::Shoulder).zip(between(Joint::Hip)).map(|(a, b)| ([a, b], TRUNK_WIDE));
        let arms = Side::BOTH.into_iter().flat_map(|side| {
            let bones = [[Joint::Shoulder, Joint::Elbow], [Joint::Elbow, Joint::Wrist]];
            bones.into_iter().filter_map(move |[a, b]| Some(([at(a, side)?, at(b, side)?], ARM_WIDE)))
        });
        let known: Vec<([Point2<f64>; 2], f64)> = arms.chain(line).collect();
        let is_body = |at: Point2<f64>| {
            let [x, y] = [at.x, at.y].map(|v| (v * self.side as f64) as usize);
            self.logits.get(y * self.side + x).is_some_and(|&logit| logit > 0.0) && (self.in_picture)(at)
        };
        Cells::ALL.filter(|at| is_body(at) && known.iter().all(|&(bone, wide)| beside(at, bone) > wide * trunk))
    }
}

/// How far a place is from a bone.
fn beside(at: Point2<f64>, [from, to]: [Point2<f64>; 2]) -> f64 {
    let bone = to - from;
    let along = ((at - from).dot(&bone) / bone.norm_squared().max(f64::MIN_POSITIVE)).clamp(0.0, 1.0);
    (at - from - bone * along).norm()
}

/// Of each landmark the place to take, 0..1 of the crop.
pub(super) fn chosen(offers: &Landmarks<Offers>, body: &Silhouette) -> Landmarks<Option<Peak>> {
    let mut out = Landmarks(offers.0.map(|offers| offers[0]));
    let Some(trunk) = trunk_length(&out) else { return out };
    for limb in &LIMBS {
        choose(limb, offers, body, trunk, &mut out);
    }
    out
}

/// Seen along the trunk its width tells its length.
fn trunk_length(points: &Landmarks<Option<Peak>>) -> Option<f64> {
    let at = |joint| Side::BOTH.map(|side| points[Landmark::of(joint, side)].map(|p| p.at));
    let ([left, right], [left_hip, right_hip]) = (at(Joint::Shoulder), at(Joint::Hip));
    let (left, right, left_hip, right_hip) = (left?, right?, left_hip?, right_hip?);
    let along = (nalgebra::center(&left, &right) - nalgebra::center(&left_hip, &right_hip)).norm();
    let length = along.max((left - right).norm()).max(1.6 * (left_hip - right_hip).norm());
    (length > 0.0).then_some(length)
}

fn likely(place: &Peak) -> f64 {
    place.share.max(LEAST_SHARE).ln()
}

/// What a bone from one place to another costs, nats.
fn stretch(from: Point2<f64>, to: Point2<f64>, longest: f64) -> f64 {
    TOO_LONG * ((to - from).norm() / longest - SLACK).max(0.0).powi(2)
}

/// What two joints that near one another cost, nats, whose maps offer these places.
fn crowding(a: Point2<f64>, b: Point2<f64>, offers: [&Offers; 2], trunk: f64, lying: bool) -> f64 {
    let far = APART * trunk;
    let near = (1.0 - (a - b).norm() / far).max(0.0);
    if near == 0.0 {
        return 0.0;
    }
    let is_elsewhere = |p: &&Peak| (p.at - a).norm() > far && (p.at - b).norm() > far;
    let elsewhere = offers.map(|offers| offers.iter().flatten().filter(is_elsewhere).map(|p| p.share).sum::<f64>());
    let elsewhere = if lying { elsewhere[0].min(elsewhere[1]) } else { 0.0 };
    TOGETHER * near * (1.0 + ELSEWHERE * elsewhere)
}

fn choose(limb: &Limb, offers: &Landmarks<Offers>, body: &Silhouette, trunk: f64, out: &mut Landmarks<Option<Peak>>) {
    let [root, middle, end] = limb.joints;
    let bone = |n: usize, from: Point2<f64>, to: Point2<f64>| {
        let off = if limb.off_body > 0.0 { limb.off_body * body.off(from, to) } else { 0.0 };
        stretch(from, to, limb.longest[n] * trunk) + off
    };
    let explains = limb.unexplained > 0.0 && !body.lying;
    let to_explain = if explains { body.legs(out, trunk) } else { Cells::NONE };
    let [lefts, rights] = Side::BOTH.map(|side| {
        let of = |joint| offers[Landmark::of(joint, side)].into_iter().flatten();
        let root = out[Landmark::of(root, side)].map(|p| p.at);
        let mut pairs = Vec::new();
        for m in of(middle) {
            let first = root.map_or(0.0, |root| bone(0, root, m.at));
            let is_thigh = |at| root.is_some_and(|root| beside(at, [root, m.at]) < THIGH_WIDE * trunk);
            let thigh = to_explain.filter(is_thigh);
            for e in of(end) {
                let is_foot = |at: Point2<f64>| (at - e.at).norm() < FOOT_WIDE * trunk;
                let is_shank = |at| beside(at, [m.at, e.at]) < SHANK_WIDE * trunk || is_foot(at);
                let worth = likely(&m) + likely(&e) - first - bone(1, m.at, e.at);
                pairs.push((worth, (m, e), thigh.with(to_explain.filter(is_shank))));
            }
        }
        pairs
    });
    // What no place of any of these maps would explain counts for nothing.
    let explained = lefts.iter().chain(&rights).fold(Cells::NONE, |all, (_, _, cells)| all.with(*cells));
    let mut all = Vec::new();
    for (left, at_left, left_cells) in &lefts {
        for (right, at_right, right_cells) in &rights {
            let crowded = |joint: Joint, a: Peak, b: Peak| {
                crowding(a.at, b.at, Side::BOTH.map(|side| &offers[Landmark::of(joint, side)]), trunk, body.lying)
            };
            let crowd = crowded(middle, at_left.0, at_right.0).max(crowded(end, at_left.1, at_right.1));
            let shanks = explained.without(*left_cells).without(*right_cells).area() / (SHANK_AREA * trunk * trunk);
            let worth = left + right - crowd - limb.unexplained * shanks.min(MOST_UNEXPLAINED);
            all.push((worth, [*at_left, *at_right]));
        }
    }
    let Some(&(most, best)) = all.iter().reduce(|best, next| if next.0 > best.0 { next } else { best }) else { return };
    let weight = |worth: f64| (worth - most).exp();
    let whole: f64 = all.iter().map(|(worth, _)| weight(*worth)).sum();
    for (n, (side, (at_middle, at_end))) in Side::BOTH.into_iter().zip(best).enumerate() {
        let believed = |joint, place: Peak, is_there: &dyn Fn(&(Peak, Peak)) -> bool| {
            let there: f64 = all.iter().filter(|(_, both)| is_there(&both[n])).map(|(worth, _)| weight(*worth)).sum();
            Some(Peak { chance: told(&offers[Landmark::of(joint, side)]) * there / whole, ..place })
        };
        out[Landmark::of(middle, side)] = believed(middle, at_middle, &|(m, _)| *m == at_middle);
        out[Landmark::of(end, side)] = believed(end, at_end, &|(_, e)| *e == at_end);
        for &(tip, longest) in limb.tips {
            let worth = |p: &Peak| likely(p) - stretch(at_end.at, p.at, longest * trunk);
            let tips = || offers[tip(side)].iter().flatten();
            let whole: f64 = tips().map(|p| worth(p).exp()).sum();
            out[tip(side)] = tips().copied().max_by(|a, b| worth(a).total_cmp(&worth(b))).map(|best| {
                let chance = told(&offers[tip(side)]) * worth(&best).exp() / whole.max(f64::MIN_POSITIVE);
                Peak { chance, ..best }
            });
        }
    }
}

/// How much of a map its offers tell.
fn told(offers: &Offers) -> f64 {
    offers.iter().flatten().map(|p| p.share).sum::<f64>().min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of a crop that the body fills.
    const EVERYWHERE: Silhouette = Silhouette { logits: &[9.0], side: 1, in_picture: &|_| true, lying: true };

    fn place(x: f64, y: f64, share: f64) -> Option<Peak> {
        Some(Peak { at: Point2::new(x, y), share, chance: share })
    }

    /// Somebody on the back, head left, trunk 0.2 long, seen from the right: the right leg is up and plainly seen.
    fn lying() -> Landmarks<Offers> {
        let mut offers = Landmarks::<Offers>::default();
        let mut put = |l: Landmark, places: &[Option<Peak>]| offers[l][..places.len()].copy_from_slice(places);
        for (l, x, y) in [
            (Landmark::LeftShoulder, 0.30, 0.60),
            (Landmark::RightShoulder, 0.30, 0.60),
            (Landmark::LeftHip, 0.50, 0.60),
            (Landmark::RightHip, 0.50, 0.60),
            (Landmark::RightKnee, 0.50, 0.45),
            (Landmark::RightAnkle, 0.65, 0.45),
            (Landmark::RightHeel, 0.67, 0.47),
        ] {
            put(l, &[place(x, y, 0.9)]);
        }
        // The far leg is lowered; its maps would rather have it where the other one is.
        put(Landmark::LeftKnee, &[place(0.50, 0.45, 0.45), place(0.61, 0.50, 0.35)]);
        put(Landmark::LeftAnkle, &[place(0.65, 0.45, 0.4), place(0.71, 0.61, 0.3)]);
        put(Landmark::LeftHeel, &[place(0.67, 0.47, 0.5), place(0.73, 0.63, 0.2)]);
        offers
    }

    fn at(chosen: &Landmarks<Option<Peak>>, l: Landmark) -> (f64, f64) {
        let at = chosen[l].unwrap().at;
        (at.x, at.y)
    }

    #[test]
    fn a_far_leg_is_not_put_on_the_near_one_where_its_maps_offer_another_place() {
        let chosen = chosen(&lying(), &EVERYWHERE);
        assert_eq!(at(&chosen, Landmark::LeftKnee), (0.61, 0.50));
        assert_eq!(at(&chosen, Landmark::LeftAnkle), (0.71, 0.61));
        assert_eq!(at(&chosen, Landmark::LeftHeel), (0.73, 0.63), "the foot goes with its ankle");
        assert_eq!(at(&chosen, Landmark::RightKnee), (0.50, 0.45));
        let far = chosen[Landmark::LeftKnee].unwrap();
        assert!(far.share == 0.35 && far.chance > 0.5, "{far:?}: of 0.8 in both hills");
    }

    #[test]
    fn legs_that_lie_on_one_another_stay_there() {
        let mut offers = lying();
        offers[Landmark::LeftKnee] = [place(0.50, 0.45, 0.9), place(0.61, 0.50, 0.02), None];
        offers[Landmark::LeftAnkle] = [place(0.65, 0.45, 0.9), place(0.71, 0.61, 0.02), None];
        let chosen = chosen(&offers, &EVERYWHERE);
        assert_eq!((at(&chosen, Landmark::LeftKnee), at(&chosen, Landmark::LeftAnkle)), ((0.50, 0.45), (0.65, 0.45)));
    }

    #[test]
    fn legs_whose_maps_have_hills_elsewhere_do_not_lie_on_one_another() {
        let mut offers = lying();
        offers[Landmark::LeftKnee] = [place(0.50, 0.45, 0.5), place(0.61, 0.50, 0.04), None];
        offers[Landmark::LeftAnkle] = [place(0.65, 0.45, 0.35), place(0.71, 0.61, 0.3), None];
        offers[Landmark::RightAnkle] = [place(0.65, 0.45, 0.35), place(0.71, 0.61, 0.25), None];
        let chosen = super::chosen(&offers, &EVERYWHERE);
        assert_eq!((at(&chosen, Landmark::LeftKnee), at(&chosen, Landmark::LeftAnkle)), ((0.61, 0.50), (0.71, 0.61)));
        assert_eq!(at(&chosen, Landmark::RightAnkle), (0.65, 0.45));
        for ankle in [Landmark::LeftAnkle, Landmark::RightAnkle] {
            offers[ankle] = [place(0.65, 0.45, 0.35), None, None];
        }
        let chosen = super::chosen(&offers, &EVERYWHERE);
        assert_eq!(at(&chosen, Landmark::LeftKnee), (0.50, 0.45), "a faint hill of one knee is no second leg");
    }

    #[test]
    fn a_knee_is_not_taken_from_one_leg_and_its_ankle_from_the_other() {
        let mut offers = lying();
        // The lowered ankle is plain, the knee is not: from the raised knee the shank would be 0.26 long, 1.3 trunks.
        offers[Landmark::LeftAnkle] = [place(0.71, 0.61, 0.9), None, None];
        offers[Landmark::RightKnee] = [None; OFFERS];
        offers[Landmark::RightAnkle] = [None; OFFERS];
        offers[Landmark::RightKnee][0] = place(0.49, 0.30, 0.9);
        offers[Landmark::RightAnkle][0] = place(0.65, 0.30, 0.9);
        assert_eq!(at(&chosen(&offers, &EVERYWHERE), Landmark::LeftKnee), (0.61, 0.50));
    }

    #[test]
    fn a_leg_is_placed_where_the_body_is() {
        const SIDE: usize = 100;
        // Nothing of the body is right of 0.55 and below 0.46, where the lowered leg would lie.
        let on = |i: usize| i % SIDE < 55 || i / SIDE < 46;
        let logits: Vec<f32> = (0..SIDE * SIDE).map(|i| if on(i) { 9.0 } else { -9.0 }).collect();
        let body = Silhouette { logits: &logits, side: SIDE, in_picture: &|_| true, lying: true };
        let up = [(0.50, 0.45), (0.65, 0.45)];
        let chosen = chosen(&lying(), &body);
        assert_eq!([Landmark::LeftKnee, Landmark::LeftAnkle].map(|l| at(&chosen, l)), up);
        assert_eq!([Landmark::RightKnee, Landmark::RightAnkle].map(|l| at(&chosen, l)), up);
        assert_eq!(body.off(Point2::new(1.2, 0.9), Point2::new(1.4, 0.9)), 0.0, "nobody knows what is beyond the crop");
        let cut = Silhouette { in_picture: &|p| p.x < 0.55, ..body };
        let chosen = super::chosen(&lying(), &cut);
        assert_eq!(at(&chosen, Landmark::LeftAnkle), (0.71, 0.61), "nor beyond the picture");
    }

    /// Somebody who stands, one leg raised before them: its maps would rather have it beside the other one.
    fn standing(lying: bool) -> Landmarks<Option<Peak>> {
        const SIDE: usize = 96;
        let mut offers = Landmarks::<Offers>::default();
        let mut put = |l: Landmark, places: &[Option<Peak>]| offers[l][..places.len()].copy_from_slice(places);
        for side in Side::BOTH {
            let of = |joint| Landmark::of(joint, side);
            put(of(Joint::Shoulder), &[place(0.40, 0.20, 0.9)]);
            put(of(Joint::Hip), &[place(0.40, 0.45, 0.9)]);
        }
        put(Landmark::LeftKnee, &[place(0.40, 0.65, 0.9)]);
        put(Landmark::LeftAnkle, &[place(0.40, 0.85, 0.9)]);
        put(Landmark::RightKnee, &[place(0.43, 0.65, 0.6), place(0.60, 0.45, 0.15)]);
        put(Landmark::RightAnkle, &[place(0.43, 0.85, 0.6), place(0.80, 0.45, 0.15)]);
        let bones = [[(0.40, 0.20), (0.40, 0.85)], [(0.40, 0.45), (0.80, 0.45)]];
        let on_body = |i: usize| {
            let at = Point2::new((i % SIDE) as f64, (i / SIDE) as f64) / SIDE as f64;
            bones.iter().any(|bone| beside(at, bone.map(|(x, y)| Point2::new(x, y))) < 0.06)
        };
        let logits: Vec<f32> = (0..SIDE * SIDE).map(|i| if on_body(i) { 9.0 } else { -9.0 }).collect();
        chosen(&offers, &Silhouette { logits: &logits, side: SIDE, in_picture: &|_| true, lying })
    }

    #[test]
    fn a_part_of_an_upright_body_that_only_one_leg_explains_is_that_leg() {
        let chosen = standing(false);
        assert_eq!([Landmark::RightKnee, Landmark::RightAnkle].map(|l| at(&chosen, l)), [(0.60, 0.45), (0.80, 0.45)]);
        assert_eq!([Landmark::LeftKnee, Landmark::LeftAnkle].map(|l| at(&chosen, l)), [(0.40, 0.65), (0.40, 0.85)]);
        assert_eq!(at(&standing(true), Landmark::RightKnee), (0.43, 0.65));
    }

    #[test]
    fn without_a_trunk_every_map_speaks_for_itself() {
        let mut offers = lying();
        offers[Landmark::LeftHip] = [None; OFFERS];
        assert_eq!(at(&chosen(&offers, &EVERYWHERE), Landmark::LeftKnee), (0.50, 0.45));
        assert!(chosen(&Landmarks::default(), &EVERYWHERE).0.iter().all(Option::is_none));
    }
}
