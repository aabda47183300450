//! What a person wears, and how cloth lies on the body.
//!
//! Garments are one displaced layer of the body mesh: where each ends is decided per pixel from coordinates on the mean
//! body, how far it stands off per vertex, from skin-tight (2 mm) to hanging (30 mm, with folds, pulled down by gravity on
//! the under side and bridging the hollows of the body). Shoes are smooth lofts around the feet; hair thickens the scalp.
//! Input: [`Body`] and [`Outfit`]. Output: [`Person`], ready to be posed. Truth never uses the displaced layer.
//!
//! Not handled: skirts, open jackets, cloth that moves with speed.

use super::linear::{V3, floor, smoothstep, v3};
use super::noise::Noise;
use super::pack::{BodyPack, Region, Surface};
use super::rig::{Group, slot};
use super::shape::{Body, Shape, vertex_normals};
use crate::units::Side;

/// Skin tones from light to dark (linear RGB of the ten-tone Monk scale, darkened towards photographs).
pub const SKIN_TONES: [V3; 10] = [
    v3(0.80, 0.58, 0.47),
    v3(0.76, 0.53, 0.42),
    v3(0.72, 0.50, 0.36),
    v3(0.62, 0.42, 0.29),
    v3(0.50, 0.32, 0.20),
    v3(0.33, 0.19, 0.105),
    v3(0.22, 0.115, 0.062),
    v3(0.125, 0.060, 0.037),
    v3(0.070, 0.036, 0.024),
    v3(0.042, 0.023, 0.016),
];

/// How a cloth is patterned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pattern {
    Plain,
    /// Upright stripes.
    Stripes,
    /// Level stripes.
    Hoops,
    Check,
    Dots,
    Heather,
    /// Soft patches, camouflage or marble.
    Blotches,
    /// A coloured field on the chest, plain elsewhere.
    Print,
}

impl Pattern {
    pub const ALL: [Pattern; 8] = [
        Pattern::Plain,
        Pattern::Stripes,
        Pattern::Hoops,
        Pattern::Check,
        Pattern::Dots,
        Pattern::Heather,
        Pattern::Blotches,
        Pattern::Print,
    ];
}

/// A material with a pattern; colours are linear RGB reflectances.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cloth {
    pub colour: V3,
    pub second: V3,
    pub pattern: Pattern,
    /// Size of the pattern, metres.
    pub scale: f32,
    /// 0 dull, 1 glossy.
    pub gloss: f32,
}

impl Cloth {
    pub const fn plain(colour: V3) -> Cloth {
        Cloth { colour, second: colour, pattern: Pattern::Plain, scale: 0.05, gloss: 0.05 }
    }

    /// The colour at a place on the mean body (or in a prop's own frame), before light.
    #[inline]
    pub(super) fn at(&self, p: V3, noise: &Noise) -> V3 {
        let share = match self.pattern {
            Pattern::Plain => return self.colour,
            Pattern::Stripes => wave(p.x / self.scale),
            Pattern::Hoops => wave(p.z / self.scale),
            Pattern::Check => 0.5 * wave((p.x + p.y) / self.scale) + 0.5 * wave(p.z / self.scale),
            Pattern::Dots => {
                let (u, v) = ((p.x + p.y) / self.scale, p.z / self.scale);
                let (du, dv) = (u - u.round(), v - v.round());
                1.0 - smoothstep(0.22, 0.3, (du * du + dv * dv).sqrt())
            }
            Pattern::Heather => noise.at(p * (6.0 / self.scale)) * 0.5,
            Pattern::Blotches => smoothstep(0.42, 0.56, noise.at(p * (1.2 / self.scale))),
            Pattern::Print => {
                let inside = p.x.abs() < 0.09 && (p.z - 0.42).abs() < 0.06 && p.y < 0.0;
                if inside { smoothstep(0.3, 0.6, noise.at(p * (1.5 / self.scale))) } else { 0.0 }
            }
        };
        self.colour.lerp(self.second, share)
    }
}

/// 0 or 1 in equal bands, soft at the edge.
#[inline(always)]
fn wave(t: f32) -> f32 {
    let d = (t - floor(t) as f32 - 0.5).abs();
    smoothstep(0.22, 0.28, d)
}

