//! One picture as a camera gives it.

use super::mode::Packing;
use crate::frame::Frame;
use crate::units::Timestamp;
use std::time::Instant;
use yuv::{YuvBiPlanarImage, YuvConversionMode, YuvPackedImage, YuvRange, YuvStandardMatrix};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

/// A packed picture.
#[derive(Clone, Debug)]
pub struct Shot {
    /// When it was taken, since the camera was opened; from the camera's own clock where it has one.
    pub t: Timestamp,
    /// When it reached this program.
    pub arrived: Instant,
    pub packing: Packing,
    /// px
    pub width: u32,
    /// px
    pub height: u32,
    /// May be longer than the picture: drivers hand over whole buffers.
    pub bytes: Vec<u8>,
}

impl Default for Shot {
    fn default() -> Shot {
        Shot {
            t: Timestamp::ZERO,
            arrived: Instant::now(),
            packing: Packing::Rgb,
            width: 0,
            height: 0,
            bytes: Vec::new(),
        }
    }
}

impl Shot {
    /// Writes the picture into `frame`, reusing its allocation; false when the picture is torn: cut short on its way.
    pub fn unpack(&self, frame: &mut Frame) -> bool {
        let (w, h) = (self.width as usize, self.height as usize);
        frame.t = self.t;
        if self.packing == Packing::Mjpeg {
            return unpack_jpeg(&self.bytes, frame);
        }
        let whole = match self.packing {
            Packing::Yuyv => w * h * 2,
            Packing::Nv12 => w * h + w.div_ceil(2) * 2 * h.div_ceil(2),
            Packing::Gray => w * h,
            Packing::Rgb | Packing::Bgr | Packing::Mjpeg => w * h * 3,
        };
        let Some(bytes) = self.bytes.get(..whole).filter(|_| whole > 0) else { return false };
        frame.resize(self.width, self.height);
        let rgb = frame.rgb_mut();
        let (stride, width, height) = (self.width * 3, self.width, self.height);
        // What the UVC specification names as the default.
        let (range, matrix) = (YuvRange::Limited, YuvStandardMatrix::Bt601);
        match self.packing {
            Packing::Yuyv => {
                let image = YuvPackedImage { yuy: bytes, yuy_stride: width * 2, width, height };
                yuv::yuyv422_to_rgb(&image, rgb, stride, range, matrix).is_ok()
            }
            Packing::Nv12 => {
                let (y_plane, uv_plane) = bytes.split_at(w * h);
                let uv_stride = width.div_ceil(2) * 2;
                let image = YuvBiPlanarImage { y_plane, y_stride: width, uv_plane, uv_stride, width, height };
                yuv::yuv_nv12_to_rgb(&image, rgb, stride, range, matrix, YuvConversionMode::Balanced).is_ok()
            }
            Packing::Gray => {
                rgb.chunks_exact_mut(3).zip(bytes).for_each(|(pixel, gray)| pixel.fill(*gray));
                true
            }
            Packing::Bgr => {
                let swapped = |(to, from): (&mut [u8], &[u8])| to.copy_from_slice(&[from[2], from[1], from[0]]);
                rgb.chunks_exact_mut(3).zip(bytes.chunks_exact(3)).for_each(swapped);
                true
            }
            Packing::Rgb | Packing::Mjpeg => {
                rgb.copy_from_slice(bytes);
                true
            }
        }
    }
}

/// Largest picture taken from a camera, px: 8K. A torn header may claim anything.
const MOST_AREA: usize = 7680 * 4320;

fn unpack_jpeg(bytes: &[u8], frame: &mut Frame) -> bool {
    let Some(jpeg) = whole_jpeg(bytes) else { return false };
    let options = DecoderOptions::default().jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(jpeg), options);
    if decoder.decode_headers().is_err() {
        return false;
    }
    let Some(info) = decoder.info() else { return false };
    if usize::from(info.width) * usize::from(info.height) > MOST_AREA {
        return false;
    }
    frame.resize(u32::from(info.width), u32::from(info.height));
    decoder.decode_into(frame.rgb_mut()).is_ok()
}

/// The picture up to its end marker, without what a driver's buffer holds behind it. `None` when the marker is missing:
/// decoders fill up a picture cut in half with gray and call it whole.
fn whole_jpeg(bytes: &[u8]) -> Option<&[u8]> {
    let end = bytes.windows(2).rposition(|pair| pair == [0xff, 0xd9])?;
    bytes.starts_with(&[0xff, 0xd8]).then(|| &bytes[..end + 2])
}
