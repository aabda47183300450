//! A picture with its time, and a soft mask over a crop of one.

use crate::geometry::Region;
use crate::units::Timestamp;

/// One upright RGB picture (rotation tags already applied).
///
/// Guarantees: `rgb` holds `width · height · 3` bytes, rows from the top, R G B.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Frame {
    /// Presentation time.
    pub t: Timestamp,
    width: u32,
    height: u32,
    rgb: Vec<u8>,
}

impl Frame {
    /// A black picture.
    pub fn new(width: u32, height: u32) -> Frame {
        let mut frame = Frame::default();
        frame.resize(width, height);
        frame
    }

    /// `None` unless `rgb` holds exactly `width · height · 3` bytes.
    pub fn from_rgb(t: Timestamp, width: u32, height: u32, rgb: Vec<u8>) -> Option<Frame> {
        (rgb.len() == width as usize * height as usize * 3).then_some(Frame { t, width, height, rgb })
    }

    /// Becomes a copy of `other`, keeping its own allocation.
    pub fn copy_from(&mut self, other: &Frame) {
        self.t = other.t;
        self.resize(other.width, other.height);
        self.rgb.copy_from_slice(&other.rgb);
    }

    /// Makes room for another size, keeping the allocation; the content is unspecified until written.
    pub fn resize(&mut self, width: u32, height: u32) {
        (self.width, self.height) = (width, height);
        self.rgb.resize(width as usize * height as usize * 3, 0);
    }

    /// px
    pub fn width(&self) -> u32 {
        self.width
    }

    /// px
    pub fn height(&self) -> u32 {
        self.height
    }

    /// Width and height, px.
    pub fn size(&self) -> [f64; 2] {
        [self.width, self.height].map(f64::from)
    }

    /// `width · height · 3` bytes, rows from the top.
    pub fn rgb(&self) -> &[u8] {
        &self.rgb
    }

    pub fn rgb_mut(&mut self) -> &mut [u8] {
        &mut self.rgb
    }
}

/// How likely each cell of a region shows the athlete.
#[derive(Clone, Debug, PartialEq)]
pub struct Mask {
    /// Where the mask lies in the picture.
    pub region: Region,
    /// Cells across.
    pub width: usize,
    /// Cells down.
    pub height: usize,
    /// `width · height` probabilities 0..=1, rows from the region's top.
    pub probability: Vec<f32>,
}
