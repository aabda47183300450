//! Animated GIFs, composed as a browser composes them.
//!
//! Input: a GIF file. Output: whole pictures with the file's times. Frames that cover a part are laid over what the frame
//! before leaves behind; what nothing was drawn on is white, as on an empty page. A delay of 0 or 1 hundredths means
//! 100 ms, as browsers and ffmpeg have it. Not handled: loops (a clip is shown once).
//!
//! Memory: the canvas, one frame, and 8 bytes a frame for the times, which one pass without pixels finds at the start.

use super::{ClipInfo, FrameSource, SourceError, check_size, one_line};
use crate::frame::Frame;
use crate::units::Timestamp;
use ::gif::{ColorOutput, DecodeOptions, Decoder, DecodingError, DisposalMethod};
use std::fs::File;
use std::io::{BufReader, ErrorKind, Seek};
use std::path::{Path, PathBuf};

/// What a delay of 0 or 1 hundredths stands for, microseconds.
const DEFAULT_DELAY_US: i64 = 100_000;

pub(super) struct Gif {
    path: PathBuf,
    file: File,
    info: ClipInfo,
    /// Start of each frame.
    times: Vec<Timestamp>,
    decoder: Decoder<BufReader<File>>,
    /// Index of the frame to be read next.
    next: usize,
    canvas: Canvas,
    pixels: Vec<u8>,
}

impl Gif {
    pub(super) fn open(path: &Path) -> Result<Gif, SourceError> {
        let file = File::open(path).map_err(|e| SourceError::io(path, &e))?;
        let (times, end) = frame_times(path, &file)?;
        if times.is_empty() {
            return Err(SourceError::NoFrames { path: path.to_path_buf() });
        }
        let decoder = start(path, &file, false)?;
        let (width, height) = check_size(path, decoder.width().into(), decoder.height().into())?;
        let info = ClipInfo { width, height, rotation_deg: 0, frames: Some(times.len() as u64), duration: Some(end) };
        let canvas = Canvas::new(width as usize, height as usize);
        let mut clip =
            Gif { path: path.to_path_buf(), file, info, times, decoder, next: 0, canvas, pixels: Vec::new() };
        clip.check_first()?;
        Ok(clip)
    }

    /// Composes the first frame once, so that broken pixels are found at the start.
    fn check_first(&mut self) -> Result<(), SourceError> {
        self.compose()?;
        self.rewind()
    }

    fn rewind(&mut self) -> Result<(), SourceError> {
        self.decoder = start(&self.path, &self.file, false)?;
        self.canvas.clear();
        self.next = 0;
        Ok(())
    }

    /// Lays the next frame over the canvas; `false` at the end.
    fn compose(&mut self) -> Result<bool, SourceError> {
        self.canvas.dispose();
        let Some(frame) = self.decoder.next_frame_info().map_err(|e| broken(&self.path, &e))? else { return Ok(false) };
        let area = Area::new(frame, self.canvas.width, self.canvas.height);
        let dispose = frame.dispose;
        check_size(&self.path, area.stored_width as u64, area.stored_height as u64)?;
        self.pixels.resize(self.decoder.buffer_size(), 0);
        self.decoder.read_into_buffer(&mut self.pixels).map_err(|e| broken(&self.path, &e))?;
        self.canvas.draw(&self.pixels, area, dispose);
        self.next += 1;
        Ok(true)
    }
}

impl FrameSource for Gif {
    fn info(&self) -> &ClipInfo {
        &self.info
    }

    fn read(&mut self, frame: &mut Frame) -> Result<bool, SourceError> {
        let Some(&t) = self.times.get(self.next) else { return Ok(false) };
        if !self.compose()? {
            return Ok(false);
        }
        frame.resize(self.info.width, self.info.height);
        frame.rgb_mut().copy_from_slice(&self.canvas.rgb);
        frame.t = t;
        Ok(true)
    }

    fn seek(&mut self, t: Timestamp) -> Result<(), SourceError> {
        let wanted = self.times.partition_point(|&time| time <= t).saturating_sub(1);
        if wanted < self.next {
            self.rewind()?;
        }
        while self.next < wanted && self.compose()? {}
        Ok(())
    }

    fn decoder(&self) -> &str {
        "gif"
    }
}

