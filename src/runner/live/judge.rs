//! The judging side of a live session, on a thread of its own: newest picture → pose → step → display.
//!
//! It hands over one picture at a time and waits until the display has taken it; meanwhile newer pictures replace each
//! other at the camera, and only there. A programme goes by the pictures' times: between two sets they are shown, not
//! judged.

use super::haste::Haste;
use super::set::Set;
use super::stats::Stats;
use super::{Ending, Event, LiveJob, Order, Picture, SetDone, Task, Training};
use crate::estimate::{EstimateError, PoseEstimator};
use crate::exercises;
use crate::form::{Heard, Setup};
use crate::frame::Frame;
use crate::pose::Observation;
use crate::pose::recording::ModelInfo;
use crate::programme::{Course, Stage, Tick, Watch};
use crate::runner::RunError;
use crate::source::camera::{Capture, News, Pace, Shot};
use crate::units::Timestamp;
use std::sync::mpsc::{Receiver, SyncSender};
use std::time::{Duration, Instant};

/// How long to wait for a picture before looking for orders.
const LOOK: Duration = Duration::from_millis(50);

pub struct Judge<'a> {
    pub job: &'a LiveJob,
    pub estimator: Box<dyn PoseEstimator>,
    pub capture: Capture,
    pub orders: Receiver<Order>,
    pub events: SyncSender<Event>,
    /// Frames that the display is done with.
    pub spare: Receiver<Frame>,
}

/// What is going on.
struct State {
    /// What the next set is judged as, and this one.
    task: Task,
    set: Option<Set>,
    done: Vec<SetDone>,
    /// Where a programme stands, and what it knows of the set.
    course: Option<Course>,
    watch: Watch,
    /// The session's clock, and the time of the picture it was set by. It stands still in a pause.
    clock: Timestamp,
    seen_at: Option<Timestamp>,
    record: bool,
    paused: bool,
    /// The set is over, and the next has not been asked for.
    resting: bool,
    stats: Stats,
    haste: Haste,
    /// Camera counts when the set began.
    base: (u64, u64),
    over: bool,
}

impl State {
    fn new(job: &LiveJob) -> State {
        let course = match &job.training {
            Training::Sets { .. } => None,
            Training::Programme { course, .. } => Some(course.clone()),
        };
        State {
            task: job.training.first(),
            set: None,
            done: Vec::new(),
            course,
            watch: Watch::default(),
            clock: Timestamp::ZERO,
            seen_at: None,
            record: job.record,
            paused: false,
            resting: false,
            stats: Stats::default(),
            haste: Haste::default(),
            base: (0, 0),
            over: false,
        }
    }

    /// Whether anybody is looked for in the picture.
    fn watches(&self) -> bool {
        let at_a_set = |course: &Course| matches!(course.stage(), Stage::Setup(_) | Stage::Work(_));
        !self.paused && !self.resting && self.course.as_ref().is_none_or(at_a_set)
    }

    /// Sets the session's clock by a picture.
    fn wind(&mut self, t: Timestamp) {
        if let Some(before) = self.seen_at.replace(t).filter(|_| !self.paused) {
            self.clock = self.clock + t.secs_since(before).max(0.0);
        }
    }
}

