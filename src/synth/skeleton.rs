//! The articulated body: orientations of its segments in, every landmark in space out.
//!
//! World frame (metres): **x** the way a standing athlete faces, which is screen right for the canonical camera; **y**
//! up; **z** to the athlete's right, towards the canonical camera. The floor is y = 0.
//!
//! Rest pose: standing upright, facing +x, feet parallel, **arms hanging straight down (0, −1, 0)**, palms towards the
//! thighs, thumbs forward. In it every segment's rotation is the identity; a rotation takes a vector of the segment in
//! rest-world axes to where it points now. A rig whose arms rest in an A or T pose first turns its own arm direction to
//! straight down by the smallest rotation, then applies the rotation given here.
//!
//! Signs: hip flexion, ankle dorsiflexion, shoulder and elbow flexion are turns by +angle about z; knee flexion, pelvic
//! tilt (anterior), lumbar, thoracic and neck flexion are turns by −angle about z.

use super::body::{self, BACK, BACK_POINTS, Body, LUMBAR_SHARE};
use crate::pose::{Joint, Landmark, Landmarks};
use crate::units::Side;
use nalgebra::{Point3, Rotation3, Vector3};

/// A rigid part of the body that a mesh can be skinned to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Segment {
    Pelvis,
    /// Turns at L5/S1; carries the lower lumbar spine (0.45 of lumbar flexion, RULES.md G's three-joint rig).
    LowerLumbar,
    /// Turns at L3 (0.30 more).
    UpperLumbar,
    /// Turns at T12/L1 (0.25 more): the lower rib cage.
    LowerThorax,
    /// Turns at T7 by thoracic flexion: the upper rib cage and the shoulder girdle.
    UpperThorax,
    Neck,
    Head,
    LeftUpperArm,
    RightUpperArm,
    LeftForearm,
    RightForearm,
    LeftHand,
    RightHand,
    LeftThigh,
    RightThigh,
    LeftShank,
    RightShank,
    LeftFoot,
    RightFoot,
    LeftToes,
    RightToes,
}

impl Segment {
    pub const COUNT: usize = 21;
}

/// Bends of the spine away from this body's own neutral, degrees.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Spine {
    /// Lumbar flexion: + round, − arch.
    pub flexion: f64,
    /// Lumbar side bend: + towards the athlete's right.
    pub bend: f64,
    /// Lumbar twist: + rib cage turned to the athlete's left against the pelvis.
    pub twist: f64,
    /// Thoracic flexion, + round.
    pub thoracic: f64,
    /// Neck flexion, + chin down; half in the neck, half under the skull.
    pub neck: f64,
}

/// World orientations of one arm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Arm {
    pub upper: Rotation3<f64>,
    pub forearm: Rotation3<f64>,
    pub hand: Rotation3<f64>,
}

impl Arm {
    /// Part way (`u` 0..=1) to another: every segment turns the short way.
    pub(super) fn toward(&self, to: &Arm, u: f64) -> Arm {
        Arm {
            upper: turn(self.upper, to.upper, u),
            forearm: turn(self.forearm, to.forearm, u),
            hand: turn(self.hand, to.hand, u),
        }
    }
}

/// Part way from one rotation to another; half a turn has no short way and jumps in the middle.
fn turn(a: Rotation3<f64>, b: Rotation3<f64>, u: f64) -> Rotation3<f64> {
    a.try_slerp(&b, u, 1e-9).unwrap_or(if u < 0.5 { a } else { b })
}

/// World orientations of one leg.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Leg {
    pub thigh: Rotation3<f64>,
    pub shank: Rotation3<f64>,
    pub foot: Rotation3<f64>,
    pub toes: Rotation3<f64>,
}

/// One position of a body. `[left, right]` where paired.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Posture {
    /// Middle of the hip joints, m.
    pub hips: Point3<f64>,
    pub pelvis: Rotation3<f64>,
    pub spine: Spine,
    pub arms: [Arm; 2],
    pub legs: [Leg; 2],
    /// Chest and belly pushed out by the breath, m.
    pub breath_m: f64,
}