fn start(path: &Path, file: &File, skip_pixels: bool) -> Result<Decoder<BufReader<File>>, SourceError> {
    let mut file = file.try_clone().map_err(|e| SourceError::io(path, &e))?;
    file.rewind().map_err(|e| SourceError::io(path, &e))?;
    let mut options = DecodeOptions::new();
    options.set_color_output(ColorOutput::RGBA);
    options.skip_frame_decoding(skip_pixels);
    options.allow_unknown_blocks(true);
    options.read_info(BufReader::new(file)).map_err(|e| broken(path, &e))
}

/// The start of each frame and the end of the last.
fn frame_times(path: &Path, file: &File) -> Result<(Vec<Timestamp>, Timestamp), SourceError> {
    let mut decoder = start(path, file, true)?;
    let (mut times, mut at) = (Vec::new(), 0i64);
    while let Some(frame) = decoder.next_frame_info().map_err(|e| broken(path, &e))? {
        times.push(Timestamp::from_micros(at));
        at += if frame.delay <= 1 { DEFAULT_DELAY_US } else { i64::from(frame.delay) * 10_000 };
    }
    Ok((times, Timestamp::from_micros(at)))
}

fn broken(path: &Path, error: &DecodingError) -> SourceError {
    let path = path.to_path_buf();
    match error {
        DecodingError::UnexpectedEof => SourceError::Truncated { path, detail: "its last frame is not whole".into() },
        DecodingError::Io(error) if error.kind() == ErrorKind::UnexpectedEof => {
            SourceError::Truncated { path, detail: "its last frame is not whole".into() }
        }
        DecodingError::Io(error) => SourceError::io(&path, error),
        other => SourceError::Damaged { path, detail: one_line(&other.to_string()) },
    }
}

/// The part of the canvas that a frame covers.
#[derive(Clone, Copy)]
struct Area {
    left: usize,
    top: usize,
    /// Within the canvas.
    width: usize,
    height: usize,
    stored_width: usize,
    stored_height: usize,
}

impl Area {
    fn new(frame: &::gif::Frame, canvas_width: usize, canvas_height: usize) -> Area {
        let (left, top) = (usize::from(frame.left).min(canvas_width), usize::from(frame.top).min(canvas_height));
        let (stored_width, stored_height) = (usize::from(frame.width), usize::from(frame.height));
        let (width, height) = (stored_width.min(canvas_width - left), stored_height.min(canvas_height - top));
        Area { left, top, width, height, stored_width, stored_height }
    }
}

/// What is seen so far, and how the last frame is to be taken away.
struct Canvas {
    width: usize,
    height: usize,
    rgb: Vec<u8>,
    last: Option<(Area, DisposalMethod)>,
    /// The canvas before the last frame, where that frame asks for it back.
    before: Vec<u8>,
}

impl Canvas {
    fn new(width: usize, height: usize) -> Canvas {
        Canvas { width, height, rgb: vec![255; width * height * 3], last: None, before: Vec::new() }
    }

    fn clear(&mut self) {
        self.rgb.fill(255);
        self.last = None;
    }

    fn rows(&self, area: Area) -> impl Iterator<Item = std::ops::Range<usize>> + use<> {
        let width = self.width;
        (area.top..area.top + area.height).map(move |y| {
            let start = (y * width + area.left) * 3;
            start..start + area.width * 3
        })
    }

    /// Takes the last frame away as it asks for.
    fn dispose(&mut self) {
        let Some((area, method)) = self.last.take() else { return };
        match method {
            DisposalMethod::Background => {
                for row in self.rows(area) {
                    self.rgb[row].fill(255);
                }
            }
            DisposalMethod::Previous => self.rgb.copy_from_slice(&self.before),
            DisposalMethod::Any | DisposalMethod::Keep => {}
        }
    }

    /// `pixels`: R G B A, `stored_width · stored_height`.
    fn draw(&mut self, pixels: &[u8], area: Area, method: DisposalMethod) {
        if method == DisposalMethod::Previous {
            self.before.clone_from(&self.rgb);
        }
        for (row, stored) in self.rows(area).zip(pixels.chunks_exact((area.stored_width * 4).max(1))) {
            for (to, from) in self.rgb[row].chunks_exact_mut(3).zip(stored.chunks_exact(4)) {
                if from[3] != 0 {
                    to.copy_from_slice(&from[..3]);
                }
            }
        }
        self.last = Some((area, method));
    }
}
