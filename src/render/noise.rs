//! Smooth periodic noise from a small table: cheap enough for every pixel, the same on every machine.

use super::linear::{Rng, V3, floor};
use std::sync::OnceLock;

const SIDE: usize = 32;

/// A 32³ lattice of random bytes, interpolated; repeats every 32 units.
pub(super) struct Noise {
    lattice: Box<[u8; SIDE * SIDE * SIDE]>,
}

impl Noise {
    /// The one table of the program.
    pub fn shared() -> &'static Noise {
        static NOISE: OnceLock<Noise> = OnceLock::new();
        NOISE.get_or_init(|| {
            let mut rng = Rng::new(0x006e_6f69_7365);
            Noise { lattice: Box::new(std::array::from_fn(|_| (rng.bits() >> 56) as u8)) }
        })
    }

    /// 0..1, one cell per unit, continuous.
    #[inline]
    pub fn at(&self, p: V3) -> f32 {
        let (fx, fy, fz) = (floor(p.x), floor(p.y), floor(p.z));
        let soft = |t: f32| t * t * (3.0 - 2.0 * t);
        let (tx, ty, tz) = (soft(p.x - fx as f32), soft(p.y - fy as f32), soft(p.z - fz as f32));
        let wrap = |v: i32| (v & (SIDE as i32 - 1)) as usize;
        let (x0, y0, z0) = (wrap(fx), wrap(fy), wrap(fz));
        let (x1, y1, z1) = ((x0 + 1) & (SIDE - 1), (y0 + 1) & (SIDE - 1), (z0 + 1) & (SIDE - 1));
        // The mask changes nothing; it spares the bounds checks.
        let read = |at: usize| self.lattice[at & (SIDE * SIDE * SIDE - 1)] as f32;
        let row = |y: usize, z: usize| {
            let base = (z * SIDE + y) * SIDE;
            let (a, b) = (read(base + x0), read(base + x1));
            a + (b - a) * tx
        };
        let (a, b) = (row(y0, z0), row(y1, z0));
        let near = a + (b - a) * ty;
        let (a, b) = (row(y0, z1), row(y1, z1));
        let far = a + (b - a) * ty;
        (near + (far - near) * tz) * (1.0 / 255.0)
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
