//! Where pictures come from: recorded video, animated GIFs, folders of images, single images.
//!
//! Input: a path. Output: upright [`Frame`]s in presentation order with the file's own times. Not handled here: pose
//! recordings ([`crate::pose::recording`]), which need no pictures; [`kind`] tells them apart. What a path is, is decided
//! by its content, not by its name.
//!
//! Times: the first picture shown is t = 0 and every later one comes strictly after the one before it. Where a file says
//! otherwise (two pictures at one time, a step back), the later picture is moved to 1 µs after the earlier one; no
//! picture is dropped for its time.
//!
//! Pixels are square: pictures of clips with oblong pixels are widened or narrowed, so that angles are true.
//!
//! Without the feature `video` only the types, [`kind`] and the errors are here.

use crate::frame::Frame;
use crate::units::Timestamp;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

#[cfg(feature = "video")]
mod bitstream;
#[cfg(feature = "video")]
mod builtin;
#[cfg(feature = "camera")]
pub mod camera;
#[cfg(feature = "video")]
mod fallback;
#[cfg(feature = "video")]
mod ffmpeg;
#[cfg(feature = "video")]
mod fingerprint;
#[cfg(feature = "video")]
mod gif;
#[cfg(feature = "video")]
mod images;
#[cfg(feature = "video")]
mod mp4;
#[cfg(feature = "video")]
mod orientation;
#[cfg(all(test, feature = "video"))]
mod tests;

#[cfg(feature = "video")]
pub use self::{ffmpeg::ffmpeg_version, fingerprint::fingerprint};

/// Longest side of a picture that is taken, px: twice that of an 8K picture.
pub const MAX_SIDE_PX: u32 = 16_384;
/// Largest picture that is taken, px: twice an 8K picture. A decoder holds up to 17 of them (1.5 bytes a pixel), so this
/// bounds memory at about 2 GB for the worst file and far less for any real one.
pub const MAX_AREA_PX: u64 = 1 << 26;

/// What is known of a clip before its first frame.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClipInfo {
    /// Upright width, px.
    pub width: u32,
    /// Upright height, px.
    pub height: u32,
    /// Rotation tag applied, degrees clockwise: 0, 90, 180, 270.
    pub rotation_deg: u32,
    /// Number of frames, where the container tells it.
    pub frames: Option<u64>,
    /// Length, where the container tells it.
    pub duration: Option<Timestamp>,
}

/// Pictures in presentation order.
pub trait FrameSource: Send {
    fn info(&self) -> &ClipInfo;

    /// Writes the next picture into `frame`, reusing its allocation; `false` at the end (and `frame` is left as it was,
    /// or holds anything).
    fn read(&mut self, frame: &mut Frame) -> Result<bool, SourceError>;

    /// Moves to time `t`: the next [`read`](FrameSource::read) gives the picture shown at `t`, that is the last one at
    /// or before `t`; the first one when `t` comes before it, the last one when `t` comes after the end. The picture and
    /// its time are the same as when the clip is read through.
    fn seek(&mut self, t: Timestamp) -> Result<(), SourceError>;

    /// What decodes the pictures now, for reports and `doctor`: "built-in H.264", "ffmpeg 5.1", "gif", …
    fn decoder(&self) -> &str;
}

/// Which decoder opens video files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Decoder {
    /// The built-in one where it can, ffmpeg for everything else and wherever the built-in one fails.
    #[default]
    Auto,
    /// H.264 and HEVC in mp4 and mov; nothing needs to be installed.
    BuiltIn,
    /// The `ffmpeg` program.
    Ffmpeg,
}

/// How to open a clip.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenOptions {
    pub decoder: Decoder,
    /// Frames per second of a folder of images; above 0, at most 1000.
    pub image_fps: f64,
    /// The ffmpeg program: a name looked for on PATH, or a path.
    pub ffmpeg: PathBuf,
}

impl Default for OpenOptions {
    fn default() -> Self {
        OpenOptions { decoder: Decoder::Auto, image_fps: 30.0, ffmpeg: PathBuf::from("ffmpeg") }
    }
}

/// What a path holds, judged by its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A video file, to be opened with [`open`].
    Video,
    /// A GIF, animated or not, to be opened with [`open`].
    Gif,
    /// A folder of images, or one image (a clip of one frame), to be opened with [`open`].
    Images,
    /// A recording of poses, to be read by [`crate::pose::recording`].
    PoseRecording,
}

