//! The one estimator: a pose network of any family, an optional person detector, and the athlete's lock between them.

use super::athlete::{AthleteLock, Figure, Look, Verdict};
use super::back::{BackFinder, Edge};
use super::card::Card;
use super::crop::Crop;
use super::decode::{Decoder, Reading};
use super::detector::{Detection, Detector, MAX_PEOPLE, tile, whole_picture};
use super::dowel::DowelFinder;
use super::framing::Framing;
use super::network::{Network, Part};
use super::runtime::Runtime;
use super::store::{ModelFile, Selected, find_detector, select};
use super::trunk::TrunkLook;
use super::{EstimateError, Mode, Options, PoseEstimator, Ways};
use crate::frame::{Frame, Mask};
use crate::geometry::{ImagePoint, Region};
use crate::pose::recording::ModelInfo;
use crate::pose::{BackContour, DowelLine, Keypoint, Landmarks, Observation, Person};
use crate::units::Timestamp;
use nalgebra::Point3;

/// A way of looking at the whole picture or at a part of it.
#[derive(Clone, Copy, Debug, PartialEq)]
enum View {
    /// The whole picture, its up turned clockwise by degrees.
    Turned(f64),
    /// The n-th square of a long picture, upright ([`tile`]).
    Part(usize),
}

/// Where to look when nobody is found upright in the whole picture.
const OTHER_VIEWS: [View; 7] = [
    View::Part(0),
    View::Part(1),
    View::Turned(90.0),
    View::Turned(270.0),
    View::Part(2),
    View::Part(3),
    View::Turned(180.0),
];
/// At most this many looks at a person before giving up on two that agree.
const LOOKS: usize = 4;
/// A point this near, in parts of the body's height, is where it should be: the 5 % that models are compared by.
const NEAR: f64 = 0.05;
/// Shoulders and hips of somebody followed may score as much less than those of somebody found.
const FOLLOWED: f64 = 0.5;
/// For this long after losing the athlete every view is looked at in every picture, then at times.
const EAGER_SECS: f64 = 1.0;
const SEARCH_PAUSE_SECS: f64 = 0.25;

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
    Ok(Box::new(Estimator::new(&select(selection, options)?, options, runtime)?))
}

struct Estimator {
    info: ModelInfo,
    network: Network,
    decoder: Decoder,
    detector: Option<Detector>,
    /// The closer look at the trunk, for models that have one.
    trunk: Option<TrunkLook>,
    /// It is taken in this picture.
    closer: bool,
    lock: AthleteLock,
    framing: Framing,
    /// Where to look while following.
    crop: Option<Crop>,
    mode: Mode,
    person: u32,
    /// Which of [`OTHER_VIEWS`] is tried next in live mode.
    next_view: usize,
    /// Since when nobody is found, and when all views were last looked at.
    lost_since: Option<Timestamp>,
    last_search: Option<Timestamp>,
    last: Option<(Timestamp, (u32, u32))>,
    mask: Option<Mask>,
    /// The mask belongs to the athlete of the last picture.
    mask_valid: bool,
    world: Option<Landmarks<Option<Point3<f64>>>>,
    found: Vec<Detection>,
    back: BackFinder,
    /// The model's mask ends where the body ends.
    outlines: bool,
    /// While a dowel is wanted.
    dowel: Option<DowelFinder>,
}

/// Somebody looked at closely.
#[derive(Clone)]
struct Candidate {
    reading: Reading,
    figure: Figure,
    /// Follows from the reading: where to look next.
    next: Crop,
    framing: Framing,
}

impl Estimator {
    fn new(selected: &Selected, options: &Options, runtime: &Runtime) -> Result<Estimator, EstimateError> {
        let file = &selected.body;
        let card = &file.card;
        let decoder = Decoder::new(card).ok_or_else(|| EstimateError::Card {
            card: card.name.clone(),
            problem: "it describes a detector; choose a pose model with --model".into(),
        })?;
        let detector = load_detector(card, file, options, runtime)?;
        let network = Network::load(file, runtime, &decoder.lengths(card))?.looking(options.ways);
        let trunk = TrunkLook::of(selected, options, runtime)?;
        let mut landmarks = card.known_landmarks();
        landmarks.extend(trunk.iter().flat_map(|t| t.adds(card)));
        landmarks.sort_unstable();
        let info = ModelInfo {
            name: selected.name(),
            sha256: selected.sha256(),
            runtime: runtime.name(),
            landmarks,
            least_score: card.least_score(),
            trust: if options.ways == Ways::Both { selected.trust() } else { selected.trust().in_turns() },
        };
        Ok(Estimator {
            info,
            decoder,
            detector,
            trunk,
            closer: true,
            lock: AthleteLock::new(card.presence.start, card.presence.keep),
            framing: Framing::new(card),
            network,
            crop: None,
            mode: options.mode,
            person: options.person.max(1),
            next_view: 0,
            lost_since: None,
            last_search: None,
            last: None,
            mask: None,
            mask_valid: false,
            world: None,
            found: Vec::with_capacity(MAX_PEOPLE),
            back: BackFinder::default(),
            outlines: card.outlines_backs(),
            dowel: None,
        })
    }

