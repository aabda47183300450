//! Random postures for training pictures: the seven exercises, good and faulty alike, and what people do besides.
//!
//! Input: a random source. Output: a [`RigPose`] facing −y whose feet, knees, back … rest on the floor once [`settle`] has
//! placed it on a body. Lumbar flexion is drawn independently of how deep or how far bent the posture is, so that nothing
//! can be inferred from the pose instead of the back. Exact motions with known verdicts are `synth`'s business, not this one's.

use super::linear::{M3, Rng, V3};
use super::outfit::Person;
use super::pack::BodyPack;
use super::rig::{Group, Motion, RigPose};
use crate::units::Side;

/// What kind of posture was drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Family {
    Stand,
    Squat,
    Hinge,
    HalfKneel,
    BirdDog,
    DeadBug,
    SidePlank,
    LegRaise,
    ForwardBend,
    Plank,
    Bridge,
    Sit,
    Walk,
    /// Standing, one heel on something ahead.
    HeelUp,
}

impl Family {
    pub const ALL: [Family; 14] = [
        Family::Stand,
        Family::Squat,
        Family::Hinge,
        Family::HalfKneel,
        Family::BirdDog,
        Family::DeadBug,
        Family::SidePlank,
        Family::LegRaise,
        Family::ForwardBend,
        Family::Plank,
        Family::Bridge,
        Family::Sit,
        Family::Walk,
        Family::HeelUp,
    ];

    /// How often each is drawn: the exercises most, and among them those with limbs that hide one another.
    const WEIGHTS: [f32; 14] = [8.0, 15.0, 26.0, 10.0, 50.0, 13.0, 12.0, 9.0, 4.0, 4.0, 3.0, 3.0, 3.0, 20.0];

    fn draw(rng: &mut Rng) -> Family {
        let mut at = rng.unit() * Family::WEIGHTS.iter().sum::<f32>();
        for (family, weight) in Family::ALL.into_iter().zip(Family::WEIGHTS) {
            at -= weight;
            if at < 0.0 {
                return family;
            }
        }
        Family::Walk
    }
}

/// A ball joint, degrees: flexion, abduction, outward rotation.
type Ball = [f32; 3];

/// Joint angles, degrees, neutral standing = 0; pairs are left, right.
#[derive(Clone, Copy, Debug, Default)]
pub struct Angles {
    /// Leans the whole person before the pelvic tilt: 90 face down, −90 face up.
    pub pitch: f32,
    /// Then onto a side: + right side up.
    pub roll: f32,
    pub pelvic_tilt: f32,
    /// + turned to the left.
    pub pelvic_turn: f32,
    /// + left side higher.
    pub pelvic_drop: f32,
    pub lumbar: f32,
    pub thoracic: f32,
    /// Sideways bend of the spine, + towards the left.
    pub side_bend: f32,
    pub twist: f32,
    pub neck: f32,
    pub hips: [Ball; 2],
    pub knees: [f32; 2],
    /// Dorsiflexion; used where `flat_feet` is not.
    pub ankles: [f32; 2],
    /// Bent towards the back of the foot; likewise.
    pub toes: [f32; 2],
    /// Feet stand level on the floor, whatever the shank does.
    pub flat_feet: [bool; 2],
    /// With level feet: heel lift (toes stay down).
    pub heel_lift: [f32; 2],
    pub shoulders: [Ball; 2],
    pub elbows: [f32; 2],
    /// Turn of the hand about the forearm, + palm backwards (pronation).
    pub pronation: [f32; 2],
    /// + fingers towards the back of the hand.
    pub wrists: [f32; 2],
    pub grip: [f32; 2],
}

fn about(axis: V3, deg: f32) -> M3 {
    M3::about(axis, deg.to_radians())
}

/// Bows forward.
fn flex(deg: f32) -> M3 {
    about(V3::X, deg)
}

fn ball([flexion, abduction, rotation]: Ball, side: Side) -> M3 {
    let out = if side == Side::Left { 1.0 } else { -1.0 };
    flex(-flexion) * about(V3::Y, -abduction * out) * about(V3::Z, rotation * out)
}

