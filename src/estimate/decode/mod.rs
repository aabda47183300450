//! Reads landmarks out of a network's outputs: one file per family.
//!
//! Input: raw outputs and the crop they were made from. Output: a [`Reading`] in picture px. Lengths of the outputs
//! were checked when the network was loaded ([`Decoder::lengths`]).

mod blazepose;
mod cells;
mod heatmap;
mod limbs;
mod movenet;
mod own;
mod simcc;

pub(super) use own::{average, straighten};

use super::card::{Card, Family};
use super::crop::Crop;
use crate::frame::Mask;
use crate::geometry::ImagePoint;
use crate::pose::{Keypoint, Landmark, Landmarks, TrunkAxes};
use nalgebra::{Point2, Point3};

/// What a network saw in one crop.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Reading {
    pub points: Landmarks<Option<Keypoint>>,
    /// How sure the network is that a person is there, 0..=1, on the scale of the card's `presence`.
    pub confidence: f64,
    /// BlazePose: centre and rim of the circle around the body, picture px.
    pub circle: Option<(ImagePoint, ImagePoint)>,
    /// BlazePose: the points in metres (see [`super::PoseEstimator::world`]).
    pub world: Option<Landmarks<Option<Point3<f64>>>>,
    /// formcheck's own: standard deviation of each point's error as the network sees it, picture px.
    pub sigma_px: Option<Landmarks<Option<f64>>>,
    /// formcheck's own: limbs' joints were chosen together, each among several places.
    pub joints_chosen: bool,
    /// formcheck's own: where the parts of the trunk point.
    pub axes: Option<TrunkAxes>,
    /// formcheck's own: how likely the athlete is seen from a side, 0..=1.
    pub side_on: Option<f64>,
}

impl Reading {
    /// What a point's score is multiplied by for being a limb's joint, chosen among several places.
    pub fn joint_share(&self, l: Landmark) -> f64 {
        limbs::believed(l).filter(|_| self.joints_chosen).unwrap_or(1.0)
    }

    /// Lowers each point's score by what its standard deviation makes of it: the root of the chance that it lies within
    /// `near_px` of where it was put (both errors normal and alike in both directions). The root tells right from wrong best
    /// over renders, photographs and clips together. A chosen joint has none to say: a dead bug's lowered knee lies on a second
    /// hill, rightly, and its deviation would still tell that there were two; its limb says what its score counts.
    /// Points of models that tell no deviations are not doubted.
    pub fn doubt(&mut self, near_px: f64) {
        let Some(sigmas) = &self.sigma_px else { return };
        for &l in Landmark::ALL {
            let joint_share = self.joint_share(l);
            let Some(point) = &mut self.points[l] else { continue };
            let kept = match sigmas[l].filter(|s| *s > 0.0) {
                Some(sigma) => (1.0 - (-0.5 * (near_px / sigma).powi(2)).exp()).sqrt(),
                None => joint_share,
            };
            point.score = (point.score * kept).min(1.0);
        }
    }
}

/// How many values an output must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Length {
    Of(usize),
    /// So many square maps of any size.
    Maps(usize),
}

impl Length {
    pub fn holds(self, len: usize) -> bool {
        match self {
            Length::Of(wanted) => len == wanted,
            Length::Maps(count) => {
                let cells = len / count.max(1);
                len > 0 && cells * count == len && cells.isqrt().pow(2) == cells
            }
        }
    }
}

impl std::fmt::Display for Length {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self {
            Length::Of(wanted) => write!(f, "{wanted}"),
            Length::Maps(count) => write!(f, "{count} square maps"),
        }
    }
}

/// Decodes one family's outputs.
pub(super) enum Decoder {
    BlazePose(blazepose::BlazePose),
    MoveNet,
    HeatMap { width: usize, height: usize },
    SimCc { width: usize, height: usize, split: usize },
    Own,
}

