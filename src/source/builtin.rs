//! The built-in decoder: H.264 and HEVC in mp4 and mov, with nothing installed.
//!
//! Input: a file. Output: upright pictures with the file's times. Not handled, and said so by [`Failure::Beyond`]: other
//! codecs and containers, interlaced pictures, chroma other than 4:2:0, oblong pixels.
//!
//! 1. The index says which samples there are and when each is shown; sorting by that time gives every sample its *rank*.
//! 2. Samples are read one at a time, in decode order, and decoded. Each gives one picture, known by its sample's rank.
//! 3. An H.264 picture waits until all of lower rank are out (never more than the codec's 16 reference pictures, with a
//!    margin); the HEVC decoder puts its pictures in order itself.
//! 4. It is converted to RGB and turned upright in one copy.
//!
//! Memory: some 40 bytes a frame of index, one coded sample, and the pictures that wait. The decoders allocate their
//! pictures themselves; everything of ours is reused.

use super::bitstream::{self, CodecConfig, Color, Sequence};
use super::mp4::{self, Mp4Error, Sample, Track};
use super::orientation::Orientation;
use super::{ClipInfo, Clock, FrameSource, MAX_AREA_PX, SourceError, check_size, micros, one_line};
use crate::frame::Frame;
use crate::units::Timestamp;
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Once;
use yuv::{YuvPlanarImage, yuv420_to_rgb};

/// H.264 and HEVC hold back at most 16 pictures; twice that means that the file's times are wrong.
const MAX_WAITING: usize = 32;

/// No coded picture is larger than its pixels: 1.5 bytes each, twice that for 10 bits.
const MAX_SAMPLE_BYTES: u32 = 3 * MAX_AREA_PX as u32;

/// Why the built-in decoder gave up.
#[derive(Debug)]
pub(super) enum Failure {
    /// No decoder can help.
    Final(SourceError),
    /// A legal clip of a kind that is not decoded here; another decoder may do it.
    Beyond(String),
    /// The data is damaged, or the decoder wrong; another decoder may get through.
    Damaged(String),
}

impl From<SourceError> for Failure {
    fn from(error: SourceError) -> Self {
        Failure::Final(error)
    }
}

impl Failure {
    /// As the last word, where no other decoder may be tried.
    pub(super) fn into_error(self, path: &Path) -> SourceError {
        let path = path.to_path_buf();
        match self {
            Failure::Final(error) => error,
            Failure::Beyond(what) => SourceError::BeyondBuiltIn { path, what },
            Failure::Damaged(detail) => SourceError::Damaged { path, detail },
        }
    }

    /// What to say beside "ffmpeg was not found".
    pub(super) fn what(&self) -> String {
        match self {
            Failure::Final(error) => error.to_string(),
            Failure::Beyond(what) => what.clone(),
            Failure::Damaged(detail) => format!("the built-in decoder stopped ({detail})"),
        }
    }
}

/// A clip in the hands of the built-in decoder.
///
/// Guarantees: `ranks`, `track.samples` have one length; `times` covers every rank of `shown`.
pub(super) struct BuiltIn {
    path: PathBuf,
    file: File,
    info: ClipInfo,
    track: Track,
    /// Rank of each sample.
    ranks: Vec<u32>,
    /// Time of each rank.
    times: Vec<Timestamp>,
    /// The ranks that the edit list shows.
    shown: std::ops::Range<u32>,
    config: CodecConfig,
    sequence: Sequence,
    color: Color,
    orientation: Orientation,
    codec: Codec,
    /// Index of the sample to be decoded next.
    next_sample: usize,
    /// Rank of the picture to be given next.
    next_rank: u32,
    /// Pictures shown before the sample at which decoding began may lack what they refer to: their errors are no errors.
    leading_below: u32,
    waiting: BTreeMap<u32, Picture>,
    /// Ranks for which the decoder gave no picture.
    without: BTreeSet<u32>,
    flushed: bool,
    coded: Vec<u8>,
    annex_b: Vec<u8>,
    planes: Picture,
    stored: Vec<u8>,
}