impl Angles {
    /// The posture, hips one metre up.
    pub fn pose(&self) -> RigPose {
        use Group::*;
        let mut pose = RigPose { grip: self.grip, ..RigPose::default() };
        let lie = about(V3::Y, self.roll) * flex(self.pitch);
        let pelvis = lie * about(V3::Z, self.pelvic_turn) * about(V3::Y, -self.pelvic_drop) * flex(self.pelvic_tilt);
        pose.set(Pelvis, pelvis);
        let spine = |share: f32| {
            about(V3::Z, self.twist * share) * about(V3::Y, self.side_bend * share) * flex(self.lumbar * share)
        };
        pose.set(LowerLumbar, pelvis * spine(0.45));
        pose.set(UpperLumbar, pelvis * spine(0.75));
        let lower_thorax = pelvis * spine(1.0);
        pose.set(LowerThorax, lower_thorax);
        let thorax = lower_thorax * flex(self.thoracic);
        pose.set(UpperThorax, thorax);
        pose.set(Neck, thorax * flex(self.neck * 0.5));
        pose.set(Head, thorax * flex(self.neck));
        for (i, side) in Side::BOTH.into_iter().enumerate() {
            let upper = thorax * ball(self.shoulders[i], side);
            pose.set(LeftClavicle.on(side), shrug(&thorax, &upper, side));
            pose.set(LeftUpperArm.on(side), upper);
            let forearm = upper * flex(-self.elbows[i]);
            pose.set(LeftForearm.on(side), forearm);
            let out = if side == Side::Left { 1.0 } else { -1.0 };
            let hand = forearm * about(V3::Z, self.pronation[i] * -out) * about(V3::Y, self.wrists[i] * -out);
            pose.set(LeftHand.on(side), hand);
            let thigh = pelvis * ball(self.hips[i], side);
            let shank = thigh * flex(self.knees[i]);
            pose.set(LeftThigh.on(side), thigh);
            pose.set(LeftShank.on(side), shank);
            let (foot, toes) = if self.flat_feet[i] {
                level(&shank, self.heel_lift[i])
            } else {
                let foot = shank * flex(-self.ankles[i]);
                (foot, foot * flex(-self.toes[i]))
            };
            pose.set(LeftFoot.on(side), foot);
            pose.set(LeftToes.on(side), toes);
        }
        pose
    }
}

/// The shoulder girdle follows a raised arm by about a third of what exceeds 30 degrees.
pub fn shrug(thorax: &M3, upper_arm: &M3, side: Side) -> M3 {
    let down = thorax.transposed() * (*upper_arm * -V3::Z);
    let raised = (-down.z).clamp(-1.0, 1.0).acos().to_degrees();
    let lift = ((raised - 30.0) * 0.25).clamp(0.0, 35.0);
    let out = if side == Side::Left { 1.0 } else { -1.0 };
    let forward = (-down.y).clamp(-1.0, 1.0) * 12.0 * (raised / 90.0).min(1.0);
    *thorax * about(V3::Y, -lift * out) * about(V3::Z, -forward * out)
}

/// A foot flat on the floor under this shank, its heel lifted; foot and toes.
fn level(shank: &M3, heel_lift: f32) -> (M3, M3) {
    let mut forward = *shank * -V3::Y;
    if forward.z.abs() > 0.95 {
        forward = *shank * V3::Z;
    }
    forward.z = 0.0;
    let forward = forward.unit();
    let flat = M3 { x: V3::Z.cross(forward), y: -forward, z: V3::Z };
    (flat * flex(heel_lift), flat)
}

/// Draws a posture. `level` 0..=1 widens everything.
pub fn draw(rng: &mut Rng, level: f32) -> (Family, Angles) {
    let family = Family::draw(rng);
    (family, of(family, rng, level))
}

