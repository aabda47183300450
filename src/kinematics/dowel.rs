//! The back against a dowel held along it: contacts and the lumbar gap, over trunk length.

use super::body::{Body, Plane};
use super::{Dowel, Reading, Unseen};
use crate::geometry::{ImagePoint, rotate_about};
use crate::pose::{DowelLine, Joint, Landmark};

/// Measures against the dowel seen in this picture.
pub(super) fn dowel(body: &Body, line: Option<&DowelLine>) -> Dowel {
    if !body.anyone {
        return Dowel::none(Unseen::NoPerson);
    }
    let Some(line) = line else { return Dowel::none(Unseen::NoDowel) };
    // Points are of the upright picture; the line is turned alike.
    let upright = |p: ImagePoint| rotate_about(p, ImagePoint::origin(), -body.roll_deg);
    let (top, along) = (upright(line.top), upright(line.bottom) - upright(line.top));
    // Towards the belly, where hip and shoulder joints lie, is positive.
    let towards_belly = |point: ImagePoint| along.perp(&(point - top)) / along.norm();
    let gap = |landmark: Landmark| -> Reading {
        let trunk = body.length(body.lengths.trunk, Joint::Hip, body.sight.near)?;
        let [point, hip] = body.need(Plane::StrictlySagittal, [landmark, body.near(Joint::Hip)])?;
        Ok(towards_belly(point) * towards_belly(hip).signum() / trunk)
    };
    let nearer = |a, b| -> Reading { Ok(gap(a)?.abs().min(gap(b)?.abs())) };
    Dowel {
        head: gap(Landmark::Occiput).map(f64::abs),
        upper_back: nearer(Landmark::T4, Landmark::T8),
        sacrum: nearer(Landmark::S1, Landmark::S2),
        lumbar_gap: gap(Landmark::L3),
    }
}

impl Dowel {
    /// Nothing measured, for one reason.
    pub(super) fn none(why: Unseen) -> Dowel {
        Dowel { head: Err(why), upper_back: Err(why), sacrum: Err(why), lumbar_gap: Err(why) }
    }
}
