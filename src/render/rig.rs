//! The pose of a rendered body, and the rig that carries it out.
//!
//! Input: a [`RigPose`], global rotations of 23 bone groups against **anatomical neutral** (standing upright, legs vertical,
//! feet forward, arms hanging, palms to the thighs) in world axes, and where the middle of the hips is. World and rest
//! axes: metres, z up; in neutral the person faces −y and the left side is +x. Output: one rigid motion per slot of the rig
//! for linear blend skinning. The mesh rests in an A-pose; the turn from neutral to it is measured on each body
//! ([`super::shape::Body`]), so that the same pose means the same thing on every body.
//!
//! Rig and anatomy: `spine05` moves with the pelvis, the head of `spine04` is L5/S1, of `spine03` L3, of `spine02` T12/L1, of
//! `spine01` about T7, of `neck01` C7.
//!
//! Not handled: inverse kinematics (motions bring their own), facial expression, separate fingers.

use super::linear::{M3, V3};
use super::shape::Body;
use crate::units::Side;

/// A part of the body that turns as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Group {
    Pelvis,
    /// L5 and what lies up to L3.
    LowerLumbar,
    /// L3 up to T12/L1.
    UpperLumbar,
    /// T12/L1 up to T7.
    LowerThorax,
    /// T7 up to C7.
    UpperThorax,
    Neck,
    Head,
    LeftClavicle,
    LeftUpperArm,
    LeftForearm,
    LeftHand,
    LeftThigh,
    LeftShank,
    LeftFoot,
    LeftToes,
    RightClavicle,
    RightUpperArm,
    RightForearm,
    RightHand,
    RightThigh,
    RightShank,
    RightFoot,
    RightToes,
}

impl Group {
    pub const COUNT: usize = 23;
    pub const ALL: [Group; Group::COUNT] = {
        use Group::*;
        [
            Pelvis,
            LowerLumbar,
            UpperLumbar,
            LowerThorax,
            UpperThorax,
            Neck,
            Head,
            LeftClavicle,
            LeftUpperArm,
            LeftForearm,
            LeftHand,
            LeftThigh,
            LeftShank,
            LeftFoot,
            LeftToes,
            RightClavicle,
            RightUpperArm,
            RightForearm,
            RightHand,
            RightThigh,
            RightShank,
            RightFoot,
            RightToes,
        ]
    };

    /// The group of a limb part on one side: `Group::LeftThigh.on(side)`.
    pub const fn on(self, side: Side) -> Group {
        let index = self as usize;
        let base = if index >= 15 { index - 8 } else { index };
        match side {
            Side::Right if base >= 7 => Group::ALL[base + 8],
            _ => Group::ALL[base],
        }
    }
}

/// A whole posture.
#[derive(Clone, Debug, PartialEq)]
pub struct RigPose {
    /// The point midway between the hip joint centres, world metres.
    pub mid_hip: V3,
    /// World rotation of each [`Group`] against anatomical neutral.
    pub turns: [M3; Group::COUNT],
    /// How closed the left and the right hand are: 0 flat, 1 a fist.
    pub grip: [f32; 2],
}

impl Default for RigPose {
    /// Anatomical neutral, hips one metre above the origin.
    fn default() -> RigPose {
        RigPose { mid_hip: V3::Z, turns: [M3::IDENTITY; Group::COUNT], grip: [0.25; 2] }
    }
}

impl RigPose {
    pub fn turn(&self, group: Group) -> &M3 {
        &self.turns[group as usize]
    }

    pub fn set(&mut self, group: Group, turn: M3) {
        self.turns[group as usize] = turn;
    }

    /// A posture a share `t` of the way from `self` to `o`, for exposure times.
    pub fn towards(&self, o: &RigPose, t: f32) -> RigPose {
        RigPose {
            mid_hip: self.mid_hip.lerp(o.mid_hip, t),
            turns: std::array::from_fn(|i| self.turns[i].towards(&o.turns[i], t)),
            grip: std::array::from_fn(|i| self.grip[i] + (o.grip[i] - self.grip[i]) * t),
        }
    }

