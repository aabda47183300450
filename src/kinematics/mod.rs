//! From points to what bodies do: joint and segment angles, ratios and travels in body units, view and facing.
//!
//! Input: [`crate::track::Pose`]. Output: [`Sample`]. Angles in degrees with the zeros and signs of RULES.md 0.1
//! (`docs/conventions.md`), corrected for camera roll.
//!
//! A number is given only where the points behind it are known, the camera stands where it can be seen, and what it is
//! compared with is known; otherwise the reason is. The reasons in the order they are told: nobody there, a point the
//! model never has, the wrong view, a hidden point, no baseline.
//!
//! Not handled here: what is good or bad, repetitions, margins of error (`form`), and dowels.

mod baseline;
mod body;
mod dowel;
mod floor;
mod front;
mod kneel;
mod lengths;
mod limbs;
mod mixed_up;
mod plank;
mod position;
mod raised;
mod spine;
mod stand;
mod upright;
mod view;

pub use baseline::Baseline;
pub use lengths::Lengths;
pub use position::Position;

use crate::pose::{Landmark, Landmarks};
use crate::track::Pose;
use crate::units::{Side, Timestamp};
use body::Body;
use lengths::RunningLengths;
use serde::Serialize;
use stand::RunningStand;
use std::collections::VecDeque;
use upright::RunningQuarter;
use view::Watch;

/// A measured number, or the reason why there is none. Never NaN.
pub type Reading = Result<f64, Unseen>;

/// Why something could not be measured or judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unseen {
    /// Nobody was seen.
    NoPerson,
    /// This point was hidden or out of the picture.
    Hidden(Landmark),
    /// The model does not know this point.
    NotInModel(Landmark),
    /// The camera stands in the wrong place for this measure; the view it needs.
    WrongView(View),
    /// The model has no spine landmarks and no back contour was found.
    NoSpine,
    /// The line of the back was not found in the picture.
    NoOutline,
    /// Landmarks and contour of the back disagree by more than their errors allow (29 degrees at best).
    SpineUnclear,
    /// Cloth hangs over the low back: the outline is the cloth's.
    LooseClothes,
    /// No quiet start position was seen to compare with.
    NoBaseline,
    /// The person is too small in the picture.
    TooSmall,
    /// Too few pictures per second.
    TooFewFrames,
    /// Pictures, or the person in them, are missing in between.
    Gap,
    /// The dowel was not found in the picture.
    NoDowel,
    /// The measured margin of error swallows the limit.
    MarginTooWide,
    /// The phase or position this is measured in did not happen (not deep enough, no second rep to compare …).
    NotReached,
    /// The variant being done, or this place in the set, does not ask for it: no rule speaks.
    NotAsked,
}

/// From where the camera sees the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum View {
    /// Within about 18 degrees of side-on.
    Side,
    /// Facing the camera, within about 30 degrees.
    Front,
    /// Back to the camera, within about 30 degrees.
    Rear,
    /// In between: sagittal angles are given, and shortened ([`Sample::yaw_deg`]); frontal ones beyond 45 degrees.
    Oblique,
    /// Nothing seen yet that tells.
    Unknown,
}

impl View {
    /// As in reports and model cards.
    pub fn name(self) -> &'static str {
        match self {
            View::Side => "side",
            View::Front => "front",
            View::Rear => "rear",
            View::Oblique => "oblique",
            View::Unknown => "unknown",
        }
    }
}

