//! Every kind of clip, against what is known of it and, where ffmpeg is installed, against ffmpeg.

use super::*;
use crate::frame::Frame;
use std::collections::BTreeMap;
use std::process::Command;

const FIXTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/media/square_h264.mp4");

fn options(decoder: Decoder) -> OpenOptions {
    OpenOptions { decoder, ..OpenOptions::default() }
}

fn without_ffmpeg(decoder: Decoder) -> OpenOptions {
    OpenOptions { ffmpeg: "there-is-no-such-ffmpeg".into(), ..options(decoder) }
}

fn read_all(source: &mut dyn FrameSource) -> Result<Vec<Frame>, SourceError> {
    let (mut frames, mut frame) = (Vec::new(), Frame::default());
    while source.read(&mut frame)? {
        frames.push(frame.clone());
    }
    Ok(frames)
}

fn frames_of(path: &Path, options: &OpenOptions) -> Vec<Frame> {
    read_all(&mut *open(path, options).unwrap()).unwrap()
}

fn times_of(frames: &[Frame]) -> Vec<i64> {
    frames.iter().map(|frame| frame.t.micros()).collect()
}

/// Mean difference of brightness (the mean of R, G, B).
fn difference(a: &Frame, b: &Frame) -> f64 {
    assert_eq!((a.width(), a.height()), (b.width(), b.height()));
    let grey = |p: &[u8]| p.iter().map(|&v| f64::from(v)).sum::<f64>() / 3.0;
    let sum: f64 = a.rgb().chunks(3).zip(b.rgb().chunks(3)).map(|(p, q)| (grey(p) - grey(q)).abs()).sum();
    sum / f64::from(a.width() * a.height())
}

fn pixel(frame: &Frame, x: u32, y: u32) -> [u8; 3] {
    let at = (y as usize * frame.width() as usize + x as usize) * 3;
    frame.rgb()[at..at + 3].try_into().unwrap()
}