    /// The whole person turned about the vertical through the world's origin, and moved.
    pub fn placed(&self, yaw_rad: f32, at: V3) -> RigPose {
        let turn = M3::about(V3::Z, yaw_rad);
        RigPose { mid_hip: turn * self.mid_hip + at, turns: self.turns.map(|m| turn * m), grip: self.grip }
    }
}

/// Joint angles of a posture, degrees, 0 in anatomical neutral.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RigAngles {
    /// + anterior (top forward), against the vertical; NaN when the left-right axis of the pelvis stands upright.
    pub pelvic_tilt: f32,
    /// Pelvis to L1, + flexion.
    pub lumbar_flexion: f32,
    /// L1 to T7 and up, + flexion.
    pub thoracic_flexion: f32,
    /// Upper thorax to head, + flexion.
    pub neck_flexion: f32,
    /// Femur against pelvis, + flexion. Left, right (as all pairs).
    pub hip_flexion: [f32; 2],
    /// + away from the midline.
    pub hip_abduction: [f32; 2],
    pub knee_flexion: [f32; 2],
    /// + toes up.
    pub ankle_dorsiflexion: [f32; 2],
    /// Upper arm against the upper thorax in the sagittal plane, + forward.
    pub shoulder_flexion: [f32; 2],
    pub elbow_flexion: [f32; 2],
}

impl RigAngles {
    pub const COUNT: usize = 16;

    pub fn of(pose: &RigPose) -> RigAngles {
        let relative = |from: Group, to: Group| pose.turn(from).transposed() * *pose.turn(to);
        // Up in the parent's frame; forward flexion brings it to −y.
        let spine = |from, to| {
            let up = relative(from, to) * V3::Z;
            (-up.y).atan2(up.z).to_degrees()
        };
        // The limb's own "down" in the parent's frame.
        let limb = |from: Group, to: Group| relative(from, to) * -V3::Z;
        let pair = |f: &dyn Fn(Side) -> f32| [f(Side::Left), f(Side::Right)];
        RigAngles {
            pelvic_tilt: tilt_deg(pose.turn(Group::Pelvis)),
            lumbar_flexion: spine(Group::Pelvis, Group::LowerThorax),
            thoracic_flexion: spine(Group::LowerThorax, Group::UpperThorax),
            neck_flexion: spine(Group::UpperThorax, Group::Head),
            hip_flexion: pair(&|s| {
                let d = limb(Group::Pelvis, Group::LeftThigh.on(s));
                (-d.y).atan2(-d.z).to_degrees()
            }),
            hip_abduction: pair(&|s| {
                let d = limb(Group::Pelvis, Group::LeftThigh.on(s));
                let outwards = if s == Side::Left { d.x } else { -d.x };
                outwards.clamp(-1.0, 1.0).asin().to_degrees()
            }),
            knee_flexion: pair(&|s| {
                let d = limb(Group::LeftThigh.on(s), Group::LeftShank.on(s));
                d.y.atan2(-d.z).to_degrees()
            }),
            ankle_dorsiflexion: pair(&|s| {
                let d = relative(Group::LeftShank.on(s), Group::LeftFoot.on(s)) * -V3::Y;
                d.z.atan2(-d.y).to_degrees()
            }),
            shoulder_flexion: pair(&|s| {
                let d = limb(Group::UpperThorax, Group::LeftUpperArm.on(s));
                (-d.y).atan2(-d.z).to_degrees()
            }),
            elbow_flexion: pair(&|s| {
                let d = limb(Group::LeftUpperArm.on(s), Group::LeftForearm.on(s));
                (-d.y).atan2(-d.z).to_degrees()
            }),
        }
    }

    /// In the order of the fields, left before right.
    pub fn array(&self) -> [f32; RigAngles::COUNT] {
        let mut out = [0.0; RigAngles::COUNT];
        out[..4].copy_from_slice(&[self.pelvic_tilt, self.lumbar_flexion, self.thoracic_flexion, self.neck_flexion]);
        let pairs = [
            self.hip_flexion,
            self.hip_abduction,
            self.knee_flexion,
            self.ankle_dorsiflexion,
            self.shoulder_flexion,
            self.elbow_flexion,
        ];
        out[4..].copy_from_slice(pairs.as_flattened());
        out
    }

