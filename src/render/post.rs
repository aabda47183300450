//! Lens and sensor: linear light to bytes.
//!
//! Blur, camera shake, exposure, noise, tone curve. The noise is drawn from the picture's own seed, so that equal seeds give
//! equal bytes.

use super::linear::{Rng, V3};
use super::scene::Optics;
use std::sync::OnceLock;

const STEPS: usize = 4096;
/// Numbers in the table of noise, a power of two; and the most that are taken from it in one go, which follow once more
/// after its end.
const NOISES: usize = 1 << 15;
const RUN: usize = 4096;

/// Linear 0..=1 to sRGB bytes.
fn curve() -> &'static [u8; STEPS + 1] {
    static CURVE: OnceLock<Box<[u8; STEPS + 1]>> = OnceLock::new();
    CURVE.get_or_init(|| {
        Box::new(std::array::from_fn(|i| {
            let v = i as f32 / STEPS as f32;
            let s = if v <= 0.003_130_8 { 12.92 * v } else { 1.055 * v.powf(1.0 / 2.4) - 0.055 };
            (s * 255.0 + 0.5) as u8
        }))
    })
}

/// Bell-shaped noise of spread 0.7: what all channels share and what is their own add up to about one.
fn bells() -> &'static [f32] {
    static BELLS: OnceLock<Vec<f32>> = OnceLock::new();
    BELLS.get_or_init(|| {
        let mut rng = Rng::new(0x6265_6c6c);
        let mut bells: Vec<f32> = (0..NOISES).map(|_| rng.bell(0.0, 1.0) * 0.7).collect();
        bells.extend_from_within(..RUN);
        bells
    })
}

/// Develops `light` (row by row, linear) into `rgb`. `spare` is working space.
pub(super) fn develop(
    optics: &Optics,
    width: usize,
    height: usize,
    light: &mut [[f32; 3]],
    spare: &mut Vec<[f32; 3]>,
    rgb: &mut Vec<u8>,
) {
    if optics.blur_px > 0.05 {
        blur(light, width, height, optics.blur_px, spare);
    }
    let smear = optics.shake_px[0].hypot(optics.shake_px[1]);
    if smear > 0.5 {
        shake(light, width, height, optics.shake_px, spare);
    }
    rgb.resize(width * height * 3, 0);
    let (curve, bells) = (curve(), bells());
    let mut rng = Rng::new(optics.seed);
    let gain = optics.balance * optics.exposure;
    // In three loops a run of a row: the middle one, over plain numbers, is done four at a time.
    spare.resize((RUN / 3).max(spare.len()), [0.0; 3]);
    let runs = light.chunks_exact_mut(width.max(1)).flat_map(|row| row.chunks_mut(RUN / 3));
    let byte_runs = rgb.chunks_exact_mut(3 * width.max(1)).flat_map(|row| row.chunks_mut(RUN / 3 * 3));
    for (row, bytes) in runs.zip(byte_runs) {
        // The table is random; a run of it from a random place is as good as a draw for each number, and faster.
        let bits = rng.bits();
        let [shared, own] = [0, 32].map(|shift| &bells[(bits >> shift) as usize & (NOISES - 1)..][..RUN]);
        for (((p, noise), common), own) in row.iter_mut().zip(spare.iter_mut()).zip(shared).zip(own.as_chunks::<3>().0)
        {
            let mut c = V3::from(*p).scale(gain);
            let y = 0.2126 * c.x + 0.7152 * c.y + 0.0722 * c.z;
            c = c.lerp(V3::splat(y), optics.grey);
            *p = c.array();
            let grain = optics.noise * 0.7 * (0.35 + c.y.max(0.0).sqrt());
            *noise = own.map(|own| grain * (common + own));
        }
        for (value, noise) in row.as_flattened_mut().iter_mut().zip(spare.as_flattened()) {
            // Highlights roll off instead of clipping hard.
            let over = ((*value - 0.75) * 4.0).max(0.0);
            let v = value.min(0.75) + 0.25 * over / (1.0 + over);
            let v = (v - 0.18) * optics.contrast + 0.18;
            *value = (v + noise).clamp(0.0, 1.0) * STEPS as f32;
        }
        for (value, byte) in row.as_flattened().iter().zip(bytes) {
            *byte = curve[(*value as i32 as usize).min(STEPS)];
        }
    }
}