/// All that is measured at one moment. `near` limbs are those on the camera's side in a side view.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    pub t: Timestamp,
    pub view: View,
    /// How far the person is turned from side-on, 0 (side) ..= 90 (front or rear) degrees; smoothed over half a second.
    pub yaw_deg: Reading,
    /// +1: the person faces screen right, −1: left (side views). For lying people: as if stood up, by turning the
    /// picture.
    pub facing: f64,
    /// The side nearer the camera, in side views.
    pub near: Side,
    /// How far the body's world is turned clockwise in the picture, degrees (90: up is screen right). Angles are
    /// corrected for it.
    pub roll_deg: f64,
    /// Length of the person in the picture, head to heel as segments, px.
    pub person_px: f64,
    /// Trunk line hip→shoulder of the near side from vertical, degrees, + forward.
    pub trunk: Reading,
    pub left: Limbs,
    pub right: Limbs,
    pub front: Front,
    pub spine: Spine,
    pub dowel: Dowel,
    /// The larger lean of trunk and leg line, either way, from any view, degrees.
    pub upright: Reading,
    /// Hip–ankle distance over thigh and shank, from any view: 1 with straight legs. Ratio.
    pub leg_ratio: Reading,
    /// Speed of the middle of the hips, trunk lengths a second.
    pub hip_speed: Reading,
    /// How far the ankles that stand are from where the baseline has them, trunk lengths.
    pub feet_moved: Reading,
    /// The side that stands alone: since the start position, or for as long as the other foot is well off the floor. Of
    /// people on their feet only. [`Unseen::NotReached`] with both feet down.
    pub standing: Result<Side, Unseen>,
    /// Near hip's way from its baseline position, trunk lengths, + the way the person faces.
    pub hip_forward: Reading,
    /// Hip's way up from its baseline position, trunk lengths: the near hip's, or the mid-hip's in front and rear views.
    pub hip_up: Reading,
    /// Ear–shoulder–hip bend of the near side, degrees, + chin forward/down.
    pub head: Reading,
    /// What the body is on, and how: as this picture shows it.
    pub position: Result<Position, Unseen>,
    pub floor: Floor,
    pub kneel: Kneel,
    pub raised: RaisedLeg,
    pub plank: Plank,
}

/// One side's limbs. Degrees unless said otherwise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limbs {
    /// 180 − angle(hip, knee, ankle): 0 straight, + flexion, − overextended.
    pub knee: Reading,
    /// 180 − angle(shoulder, hip, knee): 0 straight, + flexion, − overextended; holds 0.59 × lumbar flexion besides the hip's own.
    pub hip: Reading,
    /// Shank (ankle→knee) from vertical, + knee forward.
    pub shank: Reading,
    /// Thigh (knee→hip) from vertical, + hip forward of the knee.
    pub thigh: Reading,
    /// 90 + thigh, wrapped: 0 = thigh horizontal with the hip behind, + hip above knee.
    pub thigh_up: Reading,
    /// hip / (hip + knee): squat about 0.5, hinge 0.7 or more. Ratio.
    pub share: Reading,
    /// Foot angle against the baseline, + heel up.
    pub heel_rise: Reading,
    /// Ankle→hip line from vertical, + hip forward of the ankle.
    pub stance: Reading,
    /// (knee − ankle) x / shank length, + knee forward. Ratio.
    pub knee_over_ankle: Reading,
    /// (knee − big toe) x / shank length in front view, + outward. Ratio.
    pub knee_over_toe: Reading,
    /// Bend of hip–knee–ankle in front view, degrees, + knee towards the other leg.
    pub knee_in: Reading,
    /// 180 − angle(shoulder, elbow, wrist).
    pub elbow: Reading,
    /// Upper arm (shoulder→elbow) from straight down, + forward.
    pub upper_arm: Reading,
    /// Shoulder→wrist line from horizontal, + above.
    pub arm_line: Reading,
    /// Hip→ankle line from horizontal, + above.
    pub leg_line: Reading,
}

/// What only a front or rear view shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Front {
    /// Knee separation / big-toe separation, x only. Ratio.
    pub kts: Reading,
    /// Knee separation / ankle separation, x only. Ratio.
    pub kasr: Reading,
    /// Ankle separation / shoulder separation. Ratio.
    pub stance_width: Reading,
    /// Shoulder line from horizontal, degrees, + athlete's left side higher.
    pub shoulder_line: Reading,
    /// Hip line from horizontal, degrees, + athlete's left side higher.
    pub hip_line: Reading,
    /// Mid-hip sideways from mid-ankle / hip width, + towards the athlete's left. Ratio.
    pub hip_shift: Reading,
    /// Drop of the mid-hip against the baseline / leg length. Ratio.
    pub hip_drop: Reading,
}

/// The line of the back. Change from the person's own neutral, degrees, + flexion (round), − extension (arch).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spine {
    /// From the pelvis's direction to the thoraco-lumbar spine's, degrees, + flexion, for models that tell directions: no
    /// change but as it is, to be looked at over a clip. Bodies differ by 5–19 degrees, so no rule rests on it.
    pub turn: Reading,
    /// From directions or spine landmarks (K).
    pub by_landmarks: Reading,
    /// From the back contour (C).
    pub by_contour: Reading,
    /// Both, fused by inverse variance; [`Unseen::SpineUnclear`] when they disagree by more than chance.
    pub lumbar_flexion: Reading,
    /// The pelvis against the baseline's, + tipped forward (anterior): the trunk line's change less 0.59 × lumbar flexion
    /// (RULES.md 0, item 2). Needs the low back to be seen.
    pub pelvic_tilt: Reading,
}

