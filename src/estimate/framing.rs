//! Where to look next: from the athlete's points to the region that becomes the network's next input.
//!
//! Input: a [`Reading`] and its [`Figure`]. Output: a [`Region`] turned so that the trunk (hips → shoulders) is upright in
//! it, so that every model sees a lying body as it sees a standing one. Size and direction are smoothed a little: a crop
//! that pumps or wobbles makes the points wobble.

use super::athlete::Figure;
use super::card::{Card, CropRule};
use super::decode::Reading;
use super::detector::Detection;
use crate::geometry::{ImagePoint, Region};
use nalgebra::{Point2, Vector2};

/// Share of a new trunk direction taken on per frame. A trunk that points at the camera is short and so turns the crop
/// little: its direction on screen means nothing.
const TURN_GAIN: f64 = 0.5;
/// Share of a new size taken on per frame: growing fast keeps a stretched-out arm in view.
const GROW_GAIN: f64 = 0.5;
const SHRINK_GAIN: f64 = 0.1;
/// MoveNet's own factors: half the square over the reach of the trunk, and over the reach of all points.
const TRUNK_REACH: f64 = 1.9;
const BODY_REACH: f64 = 1.2;
/// Room around the points' box, over its longer side: the head's top and the feet lie beyond the last points.
const BOX_ROOM: f64 = 0.08;
/// Over the reach of the points when a model gives no circle: BlazePose's circle passes just beyond head and feet.
const CIRCLE_ROOM: f64 = 1.1;
/// BlazePose's region over the circle's diameter, for detections.
const DETECTION_MARGIN: f64 = 1.25;

/// Follows the athlete with a crop.
#[derive(Clone, Debug)]
pub(super) struct Framing {
    rule: CropRule,
    margin: f64,
    /// Width over height of the network's input.
    aspect: f64,
    /// A point scored below this is not believed.
    min_score: f64,
    /// Smoothed hips → shoulders, in trunk lengths.
    up: Vector2<f64>,
    /// Smoothed height of the region, px.
    height: Option<f64>,
}

impl Framing {
    pub fn new(card: &Card) -> Framing {
        Framing {
            rule: card.crop.rule,
            margin: card.crop.margin,
            aspect: card.input.width as f64 / card.input.height as f64,
            min_score: card.presence.point,
            up: Vector2::new(0.0, -1.0),
            height: None,
        }
    }

    /// The region for a detected person.
    pub fn of_detection(&self, found: &Detection) -> Option<Region> {
        let arm = found.rim - found.hips;
        let side = 2.0 * arm.norm() * DETECTION_MARGIN;
        Region::new(found.hips, side * self.aspect.min(1.0), side * self.aspect.min(1.0) / self.aspect, up_deg(arm))
    }

    /// The region around a person seen for the first time: nothing is smoothed.
    pub fn start(&mut self, reading: &Reading, figure: &Figure) -> Option<Region> {
        self.up = figure.up();
        self.height = None;
        self.next(reading, figure)
    }

    /// The region for the next picture.
    pub fn next(&mut self, reading: &Reading, figure: &Figure) -> Option<Region> {
        self.up += TURN_GAIN * (figure.up() - self.up);
        let rotation_deg = up_deg(self.up);
        let (center, height) = match self.rule {
            CropRule::Circle => self.circle(reading, figure, rotation_deg)?,
            CropRule::Hips => self.about_hips(reading, figure, rotation_deg)?,
            CropRule::Box => self.around_points(reading, rotation_deg)?,
        };
        let wanted = height * self.margin;
        let height = match self.height {
            Some(last) if wanted > last => last + GROW_GAIN * (wanted - last),
            Some(last) => last + SHRINK_GAIN * (wanted - last),
            None => wanted,
        };
        self.height = Some(height);
        Region::new(center, height * self.aspect, height, rotation_deg)
    }

    fn circle(&self, reading: &Reading, figure: &Figure, rotation_deg: f64) -> Option<(ImagePoint, f64)> {
        if let Some((center, rim)) = reading.circle {
            return Some((center, 2.0 * (rim - center).norm()));
        }
        let (low, high) = self.extent(reading, figure.hips, rotation_deg)?;
        let reach = high.x.max(-low.x).hypot(high.y.max(-low.y));
        Some((figure.hips, 2.0 * reach * CIRCLE_ROOM))
    }

    fn about_hips(&self, reading: &Reading, figure: &Figure, rotation_deg: f64) -> Option<(ImagePoint, f64)> {
        let (low, high) = self.extent(reading, figure.hips, rotation_deg)?;
        let body = high.x.max(-low.x).max(high.y).max(-low.y);
        let trunk = (figure.shoulders - figure.hips).norm();
        let half = (TRUNK_REACH * trunk).max(BODY_REACH * body);
        Some((figure.hips, 2.0 * half))
    }

    fn around_points(&self, reading: &Reading, rotation_deg: f64) -> Option<(ImagePoint, f64)> {
        let anchor = reading.points.iter().find_map(|(_, k)| k.map(|k| k.at))?;
        let (low, high) = self.extent(reading, anchor, rotation_deg)?;
        let room = 2.0 * BOX_ROOM * (high.x - low.x).max(high.y - low.y);
        let (width, height) = (high.x - low.x + room, high.y - low.y + room);
        let middle = nalgebra::center(&low, &high);
        let center = anchor + turned(middle.coords, rotation_deg);
        Some((center, height.max(width / self.aspect)))
    }

    /// The box of the believed points about `origin`, in the axes of a region turned by `rotation_deg`, px.
    fn extent(&self, reading: &Reading, origin: ImagePoint, rotation_deg: f64) -> Option<(Point2<f64>, Point2<f64>)> {
        let mut bounds: Option<(Point2<f64>, Point2<f64>)> = None;
        for (_, keypoint) in reading.points.iter() {
            let Some(keypoint) = keypoint.filter(|k| k.score >= self.min_score) else { continue };
            let p = Point2::from(turned(keypoint.at - origin, -rotation_deg));
            bounds = Some(match bounds {
                None => (p, p),
                Some((low, high)) => (low.inf(&p), high.sup(&p)),
            });
        }
        bounds
    }
}

/// How far a direction is turned clockwise from screen up, degrees.
fn up_deg(up: Vector2<f64>) -> f64 {
    if up.norm_squared() == 0.0 { 0.0 } else { up.x.atan2(-up.y).to_degrees() }
}

/// `v` turned clockwise on screen.
fn turned(v: Vector2<f64>, deg: f64) -> Vector2<f64> {
    let (sin, cos) = deg.to_radians().sin_cos();
    Vector2::new(v.x * cos - v.y * sin, v.x * sin + v.y * cos)
}
