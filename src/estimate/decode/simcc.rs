//! SimCC (RTMPose): one line of scores over x and one over y per point, `split` bins per input pixel.

use super::{Reading, arg_max, gather};
use crate::estimate::card::Card;
use crate::estimate::crop::Crop;

/// `bins_x`, `bins_y`: bins over the whole width and height of the crop.
pub(super) fn read(card: &Card, outputs: &[Vec<f32>], crop: &Crop, bins_x: usize, bins_y: usize) -> Reading {
    gather(card, crop, |n| {
        let (x, score_x) = arg_max(&outputs[0][n * bins_x..(n + 1) * bins_x]);
        let (y, score_y) = arg_max(&outputs[1][n * bins_y..(n + 1) * bins_y]);
        (x as f64 / bins_x as f64, y as f64 / bins_y as f64, f64::from(score_x.min(score_y)))
    })
}