/// The fixture with changed bytes, in a folder of its own.
fn changed(change: impl FnOnce(&mut Vec<u8>)) -> (tempfile::TempDir, PathBuf) {
    let mut bytes = std::fs::read(FIXTURE).unwrap();
    change(&mut bytes);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clip.mp4");
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

fn find(bytes: &[u8], what: &[u8]) -> usize {
    bytes.windows(what.len()).position(|window| window == what).unwrap()
}

fn error_of(path: &Path, options: &OpenOptions) -> SourceError {
    let error = match open(path, options) {
        Err(error) => error,
        Ok(mut clip) => read_all(&mut *clip).expect_err("an error"),
    };
    let text = error.to_string();
    assert!(text.len() > 40 && !text.contains(char::is_control), "{text}");
    error
}

/// Makes a clip with ffmpeg; `None`, and a plain word, where ffmpeg or its encoder is missing.
fn made(folder: &Path, name: &str, arguments: &str) -> Option<PathBuf> {
    let path = folder.join(name);
    let output =
        Command::new("ffmpeg").args(["-v", "error", "-y"]).args(arguments.split_whitespace()).arg(&path).output();
    let fine = output.as_ref().is_ok_and(|output| output.status.success());
    if !fine {
        println!("skipped: no ffmpeg that makes {name}");
    }
    fine.then_some(path)
}

/// A moving pattern of that size.
fn pattern(size: &str, more: &str) -> String {
    format!("-f lavfi -i testsrc2=s={size}:r=25:d=1.2{more}")
}

fn shared_clip(name: &str) -> Option<PathBuf> {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/clips")).join(name);
    if !path.is_file() {
        println!("skipped: no clip {name}");
    }
    path.is_file().then_some(path)
}

#[test]
fn the_fixture_decodes_without_ffmpeg_in_the_order_of_showing() {
    let mut clip = open(Path::new(FIXTURE), &without_ffmpeg(Decoder::Auto)).unwrap();
    assert_eq!(clip.decoder(), "built-in H.264");
    let expected =
        ClipInfo { width: 96, height: 64, rotation_deg: 0, frames: Some(25), duration: clip.info().duration };
    assert_eq!(*clip.info(), expected);
    let frames = read_all(&mut *clip).unwrap();
    assert_eq!(times_of(&frames), (0..25).map(|n| n * 40_000).collect::<Vec<_>>());
    for (n, frame) in frames.iter().enumerate() {
        let bright = |x: &u32| pixel(frame, *x, 31).iter().all(|&v| v > 190);
        let row: Vec<u32> = (0..96).filter(bright).collect();
        let (first, last) = (row[0] as i32, row[row.len() - 1] as i32);
        let left = 4 + 3 * n as i32;
        assert!(
            (first - left).abs() <= 1 && (last - left - 15).abs() <= 1,
            "frame {n}: {first}..{last}, square at {left}"
        );
    }
    // Y 82, Cb 128, Cr 98 by the fixture's formula, through BT.709 in limited range; BT.601 would give green 101.
    let seen = pixel(&frames[0], 80, 2);
    assert!(
        seen.iter().zip([23.1, 92.8, 76.8]).all(|(&v, expected)| (f64::from(v) - expected).abs() < 4.5),
        "{seen:?}"
    );
}

#[test]
fn seeking_gives_the_same_picture_as_reading_through() {
    let path = Path::new(FIXTURE);
    let mut ways = vec![without_ffmpeg(Decoder::Auto)];
    if ffmpeg_version(Path::new("ffmpeg")).is_some() {
        ways.push(options(Decoder::Ffmpeg));
    } else {
        println!("skipped: no ffmpeg");
    }
    for way in ways {
        let frames = frames_of(path, &way);
        let mut clip = open(path, &way).unwrap();
        let mut frame = Frame::default();
        for micros in [400_000, 0, 959_999, 960_000, 40_000, 79_999, 81_000, 500_001, 5_000_000, -7, 320_000] {
            clip.seek(Timestamp::from_micros(micros)).unwrap();
            let expected = frames.iter().rposition(|frame| frame.t.micros() <= micros).unwrap_or(0);
            for (n, then) in frames.iter().enumerate().skip(expected).take(3) {
                assert!(clip.read(&mut frame).unwrap());
                assert!(frame == *then, "{micros} µs: frame {n} is not the one read through, by {}", clip.decoder());
            }
        }
        clip.seek(Timestamp::from_micros(960_000)).unwrap();
        assert_eq!(read_all(&mut *clip).unwrap().len(), 1);
        assert!(!clip.read(&mut frame).unwrap());
    }
}

#[test]
fn rotation_tags_are_applied() {
    let upright = frames_of(Path::new(FIXTURE), &without_ffmpeg(Decoder::Auto));
    let with_ffmpeg = ffmpeg_version(Path::new("ffmpeg")).is_some();
    for (degrees, [a, b, c, d]) in
        [(0, [1, 0, 0, 1]), (90, [0, 1, -1, 0]), (180, [-1, 0, 0, -1]), (270, [0, -1, 1, 0i32])]
    {
        let (_folder, path) = changed(|bytes| {
            let matrix = find(bytes, b"tkhd") + 4 + 40;
            for (at, value) in [(0, a), (4, b), (12, c), (16, d)] {
                bytes[matrix + at..matrix + at + 4].copy_from_slice(&(value * 65536).to_be_bytes());
            }
        });
        let mut clip = open(&path, &without_ffmpeg(Decoder::Auto)).unwrap();
        let size = if degrees % 180 == 0 { (96, 64) } else { (64, 96) };
        assert_eq!((clip.info().width, clip.info().height, clip.info().rotation_deg), (size.0, size.1, degrees));
        let turned = read_all(&mut *clip).unwrap();
        for (x, y) in [(0, 0), (95, 0), (13, 30), (50, 63)] {
            let (to_x, to_y) = match degrees {
                0 => (x, y),
                90 => (63 - y, x),
                180 => (95 - x, 63 - y),
                _ => (y, 95 - x),
            };
            assert_eq!(pixel(&turned[7], to_x, to_y), pixel(&upright[7], x, y), "{degrees}°");
        }
        if with_ffmpeg {
            let mut other = open(&path, &options(Decoder::Ffmpeg)).unwrap();
            assert_eq!(other.info().rotation_deg, degrees);
            let other = read_all(&mut *other).unwrap();
            assert!(difference(&other[7], &turned[7]) < 2.0, "{degrees}°: {}", difference(&other[7], &turned[7]));
        }
    }
}

#[test]
fn each_unfit_file_has_one_line_that_tells_the_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let any = without_ffmpeg(Decoder::Auto);
    let whole = std::fs::read(FIXTURE).unwrap();
    use SourceError as E;
    assert!(matches!(error_of(&file("empty.mp4", b""), &any), E::Empty { .. }));
    assert!(matches!(error_of(&file("notes.mp4", b"not a video\n"), &any), E::NotAClip { .. }));
    assert!(matches!(error_of(&file("zeros.mp4", &[0; 5000]), &any), E::NotAClip { .. }));
    assert!(matches!(error_of(&file("doc.mov", b"%PDF-1.7"), &any), E::NotAClip { .. }));
    assert!(matches!(error_of(&file("song.mp4", b"ID3\x04\0\0"), &any), E::NoPicture { .. }));
    assert!(matches!(error_of(&folder.path().join("gone\nfar.mp4"), &any), E::NotFound { .. }));
    assert!(matches!(error_of(&file("a\nb.mp4", b"x"), &any), E::NotAClip { .. }));
    assert!(matches!(error_of(&file("p.jsonl", b"{\"schema\":\"formcheck.poses/1\"}"), &any), E::HasNoPictures { .. }));
    assert!(matches!(error_of(&file("cut.mp4", &whole[..whole.len() - 100]), &any), E::Truncated { .. }));
    assert!(matches!(error_of(&file("head.mp4", &whole[..200]), &any), E::Truncated { .. }));
    assert!(matches!(
        error_of(&file("cut.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), &any),
        E::Truncated { .. } | E::Damaged { .. }
    ));
    std::fs::create_dir(folder.path().join("none")).unwrap();
    assert!(matches!(error_of(&folder.path().join("none"), &any), E::NoImages { .. }));
    let no_rate = OpenOptions { image_fps: 0.0, ..any.clone() };
    assert!(matches!(error_of(folder.path(), &no_rate), E::BadImageRate { .. }));

    let (_kept, sound) = changed(|bytes| {
        let at = find(bytes, b"vide");
        bytes[at..at + 4].copy_from_slice(b"soun");
    });
    assert!(matches!(error_of(&sound, &any), E::NoPicture { .. }));
    let codec = |bytes: &mut Vec<u8>, name: &[u8; 4]| {
        let at = find(bytes, b"stsd") + 16;
        bytes[at..at + 4].copy_from_slice(name);
    };
    let (_kept, locked) = changed(|bytes| codec(bytes, b"encv"));
    assert!(matches!(error_of(&locked, &any), E::Encrypted { .. }));
    let (_kept, foreign) = changed(|bytes| codec(bytes, b"vp09"));
    let missing = error_of(&foreign, &any);
    assert!(matches!(missing, E::NeedsFfmpeg { .. }));
    assert!(missing.to_string().contains("VP9") && missing.to_string().contains("install"), "{missing}");
    assert!(matches!(error_of(&foreign, &without_ffmpeg(Decoder::BuiltIn)), E::BeyondBuiltIn { .. }));
    let (_kept, no_frames) = changed(|bytes| {
        let at = find(bytes, b"stsz") + 12;
        bytes[at..at + 4].fill(0);
    });
    assert!(matches!(error_of(&no_frames, &any), E::NoFrames { .. }));
}

#[cfg(unix)]
#[test]
fn an_unreadable_file_is_said_to_be_unreadable() {
    use std::os::unix::fs::PermissionsExt;
    let (_folder, path) = changed(|_| ());
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o000)).unwrap();
    if std::fs::read(&path).is_ok() {
        println!("skipped: this user may read everything");
        return;
    }
    assert!(matches!(error_of(&path, &OpenOptions::default()), SourceError::Unreadable { .. }));
}

