//! Top-down heat maps (PP-TinyPose): the largest cell, moved a quarter cell towards its larger neighbour.
//!
//! A cell is worth 1/width of the crop with no half-cell shift, as in the model's own post-processing.

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
        x += quarter(map[cell + 1] - map[cell - 1]);
        y += quarter(map[cell + width] - map[cell - width]);
    }
    (x, y, f64::from(score))
}

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
    fn the_peak_moves_a_quarter_cell_towards_the_larger_neighbour() {
        let (w, h) = (8, 6);
        let mut map = vec![0.0; w * h];
        map[3 * w + 4] = 0.9;
        map[3 * w + 5] = 0.5;
        map[2 * w + 4] = 0.4;
        map[4 * w + 4] = 0.1;
        let (x, y, score) = peak(&map, w, h);
        assert_eq!((x, y), (4.25, 2.75));
        assert!((score - 0.9).abs() < 1e-6);
    }

    #[test]
    fn a_peak_on_the_rim_stays_where_it_is() {
        let mut map = vec![0.0; 48];
        map[0] = 1.0;
        map[1] = 0.5;
        assert_eq!(peak(&map, 8, 6), (0.0, 0.0, 1.0));
    }
}
