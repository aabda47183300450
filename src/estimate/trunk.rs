//! The closer look: neck to knees of an athlete seen from a side, about twice as large, for the line of the back.
//!
//! Input: a picture, the trunk's [`Crop`], the [`Reading`] of the whole body. Output: that reading with the landmarks of
//! spine and pelvis from both looks, weighted by what each is worth. The second look is by the same network, or by
//! formcheck's own when another model sees the body.
//!
//! Where there is no time for it in every picture ([`PoseEstimator::look_closer`](super::PoseEstimator::look_closer)), the
//! pictures between keep what it corrected: how far a point lay from where the body's look had put it changes slowly. A
//! point that only the closer look knows is absent from them, and the tracker bridges it.

use super::card::{Card, Family};
use super::crop::Crop;
use super::decode::{Decoder, Reading};
use super::network::{Network, Part};
use super::runtime::Runtime;
use super::store::Selected;
use super::{EstimateError, Options};
use crate::frame::{Frame, Mask};
use crate::pose::{Keypoint, Landmark, Landmarks, TrunkAxes};
use crate::units::Timestamp;
use nalgebra::Vector2;

/// What the closer look is for.
const OF_THE_BACK: [Landmark; 17] = [
    Landmark::C7,
    Landmark::T4,
    Landmark::T8,
    Landmark::L1,
    Landmark::L3,
    Landmark::S1,
    Landmark::S2,
    Landmark::S4,
    Landmark::LeftAsis,
    Landmark::RightAsis,
    Landmark::LeftPsis,
    Landmark::RightPsis,
    Landmark::LeftTrochanter,
    Landmark::RightTrochanter,
    Landmark::JugularNotch,
    Landmark::Xiphoid,
    Landmark::Navel,
];

pub(super) struct TrunkLook {
    /// `None`: the body's own network looks again.
    other: Option<Network>,
    decoder: Decoder,
    /// From its scores to the body model's: a point just believed in one is just believed in the other.
    score_scale: f64,
    /// The mask of the trunk alone; the body's is the one that others see.
    mask: Option<Mask>,
    /// What the last look corrected, and when.
    last: Option<(Timestamp, Correction)>,
}

/// What a closer look made of the body's.
struct Correction {
    points: Landmarks<Option<Corrected>>,
    axes: Option<TrunkAxes>,
}

#[derive(Clone, Copy)]
struct Corrected {
    /// From where the body's look saw it, px.
    by: Vector2<f64>,
    score: f64,
    sigma_px: Option<f64>,
}

/// A correction older than this is of another posture, seconds.
const KEPT_SECS: f64 = 0.15;

impl TrunkLook {
    /// `None` where no model sees the back, or the user wants none.
    pub fn of(selected: &Selected, options: &Options, runtime: &Runtime) -> Result<Option<TrunkLook>, EstimateError> {
        if !options.closer_look {
            return Ok(None);
        }
        let body = &selected.body.card;
        let (card, other) = match &selected.back {
            None if body.family == Family::Formcheck => (body, None),
            None => return Ok(None),
            Some(back) => {
                let lengths = Decoder::new(&back.card).map(|d| d.lengths(&back.card)).unwrap_or_default();
                (&back.card, Some(Network::load(back, runtime, &lengths)?.looking(options.ways)))
            }
        };
        let score_scale = body.least_score() / card.least_score().max(0.01);
        Ok(Decoder::new(card).map(|decoder| TrunkLook { other, decoder, score_scale, mask: None, last: None }))
    }

    /// The landmarks it adds to those of `body`.
    pub fn adds(&self, body: &Card) -> impl Iterator<Item = Landmark> {
        let known = |l: &Landmark| self.other.as_ref().is_some_and(|n| n.card().knows(&[*l])) && !body.knows(&[*l]);
        OF_THE_BACK.into_iter().filter(known).collect::<Vec<_>>().into_iter()
    }

    /// Looks at the trunk and takes what it sees into `reading`; `body` is the network that made it.
    pub fn look(
        &mut self,
        frame: &Frame,
        crop: &Crop,
        body: &mut Network,
        reading: &mut Reading,
    ) -> Result<(), EstimateError> {
        let network = self.other.as_mut().unwrap_or(body);
        network.run(frame, crop, Part::Trunk)?;
        let close = self.decoder.read(network.card(), &network.outputs, crop, frame.size(), &mut self.mask);
        self.last = None;
        if close.confidence >= network.card().presence.keep {
            let before = reading.points;
            take_in(reading, &close, self.score_scale);
            self.last = Some((frame.t, Correction::between(&before, reading)));
        }
        Ok(())
    }

    /// Instead of a look: what the last one corrected is corrected again.
    pub fn recall(&self, t: Timestamp, reading: &mut Reading) {
        if let Some((at, correction)) = &self.last
            && (0.0..KEPT_SECS).contains(&t.secs_since(*at))
        {
            correction.apply(reading);
        }
    }
}

impl Correction {
    fn between(before: &Landmarks<Option<Keypoint>>, after: &Reading) -> Correction {
        let mut points = Landmarks::default();
        for l in OF_THE_BACK {
            points[l] = before[l].zip(after.points[l]).map(|(then, now)| Corrected {
                by: now.at - then.at,
                score: now.score,
                sigma_px: sigma(after, l),
            });
        }
        Correction { points, axes: after.axes }
    }

