//! BlazePose landmarks: 39 rows of (x, y, z, visibility, presence) in input px, refined by heat maps; presence; mask.
//!
//! Rows 33 and 34 are the centre and a rim point of the circle around the body, made for choosing the next region.
//! Refinement is MediaPipe's: the mean cell of a 7×7 window about the regressed point, weighted by the heat map.

use super::{Reading, refill, sigmoid};
use crate::estimate::card::Card;
use crate::estimate::crop::Crop;
use crate::frame::Mask;
use crate::geometry::ImagePoint;
use crate::pose::{Keypoint, Landmarks};
use nalgebra::{Point2, Point3};

const ROWS: usize = 39;
const ROW_LEN: usize = 5;
const CIRCLE_CENTER: usize = 33;
const CIRCLE_RIM: usize = 34;
/// Cells either side of the regressed one that take part in refinement.
const REACH: usize = 3;
/// A window whose best cell is below this says nothing.
const MIN_HEAT: f32 = 0.5;

pub(in crate::estimate) struct BlazePose {
    width: usize,
    height: usize,
    /// Which output holds the heat maps, the mask and the metres, if the card names them.
    heatmaps: Option<usize>,
    mask: Option<usize>,
    world: Option<usize>,
}

impl BlazePose {
    pub fn new(card: &Card) -> BlazePose {
        let heatmaps = card.outputs.heatmaps.is_some().then_some(2);
        let mask = card.outputs.mask.is_some().then_some(2 + usize::from(heatmaps.is_some()));
        let world =
            card.outputs.world.is_some().then_some(2 + usize::from(heatmaps.is_some()) + usize::from(mask.is_some()));
        BlazePose { width: card.input.width, height: card.input.height, heatmaps, mask, world }
    }

    pub fn lengths(&self, _card: &Card) -> Vec<usize> {
        let mut lengths = vec![ROWS * ROW_LEN, 1];
        if self.heatmaps.is_some() {
            lengths.push(self.map_width() * self.map_height() * ROWS);
        }
        if self.mask.is_some() {
            lengths.push(self.width * self.height);
        }
        if self.world.is_some() {
            lengths.push(ROWS * 3);
        }
        lengths
    }

    pub fn read(&self, card: &Card, outputs: &[Vec<f32>], crop: &Crop, mask: &mut Option<Mask>) -> Reading {
        let unit = |n: usize| self.unit(outputs, n);
        let mut points = Landmarks::default();
        for (n, landmark) in card.rows().iter().enumerate() {
            let Some(landmark) = landmark else { continue };
            let row = &outputs[0][n * ROW_LEN..(n + 1) * ROW_LEN];
            let score = f64::from(sigmoid(row[3]) * sigmoid(row[4]));
            points[crop.landmark(*landmark)] = placed(crop, unit(n)).map(|at| Keypoint { at, score: or_zero(score) });
        }
        let circle = placed(crop, unit(CIRCLE_CENTER)).zip(placed(crop, unit(CIRCLE_RIM)));
        if let Some(output) = self.mask {
            refill(mask, &outputs[output], self.width, crop);
        }
        let world = self.world.map(|output| world(card, &outputs[output], crop));
        Reading {
            points,
            confidence: or_zero(f64::from(outputs[1][0])).clamp(0.0, 1.0),
            circle,
            world,
            ..Reading::default()
        }
    }

    /// A row's place in crop coordinates, refined where the heat map is sure.
    fn unit(&self, outputs: &[Vec<f32>], n: usize) -> Point2<f64> {
        let row = &outputs[0][n * ROW_LEN..];
        let (x, y) = (row[0] / self.width as f32, row[1] / self.height as f32);
        let (x, y) = self.heatmaps.and_then(|map| self.refined(&outputs[map], n, x, y)).unwrap_or((x, y));
        Point2::new(f64::from(x), f64::from(y))
    }

    fn refined(&self, maps: &[f32], n: usize, x: f32, y: f32) -> Option<(f32, f32)> {
        let (width, height) = (self.map_width(), self.map_height());
        let (column, row) = ((x * width as f32).trunc(), (y * height as f32).trunc());
        let inside = column >= 0.0 && row >= 0.0 && column < width as f32 && row < height as f32;
        if !inside {
            return None;
        }
        let (column, row) = (column as usize, row as usize);
        let (mut best, mut sum, mut sum_x, mut sum_y) = (0.0f32, 0.0, 0.0, 0.0);
        for r in row.saturating_sub(REACH)..(row + REACH + 1).min(height) {
            for c in column.saturating_sub(REACH)..(column + REACH + 1).min(width) {
                let heat = sigmoid(maps[(r * width + c) * ROWS + n]);
                best = best.max(heat);
                sum += heat;
                sum_x += heat * c as f32;
                sum_y += heat * r as f32;
            }
        }
        (best >= MIN_HEAT).then(|| (sum_x / sum / width as f32, sum_y / sum / height as f32))
    }

    fn map_width(&self) -> usize {
        self.width.div_ceil(4)
    }

    fn map_height(&self) -> usize {
        self.height.div_ceil(4)
    }
}

/// Points in metres, turned and mirrored back from the crop to the upright picture.
fn world(card: &Card, rows: &[f32], crop: &Crop) -> Landmarks<Option<Point3<f64>>> {
    let (sin, cos) = crop.region.rotation_deg.to_radians().sin_cos();
    let mut points = Landmarks::default();
    for (row, landmark) in rows.chunks_exact(3).zip(card.rows()) {
        let Some(landmark) = landmark else { continue };
        let [x, y, z] = [row[0], row[1], row[2]].map(f64::from);
        let x = if crop.mirrored { -x } else { x };
        let at = Point3::new(x * cos - y * sin, x * sin + y * cos, z);
        points[crop.landmark(*landmark)] = at.iter().all(|v| v.is_finite()).then_some(at);
    }
    points
}

fn placed(crop: &Crop, unit: Point2<f64>) -> Option<ImagePoint> {
    (unit.x.is_finite() && unit.y.is_finite()).then(|| crop.image_from_input(unit))
}

fn or_zero(v: f64) -> f64 {
    if v.is_finite() { v } else { 0.0 }
}