    /// What [`RigAngles::array`] holds, in order.
    pub const NAMES: [&'static str; RigAngles::COUNT] = [
        "pelvic_tilt",
        "lumbar_flexion",
        "thoracic_flexion",
        "neck_flexion",
        "left_hip_flexion",
        "right_hip_flexion",
        "left_hip_abduction",
        "right_hip_abduction",
        "left_knee_flexion",
        "right_knee_flexion",
        "left_ankle_dorsiflexion",
        "right_ankle_dorsiflexion",
        "left_shoulder_flexion",
        "right_shoulder_flexion",
        "left_elbow_flexion",
        "right_elbow_flexion",
    ];
}

/// Forward lean of a segment against the vertical, in the plane across its left-right axis.
fn tilt_deg(turn: &M3) -> f32 {
    let forward = turn.x.cross(V3::Z);
    if forward.norm() < 0.3 {
        return f32::NAN;
    }
    turn.z.dot(forward.unit()).atan2(turn.z.z).to_degrees()
}

/// The parts of the rig that move rigidly: one per bone group, and more where a joint bends smoothly.
pub(super) mod slot {
    pub const PELVIS: usize = 0;
    pub const LOWER_LUMBAR: usize = 1;
    pub const UPPER_LUMBAR: usize = 2;
    pub const LOWER_THORAX: usize = 3;
    pub const UPPER_THORAX: usize = 4;
    pub const NECK: usize = 5;
    pub const HEAD: usize = 8;
    const LIMBS: usize = 9;
    const PER_SIDE: usize = 10;
    const FINGERS: usize = LIMBS + 2 * PER_SIDE;
    pub const COUNT: usize = FINGERS + 30;

    pub const fn clavicle(side: usize) -> usize {
        LIMBS + side * PER_SIDE
    }
    pub const fn upper_arm(side: usize) -> usize {
        clavicle(side) + 1
    }
    /// The half of the upper arm next to the elbow, which takes the arm's own twist; the half next to the shoulder takes
    /// little of it, or the shoulder would wring.
    pub const fn lower_upper_arm(side: usize) -> usize {
        clavicle(side) + 9
    }
    pub const fn forearm(side: usize) -> usize {
        clavicle(side) + 2
    }
    /// The part of the forearm next to the wrist, which takes half of the hand's twist.
    pub const fn lower_forearm(side: usize) -> usize {
        clavicle(side) + 3
    }
    pub const fn hand(side: usize) -> usize {
        clavicle(side) + 4
    }
    pub const fn thigh(side: usize) -> usize {
        clavicle(side) + 5
    }
    pub const fn shank(side: usize) -> usize {
        clavicle(side) + 6
    }
    pub const fn foot(side: usize) -> usize {
        clavicle(side) + 7
    }
    pub const fn toes(side: usize) -> usize {
        clavicle(side) + 8
    }
    /// `finger` 0 (thumb) ..= 4, `joint` 0 ..= 2.
    pub const fn finger(side: usize, finger: usize, joint: usize) -> usize {
        FINGERS + side * 15 + finger * 3 + joint
    }
    pub const fn is_arm(slot: usize) -> bool {
        slot >= FINGERS
            || (slot >= LIMBS && {
                let part = (slot - LIMBS) % PER_SIDE;
                part >= 1 && part <= 4 || part == 9
            })
    }
}

/// Which slot each bone of the pack follows, and about which bone heads slots turn.
#[derive(Debug)]
pub(super) struct RigMap {
    pub slot_of_bone: Vec<u8>,
    /// Bones whose mean head is the slot's pivot; never empty.
    pub pivots: Vec<Vec<usize>>,
    /// Parent slot; the pelvis is its own.
    pub parents: [u8; slot::COUNT],
}