/// The back against a dowel held along it: distance from the dowel's line over trunk length. Ratios.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dowel {
    /// Of the back of the head, against the baseline's.
    pub head: Reading,
    /// Of the outline's upper end (T8).
    pub upper_back: Reading,
    /// Of the outline's lower end (S2).
    pub sacrum: Reading,
    /// Of the outline at L3, + in front of the dowel: about 0.06 in neutral standing, 0 when the low back has rounded onto it.
    pub lumbar_gap: Reading,
    /// The share of the dowel beside the low back that something lies over: the lower hand, or the back that has rounded onto it.
    pub covered: Reading,
    /// How thick the dowel is. What it is covered by has covered at least that much of the gap.
    pub thickness: Reading,
}

/// One list of a group's measures: its fields, their names in series, and what is done with all of them.
macro_rules! readings {
    ($(#[$about:meta])* $group:ident { $($(#[$doc:meta])* $field:ident $name:literal,)+ }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub struct $group {
            $($(#[$doc])* pub $field: Reading,)+
        }

        impl $group {
            fn named(&self) -> [(&'static str, Reading); [$($name),+].len()] {
                [$(($name, self.$field)),+]
            }

            /// A group whose every measure is made from the same measure of others.
            fn build(mut make: impl FnMut(fn(&$group) -> Reading) -> Reading) -> $group {
                $group { $($field: make(|group| group.$field),)+ }
            }
        }
    };
}

/// On the back, and on hands and knees: what belongs to one limb, and to the whole.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Floor {
    pub left: FloorLimbs,
    pub right: FloorLimbs,
    pub trunk: FloorTrunk,
}

readings! {
    /// One side's arm and leg on the floor and off it. From the side, unless said otherwise.
    FloorLimbs {
        /// Hip→knee from straight up, degrees: 0 = the knee above the hip, + towards the feet (lying on the back).
        thigh_lowered "thigh_lowered_deg",
        /// Hip→ankle above the level ahead, degrees: 0 = level, 90 = straight up, beyond 90 = past the hip; −90 standing.
        /// "Ahead" is the way the person faces: towards the feet on the back, forward in standing.
        leg_raise "leg_raise_deg",
        /// Lower of heel and big toe above the floor of the baseline over shank length. Ratio.
        foot_height "foot_height_shanks",
        /// Wrist above the floor of the baseline, trunk lengths; 0 = lying on it.
        wrist_height "wrist_height_trunks",
        /// Wrist→shoulder from vertical, degrees, + shoulder forward of the hand: the arm as a table leg.
        arm_support "arm_support_deg",
        /// How far the leg is out from hands and knees: 0 = as in the baseline, 1 = hip–ankle line level; from behind and
        /// ahead, ankle at hip height. Ratio.
        leg_out "leg_out_ratio",
        /// How far the arm is out: 0 = as in the baseline, 1 = shoulder–wrist line level; from behind and ahead, wrist at
        /// shoulder height. Ratio.
        arm_out "arm_out_ratio",
        /// The lesser of this leg out and the other side's arm out: the reach of a bird dog. From behind the leg alone,
        /// from ahead the arm alone. Ratio.
        reach "reach_ratio",
    }
}

readings! {
    /// The trunk of somebody on the back or on hands and knees.
    FloorTrunk {
        /// Hollow under the back (its outline below the line from sacrum to T8) against the baseline's, trunk lengths,
        /// + hollower (arch), − flatter. Only by the outline: landmarks are off by more than what matters here.
        arch "arch_trunks",
        /// The lower end of the breastbone off the line from hip to shoulder against the baseline's, trunk lengths,
        /// + ribs out.
        ribs "ribs_trunks",
        /// Hips against the baseline's place, trunk lengths: from the side + forward, from ahead or behind + towards the
        /// athlete's left.
        weight_shift "weight_shift_trunks",
        /// Hip line against the baseline's, from ahead or behind, degrees, + athlete's left side higher.
        hip_tilt "hip_tilt_deg",
        /// Shoulder line, likewise.
        shoulder_tilt "shoulder_tilt_deg",
        /// From the side the arm whose hand is higher, as long as it looks, over what the nearer arm measures in the baseline: what
        /// is nearer to the camera looks larger. Ratio.
        raised_arm "raised_arm_ratio",
        /// The other hand below the lower of the baseline's two, in lengths of that arm, − above: what lies farther away on the
        /// floor is seen higher.
        resting_hand "resting_hand_arms",
        /// From the side how long the leg looks whose knee is lower, hip to knee to ankle, over the other one. Ratio.
        lowered_leg "lowered_leg_ratio",
    }
}

/// One knee on the floor and the other foot before it. [`Unseen::NotReached`] in any other position.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Kneel {
    /// The side whose knee is down.
    pub side: Result<Side, Unseen>,
    pub angles: KneelAngles,
}

readings! {
    /// Measures of half-kneeling; "rear" is the side whose knee is down.
    KneelAngles {
        /// Rear thigh (knee→hip) from vertical, degrees, + hip forward of the knee.
        thigh "rear_thigh_deg",
        /// The same against the baseline.
        thigh_change "rear_thigh_change_deg",
        /// What of that change the hip joint made, not the pelvis: less [`Spine::pelvic_tilt`]. Degrees, + extension.
        hip_extension "rear_hip_extension_deg",
        /// Rear knee above its own toes' floor over shank length; 0 = on the floor. Ratio.
        knee_height "rear_knee_height_shanks",
        /// Rear side's wrist above the ear, trunk lengths; from any view.
        reach_up "reach_up_trunks",
        /// Rear side's wrist past the nose towards the other side, trunk lengths, + across; from ahead or behind.
        reach_across "reach_across_trunks",
        /// Mid-hip→mid-shoulder from vertical, degrees, + leaning towards the side of the front leg; from ahead or behind.
        side_bend "side_bend_deg",
    }
}

/// One straight leg up: on a support before a standing person, or raised lying on the back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RaisedLeg {
    /// The side whose leg is up; [`Unseen::NotReached`] while both are about level with each other.
    pub side: Result<Side, Unseen>,
    pub angles: RaisedAngles,
}

