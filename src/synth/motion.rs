//! The seven exercises as shapes: from a few channels (how far down, which leg is out …) to a whole posture.
//!
//! Input: a [`Body`] and up to four channels, 0 = start position, 1 = the shape's peak. Output: [`Staged`], a
//! [`Posture`] with feet, knees, hands or back on the floor, and the dowel if one is held. Figures of a shape are what
//! RULES.md G's table gives; everything else follows from the body.

use super::body::{BACK_S2, BACK_T6, BACK_T8, Body};
use super::ik::*;
use super::skeleton::*;
use crate::units::Side;
use nalgebra::{Point3, Rotation3, Vector3};

/// Up to four things that move, each 0 at the start position; see the shapes.
pub type Channels = [f64; 4];

/// Knee and ankle joints of a kneeling leg above the floor, m.
const KNEELING: f64 = 0.055;
/// Wrist joint above a hand flat on the floor, m.
const WRIST_ON_FLOOR: f64 = 0.050;
/// Toe tip above the floor when it touches, m.
const TOE_ON_FLOOR: f64 = 0.006;
/// Heel above the floor when it touches, m.
const HEEL_ON_FLOOR: f64 = 0.004;

/// Minimum-jerk progress for `x` in 0..=1, clamped outside (RULES.md G "Timing").
pub fn minimum_jerk(x: f64) -> f64 {
    let x = x.clamp(0.0, 1.0);
    x * x * x * (10.0 + x * (6.0 * x - 15.0))
}

/// A posture, and what is held.
#[derive(Clone, Debug, PartialEq)]
pub struct Staged {
    pub posture: Posture,
    /// Lower and upper end of the dowel's edge that lies against the back, m.
    pub dowel: Option<[Point3<f64>; 2]>,
}

impl From<Posture> for Staged {
    fn from(posture: Posture) -> Self {
        Staged { posture, dowel: None }
    }
}

/// An exercise done in one way.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// Squats, hinges, forward bends. Channel 0: depth.
    Upright(Upright),
    /// Right knee on the floor. Channel 0: push, 1: reach.
    HalfKneel(HalfKneel),
    /// Right heel on a support. Channel 0: fold, 1: hands towards the foot.
    HeelOnSupport(HeelOnSupport),
    /// On the back, right leg up. Channel 0: raise.
    LegRaise(LegRaise),
    /// On the right forearm, chest to the camera. Channel 0: lift, 1: sag in degrees.
    SidePlank(SidePlank),
    /// On the back. Channel 0: left leg lowered, 1: right leg lowered.
    DeadBug(DeadBug),
    /// On hands and knees. Channels: left leg, right leg, left arm, right arm out.
    BirdDog(BirdDog),
}

impl Shape {
    /// The posture at these channels, `secs` into the clip (breathing needs the time).
    pub fn stage(&self, body: &Body, channels: Channels, secs: f64) -> Staged {
        match self {
            Shape::Upright(shape) => shape.stage(body, channels[0]),
            Shape::HalfKneel(shape) => shape.posture(body, channels[0], channels[1]).into(),
            Shape::HeelOnSupport(shape) => shape.posture(body, channels[0], channels[1]).into(),
            Shape::LegRaise(shape) => shape.posture(body, channels[0]).into(),
            Shape::SidePlank(shape) => shape.posture(body, channels[0], channels[1]).into(),
            Shape::DeadBug(shape) => shape.posture(body, [channels[0], channels[1]], secs).into(),
            Shape::BirdDog(shape) => shape.posture(body, channels).into(),
        }
    }
}

/// Sagittal angles of standing on both feet, degrees, as seen square from the side.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stand {
    /// Ankle→knee from vertical, + knee forward.
    pub shank: f64,
    /// Knee→hip from vertical, + hip back. Knee flexion is `shank + thigh_back`.
    pub thigh_back: f64,
    /// Pelvic tilt, + anterior.
    pub tilt: f64,
    /// Lumbar flexion.
    pub lumbar: f64,
}

impl Stand {
    /// Quiet standing: knee 3.
    pub const QUIET: Stand = Stand { shank: 1.0, thigh_back: 2.0, tilt: 0.0, lumbar: 0.0 };
    /// Quiet standing of a hinge: vertical shank, knee 2.
    pub const TALL: Stand = Stand { shank: 0.0, thigh_back: 2.0, tilt: 0.0, lumbar: 0.0 };