impl RigMap {
    /// An error names the bone that is missing.
    pub fn new(bones: &[String]) -> Result<RigMap, String> {
        let find = |name: &str| bones.iter().position(|b| b == name).ok_or_else(|| format!("it lacks the bone {name}"));
        let mut pivots = vec![Vec::new(); slot::COUNT];
        let mut parents = [0u8; slot::COUNT];
        let mut define = |s: usize, parent: usize, name: &str| -> Result<(), String> {
            pivots[s] = vec![find(name)?];
            parents[s] = parent as u8;
            Ok(())
        };
        define(slot::PELVIS, slot::PELVIS, "spine05")?;
        let trunk = ["spine04", "spine03", "spine02", "spine01", "neck01", "neck02", "neck03", "head"];
        for (i, name) in trunk.iter().enumerate() {
            define(i + 1, i, name)?;
        }
        for (side, tag) in ["L", "R"].iter().enumerate() {
            let named = |stem: &str| format!("{stem}.{tag}");
            define(slot::clavicle(side), slot::UPPER_THORAX, &named("clavicle"))?;
            define(slot::upper_arm(side), slot::clavicle(side), &named("upperarm01"))?;
            define(slot::lower_upper_arm(side), slot::upper_arm(side), &named("upperarm02"))?;
            // The elbow lies on the upper arm's axis: its twist does not move it.
            define(slot::forearm(side), slot::upper_arm(side), &named("lowerarm01"))?;
            define(slot::lower_forearm(side), slot::forearm(side), &named("lowerarm02"))?;
            define(slot::hand(side), slot::lower_forearm(side), &named("wrist"))?;
            define(slot::thigh(side), slot::PELVIS, &named("upperleg01"))?;
            define(slot::shank(side), slot::thigh(side), &named("lowerleg01"))?;
            define(slot::foot(side), slot::shank(side), &named("foot"))?;
            define(slot::toes(side), slot::foot(side), &named("toe1-1"))?;
            for f in 0..5 {
                for j in 0..3 {
                    let parent = if j == 0 { slot::hand(side) } else { slot::finger(side, f, j - 1) };
                    define(slot::finger(side, f, j), parent, &named(&format!("finger{}-{}", f + 1, j + 1)))?;
                }
            }
        }
        for (side, tag) in ["L", "R"].iter().enumerate() {
            pivots[slot::toes(side)] = (1..=5).map(|t| find(&format!("toe{t}-1.{tag}"))).collect::<Result<_, _>>()?;
        }
        let slot_of_bone = bones.iter().map(|b| slot_of(b).map(|s| s as u8)).collect::<Result<_, _>>()?;
        Ok(RigMap { slot_of_bone, pivots, parents })
    }
}

/// The slot a bone follows, by its name in the rig.
fn slot_of(bone: &str) -> Result<usize, String> {
    let (stem, side) = match bone.split_once('.') {
        Some((stem, "L")) => (stem, 0),
        Some((stem, _)) => (stem, 1),
        None => (bone, 0),
    };
    Ok(match stem {
        "root" | "pelvis" | "spine05" => slot::PELVIS,
        "spine04" => slot::LOWER_LUMBAR,
        "spine03" => slot::UPPER_LUMBAR,
        "spine02" | "breast" => slot::LOWER_THORAX,
        "spine01" => slot::UPPER_THORAX,
        "neck01" => slot::NECK,
        "neck02" => slot::NECK + 1,
        "neck03" => slot::NECK + 2,
        "head" | "eye" => slot::HEAD,
        "clavicle" | "shoulder01" => slot::clavicle(side),
        "lowerarm01" => slot::forearm(side),
        "lowerarm02" => slot::lower_forearm(side),
        "foot" => slot::foot(side),
        "upperarm02" => slot::lower_upper_arm(side),
        _ if stem.starts_with("upperarm") => slot::upper_arm(side),
        _ if stem.starts_with("wrist") || stem.starts_with("metacarpal") => slot::hand(side),
        _ if stem.starts_with("upperleg") => slot::thigh(side),
        _ if stem.starts_with("lowerleg") => slot::shank(side),
        _ if stem.starts_with("toe") => slot::toes(side),
        _ => match stem.strip_prefix("finger").and_then(|n| n.split_once('-')) {
            Some((f, j)) => {
                let number = |text: &str, most: usize| {
                    text.parse::<usize>().ok().filter(|n| (1..=most).contains(n)).map(|n| n - 1)
                };
                let (f, j) = number(f, 5).zip(number(j, 3)).ok_or_else(|| format!("it has an odd bone {bone}"))?;
                slot::finger(side, f, j)
            }
            None => return Err(format!("it has a bone nobody knows, {bone}")),
        },
    })
}

