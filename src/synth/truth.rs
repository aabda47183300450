//! What is true of one frame: every angle, ratio and gap that a rule may measure, from exact joints.
//!
//! Angles carry the zeros and signs of RULES.md 0.1 with f = +1. Sagittal ones are taken in the world's x–y plane, that
//! is, as seen square from the athlete's right without perspective; front ones in the z–y plane. Lengths in metres,
//! gaps in millimetres. Absolute values: a rule's "change from baseline" is the difference to a frame of the quiet start.

use super::body::{BACK_S2, BACK_T6, Body};
use super::skeleton::{BodyPose, Posture, Segment, neutral_tilt, outward};
use crate::geometry::{ImagePoint, flexion_deg, inclination_deg, wrap_deg};
use crate::pose::{Joint, Landmark};
use crate::units::Side;
use nalgebra::{Point3, Rotation3, Vector3};
use serde::Serialize;

/// One side's limbs, degrees unless said otherwise; the names are those of [`crate::kinematics::Limbs`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Limb {
    /// Knee flexion as seen from the side.
    pub knee: f64,
    /// Knee flexion in space.
    pub knee_in_space: f64,
    /// Apparent hip flexion (shoulder–hip–knee) as seen from the side.
    pub hip: f64,
    /// Hip flexion of the joint: thigh against pelvis, neutral standing 0.
    pub true_hip: f64,
    pub shank: f64,
    /// Knee→hip from vertical, + hip forward.
    pub thigh: f64,
    /// 90 + thigh, wrapped.
    pub thigh_up: f64,
    /// hip / (hip + knee); 0.5 when both are straight.
    pub share: f64,
    /// Heel above toe as an angle of the foot, + heel up.
    pub heel_rise: f64,
    /// Ankle→hip from vertical, + hip forward.
    pub stance: f64,
    /// (knee − ankle) x / shank length.
    pub knee_over_ankle: f64,
    /// (knee − big toe) z / shank length, + outward.
    pub knee_over_toe: f64,
    pub elbow: f64,
    /// Shoulder→elbow from straight down, + forward.
    pub upper_arm: f64,
    /// Shoulder→wrist from horizontal, + above.
    pub arm_line: f64,
    /// Hip→ankle from horizontal, + above.
    pub leg_line: f64,
    /// Lower of heel and big toe above the floor, mm.
    pub foot_height_mm: f64,
}

/// The whole body.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Truth {
    /// Lean of the pelvis' up axis, own neutral standing = 0, + anterior (a supine pelvis reads about −90).
    pub pelvic_tilt: f64,
    /// Line of the hip joints from horizontal, + left higher.
    pub pelvic_obliquity: f64,
    /// Line of the hip joints around the vertical, + pelvis turned to the athlete's left.
    pub pelvic_rotation: f64,
    /// From the body's own neutral, + round.
    pub lumbar_flexion: f64,
    pub thoracic_flexion: f64,
    pub neck_flexion: f64,
    /// Mid-hip→mid-shoulder from vertical, + forward.
    pub trunk: f64,
    pub left: Limb,
    pub right: Limb,
    /// Knee separation / big-toe separation, z only.
    pub kts: f64,
    /// Knee separation / ankle separation, z only.
    pub kasr: f64,
    /// Ankle separation / shoulder separation, z only.
    pub stance_width: f64,
    /// From horizontal seen from the front, + left higher.
    pub shoulder_line: f64,
    /// Bend of mid-shoulder, mid-hip, mid-knee in the x–y plane, + hips towards the floor (side plank).
    pub side_bend: f64,
    /// Depth of the hollow of the back under the line sacrum (S2)–T8, mm.
    pub gap_mm: f64,
    /// Highest point of the skin of the back between S2 and T8 above the floor, mm: the gap of a dead bug.
    pub floor_gap_mm: f64,
    /// Head, upper back (T6) and sacrum from the dowel, mm; `None` without a dowel.
    pub contacts_mm: Option<[f64; 3]>,
}