    pub fn knee(&self) -> f64 {
        self.shank + self.thigh_back
    }

    fn toward(&self, to: &Stand, p: f64) -> Stand {
        let mix = |a: f64, b: f64| a + (b - a) * p;
        Stand {
            shank: mix(self.shank, to.shank),
            thigh_back: mix(self.thigh_back, to.thigh_back),
            tilt: mix(self.tilt, to.tilt),
            lumbar: mix(self.lumbar, to.lumbar),
        }
    }
}

/// What is added late in the descent, while the knee bends more than `from_knee` degrees: `late(x, k)` of RULES.md G.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Late {
    pub from_knee: f64,
    pub lumbar: f64,
    pub tilt: f64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Arms {
    /// Raised forward to this many degrees from straight down at full depth.
    Forward(f64),
    Hang,
    /// Folded over the chest.
    Crossed,
    /// Both hands hold a dowel against the spine, the right one at the neck.
    Dowel(DowelHold),
}

/// How the back keeps its contacts with the dowel at full depth, m off it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct DowelHold {
    pub head_off: f64,
    pub sacrum_off: f64,
}

/// A leg off the floor while the other one stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FreeLeg {
    pub side: Side,
    /// Thigh from hanging, + forward, at rest and at full depth, degrees.
    pub thigh: [f64; 2],
    /// Knee flexion, likewise.
    pub knee: [f64; 2],
}

/// Squat, hinge, forward bend: two feet on the floor, or one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Upright {
    pub rest: Stand,
    pub peak: Stand,
    pub late: Late,
    /// Knees moved towards the midline at full depth, `[left, right]`, m (average legs; longer legs more).
    pub knees_in: [f64; 2],
    /// Heels off the floor at full depth, degrees of the heel–toe line seen from the side; begins at knee 70.
    pub heel: f64,
    /// Distance of the ankles, m (average legs).
    pub stance: f64,
    /// Degrees.
    pub toe_out: f64,
    pub arms: Arms,
    /// `None`: both feet stand.
    pub free: Option<FreeLeg>,
}

impl Upright {
    fn stage(&self, body: &Body, p: f64) -> Staged {
        let stand = self.rest.toward(&self.peak, p);
        let late = self.after(stand.knee(), self.late.from_knee);
        let spine = Spine { flexion: stand.lumbar + self.late.lumbar * late, ..Spine::default() };
        let pelvis = pelvis_rotation(body, stand.tilt + self.late.tilt * late, 0.0, 0.0);
        let (hips, legs) = self.legs(body, &stand, p);
        let mut posture = Posture { hips, pelvis, spine, legs, ..Posture::default() };
        let dowel = match self.arms {
            Arms::Dowel(hold) => Some(hold_dowel(body, &mut posture, &hold, p)),
            arms => {
                posture.arms = free_arms(body, &posture, arms, p);
                None
            }
        };
        Staged { posture, dowel }
    }

    /// Progress of what begins at knee flexion `from`.
    fn after(&self, knee: f64, from: f64) -> f64 {
        let span = self.peak.knee() - from;
        if span <= 0.0 { 0.0 } else { minimum_jerk((knee - from) / span) }
    }

