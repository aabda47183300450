//! A coarse grid over a crop: which of its cells are covered by what.

use nalgebra::Point2;

/// Cells along each side of the crop.
const GRID: usize = 32;

/// Some of the crop's cells.
#[derive(Clone, Copy)]
pub(super) struct Cells([u32; GRID]);

impl Cells {
    pub const NONE: Cells = Cells([0; GRID]);
    pub const ALL: Cells = Cells([u32::MAX; GRID]);

    /// Those whose middle, 0..1 of the crop, is one of these.
    pub fn filter(self, is_one: impl Fn(Point2<f64>) -> bool) -> Cells {
        let middle = |n: usize| (n as f64 + 0.5) / GRID as f64;
        let is_one = |x: usize, y: usize| self.0[y] >> x & 1 == 1 && is_one(Point2::new(middle(x), middle(y)));
        Cells(std::array::from_fn(|y| (0..GRID).filter(|&x| is_one(x, y)).fold(0, |row, x| row | 1 << x)))
    }

    pub fn with(self, other: Cells) -> Cells {
        Cells(std::array::from_fn(|y| self.0[y] | other.0[y]))
    }

    pub fn without(self, other: Cells) -> Cells {
        Cells(std::array::from_fn(|y| self.0[y] & !other.0[y]))
    }

    /// How much of the crop they are, 0..=1.
    pub fn area(self) -> f64 {
        f64::from(self.0.iter().map(|row| row.count_ones()).sum::<u32>()) / (GRID * GRID) as f64
    }
}
