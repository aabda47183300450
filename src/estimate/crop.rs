//! Cuts a turned region out of a picture straight into the network's input: one affine sampler for every model.
//!
//! Input: a [`Frame`], a [`Crop`] and the card's input description. Output: the filled [`InputTensor`]. Input pixel
//! (u, v) shows the picture at `crop.image_from_input(u / width, v / height)`. Magnified or mildly shrunk regions are
//! sampled bilinearly; strongly shrunk ones (2 or more picture px per input px) are first averaged in whole blocks of px, as
//! a plain bilinear sample would skip picture rows and flicker. Blocks are read row by row, so that a turned region of a
//! large picture does not wait for memory.

use super::card::{Border, InputSpec, Layout};
use super::runtime::{InputData, InputTensor};
use crate::frame::Frame;
use crate::geometry::{ImagePoint, Region};
use crate::pose::Landmark;
use nalgebra::Point2;

/// A region, possibly shown to the network as in a mirror.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Crop {
    pub region: Region,
    /// The input's left is the region's right; what the network calls left is then the athlete's right.
    pub mirrored: bool,
}

impl Crop {
    pub fn plain(region: Region) -> Crop {
        Crop { region, mirrored: false }
    }

    /// Maps a place in the network's input (0..1 right, 0..1 down) to the picture.
    pub fn image_from_input(&self, p: Point2<f64>) -> ImagePoint {
        let x = if self.mirrored { 1.0 - p.x } else { p.x };
        self.region.image_from_unit(Point2::new(x, p.y))
    }

    /// The other way about.
    pub fn input_from_image(&self, p: ImagePoint) -> Point2<f64> {
        let unit = self.region.unit_from_image(p);
        Point2::new(if self.mirrored { 1.0 - unit.x } else { unit.x }, unit.y)
    }

    /// Whether it shows mostly what the other one does, the same way about.
    pub fn is_near(&self, other: &Crop) -> bool {
        let (a, b) = (&self.region, &other.region);
        let size = a.height() / b.height();
        let turned = crate::geometry::wrap_deg(a.rotation_deg - b.rotation_deg);
        self.mirrored == other.mirrored
            && (a.center - b.center).norm() < 0.25 * b.height()
            && (0.7..1.4).contains(&size)
            && turned.abs() < 20.0
    }

    /// The athlete's landmark that the network calls `landmark`.
    pub fn landmark(&self, landmark: Landmark) -> Landmark {
        if self.mirrored { landmark.mirrored() } else { landmark }
    }
}

/// Blocks have at most this many px a side.
const MAX_BLOCK: usize = 8;

/// Room for a picture averaged in blocks, kept between pictures.
#[derive(Default)]
pub(super) struct Scratch {
    rgb: Vec<u8>,
    sums: Vec<u16>,
}

/// Fills `tensor` with `crop` of `frame`, normalised as `spec` says.
pub(super) fn fill(
    frame: &Frame,
    crop: &Crop,
    spec: &InputSpec,
    border: Border,
    scratch: &mut Scratch,
    tensor: &mut InputTensor,
) {
    let scale = spec.std.map(|std| 1.0 / std);
    let offset: [f32; 3] = std::array::from_fn(|c| -spec.mean[c] * scale[c]);
    let plane = spec.width * spec.height;
    let at = |pixel: usize, channel: usize| match spec.layout {
        Layout::Nhwc => pixel * 3 + channel,
        Layout::Nchw => channel * plane + pixel,
    };
    let grid = Grid::new(crop, spec);
    let whole = Picture::new(frame, border);
    let block = (grid.shrink() as usize).min(MAX_BLOCK);
    let (picture, grid) =
        if block < 2 || frame.rgb().is_empty() { (whole, grid) } else { whole.averaged(&grid, block, scratch) };
    match &mut tensor.data {
        InputData::F32(data) => grid.sample(&picture, |pixel, rgb| {
            for c in 0..3 {
                data[at(pixel, c)] = rgb[c] * scale[c] + offset[c];
            }
        }),
        InputData::I32(data) => grid.sample(&picture, |pixel, rgb| {
            for c in 0..3 {
                data[at(pixel, c)] = (rgb[c] * scale[c] + offset[c]).round() as i32;
            }
        }),
    }
}

