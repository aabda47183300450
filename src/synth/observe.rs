//! What a pose model would have seen of a frame: exactly (tier 0), or with the errors of RULES.md 0.2.
//!
//! Input: a [`TruthFrame`] and the camera it was made with. Output: an [`Observation`] with the landmarks the model
//! knows, score 1.0, and the line of the back if it has one. Points outside the picture are not seen; hiding behind the
//! own body is the renderer's business.

use super::body::{BACK_S2, BACK_T8};
use super::{BodyPose, Camera, Random, TruthFrame};
use crate::geometry::{ImagePoint, midpoint};
use crate::pose::{BackContour, DowelLine, Joint, Keypoint, Landmark, Landmarks, Observation, Person};
use crate::units::{Side, Timestamp};
use nalgebra::{Rotation2, Vector2};

/// COCO's 17 points: no feet, no spine.
pub const COCO17: &[Landmark] = Landmark::ALL.split_at(17).0;

/// What formcheck uses of BlazePose's 33: COCO's, heels and big toes.
pub const BLAZEPOSE: &[Landmark] = {
    use Landmark::*;
    &[
        Nose,
        LeftEye,
        RightEye,
        LeftEar,
        RightEar,
        LeftShoulder,
        RightShoulder,
        LeftElbow,
        RightElbow,
        LeftWrist,
        RightWrist,
        LeftHip,
        RightHip,
        LeftKnee,
        RightKnee,
        LeftAnkle,
        RightAnkle,
        LeftHeel,
        RightHeel,
        LeftBigToe,
        RightBigToe,
    ]
};

/// What a model can see.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Eye {
    pub landmarks: &'static [Landmark],
    /// Cuts the line of the back, and a dowel held along it, out of the picture.
    pub contour: bool,
}

impl Eye {
    /// Every landmark and the contour.
    pub const OWN: Eye = Eye { landmarks: Landmark::ALL, contour: true };
    /// BlazePose with its mask: the contour, but no spine points.
    pub const BLAZEPOSE: Eye = Eye { landmarks: BLAZEPOSE, contour: true };
    /// COCO points alone: no rule about the spine can be judged.
    pub const COCO17: Eye = Eye { landmarks: COCO17, contour: false };

    /// The exact observation.
    pub fn sees(&self, frame: &TruthFrame, camera: &Camera) -> Observation {
        let mut observation = self.sees_pose(&frame.pose, frame.t, camera);
        if let (Some(person), Some([lower, upper]), true) = (&mut observation.person, frame.dowel, self.contour) {
            let head = Some(camera.project(frame.pose.landmarks[Landmark::Occiput]));
            person.dowel = Some(DowelLine {
                top: camera.project(upper),
                bottom: camera.project(lower),
                head,
                thickness: None,
                covered: None,
            });
        }
        observation
    }

    /// The exact observation of a body that belongs to no clip.
    pub fn sees_pose(&self, pose: &BodyPose, t: Timestamp, camera: &Camera) -> Observation {
        let mut points = Landmarks::default();
        for &landmark in self.landmarks {
            let at = camera.project(pose.landmarks[landmark]);
            points[landmark] = inside(camera, at).then_some(Keypoint { at, score: 1.0 });
        }
        let anyone = points.0.iter().any(Option::is_some);
        let back = if self.contour { back_contour(pose, camera) } else { None };
        Observation { t, person: anyone.then_some(Person { points, back, ..Person::default() }) }
    }
}

fn inside(camera: &Camera, p: ImagePoint) -> bool {
    let within = |v: f64, size: u32| (-0.5..f64::from(size) - 0.5).contains(&v);
    within(p.x, camera.width) && within(p.y, camera.height)
}

/// Samples of the back's skin line that the contour is cut from.
const SAMPLES: usize = 96;