/// Why pictures cannot be had, and the way out. Every message is one line.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    #[error("{}: there is no such file or folder (any more): check the path", shown(.path))]
    NotFound { path: PathBuf },
    #[error("{}: cannot be read ({reason}): check its permissions and its drive", shown(.path))]
    Unreadable { path: PathBuf, reason: String },
    #[error("{}: the file is empty: record or copy it again", shown(.path))]
    Empty { path: PathBuf },
    #[error("{}: the file is cut short ({detail}): copy it again from where it was recorded", shown(.path))]
    Truncated { path: PathBuf, detail: String },
    #[error("{}: not a clip ({found}): give a video, a GIF, an image, a folder of images or a pose recording", shown(.path))]
    NotAClip { path: PathBuf, found: String },
    #[error("{}: no images in this folder: put png, jpeg, webp or bmp files directly into it", shown(.path))]
    NoImages { path: PathBuf },
    #[error("{}: there is sound in this file but no picture: give the file that has the video", shown(.path))]
    NoPicture { path: PathBuf },
    #[error("{}: there is not one frame in this clip: record it again", shown(.path))]
    NoFrames { path: PathBuf },
    #[error("{}: the video is encrypted (copy-protected): give an unprotected copy", shown(.path))]
    Encrypted { path: PathBuf },
    #[error(
        "{}: {width}x{height} px is too large (at most {MAX_SIDE_PX} px a side and {MAX_AREA_PX} px in all): \
         scale it down, e.g. ffmpeg -i CLIP -vf scale=-2:1080 smaller.mp4", shown(.path)
    )]
    TooLarge { path: PathBuf, width: u64, height: u64 },
    #[error(
        "{}: {what}; the ffmpeg program was not found: install it (https://ffmpeg.org, or e.g. apt install ffmpeg), \
         or convert the clip to H.264 in mp4", shown(.path)
    )]
    NeedsFfmpeg { path: PathBuf, what: String },
    #[error("{}: {what}, which the built-in decoder does not do: allow ffmpeg, or convert the clip to H.264 in mp4", shown(.path))]
    BeyondBuiltIn { path: PathBuf, what: String },
    #[error("{}: the file is damaged ({detail}): copy it again, or repair it with ffmpeg -i CLIP repaired.mp4", shown(.path))]
    Damaged { path: PathBuf, detail: String },
    #[error(
        "{}: this picture is {}x{} px but the clip began with {}x{} px: all pictures of a clip must have one size; \
         convert or crop it first", shown(.path), .now.0, .now.1, .first.0, .first.1
    )]
    SizeChanges { path: PathBuf, first: (u32, u32), now: (u32, u32) },
    #[error("{}: a pose recording has no pictures: replay or rescore it as poses", shown(.path))]
    HasNoPictures { path: PathBuf },
    #[error("{fps} images per second is not possible: give a number above 0 and up to 1000")]
    BadImageRate { fps: f64 },
    #[error("{}: this program was built without the feature `video`: build it with the default features", shown(.path))]
    NoVideoFeature { path: PathBuf },
}

impl SourceError {
    /// From a failed file operation.
    pub(crate) fn io(path: &Path, error: &io::Error) -> SourceError {
        let path = path.to_path_buf();
        match error.kind() {
            io::ErrorKind::NotFound => SourceError::NotFound { path },
            io::ErrorKind::UnexpectedEof => SourceError::Truncated { path, detail: "it ends too early".into() },
            io::ErrorKind::PermissionDenied => SourceError::Unreadable { path, reason: "permission denied".into() },
            _ => SourceError::Unreadable { path, reason: one_line(&error.to_string()) },
        }
    }
}

/// The path for a message: on one line whatever the name holds.
fn shown(path: &Path) -> String {
    one_line(&path.display().to_string())
}

/// Control characters (line ends above all) become spaces, so that a message stays one line.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>().trim().to_string()
}

