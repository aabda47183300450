//! From people and a scene to a picture with its truth.
//!
//! Steps: pose and skin every figure; draw triangles into a depth buffer with sub-samples; the first lamp's shadow map; how
//! open each place is (occlusion, from depth alone: inverse depth is linear on planes, so the mean of two opposite neighbours
//! shows a corner); one fused loop that shades each pixel once, sub-samples only along edges; lens and sensor; truth.
//! A [`Renderer`] keeps its buffers: the second picture of a size allocates nothing. Use one per thread.
//!
//! Not handled: transparency, reflections, lens distortion, clipping at the near plane.

use super::coarse::Mesh;
use super::linear::{M3, V3, v3};
use super::noise::Noise;
use super::outfit::Cloth;
use super::outfit::{HairStyle, Person};
use super::pack::{BodyPack, Surface};
use super::post;
use super::raster::{Depth, Form, NEAR, NOTHING, Shadow};
use super::rig::{Motion, RigPose, slot};
use super::scene::{Backdrop, Camera, Form as PropForm, Prop, Scene};
use super::shade::{self, Lit};
use super::shape::vertex_normals;
use super::truth::{Measuring, Truth};
use crate::frame::Frame;

/// A person in the scene. The first one of a picture is the athlete: truth and mask are theirs.
#[derive(Clone, Copy, Debug)]
pub struct Figure<'a> {
    pub person: &'a Person,
    /// Where the person is when the shutter opens.
    pub pose: &'a RigPose,
    /// Where the person is when it closes, if that is to be seen.
    pub until: Option<&'a RigPose>,
}

/// A rendered picture.
#[derive(Clone, Debug, Default)]
pub struct Picture {
    /// px
    pub width: usize,
    /// px
    pub height: usize,
    /// R G B bytes, rows from the top.
    pub rgb: Vec<u8>,
    /// How much of each pixel shows the athlete, 0..=255.
    pub mask: Vec<u8>,
    pub truth: Truth,
}

/// How often a moving person is drawn per picture.
const EXPOSURES: usize = 3;
const TRIANGLE_BITS: u32 = 20;
/// People with fewer samples a metre than this are drawn with the coarse mesh: its edges are then about five samples long.
const COARSE: f32 = 400.0;

/// What a triangle belongs to.
#[derive(Clone, Copy, Debug)]
enum Owner {
    Figure(usize),
    /// A thing of the scene.
    Thing(usize),
    /// 0 left, 1 right.
    Shoe {
        figure: usize,
        side: usize,
    },
    /// Something a figure carries with it (a bun): number in `extras`.
    Extra {
        figure: usize,
        extra: usize,
    },
}

#[derive(Clone, Copy, Debug)]
struct Object {
    owner: Owner,
    /// First vertex.
    base: usize,
    /// Of a figure: drawn with the pack's coarse mesh.
    coarse: bool,
}

impl Object {
    /// Of a figure.
    fn mesh(self, pack: &BodyPack) -> &Mesh {
        if self.coarse { &pack.coarse } else { &pack.full }
    }
}

/// Draws pictures; holds all working memory.
#[derive(Debug)]
pub struct Renderer {
    forms: [Form; 3],
    motions: Vec<Motion>,
    objects: Vec<Object>,
    extras: Vec<Prop>,
    positions: Vec<V3>,
    normals: Vec<V3>,
    /// Of things: the place in their own metres.
    local: Vec<V3>,
    screen: Vec<V3>,
    depth: Depth,
    shadow: Shadow,
    lamp_view: Vec<V3>,
    near_half: Vec<f32>,
    open: Vec<f32>,
    /// Light on the room at half resolution, where it is the room that is seen there.
    room_light: Vec<Option<(V3, usize)>>,
    light: Vec<[f32; 3]>,
    spare: Vec<[f32; 3]>,
    scratch_normals: Vec<V3>,
    coverage: Vec<u16>,
    measuring: Measuring,
}

impl Default for Renderer {
    fn default() -> Renderer {
        Renderer::new()
    }
}

impl Renderer {
    pub fn new() -> Renderer {
        Renderer {
            forms: [Form::cube(), Form::cylinder(), Form::ball()],
            motions: Vec::new(),
            objects: Vec::new(),
            extras: Vec::new(),
            positions: Vec::new(),
            normals: Vec::new(),
            local: Vec::new(),
            screen: Vec::new(),
            depth: Depth::default(),
            shadow: Shadow::default(),
            lamp_view: Vec::new(),
            near_half: Vec::new(),
            open: Vec::new(),
            room_light: Vec::new(),
            light: Vec::new(),
            spare: Vec::new(),
            scratch_normals: Vec::new(),
            coverage: Vec::new(),
            measuring: Measuring::default(),
        }
    }

