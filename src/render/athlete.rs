//! The synthetic athlete of [`crate::synth`], in flesh.
//!
//! Input: synth's body, pose and camera. Output: a [`Person`] whose bones have that body's lengths, its [`RigPose`] and the
//! renderer's [`Camera`]. Synth's world (x forward, y up, z right) becomes the renderer's (x left, y backward, z up); both
//! measure rotations against the same anatomical neutral, so only the axes are renamed. The shoulder girdle, which synth
//! does not move, follows the upper arms.
//!
//! Not handled: breathing.

use super::linear::{M3, V3, v3};
use super::outfit::{Cloth, Outfit, Person};
use super::pack::BodyPack;
use super::rig::{Group, Motion, RigPose};
use super::sampler::shrug;
use super::scene::{Camera, Form, Prop};
use super::shape::{Body, Lengths, Shape};
use super::truth;
use crate::pose::Landmark;
use crate::synth::{self, Segment};
use crate::units::Side;
use nalgebra::{Point3, Rotation3, Vector3};

/// A place of synth's world in the renderer's.
pub fn place(p: Point3<f64>) -> V3 {
    direction(p.coords)
}

/// A direction of synth's world in the renderer's.
pub fn direction(d: Vector3<f64>) -> V3 {
    v3(-d.z as f32, -d.x as f32, d.y as f32)
}

fn turn(r: Rotation3<f64>) -> M3 {
    // The renderer's x, y, z in synth's axes.
    let column = |axis: Vector3<f64>| direction(r * axis);
    M3 { x: column(-Vector3::z()), y: column(-Vector3::x()), z: column(Vector3::y()) }
}

/// The posture for the renderer. `grip`: how closed the hands are, 0..=1, left and right.
pub fn rig_pose(pose: &synth::BodyPose, grip: [f32; 2]) -> RigPose {
    use Group as G;
    use Segment as S;
    let mut rig = RigPose { mid_hip: place(pose.hips), grip, ..RigPose::default() };
    let pairs = [
        (G::Pelvis, S::Pelvis),
        (G::LowerLumbar, S::LowerLumbar),
        (G::UpperLumbar, S::UpperLumbar),
        (G::LowerThorax, S::LowerThorax),
        (G::UpperThorax, S::UpperThorax),
        (G::Neck, S::Neck),
        (G::Head, S::Head),
        (G::LeftUpperArm, S::LeftUpperArm),
        (G::RightUpperArm, S::RightUpperArm),
        (G::LeftForearm, S::LeftForearm),
        (G::RightForearm, S::RightForearm),
        (G::LeftHand, S::LeftHand),
        (G::RightHand, S::RightHand),
        (G::LeftThigh, S::LeftThigh),
        (G::RightThigh, S::RightThigh),
        (G::LeftShank, S::LeftShank),
        (G::RightShank, S::RightShank),
        (G::LeftFoot, S::LeftFoot),
        (G::RightFoot, S::RightFoot),
        (G::LeftToes, S::LeftToes),
        (G::RightToes, S::RightToes),
    ];
    for (group, segment) in pairs {
        rig.set(group, turn(pose.segment(segment)));
    }
    for side in Side::BOTH {
        let girdle = shrug(rig.turn(G::UpperThorax), rig.turn(G::LeftUpperArm.on(side)), side);
        rig.set(G::LeftClavicle.on(side), girdle);
    }
    rig
}

/// A person with that body's bones; build follows its girth. `gender` 0 male ..= 1 female.
pub fn person(pack: &BodyPack, body: &synth::Body, gender: f32, outfit: Outfit) -> Person {
    let girth = body.girth as f32;
    let weight = if girth < 1.0 { 0.5 - (1.0 - girth) * 1.3 } else { 0.5 + (girth - 1.0) * 0.75 };
    let shape = Shape {
        gender,
        age: if body.kyphosis_deg > 5.0 { 0.8 } else { 0.15 },
        weight: weight.clamp(0.1, 0.95),
        muscle: if girth < 0.9 { 0.45 } else { 0.55 },
        locals: if girth > 1.3 { vec![("belly", 0.3)] } else { Vec::new() },
        ..Shape::default()
    };
    let lengths = Lengths {
        shank: body.shank as f32,
        thigh: body.thigh as f32,
        trunk: body.trunk as f32,
        upper_arm: body.upper_arm as f32,
        forearm: body.forearm as f32,
        ankle: body.ankle_height as f32,
        hip_half: body.hip_half as f32,
        shoulder_half: body.shoulder_half as f32,
    };
    Person::dressed(pack, Body::fitted(pack, &shape, &lengths), outfit)
}

/// The same camera for the renderer.
pub fn camera(camera: &synth::Camera) -> Camera {
    let [right, up, ahead] = camera.axes().map(direction);
    let roll = M3::about(ahead, camera.roll_deg.to_radians() as f32);
    let axis = camera.position() + camera.axes()[2];
    let centre = camera.project(axis);
    Camera {
        at: place(camera.position()),
        right: roll * right,
        down: roll * -up,
        ahead,
        focal: camera.focal_px() as f32,
        centre: [centre.x as f32, centre.y as f32],
        width: camera.width as usize,
        height: camera.height as usize,
    }
}

