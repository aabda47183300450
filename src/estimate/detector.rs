//! Finds people in a whole picture: BlazePose's detector, decoded.
//!
//! Input: a picture and by how much it is turned for the network. Output: people, best score first, each as the circle
//! around the body. Rows are offsets from a fixed grid of anchors; overlapping rows are merged, weighted by score.

use super::EstimateError;
use super::card::Card;
use super::crop::Crop;
use super::decode::Length;
use super::network::{Network, Part};
use super::runtime::Runtime;
use super::store::ModelFile;
use crate::frame::Frame;
use crate::geometry::{ImagePoint, Region};
use nalgebra::Point2;

/// A person found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Detection {
    /// 0..=1
    pub score: f64,
    /// Between the hips, picture px.
    pub hips: ImagePoint,
    /// A point straight above the hips, seen from the person, on the circle around the whole body, picture px.
    pub rim: ImagePoint,
}

/// Values per row: box centre and size, then x and y of four key points; the first two are hips and rim.
const ROW: usize = 12;
const VALUES: usize = 8;
/// Strides of the anchor grids and anchors per cell.
const GRIDS: [(usize, usize); 3] = [(8, 2), (16, 2), (32, 6)];
/// Rows that overlap the best one by more are the same person.
const SAME_PERSON_IOU: f64 = 0.3;
/// More people than this are not told apart.
pub(super) const MAX_PEOPLE: usize = 8;
/// Squares that a picture is cut into at most; 4 reach to 2.5 times as long as wide.
const MAX_TILES: usize = 4;

pub(super) struct Detector {
    network: Network,
    anchors: Vec<[f32; 2]>,
    rows: Vec<Row>,
    merged: Vec<Row>,
    found: Vec<Detection>,
}

#[derive(Clone, Copy)]
struct Row {
    score: f64,
    /// cx, cy, w, h, hips x, y, rim x, y; 0..1 of the input.
    values: [f64; VALUES],
}

impl Detector {
    pub fn load(file: &ModelFile, runtime: &Runtime) -> Result<Detector, EstimateError> {
        let anchors = anchors(&file.card);
        let network = Network::load(file, runtime, &[Length::Of(anchors.len() * ROW), Length::Of(anchors.len())])?;
        Ok(Detector { network, anchors, rows: Vec::new(), merged: Vec::new(), found: Vec::new() })
    }

    /// People in a region of the picture.
    pub fn find(&mut self, frame: &Frame, region: &Region) -> Result<&[Detection], EstimateError> {
        self.found.clear();
        self.network.run(frame, &Crop::plain(*region), Part::Body)?;
        self.collect_rows();
        merge(&mut self.rows, &mut self.merged);
        self.found.extend(self.merged.iter().map(|row| {
            let at = |i: usize| region.image_from_unit(Point2::new(row.values[i], row.values[i + 1]));
            Detection { score: row.score, hips: at(4), rim: at(6) }
        }));
        Ok(&self.found)
    }

    fn collect_rows(&mut self) {
        let card = self.network.card();
        let (side_x, side_y) = (card.input.width as f64, card.input.height as f64);
        let (boxes, scores) = (&self.network.outputs[0], &self.network.outputs[1]);
        self.rows.clear();
        for (i, anchor) in self.anchors.iter().enumerate() {
            let score = 1.0 / (1.0 + (-f64::from(scores[i]).clamp(-100.0, 100.0)).exp());
            if score.is_nan() || score < card.presence.start {
                continue;
            }
            let raw = &boxes[i * ROW..(i + 1) * ROW];
            let values = std::array::from_fn(|k| {
                let side = if k % 2 == 0 { side_x } else { side_y };
                let from = if (2..4).contains(&k) { 0.0 } else { f64::from(anchor[k % 2]) };
                f64::from(raw[k]) / side + from
            });
            if values.iter().all(|v| v.is_finite()) {
                self.rows.push(Row { score, values });
            }
        }
    }
}

/// The smallest region of the given aspect (width over height) that holds the whole picture, turned.
pub(super) fn whole_picture(frame: &Frame, aspect: f64, turn_deg: f64) -> Option<Region> {
    let [w, h] = frame.size();
    let sideways = (turn_deg / 90.0).round().rem_euclid(2.0) == 1.0;
    let (across, down) = if sideways { (h, w) } else { (w, h) };
    let height = down.max(across / aspect);
    Region::new(ImagePoint::new(w / 2.0, h / 2.0), height * aspect, height, turn_deg)
}

/// The `n`-th of the overlapping squares of the shorter side's size that cover a long picture, in which people look
/// larger than in the whole; `None` beyond the last, and for a picture that is nearly square.
pub(super) fn tile(frame: &Frame, n: usize) -> Option<Region> {
    let [w, h] = frame.size();
    let (short, long) = (w.min(h), w.max(h));
    if short <= 0.0 || long < 1.25 * short {
        return None;
    }
    // At least half of each square is shared with the next, so that everybody is whole in one.
    let count = ((long - short) / (0.5 * short)).ceil() as usize + 1;
    if n >= count.min(MAX_TILES) {
        return None;
    }
    let along = short / 2.0 + (long - short) * n as f64 / (count.min(MAX_TILES) - 1) as f64;
    let center = if w >= h { ImagePoint::new(along, h / 2.0) } else { ImagePoint::new(w / 2.0, along) };
    Region::new(center, short, short, 0.0)
}

