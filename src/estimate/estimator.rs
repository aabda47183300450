//! The one estimator: a pose network of any family, an optional person detector, and the athlete's lock between them.

use super::athlete::{AthleteLock, Figure, Look, Verdict};
use super::card::Card;
use super::decode::{Decoder, Reading};
use super::detector::{Detection, Detector, MAX_PEOPLE, whole_picture};
use super::framing::Framing;
use super::network::Network;
use super::runtime::Runtime;
use super::store::{ModelFile, find_detector, find_model};
use super::{EstimateError, Mode, Options, PoseEstimator};
use crate::frame::{Frame, Mask};
use crate::geometry::{ImagePoint, Region};
use crate::pose::recording::ModelInfo;
use crate::pose::{Observation, Person};
use crate::units::Timestamp;

/// Turns of the picture tried when nobody is found upright, degrees clockwise.
const OTHER_TURNS: [f64; 3] = [90.0, 270.0, 180.0];
/// Times a person found by the detector is looked at again in a better crop before being judged.
const REFINE_DETECTED: usize = 1;
/// The same for a person found in the whole picture, which is a much worse crop.
const REFINE_WHOLE: usize = 2;

/// Opens a pose model: by name, by path, or the best one on this machine when `selection` is `None`.
pub fn open(selection: Option<&str>, options: &Options) -> Result<Box<dyn PoseEstimator>, EstimateError> {
    let runtime =
        Runtime::choose(&options.runtime, options.threads).map_err(|problem| EstimateError::NoRuntime { problem })?;
    open_with(selection, options, &runtime)
}

/// The same with a runtime already chosen.
pub fn open_with(
    selection: Option<&str>,
    options: &Options,
    runtime: &Runtime,
) -> Result<Box<dyn PoseEstimator>, EstimateError> {
    let file = find_model(selection, options)?;
    Ok(Box::new(Estimator::new(&file, options, runtime)?))
}

struct Estimator {
    info: ModelInfo,
    network: Network,
    decoder: Decoder,
    detector: Option<Detector>,
    lock: AthleteLock,
    framing: Framing,
    /// Where to look while following.
    region: Option<Region>,
    mode: Mode,
    person: u32,
    /// Which of [`OTHER_TURNS`] is tried next in live mode.
    next_turn: usize,
    last_t: Option<Timestamp>,
    mask: Option<Mask>,
    /// The mask belongs to the athlete of the last picture.
    mask_valid: bool,
    found: Vec<Detection>,
}

/// Somebody looked at closely.
#[derive(Clone, Copy)]
struct Candidate {
    reading: Reading,
    figure: Figure,
    /// Follows from the reading; where to look next.
    next: Region,
}

impl Estimator {
    fn new(file: &ModelFile, options: &Options, runtime: &Runtime) -> Result<Estimator, EstimateError> {
        let card = &file.card;
        let decoder = Decoder::new(card).ok_or_else(|| EstimateError::Card {
            card: card.name.clone(),
            problem: "it describes a detector; choose a pose model with --model".into(),
        })?;
        let detector = load_detector(card, file, options, runtime)?;
        let network = Network::load(file, runtime, &decoder.lengths(card))?;
        let info = ModelInfo {
            name: card.name.clone(),
            sha256: file.sha256.clone(),
            runtime: runtime.name(),
            landmarks: card.known_landmarks(),
            least_score: card.presence.measure,
        };
        Ok(Estimator {
            info,
            decoder,
            detector,
            lock: AthleteLock::new(card.presence.start, card.presence.keep),
            framing: Framing::new(card),
            network,
            region: None,
            mode: options.mode,
            person: options.person.max(1),
            next_turn: 0,
            last_t: None,
            mask: None,
            mask_valid: false,
            found: Vec::with_capacity(MAX_PEOPLE),
        })
    }

    fn follow(&mut self, frame: &Frame) -> Result<Option<Reading>, EstimateError> {
        let Some(region) = self.region else { return Ok(None) };
        let reading = self.read(frame, &region)?;
        let figure = Figure::of(&reading.points, self.network.card().presence.point);
        let seen = figure.as_ref().map(|f| (f, reading.confidence));
        let verdict = self.lock.follow(frame.t, seen);
        if let (Some(figure), true) = (figure, verdict != Verdict::Rejected) {
            self.region = self.framing.next(&reading, &figure).map(|r| within_reason(r, frame));
        }
        Ok((verdict == Verdict::Athlete).then_some(reading))
    }

    fn search(&mut self, frame: &Frame) -> Result<Option<Reading>, EstimateError> {
        if let Some(reading) = self.search_turned(frame, 0.0)? {
            return Ok(reading);
        }
        match self.mode {
            Mode::Recorded => {
                for turn in OTHER_TURNS {
                    if let Some(reading) = self.search_turned(frame, turn)? {
                        return Ok(reading);
                    }
                }
                Ok(None)
            }
            Mode::Live => {
                let turn = OTHER_TURNS[self.next_turn];
                self.next_turn = (self.next_turn + 1) % OTHER_TURNS.len();
                Ok(self.search_turned(frame, turn)?.flatten())
            }
        }
    }

    /// `None` when nobody was taken; `Some(None)` when somebody was who is not to be shown yet.
    fn search_turned(&mut self, frame: &Frame, turn: f64) -> Result<Option<Option<Reading>>, EstimateError> {
        let Some(candidate) = self.best_candidate(frame, turn)? else { return Ok(None) };
        let verdict = self.lock.begin(frame.t, &candidate.figure);
        self.framing.start(&candidate.reading, &candidate.figure);
        self.region = Some(candidate.next);
        Ok(Some((verdict == Verdict::Athlete).then_some(candidate.reading)))
    }

