//! A dowel along the back of a training picture's person, and both hands on it.
//!
//! Input: the flesh's landmarks (world of the renderer, metres). Output: where the dowel lies, and arms turned so that they
//! hold it: one hand behind the head or neck, the other behind the low back, as the hip hinge is taught.
//!
//! Not handled: arms that meet the trunk. Hands that cannot reach stay as near as they come.

use super::linear::{M3, Rng, V3};
use super::outfit::{Cloth, Person};
use super::pack::BodyPack;
use super::rig::{Group, Motion, RigPose};
use super::sampler::shrug;
use super::scene::Prop;
use super::truth;
use crate::pose::{Landmark, Landmarks};
use crate::units::Side;

const RADIUS: f32 = 0.0125;

/// The line of a dowel's axis along the back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BackLine {
    /// Beside the sacrum.
    pub sacrum: V3,
    /// Towards the head, unit.
    pub along: V3,
    /// Away from the back, unit.
    pub outward: V3,
    /// From the sacrum to beside T4, metres.
    pub length: f32,
}

impl BackLine {
    /// Along sacrum and upper back, or on what bulges out between them.
    pub fn on(points: &Landmarks<V3>) -> BackLine {
        use Landmark::*;
        let (low, high) = (points[S2], points[T4]);
        let along = (high - low).unit();
        let across = points[LeftHip] - points[RightHip];
        let side = along.cross(across).unit();
        let outward = if side.dot(points[Xiphoid] - low) > 0.0 { -side } else { side };
        let bulge = [S1, L3, L1, T8].map(|l| (points[l] - low).dot(outward)).into_iter().fold(0.0, f32::max);
        let sacrum = low + outward * (bulge + RADIUS + 0.002);
        BackLine { sacrum, along, outward, length: (high - low).norm() }
    }

    pub fn at(&self, share: f32) -> V3 {
        self.sacrum + self.along * (share * self.length)
    }

    /// The dowel, from below the sacrum to past the head.
    pub fn dowel(&self, cloth: Cloth) -> Prop {
        Prop::rod(self.sacrum - self.along * 0.18, self.at(1.0) + self.along * 0.36, RADIUS, cloth)
    }
}

/// Puts both hands on the dowel, one above the other. `motion` is that of `pose`, before and after.
pub fn dowel_in_hands(
    pack: &BodyPack,
    person: &Person,
    pose: &mut RigPose,
    motion: &mut Motion,
    rng: &mut Rng,
) -> BackLine {
    let points = truth::landmarks(pack, person, motion);
    let line = BackLine::on(&points);
    let pelvis = *pose.turn(Group::Pelvis);
    if rng.chance(0.8) {
        // The head comes to the dowel by the neck.
        let off = (points[Landmark::Occiput] - line.sacrum).dot(line.outward) + RADIUS;
        let bow = (off / (points[Landmark::Occiput] - points[Landmark::C7]).norm()).clamp(-0.6, 0.6).asin();
        for (group, share) in [(Group::Neck, 0.5), (Group::Head, 1.0)] {
            pose.set(group, M3::about(pelvis.x, bow * share) * *pose.turn(group));
        }
    }
    let up = if rng.chance(0.5) { Side::Left } else { Side::Right };
    for side in Side::BOTH {
        let out = pelvis.x * if side == Side::Left { 1.0 } else { -1.0 };
        let (share, bulging) = if side == up {
            // The elbow beside the head.
            (rng.range(1.0, 1.6), line.along * rng.range(0.7, 1.3) + out * rng.range(0.4, 1.2) - line.outward * 0.2)
        } else {
            // The elbow behind the back or beside it.
            (rng.range(0.15, 0.75), out * rng.range(0.6, 1.2) + line.outward * rng.range(0.1, 0.8) - line.along * 0.3)
        };
        // The wrist lies beside the dowel that the fist holds.
        let wrist = line.at(share) + line.outward * rng.range(-0.03, 0.05) + out * rng.range(0.0, 0.07);
        reach(pack, person, pose, motion, side, wrist, bulging);
    }
    pose.grip = [rng.range(0.7, 1.0), rng.range(0.7, 1.0)];
    motion.solve(&person.body, &pack.rig, pose);
    line
}

/// Turns an arm so that its wrist comes to `wrist`, the elbow bulging `toward`; the hand goes on along the forearm.
fn reach(pack: &BodyPack, person: &Person, pose: &mut RigPose, motion: &mut Motion, side: Side, wrist: V3, toward: V3) {
    use Landmark::*;
    let of = |left: Landmark| if side == Side::Left { left } else { left.mirrored() };
    // The shoulder girdle follows the arm and moves the shoulder: a second time from where it came to lie.
    for _ in 0..2 {
        let points = truth::landmarks(pack, person, motion);
        let (shoulder, elbow) = (points[of(LeftShoulder)], points[of(LeftElbow)]);
        let (upper, fore) = ((elbow - shoulder).norm(), (points[of(LeftWrist)] - elbow).norm());
        let straight = (wrist - shoulder).unit();
        let far = (wrist - shoulder).norm().clamp((upper - fore).abs() + 0.01, upper + fore - 0.005);
        let along = (upper * upper - fore * fore + far * far) / (2.0 * far);
        let off = (upper * upper - along * along).max(0.0).sqrt();
        let bulge = (toward - straight * straight.dot(toward)).unit();
        let to_elbow = straight * along + bulge * off;
        let to_wrist = straight * far - to_elbow;
        let hinge = to_wrist.cross(to_elbow);
        let bone = |direction: V3| {
            let frame = M3::frame(-direction, hinge);
            M3 { x: frame.y, y: frame.z, z: frame.x }
        };
        let (arm, forearm) = (bone(to_elbow), bone(to_wrist));
        pose.set(Group::LeftClavicle.on(side), shrug(pose.turn(Group::UpperThorax), &arm, side));
        pose.set(Group::LeftUpperArm.on(side), arm);
        pose.set(Group::LeftForearm.on(side), forearm);
        pose.set(Group::LeftHand.on(side), forearm);
        motion.solve(&person.body, &pack.rig, pose);
    }
}

#[cfg(test)]
mod tests {
    use super::super::outfit::Outfit;
    use super::super::sampler::{self, Family};
    use super::super::shape::Shape;
    use super::super::testing;
    use super::*;

    #[test]
    fn a_dowel_lies_behind_the_back_and_in_both_hands() {
        let Some(pack) = testing::pack() else { return };
        let person = Person::new(pack, &Shape::default(), Outfit::default());
        let mut motion = Motion::default();
        for seed in 0..30 {
            let mut rng = Rng::new(seed);
            let mut pose = sampler::of(Family::Hinge, &mut rng, 0.5).pose();
            motion.solve(&person.body, &pack.rig, &pose);
            let line = dowel_in_hands(pack, &person, &mut pose, &mut motion, &mut rng);
            let points = truth::landmarks(pack, &person, &motion);
            for l in [Landmark::S2, Landmark::L3, Landmark::T8] {
                assert!((points[l] - line.sacrum).dot(line.outward) < 0.0, "{l:?} sticks out of the dowel");
            }
            for l in [Landmark::LeftWrist, Landmark::RightWrist] {
                let off = points[l] - line.sacrum;
                let aside = (off - line.along * off.dot(line.along)).norm();
                assert!(aside < 0.13, "seed {seed}: {l:?} is {aside} m from the dowel");
            }
            for turn in &pose.turns {
                assert!(turn.x.cross(turn.y).dot(turn.z) > 0.999, "a mirrored part");
            }
        }
    }
}