    /// Feet fixed on the floor, both hips where the sagittal angles put them, each knee in its own vertical plane.
    fn legs(&self, body: &Body, stand: &Stand, p: f64) -> (Point3<f64>, [Leg; 2]) {
        let average = Body::average();
        let scale = (body.thigh + body.shank) / (average.thigh + average.shank);
        let half_stance = self.stance * scale / 2.0;
        let feet =
            Side::BOTH.map(|side| self.foot(body, side, half_stance, self.heel * self.after(stand.knee(), 70.0)));

        // Out over the toes as the knee goes forward. `sin`, not `tan` of the toe-out, gives RULES.md's 0.97 knee
        // separation to toe separation. While nearly straight the knee lies on the line from hip to ankle instead.
        let slope = stand.shank.to_radians().sin() * self.toe_out.to_radians().sin();
        let straight = (half_stance - body.hip_half) * body.shank / (body.shank + body.thigh);
        let inward = straight * (1.0 - minimum_jerk(p / 0.6));
        let knee_out = |inward: f64| {
            let (a, b) = (1.0 + slope * slope, slope * inward);
            let flat = (b + (b * b - a * (inward * inward - body.shank * body.shank)).max(0.0).sqrt()) / a;
            (flat, flat * slope - inward)
        };
        let (flat, out) = knee_out(inward);
        let (shank_sin, shank_cos) = stand.shank.to_radians().sin_cos();
        let (thigh_sin, thigh_cos) = stand.thigh_back.to_radians().sin_cos();
        let ankle = feet[1].0;
        let across = ankle.z + out - body.hip_half;
        let thigh_flat = (body.thigh * body.thigh - across * across).max(0.0).sqrt();
        let hips = Point3::new(
            ankle.x + flat * shank_sin - thigh_flat * thigh_sin,
            ankle.y + flat * shank_cos + thigh_flat * thigh_cos,
            0.0,
        );
        let legs = Side::BOTH.map(|side| {
            let (ankle, foot, toes) = feet[index(side)];
            let hip = hips + Vector3::new(0.0, 0.0, outward(side) * body.hip_half);
            // Knees fall in late, when the hips have room to turn in.
            let fall = self.knees_in[index(side)] * scale * minimum_jerk((p - 0.5) / 0.5);
            let z = ankle.z + outward(side) * (out - fall);
            let knee = knee_at_z(hip, ankle, body, z)
                .unwrap_or_else(|| two_bones(hip, ankle, body.thigh, body.shank, toes * Vector3::x()));
            match self.free.filter(|free| free.side == side) {
                Some(free) => {
                    let mix = |[rest, peak]: [f64; 2]| rest + (peak - rest) * p;
                    let (thigh, knee) = (mix(free.thigh), mix(free.knee));
                    // The toes are drawn up as the leg goes back.
                    sagittal_leg(thigh, knee, (knee - thigh).clamp(0.0, 25.0))
                }
                None => standing_leg(hip, knee, ankle, foot, toes),
            }
        });
        (hips, legs)
    }

    /// Ankle, foot and toes of a foot whose heel–toe line rises by `rise` degrees seen from the side, toes flat.
    fn foot(
        &self,
        body: &Body,
        side: Side,
        half_stance: f64,
        rise: f64,
    ) -> (Point3<f64>, Rotation3<f64>, Rotation3<f64>) {
        let toes = rot_y(-outward(side) * self.toe_out);
        let (heel_to_ball, toe_length) = (body.heel_back + body.ball_front, body.toe_front - body.ball_front);
        // From tan(rise) · cos(toe_out) = heel height / heel-to-toe length along the foot, solved for the foot's turn.
        let slope = rise.to_radians().tan() * self.toe_out.to_radians().cos();
        let lean = slope.atan();
        let turn = (lean + (slope * toe_length * lean.cos() / heel_to_ball).clamp(-1.0, 1.0).asin()).to_degrees();
        let foot = toes * rot_z(-turn);
        let flat_ankle = Point3::new(0.0, body.ankle_height, outward(side) * half_stance);
        let ball = flat_ankle + toes * Vector3::new(body.ball_front, -body.ankle_over_sole(), 0.0);
        (ball - foot * Vector3::new(body.ball_front, -body.ankle_over_sole(), 0.0), foot, toes)
    }
}

fn trunk_of(body: &Body, posture: &Posture) -> Trunk {
    Trunk::new(body, posture.hips, posture.pelvis, &posture.spine, posture.breath_m)
}

fn free_arms(body: &Body, posture: &Posture, arms: Arms, p: f64) -> [Arm; 2] {
    let trunk = trunk_of(body, posture);
    let chest = nalgebra::center(&trunk.shoulders[0], &trunk.shoulders[1]);
    Side::BOTH.map(|side| {
        let out = outward(side);
        match arms {
            Arms::Crossed => {
                let wrist = chest + trunk.upper_thorax * Vector3::new(0.14 * body.girth.max(1.0), -0.08, -0.07 * out);
                let elbow = trunk.upper_thorax * Vector3::new(0.6, -1.0, 0.6 * out);
                arm_to(body, trunk.shoulders[index(side)], wrist, elbow, Vector3::z())
            }
            Arms::Forward(degrees) => {
                let (sin, cos) = (degrees * p.clamp(0.0, 1.0)).to_radians().sin_cos();
                straight_arm(Vector3::new(sin, -cos, 0.0), Vector3::z())
            }
            Arms::Hang | Arms::Dowel(_) => straight_arm(-Vector3::y(), Vector3::z()),
        }
    })
}