impl Truth {
    pub(super) fn new(body: &Body, posture: &Posture, pose: &BodyPose, dowel: Option<[Point3<f64>; 2]>) -> Truth {
        let hips = pose.joint(Joint::Hip, Side::Left) - pose.joint(Joint::Hip, Side::Right);
        let separation = |joint| (pose.joint(joint, Side::Right).z - pose.joint(joint, Side::Left).z).abs();
        let (shoulder, hip, knee) = (pose.mid(Joint::Shoulder), pose.mid(Joint::Hip), pose.mid(Joint::Knee));
        let shoulders = pose.joint(Joint::Shoulder, Side::Left) - pose.joint(Joint::Shoulder, Side::Right);
        let up = pose.segment(Segment::Pelvis) * Vector3::y();
        let over_floor = (0..=64).map(|i| pose.back_curve(f64::from(i) / 64.0).y).fold(f64::NEG_INFINITY, f64::max);
        Truth {
            pelvic_tilt: wrap_deg(up.x.atan2(up.y).to_degrees() - neutral_tilt(body)),
            pelvic_obliquity: hips.y.atan2(hips.x.hypot(hips.z)).to_degrees(),
            pelvic_rotation: (-hips.x).atan2(-hips.z).to_degrees(),
            lumbar_flexion: posture.spine.flexion,
            thoracic_flexion: posture.spine.thoracic,
            neck_flexion: posture.spine.neck,
            trunk: lean(hip, shoulder),
            left: limb(body, pose, Side::Left),
            right: limb(body, pose, Side::Right),
            kts: separation(Joint::Knee) / separation(Joint::BigToe).max(1e-9),
            kasr: separation(Joint::Knee) / separation(Joint::Ankle).max(1e-9),
            stance_width: separation(Joint::Ankle) / separation(Joint::Shoulder).max(1e-9),
            shoulder_line: shoulders.y.atan2(shoulders.z.abs()).to_degrees(),
            side_bend: signed_bend(shoulder, hip, knee),
            gap_mm: pose.lumbar_gap() * 1e3,
            floor_gap_mm: over_floor * 1e3,
            contacts_mm: dowel.map(|ends| contacts(pose, ends)),
        }
    }

    pub fn limb(&self, side: Side) -> &Limb {
        match side {
            Side::Left => &self.left,
            Side::Right => &self.right,
        }
    }
}

/// A point as the canonical camera would draw it from infinitely far away, m, y down.
fn seen(p: Point3<f64>) -> ImagePoint {
    ImagePoint::new(p.x, -p.y)
}

fn lean(from: Point3<f64>, to: Point3<f64>) -> f64 {
    inclination_deg(seen(from), seen(to), 1.0).unwrap_or(0.0)
}

fn bend(a: Point3<f64>, b: Point3<f64>, c: Point3<f64>) -> f64 {
    flexion_deg(seen(a), seen(b), seen(c)).unwrap_or(0.0)
}

/// + when `b` lies below the line from `a` (left on screen) to `c`.
fn signed_bend(a: Point3<f64>, b: Point3<f64>, c: Point3<f64>) -> f64 {
    let (u, v) = (b - a, c - b);
    (u.x * v.y - u.y * v.x).atan2(u.x * v.x + u.y * v.y).to_degrees()
}

fn from_horizontal(from: Point3<f64>, to: Point3<f64>) -> f64 {
    let d = to - from;
    d.y.atan2(d.x.hypot(d.z)).to_degrees()
}

fn limb(body: &Body, pose: &BodyPose, side: Side) -> Limb {
    let at = |joint| pose.joint(joint, side);
    let (shoulder, elbow, wrist) = (at(Joint::Shoulder), at(Joint::Elbow), at(Joint::Wrist));
    let (hip, knee, ankle) = (at(Joint::Hip), at(Joint::Knee), at(Joint::Ankle));
    let (heel, toe) = (at(Joint::Heel), at(Joint::BigToe));
    let (knee_bend, hip_bend) = (bend(hip, knee, ankle), bend(shoulder, hip, knee));
    let thigh = lean(knee, hip);
    let thigh_segment = if side == Side::Left { Segment::LeftThigh } else { Segment::RightThigh };
    // The pelvis' neutral axes, in which a standing thigh hangs straight down.
    let neutral = Rotation3::from_axis_angle(&Vector3::z_axis(), neutral_tilt(body).to_radians());
    let hanging = (pose.segment(Segment::Pelvis) * neutral).inverse() * (pose.segment(thigh_segment) * -Vector3::y());
    Limb {
        knee: knee_bend,
        knee_in_space: (hip - knee).angle(&(knee - ankle)).to_degrees(),
        hip: hip_bend,
        true_hip: hanging.x.atan2(-hanging.y).to_degrees(),
        shank: lean(ankle, knee),
        thigh,
        thigh_up: wrap_deg(90.0 + thigh),
        share: if hip_bend + knee_bend > 1e-9 { hip_bend / (hip_bend + knee_bend) } else { 0.5 },
        heel_rise: (heel.y - toe.y).atan2((toe.x - heel.x).abs()).to_degrees(),
        stance: lean(ankle, hip),
        knee_over_ankle: (knee.x - ankle.x) / body.shank,
        knee_over_toe: (knee.z - toe.z) * outward(side) / body.shank,
        elbow: bend(shoulder, elbow, wrist),
        upper_arm: wrap_deg(180.0 - lean(shoulder, elbow)),
        arm_line: from_horizontal(shoulder, wrist),
        leg_line: from_horizontal(hip, ankle),
        foot_height_mm: heel.y.min(toe.y) * 1e3,
    }
}

fn contacts(pose: &BodyPose, [low, high]: [Point3<f64>; 2]) -> [f64; 3] {
    let along = (high - low).normalize();
    let off = |p: Point3<f64>| ((p - low) - along * along.dot(&(p - low))).norm() * 1e3;
    [off(pose.landmarks[Landmark::Occiput]), off(pose.back[BACK_T6]), off(pose.back[BACK_S2])]
}