/// The outline of the back between sacrum (S2) and T8 as the camera sees it: offsets from the straight chord at stations
/// 0, 1/23 … 1 of it, positive away from the belly. `None` unless the camera stands within 45 degrees of side-on, or
/// when an end lies outside the picture.
pub fn back_contour(pose: &BodyPose, camera: &Camera) -> Option<BackContour> {
    let across = (pose.landmarks[Landmark::RightHip] - pose.landmarks[Landmark::LeftHip]).normalize();
    if across.dot(&camera.axes()[2]).abs() < std::f64::consts::FRAC_1_SQRT_2 {
        return None;
    }
    let (sacrum, t8) = (camera.project(pose.back[BACK_S2]), camera.project(pose.back[BACK_T8]));
    if !inside(camera, sacrum) || !inside(camera, t8) {
        return None;
    }
    let chord = t8 - sacrum;
    let along = chord / chord.norm_squared();
    let mut outside = Vector2::new(-chord.y, chord.x).normalize();
    if (camera.project(pose.landmarks[Landmark::Navel]) - sacrum).dot(&outside) > 0.0 {
        outside = -outside;
    }
    // (place along the chord 0..1, offset px) of the sampled line, which runs from sacrum to T8 without turning back.
    let sample = |i: usize| {
        let p = camera.project(pose.back_curve(i as f64 / (SAMPLES - 1) as f64)) - sacrum;
        (p.dot(&along), p.dot(&outside))
    };
    let mut offsets = [None; BackContour::STATIONS];
    let (mut i, mut before, mut after) = (1, sample(0), sample(1));
    for (station, offset) in offsets.iter_mut().enumerate() {
        let s = station as f64 / (BackContour::STATIONS - 1) as f64;
        while after.0 < s && i + 1 < SAMPLES {
            i += 1;
            (before, after) = (after, sample(i));
        }
        let span = (after.0 - before.0).max(1e-9);
        *offset = Some(before.1 + (after.1 - before.1) * ((s - before.0) / span).clamp(0.0, 1.0));
    }
    Some(BackContour { sacrum, t8, offsets })
}

/// How good the model is (RULES.md 0.2): Q1 a good model on fitted clothes, Q2 twice its error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quality {
    Q1,
    Q2,
}

impl Quality {
    fn scale(self) -> f64 {
        match self {
            Quality::Q1 => 1.0,
            Quality::Q2 => 2.0,
        }
    }
}

/// Per-frame jitter of a point, mm, and its frame-to-frame correlation (`rules_sim/sim.py`).
const JITTER_MM: f64 = 5.0;
const JITTER_RHO: f64 = 0.6;
/// Left and right share this part of a bias' variance (`rules_sim/front2.py`).
const SHARED_SIDES: f64 = 0.7;
/// Errors of spine points are alike over this length of the back, mm (`rules_sim/spine2.py`).
const SPINE_LENGTH_MM: f64 = 120.0;
/// Error of the contour, mm, alike over 30 mm (`rules_sim/spine.py`), and what of it changes from frame to frame.
const CONTOUR_MM: f64 = 3.0;
const CONTOUR_JITTER_MM: f64 = 1.0;

/// Standard deviations of a point's bias, mm: the common part, which a person and a camera keep, and the part that
/// differs between the start position and the far end. `rules_sim/sim.py`; spine points as its "SpinePose-like" class.
fn bias_mm(landmark: Landmark) -> (f64, f64) {
    use Landmark::*;
    match landmark {
        LeftHip | RightHip | LeftAsis | RightAsis | LeftTrochanter | RightTrochanter => (25.0, 20.0),
        LeftKnee | RightKnee => (20.0, 12.0),
        LeftAnkle | RightAnkle => (8.0, 8.0),
        LeftShoulder | RightShoulder => (15.0, 12.0),
        LeftElbow | RightElbow | LeftWrist | RightWrist => (12.0, 10.0),
        LeftHeel | RightHeel | LeftBigToe | RightBigToe | LeftSmallToe | RightSmallToe => (10.0, 8.0),
        Nose | LeftEye | RightEye | LeftEar | RightEar | HeadTop | Occiput => (10.0, 8.0),
        C7 | T4 | T8 | L1 | L3 | S1 | S2 | S4 => (20.0, 10.0),
        LeftPsis | RightPsis | JugularNotch | Xiphoid | Navel => (20.0, 15.0),
    }
}

/// Place of a spine point along the back, mm from S4; `None` for other points.
fn along_back_mm(landmark: Landmark) -> Option<f64> {
    use Landmark::*;
    match landmark {
        S4 => Some(0.0),
        S2 => Some(48.0),
        S1 => Some(82.0),
        L3 => Some(183.0),
        L1 => Some(261.0),
        T8 => Some(376.0),
        T4 => Some(471.0),
        C7 => Some(540.0),
        _ => None,
    }
}

/// Errors of a model on one clip: biases drawn once from the seed, jitter frame by frame.
#[derive(Clone, Debug)]
pub struct Noise {
    quality: Quality,
    random: Random,
    common: Landmarks<Vector2<f64>>,
    at_rest: Landmarks<Vector2<f64>>,
    at_peak: Landmarks<Vector2<f64>>,
    jitter: Landmarks<Vector2<f64>>,
    contour_at_rest: [f64; BackContour::STATIONS],
    contour_at_peak: [f64; BackContour::STATIONS],
    started: bool,
}

impl Noise {
    pub fn new(quality: Quality, seed: u64) -> Noise {
        let mut random = Random::new(seed);
        let common = draw_biases(&mut random, |l| bias_mm(l).0);
        let at_rest = draw_biases(&mut random, |l| bias_mm(l).1);
        let at_peak = draw_biases(&mut random, |l| bias_mm(l).1);
        let contour_at_rest = draw_contour(&mut random);
        let contour_at_peak = draw_contour(&mut random);
        let jitter = Landmarks::default();
        Noise { quality, random, common, at_rest, at_peak, jitter, contour_at_rest, contour_at_peak, started: false }
    }

