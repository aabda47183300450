//! What the headers of an H.264 or HEVC stream say before a picture is decoded: size, cropping, colours.
//!
//! Input: the `avcC`/`hvcC` record of a container and NAL units. Output: parameter sets, and what the H.264 sequence
//! parameter set holds (ITU-T H.264 7.3.2.1.1 and annex E). Not handled: anything of a picture itself.

use yuv::{YuvRange, YuvStandardMatrix};

/// How luma and chroma become RGB.
///
/// Unspecified coefficients mean BT.601, limited range: what ffmpeg takes too, so that both decoders give one picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Color {
    pub matrix: YuvStandardMatrix,
    pub range: YuvRange,
}

impl Color {
    /// From the matrix coefficients of ISO 23091-2 and the full-range flag. HDR clips (BT.2020) keep their transfer
    /// curve: flat to look at, good enough to find a body in.
    pub(super) fn new(matrix_coefficients: u8, full_range: bool) -> Color {
        let matrix = match matrix_coefficients {
            1 => YuvStandardMatrix::Bt709,
            4 => YuvStandardMatrix::Fcc,
            7 => YuvStandardMatrix::Smpte240,
            9 | 10 => YuvStandardMatrix::Bt2020,
            _ => YuvStandardMatrix::Bt601,
        };
        Color { matrix, range: if full_range { YuvRange::Full } else { YuvRange::Limited } }
    }
}

/// Matrix coefficients that mean "look elsewhere".
pub(super) const UNSPECIFIED: u8 = 2;

/// What a sequence parameter set says of the pictures.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sequence {
    /// Before cropping, px.
    pub coded: (u64, u64),
    /// Left, right, top, bottom, px.
    pub crop: [u64; 4],
    /// Matrix coefficients and full range.
    pub color: Option<(u8, bool)>,
    /// Pixels are not square.
    pub oblong_pixels: bool,
}

impl Sequence {
    /// After cropping, px; `None` when nothing is left.
    pub(super) fn shown_size(&self) -> Option<(u64, u64)> {
        let [left, right, top, bottom] = self.crop;
        let width = self.coded.0.checked_sub(left.checked_add(right)?)?;
        let height = self.coded.1.checked_sub(top.checked_add(bottom)?)?;
        (width > 0 && height > 0).then_some((width, height))
    }
}

/// The parameter sets of a container's codec record, and how long the lengths before its NAL units are.
#[derive(Debug, PartialEq)]
pub(super) struct CodecConfig {
    /// NAL units in the order in which they are to be decoded.
    pub nals: Vec<Vec<u8>>,
    /// 1, 2 or 4 bytes (3 is not allowed, and read all the same).
    pub length_bytes: usize,
}

impl CodecConfig {
    /// `avcC`, ISO 14496-15 5.3.3.1.
    pub(super) fn avc(record: &[u8]) -> Option<CodecConfig> {
        let length_bytes = usize::from(record.get(4)? & 3) + 1;
        let mut nals = Vec::new();
        let mut rest = record.get(5..)?;
        for mask in [0x1F, 0xFF] {
            let count = rest.first()? & mask;
            rest = &rest[1..];
            for _ in 0..count {
                nals.push(take_sized(&mut rest, 2)?.to_vec());
            }
        }
        Some(CodecConfig { nals, length_bytes })
    }

    /// `hvcC`, ISO 14496-15 8.3.3.1.
    pub(super) fn hevc(record: &[u8]) -> Option<CodecConfig> {
        let length_bytes = usize::from(record.get(21)? & 3) + 1;
        let mut nals = Vec::new();
        let arrays = *record.get(22)?;
        let mut rest = record.get(23..)?;
        for _ in 0..arrays {
            let count = u16::from_be_bytes([*rest.get(1)?, *rest.get(2)?]);
            rest = &rest[3..];
            for _ in 0..count {
                nals.push(take_sized(&mut rest, 2)?.to_vec());
            }
        }
        Some(CodecConfig { nals, length_bytes })
    }
}

