//! What is known exactly about a rendered picture.
//!
//! Landmarks in space and in the picture with their visibility by depth test, the outline of the bare back, directions of
//! the trunk's parts, joint angles. All of it refers to the athlete (the first figure) and to the skin, never to the cloth;
//! joint centres lie inside the body and count as visible when no more than their usual depth of flesh is before them.

use super::linear::V3;
use super::outfit::Person;
use super::pack::BodyPack;
use super::raster::Depth;
use super::rig::{Group, Motion, RigAngles, RigPose};
use super::scene::Camera;
use super::shape::Point;
use crate::geometry::ImagePoint;
use crate::pose::{BackContour, Landmark, Landmarks};

/// Whether a landmark can be seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Visibility {
    /// Not in the picture.
    #[default]
    Outside,
    /// In the picture, behind something.
    Hidden,
    Visible,
}

/// One landmark.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TruePoint {
    /// World metres.
    pub world: V3,
    /// Picture px.
    pub at: [f32; 2],
    /// Along the optical axis, metres.
    pub depth: f32,
    pub visibility: Visibility,
}

/// Where a part of the trunk points: its own "up".
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TrueAxis {
    /// World, unit.
    pub world: V3,
    /// In the picture (x right, y down), unit; zero when it points at the camera.
    pub image: [f32; 2],
    /// Length of the unit vector as seen: 1 in the picture plane, 0 towards the camera.
    pub seen: f32,
    /// It points towards the camera rather than away.
    pub towards_camera: bool,
}

/// Everything known about the athlete.
#[derive(Clone, Debug, Default)]
pub struct Truth {
    pub points: Landmarks<TruePoint>,
    /// Outline of the bare back, when it is seen from the side (hidden or not).
    pub back: Option<BackContour>,
    pub pelvis: TrueAxis,
    /// T12/L1 to T7.
    pub thoraco_lumbar: TrueAxis,
    pub upper_thorax: TrueAxis,
    pub angles: RigAngles,
    /// Where the front of the pelvis looks, in camera axes: right, down, ahead; unit.
    pub facing: V3,
}

/// World places of all landmarks of a posed person.
pub(super) fn landmarks(pack: &BodyPack, person: &Person, motion: &Motion) -> Landmarks<V3> {
    let mut out = Landmarks::default();
    for &l in Landmark::ALL {
        out[l] = match person.body.points[l] {
            Some(Point::Rigid(rest, slot)) => motion.carry(slot as usize, rest),
            Some(Point::Skin(v)) => skin_point(pack, person, motion, v),
            None => V3::ZERO,
        };
    }
    out
}

#[inline]
fn skin_point(pack: &BodyPack, person: &Person, motion: &Motion, vertex: u16) -> V3 {
    let rest = person.body.vertices[vertex as usize];
    pack.weights_of(vertex as usize)
        .iter()
        .fold(V3::ZERO, |sum, &(slot, weight)| sum + motion.carry(slot as usize, rest) * weight)
}

/// Flesh (and cloth) usually before a landmark, metres.
fn cover_of(landmark: Landmark) -> f32 {
    use Landmark::*;
    match landmark {
        LeftHip | RightHip => 0.14,
        LeftShoulder | RightShoulder => 0.10,
        LeftKnee | RightKnee => 0.09,
        LeftElbow | RightElbow | LeftAnkle | RightAnkle => 0.07,
        LeftWrist | RightWrist => 0.055,
        // From the side the near half of the back bulges before its midline; from the front the whole trunk does.
        C7 | T4 | T8 | L1 | L3 | S1 | S2 | S4 => 0.10,
        Nose | LeftEye | RightEye | LeftEar | RightEar => 0.035,
        _ => 0.05,
    }
}

/// What is measured in one picture besides the pose: reused buffers.
#[derive(Debug, Default)]
pub(super) struct Measuring {
    trunk: Vec<V3>,
}