    /// Renders one picture. Without figures it is the empty room, mask 0 and truth unspecified.
    pub fn render(&mut self, pack: &BodyPack, scene: &Scene, figures: &[Figure], out: &mut Picture) {
        let (width, height) = (scene.camera.width, scene.camera.height);
        (out.width, out.height) = (width, height);
        self.light.clear();
        self.light.resize(width * height, [0.0; 3]);
        self.coverage.clear();
        self.coverage.resize(width * height, 0);
        let moving = figures.iter().any(|f| f.until.is_some());
        let exposures = if moving { EXPOSURES } else { 1 };
        for exposure in 0..exposures {
            let t = if moving { (exposure as f32 + 0.5) / EXPOSURES as f32 } else { 0.0 };
            self.build(pack, scene, figures, t);
            self.draw(pack, scene, figures);
            self.find_open(scene);
            self.light_room(scene);
            self.shade(pack, scene, figures);
            if exposure == exposures / 2
                && let (Some(figure), Some(motion)) = (figures.first(), self.motions.first())
            {
                let middle;
                let pose = match figure.until {
                    Some(until) => {
                        middle = figure.pose.towards(until, t);
                        &middle
                    }
                    None => figure.pose,
                };
                let samples = scene.samples.clamp(1, 2);
                let (measuring, truth) = (&mut self.measuring, &mut out.truth);
                measuring.take(pack, figure.person, pose, motion, &scene.camera, &self.depth, samples, truth);
            }
        }
        if exposures > 1 {
            let share = 1.0 / exposures as f32;
            self.light.as_flattened_mut().iter_mut().for_each(|c| *c *= share);
        }
        let full = (exposures * scene.samples.clamp(1, 2).pow(2)) as u32;
        out.mask.clear();
        out.mask.extend(self.coverage.iter().map(|&c| (u32::from(c) * 255 / full) as u8));
        post::develop(&scene.optics, width, height, &mut self.light, &mut self.spare, &mut out.rgb);
    }

    /// Poses everything: fills objects, vertices, normals.
    fn build(&mut self, pack: &BodyPack, scene: &Scene, figures: &[Figure], t: f32) {
        self.objects.clear();
        self.extras.clear();
        self.positions.clear();
        self.normals.clear();
        self.local.clear();
        self.motions.resize_with(figures.len(), Motion::default);
        for (index, figure) in figures.iter().enumerate() {
            let between;
            let pose = match figure.until {
                Some(until) => {
                    between = figure.pose.towards(until, t);
                    &between
                }
                None => figure.pose,
            };
            self.motions[index].solve(&figure.person.body, &pack.rig, pose);
            let base = self.positions.len();
            let samples = scene.camera.focal * scene.samples as f32 / scene.camera.project(pose.mid_hip).z.max(NEAR);
            let object = Object { owner: Owner::Figure(index), base, coarse: samples < COARSE };
            self.objects.push(object);
            let mesh = object.mesh(pack);
            skin(pack, mesh, figure.person, &self.motions[index], &mut self.positions);
            self.local.resize(self.positions.len(), V3::ZERO);
            vertex_normals(&mesh.triangles, &self.positions[base..], &mut self.scratch_normals);
            self.normals.extend_from_slice(&self.scratch_normals);
        }
        for (index, figure) in figures.iter().enumerate() {
            for side in 0..figure.person.shoes.len() {
                self.put_on(index, figure.person, side);
            }
            if let Some(extra) = hair_piece(figure.person, &self.motions[index]) {
                let owner = Owner::Extra { figure: index, extra: self.extras.len() };
                self.extras.push(extra);
                self.place(owner, &extra);
            }
        }
        for (index, prop) in scene.props.iter().enumerate() {
            self.place(Owner::Thing(index), prop);
        }
    }

    fn put_on(&mut self, figure: usize, person: &Person, side: usize) {
        let shoe = &person.shoes[side];
        let motion = &self.motions[figure];
        let base = self.positions.len();
        self.objects.push(Object { owner: Owner::Shoe { figure, side }, base, coarse: false });
        let (foot, toes) = (slot::foot(side), slot::toes(side));
        for (&rest, &share) in shoe.rest.iter().zip(&shoe.toes) {
            self.positions.push(motion.carry(foot, rest).lerp(motion.carry(toes, rest), share));
        }
        self.local.extend_from_slice(&shoe.local);
        vertex_normals(&shoe.triangles, &self.positions[base..], &mut self.scratch_normals);
        self.normals.extend_from_slice(&self.scratch_normals);
    }