/// Refuses pictures without area and beyond [`MAX_SIDE_PX`] and [`MAX_AREA_PX`].
#[cfg(feature = "video")]
fn check_size(path: &Path, width: u64, height: u64) -> Result<(u32, u32), SourceError> {
    let path = path.to_path_buf();
    match (u32::try_from(width), u32::try_from(height)) {
        (Ok(0), _) | (_, Ok(0)) => Err(SourceError::NoFrames { path }),
        (Ok(w), Ok(h)) if w.max(h) <= MAX_SIDE_PX && width * height <= MAX_AREA_PX => Ok((w, h)),
        _ => Err(SourceError::TooLarge { path, width, height }),
    }
}

/// Opens a clip of pictures and checks that its first one can be had.
///
/// Errors: every kind of [`SourceError`]; a pose recording is refused ([`SourceError::HasNoPictures`]), see [`kind`].
#[cfg(feature = "video")]
pub fn open(path: &Path, options: &OpenOptions) -> Result<Box<dyn FrameSource>, SourceError> {
    Ok(match kind(path)? {
        Kind::Video => fallback::open(path, options)?,
        Kind::Gif => Box::new(gif::Gif::open(path)?),
        Kind::Images => Box::new(images::Images::open(path, options.image_fps)?),
        Kind::PoseRecording => return Err(SourceError::HasNoPictures { path: path.to_path_buf() }),
    })
}

/// Opens a clip of pictures; always an error in this build, which has no decoders.
#[cfg(not(feature = "video"))]
pub fn open(path: &Path, _options: &OpenOptions) -> Result<Box<dyn FrameSource>, SourceError> {
    match kind(path)? {
        Kind::PoseRecording => Err(SourceError::HasNoPictures { path: path.to_path_buf() }),
        _ => Err(SourceError::NoVideoFeature { path: path.to_path_buf() }),
    }
}

/// What lies at `path`, judged by the first bytes of the file.
///
/// Errors: not there, unreadable, empty, an audio file, or nothing that is known here.
pub fn kind(path: &Path) -> Result<Kind, SourceError> {
    let metadata = std::fs::metadata(path).map_err(|e| SourceError::io(path, &e))?;
    if metadata.is_dir() {
        return Ok(Kind::Images);
    }
    if !metadata.is_file() {
        return Err(SourceError::NotAClip { path: path.to_path_buf(), found: "a device or a pipe, not a file".into() });
    }
    let head = head_of(path)?;
    if head.is_empty() {
        return Err(SourceError::Empty { path: path.to_path_buf() });
    }
    kind_of_bytes(&head).map_err(|unfit| match unfit {
        Unfit::Audio => SourceError::NoPicture { path: path.to_path_buf() },
        Unfit::Other(found) => SourceError::NotAClip { path: path.to_path_buf(), found: found.into() },
    })
}

/// Enough of a file's beginning for [`kind_of_bytes`].
fn head_of(path: &Path) -> Result<Vec<u8>, SourceError> {
    let mut head = Vec::new();
    let file = File::open(path).map_err(|e| SourceError::io(path, &e))?;
    file.take(4096).read_to_end(&mut head).map_err(|e| SourceError::io(path, &e))?;
    Ok(head)
}

