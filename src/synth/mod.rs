//! A synthetic athlete with known truth: for testing rules without a network, for rendering clips and training pictures.
//!
//! A [`Clip`] (who does what, how and when) played by a [`Body`] before a [`Camera`] gives [`TruthFrame`]s: the pose of
//! the body for a renderer, every angle and gap for a test, the landmarks in the picture. [`observe`] turns a frame
//! into what a pose model would have seen, exactly or with the errors of RULES.md 0.2; [`nuisance`] spoils a stream of
//! observations as real recordings are spoilt.
//!
//! World frame, rest pose and signs: [`skeleton`]. Pure: no file, clock or thread; all chance comes from a seed.
//!
//! Not handled: muscles, balance and flesh; a posture is what its angles say even where a person would fall over.

pub mod body;
pub mod camera;
pub mod clips;
mod ik;
pub mod motion;
pub mod nuisance;
pub mod observe;
pub mod skeleton;
pub mod timeline;
pub mod truth;

pub use body::Body;
pub use camera::Camera;
pub use clips::{Clip, Expected, all, by_id};
pub use skeleton::{BodyPose, Posture, Segment};
pub use timeline::Phase;
pub use truth::Truth;

use crate::geometry::ImagePoint;
use crate::pose::Landmarks;
use crate::units::{Side, Timestamp};
use motion::{Staged, minimum_jerk, walking};
use nalgebra::Point3;

/// One moment of a clip, and what is true in it.
#[derive(Clone, Debug, PartialEq)]
pub struct TruthFrame {
    pub t: Timestamp,
    pub phase: Phase,
    /// The repetition going on, from 1; `None` between them.
    pub rep: Option<usize>,
    /// Seconds spent in the hold going on.
    pub hold_s: Option<f64>,
    /// 0 in the start position, 1 at the far end.
    pub progress: f64,
    /// For a renderer.
    pub pose: BodyPose,
    /// Lower and upper end of the dowel, m.
    pub dowel: Option<[Point3<f64>; 2]>,
    pub truth: Truth,
    /// The side nearer the camera.
    pub near: Side,
    /// Where every landmark lies in the picture, px, inside it or not, hidden or not.
    pub image: Landmarks<ImagePoint>,
}

/// How a clip is played.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Walks in and gets into position first (4.5 s).
    pub walk_in: bool,
    /// Gets up and walks out at the end (4.5 s).
    pub walk_out: bool,
    /// Frame intervals vary by up to a third, from this seed.
    pub uneven: Option<u64>,
}

/// Walking, then getting into position, s.
const WALK_SECS: f64 = 3.0;
const SETTLE_SECS: f64 = 1.5;

impl Clip {
    /// The frames of this clip, `fps` a second, from time 0 to its end.
    pub fn frames<'a>(&'a self, body: &'a Body, camera: &'a Camera, fps: f64, options: &Options) -> Frames<'a> {
        Frames { clip: self, body, camera, fps, options: *options, next: 0, random: options.uneven.map(Random::new) }
    }

    /// Seconds that `options` put before the clip's own time.
    pub fn lead_s(&self, options: &Options) -> f64 {
        if options.walk_in { WALK_SECS + SETTLE_SECS } else { 0.0 }
    }

    /// Length in seconds, walking included.
    pub fn duration_s(&self, options: &Options) -> f64 {
        let out = if options.walk_out { WALK_SECS + SETTLE_SECS } else { 0.0 };
        self.lead_s(options) + self.timeline.duration_s() + out
    }

    /// The frame at `secs` of the clip's own time; negative while walking in, beyond its end while walking out.
    pub fn frame_at(&self, body: &Body, camera: &Camera, t: Timestamp, secs: f64) -> TruthFrame {
        let end = self.timeline.duration_s();
        let (channels, mut phase) = self.timeline.at(secs.clamp(0.0, end));
        let mut staged = self.shape.stage(body, channels, secs.clamp(0.0, end));
        let outside = (-secs).max(secs - end);
        if outside > 0.0 {
            staged = on_the_way(body, camera, staged, secs < 0.0, outside);
            phase = Phase::Walk;
        }
        let pose = BodyPose::new(body, &staged.posture);
        TruthFrame {
            t,
            phase,
            rep: self.timeline.rep_at(secs),
            hold_s: self.timeline.hold_at(secs),
            progress: channels.iter().fold(0.0f64, |most, &c| most.max(c)).min(1.0),
            truth: Truth::new(body, &staged.posture, &pose, staged.dowel),
            near: camera.near(),
            image: Landmarks(pose.landmarks.0.map(|p| camera.project(p))),
            dowel: staged.dowel,
            pose,
        }
    }
}

/// The posture `away` seconds before the clip begins or after it ends.
fn on_the_way(body: &Body, camera: &Camera, staged: Staged, before: bool, away: f64) -> Staged {
    // From beside the picture; towards or away from a camera in front or behind, not through it.
    let far = if camera.azimuth_deg().to_radians().sin().abs() < 0.7 { 0.93 } else { 0.5 };
    let sign = if before { -1.0 } else { 1.0 };
    let x = sign * far * (away - SETTLE_SECS).max(0.0);
    let walk = walking(body, x);
    let u = minimum_jerk(away / SETTLE_SECS);
    staged.posture.blend(&walk, u).into()
}

/// See [`Clip::frames`].
pub struct Frames<'a> {
    clip: &'a Clip,
    body: &'a Body,
    camera: &'a Camera,
    fps: f64,
    options: Options,
    next: u32,
    random: Option<Random>,
}

impl Iterator for Frames<'_> {
    type Item = TruthFrame;

    fn next(&mut self) -> Option<TruthFrame> {
        let jitter = match &mut self.random {
            Some(random) if self.next > 0 => (random.unit() - 0.5) / 1.5,
            _ => 0.0,
        };
        let secs = (f64::from(self.next) + jitter) / self.fps;
        let playing = self.fps > 0.0 && secs <= self.clip.duration_s(&self.options);
        if !playing {
            return None;
        }
        self.next += 1;
        let own = secs - self.clip.lead_s(&self.options);
        Some(self.clip.frame_at(self.body, self.camera, Timestamp::from_secs(secs), own))
    }
}

/// SplitMix64: small, fast, the same on every machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed)
    }

    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// 0 ≤ value < 1.
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Standard normal (Box–Muller).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }
}

#[cfg(test)]
mod tests;