/// A shirt.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Top {
    /// Where the sleeve ends along the arm: 0 sleeveless, 0.3 T-shirt, 0.95 long.
    pub sleeve: f32,
    /// Height of the hem on the mean body, metres from its middle: 0.30 crop top, 0.05 over the hips.
    pub hem: f32,
    /// Height of the neckline at the nape, same measure: 0.61 high, 0.585 usual, 0.53 wide.
    pub neck: f32,
    /// How far it stands off where it hangs free, metres: 0.002 … 0.030.
    pub loose: f32,
    pub cloth: Cloth,
}

/// Trousers, shorts or leggings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bottom {
    /// Height of the waistband on the mean body: about 0.14 … 0.22.
    pub waist: f32,
    /// Height of the lower end: 0.0 briefs, −0.2 shorts, −0.35 to the knee, −0.72 to the ankle.
    pub end: f32,
    pub loose: f32,
    pub cloth: Cloth,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HairStyle {
    Bald,
    Short,
    Full,
    Bun,
    Ponytail,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hair {
    pub style: HairStyle,
    /// Thickness on the scalp, metres.
    pub thickness: f32,
    pub colour: V3,
}

/// Everything a person wears, and the colour of the skin.
#[derive(Clone, Debug, PartialEq)]
pub struct Outfit {
    pub skin: V3,
    /// `None`: bare chest.
    pub top: Option<Top>,
    pub bottom: Bottom,
    /// Height of the socks' upper end on the mean body (ankle −0.75, mid-calf −0.55) and their cloth.
    pub socks: Option<(f32, Cloth)>,
    /// Upper and sole.
    pub shoes: Option<(Cloth, V3)>,
    pub hair: Hair,
    /// Folds differ by this.
    pub seed: u32,
}

impl Default for Outfit {
    /// Grey T-shirt, dark shorts, barefoot.
    fn default() -> Outfit {
        Outfit {
            skin: SKIN_TONES[3],
            top: Some(Top {
                sleeve: 0.28,
                hem: 0.06,
                neck: 0.585,
                loose: 0.008,
                cloth: Cloth::plain(v3(0.35, 0.36, 0.38)),
            }),
            bottom: Bottom { waist: 0.16, end: -0.2, loose: 0.012, cloth: Cloth::plain(v3(0.03, 0.035, 0.06)) },
            socks: None,
            shoes: None,
            hair: Hair { style: HairStyle::Short, thickness: 0.012, colour: v3(0.03, 0.02, 0.012) },
            seed: 1,
        }
    }
}

/// What is seen at a point of the body's surface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layer {
    Skin,
    Eye,
    Inner,
    Hair,
    Top,
    Bottom,
    Sock,
}

/// Height of the shoe's collar on the mean body, metres.
const SHOE_TOP: f32 = -0.742;

impl Outfit {
    /// Which layer covers the point.
    #[inline]
    pub(super) fn layer(&self, region: Region, s: &Surface) -> Layer {
        match region {
            Region::Eye => return Layer::Eye,
            Region::Inner => return Layer::Inner,
            Region::Head | Region::Scalp => {
                let hairy = self.hair.style != HairStyle::Bald && hair_depth(s.at) > 0.0;
                if hairy {
                    return Layer::Hair;
                }
                // Collars end at the throat.
                if s.at.z > 0.61 {
                    return Layer::Skin;
                }
            }
            _ => {}
        }
        let on_arm = s.arm > 0.5 && s.along_arm > 0.0;
        if let Some(top) = &self.top {
            let covered = if on_arm {
                s.along_arm < top.sleeve
            } else {
                // The neckline dips in front and ends where the shoulder begins.
                let dip = 0.055 * smoothstep(0.0, -0.1, s.at.y);
                let half_width = 0.08 + 0.6 * (0.57 - top.neck).max(0.0);
                let aside = s.at.x / half_width;
                s.at.z > top.hem && (s.at.z < top.neck - dip + (0.02 + dip) * aside * aside || aside.abs() > 1.0)
            };
            if covered {
                return Layer::Top;
            }
        }
        if on_arm {
            return Layer::Skin;
        }
        if s.at.z < self.bottom.waist && s.at.z > self.bottom.end {
            return Layer::Bottom;
        }
        match self.socks {
            Some((upper, _)) if s.at.z < upper => Layer::Sock,
            _ => Layer::Skin,
        }
    }
}

/// How far inside the hairline a point of the mean head lies, metres; ≤ 0 outside.
#[inline(always)]
pub(super) fn hair_depth(p: V3) -> f32 {
    let hairline = 0.795 - 0.875 * (p.y + 0.125);
    let temple = 0.02 * (p.x.abs() / 0.07).min(1.0);
    let above = p.z - hairline - temple * smoothstep(-0.04, -0.10, p.y);
    if p.x.abs() > 0.079 && p.z < 0.775 { -1.0 } else { above }
}

