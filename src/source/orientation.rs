//! The eight ways a camera can have been held: quarter turns and mirror images, undone while a picture is copied.
//!
//! Input: RGB rows as stored in the file. Output: upright RGB rows. Not handled: any other angle; a container's matrix is
//! snapped to the nearest of the eight.

/// What must be done to a stored picture to make it upright: first mirrored left to right, then turned clockwise.
///
/// Guarantees: `quarter_turns` is 0..=3.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Orientation {
    mirrored: bool,
    quarter_turns: u8,
}

impl Orientation {
    const fn new(mirrored: bool, quarter_turns: u8) -> Self {
        Orientation { mirrored, quarter_turns: quarter_turns % 4 }
    }

    /// From the a, b, c, d of an ISO 14496-12 display matrix (x' = a·x + c·y, y' = b·x + d·y, y down).
    pub(super) fn from_matrix([a, b, c, d]: [i64; 4]) -> Self {
        if a.saturating_abs().saturating_add(d.saturating_abs())
            >= b.saturating_abs().saturating_add(c.saturating_abs())
        {
            match (a < 0, d < 0) {
                (false, false) => Self::new(false, 0),
                (true, true) => Self::new(false, 2),
                (true, false) => Self::new(true, 0),
                (false, true) => Self::new(true, 2),
            }
        } else {
            match (b < 0, c < 0) {
                (false, true) => Self::new(false, 1),
                (true, false) => Self::new(false, 3),
                (false, false) => Self::new(true, 3),
                (true, true) => Self::new(true, 1),
            }
        }
    }

    /// From the Exif tag Orientation, 1..=8 (CIPA DC-008, 4.6.4); anything else means upright.
    pub(super) fn from_exif(tag: u32) -> Self {
        match tag {
            2 => Self::new(true, 0),
            3 => Self::new(false, 2),
            4 => Self::new(true, 2),
            5 => Self::new(true, 3),
            6 => Self::new(false, 1),
            7 => Self::new(true, 1),
            8 => Self::new(false, 3),
            _ => Self::default(),
        }
    }

    /// Nothing to do.
    pub(super) fn is_upright(self) -> bool {
        self == Self::default()
    }

    /// Degrees clockwise, without the mirroring.
    pub(super) fn rotation_deg(self) -> u32 {
        u32::from(self.quarter_turns) * 90
    }

    /// The upright size of a stored picture.
    pub(super) fn upright_size(self, (width, height): (u32, u32)) -> (u32, u32) {
        if self.quarter_turns % 2 == 1 { (height, width) } else { (width, height) }
    }

    /// Copies the stored picture `from` (`width · height · 3` bytes) upright into `to` (as many bytes).
    ///
    /// Does nothing when a slice is too short.
    pub(super) fn apply(self, from: &[u8], (width, height): (u32, u32), to: &mut [u8]) {
        let (width, height) = (width as usize, height as usize);
        let len = width * height * 3;
        let (Some(from), Some(to)) = (from.get(..len), to.get_mut(..len)) else { return };
        if self.is_upright() {
            return to.copy_from_slice(from);
        }
        // Source pixel index as start + x·dx + y·dy of the upright x, y.
        let (w, h) = (width as isize, height as isize);
        let (start, dx, dy) = match (self.mirrored, self.quarter_turns) {
            (false, 0) => (0, 1, w),
            (true, 0) => (w - 1, -1, w),
            (false, 1) => (w * (h - 1), -w, 1),
            (true, 1) => (w * h - 1, -w, -1),
            (false, 2) => (w * h - 1, -1, -w),
            (true, 2) => (w * (h - 1), 1, -w),
            (false, _) => (w - 1, w, -1),
            (true, _) => (0, w, 1),
        };
        let (upright_width, upright_height) =
            if self.quarter_turns % 2 == 1 { (height, width) } else { (width, height) };
        // In square tiles, so that a quarter turn reads whole cache lines.
        const TILE: usize = 32;
        for tile_y in (0..upright_height).step_by(TILE) {
            for tile_x in (0..upright_width).step_by(TILE) {
                for y in tile_y..(tile_y + TILE).min(upright_height) {
                    let row = &mut to[y * upright_width * 3..][..upright_width * 3];
                    let span = tile_x..(tile_x + TILE).min(upright_width);
                    for (x, pixel) in span.clone().zip(row[span.start * 3..span.end * 3].chunks_exact_mut(3)) {
                        let source = (start + x as isize * dx + y as isize * dy) as usize * 3;
                        pixel.copy_from_slice(&from[source..source + 3]);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 3 x 2 stored pixels, named row by row a b c / d e f.
    fn turned(orientation: Orientation) -> String {
        let from: Vec<u8> = "abcdef".bytes().flat_map(|b| [b; 3]).collect();
        let mut to = vec![0; from.len()];
        orientation.apply(&from, (3, 2), &mut to);
        let (width, _) = orientation.upright_size((3, 2));
        let rows: Vec<String> =
            to.chunks(3 * width as usize).map(|row| row.iter().step_by(3).map(|&b| b as char).collect()).collect();
        rows.join("/")
    }

    #[test]
    fn the_eight_exif_orientations_come_upright() {
        let upright: Vec<String> = (1..=8).map(|tag| turned(Orientation::from_exif(tag))).collect();
        assert_eq!(
            upright,
            ["abc/def", "cba/fed", "fed/cba", "def/abc", "ad/be/cf", "da/eb/fc", "fc/eb/da", "cf/be/ad"]
        );
    }

    #[test]
    fn a_display_matrix_says_the_same_as_the_exif_tag() {
        let cases = [([1, 0, 0, 1], 1), ([-1, 0, 0, 1], 2), ([-1, 0, 0, -1], 3), ([1, 0, 0, -1], 4)];
        let turned = [([0, 1, 1, 0], 5), ([0, 1, -1, 0], 6), ([0, -1, -1, 0], 7), ([0, -1, 1, 0], 8)];
        for (matrix, tag) in cases.into_iter().chain(turned) {
            let matrix = matrix.map(|v: i64| v * 65536);
            assert_eq!(Orientation::from_matrix(matrix), Orientation::from_exif(tag), "{matrix:?}");
        }
        assert_eq!(Orientation::from_exif(6).rotation_deg(), 90);
    }
}
