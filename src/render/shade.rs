//! Colour of one sample: what a surface looks like in the light of a scene.
//!
//! Everything here is a pure function of its arguments, called once per pixel from one fused loop.

use super::linear::{V3, floor as whole, lerp, smoothstep, v3};
use super::noise::{Noise, cell};
use super::outfit::{Cloth, Layer, Outfit, hair_depth};
use super::pack::Surface;
use super::raster::Shadow;
use super::scene::{Cover, Finish, Light, Panel, Room};

/// A surface about to be lit.
pub(super) struct Lit {
    pub colour: V3,
    pub normal: V3,
    /// 0 dull, 1 glossy.
    pub gloss: f32,
    /// How far light wraps around (skin, hair).
    pub wrap: f32,
}

/// Light that falls on a dull surface.
#[inline]
pub(super) fn falling(light: &Light, shadow: &Shadow, at: V3, normal: V3, open: f32) -> V3 {
    let mut sum = light.ground.lerp(light.sky, normal.z * 0.5 + 0.5) * open;
    for (index, lamp) in light.lamps.iter().enumerate() {
        let facing = normal.dot(lamp.towards);
        if facing > 0.0 {
            let reach =
                if index == 0 { shadow.reaches(at + normal * 0.008, light.shadow_softness) } else { 0.6 + 0.4 * open };
            sum += lamp.colour * (facing * reach);
        }
    }
    sum
}

/// Light that a surface sends back; `ray` comes from the eye, any length. `open`: share of the surroundings that reaches it (occlusion), 0..=1.
#[inline]
pub(super) fn lit(light: &Light, shadow: &Shadow, at: V3, ray: V3, surface: &Lit, open: f32) -> V3 {
    let up = surface.normal.z * 0.5 + 0.5;
    let mut sum = light.ground.lerp(light.sky, up) * open;
    let mut shine = V3::ZERO;
    for (index, lamp) in light.lamps.iter().enumerate() {
        let facing = surface.normal.dot(lamp.towards);
        let amount = ((facing + surface.wrap) / (1.0 + surface.wrap)).max(0.0);
        if amount <= 0.0 {
            continue;
        }
        let reach = if index == 0 {
            shadow.reaches(at + surface.normal * 0.008, light.shadow_softness)
        } else {
            0.6 + 0.4 * open
        };
        sum += lamp.colour * (amount * reach);
        if surface.gloss > 0.0 && facing > 0.0 {
            let half = (lamp.towards - ray.unit()).unit();
            let s = surface.normal.dot(half).max(0.0);
            let s2 = s * s;
            let s8 = s2 * s2 * s2 * s2;
            shine += lamp.colour * (s8 * s8 * surface.gloss * reach * 0.35);
        }
    }
    surface.colour.scale(sum) + shine
}

/// What a figure's surface is made of at a point; bends the normal by folds and pores.
#[inline]
pub(super) fn figure_surface(outfit: &Outfit, layer: Layer, s: &Surface, normal: V3, noise: &Noise) -> Lit {
    let p = s.at;
    let (cloth, loose) = match layer {
        Layer::Skin => return skin(outfit, s, normal, noise),
        Layer::Hair => {
            let strand = noise.at(v3(p.x * 260.0, p.y * 120.0, p.z * 60.0));
            let edge = smoothstep(0.0, 0.012, hair_depth(p));
            let colour = outfit.hair.colour * (0.55 + 0.9 * strand);
            return Lit { colour: outfit.skin.lerp(colour, 0.35 + 0.65 * edge), normal, gloss: 0.25, wrap: 0.2 };
        }
        Layer::Eye => {
            let side = if p.x > 0.0 { 0.030 } else { -0.030 };
            let (dx, dz) = (p.x - side, p.z - 0.736);
            let r = (dx * dx + dz * dz).sqrt();
            let white = v3(0.42, 0.40, 0.38);
            let iris = v3(0.05, 0.035, 0.025);
            return Lit { colour: white.lerp(iris, smoothstep(0.0085, 0.0065, r)), normal, gloss: 0.8, wrap: 0.2 };
        }
        Layer::Inner => return Lit { colour: v3(0.15, 0.03, 0.03), normal, gloss: 0.1, wrap: 0.0 },
        Layer::Top => match &outfit.top {
            Some(top) => (&top.cloth, top.loose),
            None => return skin(outfit, s, normal, noise),
        },
        Layer::Bottom => (&outfit.bottom.cloth, outfit.bottom.loose),
        Layer::Sock => match &outfit.socks {
            Some((_, cloth)) => (cloth, 0.002),
            None => return skin(outfit, s, normal, noise),
        },
    };
    let colour = cloth.at(p, noise);
    Lit {
        colour: weave(colour, p, noise),
        normal: folded(normal, s, loose, outfit.seed, noise),
        gloss: cloth.gloss,
        wrap: 0.08,
    }
}

