//! The index of an mp4 or mov file: which bytes are which picture, and when it is shown (ISO 14496-12, QuickTime).
//!
//! Input: an open file, of which only the index boxes are read, never the pictures. Output: the first video track with its
//! samples in decode order. Whole and fragmented files, edit lists, composition offsets, display matrices.
//! Not handled, and said so by [`Mp4Error::Beyond`]: compressed indexes, tracks that change their codec settings, edit
//! lists that jump about, samples in other files.
//!
//! Every length in the file is distrusted: it is checked against what holds it before it is used, and counts against the
//! file's size, so that a damaged file costs neither a panic nor more memory than an honest one of its size.

use std::io::{self, Read, Seek, SeekFrom};

/// The four letters that name a box or a codec.
pub(super) type FourCc = [u8; 4];

/// More samples than any clip has (37 hours at 60 fps); bounds the index at 200 MB.
const MAX_SAMPLES: usize = 8_000_000;
/// The largest index box that is read: that many samples need less than 20 bytes each.
const MAX_INDEX_BYTES: u64 = 256 << 20;

/// Why an index is of no use.
#[derive(Debug)]
pub(super) enum Mp4Error {
    Io(io::Error),
    /// The file ends before what its index promises.
    Truncated(String),
    /// There is no video track.
    NoVideo,
    /// The video is encrypted.
    Encrypted,
    /// The index contradicts itself.
    Damaged(&'static str),
    /// A legal file, but of a kind not read here.
    Beyond(&'static str),
}

impl From<io::Error> for Mp4Error {
    fn from(error: io::Error) -> Self {
        Mp4Error::Io(error)
    }
}

type Result<T> = std::result::Result<T, Mp4Error>;

/// One coded picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sample {
    /// From the start of the file, bytes.
    pub offset: u64,
    /// Bytes.
    pub size: u32,
    /// When it is shown, in the track's time units, before the edit list.
    pub shown: i64,
    /// Decoding can start here.
    pub sync: bool,
}

/// The video track.
#[derive(Clone, Debug)]
pub(super) struct Track {
    pub codec: FourCc,
    /// The content of `avcC` or `hvcC`; empty for other codecs.
    pub config: Vec<u8>,
    /// As the sample entry says, px.
    pub size: (u16, u16),
    /// a, b, c, d of the display matrix.
    pub matrix: [i64; 4],
    /// Time units per second, above 0.
    pub timescale: u32,
    /// `colr`: matrix coefficients (ISO 23091-2) and whether levels are full range.
    pub color: Option<(u8, bool)>,
    /// Pixels are not square.
    pub oblong_pixels: bool,
    /// In decode order; every one lies within the file.
    pub samples: Vec<Sample>,
    /// Samples shown before the start or from the end on are cut away by the edit list; track time units.
    pub shown_range: std::ops::Range<i64>,
    /// Length as the index says, track time units.
    pub duration: u64,
}

/// Reads the index of `file`, which is `len` bytes long.
pub(super) fn read_index<F: Read + Seek>(file: &mut F, len: u64) -> Result<Track> {
    let layout = walk_top_level(file, len)?;
    let Some(moov) = layout.moov else {
        return Err(Mp4Error::Truncated("its index, which is written last, is missing".into()));
    };
    let mut movie = Movie::parse(&moov)?;
    for (start, moof) in &layout.moofs {
        movie.add_fragment(moof, *start, len)?;
    }
    if layout.cut && !layout.moofs.is_empty() {
        return Err(Mp4Error::Truncated("its last part is not whole".into()));
    }
    movie.finish(len)
}

#[derive(Default)]
struct Layout {
    moov: Option<Vec<u8>>,
    /// With their place in the file.
    moofs: Vec<(u64, Vec<u8>)>,
    /// A box reaches beyond the end of the file.
    cut: bool,
}

fn walk_top_level<F: Read + Seek>(file: &mut F, len: u64) -> Result<Layout> {
    let mut layout = Layout::default();
    let (mut at, mut index_bytes) = (0u64, 0u64);
    while at.saturating_add(8) <= len {
        file.seek(SeekFrom::Start(at))?;
        let (name, header, size) = top_level_header(file, len - at)?;
        if size < header {
            break; // padding or rubbish: what was found so far must do
        }
        let whole = size <= len - at;
        layout.cut |= !whole;
        if whole && (&name == b"moov" || &name == b"moof") {
            index_bytes = index_bytes.saturating_add(size);
            if index_bytes > MAX_INDEX_BYTES {
                return Err(Mp4Error::Damaged("its index is larger than that of any clip"));
            }
            let mut content = vec![0; (size - header) as usize];
            file.read_exact(&mut content)?;
            match &name {
                b"moov" if layout.moov.is_none() => layout.moov = Some(content),
                b"moof" => layout.moofs.push((at, content)),
                _ => {}
            }
        }
        match at.checked_add(size) {
            Some(next) if whole => at = next,
            _ => break,
        }
    }
    Ok(layout)
}

/// Name, header length and whole length of the box at the reader.
fn top_level_header<F: Read>(file: &mut F, left: u64) -> Result<(FourCc, u64, u64)> {
    let mut header = [0; 8];
    file.read_exact(&mut header)?;
    let name = [header[4], header[5], header[6], header[7]];
    match u32::from_be_bytes([header[0], header[1], header[2], header[3]]) {
        0 => Ok((name, 8, left)),
        1 if left >= 16 => {
            let mut large = [0; 8];
            file.read_exact(&mut large)?;
            Ok((name, 16, u64::from_be_bytes(large)))
        }
        size => Ok((name, 8, u64::from(size))),
    }
}

/// The boxes inside `data`; stops at the first that does not fit.
fn boxes(data: &[u8]) -> impl Iterator<Item = (FourCc, &[u8])> {
    let mut rest = data;
    std::iter::from_fn(move || {
        let name: FourCc = rest.get(4..8)?.try_into().ok()?;
        let (header, size) = match be32(rest, 0)? {
            0 => (8, rest.len()),
            1 => (16, usize::try_from(be64(rest, 8)?).ok()?),
            size => (8, size as usize),
        };
        let content = rest.get(header..size)?;
        rest = &rest[size..];
        Some((name, content))
    })
}

/// The first box of that name.
fn child<'a>(data: &'a [u8], name: &FourCc) -> Option<&'a [u8]> {
    boxes(data).find(|(found, _)| found == name).map(|(_, content)| content)
}