impl Default for Posture {
    /// The rest pose about the origin.
    fn default() -> Self {
        let id = Rotation3::identity();
        Posture {
            hips: Point3::origin(),
            pelvis: id,
            spine: Spine::default(),
            arms: [Arm { upper: id, forearm: id, hand: id }; 2],
            legs: [Leg { thigh: id, shank: id, foot: id, toes: id }; 2],
            breath_m: 0.0,
        }
    }
}

impl Posture {
    /// Part way (`u` 0..=1) from `self` to `to`: every segment turns the short way.
    pub fn blend(&self, to: &Posture, u: f64) -> Posture {
        let mix = |a: f64, b: f64| a + (b - a) * u;
        let leg = |a: &Leg, b: &Leg| Leg {
            thigh: turn(a.thigh, b.thigh, u),
            shank: turn(a.shank, b.shank, u),
            foot: turn(a.foot, b.foot, u),
            toes: turn(a.toes, b.toes, u),
        };
        Posture {
            hips: self.hips + (to.hips - self.hips) * u,
            pelvis: turn(self.pelvis, to.pelvis, u),
            spine: Spine {
                flexion: mix(self.spine.flexion, to.spine.flexion),
                bend: mix(self.spine.bend, to.spine.bend),
                twist: mix(self.spine.twist, to.spine.twist),
                thoracic: mix(self.spine.thoracic, to.spine.thoracic),
                neck: mix(self.spine.neck, to.spine.neck),
            },
            arms: [self.arms[0].toward(&to.arms[0], u), self.arms[1].toward(&to.arms[1], u)],
            legs: [leg(&self.legs[0], &to.legs[0]), leg(&self.legs[1], &to.legs[1])],
            breath_m: mix(self.breath_m, to.breath_m),
        }
    }
}

/// Joint angles, degrees, neutral standing = 0; the degrees of freedom of RULES.md G.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Dofs {
    /// Pelvic tilt, + anterior.
    pub tilt: f64,
    /// Pelvic axial rotation, + turned to the athlete's left.
    pub rotation: f64,
    /// Pelvic obliquity, + left side higher.
    pub obliquity: f64,
    pub spine: Spine,
    /// `[left, right]`
    pub hips: [Ball; 2],
    /// Knee flexion.
    pub knees: [f64; 2],
    /// Ankle dorsiflexion.
    pub ankles: [f64; 2],
    /// Shoulders against the upper rib cage.
    pub shoulders: [Ball; 2],
    /// Elbow flexion.
    pub elbows: [f64; 2],
}

/// Angles of a ball joint, degrees.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Ball {
    pub flexion: f64,
    /// + away from the midline.
    pub abduction: f64,
    /// + outward (external) rotation.
    pub rotation: f64,
}

impl Ball {
    fn turn(&self, side: Side) -> Rotation3<f64> {
        let out = outward(side);
        rot_z(self.flexion) * rot_x(-self.abduction * out) * rot_y(-self.rotation * out)
    }
}

impl Dofs {
    /// The posture with these joint angles and its hips at `hips`. Hands follow the forearms, toes the feet.
    pub fn posture(&self, body: &Body, hips: Point3<f64>) -> Posture {
        let pelvis = pelvis_rotation(body, self.tilt, self.rotation, self.obliquity);
        let trunk = Trunk::new(body, hips, pelvis, &self.spine, 0.0);
        let limbs = |side: Side| {
            let i = index(side);
            let upper = trunk.upper_thorax * self.shoulders[i].turn(side);
            let forearm = upper * rot_z(self.elbows[i]);
            let thigh = pelvis * rot_z(neutral_tilt(body)) * self.hips[i].turn(side);
            let shank = thigh * rot_z(-self.knees[i]);
            let foot = shank * rot_z(self.ankles[i]);
            (Arm { upper, forearm, hand: forearm }, Leg { thigh, shank, foot, toes: foot })
        };
        let (left, right) = (limbs(Side::Left), limbs(Side::Right));
        Posture { hips, pelvis, spine: self.spine, arms: [left.0, right.0], legs: [left.1, right.1], breath_m: 0.0 }
    }
}

