//! The vocabulary of bodies: landmarks, what a model saw of them in one picture, and the recording of it.

mod landmark;
pub mod recording;
pub mod trust;

pub use landmark::{Joint, Landmark, Landmarks};

use crate::geometry::ImagePoint;
use crate::units::Timestamp;

/// One landmark as the model placed it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Keypoint {
    /// Where, picture px.
    pub at: ImagePoint,
    /// The model's confidence, 0..=1. Not a probability unless the model card says so.
    pub score: f64,
}

/// What the model saw of the athlete in one picture.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Person {
    /// A point the model does not know, or did not place, is `None`.
    pub points: Landmarks<Option<Keypoint>>,
    /// The line of the back as cut out of the full-resolution picture, if it could be.
    pub back: Option<BackContour>,
    /// The dowel held along the spine, if one was found.
    pub dowel: Option<DowelLine>,
    /// Where the parts of the trunk point, from models that tell.
    pub axes: Option<TrunkAxes>,
}

/// Directions of the trunk's parts, towards the head.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrunkAxes {
    pub pelvis: Axis,
    pub thoraco_lumbar: Axis,
    pub upper_thorax: Axis,
}

/// A direction in the picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Axis {
    /// Clockwise from screen up, −180..=180 degrees.
    pub deg: f64,
    /// Standard deviation of its error as the model sees it, degrees.
    pub sd_deg: f64,
}

impl TrunkAxes {
    pub fn parts(&self) -> [Axis; 3] {
        [self.pelvis, self.thoraco_lumbar, self.upper_thorax]
    }

    fn parts_mut(&mut self) -> [&mut Axis; 3] {
        [&mut self.pelvis, &mut self.thoraco_lumbar, &mut self.upper_thorax]
    }
}

/// A straight dowel in the picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DowelLine {
    /// The end beyond the head, picture px.
    pub top: ImagePoint,
    /// The end beyond the pelvis, picture px.
    pub bottom: ImagePoint,
    /// Where the place of the head is now that lay on it in standing, picture px; `None` where the head could not be followed.
    pub head: Option<ImagePoint>,
    /// How thick it is, px.
    pub thickness: Option<f64>,
    /// The share of it beside the low back that something lies over, the lower hand or the back itself, 0 to 1; `None` where that
    /// cannot be told.
    pub covered: Option<f64>,
}

/// The outline of the back between sacrum and T8, as offsets from the straight chord S2→T8.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BackContour {
    /// Lower end of the chord: the sacrum at the level of the PSIS, picture px.
    pub sacrum: ImagePoint,
    /// Upper end of the chord: T8, picture px.
    pub t8: ImagePoint,
    /// Offsets at evenly spaced stations from sacrum to T8, px, positive towards the outside of the back; `None`
    /// where an arm, cloth or a weak edge hides it.
    pub offsets: [Option<f64>; BackContour::STATIONS],
}

impl BackContour {
    pub const STATIONS: usize = 24;
}

/// What the model saw in one picture: the arrow between estimation and tracking, and a line of a pose recording.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Observation {
    pub t: Timestamp,
    /// `None` when no athlete was seen.
    pub person: Option<Person>,
}

impl Observation {
    /// Rounds to what a recording keeps (1/64 px or degree, 1/1024 of score), so that judging live and judging the recording are
    /// the same computation on the same numbers.
    pub fn quantized(mut self) -> Observation {
        let px = |v: f64| (v * 64.0).round() / 64.0;
        if let Some(person) = &mut self.person {
            for (_, keypoint) in person.points.iter_mut() {
                if let Some(k) = keypoint {
                    k.at = ImagePoint::new(px(k.at.x), px(k.at.y));
                    k.score = (k.score * 1024.0).round() / 1024.0;
                }
            }
            let point = |p: ImagePoint| ImagePoint::new(px(p.x), px(p.y));
            if let Some(dowel) = &mut person.dowel {
                (dowel.top, dowel.bottom) = (point(dowel.top), point(dowel.bottom));
                dowel.head = dowel.head.map(point);
                (dowel.thickness, dowel.covered) = (dowel.thickness.map(px), dowel.covered.map(px));
            }
            for axis in person.axes.iter_mut().flat_map(TrunkAxes::parts_mut) {
                (axis.deg, axis.sd_deg) = (px(axis.deg), px(axis.sd_deg));
            }
            if let Some(back) = &mut person.back {
                (back.sacrum, back.t8) = (point(back.sacrum), point(back.t8));
                for offset in back.offsets.iter_mut().flatten() {
                    *offset = px(*offset);
                }
            }
        }
        self
    }
}
