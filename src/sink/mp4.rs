//! The annotated video: H.264 in mp4, 4:2:0, as browsers and phones play it; each picture keeps its own time.
//!
//! Input: [`Frame`]s in time order, all of one size. Output: one file, its index in front of the pictures. Memory stays
//! flat: encoded pictures wait in a temporary file beside the result, which appears when [`Mp4Writer::finish`] is called
//! or the writer is dropped (Ctrl-C), whole and playable up to the last picture. The container is written here, not by a
//! library, for that: the muxers tried hold the whole video in memory, or write fragments that phones' galleries refuse.
//! Not handled here: sound, drawing ([`super::overlay`]).

use super::SinkError;
use super::files::temp_name;
use super::picture::{fitted, shrink};
use crate::frame::Frame;
use crate::units::Timestamp;
use openh264::OpenH264API;
use openh264::encoder::{
    Complexity, Encoder, EncoderConfig, FrameType, Profile, RateControlMode, UsageType, VuiConfig,
};
use openh264::formats::YUVSlices;
use std::fs::{self, File};
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use yuv::{BufferStoreMut, YuvConversionMode, YuvPlanarImageMut, YuvRange, YuvStandardMatrix};

/// Longer side of the annotated video, px; larger pictures are scaled down. Phones decode no more without effort, and a
/// skeleton needs no more.
pub const MOST_PX: u32 = 1920;

/// Seconds between pictures that can be jumped to.
const KEY_SECS: f64 = 2.0;

/// Ticks per second of the file's clock: the customary one, in which 24, 25, 29.97 and 30 fps are whole numbers.
const TICKS: i64 = 90_000;

/// A picture's length when there is no next one to tell it, ticks: 1/30 s.
const LAST_TICKS: i64 = TICKS / 30;

/// The smallest side the encoder takes, px.
const LEAST_PX: u32 = 16;

/// Writes one video.
pub struct Mp4Writer {
    path: PathBuf,
    /// `None` once finished.
    open: Option<Open>,
}

struct Open {
    encoder: Encoder,
    /// Encoded pictures, one after another.
    spool: BufWriter<File>,
    spool_path: PathBuf,
    /// Scaled-down picture, for large sources only.
    small: Frame,
    planes: Planes,
    /// One picture as the encoder gave it; reused.
    nals: Vec<u8>,
    index: Index,
    last_key: Option<Timestamp>,
}

/// Where each picture lies and when it is shown.
#[derive(Default)]
struct Index {
    width: u32,
    height: u32,
    /// Sequence and picture parameter sets, without start codes.
    parameters: Option<(Vec<u8>, Vec<u8>)>,
    samples: Vec<Sample>,
    /// Bytes spooled.
    bytes: u64,
}

#[derive(Clone, Copy)]
struct Sample {
    /// Ticks since the clip's first picture.
    at: i64,
    bytes: u32,
    key: bool,
}

/// Luma and two chroma planes of half the size.
#[derive(Default)]
struct Planes {
    y: Vec<u8>,
    u: Vec<u8>,
    v: Vec<u8>,
}

impl Mp4Writer {
    /// Will write `path`; creates missing folders. The size is that of the first picture.
    pub fn create(path: &Path) -> Result<Mp4Writer, SinkError> {
        let failed = |e| SinkError::write(path, e);
        if let Some(folder) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        let spool_path = temp_name(path).map_err(failed)?.with_extension("h264.tmp");
        // Read again when the file is put together.
        let file = File::options().read(true).write(true).create(true).truncate(true).open(&spool_path);
        let spool = BufWriter::new(file.map_err(failed)?);
        let encoder = Encoder::with_api_config(OpenH264API::from_source(), config()).map_err(|e| {
            let _ = fs::remove_file(&spool_path);
            encoding(path, e)
        })?;
        let open = Open {
            encoder,
            spool,
            spool_path,
            small: Frame::default(),
            planes: Planes::default(),
            nals: Vec::new(),
            index: Index::default(),
            last_key: None,
        };
        Ok(Mp4Writer { path: path.into(), open: Some(open) })
    }