    fn place(&mut self, owner: Owner, prop: &Prop) {
        self.objects.push(Object { owner, base: self.positions.len(), coarse: false });
        let form = &self.forms[prop.form as usize];
        let inverse = v3(1.0 / prop.half.x.max(1e-4), 1.0 / prop.half.y.max(1e-4), 1.0 / prop.half.z.max(1e-4));
        for (&v, &n) in form.vertices.iter().zip(&form.normals) {
            let local = v.scale(prop.half);
            self.local.push(local);
            self.positions.push(prop.turn * local + prop.at);
            self.normals.push((prop.turn * n.scale(inverse)).unit());
        }
    }

    /// Depth buffer and shadow map.
    fn draw(&mut self, pack: &BodyPack, scene: &Scene, figures: &[Figure]) {
        let camera = &scene.camera;
        let samples = scene.samples.clamp(1, 2);
        let k = samples as f32;
        self.screen.clear();
        self.screen.extend(self.positions.iter().map(|&p| {
            let q = camera.project(p);
            v3((q.x + 0.5) * k - 0.5, (q.y + 0.5) * k - 0.5, if q.z > NEAR { 1.0 / q.z } else { 0.0 })
        }));
        self.depth.clear(camera.width * samples, camera.height * samples);
        let towards = scene.light.lamps.first().map_or(V3::Z, |l| l.towards);
        let casting = self.casting(scene);
        self.shadow.aim(
            if scene.light.lamps.is_empty() { 0 } else { scene.shadow_cells },
            towards,
            &self.positions[..casting],
        );
        self.lamp_view.clear();
        self.lamp_view.extend(self.positions[..casting].iter().map(|&p| self.shadow.place(p)));
        let casts = scene.shadow_cells > 0 && !scene.light.lamps.is_empty();
        for (number, object) in self.objects.iter().enumerate() {
            let triangles = triangles_of(pack, scene, figures, &self.forms, &self.extras, *object);
            let label = (number as u32) << TRIANGLE_BITS;
            let screen = &self.screen[object.base..];
            for (index, t) in triangles.iter().enumerate() {
                let [a, b, c] = t.map(|v| screen[v as usize]);
                self.depth.draw(a, b, c, label | index as u32);
            }
            if casts && object.base < casting {
                let lamp_view = &self.lamp_view[object.base..];
                for t in triangles {
                    let [a, b, c] = t.map(|v| lamp_view[v as usize]);
                    self.shadow.draw(a, b, c);
                }
            }
        }
    }

    /// How many leading vertices belong to the figures (and what they wear) and the things near them: those cast shadows.
    fn casting(&self, scene: &Scene) -> usize {
        /// Far things would make the shadow map coarse, metres.
        const REACH: f32 = 2.0;
        let Some(middle) = self.objects.first().filter(|o| matches!(o.owner, Owner::Figure(_))) else { return 0 };
        let centre = self.positions[middle.base];
        let mut count = 0;
        for (i, object) in self.objects.iter().enumerate() {
            let end = self.objects.get(i + 1).map_or(self.positions.len(), |o| o.base);
            match object.owner {
                Owner::Thing(index) => {
                    let prop = &scene.props[index];
                    if (prop.at - centre).norm() > REACH || prop.half.norm() > 1.2 {
                        break;
                    }
                    count = end;
                }
                _ => count = end,
            }
        }
        count
    }

