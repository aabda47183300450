//! The little linear algebra of the renderer: `f32` vectors, rotation matrices and quaternions, by value and inlined.
//!
//! `nalgebra` is used elsewhere; here plain structs keep the inner loops readable in a profile and fast unoptimised.

use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub};

/// A vector or point of three `f32`, metres unless said otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct V3 {
    pub x: f32,
    pub y: f32,
    pub z: f32,
}

/// Short for `V3 { x, y, z }`.
#[inline(always)]
pub const fn v3(x: f32, y: f32, z: f32) -> V3 {
    V3 { x, y, z }
}

impl V3 {
    pub const ZERO: V3 = v3(0.0, 0.0, 0.0);
    pub const X: V3 = v3(1.0, 0.0, 0.0);
    pub const Y: V3 = v3(0.0, 1.0, 0.0);
    pub const Z: V3 = v3(0.0, 0.0, 1.0);

    /// All three components alike.
    #[inline(always)]
    pub const fn splat(v: f32) -> V3 {
        v3(v, v, v)
    }

    #[inline(always)]
    pub fn dot(self, o: V3) -> f32 {
        self.x * o.x + self.y * o.y + self.z * o.z
    }

    #[inline(always)]
    pub fn cross(self, o: V3) -> V3 {
        v3(self.y * o.z - self.z * o.y, self.z * o.x - self.x * o.z, self.x * o.y - self.y * o.x)
    }

    #[inline(always)]
    pub fn norm_squared(self) -> f32 {
        self.dot(self)
    }

    #[inline(always)]
    pub fn norm(self) -> f32 {
        self.dot(self).sqrt()
    }

    /// Length one; the zero vector stays zero.
    #[inline(always)]
    pub fn unit(self) -> V3 {
        let n = self.norm_squared();
        if n > 1e-20 { self * (1.0 / n.sqrt()) } else { V3::ZERO }
    }

    /// Component by component.
    #[inline(always)]
    pub fn scale(self, o: V3) -> V3 {
        v3(self.x * o.x, self.y * o.y, self.z * o.z)
    }

    /// `self` at 0, `o` at 1.
    #[inline(always)]
    pub fn lerp(self, o: V3, t: f32) -> V3 {
        self + (o - self) * t
    }

    #[inline(always)]
    pub fn array(self) -> [f32; 3] {
        [self.x, self.y, self.z]
    }
}

impl From<[f32; 3]> for V3 {
    #[inline(always)]
    fn from([x, y, z]: [f32; 3]) -> V3 {
        v3(x, y, z)
    }
}

macro_rules! by_component {
    ($($trait:ident $function:ident $op:tt),+) => {$(
        impl $trait for V3 {
            type Output = V3;
            #[inline(always)]
            fn $function(self, o: V3) -> V3 {
                v3(self.x $op o.x, self.y $op o.y, self.z $op o.z)
            }
        }
    )+};
}
by_component!(Add add +, Sub sub -);

impl Mul<f32> for V3 {
    type Output = V3;
    #[inline(always)]
    fn mul(self, s: f32) -> V3 {
        v3(self.x * s, self.y * s, self.z * s)
    }
}

impl Div<f32> for V3 {
    type Output = V3;
    #[inline(always)]
    fn div(self, s: f32) -> V3 {
        self * (1.0 / s)
    }
}

impl Neg for V3 {
    type Output = V3;
    #[inline(always)]
    fn neg(self) -> V3 {
        v3(-self.x, -self.y, -self.z)
    }
}

impl AddAssign for V3 {
    #[inline(always)]
    fn add_assign(&mut self, o: V3) {
        *self = *self + o;
    }
}

/// A rotation (or any linear map) by its columns: the images of x, y and z.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct M3 {
    pub x: V3,
    pub y: V3,
    pub z: V3,
}

impl Default for M3 {
    fn default() -> M3 {
        M3::IDENTITY
    }
}

impl M3 {
    pub const IDENTITY: M3 = M3 { x: V3::X, y: V3::Y, z: V3::Z };
    pub const ZERO: M3 = M3 { x: V3::ZERO, y: V3::ZERO, z: V3::ZERO };

