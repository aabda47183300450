//! The person's own neutral, taken by medians from a quiet stretch: what every change is measured from.

use super::body::Body;
use super::dowel::head_gap;
use super::floor::{floor_under, floor_y, hollow_px};
use super::kneel::KNEE_CLEARANCE;
use super::plank;
use super::position::{Position, position};
use super::spine::{self, Chords, Profile};
use super::stand::standing;
use super::upright::{body_axis_deg, middle, turned};
use super::view::Sight;
use super::{
    FloorLimbs, FloorTrunk, KneelAngles, Knows, Lengths, Limbs, PlankAngles, Posture, RaisedAngles, Reading, Sample,
    Unseen, View, measure,
};
use crate::geometry::{ImagePoint, inclination_deg, midpoint, rotate_about, wrap_deg};
use crate::pose::{BackContour, Joint, Landmark, Landmarks};
use crate::track::Pose;
use crate::units::{Side, Timestamp};
use std::collections::VecDeque;

/// The neutral of one person in front of one camera. Positions are px of the upright picture (turned back by
/// [`Baseline::roll_deg`] about its origin).
#[derive(Clone, Debug, PartialEq)]
pub struct Baseline {
    /// Time of the last pose it was taken from.
    pub t: Timestamp,
    /// How far the person's world is turned clockwise in the picture, degrees.
    pub roll_deg: f64,
    /// What is left of the body's lean after that correction, degrees. Beyond 5 the camera's roll is not known
    /// (RULES.md 0.4, G5): the person leans, or the camera does, and nobody can tell.
    pub roll_doubt_deg: f64,
    pub lengths: Lengths,
    /// Where the points were.
    pub points: Landmarks<Option<ImagePoint>>,
    /// Where the floor is, px down the picture (`floor`).
    pub floor_y: Option<f64>,
    /// Depth of the hollow of the back's outline at rest, px.
    pub(super) hollow_px: Option<f64>,
    /// Every measure at rest. Those that are changes from the baseline are [`Unseen::NoBaseline`] here.
    pub rest: Sample,
    /// K of the spine landmarks at rest, degrees of direction (`spine`).
    pub(super) spine_deg: Option<f64>,
    /// K of the trunk's directions at rest, degrees.
    pub(super) axes_deg: Option<f64>,
    /// The back of the head in front of the dowel at rest, trunk lengths.
    pub(super) head_gap: Option<f64>,
    /// The outline of the back at rest.
    pub(super) back: Option<Profile>,
}

/// The fewest poses that make a median worth its name.
const LEAST_POSES: usize = 5;
/// How far forward of the ankles hips and shoulders stand in quiet standing, degrees of the line from the ankles to
/// their middle: the line of gravity falls 4–6 cm before the ankle joint, 115 cm below that middle.
const QUIET_LEAN_DEG: f64 = 2.5;
/// A lean smaller than this is a way to stand, not a camera's roll: from the side people lean by some degrees, from
/// the front they stand straight. A wrong correction hurts more than none, so only what goes beyond is corrected …
const SIDE_DEAD_ZONE_DEG: f64 = 3.0;
const FRONT_DEAD_ZONE_DEG: f64 = 1.0;
/// … up to this; more than that is no camera on a shelf or tripod.
const MAX_FINE_DEG: f64 = 6.0;