    /// Appends a picture. One that is no later than the one before is left out: two cannot be shown at once.
    pub fn push(&mut self, frame: &Frame) -> Result<(), SinkError> {
        match &mut self.open {
            Some(open) => open.push(frame, &self.path),
            None => Ok(()),
        }
    }

    /// Pictures written so far.
    pub fn frames(&self) -> usize {
        self.open.as_ref().map_or(0, |open| open.index.samples.len())
    }

    /// Puts what there is so far in place, whole and playable, and goes on: for recordings that must survive the end of
    /// the program. Costs a copy of the pictures within the system.
    pub fn checkpoint(&mut self) -> Result<(), SinkError> {
        let Some(open) = &mut self.open else { return Ok(()) };
        let written = open.spool.flush().and_then(|()| {
            let done = open.index.assemble(open.spool.get_mut(), &self.path);
            open.spool.seek(SeekFrom::End(0)).and(done)
        });
        written.map_err(|e| SinkError::write(&self.path, e))
    }

    /// Puts the file in place. Without a single picture there is none.
    pub fn finish(mut self) -> Result<(), SinkError> {
        self.close()
    }

    fn close(&mut self) -> Result<(), SinkError> {
        let Some(open) = self.open.take() else { return Ok(()) };
        let spool_path = open.spool_path.clone();
        let spool = open.spool.into_inner().map_err(|e| e.into_error());
        let done = spool.and_then(|mut spool| open.index.assemble(&mut spool, &self.path));
        let done = done.map_err(|e| SinkError::write(&self.path, e));
        let _ = fs::remove_file(spool_path);
        done
    }
}

/// What was pushed before an interruption stays playable.
impl Drop for Mp4Writer {
    fn drop(&mut self) {
        // Nobody is left to be told.
        let _ = self.close();
    }
}

fn config() -> EncoderConfig {
    EncoderConfig::new()
        .usage_type(UsageType::CameraVideoRealTime)
        // The encoder's constant base quantiser (26): visually clean lines and text. A target bit rate would blur
        // whenever the body moves; a quantiser of one's own is not heard while rate control is off.
        .rate_control_mode(RateControlMode::Off)
        // Every picture must come out, or times would shift.
        .skip_frames(false)
        .complexity(Complexity::Low)
        // The same bytes on every machine, and the other cores stay free.
        .num_threads(1)
        .profile(Profile::High)
        .vui(VuiConfig::bt709())
}

fn encoding(path: &Path, error: openh264::Error) -> SinkError {
    SinkError::Encode { path: path.into(), problem: error.to_string().replace('\n', " ") }
}

impl Open {
    fn push(&mut self, frame: &Frame, path: &Path) -> Result<(), SinkError> {
        let (width, height) = fitted(frame.width(), frame.height(), MOST_PX);
        // Chroma has half the size: an odd last column or row is cut off.
        let (width, height) = (width & !1, height & !1);
        let at = ticks(frame.t);
        if self.index.samples.last().is_some_and(|last| at <= last.at) {
            return Ok(());
        }
        if self.index.samples.is_empty() {
            (self.index.width, self.index.height) = (width, height);
        }
        let problem = if (width, height) != (self.index.width, self.index.height) {
            Some(format!("the picture changed from {}x{} to {width}x{height}", self.index.width, self.index.height))
        } else if width.min(height) < LEAST_PX {
            Some(format!("{width}x{height} is smaller than {LEAST_PX} pixels"))
        } else {
            None
        };
        if let Some(problem) = problem {
            return Err(SinkError::Encode { path: path.into(), problem });
        }
        self.convert(frame, width, height).map_err(|problem| SinkError::Encode { path: path.into(), problem })?;
        self.encode(frame.t, at, width, height, path)
    }