    /// Turns by `rad` about `axis` (unit), right-handed.
    pub fn about(axis: V3, rad: f32) -> M3 {
        let (s, c) = rad.sin_cos();
        let k = axis * (1.0 - c);
        M3 {
            x: v3(axis.x * k.x + c, axis.y * k.x + axis.z * s, axis.z * k.x - axis.y * s),
            y: v3(axis.x * k.y - axis.z * s, axis.y * k.y + c, axis.z * k.y + axis.x * s),
            z: v3(axis.x * k.z + axis.y * s, axis.y * k.z - axis.x * s, axis.z * k.z + c),
        }
    }

    /// The orthonormal frame whose first axis is `a` and whose second is the part of `b` across it.
    pub fn frame(a: V3, b: V3) -> M3 {
        let x = a.unit();
        let y = (b - x * x.dot(b)).unit();
        M3 { x, y, z: x.cross(y) }
    }

    #[inline(always)]
    pub fn transposed(&self) -> M3 {
        M3 {
            x: v3(self.x.x, self.y.x, self.z.x),
            y: v3(self.x.y, self.y.y, self.z.y),
            z: v3(self.x.z, self.y.z, self.z.z),
        }
    }

    /// As a unit quaternion (w, x, y, z).
    pub fn quaternion(&self) -> [f32; 4] {
        let (m00, m11, m22) = (self.x.x, self.y.y, self.z.z);
        let trace = m00 + m11 + m22;
        let q = if trace > 0.0 {
            let s = (trace + 1.0).sqrt() * 2.0;
            [s / 4.0, (self.y.z - self.z.y) / s, (self.z.x - self.x.z) / s, (self.x.y - self.y.x) / s]
        } else if m00 > m11 && m00 > m22 {
            let s = (1.0 + m00 - m11 - m22).max(1e-12).sqrt() * 2.0;
            [(self.y.z - self.z.y) / s, s / 4.0, (self.y.x + self.x.y) / s, (self.z.x + self.x.z) / s]
        } else if m11 > m22 {
            let s = (1.0 + m11 - m00 - m22).max(1e-12).sqrt() * 2.0;
            [(self.z.x - self.x.z) / s, (self.y.x + self.x.y) / s, s / 4.0, (self.z.y + self.y.z) / s]
        } else {
            let s = (1.0 + m22 - m00 - m11).max(1e-12).sqrt() * 2.0;
            [(self.x.y - self.y.x) / s, (self.z.x + self.x.z) / s, (self.z.y + self.y.z) / s, s / 4.0]
        };
        let n = q.iter().map(|v| v * v).sum::<f32>().sqrt().max(1e-12);
        q.map(|v| v / n)
    }

    /// From a quaternion (w, x, y, z), normalised here.
    pub fn from_quaternion(q: [f32; 4]) -> M3 {
        let n = q.iter().map(|v| v * v).sum::<f32>().sqrt().max(1e-12);
        let [w, x, y, z] = q.map(|v| v / n);
        M3 {
            x: v3(1.0 - 2.0 * (y * y + z * z), 2.0 * (x * y + w * z), 2.0 * (x * z - w * y)),
            y: v3(2.0 * (x * y - w * z), 1.0 - 2.0 * (x * x + z * z), 2.0 * (y * z + w * x)),
            z: v3(2.0 * (x * z + w * y), 2.0 * (y * z - w * x), 1.0 - 2.0 * (x * x + y * y)),
        }
    }

    /// The rotation a share `t` of the way from `self` to `o`, the short way round.
    pub fn towards(&self, o: &M3, t: f32) -> M3 {
        let (a, b) = (self.quaternion(), o.quaternion());
        let sign = if a.iter().zip(&b).map(|(p, q)| p * q).sum::<f32>() < 0.0 { -1.0 } else { 1.0 };
        M3::from_quaternion(std::array::from_fn(|i| a[i] * (1.0 - t) + sign * b[i] * t))
    }
}

impl Mul<V3> for M3 {
    type Output = V3;
    #[inline(always)]
    fn mul(self, v: V3) -> V3 {
        self.x * v.x + self.y * v.y + self.z * v.z
    }
}

impl Mul for M3 {
    type Output = M3;
    #[inline(always)]
    fn mul(self, o: M3) -> M3 {
        M3 { x: self * o.x, y: self * o.y, z: self * o.z }
    }
}