impl BuiltIn {
    pub(super) fn open(path: &Path) -> Result<BuiltIn, Failure> {
        let io = |e| Failure::Final(SourceError::io(path, &e));
        let mut file = File::open(path).map_err(io)?;
        let len = file.metadata().map_err(io)?.len();
        let track = mp4::read_index(&mut file, len).map_err(|error| index_failure(path, error))?;
        if track.oblong_pixels {
            return Err(Failure::Beyond("its pixels are not square".into()));
        }
        let (config, kind) = match &track.codec {
            b"avc1" | b"avc3" => (CodecConfig::avc(&track.config), CodecKind::H264),
            b"hvc1" | b"hev1" => (CodecConfig::hevc(&track.config), CodecKind::Hevc),
            other => return Err(Failure::Beyond(format!("its video is {}", codec_name(other)))),
        };
        if track.samples.is_empty() {
            return Err(Failure::Final(SourceError::NoFrames { path: path.to_path_buf() }));
        }
        let config = config.ok_or_else(|| Failure::Damaged("its codec settings are cut".into()))?;
        let sequence = first_sequence(&mut file, &track, &config, kind).map_err(io)?;
        let sequence = sequence.ok_or_else(|| Failure::Damaged("it has no readable sequence header".into()))?;
        let mut clip = BuiltIn::assemble(path, file, track, config, sequence, kind)?;
        clip.prime()?;
        Ok(clip)
    }

    fn assemble(
        path: &Path,
        file: File,
        track: Track,
        config: CodecConfig,
        sequence: Sequence,
        kind: CodecKind,
    ) -> Result<BuiltIn, Failure> {
        if sequence.oblong_pixels {
            return Err(Failure::Beyond("its pixels are not square".into()));
        }
        // The H.264 decoder leaves the left and the upper edge on.
        if kind == CodecKind::H264 && (sequence.crop[0] > 0 || sequence.crop[2] > 0) {
            return Err(Failure::Beyond("its pictures are cropped on the left or above".into()));
        }
        check_size(path, sequence.coded.0, sequence.coded.1)?;
        let (width, height) = sequence.shown_size().unwrap_or((0, 0));
        let stored_size = check_size(path, width, height)?;
        let orientation = Orientation::from_matrix(track.matrix);
        let (width, height) = orientation.upright_size(stored_size);
        let (ranks, times, shown) =
            presentation(&track).ok_or_else(|| Failure::Damaged("its times are out of range".into()))?;
        let (matrix, full) = sequence
            .color
            .filter(|c| c.0 != bitstream::UNSPECIFIED)
            .or(track.color)
            .or(sequence.color)
            .unwrap_or((bitstream::UNSPECIFIED, false));
        let end = length_ticks(&track, &ranks, shown.start).and_then(|ticks| micros(ticks, 1, track.timescale.into()));
        let last = times.get(shown.end.saturating_sub(1) as usize).copied().unwrap_or_default();
        let info = ClipInfo {
            width,
            height,
            rotation_deg: orientation.rotation_deg(),
            frames: Some(u64::from(shown.end - shown.start)),
            // A length that does not reach the last frame is not believed.
            duration: end.map(Timestamp::from_micros).filter(|&end| end > last),
        };
        Ok(BuiltIn {
            path: path.to_path_buf(),
            file,
            info,
            next_rank: shown.start,
            leading_below: 0,
            ranks,
            times,
            shown,
            codec: Codec::new(kind),
            color: Color::new(matrix, full),
            track,
            config,
            sequence,
            orientation,
            next_sample: 0,
            waiting: BTreeMap::new(),
            without: BTreeSet::new(),
            flushed: false,
            coded: Vec::new(),
            annex_b: Vec::new(),
            planes: Picture::default(),
            stored: Vec::new(),
        })
    }

    /// Starts the decoder and decodes until the first picture is there, so that an unfit clip is refused at once.
    fn prime(&mut self) -> Result<(), Failure> {
        self.restart(0)?;
        if self.advance()? { Ok(()) } else { Err(Failure::Damaged("not one picture could be decoded".into())) }
    }