/// Where a body is, for whoever draws or measures it.
#[derive(Clone, Debug, PartialEq)]
pub struct BodyPose {
    /// The root: middle of the hip joints, m.
    pub hips: Point3<f64>,
    /// World rotation of every segment against the rest pose, by [`Segment`].
    pub segments: [Rotation3<f64>; Segment::COUNT],
    /// Every landmark, m.
    pub landmarks: Landmarks<Point3<f64>>,
    /// The skin of the midline of the back, from S4 to C7 ([`body::BACK_S2`] …), m.
    pub back: [Point3<f64>; BACK_POINTS],
    /// Centres of L5/S1, L4/5, L3/4, L2/3, L1/2, T7, C7 and the joint under the skull, m.
    pub spine_joints: [Point3<f64>; 8],
}

impl BodyPose {
    /// Forward kinematics.
    pub fn new(body: &Body, posture: &Posture) -> BodyPose {
        let trunk = Trunk::new(body, posture.hips, posture.pelvis, &posture.spine, posture.breath_m);
        let mut pose = BodyPose {
            hips: posture.hips,
            segments: [Rotation3::identity(); Segment::COUNT],
            landmarks: Landmarks::default(),
            back: trunk.back,
            spine_joints: trunk.joints,
        };
        trunk.write(body, posture, &mut pose);
        for side in Side::BOTH {
            write_arm(body, side, &posture.arms[index(side)], &trunk, &mut pose);
            write_leg(body, side, &posture.legs[index(side)], &trunk, &mut pose);
        }
        pose
    }

    pub fn segment(&self, segment: Segment) -> Rotation3<f64> {
        self.segments[segment as usize]
    }

    /// The paired point on that side.
    pub fn joint(&self, joint: Joint, side: Side) -> Point3<f64> {
        self.landmarks[Landmark::of(joint, side)]
    }

    /// Halfway between the left and the right one.
    pub fn mid(&self, joint: Joint) -> Point3<f64> {
        nalgebra::center(&self.joint(joint, Side::Left), &self.joint(joint, Side::Right))
    }

    /// Point `t` (0 at S2, 1 at T8) of the back's skin line, m: a Catmull–Rom curve through the spinous processes.
    pub fn back_curve(&self, t: f64) -> Point3<f64> {
        let spans = (body::BACK_T8 - body::BACK_S2) as f64;
        let s = t.clamp(0.0, 1.0) * spans;
        let span = (s as usize).min(body::BACK_T8 - body::BACK_S2 - 1);
        let u = s - span as f64;
        let i = body::BACK_S2 + span;
        let [a, b, c, d] = [i - 1, i, i + 1, i + 2].map(|k| self.back[k].coords);
        let point = b * 2.0
            + (c - a) * u
            + (a * 2.0 - b * 5.0 + c * 4.0 - d) * (u * u)
            + (b * 3.0 - a - c * 3.0 + d) * (u * u * u);
        Point3::from(point * 0.5)
    }

    /// Depth of the hollow of the back under the straight line S2–T8, m; 0 when the back nowhere lies in front of it.
    pub fn lumbar_gap(&self) -> f64 {
        let (s2, t8) = (self.back[body::BACK_S2], self.back[body::BACK_T8]);
        let chord = (t8 - s2).normalize();
        let right = self.landmarks[Landmark::RightHip] - self.landmarks[Landmark::LeftHip];
        let front = chord.cross(&right).normalize();
        (0..=64).map(|i| (self.back_curve(f64::from(i) / 64.0) - s2).dot(&front)).fold(0.0, f64::max)
    }
}

/// +1 on the athlete's right, −1 on the left: the sign of "outward" along z.
pub(super) fn outward(side: Side) -> f64 {
    if side == Side::Right { 1.0 } else { -1.0 }
}

/// Place of a side in `[left, right]`.
pub(super) fn index(side: Side) -> usize {
    (side == Side::Right) as usize
}

pub(super) fn rot_x(deg: f64) -> Rotation3<f64> {
    Rotation3::from_axis_angle(&Vector3::x_axis(), deg.to_radians())
}