/// Puts a straight dowel against sacrum and upper back (T6), brings the head to it by bending the neck, and both hands
/// to it. Returns its ends.
fn hold_dowel(body: &Body, posture: &mut Posture, hold: &DowelHold, p: f64) -> [Point3<f64>; 2] {
    let trunk = trunk_of(body, posture);
    let (sacrum, upper_back) = (trunk.back[BACK_S2], trunk.back[BACK_T6]);
    let length = (upper_back - sacrum).norm();
    // The dowel turns about T6, away from the sacrum.
    let off = (hold.sacrum_off * p / length).clamp(-0.5, 0.5).asin().to_degrees();
    let along = rot_z(-off) * (upper_back - sacrum) / length;
    let front = rot_z(-90.0) * along;

    // RULES.md G says "neck extension" takes the head off the dowel; on a body extension presses the occiput into it
    // and flexion takes it off, so flexion it is.
    let wanted = hold.head_off * p;
    let (mut low, mut high) = (-45.0, 45.0);
    for _ in 0..40 {
        posture.spine.neck = 0.5 * (low + high);
        let head = trunk_of(body, posture).occiput(body);
        if (head - upper_back).dot(&front) < wanted {
            low = posture.spine.neck;
        } else {
            high = posture.spine.neck;
        }
    }

    let trunk = trunk_of(body, posture);
    posture.arms = Side::BOTH.map(|side| {
        let (height, elbow) = match side {
            Side::Right => (0.12, Vector3::new(0.2, 1.0, 0.8)),
            Side::Left => (-0.21, Vector3::new(-0.6, -0.3, -1.0)),
        };
        let grip = upper_back + along * height - front * 0.03;
        arm_to(body, trunk.shoulders[index(side)], grip, posture.pelvis * elbow, Vector3::z())
    });
    [upper_back - along * (length + 0.18), upper_back + along * 0.42]
}

/// Half-kneeling hip flexor stretch, the right knee on the floor at x = 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HalfKneel {
    /// Rear thigh (knee→hip) from vertical at full push, + hip forward, degrees.
    pub thigh: f64,
    pub tilt: f64,
    pub lumbar: f64,
    pub reach: Reach,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Over the head to the other side.
    Across,
    /// Straight up.
    Up,
}

impl HalfKneel {
    fn posture(&self, body: &Body, push: f64, reach: f64) -> Posture {
        let (sin, cos) = (self.thigh * push).to_radians().sin_cos();
        let hips = Point3::new(body.thigh * sin, KNEELING + body.thigh * cos, 0.0);
        let spine = Spine { flexion: self.lumbar * push, ..Spine::default() };
        let pelvis = pelvis_rotation(body, self.tilt * push, 0.0, 0.0);
        let mut posture = Posture { hips, pelvis, spine, ..Posture::default() };

        let hip = hips - Vector3::new(0.0, 0.0, body.hip_half);
        let ankle = Point3::new(body.thigh + 0.03, body.ankle_height, -body.hip_half);
        let knee = two_bones(hip, ankle, body.thigh, body.shank, Vector3::new(1.0, 0.6, 0.0));
        let flat = Rotation3::identity();
        let rear = Leg { thigh: rot_z(-self.thigh * push), ..kneeling_shank(body) };
        posture.legs = [standing_leg(hip, knee, ankle, flat, flat), rear];

        let trunk = trunk_of(body, &posture);
        // Both hands rest on the front thigh, clear of the back; the right one reaches.
        let on_thigh = |z: f64| knee + Vector3::new(-0.10, 0.08, z);
        let elbow = |out: f64| Vector3::new(-1.0, 0.0, 0.6 * out);
        let left = arm_to(body, trunk.shoulders[0], on_thigh(0.0), elbow(-1.0), Vector3::z());
        let right = arm_to(body, trunk.shoulders[1], on_thigh(0.06), elbow(1.0), Vector3::z());
        let lateral = if self.reach == Reach::Across { 25.0 } else { 0.0 };
        let raised = straight_arm(rot_x(-lateral) * (rot_z(175.0) * -Vector3::y()), Vector3::z());
        posture.arms = [left, right.toward(&raised, reach)];
        posture
    }
}

/// Shank lying on the floor behind the knee, toes on the floor. The thigh is left upright.
fn kneeling_shank(body: &Body) -> Leg {
    let shank = rot_z(-90.0);
    let ankle = Point3::new(0.0, KNEELING, 0.0);
    let foot = shank * rot_z(-plantarflexion_to_height(body, ankle, shank, TOE_ON_FLOOR));
    Leg { thigh: Rotation3::identity(), shank, foot, toes: foot }
}

