//! The back against a dowel held along it: contacts and the lumbar gap, over trunk length.
//!
//! The skin of the back is taken from its outline, which is good to millimetres. Spine landmarks are off by 20 mm and
//! more, as much as the gaps that matter, so without an outline there is no number. The back of the head has no outline: the
//! place of it that lay on the dowel in standing is followed in the picture, and compared with where the baseline has it.

use super::body::{Body, Plane};
use super::{Dowel, Reading, Unseen};
use crate::geometry::{ImagePoint, rotate_about};
use crate::pose::{BackContour, DowelLine, Joint, Landmark};
use nalgebra::Vector2;
use std::ops::Range;

/// Measures against the dowel seen in this picture.
pub(super) fn dowel(body: &Body, line: Option<&DowelLine>, back: Option<&BackContour>) -> Dowel {
    let edge = match Edge::of(body, line) {
        Ok(edge) => edge,
        Err(why) => return Dowel::none(why),
    };
    let gaps = |stations: Range<usize>| -> Result<Vec<f64>, Unseen> {
        skin(body, back.ok_or(Unseen::NoOutline)?, stations)?.into_iter().map(|skin| edge.gap(body, skin)).collect()
    };
    // Flesh beside the spine covers the dowel: no gap.
    let contact = |stations| -> Reading { Ok(gaps(stations)?.into_iter().fold(f64::INFINITY, f64::min).max(0.0)) };
    Dowel {
        head: head(body, line),
        upper_back: contact(Dowel::UPPER_BACK),
        sacrum: contact(Dowel::SACRUM),
        lumbar_gap: gaps(Dowel::LUMBAR).map(|gaps| gaps.into_iter().fold(f64::NEG_INFINITY, f64::max)),
        covered: line.and_then(|line| line.covered).ok_or(Unseen::NoOutline),
        thickness: thickness(body, line),
    }
}

/// Of the back of the head in front of the dowel, without any baseline.
pub(super) fn head_gap(body: &Body, line: Option<&DowelLine>) -> Reading {
    let edge = Edge::of(body, line)?;
    let head = line.and_then(|line| line.head).ok_or(Unseen::Hidden(Landmark::Occiput))?;
    edge.gap(body, upright(body, head))
}

fn head(body: &Body, line: Option<&DowelLine>) -> Reading {
    let rest = body.baseline()?.head_gap.ok_or(Unseen::NoBaseline)?;
    // A head that seems to lie behind the dowel touches it.
    Ok((head_gap(body, line)? - rest).max(0.0))
}

fn thickness(body: &Body, line: Option<&DowelLine>) -> Reading {
    let px = line.and_then(|line| line.thickness).ok_or(Unseen::NoOutline)?;
    Ok(px / body.length(body.lengths.trunk, Joint::Hip, body.sight.near)?)
}

/// The dowel's line in the upright picture.
struct Edge {
    top: ImagePoint,
    /// Of unit length, square to the line, towards the belly.
    towards_belly: Vector2<f64>,
}

impl Edge {
    fn of(body: &Body, line: Option<&DowelLine>) -> Result<Edge, Unseen> {
        if !body.anyone {
            return Err(Unseen::NoPerson);
        }
        let line = line.ok_or(Unseen::NoDowel)?;
        // Where the belly is, the hip joint lies.
        let [hip] = body.need(Plane::StrictlySagittal, [body.near(Joint::Hip)])?;
        let (top, bottom) = (upright(body, line.top), upright(body, line.bottom));
        let along = (bottom - top).try_normalize(1e-9).ok_or(Unseen::NoDowel)?;
        let across = Vector2::new(-along.y, along.x);
        Ok(Edge { top, towards_belly: across * across.dot(&(hip - top)).signum() })
    }

    /// How far in front of the dowel, trunk lengths.
    fn gap(&self, body: &Body, point: ImagePoint) -> Reading {
        let trunk = body.length(body.lengths.trunk, Joint::Hip, body.sight.near)?;
        Ok(self.towards_belly.dot(&(point - self.top)) / trunk)
    }
}

/// Outline and dowel come in px of the picture as it is; measures live in the upright one.
fn upright(body: &Body, point: ImagePoint) -> ImagePoint {
    rotate_about(point, ImagePoint::origin(), -body.roll_deg)
}

/// The skin at some stations of the outline, upright; an error when fewer than half of them are seen.
fn skin(body: &Body, back: &BackContour, stations: Range<usize>) -> Result<Vec<ImagePoint>, Unseen> {
    let [hip] = body.need(Plane::StrictlySagittal, [body.near(Joint::Hip)])?;
    let (sacrum, t8) = (upright(body, back.sacrum), upright(body, back.t8));
    let chord = t8 - sacrum;
    let along = chord.try_normalize(1e-9).ok_or(Unseen::NoOutline)?;
    let across = Vector2::new(-along.y, along.x);
    // Offsets count away from the belly.
    let outside = across * -across.dot(&(hip - sacrum)).signum();
    let wanted = stations.len();
    let seen: Vec<ImagePoint> = stations
        .filter_map(|i| {
            let offset = back.offsets[i].filter(|px| px.is_finite())?;
            Some(sacrum + chord * (i as f64 / (BackContour::STATIONS - 1) as f64) + outside * offset)
        })
        .collect();
    if 2 * seen.len() >= wanted { Ok(seen) } else { Err(Unseen::NoOutline) }
}

impl Dowel {
    /// Stations of the outline where the sacrum touches, and where the ribs do: the dowel finds the most prominent place
    /// itself.
    pub const SACRUM: Range<usize> = 0..4;
    pub const UPPER_BACK: Range<usize> = 18..BackContour::STATIONS;
    /// Stations between which the gap is widest: about L3, which lies 0.41 of the way from S2 to T8, wherever the chord's
    /// ends have slipped to.
    pub const LUMBAR: Range<usize> = 7..14;

    /// Nothing measured, for one reason.
    pub(super) fn none(why: Unseen) -> Dowel {
        let none = Err(why);
        Dowel { head: none, upper_back: none, sacrum: none, lumbar_gap: none, covered: none, thickness: none }
    }
}