pub(super) fn rot_y(deg: f64) -> Rotation3<f64> {
    Rotation3::from_axis_angle(&Vector3::y_axis(), deg.to_radians())
}

pub(super) fn rot_z(deg: f64) -> Rotation3<f64> {
    Rotation3::from_axis_angle(&Vector3::z_axis(), deg.to_radians())
}

/// The pelvis' world rotation for tilt (+ anterior), rotation (+ to the left), obliquity (+ left higher), degrees,
/// each 0 in this body's own neutral standing.
pub(super) fn pelvis_rotation(body: &Body, tilt: f64, rotation: f64, obliquity: f64) -> Rotation3<f64> {
    rot_z(-tilt) * rot_y(rotation) * rot_x(obliquity) * rot_z(-neutral_tilt(body))
}

/// The tilt of the pelvis' own axes that puts this body's shoulders above its hips in neutral standing, degrees.
pub(super) fn neutral_tilt(body: &Body) -> f64 {
    if body.flat_back_deg == 0.0 && body.kyphosis_deg == 0.0 {
        return 0.0;
    }
    -trunk_line_in_pelvis(body, &Spine::default())
}

/// Lean of the hip–shoulder line against the pelvis' own up, degrees, + forward.
pub(super) fn trunk_line_in_pelvis(body: &Body, spine: &Spine) -> f64 {
    let trunk = Trunk::new(body, Point3::origin(), Rotation3::identity(), spine, 0.0);
    let middle = nalgebra::center(&trunk.shoulders[0], &trunk.shoulders[1]);
    middle.x.atan2(middle.y).to_degrees()
}

/// Middle of the hips to middle of the shoulders with this spine, m.
pub(super) fn trunk_length(body: &Body, spine: &Spine) -> f64 {
    let trunk = Trunk::new(body, Point3::origin(), Rotation3::identity(), spine, 0.0);
    nalgebra::center(&trunk.shoulders[0], &trunk.shoulders[1]).coords.norm()
}

/// The pelvic tilt (0 in own neutral standing, + anterior) with which the hip–shoulder line leans `trunk` degrees.
pub(super) fn tilt_for_trunk_line(body: &Body, trunk: f64, spine: &Spine) -> f64 {
    trunk - trunk_line_in_pelvis(body, spine) - neutral_tilt(body)
}

/// Pelvis, spine and head in place, limbs still to come.
pub(super) struct Trunk {
    pub pelvis: Rotation3<f64>,
    lumbar: [Rotation3<f64>; 3],
    pub upper_thorax: Rotation3<f64>,
    neck: Rotation3<f64>,
    head: Rotation3<f64>,
    /// `[left, right]`
    pub hips: [Point3<f64>; 2],
    pub shoulders: [Point3<f64>; 2],
    pub back: [Point3<f64>; BACK_POINTS],
    joints: [Point3<f64>; 8],
    lower_thorax_origin: Point3<f64>,
    upper_thorax_origin: Point3<f64>,
    l3: (Point3<f64>, Rotation3<f64>),
    skull: Point3<f64>,
    breath_m: f64,
    hips_middle: Point3<f64>,
}

