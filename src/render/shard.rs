//! Training pictures in bulk: shard files that a trainer reads without unpacking.
//!
//! One file per range of seeds, little-endian: a header of [`HEADER`] bytes (magic `FCSHARD1`; u32 version, count, crop side,
//! record size, landmarks, mask side; u64 first seed; f32 level; u32 JSON length; then a JSON text that names every field of a
//! record with its type, shape and offset), then `count` records of fixed size, then the JPEG pictures that the records point
//! into. In Python:
//!
//! ```text
//! raw = np.memmap(path, np.uint8, 'r'); h = np.frombuffer(raw[:56], '<u4'); n = int(h[3])
//! j = json.loads(bytes(raw[56:56 + int(h[13])])); d = np.dtype({k: j[k] for k in ('names', 'formats', 'offsets', 'itemsize')})
//! r = np.frombuffer(raw, d, n, 8192); picture = bytes(raw[r['jpeg_at'][i]:][:r['jpeg_length'][i]])
//! ```
//!
//! A shard depends on its seeds, level and side, and on the backdrops where there are any. It is written beside its place and renamed when complete, so whatever
//! bears the final name is whole; a run that was stopped skips those and goes on.

use super::linear::{Rng, V3};
use super::look::{Drawn, Trainer};
use super::pack::BodyPack;
use super::picture::Picture;
use super::rig::RigAngles;
use super::truth::{TrueAxis, Truth};
use crate::frame::Frame;
use crate::pose::{BackContour, Landmark};
use std::fs::{self, File};
use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes before the first record.
pub const HEADER: usize = 8192;
/// Side of the stored mask, cells of one bit.
pub const MASK_SIDE: usize = 128;
const MAGIC: &[u8; 8] = b"FCSHARD1";
const VERSION: u32 = 1;

#[derive(Debug, thiserror::Error)]
pub enum ShardError {
    #[error("the shard {path} cannot be written: {problem}; choose another --out folder or free some space")]
    Write { path: String, problem: String },
    #[error("no pictures to draw: the seed range {0}..{1} is empty")]
    Empty(u64, u64),
}

/// What the pictures of a shard look like.
#[derive(Clone, Debug)]
pub struct ShardLook {
    /// Side of the crops, px.
    pub side: usize,
    /// 0 mild ..= 1 violent.
    pub level: f32,
    /// Photographs without people to put behind some of the renders.
    pub backdrops: Vec<Arc<Frame>>,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// It was there already.
    Skipped(PathBuf),
    New(PathBuf),
}

/// The name of the shard of these seeds.
pub fn shard_name(seeds: &Range<u64>, look: &ShardLook) -> String {
    format!(
        "crops-{}-l{:03}-{:012}-{:06}{}.fcs",
        look.side,
        (look.level * 100.0).round() as u32,
        seeds.start,
        seeds.end - seeds.start,
        if look.backdrops.is_empty() { "" } else { "-b" }
    )
}

/// Writes the shard of `seeds` into the folder `out`, unless it is there.
pub fn write_shard(pack: &BodyPack, seeds: Range<u64>, look: &ShardLook, out: &Path) -> Result<Written, ShardError> {
    if seeds.is_empty() {
        return Err(ShardError::Empty(seeds.start, seeds.end));
    }
    let path = out.join(shard_name(&seeds, look));
    if path.exists() {
        return Ok(Written::Skipped(path));
    }
    let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
    let trouble = |e: std::io::Error| ShardError::Write { path: path.display().to_string(), problem: e.to_string() };
    fs::create_dir_all(out).map_err(trouble)?;
    let written = write_to(pack, seeds, look, &temporary).and_then(|()| fs::rename(&temporary, &path));
    if let Err(e) = written {
        let _ = fs::remove_file(&temporary);
        return Err(trouble(e));
    }
    Ok(Written::New(path))
}