readings! {
    /// Measures of the raised leg and the other one. From the side.
    RaisedAngles {
        /// Hip→ankle of the higher leg above the level ahead, degrees; see [`FloorLimbs::leg_raise`]. Also with both down.
        line "raised_line_deg",
        /// The same of the lower leg.
        other_line "other_line_deg",
        /// Knee flexion of the raised leg, degrees.
        knee "raised_knee_deg",
        /// Knee flexion of the other leg, degrees.
        other_knee "other_knee_deg",
        /// Raised ankle above the other one over leg length. Ratio.
        ankle_height "raised_ankle_legs",
        /// Near wrist beyond the raised knee, along the line from hip to ankle, over shank length: 0 at the knee, 1 at the
        /// ankle, − on the thigh. Ratio.
        hand "hand_beyond_knee_shanks",
        /// Trunk line from vertical against the baseline's, degrees, + forwards.
        trunk_change "trunk_change_deg",
        /// How much more the raised hip is folded than in the baseline, without the low back's part (0.59 × lumbar
        /// flexion), degrees. Needs the low back to be seen.
        fold "hip_fold_deg",
    }
}

/// On the side, chest or back to the camera. [`Unseen::NotReached`] in any other position.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plank {
    /// The athlete's side on the floor.
    pub down: Result<Side, Unseen>,
    pub angles: PlankAngles,
}