#[test]
fn sizes_beyond_the_limit_are_refused_and_8k_is_not() {
    let path = Path::new("clip.mp4");
    assert_eq!(check_size(path, 7680, 4320).unwrap(), (7680, 4320));
    assert!(matches!(check_size(path, 16_385, 1), Err(SourceError::TooLarge { .. })));
    assert!(matches!(check_size(path, 16_384, 16_384), Err(SourceError::TooLarge { .. })));
    assert!(matches!(check_size(path, u64::MAX, 9), Err(SourceError::TooLarge { .. })));
    assert!(matches!(check_size(path, 0, 9), Err(SourceError::NoFrames { .. })));
}

#[test]
fn times_always_move_on() {
    let mut clock = Clock::default();
    let given = [0, 40, 40, 39, 80].map(Timestamp::from_micros);
    assert_eq!(given.map(|t| clock.strictly_after(t).micros()), [0, 40, 41, 42, 80]);
    assert_eq!(micros(1001, 1, 30_000), Some(33_367));
    assert_eq!(micros(-1001, 1, 30_000), Some(-33_367));
    assert_eq!(micros(1, 1, 0), None);
    assert_eq!(micros(i64::MAX, u64::MAX, 1), None);
}

/// xorshift64*: a fixed seed gives the same damage every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % limit
    }

    fn damage(&mut self, bytes: &mut Vec<u8>) {
        // Mostly the index and the headers, which is where lengths and counts are.
        let reach = if self.below(3) == 0 { bytes.len() } else { bytes.len().min(1800) };
        for _ in 0..=self.below(6) {
            let at = self.below(reach).min(bytes.len() - 1);
            match self.below(5) {
                0 => bytes[at] = 0,
                1 => bytes[at] = 0xFF,
                2 => bytes[at] ^= 1 << self.below(8),
                3 => bytes[at] = self.below(256) as u8,
                _ => {
                    let end = (at + 1 + self.below(12)).min(bytes.len());
                    if bytes.len() > 64 && self.below(2) == 0 {
                        bytes.drain(at..end);
                    } else {
                        bytes[at..end].fill(0xFF);
                    }
                }
            }
        }
        if self.below(8) == 0 {
            bytes.truncate(1 + self.below(bytes.len()));
        }
    }
}

/// Reads at most so many frames, seeks once; whatever comes, it must come back.
fn survive(path: &Path, seed: usize) -> bool {
    let Ok(mut clip) = open(path, &without_ffmpeg(Decoder::Auto)) else { return false };
    let mut frame = Frame::default();
    let mut last = None;
    for _ in 0..60 {
        match clip.read(&mut frame) {
            Ok(true) => {
                assert!(last < Some(frame.t), "seed {seed}: time stands still");
                assert_eq!((frame.width(), frame.height()), (clip.info().width, clip.info().height), "seed {seed}");
                last = Some(frame.t);
            }
            Ok(false) => break,
            Err(error) => {
                assert!(!error.to_string().contains(char::is_control), "seed {seed}: {error}");
                break;
            }
        }
    }
    clip.seek(Timestamp::from_micros(300_000)).is_ok() && clip.read(&mut frame).is_ok()
}