    /// Adds the errors. The posture's bias moves from that of the start to that of the far end with
    /// [`TruthFrame::progress`]; RULES.md assumes independent draws for the two.
    pub fn disturb(&mut self, frame: &TruthFrame, camera: &Camera, observation: &mut Observation) {
        self.step();
        let scale = self.quality.scale();
        let w = frame.progress;
        let frontal = camera.azimuth_deg().to_radians().sin().abs() > std::f64::consts::FRAC_1_SQRT_2;
        let px_per_mm = camera.px_per_m(frame.pose.hips) * 1e-3;
        let trunk = trunk_turn(frame);
        let Some(person) = &mut observation.person else { return };
        for (landmark, point) in person.points.iter_mut() {
            let Some(point) = point else { continue };
            let mut bias = self.common[landmark] + self.at_rest[landmark] * (1.0 - w) + self.at_peak[landmark] * w;
            if along_back_mm(landmark).is_some() || landmark == Landmark::Occiput {
                // A model that places the skin of the back too far out or too high does so wherever the back turns
                // (`rules_sim/spine2.py`: "in trunk frame").
                bias = trunk.transform_vector(&bias);
            }
            if frontal && landmark.side() == Some(Side::Left) {
                // What left and right share points outwards on both from the front, the same way from the side.
                bias.x = -bias.x;
            }
            point.at += (bias + self.jitter[landmark]) * scale * px_per_mm;
        }
        // A head that is followed in the picture begins where it is and strays from there.
        let strayed = trunk.transform_vector(&self.at_peak[Landmark::Occiput]) * (w * scale * px_per_mm);
        person.dowel.iter_mut().flat_map(|dowel| &mut dowel.head).for_each(|head| *head += strayed);
        if let Some(back) = &mut person.back {
            for (i, offset) in back.offsets.iter_mut().enumerate() {
                let Some(offset) = offset else { continue };
                let bias = self.contour_at_rest[i] * (1.0 - w) + self.contour_at_peak[i] * w;
                let jitter = CONTOUR_JITTER_MM * self.random.normal();
                *offset += (bias + jitter) * scale * px_per_mm;
            }
        }
    }

    fn step(&mut self) {
        let fresh = if self.started { (1.0 - JITTER_RHO * JITTER_RHO).sqrt() } else { 1.0 };
        let kept = if self.started { JITTER_RHO } else { 0.0 };
        self.started = true;
        for (_, jitter) in self.jitter.iter_mut() {
            let draw = Vector2::new(self.random.normal(), self.random.normal());
            *jitter = *jitter * kept + draw * (JITTER_MM * fresh);
        }
    }
}

/// How the trunk is turned in the picture against upright.
fn trunk_turn(frame: &TruthFrame) -> Rotation2<f64> {
    let middle = |joint| {
        let [left, right] = Side::BOTH.map(|side| frame.image[Landmark::of(joint, side)]);
        midpoint(left, right)
    };
    let axis = middle(Joint::Shoulder) - middle(Joint::Hip);
    Rotation2::new(axis.x.atan2(-axis.y))
}

fn draw_biases(random: &mut Random, sd: impl Fn(Landmark) -> f64) -> Landmarks<Vector2<f64>> {
    let mut pair = || Vector2::new(random.normal(), random.normal());
    let spine: Vec<Vector2<f64>> = (0..=SPINE_KNOTS).map(|_| pair()).collect();
    let mut unit: Landmarks<Vector2<f64>> = Landmarks::default();
    for &landmark in Landmark::ALL {
        unit[landmark] = match along_back_mm(landmark) {
            Some(mm) => smooth_noise(&spine, mm),
            None => pair(),
        };
    }
    let own = unit;
    for &landmark in Landmark::ALL {
        if landmark.side() == Some(Side::Right) {
            let shared = own[landmark.mirrored()];
            // r = 0.7 between the sides.
            unit[landmark] = shared * SHARED_SIDES + own[landmark] * (1.0 - SHARED_SIDES * SHARED_SIDES).sqrt();
        }
        unit[landmark] *= sd(landmark);
    }
    unit
}

/// Knots of white noise along the back, 40 mm apart, from 240 mm below S4 to 240 mm above C7.
const SPINE_KNOTS: usize = 26;