fn anchors(card: &Card) -> Vec<[f32; 2]> {
    let mut anchors = Vec::new();
    for (stride, per_cell) in GRIDS {
        let (columns, rows) = (card.input.width / stride, card.input.height / stride);
        for y in 0..rows {
            for x in 0..columns {
                let center = [(x as f32 + 0.5) / columns as f32, (y as f32 + 0.5) / rows as f32];
                anchors.extend(std::iter::repeat_n(center, per_cell));
            }
        }
    }
    anchors
}

/// Weighted suppression: takes the best row, averages all rows that overlap it, weighted by score, and goes on with the rest.
fn merge(rows: &mut Vec<Row>, merged: &mut Vec<Row>) {
    merged.clear();
    rows.sort_by(|a, b| b.score.total_cmp(&a.score));
    while let Some(best) = rows.first().copied() {
        if merged.len() == MAX_PEOPLE {
            return;
        }
        let (mut sum, mut weight) = ([0.0; VALUES], 0.0);
        rows.retain(|row| {
            // The best row belongs to itself whatever its box looks like, so that the loop ends.
            let same = overlap(&best, row) > SAME_PERSON_IOU || row.values == best.values;
            if same {
                weight += row.score;
                for (s, v) in sum.iter_mut().zip(row.values) {
                    *s += row.score * v;
                }
            }
            !same
        });
        merged.push(Row { score: best.score, values: sum.map(|s| s / weight) });
    }
}

/// Intersection over union of two rows' boxes.
fn overlap(a: &Row, b: &Row) -> f64 {
    let edges = |r: &Row, k: usize| {
        let half = r.values[k + 2].max(0.0) / 2.0;
        (r.values[k] - half, r.values[k] + half)
    };
    let shared = |k: usize| {
        let ((a0, a1), (b0, b1)) = (edges(a, k), edges(b, k));
        (a1.min(b1) - a0.max(b0)).max(0.0)
    };
    let area = |r: &Row| r.values[2].max(0.0) * r.values[3].max(0.0);
    let both = shared(0) * shared(1);
    let union = area(a) + area(b) - both;
    if union > 0.0 { both / union } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(score: f64, cx: f64, size: f64) -> Row {
        Row { score, values: [cx, 0.5, size, size, cx, 0.6, cx, 0.1] }
    }

    #[test]
    fn overlapping_rows_become_one_person_weighted_by_score() {
        let mut rows = vec![row(0.6, 0.52, 0.2), row(0.9, 0.50, 0.2), row(0.7, 0.9, 0.1)];
        let mut merged = Vec::new();
        merge(&mut rows, &mut merged);
        assert_eq!(merged.len(), 2);
        assert!((merged[0].values[0] - (0.9 * 0.50 + 0.6 * 0.52) / 1.5).abs() < 1e-12);
        assert_eq!((merged[0].score, merged[1].score), (0.9, 0.7));
    }

    #[test]
    fn rows_without_area_do_not_hang() {
        let mut rows = vec![row(0.6, 0.5, 0.0), row(0.9, 0.5, -1.0), row(0.9, 0.5, 0.0)];
        let mut merged = Vec::new();
        merge(&mut rows, &mut merged);
        assert!(!merged.is_empty());
    }

    #[test]
    fn tiles_cover_a_long_picture_and_overlap() {
        for (w, h) in [(1768, 994), (608, 1080), (1920, 1080)] {
            let frame = Frame::new(w, h);
            let tiles: Vec<Region> = (0..9).map_while(|n| tile(&frame, n)).collect();
            assert!((2..=MAX_TILES).contains(&tiles.len()));
            let (long, short) = (f64::from(w.max(h)), f64::from(w.min(h)));
            let along = |r: &Region| if w > h { r.center.x } else { r.center.y };
            assert_eq!(along(&tiles[0]), short / 2.0);
            assert!((along(tiles.last().unwrap()) - (long - short / 2.0)).abs() < 1e-9);
            assert!(tiles.windows(2).all(|t| along(&t[1]) - along(&t[0]) <= 0.5 * short + 1e-9));
        }
        assert!(tile(&Frame::new(100, 90), 0).is_none());
        assert!(tile(&Frame::new(0, 0), 0).is_none());
    }

    #[test]
    fn the_whole_picture_fits_whatever_way_it_is_turned() {
        let frame = Frame::new(100, 40);
        for (turn, aspect) in [(0.0, 1.0), (90.0, 1.0), (0.0, 0.75), (90.0, 0.75), (270.0, 0.75)] {
            let region = whole_picture(&frame, aspect, turn).unwrap();
            assert!((region.width() / region.height() - aspect).abs() < 1e-12);
            for (x, y) in [(0.0, 0.0), (100.0, 0.0), (0.0, 40.0), (100.0, 40.0)] {
                let unit = region.unit_from_image(ImagePoint::new(x, y));
                let inside = |v: f64| (-1e-9..=1.0 + 1e-9).contains(&v);
                assert!(inside(unit.x) && inside(unit.y), "{turn} {aspect} {unit}");
            }
        }
        assert!(whole_picture(&Frame::new(0, 0), 1.0, 0.0).is_none());
    }
}