impl Baseline {
    /// Takes the neutral from quiet poses, under the view and the quarter turn known from the time before.
    pub(super) fn from_poses<'a>(
        poses: impl Iterator<Item = &'a Pose>,
        knows: &Knows,
        posture: Posture,
        sight: Sight,
        quarter_deg: f64,
    ) -> Result<Baseline, Unseen> {
        let poses: Vec<&Pose> = poses.filter(|p| p.present).collect();
        let last = poses.last().ok_or(Unseen::NoPerson)?;
        if poses.len() < LEAST_POSES {
            return Err(Unseen::TooFewFrames);
        }
        let turned_to = |roll_deg: f64| -> Vec<Landmarks<Option<ImagePoint>>> {
            poses.iter().map(|p| turned(&p.points, roll_deg)).collect()
        };
        let body = |points: &Landmarks<Option<ImagePoint>>, lengths: Lengths, roll_deg: f64| Body {
            points: *points,
            knows,
            anyone: true,
            sight,
            posture,
            lengths,
            roll_deg,
            baseline: None,
            standing: Err(Unseen::NotReached),
        };
        let (roll_deg, roll_doubt_deg) = {
            let frames = turned_to(quarter_deg);
            let (points, lengths) = (median_points(&frames), median_lengths(&frames));
            match position(&body(&points, lengths, quarter_deg)) {
                Ok(Position::Upright) => standing_roll(&poses, sight, quarter_deg, body_axis_deg),
                Ok(Position::LegUp) => standing_roll(&poses, sight, quarter_deg, axis_on_one_leg),
                Ok(position) => {
                    let back_ends = median_back_ends(&poses, quarter_deg);
                    let (fine, doubt) = floor_roll(position, &points, &lengths, sight, back_ends);
                    (quarter_deg + fine, doubt)
                }
                Err(_) if posture == Posture::Standing => standing_roll(&poses, sight, quarter_deg, body_axis_deg),
                Err(_) => (quarter_deg, 0.0),
            }
        };
        let upright: Vec<Landmarks<Option<ImagePoint>>> = turned_to(roll_deg);
        let points = median_points(&upright);
        for joint in [Joint::Hip, Joint::Shoulder] {
            let near = Landmark::of(joint, sight.near);
            if points[near].or(points[near.mirrored()]).is_none() {
                return Err(Unseen::Hidden(near));
            }
        }
        let lengths = median_lengths(&upright);
        let body = |points: &Landmarks<Option<ImagePoint>>| {
            let mut body = body(points, lengths, roll_deg);
            body.standing = standing(&body);
            body
        };
        let samples: Vec<Sample> =
            poses.iter().zip(&upright).map(|(pose, points)| measure(pose, &VecDeque::new(), &body(points))).collect();
        let chords = Chords::of(&body(&points));
        let spine_deg =
            chords.and_then(|c| median(upright.iter().map(|p| c.direction_deg(p, sight.facing).ok()), upright.len()));
        let axes = poses.iter().map(|p| spine::sure_lumbar_deg(p.axes.as_ref()?, sight.facing));
        let axes_deg = median(axes, poses.len()).filter(|_| posture == Posture::Standing);
        let gaps = poses.iter().zip(&upright).map(|(pose, points)| head_gap(&body(points), pose.dowel.as_ref()).ok());
        let head_gap = median(gaps, poses.len());
        let back_ends = median_back_ends(&poses, roll_deg);
        let floor_y = lengths.trunk.and_then(|trunk| floor_y(&points, back_ends, trunk));
        let hollow_px = median(poses.iter().map(|p| hollow_px(p.back.as_ref()?)), poses.len());
        let rest = median_sample(&samples, &samples[samples.len() - 1]);
        Ok(Baseline {
            t: last.t,
            roll_deg,
            roll_doubt_deg,
            lengths,
            points,
            floor_y,
            hollow_px,
            rest,
            spine_deg,
            axes_deg,
            head_gap,
            back: median_profile(&poses),
        })
    }
}

/// How far the body over its standing leg, the one that reaches further down, is turned clockwise from the picture's up.
fn axis_on_one_leg(points: &Landmarks<Option<ImagePoint>>) -> Option<f64> {
    let (hip, shoulder) = (middle(points, Joint::Hip)?, middle(points, Joint::Shoulder)?);
    let [left, right] = Side::BOTH.map(|side| points[Landmark::of(Joint::Ankle, side)]);
    let (left, right) = (left?, right?);
    let foot = if (left - shoulder).norm() > (right - shoulder).norm() { left } else { right };
    inclination_deg(foot, midpoint(hip, shoulder), 1.0)
}

