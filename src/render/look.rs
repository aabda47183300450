//! Two looks from one code: calm clips and randomised training pictures.
//!
//! *Clip*: a plausible room, light and lens for a given camera, the same for every frame of a clip ([`clip_scene`]); people by
//! name or seed ([`clip_outfit`]). *Training*: one square crop per seed ([`Trainer`]), with body, clothes, posture, camera, light, room,
//! clutter, occluders, lens and sensor drawn from that seed; `level` 0..=1 goes from mild to violent. The same seed and level
//! give the same picture whoever draws it, in whatever order.
//!
//! Not handled: choosing seeds or levels over a training run.

use super::hold::{self, BackLine};
use super::linear::{M3, Rng, V3, lerp, v3};
use super::outfit::{Bottom, Cloth, Hair, HairStyle, Outfit, Pattern, Person, SKIN_TONES, Top};
use super::pack::BodyPack;
use super::picture::{Figure, Picture, Renderer};
use super::rig::{Motion, RigPose};
use super::sampler::{self, Family};
use super::scene::{Backdrop, Camera, Cover, Finish, Form, Lamp, Light, Mat, Optics, Panel, Prop, Room, Scene};
use super::shape::Shape;
use super::truth;
use crate::frame::Frame;
use crate::pose::{Landmark, Landmarks};
use std::sync::Arc;

/// A calm, plausible room around a person at `around` (on the floor), for a still camera. Equal seeds give equal rooms.
pub fn clip_scene(seed: u64, camera: Camera, around: V3) -> Scene {
    let mut rng = Rng::new(seed ^ 0x0063_6c69_7000);
    let mut room = room(&mut rng, &camera, around, 0.15);
    let along = camera.right;
    room.mats.clear();
    room.mats.push(Mat {
        at: [around.x, around.y],
        half: [rng.range(0.88, 1.05), rng.range(0.31, 0.42)],
        yaw_rad: along.y.atan2(along.x),
        cloth: Cloth { gloss: 0.03, ..Cloth::plain(muted(&mut rng, 0.05, 0.35)) },
    });
    let mut props = Vec::new();
    furnish(&mut rng, &room, &camera, around, 4, &mut props);
    Scene {
        light: light(&mut rng, &camera, 0.1),
        backdrop: Backdrop::Room(room),
        props,
        optics: Optics { exposure: 1.35, blur_px: 0.55, noise: 0.007, seed, ..Optics::default() },
        camera,
        samples: 2,
        shadow_cells: 512,
        coarse_light: false,
    }
}

/// Sports clothes for a clip: `loose` picks a hanging T-shirt over shorts instead of a close one over leggings.
pub fn clip_outfit(seed: u64, loose: bool) -> Outfit {
    let mut rng = Rng::new(seed ^ 0x6f75_7466);
    let shirt = Cloth { gloss: 0.04, ..Cloth::plain(muted(&mut rng, 0.12, 0.55)) };
    let dark = Cloth { gloss: 0.08, ..Cloth::plain(muted(&mut rng, 0.02, 0.08)) };
    let skin = SKIN_TONES[rng.below(SKIN_TONES.len())];
    let (top, bottom) = if loose {
        let top = Top { sleeve: 0.34, hem: 0.01, neck: 0.585, loose: 0.026, cloth: shirt };
        (top, Bottom { waist: 0.16, end: -0.27, loose: 0.016, cloth: dark })
    } else {
        let top = Top { sleeve: 0.24, hem: 0.07, neck: 0.58, loose: 0.003, cloth: shirt };
        (top, Bottom { waist: 0.17, end: -0.70, loose: 0.002, cloth: dark })
    };
    let white = Cloth::plain(V3::splat(0.6));
    Outfit {
        skin,
        top: Some(top),
        bottom,
        socks: Some((-0.68, white)),
        shoes: rng.chance(0.6).then_some((Cloth { gloss: 0.1, ..dark }, V3::splat(0.65))),
        hair: hair(&mut rng),
        seed: seed as u32,
    }
}

/// How a training crop is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum CropKind {
    /// The whole body fills the crop.
    Body,
    /// Neck to knees, about twice as large.
    Trunk,
    /// The body is 30–60 % of the side: a first look at a whole picture.
    Far,
}

/// What a training picture shows besides its truth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Drawn {
    pub family: Family,
    pub crop: CropKind,
    /// Looseness of the shirt, metres (0: bare chest).
    pub loose: f32,
    /// Index into [`SKIN_TONES`] of the nearest tone.
    pub skin: u8,
    /// How far the view is from exactly side-on, degrees 0..=90.
    pub off_side_deg: f32,
    /// Picture px per metre at the person.
    pub px_per_metre: f32,
}

/// So many consecutive seeds share a person: making a body costs as much as drawing it.
const PER_PERSON: u64 = 8;

/// Draws training pictures; use one per thread.
#[derive(Debug)]
pub struct Trainer<'a> {
    pack: &'a BodyPack,
    /// Side of the crops, px.
    pub side: usize,
    /// Photographs without people, used as backdrops now and then.
    pub backdrops: Vec<Arc<Frame>>,
    renderer: Renderer,
    person: Option<((u64, u32), Person, u8)>,
    motion: Motion,
    scene: Scene,
    poses: [RigPose; 2],
}