/// Standing hamstring stretch: the left foot stands, the right heel lies on a support in front.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HeelOnSupport {
    /// Hip→ankle line of the raised leg above horizontal, degrees.
    pub leg_line: f64,
    /// Its knee flexion.
    pub knee: f64,
    pub tilt: f64,
    pub lumbar: f64,
}

impl HeelOnSupport {
    fn posture(&self, body: &Body, fold: f64, reach: f64) -> Posture {
        let hips = Point3::new(0.0, body.ankle_height + body.shank + body.thigh, 0.0);
        let spine = Spine { flexion: self.lumbar * fold, ..Spine::default() };
        let pelvis = pelvis_rotation(body, self.tilt * fold, 0.0, 0.0);
        let mut posture = Posture { hips, pelvis, spine, ..Posture::default() };
        posture.legs[1] = leg_on_line(body, self.leg_line, self.knee);

        let trunk = trunk_of(body, &posture);
        let hip = hips + Vector3::new(0.0, 0.0, body.hip_half);
        posture.arms = Side::BOTH.map(|side| {
            let shoulder = trunk.shoulders[index(side)];
            let on_hip = trunk.hips[index(side)] + pelvis * Vector3::new(0.03, 0.09, 0.06 * outward(side));
            let target = farthest_on_leg(body, shoulder, hip, self.leg_line);
            let wrist = on_hip + (target - on_hip) * reach;
            let elbow = Vector3::new(-0.8, -0.4 - reach, 1.0 * outward(side));
            arm_to(body, shoulder, wrist, elbow, Vector3::z())
        });
        posture
    }
}

/// A leg in the sagittal plane whose hip→ankle line points `line` degrees above the horizontal ahead (+x).
fn leg_on_line(body: &Body, line: f64, knee: f64) -> Leg {
    let (sin, cos) = knee.to_radians().sin_cos();
    let ahead = (body.shank * sin).atan2(body.thigh + body.shank * cos).to_degrees();
    sagittal_leg(90.0 + line + ahead, knee, 0.0)
}

/// Where on the line of the raised leg the hand gets to: the ankle, or as far as the arm is long.
fn farthest_on_leg(body: &Body, shoulder: Point3<f64>, hip: Point3<f64>, line: f64) -> Point3<f64> {
    let (sin, cos) = line.to_radians().sin_cos();
    let (along, arm) = (Vector3::new(cos, sin, 0.0), body.arm() * 0.999);
    let across = shoulder - hip - along * along.dot(&(shoulder - hip));
    let reach = (arm * arm - across.norm_squared()).max(0.0).sqrt();
    let far = (along.dot(&(shoulder - hip)) + reach).min(body.thigh + body.shank);
    hip + along * far.max(0.1)
}

/// Supine hamstring stretch with a belt; also the 70 degree test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LegRaise {
    /// Hip→ankle line above horizontal at the top, degrees.
    pub leg_line: f64,
    pub knee: f64,
    /// Lumbar flexion at the top: the rib cage lies still, so this is how far the pelvis rolls back.
    pub lumbar: f64,
}

impl LegRaise {
    fn posture(&self, body: &Body, raise: f64) -> Posture {
        let spine = Spine { flexion: self.lumbar * raise, ..Spine::default() };
        let mut posture = supine(body, spine);
        let lying = -3.0;
        posture.legs =
            [leg_on_line(body, lying, 3.0), leg_on_line(body, lying + (self.leg_line - lying) * raise, self.knee)];
        let trunk = trunk_of(body, &posture);
        posture.arms = Side::BOTH.map(|side| {
            let shoulder = trunk.shoulders[index(side)];
            let out = outward(side);
            let on_floor = shoulder + Vector3::new(body.arm() * 0.97, -0.06, 0.06 * out);
            let at_belt = shoulder + Vector3::new(0.36, 0.27, -0.06 * out);
            let wrist = on_floor + (at_belt - on_floor) * raise;
            arm_to(body, shoulder, wrist, Vector3::new(-0.2, -0.6, out), Vector3::z())
        });
        posture
    }
}