    fn follow(&mut self, frame: &Frame) -> Result<Option<Reading>, EstimateError> {
        let Some(crop) = self.crop else { return Ok(None) };
        let reading = self.read(frame, &crop)?;
        // Of somebody followed less is asked: behind a bar both shoulders may be doubted for a while.
        let point = self.network.card().presence.point;
        let figure = Figure::of(&reading.points, point).or_else(|| Figure::of(&reading.points, FOLLOWED * point));
        let figure = figure.map(|figure| self.lock.as_large(figure));
        let seen = figure.as_ref().map(|f| (f, reading.confidence));
        let verdict = self.lock.follow(frame.t, seen);
        if let (Some(figure), true) = (figure, verdict != Verdict::Rejected) {
            self.crop = self.framing.next(&reading, &figure, self.mask.as_ref()).map(|c| within_reason(c, frame));
        }
        Ok((verdict == Verdict::Athlete).then_some(reading))
    }

    /// Looks everywhere. Upright in the whole picture first; when nobody is there, in turned pictures and (with a
    /// detector) in parts of the picture.
    fn search(&mut self, frame: &Frame) -> Result<Option<Reading>, EstimateError> {
        let mut best = self.best_in(frame, View::Turned(0.0))?;
        if best.is_none() {
            let mode = self.mode;
            best = match mode {
                Mode::Live => {
                    let view = OTHER_VIEWS[self.next_view];
                    self.next_view = (self.next_view + 1) % OTHER_VIEWS.len();
                    self.best_in(frame, view)?
                }
                Mode::Recorded if self.search_is_due(frame.t) => self.best_of_other_views(frame)?,
                Mode::Recorded => None,
            };
        }
        let Some(candidate) = best else { return Ok(None) };
        let verdict = self.lock.begin(frame.t, &candidate.figure);
        self.framing = candidate.framing;
        self.crop = Some(candidate.next);
        Ok((verdict == Verdict::Athlete).then_some(candidate.reading))
    }

    /// A long look for nobody costs many runs of the network: after a while it is taken less often.
    fn search_is_due(&mut self, t: Timestamp) -> bool {
        let since = *self.lost_since.get_or_insert(t);
        let pause = if t.secs_since(since) < EAGER_SECS { 0.0 } else { SEARCH_PAUSE_SECS };
        let due = self.last_search.is_none_or(|last| t.secs_since(last) >= pause);
        if due {
            self.last_search = Some(t);
        }
        due
    }

    /// The most prominent candidate of all other views: in some of them a body may be misread as a smaller one.
    fn best_of_other_views(&mut self, frame: &Frame) -> Result<Option<Candidate>, EstimateError> {
        let mut best: Option<Candidate> = None;
        for view in OTHER_VIEWS {
            let Some(candidate) = self.best_in(frame, view)? else { continue };
            let rank = |c: &Candidate| self.rank(frame, c.figure.trunk(), c.figure.stature);
            if best.as_ref().is_none_or(|b| rank(&candidate) < rank(b)) {
                best = Some(candidate);
            }
        }
        Ok(best)
    }

