//! Pictures for display: fitted into a size, mirrored.
//!
//! Input and output: [`Frame`]s; destinations keep their allocation. Not handled here: the network's crops.

use crate::frame::Frame;

/// The largest size of the same shape whose longer side is at most `most` px; never enlarged, never 0.
pub fn fitted(width: u32, height: u32, most: u32) -> (u32, u32) {
    let longer = width.max(height);
    if longer <= most {
        return (width, height);
    }
    let scale = |v: u32| ((u64::from(v) * u64::from(most) + u64::from(longer) / 2) / u64::from(longer)).max(1) as u32;
    (scale(width), scale(height))
}

/// Writes `from` into `to` at another, smaller or equal size, each pixel the mean of the area it covers; the time is
/// carried over. `width` and `height` are at least 1 and at most those of `from`.
pub fn shrink(from: &Frame, width: u32, height: u32, to: &mut Frame) {
    to.t = from.t;
    to.resize(width, height);
    if (width, height) == (from.width(), from.height()) {
        return to.rgb_mut().copy_from_slice(from.rgb());
    }
    if width == 0 || height == 0 || from.width() == 0 || from.height() == 0 {
        return;
    }
    let row_bytes = from.width() as usize * 3;
    let source = from.rgb();
    let across = f64::from(from.width()) / f64::from(width);
    let down = f64::from(from.height()) / f64::from(height);
    for (y, row) in to.rgb_mut().chunks_exact_mut(width as usize * 3).enumerate() {
        let (y0, y1) = (y as f64 * down, (y + 1) as f64 * down);
        for (x, pixel) in row.chunks_exact_mut(3).enumerate() {
            let (x0, x1) = (x as f64 * across, (x + 1) as f64 * across);
            let mut sum = [0f32; 3];
            let mut weight = 0f32;
            for sy in covered(y0, y1, from.height()) {
                let wy = overlap(sy, y0, y1);
                for sx in covered(x0, x1, from.width()) {
                    let w = wy * overlap(sx, x0, x1);
                    let at = sy * row_bytes + sx * 3;
                    for (s, v) in sum.iter_mut().zip(&source[at..at + 3]) {
                        *s += w * f32::from(*v);
                    }
                    weight += w;
                }
            }
            for (p, s) in pixel.iter_mut().zip(sum) {
                *p = (s / weight + 0.5) as u8;
            }
        }
    }
}

/// The pixels that a span touches.
fn covered(from: f64, to: f64, most: u32) -> std::ops::Range<usize> {
    from as usize..(to.ceil() as usize).clamp(from as usize + 1, most as usize)
}

/// How much of a pixel lies in a span.
fn overlap(pixel: usize, from: f64, to: f64) -> f32 {
    ((pixel as f64 + 1.0).min(to) - (pixel as f64).max(from)).max(1e-6) as f32
}

/// Swaps left and right in place.
pub fn mirror(frame: &mut Frame) {
    let width = frame.width() as usize;
    if width == 0 {
        return;
    }
    for row in frame.rgb_mut().chunks_exact_mut(width * 3) {
        for x in 0..width / 2 {
            let (left, right) = row.split_at_mut((width - 1 - x) * 3);
            left[x * 3..x * 3 + 3].swap_with_slice(&mut right[..3]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Timestamp;

    fn frame(width: u32, height: u32, bytes: Vec<u8>) -> Frame {
        Frame::from_rgb(Timestamp::from_micros(7), width, height, bytes).unwrap()
    }

    #[test]
    fn shrinking_keeps_the_mean() {
        let from = frame(4, 2, (0..24).map(|i| i * 10).collect());
        let mut to = Frame::default();
        shrink(&from, 2, 1, &mut to);
        // Red of the four pixels under the first: 0, 30, 120, 150.
        assert_eq!(to.rgb(), [75, 85, 95, 135, 145, 155]);
        assert_eq!(to.t.micros(), 7);
        shrink(&from, 3, 2, &mut to);
        assert_eq!(to.rgb()[0], 8, "0 for three quarters, 30 for one");
    }

    #[test]
    fn sizes_keep_their_shape_and_never_grow() {
        assert_eq!(fitted(3840, 2160, 1920), (1920, 1080));
        assert_eq!(fitted(1080, 1920, 1920), (1080, 1920));
        assert_eq!(fitted(240, 427, 1920), (240, 427));
        assert_eq!(fitted(10_000, 1, 1920), (1920, 1));
    }

    #[test]
    fn a_mirror_swaps_columns() {
        let mut three = frame(3, 1, vec![1, 2, 3, 4, 5, 6, 7, 8, 9]);
        mirror(&mut three);
        assert_eq!(three.rgb(), [7, 8, 9, 4, 5, 6, 1, 2, 3]);
    }
}