/// A dowel as it lies on the flesh.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DowelOnBack {
    /// Lower and upper end of the edge that lies against the back.
    pub edge: [V3; 2],
    /// Away from the back, unit.
    pub outward: V3,
}

/// Radius of the dowel, metres.
const DOWEL_RADIUS: f32 = 0.0125;

impl DowelOnBack {
    pub fn prop(&self, cloth: Cloth) -> Prop {
        let axis = self.edge.map(|p| p + self.outward * DOWEL_RADIUS);
        Prop::rod(axis[0], axis[1], DOWEL_RADIUS, cloth)
    }
}

/// Moves synth's dowel (`ends` of its edge, lower first) as far as the flesh at head, upper back and sacrum lies off the
/// stick figure's skin, so that a dowel that touches one touches the other; where the three disagree, it stays outside.
pub fn dowel_on_back(
    pack: &BodyPack,
    person: &Person,
    pose: &RigPose,
    figure: &synth::BodyPose,
    ends: [Point3<f64>; 2],
) -> DowelOnBack {
    let mut motion = Motion::default();
    motion.solve(&person.body, &pack.rig, pose);
    let flesh = truth::landmarks(pack, person, &motion);
    let [low, high] = ends.map(place);
    let along = (high - low).unit();
    let back = *pose.turn(Group::LowerThorax) * V3::Y;
    let outward = (back - along * along.dot(back)).unit();
    // How far the flesh lies outside the figure's skin, by the place along the dowel.
    let at = |landmarks: &[Landmark]| {
        let share = 1.0 / landmarks.len() as f32;
        let (mut there, mut off) = (V3::ZERO, V3::ZERO);
        for &l in landmarks {
            there += flesh[l] * share;
            off += (flesh[l] - place(figure.landmarks[l])) * share;
        }
        ((there - low).dot(along), off.dot(outward))
    };
    let points = [at(&[Landmark::S2]), at(&[Landmark::T4, Landmark::T8]), at(&[Landmark::Occiput])];
    let mean = |of: fn(&(f32, f32)) -> f32| points.iter().map(of).sum::<f32>() / points.len() as f32;
    let (mid, level) = (mean(|p| p.0), mean(|p| p.1));
    let spread: f32 = points.iter().map(|p| (p.0 - mid).powi(2)).sum();
    let slope = points.iter().map(|p| (p.0 - mid) * (p.1 - level)).sum::<f32>() / spread.max(1e-6);
    let line = |s: f32| level + slope * (s - mid);
    let lift = points.iter().map(|p| p.1 - line(p.0)).fold(0.0, f32::max);
    let moved = |end: V3| end + outward * (line((end - low).dot(along)) + lift);
    DowelOnBack { edge: [moved(low), moved(high)], outward }
}

/// The dowel between its two ends.
pub fn dowel(ends: [Point3<f64>; 2], cloth: Cloth) -> Prop {
    Prop::rod(place(ends[0]), place(ends[1]), 0.0125, cloth)
}

/// A belt around the sole of `side`'s foot, one end in each hand.
pub fn belt(pack: &BodyPack, person: &Person, pose: &RigPose, side: Side, cloth: Cloth) -> [Prop; 2] {
    const HALF_WIDTH: f32 = 0.018;
    const HALF_THICKNESS: f32 = 0.0015;
    let mut motion = Motion::default();
    motion.solve(&person.body, &pack.rig, pose);
    let flesh = truth::landmarks(pack, person, &motion);
    let of = |left: Landmark| flesh[if side == Side::Left { left } else { left.mirrored() }];
    let (heel, toes) = (of(Landmark::LeftHeel), (of(Landmark::LeftBigToe) + of(Landmark::LeftSmallToe)) * 0.5);
    let sole = heel.lerp(toes, 0.7) - *pose.turn(Group::LeftFoot.on(side)) * V3::Z * 0.01;
    let across = *pose.turn(Group::Pelvis) * V3::X;
    [(Landmark::LeftWrist, Side::Left), (Landmark::RightWrist, Side::Right)].map(|(wrist, hand)| {
        // The fist hangs beyond the wrist, along the hand.
        let fist = flesh[wrist] - *pose.turn(Group::LeftHand.on(hand)) * V3::Z * 0.08;
        // Laid across the sole, it comes down with its flat sides to the left and right.
        let frame = M3::frame(sole - fist, across);
        let turn = M3 { x: -frame.z, y: frame.y, z: frame.x };
        let half = v3(HALF_WIDTH, HALF_THICKNESS, (sole - fist).norm() * 0.5);
        Prop { form: Form::Box, at: (fist + sole) * 0.5, turn, half, cloth }
    })
}