/// Where every input pixel lies in the picture: origin + u · across + v · down, px.
#[derive(Clone, Copy)]
struct Grid {
    width: usize,
    height: usize,
    origin: [f32; 2],
    across: [f32; 2],
    down: [f32; 2],
}

impl Grid {
    fn new(crop: &Crop, spec: &InputSpec) -> Grid {
        let at = |u: f64, v: f64| crop.image_from_input(Point2::new(u / spec.width as f64, v / spec.height as f64));
        let (origin, right, below) = (at(0.0, 0.0), at(1.0, 0.0), at(0.0, 1.0));
        let pair = |x: f64, y: f64| [x as f32, y as f32];
        Grid {
            width: spec.width,
            height: spec.height,
            origin: pair(origin.x, origin.y),
            across: pair(right.x - origin.x, right.y - origin.y),
            down: pair(below.x - origin.x, below.y - origin.y),
        }
    }

    /// Picture px per input pixel.
    fn shrink(&self) -> f32 {
        let length = |v: [f32; 2]| v[0].hypot(v[1]);
        length(self.across).max(length(self.down))
    }

    fn at(&self, u: f32, v: f32) -> [f32; 2] {
        [0, 1].map(|i| self.origin[i] + u * self.across[i] + v * self.down[i])
    }

    /// Smallest and largest coordinates along axis `i` (0: x, 1: y).
    fn span(&self, i: usize) -> (f32, f32) {
        let (w, h) = (self.width as f32, self.height as f32);
        let corners = [self.at(0.0, 0.0), self.at(w, 0.0), self.at(0.0, h), self.at(w, h)];
        corners.iter().fold((f32::MAX, f32::MIN), |(low, high), c| (low.min(c[i]), high.max(c[i])))
    }

    /// The same places in a picture of blocks, whose first begins at `start`.
    fn in_blocks(&self, block: usize, start: [usize; 2]) -> Grid {
        let size = block as f32;
        // A block's value lies at the middle of its pixels.
        let middle = (size - 1.0) / 2.0;
        Grid {
            origin: [0, 1].map(|i| (self.origin[i] - start[i] as f32 - middle) / size),
            across: self.across.map(|v| v / size),
            down: self.down.map(|v| v / size),
            ..*self
        }
    }

    fn sample(&self, picture: &Picture, mut put: impl FnMut(usize, [f32; 3])) {
        for v in 0..self.height {
            let row = self.at(0.0, v as f32);
            for u in 0..self.width {
                let [x, y] = [0, 1].map(|i| row[i] + u as f32 * self.across[i]);
                put(v * self.width + u, picture.bilinear(x, y));
            }
        }
    }
}

/// A picture that can be asked for any point of the plane.
struct Picture<'a> {
    rgb: &'a [u8],
    width: usize,
    height: usize,
    border: Border,
}

/// Coordinates are held to ±this many px, far outside any picture, so that whole numbers stay exact.
const FAR: f32 = 1e6;

