//! Bodies in metres: segment lengths, the chain of the spine, and where the landmarks of the skin sit on it.
//!
//! Lengths follow Drillis & Contini's fractions of stature. The spine is a chain from the hip joints: pelvis, five
//! lumbar joints (L5/S1 … L1/2), a rib cage with one thoracic joint at T7, neck and head. It was tuned so that the
//! figures of RULES.md hold: the hip–shoulder line leans by `pelvic tilt + 0.59 × lumbar flexion`, and the hollow of
//! the back is 31 mm deep in neutral and changes by 1.0 mm per degree (tests in [`super::skeleton`]).
//! To reach 0.59 the lumbar joints sit about 15 mm higher above the hips than in anatomy.
//!
//! Not handled: flesh. Skin points move rigidly with the bone below them.

use nalgebra::Vector3;

/// How lumbar flexion spreads over L5/S1, L4/5, L3/4, L2/3, L1/2 (RULES.md G, bottom up here). Sums to 1.
pub const LUMBAR_SHARE: [f64; 5] = [0.18, 0.25, 0.23, 0.19, 0.15];

/// Stature, m, and hip-to-shoulder length, m, of the body that the tables below were written for.
const STATURE: f64 = 1.70;
const TRUNK: f64 = 0.288 * STATURE;

/// Lumbar joint centres L5/S1 … L1/2, neutral standing, from the middle of the hip joints: forward, up (m).
const LUMBAR_JOINTS: [[f64; 2]; 5] =
    [[-0.030, 0.122], [-0.022, 0.163], [-0.018, 0.204], [-0.020, 0.245], [-0.028, 0.286]];
/// The thoracic joint (T7), the base of the neck (C7) and the joint under the skull.
const T7_JOINT: [f64; 2] = [-0.055, 0.436];
const C7_JOINT: [f64; 2] = [-0.035, 0.552];
const SKULL_JOINT: [f64; 2] = [-0.025, 0.650];

/// Number of points that draw the midline of the back.
pub const BACK_POINTS: usize = 13;
/// Index of S2, T8 and T6 among the points of the back.
pub const BACK_S2: usize = 1;
pub const BACK_T8: usize = 9;
pub const BACK_T6: usize = 10;
/// Skin over S4, S2, S1, L5, L4, L3, L2, L1, T11, T8, T6, T4, C7: forward, up (m); and which of pelvis (0), L5 … L2
/// (1–4), lower rib cage with L1 (5), upper rib cage (6) carries it.
pub(super) const BACK: [([f64; 2], usize); BACK_POINTS] = [
    ([-0.1040, 0.032], 0),
    ([-0.1100, 0.080], 0),
    ([-0.1020, 0.116], 0),
    ([-0.0905, 0.148], 1),
    ([-0.0835, 0.184], 2),
    ([-0.0805, 0.222], 3),
    ([-0.0812, 0.262], 4),
    ([-0.0862, 0.302], 5),
    ([-0.0975, 0.352], 5),
    ([-0.1130, 0.428], 5),
    ([-0.1170, 0.472], 6),
    ([-0.1150, 0.510], 6),
    ([-0.0830, 0.567], 6),
];

/// One person's build. Lengths in metres.
#[derive(Clone, Debug, PartialEq)]
pub struct Body {
    pub name: &'static str,
    /// Ankle to knee joint.
    pub shank: f64,
    /// Knee to hip joint.
    pub thigh: f64,
    /// Middle of the hips to middle of the shoulders in neutral standing.
    pub trunk: f64,
    /// Shoulder to elbow joint.
    pub upper_arm: f64,
    /// Elbow to wrist joint.
    pub forearm: f64,
    /// Wrist to finger tips.
    pub hand: f64,
    /// Ankle joint above the floor.
    pub ankle_height: f64,
    /// Ankle to the rearmost point of the heel, along the foot.
    pub heel_back: f64,
    /// Ankle to the ball of the foot, along the foot.
    pub ball_front: f64,
    /// Ankle to the tip of the big toe, along the foot. The tip lies on the line heel–ankle (not 2 cm inside of it as
    /// on real feet), because RULES.md's knee-to-toe ratios were computed so.
    pub toe_front: f64,
    /// Half the distance of the hip joints.
    pub hip_half: f64,
    /// Half the distance of the shoulder joints.
    pub shoulder_half: f64,
    /// Belly and chest depth against the average body, ratio.
    pub girth: f64,
    /// Lumbar flexion of this person's own neutral against the average body's, degrees (+: flatter low back).
    pub flat_back_deg: f64,
    /// Thoracic flexion of this person's own neutral against the average body's, degrees.
    pub kyphosis_deg: f64,
}