#[cfg(test)]
mod tests {
    use super::super::rig::RigAngles;
    use super::super::testing;
    use super::*;
    use crate::synth::skeleton::{Ball, Dofs, Spine};

    fn bent() -> Dofs {
        Dofs {
            tilt: 30.0,
            spine: Spine { flexion: 20.0, thoracic: 6.0, ..Spine::default() },
            hips: [Ball { flexion: 80.0, ..Ball::default() }, Ball { flexion: 60.0, abduction: 12.0, rotation: 0.0 }],
            knees: [70.0, 40.0],
            ankles: [15.0, 5.0],
            shoulders: [Ball { flexion: 90.0, ..Ball::default() }; 2],
            elbows: [30.0, 50.0],
            ..Dofs::default()
        }
    }

    #[test]
    fn synth_and_rig_name_the_same_angles() {
        let body = synth::Body::average();
        let dofs = bent();
        let pose = synth::BodyPose::new(&body, &dofs.posture(&body, Point3::new(0.2, 0.8, -0.1)));
        let a = RigAngles::of(&rig_pose(&pose, [0.2; 2]));
        let near = |x: f32, y: f32| assert!((x - y).abs() < 0.05, "{x} for {y}");
        near(a.pelvic_tilt, 30.0);
        near(a.lumbar_flexion, 20.0);
        near(a.thoracic_flexion, 6.0);
        near(a.hip_flexion[0], 80.0);
        near(a.hip_abduction[1], 12.0);
        near(a.knee_flexion[0], 70.0);
        near(a.knee_flexion[1], 40.0);
        near(a.ankle_dorsiflexion[0], 15.0);
        near(a.shoulder_flexion[1], 90.0);
        near(a.elbow_flexion[0], 30.0);
    }

    #[test]
    fn a_belt_turns_its_flat_side_to_a_camera_beside_the_body() {
        let Some(pack) = testing::pack() else { return };
        for id in ["HS-slr60", "HS-slr70", "HS-slr80"] {
            let clip = synth::by_id(id).expect("a clip of this id");
            let body = synth::Body::heavy();
            let person = person(pack, &body, 0.5, Outfit::default());
            let frame = clip.frame_at(&body, &clip.camera, crate::units::Timestamp::ZERO, 20.0);
            let pose = rig_pose(&frame.pose, [0.9; 2]);
            for strap in belt(pack, &person, &pose, Side::Right, Cloth::plain(V3::ZERO)) {
                assert!((strap.turn * V3::Y).x.abs() > 0.9, "{id}: {:?}", strap.turn);
                assert!(strap.turn.x.cross(strap.turn.y).dot(strap.turn.z) > 0.99, "{id}: mirrored");
            }
        }
    }

    #[test]
    fn both_cameras_see_a_point_at_the_same_pixel() {
        let base = synth::Camera::standing(synth::camera::Stand::Right);
        for (yaw, pitch, roll) in [(0.0, 0.0, 0.0), (20.0, 8.0, 0.0), (-75.0, 3.0, 7.0), (160.0, -4.0, -12.0)] {
            let synth_camera = synth::Camera { yaw_deg: yaw, pitch_deg: pitch, roll_deg: roll, ..base };
            let ours = camera(&synth_camera);
            for p in [Point3::new(0.1, 0.3, 0.2), Point3::new(-0.4, 1.5, -0.3)] {
                let (theirs, seen) = (synth_camera.project(p), ours.project(place(p)));
                assert!((theirs.x - f64::from(seen.x)).hypot(theirs.y - f64::from(seen.y)) < 0.05, "{theirs} {seen:?}");
            }
        }
    }

    #[test]
    fn the_joints_of_the_flesh_are_those_of_the_stick_figure() {
        let Some(pack) = testing::pack() else { return };
        for body in [synth::Body::average(), synth::Body::heavy(), synth::Body::long_femur()] {
            let flesh = person(pack, &body, 0.2, Outfit::default());
            let pose = synth::BodyPose::new(&body, &bent().posture(&body, Point3::new(0.0, 0.8, 0.0)));
            let mut motion = Motion::default();
            motion.solve(&flesh.body, &pack.rig, &rig_pose(&pose, [0.2; 2]));
            let points = truth::landmarks(pack, &flesh, &motion);
            use Landmark::*;
            for l in [LeftHip, RightHip, LeftKnee, RightKnee, LeftAnkle, RightAnkle] {
                let apart = (points[l] - place(pose.landmarks[l])).norm();
                assert!(apart < 0.012, "{} {l:?} is {apart} m off", body.name);
            }
            for l in [LeftElbow, RightElbow, LeftWrist, RightWrist, C7, L1, S2, LeftHeel, RightBigToe] {
                let apart = (points[l] - place(pose.landmarks[l])).norm();
                assert!(apart < 0.10, "{} {l:?} is {apart} m off", body.name);
            }
        }
    }
}