/// A random posture of one family.
pub fn of(family: Family, rng: &mut Rng, level: f32) -> Angles {
    let spread = 0.6 + 0.6 * level;
    let mut a = Angles { grip: [rng.range(0.1, 0.5), rng.range(0.1, 0.5)], ..Angles::default() };
    // The back by itself: neutral, round or arched, as common as each other.
    a.lumbar = match rng.below(3) {
        0 => rng.bell(0.0, 4.0),
        1 => rng.range(-25.0, 5.0),
        _ => rng.range(0.0, 45.0),
    };
    a.thoracic = rng.bell(0.0, 7.0 * spread);
    a.side_bend = rng.bell(0.0, 2.5 * spread);
    a.twist = rng.bell(0.0, 3.0 * spread);
    a.neck = rng.bell(0.0, 10.0 * spread);
    match family {
        Family::Stand | Family::Walk => upright(&mut a, family, rng, spread),
        Family::Squat => squat(&mut a, rng, spread),
        Family::Hinge | Family::ForwardBend => hinge(&mut a, family, rng, spread),
        Family::HalfKneel => half_kneel(&mut a, rng, spread),
        Family::BirdDog => bird_dog(&mut a, rng, spread),
        Family::DeadBug | Family::LegRaise | Family::Bridge => supine(&mut a, family, rng, spread),
        Family::SidePlank => side_plank(&mut a, rng, spread),
        Family::Plank => plank(&mut a, rng, spread),
        Family::Sit => sit(&mut a, rng, spread),
        Family::HeelUp => heel_up(&mut a, rng, spread),
    }
    for i in 0..2 {
        for joint in [&mut a.hips[i], &mut a.shoulders[i]] {
            for angle in joint.iter_mut() {
                *angle += rng.bell(0.0, 2.5 * spread);
            }
        }
        a.elbows[i] = (a.elbows[i] + rng.bell(0.0, 4.0 * spread)).max(0.0);
        a.knees[i] = a.knees[i].max(0.0);
        a.pronation[i] += rng.bell(0.0, 12.0);
    }
    a
}

fn arms(a: &mut Angles, rng: &mut Rng) {
    let both = |s: Ball| [s; 2];
    match rng.below(7) {
        0 => {
            (a.shoulders, a.elbows) =
                (both([rng.range(60.0, 100.0), rng.range(-8.0, 10.0), 0.0]), [rng.range(0.0, 20.0); 2])
        }
        1 => (a.shoulders, a.elbows) = (both([35.0, 5.0, -45.0]), [rng.range(100.0, 125.0); 2]),
        2 => {
            // Hands on the hips.
            (a.shoulders, a.elbows) = (both([-15.0, 40.0, -30.0]), [95.0; 2]);
        }
        3 => (a.shoulders, a.elbows) = (both([rng.range(40.0, 70.0), 5.0, -10.0]), [rng.range(110.0, 140.0); 2]),
        4 => (a.shoulders, a.elbows) = (both([rng.range(130.0, 175.0), 10.0, 0.0]), [rng.range(0.0, 30.0); 2]),
        _ => {
            (a.shoulders, a.elbows) = (both([rng.bell(5.0, 8.0), rng.range(3.0, 12.0), 0.0]), [rng.range(5.0, 25.0); 2])
        }
    }
}

fn feet_down(a: &mut Angles) {
    a.flat_feet = [true; 2];
}

fn upright(a: &mut Angles, family: Family, rng: &mut Rng, spread: f32) {
    a.lumbar *= 0.7;
    a.pelvic_tilt = rng.bell(0.0, 5.0 * spread) - a.lumbar * rng.range(0.0, 0.8);
    let open = rng.range(2.0, 12.0);
    let out = rng.range(0.0, 20.0);
    a.hips = [[a.pelvic_tilt, open, out]; 2];
    feet_down(a);
    if family == Family::Walk {
        let stride = rng.range(10.0, 30.0);
        let sign = if rng.chance(0.5) { 1.0 } else { -1.0 };
        a.hips = [[sign * stride, 1.0, 5.0], [-sign * stride, 1.0, 5.0]];
        a.knees = [rng.range(5.0, 40.0), rng.range(5.0, 40.0)];
        a.shoulders = [[-sign * 25.0, 6.0, 0.0], [sign * 25.0, 6.0, 0.0]];
        a.elbows = [rng.range(10.0, 80.0); 2];
    } else {
        a.knees = [rng.range(0.0, 8.0); 2];
        arms(a, rng);
    }
}

fn squat(a: &mut Angles, rng: &mut Rng, spread: f32) {
    let depth = rng.unit();
    let knee = 130.0 * depth;
    // Shank forward, then the thigh back; the trunk balances it.
    let shank = 32.0 * depth + rng.bell(0.0, 4.0 * spread);
    let thigh_back = knee - shank;
    a.pelvic_tilt = 38.0 * depth + rng.bell(0.0, 8.0 * spread) - 0.6 * a.lumbar;
    let (open, out) = (rng.range(3.0, 22.0), rng.range(0.0, 25.0));
    let collapse = if rng.chance(0.3) { rng.range(0.0, 15.0) * depth } else { 0.0 };
    a.hips = [[thigh_back + a.pelvic_tilt, open - collapse, out - collapse]; 2];
    a.knees = [knee; 2];
    a.neck -= 15.0 * depth;
    feet_down(a);
    if rng.chance(0.2) {
        a.heel_lift = [rng.range(0.0, 25.0); 2];
    }
    if rng.chance(0.08) {
        // The free leg ahead of the body.
        let thigh = rng.range(30.0, 80.0);
        let knee = rng.range(0.0, 50.0);
        free_leg(a, rng, thigh, knee);
    }
    arms(a, rng);
    for s in &mut a.shoulders {
        s[0] += 0.3 * a.pelvic_tilt;
    }
}