readings! {
    /// Measures of a side plank. Lines run between the middles of both sides' joints.
    PlankAngles {
        /// Bend at the hip of shoulder–hip–knee, degrees, 0 straight, + hip towards the floor (for bent knees).
        bend "plank_bend_deg",
        /// Bend at the hip of shoulder–hip–ankle, likewise (for straight legs).
        bend_full "plank_bend_full_deg",
        /// Supporting elbow→shoulder from vertical, degrees, + shoulder towards the feet.
        upper_arm "plank_upper_arm_deg",
        /// Shoulder–hip plus hip–knee against the baseline's: less than 1 when hips or knees come off the picture's plane.
        /// Ratio.
        length "plank_length_ratio",
        /// Shoulders' separation across the trunk against the baseline's: less than 1 when the body rolls. Ratio.
        stacked "plank_shoulders_stacked_ratio",
        /// The same of the hips.
        hips_stacked "plank_hips_stacked_ratio",
        /// Bend at the shoulder of hip–shoulder–ear, degrees, + head towards the floor.
        head "plank_head_deg",
        /// Flexion of the lower knee, degrees, in space: a shank that points away from the camera looks short.
        knee_down "plank_knee_down_deg",
        /// Flexion of the upper knee, likewise.
        knee_top "plank_knee_top_deg",
        /// Angle between the thighs, degrees, 0 stacked, + the upper one raised.
        top_leg "plank_top_leg_deg",
        /// How far the body's long axis is turned out of the picture, degrees; 0 across it.
        askew "plank_askew_deg",
        /// Lower hip above the floor of the baseline, trunk lengths.
        hip_height "plank_hip_height_trunks",
        /// Middle of the hips above its place in the baseline, trunk lengths.
        hip_lift "plank_hip_lift_trunks",
    }
}

/// What is known of a picture's turn beforehand. It decides what "vertical" means before a start position was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Posture {
    /// The exercise begins on the feet. Somebody stretched out along another side of the picture than its upright one
    /// stands in a picture turned by a quarter, which is put right.
    Standing,
    /// It may begin lying, kneeling or on hands and knees: the picture is taken to be upright.
    Floor,
}

impl Posture {
    /// As measured margins name it ([`crate::pose::trust::Margins`]).
    pub fn name(self) -> &'static str {
        match self {
            Posture::Standing => "standing",
            Posture::Floor => "floor",
        }
    }
}

/// The landmarks a model has at all, so that "the model cannot" is told apart from "not seen".
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Knows(Landmarks<bool>);

impl Knows {
    /// Every landmark.
    pub fn everything() -> Knows {
        Knows(Landmarks([true; Landmark::COUNT]))
    }

    /// These landmarks. An empty list (a recording whose header does not say) means every landmark.
    pub fn of(landmarks: &[Landmark]) -> Knows {
        if landmarks.is_empty() {
            return Knows::everything();
        }
        let mut knows = Knows(Landmarks::default());
        for &landmark in landmarks {
            knows.0[landmark] = true;
        }
        knows
    }

    pub fn has(&self, landmark: Landmark) -> bool {
        self.0[landmark]
    }
}

/// Turns poses into samples, one for one. It remembers the last seconds: for view, facing and size, and so that a
/// baseline can be taken from a stretch that turned out to be quiet.
pub struct Kinematics {
    knows: Knows,
    posture: Posture,
    quarter: RunningQuarter,
    lengths: RunningLengths,
    watch: Watch,
    stand: RunningStand,
    recent: VecDeque<Pose>,
}

/// How much of the past a baseline can be taken from, s.
const RECENT_SECS: f64 = 3.0;
/// The same in poses: 3 s at 170 pictures a second; bounds memory at higher rates and under broken timestamps.
const MAX_RECENT: usize = 512;

impl Kinematics {
    pub fn new(knows: Knows, posture: Posture) -> Kinematics {
        Kinematics {
            knows,
            posture,
            quarter: RunningQuarter::default(),
            lengths: RunningLengths::default(),
            watch: Watch::default(),
            stand: RunningStand::default(),
            recent: VecDeque::new(),
        }
    }

    /// Measures one pose. Poses come in time order. Until there is a baseline, lengths and the turn of the picture are
    /// running estimates, and whatever is a change from rest is [`Unseen::NoBaseline`].
    pub fn observe(&mut self, pose: &Pose, baseline: Option<&Baseline>) -> Sample {
        let running_roll = match self.posture {
            Posture::Standing => self.quarter.update(pose),
            Posture::Floor => 0.0,
        };
        let roll_deg = baseline.map_or(running_roll, |b| b.roll_deg);
        let mut points = upright::turned(&pose.points, roll_deg);
        let running = self.lengths.update(pose.t, &Lengths::seen(&points));
        let lengths = baseline.map_or(running, |b| b.lengths.or(running));
        let sight = self.watch.update(pose.t, &points, lengths.trunk, self.posture);
        if (self.posture, sight.view) == (Posture::Floor, View::Side) {
            mixed_up::sort(&mut points, &lengths);
        }
        let mut body = Body {
            points,
            knows: &self.knows,
            anyone: pose.present || pose.points.0.iter().any(Option::is_some),
            sight,
            posture: self.posture,
            lengths,
            roll_deg,
            baseline,
            standing: Err(Unseen::NotReached),
        };
        body.standing = self.stand.update(pose.t, stand::standing(&body));
        let sample = measure(pose, &self.recent, &body);
        self.remember(pose);
        sample
    }