/// Unit-variance noise that is alike over [`SPINE_LENGTH_MM`]: white noise seen through a Gaussian window.
fn smooth_noise(knots: &[Vector2<f64>], mm: f64) -> Vector2<f64> {
    let (mut sum, mut power) = (Vector2::zeros(), 0.0);
    for (i, knot) in knots.iter().enumerate() {
        // This window makes a correlation of exp(−½ (distance / length)²).
        let away = (mm - (i as f64 * 40.0 - 240.0)) / SPINE_LENGTH_MM;
        let weight = (-away * away).exp();
        sum += knot * weight;
        power += weight * weight;
    }
    sum / power.sqrt()
}

/// Contour error, mm: neighbouring stations lie about 14 mm apart, the error is alike over 30.
fn draw_contour(random: &mut Random) -> [f64; BackContour::STATIONS] {
    let rho = (-0.5f64 * (14.0f64 / 30.0).powi(2)).exp();
    let mut value = random.normal();
    std::array::from_fn(|_| {
        let here = value * CONTOUR_MM;
        value = rho * value + (1.0 - rho * rho).sqrt() * random.normal();
        here
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synth::{Body, Options, by_id};

    fn seen(seed: u64) -> Vec<Observation> {
        let (clip, body) = (by_id("SQ-ok2").unwrap(), Body::average());
        let mut noise = Noise::new(Quality::Q1, seed);
        clip.frames(&body, &clip.camera, 10.0, &Options::default())
            .map(|frame| {
                let mut observation = Eye::OWN.sees(&frame, &clip.camera);
                noise.disturb(&frame, &clip.camera, &mut observation);
                observation
            })
            .collect()
    }

    #[test]
    fn the_same_seed_gives_the_same_errors() {
        assert_eq!(seen(7), seen(7));
        assert_ne!(seen(7), seen(8));
    }

    /// The standard deviation of the shoulder's error over many clips is √(15² + 12² + 5²) = 19.8 mm for Q1.
    #[test]
    fn errors_have_the_size_of_rules_md() {
        let (clip, body) = (by_id("SQ-ok2").unwrap(), Body::average());
        let frame = clip.frames(&body, &clip.camera, 1.0, &Options::default()).next().unwrap();
        for (quality, expected) in [(Quality::Q1, 19.8), (Quality::Q2, 39.6)] {
            let mut sum = 0.0;
            for seed in 0..1000 {
                let mut observation = Eye::COCO17.sees(&frame, &clip.camera);
                Noise::new(quality, seed).disturb(&frame, &clip.camera, &mut observation);
                let at = observation.person.unwrap().points[Landmark::LeftShoulder].unwrap().at;
                sum += (at.x - frame.image[Landmark::LeftShoulder].x).powi(2);
            }
            let mm = (sum / 1000.0f64).sqrt() / clip.camera.px_per_m(frame.pose.hips) * 1e3;
            assert!((mm / expected - 1.0).abs() < 0.08, "{quality:?}: {mm} mm instead of {expected} (seeds 0..1000)");
        }
    }

    #[test]
    fn a_model_sees_only_what_it_knows() {
        let (clip, body) = (by_id("SQ-ok2").unwrap(), Body::average());
        let frame = clip.frames(&body, &clip.camera, 1.0, &Options::default()).next().unwrap();
        let count = |eye: Eye| eye.sees(&frame, &clip.camera).person.unwrap().points.0.iter().flatten().count();
        assert_eq!([count(Eye::OWN), count(Eye::BLAZEPOSE), count(Eye::COCO17)], [42, 21, 17]);
        assert!(Eye::COCO17.sees(&frame, &clip.camera).person.unwrap().back.is_none());
    }

    /// The deepest station of the contour, in mm, is the gap, with the sign of a hollow.
    #[test]
    fn the_contour_shows_the_gap() {
        let body = Body::average();
        for (id, mm) in [("HH-ok", 31.0), ("HH-arch25", 53.0)] {
            let clip = by_id(id).unwrap();
            let camera = clip.camera.orthographic();
            let scale = camera.focal_px() / camera.distance_m * 1e-3;
            let secs = if mm > 40.0 { 4.15 } else { 0.0 };
            let frame = clip.frame_at(&body, &camera, crate::units::Timestamp::ZERO, secs);
            let back = back_contour(&frame.pose, &camera).unwrap();
            let lowest = back.offsets.iter().flatten().fold(0.0f64, |m, &o| m.min(o));
            let gap = -lowest / scale;
            assert!((gap - frame.truth.gap_mm).abs() < 0.5, "{gap} against {}", frame.truth.gap_mm);
            assert!((gap - mm).abs() < 1.0, "{id}: {gap} against {mm}");
        }
        // From the front there is no outline of the back.
        let clip = by_id("SQ-ok2-front").unwrap();
        let frame = clip.frame_at(&body, &clip.camera, crate::units::Timestamp::ZERO, 0.0);
        assert!(back_contour(&frame.pose, &clip.camera).is_none());
    }
}