/// Writes all shards of `seeds`, `per_shard` pictures each, on `jobs` threads; `done` hears of each.
pub fn write_shards(
    pack: &BodyPack,
    seeds: Range<u64>,
    per_shard: u64,
    look: &ShardLook,
    out: &Path,
    jobs: usize,
    done: &(dyn Fn(&Written) + Sync),
) -> Result<(), ShardError> {
    let per_shard = per_shard.max(1);
    let starts: Vec<u64> = seeds.clone().step_by(usize::try_from(per_shard).unwrap_or(usize::MAX)).collect();
    let next = AtomicUsize::new(0);
    let work = || -> Result<(), ShardError> {
        while let Some(&start) = starts.get(next.fetch_add(1, Ordering::Relaxed)) {
            let end = start.saturating_add(per_shard).min(seeds.end);
            done(&write_shard(pack, start..end, look, out)?);
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..jobs.max(1)).map(|_| scope.spawn(work)).collect();
        threads.into_iter().try_for_each(|t| t.join().unwrap_or(Ok(())))
    })
}

fn write_to(pack: &BodyPack, seeds: Range<u64>, look: &ShardLook, path: &Path) -> std::io::Result<()> {
    let count = usize::try_from(seeds.end - seeds.start).unwrap_or(usize::MAX);
    let mut trainer = Trainer::new(pack, look.side);
    trainer.backdrops.clone_from(&look.backdrops);
    let layout = Layout::new();
    let mut out = BufWriter::new(File::create(path)?);
    out.write_all(&header(&layout, &seeds, trainer.side, look.level))?;
    let table = count * layout.size;
    // The pictures come first on disk in time, the table is filled in at the end.
    out.seek(SeekFrom::Start((HEADER + table) as u64))?;
    let mut records = Vec::with_capacity(table);
    let mut at = (HEADER + table) as u64;
    let (mut picture, mut jpeg) = (Picture::default(), Vec::new());
    for seed in seeds {
        let drawn = trainer.draw(seed, look.level, &mut picture);
        encode(&picture, quality(seed, look.level), &mut jpeg)?;
        out.write_all(&jpeg)?;
        record(&mut records, seed, at, jpeg.len(), &drawn, &picture);
        at += jpeg.len() as u64;
    }
    out.seek(SeekFrom::Start(HEADER as u64))?;
    out.write_all(&records)?;
    out.flush()?;
    out.get_ref().sync_all()
}

/// JPEG quality of a picture: worse the more violent.
fn quality(seed: u64, level: f32) -> u8 {
    let mut rng = Rng::new(seed ^ 0x6a70_6567);
    rng.range(88.0 - 45.0 * level, 96.0) as u8
}

fn encode(picture: &Picture, quality: u8, jpeg: &mut Vec<u8>) -> std::io::Result<()> {
    jpeg.clear();
    // A side is at most 1024.
    let (width, height) = (picture.width as u16, picture.height as u16);
    let encoder = jpeg_encoder::Encoder::new(jpeg, quality);
    encoder.encode(&picture.rgb, width, height, jpeg_encoder::ColorType::Rgb).map_err(std::io::Error::other)
}

fn header(layout: &Layout, seeds: &Range<u64>, side: usize, level: f32) -> Vec<u8> {
    let json = layout.json();
    let mut h = MAGIC.to_vec();
    let count = (seeds.end - seeds.start) as u32;
    for v in [VERSION, count, side as u32, layout.size as u32, Landmark::COUNT as u32, MASK_SIDE as u32] {
        h.extend(v.to_le_bytes());
    }
    h.extend(seeds.start.to_le_bytes());
    h.extend(level.to_le_bytes());
    h.extend([0; 8]);
    h.extend((json.len() as u32).to_le_bytes());
    h.extend(json.as_bytes());
    h.resize(HEADER, b' ');
    h
}