/// Takes a big-endian length of `length_bytes` and that many bytes; `None` when they are not there.
fn take_sized<'a>(rest: &mut &'a [u8], length_bytes: usize) -> Option<&'a [u8]> {
    let length = rest.get(..length_bytes)?.iter().fold(0usize, |n, &byte| n << 8 | usize::from(byte));
    let nal = rest.get(length_bytes..length_bytes.checked_add(length)?)?;
    *rest = &rest[length_bytes + length..];
    Some(nal)
}

/// The NAL units of a sample, as far as their lengths make sense; the last item is `None` where they stop to.
pub(super) fn sample_nals(sample: &[u8], length_bytes: usize) -> impl Iterator<Item = Option<&[u8]>> {
    let (mut rest, mut broken) = (sample, false);
    std::iter::from_fn(move || {
        if rest.is_empty() || broken {
            return None;
        }
        let nal = take_sized(&mut rest, length_bytes);
        broken = nal.is_none();
        Some(nal)
    })
    .filter(|nal| nal.is_none_or(|nal| !nal.is_empty()))
}

/// Takes out the bytes that keep start codes from appearing (H.264 7.3.1, HEVC 7.3.1.1).
pub(super) fn unescaped(nal: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(nal.len());
    let mut zeros = 0;
    for &byte in nal {
        if zeros >= 2 && byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if byte == 0 { zeros + 1 } else { 0 };
        plain.push(byte);
    }
    plain
}

/// Reads an H.264 sequence parameter set (with its NAL header byte); `None` when it is broken.
pub(super) fn h264_sequence(nal: &[u8]) -> Option<Sequence> {
    let plain = unescaped(nal.get(1..)?);
    let mut bits = Bits { data: &plain, at: 0 };
    let profile = bits.take(8)?;
    bits.take(16)?;
    bits.exp_golomb()?;
    let mut chroma_format = 1;
    let mut separate_planes = false;
    if matches!(profile, 100 | 110 | 122 | 244 | 44 | 83 | 86 | 118 | 128 | 138 | 139 | 134 | 135) {
        chroma_format = bits.exp_golomb()?;
        if chroma_format == 3 {
            separate_planes = bits.flag()?;
        }
        bits.exp_golomb()?;
        bits.exp_golomb()?;
        bits.flag()?;
        if bits.flag()? {
            skip_scaling_lists(&mut bits, if chroma_format == 3 { 12 } else { 8 })?;
        }
    }
    bits.exp_golomb()?;
    skip_picture_order(&mut bits)?;
    bits.exp_golomb()?;
    bits.flag()?;
    let width_blocks = u64::from(bits.exp_golomb()?) + 1;
    let height_units = u64::from(bits.exp_golomb()?) + 1;
    let frames_only = bits.flag()?;
    if !frames_only {
        bits.flag()?;
    }
    bits.flag()?;
    let field_factor = if frames_only { 1 } else { 2 };
    let (unit_x, unit_y) = match chroma_format {
        1 if !separate_planes => (2, 2 * field_factor),
        2 if !separate_planes => (2, field_factor),
        _ => (1, field_factor),
    };
    let mut crop = [0; 4];
    if bits.flag()? {
        for (side, unit) in crop.iter_mut().zip([unit_x, unit_x, unit_y, unit_y]) {
            *side = u64::from(bits.exp_golomb()?) * unit;
        }
    }
    let (oblong_pixels, color) =
        if bits.flag()? { usability(&mut bits).unwrap_or_default() } else { Default::default() };
    Some(Sequence { coded: (width_blocks * 16, height_units * 16 * field_factor), crop, color, oblong_pixels })
}

fn skip_scaling_lists(bits: &mut Bits, lists: usize) -> Option<()> {
    for list in 0..lists {
        if !bits.flag()? {
            continue;
        }
        let (mut last, mut next) = (8i64, 8i64);
        for _ in 0..if list < 6 { 16 } else { 64 } {
            if next != 0 {
                next = (last + bits.signed_exp_golomb()?).rem_euclid(256);
            }
            last = if next == 0 { last } else { next };
        }
    }
    Some(())
}