/// 0 below `a`, 1 above `b`, smooth between.
#[inline(always)]
pub fn smoothstep(a: f32, b: f32, x: f32) -> f32 {
    let t = ((x - a) / (b - a)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// The whole number below, for |x| < 2²²; `f32::floor` is a library call on the plainest processors, and a checked
/// conversion costs twice as much.
#[inline(always)]
pub fn floor(x: f32) -> i32 {
    /// One and a half times 2²³: sums with it have no room for a fraction and keep the whole number in their low bits.
    const SHIFT: f32 = 12_582_912.0;
    let shifted = x + SHIFT;
    let nearest = (shifted.to_bits() as i32).wrapping_sub(SHIFT.to_bits() as i32);
    nearest.wrapping_sub(i32::from(shifted - SHIFT > x))
}

/// `a` at 0, `b` at 1.
#[inline(always)]
pub fn lerp(a: f32, b: f32, t: f32) -> f32 {
    a + (b - a) * t
}

/// Deterministic random numbers (splitmix64): the same seed gives the same numbers everywhere.
#[derive(Clone, Debug)]
pub struct Rng(u64);

impl Rng {
    pub fn new(seed: u64) -> Rng {
        let mut rng = Rng(seed ^ 0x9e37_79b9_7f4a_7c15);
        rng.bits();
        rng
    }

    #[inline(always)]
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// 0..1, 1 excluded.
    #[inline(always)]
    pub fn unit(&mut self) -> f32 {
        (self.bits() >> 40) as f32 * (1.0 / (1u64 << 24) as f32)
    }

    #[inline(always)]
    pub fn range(&mut self, a: f32, b: f32) -> f32 {
        a + (b - a) * self.unit()
    }

    /// `mean ± about 2 spread`, bell-shaped, never further than 3 spreads.
    pub fn bell(&mut self, mean: f32, spread: f32) -> f32 {
        let sum = (0..6).map(|_| self.unit()).sum::<f32>() - 3.0;
        mean + spread * sum * std::f32::consts::SQRT_2
    }

    pub fn chance(&mut self, probability: f32) -> bool {
        self.unit() < probability
    }

    /// A whole number below `n` (0 when `n` is 0).
    pub fn below(&mut self, n: usize) -> usize {
        if n == 0 { 0 } else { (self.bits() % n as u64) as usize }
    }

    /// One of `items`, which must not be empty.
    pub fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }

    /// A generator for a part of the work, independent of how much the others draw.
    pub fn fork(&mut self, label: u64) -> Rng {
        Rng::new(self.bits() ^ label.wrapping_mul(0xd134_2543_de82_ef95))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: V3, b: V3) -> bool {
        (a - b).norm() < 1e-5
    }

    #[test]
    fn a_quarter_turn_about_z_takes_x_to_y() {
        let turn = M3::about(V3::Z, std::f32::consts::FRAC_PI_2);
        assert!(near(turn * V3::X, V3::Y));
        assert!(near(turn.transposed() * V3::Y, V3::X));
    }

    #[test]
    fn the_whole_number_below_is_what_floor_says() {
        for i in -40_000..40_000 {
            let x = i as f32 * 0.0625;
            assert_eq!(floor(x), x.floor() as i32, "{x}");
        }
        for x in [-0.0, 1e-20, -1e-20, 0.999_999_94, -0.999_999_94, 4_194_303.5, -4_194_303.5] {
            assert_eq!(floor(x), x.floor() as i32, "{x}");
        }
    }

    #[test]
    fn quaternions_carry_every_rotation_there_and_back() {
        let mut rng = Rng::new(3);
        for _ in 0..200 {
            let axis = v3(rng.range(-1.0, 1.0), rng.range(-1.0, 1.0), rng.range(-1.0, 1.0)).unit();
            let turn = M3::about(axis, rng.range(-3.1, 3.1));
            let back = M3::from_quaternion(turn.quaternion());
            assert!(near(turn.x, back.x) && near(turn.y, back.y) && near(turn.z, back.z));
            let half = M3::IDENTITY.towards(&M3::about(axis, 1.0), 0.5);
            assert!((half.x - M3::about(axis, 0.5).x).norm() < 1e-4);
        }
    }

    #[test]
    fn a_frame_is_right_handed_and_keeps_its_first_axis() {
        let f = M3::frame(v3(0.0, 0.0, -2.0), v3(1.0, 0.0, 0.4));
        assert!(near(f.x, -V3::Z) && near(f.y, V3::X) && near(f.z, f.x.cross(f.y)));
    }
}
