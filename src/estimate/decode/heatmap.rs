//! Top-down heat maps (PP-TinyPose): the largest cell, refined between cells by a Gaussian through its neighbours.
//!
//! The models' own post-processing moves the peak by a quarter cell towards the larger neighbour; the vertex of a Gaussian
//! agrees with that to within half a cell and does not jump, which halves the jitter of angles. A cell is worth 1/width of
//! the crop with no half-cell shift, as in the models' own post-processing.

use super::{Reading, arg_max, gather};
use crate::estimate::card::Card;
use crate::estimate::crop::Crop;

pub(super) fn read(card: &Card, outputs: &[Vec<f32>], crop: &Crop, width: usize, height: usize) -> Reading {
    gather(card, crop, |n| {
        let (x, y, score) = peak(&outputs[0][n * width * height..(n + 1) * width * height], width, height);
        (x / width as f64, y / height as f64, score)
    })
}

/// Column, row (cells) and value of the peak.
fn peak(map: &[f32], width: usize, height: usize) -> (f64, f64, f64) {
    let (cell, score) = arg_max(map);
    let (px, py) = (cell % width, cell / width);
    let (mut x, mut y) = (px as f64, py as f64);
    if px > 1 && px + 1 < width && py > 1 && py + 1 < height {
        x += vertex(map[cell - 1], score, map[cell + 1]);
        y += vertex(map[cell - width], score, map[cell + width]);
    }
    (x, y, f64::from(score))
}

/// Where a Gaussian through three neighbouring cells has its top, −0.5..=0.5 cells from the middle one, the largest.
fn vertex(before: f32, top: f32, after: f32) -> f64 {
    if before <= 0.0 || after <= 0.0 {
        return quarter(after - before);
    }
    let [before, top, after] = [before, top, after].map(|v| f64::from(v).ln());
    let bend = 2.0 * top - before - after;
    if bend > 1e-9 { (0.5 * (after - before) / bend).clamp(-0.5, 0.5) } else { 0.0 }
}

/// The models' own rule, for maps that a Gaussian does not fit.
fn quarter(slope: f32) -> f64 {
    if slope > 0.0 {
        0.25
    } else if slope < 0.0 {
        -0.25
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_top_of_a_gaussian_is_found_between_cells() {
        let (w, h) = (12, 9);
        let (at_x, at_y) = (5.3, 3.6);
        let value = |i: usize| {
            let (dx, dy) = ((i % w) as f64 - at_x, (i / w) as f64 - at_y);
            (0.9 * (-(dx * dx + dy * dy) / 4.5).exp()) as f32
        };
        let map: Vec<f32> = (0..w * h).map(value).collect();
        let (x, y, score) = peak(&map, w, h);
        assert!((x - at_x).abs() < 1e-3 && (y - at_y).abs() < 1e-3, "{x} {y}");
        assert!(score > 0.8);
    }

    #[test]
    fn where_no_gaussian_fits_the_peak_moves_a_quarter_cell() {
        let (w, h) = (8, 6);
        let mut map = vec![0.0; w * h];
        map[3 * w + 4] = 0.9;
        map[3 * w + 5] = 0.5;
        map[2 * w + 4] = 0.4;
        assert_eq!(peak(&map, w, h), (4.25, 2.75, f64::from(0.9f32)));
        // A flat top has no vertex.
        assert_eq!(vertex(0.5, 0.5, 0.5), 0.0);
    }

    #[test]
    fn a_peak_on_the_rim_stays_where_it_is() {
        let mut map = vec![0.0; 48];
        map[0] = 1.0;
        map[1] = 0.5;
        assert_eq!(peak(&map, 8, 6), (0.0, 0.0, 1.0));
    }
}
