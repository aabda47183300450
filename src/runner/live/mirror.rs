//! The delayed mirror: what was on the screen some seconds ago, overlay and all, for those who cannot look while they
//! move.
//!
//! Memory: pictures are kept as JPEG, at most [`MOST_PX`] wide and [`MOST_PER_SEC`] a second, 40 to 90 kB each; the
//! longest delay of [`MOST_SECS`] holds about 100 MB, and [`MOST_BYTES`] are never exceeded (the delay shortens instead).

use crate::frame::Frame;
use crate::sink::picture::{fitted, shrink};
use crate::source::camera::{Packing, Shot};
use crate::units::Timestamp;
use jpeg_encoder::{ColorType, Encoder};
use std::collections::VecDeque;

/// Longest delay, seconds.
pub const MOST_SECS: f64 = 60.0;
/// Longer side of the pictures kept, px.
const MOST_PX: u32 = 960;
/// Pictures kept a second.
const MOST_PER_SEC: f64 = 20.0;
/// Bytes kept.
const MOST_BYTES: usize = 128 << 20;
const QUALITY: u8 = 75;

#[derive(Default)]
pub struct Mirror {
    kept: VecDeque<(Timestamp, Vec<u8>)>,
    bytes: usize,
    /// Emptied, to be filled again.
    spare: Vec<Vec<u8>>,
    small: Frame,
    shot: Shot,
}

impl Mirror {
    /// Keeps the picture.
    pub fn push(&mut self, frame: &Frame) {
        if self.kept.back().is_some_and(|(t, _)| frame.t.secs_since(*t) < 0.9 / MOST_PER_SEC) {
            return;
        }
        let (width, height) = fitted(frame.width(), frame.height(), MOST_PX);
        let picture = if (width, height) == (frame.width(), frame.height()) {
            frame
        } else {
            shrink(frame, width, height, &mut self.small);
            &self.small
        };
        let mut jpeg = self.spare.pop().unwrap_or_default();
        jpeg.clear();
        let (w, h) = (width as u16, height as u16); // at most MOST_PX
        if Encoder::new(&mut jpeg, QUALITY).encode(picture.rgb(), w, h, ColorType::Rgb).is_ok() {
            self.bytes += jpeg.len();
            self.kept.push_back((frame.t, jpeg));
        }
        while self.bytes > MOST_BYTES {
            self.forget_oldest();
        }
    }

    /// The picture of `secs` ago into `frame`; false while there is none so old.
    pub fn show(&mut self, now: Timestamp, secs: f64, frame: &mut Frame) -> bool {
        let wanted = now - secs;
        // The last one at or before it, and none older.
        while self.kept.get(1).is_some_and(|(t, _)| *t <= wanted) {
            self.forget_oldest();
        }
        let Some((t, jpeg)) = self.kept.front().filter(|(t, _)| *t <= wanted) else { return false };
        (self.shot.t, self.shot.packing) = (*t, Packing::Mjpeg);
        self.shot.bytes.clear();
        self.shot.bytes.extend_from_slice(jpeg);
        self.shot.unpack(frame)
    }

    pub fn clear(&mut self) {
        while !self.kept.is_empty() {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        if let Some((_, jpeg)) = self.kept.pop_front() {
            self.bytes -= jpeg.len();
            self.spare.push(jpeg);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_past_is_shown_and_older_pictures_are_forgotten() {
        let mut mirror = Mirror::default();
        let mut frame = Frame::new(1280, 720);
        let mut out = Frame::default();
        for i in 0..200u32 {
            frame.t = Timestamp::from_secs(f64::from(i) / 30.0);
            frame.rgb_mut().fill(i as u8);
            mirror.push(&frame);
            let shown = mirror.show(frame.t, 1.0, &mut out);
            assert_eq!(shown, i >= 30, "{i}");
            if shown {
                let ago = i32::from(out.rgb()[0]) - (i as i32 - 30);
                assert!((-3..=1).contains(&ago), "{i}: {ago}");
            }
        }
        assert!(mirror.kept.len() < 30 && mirror.spare.len() < 5, "{} {}", mirror.kept.len(), mirror.spare.len());
        assert_eq!((out.width(), out.height()), (960, 540));
    }
}