    /// Fills `open` at half resolution: 1 in the open, less in corners and where bodies touch.
    fn find_open(&mut self, scene: &Scene) {
        let camera = &scene.camera;
        let samples = scene.samples.clamp(1, 2);
        let (w, h) = (camera.width.div_ceil(2), camera.height.div_ceil(2));
        self.near_half.clear();
        self.near_half.reserve(w * h);
        for y in 0..h {
            for x in 0..w {
                let at = (2 * y * samples).min(self.depth.height - 1) * self.depth.width
                    + (2 * x * samples).min(self.depth.width - 1);
                let near = self.depth.near[at];
                self.near_half.push(if near > 0.0 { near } else { backdrop_near(scene, camera, 2 * x, 2 * y) });
            }
        }
        self.open.clear();
        self.open.resize(w * h, 1.0);
        let strength = scene.light.occlusion;
        if strength <= 0.0 {
            return;
        }
        /// How far corners reach, metres.
        const REACH: f32 = 0.22;
        /// Directions of the pairs at each place of a 4 × 4 block; the blur below mixes a block.
        const TURNS: usize = 16;
        const PAIRS: usize = 2;
        let pairs: [[(f32, f32); PAIRS]; TURNS] = std::array::from_fn(|turn| {
            std::array::from_fn(|pair| {
                let part = (pair * TURNS + turn * 7 % TURNS) as f32 / (PAIRS * TURNS) as f32;
                let angle = std::f32::consts::PI * part;
                let radius = [1.0, 0.6, 0.3][(pair + turn) % 3] * (0.75 + 0.25 * (turn & 1) as f32);
                (angle.cos() * radius, angle.sin() * radius)
            })
        });
        /// Furthest, in half pixels.
        const FURTHEST: usize = 28;
        // Whole steps to the neighbours, by turn and radius.
        let steps: [[[(i32, i32); PAIRS]; FURTHEST + 1]; TURNS] = std::array::from_fn(|turn| {
            std::array::from_fn(|radius| {
                pairs[turn].map(|(dx, dy)| ((dx * radius as f32) as i32, (dy * radius as f32) as i32))
            })
        });
        let to_radius = REACH * camera.focal * 0.5;
        for y in 0..h {
            for x in 0..w {
                let at = y * w + x;
                let here = self.near_half[at];
                let radius = ((to_radius * here) as i32).clamp(2, FURTHEST as i32) as usize;
                let depth = 1.0 / here;
                let mut sum = 0.0;
                let reach = radius + 1;
                let inside = x >= reach && y >= reach && x + reach < w && y + reach < h;
                for (ox, oy) in steps[(y & 3) * 4 + (x & 3)][radius] {
                    let read = |ox: i32, oy: i32| {
                        if inside {
                            return self.near_half[(at as i32 + oy * w as i32 + ox) as usize];
                        }
                        let sx = (x as i32 + ox).clamp(0, w as i32 - 1) as usize;
                        let sy = (y as i32 + oy).clamp(0, h as i32 - 1) as usize;
                        self.near_half[sy * w + sx]
                    };
                    // Metres by which the place lies behind the line between its neighbours.
                    let behind = (0.5 * (read(ox, oy) + read(-ox, -oy)) - here) * depth * depth;
                    if behind > 0.0 {
                        let share = (behind * (2.0 / REACH)).min(1.0);
                        // What stands far before it does not shade it.
                        let far = (1.6 - behind * (2.0 / REACH)).clamp(0.0, 1.0);
                        sum += share * far;
                    }
                }
                self.open[at] = 1.0 - strength * (sum * (1.0 / PAIRS as f32) * 1.4).min(0.8);
            }
        }
        smooth(&mut self.open, w, h, &mut self.near_half);
    }

    /// Fills `room_light`, if the scene wants it coarse.
    fn light_room(&mut self, scene: &Scene) {
        self.room_light.clear();
        let camera = &scene.camera;
        let (w, h) = (camera.width.div_ceil(2), camera.height.div_ceil(2));
        let Backdrop::Room(room) = &scene.backdrop else { return };
        if !scene.coarse_light {
            return;
        }
        let samples = scene.samples.clamp(1, 2);
        self.room_light.reserve(w * h);
        for y in 0..h {
            let row = (2 * y * samples).min(self.depth.height - 1) * self.depth.width;
            for x in 0..w {
                let id = self.depth.id[row + (2 * x * samples).min(self.depth.width - 1)];
                self.room_light.push((id == NOTHING).then(|| {
                    let ray = camera.ray(2.0 * x as f32 + 0.5, 2.0 * y as f32 + 0.5);
                    let (distance, face) = shade::leave(room, camera.at, ray);
                    let at = camera.at + ray * distance;
                    (shade::falling(&scene.light, &self.shadow, at, shade::FACES[face], self.open[y * w + x]), face)
                }));
            }
        }
    }

