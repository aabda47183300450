//! MoveNet: rows of (y, x, score) in 0..1 of the input square.

use super::{Reading, gather};
use crate::estimate::card::Card;
use crate::estimate::crop::Crop;

pub(super) fn read(card: &Card, outputs: &[Vec<f32>], crop: &Crop) -> Reading {
    gather(card, crop, |n| {
        let row = &outputs[0][n * 3..n * 3 + 3];
        (f64::from(row[1]), f64::from(row[0]), f64::from(row[2]))
    })
}