    /// Fills the planes, scaling first if need be.
    fn convert(&mut self, frame: &Frame, width: u32, height: u32) -> Result<(), String> {
        let (fit_width, fit_height) = fitted(frame.width(), frame.height(), MOST_PX);
        let picture = if (fit_width, fit_height) == (frame.width(), frame.height()) {
            frame
        } else {
            shrink(frame, fit_width, fit_height, &mut self.small);
            &self.small
        };
        let luma = width as usize * height as usize;
        self.planes.y.resize(luma, 0);
        self.planes.u.resize(luma / 4, 0);
        self.planes.v.resize(luma / 4, 0);
        let mut target = YuvPlanarImageMut {
            y_plane: BufferStoreMut::Borrowed(&mut self.planes.y),
            y_stride: width,
            u_plane: BufferStoreMut::Borrowed(&mut self.planes.u),
            u_stride: width / 2,
            v_plane: BufferStoreMut::Borrowed(&mut self.planes.v),
            v_stride: width / 2,
            width,
            height,
        };
        let (range, matrix) = (YuvRange::Limited, YuvStandardMatrix::Bt709);
        let stride = picture.width() * 3;
        let rows = &picture.rgb()[..stride as usize * height as usize];
        yuv::rgb_to_yuv420(&mut target, rows, stride, range, matrix, YuvConversionMode::Balanced)
            .map_err(|e| e.to_string())
    }

    fn encode(&mut self, t: Timestamp, at: i64, width: u32, height: u32, path: &Path) -> Result<(), SinkError> {
        if self.last_key.is_some_and(|key| t.secs_since(key) >= KEY_SECS) {
            self.encoder.force_intra_frame();
        }
        let (w, h) = (width as usize, height as usize);
        let source = YUVSlices::new((&self.planes.y, &self.planes.u, &self.planes.v), (w, h), (w, w / 2, w / 2));
        let bits = self.encoder.encode(&source).map_err(|e| encoding(path, e))?;
        let key = matches!(bits.frame_type(), FrameType::IDR);
        self.nals.clear();
        bits.write_vec(&mut self.nals);
        if key {
            self.last_key = Some(t);
        }
        self.index.add(&self.nals, at, key, &mut self.spool).map_err(|e| SinkError::write(path, e))
    }
}

fn ticks(t: Timestamp) -> i64 {
    (t.micros().max(0).saturating_mul(TICKS) + 500_000) / 1_000_000
}

impl Index {
    /// Spools one picture: each of its units behind its length, parameter sets put aside for the file's head.
    fn add(&mut self, nals: &[u8], at: i64, key: bool, spool: &mut impl Write) -> io::Result<()> {
        let mut bytes = 0u32;
        for unit in units(nals) {
            let parameters = self.parameters.get_or_insert_default();
            match unit[0] & 0x1f {
                7 => parameters.0 = unit.to_vec(),
                8 => parameters.1 = unit.to_vec(),
                _ => {
                    let length = unit.len() as u32;
                    spool.write_all(&length.to_be_bytes())?;
                    spool.write_all(unit)?;
                    bytes += 4 + length;
                }
            }
        }
        self.bytes += u64::from(bytes);
        self.samples.push(Sample { at, bytes, key });
        Ok(())
    }

    /// Index first, then the spooled pictures, under a temporary name; then the name.
    fn assemble(&self, spool: &mut File, path: &Path) -> io::Result<()> {
        if self.samples.is_empty() {
            return Ok(());
        }
        spool.seek(SeekFrom::Start(0))?;
        let temp = temp_name(path)?;
        let mut write = || {
            let mut out = File::create(&temp)?;
            out.write_all(&self.head())?;
            // The pictures go over within the system, without passing through our memory.
            io::copy(spool, &mut out)?;
            out.sync_data()?;
            fs::rename(&temp, path)
        };
        write().inspect_err(|_| {
            let _ = fs::remove_file(&temp);
        })
    }