/// A rigid motion from rest to world per slot: `turn · rest + shift`.
#[derive(Clone, Debug)]
pub(super) struct Motion {
    pub turn: [M3; slot::COUNT],
    pub shift: [V3; slot::COUNT],
}

impl Default for Motion {
    fn default() -> Motion {
        Motion { turn: [M3::IDENTITY; slot::COUNT], shift: [V3::ZERO; slot::COUNT] }
    }
}

impl Motion {
    #[inline(always)]
    pub fn carry(&self, slot: usize, rest: V3) -> V3 {
        self.turn[slot] * rest + self.shift[slot]
    }

    /// Poses the rig of `body`; what a landmark or a vertex does follows from it.
    pub fn solve(&mut self, body: &Body, map: &RigMap, pose: &RigPose) {
        for s in 0..slot::COUNT {
            self.turn[s] = slot_turn(body, pose, s);
        }
        for s in 0..slot::COUNT {
            let pivot = body.pivots[s];
            let at = if s == slot::PELVIS {
                pose.mid_hip + self.turn[s] * (pivot - body.mid_hip)
            } else {
                self.carry(map.parents[s] as usize, pivot)
            };
            self.shift[s] = at - self.turn[s] * pivot;
        }
    }
}

fn slot_turn(body: &Body, pose: &RigPose, s: usize) -> M3 {
    use Group::*;
    let neck = |share: f32| pose.turn(Neck).towards(pose.turn(Head), share);
    match s {
        slot::PELVIS => return *pose.turn(Pelvis),
        slot::LOWER_LUMBAR => return *pose.turn(LowerLumbar),
        slot::UPPER_LUMBAR => return *pose.turn(UpperLumbar),
        slot::LOWER_THORAX => return *pose.turn(LowerThorax),
        slot::UPPER_THORAX => return *pose.turn(UpperThorax),
        5 => return pose.turn(UpperThorax).towards(pose.turn(Neck), 0.6),
        6 => return neck(0.2),
        7 => return neck(0.6),
        slot::HEAD => return *pose.turn(Head),
        _ => {}
    }
    for (index, side) in [Side::Left, Side::Right].into_iter().enumerate() {
        let limb = |group: Group| {
            let group = group.on(side);
            *pose.turn(group) * body.rest_turns[group as usize]
        };
        if s == slot::lower_forearm(index) {
            return part_twist(&limb(LeftForearm), &limb(LeftHand), body.forearm_axis[index], 0.5);
        }
        if s == slot::upper_arm(index) {
            let (girdle, arm) = (limb(LeftClavicle), limb(LeftUpperArm));
            return untwisted(&girdle, &arm, body.upper_arm_axis[index], 0.3);
        }
        let first_finger = slot::finger(index, 0, 0);
        if (first_finger..first_finger + 15).contains(&s) {
            let (finger, joint) = ((s - first_finger) / 3, (s - first_finger) % 3);
            return limb(LeftHand) * curl(body, index, finger, joint, pose.grip[index]);
        }
        let groups = [
            (slot::clavicle(index), LeftClavicle),
            (slot::lower_upper_arm(index), LeftUpperArm),
            (slot::forearm(index), LeftForearm),
            (slot::hand(index), LeftHand),
            (slot::thigh(index), LeftThigh),
            (slot::shank(index), LeftShank),
            (slot::foot(index), LeftFoot),
            (slot::toes(index), LeftToes),
        ];
        if let Some((_, group)) = groups.iter().find(|(slot, _)| *slot == s) {
            return limb(*group);
        }
    }
    M3::IDENTITY
}

/// How far `turn` twists about `axis`, radians −π..π.
fn twist_of(turn: &M3, axis: V3) -> f32 {
    let q = turn.quaternion();
    let angle = 2.0 * (q[1] * axis.x + q[2] * axis.y + q[3] * axis.z).atan2(q[0]);
    if angle > std::f32::consts::PI {
        angle - std::f32::consts::TAU
    } else if angle < -std::f32::consts::PI {
        angle + std::f32::consts::TAU
    } else {
        angle
    }
}

