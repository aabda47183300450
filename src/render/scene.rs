//! What stands around a person: camera, light, room, things.
//!
//! World axes: metres, z up, the floor at z = 0. All colours are linear RGB.

use super::linear::{M3, V3, v3};
use super::outfit::Cloth;
use crate::frame::Frame;
use std::sync::Arc;

/// A pinhole camera. Picture coordinates: px, x right, y down, whole numbers at pixel centres.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Camera {
    pub at: V3,
    /// World direction of the picture's right, unit.
    pub right: V3,
    /// World direction of the picture's down, unit.
    pub down: V3,
    /// World direction of the optical axis, unit.
    pub ahead: V3,
    /// Focal length, px.
    pub focal: f32,
    /// Principal point, px.
    pub centre: [f32; 2],
    /// px
    pub width: usize,
    /// px
    pub height: usize,
}

impl Camera {
    /// A camera at `at` looking at `target`, turned clockwise about its axis by `roll_rad` (the picture's content then turns
    /// anticlockwise), with a vertical field of view.
    pub fn looking_at(
        at: V3,
        target: V3,
        roll_rad: f32,
        vertical_view_rad: f32,
        width: usize,
        height: usize,
    ) -> Camera {
        let mut ahead = (target - at).unit();
        if ahead == V3::ZERO {
            ahead = V3::Y;
        }
        let helper = if ahead.z.abs() > 0.999 { V3::Y } else { V3::Z };
        let right = ahead.cross(helper).unit();
        let turn = M3::about(ahead, roll_rad);
        let (right, down) = (turn * right, turn * ahead.cross(right));
        let focal = height as f32 * 0.5 / (vertical_view_rad * 0.5).tan();
        let centre = [(width as f32 - 1.0) * 0.5, (height as f32 - 1.0) * 0.5];
        Camera { at, right, down, ahead, focal, centre, width, height }
    }

    /// World point to (x px, y px, depth along the axis in metres).
    #[inline(always)]
    pub fn project(&self, p: V3) -> V3 {
        let d = p - self.at;
        let depth = d.dot(self.ahead);
        let scale = self.focal / depth.max(1e-6);
        v3(self.centre[0] + d.dot(self.right) * scale, self.centre[1] + d.dot(self.down) * scale, depth)
    }

    /// The direction seen at a pixel, with a depth component of one along the axis.
    #[inline(always)]
    pub fn ray(&self, x: f32, y: f32) -> V3 {
        let k = 1.0 / self.focal;
        self.ahead + self.right * ((x - self.centre[0]) * k) + self.down * ((y - self.centre[1]) * k)
    }

    /// A world direction in camera axes: right, down, ahead.
    #[inline(always)]
    pub fn direction(&self, d: V3) -> V3 {
        v3(d.dot(self.right), d.dot(self.down), d.dot(self.ahead))
    }
}

/// Light from far away.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lamp {
    /// From the surface to the light, unit.
    pub towards: V3,
    pub colour: V3,
}

/// The first lamp casts shadows.
#[derive(Clone, Debug, PartialEq)]
pub struct Light {
    pub lamps: Vec<Lamp>,
    /// What comes from above and from below.
    pub sky: V3,
    pub ground: V3,
    /// How soft the shadow's edge is, metres on the ground.
    pub shadow_softness: f32,
    /// How dark corners and contacts are, 0..=1.
    pub occlusion: f32,
}

/// The pattern of a floor or wall.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    Plain,
    Planks,
    Tiles,
    Carpet,
    Bricks,
    Stripes,
    Concrete,
}

/// A large surface.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cover {
    pub finish: Finish,
    pub colour: V3,
    pub second: V3,
    /// Size of a plank, tile, brick …, metres.
    pub scale: f32,
}

/// A rectangle on a wall: window, picture, mirror frame, door.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Panel {
    /// Which wall: 0 x−, 1 x+, 2 y−, 3 y+.
    pub wall: usize,
    /// Along the wall from, to (world x or y), metres.
    pub from: f32,
    pub to: f32,
    pub bottom: f32,
    pub top: f32,
    pub frame: V3,
    /// What is inside: colour at the lower and at the upper edge.
    pub inside: [V3; 2],
    /// Shines by itself (a window) instead of being lit.
    pub shines: bool,
}

/// A mat on the floor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mat {
    pub at: [f32; 2],
    /// Half length and half width, metres.
    pub half: [f32; 2],
    pub yaw_rad: f32,
    pub cloth: Cloth,
}

/// A room seen from inside: a box from `low` to `high`, floor at z = 0.
#[derive(Clone, Debug, PartialEq)]
pub struct Room {
    pub low: V3,
    pub high: V3,
    pub floor: Cover,
    pub walls: Cover,
    pub ceiling: V3,
    /// Height of the skirting board, metres (0: none).
    pub skirting: f32,
    pub panels: Vec<Panel>,
    pub mats: Vec<Mat>,
}