impl<'a> Picture<'a> {
    fn new(frame: &'a Frame, border: Border) -> Picture<'a> {
        Picture { rgb: frame.rgb(), width: frame.width() as usize, height: frame.height() as usize, border }
    }

    /// The part that the grid looks at, averaged in blocks, and the grid in it.
    fn averaged<'s>(&self, grid: &Grid, block: usize, scratch: &'s mut Scratch) -> (Picture<'s>, Grid) {
        let range = |i: usize, len: usize| {
            let (low, high) = grid.span(i);
            let clip = |v: f32| (v.max(0.0) as usize).min(len);
            // One block more on either side for the neighbours of bilinear samples.
            (clip(low).saturating_sub(block), clip(high + 1.0).saturating_add(block).min(len))
        };
        let (x, y) = (range(0, self.width), range(1, self.height));
        let (width, height) = ((x.1 - x.0).div_ceil(block), (y.1 - y.0).div_ceil(block));
        scratch.rgb.clear();
        for top in (y.0..y.1).step_by(block) {
            scratch.sums.clear();
            scratch.sums.resize(width * 3, 0);
            let rows = top..(top + block).min(y.1);
            for row in rows.clone() {
                let line = &self.rgb[(row * self.width + x.0) * 3..(row * self.width + x.1) * 3];
                add_blocks(line, block, &mut scratch.sums);
            }
            let whole = (rows.len() * block) as u32;
            let rest = (rows.len() * ((x.1 - x.0 - 1) % block + 1)) as u32;
            for (i, &sum) in scratch.sums.iter().enumerate() {
                let count = if i / 3 + 1 == width { rest } else { whole };
                scratch.rgb.push(((u32::from(sum) + count / 2) / count) as u8);
            }
        }
        let picture = Picture { rgb: &scratch.rgb, width, height, border: self.border };
        (picture, grid.in_blocks(block, [x.0, y.0]))
    }

    /// A pixel anywhere in the plane.
    #[inline]
    fn pixel(&self, x: i32, y: i32) -> [u8; 3] {
        let inside = |v: i32, len: usize| usize::try_from(v).is_ok_and(|v| v < len);
        let stored = |x: usize, y: usize| {
            let i = (y * self.width + x) * 3;
            [self.rgb[i], self.rgb[i + 1], self.rgb[i + 2]]
        };
        if inside(x, self.width) && inside(y, self.height) {
            return stored(x as usize, y as usize);
        }
        match self.border {
            Border::Edge if !self.rgb.is_empty() => {
                let clamp = |v: i32, len: usize| (v.max(0) as usize).min(len - 1);
                stored(clamp(x, self.width), clamp(y, self.height))
            }
            _ => [0; 3],
        }
    }

    #[inline]
    fn bilinear(&self, x: f32, y: f32) -> [f32; 3] {
        let (x, y) = (x.clamp(-FAR, FAR), y.clamp(-FAR, FAR));
        let (x0, y0) = (floor(x), floor(y));
        let (fx, fy) = (x - x0 as f32, y - y0 as f32);
        let weights = [(1.0 - fx) * (1.0 - fy), fx * (1.0 - fy), (1.0 - fx) * fy, fx * fy];
        let inside = x0 >= 0 && y0 >= 0 && (x0 as usize) + 1 < self.width && (y0 as usize) + 1 < self.height;
        if !inside {
            let four = [(0, 0), (1, 0), (0, 1), (1, 1)].map(|(dx, dy)| self.pixel(x0 + dx, y0 + dy));
            return std::array::from_fn(|c| (0..4).map(|k| weights[k] * f32::from(four[k][c])).sum());
        }
        let i = (y0 as usize * self.width + x0 as usize) * 3;
        let (upper, lower) = (&self.rgb[i..i + 6], &self.rgb[i + self.width * 3..i + self.width * 3 + 6]);
        std::array::from_fn(|c| {
            weights[0] * f32::from(upper[c])
                + weights[1] * f32::from(upper[c + 3])
                + weights[2] * f32::from(lower[c])
                + weights[3] * f32::from(lower[c + 3])
        })
    }
}

/// Adds a line's pixels to the sums of their blocks; a sum of 8×8 bytes fits in 16 bits.
fn add_blocks(line: &[u8], block: usize, sums: &mut [u16]) {
    for (pixels, sum) in line.chunks(block * 3).zip(sums.chunks_exact_mut(3)) {
        for pixel in pixels.chunks_exact(3) {
            for c in 0..3 {
                sum[c] += u16::from(pixel[c]);
            }
        }
    }
}

