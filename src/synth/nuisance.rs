//! What spoils recordings: transforms over a stream of observations, in the order of their list.
//!
//! Walking in and out and uneven frame intervals are played by the clip itself ([`super::Options`]); rolling, moving
//! and turning the camera by [`super::Camera`]. What is here happens to any stream, recorded ones included.

use super::observe::Eye;
use super::{Body, BodyPose, Camera, Random};
use crate::geometry::{ImagePoint, rotate_about};
use crate::pose::{BackContour, DowelLine, Joint, Keypoint, Landmark, Landmarks, Observation};
use crate::units::{Side, Timestamp};
use nalgebra::{Vector2, Vector3};

/// One way to spoil a stream. Seconds count from its first frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Nuisance {
    /// This point is not seen from `start_s` for `secs` (a chair, a dog: 1.5 s in RULES.md).
    Occluded { joint: Joint, side: Side, start_s: f64, secs: f64 },
    /// The model takes left for right from `start_s` for `secs`.
    SidesSwapped { start_s: f64, secs: f64 },
    /// The model follows another person from `start_s` for `secs`.
    Bystander { start_s: f64, secs: f64, camera: Camera },
    /// A mirror image: the picture's sides and the athlete's are exchanged. `width` in px.
    Mirrored { width: u32 },
    /// Nobody is found in this share of the frames, at random.
    Dropouts { share: f64, seed: u64 },
    /// Everything happens `secs` later.
    Delayed { secs: f64 },
    /// The picture is scaled about the origin, then moved, px.
    Moved { scale: f64, x: f64, y: f64 },
    /// The picture is turned clockwise on screen about a point, px.
    Rolled { deg: f64, about: [f64; 2] },
}

impl Nuisance {
    /// Spoils `stream` in place.
    pub fn apply(&self, stream: &mut [Observation]) {
        let Some(first) = stream.first().map(|o| o.t) else { return };
        let during = |o: &Observation, start: f64, secs: f64| (start..start + secs).contains(&o.t.secs_since(first));
        match *self {
            Nuisance::Occluded { joint, side, start_s, secs } => {
                for observation in stream.iter_mut().filter(|o| during(o, start_s, secs)) {
                    if let Some(person) = &mut observation.person {
                        person.points[Landmark::of(joint, side)] = None;
                    }
                }
            }
            Nuisance::SidesSwapped { start_s, secs } => {
                for observation in stream.iter_mut().filter(|o| during(o, start_s, secs)) {
                    if let Some(person) = &mut observation.person {
                        person.points = swapped(&person.points);
                    }
                }
            }
            Nuisance::Bystander { start_s, secs, camera } => {
                for observation in stream.iter_mut().filter(|o| during(o, start_s, secs)) {
                    *observation =
                        Observation { t: observation.t, ..bystander(observation.t.secs_since(first), &camera) };
                }
            }
            Nuisance::Mirrored { width } => {
                for person in stream.iter_mut().filter_map(|o| o.person.as_mut()) {
                    person.points = swapped(&person.points);
                }
                let last = f64::from(width) - 1.0;
                move_points(stream, |p| ImagePoint::new(last - p.x, p.y), 1.0);
            }
            Nuisance::Dropouts { share, seed } => {
                let mut random = Random::new(seed);
                for observation in stream.iter_mut() {
                    if random.unit() < share {
                        observation.person = None;
                    }
                }
            }
            Nuisance::Delayed { secs } => {
                for observation in stream.iter_mut() {
                    observation.t = observation.t + secs;
                }
            }
            Nuisance::Moved { scale, x, y } => {
                move_points(stream, |p| ImagePoint::from(p.coords * scale + Vector2::new(x, y)), scale);
            }
            Nuisance::Rolled { deg, about } => {
                let pivot = ImagePoint::new(about[0], about[1]);
                move_points(stream, |p| rotate_about(p, pivot, deg), 1.0);
            }
        }
    }
}

/// What a model sees of somebody walking up and down 1.2 m behind the athlete, `secs` into the clip.
pub fn bystander(secs: f64, camera: &Camera) -> Observation {
    let body = Body::tall();
    // Half a metre a second, 1.2 m to either side. (Always facing the same way: on the way back they walk backwards.)
    let way = (secs * 0.5 + 0.6).rem_euclid(4.8);
    let across = if way < 2.4 { way - 1.2 } else { 3.6 - way };
    let mut posture = super::motion::walking(&body, across);
    let behind = camera.axes()[2] * 1.2;
    posture.hips += Vector3::new(behind.x, 0.0, behind.z);
    Eye::OWN.sees_pose(&BodyPose::new(&body, &posture), Timestamp::from_secs(secs), camera)
}