    /// The fused loop.
    fn shade(&mut self, pack: &BodyPack, scene: &Scene, figures: &[Figure]) {
        let (width, height) = (scene.camera.width, scene.camera.height);
        let samples = scene.samples.clamp(1, 2);
        let half_width = width.div_ceil(2);
        let look = Look {
            pack,
            scene,
            figures,
            noise: Noise::shared(),
            objects: &self.objects,
            extras: &self.extras,
            forms: &self.forms,
            normals: &self.normals,
            local: &self.local,
            screen: &self.screen,
            shadow: &self.shadow,
            samples: samples as f32,
        };
        let athlete = |id: u32| {
            id != NOTHING
                && matches!(
                    self.objects[(id >> TRIANGLE_BITS) as usize].owner,
                    Owner::Figure(0) | Owner::Extra { figure: 0, .. } | Owner::Shoe { figure: 0, .. }
                )
        };
        let camera = scene.camera;
        let stride = self.depth.width;
        for y in 0..height {
            let rows = y * samples * stride..(y * samples + samples) * stride;
            let (ids, near) = (&self.depth.id[rows.clone()], &self.depth.near[rows]);
            let light = &mut self.light[y * width..(y + 1) * width];
            let coverage = &mut self.coverage[y * width..(y + 1) * width];
            for (x, (light, coverage)) in light.iter_mut().zip(coverage).enumerate() {
                let half = (y / 2) * half_width + x / 2;
                let around = Around { open: self.open[half], room: self.room_light.get(half).copied().flatten() };
                let (px, py) = (x as f32, y as f32);
                if samples == 1 {
                    add(light, look.sample(ids[x], px, py, around));
                    *coverage += u16::from(athlete(ids[x]));
                    continue;
                }
                let places = [2 * x, 2 * x + 1, 2 * x + stride, 2 * x + 1 + stride];
                let four = places.map(|p| ids[p]);
                if four == [NOTHING; 4] {
                    add(light, look.backdrop(px, py, camera.ray(px, py), around));
                    continue;
                }
                let one_object = four.iter().all(|id| id >> TRIANGLE_BITS == four[0] >> TRIANGLE_BITS);
                let covered = match one_object {
                    true => 4 * u16::from(athlete(four[0])),
                    false => four.iter().map(|&id| u16::from(athlete(id))).sum(),
                };
                *coverage += covered;
                // Hems and prints run across smooth skin: calm pictures smooth those too.
                let drawn = scene.coarse_light || covered == 0;
                let depths = places.map(|p| near[p]);
                if drawn && one_object && smooth_surface(&depths) {
                    add(light, look.sample(four[0], px, py, around));
                } else if scene.coarse_light {
                    add(light, look.by_surfaces(four, depths, px, py, around));
                } else {
                    let mut sum = V3::ZERO;
                    for (id, (dx, dy)) in four.into_iter().zip(SUB_SAMPLES) {
                        sum += look.sample(id, px + dx, py + dy, around);
                    }
                    add(light, sum * 0.25);
                }
            }
        }
    }
}

/// Where the four sub-samples of a pixel lie, px.
const SUB_SAMPLES: [(f32, f32); 4] = [(-0.25, -0.25), (0.25, -0.25), (-0.25, 0.25), (0.25, 0.25)];

#[inline(always)]
fn add(light: &mut [f32; 3], more: V3) {
    *light = (V3::from(*light) + more).array();
}

/// Mean over blocks of four by four; `spare` is overwritten.
fn smooth(values: &mut [f32], w: usize, h: usize, spare: &mut Vec<f32>) {
    spare.clear();
    spare.resize(values.len(), 0.0);
    for y in 0..h {
        let row = &values[y * w..(y + 1) * w];
        for x in 0..w {
            let read = |d: i32| row[(x as i32 + d).clamp(0, w as i32 - 1) as usize];
            spare[y * w + x] = (read(-2) + read(-1) + read(0) + read(1)) * 0.25;
        }
    }
    for y in 0..h {
        let read = |d: i32| (y as i32 + d).clamp(0, h as i32 - 1) as usize * w;
        let rows = [read(-1), read(0), read(1), read(2)];
        for x in 0..w {
            values[y * w + x] = rows.iter().map(|r| spare[r + x]).sum::<f32>() * 0.25;
        }
    }
}

/// Inverse depths that differ by no more than this share lie on one surface.
const SMOOTH: f32 = 0.02;

/// Whether four sub-samples of an object lie on one smooth surface.
#[inline(always)]
fn smooth_surface(near: &[f32; 4]) -> bool {
    let low = near[0].min(near[1]).min(near[2].min(near[3]));
    let high = near[0].max(near[1]).max(near[2].max(near[3]));
    high - low <= SMOOTH * high
}

fn triangles_of<'a>(
    pack: &'a BodyPack,
    scene: &Scene,
    figures: &'a [Figure],
    forms: &'a [Form; 3],
    extras: &[Prop],
    object: Object,
) -> &'a [[u16; 3]] {
    match object.owner {
        Owner::Figure(_) => &object.mesh(pack).triangles,
        Owner::Shoe { figure, side } => &figures[figure].person.shoes[side].triangles,
        Owner::Thing(index) => &forms[scene.props[index].form as usize].triangles,
        Owner::Extra { extra, .. } => &forms[extras[extra].form as usize].triangles,
    }
}

/// Light of a picture between its pixels; beyond its edges they go on.
fn between(picture: &Frame, x: f32, y: f32) -> V3 {
    let (w, h) = (picture.width() as usize, picture.height() as usize);
    if w == 0 || h == 0 {
        return V3::ZERO;
    }
    let (x, y) = (x.clamp(0.0, (w - 1) as f32), y.clamp(0.0, (h - 1) as f32));
    let (column, row) = (x as usize, y as usize);
    let light = |column: usize, row: usize| {
        let i = (row.min(h - 1) * w + column.min(w - 1)) * 3;
        let linear = |b: u8| {
            let s = f32::from(b) / 255.0;
            s * s * (0.7 + 0.3 * s)
        };
        let rgb = picture.rgb();
        v3(linear(rgb[i]), linear(rgb[i + 1]), linear(rgb[i + 2]))
    };
    let along = |row: usize| light(column, row).lerp(light(column + 1, row), x - column as f32);
    along(row).lerp(along(row + 1), y - row as f32)
}