/// One leg, either, off the floor: its thigh so far ahead of the vertical and its knee so bent, degrees.
fn free_leg(a: &mut Angles, rng: &mut Rng, thigh: f32, knee: f32) {
    let free = rng.below(2);
    a.hips[free] = [thigh + a.pelvic_tilt, 3.0, 3.0];
    a.knees[free] = knee;
    a.flat_feet[free] = false;
    a.ankles[free] = rng.range(-25.0, 10.0);
    a.hips[1 - free][1] = 2.0;
}

fn hinge(a: &mut Angles, family: Family, rng: &mut Rng, spread: f32) {
    let depth = rng.unit();
    let far = if family == Family::ForwardBend { 95.0 } else { 65.0 };
    a.pelvic_tilt = far * depth + rng.bell(0.0, 6.0 * spread) - 0.5 * a.lumbar;
    let knee = rng.range(3.0, 30.0) * if family == Family::ForwardBend { 0.3 } else { depth + 0.2 };
    let shank = rng.bell(2.0, 4.0);
    let (open, out) = (rng.range(2.0, 10.0), rng.range(0.0, 12.0));
    a.hips = [[knee - shank + a.pelvic_tilt, open, out]; 2];
    a.knees = [knee; 2];
    a.neck += rng.range(-25.0, 15.0) * depth;
    feet_down(a);
    if rng.chance(0.1) {
        // In line with the trunk, or less far.
        let (thigh, knee) = (-a.pelvic_tilt.max(0.0) * rng.range(0.4, 1.05), rng.range(0.0, 30.0));
        free_leg(a, rng, thigh, knee);
    }
    if rng.chance(0.5) {
        // Hanging straight down.
        let down = a.pelvic_tilt + a.lumbar + a.thoracic;
        a.shoulders = [[down, 4.0, 0.0]; 2];
        a.elbows = [rng.range(0.0, 15.0); 2];
    } else {
        arms(a, rng);
    }
}

fn half_kneel(a: &mut Angles, rng: &mut Rng, spread: f32) {
    let front = rng.below(2);
    let back = 1 - front;
    let lunge = rng.range(0.0, 25.0);
    if rng.chance(0.5) {
        // Upright whatever the pelvis does.
        a.pelvic_tilt = rng.range(-25.0, 35.0);
        a.lumbar = -a.pelvic_tilt * rng.range(0.0, 1.0) + rng.bell(0.0, 6.0 * spread);
    } else {
        a.pelvic_tilt = rng.bell(5.0, 8.0 * spread) - a.lumbar * rng.range(0.0, 1.0);
    }
    a.hips[front] = [90.0 + lunge * 0.3 + a.pelvic_tilt, 5.0, 5.0];
    a.knees[front] = 90.0 + lunge * 0.6;
    a.flat_feet[front] = true;
    a.hips[back] = [a.pelvic_tilt - lunge, 2.0, 0.0];
    a.knees[back] = 90.0 - lunge * 0.8 + rng.bell(0.0, 4.0);
    a.ankles[back] = rng.pick(&[-45.0, 25.0]);
    arms(a, rng);
    if rng.chance(0.3) {
        a.shoulders[back] = [rng.range(150.0, 178.0), 5.0, 0.0];
        a.elbows[back] = 10.0;
    }
}

fn on_hands(a: &mut Angles, shoulder: f32) {
    // Arms straight down to the floor, palms flat.
    a.shoulders = [[shoulder, 2.0, 0.0]; 2];
    a.elbows = [4.0; 2];
    a.pronation = [90.0; 2];
    a.wrists = [-75.0; 2];
    a.grip = [0.05; 2];
}