    /// The person's own neutral, from the last `secs` (at most 3) of the observed poses: call it when they were quiet.
    ///
    /// Errors: [`Unseen::NoPerson`], [`Unseen::TooFewFrames`], or the hip or shoulder that was hidden in half of them.
    pub fn capture(&self, secs: f64) -> Result<Baseline, Unseen> {
        let Some(last) = self.recent.back() else { return Err(Unseen::NoPerson) };
        let poses = self.recent.iter().filter(|p| last.t.secs_since(p.t) <= secs);
        Baseline::from_poses(poses, &self.knows, self.posture, self.watch.sight(), self.quarter.deg())
    }

    fn remember(&mut self, pose: &Pose) {
        while self.recent.len() >= MAX_RECENT
            || self.recent.front().is_some_and(|first| pose.t.secs_since(first.t) > RECENT_SECS)
        {
            self.recent.pop_front();
        }
        self.recent.push_back(*pose);
    }
}

/// `recent` are the poses before this one.
fn measure(pose: &Pose, recent: &VecDeque<Pose>, body: &Body) -> Sample {
    let (left, right) = (limbs::limbs(body, Side::Left), limbs::limbs(body, Side::Right));
    let trunk = limbs::trunk(body);
    let spine = spine::spine(body, pose, trunk);
    Sample {
        t: pose.t,
        view: body.sight.view,
        yaw_deg: body.yaw(),
        facing: body.sight.facing,
        near: body.sight.near,
        roll_deg: body.roll_deg,
        person_px: body.lengths.person_px(),
        trunk,
        left,
        right,
        front: front::front(body),
        spine,
        dowel: dowel::dowel(body, pose.dowel.as_ref(), pose.back.as_ref()),
        upright: stand::upright(body),
        leg_ratio: stand::leg_ratio(body),
        hip_speed: stand::hip_speed(body, pose, recent),
        feet_moved: stand::feet_moved(body),
        standing: body.standing,
        hip_forward: limbs::hip_forward(body),
        hip_up: limbs::hip_up(body),
        head: limbs::head(body),
        position: position::position(body),
        floor: floor::floor(body, pose.back.as_ref(), [&left, &right]),
        kneel: kneel::kneel(body, [&left, &right], &spine),
        raised: raised::raised(body, [&left, &right], &spine, trunk),
        plank: plank::plank(body),
    }
}

impl Floor {
    pub fn limbs(&self, side: Side) -> &FloorLimbs {
        match side {
            Side::Left => &self.left,
            Side::Right => &self.right,
        }
    }
}

impl Sample {
    pub fn limbs(&self, side: Side) -> &Limbs {
        match side {
            Side::Left => &self.left,
            Side::Right => &self.right,
        }
    }

    /// The limbs on the camera's side, in side views.
    pub fn near_limbs(&self) -> &Limbs {
        self.limbs(self.near)
    }

    /// The limbs of the leg that stands alone; the near ones while both stand.
    pub fn standing_limbs(&self) -> &Limbs {
        self.limbs(self.standing.unwrap_or(self.near))
    }