/// A dressed body, at rest.
#[derive(Debug)]
pub struct Person {
    pub body: Body,
    pub outfit: Outfit,
    /// Displaced rest vertices and their normals.
    pub(super) rest: Vec<V3>,
    pub(super) normals: Vec<V3>,
    /// How far cloth may hang off, metres, folds included.
    pub(super) hang: Vec<f32>,
    /// How deep a hollow of the lower back is bridged while the back is straight, metres.
    pub(super) bridge: Vec<f32>,
    /// Left and right, or none.
    pub(super) shoes: Vec<Shoe>,
}

impl Person {
    pub fn new(pack: &BodyPack, shape: &Shape, outfit: Outfit) -> Person {
        Person::dressed(pack, Body::new(pack, shape), outfit)
    }

    /// A body that is there already, dressed.
    pub fn dressed(pack: &BodyPack, body: Body, outfit: Outfit) -> Person {
        let mut person = Person {
            body,
            outfit,
            rest: Vec::new(),
            normals: Vec::new(),
            hang: Vec::new(),
            bridge: Vec::new(),
            shoes: Vec::new(),
        };
        person.lay_cloth(pack);
        person
    }

    /// Changes clothes.
    pub fn dress(&mut self, pack: &BodyPack, outfit: Outfit) {
        self.outfit = outfit;
        self.lay_cloth(pack);
    }

    fn lay_cloth(&mut self, pack: &BodyPack) {
        let noise = Noise::shared();
        let seed = (self.outfit.seed % 1024) as f32 * 0.73;
        let count = pack.vertices;
        self.rest.clear();
        self.rest.extend_from_slice(&self.body.vertices);
        self.hang.clear();
        self.hang.resize(count, 0.0);
        self.bridge.clear();
        self.bridge.resize(count, 0.0);
        self.shoes.clear();
        if self.outfit.shoes.is_some() {
            for side in Side::BOTH {
                self.shoes.push(shoe_around(pack, &self.body, side));
                // The foot draws in, so that no toe looks out.
                for v in foot_vertices(pack, side) {
                    let share = smoothstep(SHOE_TOP, SHOE_TOP - 0.03, pack.surface[v].at.z);
                    self.rest[v] += self.body.normals[v] * (-0.006 * share);
                }
            }
        }
        for v in 0..count {
            let surface = &pack.surface[v];
            let p = surface.at;
            let normal = self.body.normals[v];
            let folds = noise.at(v3(p.x * 9.0 + seed, p.y * 9.0, p.z * 5.0)) * 0.65
                + noise.at(v3(p.x * 22.0, p.y * 22.0 + seed, p.z * 9.0)) * 0.35;
            let (thickness, loose) = match self.outfit.layer(pack.regions[v], surface) {
                Layer::Top => {
                    let loose = self.outfit.top.map_or(0.0, |t| t.loose);
                    // The shoulders carry the shirt: it lies close there.
                    let carried = smoothstep(0.53, 0.44, p.z).max(smoothstep(0.04, 0.2, surface.along_arm));
                    (0.002, loose * (0.15 + 0.85 * carried))
                }
                Layer::Bottom => {
                    // The waistband is tight.
                    let free = smoothstep(0.0, 0.12, self.outfit.bottom.waist - p.z);
                    (0.0015, self.outfit.bottom.loose * (0.1 + 0.9 * free))
                }
                Layer::Sock => (0.0015, 0.0),
                Layer::Hair => {
                    let depth = smoothstep(-0.002, 0.03, hair_depth(p));
                    let rough = 0.75 + 0.5 * noise.at(v3(p.x * 40.0 + seed, p.y * 40.0, p.z * 40.0));
                    (self.outfit.hair.thickness * depth * rough, 0.0)
                }
                _ => (0.0, 0.0),
            };
            let hollow = self.body.hollows[v].min(0.004 + loose * 1.2) * if loose > 0.0 { 1.0 } else { 0.0 };
            let lumbar: f32 = pack
                .weights_of(v)
                .iter()
                .filter(|(s, _)| (slot::LOWER_LUMBAR..=slot::LOWER_THORAX).contains(&(*s as usize)))
                .map(|(_, w)| w)
                .sum();
            self.rest[v] += normal * (thickness + hollow * (1.0 - lumbar));
            self.bridge[v] = hollow * lumbar;
            self.hang[v] = loose * (0.35 + 0.9 * folds);
        }
        vertex_normals(&pack.full.triangles, &self.rest, &mut self.normals);
    }
}