impl Measuring {
    /// Fills `truth`. `depth` has `samples` sub-samples per pixel side.
    #[allow(clippy::too_many_arguments)] // One call, from the renderer only.
    pub fn take(
        &mut self,
        pack: &BodyPack,
        person: &Person,
        pose: &RigPose,
        motion: &Motion,
        camera: &Camera,
        depth: &Depth,
        samples: usize,
        truth: &mut Truth,
    ) {
        let world = landmarks(pack, person, motion);
        for &l in Landmark::ALL {
            let seen = camera.project(world[l]);
            truth.points[l] = TruePoint {
                world: world[l],
                at: [seen.x, seen.y],
                depth: seen.z,
                visibility: visibility(seen, cover_of(l), camera, depth, samples),
            };
        }
        let axis = |group: Group| {
            let up = *pose.turn(group) * V3::Z;
            let d = camera.direction(up);
            let seen = d.x.hypot(d.y);
            let image = if seen > 1e-3 { [d.x / seen, d.y / seen] } else { [0.0; 2] };
            TrueAxis { world: up, image, seen, towards_camera: d.z < 0.0 }
        };
        truth.pelvis = axis(Group::Pelvis);
        truth.thoraco_lumbar = axis(Group::LowerThorax);
        truth.upper_thorax = axis(Group::UpperThorax);
        truth.facing = camera.direction(*pose.turn(Group::Pelvis) * -V3::Y);
        truth.angles = RigAngles::of(pose);
        truth.back = self.back(pack, person, pose, motion, camera, truth);
    }

    /// The outermost trunk skin at each station of the chord S2–T8.
    fn back(
        &mut self,
        pack: &BodyPack,
        person: &Person,
        pose: &RigPose,
        motion: &Motion,
        camera: &Camera,
        truth: &Truth,
    ) -> Option<BackContour> {
        /// How much of the rearward direction must lie across the view: cos 50°.
        const SIDEWAYS: f32 = 0.64;
        let rearward = |g: Group| camera.direction(*pose.turn(g) * V3::Y);
        let rear = (rearward(Group::Pelvis) + rearward(Group::LowerThorax)).unit();
        if rear.x.hypot(rear.y) < SIDEWAYS {
            return None;
        }
        let (s2, t8) = (truth.points[Landmark::S2], truth.points[Landmark::T8]);
        if s2.depth < 0.1 || t8.depth < 0.1 {
            return None;
        }
        let (dx, dy) = (t8.at[0] - s2.at[0], t8.at[1] - s2.at[1]);
        let length = dx.hypot(dy);
        if length < 4.0 {
            return None;
        }
        let (ux, uy) = (dx / length, dy / length);
        let mut normal = (-uy, ux);
        if normal.0 * rear.x + normal.1 * rear.y < 0.0 {
            normal = (uy, -ux);
        }
        self.trunk.clear();
        self.trunk.resize(pack.vertices, V3::ZERO);
        for &v in pack.trunk_vertices() {
            let p = camera.project(skin_point(pack, person, motion, v));
            let (x, y) = (p.x - s2.at[0], p.y - s2.at[1]);
            self.trunk[v as usize] = super::linear::v3((x * ux + y * uy) / length, x * normal.0 + y * normal.1, p.z);
        }
        const LAST: f32 = (BackContour::STATIONS - 1) as f32;
        let mut outermost = [f32::NEG_INFINITY; BackContour::STATIONS];
        for &[a, b] in &pack.trunk_edges {
            let (p, q) = (self.trunk[a as usize], self.trunk[b as usize]);
            let (p, q) = if p.x <= q.x { (p, q) } else { (q, p) };
            let first = (p.x * LAST).ceil().max(0.0);
            let last = (q.x * LAST).floor().min(LAST);
            let mut station = first;
            while station <= last {
                let t = (station / LAST - p.x) / (q.x - p.x).max(1e-9);
                let out = p.y + (q.y - p.y) * t.clamp(0.0, 1.0);
                let slot = &mut outermost[station as usize];
                *slot = slot.max(out);
                station += 1.0;
            }
        }
        let point = |p: [f32; 2]| ImagePoint::new(f64::from(p[0]), f64::from(p[1]));
        let offsets = outermost.map(|o| o.is_finite().then_some(f64::from(o)));
        Some(BackContour { sacrum: point(s2.at), t8: point(t8.at), offsets })
    }
}

fn visibility(seen: V3, cover: f32, camera: &Camera, depth: &Depth, samples: usize) -> Visibility {
    let inside = seen.z > 0.05
        && seen.x > -0.5
        && seen.y > -0.5
        && seen.x < camera.width as f32 - 0.5
        && seen.y < camera.height as f32 - 0.5;
    if !inside {
        return Visibility::Outside;
    }
    let place = |v: f32, most: usize| (((v + 0.5) * samples as f32) as usize).min(most - 1);
    let at = place(seen.y, depth.height) * depth.width + place(seen.x, depth.width);
    let nearest = depth.near[at];
    if nearest <= 0.0 || 1.0 / nearest >= seen.z - cover { Visibility::Visible } else { Visibility::Hidden }
}