impl Body {
    /// 1.70 m, all figures of RULES.md hold best on this one.
    pub fn average() -> Body {
        let h = STATURE;
        Body {
            name: "average",
            shank: 0.246 * h,
            thigh: 0.245 * h,
            trunk: TRUNK,
            upper_arm: 0.186 * h,
            forearm: 0.146 * h,
            hand: 0.108 * h,
            ankle_height: 0.039 * h,
            heel_back: 0.050,
            ball_front: 0.128,
            toe_front: 0.152 * h - 0.050,
            hip_half: 0.090,
            shoulder_half: 0.185,
            girth: 1.0,
            flat_back_deg: 0.0,
            kyphosis_deg: 0.0,
        }
    }

    /// Narrow and flat.
    pub fn slim() -> Body {
        Body { name: "slim", hip_half: 0.083, shoulder_half: 0.168, girth: 0.78, ..Body::average() }
    }

    /// Wide, with a belly.
    pub fn heavy() -> Body {
        Body { name: "heavy", hip_half: 0.098, shoulder_half: 0.200, girth: 1.55, ..Body::average() }
    }

    /// Long thighs on short shanks.
    pub fn long_femur() -> Body {
        let average = Body::average();
        Body { name: "long_femur", thigh: average.thigh * 1.10, shank: average.shank * 0.95, ..average }
    }

    /// 1.53 m.
    pub fn short() -> Body {
        Body { name: "short", ..Body::average().scaled(0.90) }
    }

    /// 1.90 m.
    pub fn tall() -> Body {
        Body { name: "tall", ..Body::average().scaled(1.12) }
    }

    /// Rounded upper back, flatter low back, head carried forward.
    pub fn older() -> Body {
        Body { name: "older", girth: 1.2, flat_back_deg: 8.0, kyphosis_deg: 15.0, ..Body::average().scaled(0.96) }
    }

    /// All of them, the average first.
    pub fn all() -> Vec<Body> {
        vec![
            Body::average(),
            Body::slim(),
            Body::heavy(),
            Body::long_femur(),
            Body::short(),
            Body::tall(),
            Body::older(),
        ]
    }

    /// The body of that name.
    pub fn by_name(name: &str) -> Option<Body> {
        Body::all().into_iter().find(|b| b.name == name)
    }

    /// Shoulder to wrist with a straight elbow, m.
    pub fn arm(&self) -> f64 {
        self.upper_arm + self.forearm
    }

    /// The ankle above the underside of heel and toe points, m: those points lie [`Body::SOLE`] above the floor.
    pub(super) fn ankle_over_sole(&self) -> f64 {
        self.ankle_height - Body::SOLE
    }

    /// Heel and toe points above the floor in standing, m.
    pub const SOLE: f64 = 0.015;

    fn scaled(self, k: f64) -> Body {
        Body {
            shank: self.shank * k,
            thigh: self.thigh * k,
            trunk: self.trunk * k,
            upper_arm: self.upper_arm * k,
            forearm: self.forearm * k,
            hand: self.hand * k,
            ankle_height: self.ankle_height * k,
            heel_back: self.heel_back * k,
            ball_front: self.ball_front * k,
            toe_front: self.toe_front * k,
            hip_half: self.hip_half * k,
            shoulder_half: self.shoulder_half * k,
            ..self
        }
    }

    /// A point of the spine's table in this body's size: forward, up, right (m) from the middle of the hips.
    pub(super) fn spine_point(&self, [x, y]: [f64; 2]) -> Vector3<f64> {
        Vector3::new(x, y, 0.0) * (self.trunk / TRUNK)
    }

    pub(super) fn lumbar_joint(&self, i: usize) -> Vector3<f64> {
        self.spine_point(LUMBAR_JOINTS[i])
    }

    pub(super) fn t7_joint(&self) -> Vector3<f64> {
        self.spine_point(T7_JOINT)
    }

    pub(super) fn c7_joint(&self) -> Vector3<f64> {
        self.spine_point(C7_JOINT)
    }

    pub(super) fn skull_joint(&self) -> Vector3<f64> {
        self.spine_point(SKULL_JOINT)
    }

    /// A landmark in front of the spine, whose depth grows with the girth.
    pub(super) fn front_point(&self, x: f64, y: f64, z: f64) -> Vector3<f64> {
        let p = self.spine_point([x, y]);
        Vector3::new(p.x * self.girth, p.y, z * self.trunk / TRUNK)
    }
}