/// Fine unevenness of cloth.
#[inline(always)]
fn weave(colour: V3, p: V3, noise: &Noise) -> V3 {
    colour * (0.93 + 0.14 * noise.at(p * 90.0))
}

/// Bends a normal by the slope of fold noise: deeper the looser the cloth.
#[inline]
fn folded(normal: V3, s: &Surface, loose: f32, seed: u32, noise: &Noise) -> V3 {
    /// Cells over which a fold rises as it does here.
    const REACH: f32 = 0.35;
    let shift = (seed % 512) as f32 * 0.61;
    let q = v3(s.at.x * 26.0 + shift, s.at.y * 26.0, s.at.z * 13.0 + s.along_arm * 4.0);
    let depth = 0.25 + 28.0 * loose.min(0.03);
    (normal - noise.slope(q) * (REACH * depth)).unit()
}

fn skin(outfit: &Outfit, s: &Surface, normal: V3, noise: &Noise) -> Lit {
    let p = s.at;
    let mottle = noise.at(p * 14.0) * 0.6 + noise.at(p * 55.0) * 0.4;
    let mut colour = outfit.skin * (0.86 + 0.28 * mottle);
    if p.z > 0.6 && p.y < -0.08 {
        // Brows and lips.
        let x = p.x.abs();
        let brow_height = 0.757 - 0.10 * (x - 0.032).abs();
        let brow = smoothstep(0.006, 0.003, (p.z - brow_height).abs())
            * smoothstep(0.010, 0.014, x)
            * smoothstep(0.055, 0.048, x);
        colour = colour.lerp(outfit.hair.colour, 0.75 * brow);
        let lips = smoothstep(0.010, 0.005, (p.z - 0.6775).abs())
            * smoothstep(0.026, 0.018, x)
            * smoothstep(-0.128, -0.134, p.y);
        colour = colour.lerp(v3(outfit.skin.x * 0.9, outfit.skin.y * 0.55, outfit.skin.z * 0.6), 0.7 * lips);
    }
    // Knees, elbows, knuckles and cheeks are a little redder.
    colour.x *= 1.0 + 0.05 * noise.at(p * 6.0);
    Lit { colour, normal, gloss: 0.16, wrap: 0.18 }
}

/// A shoe's surface; `p` across, along and above the sole, metres.
#[inline]
pub(super) fn shoe_surface(upper: &Cloth, sole: V3, p: V3, normal: V3, noise: &Noise) -> Lit {
    let edge = smoothstep(0.024, 0.020, p.z);
    let laces = smoothstep(0.012, 0.008, p.x.abs()) * smoothstep(0.08, 0.09, p.y) * smoothstep(0.17, 0.16, p.y);
    let colour = upper.at(p, noise).lerp(sole, edge.max(0.5 * laces));
    Lit { colour: weave(colour, p, noise), normal, gloss: upper.gloss, wrap: 0.05 }
}

/// A thing's surface; `p` in its own metres.
#[inline]
pub(super) fn prop_surface(cloth: &Cloth, p: V3, normal: V3, noise: &Noise) -> Lit {
    let grain = 0.9 + 0.2 * noise.at(v3(p.x * 30.0, p.y * 30.0, p.z * 12.0));
    Lit { colour: cloth.at(p, noise) * grain, normal, gloss: cloth.gloss, wrap: 0.0 }
}

