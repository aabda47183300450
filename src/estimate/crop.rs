//! Cuts a turned region out of a picture straight into the network's input: one affine sampler for every model.
//!
//! Input: a [`Frame`], a [`Crop`] and the card's input description. Output: the filled [`InputTensor`]. Input pixel
//! (u, v) shows the picture at `crop.image_from_input(u / width, v / height)`. Magnified or mildly shrunk regions are
//! sampled bilinearly; strongly shrunk ones (more than 2 picture px per input px) average a grid of samples over each
//! input pixel's footprint, as a plain bilinear sample would skip picture rows and flicker.

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

    /// The athlete's landmark that the network calls `landmark`.
    pub fn landmark(&self, landmark: Landmark) -> Landmark {
        if self.mirrored { landmark.mirrored() } else { landmark }
    }
}

/// At most this many samples a side: beyond it the picture is smooth enough and time matters.
const MAX_GRID: usize = 4;

/// Fills `tensor` with `crop` of `frame`, normalised as `spec` says.
pub(super) fn fill(frame: &Frame, crop: &Crop, spec: &InputSpec, border: Border, tensor: &mut InputTensor) {
    let scale = spec.std.map(|std| 1.0 / std);
    let offset: [f32; 3] = std::array::from_fn(|c| -spec.mean[c] * scale[c]);
    let plane = spec.width * spec.height;
    let at = |pixel: usize, channel: usize| match spec.layout {
        Layout::Nhwc => pixel * 3 + channel,
        Layout::Nchw => channel * plane + pixel,
    };
    let picture = Picture::new(frame, border);
    let grid = Grid::new(crop, spec);
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
struct Grid {
    width: usize,
    height: usize,
    origin: [f32; 2],
    across: [f32; 2],
    down: [f32; 2],
    /// Samples a side per input pixel; 1 is a bilinear sample.
    samples: usize,
}

impl Grid {
    fn new(crop: &Crop, spec: &InputSpec) -> Grid {
        let at = |u: f64, v: f64| crop.image_from_input(Point2::new(u / spec.width as f64, v / spec.height as f64));
        let (origin, right, below) = (at(0.0, 0.0), at(1.0, 0.0), at(0.0, 1.0));
        let (across, down) = (right - origin, below - origin);
        let shrink = across.norm().max(down.norm());
        let samples = if shrink <= 2.0 { 1 } else { (shrink.ceil() as usize).min(MAX_GRID) };
        let pair = |x: f64, y: f64| [x as f32, y as f32];
        Grid {
            width: spec.width,
            height: spec.height,
            origin: pair(origin.x, origin.y),
            across: pair(across.x, across.y),
            down: pair(down.x, down.y),
            samples,
        }
    }

    fn sample(&self, picture: &Picture, mut put: impl FnMut(usize, [f32; 3])) {
        for v in 0..self.height {
            let row = [0, 1].map(|i| self.origin[i] + v as f32 * self.down[i]);
            for u in 0..self.width {
                let [x, y] = [0, 1].map(|i| row[i] + u as f32 * self.across[i]);
                let rgb = if self.samples == 1 { picture.bilinear(x, y) } else { self.average(picture, x, y) };
                put(v * self.width + u, rgb);
            }
        }
    }

    /// Mean of nearest pixels on a grid over the footprint centred at (x, y).
    fn average(&self, picture: &Picture, x: f32, y: f32) -> [f32; 3] {
        let n = self.samples;
        let part = |k: usize| (k as f32 + 0.5) / n as f32 - 0.5;
        let mut sum = [0u32; 3];
        for j in 0..n {
            let (row_x, row_y) = (x + part(j) * self.down[0], y + part(j) * self.down[1]);
            for i in 0..n {
                let rgb = picture.nearest(row_x + part(i) * self.across[0], row_y + part(i) * self.across[1]);
                for c in 0..3 {
                    sum[c] += u32::from(rgb[c]);
                }
            }
        }
        sum.map(|s| s as f32 / (n * n) as f32)
    }
}

/// A picture that can be asked for any point of the plane.
struct Picture<'a> {
    rgb: &'a [u8],
    width: i32,
    height: i32,
    border: Border,
}

/// Coordinates are held to ±this many px, far outside any picture, so that whole numbers stay exact.
const FAR: f32 = 1e6;

impl<'a> Picture<'a> {
    fn new(frame: &'a Frame, border: Border) -> Picture<'a> {
        let side = |px: u32| i32::try_from(px).unwrap_or(0);
        Picture { rgb: frame.rgb(), width: side(frame.width()), height: side(frame.height()), border }
    }

    #[inline]
    fn pixel(&self, x: i32, y: i32) -> [u8; 3] {
        let inside = x >= 0 && y >= 0 && x < self.width && y < self.height;
        if inside {
            return self.stored(x, y);
        }
        match self.border {
            Border::Edge if !self.rgb.is_empty() => {
                self.stored(x.clamp(0, self.width - 1), y.clamp(0, self.height - 1))
            }
            _ => [0; 3],
        }
    }

    /// `x`, `y` lie inside.
    #[inline]
    fn stored(&self, x: i32, y: i32) -> [u8; 3] {
        let i = (y as usize * self.width as usize + x as usize) * 3;
        [self.rgb[i], self.rgb[i + 1], self.rgb[i + 2]]
    }

    #[inline]
    fn nearest(&self, x: f32, y: f32) -> [u8; 3] {
        self.pixel((x.clamp(-FAR, FAR) + 0.5).floor() as i32, (y.clamp(-FAR, FAR) + 0.5).floor() as i32)
    }

    #[inline]
    fn bilinear(&self, x: f32, y: f32) -> [f32; 3] {
        let (x, y) = (x.clamp(-FAR, FAR), y.clamp(-FAR, FAR));
        let (left, top) = (x.floor(), y.floor());
        let (fx, fy) = (x - left, y - top);
        let (x0, y0) = (left as i32, top as i32);
        let (a, b) = (self.pixel(x0, y0), self.pixel(x0 + 1, y0));
        let (c, d) = (self.pixel(x0, y0 + 1), self.pixel(x0 + 1, y0 + 1));
        std::array::from_fn(|i| {
            let upper = f32::from(a[i]) + (f32::from(b[i]) - f32::from(a[i])) * fx;
            let lower = f32::from(c[i]) + (f32::from(d[i]) - f32::from(c[i])) * fx;
            upper + (lower - upper) * fy
        })
    }
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
        fill(frame, &Crop::plain(region), spec, border, &mut t);
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
        fill(&frame, &Crop { region: region(1.2, 20.0), mirrored: true }, &spec, Border::Edge, &mut a);
        fill(&flipped, &Crop::plain(region(3.0 - 1.2, -20.0)), &spec, Border::Edge, &mut b);
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
    fn values_are_normalised() {
        let frame = ramp(2, 2);
        let mut spec = spec(1, 1, Layout::Nhwc, Dtype::F32);
        (spec.mean, spec.std) = ([0.0, 0.0, 5.0], [1.0, 1.0, 4.0]);
        let one = Region::new(ImagePoint::new(0.5, 0.5), 1.0, 1.0, 0.0).unwrap();
        assert_eq!(run(&frame, one, &spec, Border::Edge)[2], 0.5);
    }
}