    /// Everything before the pictures (ISO/IEC 14496-12 and -15).
    fn head(&self) -> Vec<u8> {
        // The index holds offsets into the file, which depend on the index's own length but not on their values.
        let length = ftyp().len() + self.moov(0).len() + MDAT_HEAD;
        let mut head = ftyp();
        head.extend(self.moov(length as u64));
        // Size 1: the true size follows in 64 bits.
        head.extend(1u32.to_be_bytes());
        head.extend(b"mdat");
        head.extend((self.bytes + MDAT_HEAD as u64).to_be_bytes());
        head
    }

    /// How long each picture is shown, ticks; the last as long as the one before it.
    fn durations(&self) -> impl Iterator<Item = u32> {
        let gaps = self.samples.windows(2).map(|pair| pair[1].at - pair[0].at);
        let last =
            self.samples.len().checked_sub(2).map_or(LAST_TICKS, |i| self.samples[i + 1].at - self.samples[i].at);
        gaps.chain([last]).map(|d| u32::try_from(d).unwrap_or(u32::MAX))
    }

    fn moov(&self, pictures_at: u64) -> Vec<u8> {
        let first = self.samples.first().map_or(0, |s| s.at);
        let ticks: u64 = self.durations().map(u64::from).sum();
        // Thirteen hours at 90 kHz; a longer clip only shows a wrong length.
        let narrow = |ticks: u64| u32::try_from(ticks).unwrap_or(u32::MAX).to_be_bytes();
        let (length, media) = (narrow(ticks + first.unsigned_abs()), narrow(ticks));
        let scale = (TICKS as u32).to_be_bytes();
        let mvhd = full_box(
            b"mvhd",
            0,
            &[&[0; 8], &scale, &length, &[0, 1, 0, 0, 1, 0], &[0; 10], &MATRIX, &[0; 24], &2u32.to_be_bytes()],
        );
        let (w, h) = ((self.width << 16).to_be_bytes(), (self.height << 16).to_be_bytes());
        let tkhd = full_box(b"tkhd", 3, &[&[0; 8], &1u32.to_be_bytes(), &[0; 4], &length, &[0; 16], &MATRIX, &w, &h]);
        // 0x55c4: language "und".
        let mdhd = full_box(b"mdhd", 0, &[&[0; 8], &scale, &media, &[0x55, 0xc4, 0, 0]]);
        let hdlr = full_box(b"hdlr", 0, &[&[0; 4], b"vide", &[0; 12], b"formcheck\0"]);
        let url = full_box(b"url ", 1, &[]);
        let dinf = boxed(b"dinf", &[&full_box(b"dref", 0, &[&1u32.to_be_bytes(), &url])]);
        let minf = boxed(b"minf", &[&full_box(b"vmhd", 1, &[&[0; 8]]), &dinf, &self.stbl(pictures_at)]);
        let mdia = boxed(b"mdia", &[&mdhd, &hdlr, &minf]);
        let trak = if first == 0 {
            boxed(b"trak", &[&tkhd, &mdia])
        } else {
            boxed(b"trak", &[&tkhd, &late_start(first, ticks), &mdia])
        };
        boxed(b"moov", &[&mvhd, &trak])
    }

    /// The sample table. A chunk is what lies between two key pictures.
    fn stbl(&self, pictures_at: u64) -> Vec<u8> {
        let (mut sizes, mut keys, mut offsets, mut chunks) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut at = pictures_at;
        for (i, sample) in self.samples.iter().enumerate() {
            if sample.key || i == 0 {
                keys.extend((i as u32 + 1).to_be_bytes());
                offsets.extend(at.to_be_bytes());
                chunks.push(0u32);
            }
            if let Some(chunk) = chunks.last_mut() {
                *chunk += 1;
            }
            sizes.extend(sample.bytes.to_be_bytes());
            at += u64::from(sample.bytes);
        }
        let of_chunk = |(i, samples): (usize, &u32)| [i as u32 + 1, *samples, 1].map(u32::to_be_bytes).concat();
        let to_chunk: Vec<u8> = chunks.iter().enumerate().flat_map(of_chunk).collect();
        let count = (self.samples.len() as u32).to_be_bytes();
        let entries = |bytes: usize, size: usize| ((bytes / size) as u32).to_be_bytes();
        let times = runs(self.durations());
        boxed(
            b"stbl",
            &[
                &full_box(b"stsd", 0, &[&1u32.to_be_bytes(), &self.avc1()]),
                &full_box(b"stts", 0, &[&entries(times.len(), 8), &times]),
                &full_box(b"stss", 0, &[&entries(keys.len(), 4), &keys]),
                &full_box(b"stsc", 0, &[&entries(to_chunk.len(), 12), &to_chunk]),
                &full_box(b"stsz", 0, &[&[0; 4], &count, &sizes]),
                &full_box(b"co64", 0, &[&entries(offsets.len(), 8), &offsets]),
            ],
        )
    }