/// Inverse depth of what is behind everything.
#[inline]
fn backdrop_near(scene: &Scene, camera: &Camera, x: usize, y: usize) -> f32 {
    match &scene.backdrop {
        Backdrop::Room(room) => 1.0 / shade::leave(room, camera.at, camera.ray(x as f32, y as f32)).0.max(NEAR),
        _ => 0.1,
    }
}

/// Linear blend skinning of the dressed body; cloth hangs.
fn skin(pack: &BodyPack, mesh: &Mesh, person: &Person, motion: &Motion, out: &mut Vec<V3>) {
    // A rounded back pulls the shirt out of its hollow.
    let up = motion.turn[slot::PELVIS].transposed() * (motion.turn[slot::LOWER_THORAX] * V3::Z);
    let flexion = (-up.y).atan2(up.z).to_degrees();
    let slack = (1.0 - flexion / 25.0).clamp(0.0, 1.0);
    for v in mesh.vertices.iter().map(|&v| v as usize) {
        let weights = pack.weights_of(v);
        let (turn, shift) = match weights {
            [(slot, _)] => (motion.turn[*slot as usize], motion.shift[*slot as usize]),
            _ => {
                let (mut turn, mut shift) = (M3::ZERO, V3::ZERO);
                for &(slot, w) in weights {
                    let m = &motion.turn[slot as usize];
                    turn.x += m.x * w;
                    turn.y += m.y * w;
                    turn.z += m.z * w;
                    shift += motion.shift[slot as usize] * w;
                }
                (turn, shift)
            }
        };
        let mut p = turn * person.rest[v] + shift;
        let (hang, bridge) = (person.hang[v], person.bridge[v]);
        if hang + bridge > 0.0 {
            let n = (turn * person.normals[v]).unit();
            let under = (-n.z).max(0.0);
            // Cloth that lies on the floor does not hang into it.
            let lowest = p.z.min(0.0);
            p += n * (hang * (0.10 + 0.45 * (1.0 - n.z)) + bridge * slack);
            p.z = (p.z - hang * 0.5 * under).max(lowest);
        }
        out.push(p);
    }
}

/// A bun or ponytail on the back of the head. On the floor (z = 0) it lies, rather than going through.
fn hair_piece(person: &Person, motion: &Motion) -> Option<Prop> {
    let hair = &person.outfit.hair;
    let turn = motion.turn[slot::HEAD];
    let rest = super::shape::point_at(&person.body, crate::pose::Landmark::Occiput)?;
    let cloth = Cloth { gloss: 0.25, ..Cloth::plain(hair.colour) };
    match hair.style {
        HairStyle::Bun => {
            let at = motion.carry(slot::HEAD, rest + v3(0.0, 0.025, 0.05));
            let at = v3(at.x, at.y, at.z.max(0.03));
            Some(Prop { form: PropForm::Ball, at, turn, half: v3(0.038, 0.034, 0.036), cloth })
        }
        HairStyle::Ponytail => {
            let root = motion.carry(slot::HEAD, rest + v3(0.0, 0.012, 0.04));
            Some(ponytail(root, turn, cloth))
        }
        _ => None,
    }
}

/// Where a ponytail hangs: down, but off the neck; of a head on the floor, along the floor beyond the crown.
fn ponytail(root: V3, head: M3, cloth: Cloth) -> Prop {
    const HALF_LENGTH: f32 = 0.13;
    const THICKNESS: f32 = 0.026;
    let free = (head * V3::Y * 0.45 - V3::Z).unit();
    let root = v3(root.x, root.y, root.z.max(THICKNESS));
    let steepest = (THICKNESS - root.z) / (2.0 * HALF_LENGTH);
    let axis = if free.z >= steepest {
        free
    } else {
        let crown = head * v3(0.25, 0.0, 1.0);
        v3(crown.x, crown.y, 0.0).unit() * (1.0 - steepest * steepest).sqrt() + V3::Z * steepest
    };
    let frame = M3::frame(axis, head * V3::X);
    let turn = M3 { x: frame.y, y: frame.z, z: frame.x };
    let half = v3(THICKNESS, 0.024, HALF_LENGTH);
    Prop { form: PropForm::Ball, at: root + axis * 0.11, turn, half, cloth }
}