/// The whole number below; `f32::floor` is a library call on processors of the x86-64 baseline, several times slower.
#[inline]
fn floor(v: f32) -> i32 {
    let truncated = v as i32;
    truncated - i32::from(v < truncated as f32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::estimate::card::Dtype;
    use crate::units::Timestamp;

    fn spec(width: usize, height: usize, layout: Layout, dtype: Dtype) -> InputSpec {
        InputSpec { width, height, layout, dtype, mean: [0.0; 3], std: [1.0; 3] }
    }

    fn tensor(spec: &InputSpec) -> InputTensor {
        let len = spec.width * spec.height * 3;
        let data = match spec.dtype {
            Dtype::F32 => InputData::F32(vec![-1.0; len]),
            Dtype::I32 => InputData::I32(vec![-1; len]),
        };
        InputTensor { shape: [1, spec.height, spec.width, 3], data }
    }

    /// Red grows by 10 per px to the right, green by 20 per px downwards; blue is 7.
    fn ramp(width: u32, height: u32) -> Frame {
        let pixel = |x: u32, y: u32| [(x * 10) as u8, (y * 20) as u8, 7];
        let rgb = (0..height).flat_map(|y| (0..width).flat_map(move |x| pixel(x, y))).collect();
        Frame::from_rgb(Timestamp::ZERO, width, height, rgb).unwrap()
    }

    fn run(frame: &Frame, region: Region, spec: &InputSpec, border: Border) -> Vec<f32> {
        let mut t = tensor(spec);
        fill(frame, &Crop::plain(region), spec, border, &mut Scratch::default(), &mut t);
        match t.data {
            InputData::F32(v) => v,
            InputData::I32(v) => v.into_iter().map(|v| v as f32).collect(),
        }
    }

    #[test]
    fn one_to_one_copies_the_picture_in_both_layouts() {
        let frame = ramp(4, 4);
        let whole = Region::new(ImagePoint::new(2.0, 2.0), 4.0, 4.0, 0.0).unwrap();
        let nhwc = run(&frame, whole, &spec(4, 4, Layout::Nhwc, Dtype::I32), Border::Black);
        assert_eq!(nhwc, frame.rgb().iter().map(|&b| f32::from(b)).collect::<Vec<_>>());
        let nchw = run(&frame, whole, &spec(4, 4, Layout::Nchw, Dtype::F32), Border::Black);
        assert_eq!(nchw[..4], [0.0, 10.0, 20.0, 30.0]);
        assert_eq!(nchw[32..], [7.0; 16]);
    }

    #[test]
    fn a_region_turned_clockwise_shows_the_right_side_on_top() {
        let frame = ramp(4, 4);
        // Up is screen right: the top left of the crop is the picture's top right.
        let turned = Region::new(ImagePoint::new(1.5, 1.5), 4.0, 4.0, 90.0).unwrap();
        let crop = run(&frame, turned, &spec(4, 4, Layout::Nhwc, Dtype::F32), Border::Edge);
        let at = |u: usize, v: usize| (crop[(v * 4 + u) * 3], crop[(v * 4 + u) * 3 + 1]);
        let near = |got: (f32, f32), x: f32, y: f32| (got.0 - x).abs() < 1e-3 && (got.1 - y).abs() < 1e-3;
        assert!(near(at(1, 1), 25.0, 10.0), "{:?}", at(1, 1));
        assert!(near(at(2, 1), 25.0, 30.0), "{:?}", at(2, 1));
        assert!(near(at(1, 3), 5.0, 10.0), "{:?}", at(1, 3));
    }

    #[test]
    fn a_mirrored_crop_shows_what_a_mirrored_picture_would() {
        let frame = ramp(4, 4);
        let flipped: Vec<u8> = frame.rgb().chunks(12).flat_map(|row| row.chunks(3).rev().flatten().copied()).collect();
        let flipped = Frame::from_rgb(Timestamp::ZERO, 4, 4, flipped).unwrap();
        let spec = spec(5, 5, Layout::Nhwc, Dtype::F32);
        let region = |x: f64, turn: f64| Region::new(ImagePoint::new(x, 1.6), 3.0, 3.0, turn).unwrap();
        let (mut a, mut b) = (tensor(&spec), tensor(&spec));
        fill(
            &frame,
            &Crop { region: region(1.2, 20.0), mirrored: true },
            &spec,
            Border::Edge,
            &mut Scratch::default(),
            &mut a,
        );
        fill(&flipped, &Crop::plain(region(3.0 - 1.2, -20.0)), &spec, Border::Edge, &mut Scratch::default(), &mut b);
        let (InputData::F32(a), InputData::F32(b)) = (a.data, b.data) else { panic!() };
        assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-3), "{a:?} {b:?}");
    }

    #[test]
    fn outside_is_black_or_the_edge_as_the_card_says() {
        let frame = ramp(4, 4);
        let beside = Region::new(ImagePoint::new(12.0, 2.0), 4.0, 4.0, 0.0).unwrap();
        let spec = spec(4, 4, Layout::Nhwc, Dtype::F32);
        assert_eq!(run(&frame, beside, &spec, Border::Black), [0.0; 48]);
        assert_eq!(run(&frame, beside, &spec, Border::Edge)[..3], [30.0, 0.0, 7.0]);
        assert_eq!(run(&Frame::new(0, 0), beside, &spec, Border::Edge), [0.0; 48]);
    }

    #[test]
    fn strong_shrinking_averages_instead_of_skipping() {
        // One-pixel stripes: a point sample would give 0 or 200, the mean is 100.
        let rgb = (0..64 * 64).flat_map(|i| [if i % 2 == 0 { 200 } else { 0 }; 3]).collect();
        let frame = Frame::from_rgb(Timestamp::ZERO, 64, 64, rgb).unwrap();
        let whole = Region::new(ImagePoint::new(32.0, 32.0), 64.0, 64.0, 0.0).unwrap();
        let crop = run(&frame, whole, &spec(16, 16, Layout::Nhwc, Dtype::F32), Border::Edge);
        let inner = crop[(8 * 16 + 8) * 3];
        assert!((inner - 100.0).abs() < 1.0, "{inner}");
    }

    #[test]
    fn blocks_lie_where_their_pixels_lay() {
        // A ramp stays a ramp: 1.5 per px across, 1 per px down, at any turn, offset and block size.
        let value = |x: f64, y: f64| 1.5 * x + y;
        let rgb =
            (0..100).flat_map(|y| (0..100).flat_map(move |x| [value(x.into(), y.into()).round() as u8; 3])).collect();
        let frame = Frame::from_rgb(Timestamp::ZERO, 100, 100, rgb).unwrap();
        let spec = spec(16, 16, Layout::Nhwc, Dtype::F32);
        for (size, turn) in [(31.0, 0.0), (35.0, 20.0), (50.0, 45.0), (60.0, 200.0)] {
            let region = Region::new(ImagePoint::new(50.3, 49.6), size, size, turn).unwrap();
            let crop = run(&frame, region, &spec, Border::Edge);
            for (u, v) in [(4, 4), (8, 8), (11, 6)] {
                let p = region.image_from_unit(Point2::new(u as f64 / 16.0, v as f64 / 16.0));
                let (got, wanted) = (f64::from(crop[(v * 16 + u) * 3]), value(p.x, p.y));
                assert!((got - wanted).abs() < 1.0, "{size} {turn}: {got} instead of {wanted}");
            }
        }
    }

    #[test]
    fn values_are_normalised() {
        let frame = ramp(2, 2);
        let mut spec = spec(1, 1, Layout::Nhwc, Dtype::F32);
        (spec.mean, spec.std) = ([0.0, 0.0, 5.0], [1.0, 1.0, 4.0]);
        let one = Region::new(ImagePoint::new(0.5, 0.5), 1.0, 1.0, 0.0).unwrap();
        assert_eq!(run(&frame, one, &spec, Border::Edge)[2], 0.5);
    }
}
