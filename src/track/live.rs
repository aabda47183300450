//! The causal filter: One-Euro on coordinates in trunk lengths (Casiez, Roussel, Vogel, CHI 2012; RULES.md D).
//!
//! An outlier is replaced by the median of the last three; a point that vanishes coasts on, ever slower, for at most
//! 0.3 s.

use super::{BRIDGE_SECS, Pose, Seen, TIME_SLACK_SECS};
use crate::geometry::ImagePoint;
use crate::pose::{Landmark, Landmarks};
use crate::units::Timestamp;
use nalgebra::Vector2;

/// Cut-off at rest, Hz (RULES.md D).
const MIN_CUTOFF_HZ: f64 = 1.0;
/// Cut-off gained per trunk length per second of speed, Hz (RULES.md D: about 35 ms of lag in a squat).
const BETA: f64 = 5.0;
/// Cut-off of the speed estimate, Hz (RULES.md D).
const SPEED_CUTOFF_HZ: f64 = 1.0;
/// A point this far from where it was heading is doubted for one frame, trunk lengths: eight times the jitter of 0.01,
/// and more than a wrist at 3 m/s strays from a straight path in 1/30 s.
const OUTLIER: f64 = 0.08;
/// How long a vanished point coasts, s.
const COAST_SECS: f64 = 0.1;

#[derive(Default)]
pub(super) struct Live {
    tracks: Landmarks<Option<Track>>,
}

#[derive(Clone, Copy, Debug)]
struct Track {
    seen_at: Timestamp,
    /// The last two observed positions, newest first, and the time between them.
    raw: [ImagePoint; 2],
    raw_dt: f64,
    /// What went into the filter last: the observation, or the median that stood in for it.
    input: ImagePoint,
    /// Filtered.
    at: ImagePoint,
    /// Filtered, trunk lengths per second.
    speed: Vector2<f64>,
}

impl Live {
    pub fn push(&mut self, seen: &Seen) -> Pose {
        let mut pose = Pose {
            t: seen.t,
            points: Landmarks::default(),
            bridged: Landmarks::default(),
            back: seen.back,
            dowel: seen.dowel,
            axes: seen.axes,
            present: seen.present,
        };
        for &landmark in Landmark::ALL {
            let track = &mut self.tracks[landmark];
            *track = track.filter(|k| seen.t.secs_since(k.seen_at) <= BRIDGE_SECS + TIME_SLACK_SECS);
            if let Some(at) = seen.points[landmark] {
                *track = Some(track.map_or_else(|| Track::start(seen.t, at), |k| k.follow(seen.t, at, seen.trunk_px)));
                pose.points[landmark] = track.map(|k| k.at);
            } else if let Some(track) = track {
                pose.points[landmark] = Some(track.coast(seen.t, seen.trunk_px));
                pose.bridged[landmark] = true;
            }
        }
        pose
    }
}

impl Track {
    fn start(t: Timestamp, at: ImagePoint) -> Track {
        Track { seen_at: t, raw: [at; 2], raw_dt: 0.0, input: at, at, speed: Vector2::zeros() }
    }

    fn follow(self, t: Timestamp, observed: ImagePoint, trunk_px: f64) -> Track {
        let dt = t.secs_since(self.seen_at);
        if dt <= 0.0 {
            return self;
        }
        let heading =
            if self.raw_dt > 0.0 { (self.raw[0] - self.raw[1]) * (dt / self.raw_dt) } else { Vector2::zeros() };
        let strayed = (observed - (self.raw[0] + heading)).norm().min((observed - self.raw[0]).norm());
        let input = if strayed > OUTLIER * trunk_px {
            ImagePoint::new(
                median3(observed.x, self.raw[0].x, self.raw[1].x),
                median3(observed.y, self.raw[0].y, self.raw[1].y),
            )
        } else {
            observed
        };
        // From input to input, as RULES.md D was computed: measured from the filtered point the speed would hold its lag.
        let speed_now = (input - self.input) / (trunk_px * dt);
        let speed = self.speed + (speed_now - self.speed) * smoothing(SPEED_CUTOFF_HZ, dt);
        let axis =
            |from: f64, to: f64, speed: f64| from + (to - from) * smoothing(MIN_CUTOFF_HZ + BETA * speed.abs(), dt);
        let at = ImagePoint::new(axis(self.at.x, input.x, speed.x), axis(self.at.y, input.y, speed.y));
        Track { seen_at: t, raw: [observed, self.raw[0]], raw_dt: dt, input, at, speed }
    }

    /// Where the point would be by now if it slowed down evenly since it was last seen.
    fn coast(&self, t: Timestamp, trunk_px: f64) -> ImagePoint {
        let secs = t.secs_since(self.seen_at).max(0.0);
        self.at + self.speed * (trunk_px * COAST_SECS * (1.0 - (-secs / COAST_SECS).exp()))
    }
}

/// The weight of the newest sample in a first-order low-pass of this cut-off.
fn smoothing(cutoff_hz: f64, dt: f64) -> f64 {
    let tau = 1.0 / (std::f64::consts::TAU * cutoff_hz);
    dt / (dt + tau)
}

fn median3(a: f64, b: f64, c: f64) -> f64 {
    a.min(b).max(a.max(b).min(c))
}