fn bird_dog(a: &mut Angles, rng: &mut Rng, spread: f32) {
    a.pitch = 90.0;
    // Cat and camel: pelvis and rib cage share what the low back bends, in any proportion.
    a.pelvic_tilt = rng.bell(-3.0, 5.0 * spread) - a.lumbar * rng.range(0.1, 0.8);
    if rng.chance(0.3) {
        a.thoracic += a.lumbar * rng.range(0.0, 0.8);
    }
    let lean = a.pitch + a.pelvic_tilt;
    on_hands(a, lean + a.lumbar * 0.8 + a.thoracic + rng.bell(0.0, 5.0));
    a.hips = [[lean + rng.bell(0.0, 6.0), 3.0, 0.0]; 2];
    // The feet lie on their backs, or stand on their toes, which lifts the ankles: either way the knees stay on the floor.
    let on_toes = rng.chance(0.3);
    a.knees = [if on_toes { rng.range(76.0, 85.0) } else { 90.0 }; 2];
    a.ankles = [if on_toes { rng.range(-5.0, 20.0) } else { rng.range(-80.0, -50.0) }; 2];
    a.toes = [if on_toes { rng.range(50.0, 75.0) } else { 0.0 }; 2];
    a.neck = rng.range(-30.0, 20.0);
    if rng.chance(0.75) {
        // Reaching: one arm forward, the other side's leg back (or, wrongly, the same side's).
        let leg = rng.below(2);
        let arm = if rng.chance(0.85) { 1 - leg } else { leg };
        let reach = rng.unit().sqrt();
        a.shoulders[arm] = [lean + 85.0 * reach, 3.0, 0.0];
        a.elbows[arm] = rng.range(0.0, 20.0);
        a.wrists[arm] = 0.0;
        a.hips[leg] = [lean - (88.0 + rng.range(-20.0, 25.0)) * reach, 2.0, 0.0];
        a.knees[leg] = 90.0 - 85.0 * reach;
        a.ankles[leg] = rng.range(-70.0, 15.0);
        a.toes[leg] = 0.0;
        if rng.chance(0.5) {
            // The pelvis opens on the side of the raised leg, or sinks there; the other thigh stays upright under it, the
            // shoulders mostly over the hands: face down, a twist takes away what a roll gave.
            let open = rng.range(-12.0, 45.0) * reach;
            a.roll = if leg == 0 { -open } else { open };
            a.twist += a.roll * rng.range(0.5, 1.0);
            a.hips[1 - leg][1] += open;
        }
    }
}

fn supine(a: &mut Angles, family: Family, rng: &mut Rng, spread: f32) {
    a.pitch = -90.0;
    a.thoracic = rng.bell(2.0, 3.0);
    a.neck = rng.bell(5.0, 6.0);
    // The rib cage lies still and the pelvis rolls, but for some degrees.
    a.lumbar *= 0.8;
    a.pelvic_tilt = rng.bell(0.0, 3.0 * spread) - a.lumbar;
    a.hips = [[rng.bell(0.0, 3.0), 5.0, 8.0]; 2];
    a.shoulders = [[rng.bell(5.0, 5.0), 15.0, 0.0]; 2];
    a.elbows = [rng.range(0.0, 20.0); 2];
    match family {
        Family::DeadBug => {
            a.hips = [[90.0 + a.pelvic_tilt, 3.0, 0.0]; 2];
            a.knees = [rng.bell(90.0, 5.0); 2];
            let down = rng.below(2);
            let share = rng.unit();
            a.hips[down][0] -= rng.range(40.0, 85.0) * share;
            a.knees[down] = if rng.chance(0.6) { 90.0 } else { 90.0 - 80.0 * share };
            if rng.chance(0.7) {
                a.shoulders = [[90.0, 2.0, 0.0]; 2];
                if rng.chance(0.6) {
                    a.shoulders[1 - down][0] += 80.0 * share;
                }
            }
        }
        Family::LegRaise => {
            let up = rng.below(2);
            a.hips[up][0] = rng.range(30.0, 95.0);
            a.knees[up] = rng.range(0.0, 25.0);
            a.ankles[up] = rng.range(-20.0, 15.0);
            // The raised leg takes the pelvis along, or not.
            let taken = a.hips[up][0] * rng.range(0.0, 0.35);
            a.lumbar += taken;
            a.pelvic_tilt -= taken;
            a.hips[1 - up][0] -= taken;
            if rng.chance(0.6) {
                // Holding a strap.
                a.shoulders = [[45.0, 5.0, -10.0]; 2];
                a.elbows = [70.0; 2];
                a.grip = [0.9; 2];
            }
        }
        _ => {
            let lift = rng.range(0.0, 38.0);
            a.pelvic_tilt = -lift;
            a.lumbar = lift * 0.3 + rng.range(-30.0, 15.0);
            a.thoracic += lift * 0.6;
            a.neck += lift * 0.3;
            a.hips = [[50.0 - lift * 1.2, 5.0, 0.0]; 2];
            a.knees = [rng.range(85.0, 105.0); 2];
            feet_down(a);
        }
    }
}

