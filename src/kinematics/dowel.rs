//! The back against a dowel held along it: contacts and the lumbar gap, over trunk length.
//!
//! The skin of the back is taken from its outline, which is good to millimetres. Spine landmarks are off by 20 mm and
//! more, as much as the gaps that matter, so without an outline there is no number. The back of the head has no outline:
//! its landmark is compared with where the baseline has it, the head touching, which takes out what a model always does.

use super::body::{Body, Plane};
use super::{Dowel, Reading, Unseen};
use crate::geometry::{ImagePoint, rotate_about};
use crate::pose::{BackContour, DowelLine, Joint, Landmark};
use nalgebra::Vector2;

/// Stations of the outline around L3: it lies 0.41 of the way from S2 to T8.
const LUMBAR: std::ops::Range<usize> = 8..12;

/// Measures against the dowel seen in this picture.
pub(super) fn dowel(body: &Body, line: Option<&DowelLine>, back: Option<&BackContour>) -> Dowel {
    let edge = match Edge::of(body, line) {
        Ok(edge) => edge,
        Err(why) => return Dowel::none(why),
    };
    let back = back.ok_or(Unseen::NoSpine);
    let contact =
        |end: fn(&BackContour) -> ImagePoint| -> Reading { edge.gap(body, upright(body, end(back?))).map(f64::abs) };
    Dowel {
        head: head(body, &edge),
        upper_back: contact(|back| back.t8),
        sacrum: contact(|back| back.sacrum),
        lumbar_gap: back.and_then(|back| edge.gap(body, lumbar_skin(body, back)?)),
    }
}

/// Of the occiput in front of the dowel, without any baseline.
pub(super) fn occiput_gap(body: &Body, line: Option<&DowelLine>) -> Reading {
    let [occiput] = body.need(Plane::StrictlySagittal, [Landmark::Occiput])?;
    Edge::of(body, line)?.gap(body, occiput)
}

fn head(body: &Body, edge: &Edge) -> Reading {
    let [occiput] = body.need(Plane::StrictlySagittal, [Landmark::Occiput])?;
    let rest = body.baseline()?.occiput_gap.ok_or(Unseen::NoBaseline)?;
    Ok((edge.gap(body, occiput)? - rest).abs())
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

/// The skin at L3: the mean of the stations around it.
fn lumbar_skin(body: &Body, back: &BackContour) -> Result<ImagePoint, Unseen> {
    let [hip] = body.need(Plane::StrictlySagittal, [body.near(Joint::Hip)])?;
    let (sacrum, t8) = (upright(body, back.sacrum), upright(body, back.t8));
    let chord = t8 - sacrum;
    let along = chord.try_normalize(1e-9).ok_or(Unseen::NoSpine)?;
    let across = Vector2::new(-along.y, along.x);
    // Offsets count away from the belly.
    let outside = across * -across.dot(&(hip - sacrum)).signum();
    let (mut sum, mut n) = (Vector2::zeros(), 0.0);
    for i in LUMBAR {
        if let Some(offset) = back.offsets[i].filter(|px| px.is_finite()) {
            sum += chord * (i as f64 / (BackContour::STATIONS - 1) as f64) + outside * offset;
            n += 1.0;
        }
    }
    if n >= 2.0 { Ok(sacrum + sum / n) } else { Err(Unseen::NoSpine) }
}

impl Dowel {
    /// Nothing measured, for one reason.
    pub(super) fn none(why: Unseen) -> Dowel {
        Dowel { head: Err(why), upper_back: Err(why), sacrum: Err(why), lumbar_gap: Err(why) }
    }
}