/// A shoe: a smooth loft around a foot, in rest space.
#[derive(Debug)]
pub(super) struct Shoe {
    pub rest: Vec<V3>,
    /// How much each vertex goes with the toes, 0..=1.
    pub toes: Vec<f32>,
    /// Along the foot (m), height above the sole (m): for its texture.
    pub local: Vec<V3>,
    /// Counter-clockwise from outside.
    pub triangles: Vec<[u16; 3]>,
}

/// Rings along a shoe, and points around each.
const RINGS: usize = 18;
const AROUND: usize = 16;

/// Lofts a shoe around a foot: cross-sections along the foot become rounded boxes that hold all of it.
fn shoe_around(pack: &BodyPack, body: &Body, side: Side) -> Shoe {
    const BINS: usize = 20;
    const THICK: f32 = 0.007;
    let foot: Vec<usize> = foot_vertices(pack, side).collect();
    let turn = body.rest_turns[Group::LeftFoot.on(side) as usize];
    // In neutral axes the foot points to −y.
    let local: Vec<V3> = foot.iter().map(|&v| turn * body.vertices[v]).collect();
    let bounds = |f: fn(&V3) -> f32| {
        local.iter().map(f).fold((f32::INFINITY, f32::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)))
    };
    let ((front, back), (ground, _)) = (bounds(|p| p.y), bounds(|p| p.z));
    let length = (back - front).max(1e-3);
    let mut sections = [(f32::INFINITY, f32::NEG_INFINITY, 0.0f32); BINS];
    for p in &local {
        let bin = (((p.y - front) / length * BINS as f32) as usize).min(BINS - 1);
        let s = &mut sections[bin];
        *s = (s.0.min(p.x), s.1.max(p.x), s.2.max(p.z - ground));
    }
    for i in 1..BINS {
        if sections[i].0 > sections[i].1 {
            sections[i] = sections[i - 1];
        }
    }
    let smooth = |i: usize| {
        let near = |k: i32| sections[(i as i32 + k).clamp(0, BINS as i32 - 1) as usize];
        let most = |f: fn((f32, f32, f32)) -> f32| f(near(-1)).max(f(near(0))).max(f(near(1)));
        (-most(|s| -s.0), most(|s| s.1), most(|s| s.2).max(0.04))
    };
    let hulls: [(f32, f32, f32); BINS] = std::array::from_fn(smooth);
    let to_rest = turn.transposed();
    let ball = 0.30;
    let mut shoe = Shoe { rest: Vec::new(), toes: Vec::new(), local: Vec::new(), triangles: Vec::new() };
    for ring in 0..RINGS {
        let t = ring as f32 / (RINGS - 1) as f32;
        let at = (t * (BINS - 1) as f32).min((BINS - 1) as f32);
        let (i, u) = (at as usize, at.fract());
        let (a, b) = (hulls[i], hulls[(i + 1).min(BINS - 1)]);
        let mix = |x: f32, y: f32| x + (y - x) * u;
        // Both ends are rounded.
        let end = (t / 0.13).min((1.0 - t) / 0.07).min(1.0);
        let round = (1.0 - (1.0 - end).powi(2)).sqrt().max(0.02);
        let (left, right) = (mix(a.0, b.0) - THICK, mix(a.1, b.1) + THICK);
        let height = (mix(a.2, b.2) + THICK) * (0.45 + 0.55 * round);
        let (half_width, half_height) = ((right - left) * 0.5 * (0.25 + 0.75 * round), height * 0.5);
        let (cx, cz) = ((left + right) * 0.5, ground + half_height);
        let y = front - 2.0 * THICK + (length + 3.0 * THICK) * t;
        for k in 0..AROUND {
            let angle = std::f32::consts::TAU * k as f32 / AROUND as f32;
            let soft = |v: f32| v.signum() * v.abs().powf(0.7);
            let shrink = if ring == 0 || ring == RINGS - 1 { 0.3 } else { 1.0 };
            let p = v3(
                cx + soft(angle.cos()) * half_width * shrink,
                y,
                (cz + soft(angle.sin()) * half_height * if shrink < 1.0 { 0.7 } else { 1.0 }).max(ground),
            );
            shoe.rest.push(to_rest * p);
            shoe.toes.push(smoothstep(ball + 0.05, ball - 0.05, t));
            shoe.local.push(v3(p.x - cx, p.y - front, p.z - ground));
        }
    }
    for ring in 0..RINGS - 1 {
        for k in 0..AROUND {
            let (a, b) = ((ring * AROUND + k) as u16, (ring * AROUND + (k + 1) % AROUND) as u16);
            let (c, d) = (a + AROUND as u16, b + AROUND as u16);
            shoe.triangles.extend([[a, c, d], [a, d, b]]);
        }
    }
    for (first, flip) in [(0u16, false), (((RINGS - 1) * AROUND) as u16, true)] {
        for k in 1..AROUND as u16 - 1 {
            let t = [first, first + k, first + k + 1];
            shoe.triangles.push(if flip { [t[0], t[2], t[1]] } else { t });
        }
    }
    orient_outwards(&mut shoe);
    shoe
}