impl<'a> Trainer<'a> {
    pub fn new(pack: &'a BodyPack, side: usize) -> Trainer<'a> {
        let side = side.clamp(32, 2048);
        Trainer {
            pack,
            side,
            backdrops: Vec::new(),
            renderer: Renderer::new(),
            person: None,
            motion: Motion::default(),
            scene: Scene {
                camera: Camera::looking_at(V3::ZERO, V3::Y, 0.0, 1.0, side, side),
                light: Light {
                    lamps: Vec::new(),
                    sky: V3::ZERO,
                    ground: V3::ZERO,
                    shadow_softness: 0.0,
                    occlusion: 0.0,
                },
                backdrop: Backdrop::Blotches { colours: [V3::ZERO; 3], scale_px: 1.0, seed: 0 },
                props: Vec::new(),
                optics: Optics::default(),
                samples: 2,
                shadow_cells: 0,
                coarse_light: true,
            },
            poses: [RigPose::default(), RigPose::default()],
        }
    }

    /// The picture of `seed` at `level` 0 (mild) ..= 1 (violent).
    pub fn draw(&mut self, seed: u64, level: f32, out: &mut Picture) -> Drawn {
        let level = level.clamp(0.0, 1.0);
        let mut rng = Rng::new(seed);
        self.cast(seed, level);
        let Some((_, person, skin)) = self.person.take() else { return Drawn::nothing() };
        let (family, angles) = sampler::draw(&mut rng, level);
        let mut pose = angles.pose();
        pose = pose.placed(rng.range(-0.1, 0.1), V3::ZERO);
        sampler::settle(self.pack, &person, &mut pose);
        self.motion.solve(&person.body, &self.pack.rig, &pose);
        let dowel = (family == Family::Hinge && rng.chance(0.65))
            .then(|| hold::dowel_in_hands(self.pack, &person, &mut pose, &mut self.motion, &mut rng));
        let points = truth::landmarks(self.pack, &person, &self.motion);

        let crop = match rng.unit() {
            u if u < 0.62 => CropKind::Body,
            u if u < 0.90 => CropKind::Trunk,
            _ => CropKind::Far,
        };
        let (camera, off_side_deg) = frame_person(&mut rng, &points, family, crop, level, self.side);
        let middle = v3(points[Landmark::S2].x, points[Landmark::S2].y, 0.0);
        self.scene.camera = camera;
        self.scene.light = light(&mut rng, &camera, level);
        self.scene.props.clear();
        self.scene.backdrop = self.backdrop(&mut rng, &camera, middle, level);
        equip(&mut rng, family, &points, dowel, &mut self.scene.props);
        clutter(&mut rng, &points, &camera, level, &mut self.scene.props);
        self.scene.optics = optics(&mut rng, level, self.side);
        self.scene.samples = 2;
        self.scene.shadow_cells = if rng.chance(0.8) { 160 } else { 0 };

        let depth = camera.project(points[Landmark::S2]).z.max(0.1);
        self.poses[0] = pose;
        let figure = Figure { person: &person, pose: &self.poses[0], until: None };
        self.renderer.render(self.pack, &self.scene, &[figure], out);
        let loose = person.outfit.top.map_or(0.0, |t| t.loose);
        self.person = Some(((seed / PER_PERSON, level.to_bits()), person, skin));
        Drawn { family, crop, loose, skin, off_side_deg, px_per_metre: camera.focal / depth }
    }

    /// The person of this seed's group.
    fn cast(&mut self, seed: u64, level: f32) {
        let group = (seed / PER_PERSON, level.to_bits());
        if self.person.as_ref().is_some_and(|(of, _, _)| *of == group) {
            return;
        }
        let mut rng = Rng::new(group.0 ^ 0x7065_7273_6f6e);
        let shape = shape(&mut rng, level);
        let (outfit, skin) = outfit(&mut rng, level);
        self.person = Some((group, Person::new(self.pack, &shape, outfit), skin));
    }

    fn backdrop(&mut self, rng: &mut Rng, camera: &Camera, around: V3, level: f32) -> Backdrop {
        if !self.backdrops.is_empty() && rng.chance(0.35) {
            let picture = self.backdrops[rng.below(self.backdrops.len())].clone();
            let (w, h) = (picture.width() as f32, picture.height() as f32);
            let part = rng.range(0.5, 1.0) * w.min(h);
            let (mut left, top) = (rng.range(0.0, w - part), rng.range(0.0, h - part));
            let down = part / self.side as f32;
            let across = if rng.chance(0.5) { down } else { -down };
            if across < 0.0 {
                left += part;
            }
            return Backdrop::Picture { picture, from: [left, top], step: [across, down] };
        }
        if rng.chance(0.04 + 0.12 * level) {
            let colours = std::array::from_fn(|_| muted(rng, 0.02, 0.7));
            return Backdrop::Blotches { colours, scale_px: rng.range(10.0, 90.0), seed: rng.bits() as u32 };
        }
        let room = room(rng, camera, around, level);
        let pieces = rng.below(3 + (5.0 * level) as usize);
        furnish(rng, &room, camera, around, pieces, &mut self.scene.props);
        Backdrop::Room(room)
    }
}

impl Drawn {
    fn nothing() -> Drawn {
        Drawn { family: Family::Stand, crop: CropKind::Body, loose: 0.0, skin: 0, off_side_deg: 0.0, px_per_metre: 0.0 }
    }
}

/// A random adult.
pub fn shape(rng: &mut Rng, level: f32) -> Shape {
    let wide = |rng: &mut Rng, middle: f32, spread: f32| rng.bell(middle, spread).clamp(0.0, 1.0);
    let mut locals = Vec::new();
    let names = [
        "thigh_length",
        "shank_length",
        "upper_arm_length",
        "torso_height",
        "torso_depth",
        "torso_width",
        "hip_width",
        "hip_depth",
        "belly_tone",
        "buttocks",
        "thigh_girth",
        "waist_girth",
    ];
    for name in names {
        locals.push((name, rng.bell(0.0, 0.25 + 0.15 * level).clamp(-1.0, 1.0)));
    }
    if rng.chance(0.25) {
        locals.push(("belly", rng.range(0.0, 0.5)));
    }
    Shape {
        gender: if rng.chance(0.5) { rng.range(0.0, 0.25) } else { rng.range(0.75, 1.0) },
        age: rng.unit() * rng.unit(),
        muscle: wide(rng, 0.5, 0.2),
        weight: wide(rng, 0.52, 0.24),
        height: wide(rng, 0.5, 0.22),
        proportions: wide(rng, 0.5, 0.2),
        ancestry: [rng.unit(), rng.unit(), rng.unit()],
        locals,
    }
}

/// A colour with brightness `from..to`, mostly muted.
fn muted(rng: &mut Rng, from: f32, to: f32) -> V3 {
    let value = lerp(from, to, rng.unit());
    let hue = rng.unit() * 6.0;
    let strength = rng.unit() * rng.unit() * 0.9;
    let channel = |at: f32| {
        let d = (hue - at).rem_euclid(6.0);
        let d = d.min(6.0 - d);
        1.0 - strength * (d - 1.0).clamp(0.0, 1.0)
    };
    v3(channel(0.0), channel(2.0), channel(4.0)) * value
}

fn cloth(rng: &mut Rng, level: f32) -> Cloth {
    let pattern = if rng.chance(0.55 - 0.3 * level) { Pattern::Plain } else { rng.pick(&Pattern::ALL) };
    Cloth {
        colour: muted(rng, 0.015, 0.75),
        second: muted(rng, 0.015, 0.75),
        pattern,
        scale: rng.range(0.015, 0.12),
        gloss: rng.unit() * rng.unit() * 0.35,
    }
}

fn hair(rng: &mut Rng) -> Hair {
    let colour = rng.pick(&[
        v3(0.012, 0.010, 0.009),
        v3(0.03, 0.018, 0.012),
        v3(0.08, 0.045, 0.022),
        v3(0.16, 0.085, 0.035),
        v3(0.38, 0.26, 0.13),
        v3(0.32, 0.31, 0.30),
    ]);
    let style = rng.pick(&[
        HairStyle::Bald,
        HairStyle::Short,
        HairStyle::Short,
        HairStyle::Full,
        HairStyle::Bun,
        HairStyle::Ponytail,
    ]);
    let thickness = match style {
        HairStyle::Full => rng.range(0.022, 0.045),
        _ => rng.range(0.004, 0.016),
    };
    Hair { style, thickness, colour }
}

fn outfit(rng: &mut Rng, level: f32) -> (Outfit, u8) {
    let tone = rng.below(SKIN_TONES.len());
    let skin = SKIN_TONES[tone] * rng.range(0.85, 1.15);
    let top = rng.chance(0.93).then(|| Top {
        sleeve: rng.pick(&[0.0, 0.05, 0.22, 0.28, 0.32, 0.36, 0.5, 0.9, 0.97]),
        hem: rng.pick(&[0.30, 0.22, 0.10, 0.06, 0.04, 0.02, 0.0]),
        neck: rng.range(0.54, 0.61),
        loose: if rng.chance(0.45) { rng.range(0.001, 0.006) } else { rng.range(0.006, 0.030) },
        cloth: cloth(rng, level),
    });
    let end = rng.pick(&[-0.05, -0.15, -0.2, -0.25, -0.36, -0.5, -0.7, -0.72]);
    let loose = if rng.chance(0.5) { 0.002 } else { rng.range(0.004, 0.022) };
    let bottom = Bottom { waist: rng.range(0.12, 0.21), end, loose, cloth: cloth(rng, level) };
    let socks = rng.chance(0.5).then(|| (rng.range(-0.74, -0.5), cloth(rng, level)));
    let shoes = rng.chance(0.65).then(|| (cloth(rng, level), muted(rng, 0.05, 0.75)));
    (Outfit { skin, top, bottom, socks, shoes, hair: hair(rng), seed: rng.bits() as u32 }, tone as u8)
}

/// Aims a camera at the person and cuts the crop.
fn frame_person(
    rng: &mut Rng,
    points: &Landmarks<V3>,
    family: Family,
    crop: CropKind,
    level: f32,
    side: usize,
) -> (Camera, f32) {
    // The person faces −y (lying ones have their head there or away): a side view looks along x.
    let side_on = if rng.chance(0.5) { 90.0 } else { -90.0 };
    let off = if rng.chance(0.68) { rng.range(-22.0, 22.0) } else { rng.range(-90.0, 90.0) };
    // What some rules ask for is seen from ahead or behind alone.
    let end_on = match family {
        Family::SidePlank => Some(if rng.chance(0.8) { 0.0 } else { 180.0 }),
        Family::BirdDog if rng.chance(0.6) => Some(180.0),
        Family::Squat if rng.chance(0.2) => Some(0.0),
        _ => None,
    };
    let yaw = end_on.unwrap_or(side_on) + off;
    let distance = rng.range(1.8, 5.0);
    let centre = points.iter().fold(V3::ZERO, |sum, (_, p)| sum + *p) / Landmark::COUNT as f32;
    // On the floor the program asks for a lens at 0.2 to 0.5 m: from there a bird dog seen from behind looks nothing like from above.
    let on_floor = points.iter().fold(f32::NEG_INFINITY, |top, (_, p)| top.max(p.z)) < LOW;
    let height = if on_floor && rng.chance(0.6) { rng.range(0.15, 0.75) } else { rng.range(0.15, 1.5) };
    let (sin, cos) = yaw.to_radians().sin_cos();
    let at = centre + v3(sin * distance, -cos * distance, height - centre.z);
    // Lying bodies are turned upright for the network, sometimes.
    let trunk = points[Landmark::C7] - points[Landmark::S2];
    let level_camera = Camera::looking_at(at, centre, 0.0, 1.0, side, side);
    let seen = level_camera.direction(trunk);
    let lying = seen.y.abs() < seen.x.abs();
    let upright = if lying && rng.chance(0.45) { seen.x.signum() * std::f32::consts::FRAC_PI_2 } else { 0.0 };
    let roll = upright + rng.bell(0.0, lerp(2.0, 14.0, level)).to_radians();
    let unit = Camera { focal: 1.0, centre: [0.0; 2], ..Camera::looking_at(at, centre, roll, 1.0, side, side) };
    let (mut low, mut high) = ([f32::INFINITY; 2], [f32::NEG_INFINITY; 2]);
    for (l, p) in points.iter() {
        let pad = match (crop, l) {
            (CropKind::Trunk, l) if !IN_TRUNK.contains(&l) => continue,
            (CropKind::Trunk, _) => 0.10,
            (_, Landmark::LeftWrist | Landmark::RightWrist) => 0.16,
            _ => 0.09,
        };
        let q = unit.project(*p);
        let pad = pad / q.z.max(0.3);
        for (axis, v) in [q.x, q.y].into_iter().enumerate() {
            low[axis] = low[axis].min(v - pad);
            high[axis] = high[axis].max(v + pad);
        }
    }
    let extent = (high[0] - low[0]).max(high[1] - low[1]).max(0.05);
    let fill = match crop {
        CropKind::Body => rng.range(0.72, 1.02),
        CropKind::Trunk => rng.range(0.80, 1.10),
        CropKind::Far => rng.range(0.30, 0.60),
    };
    let focal = side as f32 * fill / extent;
    let jitter = |rng: &mut Rng| {
        rng.bell(0.0, 0.03 + 0.03 * level) + if crop == CropKind::Far { rng.range(-0.15, 0.15) } else { 0.0 }
    };
    let middle = (side as f32 - 1.0) * 0.5;
    let centre_px: [f32; 2] =
        std::array::from_fn(|axis| middle - (low[axis] + high[axis]) * 0.5 * focal + jitter(rng) * side as f32);
    let from_side = if end_on.is_some() { 90.0 - off.abs() } else { off.abs() };
    (Camera { focal, centre: centre_px, ..unit }, from_side)
}

/// Who reaches no higher is on the floor, metres.
const LOW: f32 = 1.1;

const IN_TRUNK: [Landmark; 12] = [
    Landmark::C7,
    Landmark::T4,
    Landmark::T8,
    Landmark::L1,
    Landmark::S1,
    Landmark::S4,
    Landmark::LeftShoulder,
    Landmark::RightShoulder,
    Landmark::LeftHip,
    Landmark::RightHip,
    Landmark::LeftKnee,
    Landmark::RightKnee,
];

fn light(rng: &mut Rng, camera: &Camera, level: f32) -> Light {
    let count = 1 + rng.below(3);
    let mut lamps = Vec::with_capacity(count);
    for i in 0..count {
        // Mostly from the camera's side and above.
        let around = if rng.chance(0.75) { rng.range(-1.3, 1.3) } else { rng.range(-3.1, 3.1) };
        let up = rng.range(0.55, 1.35) - 0.4 * level * rng.unit();
        let back = -camera.ahead;
        let flat = v3(back.x, back.y, 0.0).unit();
        let turned = M3::about(V3::Z, around) * flat;
        let towards = (turned * up.cos() + V3::Z * up.sin()).unit();
        let tint = v3(1.0, rng.range(0.90, 1.02), rng.range(0.76, 1.08));
        let strength = if i == 0 { rng.range(0.35, 0.95) } else { rng.range(0.08, 0.35) };
        lamps.push(Lamp { towards, colour: tint * strength });
    }
    let direct: f32 = lamps.iter().map(|l| l.colour.y * 0.7).sum();
    let ambient = (rng.range(0.85, 1.15) - direct * 0.7).max(0.22);
    let sky = v3(rng.range(0.92, 1.05), 1.0, rng.range(0.92, 1.1)) * (ambient * 0.62);
    let ground = v3(1.0, rng.range(0.85, 1.0), rng.range(0.7, 1.0)) * (ambient * rng.range(0.25, 0.5));
    Light { lamps, sky, ground, shadow_softness: rng.range(0.01, 0.07), occlusion: rng.range(0.5, 1.0) }
}

fn cover(rng: &mut Rng, finishes: &[Finish], from: f32, to: f32, level: f32) -> Cover {
    let colour = muted(rng, from, to);
    let contrast = rng.range(0.7, 1.35) + level * rng.range(-0.5, 0.6);
    let second = if rng.chance(0.25 * level) { muted(rng, from, to) } else { colour * contrast.max(0.2) };
    Cover { finish: rng.pick(finishes), colour, second, scale: rng.range(0.08, 0.45) }
}

fn room(rng: &mut Rng, camera: &Camera, around: V3, level: f32) -> Room {
    use Finish::*;
    let mut low = v3(camera.at.x.min(around.x), camera.at.y.min(around.y), 0.0);
    let mut high = v3(camera.at.x.max(around.x), camera.at.y.max(around.y), 0.0);
    let space = |rng: &mut Rng| rng.range(1.3, 3.5);
    low = v3(low.x - space(rng), low.y - space(rng), 0.0);
    high = v3(high.x + space(rng), high.y + space(rng), rng.range(2.3, 3.6).max(camera.at.z + 0.3));
    let mut floor = cover(rng, &[Planks, Planks, Tiles, Carpet, Concrete, Plain], 0.08, 0.5, level);
    let mut walls = cover(rng, &[Plain, Plain, Plain, Bricks, Stripes, Concrete, Tiles], 0.18, 0.8, level);
    // Rooms are quieter than clothes.
    for surface in [&mut floor, &mut walls] {
        let calm = rng.range(0.2, 0.8) * (1.0 - 0.5 * level);
        let grey = |c: V3| c.lerp(V3::splat((c.x + c.y + c.z) / 3.0), calm);
        (surface.colour, surface.second) = (grey(surface.colour), grey(surface.second));
    }
    let mut panels = Vec::new();
    for wall in 0..4 {
        let (from, to) = if wall < 2 { (low.y, high.y) } else { (low.x, high.x) };
        for _ in 0..rng.below(3) {
            let width = rng.range(0.5, 1.8);
            let start = rng.range(from + 0.1, (to - width).max(from + 0.2));
            let shines = rng.chance(0.45);
            let bottom = if shines { rng.range(0.7, 1.1) } else { rng.range(0.0, 1.4) };
            let inside = if shines {
                [V3::splat(rng.range(0.3, 0.9)), v3(0.75, 0.9, 1.1) * rng.range(0.6, 1.1)]
            } else {
                [muted(rng, 0.05, 0.6), muted(rng, 0.05, 0.6)]
            };
            let top = (bottom + rng.range(0.5, 1.5)).min(high.z - 0.1);
            panels.push(Panel {
                wall,
                from: start,
                to: start + width,
                bottom,
                top,
                frame: muted(rng, 0.1, 0.7),
                inside,
                shines,
            });
        }
    }
    let mut mats = Vec::new();
    if rng.chance(0.55) {
        mats.push(Mat {
            at: [around.x + rng.bell(0.0, 0.1), around.y + rng.bell(0.0, 0.1)],
            half: [rng.range(0.28, 0.45), rng.range(0.8, 1.05)],
            yaw_rad: rng.bell(0.0, 0.08) + if rng.chance(0.15) { rng.range(0.0, 3.1) } else { 0.0 },
            cloth: Cloth { second: muted(rng, 0.05, 0.5), ..cloth(rng, level * 0.3) },
        });
    }
    Room {
        low,
        high,
        floor,
        walls,
        ceiling: V3::splat(rng.range(0.5, 0.85)),
        skirting: if rng.chance(0.6) { rng.range(0.05, 0.14) } else { 0.0 },
        panels,
        mats,
    }
}

/// Puts furniture along the walls that the camera sees, away from the person.
fn furnish(rng: &mut Rng, room: &Room, camera: &Camera, around: V3, pieces: usize, props: &mut Vec<Prop>) {
    for _ in 0..pieces {
        let at =
            v3(rng.range(room.low.x + 0.3, room.high.x - 0.3), rng.range(room.low.y + 0.3, room.high.y - 0.3), 0.0);
        let ahead = v3(camera.ahead.x, camera.ahead.y, 0.0).unit();
        // Behind the person as the camera sees it.
        let behind = (at - around).dot(ahead);
        let from_camera = (at - camera.at).dot(ahead);
        if behind < 0.8 || from_camera < 1.0 {
            continue;
        }
        let yaw = rng.pick(&[0.0, std::f32::consts::FRAC_PI_2]) + rng.bell(0.0, 0.03);
        let wood = Cloth { second: muted(rng, 0.05, 0.5), gloss: 0.1, ..Cloth::plain(muted(rng, 0.04, 0.5)) };
        let flat = [at.x, at.y];
        match rng.below(6) {
            0 => {
                // Sofa: seat and back.
                props.push(Prop::on_floor(Form::Box, flat, v3(0.9, 0.4, 0.21), yaw, wood));
                let back = M3::about(V3::Z, yaw) * v3(0.0, 0.34, 0.0);
                props.push(Prop::on_floor(Form::Box, [at.x + back.x, at.y + back.y], v3(0.9, 0.1, 0.42), yaw, wood));
            }
            1 => props.push(Prop::on_floor(
                Form::Box,
                flat,
                v3(rng.range(0.2, 0.6), 0.18, rng.range(0.4, 1.0)),
                yaw,
                wood,
            )),
            2 => {
                // Table: top and legs.
                let top = Prop {
                    at: v3(at.x, at.y, 0.72),
                    half: v3(0.6, 0.35, 0.02),
                    ..Prop::on_floor(Form::Box, flat, V3::splat(0.1), yaw, wood)
                };
                props.push(top);
                for (dx, dy) in [(0.5, 0.3), (-0.5, 0.3), (0.5, -0.3), (-0.5, -0.3)] {
                    let leg = M3::about(V3::Z, yaw) * v3(dx, dy, 0.0);
                    props.push(Prop::on_floor(
                        Form::Box,
                        [at.x + leg.x, at.y + leg.y],
                        v3(0.025, 0.025, 0.35),
                        yaw,
                        wood,
                    ));
                }
            }
            3 => {
                // Plant.
                props.push(Prop::on_floor(Form::Cylinder, flat, v3(0.14, 0.14, 0.16), 0.0, wood));
                for _ in 0..4 {
                    let leaf = v3(at.x + rng.bell(0.0, 0.12), at.y + rng.bell(0.0, 0.12), rng.range(0.5, 1.0));
                    let green = Cloth {
                        second: v3(0.02, 0.08, 0.02),
                        pattern: Pattern::Blotches,
                        scale: 0.05,
                        ..Cloth::plain(v3(0.05, 0.16, 0.04))
                    };
                    let half = v3(rng.range(0.08, 0.2), rng.range(0.08, 0.2), rng.range(0.12, 0.28));
                    props.push(Prop { form: Form::Ball, at: leaf, turn: M3::IDENTITY, half, cloth: green });
                }
            }
            4 => props.push(Prop::on_floor(Form::Cylinder, flat, v3(0.06, 0.06, rng.range(0.2, 0.45)), yaw, wood)),
            _ => props.push(Prop::on_floor(
                Form::Ball,
                flat,
                V3::splat(rng.range(0.15, 0.35)),
                yaw,
                Cloth { gloss: 0.4, ..wood },
            )),
        }
    }
}

/// What belongs to the exercise: dowel, strap, bench, block, roller.
fn equip(rng: &mut Rng, family: Family, points: &Landmarks<V3>, dowel: Option<BackLine>, props: &mut Vec<Prop>) {
    use Landmark::*;
    let stick = Cloth { gloss: 0.1, ..Cloth::plain(muted(rng, 0.05, 0.6)) };
    match family {
        Family::Hinge => props.extend(dowel.map(|line| line.dowel(stick))),
        Family::LegRaise if rng.chance(0.6) => {
            let (up, hand) = if points[LeftAnkle].z > points[RightAnkle].z {
                (points[LeftBigToe], points[LeftWrist])
            } else {
                (points[RightBigToe], points[RightWrist])
            };
            props.push(Prop::rod(hand, up, 0.012, stick));
        }
        Family::HeelUp if rng.chance(0.85) => {
            let heel = if points[LeftHeel].z > points[RightHeel].z { points[LeftHeel] } else { points[RightHeel] };
            support(rng, heel, stick, props);
        }
        Family::Bridge if rng.chance(0.2) => {
            let at = (points[T4] + points[C7]) * 0.5;
            props.push(Prop::on_floor(Form::Box, [at.x, at.y], v3(0.5, 0.15, 0.02), 0.0, stick));
        }
        Family::Sit if rng.chance(0.7) => {
            let at = points[S4];
            let half = (at.z - 0.03).clamp(0.02, 0.6) * 0.5;
            props.push(Prop::on_floor(Form::Box, [at.x, at.y], v3(0.25, 0.2, half), 0.0, stick));
        }
        _ => {}
    }
    if rng.chance(0.12) {
        let at = points[LeftAnkle];
        let roller = Prop::rod(v3(at.x - 0.7, at.y - 0.4, 0.075), v3(at.x - 0.7, at.y + 0.1, 0.075), 0.075, stick);
        props.push(roller);
    }
}

/// What a heel that is put up lies on, ahead of somebody who faces −y: a box, a stool, a table, a rail.
fn support(rng: &mut Rng, heel: V3, cloth: Cloth, props: &mut Vec<Prop>) {
    // The heel's landmark lies inside the foot.
    let top = (heel.z - 0.02).max(0.1);
    let reach = rng.range(0.02, 0.15);
    let standing = |form, wide: f32, deep: f32| {
        Prop::on_floor(form, [heel.x, heel.y - deep + reach], v3(wide, deep, top * 0.5), 0.0, cloth)
    };
    match rng.below(4) {
        0 => props.push(standing(Form::Box, rng.range(0.12, 0.5), rng.range(0.1, 0.35))),
        1 => {
            let wide = rng.range(0.12, 0.25);
            props.push(standing(Form::Cylinder, wide, wide));
        }
        2 => {
            let (wide, deep) = (rng.range(0.2, 0.6), rng.range(0.15, 0.4));
            let mut board = standing(Form::Box, wide, deep);
            (board.half.z, board.at.z) = (0.015, top - 0.015);
            for (x, y) in [(1.0, 1.0), (-1.0, 1.0), (1.0, -1.0), (-1.0, -1.0)] {
                let foot = [board.at.x + x * (wide - 0.03), board.at.y + y * (deep - 0.03)];
                props.push(Prop::on_floor(Form::Box, foot, v3(0.02, 0.02, top * 0.5 - 0.015), 0.0, cloth));
            }
            props.push(board);
        }
        _ => {
            let thick = rng.range(0.015, 0.04);
            let (from, to) = (v3(heel.x - 0.7, heel.y, top - thick), v3(heel.x + 0.7, heel.y, top - thick));
            props.push(Prop::rod(from, to, thick, cloth));
        }
    }
}

/// Things around and before the person.
fn clutter(rng: &mut Rng, points: &Landmarks<V3>, camera: &Camera, level: f32, props: &mut Vec<Prop>) {
    let any_turn = |rng: &mut Rng| {
        let axis = v3(rng.range(-1.0, 1.0), rng.range(-1.0, 1.0), rng.range(-1.0, 1.0)).unit();
        M3::about(axis, rng.range(0.0, 3.1))
    };
    if rng.chance(0.08 + 0.32 * level) {
        for _ in 0..=rng.below(1 + (2.0 * level) as usize) {
            let target = points[rng.pick(Landmark::ALL)];
            let t = rng.range(0.45, 0.85);
            let at = camera.at.lerp(target, t) + v3(rng.bell(0.0, 0.12), rng.bell(0.0, 0.12), rng.bell(0.0, 0.12));
            let size = rng.range(0.03, 0.10 + 0.08 * level);
            let half = v3(size * rng.range(0.5, 2.5), size * rng.range(0.3, 1.0), size * rng.range(0.5, 2.5));
            let form = rng.pick(&[Form::Box, Form::Cylinder, Form::Ball]);
            props.push(Prop { form, at, turn: any_turn(rng), half, cloth: cloth(rng, level) });
        }
    }
    for _ in 0..rng.below(1 + (4.0 * level) as usize) {
        let at = points[Landmark::S2] + v3(rng.range(-1.8, 1.8), rng.range(-1.8, 1.8), 0.0);
        if (at - camera.at).dot(camera.ahead) < 1.2 {
            continue;
        }
        let size = rng.range(0.04, 0.25);
        let form = rng.pick(&[Form::Box, Form::Cylinder, Form::Ball]);
        props.push(Prop::on_floor(
            form,
            [at.x, at.y],
            v3(size, size * rng.range(0.4, 1.2), size),
            rng.range(0.0, 3.1),
            cloth(rng, level),
        ));
    }
}

fn optics(rng: &mut Rng, level: f32, side: usize) -> Optics {
    let k = side as f32 / 256.0;
    let shaken = rng.chance(0.10 + 0.15 * level);
    let shake = if shaken { rng.range(1.0, 3.0 + 6.0 * level) * k } else { 0.0 };
    let angle = rng.range(0.0, std::f32::consts::PI);
    let spread = 0.18 + 0.35 * level;
    Optics {
        exposure: rng.bell(0.0, spread).exp2(),
        balance: v3(1.0 + rng.bell(0.0, 0.05 + 0.07 * level), 1.0, 1.0 + rng.bell(0.0, 0.06 + 0.09 * level)),
        blur_px: (0.35 + rng.unit() * rng.unit() * (0.6 + 1.6 * level)) * k,
        shake_px: [shake * angle.cos(), shake * angle.sin()],
        noise: 0.004 + rng.unit() * rng.unit() * (0.02 + 0.07 * level),
        grey: if rng.chance(0.03 + 0.05 * level) { 1.0 } else { rng.unit() * 0.15 },
        contrast: 1.0 + rng.bell(0.0, 0.06 + 0.1 * level),
        seed: rng.bits(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::super::truth::Visibility;
    use super::*;

    #[test]
    fn equal_seeds_give_equal_bytes_in_any_order() {
        let Some(pack) = testing::pack() else { return };
        let (mut a, mut b) = (Trainer::new(pack, 64), Trainer::new(pack, 64));
        let (mut first, mut second) = (Picture::default(), Picture::default());
        let drawn = a.draw(41, 0.5, &mut first);
        b.draw(7, 0.5, &mut second);
        b.draw(900, 0.5, &mut second);
        assert_eq!(b.draw(41, 0.5, &mut second), drawn);
        assert_eq!(first.rgb, second.rgb);
        assert_eq!(first.mask, second.mask);
    }

    #[test]
    fn the_athlete_is_in_the_picture_where_the_truth_says() {
        let Some(pack) = testing::pack() else { return };
        let mut trainer = Trainer::new(pack, 96);
        let mut picture = Picture::default();
        let (mut inside, mut on_mask, mut covered) = (0, 0, 0.0);
        for seed in 0..24 {
            let drawn = trainer.draw(seed * 8, 0.3, &mut picture);
            covered += picture.mask.iter().map(|&m| f64::from(m) / 255.0).sum::<f64>() / picture.mask.len() as f64;
            if drawn.crop == CropKind::Trunk {
                continue;
            }
            for (_, p) in picture.truth.points.iter().filter(|(_, p)| p.visibility == Visibility::Visible) {
                inside += 1;
                // Skin points on the outline may fall just beside it: look around them.
                let near = (-2..=2).flat_map(|dy| (-2..=2).map(move |dx| (dx, dy))).any(|(dx, dy)| {
                    let (x, y) = (p.at[0].round() as i32 + dx, p.at[1].round() as i32 + dy);
                    (0..96).contains(&x) && (0..96).contains(&y) && picture.mask[(y * 96 + x) as usize] > 0
                });
                on_mask += usize::from(near);
            }
        }
        assert!(covered / 24.0 > 0.04, "{covered}");
        assert!(inside > 300, "{inside}");
        assert!(on_mask * 100 >= inside * 99, "{on_mask} of {inside} visible points lie on the mask");
    }

    #[test]
    fn a_heel_that_is_put_up_lies_on_something() {
        for seed in 0..40 {
            let (heel, mut props) = (v3(0.1, -0.8, 0.7), Vec::new());
            support(&mut Rng::new(seed), heel, Cloth::plain(V3::ZERO), &mut props);
            // A rail's own z runs along it.
            let under = |p: &Prop| match p.turn.z.z.abs() > 0.9 {
                true => (p.at.z + p.half.z, p.at.y + p.half.y),
                false => (p.at.z + p.half.x, p.at.y + p.half.x),
            };
            let (top, edge) = props.iter().map(under).max_by(|a, b| a.0.total_cmp(&b.0)).unwrap();
            assert!((top - (heel.z - 0.02)).abs() < 1e-4, "its top is at {top}");
            assert!(edge > heel.y && edge < heel.y + 0.2, "it begins at {edge}, the heel is at {}", heel.y);
        }
    }

    #[test]
    fn midline_points_of_a_bare_back_lie_on_the_outline_seen_from_the_side() {
        use Landmark::*;
        let Some(pack) = testing::pack() else { return };
        let (mut renderer, mut picture) = (Renderer::new(), Picture::default());
        for weight in [0.3, 0.5, 0.8] {
            let person =
                Person::new(pack, &Shape { weight, ..Shape::default() }, Outfit { top: None, ..clip_outfit(1, false) });
            let pose = RigPose { mid_hip: v3(0.0, 0.0, person.body.hip_height()), ..RigPose::default() };
            // From the body's left: it faces −y, to the left of the picture.
            let camera = Camera::looking_at(v3(4.0, 0.0, 0.9), v3(0.0, 0.0, 0.9), 0.0, 0.6, 640, 640);
            let scene = clip_scene(1, camera, V3::ZERO);
            renderer.render(pack, &scene, &[Figure { person: &person, pose: &pose, until: None }], &mut picture);
            let inside = |x: i32, y: i32| picture.mask[(y * 640 + x) as usize] > 127;
            let rows: Vec<i32> = (0..640).filter(|&y| (0..640).any(|x| inside(x, y))).collect();
            let size = (rows[rows.len() - 1] - rows[0]) as f32;
            for l in [C7, T4, T8, L1, L3, S1, S2] {
                let [x, y] = picture.truth.points[l].at;
                let edge = (0..640).rfind(|&column| inside(column, y.round() as i32)).unwrap_or(0) as f32;
                // Within 1 % of the body's size, and the half pixel by which a mask is known.
                assert!((edge - x).abs() <= 0.01 * size + 0.5, "{weight} {l:?}: {} of {size} px", edge - x);
            }
        }
    }
}