/// The fields of a record, for NumPy.
struct Layout {
    fields: Vec<(&'static str, String, usize)>,
    size: usize,
}

impl Layout {
    fn new() -> Layout {
        let points = Landmark::COUNT;
        let stations = BackContour::STATIONS;
        let angles = RigAngles::COUNT;
        let mask = MASK_SIDE * MASK_SIDE / 8;
        let mut layout = Layout { fields: Vec::new(), size: 0 };
        let plan: [(&'static str, String, usize); 20] = [
            ("seed", "<u8".into(), 8),
            ("jpeg_at", "<u8".into(), 8),
            ("jpeg_length", "<u4".into(), 4),
            // Number in the sampler's list of families.
            ("family", "u1".into(), 1),
            // 0 body, 1 trunk, 2 far.
            ("crop", "u1".into(), 1),
            // 0 towards screen left, 1 right, 2 the camera, 3 away.
            ("facing", "u1".into(), 1),
            ("skin", "u1".into(), 1),
            // x px, y px, depth m.
            ("points", format!("({points},3)<f4"), points * 12),
            // 0 outside, 1 hidden, 2 visible.
            ("visibility", format!("({points},)u1"), points),
            ("padding", "(2,)u1".into(), 2),
            // Pelvis, thoraco-lumbar, upper thorax: direction in the picture (unit), and its seen length.
            ("axes", "(3,3)<f4".into(), 36),
            // The same as unit vectors in camera axes: right, down, ahead.
            ("axes_camera", "(3,3)<f4".into(), 36),
            ("angles", format!("({angles},)<f4"), angles * 4),
            // S2 and T8 as the contour uses them, px.
            ("back_chord", "(2,2)<f4".into(), 16),
            // px, outwards positive; NaN where unknown.
            ("back", format!("({stations},)<f4"), stations * 4),
            ("shirt_loose", "<f4".into(), 4),
            ("off_side_deg", "<f4".into(), 4),
            ("px_per_metre", "<f4".into(), 4),
            ("person_share", "<f4".into(), 4),
            ("mask", format!("({mask},)u1"), mask),
        ];
        for (name, format, bytes) in plan {
            layout.fields.push((name, format, layout.size));
            layout.size += bytes;
        }
        layout
    }

    fn json(&self) -> String {
        let names: Vec<_> = self.fields.iter().map(|f| f.0).collect();
        let formats: Vec<_> = self.fields.iter().map(|f| f.1.as_str()).collect();
        let offsets: Vec<_> = self.fields.iter().map(|f| f.2).collect();
        let landmarks: Vec<_> = Landmark::ALL.iter().map(|l| l.name()).collect();
        serde_json::json!({
            "names": names, "formats": formats, "offsets": offsets, "itemsize": self.size,
            "landmarks": landmarks, "angles": RigAngles::NAMES, "axes": ["pelvis", "thoraco_lumbar", "upper_thorax"],
            "facing": ["left", "right", "front", "back"], "mask_side": MASK_SIDE,
        })
        .to_string()
    }
}

fn record(out: &mut Vec<u8>, seed: u64, jpeg_at: u64, jpeg_length: usize, drawn: &Drawn, picture: &Picture) {
    let truth = &picture.truth;
    out.extend(seed.to_le_bytes());
    out.extend(jpeg_at.to_le_bytes());
    out.extend((jpeg_length as u32).to_le_bytes());
    out.extend([drawn.family as u8, drawn.crop as u8, facing(truth), drawn.skin]);
    let mut floats = |values: &[f32]| values.iter().for_each(|v| out.extend(v.to_le_bytes()));
    for (_, p) in truth.points.iter() {
        floats(&[p.at[0], p.at[1], p.depth]);
    }
    out.extend(truth.points.iter().map(|(_, p)| p.visibility as u8));
    out.extend([0; 2]);
    let axes = [truth.pelvis, truth.thoraco_lumbar, truth.upper_thorax];
    let mut floats = |values: &[f32]| values.iter().for_each(|v| out.extend(v.to_le_bytes()));
    for a in &axes {
        floats(&[a.image[0], a.image[1], a.seen]);
    }
    for a in &axes {
        floats(&in_camera(a));
    }
    floats(&truth.angles.array());
    let nan = f32::NAN;
    match &truth.back {
        Some(back) => {
            floats(&[back.sacrum.x as f32, back.sacrum.y as f32, back.t8.x as f32, back.t8.y as f32]);
            floats(&back.offsets.map(|o| o.map_or(nan, |v| v as f32)));
        }
        None => floats(&[nan; 4 + BackContour::STATIONS]),
    }
    let share = picture.mask.iter().map(|&m| f32::from(m)).sum::<f32>() / (255.0 * picture.mask.len().max(1) as f32);
    floats(&[drawn.loose, drawn.off_side_deg, drawn.px_per_metre, share]);
    mask_bits(picture, out);
}

fn in_camera(axis: &TrueAxis) -> [f32; 3] {
    let ahead = (1.0 - axis.seen * axis.seen).max(0.0).sqrt();
    [axis.image[0] * axis.seen, axis.image[1] * axis.seen, if axis.towards_camera { -ahead } else { ahead }]
}

/// Which way the athlete's pelvis looks, as seen.
fn facing(truth: &Truth) -> u8 {
    let V3 { x, y, z } = truth.facing;
    let across = x.hypot(y);
    if across >= 0.6 { u8::from(x >= 0.0) } else { if z < 0.0 { 2 } else { 3 } }
}

/// One bit per cell, most significant first, set where at least half of the cell shows the athlete.
fn mask_bits(picture: &Picture, out: &mut Vec<u8>) {
    let (w, h) = (picture.width, picture.height);
    if (w, h) == (2 * MASK_SIDE, 2 * MASK_SIDE) {
        return mask_bits_by_fours(&picture.mask, out);
    }
    for row in 0..MASK_SIDE {
        let (y0, y1) = (row * h / MASK_SIDE, ((row + 1) * h / MASK_SIDE).max(row * h / MASK_SIDE + 1).min(h));
        for byte in 0..MASK_SIDE / 8 {
            let mut bits = 0u8;
            for bit in 0..8 {
                let column = byte * 8 + bit;
                let x0 = column * w / MASK_SIDE;
                let x1 = ((column + 1) * w / MASK_SIDE).max(x0 + 1).min(w);
                let sum: u32 = (y0..y1)
                    .map(|y| picture.mask[y * w + x0..y * w + x1].iter().map(|&m| u32::from(m)).sum::<u32>())
                    .sum();
                let cells = ((y1 - y0) * (x1 - x0)) as u32;
                bits = bits << 1 | u8::from(cells > 0 && sum * 2 >= cells * 255);
            }
            out.push(bits);
        }
    }
}

/// The usual size: four pixels are a cell.
fn mask_bits_by_fours(mask: &[u8], out: &mut Vec<u8>) {
    for rows in mask.chunks_exact(4 * MASK_SIDE) {
        let (upper, lower) = rows.split_at(2 * MASK_SIDE);
        for (upper, lower) in upper.as_chunks::<16>().0.iter().zip(lower.as_chunks::<16>().0) {
            let cell = |i: usize| [upper[2 * i], upper[2 * i + 1], lower[2 * i], lower[2 * i + 1]].map(u32::from);
            out.push((0..8).fold(0, |bits, i| bits << 1 | u8::from(2 * cell(i).iter().sum::<u32>() >= 4 * 255)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;

    #[test]
    fn cells_of_four_are_told_as_any_others() {
        let mut rng = Rng::new(7);
        let side = 2 * MASK_SIDE;
        let mask: Vec<u8> = (0..side * side).map(|_| (rng.bits() >> 56) as u8).collect();
        let picture = Picture { width: side, height: side, mask: mask.clone(), ..Picture::default() };
        let mut fast = Vec::new();
        mask_bits(&picture, &mut fast);
        // The same mask with every row told twice is 256 × 512: the general way.
        let tall = mask.chunks_exact(side).flat_map(|row| [row, row].concat()).collect();
        let mut slow = Vec::new();
        mask_bits(&Picture { height: 2 * side, mask: tall, ..picture }, &mut slow);
        assert_eq!(fast, slow);
    }

    fn look() -> ShardLook {
        ShardLook { side: 64, level: 0.4, backdrops: Vec::new() }
    }

    #[test]
    fn a_record_is_as_long_as_its_description() {
        let layout = Layout::new();
        let picture = Picture {
            width: 64,
            height: 64,
            rgb: vec![0; 64 * 64 * 3],
            mask: vec![255; 64 * 64],
            truth: Truth::default(),
        };
        let drawn = Drawn {
            family: super::super::sampler::Family::Squat,
            crop: super::super::look::CropKind::Body,
            loose: 0.0,
            skin: 0,
            off_side_deg: 0.0,
            px_per_metre: 1.0,
        };
        let mut out = Vec::new();
        record(&mut out, 1, 2, 3, &drawn, &picture);
        assert_eq!(out.len(), layout.size);
        assert!(out[layout.size - 2048..].iter().all(|&b| b == 255), "a full mask is all ones");
        assert!(header(&layout, &(0..4), 64, 0.5).len() == HEADER);
    }

    #[test]
    fn shards_repeat_resume_and_can_be_read_back() {
        let Some(pack) = testing::pack() else { return };
        let folder = tempfile::tempdir().unwrap();
        let Written::New(path) = write_shard(pack, 16..20, &look(), folder.path()).unwrap() else {
            panic!("nothing was there before")
        };
        let bytes = fs::read(&path).unwrap();
        let again = write_shard(pack, 16..20, &look(), folder.path()).unwrap();
        assert_eq!(again, Written::Skipped(path.clone()));
        fs::remove_file(&path).unwrap();
        write_shard(pack, 16..20, &look(), folder.path()).unwrap();
        assert_eq!(fs::read(&path).unwrap(), bytes, "equal seeds, equal bytes");

        let layout = Layout::new();
        let field = |name: &str| layout.fields.iter().find(|f| f.0 == name).map(|f| f.2).unwrap();
        for i in 0..4 {
            let r = &bytes[HEADER + i * layout.size..][..layout.size];
            assert_eq!(u64::from_le_bytes(r[..8].try_into().unwrap()), 16 + i as u64);
            let at = u64::from_le_bytes(r[8..16].try_into().unwrap()) as usize;
            let length = u32::from_le_bytes(r[16..20].try_into().unwrap()) as usize;
            let picture = image::load_from_memory(&bytes[at..at + length]).unwrap();
            assert_eq!((picture.width(), picture.height()), (64, 64));
            let share = f32::from_le_bytes(r[field("person_share")..][..4].try_into().unwrap());
            assert!((0.0..=1.0).contains(&share));
        }
        assert!(fs::read_dir(folder.path()).unwrap().count() == 1, "no temporary file is left");
    }

    #[test]
    fn shards_with_backdrops_have_a_name_of_their_own_and_show_them() {
        let Some(pack) = testing::pack() else { return };
        let green = Frame::from_rgb(crate::units::Timestamp::ZERO, 2, 2, [0, 255, 0].repeat(4)).unwrap();
        let before = ShardLook { level: 0.0, backdrops: vec![Arc::new(green)], ..look() };
        assert_ne!(shard_name(&(0..2), &before), shard_name(&(0..2), &look()));
        let mut trainer = Trainer::new(pack, 64);
        trainer.backdrops.clone_from(&before.backdrops);
        let mut picture = Picture::default();
        // A third of the pictures: of forty, none by chance once in thirty million.
        let shown = (0..40).filter(|&seed| {
            trainer.draw(seed, 0.0, &mut picture);
            let green = |p: &[u8]| p[1] > 150 && p[0] < 90 && p[2] < 90;
            picture.rgb.chunks(3).filter(|p| green(p)).count() > 64 * 64 / 4
        });
        assert!((3..30).contains(&shown.count()));
    }

    #[test]
    fn many_threads_write_what_one_writes() {
        let Some(pack) = testing::pack() else { return };
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        write_shards(pack, 0..6, 3, &look(), one.path(), 1, &|_| ()).unwrap();
        write_shards(pack, 0..6, 3, &look(), two.path(), 2, &|_| ()).unwrap();
        for start in [0, 3] {
            let name = shard_name(&(start..start + 3), &look());
            assert_eq!(fs::read(one.path().join(&name)).unwrap(), fs::read(two.path().join(&name)).unwrap());
        }
        assert!(matches!(write_shard(pack, 4..4, &look(), one.path()), Err(ShardError::Empty(4, 4))));
    }
}