    /// The person wanted, among those seen in this view who may be the athlete.
    fn best_in(&mut self, frame: &Frame, view: View) -> Result<Option<Candidate>, EstimateError> {
        if self.detector.is_none() {
            let input = &self.network.card().input;
            let aspect = input.width as f64 / input.height as f64;
            let whole = match view {
                View::Turned(turn_deg) => whole_picture(frame, aspect, turn_deg),
                View::Part(_) => None,
            };
            return whole.map_or(Ok(None), |whole| self.look_closely(frame, Crop::plain(whole), false));
        }
        self.detect(frame, view)?;
        // Somebody waited for is the nearest, whatever --person says.
        let wanted = if self.lock.waits_for_somebody(frame.t) { 1 } else { self.person };
        let mut counted = 0;
        for n in 0..self.found.len() {
            let crop = self.framing.of_detection(&self.found[n]);
            let Some(crop) = crop.map(|c| within_reason(c, frame)) else { continue };
            if let Some(candidate) = self.look_closely(frame, crop, true)? {
                counted += 1;
                if counted == wanted {
                    return Ok(Some(candidate));
                }
            }
        }
        Ok(None)
    }

    /// Fills `found`, the one wanted most first.
    fn detect(&mut self, frame: &Frame, view: View) -> Result<(), EstimateError> {
        let mut found = std::mem::take(&mut self.found);
        found.clear();
        let region = match view {
            View::Turned(turn_deg) => whole_picture(frame, 1.0, turn_deg),
            View::Part(n) => tile(frame, n),
        };
        if let (Some(detector), Some(region)) = (&mut self.detector, region) {
            found.extend_from_slice(detector.find(frame, &region)?);
        }
        let rank = |d: &Detection| self.rank(frame, d.hips, (d.rim - d.hips).norm());
        found.sort_by(|a, b| rank(a).total_cmp(&rank(b)));
        self.found = found;
        Ok(())
    }

    /// Lower is wanted more: the nearest to somebody waited for, else the most prominent.
    fn rank(&self, frame: &Frame, at: ImagePoint, size: f64) -> f64 {
        let center = ImagePoint::new(f64::from(frame.width()) / 2.0, f64::from(frame.height()) / 2.0);
        match self.lock.distance_from_last(frame.t, at) {
            Some(distance) => distance,
            None => -AthleteLock::prominence(at, size, center, center.coords.norm()),
        }
    }

    /// Looks at a crop and again at the ones that follow from it, until two looks in a row show the same person: a
    /// network that sees a body where none is seldom sees it twice in the same place. `None` when that is nobody who may
    /// be the athlete. Without a detector's word for where the head is, the body is looked at the other way up too: a network that
    /// is shown every body upright may see one so that is not, twice. A person that the detector found (`detected`) is there at
    /// the first look or not at all.
    fn look_closely(&mut self, frame: &Frame, first: Crop, detected: bool) -> Result<Option<Candidate>, EstimateError> {
        let short_side = f64::from(frame.width().min(frame.height()));
        let mut framing = self.framing.clone();
        framing.reset();
        let mut crop = first;
        let mut last: Option<Figure> = None;
        let (mut looks, mut turned_over) = (0, false);
        while looks < LOOKS {
            looks += 1;
            let reading = self.read(frame, &crop)?;
            let Some(figure) = Figure::of(&reading.points, self.network.card().presence.point) else { return Ok(None) };
            let Some(next) = framing.start(&crop, &reading, &figure, self.mask.as_ref()) else { return Ok(None) };
            crop = within_reason(next, frame);
            let sure = self.lock.admits(frame.t, &figure, reading.confidence, short_side);
            if sure && last.is_some_and(|last| AthleteLock::agree(&last, &figure)) {
                if !detected && !turned_over {
                    turned_over = true;
                    let over = other_way_up(&next);
                    if plainness(&self.read(frame, &over)?) > plainness(&reading) {
                        (crop, last, looks) = (over, None, 0);
                        continue;
                    }
                }
                return Ok(Some(Candidate { reading, figure, next: crop, framing }));
            }
            let seen = reading.confidence >= self.network.card().presence.keep;
            if detected && !seen {
                return Ok(None);
            }
            last = seen.then_some(figure);
        }
        Ok(None)
    }

    /// The outline of the back: beside the dowel held along it, else where the mask ends.
    fn find_back(
        &mut self,
        frame: &Frame,
        points: &Landmarks<Option<Keypoint>>,
        dowel: Option<&DowelLine>,
    ) -> Option<BackContour> {
        let held = self.dowel.as_ref().is_some_and(DowelFinder::is_held);
        let dowel = self.dowel.as_ref().zip(dowel).and_then(|(finder, line)| finder.held(*line));
        if held && dowel.is_none() {
            // Somewhere before or behind the back there is a dowel and a hand, and nobody knows where.
            return None;
        }
        let edge = match &dowel {
            Some(dowel) => Edge::Dowel(dowel),
            None => Edge::Mask(self.mask.as_ref().filter(|_| self.outlines)?),
        };
        self.back.find(frame, edge, points, self.framing.facing()?)
    }

