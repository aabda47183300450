//! Anti-aliased shapes straight onto RGB bytes, without an allocation per frame.
//!
//! A shape is given as a signed distance (negative inside, px); its coverage is gathered in one reused byte mask, so
//! that overlapping strokes of one figure do not darken each other, and is then blended in one colour. A general path
//! renderer would need an RGBA copy of the picture there and back and allocates for every path; measured at 1280×720
//! this costs less than that copy alone. Coordinates are px of the picture, an integer is a pixel's centre.

/// A point of the picture that is drawn on, px, y down.
pub type Spot = (f32, f32);

/// Red, green, blue.
pub type Color = [u8; 3];

/// The mask that shapes are gathered in.
#[derive(Default)]
pub struct Canvas {
    width: usize,
    height: usize,
    /// `width · height`, 0 outside `spans`.
    cover: Vec<u8>,
    /// For each row, the columns that may be covered: from, to (exclusive).
    spans: Vec<(usize, usize)>,
    /// Rows that have a span: from, to (exclusive).
    rows: (usize, usize),
}

/// The span of a row that nothing covers.
const EMPTY: (usize, usize) = (usize::MAX, 0);

/// An axis-parallel rectangle, px.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rect {
    pub x: f32,
    pub y: f32,
    pub w: f32,
    pub h: f32,
}

impl Rect {
    pub fn center(self) -> Spot {
        (self.x + self.w / 2.0, self.y + self.h / 2.0)
    }

    pub fn overlaps(&self, other: &Rect) -> bool {
        let apart = |a: f32, length: f32, b: f32, other: f32| a + length <= b || b + other <= a;
        !apart(self.x, self.w, other.x, other.w) && !apart(self.y, self.h, other.y, other.h)
    }
}

impl Canvas {
    /// Makes room for a picture of this size.
    pub fn resize(&mut self, width: usize, height: usize) {
        if (self.width, self.height) != (width, height) {
            (self.width, self.height, self.rows) = (width, height, EMPTY);
            self.cover.clear();
            self.cover.resize(width * height, 0);
            self.spans.clear();
            self.spans.resize(height, EMPTY);
        }
    }

    /// A stroke with round ends.
    pub fn line(&mut self, a: Spot, b: Spot, width: f32) {
        let r = width / 2.0;
        let (dx, dy) = (b.0 - a.0, b.1 - a.1);
        let len2 = dx * dx + dy * dy;
        let reach = r + 1.0;
        let (top, bottom) = (a.1.min(b.1) - reach, a.1.max(b.1) + reach);
        // Each row only needs the piece of the stroke that comes near it.
        let columns = |y: f32| {
            let (from, to) = if dy.abs() < 1e-3 {
                (0.0, 1.0)
            } else {
                let (s, e) = ((y - reach - a.1) / dy, (y + reach - a.1) / dy);
                (s.min(e).clamp(0.0, 1.0), s.max(e).clamp(0.0, 1.0))
            };
            let (x0, x1) = (a.0 + dx * from, a.0 + dx * to);
            (x0.min(x1) - reach, x0.max(x1) + reach)
        };
        self.gather(top, bottom, columns, |x, y| {
            let (px, py) = (x - a.0, y - a.1);
            let along = if len2 > 0.0 { ((px * dx + py * dy) / len2).clamp(0.0, 1.0) } else { 0.0 };
            length(px - along * dx, py - along * dy) - r
        });
    }

    pub fn disc(&mut self, center: Spot, radius: f32) {
        self.line(center, center, radius * 2.0);
    }

    pub fn ring(&mut self, center: Spot, radius: f32, width: f32) {
        self.arc(center, radius, width, 0.0, std::f32::consts::TAU);
    }

    /// A stroke along a circle with round ends, from `start` clockwise by `sweep` (negative: the other way), radians;
    /// 0 points right.
    pub fn arc(&mut self, center: Spot, radius: f32, width: f32, start: f32, sweep: f32) {
        let (start, sweep) = if sweep < 0.0 { (start + sweep, -sweep) } else { (start, sweep) };
        let r = width / 2.0;
        let reach = radius + r + 1.0;
        let end_at = |angle: f32| (center.0 + radius * angle.cos(), center.1 + radius * angle.sin());
        let (a, b) = (end_at(start), end_at(start + sweep));
        self.gather(
            center.1 - reach,
            center.1 + reach,
            |_| (center.0 - reach, center.0 + reach),
            |x, y| {
                let (px, py) = (x - center.0, y - center.1);
                let turned = (py.atan2(px) - start).rem_euclid(std::f32::consts::TAU);
                let away = if turned <= sweep {
                    (length(px, py) - radius).abs()
                } else {
                    length(x - a.0, y - a.1).min(length(x - b.0, y - b.1))
                };
                away - r
            },
        );
    }

