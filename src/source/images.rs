//! A folder of images as a clip, and a single image as a clip of one frame.
//!
//! Input: a folder or a file; png, jpeg, webp, bmp. Output: upright pictures (Exif orientation applied), one every
//! 1 / `fps` seconds, in the natural order of their names (img2 before img10). Files that are no images are passed over;
//! all images must have one upright size. Not handled: folders within the folder, animations.
//!
//! Memory: one picture and the list of names.

use super::orientation::Orientation;
use super::{ClipInfo, FrameSource, SourceError, check_size, head_of, is_image, micros, moving_still, one_line};
use crate::frame::Frame;
use crate::units::Timestamp;
use image::{ImageDecoder, ImageError, ImageReader};
use std::cmp::Ordering;
use std::fs::File;
use std::io::{BufReader, ErrorKind, Seek};
use std::path::{Path, PathBuf};

/// As fast as any camera; keeps times apart by 1 ms.
const MAX_FPS: f64 = 1000.0;

pub(super) struct Images {
    info: ClipInfo,
    files: Vec<PathBuf>,
    fps: f64,
    next: usize,
    pixels: Vec<u8>,
}

impl Images {
    pub(super) fn open(path: &Path, fps: f64) -> Result<Images, SourceError> {
        if !(fps > 0.0 && fps <= MAX_FPS) {
            return Err(SourceError::BadImageRate { fps });
        }
        let files = if path.is_dir() { images_in(path)? } else { vec![path.to_path_buf()] };
        let Some(first) = files.first() else { return Err(SourceError::NoImages { path: path.to_path_buf() }) };
        let mut clip = Images { info: ClipInfo::default(), fps, next: 0, pixels: Vec::new(), files: Vec::new() };
        let mut picture = Frame::default();
        let rotation_deg = clip.decode(first, &mut picture)?;
        clip.info = ClipInfo {
            width: picture.width(),
            height: picture.height(),
            rotation_deg,
            frames: Some(files.len() as u64),
            duration: Some(clip.time_of(files.len())),
        };
        clip.files = files;
        Ok(clip)
    }

    fn time_of(&self, index: usize) -> Timestamp {
        // In thousandths of a frame per second, so that 29.97 is 2997/100 and every time is the nearest microsecond.
        let rate = (self.fps * 1000.0).round().max(1.0) as u64;
        let index = i64::try_from(index).unwrap_or(i64::MAX);
        Timestamp::from_micros(micros(index, 1000, rate).unwrap_or(i64::MAX))
    }

    /// Decodes a file upright into `frame`; gives the rotation that was applied, degrees clockwise.
    fn decode(&mut self, path: &Path, frame: &mut Frame) -> Result<u32, SourceError> {
        let orientation = exif_orientation(path);
        let open = || ImageReader::open(path)?.with_guessed_format();
        let decoder = open().map_err(|e| SourceError::io(path, &e))?.into_decoder().map_err(|e| broken(path, e))?;
        let (width, height) = decoder.dimensions();
        let stored_size = check_size(path, width.into(), height.into())?;
        let picture = image::DynamicImage::from_decoder(decoder).map_err(|e| broken(path, e))?.into_rgb8();
        self.pixels = picture.into_raw();
        let (width, height) = orientation.upright_size(stored_size);
        frame.resize(width, height);
        orientation.apply(&self.pixels, stored_size, frame.rgb_mut());
        Ok(orientation.rotation_deg())
    }
}

impl FrameSource for Images {
    fn info(&self) -> &ClipInfo {
        &self.info
    }

    fn read(&mut self, frame: &mut Frame) -> Result<bool, SourceError> {
        let Some(path) = self.files.get(self.next).cloned() else { return Ok(false) };
        self.decode(&path, frame)?;
        let (first, now) = ((self.info.width, self.info.height), (frame.width(), frame.height()));
        if first != now {
            return Err(SourceError::SizeChanges { path, first, now });
        }
        frame.t = self.time_of(self.next);
        self.next += 1;
        Ok(true)
    }

    fn seek(&mut self, t: Timestamp) -> Result<(), SourceError> {
        // A guess that is not below, then down to the picture whose time has come.
        let guess = ((t.secs() * self.fps).max(0.0) as usize).saturating_add(1).min(self.files.len().saturating_sub(1));
        self.next = (0..=guess).rev().find(|&index| self.time_of(index) <= t).unwrap_or(0);
        Ok(())
    }

    fn decoder(&self) -> &str {
        "images"
    }
}

/// The images directly in a folder, in natural order; hidden files are passed over.
pub(super) fn images_in(folder: &Path) -> Result<Vec<PathBuf>, SourceError> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|e| SourceError::io(folder, &e))? {
        let entry = entry.map_err(|e| SourceError::io(folder, &e))?;
        let path = entry.path();
        if !path.is_file() || entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        let head = head_of(&path)?;
        if is_image(&head) && moving_still(&head).is_none() {
            files.push(path);
        }
    }
    files.sort_by(|a, b| natural_order(&name_of(a), &name_of(b)).then_with(|| a.cmp(b)));
    Ok(files)
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Runs of digits compare as numbers, the rest as text.
fn natural_order(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a, b);
    loop {
        let (digits_a, digits_b) = (leading_digits(a), leading_digits(b));
        let order = if digits_a > 0 && digits_b > 0 {
            let (number_a, number_b) = (a[..digits_a].trim_start_matches('0'), b[..digits_b].trim_start_matches('0'));
            let order = number_a.len().cmp(&number_b.len()).then_with(|| number_a.cmp(number_b));
            (a, b) = (&a[digits_a..], &b[digits_b..]);
            order
        } else {
            let (mut rest_a, mut rest_b) = (a.chars(), b.chars());
            let order = match (rest_a.next(), rest_b.next()) {
                (None, None) => return Ordering::Equal,
                (first_a, first_b) => first_a.cmp(&first_b),
            };
            (a, b) = (rest_a.as_str(), rest_b.as_str());
            order
        };
        if order.is_ne() {
            return order;
        }
    }
}

fn leading_digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

/// The Exif tag, upright where there is none or it is broken: a picture is not refused for its remarks.
fn exif_orientation(path: &Path) -> Orientation {
    let tag = || {
        let mut reader = BufReader::new(File::open(path).ok()?);
        reader.rewind().ok()?;
        let exif = exif::Reader::new().read_from_container(&mut reader).ok()?;
        exif.get_field(exif::Tag::Orientation, exif::In::PRIMARY)?.value.get_uint(0)
    };
    tag().map_or(Orientation::default(), Orientation::from_exif)
}

fn broken(path: &Path, error: ImageError) -> SourceError {
    match error {
        ImageError::IoError(error) if error.kind() == ErrorKind::UnexpectedEof => {
            SourceError::Truncated { path: path.to_path_buf(), detail: "the picture is not whole".into() }
        }
        ImageError::IoError(error) => SourceError::io(path, &error),
        other => SourceError::Damaged { path: path.to_path_buf(), detail: one_line(&other.to_string()) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_names_count_as_numbers() {
        let mut names = ["img10", "img2", "img1b", "img02", "a", "img1", "img"];
        names.sort_by(|a, b| natural_order(a, b).then_with(|| a.cmp(b)));
        assert_eq!(names, ["a", "img", "img1", "img1b", "img02", "img2", "img10"]);
    }
}