    /// The person wanted, among those seen at this turn who may be the athlete.
    fn best_candidate(&mut self, frame: &Frame, turn: f64) -> Result<Option<Candidate>, EstimateError> {
        if self.detector.is_none() {
            let aspect = self.network.card().input.width as f64 / self.network.card().input.height as f64;
            let Some(whole) = whole_picture(frame, aspect, turn) else { return Ok(None) };
            return self.look_closely(frame, whole, REFINE_WHOLE);
        }
        self.detect(frame, turn)?;
        // Somebody waited for is the nearest, whatever --person says.
        let nth = if self.lock.waits_for_somebody(frame.t) { 1 } else { self.person };
        let (mut n, mut counted) = (0, 0);
        while n < self.found.len() {
            let region = self.framing.of_detection(&self.found[n]);
            n += 1;
            let Some(region) = region.map(|r| within_reason(r, frame)) else { continue };
            if let Some(candidate) = self.look_closely(frame, region, REFINE_DETECTED)? {
                counted += 1;
                if counted == nth {
                    return Ok(Some(candidate));
                }
            }
        }
        Ok(None)
    }

    /// Fills `found`: the one waited for first if there is one, else the most prominent first.
    fn detect(&mut self, frame: &Frame, turn: f64) -> Result<(), EstimateError> {
        self.found.clear();
        if let Some(detector) = &mut self.detector {
            self.found.extend_from_slice(detector.find(frame, turn)?);
        }
        let center = ImagePoint::new(f64::from(frame.width()) / 2.0, f64::from(frame.height()) / 2.0);
        let (lock, t) = (&self.lock, frame.t);
        let rank = |d: &Detection| match lock.distance_from_last(t, d.hips) {
            Some(distance) => distance,
            None => -AthleteLock::prominence(d.hips, (d.rim - d.hips).norm(), center, center.coords.norm()),
        };
        self.found.sort_by(|a, b| rank(a).total_cmp(&rank(b)));
        Ok(())
    }

    /// Looks at a region and again at better ones that follow from it; `None` when that is nobody who may be the athlete.
    fn look_closely(
        &mut self,
        frame: &Frame,
        region: Region,
        refinements: usize,
    ) -> Result<Option<Candidate>, EstimateError> {
        let mut region = region;
        for round in 0..=refinements {
            let reading = self.read(frame, &region)?;
            let Some(figure) = Figure::of(&reading.points, self.network.card().presence.point) else { return Ok(None) };
            let Some(next) = self.framing.clone().start(&reading, &figure) else { return Ok(None) };
            region = within_reason(next, frame);
            let short_side = f64::from(frame.width().min(frame.height()));
            if round == refinements && self.lock.admits(frame.t, &figure, reading.confidence, short_side) {
                return Ok(Some(Candidate { reading, figure, next: region }));
            }
        }
        Ok(None)
    }

    fn read(&mut self, frame: &Frame, region: &Region) -> Result<Reading, EstimateError> {
        self.network.run(frame, region)?;
        Ok(self.decoder.read(self.network.card(), &self.network.outputs, region, &mut self.mask))
    }
}

impl PoseEstimator for Estimator {
    fn model(&self) -> &ModelInfo {
        &self.info
    }

    fn estimate(&mut self, frame: &Frame) -> Result<Observation, EstimateError> {
        if self.last_t.is_some_and(|last| frame.t < last) {
            self.lock.forget();
            self.next_turn = 0;
        }
        self.last_t = Some(frame.t);
        let reading = match self.lock.look(frame.t) {
            Look::Follow => self.follow(frame)?,
            Look::Search => self.search(frame)?,
        };
        self.mask_valid = reading.is_some();
        let person = reading.map(|r| Person { points: r.points, back: None, dowel: None });
        Ok(Observation { t: frame.t, person }.quantized())
    }

    fn mask(&self) -> Option<&Mask> {
        self.mask.as_ref().filter(|_| self.mask_valid)
    }
}

fn load_detector(
    card: &Card,
    file: &ModelFile,
    options: &Options,
    runtime: &Runtime,
) -> Result<Option<Detector>, EstimateError> {
    let found = match &card.detector {
        Some(wanted) => find_detector(&wanted.names, &file.path, options)?,
        None => None,
    };
    match (&card.detector, &found) {
        (Some(wanted), None) if wanted.required => Err(EstimateError::NoDetector {
            model: card.name.clone(),
            detector: wanted.names.first().cloned().unwrap_or_default(),
        }),
        (_, None) if options.person > 1 => {
            Err(EstimateError::PersonNeedsDetector { person: options.person, model: card.name.clone() })
        }
        _ => found.map(|file| Detector::load(&file, runtime)).transpose(),
    }
}

/// Keeps a region to four pictures across, and its centre near the picture: points of a network that has lost its way may
/// lie anywhere.
fn within_reason(region: Region, frame: &Frame) -> Region {
    let (w, h) = (f64::from(frame.width()), f64::from(frame.height()));
    let shrink = (4.0 * w.max(h) / region.width().max(region.height())).min(1.0);
    let center = ImagePoint::new(region.center.x.clamp(-w, 2.0 * w), region.center.y.clamp(-h, 2.0 * h));
    Region::new(center, region.width() * shrink, region.height() * shrink, region.rotation_deg).unwrap_or(region)
}