#[test]
fn damaged_files_give_pictures_or_an_error_but_no_panic() {
    let folder = tempfile::tempdir().unwrap();
    let video = std::fs::read(FIXTURE).unwrap();
    let animation = three_frame_gif();
    let hevc = "-f lavfi -i testsrc2=s=64x48:r=25:d=0.4 -c:v libx265 -x265-params log-level=none -tag:v hvc1";
    let parts = "-f lavfi -i testsrc2=s=64x48:r=25:d=0.4 -c:v libx264 -movflags frag_every_frame+empty_moov";
    let more = [("hevc.mp4", hevc), ("parts.mp4", parts)].map(|(name, how)| made(folder.path(), name, how));
    let more = more.map(|path| path.map_or(video.clone(), |path| std::fs::read(path).unwrap()));
    let mut outcomes = BTreeMap::new();
    for seed in 1..=400 {
        let mut dice = Dice((seed as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let (name, original) = match seed % 5 {
            0 => ("a.gif", &animation),
            1 => ("hevc.mp4", &more[0]),
            2 => ("parts.mp4", &more[1]),
            _ => ("a.mp4", &video),
        };
        let mut bytes = original.clone();
        dice.damage(&mut bytes);
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        *outcomes.entry((name, survive(&path, seed))).or_insert(0) += 1;
    }
    // The damage is of a kind that some files survive and some do not.
    assert_eq!(outcomes.len(), 8, "{outcomes:?}");
}

/// 5 x 3; red; then a green pixel laid over it that is taken away again; then a blue one with a delay of nothing.
fn three_frame_gif() -> Vec<u8> {
    use ::gif::{DisposalMethod, Encoder, Frame};
    let palette = [255, 0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0];
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, 5, 3, &palette).unwrap();
    let frame = |left, width, height, index: u8, delay, dispose| Frame {
        left,
        width,
        height,
        delay,
        dispose,
        buffer: vec![index; usize::from(width) * usize::from(height)].into(),
        ..Frame::default()
    };
    encoder.write_frame(&frame(0, 5, 3, 0, 5, DisposalMethod::Keep)).unwrap();
    encoder.write_frame(&frame(2, 1, 1, 1, 0, DisposalMethod::Previous)).unwrap();
    encoder.write_frame(&frame(3, 1, 3, 2, 7, DisposalMethod::Background)).unwrap();
    encoder.write_frame(&frame(0, 1, 1, 1, 1, DisposalMethod::Keep)).unwrap();
    drop(encoder);
    bytes
}

#[test]
fn gifs_are_composed_as_a_browser_does() {
    let folder = tempfile::tempdir().unwrap();
    // The name says otherwise; the content decides.
    let path = folder.path().join("dance.mp4");
    std::fs::write(&path, three_frame_gif()).unwrap();
    assert_eq!(kind(&path).unwrap(), Kind::Gif);
    let mut clip = open(&path, &without_ffmpeg(Decoder::Auto)).unwrap();
    assert_eq!((clip.info().frames, clip.info().duration), (Some(4), Some(Timestamp::from_micros(320_000))));
    let frames = read_all(&mut *clip).unwrap();
    assert_eq!(times_of(&frames), [0, 50_000, 150_000, 220_000]);
    let row = |frame: &Frame| -> String {
        let name = |x| match pixel(frame, x, 0) {
            [255, 0, 0] => 'r',
            [0, 255, 0] => 'g',
            [0, 0, 255] => 'b',
            [255, 255, 255] => '.',
            _ => '?',
        };
        (0..5).map(name).collect()
    };
    assert_eq!(frames.iter().map(row).collect::<Vec<_>>(), ["rrrrr", "rrgrr", "rrrbr", "grr.r"]);
    let mut frame = Frame::default();
    for (micros, expected) in [(219_999, 2), (0, 0), (1_000_000, 3), (50_000, 1)] {
        clip.seek(Timestamp::from_micros(micros)).unwrap();
        assert!(clip.read(&mut frame).unwrap() && frame == frames[expected], "{micros} µs");
    }
    let cut = folder.path().join("cut.gif");
    let bytes = three_frame_gif();
    std::fs::write(&cut, &bytes[..bytes.len() - 8]).unwrap();
    assert!(matches!(
        error_of(&cut, &OpenOptions::default()),
        SourceError::Truncated { .. } | SourceError::Damaged { .. }
    ));
}

/// A picture whose left upper quarter is white.
fn corner(width: u32, height: u32) -> image::RgbImage {
    image::RgbImage::from_fn(width, height, |x, y| {
        image::Rgb([if x < width / 2 && y < height / 2 { 255 } else { 20 }; 3])
    })
}

/// Puts an Exif segment with that orientation behind the start marker of a JPEG.
fn with_orientation(jpeg: &[u8], tag: u8) -> Vec<u8> {
    let tiff = [b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".as_slice(), &[tag, 0, 0, 0, 0, 0, 0]].concat();
    let segment = [&[0xFF, 0xE1][..], &(tiff.len() as u16 + 8).to_be_bytes(), b"Exif\0\0", &tiff].concat();
    [&jpeg[..2], &segment, &jpeg[2..]].concat()
}

#[test]
fn a_folder_of_images_is_a_clip_in_natural_order() {
    let folder = tempfile::tempdir().unwrap();
    for (name, level) in [("img10.png", 100), ("img2.bmp", 20), ("img1.webp", 10)] {
        image::RgbImage::from_pixel(7, 5, image::Rgb([level; 3])).save(folder.path().join(name)).unwrap();
    }
    std::fs::write(folder.path().join("Thumbs.db"), b"not a picture").unwrap();
    let mut clip = open(folder.path(), &OpenOptions { image_fps: 29.97, ..OpenOptions::default() }).unwrap();
    assert_eq!((clip.info().width, clip.info().height, clip.info().frames), (7, 5, Some(3)));
    let frames = read_all(&mut *clip).unwrap();
    assert_eq!(frames.iter().map(|frame| pixel(frame, 3, 3)[0]).collect::<Vec<_>>(), [10, 20, 100]);
    assert_eq!(times_of(&frames), [0, 33_367, 66_733]);
    let mut frame = Frame::default();
    for (micros, expected) in [(66_732, 1), (66_733, 2), (i64::MAX, 2), (-1, 0), (33_367, 1)] {
        clip.seek(Timestamp::from_micros(micros)).unwrap();
        assert!(clip.read(&mut frame).unwrap() && frame == frames[expected], "{micros} µs");
    }
    let odd = folder.path().join("img3.png");
    image::RgbImage::new(5, 7).save(&odd).unwrap();
    let error = error_of(folder.path(), &OpenOptions::default());
    assert!(matches!(&error, SourceError::SizeChanges { path, .. } if *path == odd), "{error}");
}

#[test]
fn a_photo_is_a_clip_of_one_upright_frame() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("photo.jpg");
    corner(48, 32).save(&path).unwrap();
    let jpeg = std::fs::read(&path).unwrap();
    // Where the white corner of the stored picture is seen, as (right, below).
    for (tag, seen) in
        [(1, (false, false)), (3, (true, true)), (6, (true, false)), (8, (false, true)), (4, (false, true))]
    {
        std::fs::write(&path, with_orientation(&jpeg, tag)).unwrap();
        let frames = frames_of(&path, &OpenOptions::default());
        assert_eq!(frames.len(), 1);
        let frame = &frames[0];
        assert_eq!(
            (frame.width(), frame.height()),
            if tag == 6 || tag == 8 { (32, 48) } else { (48, 32) },
            "tag {tag}"
        );
        let (x, y) = (if seen.0 { frame.width() - 4 } else { 3 }, if seen.1 { frame.height() - 4 } else { 3 });
        assert!(pixel(frame, x, y)[0] > 200, "tag {tag}: {:?}", pixel(frame, x, y));
        assert!(pixel(frame, frame.width() - 1 - x, frame.height() - 1 - y)[0] < 60, "tag {tag}");
    }
}

#[test]
fn fingerprints_are_sha256() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("abc");
    std::fs::write(&path, b"abc").unwrap();
    // FIPS 180-2, appendix B.1.
    let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(fingerprint(&path).unwrap(), expected);
    assert!(matches!(fingerprint(folder.path()), Err(SourceError::NoImages { .. })));
    corner(4, 4).save(folder.path().join("a.png")).unwrap();
    let one = fingerprint(folder.path()).unwrap();
    corner(4, 4).save(folder.path().join("b.png")).unwrap();
    let two = fingerprint(folder.path()).unwrap();
    assert!(one.len() == 64 && one != two);
    assert!(matches!(fingerprint(&folder.path().join("c")), Err(SourceError::NotFound { .. })));
}