fn skip_picture_order(bits: &mut Bits) -> Option<()> {
    match bits.exp_golomb()? {
        0 => {
            bits.exp_golomb()?;
        }
        1 => {
            bits.flag()?;
            bits.exp_golomb()?;
            bits.exp_golomb()?;
            for _ in 0..bits.exp_golomb()?.min(255) {
                bits.exp_golomb()?;
            }
        }
        _ => {}
    }
    Some(())
}

/// Whether pixels are oblong, and the colours, from the start of the video usability information (annex E.1.1).
fn usability(bits: &mut Bits) -> Option<(bool, Option<(u8, bool)>)> {
    let mut oblong = false;
    if bits.flag()? {
        oblong = match bits.take(8)? {
            0 | 1 => false,
            255 => {
                let (width, height) = (bits.take(16)?, bits.take(16)?);
                width != height && width > 0 && height > 0
            }
            _ => true,
        };
    }
    if bits.flag()? {
        bits.flag()?;
    }
    if !bits.flag()? {
        return Some((oblong, None));
    }
    bits.take(3)?;
    let full = bits.flag()?;
    let matrix = if bits.flag()? { (bits.take(24)? & 0xFF) as u8 } else { UNSPECIFIED };
    Some((oblong, Some((matrix, full))))
}

struct Bits<'a> {
    data: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn flag(&mut self) -> Option<bool> {
        let byte = self.data.get(self.at / 8)?;
        let bit = byte >> (7 - self.at % 8) & 1;
        self.at += 1;
        Some(bit == 1)
    }

    /// At most 32.
    fn take(&mut self, count: u32) -> Option<u32> {
        (0..count).try_fold(0, |value, _| Some(value << 1 | u32::from(self.flag()?)))
    }

    /// ue(v), H.264 9.1.
    fn exp_golomb(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while !self.flag()? {
            zeros += 1;
        }
        (zeros < 32).then(|| self.take(zeros).map(|rest| (1u32 << zeros) - 1 + rest)).flatten()
    }

    /// se(v)
    fn signed_exp_golomb(&mut self) -> Option<i64> {
        let code = i64::from(self.exp_golomb()?);
        Some(if code % 2 == 1 { code / 2 + 1 } else { -(code / 2) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_golomb_codes_are_those_of_the_standard() {
        // 1 | 010 | 011 | 00100: 0, 1, 2, 3
        let mut bits = Bits { data: &[0b1010_0110, 0b0100_0000], at: 0 };
        assert_eq!([(); 4].map(|()| bits.exp_golomb()), [Some(0), Some(1), Some(2), Some(3)]);
        assert_eq!(Bits { data: &[0; 3], at: 0 }.exp_golomb(), None);
    }

    #[test]
    fn escape_bytes_are_taken_out() {
        assert_eq!(unescaped(&[1, 0, 0, 3, 1, 0, 0, 3]), [1, 0, 0, 1, 0, 0]);
    }

    #[test]
    fn a_sample_with_a_length_beyond_its_end_says_so() {
        let sample = [0, 0, 0, 2, 7, 8, 0, 0, 0, 9, 1];
        assert_eq!(sample_nals(&sample, 4).collect::<Vec<_>>(), [Some(&[7, 8][..]), None]);
    }

    #[test]
    fn parameter_sets_are_found_and_cut_ones_refused() {
        let record = [1, 100, 0, 31, 0xFF, 0xE1, 0, 2, 0x67, 1, 1, 0, 1, 0x68];
        let config = CodecConfig::avc(&record).unwrap();
        assert_eq!(config, CodecConfig { nals: vec![vec![0x67, 1], vec![0x68]], length_bytes: 4 });
        assert!((0..record.len()).all(|cut| CodecConfig::avc(&record[..cut]).is_none()));
    }
}