/// The roll and what is left of the body's lean after it, degrees; `axis` tells how a body is turned.
fn standing_roll(
    poses: &[&Pose],
    sight: Sight,
    quarter_deg: f64,
    axis: fn(&Landmarks<Option<ImagePoint>>) -> Option<f64>,
) -> (f64, f64) {
    // Without feet the axis is the trunk, and a trunk leans as it likes.
    let on_feet = |p: &Pose| middle(&p.points, Joint::Ankle).or_else(|| middle(&p.points, Joint::Knee)).is_some();
    let lean = |p: &Pose| axis(&p.points).filter(|_| on_feet(p)).map(|axis| wrap_deg(axis - quarter_deg));
    let Some(lean) = median(poses.iter().map(|p| lean(p)), poses.len()) else { return (quarter_deg, 0.0) };
    let sideways = sight.yaw_deg.unwrap_or(0.0).to_radians().cos();
    let (expected, dead_zone) = match sight.view {
        View::Front | View::Rear => (0.0, FRONT_DEAD_ZONE_DEG),
        _ => (sight.facing * QUIET_LEAN_DEG * sideways, SIDE_DEAD_ZONE_DEG),
    };
    let beyond = lean - expected;
    let fine = beyond.signum() * (beyond.abs() - dead_zone).clamp(0.0, MAX_FINE_DEG);
    (quarter_deg + fine, (beyond - fine).abs())
}

/// The roll as what lies on the floor shows it, and what is left after it, degrees: from the side hands and knees are
/// about equally high over it, a kneeling knee and its toes nearly, and the outline of the back of somebody on it lies
/// along it; before somebody on their side the supporting elbow and the lower knee. No other position shows it.
fn floor_roll(
    position: Position,
    points: &Landmarks<Option<ImagePoint>>,
    lengths: &Lengths,
    sight: Sight,
    back_ends: [Option<ImagePoint>; 2],
) -> (f64, f64) {
    let line = match (position, sight.view) {
        (Position::SideLying, View::Front | View::Rear) => elbow_and_knee(points, lengths),
        (_, View::Front | View::Rear | View::Oblique | View::Unknown) => None,
        (Position::AllFours, _) => hands_and_knees(points, lengths, sight),
        (Position::HalfKneeling, _) => kneeling_leg(points, lengths, sight),
        (Position::Supine, _) => match back_ends {
            [Some(from), Some(to)] => Some(FloorLine { from, to, beside: None }),
            _ => None,
        },
        _ => None,
    };
    let tilt = line.and_then(|line| line.roll_deg(tangent_of_yaw(points, lengths, sight)));
    let Some(tilt) = tilt else { return (0.0, 0.0) };
    // A back that lies on the floor is no way to stand or kneel: its line counts in full. A degree of it is 3 % of the
    // shank in the height of a foot a metre away.
    let dead_zone = if position == Position::Supine { 0.0 } else { FRONT_DEAD_ZONE_DEG };
    let fine = tilt.signum() * (tilt.abs() - dead_zone).clamp(0.0, MAX_FINE_DEG);
    (fine, (tilt - fine).abs())
}

/// A line on the floor along the body, and a point on the floor beside it with how much farther away that is, px. A lens
/// above the floor sees what is farther away higher, so a line that runs away from it slopes without any roll; the point
/// beside it tells by how much.
struct FloorLine {
    from: ImagePoint,
    to: ImagePoint,
    beside: Option<(ImagePoint, f64)>,
}

impl FloorLine {
    fn roll_deg(&self, tangent_of_yaw: f64) -> Option<f64> {
        let d = self.to - self.from;
        let slope = (d.x != 0.0).then(|| d.y / d.x)?;
        let per_depth = self.beside.map_or(0.0, |(at, farther)| {
            let off_line = at.y - (self.from.y + slope * (at.x - self.from.x));
            off_line / farther / tangent_of_yaw.hypot(1.0)
        });
        Some((slope - per_depth * tangent_of_yaw).atan().to_degrees())
    }
}

/// Shoulder and hip joints' distance, trunk lengths.
const SHOULDERS: f64 = 0.76;
const HIPS: f64 = 0.38;