/// What is behind everything.
#[derive(Clone, Debug, PartialEq)]
pub enum Backdrop {
    Room(Room),
    /// Part of a picture; nothing casts shadows on it.
    Picture {
        picture: Arc<Frame>,
        /// Where the frame's first pixel lies in it, px.
        from: [f32; 2],
        /// Its pixels per pixel of the frame, right and down; below zero to the left: mirrored.
        step: [f32; 2],
    },
    /// Soft coloured blotches, for violent training pictures.
    Blotches {
        colours: [V3; 3],
        scale_px: f32,
        seed: u32,
    },
}

/// The form of a thing, of half sizes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Box,
    /// Axis along z.
    Cylinder,
    Ball,
}

/// A thing in the room: bench, dowel, belt, ball, occluder …
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prop {
    pub form: Form,
    pub at: V3,
    /// From the thing's axes to the world.
    pub turn: M3,
    /// Half sizes along its axes, metres.
    pub half: V3,
    pub cloth: Cloth,
}

impl Prop {
    /// A rod from `a` to `b`: dowel, belt, pole.
    pub fn rod(a: V3, b: V3, radius: f32, cloth: Cloth) -> Prop {
        let axis = (b - a).unit();
        let helper = if axis.z.abs() > 0.9 { V3::X } else { V3::Z };
        let frame = M3::frame(axis, helper);
        // The cylinder's own axis is z.
        let turn = M3 { x: frame.y, y: frame.z, z: frame.x };
        Prop { form: Form::Cylinder, at: (a + b) * 0.5, turn, half: v3(radius, radius, (b - a).norm() * 0.5), cloth }
    }

    /// A box that stands on the floor.
    pub fn on_floor(form: Form, at: [f32; 2], half: V3, yaw_rad: f32, cloth: Cloth) -> Prop {
        Prop { form, at: v3(at[0], at[1], half.z), turn: M3::about(V3::Z, yaw_rad), half, cloth }
    }
}

/// How the lens and the sensor treat the picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Optics {
    /// 1: as lit.
    pub exposure: f32,
    /// Gain per channel.
    pub balance: V3,
    /// Blur radius (standard deviation), px.
    pub blur_px: f32,
    /// Camera shake: a straight smear, px.
    pub shake_px: [f32; 2],
    /// Standard deviation of the sensor's noise at mid grey, 0..1 of full scale.
    pub noise: f32,
    /// 0 colour, 1 grey.
    pub grey: f32,
    /// 1: none; smaller is flatter.
    pub contrast: f32,
    pub seed: u64,
}

impl Default for Optics {
    fn default() -> Optics {
        Optics {
            exposure: 1.0,
            balance: V3::splat(1.0),
            blur_px: 0.4,
            shake_px: [0.0; 2],
            noise: 0.006,
            grey: 0.0,
            contrast: 1.0,
            seed: 1,
        }
    }
}

/// Everything but the people.
#[derive(Clone, Debug, PartialEq)]
pub struct Scene {
    pub camera: Camera,
    pub light: Light,
    pub backdrop: Backdrop,
    pub props: Vec<Prop>,
    pub optics: Optics,
    /// Sub-samples per pixel side along edges: 1 or 2.
    pub samples: usize,
    /// Side of the shadow map, cells (0: no shadows).
    pub shadow_cells: usize,
    /// Light on room surfaces is found for every other pixel only: half the cost, shadow edges two pixels coarse.
    pub coarse_light: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hand-computed: a camera at y = −3 looks along +y; the left side of a person facing it (+x) is on screen right.
    #[test]
    fn the_camera_shows_left_on_the_right_of_a_person_facing_it() {
        let camera = Camera::looking_at(v3(0.0, -3.0, 1.0), v3(0.0, 0.0, 1.0), 0.0, 1.0, 101, 101);
        let centre = camera.project(v3(0.0, 0.0, 1.0));
        assert!((centre.x - 50.0).abs() < 1e-3 && (centre.y - 50.0).abs() < 1e-3 && (centre.z - 3.0).abs() < 1e-5);
        let left_hand = camera.project(v3(0.5, 0.0, 1.0));
        assert!(left_hand.x > 60.0 && (left_hand.y - 50.0).abs() < 1e-3);
        assert!(camera.project(v3(0.0, 0.0, 1.5)).y < 45.0, "up in the world is up in the picture");
        let focal = 50.5 / 0.5f32.tan();
        assert!((left_hand.x - (50.0 + 0.5 * focal / 3.0)).abs() < 1e-2);
    }

    #[test]
    fn a_ray_hits_what_was_projected() {
        let camera = Camera::looking_at(v3(2.0, -1.0, 1.3), v3(0.0, 0.2, 0.8), 0.2, 0.7, 320, 240);
        let p = v3(0.1, 0.3, 0.4);
        let seen = camera.project(p);
        let hit = camera.at + camera.ray(seen.x, seen.y) * seen.z;
        assert!((hit - p).norm() < 1e-4);
    }

    #[test]
    fn a_rod_spans_its_ends() {
        let rod = Prop::rod(v3(0.0, 0.0, 1.0), v3(0.0, 2.0, 1.0), 0.01, Cloth::plain(V3::ZERO));
        let end = rod.at + rod.turn * v3(0.0, 0.0, rod.half.z);
        assert!((end - v3(0.0, 2.0, 1.0)).norm() < 1e-5);
    }
}