/// Where a ray from inside leaves the room: distance factor along the ray, and which face (0 x−, 1 x+, 2 y−, 3 y+, 4 floor,
/// 5 ceiling).
#[inline]
pub(super) fn leave(room: &Room, from: V3, ray: V3) -> (f32, usize) {
    // Along an axis that the ray does not follow it goes on for ever: a length over zero. All three are divided at once.
    let ahead = |d: f32, to_low: f32, to_high: f32| if d.is_sign_positive() { to_high } else { to_low };
    let to = [
        ahead(ray.x, room.low.x - from.x, room.high.x - from.x),
        ahead(ray.y, room.low.y - from.y, room.high.y - from.y),
        ahead(ray.z, -from.z, room.high.z - from.z),
    ];
    let [x, y, z] = [to[0] / ray.x, to[1] / ray.y, to[2] / ray.z];
    if z <= x && z <= y {
        (z, 4 + usize::from(ray.z > 0.0))
    } else if x <= y {
        (x, usize::from(ray.x > 0.0))
    } else {
        (y, 2 + usize::from(ray.y > 0.0))
    }
}

/// Inward normals of the room's faces.
pub(super) const FACES: [V3; 6] = [V3::X, v3(-1.0, 0.0, 0.0), V3::Y, v3(0.0, -1.0, 0.0), V3::Z, v3(0.0, 0.0, -1.0)];

/// The room at a point: its colour, its gloss and whether it shines by itself; `pixel` is how much of it one pixel covers,
/// metres.
#[inline]
pub(super) fn room_surface(room: &Room, face: usize, at: V3, pixel: f32, noise: &Noise) -> (V3, f32, bool) {
    if face == 4 {
        let (colour, gloss) = floor(room, at, pixel, noise);
        return (colour, gloss, false);
    }
    if face == 5 {
        return (room.ceiling, 0.0, false);
    }
    let along = if face < 2 { at.y } else { at.x };
    for panel in &room.panels {
        if panel.wall == face && along > panel.from && along < panel.to && at.z > panel.bottom && at.z < panel.top {
            let (colour, gloss) = panel_surface(panel, along, at.z, noise);
            return (colour, gloss, panel.shines);
        }
    }
    if at.z < room.skirting {
        let colour = V3::splat(0.6) * (0.6 + 0.4 * smoothstep(room.skirting, room.skirting - 0.01, at.z));
        return (colour, 0.0, false);
    }
    (cover(&room.walls, along, at.z, pixel, noise), 0.0, false)
}

fn panel_surface(panel: &Panel, along: f32, z: f32, noise: &Noise) -> (V3, f32) {
    const FRAME: f32 = 0.05;
    let (u, v) = ((along - panel.from) / (panel.to - panel.from), (z - panel.bottom) / (panel.top - panel.bottom));
    let inside =
        along > panel.from + FRAME && along < panel.to - FRAME && z > panel.bottom + FRAME && z < panel.top - FRAME;
    let bar = panel.shines && (u - 0.5).abs() * (panel.to - panel.from) < 0.02;
    if !inside || bar {
        return (panel.frame, 0.05);
    }
    let texture = 0.7 + 0.6 * noise.flat(u * 5.0, v * 5.0, panel.from * 7.3);
    (panel.inside[0].lerp(panel.inside[1], v) * texture, 0.0)
}

fn floor(room: &Room, at: V3, pixel: f32, noise: &Noise) -> (V3, f32) {
    for mat in &room.mats {
        let (sin, cos) = mat.yaw_rad.sin_cos();
        let (dx, dy) = (at.x - mat.at[0], at.y - mat.at[1]);
        let (u, v) = (dx * cos + dy * sin, dy * cos - dx * sin);
        if u.abs() < mat.half[0] && v.abs() < mat.half[1] {
            let rim = (mat.half[0] - u.abs()).min(mat.half[1] - v.abs());
            let shade = lerp(0.75, 1.0, smoothstep(0.0, 0.012, rim));
            let colour =
                mat.cloth.at(v3(u, 0.0, v), noise) * (shade * (0.93 + 0.14 * noise.flat(u * 60.0, v * 60.0, 0.5)));
            return (colour, mat.cloth.gloss);
        }
    }
    (cover(&room.floor, at.x, at.y, pixel, noise), 0.0)
}