/// Tangent of how far the body's side plane is turned against the picture, + its right end on screen farther away. The
/// mean of shoulders and hips is what the middle of the trunk would show, which is near the middle of the picture: off it
/// perspective looks like a turn.
fn tangent_of_yaw(points: &Landmarks<Option<ImagePoint>>, lengths: &Lengths, sight: Sight) -> f64 {
    let beyond = |joint, width: f64| {
        let [near, far] = [sight.near, sight.near.other()].map(|side| points[Landmark::of(joint, side)]);
        Some((far?.x - near?.x) / (width * lengths.trunk.filter(|&px| px > 0.0)?))
    };
    beyond(Joint::Shoulder, SHOULDERS).zip(beyond(Joint::Hip, HIPS)).map_or(0.0, |(s, h)| -0.5 * (s + h))
}

/// Only with both sides: near hands and near knees are unequally far from the camera.
fn hands_and_knees(points: &Landmarks<Option<ImagePoint>>, lengths: &Lengths, sight: Sight) -> Option<FloorLine> {
    let both = |joint| {
        let [left, right] = Side::BOTH.map(|side| points[Landmark::of(joint, side)]);
        Some(midpoint(left?, right?))
    };
    let far_hand = points[Landmark::of(Joint::Wrist, sight.near.other())]?;
    let beside = (far_hand, 0.5 * SHOULDERS * lengths.trunk?);
    Some(FloorLine { from: both(Joint::Knee)?, to: both(Joint::Wrist)?, beside: Some(beside) })
}

/// A body on its side that lies further askew than this slopes in the picture by itself, degrees: 20 of them by 3.
const ASKEW_DEG: f64 = 20.0;

/// Of the lower side. Both lie in the body's plane, so that nothing beside the line is needed while it lies across.
fn elbow_and_knee(points: &Landmarks<Option<ImagePoint>>, lengths: &Lengths) -> Option<FloorLine> {
    let shoulder = |side| points[Landmark::of(Joint::Shoulder, side)];
    let side = if shoulder(Side::Left)?.y > shoulder(Side::Right)?.y { Side::Left } else { Side::Right };
    plank::askew_deg(points, side).filter(|&askew| askew < ASKEW_DEG)?;
    let on_floor = |joint| floor_under(points, joint, side, lengths.trunk?);
    Some(FloorLine { from: on_floor(Joint::Elbow)?, to: on_floor(Joint::Knee)?, beside: None })
}

fn kneeling_leg(points: &Landmarks<Option<ImagePoint>>, lengths: &Lengths, sight: Sight) -> Option<FloorLine> {
    let at = |joint, side| points[Landmark::of(joint, side)];
    let [left, right] = Side::BOTH.map(|side| at(Joint::Knee, side));
    let side = if left?.y > right?.y { Side::Left } else { Side::Right };
    let mut knee = at(Joint::Knee, side)?;
    knee.y += KNEE_CLEARANCE * lengths.shank?;
    let foot =
        at(Joint::Heel, side.other()).zip(at(Joint::BigToe, side.other())).map(|(heel, toe)| midpoint(heel, toe));
    let farther = HIPS * lengths.trunk? * if side == sight.near { 1.0 } else { -1.0 };
    Some(FloorLine { from: knee, to: at(Joint::BigToe, side)?, beside: foot.map(|foot| (foot, farther)) })
}

fn median_back_ends(poses: &[&Pose], roll_deg: f64) -> [Option<ImagePoint>; 2] {
    let ends: [fn(&BackContour) -> ImagePoint; 2] = [|back| back.sacrum, |back| back.t8];
    ends.map(|end| {
        let upright = |pose: &&Pose| Some(rotate_about(end(pose.back.as_ref()?), ImagePoint::origin(), -roll_deg));
        let along = |axis: fn(ImagePoint) -> f64| median(poses.iter().map(|pose| upright(pose).map(axis)), poses.len());
        along(|p| p.x).zip(along(|p| p.y)).map(|(x, y)| ImagePoint::new(x, y))
    })
}

