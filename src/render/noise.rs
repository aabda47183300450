//! Smooth periodic noise from a small table: cheap enough for every pixel, the same on every machine.

use super::linear::{Rng, V3, floor};
use std::sync::OnceLock;

const SIDE: usize = 32;

/// A 32³ lattice of random bytes, interpolated; repeats every 32 units.
pub(super) struct Noise {
    /// The eight corners of every cell, so that one place is read instead of eight: the face at x (y, y + 1, then both at
    /// z + 1), then the face at x + 1.
    cells: Box<[[u8; 8]; SIDE * SIDE * SIDE]>,
}

impl Noise {
    /// The one table of the program.
    pub fn shared() -> &'static Noise {
        static NOISE: OnceLock<Noise> = OnceLock::new();
        NOISE.get_or_init(|| {
            let mut rng = Rng::new(0x006e_6f69_7365);
            let lattice: Vec<u8> = (0..SIDE * SIDE * SIDE).map(|_| (rng.bits() >> 56) as u8).collect();
            let mut cells = vec![[0; 8]; SIDE * SIDE * SIDE];
            for (at, cell) in cells.iter_mut().enumerate() {
                let (x, y, z) = (at % SIDE, at / SIDE % SIDE, at / SIDE / SIDE);
                *cell = std::array::from_fn(|corner| {
                    let (x, y, z) = (x + corner / 4, y + corner % 2, z + corner / 2 % 2);
                    lattice[((z % SIDE) * SIDE + y % SIDE) * SIDE + x % SIDE]
                });
            }
            match cells.into_boxed_slice().try_into() {
                Ok(cells) => Noise { cells },
                Err(_) => unreachable!("as many cells as points"),
            }
        })
    }

    /// 0..1, one cell per unit, continuous.
    #[inline]
    pub fn at(&self, p: V3) -> f32 {
        let (fx, fy, fz) = (floor(p.x), floor(p.y), floor(p.z));
        let soft = |t: f32| t * t * (3.0 - 2.0 * t);
        let (tx, ty, tz) = (soft(p.x - fx as f32), soft(p.y - fy as f32), soft(p.z - fz as f32));
        let wrap = |v: i32| (v & (SIDE as i32 - 1)) as usize;
        let corners = self.cells[(wrap(fz) * SIDE + wrap(fy)) * SIDE + wrap(fx)].map(f32::from);
        let along: [f32; 4] = std::array::from_fn(|i| corners[i] + (corners[i + 4] - corners[i]) * tx);
        let near = along[0] + (along[1] - along[0]) * ty;
        let far = along[2] + (along[3] - along[2]) * ty;
        (near + (far - near) * tz) * (1.0 / 255.0)
    }

    /// How steeply [`Noise::at`] rises here along each axis, per unit.
    #[inline]
    pub fn slope(&self, p: V3) -> V3 {
        let (fx, fy, fz) = (floor(p.x), floor(p.y), floor(p.z));
        let [x, y, z] = [p.x - fx as f32, p.y - fy as f32, p.z - fz as f32];
        let soft = |t: f32| t * t * (3.0 - 2.0 * t);
        let steep = |t: f32| 6.0 * t * (1.0 - t) * (1.0 / 255.0);
        let (tx, ty, tz) = (soft(x), soft(y), soft(z));
        let wrap = |v: i32| (v & (SIDE as i32 - 1)) as usize;
        let corners = self.cells[(wrap(fz) * SIDE + wrap(fy)) * SIDE + wrap(fx)].map(f32::from);
        let rise: [f32; 4] = std::array::from_fn(|i| corners[i + 4] - corners[i]);
        let along: [f32; 4] = std::array::from_fn(|i| corners[i] + rise[i] * tx);
        let mix = |a: f32, b: f32, t: f32| a + (b - a) * t;
        V3 {
            x: steep(x) * mix(mix(rise[0], rise[1], ty), mix(rise[2], rise[3], ty), tz),
            y: steep(y) * mix(along[1] - along[0], along[3] - along[2], tz),
            z: steep(z) * (mix(along[2], along[3], ty) - mix(along[0], along[1], ty)),
        }
    }

    /// [`Noise::flat`] in a plane of the lattice: the same values, for half the work.
    #[inline]
    pub fn plane(&self, x: f32, y: f32, plane: usize) -> f32 {
        let (fx, fy) = (floor(x), floor(y));
        let soft = |t: f32| t * t * (3.0 - 2.0 * t);
        let (tx, ty) = (soft(x - fx as f32), soft(y - fy as f32));
        let wrap = |v: i32| (v & (SIDE as i32 - 1)) as usize;
        let corners = &self.cells[(plane % SIDE * SIDE + wrap(fy)) * SIDE + wrap(fx)];
        let along = |i: usize| {
            let (low, high) = (f32::from(corners[i]), f32::from(corners[i + 4]));
            low + (high - low) * tx
        };
        let (low, high) = (along(0), along(1));
        (low + (high - low) * ty) * (1.0 / 255.0)
    }

    /// Noise in a plane (`seed` picks the plane).
    #[inline]
    pub fn flat(&self, x: f32, y: f32, seed: f32) -> f32 {
        self.at(V3 { x, y, z: seed })
    }
}

/// A random number 0..1 per whole-number cell.
#[inline(always)]
pub(super) fn cell(x: i32, y: i32, seed: u32) -> f32 {
    let mut h =
        (x as u32).wrapping_mul(0x85eb_ca6b) ^ (y as u32).wrapping_mul(0xc2b2_ae35) ^ seed.wrapping_mul(0x27d4_eb2f);
    h ^= h >> 15;
    h = h.wrapping_mul(0x2c1b_3c6d);
    h ^= h >> 12;
    h = h.wrapping_mul(0x297a_2d39);
    h ^= h >> 15;
    (h >> 8) as f32 * (1.0 / (1u32 << 24) as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slope_is_how_the_noise_rises() {
        let noise = Noise::shared();
        let mut rng = Rng::new(5);
        for _ in 0..500 {
            let p = V3 { x: rng.range(0.0, 30.0), y: rng.range(0.0, 30.0), z: rng.range(0.0, 30.0) };
            let slope = noise.slope(p);
            for (axis, slope) in [(V3::X, slope.x), (V3::Y, slope.y), (V3::Z, slope.z)] {
                let rise = (noise.at(p + axis * 0.01) - noise.at(p - axis * 0.01)) / 0.02;
                assert!((rise - slope).abs() < 0.05, "{p:?}: {rise} and {slope}");
            }
        }
    }

    #[test]
    fn planes_of_the_lattice_are_cut_out_of_it() {
        let noise = Noise::shared();
        for i in 0..2_000 {
            let (x, y) = (i as f32 * 0.37 - 200.0, 90.0 - i as f32 * 0.11);
            assert_eq!(noise.plane(x, y, i % 40), noise.flat(x, y, (i % 40) as f32), "{x} {y}");
        }
    }
}