impl Judge<'_> {
    /// Judges until the display is gone, the clip is over or nothing more is to be done; what was done, in order.
    pub fn run(mut self) -> Result<(Vec<SetDone>, Stats), RunError> {
        let model = self.estimator.model().clone();
        let mut state = State::new(self.job);
        let mut shot = Shot::default();
        let mut frame = Frame::default();
        if state.course.is_some() {
            match self.job.once {
                // Nobody is there to read and to press a key.
                true => self.go_on(&mut state),
                false => self.announce(&state),
            }
        }
        let ended = loop {
            while let Ok(order) = self.orders.try_recv() {
                self.obey(order, &model, &mut state);
            }
            if state.over {
                break Ok(());
            }
            match self.capture.next(&mut shot, LOOK) {
                News::Nothing => {}
                News::Picture => {
                    let fetched = Instant::now();
                    if !shot.unpack(&mut frame) {
                        state.stats.torn += 1;
                        continue;
                    }
                    match self.take(&shot, fetched, &mut frame, &model, &mut state) {
                        Ok(true) => {}
                        Ok(false) => break Ok(()),
                        Err(error) => break Err(error.into()),
                    }
                }
                News::Trouble(trouble) => {
                    if self.events.send(Event::Trouble(trouble)).is_err() {
                        break Ok(());
                    }
                }
                News::Ended => break Ok(()),
                News::Failed(error) => break Err(RunError::Camera(error)),
            }
        };
        // Whatever ended it, the set is kept.
        self.end_set(&mut state, Ending::Over);
        let counts = self.capture.counts();
        state.stats.camera = self.capture.about();
        (state.stats.taken, state.stats.dropped) = (counts.taken, counts.dropped);
        state.stats.troubles = counts.troubles;
        // The display may be gone already.
        let _ = self.events.send(Event::Over);
        match ended {
            Err(error) if state.done.is_empty() => return Err(error),
            Err(error) => state.stats.broken = Some(error.to_string()),
            Ok(()) => {}
        }
        Ok((state.done, state.stats))
    }

    /// Judges one picture and hands it over; false when nobody wants more.
    fn take(
        &mut self,
        shot: &Shot,
        fetched: Instant,
        frame: &mut Frame,
        model: &ModelInfo,
        state: &mut State,
    ) -> Result<bool, EstimateError> {
        state.wind(frame.t);
        let mut seen = None;
        if !self.same_size(frame, state) {
            return Ok(false);
        }
        let mut tick = Tick { t: state.clock, ..Tick::default() };
        if state.watches() {
            if state.set.is_none() {
                self.begin_set(frame, model, state);
            }
            let unpacked = Instant::now();
            let observation = self.look(frame, state)?;
            let looked = Instant::now();
            if let Some(set) = &mut state.set {
                seen = set.take(frame, observation, brightness(frame));
                state.stats.judged.add(shot.arrived.elapsed());
                let stages = &mut state.stats.stages;
                stages.waited += fetched - shot.arrived;
                stages.unpacked += unpacked - fetched;
                stages.looked += looked - unpacked;
                stages.judged += looked.elapsed();
                if observation.person.is_some() && self.job.pace == Pace::Newest {
                    state.haste.took(fetched.elapsed().as_secs_f64(), frame.t, self.capture.counts().taken);
                }
                if let Some((step, setup)) = &mut seen {
                    tick = state.watch.tick(state.clock, step, set.judged());
                    // Whoever is asked to stand otherwise is not at work yet.
                    tick.ready &= !matches!(setup, Setup::Positioning(ask) if ask.comes_before_ready());
                    if let Some(hold) = step.hold.as_mut().filter(|_| tick.wrong_side) {
                        // Nothing is asked of this side: no countdown, and no end to be heard as done.
                        hold.target_secs = None;
                    }
                }
                if let Some(trouble) = set.trouble.take() {
                    state.record &= set.recording();
                    if self.events.send(Event::Problem(trouble)).is_err() {
                        return Ok(false);
                    }
                }
            }
        }
        let recording = state.set.as_ref().is_some_and(Set::recording);
        let next = self.spare.try_recv().unwrap_or_default();
        let frame = std::mem::replace(frame, next);
        let (task, course) = (state.task, state.course.as_ref().map(Course::showing));
        let picture = Picture { frame, seen, arrived: shot.arrived, judged: Instant::now(), recording, task, course };
        // First what was seen, then what follows from it.
        if self.events.send(Event::Picture(Box::new(picture))).is_err() {
            return Ok(false);
        }
        // While the picture is drawn: a disk may take its time.
        if let Some(set) = &mut state.set {
            set.write_interim();
        }
        if !state.paused {
            self.follow(&tick, state);
        }
        Ok(true)
    }

    fn look(&mut self, frame: &Frame, state: &mut State) -> Result<Observation, EstimateError> {
        let closer = state.haste.closer();
        if self.estimator.look_closer(closer) && !closer {
            state.stats.without_closer_look += 1;
        }
        Ok(self.estimator.estimate(frame)?.quantized())
    }

    /// A set is of pictures of one size, in the report as in the video: another size (a phone turned over) begins another
    /// set, which is told. False when nobody listens any more.
    fn same_size(&mut self, frame: &Frame, state: &mut State) -> bool {
        let now = (frame.width(), frame.height());
        let Some(before) = state.set.as_ref().map(Set::picture_size).filter(|before| *before != now) else {
            return true;
        };
        self.end_set(state, Ending::Over);
        let [(w, h), (width, height)] = [before, now];
        let words = format!("The camera's picture changed from {w}x{h} to {width}x{height}: a new set begins");
        self.events.send(Event::Problem(words)).is_ok()
    }

    fn begin_set(&mut self, frame: &Frame, model: &ModelInfo, state: &mut State) {
        let counts = self.capture.counts();
        state.base = (counts.taken, counts.dropped);
        state.watch = Watch::new(state.task.side);
        self.estimator.look_for_dowel(exercises::with_dowel(state.task.exercise));
        state.set = Some(Set::begin(self.job, &state.task, model, frame, state.record));
    }

    /// What the set, or the time, leads to.
    fn follow(&mut self, tick: &Tick, state: &mut State) {
        match (&mut state.course, &self.job.training) {
            (Some(course), _) => {
                let mut heard = Vec::new();
                let was = course.stage();
                let entered = course.push(tick, &mut |h| heard.push(h));
                heard.into_iter().for_each(|heard| self.tell(heard));
                if entered.is_some() {
                    self.enter(was, Ending::Counted, state);
                }
            }
            (None, Training::Sets { count: Some(count), .. }) => {
                let enough = |set: &Set| set.counted() >= *count && set.judged() >= set.counted();
                if state.set.as_ref().is_some_and(enough) {
                    self.end_set(state, Ending::Counted);
                    state.resting = true;
                    state.over = self.job.once;
                }
            }
            (None, _) => {}
        }
    }

    /// The programme has left a stage for another.
    fn enter(&mut self, was: Stage, ending: Ending, state: &mut State) {
        let Some(course) = &state.course else { return };
        let stage = course.stage();
        // The side first: there is little time to turn, and how it went can be heard while turning.
        let turns = matches!(stage, Stage::Switch(..));
        if turns {
            self.announce(state);
        }
        match (was, stage) {
            // The way into position belongs to the set.
            (Stage::Setup(_), Stage::Work(_)) => {}
            (Stage::Work(_), _) => self.end_set(state, ending),
            (Stage::Setup(_), _) => forget_set(state),
            _ => {}
        }
        if let Some(task) = state.course.as_ref().and_then(Course::block).and_then(Task::of) {
            // At rest, what comes is not yet what is judged.
            if matches!(stage, Stage::Setup(_)) {
                state.task = task;
            }
        }
        if !turns {
            self.announce(state);
        }
        state.over = stage == Stage::Done;
    }

    /// The person, or nobody being there to be asked, wants the next stage.
    fn go_on(&mut self, state: &mut State) {
        let Some(course) = &mut state.course else { return };
        let was = course.stage();
        course.go_on();
        self.tell(Heard::GoneOn);
        self.enter(was, Ending::Over, state);
    }

    fn announce(&self, state: &State) {
        if let Some(heard) = state.course.as_ref().and_then(Course::announcement) {
            self.tell(heard);
        }
    }

    fn tell(&self, heard: Heard) {
        // The display may be gone; the next picture notices.
        let _ = self.events.send(Event::Heard(heard));
    }

    fn obey(&mut self, order: Order, model: &ModelInfo, state: &mut State) {
        match order {
            Order::Pause(paused) => {
                state.paused = paused;
                if let Some(set) = state.set.as_mut().filter(|_| paused) {
                    set.pause();
                }
            }
            Order::NextSet => {
                state.paused = false;
                if state.course.is_some() {
                    self.go_on(state);
                } else {
                    self.end_set(state, Ending::Over);
                    state.resting = false;
                }
            }
            Order::Pain => self.stop_in_pain(model, state),
            // A programme says itself whose turn it is.
            Order::Side(_) if state.course.is_some() => {}
            Order::Side(side) => {
                state.task.side = side;
                if let Some(set) = &mut state.set {
                    set.turn(side);
                }
            }
            Order::Record(true) => {
                // A recording holds a set from its beginning, so that pictures and poses belong together.
                state.record = true;
                if state.course.is_none() {
                    self.end_set(state, Ending::Over);
                }
            }
            Order::Record(false) => {
                state.record = false;
                if let Some(set) = &mut state.set {
                    set.stop_recording();
                }
            }
            Order::Quit => state.over = true,
        }
    }

    /// Ends the set without a score; a programme with it.
    fn stop_in_pain(&mut self, model: &ModelInfo, state: &mut State) {
        if let Some(course) = &mut state.course {
            if course.stage() == Stage::Done {
                return;
            }
            course.pain();
            if state.set.is_none() {
                // Felt between two sets: kept like any other, as an empty set of the exercise before.
                self.begin_set(&Frame::new(1, 1), model, state);
            }
            state.over = true;
        }
        self.end_set(state, Ending::Pain);
        state.resting = true;
    }

    fn end_set(&mut self, state: &mut State, ending: Ending) {
        // Quit on the way into position: nothing was done.
        let begun = |course: &Course| !matches!(course.stage(), Stage::Setup(_));
        if !state.course.as_ref().is_none_or(begun) {
            return forget_set(state);
        }
        let Some(set) = state.set.take() else { return };
        let counts = self.capture.counts();
        let (taken, dropped) = (counts.taken - state.base.0, counts.dropped - state.base.1);
        let done = set.finish(ending, dropped as f64 / taken.max(1) as f64);
        // The display may be gone: the set is kept all the same.
        let _ = self.events.send(Event::SetDone(Box::new(done.clone())));
        state.done.push(done);
    }
}

/// Nobody was in position.
fn forget_set(state: &mut State) {
    if let Some(set) = state.set.take() {
        set.forget();
    }
}

/// Mean of the picture, 0..=1, from a pixel in every few hundred.
fn brightness(frame: &Frame) -> f64 {
    // A prime, so that no column or row is looked at alone.
    const EVERY: usize = 251;
    let (sum, n) =
        frame.rgb().chunks_exact(3).step_by(EVERY).fold((0u64, 0u64), |(sum, n), p| (sum + u64::from(p[1]), n + 1));
    sum as f64 / (n.max(1) as f64 * 255.0)
}