impl Trunk {
    pub(super) fn new(body: &Body, hips: Point3<f64>, pelvis: Rotation3<f64>, spine: &Spine, breath_m: f64) -> Trunk {
        let flexion = spine.flexion + body.flat_back_deg;
        let part = |share: f64| rot_y(spine.twist * share) * rot_x(spine.bend * share) * rot_z(-flexion * share);

        // Carriers 0..=6: pelvis, L5, L4, L3, L2, lower rib cage with L1, upper rib cage. Each with the world place of
        // the point that was its lower joint in neutral (the hips' middle for the pelvis).
        let mut carriers = [(hips, pelvis, Vector3::zeros()); 7];
        let mut joints = [hips; 8];
        for i in 0..5 {
            let (at, rotation, from) = carriers[i];
            let joint = at + rotation * (body.lumbar_joint(i) - from);
            joints[i] = joint;
            carriers[i + 1] = (joint, rotation * part(LUMBAR_SHARE[i]), body.lumbar_joint(i));
        }
        let (at, lower_thorax, from) = carriers[5];
        joints[5] = at + lower_thorax * (body.t7_joint() - from);
        let upper_thorax = lower_thorax * rot_z(-spine.thoracic - body.kyphosis_deg);
        carriers[6] = (joints[5], upper_thorax, body.t7_joint());
        joints[6] = joints[5] + upper_thorax * (body.c7_joint() - body.t7_joint());
        // A rounded upper back is carried with the gaze kept level: the neck takes back what the rib cage leans.
        let half_neck = rot_z(-(spine.neck - 0.7 * body.kyphosis_deg) / 2.0);
        let neck = upper_thorax * half_neck;
        joints[7] = joints[6] + neck * (body.skull_joint() - body.c7_joint());

        let back = std::array::from_fn(|i| {
            let (point, carrier) = BACK[i];
            let (at, rotation, from) = carriers[carrier];
            at + rotation * (body.spine_point(point) - from)
        });
        let middle = joints[5] + upper_thorax * (Vector3::new(0.0, body.trunk, 0.0) - body.t7_joint());
        let across = |half: f64, rotation: Rotation3<f64>| rotation * Vector3::new(0.0, 0.0, half);
        let hip = across(body.hip_half, pelvis);
        let shoulder = across(body.shoulder_half, upper_thorax);
        Trunk {
            pelvis,
            lumbar: [pelvis * part(0.45), pelvis * part(0.75), lower_thorax],
            upper_thorax,
            neck,
            head: neck * half_neck,
            hips: [hips - hip, hips + hip],
            shoulders: [middle - shoulder, middle + shoulder],
            back,
            joints,
            lower_thorax_origin: carriers[5].0 - lower_thorax * carriers[5].2,
            upper_thorax_origin: carriers[6].0 - upper_thorax * carriers[6].2,
            l3: (carriers[3].0 - carriers[3].1 * carriers[3].2, carriers[3].1),
            skull: joints[7],
            breath_m,
            hips_middle: hips,
        }
    }

    /// The most prominent point of the back of the head, m.
    pub(super) fn occiput(&self, body: &Body) -> Point3<f64> {
        // On the line S2–T6 in neutral, so that a dowel touches head, upper back and sacrum (RULES.md A7).
        let ([sx, sy], [tx, ty]) = (BACK[body::BACK_S2].0, BACK[body::BACK_T6].0);
        let y = 0.700;
        let x = sx + (tx - sx) * (y - sy) / (ty - sy);
        self.head_point(body, x, y, 0.0)
    }

    fn head_point(&self, body: &Body, x: f64, y: f64, z: f64) -> Point3<f64> {
        let offset = body.spine_point([x, y]) + Vector3::new(0.0, 0.0, z) - body.skull_joint();
        self.skull + self.head * offset
    }