/// Why bytes are no clip.
enum Unfit {
    Audio,
    Other(&'static str),
}

/// The signatures are those of the formats' own specifications (as collected in the `file` program's database).
fn kind_of_bytes(head: &[u8]) -> Result<Kind, Unfit> {
    let at = |offset: usize, magic: &[u8]| head.get(offset..).is_some_and(|rest| rest.starts_with(magic));
    let is_text = |text: &str| String::from_utf8_lossy(head).contains(text);
    if at(0, b"GIF87a") || at(0, b"GIF89a") {
        return Ok(Kind::Gif);
    }
    if let Some(found) = moving_still(head) {
        return Err(Unfit::Other(found));
    }
    if is_image(head) {
        return Ok(Kind::Images);
    }
    if at(4, b"ftyp") && [&b"heic"[..], b"heix", b"heim", b"heis", b"mif1", b"avif"].iter().any(|brand| at(8, brand)) {
        return Err(Unfit::Other("a HEIC or AVIF photo, convert it to jpeg or png"));
    }
    let atoms = [&b"ftyp"[..], b"moov", b"mdat", b"wide", b"free", b"skip", b"moof", b"styp", b"pnot", b"sidx"];
    let transport_stream = |first: usize, step: usize| (0..3).all(|i| at(first + i * step, &[0x47]));
    let video = atoms.iter().any(|atom| at(4, atom))
        || at(0, &[0x1A, 0x45, 0xDF, 0xA3]) // Matroska, WebM
        || (at(0, b"RIFF") && at(8, b"AVI "))
        || at(0, b"FLV\x01")
        || at(0, b"OggS")
        || at(0, &[0x30, 0x26, 0xB2, 0x75, 0x8E, 0x66, 0xCF, 0x11]) // ASF, WMV
        || at(0, &[0, 0, 1, 0xBA]) // MPEG program stream
        || at(0, &[0, 0, 1, 0xB3]) // MPEG-1/2 video
        || at(0, &[0, 0, 0, 1]) // H.264, HEVC without a container
        || at(0, b"DKIF")
        || at(0, b"YUV4MPEG2 ")
        || at(0, b"nut/multimedia container")
        || transport_stream(0, 188)
        || transport_stream(4, 192);
    if video {
        return Ok(Kind::Video);
    }
    if is_text("formcheck.poses/") {
        return Ok(Kind::PoseRecording);
    }
    Err(unfit(head))
}

/// Pictures that the image decoders read.
fn is_image(head: &[u8]) -> bool {
    head.starts_with(b"\x89PNG\r\n\x1a\n")
        || head.starts_with(&[0xFF, 0xD8, 0xFF])
        || (head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP"))
        || (head.starts_with(b"BM") && head.get(6..10) == Some(&[0; 4]))
}

/// Animations in still-image formats: of these only the first picture would be seen, so they are refused.
fn moving_still(head: &[u8]) -> Option<&'static str> {
    let webp = head.starts_with(b"RIFF") && head.get(8..16) == Some(b"WEBPVP8X");
    if webp && head.get(20).is_some_and(|flags| flags & 2 != 0) {
        return Some("an animated WebP, convert it to mp4 or GIF");
    }
    let png = head.starts_with(b"\x89PNG");
    (png && head.windows(4).take_while(|w| *w != b"IDAT").any(|w| w == b"acTL"))
        .then_some("an animated PNG, convert it to mp4 or GIF")
}

/// A guess at what a file is that holds no pictures.
fn unfit(head: &[u8]) -> Unfit {
    let wave = head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WAVE");
    let mpeg_audio = head.len() > 1 && head[0] == 0xFF && head[1] & 0xE0 == 0xE0;
    if wave || mpeg_audio || head.starts_with(b"ID3") || head.starts_with(b"fLaC") || head.starts_with(b"#!AMR") {
        return Unfit::Audio;
    }
    Unfit::Other(match head {
        _ if head.starts_with(b"%PDF") => "a PDF document",
        _ if head.starts_with(b"PK\x03\x04") => "a ZIP archive, unpack it first",
        _ if head.starts_with(&[0x1F, 0x8B]) => "a gzip archive, unpack it first",
        _ if head.iter().all(|&byte| byte == 0) => "it begins with nothing but zeros, a broken copy",
        _ if head.iter().all(|&byte| byte >= 0x20 || matches!(byte, b'\t' | b'\n' | b'\r')) => "a text file",
        _ => "its content is of no known format",
    })
}

/// Makes times strictly increasing: see the module's words on times.
#[cfg(feature = "video")]
#[derive(Clone, Copy, Debug, Default)]
struct Clock {
    last: Option<Timestamp>,
}

#[cfg(feature = "video")]
impl Clock {
    fn strictly_after(&mut self, t: Timestamp) -> Timestamp {
        let t = self.last.map_or(t, |last| t.max(Timestamp::from_micros(last.micros().saturating_add(1))));
        self.last = Some(t);
        t
    }
}

/// `ticks` of `numerator / denominator` seconds as microseconds, to the nearest; `None` where that is not a time.
#[cfg(feature = "video")]
fn micros(ticks: i64, numerator: u64, denominator: u64) -> Option<i64> {
    let (scaled, per) = (i128::from(ticks) * i128::from(numerator), i128::from(denominator));
    let twice = scaled.checked_mul(2_000_000)?.checked_add(per)?;
    (per > 0).then(|| twice.div_euclid(2 * per)).and_then(|t| i64::try_from(t).ok())
}