#[test]
fn what_the_built_in_decoder_shows_is_what_ffmpeg_shows() {
    let folder = tempfile::tempdir().unwrap();
    let made = |name: &str, arguments: &str| made(folder.path(), name, arguments);
    let h264 = "-c:v libx264 -profile:v high -bf 3 -g 10 -pix_fmt yuv420p";
    let hevc = "-c:v libx265 -x265-params log-level=none:bframes=3:keyint=10";
    let clips = [
        made("high.mp4", &format!("{} {h264}", pattern("160x90", ""))),
        made("bt601.mov", &format!("{} {h264} -colorspace smpte170m -color_range pc", pattern("160x90", ""))),
        made("fragments.mp4", &format!("{} {h264} -movflags frag_keyframe+empty_moov", pattern("160x90", ""))),
        made(
            "each_frame.mp4",
            &format!("{} {h264} -movflags frag_every_frame+empty_moov+default_base_moof", pattern("64x48", "")),
        ),
        made(
            "uneven.mp4",
            &format!("{} {h264} -fps_mode vfr", pattern("160x90", ",select='not(mod(n\\,3))+not(mod(n\\,5))'")),
        ),
        made("baseline.mp4", &format!("{} -c:v libx264 -profile:v baseline -pix_fmt yuv420p", pattern("66x50", ""))),
        made("eight.mp4", &format!("{} {hevc} -tag:v hvc1 -pix_fmt yuv420p", pattern("160x90", ""))),
        made("ten.mov", &format!("{} {hevc} -tag:v hvc1 -pix_fmt yuv420p10le", pattern("160x90", ""))),
        made("one.mp4", &format!("{} {h264} -frames:v 1", pattern("160x90", ""))),
        made(
            "clean.mp4",
            &format!("{} {h264} -x264-params sliced-threads=1:threads=2:open-gop=1", pattern("160x90", "")),
        ),
    ];
    for path in clips.into_iter().flatten() {
        let mut clip = open(&path, &without_ffmpeg(Decoder::Auto)).unwrap();
        let ours = read_all(&mut *clip).unwrap();
        let theirs = frames_of(&path, &options(Decoder::Ffmpeg));
        assert_eq!(times_of(&ours), times_of(&theirs), "{path:?}");
        assert_eq!(clip.info().frames, Some(ours.len() as u64), "{path:?}");
        for (n, (a, b)) in ours.iter().zip(&theirs).enumerate() {
            assert!(difference(a, b) < 2.0, "{path:?}: frame {n} differs by {}", difference(a, b));
        }
        // Every picture again, from behind, so that each seek starts the decoder anew.
        let mut frame = Frame::default();
        for (n, expected) in ours.iter().enumerate().rev() {
            clip.seek(expected.t).unwrap();
            assert!(clip.read(&mut frame).unwrap() && frame == *expected, "{path:?}: frame {n} after a seek");
        }
    }
}