    fn apply(&self, reading: &mut Reading) {
        for l in OF_THE_BACK {
            let (Some(point), Some(corrected)) = (&mut reading.points[l], self.points[l]) else { continue };
            *point = Keypoint { at: point.at + corrected.by, score: corrected.score };
            reading.sigma_px.get_or_insert_default()[l] = corrected.sigma_px;
        }
        reading.axes = self.axes;
    }
}

/// Points of the back seen twice lie between, the more certain look weighing more; directions are the closer look's
/// alone: changing looks within a clip would change the number.
fn take_in(reading: &mut Reading, close: &Reading, score_scale: f64) {
    for l in OF_THE_BACK {
        let Some(mut new) = close.points[l] else { continue };
        new.score = (new.score * score_scale).min(1.0);
        let new_sigma = sigma(close, l);
        let (point, sigma_px) = match (reading.points[l].zip(sigma(reading, l)), new_sigma) {
            (Some((old, old_sigma)), Some(new_sigma)) => weighed(old, old_sigma, new, new_sigma),
            _ => (new, new_sigma),
        };
        reading.points[l] = Some(point);
        reading.sigma_px.get_or_insert_default()[l] = sigma_px;
    }
    reading.axes = close.axes;
}

fn sigma(reading: &Reading, l: Landmark) -> Option<f64> {
    reading.sigma_px.as_ref().and_then(|sigmas| sigmas[l]).filter(|px| *px > 0.0)
}

/// By inverse variance.
fn weighed(a: Keypoint, a_sigma: f64, b: Keypoint, b_sigma: f64) -> (Keypoint, Option<f64>) {
    let (wa, wb) = (a_sigma.powi(-2), b_sigma.powi(-2));
    let share = wb / (wa + wb);
    let between = Keypoint { at: a.at + share * (b.at - a.at), score: a.score + share * (b.score - a.score) };
    (between, Some((wa + wb).sqrt().recip()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::ImagePoint;

    fn reading(points: &[(Landmark, f64, f64, Option<f64>)]) -> Reading {
        let mut sigmas = Landmarks::default();
        let mut reading = Reading::default();
        for &(l, x, score, sigma) in points {
            reading.points[l] = Some(Keypoint { at: ImagePoint::new(x, 50.0), score });
            sigmas[l] = sigma;
        }
        reading.sigma_px = Some(sigmas);
        reading
    }

    #[test]
    fn points_seen_twice_lie_nearer_to_the_surer_look() {
        let mut body = reading(&[(Landmark::S1, 100.0, 0.4, Some(20.0)), (Landmark::LeftKnee, 10.0, 0.9, Some(5.0))]);
        let close = reading(&[(Landmark::S1, 110.0, 0.9, Some(10.0)), (Landmark::LeftKnee, 99.0, 0.9, Some(1.0))]);
        take_in(&mut body, &close, 1.0);
        let s1 = body.points[Landmark::S1].unwrap();
        assert!((s1.at.x - 108.0).abs() < 1e-9 && (s1.score - 0.8).abs() < 1e-9, "{s1:?}");
        assert_eq!(body.points[Landmark::LeftKnee].unwrap().at.x, 10.0, "limbs stay the body look's");
    }

    #[test]
    fn pictures_between_two_closer_looks_keep_what_was_corrected() {
        let seen = [(Landmark::S1, 100.0, 0.4, Some(20.0)), (Landmark::LeftKnee, 10.0, 0.9, Some(5.0))];
        let mut body = reading(&seen);
        let before = body.points;
        // The body's look does not know L1.
        take_in(&mut body, &reading(&[(Landmark::S1, 110.0, 0.9, Some(10.0)), (Landmark::L1, 7.0, 0.9, None)]), 1.0);
        let correction = Correction::between(&before, &body);
        // Everything has moved by 30 px since.
        let mut next = reading(&seen.map(|(l, x, score, sigma)| (l, x + 30.0, score, sigma)));
        correction.apply(&mut next);
        let (then, now) = (body.points[Landmark::S1].unwrap(), next.points[Landmark::S1].unwrap());
        assert!((now.at.x - then.at.x - 30.0).abs() < 1e-9 && now.score == then.score, "{now:?}");
        assert_eq!(sigma(&next, Landmark::S1), sigma(&body, Landmark::S1));
        assert_eq!(next.points[Landmark::LeftKnee].unwrap().at.x, 40.0, "limbs stay the body look's");
        assert_eq!(next.points[Landmark::L1], None, "nobody looked");
    }

    #[test]
    fn a_body_model_without_a_back_gets_it_from_the_other_on_its_own_scale() {
        let mut body = reading(&[(Landmark::LeftHip, 10.0, 0.9, None)]);
        body.sigma_px = None;
        take_in(&mut body, &reading(&[(Landmark::L1, 7.0, 0.4, Some(3.0)), (Landmark::S4, 9.0, 0.9, None)]), 0.5 / 0.3);
        let score = |l: Landmark| body.points[l].unwrap().score;
        assert!((score(Landmark::L1) - 0.4 * 0.5 / 0.3).abs() < 1e-9);
        assert_eq!((score(Landmark::S4), score(Landmark::LeftHip)), (1.0, 0.9));
        assert_eq!(body.points[Landmark::C7], None);
        // Of what the body's model sees nobody knows a deviation.
        body.points[Landmark::LeftKnee] = Some(Keypoint { at: ImagePoint::new(10.0, 90.0), score: 0.9 });
        body.doubt(5.0);
        let score = |l: Landmark| body.points[l].unwrap().score;
        assert_eq!((score(Landmark::LeftHip), score(Landmark::LeftKnee)), (0.9, 0.9));
        assert!(score(Landmark::L1) < 0.6);
    }
}