    /// Every measure with its name and unit (`near_knee_deg`, `hip_up_trunks`, `knees_to_toes_ratio`), always the same
    /// ones in the same order: the columns of `angles.csv` and the series of `--trace`.
    pub fn named(&self) -> impl Iterator<Item = (&'static str, Reading)> + Clone {
        let whole = [
            ("trunk_deg", self.trunk),
            ("head_deg", self.head),
            ("hip_forward_trunks", self.hip_forward),
            ("hip_up_trunks", self.hip_up),
        ];
        let near = NEAR_NAMES.into_iter().zip(self.near_limbs().values());
        let far = FAR_NAMES.into_iter().zip(self.limbs(self.near.other()).values());
        let rest = [
            ("left_knee_over_toe_ratio", self.left.knee_over_toe),
            ("right_knee_over_toe_ratio", self.right.knee_over_toe),
            ("left_knee_in_deg", self.left.knee_in),
            ("right_knee_in_deg", self.right.knee_in),
            ("knees_to_toes_ratio", self.front.kts),
            ("knees_to_ankles_ratio", self.front.kasr),
            ("stance_width_ratio", self.front.stance_width),
            ("shoulder_line_deg", self.front.shoulder_line),
            ("hip_line_deg", self.front.hip_line),
            ("hip_shift_ratio", self.front.hip_shift),
            ("hip_drop_ratio", self.front.hip_drop),
            ("lumbar_by_landmarks_deg", self.spine.by_landmarks),
            ("lumbar_turn_deg", self.spine.turn),
            ("lumbar_by_contour_deg", self.spine.by_contour),
            ("lumbar_flexion_deg", self.spine.lumbar_flexion),
            ("dowel_head_ratio", self.dowel.head),
            ("dowel_upper_back_ratio", self.dowel.upper_back),
            ("dowel_sacrum_ratio", self.dowel.sacrum),
            ("dowel_lumbar_gap_ratio", self.dowel.lumbar_gap),
            ("dowel_covered_ratio", self.dowel.covered),
            ("upright_deg", self.upright),
            ("leg_ratio", self.leg_ratio),
            ("hip_speed_trunks_per_s", self.hip_speed),
            ("feet_moved_trunks", self.feet_moved),
            ("yaw_deg", self.yaw_deg),
            ("pelvic_tilt_deg", self.spine.pelvic_tilt),
        ];
        let left = LEFT_NAMES.into_iter().zip(self.floor.left.named().map(|(_, reading)| reading));
        let right = RIGHT_NAMES.into_iter().zip(self.floor.right.named().map(|(_, reading)| reading));
        let trunk = self.floor.trunk.named();
        let held = self.kneel.angles.named().into_iter().chain(self.raised.angles.named());
        let groups = trunk.into_iter().chain(held).chain(self.plank.angles.named());
        whole.into_iter().chain(near).chain(far).chain(rest).chain(left).chain(right).chain(groups)
    }
}

/// The names of [`FloorLimbs`] by side, in its order.
const LEFT_NAMES: [&str; 8] = [
    "left_thigh_lowered_deg",
    "left_leg_raise_deg",
    "left_foot_height_shanks",
    "left_wrist_height_trunks",
    "left_arm_support_deg",
    "left_leg_out_ratio",
    "left_arm_out_ratio",
    "left_reach_ratio",
];
const RIGHT_NAMES: [&str; 8] = [
    "right_thigh_lowered_deg",
    "right_leg_raise_deg",
    "right_foot_height_shanks",
    "right_wrist_height_trunks",
    "right_arm_support_deg",
    "right_leg_out_ratio",
    "right_arm_out_ratio",
    "right_reach_ratio",
];

/// One list of the limb measures seen in the sagittal plane, for everything that goes through all of them.
macro_rules! sagittal_limbs {
    ($($field:ident $name:literal,)+) => {
        const NEAR_NAMES: [&str; [$($name),+].len()] = [$(concat!("near_", $name)),+];
        const FAR_NAMES: [&str; [$($name),+].len()] = [$(concat!("far_", $name)),+];

        impl Limbs {
            fn values(&self) -> [Reading; [$($name),+].len()] {
                [$(self.$field),+]
            }

            /// Limbs whose every measure is made from the same measure of others.
            fn build(mut make: impl FnMut(fn(&Limbs) -> Reading) -> Reading) -> Limbs {
                Limbs {
                    $($field: make(|limbs| limbs.$field),)+
                    knee_over_toe: make(|limbs| limbs.knee_over_toe),
                    knee_in: make(|limbs| limbs.knee_in),
                }
            }
        }
    };
}

sagittal_limbs! {
    knee "knee_deg",
    hip "hip_deg",
    shank "shank_deg",
    thigh "thigh_deg",
    thigh_up "thigh_up_deg",
    share "share_ratio",
    heel_rise "heel_rise_deg",
    stance "stance_deg",
    knee_over_ankle "knee_over_ankle_ratio",
    elbow "elbow_deg",
    upper_arm "upper_arm_deg",
    arm_line "arm_line_deg",
    leg_line "leg_line_deg",
}

#[cfg(test)]
mod tests;