#[test]
fn an_edit_list_cuts_what_it_cuts_in_ffmpeg() {
    let folder = tempfile::tempdir().unwrap();
    let source = format!("{} -c:v libx264 -bf 2 -g 8 -pix_fmt yuv420p", pattern("64x48", ""));
    let Some(whole) = made(folder.path(), "whole.mp4", &source) else { return };
    let Some(cut) = made(folder.path(), "cut.mp4", &format!("-ss 0.5 -i {} -t 0.4 -c copy", whole.display())) else {
        return;
    };
    let mut clip = open(&cut, &without_ffmpeg(Decoder::Auto)).unwrap();
    let length = clip.info().duration.unwrap().secs();
    let ours = read_all(&mut *clip).unwrap();
    let last = ours[ours.len() - 1].t.secs();
    assert!(length > last && length < last + 0.09, "{length} s, last frame at {last} s");
    let theirs = frames_of(&cut, &options(Decoder::Ffmpeg));
    assert_eq!(times_of(&ours), times_of(&theirs));
    assert!(ours.len() < 25 && ours[0].t == Timestamp::ZERO);
    assert!(ours.iter().zip(&theirs).all(|(a, b)| difference(a, b) < 2.0));
}

#[test]
fn other_containers_and_codecs_come_through_ffmpeg() {
    let folder = tempfile::tempdir().unwrap();
    let made = |name: &str, arguments: &str| made(folder.path(), name, arguments);
    let even = pattern("96x64", "");
    let clips = [
        made(
            "a.webm",
            "-f lavfi -i testsrc=s=97x65:r=25:d=1.2 -pix_fmt yuv420p -c:v libvpx-vp9 -deadline realtime -cpu-used 8",
        ),
        made("a.mkv", &format!("{even} -c:v libx264 -pix_fmt yuv420p")),
        made("av1.mp4", &format!("{even} -c:v libsvtav1 -preset 12 -pix_fmt yuv420p")),
        made("a.avi", &format!("{even} -c:v mpeg4")),
        made("vp9.mp4", &format!("{even} -c:v libvpx-vp9 -deadline realtime -cpu-used 8")),
    ];
    for path in clips.into_iter().flatten() {
        let mut clip = open(&path, &OpenOptions::default()).unwrap();
        assert!(clip.decoder().starts_with("ffmpeg "), "{path:?}");
        let size = if path.ends_with("a.webm") { (97, 65) } else { (96, 64) };
        assert_eq!((clip.info().width, clip.info().height), size, "{path:?}");
        let frames = read_all(&mut *clip).unwrap();
        // A Matroska file counts in milliseconds, which 40 ms are a whole number of.
        assert_eq!(times_of(&frames), (0..30).map(|n| n * 40_000).collect::<Vec<_>>(), "{path:?}");
        let mut frame = Frame::default();
        for n in [20, 3, 29, 0] {
            clip.seek(frames[n].t + 0.01).unwrap();
            assert!(clip.read(&mut frame).unwrap() && frame == frames[n], "{path:?}: frame {n}");
        }
        let missing = error_of(&path, &without_ffmpeg(Decoder::Auto));
        assert!(matches!(missing, SourceError::NeedsFfmpeg { .. }), "{missing}");
    }
}