    /// A fresh decoder that begins at sample `index`.
    fn restart(&mut self, index: usize) -> Result<(), Failure> {
        self.codec = Codec::new(self.codec.kind());
        self.waiting.clear();
        self.without.clear();
        self.flushed = false;
        self.next_sample = index;
        self.leading_below = if index == 0 { 0 } else { self.ranks[index] };
        for nal in &self.config.nals {
            // A set that is never used may be unreadable; one that is used fails with its pictures.
            if let Err(detail) = self.codec.decode(std::iter::once(&nal[..]), &mut self.annex_b, None)
                && self.codec.kind().is_sequence(nal)
            {
                return Err(Failure::Beyond(format!("its settings are not read here ({detail})")));
            }
        }
        Ok(())
    }

    /// Decodes until the next picture waits at the front; `false` at the end.
    fn advance(&mut self) -> Result<bool, Failure> {
        loop {
            while self.next_rank < self.shown.end && self.without.remove(&self.next_rank) {
                self.next_rank += 1;
            }
            if self.next_rank >= self.shown.end {
                return Ok(false);
            }
            if let Some(&front) = self.waiting.keys().next()
                && (front == self.next_rank || self.flushed || self.codec.kind() == CodecKind::Hevc)
            {
                self.next_rank = front;
                return Ok(true);
            }
            if self.flushed {
                return Ok(false);
            }
            if self.waiting.len() > MAX_WAITING {
                return Err(Failure::Damaged("its times do not fit the order of its pictures".into()));
            }
            self.decode_one()?;
        }
    }

    /// Feeds the next sample, or flushes the decoder after the last one.
    fn decode_one(&mut self) -> Result<(), Failure> {
        let Some(&sample) = self.track.samples.get(self.next_sample) else {
            self.flushed = true;
            let pictures = self.codec.flush().map_err(Failure::Damaged)?;
            pictures.into_iter().for_each(|(tag, picture)| self.keep(tag, picture));
            return Ok(());
        };
        let index = self.next_sample;
        self.next_sample += 1;
        self.load(sample)?;
        let rank = self.ranks[index];
        let leading = rank < self.leading_below;
        self.check_sequences()?;
        let mut broken = false;
        let nals = bitstream::sample_nals(&self.coded, self.config.length_bytes).map_while(|nal| {
            broken |= nal.is_none();
            nal
        });
        let decoded = self.codec.decode(nals, &mut self.annex_b, Some(index));
        match decoded {
            _ if broken => Err(Failure::Damaged(format!("frame {index} is not whole"))),
            Ok(pictures) => {
                if self.codec.kind() == CodecKind::H264 && pictures.is_empty() {
                    self.without.insert(rank);
                }
                pictures.into_iter().for_each(|(tag, picture)| self.keep(tag, picture));
                Ok(())
            }
            Err(_) if leading => {
                self.without.insert(rank);
                Ok(())
            }
            Err(detail) => Err(Failure::Damaged(format!("frame {index}: {detail}"))),
        }
    }

    /// Reads a sample's bytes.
    fn load(&mut self, sample: Sample) -> Result<(), Failure> {
        if sample.size > MAX_SAMPLE_BYTES {
            return Err(Failure::Damaged("a picture is larger than any can be".into()));
        }
        self.coded.resize(sample.size as usize, 0);
        self.file
            .seek(SeekFrom::Start(sample.offset))
            .and_then(|_| self.file.read_exact(&mut self.coded))
            .map_err(|e| Failure::Final(SourceError::io(&self.path, &e)))
    }

    /// A sequence header within the stream must not change the size: the decoder would allocate whatever it says.
    fn check_sequences(&self) -> Result<(), Failure> {
        let kind = self.codec.kind();
        for nal in
            bitstream::sample_nals(&self.coded, self.config.length_bytes).flatten().filter(|nal| kind.is_sequence(nal))
        {
            let sequence = kind.sequence(nal);
            if sequence.as_ref().map(|s| (s.coded, s.crop)) != Some((self.sequence.coded, self.sequence.crop)) {
                return Err(Failure::Beyond("its pictures change their size".into()));
            }
        }
        Ok(())
    }