    fn avc1(&self) -> Vec<u8> {
        let (sps, pps) = self.parameters.as_ref().map_or((&[][..], &[][..]), |(s, p)| (s.as_slice(), p.as_slice()));
        // Profile, constraints and level stand behind the unit's first byte; lengths are 4 bytes (0xff).
        let profile = sps.get(1..4).unwrap_or(&[0; 3]);
        let mut avcc: Vec<u8> = [&[1], profile, &[0xff, 0xe1], &(sps.len() as u16).to_be_bytes(), sps].concat();
        avcc.extend([&[1], &(pps.len() as u16).to_be_bytes()[..], pps].concat());
        if matches!(profile[0], 100 | 110 | 122 | 144) {
            // 4:2:0, 8 bits, no extension.
            avcc.extend([0xfd, 0xf8, 0xf8, 0]);
        }
        // BT.709, limited range, as the encoder is told.
        let colr = boxed(b"colr", &[b"nclx", &[0, 1, 0, 1, 0, 1, 0]]);
        let size = [(self.width as u16).to_be_bytes(), (self.height as u16).to_be_bytes()].concat();
        let dpi = [0, 72, 0, 0, 0, 72, 0, 0];
        boxed(
            b"avc1",
            &[
                &[0; 6],
                &[0, 1],
                &[0; 16],
                &size,
                &dpi,
                &[0; 4],
                &[0, 1],
                &[0; 32],
                &[0, 24, 0xff, 0xff],
                &boxed(b"avcC", &[&avcc]),
                &colr,
            ],
        )
    }
}

/// An edit list: nothing until `first`, then the pictures, so that the file's times are the clip's.
fn late_start(first: i64, ticks: u64) -> Vec<u8> {
    let narrow = |v: u64| u32::try_from(v).unwrap_or(u32::MAX).to_be_bytes();
    let rate = [0, 1, 0, 0];
    let (wait, play) = (narrow(first.unsigned_abs()), narrow(ticks));
    let elst = full_box(b"elst", 0, &[&2u32.to_be_bytes(), &wait, &[0xff; 4], &rate, &play, &[0; 4], &rate]);
    boxed(b"edts", &[&elst])
}

/// Size and type of the box around the pictures, with a 64-bit size, bytes.
const MDAT_HEAD: usize = 16;

/// No rotation, no scaling.
const MATRIX: [u8; 36] =
    [0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x40, 0, 0, 0];

fn ftyp() -> Vec<u8> {
    boxed(b"ftyp", &[b"isom", &0x200u32.to_be_bytes(), b"isomiso2avc1mp41"])
}

fn boxed(kind: &[u8; 4], parts: &[&[u8]]) -> Vec<u8> {
    let body = parts.concat();
    [&(body.len() as u32 + 8).to_be_bytes(), &kind[..], &body].concat()
}

/// A box of version 0 with flags.
fn full_box(kind: &[u8; 4], flags: u32, parts: &[&[u8]]) -> Vec<u8> {
    boxed(kind, &[&flags.to_be_bytes(), &parts.concat()])
}

