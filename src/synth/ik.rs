//! Inverse kinematics: keeps feet, hands, knees and back where they belong.
//!
//! Limbs are two bones with a hinge; the place of the middle joint on its circle is chosen by a direction or by a
//! sideways position. A target out of reach is approached as far as the bones allow.

use super::body::Body;
use super::skeleton::{Arm, Leg, rot_z};
use crate::units::Side;
use nalgebra::{Point3, Rotation3, Vector3};

/// The middle joint of two bones `upper`, `lower` (m) from `root` to `end`, bulging `toward`.
pub(super) fn two_bones(
    root: Point3<f64>,
    end: Point3<f64>,
    upper: f64,
    lower: f64,
    toward: Vector3<f64>,
) -> Point3<f64> {
    let span = end - root;
    let reach = span.norm().clamp((upper - lower).abs().max(1e-6), upper + lower);
    let along = span.try_normalize(1e-9).unwrap_or(-Vector3::y());
    let foot = (upper * upper - lower * lower + reach * reach) / (2.0 * reach);
    let height = (upper * upper - foot * foot).max(0.0).sqrt();
    let out = (toward - along * along.dot(&toward)).try_normalize(1e-9).unwrap_or_else(Vector3::x);
    root + along * foot + out * height
}

/// The knee between `hip` and `ankle` whose sideways place is `z`, on the front (greater x) of the two.
/// `None` when the bones cannot reach.
pub(super) fn knee_at_z(hip: Point3<f64>, ankle: Point3<f64>, body: &Body, z: f64) -> Option<Point3<f64>> {
    let in_plane = |length: f64, dz: f64| (length * length - dz * dz).max(0.0).sqrt();
    let (thigh, shank) = (in_plane(body.thigh, z - hip.z), in_plane(body.shank, z - ankle.z));
    let (dx, dy) = (ankle.x - hip.x, ankle.y - hip.y);
    let reach = dx.hypot(dy);
    if reach < 1e-9 || reach > thigh + shank || reach < (thigh - shank).abs() {
        return None;
    }
    let along = (thigh * thigh - shank * shank + reach * reach) / (2.0 * reach);
    let height = (thigh * thigh - along * along).max(0.0).sqrt();
    let (ux, uy) = (dx / reach, dy / reach);
    // (−uy, ux) is the direction of `along` turned by 90°: forward when the ankle is below the hip.
    Some(Point3::new(hip.x + ux * along - uy * height, hip.y + uy * along + ux * height, z))
}

/// The rotation whose y axis points along `up` and whose z axis is as near to `right` as can be.
pub(super) fn frame(up: Vector3<f64>, right: Vector3<f64>) -> Rotation3<f64> {
    let y = up.try_normalize(1e-9).unwrap_or_else(Vector3::y);
    let flat = right - y * y.dot(&right);
    let z = flat.try_normalize(1e-9).unwrap_or_else(|| {
        let other = if y.z.abs() < 0.9 { Vector3::z() } else { Vector3::x() };
        (other - y * y.dot(&other)).normalize()
    });
    Rotation3::from_basis_unchecked(&[y.cross(&z), y, z])
}

/// Thigh and shank through these joints; `right` tells which way the knee's axis points while the leg is straight.
pub(super) fn leg_through(
    hip: Point3<f64>,
    knee: Point3<f64>,
    ankle: Point3<f64>,
    right: Vector3<f64>,
) -> (Rotation3<f64>, Rotation3<f64>) {
    let (thigh, shank) = ((hip - knee).normalize(), (knee - ankle).normalize());
    // The hinge axis is well defined only while the knee bends; the small constant part takes over when it is straight.
    let hinge = shank.cross(&thigh) + right * 0.02;
    (frame(thigh, hinge), frame(shank, hinge))
}

/// A leg from `hip` to a foot that stands fixed: `ankle` and the foot's orientation are given.
pub(super) fn standing_leg(
    hip: Point3<f64>,
    knee: Point3<f64>,
    ankle: Point3<f64>,
    foot: Rotation3<f64>,
    toes: Rotation3<f64>,
) -> Leg {
    let (thigh, shank) = leg_through(hip, knee, ankle, toes * Vector3::z());
    Leg { thigh, shank, foot, toes }
}

/// A straight or bent leg by its segments' turns about z, degrees: `thigh` from hanging, + forward; `knee` flexion;
/// `ankle` dorsiflexion.
pub(super) fn sagittal_leg(thigh: f64, knee: f64, ankle: f64) -> Leg {
    let foot = rot_z(thigh - knee + ankle);
    Leg { thigh: rot_z(thigh), shank: rot_z(thigh - knee), foot, toes: foot }
}

/// Plantar flexion, degrees 0..=85, that brings the tip of the big toe to height `y` under an ankle at `ankle`.
pub(super) fn plantarflexion_to_height(body: &Body, ankle: Point3<f64>, shank: Rotation3<f64>, y: f64) -> f64 {
    let toe_y = |flexion: f64| {
        let toe = shank * rot_z(-flexion) * Vector3::new(body.toe_front, -body.ankle_over_sole(), 0.0);
        ankle.y + toe.y
    };
    // The toe sinks under a raised foot and rises behind a kneeling one.
    let sinks = toe_y(85.0) < toe_y(0.0);
    let (mut low, mut high) = (0.0, 85.0);
    for _ in 0..40 {
        let middle = 0.5 * (low + high);
        if (toe_y(middle) > y) == sinks {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

/// An arm from `shoulder` to a wrist at `wrist`, its elbow bulging `toward`; the hand goes on along the forearm.
pub(super) fn arm_to(
    body: &Body,
    shoulder: Point3<f64>,
    wrist: Point3<f64>,
    toward: Vector3<f64>,
    right: Vector3<f64>,
) -> Arm {
    let elbow = two_bones(shoulder, wrist, body.upper_arm, body.forearm, toward);
    let upper = (elbow - shoulder).normalize();
    let fore = (wrist - elbow).try_normalize(1e-9).unwrap_or(upper);
    let hinge = upper.cross(&fore) + right * 0.02;
    let forearm = frame(-fore, hinge);
    Arm { upper: frame(-upper, hinge), forearm, hand: forearm }
}

/// A straight arm pointing along `direction`.
pub(super) fn straight_arm(direction: Vector3<f64>, right: Vector3<f64>) -> Arm {
    let rotation = frame(-direction, right);
    Arm { upper: rotation, forearm: rotation, hand: rotation }
}

/// A hand flat on the floor, fingers along `fingers` (horizontal).
pub(super) fn flat_hand(side: Side, fingers: Vector3<f64>) -> Rotation3<f64> {
    // In rest the fingers point down and the right palm faces the athlete's left, the left palm the right.
    let up = if side == Side::Right { Vector3::y() } else { -Vector3::y() };
    frame(-fingers, up)
}