    /// Keeps a decoded picture that is still to be shown.
    fn keep(&mut self, tag: usize, picture: Picture) {
        let Some(&rank) = self.ranks.get(tag) else { return };
        if rank >= self.next_rank && rank < self.shown.end {
            self.waiting.insert(rank, picture);
        }
    }

    /// Index of the rank shown at `t`.
    fn rank_at(&self, t: Timestamp) -> u32 {
        let shown = &self.times[self.shown.start as usize..self.shown.end as usize];
        self.shown.start + (shown.partition_point(|&time| time <= t) as u32).saturating_sub(1)
    }

    /// The last sample at which decoding can start so as to show `rank`.
    fn sync_before(&self, rank: u32) -> usize {
        let index = self.ranks.iter().position(|&r| r == rank).unwrap_or(0);
        (0..=index).rev().find(|&i| self.track.samples[i].sync && self.ranks[i] <= rank).unwrap_or(0)
    }

    /// [`FrameSource::read`] with a reason that tells whether another decoder may be tried.
    pub(super) fn try_read(&mut self, frame: &mut Frame) -> Result<bool, Failure> {
        if !self.advance()? {
            return Ok(false);
        }
        let Some(picture) = self.waiting.remove(&self.next_rank) else { return Ok(false) };
        self.write(picture, frame)?;
        frame.t = self.times[self.next_rank as usize];
        self.next_rank += 1;
        Ok(true)
    }

    /// Time of the picture that the next read is to give; `None` at the end.
    pub(super) fn next_time(&self) -> Option<Timestamp> {
        (self.next_rank < self.shown.end).then(|| self.times[self.next_rank as usize])
    }

    pub(super) fn try_seek(&mut self, t: Timestamp) -> Result<(), Failure> {
        let rank = self.rank_at(t);
        let sync = self.sync_before(rank);
        // Onwards without a detour, unless a later starting point saves decoding.
        if rank < self.next_rank || sync >= self.next_sample {
            self.restart(sync)?;
        }
        self.next_rank = rank;
        self.waiting.retain(|&waiting, _| waiting >= rank);
        self.without.retain(|&without| without >= rank);
        Ok(())
    }

    /// Converts and turns a picture into `frame`.
    fn write(&mut self, mut picture: Picture, frame: &mut Frame) -> Result<(), Failure> {
        if let Deep::Some(deep) = &picture.deep {
            deep.to_planes(&mut self.planes);
            picture = std::mem::take(&mut self.planes);
        }
        let stored_size = (picture.width, picture.height);
        if self.orientation.upright_size(stored_size) != (self.info.width, self.info.height) {
            return Err(Failure::Beyond("its pictures change their size".into()));
        }
        frame.resize(self.info.width, self.info.height);
        if self.orientation.is_upright() {
            picture.to_rgb(self.color, frame.rgb_mut())?;
        } else {
            self.stored.resize(frame.rgb().len(), 0);
            picture.to_rgb(self.color, &mut self.stored)?;
            self.orientation.apply(&self.stored, stored_size, frame.rgb_mut());
        }
        if self.codec.kind() == CodecKind::Hevc {
            self.planes = picture;
        }
        Ok(())
    }
}

impl FrameSource for BuiltIn {
    fn info(&self) -> &ClipInfo {
        &self.info
    }

    fn read(&mut self, frame: &mut Frame) -> Result<bool, SourceError> {
        self.try_read(frame).map_err(|failure| failure.into_error(&self.path))
    }

    fn seek(&mut self, t: Timestamp) -> Result<(), SourceError> {
        self.try_seek(t).map_err(|failure| failure.into_error(&self.path))
    }

    fn decoder(&self) -> &str {
        match self.codec.kind() {
            CodecKind::H264 => "built-in H.264",
            CodecKind::Hevc => "built-in HEVC",
        }
    }
}