/// Lying on the back, head towards −x: sacrum (S2) and T8 touch the floor, T8 stays in place.
fn supine(body: &Body, spine: Spine) -> Posture {
    let lying = |pelvis: Rotation3<f64>| Trunk::new(body, Point3::origin(), pelvis, &spine, 0.0);
    let level = lying(Rotation3::identity());
    let chord = level.back[BACK_T8] - level.back[BACK_S2];
    let pelvis = rot_z(90.0 + chord.x.atan2(chord.y).to_degrees());
    let t8 = lying(pelvis).back[BACK_T8];
    let hips = Point3::new(-0.40 * body.trunk / Body::average().trunk, 0.0, 0.0) - t8.coords;
    Posture { hips, pelvis, spine, ..Posture::default() }
}

/// Side plank on the right forearm, chest towards the camera, head to screen left.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SidePlank {
    /// Upper arm (elbow→shoulder) from vertical at the start, degrees, + shoulder towards the feet.
    pub upper_arm: f64,
    /// Legs straight, feet stacked; otherwise knees bent and stacked.
    pub straight_legs: bool,
}

/// Hip bend of lying on the side between holds, degrees: the lower hip joint is then 70 mm above the floor, the hip
/// pressed into the mat. RULES.md's 21° and 32° of sag stay 90 and 40 mm above that.
const SIDE_PLANK_REST_BEND: f64 = 45.0;

impl SidePlank {
    fn posture(&self, body: &Body, lift: f64, sag: f64) -> Posture {
        // Where the support stays: fixed by the straight plank.
        let trunk = trunk_length(body, &Spine::default());
        let support_x = self.support(body, trunk, self.upper_arm, 0.0).1;
        let bend = SIDE_PLANK_REST_BEND * (1.0 - lift) + sag;
        // A bent body is shorter: the shoulder gives way about the elbow until the knee (or foot) is where it was.
        let (mut low, mut high) = (self.upper_arm - 5.0, self.upper_arm + 30.0);
        for _ in 0..40 {
            let middle = 0.5 * (low + high);
            if self.support(body, trunk, middle, bend).1 < support_x {
                low = middle;
            } else {
                high = middle;
            }
        }
        self.place(body, trunk, 0.5 * (low + high), bend)
    }

    /// Declination of the trunk that brings the lower support to the floor, degrees, and where that is along x.
    fn support(&self, body: &Body, trunk: f64, arm: f64, bend: f64) -> (f64, f64) {
        let leg = if self.straight_legs { body.thigh + body.shank } else { body.thigh };
        let (arm_sin, arm_cos) = arm.to_radians().sin_cos();
        let widths = body.shoulder_half - body.hip_half;
        // Height of the lower support: from elbow over lower shoulder and hip down the leg. With the declination d,
        // elbow + upper arm + widths · cos d − trunk · sin d − leg · sin(d − bend) = KNEELING.
        let (bend_sin, bend_cos) = bend.to_radians().sin_cos();
        let (across, along) = (widths + leg * bend_sin, trunk + leg * bend_cos);
        let rest = KNEELING - WRIST_ON_FLOOR - body.upper_arm * arm_cos;
        let decline = (rest / across.hypot(along)).clamp(-1.0, 1.0).acos() - along.atan2(across);
        let leg_cos = (decline - bend.to_radians()).cos();
        let x = body.upper_arm * arm_sin + widths * decline.sin() + trunk * decline.cos() + leg * leg_cos;
        (decline.to_degrees(), x)
    }

    fn place(&self, body: &Body, trunk: f64, arm: f64, bend: f64) -> Posture {
        let decline = self.support(body, trunk, arm, bend).0;
        // Facing the camera (z), head up along −x: right side down.
        let turned = |decline: f64| {
            let (sin, cos) = decline.to_radians().sin_cos();
            frame(Vector3::new(-cos, sin, 0.0), Vector3::new(-sin, -cos, 0.0))
        };
        let pelvis = turned(decline) * rot_z(-neutral_tilt(body));
        let legs = turned(decline - bend);
        let mut posture = Posture { pelvis, ..Posture::default() };
        let elbow = Point3::new(0.0, WRIST_ON_FLOOR, 0.0);
        let (arm_sin, arm_cos) = arm.to_radians().sin_cos();
        let shoulder = elbow + Vector3::new(arm_sin, arm_cos, 0.0) * body.upper_arm;
        posture.hips += shoulder - trunk_of(body, &posture).shoulders[1];

        // Bent knees point the shanks away from the camera, along the floor, and the feet with them.
        let (shank, foot) = match self.straight_legs {
            true => (legs, legs),
            false => (legs * rot_z(-90.0), legs * rot_z(-160.0)),
        };
        posture.legs = [Leg { thigh: legs, shank, foot, toes: foot }; 2];
        let support = frame(Vector3::new(arm_sin, arm_cos, 0.0), legs * Vector3::z());
        let forearm = frame(-Vector3::z(), Vector3::y());
        posture.arms =
            [straight_arm(Vector3::new(0.0, 1.0, 0.0), -Vector3::x()), Arm { upper: support, forearm, hand: forearm }];
        posture
    }
}