/// The pattern of a floor or wall, fading where it is finer than a pixel.
#[inline]
fn cover(cover: &Cover, x: f32, y: f32, pixel: f32, noise: &Noise) -> V3 {
    let s = cover.scale.max(0.01);
    let per_metre = 1.0 / s;
    let (u, v) = (x * per_metre, y * per_metre);
    // The commonest case first, without a division; so too in joints.
    let clear = |size: f32| if pixel <= size * 0.3 { 1.0 } else { smoothstep(size * 1.2, size * 0.3, pixel) };
    let mix = |share: f32, size: f32| cover.colour.lerp(cover.second, lerp(0.3, share, clear(size)));
    let joint = |t: f32, width: f32| {
        let d = (t - whole(t) as f32 - 0.5).abs();
        if d <= 0.5 - width { 0.0 } else { smoothstep(0.5 - width, 0.5 - width * 0.5, d) }
    };
    match cover.finish {
        Finish::Plain => cover.colour * (0.96 + 0.08 * noise.plane(x * 0.7, y * 0.7, 3)),
        Finish::Planks => {
            let row = whole(v);
            let u = u * 0.125 + cell(row, 7, 1);
            let tone = cell(whole(u), row, 2);
            let grain = noise.flat(x * 0.36 * per_metre.min(20.0), y * 55.0, tone * 20.0);
            let gap = joint(v, 0.04).max(joint(u, 0.006)) * clear(s * 0.15);
            mix(0.55 * tone + 0.45 * grain, s) * (1.0 - 0.5 * gap)
        }
        Finish::Tiles => {
            let (i, j) = (whole(u), whole(v));
            let gap = joint(u, 0.03).max(joint(v, 0.03)) * clear(s * 0.1);
            mix(0.3 * cell(i, j, 3) + 0.3 * noise.plane(x * 4.0, y * 4.0, 1), s) * (1.0 - 0.45 * gap)
        }
        Finish::Carpet => {
            let fine = lerp(0.5, noise.plane(x * 130.0, y * 130.0, 2), clear(0.012));
            mix(0.5 * fine + 0.4 * noise.plane(u * 2.0, v * 2.0, 5), s)
        }
        Finish::Bricks => {
            let row = whole(v * 2.0);
            let u = u + 0.5 * (row & 1) as f32;
            let gap = joint(u, 0.05).max(joint(v * 2.0, 0.1)) * clear(s * 0.1);
            mix(cell(whole(u), row, 4), s).lerp(V3::splat(0.45), 0.8 * gap)
        }
        Finish::Stripes => mix(smoothstep(0.22, 0.28, (u - whole(u) as f32 - 0.5).abs()), s),
        Finish::Concrete => mix(
            0.5 * noise.plane(x * 1.7, y * 1.7, 6)
                + 0.3 * noise.plane(x * 9.0, y * 9.0, 7)
                + 0.2 * noise.plane(x * 40.0, y * 40.0, 8),
            0.05,
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rays_leave_a_room_where_they_should() {
        let plain = Cover { finish: Finish::Plain, colour: V3::splat(0.5), second: V3::splat(0.5), scale: 1.0 };
        let room = Room {
            low: v3(-2.0, -3.0, 0.0),
            high: v3(2.0, 3.0, 2.5),
            floor: plain,
            walls: plain,
            ceiling: V3::splat(0.8),
            skirting: 0.1,
            panels: vec![],
            mats: vec![],
        };
        let from = v3(0.0, 0.0, 1.0);
        assert_eq!(leave(&room, from, V3::X), (2.0, 1));
        assert_eq!(leave(&room, from, v3(0.0, -1.5, 0.0)), (2.0, 2));
        assert_eq!(leave(&room, from, -V3::Z), (1.0, 4));
        assert_eq!(leave(&room, from, V3::Z), (1.5, 5));
    }

    #[test]
    fn colours_stay_within_reach() {
        let noise = Noise::shared();
        for finish in [
            Finish::Plain,
            Finish::Planks,
            Finish::Tiles,
            Finish::Carpet,
            Finish::Bricks,
            Finish::Stripes,
            Finish::Concrete,
        ] {
            let c = Cover { finish, colour: V3::splat(0.2), second: V3::splat(0.7), scale: 0.2 };
            for i in 0..500 {
                let v = cover(&c, i as f32 * 0.037 - 5.0, i as f32 * 0.011, 0.003, noise);
                assert!(v.x > 0.05 && v.x < 0.8, "{finish:?} {v:?}");
            }
        }
    }
}