fn index_failure(path: &Path, error: Mp4Error) -> Failure {
    let path = path.to_path_buf();
    match error {
        Mp4Error::Io(error) => Failure::Final(SourceError::io(&path, &error)),
        Mp4Error::Truncated(detail) => Failure::Final(SourceError::Truncated { path, detail }),
        Mp4Error::NoVideo => Failure::Final(SourceError::NoPicture { path }),
        Mp4Error::Encrypted => Failure::Final(SourceError::Encrypted { path }),
        Mp4Error::Damaged(detail) => Failure::Damaged(detail.into()),
        Mp4Error::Beyond(what) => Failure::Beyond(what.into()),
    }
}

/// A codec's everyday name.
fn codec_name(four_cc: &mp4::FourCc) -> String {
    match four_cc {
        b"vp08" => "VP8".into(),
        b"vp09" => "VP9".into(),
        b"av01" => "AV1".into(),
        b"dvh1" | b"dvhe" => "Dolby Vision".into(),
        b"apch" | b"apcn" | b"apcs" | b"apco" | b"ap4h" => "ProRes".into(),
        b"mp4v" => "MPEG-4 part 2".into(),
        b"jpeg" | b"mjpa" | b"mjpb" => "motion JPEG".into(),
        other => format!("of the kind '{}'", one_line(&String::from_utf8_lossy(other))),
    }
}

/// Rank of each sample, time of each rank, and the ranks that are shown; `None` when a time is out of range.
type Presentation = (Vec<u32>, Vec<Timestamp>, std::ops::Range<u32>);

fn presentation(track: &Track) -> Option<Presentation> {
    let samples = &track.samples;
    let mut order: Vec<u32> = (0..u32::try_from(samples.len()).ok()?).collect();
    order.sort_by_key(|&index| samples[index as usize].shown);
    let mut ranks = vec![0; samples.len()];
    for (rank, &index) in order.iter().enumerate() {
        ranks[index as usize] = rank as u32;
    }
    let time_of = |rank: usize| samples[order[rank] as usize].shown;
    let start = order.partition_point(|&index| samples[index as usize].shown < track.shown_range.start);
    let end = order.partition_point(|&index| samples[index as usize].shown < track.shown_range.end).max(start);
    let origin = if start < order.len() { time_of(start) } else { return None };
    let mut clock = Clock::default();
    let times = (0..order.len()).map(|rank| {
        let t = micros(time_of(rank).checked_sub(origin)?, 1, track.timescale.into())?;
        // What is cut away before the start has no place on the clock.
        Some(if rank < start { Timestamp::from_micros(t) } else { clock.strictly_after(Timestamp::from_micros(t)) })
    });
    Some((ranks, times.collect::<Option<_>>()?, start as u32..end as u32))
}

/// From the first picture shown to the end of the last one, as far as the index tells.
fn length_ticks(track: &Track, ranks: &[u32], first_rank: u32) -> Option<i64> {
    let time_of = |rank| ranks.iter().position(|&r| r == rank).map(|index| track.samples[index].shown);
    let media_end = i64::try_from(track.duration).ok()?.checked_add(time_of(0)?)?;
    media_end.min(track.shown_range.end).checked_sub(time_of(first_rank)?)
}