#[test]
fn a_long_clip_is_sought_through_ffmpegs_own_index_and_stays_exact() {
    let folder = tempfile::tempdir().unwrap();
    let source = "-f lavfi -i testsrc2=s=64x48:r=25:d=9 -c:v libx264 -g 30 -bf 2 -pix_fmt yuv420p";
    let Some(path) = made(folder.path(), "long.mkv", source) else { return };
    let mut clip = open(&path, &OpenOptions::default()).unwrap();
    let frames = read_all(&mut *clip).unwrap();
    let mut frame = Frame::default();
    for n in [200, 100, 224, 60, 65, 90, 0] {
        clip.seek(frames[n].t).unwrap();
        assert!(clip.read(&mut frame).unwrap());
        assert_eq!(frame.t, frames[n].t);
        assert!(frame == frames[n], "frame {n}");
    }
}

#[test]
fn oblong_pixels_are_made_square() {
    let folder = tempfile::tempdir().unwrap();
    let source = format!("{} -c:v libx264 -pix_fmt yuv420p", pattern("96x64", ",setsar=4/3"));
    let Some(path) = made(folder.path(), "oblong.mp4", &source) else { return };
    let clip = open(&path, &OpenOptions::default()).unwrap();
    assert_eq!((clip.info().width, clip.info().height), (128, 64));
    assert!(matches!(error_of(&path, &without_ffmpeg(Decoder::Auto)), SourceError::NeedsFfmpeg { .. }));
}

#[test]
fn ffmpeg_takes_over_in_mid_clip_without_losing_or_doubling_a_picture() {
    if ffmpeg_version(Path::new("ffmpeg")).is_none() {
        println!("skipped: no ffmpeg");
        return;
    }
    let mut file = File::open(FIXTURE).unwrap();
    let length = file.metadata().unwrap().len();
    let index = mp4::read_index(&mut file, length).unwrap();
    let (_folder, path) = changed(|bytes| {
        // The length before the first NAL unit of a picture becomes nonsense.
        let at = index.samples[16].offset as usize;
        bytes[at..at + 4].fill(0xFF);
    });
    let run = || {
        let mut clip = open(&path, &OpenOptions::default()).unwrap();
        assert_eq!(clip.decoder(), "built-in H.264");
        let frames = read_all(&mut *clip).unwrap();
        assert!(clip.decoder().starts_with("ffmpeg "), "{}", clip.decoder());
        assert_eq!(clip.info().frames, Some(25), "how many there should have been is still known");
        frames
    };
    let frames = run();
    assert!(frames == run(), "two runs differ");
    let whole = frames_of(Path::new(FIXTURE), &without_ffmpeg(Decoder::Auto));
    assert!(frames.windows(2).all(|pair| pair[0].t < pair[1].t));
    assert!(frames.len() >= 23, "{} frames", frames.len());
    assert!(frames.iter().all(|frame| whole.iter().any(|w| w.t == frame.t)));
    assert!(frames[..12] == whole[..12]);
    // After the next key frame the picture is whole again.
    assert!(difference(frames.last().unwrap(), whole.last().unwrap()) < 2.0);
    let alone = error_of(&path, &without_ffmpeg(Decoder::Auto));
    assert!(matches!(alone, SourceError::NeedsFfmpeg { .. }), "{alone}");
}

#[test]
fn ffmpeg_errors_become_ours() {
    let folder = tempfile::tempdir().unwrap();
    let Some(sound) = made(folder.path(), "sound.mkv", "-f lavfi -i sine=d=0.3 -c:a flac") else { return };
    assert!(matches!(error_of(&sound, &OpenOptions::default()), SourceError::NoPicture { .. }));
    let Some(whole) = made(folder.path(), "whole.mkv", &format!("{} -c:v libx264", pattern("96x64", ""))) else {
        return;
    };
    let bytes = std::fs::read(&whole).unwrap();
    let cut = folder.path().join("cut.mkv");
    std::fs::write(&cut, &bytes[..bytes.len() / 2]).unwrap();
    assert!(matches!(error_of(&cut, &OpenOptions::default()), SourceError::Truncated { .. }));
    std::fs::write(&cut, [&bytes[..20], &[0x55; 3000]].concat()).unwrap();
    error_of(&cut, &OpenOptions::default());
    // Names that a program might take for options, protocols or patterns.
    for name in ["-i.mkv", "concat:a|b.mkv", "p%d w=1.mkv", "http:x.mkv"] {
        let path = folder.path().join(name);
        if std::fs::copy(&whole, &path).is_ok() {
            assert_eq!(frames_of(&path, &OpenOptions::default()).len(), 30, "{name}");
        }
    }
}