/// `near`'s turn with a share of the twist that `far` has against it, about `axis` (rest space).
fn part_twist(near: &M3, far: &M3, axis: V3, share: f32) -> M3 {
    *near * M3::about(axis, twist_of(&(near.transposed() * *far), axis) * share)
}

/// `far`'s turn with only a share of its twist against `near`, about `axis` (rest space); the axis goes where it went.
fn untwisted(near: &M3, far: &M3, axis: V3, share: f32) -> M3 {
    *far * M3::about(axis, -twist_of(&(near.transposed() * *far), axis) * (1.0 - share))
}

/// A finger's turn in the rest frame of the hand.
fn curl(body: &Body, side: usize, finger: usize, joint: usize, grip: f32) -> M3 {
    const DEGREES: [[f32; 3]; 2] = [[20.0, 25.0, 35.0], [70.0, 85.0, 45.0]];
    let total: f32 = DEGREES[usize::from(finger > 0)][..=joint].iter().sum();
    M3::about(body.curl_axes[side][finger], (total * grip.clamp(0.0, 1.0)).to_radians())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about_x(deg: f32) -> M3 {
        M3::about(V3::X, deg.to_radians())
    }

    #[test]
    fn groups_pair_up() {
        assert_eq!(Group::LeftThigh.on(Side::Right), Group::RightThigh);
        assert_eq!(Group::RightToes.on(Side::Left), Group::LeftToes);
        assert_eq!(Group::Pelvis.on(Side::Right), Group::Pelvis);
        assert!(Group::ALL.iter().enumerate().all(|(i, g)| *g as usize == i));
    }

    #[test]
    fn taking_a_twist_out_leaves_the_axis_where_it_was() {
        let axis = V3::Z;
        let far = M3::about(V3::X, 0.7) * M3::about(axis, 1.2);
        assert!((twist_of(&far, axis) - 1.2).abs() < 1e-4);
        let calm = untwisted(&M3::IDENTITY, &far, axis, 0.25);
        assert!((calm * axis - far * axis).norm() < 1e-5);
        assert!((twist_of(&calm, axis) - 0.3).abs() < 1e-4);
        let half = part_twist(&M3::IDENTITY, &far, axis, 0.5);
        assert!((twist_of(&half, axis) - 0.6).abs() < 1e-4);
    }

    /// Hand-computed: bowing forward 30° turns about +x; the thigh flexed 90° against the tilted pelvis points −60° …
    #[test]
    fn angles_follow_the_conventions() {
        let mut pose = RigPose::default();
        assert_eq!(RigAngles::of(&pose).array(), [0.0; RigAngles::COUNT]);
        pose.set(Group::Pelvis, about_x(30.0));
        pose.set(Group::LowerThorax, about_x(50.0));
        pose.set(Group::UpperThorax, about_x(55.0));
        pose.set(Group::LeftThigh, about_x(-60.0));
        pose.set(Group::LeftShank, about_x(40.0));
        pose.set(Group::LeftFoot, about_x(20.0));
        let a = RigAngles::of(&pose);
        let near = |x: f32, y: f32| (x - y).abs() < 1e-3;
        assert!(near(a.pelvic_tilt, 30.0) && near(a.lumbar_flexion, 20.0) && near(a.thoracic_flexion, 5.0));
        assert!(near(a.hip_flexion[0], 90.0) && near(a.knee_flexion[0], 100.0) && near(a.ankle_dorsiflexion[0], 20.0));
        assert!(near(a.hip_flexion[1], 30.0), "the right thigh stayed vertical under a tilted pelvis");
    }

    #[test]
    fn turning_the_whole_person_changes_no_joint_angle() {
        let mut pose = RigPose::default();
        pose.set(Group::LeftThigh, about_x(-70.0));
        pose.set(Group::LeftShank, about_x(10.0));
        let (before, after) = (RigAngles::of(&pose), RigAngles::of(&pose.placed(0.8, V3::X)));
        for (a, b) in before.array().iter().zip(after.array()) {
            assert!((a - b).abs() < 1e-3);
        }
    }
}