    pub fn panel(&mut self, rect: Rect, rounding: f32) {
        let (cx, cy) = rect.center();
        let r = rounding.min(rect.w / 2.0).min(rect.h / 2.0).max(0.0);
        let (hx, hy) = (rect.w / 2.0 - r, rect.h / 2.0 - r);
        self.gather(
            rect.y - 1.0,
            rect.y + rect.h + 1.0,
            |_| (rect.x - 1.0, rect.x + rect.w + 1.0),
            |x, y| {
                let (qx, qy) = ((x - cx).abs() - hx, (y - cy).abs() - hy);
                length(qx.max(0.0), qy.max(0.0)) + qx.max(qy).min(0.0) - r
            },
        );
    }

    /// A polygon whose corners are rounded outwards by `rounding`.
    pub fn polygon(&mut self, corners: &[Spot], rounding: f32) {
        let fold = |pick: fn(&Spot) -> f32, f: fn(f32, f32) -> f32, init| corners.iter().map(pick).fold(init, f);
        let (left, right) = (fold(|p| p.0, f32::min, f32::INFINITY), fold(|p| p.0, f32::max, f32::NEG_INFINITY));
        let (top, bottom) = (fold(|p| p.1, f32::min, f32::INFINITY), fold(|p| p.1, f32::max, f32::NEG_INFINITY));
        let reach = rounding + 1.0;
        self.gather(
            top - reach,
            bottom + reach,
            |_| (left - reach, right + reach),
            |x, y| polygon_distance(corners, x, y) - rounding,
        );
    }

    /// Coverage bytes with their own origin, as of a glyph.
    pub fn stamp(&mut self, x: i32, y: i32, width: usize, bytes: &[u8]) {
        if width == 0 {
            return;
        }
        let height = bytes.len() / width;
        let clip = |from: i32, len: usize, most: usize| {
            (from.clamp(0, most as i32) as usize, (from.saturating_add(len as i32)).clamp(0, most as i32) as usize)
        };
        let ((x0, x1), (y0, y1)) = (clip(x, width, self.width), clip(y, height, self.height));
        if x0 >= x1 || y0 >= y1 {
            return;
        }
        for row in y0..y1 {
            let from = (row as i32 - y) as usize * width + (x0 as i32 - x) as usize;
            let source = &bytes[from..from + x1 - x0];
            let target = &mut self.cover[row * self.width + x0..row * self.width + x1];
            target.iter_mut().zip(source).for_each(|(t, s)| *t = (*t).max(*s));
            self.touch(row, x0, x1);
        }
    }

    /// Blends what was gathered in one colour, `opacity` 0..=1, and starts afresh.
    pub fn paint(&mut self, rgb: &mut [u8], color: Color, opacity: f32) {
        let strength = (opacity.clamp(0.0, 1.0) * 256.0) as u32;
        let (y0, y1) = std::mem::replace(&mut self.rows, EMPTY);
        for y in y0..y1 {
            let (x0, x1) = std::mem::replace(&mut self.spans[y], EMPTY);
            if x0 >= x1 {
                continue;
            }
            let row = y * self.width;
            let cover = &mut self.cover[row + x0..row + x1];
            let pixels = &mut rgb[(row + x0) * 3..(row + x1) * 3];
            for (cover, pixel) in cover.iter_mut().zip(pixels.chunks_exact_mut(3)) {
                if *cover > 0 {
                    // 0..=65280; 255 · 256 keeps the product of three bytes inside 32 bits.
                    let alpha = u32::from(*cover) * strength;
                    for (channel, ink) in pixel.iter_mut().zip(color) {
                        let (under, ink) = (u32::from(*channel), u32::from(ink));
                        *channel = ((under * (65_280 - alpha) + ink * alpha + 32_640) / 65_280) as u8;
                    }
                    *cover = 0;
                }
            }
        }
    }

    /// Adds the coverage of a shape given by its signed distance, row by row between the columns that it can reach.
    fn gather(
        &mut self,
        top: f32,
        bottom: f32,
        columns: impl Fn(f32) -> (f32, f32),
        distance: impl Fn(f32, f32) -> f32,
    ) {
        // Not-a-number bounds come out as an empty range.
        let (y0, y1) = whole_range(top, bottom, self.height);
        for y in y0..y1 {
            let (left, right) = columns(y as f32);
            let (x0, x1) = whole_range(left, right, self.width);
            if x0 >= x1 {
                continue;
            }
            let row = &mut self.cover[y * self.width + x0..y * self.width + x1];
            for (x, cover) in (x0..x1).zip(row) {
                let inside = 0.5 - distance(x as f32, y as f32);
                *cover = (*cover).max((inside.clamp(0.0, 1.0) * 255.0) as u8);
            }
            self.touch(y, x0, x1);
        }
    }

    fn touch(&mut self, y: usize, x0: usize, x1: usize) {
        let span = &mut self.spans[y];
        *span = (span.0.min(x0), span.1.max(x1));
        self.rows = (self.rows.0.min(y), self.rows.1.max(y + 1));
    }
}