/// The first sequence header: of the container, else of the first sample.
fn first_sequence(
    file: &mut File,
    track: &Track,
    config: &CodecConfig,
    kind: CodecKind,
) -> std::io::Result<Option<Sequence>> {
    if let Some(nal) = config.nals.iter().find(|nal| kind.is_sequence(nal)) {
        return Ok(kind.sequence(nal));
    }
    let sample = track.samples[0];
    if sample.size > MAX_SAMPLE_BYTES {
        return Ok(None);
    }
    let mut coded = vec![0; sample.size as usize];
    file.seek(SeekFrom::Start(sample.offset))?;
    file.read_exact(&mut coded)?;
    let mut nals = bitstream::sample_nals(&coded, config.length_bytes).flatten();
    Ok(nals.find(|nal| kind.is_sequence(nal)).and_then(|nal| kind.sequence(nal)))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CodecKind {
    H264,
    Hevc,
}

impl CodecKind {
    fn is_sequence(self, nal: &[u8]) -> bool {
        let Some(&header) = nal.first() else { return false };
        match self {
            CodecKind::H264 => header & 0x1F == 7,
            CodecKind::Hevc => header >> 1 & 0x3F == 33,
        }
    }

    fn sequence(self, nal: &[u8]) -> Option<Sequence> {
        match self {
            CodecKind::H264 => bitstream::h264_sequence(nal),
            CodecKind::Hevc => hevc_sequence(nal),
        }
    }
}

fn hevc_sequence(nal: &[u8]) -> Option<Sequence> {
    let plain = bitstream::unescaped(nal.get(2..)?);
    let sps = quietly(|| rusty_h265::ps::parse_sps(&plain)).ok()?.ok()?;
    let vui = sps.vui.as_ref();
    let [left, right, top, bottom] = sps.conf_win.map(u64::from);
    let (unit_x, unit_y) = (u64::from(sps.sub_width_c.max(1)), u64::from(sps.sub_height_c.max(1)));
    Some(Sequence {
        coded: (sps.width.into(), sps.height.into()),
        crop: [left * unit_x, right * unit_x, top * unit_y, bottom * unit_y],
        color: vui.map(|vui| (vui.matrix_coeffs, vui.video_full_range_flag)),
        oblong_pixels: vui
            .is_some_and(|vui| vui.sar_width != vui.sar_height && vui.sar_width > 0 && vui.sar_height > 0),
    })
}

/// A decoder with the state of one run through a stream.
enum Codec {
    H264(Box<rusty_h264_decoder::Decoder>),
    Hevc(Box<rusty_h265::Decoder>),
}

impl Codec {
    fn new(kind: CodecKind) -> Codec {
        match kind {
            CodecKind::H264 => Codec::H264(Box::default()),
            CodecKind::Hevc => Codec::Hevc(Box::default()),
        }
    }

    fn kind(&self) -> CodecKind {
        match self {
            Codec::H264(_) => CodecKind::H264,
            Codec::Hevc(_) => CodecKind::Hevc,
        }
    }

    /// Decodes the NAL units of one sample; gives the pictures that are ready, each with the tag of its sample. An error
    /// is told in words. A panic inside a decoder is an error too.
    fn decode<'a>(
        &mut self,
        nals: impl Iterator<Item = &'a [u8]>,
        annex_b: &mut Vec<u8>,
        tag: Option<usize>,
    ) -> Result<Vec<(usize, Picture)>, String> {
        match self {
            Codec::H264(decoder) => {
                annex_b.clear();
                for nal in nals {
                    annex_b.extend_from_slice(&[0, 0, 0, 1]);
                    annex_b.extend_from_slice(nal);
                }
                let frame = quietly(|| decoder.decode(annex_b))?.map_err(|e| one_line(&e.to_string()))?;
                let picture = frame.map(|f| Picture::new(f.width, f.height, [f.y, f.u, f.v]));
                Ok(tag.zip(picture).into_iter().collect())
            }
            Codec::Hevc(decoder) => {
                let mut pts = tag.and_then(|tag| i64::try_from(tag).ok());
                for nal in nals {
                    // The time goes with the first slice; NAL types below 32 are slices.
                    let slice = nal.first().is_some_and(|header| header >> 1 & 0x3F < 32);
                    let pts = if slice { pts.take() } else { None };
                    quietly(|| decoder.push_nal(nal, pts))?.map_err(|e| one_line(&e.to_string()))?;
                }
                drain(decoder)
            }
        }
    }

    /// The pictures that are left at the end.
    fn flush(&mut self) -> Result<Vec<(usize, Picture)>, String> {
        match self {
            Codec::H264(_) => Ok(Vec::new()),
            Codec::Hevc(decoder) => {
                quietly(|| decoder.flush())?;
                drain(decoder)
            }
        }
    }
}