impl Decoder {
    /// `None` for a card that places no points.
    pub fn new(card: &Card) -> Option<Decoder> {
        let (width, height) = (card.input.width, card.input.height);
        Some(match card.family {
            Family::Blazepose => Decoder::BlazePose(blazepose::BlazePose::new(card)),
            Family::Movenet => Decoder::MoveNet,
            Family::Heatmap => Decoder::HeatMap { width: width.div_ceil(4), height: height.div_ceil(4) },
            Family::Simcc => Decoder::SimCc { width, height, split: card.simcc_split },
            Family::Formcheck => Decoder::Own,
            Family::BlazeposeDetector => return None,
        })
    }

    /// How many values each output has, in the order of [`Card::output_names`].
    pub fn lengths(&self, card: &Card) -> Vec<Length> {
        let rows = card.rows().len();
        let lengths = match self {
            Decoder::Own => return own::lengths(card),
            Decoder::BlazePose(family) => family.lengths(card),
            Decoder::MoveNet => vec![rows * 3],
            Decoder::HeatMap { width, height } => vec![rows * width * height],
            Decoder::SimCc { width, height, split } => vec![rows * width * split, rows * height * split],
        };
        lengths.into_iter().map(Length::Of).collect()
    }

    /// Reads the points; also refills `mask` where the family gives one. `picture`: its width and height, px.
    pub fn read(
        &self,
        card: &Card,
        outputs: &[Vec<f32>],
        crop: &Crop,
        picture: [f64; 2],
        mask: &mut Option<Mask>,
    ) -> Reading {
        match self {
            Decoder::BlazePose(family) => family.read(card, outputs, crop, mask),
            Decoder::Own => own::read(card, outputs, crop, picture, mask),
            Decoder::MoveNet => movenet::read(card, outputs, crop),
            Decoder::HeatMap { width, height } => heatmap::read(card, outputs, crop, *width, *height),
            Decoder::SimCc { width, height, split } => simcc::read(card, outputs, crop, width * split, height * split),
        }
    }
}

/// Collects rows given as crop coordinates (0..1) and score; the confidence is the mean score of all rows.
fn gather(card: &Card, crop: &Crop, mut row: impl FnMut(usize) -> (f64, f64, f64)) -> Reading {
    let mut points = Landmarks::default();
    let mut sum = 0.0;
    for (n, landmark) in card.rows().iter().enumerate() {
        let (x, y, score) = row(n);
        let score = if score.is_finite() { score.clamp(0.0, 1.0) } else { 0.0 };
        sum += score;
        if let Some(landmark) = landmark
            && x.is_finite()
            && y.is_finite()
        {
            points[crop.landmark(*landmark)] = Some(Keypoint { at: crop.image_from_input(Point2::new(x, y)), score });
        }
    }
    Reading { points, confidence: sum / card.rows().len().max(1) as f64, ..Reading::default() }
}

/// Puts a mask's logits, rows of `width` cells over the crop, in place of the last ones.
fn refill(mask: &mut Option<Mask>, raw: &[f32], width: usize, crop: &Crop) {
    let mask = mask.get_or_insert_with(|| Mask {
        region: crop.region,
        width: 0,
        height: 0,
        probability: Vec::with_capacity(raw.len()),
    });
    (mask.region, mask.width, mask.height) = (crop.region, width, raw.len() / width.max(1));
    mask.probability.clear();
    if crop.mirrored {
        let rows = raw.chunks_exact(width.max(1));
        mask.probability.extend(rows.flat_map(|row| row.iter().rev()).map(|&v| sigmoid(v)));
    } else {
        mask.probability.extend(raw.iter().map(|&v| sigmoid(v)));
    }
}

fn sigmoid(v: f32) -> f32 {
    1.0 / (1.0 + (-v).exp())
}

/// Index and value of the largest; the first of equals.
fn arg_max(values: &[f32]) -> (usize, f32) {
    let mut best = (0, f32::NEG_INFINITY);
    for (i, &v) in values.iter().enumerate() {
        if v > best.1 {
            best = (i, v);
        }
    }
    best
}