    fn find_dowel(&mut self, frame: &Frame, points: &Landmarks<Option<Keypoint>>) -> Option<DowelLine> {
        self.dowel.as_mut()?.find(frame, points, self.framing.facing()?)
    }

    fn read(&mut self, frame: &Frame, crop: &Crop) -> Result<Reading, EstimateError> {
        self.network.run(frame, crop, Part::Body)?;
        Ok(self.decoder.read(self.network.card(), &self.network.outputs, crop, frame.size(), &mut self.mask))
    }
}

impl PoseEstimator for Estimator {
    fn model(&self) -> &ModelInfo {
        &self.info
    }

    fn estimate(&mut self, frame: &Frame) -> Result<Observation, EstimateError> {
        let size = (frame.width(), frame.height());
        if self.last.is_some_and(|(t, before)| frame.t < t || before != size) {
            self.lock.forget();
            (self.next_view, self.lost_since, self.last_search) = (0, None, None);
        }
        self.last = Some((frame.t, size));
        let mut reading = match self.lock.look(frame.t) {
            Look::Follow => {
                self.lost_since = None;
                self.follow(frame)?
            }
            Look::Search => {
                self.back.forget();
                self.dowel.iter_mut().for_each(DowelFinder::forget);
                self.search(frame)?
            }
        };
        if let Some(reading) = &mut reading {
            // A look from too far away for the low back.
            reading.axes = None;
        }
        if let (Some(reading), Some(trunk)) = (&mut reading, &mut self.trunk) {
            if !self.closer {
                trunk.recall(frame.t, reading);
            } else if let Some(crop) = self.framing.trunk(reading) {
                trunk.look(frame, &crop, &mut self.network, reading)?;
            }
        }
        if let Some(reading) = &mut reading
            && let Some(figure) = Figure::of(&reading.points, 0.0)
        {
            reading.doubt(NEAR * figure.stature);
        }
        self.mask_valid = reading.is_some();
        self.world = reading.and_then(|r| r.world);
        let person = reading.map(|r| {
            let believed = Landmarks(r.points.0.map(|k| k.filter(|k| k.score >= self.info.least_score)));
            let dowel = self.find_dowel(frame, &believed);
            let back = self.find_back(frame, &believed, dowel.as_ref());
            Person { points: r.points, axes: r.axes, back, dowel }
        });
        Ok(Observation { t: frame.t, person }.quantized())
    }

    fn look_for_dowel(&mut self, wanted: bool) {
        match (wanted, &self.dowel) {
            (true, None) => self.dowel = Some(DowelFinder::default()),
            (false, _) => self.dowel = None,
            _ => {}
        }
    }

    fn look_closer(&mut self, wanted: bool) -> bool {
        self.closer = wanted;
        self.trunk.is_some()
    }

    fn mask(&self) -> Option<&Mask> {
        self.mask.as_ref().filter(|_| self.mask_valid)
    }

    fn world(&self) -> Option<&Landmarks<Option<Point3<f64>>>> {
        self.world.as_ref()
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

/// The same region of the picture, turned over.
fn other_way_up(crop: &Crop) -> Crop {
    let region = crop.region;
    let over = Region::new(region.center, region.width(), region.height(), region.rotation_deg + 180.0);
    Crop { region: over.unwrap_or(region), ..*crop }
}

/// How plainly a body is seen: the sum of its points' scores.
fn plainness(reading: &Reading) -> f64 {
    reading.points.iter().filter_map(|(_, k)| k.map(|k| k.score)).sum()
}

/// Keeps a crop to four pictures across, and its centre near the picture: points of a network that has lost its way may
/// lie anywhere.
fn within_reason(crop: Crop, frame: &Frame) -> Crop {
    let region = crop.region;
    let [w, h] = frame.size();
    let shrink = (4.0 * w.max(h) / region.width().max(region.height())).min(1.0);
    let center = ImagePoint::new(region.center.x.clamp(-w, 2.0 * w), region.center.y.clamp(-h, 2.0 * h));
    let bounded = Region::new(center, region.width() * shrink, region.height() * shrink, region.rotation_deg);
    Crop { region: bounded.unwrap_or(region), ..crop }
}