fn swapped(points: &Landmarks<Option<Keypoint>>) -> Landmarks<Option<Keypoint>> {
    let mut out = Landmarks::default();
    for (landmark, point) in points.iter() {
        out[landmark.mirrored()] = *point;
    }
    out
}

/// Moves everything in the picture; `scale` is what lengths grow by. Offsets of the back keep their sign: they count
/// away from the belly, not from a side of the picture.
fn move_points(stream: &mut [Observation], to: impl Fn(ImagePoint) -> ImagePoint + Copy, scale: f64) {
    for person in stream.iter_mut().filter_map(|o| o.person.as_mut()) {
        for (_, point) in person.points.iter_mut() {
            if let Some(point) = point {
                point.at = to(point.at);
            }
        }
        if let Some(back) = &mut person.back {
            *back = BackContour {
                sacrum: to(back.sacrum),
                t8: to(back.t8),
                offsets: back.offsets.map(|offset| offset.map(|o| o * scale)),
            };
        }
        if let Some(dowel) = &mut person.dowel {
            *dowel = DowelLine { top: to(dowel.top), bottom: to(dowel.bottom), head: dowel.head.map(to), ..*dowel };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synth::{Options, by_id, camera};

    fn stream(camera: &Camera) -> Vec<Observation> {
        let (clip, body) = (by_id("SQ-ok2").unwrap(), Body::average());
        clip.frames(&body, camera, 10.0, &Options::default()).map(|frame| Eye::OWN.sees(&frame, camera)).collect()
    }

    fn close(a: &Observation, b: &Observation) -> bool {
        let (Some(a), Some(b)) = (&a.person, &b.person) else { return a.person.is_none() && b.person.is_none() };
        a.points.iter().zip(b.points.iter()).all(|((_, a), (_, b))| match (a, b) {
            (Some(a), Some(b)) => (a.at - b.at).norm() < 1e-6,
            (a, b) => a.is_none() && b.is_none(),
        })
    }

    /// A body is its own mirror image: seen in a mirror it does what the camera on the other side would see.
    #[test]
    fn a_mirror_image_is_the_view_from_the_other_side() {
        let mut mirrored = stream(&Camera::standing(camera::Stand::Right));
        Nuisance::Mirrored { width: 720 }.apply(&mut mirrored);
        let left = stream(&Camera::standing(camera::Stand::Left));
        assert!(mirrored.iter().zip(&left).all(|(a, b)| close(a, b)));
    }

    #[test]
    fn mirroring_or_swapping_twice_is_nothing() {
        let before = stream(&Camera::standing(camera::Stand::Right));
        for nuisance in [Nuisance::Mirrored { width: 720 }, Nuisance::SidesSwapped { start_s: 2.0, secs: 1.5 }] {
            let mut stream = before.clone();
            nuisance.apply(&mut stream);
            assert!(!stream.iter().zip(&before).all(|(a, b)| close(a, b)));
            nuisance.apply(&mut stream);
            assert!(stream.iter().zip(&before).all(|(a, b)| close(a, b)));
        }
    }

    #[test]
    fn an_occlusion_lasts_as_long_as_it_says() {
        let mut seen = stream(&Camera::standing(camera::Stand::Right));
        Nuisance::Occluded { joint: Joint::Knee, side: Side::Right, start_s: 2.0, secs: 1.5 }.apply(&mut seen);
        let hidden = seen.iter().filter(|o| o.person.unwrap().points[Landmark::RightKnee].is_none()).count();
        assert_eq!(hidden, 15);
        assert!(seen.iter().all(|o| o.person.unwrap().points[Landmark::LeftKnee].is_some()));
    }

    #[test]
    fn a_bystander_is_somebody_else() {
        let camera = Camera::standing(camera::Stand::Right);
        let before = stream(&camera);
        let mut after = before.clone();
        Nuisance::Bystander { start_s: 2.0, secs: 1.0, camera }.apply(&mut after);
        let moved = before.iter().zip(&after).filter(|(a, b)| !close(a, b)).count();
        assert_eq!(moved, 10);
        assert!(after.iter().all(|o| o.person.is_some()));
    }
}