/// Turns all triangles round if the loft came out inside out.
fn orient_outwards(shoe: &mut Shoe) {
    let volume: f32 = shoe
        .triangles
        .iter()
        .map(|t| {
            let [a, b, c] = t.map(|v| shoe.rest[v as usize] - shoe.rest[0]);
            a.dot(b.cross(c))
        })
        .sum();
    if volume < 0.0 {
        shoe.triangles.iter_mut().for_each(|t| t.swap(1, 2));
    }
}

fn foot_vertices(pack: &BodyPack, side: Side) -> impl Iterator<Item = usize> + '_ {
    (0..pack.vertices).filter(move |&v| {
        let s = &pack.surface[v];
        let mine = if side == Side::Left { s.at.x > 0.0 } else { s.at.x < 0.0 };
        mine && s.at.z < SHOE_TOP && matches!(pack.regions[v], Region::Foot | Region::Shank)
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;

    #[test]
    fn cloth_lies_outside_the_skin_and_within_its_looseness() {
        let Some(pack) = testing::pack() else { return };
        let person = Person::new(pack, &Shape::default(), Outfit::default());
        let mut covered = 0;
        for v in 0..pack.vertex_count() {
            let out = (person.rest[v] - person.body.vertices[v]).dot(person.body.normals[v]);
            if person.outfit.layer(pack.regions[v], &pack.surface[v]) == Layer::Top {
                covered += 1;
                assert!((0.001..0.04).contains(&out), "{out}");
                assert!(person.hang[v] <= 0.03);
            }
        }
        assert!(covered > 500, "a shirt covers {covered} vertices");
    }

    #[test]
    fn shoes_hold_the_feet_and_face_outwards() {
        let Some(pack) = testing::pack() else { return };
        let outfit = Outfit { shoes: Some((Cloth::plain(V3::ZERO), V3::ZERO)), ..Outfit::default() };
        let person = Person::new(pack, &Shape::default(), outfit);
        for (shoe, side) in person.shoes.iter().zip(Side::BOTH) {
            let mut normals = Vec::new();
            vertex_normals(&shoe.triangles, &shoe.rest, &mut normals);
            let centre = shoe.rest.iter().fold(V3::ZERO, |s, p| s + *p) / shoe.rest.len() as f32;
            let outwards = shoe.rest.iter().zip(&normals).filter(|(p, n)| n.dot(**p - centre) > 0.0).count();
            assert!(outwards * 10 > shoe.rest.len() * 9, "{outwards} of {}", shoe.rest.len());
            let range = |f: fn(&V3) -> f32, points: &mut dyn Iterator<Item = V3>| {
                points.map(|p| f(&p)).fold((f32::INFINITY, f32::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)))
            };
            for f in [(|p: &V3| p.x) as fn(&V3) -> f32, |p: &V3| p.y] {
                let foot = range(f, &mut foot_vertices(pack, side).map(|v| person.rest[v]));
                let hull = range(f, &mut shoe.rest.iter().copied());
                assert!(hull.0 < foot.0 && hull.1 > foot.1, "{side:?} {foot:?} {hull:?}");
            }
        }
    }

    #[test]
    fn hands_and_face_stay_bare() {
        let Some(pack) = testing::pack() else { return };
        let outfit = Outfit { shoes: None, ..Outfit::default() };
        for v in 0..pack.vertex_count() {
            if pack.regions[v] == Region::Hand {
                assert_eq!(outfit.layer(Region::Hand, &pack.surface[v]), Layer::Skin);
            }
        }
    }
}