/// The pixels between two bounds, clipped to `0..most`; empty for bounds that are not numbers.
fn whole_range(from: f32, to: f32, most: usize) -> (usize, usize) {
    if from.is_nan() || to.is_nan() || from > to {
        return (0, 0);
    }
    // Float to integer casts saturate.
    ((from.floor().max(0.0) as usize).min(most), ((to.ceil() + 1.0).max(0.0) as usize).min(most))
}

/// Not `hypot`: its care for overflow costs ten times as much, and pixels do not overflow.
fn length(x: f32, y: f32) -> f32 {
    (x * x + y * y).sqrt()
}

/// Exact signed distance to a simple polygon (https://iquilezles.org/articles/distfunctions2d, "Polygon").
fn polygon_distance(corners: &[Spot], x: f32, y: f32) -> f32 {
    let Some(last) = corners.last() else { return f32::INFINITY };
    let mut nearest = f32::INFINITY;
    let mut outside = true;
    let mut previous = *last;
    for &corner in corners {
        let (ex, ey) = (previous.0 - corner.0, previous.1 - corner.1);
        let (wx, wy) = (x - corner.0, y - corner.1);
        let along = ((wx * ex + wy * ey) / (ex * ex + ey * ey).max(1e-9)).clamp(0.0, 1.0);
        nearest = nearest.min(length(wx - ex * along, wy - ey * along));
        let crossing = [y >= corner.1, y < previous.1, ex * wy > ey * wx];
        if crossing.iter().all(|c| *c) || crossing.iter().all(|c| !*c) {
            outside = !outside;
        }
        previous = corner;
    }
    if outside { nearest } else { -nearest }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(shape: impl Fn(&mut Canvas)) -> Vec<u8> {
        let mut canvas = Canvas::default();
        canvas.resize(20, 20);
        shape(&mut canvas);
        let mut rgb = vec![0; 20 * 20 * 3];
        canvas.paint(&mut rgb, [200, 0, 0], 1.0);
        assert!(canvas.cover.iter().all(|c| *c == 0), "the mask is clean again");
        rgb.chunks(3).map(|p| p[0]).collect()
    }

    fn area(red: &[u8]) -> f32 {
        red.iter().map(|r| f32::from(*r) / 200.0).sum()
    }

    #[test]
    fn shapes_have_the_area_they_should() {
        let near = |a: f32, b: f32| (a - b).abs() < 0.03 * b;
        let pi = std::f32::consts::PI;
        assert!(near(area(&drawn(|c| c.disc((9.5, 9.5), 6.0))), pi * 36.0));
        assert!(near(area(&drawn(|c| c.line((4.0, 4.0), (15.0, 12.0), 3.0))), 3.0 * 13.6 + pi * 2.25));
        assert!(near(area(&drawn(|c| c.ring((9.5, 9.5), 6.0, 2.0))), 2.0 * pi * 6.0 * 2.0));
        let half = drawn(|c| c.arc((9.5, 9.5), 6.0, 2.0, 0.0, pi));
        assert!(near(area(&half), pi * 6.0 * 2.0 + pi));
        assert!(half[3 * 20 + 9] == 0 && half[15 * 20 + 9] > 150, "clockwise from the right is below");
        let panel = Rect { x: 2.5, y: 3.5, w: 10.0, h: 8.0 };
        assert!(near(area(&drawn(|c| c.panel(panel, 0.0))), 80.0));
        assert!(near(area(&drawn(|c| c.polygon(&[(2., 2.), (17., 2.), (2., 17.)], 0.0))), 112.5));
    }

    #[test]
    fn nothing_wild_is_drawn_or_panics() {
        for wild in [f32::NAN, f32::INFINITY, -1e30, 1e30, -50.0, 70.0] {
            let red = drawn(|c| {
                c.disc((wild, wild), 4.0);
                c.arc((5.0, wild), 3.0, 1.0, 0.0, 1.0);
                c.panel(Rect { x: wild, y: wild, w: 3.0, h: 3.0 }, 1.0);
                if !wild.is_nan() {
                    c.stamp(wild as i32, wild as i32, 2, &[255; 4]);
                }
            });
            assert_eq!(area(&red), 0.0, "{wild}");
        }
        let across = drawn(|c| c.line((-1e6, 10.0), (1e6, 10.0), 2.0));
        assert!(across[10 * 20] == 200 && across[10 * 20 + 19] == 200);
    }

    #[test]
    fn half_opacity_mixes_half() {
        let mut canvas = Canvas::default();
        canvas.resize(3, 3);
        canvas.disc((1.0, 1.0), 1.0);
        let mut rgb = vec![100; 27];
        canvas.paint(&mut rgb, [200, 100, 0], 0.5);
        assert_eq!(rgb[12..15], [150, 100, 50]);
    }
}