#[test]
fn an_8k_clip_is_decoded() {
    let folder = tempfile::tempdir().unwrap();
    let source = "-f lavfi -i color=c=gray:s=7680x4320:r=1:d=1 -c:v libx264 -preset ultrafast -pix_fmt yuv420p";
    let Some(path) = made(folder.path(), "8k.mp4", source) else { return };
    let frames = frames_of(&path, &without_ffmpeg(Decoder::Auto));
    assert_eq!((frames.len(), frames[0].width(), frames[0].height()), (1, 7680, 4320));
}

#[test]
fn the_index_agrees_with_another_reader() {
    let mut paths = vec![PathBuf::from(FIXTURE)];
    paths.extend(["sq01_rohan.mp4", "bd01_honza.mp4"].into_iter().filter_map(shared_clip));
    for path in paths {
        let mut file = File::open(&path).unwrap();
        let length = file.metadata().unwrap().len();
        let ours = mp4::read_index(&mut file, length).unwrap();
        let (theirs, _) = re_mp4::Mp4::read_file(&path).unwrap();
        let track = theirs.tracks().values().find(|track| track.kind == Some(re_mp4::TrackKind::Video)).unwrap();
        assert_eq!(ours.samples.len(), track.samples.len());
        let first = ours.samples.iter().map(|sample| sample.shown).min().unwrap();
        for (a, b) in ours.samples.iter().zip(&track.samples) {
            let seen = (a.offset, u64::from(a.size), a.shown - first, a.sync);
            assert_eq!(seen, (b.offset, b.size, b.composition_timestamp, b.is_sync), "{path:?}");
        }
    }
}

#[test]
fn real_clips_have_the_frames_that_their_notes_say() {
    for (name, size, secs, fps) in [
        ("sq01_rohan.mp4", (608, 1080), 20.5, 29.97),
        ("sq04_muk_nodepth.gif", (240, 427), 4.8, 12.5),
        ("ng06_sports2d.mp4", (1768, 994), 7.7, 30.0),
    ] {
        let Some(path) = shared_clip(name) else { continue };
        let mut clip = match open(&path, &OpenOptions::default()) {
            Err(error @ SourceError::NeedsFfmpeg { .. }) => {
                println!("skipped: {error}");
                continue;
            }
            opened => opened.unwrap(),
        };
        assert_eq!((clip.info().width, clip.info().height), size, "{name}");
        let mut frame = Frame::default();
        let mut times = Vec::new();
        while times.len() < 40 && clip.read(&mut frame).unwrap() {
            times.push(frame.t.secs());
        }
        let step = (times[times.len() - 1] - times[0]) / (times.len() - 1) as f64;
        assert!((1.0 / step - fps).abs() < 0.2, "{name}: {} fps", 1.0 / step);
        if let Some(duration) = clip.info().duration {
            assert!((duration.secs() - secs).abs() < 0.1, "{name}: {} s", duration.secs());
        }
        assert!(frame.rgb().iter().any(|&v| v > 128) && frame.rgb().iter().any(|&v| v < 64));
    }
}

#[test]
fn real_clips_look_the_same_through_both_decoders() {
    if ffmpeg_version(Path::new("ffmpeg")).is_none() {
        println!("skipped: no ffmpeg");
        return;
    }
    for name in ["sq01_rohan.mp4", "bd01_honza.mp4", "ng01_honza_cat.mp4"] {
        let Some(path) = shared_clip(name) else { continue };
        let mut clips = [Decoder::BuiltIn, Decoder::Ffmpeg].map(|decoder| open(&path, &options(decoder)).unwrap());
        assert_eq!(clips[0].info().rotation_deg, clips[1].info().rotation_deg, "{name}");
        let mut frames = [Frame::default(), Frame::default()];
        for n in 0..12 {
            for (clip, frame) in clips.iter_mut().zip(&mut frames) {
                assert!(clip.read(frame).unwrap());
            }
            assert_eq!(frames[0].t, frames[1].t, "{name}: frame {n}");
            let apart = difference(&frames[0], &frames[1]);
            assert!(apart < 1.5, "{name}: frame {n} differs by {apart}");
        }
    }
}

/// `cargo test --lib source::tests::frames_per_second -- --ignored --nocapture` tells how fast both decoders are.
#[test]
#[ignore = "measures time"]
fn frames_per_second() {
    let Some(path) = shared_clip("sq01_rohan.mp4") else { return };
    for decoder in [Decoder::BuiltIn, Decoder::Ffmpeg] {
        let begin = std::time::Instant::now();
        let mut clip = open(&path, &options(decoder)).unwrap();
        let (mut frame, mut count) = (Frame::default(), 0);
        while clip.read(&mut frame).unwrap() {
            count += 1;
        }
        let secs = begin.elapsed().as_secs_f64();
        println!("{}: {count} frames in {secs:.2} s, {:.0} frames/s", clip.decoder(), f64::from(count) / secs);
    }
}