/// Separable bell blur.
fn blur(light: &mut [[f32; 3]], width: usize, height: usize, spread: f32, spare: &mut Vec<[f32; 3]>) {
    const MOST: usize = 9;
    let reach = ((spread * 2.5).ceil() as usize).clamp(1, MOST);
    let mut kernel = [0.0f32; MOST + 1];
    let mut total = 0.0;
    for (i, k) in kernel.iter_mut().enumerate().take(reach + 1) {
        *k = (-0.5 * (i as f32 / spread).powi(2)).exp();
        total += if i == 0 { *k } else { 2.0 * *k };
    }
    kernel.iter_mut().for_each(|k| *k /= total);
    spare.resize(light.len(), [0.0; 3]);
    // Over plain numbers, so that four are done at a time; a step of one pixel is one of three numbers.
    let (light, spare) = (light.as_flattened_mut(), spare.as_flattened_mut());
    let stride = 3 * width;
    for (row, out) in light.chunks_exact(stride).zip(spare.chunks_exact_mut(stride)) {
        out.iter_mut().zip(row).for_each(|(o, v)| *o = *v * kernel[0]);
        for (i, &k) in kernel.iter().enumerate().take(reach + 1).skip(1) {
            let i = 3 * i.min(width - 1);
            out[i..].iter_mut().zip(row).for_each(|(o, v)| *o += *v * k);
            out.iter_mut().zip(&row[i..]).for_each(|(o, v)| *o += *v * k);
            // Beyond the border the border goes on.
            let (first, last) = (&row[..3], &row[stride - 3..]);
            out[..i].iter_mut().zip(first.iter().cycle()).for_each(|(o, v)| *o += *v * k);
            out[stride - i..].iter_mut().zip(last.iter().cycle()).for_each(|(o, v)| *o += *v * k);
        }
    }
    for y in 0..height {
        let out = &mut light[y * stride..(y + 1) * stride];
        let row = &spare[y * stride..(y + 1) * stride];
        out.iter_mut().zip(row).for_each(|(o, v)| *o = *v * kernel[0]);
        for (i, k) in kernel.iter().enumerate().take(reach + 1).skip(1) {
            let (above, below) = (y.saturating_sub(i) * stride, (y + i).min(height - 1) * stride);
            let (above, below) = (&spare[above..above + stride], &spare[below..below + stride]);
            for ((o, a), b) in out.iter_mut().zip(above).zip(below) {
                *o += (*a + *b) * *k;
            }
        }
    }
}

/// A straight smear, centred.
fn shake(light: &mut [[f32; 3]], width: usize, height: usize, by: [f32; 2], spare: &mut Vec<[f32; 3]>) {
    let steps = (by[0].hypot(by[1]).ceil() as i32).clamp(2, 16);
    spare.clear();
    spare.extend_from_slice(light);
    let offsets: [(i32, i32); 17] = std::array::from_fn(|i| {
        let t = i as f32 / steps as f32 - 0.5;
        ((by[0] * t).round() as i32, (by[1] * t).round() as i32)
    });
    let share = 1.0 / (steps + 1) as f32;
    for y in 0..height as i32 {
        for x in 0..width as i32 {
            let mut sum = V3::ZERO;
            for (dx, dy) in &offsets[..=steps as usize] {
                let (sx, sy) = ((x + dx).clamp(0, width as i32 - 1), (y + dy).clamp(0, height as i32 - 1));
                sum += V3::from(spare[sy as usize * width + sx as usize]);
            }
            light[y as usize * width + x as usize] = (sum * share).array();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blur_keeps_the_light_and_spreads_it() {
        let (w, h) = (21, 21);
        let mut light = vec![[0.0; 3]; w * h];
        light[10 * w + 10] = [1.0; 3];
        blur(&mut light, w, h, 1.5, &mut Vec::new());
        let total: f32 = light.iter().map(|c| c[0]).sum();
        assert!((total - 1.0).abs() < 1e-3, "{total}");
        assert!(light[10 * w + 10][0] < 0.2 && light[10 * w + 12][0] > 0.01);
    }

    #[test]
    fn the_same_seed_gives_the_same_bytes() {
        let optics = Optics { noise: 0.05, ..Optics::default() };
        let once = |seed| {
            let mut light = vec![[0.2; 3]; 64];
            let mut rgb = Vec::new();
            develop(&Optics { seed, ..optics }, 8, 8, &mut light, &mut Vec::new(), &mut rgb);
            rgb
        };
        assert_eq!(once(5), once(5));
        assert_ne!(once(5), once(6));
    }
}