/// Dead bug: knees over hips, one leg lowered to the floor and back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DeadBug {
    /// Thigh (hip→knee) from vertical when lowered, degrees.
    pub thigh: f64,
    /// Knee flexion throughout.
    pub knee: f64,
    /// Lumbar flexion when lowered, + flattens.
    pub lumbar: f64,
    /// Height of the toe when lowered, m.
    pub toe: f64,
    /// Belly and chest rise with each breath (0.25 Hz), m.
    pub breath: f64,
}

impl DeadBug {
    fn posture(&self, body: &Body, lowered: [f64; 2], secs: f64) -> Posture {
        let most = lowered[0].max(lowered[1]);
        let mut posture = supine(body, Spine { flexion: self.lumbar * most, ..Spine::default() });
        posture.breath_m = self.breath * 0.5 * (1.0 - (std::f64::consts::TAU * 0.25 * secs).cos());
        let (thigh, foot_down) = self.lowered(body);
        posture.legs = lowered.map(|p| sagittal_leg(180.0 - thigh * p, self.knee, -foot_down * p));
        posture.arms = [straight_arm(Vector3::y(), Vector3::z()); 2];
        posture
    }

    /// How far thigh and foot go: to `thigh`, or to where the heel touches the floor first (an arching pelvis sinks and
    /// takes the hip down); and the plantar flexion that brings the toe to its height. Degrees.
    fn lowered(&self, body: &Body) -> (f64, f64) {
        let hips = supine(body, Spine { flexion: self.lumbar, ..Spine::default() }).hips;
        let down = |length: f64| Vector3::new(0.0, -length, 0.0);
        let at = |thigh: f64| {
            let leg = sagittal_leg(180.0 - thigh, self.knee, 0.0);
            let ankle = hips + leg.thigh * down(body.thigh) + leg.shank * down(body.shank);
            let foot_down = plantarflexion_to_height(body, ankle, leg.shank, self.toe);
            let heel = leg.shank * rot_z(-foot_down) * Vector3::new(-body.heel_back, -body.ankle_over_sole(), 0.0);
            (foot_down, ankle.y + heel.y)
        };
        let (foot_down, heel) = at(self.thigh);
        if heel >= HEEL_ON_FLOOR {
            return (self.thigh, foot_down);
        }
        let (mut low, mut high) = (0.0, self.thigh);
        for _ in 0..30 {
            let middle = 0.5 * (low + high);
            if at(middle).1 >= HEEL_ON_FLOOR {
                low = middle;
            } else {
                high = middle;
            }
        }
        (low, at(low).0)
    }
}

/// Bird dog: hands under the shoulders, knees under the hips, the knees at x = 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BirdDog {
    /// Hip→ankle line of the raised leg above horizontal, degrees.
    pub leg_line: f64,
    /// Shoulder→wrist line of the raised arm above horizontal, degrees.
    pub arm_line: f64,
    /// Lumbar flexion when the leg is out.
    pub lumbar: f64,
    /// Pelvis rolled open on the side of the raised leg, degrees.
    pub roll: f64,
}