fn side_plank(a: &mut Angles, rng: &mut Rng, spread: f32) {
    // The lower arm is `low`: 1 = right side down.
    let low = rng.below(2);
    let up = if low == 1 { 1.0 } else { -1.0 };
    let rise = rng.range(12.0, 24.0);
    a.pitch = 0.0;
    a.roll = -up * (90.0 - rise) + rng.bell(0.0, 3.0);
    a.lumbar *= 0.7;
    a.side_bend = up * rng.range(-12.0, 14.0);
    // Hips that sink, or are pushed up: legs and trunk meet at an angle.
    let sag = if rng.chance(0.5) { rng.range(-10.0, 40.0) } else { 0.0 };
    a.twist = rng.bell(0.0, 5.0 * spread);
    a.pelvic_turn = rng.bell(0.0, 6.0 * spread);
    let bent = rng.chance(0.4);
    let pike = if rng.chance(0.3) { rng.range(0.0, 35.0) } else { rng.bell(2.0, 4.0) };
    a.roll += 0.5 * up * sag;
    a.hips = [[pike, up * sag, 0.0], [pike, -up * sag, 0.0]];
    if bent {
        a.knees = [rng.range(70.0, 95.0); 2];
    }
    // Upper arm straight down to the floor: out to the side.
    a.shoulders[low] = [5.0, 85.0 + rise * 0.4, 0.0];
    a.elbows[low] = rng.range(80.0, 95.0);
    a.shoulders[low][2] = 0.0;
    a.shoulders[1 - low] = if rng.chance(0.5) { [5.0, 5.0, -10.0] } else { [0.0, 85.0, 0.0] };
    a.elbows[1 - low] = rng.range(0.0, 40.0);
}

fn plank(a: &mut Angles, rng: &mut Rng, spread: f32) {
    let rise = rng.range(5.0, 18.0);
    a.pitch = 90.0 - rise;
    a.pelvic_tilt = rng.bell(0.0, 4.0 * spread) - a.lumbar * rng.range(0.0, 0.7);
    a.hips = [[a.pelvic_tilt + rng.range(-8.0, 20.0), 3.0, 0.0]; 2];
    a.ankles = [20.0; 2];
    on_hands(a, a.pitch + a.pelvic_tilt + a.lumbar + a.thoracic);
    if rng.chance(0.5) {
        a.elbows = [90.0; 2];
        a.wrists = [0.0; 2];
    }
    a.neck = rng.range(-25.0, 10.0);
}

fn heel_up(a: &mut Angles, rng: &mut Rng, spread: f32) {
    let (thigh, knee) = (rng.range(40.0, 95.0), rng.range(0.0, 25.0));
    // Down to where the trunk lies on the leg.
    let furthest = (150.0 - thigh - a.lumbar.max(0.0)).clamp(15.0, 65.0);
    let reaches = rng.chance(0.6);
    let bent = if reaches { rng.range(0.2, 1.0) * furthest } else { rng.range(-5.0, furthest) };
    a.pelvic_tilt = bent + rng.bell(0.0, 5.0 * spread) - a.lumbar * rng.range(0.0, 0.6);
    a.hips = [[a.pelvic_tilt, 4.0, 4.0]; 2];
    a.knees = [rng.range(0.0, 10.0); 2];
    feet_down(a);
    free_leg(a, rng, thigh, knee);
    arms(a, rng);
    if reaches {
        // Hands along the raised leg, or to its foot.
        let trunk = a.pelvic_tilt + a.lumbar + a.thoracic;
        a.shoulders = [[(trunk + thigh * rng.range(0.3, 1.0)).clamp(30.0, 150.0), 3.0, 0.0]; 2];
        a.elbows = [rng.range(0.0, 25.0); 2];
    }
}