/// The median of the values that are there; `None` unless they are in at least half of `all`.
fn median(values: impl Iterator<Item = Option<f64>>, all: usize) -> Option<f64> {
    let mut known: Vec<f64> = values.flatten().collect();
    if known.is_empty() || 2 * known.len() < all {
        return None;
    }
    known.sort_unstable_by(f64::total_cmp);
    let n = known.len();
    Some(0.5 * (known[(n - 1) / 2] + known[n / 2]))
}

fn median_points(frames: &[Landmarks<Option<ImagePoint>>]) -> Landmarks<Option<ImagePoint>> {
    let mut points = Landmarks::default();
    for &landmark in Landmark::ALL {
        let along = |axis: fn(ImagePoint) -> f64| median(frames.iter().map(|f| f[landmark].map(axis)), frames.len());
        points[landmark] = along(|p| p.x).zip(along(|p| p.y)).map(|(x, y)| ImagePoint::new(x, y));
    }
    points
}

fn median_lengths(frames: &[Landmarks<Option<ImagePoint>>]) -> Lengths {
    let seen: Vec<Lengths> = frames.iter().map(Lengths::seen).collect();
    let of = |length: fn(&Lengths) -> Option<f64>| median(seen.iter().map(length), seen.len());
    Lengths {
        trunk: of(|l| l.trunk),
        thigh: of(|l| l.thigh),
        shank: of(|l| l.shank),
        foot: of(|l| l.foot),
        upper_arm: of(|l| l.upper_arm),
    }
}

fn median_profile(poses: &[&Pose]) -> Option<Profile> {
    let profiles: Vec<Profile> = poses.iter().filter_map(|p| spine::profile(p.back.as_ref()?)).collect();
    if 2 * profiles.len() < poses.len() {
        return None;
    }
    let medians: Profile = std::array::from_fn(|i| median(profiles.iter().map(|p| p[i]), profiles.len()));
    (medians.iter().flatten().count() * 2 >= BackContour::STATIONS).then_some(medians)
}

/// The median of every measure; where it is missing in more than half of the samples, the reason of the first that
/// lacks it.
fn median_sample(samples: &[Sample], last: &Sample) -> Sample {
    let of = |read: &dyn Fn(&Sample) -> Reading| -> Reading {
        let middle = median(samples.iter().map(|s| read(s).ok()), samples.len());
        let reason = samples.iter().find_map(|s| read(s).err()).unwrap_or(Unseen::NotReached);
        middle.ok_or(reason)
    };
    let mut rest = last.clone();
    let most = |side| 2 * samples.iter().filter(|s| s.standing == Ok(side)).count() > samples.len();
    rest.standing = Side::BOTH.into_iter().find(|&side| most(side)).ok_or(Unseen::NotReached);
    rest.trunk = of(&|s| s.trunk);
    rest.head = of(&|s| s.head);
    rest.left = Limbs::build(|limb| of(&|s| limb(&s.left)));
    rest.right = Limbs::build(|limb| of(&|s| limb(&s.right)));
    rest.front.kts = of(&|s| s.front.kts);
    rest.front.kasr = of(&|s| s.front.kasr);
    rest.front.stance_width = of(&|s| s.front.stance_width);
    rest.front.shoulder_line = of(&|s| s.front.shoulder_line);
    rest.front.hip_line = of(&|s| s.front.hip_line);
    rest.front.hip_shift = of(&|s| s.front.hip_shift);
    rest.floor.left = FloorLimbs::build(|measure| of(&|s| measure(&s.floor.left)));
    rest.floor.right = FloorLimbs::build(|measure| of(&|s| measure(&s.floor.right)));
    rest.floor.trunk = FloorTrunk::build(|measure| of(&|s| measure(&s.floor.trunk)));
    rest.kneel.angles = KneelAngles::build(|measure| of(&|s| measure(&s.kneel.angles)));
    rest.raised.angles = RaisedAngles::build(|measure| of(&|s| measure(&s.raised.angles)));
    rest.plank.angles = PlankAngles::build(|measure| of(&|s| measure(&s.plank.angles)));
    rest
}