/// What reaches a pixel from around it.
#[derive(Clone, Copy)]
struct Around {
    open: f32,
    /// Light on the room there and the face it falls on, if known.
    room: Option<(V3, usize)>,
}

/// What the fused loop reads.
struct Look<'a> {
    pack: &'a BodyPack,
    scene: &'a Scene,
    figures: &'a [Figure<'a>],
    noise: &'static Noise,
    objects: &'a [Object],
    extras: &'a [Prop],
    forms: &'a [Form; 3],
    normals: &'a [V3],
    local: &'a [V3],
    screen: &'a [V3],
    shadow: &'a Shadow,
    samples: f32,
}

impl Look<'_> {
    /// Light from picture place (x, y), where `id` is seen.
    #[inline(always)]
    fn sample(&self, id: u32, x: f32, y: f32, around: Around) -> V3 {
        if id == NOTHING { self.behind(x, y, around) } else { self.object(id, x, y, around) }
    }

    /// Light from an edge: what lies on one surface is looked at once, in the middle of its sub-samples.
    #[inline(never)]
    fn by_surfaces(&self, ids: [u32; 4], near: [f32; 4], x: f32, y: f32, around: Around) -> V3 {
        let mut sum = V3::ZERO;
        let mut seen = [false; 4];
        for i in 0..4 {
            if seen[i] {
                continue;
            }
            let (mut count, mut dx, mut dy) = (0.0, 0.0, 0.0);
            for j in i..4 {
                let with = ids[j] >> TRIANGLE_BITS == ids[i] >> TRIANGLE_BITS
                    && (near[j] - near[i]).abs() <= SMOOTH * near[i].max(near[j]);
                if with && !seen[j] {
                    seen[j] = true;
                    (count, dx, dy) = (count + 1.0, dx + SUB_SAMPLES[j].0, dy + SUB_SAMPLES[j].1);
                }
            }
            sum += self.sample(ids[i], x + dx / count, y + dy / count, around) * (0.25 * count);
        }
        sum
    }

    /// The backdrop where it is seen beside an object.
    #[inline(never)]
    fn behind(&self, x: f32, y: f32, around: Around) -> V3 {
        self.backdrop(x, y, self.scene.camera.ray(x, y), around)
    }

    #[inline(never)] // Most pixels show the backdrop: it need not pay for this one's registers.
    fn object(&self, id: u32, x: f32, y: f32, around: Around) -> V3 {
        let object = self.objects[(id >> TRIANGLE_BITS) as usize];
        let triangle = triangles_of(self.pack, self.scene, self.figures, self.forms, self.extras, object)
            [(id & ((1 << TRIANGLE_BITS) - 1)) as usize];
        let corners = triangle.map(|v| object.base + v as usize);
        let (shares, near) = self.shares(&corners, (x + 0.5) * self.samples - 0.5, (y + 0.5) * self.samples - 0.5);
        let blend = |values: &[V3]| {
            values[corners[0]] * shares[0] + values[corners[1]] * shares[1] + values[corners[2]] * shares[2]
        };
        let ray = self.scene.camera.ray(x, y);
        let at = self.scene.camera.at + ray * (1.0 / near);
        let normal = blend(self.normals).unit();
        let surface = match object.owner {
            Owner::Figure(figure) => {
                let vertices = &object.mesh(self.pack).vertices;
                self.figure(figure, &triangle.map(|v| vertices[v as usize]), &shares, normal)
            }
            Owner::Shoe { figure, .. } => match &self.figures[figure].person.outfit.shoes {
                Some((upper, sole)) => shade::shoe_surface(upper, *sole, blend(self.local), normal, self.noise),
                None => Lit { colour: V3::ZERO, normal, gloss: 0.0, wrap: 0.0 },
            },
            Owner::Thing(index) => {
                shade::prop_surface(&self.scene.props[index].cloth, blend(self.local), normal, self.noise)
            }
            Owner::Extra { extra, .. } => {
                let p = blend(self.local);
                let strand = self.noise.at(v3(p.x * 260.0, p.y * 260.0, p.z * 25.0));
                Lit { colour: self.extras[extra].cloth.colour * (0.55 + 0.9 * strand), normal, gloss: 0.25, wrap: 0.2 }
            }
        };
        shade::lit(&self.scene.light, self.shadow, at, ray, &surface, around.open)
    }

    #[inline]
    fn figure(&self, figure: usize, triangle: &[u16; 3], shares: &[f32; 3], normal: V3) -> Lit {
        let outfit = &self.figures[figure].person.outfit;
        let [a, b, c] = triangle.map(|v| &self.pack.surface[v as usize]);
        let mix = |f: fn(&Surface) -> f32| f(a) * shares[0] + f(b) * shares[1] + f(c) * shares[2];
        let surface = Surface {
            at: a.at * shares[0] + b.at * shares[1] + c.at * shares[2],
            arm: mix(|s| s.arm),
            along_arm: mix(|s| s.along_arm),
        };
        let layer = outfit.layer(self.pack.regions[triangle[0] as usize], &surface);
        shade::figure_surface(outfit, layer, &surface, normal, self.noise)
    }

    /// Shares of the corners at a sample (perspective corrected), and the inverse depth there.
    #[inline(always)]
    fn shares(&self, corners: &[usize; 3], x: f32, y: f32) -> ([f32; 3], f32) {
        let [a, b, c] = corners.map(|v| self.screen[v]);
        let area = (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
        let inverse = 1.0 / area;
        let u = ((b.x - x) * (c.y - y) - (b.y - y) * (c.x - x)) * inverse;
        let v = ((c.x - x) * (a.y - y) - (c.y - y) * (a.x - x)) * inverse;
        // At a pixel's centre the sample's triangle may just have ended: stay on it.
        let (u, v, w) = (u.clamp(0.0, 1.0), v.clamp(0.0, 1.0), (1.0 - u - v).clamp(0.0, 1.0));
        let one = 1.0 / (u + v + w);
        let (u, v, w) = (u * one * a.z, v * one * b.z, w * one * c.z);
        let total = u + v + w;
        let k = 1.0 / total.max(1e-9);
        ([u * k, v * k, w * k], total.max(1e-4))
    }

    /// `ray` is the one through (x, y): along a row most of it stays the same.
    #[inline(always)]
    fn backdrop(&self, x: f32, y: f32, ray: V3, around: Around) -> V3 {
        let camera = &self.scene.camera;
        match &self.scene.backdrop {
            Backdrop::Room(room) => {
                let (distance, face) = shade::leave(room, camera.at, ray);
                let at = camera.at + ray * distance;
                let pixel = distance / camera.focal * if face == 4 { 1.0 / (-ray.z).max(0.08) } else { 1.0 };
                let (colour, gloss, shines) = shade::room_surface(room, face, at, pixel, self.noise);
                if shines {
                    return colour;
                }
                match around.room {
                    Some((light, on)) if on == face => colour.scale(light),
                    _ => {
                        let surface = Lit { colour, normal: shade::FACES[face], gloss, wrap: 0.0 };
                        shade::lit(&self.scene.light, self.shadow, at, ray, &surface, around.open)
                    }
                }
            }
            Backdrop::Picture { picture, from, step } => between(picture, from[0] + x * step[0], from[1] + y * step[1]),
            Backdrop::Blotches { colours, scale_px, seed } => {
                let s = (*seed % 997) as f32 * 0.37;
                let k = 1.0 / scale_px.max(1.0);
                let a = self.noise.flat(x * k, y * k, s);
                let b = self.noise.flat(x * k * 2.3, y * k * 2.3, s + 9.5);
                colours[0].lerp(colours[1], a).lerp(colours[2], b * 0.7)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backdrop_goes_evenly_from_pixel_to_pixel_and_on_beyond_its_edges() {
        let grey = |t: u8| [t; 3];
        let rgb = [grey(0), grey(255), grey(0), grey(255)].concat();
        let picture = Frame::from_rgb(crate::units::Timestamp::ZERO, 2, 2, rgb).unwrap();
        let light = |x: f32| between(&picture, x, 0.5).x;
        assert!((light(0.5) - 0.5 * (light(0.0) + light(1.0))).abs() < 1e-6);
        assert!((light(0.0), light(-3.0), light(9.0)) == (0.0, 0.0, light(1.0)) && light(1.0) > 0.99);
    }

    #[test]
    fn a_ponytail_hangs_behind_a_standing_head_and_lies_beside_a_lying_one() {
        let ends = |p: &Prop| [p.at + p.turn * V3::Z * p.half.z, p.at - p.turn * V3::Z * p.half.z];
        let standing = ponytail(v3(0.0, 0.1, 1.6), M3::IDENTITY, Cloth::plain(V3::ZERO));
        let [low, high] = ends(&standing);
        assert!((low.z - high.z).abs() > 0.2 && low.y.max(high.y) > 0.15, "{low:?} {high:?}");
        // On the back, crown towards −y.
        let lying = M3 { x: v3(-1.0, 0.0, 0.0), y: -V3::Z, z: -V3::Y };
        let lying = ponytail(v3(0.0, -0.6, 0.04), lying, Cloth::plain(V3::ZERO));
        assert!(ends(&lying).iter().all(|end| end.z > 0.0), "{lying:?}");
        assert!(lying.at.y < -0.65);
    }
}