fn sit(a: &mut Angles, rng: &mut Rng, spread: f32) {
    a.pelvic_tilt = rng.range(-30.0, 5.0);
    a.hips = [[88.0 + a.pelvic_tilt, rng.range(2.0, 15.0), 5.0]; 2];
    a.knees = [rng.range(0.0, 100.0); 2];
    if a.knees[0] > 70.0 {
        feet_down(a);
    }
    a.ankles = [rng.bell(0.0, 6.0 * spread); 2];
    arms(a, rng);
}

/// Moves a posture up or down until the person rests on the floor (z = 0).
pub fn settle(pack: &BodyPack, person: &Person, pose: &mut RigPose) {
    let mut motion = Motion::default();
    motion.solve(&person.body, &pack.rig, pose);
    let low = lowest(pack, person, &motion);
    pose.mid_hip.z -= low;
}

/// Height of the lowest skin, metres (to within some millimetres: every third vertex is looked at).
fn lowest(pack: &BodyPack, person: &Person, motion: &Motion) -> f32 {
    (0..pack.vertices)
        .step_by(3)
        .map(|v| {
            let rest = person.rest[v];
            pack.weights_of(v).iter().map(|&(slot, w)| motion.carry(slot as usize, rest).z * w).sum::<f32>()
        })
        .fold(f32::INFINITY, f32::min)
}

#[cfg(test)]
mod tests {
    use super::super::rig::RigAngles;
    use super::*;

    #[test]
    fn what_was_asked_for_is_what_the_rig_shows() {
        let mut angles = Angles { pelvic_tilt: 20.0, lumbar: 15.0, thoracic: 4.0, ..Angles::default() };
        angles.hips = [[70.0, 0.0, 0.0], [40.0, 10.0, 0.0]];
        angles.knees = [80.0, 30.0];
        angles.shoulders = [[60.0, 0.0, 0.0]; 2];
        angles.elbows = [45.0, 10.0];
        let a = RigAngles::of(&angles.pose());
        let near = |x: f32, y: f32| (x - y).abs() < 0.01;
        assert!(near(a.pelvic_tilt, 20.0) && near(a.lumbar_flexion, 15.0) && near(a.thoracic_flexion, 4.0));
        assert!(near(a.hip_flexion[0], 70.0) && near(a.knee_flexion[0], 80.0) && near(a.knee_flexion[1], 30.0));
        assert!(near(a.hip_abduction[1], 10.0), "right hip abducts outwards: {}", a.hip_abduction[1]);
        assert!(near(a.shoulder_flexion[0], 60.0) && near(a.elbow_flexion[0], 45.0));
    }

    #[test]
    fn hips_of_a_bird_dog_open_over_a_thigh_that_stays_upright_and_under_level_shoulders() {
        let mut rng = Rng::new(5);
        let (mut open, mut far) = (0, 0.0f32);
        for _ in 0..400 {
            let angles = of(Family::BirdDog, &mut rng, 0.0);
            let raised = if angles.knees[0] < angles.knees[1] { Side::Left } else { Side::Right };
            let pose = angles.pose();
            let up = if raised == Side::Left { V3::X } else { -V3::X };
            let tilt = |group: Group| (*pose.turn(group) * up).z.asin().to_degrees();
            if tilt(Group::Pelvis) > 20.0 {
                open += 1;
                assert!(tilt(Group::UpperThorax).abs() < 0.7 * tilt(Group::Pelvis), "the shoulders went along");
                far = far.max((*pose.turn(Group::LeftThigh.on(raised.other())) * V3::Z).x.abs().asin().to_degrees());
            }
        }
        assert!(open > 30, "{open} of 400");
        assert!(far < 20.0, "a thigh that carries leans {far} degrees sideways");
    }

    #[test]
    fn feet_stay_level_in_a_squat() {
        let mut rng = Rng::new(4);
        for _ in 0..50 {
            let mut angles = of(Family::Squat, &mut rng, 0.5);
            angles.heel_lift = [0.0; 2];
            let pose = angles.pose();
            assert!(angles.flat_feet.contains(&true), "somebody squats on nothing");
            for (side, _) in Side::BOTH.into_iter().zip(angles.flat_feet).filter(|(_, flat)| *flat) {
                let up = *pose.turn(Group::LeftFoot.on(side)) * V3::Z;
                assert!(up.z > 0.999);
            }
            for turn in &pose.turns {
                assert!(turn.x.cross(turn.y).dot(turn.z) > 0.999, "a mirrored part");
            }
        }
    }
}