/// (count, value) of equal neighbours.
fn runs(values: impl Iterator<Item = u32>) -> Vec<u8> {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for value in values {
        match runs.last_mut() {
            Some((count, last)) if *last == value => *count += 1,
            _ => runs.push((1, value)),
        }
    }
    runs.iter().flat_map(|(count, value)| [count.to_be_bytes(), value.to_be_bytes()].concat()).collect()
}

/// The units of a byte stream (ISO/IEC 14496-10 annex B), without start codes, empty ones left out.
fn units(stream: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = after_start_code(stream).unwrap_or_default();
    std::iter::from_fn(move || {
        while !rest.is_empty() {
            let end = rest.windows(3).position(|w| w == [0, 0, 1]).unwrap_or(rest.len());
            let unit = &rest[..end];
            rest = rest.get(end + 3..).unwrap_or_default();
            // A fourth byte of the next start code, and padding, are zeros; a unit itself never ends in one.
            let length = unit.iter().rposition(|b| *b != 0).map_or(0, |i| i + 1);
            if length > 0 {
                return Some(&unit[..length]);
            }
        }
        None
    })
}

fn after_start_code(stream: &[u8]) -> Option<&[u8]> {
    stream.windows(3).position(|w| w == [0, 0, 1]).map(|i| &stream[i + 3..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    /// A disc moving over a slope.
    fn picture(i: u32, width: u32, height: u32, micros: i64) -> Frame {
        let mut frame = Frame::new(width, height);
        frame.t = Timestamp::from_micros(micros);
        let (cx, cy) = ((10 + 3 * i) as i32, height as i32 / 2);
        for (n, pixel) in frame.rgb_mut().chunks_exact_mut(3).enumerate() {
            let (x, y) = ((n as u32 % width) as i32, (n as u32 / width) as i32);
            let inside = (x - cx).pow(2) + (y - cy).pow(2) < 64;
            pixel.copy_from_slice(&if inside { [220, 60, 30] } else { [(x * 2) as u8, (y * 2) as u8, 90] });
        }
        frame
    }

    /// Uneven times: 33 and 67 ms in turn.
    fn times(frames: u32) -> Vec<i64> {
        (0..i64::from(frames)).map(|i| i * 50_000 + (i % 2) * 16_667).collect()
    }

    fn written(dir: &Path, width: u32, height: u32, times: &[i64]) -> PathBuf {
        let path = dir.join("out/annotated.mp4");
        let mut writer = Mp4Writer::create(&path).unwrap();
        for (i, t) in times.iter().enumerate() {
            writer.push(&picture(i as u32, width, height, *t)).unwrap();
        }
        assert_eq!(writer.frames(), times.len());
        writer.finish().unwrap();
        path
    }

    #[test]
    fn another_reader_finds_every_picture_at_its_time() {
        let dir = tempfile::tempdir().unwrap();
        let times = times(90);
        let path = written(dir.path(), 97, 65, &times);
        let bytes = fs::read(&path).unwrap();
        let mp4 = re_mp4::Mp4::read_bytes(&bytes).unwrap();
        let track = mp4.tracks().values().next().unwrap();
        assert_eq!((track.width, track.height), (96, 64), "odd sizes lose their last column and row");
        let shown: Vec<i64> = track.samples.iter().map(|s| s.composition_timestamp * 1_000_000 / 90_000).collect();
        assert!(shown.iter().zip(&times).all(|(a, b)| (a - b).abs() <= 12), "{shown:?}");
        assert_eq!(shown.len(), times.len());
        let keys: Vec<f64> =
            track.samples.iter().filter(|s| s.is_sync).map(|s| s.composition_timestamp as f64 / 9e4).collect();
        assert!(keys[0] == 0.0 && keys.windows(2).all(|k| k[1] - k[0] <= 2.1) && keys.len() == 3, "{keys:?}");
        assert!(bytes.windows(4).position(|w| w == b"moov") < bytes.windows(4).position(|w| w == b"mdat"));
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "no temporary file is left");
    }

    #[test]
    fn ffmpeg_decodes_it_without_complaint() {
        if Command::new("ffprobe").arg("-version").output().is_err() {
            return println!("skipped: no ffprobe");
        }
        let dir = tempfile::tempdir().unwrap();
        let mut times = times(70);
        // A clip cut out of a longer one starts late.
        times.iter_mut().for_each(|t| *t += 400_000);
        let path = written(dir.path(), 128, 96, &times);
        let probe = Command::new("ffprobe")
            .args(["-v", "error", "-select_streams", "v", "-show_entries", "frame=pts_time,pix_fmt", "-of", "csv=p=0"])
            .arg(&path)
            .output()
            .unwrap();
        assert_eq!(String::from_utf8_lossy(&probe.stderr), "");
        let rows = String::from_utf8(probe.stdout).unwrap();
        let rows: Vec<&str> = rows.lines().collect();
        assert!(rows.len() == 70 && rows.iter().all(|r| r.contains("yuv420p")), "{rows:?}");
        let shown = |row: &str| row.split(',').find_map(|cell| cell.parse::<f64>().ok()).unwrap();
        assert!(rows.iter().zip(&times).all(|(r, t)| (shown(r) - *t as f64 * 1e-6).abs() < 1e-4), "{rows:?}");
        let decode = Command::new("ffmpeg")
            .args(["-v", "warning", "-xerror", "-i"])
            .arg(&path)
            .args(["-f", "null", "-"])
            .output()
            .unwrap();
        assert!(decode.status.success() && decode.stderr.is_empty(), "{}", String::from_utf8_lossy(&decode.stderr));
    }

    #[test]
    fn an_interrupted_video_stays_playable() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.mp4");
        let mut writer = Mp4Writer::create(&path).unwrap();
        (0..5).for_each(|i| writer.push(&picture(i, 64, 64, i64::from(i) * 40_000)).unwrap());
        drop(writer);
        let mp4 = re_mp4::Mp4::read_bytes(&fs::read(&path).unwrap()).unwrap();
        assert_eq!(mp4.tracks().values().next().unwrap().samples.len(), 5);
    }

    #[test]
    fn what_cannot_be_encoded_is_told_and_leaves_no_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.mp4");
        let mut writer = Mp4Writer::create(&path).unwrap();
        let message = writer.push(&picture(0, 8, 200, 0)).unwrap_err().to_string();
        assert!(message.contains("8x200") && !message.contains('\n'), "{message}");
        drop(writer);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);

        let mut writer = Mp4Writer::create(&path).unwrap();
        writer.push(&picture(0, 64, 64, 0)).unwrap();
        writer.push(&picture(0, 64, 64, 0)).unwrap();
        assert_eq!(writer.frames(), 1, "a second picture of the same time is left out");
        assert!(writer.push(&picture(1, 64, 32, 40_000)).is_err(), "the size cannot change");
        writer.finish().unwrap();
        assert!(Mp4Writer::create(&path.join("under/a/file.mp4")).is_err());
    }

    #[test]
    fn large_pictures_are_scaled_down() {
        let dir = tempfile::tempdir().unwrap();
        let path = written(dir.path(), 2560, 40, &[0, 40_000]);
        let mp4 = re_mp4::Mp4::read_bytes(&fs::read(&path).unwrap()).unwrap();
        let track = mp4.tracks().values().next().unwrap();
        assert_eq!((track.width, track.height), (1920, 30));
    }

    #[test]
    fn units_are_cut_at_start_codes_of_three_and_four_bytes() {
        let stream = [0, 0, 0, 1, 0x67, 5, 0, 0, 1, 0x68, 6, 0, 0, 0, 0, 1, 0x65, 0, 0, 3, 7];
        assert_eq!(units(&stream).collect::<Vec<_>>(), [&[0x67u8, 5][..], &[0x68, 6], &[0x65, 0, 0, 3, 7]]);
        assert_eq!(units(&[1, 2, 3]).count() + units(&[]).count() + units(&[0, 0, 1]).count(), 0);
    }
}