fn be16(data: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(data.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

fn be32(data: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(data.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

fn be64(data: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_be_bytes(data.get(at..at.checked_add(8)?)?.try_into().ok()?))
}

/// Fixed-size records after a count at `count_at`; as many as are announced and really there.
fn records(table: &[u8], count_at: usize, size: usize) -> impl Iterator<Item = &[u8]> {
    let count = be32(table, count_at).unwrap_or(0) as usize;
    table.get(count_at + 4..).unwrap_or(&[]).chunks_exact(size).take(count)
}

/// The video track while its samples are gathered.
struct Movie {
    track: Track,
    track_id: u32,
    movie_timescale: u32,
    edits: Vec<Edit>,
    /// Sample duration, size and flags for fragments that give none.
    fragment_defaults: [u32; 3],
    /// Decode time of the next fragment that gives none.
    next_decode: i64,
}

struct Edit {
    /// Movie time units; 0 means to the end.
    duration: u64,
    /// Track time units; −1: nothing is shown.
    media_time: i64,
}

impl Movie {
    fn parse(moov: &[u8]) -> Result<Movie> {
        if child(moov, b"cmov").is_some() {
            return Err(Mp4Error::Beyond("its index is compressed"));
        }
        let mvhd = child(moov, b"mvhd").unwrap_or(&[]);
        let wide = mvhd.first() == Some(&1);
        let movie_timescale = be32(mvhd, if wide { 20 } else { 12 }).filter(|&t| t > 0).unwrap_or(1000);
        let movie_matrix = matrix(mvhd, if wide { 48 } else { 36 });
        let videos: Vec<&[u8]> =
            boxes(moov).filter(|(name, trak)| name == b"trak" && is_video(trak)).map(|(_, trak)| trak).collect();
        // A track may be switched off: a preview or a second version.
        let trak = videos.iter().find(|trak| is_enabled(trak)).or(videos.first()).ok_or(Mp4Error::NoVideo)?;
        let mut movie = parse_track(trak, movie_timescale)?;
        movie.track.matrix = product(movie.track.matrix, movie_matrix);
        movie.fragment_defaults = fragment_defaults(moov, movie.track_id);
        Ok(movie)
    }

    /// Adds the samples of a `moof` that starts at `start` in a file of `len` bytes.
    fn add_fragment(&mut self, moof: &[u8], start: u64, len: u64) -> Result<()> {
        for (_, traf) in boxes(moof).filter(|(name, _)| name == b"traf") {
            let header = child(traf, b"tfhd").ok_or(Mp4Error::Damaged("a fragment without a header"))?;
            if be32(header, 4) == Some(self.track_id) {
                self.add_track_fragment(traf, header, start, len)?;
            }
        }
        Ok(())
    }

    fn add_track_fragment(&mut self, traf: &[u8], header: &[u8], start: u64, len: u64) -> Result<()> {
        let flags = be32(header, 0).unwrap_or(0) & 0xFF_FFFF;
        let mut at = 8;
        let mut base = start;
        if flags & 0x1 != 0 {
            base = be64(header, at).ok_or(Mp4Error::Damaged("a cut fragment header"))?;
            at += 8;
        }
        if flags & 0x2 != 0 {
            if be32(header, at) != Some(1) {
                return Err(Mp4Error::Beyond("it changes its codec settings"));
            }
            at += 4;
        }
        let mut defaults = self.fragment_defaults;
        for (value, bit) in defaults.iter_mut().zip([0x8, 0x10, 0x20]) {
            if flags & bit != 0 {
                *value = be32(header, at).ok_or(Mp4Error::Damaged("a cut fragment header"))?;
                at += 4;
            }
        }
        if let Some(tfdt) = child(traf, b"tfdt") {
            let time = if tfdt.first() == Some(&1) { be64(tfdt, 4) } else { be32(tfdt, 4).map(u64::from) };
            self.next_decode = time.and_then(|t| i64::try_from(t).ok()).unwrap_or(self.next_decode);
        }
        let mut data = base;
        for (_, run) in boxes(traf).filter(|(name, _)| name == b"trun") {
            self.add_run(run, defaults, base, &mut data, len)?;
        }
        Ok(())
    }

    /// `data`: where the run's first sample lies unless it says so itself; afterwards where its last one ends.
    fn add_run(&mut self, run: &[u8], defaults: [u32; 3], base: u64, data: &mut u64, len: u64) -> Result<()> {
        const CUT: Mp4Error = Mp4Error::Damaged("a cut run of samples");
        let flags = be32(run, 0).unwrap_or(0) & 0xFF_FFFF;
        let count = be32(run, 4).ok_or(CUT)? as usize;
        let mut at = 8;
        if flags & 0x1 != 0 {
            let offset = be32(run, at).ok_or(CUT)? as i32;
            *data = base.checked_add_signed(i64::from(offset)).ok_or(CUT)?;
            at += 4;
        }
        let mut first_flags = None;
        if flags & 0x4 != 0 {
            first_flags = Some(be32(run, at).ok_or(CUT)?);
            at += 4;
        }
        for n in 0..count {
            let mut values = [defaults[0], defaults[1], defaults[2], 0];
            for (value, bit) in values.iter_mut().zip([0x100, 0x200, 0x400, 0x800]) {
                if flags & bit != 0 {
                    *value = be32(run, at).ok_or(CUT)?;
                    at += 4;
                }
            }
            let [duration, size, sample_flags, offset] = values;
            let sample_flags = if n == 0 { first_flags.unwrap_or(sample_flags) } else { sample_flags };
            let sample = Sample {
                offset: *data,
                size,
                shown: self.next_decode.saturating_add(i64::from(offset as i32)),
                // Bit 16: sample_is_non_sync_sample (8.8.3.1).
                sync: sample_flags & 0x1_0000 == 0,
            };
            push(&mut self.track.samples, sample, len)?;
            *data = data.saturating_add(u64::from(size));
            self.next_decode = self.next_decode.saturating_add(i64::from(duration));
        }
        Ok(())
    }

    fn finish(mut self, len: u64) -> Result<Track> {
        let samples = &self.track.samples;
        if let Some(missing) =
            samples.iter().map(|s| s.offset.saturating_add(s.size.into())).max().filter(|&end| end > len)
        {
            return Err(Mp4Error::Truncated(format!("{len} of at least {missing} bytes are there")));
        }
        self.track.shown_range = self.shown_range()?;
        Ok(self.track)
    }

    /// The edit list as one range of the track's time. A first edit that shows nothing only delays the start, and the
    /// first picture shown is at t = 0 anyway.
    fn shown_range(&self) -> Result<std::ops::Range<i64>> {
        let mut range: Option<std::ops::Range<i64>> = None;
        for edit in self.edits.iter().filter(|edit| edit.media_time >= 0) {
            let end = if edit.duration == 0 {
                i64::MAX
            } else {
                let scaled = u128::from(edit.duration) * u128::from(self.track.timescale);
                let length = scaled.div_ceil(u128::from(self.movie_timescale));
                i64::try_from(length).unwrap_or(i64::MAX).saturating_add(edit.media_time)
            };
            range = match range {
                None => Some(edit.media_time..end),
                // Joined without a gap, give or take the rounding of the movie's coarser clock.
                Some(before) if before.end.abs_diff(edit.media_time) <= self.tick() => Some(before.start..end),
                Some(_) => return Err(Mp4Error::Beyond("its edit list jumps about")),
            };
        }
        let range = range.unwrap_or(i64::MIN..i64::MAX);
        let shows_something = self.track.samples.iter().any(|sample| range.contains(&sample.shown));
        Ok(if shows_something { range } else { i64::MIN..i64::MAX })
    }

    /// One movie time unit in track time units, rounded up.
    fn tick(&self) -> u64 {
        u64::from(self.track.timescale.div_ceil(self.movie_timescale))
    }
}

fn is_video(trak: &[u8]) -> bool {
    child(trak, b"mdia").and_then(|mdia| child(mdia, b"hdlr")).and_then(|hdlr| hdlr.get(8..12)) == Some(b"vide")
}

fn is_enabled(trak: &[u8]) -> bool {
    child(trak, b"tkhd").and_then(|tkhd| be32(tkhd, 0)).is_some_and(|flags| flags & 1 != 0)
}

/// a, b, c, d of the matrix at `at`; the identity where there is none.
fn matrix(data: &[u8], at: usize) -> [i64; 4] {
    let value = |i: usize| be32(data, at + 4 * i).map(|v| i64::from(v as i32));
    match (value(0), value(1), value(3), value(4)) {
        (Some(a), Some(b), Some(c), Some(d)) if [a, b, c, d] != [0; 4] => [a, b, c, d],
        _ => [1 << 16, 0, 0, 1 << 16],
    }
}

/// First `track`, then `movie`. Entries are 32 bit, so that nothing overflows.
fn product(track: [i64; 4], movie: [i64; 4]) -> [i64; 4] {
    let ([a, b, c, d], [e, f, g, h]) = (track, movie);
    let cell = |p: i64, q: i64, r: i64, s: i64| ((p >> 1) * q + (r >> 1) * s) >> 15;
    [cell(a, e, b, g), cell(a, f, b, h), cell(c, e, d, g), cell(c, f, d, h)]
}

fn fragment_defaults(moov: &[u8], track_id: u32) -> [u32; 3] {
    let Some(mvex) = child(moov, b"mvex") else { return [0; 3] };
    boxes(mvex)
        .find(|(name, trex)| name == b"trex" && be32(trex, 4) == Some(track_id))
        .map_or([0; 3], |(_, trex)| [12, 16, 20].map(|at| be32(trex, at).unwrap_or(0)))
}

fn parse_track(trak: &[u8], movie_timescale: u32) -> Result<Movie> {
    const NO_TABLES: Mp4Error = Mp4Error::Damaged("its index has no sample tables");
    let tkhd = child(trak, b"tkhd").ok_or(NO_TABLES)?;
    let mdia = child(trak, b"mdia").ok_or(NO_TABLES)?;
    let mdhd = child(mdia, b"mdhd").ok_or(NO_TABLES)?;
    let stbl = child(mdia, b"minf").and_then(|minf| child(minf, b"stbl")).ok_or(NO_TABLES)?;
    let wide = tkhd.first() == Some(&1);
    let wide_media = mdhd.first() == Some(&1);
    let timescale = be32(mdhd, if wide_media { 20 } else { 12 }).filter(|&t| t > 0);
    let duration = if wide_media { be64(mdhd, 24) } else { be32(mdhd, 16).filter(|&d| d != u32::MAX).map(u64::from) };
    let mut track = Track {
        codec: [0; 4],
        config: Vec::new(),
        size: (0, 0),
        matrix: matrix(tkhd, if wide { 52 } else { 40 }),
        timescale: timescale.ok_or(Mp4Error::Damaged("its time unit is zero"))?,
        color: None,
        oblong_pixels: false,
        samples: Vec::new(),
        shown_range: i64::MIN..i64::MAX,
        duration: duration.filter(|&d| d != u64::MAX).unwrap_or(0),
    };
    read_sample_entry(child(stbl, b"stsd").ok_or(NO_TABLES)?, &mut track)?;
    read_samples(stbl, &mut track.samples)?;
    let edits = child(trak, b"edts").and_then(|edts| child(edts, b"elst")).map_or(Vec::new(), edits);
    let track_id = be32(tkhd, if wide { 20 } else { 12 }).unwrap_or(0);
    Ok(Movie { track, track_id, movie_timescale, edits, fragment_defaults: [0; 3], next_decode: 0 })
}

fn read_sample_entry(stsd: &[u8], track: &mut Track) -> Result<()> {
    let entries = stsd.get(8..).unwrap_or(&[]);
    let mut all = boxes(entries);
    let (codec, entry) = all.next().ok_or(Mp4Error::Damaged("its index names no codec"))?;
    if all.next().is_some() {
        return Err(Mp4Error::Beyond("it changes its codec settings"));
    }
    let children = entry.get(78..).unwrap_or(&[]);
    if &codec == b"encv" || child(children, b"sinf").is_some() {
        return Err(Mp4Error::Encrypted);
    }
    track.codec = codec;
    track.size = (be16(entry, 24).unwrap_or(0), be16(entry, 26).unwrap_or(0));
    for (name, content) in boxes(children) {
        match &name {
            b"avcC" | b"hvcC" => track.config = content.to_vec(),
            b"colr" if content.starts_with(b"nclx") || content.starts_with(b"nclc") => {
                let full = content.starts_with(b"nclx") && content.get(10).is_some_and(|byte| byte & 0x80 != 0);
                track.color = be16(content, 8).and_then(|m| u8::try_from(m).ok()).map(|m| (m, full));
            }
            b"pasp" => track.oblong_pixels = be32(content, 0) != be32(content, 4),
            _ => {}
        }
    }
    Ok(())
}

fn edits(elst: &[u8]) -> Vec<Edit> {
    let wide = elst.first() == Some(&1);
    let read = |record: &[u8]| {
        Some(if wide {
            Edit { duration: be64(record, 0)?, media_time: be64(record, 8)? as i64 }
        } else {
            Edit { duration: be32(record, 0)?.into(), media_time: (be32(record, 4)? as i32).into() }
        })
    };
    records(elst, 4, if wide { 20 } else { 12 }).filter_map(read).collect()
}

/// Sizes, places, times and sync marks (8.6, 8.7) of a file that is not fragmented.
fn read_samples(stbl: &[u8], samples: &mut Vec<Sample>) -> Result<()> {
    let Some(stsz) = child(stbl, b"stsz") else {
        return if child(stbl, b"stz2").is_some() { Err(Mp4Error::Beyond("its sizes are packed")) } else { Ok(()) };
    };
    let common_size = be32(stsz, 4).unwrap_or(0);
    let count = be32(stsz, 8).unwrap_or(0) as usize;
    let sizes = stsz.get(12..).unwrap_or(&[]);
    if count > MAX_SAMPLES || (common_size == 0 && sizes.len() / 4 < count) {
        return Err(Mp4Error::Damaged("it announces more pictures than it lists"));
    }
    let mut decode_deltas = runs(child(stbl, b"stts").unwrap_or(&[]));
    let mut shown_offsets = runs(child(stbl, b"ctts").unwrap_or(&[]));
    let stss = child(stbl, b"stss");
    let mut syncs = records(stss.unwrap_or(&[]), 4, 4).filter_map(|record| be32(record, 0)).peekable();
    let mut places = Places::new(stbl)?;
    let mut decode = 0i64;
    for n in 0..count {
        let size = if common_size > 0 { common_size } else { be32(sizes, n * 4).unwrap_or(0) };
        let offset = places.next(size).ok_or(Mp4Error::Damaged("it lists more pictures than it places"))?;
        let number = n as u32 + 1;
        while syncs.peek().is_some_and(|&sync| sync < number) {
            syncs.next();
        }
        let shown = decode.saturating_add(i64::from(shown_offsets.next().unwrap_or(0) as i32));
        // Without the table every sample is a sync sample; the first one always has to be.
        let sync = stss.is_none() || n == 0 || syncs.peek() == Some(&number);
        samples.push(Sample { offset, size, shown, sync });
        decode = decode.saturating_add(i64::from(decode_deltas.next().unwrap_or(0)));
    }
    Ok(())
}

/// A run-length table of (count, value) records, unrolled; the last value goes on for ever.
fn runs(table: &[u8]) -> impl Iterator<Item = u32> {
    let mut records = records(table, 4, 8);
    let (mut left, mut value) = (0, None);
    std::iter::from_fn(move || {
        while left == 0 {
            let Some(record) = records.next() else { return value };
            (left, value) = (be32(record, 0)?, be32(record, 4));
        }
        left -= 1;
        value
    })
}

/// Walks the chunks of a track (`stsc`, `stco` or `co64`), giving each sample its place.
struct Places<'a> {
    chunks: &'a [u8],
    wide: bool,
    /// First chunk and samples per chunk.
    runs: Vec<(u32, u32)>,
    run: usize,
    chunk: usize,
    left_in_chunk: u32,
    at: u64,
}

impl<'a> Places<'a> {
    fn new(stbl: &'a [u8]) -> Result<Places<'a>> {
        let (table, wide) = match (child(stbl, b"stco"), child(stbl, b"co64")) {
            (Some(table), _) => (table, false),
            (None, Some(table)) => (table, true),
            (None, None) => (&[][..], false),
        };
        let count = be32(table, 4).unwrap_or(0) as usize;
        let chunks = table.get(8..).unwrap_or(&[]);
        let chunks = &chunks[..chunks.len().min(count.saturating_mul(if wide { 8 } else { 4 }))];
        let mut runs = Vec::new();
        for record in records(child(stbl, b"stsc").unwrap_or(&[]), 4, 12) {
            if be32(record, 8) != Some(1) {
                return Err(Mp4Error::Beyond("it changes its codec settings"));
            }
            runs.push((be32(record, 0).unwrap_or(0), be32(record, 4).unwrap_or(0)));
        }
        Ok(Places { chunks, wide, runs, run: 0, chunk: 0, left_in_chunk: 0, at: 0 })
    }

    fn next(&mut self, size: u32) -> Option<u64> {
        while self.left_in_chunk == 0 {
            self.at = if self.wide {
                be64(self.chunks, self.chunk.checked_mul(8)?)?
            } else {
                be32(self.chunks, self.chunk.checked_mul(4)?)?.into()
            };
            self.chunk += 1;
            while self.runs.get(self.run + 1).is_some_and(|&(first, _)| first as usize <= self.chunk) {
                self.run += 1;
            }
            self.left_in_chunk = self.runs.get(self.run)?.1;
        }
        self.left_in_chunk -= 1;
        let at = self.at;
        self.at = self.at.checked_add(size.into())?;
        Some(at)
    }
}

/// Adds a fragment's sample. One without bytes that also passes for nothing could be announced without end, so samples
/// are counted; the others must lie within the file.
fn push(samples: &mut Vec<Sample>, sample: Sample, len: u64) -> Result<()> {
    let end = sample.offset.saturating_add(sample.size.into());
    if end > len {
        return Err(Mp4Error::Truncated(format!("{len} of at least {end} bytes are there")));
    }
    if samples.len() >= MAX_SAMPLES {
        return Err(Mp4Error::Damaged("it announces more pictures than any clip has"));
    }
    samples.push(sample);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_stop_at_one_that_does_not_fit() {
        let data = [&[0, 0, 0, 9][..], b"good", &[7], &[0, 0, 1, 0], b"long", &[1, 2]].concat();
        let found: Vec<_> = boxes(&data).collect();
        assert_eq!(found, [(*b"good", &[7][..])]);
        assert_eq!(boxes(&[0, 0, 0, 3, 1, 1, 1, 1]).count(), 0);
    }

    #[test]
    fn run_length_tables_go_on_with_their_last_value() {
        let table = [0, 2, 2, 10, 1, 30].map(|v: u32| v.to_be_bytes()).concat();
        assert_eq!(runs(&table).take(5).collect::<Vec<_>>(), [10, 10, 30, 30, 30]);
        assert_eq!(runs(&[]).next(), None);
    }

    #[test]
    fn two_matrices_make_one() {
        let (one, quarter) = ([65536, 0, 0, 65536], [0, 65536, -65536, 0]);
        assert_eq!(product(one, one), one);
        assert_eq!(product(quarter, one), quarter);
        assert_eq!(product(quarter, quarter), [-65536, 0, 0, -65536]);
        // The extremes that a damaged file may hold.
        product([i64::from(i32::MIN); 4], [i64::from(i32::MIN); 4]);
    }
}