    fn write(&self, body: &Body, posture: &Posture, pose: &mut BodyPose) {
        use Landmark::*;
        let s = &mut pose.segments;
        s[Segment::Pelvis as usize] = posture.pelvis;
        s[Segment::LowerLumbar as usize] = self.lumbar[0];
        s[Segment::UpperLumbar as usize] = self.lumbar[1];
        s[Segment::LowerThorax as usize] = self.lumbar[2];
        s[Segment::UpperThorax as usize] = self.upper_thorax;
        s[Segment::Neck as usize] = self.neck;
        s[Segment::Head as usize] = self.head;

        let l = &mut pose.landmarks;
        for (landmark, point) in [(S4, 0), (S2, 1), (S1, 2), (L3, 5), (L1, 7), (T8, 9), (T4, 11), (C7, 12)] {
            l[landmark] = self.back[point];
        }
        (l[LeftHip], l[RightHip]) = (self.hips[0], self.hips[1]);
        (l[LeftShoulder], l[RightShoulder]) = (self.shoulders[0], self.shoulders[1]);
        let head = |x, y, z| self.head_point(body, x, y, z);
        l[Nose] = head(0.090, 0.672, 0.0);
        (l[LeftEye], l[RightEye]) = (head(0.066, 0.705, -0.032), head(0.066, 0.705, 0.032));
        (l[LeftEar], l[RightEar]) = (head(-0.020, 0.690, -0.075), head(-0.020, 0.690, 0.075));
        l[HeadTop] = head(-0.025, 0.800, 0.0);
        l[Occiput] = self.occiput(body);
        let pelvic = |x, y, z| self.hips_middle + self.pelvis * body.front_point(x, y, z);
        (l[LeftAsis], l[RightAsis]) = (pelvic(0.050, 0.085, -0.115), pelvic(0.050, 0.085, 0.115));
        let psis = |z| self.hips_middle + self.pelvis * (body.spine_point([-0.102, 0.096]) + Vector3::new(0.0, 0.0, z));
        (l[LeftPsis], l[RightPsis]) = (psis(-0.042), psis(0.042));
        let breath = Vector3::new(self.breath_m, 0.0, 0.0);
        l[JugularNotch] =
            self.upper_thorax_origin + self.upper_thorax * (body.front_point(0.040, 0.475, 0.0) + breath * 0.4);
        l[Xiphoid] = self.lower_thorax_origin + self.lumbar[2] * (body.front_point(0.085, 0.335, 0.0) + breath);
        l[Navel] = self.l3.0 + self.l3.1 * (body.front_point(0.100, 0.190, 0.0) + breath);
    }
}

fn write_arm(body: &Body, side: Side, arm: &Arm, trunk: &Trunk, pose: &mut BodyPose) {
    let down = |length: f64| Vector3::new(0.0, -length, 0.0);
    let elbow = trunk.shoulders[index(side)] + arm.upper * down(body.upper_arm);
    pose.landmarks[Landmark::of(Joint::Elbow, side)] = elbow;
    pose.landmarks[Landmark::of(Joint::Wrist, side)] = elbow + arm.forearm * down(body.forearm);
    let first = [Segment::LeftUpperArm, Segment::LeftForearm, Segment::LeftHand];
    for (segment, rotation) in first.into_iter().zip([arm.upper, arm.forearm, arm.hand]) {
        pose.segments[segment as usize + index(side)] = rotation;
    }
}

fn write_leg(body: &Body, side: Side, leg: &Leg, trunk: &Trunk, pose: &mut BodyPose) {
    let down = |length: f64| Vector3::new(0.0, -length, 0.0);
    let out = outward(side);
    let hip = trunk.hips[index(side)];
    let knee = hip + leg.thigh * down(body.thigh);
    let ankle = knee + leg.shank * down(body.shank);
    let sole = body.ankle_over_sole();
    let ball = ankle + leg.foot * Vector3::new(body.ball_front, -sole, 0.0);
    let toe_length = body.toe_front - body.ball_front;
    let l = &mut pose.landmarks;
    l[Landmark::of(Joint::Knee, side)] = knee;
    l[Landmark::of(Joint::Ankle, side)] = ankle;
    l[Landmark::of(Joint::Heel, side)] = ankle + leg.foot * Vector3::new(-body.heel_back, -sole, 0.0);
    l[Landmark::of(Joint::BigToe, side)] = ball + leg.toes * Vector3::new(toe_length, 0.0, 0.0);
    let (small_toe, trochanter) = match side {
        Side::Left => (Landmark::LeftSmallToe, Landmark::LeftTrochanter),
        Side::Right => (Landmark::RightSmallToe, Landmark::RightTrochanter),
    };
    l[small_toe] = ball + leg.toes * Vector3::new(toe_length * 0.45, 0.0, 0.065 * out);
    l[trochanter] = hip + leg.thigh * Vector3::new(-0.005, -0.010, 0.068 * out);
    let first = [Segment::LeftThigh, Segment::LeftShank, Segment::LeftFoot, Segment::LeftToes];
    for (segment, rotation) in first.into_iter().zip([leg.thigh, leg.shank, leg.foot, leg.toes]) {
        pose.segments[segment as usize + index(side)] = rotation;
    }
}