impl BirdDog {
    fn posture(&self, body: &Body, out: Channels) -> Posture {
        let [left_leg, right_leg, left_arm, right_arm] = out;
        let most = left_leg.max(right_leg);
        // On all fours, a pelvis turned to the left has its left side up.
        let roll = self.roll * (left_leg - right_leg);
        let spine = Spine { flexion: self.lumbar * most, twist: -roll, ..Spine::default() };
        let hip_height = KNEELING + body.thigh;
        let shoulder_height = WRIST_ON_FLOOR + bent(body, 10.0);
        let untwisted = Spine { twist: 0.0, ..spine };
        let length = trunk_length(body, &untwisted);
        // The hip over the knee that stays down stays where it is, the shoulders stay over the hands. An opening pelvis
        // lifts its own middle, which changes the slope of the trunk: settle both in turn.
        let down = if left_leg > right_leg { Side::Right } else { Side::Left };
        let half = Vector3::new(0.0, 0.0, outward(down) * body.hip_half);
        let (mut hips, mut pelvis) = (Point3::new(0.0, hip_height, 0.0), Rotation3::identity());
        for _ in 0..4 {
            let slope = ((shoulder_height - hips.y) / length).clamp(-1.0, 1.0).asin().to_degrees();
            let tilt = tilt_for_trunk_line(body, 90.0 - slope, &untwisted);
            pelvis = pelvis_rotation(body, tilt, roll, 0.0);
            hips = Point3::new(0.0, hip_height, 0.0) + half - pelvis * half;
        }
        let mut posture = Posture { hips, pelvis, spine, ..Posture::default() };
        let neutral_hands = self.hands_x(body, hip_height, shoulder_height);

        posture.legs = [left_leg, right_leg].map(|p| self.leg(body, p));
        let trunk = trunk_of(body, &posture);
        posture.arms = Side::BOTH.map(|side| {
            let z = outward(side) * body.shoulder_half;
            let wrist = Point3::new(neutral_hands, WRIST_ON_FLOOR, z);
            let mut support = arm_to(body, trunk.shoulders[index(side)], wrist, -Vector3::x(), Vector3::z());
            support.hand = flat_hand(side, Vector3::x());
            let (sin, cos) = self.arm_line.to_radians().sin_cos();
            let reach = straight_arm(Vector3::new(cos, sin, 0.0), Vector3::z());
            let p = if side == Side::Left { left_arm } else { right_arm };
            support.toward(&reach, p)
        });
        posture
    }

    /// Where the hands stay: under the shoulders of the neutral tabletop, m.
    fn hands_x(&self, body: &Body, hip_height: f64, shoulder_height: f64) -> f64 {
        let (rise, length) = (shoulder_height - hip_height, trunk_length(body, &Spine::default()));
        (length * length - rise * rise).max(0.0).sqrt()
    }

    fn leg(&self, body: &Body, p: f64) -> Leg {
        let straight: f64 = 3.0;
        let (sin, cos) = straight.to_radians().sin_cos();
        let ahead = (body.shank * sin).atan2(body.thigh + body.shank * cos).to_degrees();
        let kneel = kneeling_shank(body);
        let thigh = p * (ahead - 90.0 - self.leg_line);
        let shank = rot_z(thigh - 90.0 + (90.0 - straight) * p);
        let foot = shank * (kneel.shank.inverse() * kneel.foot);
        Leg { thigh: rot_z(thigh), shank, foot, toes: foot }
    }
}

/// Shoulder to wrist with the elbow bent by `elbow` degrees, m.
fn bent(body: &Body, elbow: f64) -> f64 {
    let (a, b) = (body.upper_arm, body.forearm);
    (a * a + b * b + 2.0 * a * b * elbow.to_radians().cos()).sqrt()
}

/// Someone walking along +x, the hips at `x`, m: 1.3 m a stride, arms swinging against the legs.
pub(super) fn walking(body: &Body, x: f64) -> Posture {
    let leg = |phase: f64| {
        let thigh = 24.0 * phase.sin() + 4.0;
        // Bent most early in the swing, as the leg passes under the body.
        let knee = 8.0 + 50.0 * (0.5 + 0.5 * (phase + 0.6).cos()).powi(2);
        sagittal_leg(thigh, knee, 0.0)
    };
    let phase = x / 1.3 * std::f64::consts::TAU;
    let opposite = phase + std::f64::consts::PI;
    let swing = |phase: f64| straight_arm(rot_z(18.0 * phase.sin()) * -Vector3::y(), Vector3::z());
    let mut posture = Posture { hips: Point3::new(x, 0.0, 0.0), ..Posture::default() };
    posture.pelvis = pelvis_rotation(body, 0.0, 0.0, 0.0);
    posture.legs = [leg(phase), leg(opposite)];
    posture.arms = [swing(opposite), swing(phase)];
    let lowest = BodyPose::new(body, &posture).landmarks.0.iter().map(|p| p.y).fold(f64::INFINITY, f64::min);
    posture.hips.y = Body::SOLE - lowest;
    posture
}