fn drain(decoder: &mut rusty_h265::Decoder) -> Result<Vec<(usize, Picture)>, String> {
    let mut pictures = Vec::new();
    while let Ok(frame) = quietly(|| decoder.next_frame())? {
        let tag = frame.pts.and_then(|pts| usize::try_from(pts).ok()).ok_or("a picture without a sample")?;
        pictures.push((tag, Picture { deep: Deep::Some(frame), ..Picture::default() }));
    }
    Ok(pictures)
}

/// A decoded picture: planes of 8 bits, or as the HEVC decoder gives it.
#[derive(Default)]
struct Picture {
    width: u32,
    height: u32,
    /// Y at full, Cb and Cr at half size (rounded up), rows without padding.
    planes: [Vec<u8>; 3],
    deep: Deep,
}

/// HEVC pictures are shared with the decoder and have 16 bits a sample; they are narrowed only when shown.
#[derive(Default)]
enum Deep {
    #[default]
    None,
    Some(rusty_h265::Frame),
}

trait ToPlanes {
    fn to_planes(&self, to: &mut Picture);
}

impl ToPlanes for rusty_h265::Frame {
    /// Takes the crop window and the upper 8 bits. A plane that is too small leaves the picture without size.
    fn to_planes(&self, to: &mut Picture) {
        let (left, top, width, height) = self.picture.crop;
        let subsampled = self.picture.chroma_format_idc == 1;
        (to.width, to.height) = if subsampled { (width as u32, height as u32) } else { (0, 0) };
        for (n, plane) in self.picture.planes.iter().enumerate() {
            let half = |v: usize| if n == 0 { v } else { v.div_ceil(2) };
            let depth = if n == 0 { self.picture.bit_depth_luma } else { self.picture.bit_depth_chroma };
            let shift = u32::from(depth.saturating_sub(8)).min(8);
            let (x, y) = if n == 0 { (left, top) } else { (left / 2, top / 2) };
            to.planes[n].clear();
            for row in y..y + half(height) {
                let start = row * plane.stride + x;
                let Some(samples) = plane.data.get(start..start + half(width)) else {
                    (to.width, to.height) = (0, 0);
                    return;
                };
                to.planes[n].extend(samples.iter().map(|&sample| (sample >> shift) as u8));
            }
        }
    }
}

impl Picture {
    fn new(width: usize, height: usize, planes: [Vec<u8>; 3]) -> Picture {
        let side = |v: usize| u32::try_from(v).unwrap_or(0);
        Picture { width: side(width), height: side(height), planes, deep: Deep::None }
    }

    /// Writes `width · height · 3` bytes.
    fn to_rgb(&self, color: Color, rgb: &mut [u8]) -> Result<(), Failure> {
        let [y_plane, u_plane, v_plane] = &self.planes;
        let chroma_stride = self.width.div_ceil(2);
        let (y_stride, u_stride, v_stride) = (self.width, chroma_stride, chroma_stride);
        let (width, height) = (self.width, self.height);
        let planes = YuvPlanarImage { y_plane, y_stride, u_plane, u_stride, v_plane, v_stride, width, height };
        quietly(|| yuv420_to_rgb(&planes, rgb, width * 3, color.range, color.matrix))
            .and_then(|converted| converted.map_err(|e| one_line(&format!("{e:?}"))))
            .map_err(Failure::Damaged)
    }
}

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Runs third-party decoding; a panic inside becomes an error and prints nothing.
///
/// The decoders promise never to panic, but they are young, and a damaged clip in a batch must not end the others. The
/// panic hook is wrapped once for the process; it is silent only on a thread that is in here.
fn quietly<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let outer = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !QUIET.get() {
                outer(info);
            }
        }));
    });
    let before = QUIET.replace(true);
    let outcome = catch_unwind(AssertUnwindSafe(run));
    QUIET.set(before);
    outcome.map_err(|_| "the decoder came to a bad end".to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_in_a_decoder_is_an_error() {
        assert_eq!(quietly(|| -> u8 { panic!("a decoder's own") }), Err("the decoder came to a bad end".into()));
        assert_eq!(quietly(|| 7), Ok(7));
    }
}
