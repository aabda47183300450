//! The judging side of a live session, on a thread of its own: newest picture → pose → step → display.
//!
//! It hands over one picture at a time and waits until the display has taken it; meanwhile newer pictures replace each
//! other at the camera, and only there.

use super::set::Set;
use super::stats::Stats;
use super::{Ending, Event, LiveJob, Order, Picture, SetDone};
use crate::estimate::{EstimateError, PoseEstimator};
use crate::frame::Frame;
use crate::pose::recording::ModelInfo;
use crate::runner::RunError;
use crate::source::camera::{Capture, News, Shot};
use crate::units::Side;
use std::sync::mpsc::{Receiver, SyncSender};
use std::time::Duration;

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
    set: Option<Set>,
    done: Vec<SetDone>,
    side: Option<Side>,
    record: bool,
    paused: bool,
    /// The set is over, and the next has not been asked for.
    resting: bool,
    stats: Stats,
    /// Camera counts when the set began.
    base: (u64, u64),
    over: bool,
}

impl Judge<'_> {
    /// Judges until the display is gone, the clip is over or nothing more is to be done; what was done, in order.
    pub fn run(mut self) -> Result<(Vec<SetDone>, Stats), RunError> {
        let model = self.estimator.model().clone();
        let mut state = State {
            set: None,
            done: Vec::new(),
            side: self.job.side,
            record: self.job.record,
            paused: false,
            resting: false,
            stats: Stats::default(),
            base: (0, 0),
            over: false,
        };
        let mut shot = Shot::default();
        let mut frame = Frame::default();
        let ended = loop {
            while let Ok(order) = self.orders.try_recv() {
                self.obey(order, &mut state);
            }
            if state.over {
                break Ok(());
            }
            match self.capture.next(&mut shot, LOOK) {
                News::Nothing => {}
                News::Picture if !shot.unpack(&mut frame) => state.stats.torn += 1,
                News::Picture => match self.take(&shot, &mut frame, &model, &mut state) {
                    Ok(true) => {}
                    Ok(false) => break Ok(()),
                    Err(error) => break Err(error.into()),
                },
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
        frame: &mut Frame,
        model: &ModelInfo,
        state: &mut State,
    ) -> Result<bool, EstimateError> {
        let mut seen = None;
        if !self.same_size(frame, state) {
            return Ok(false);
        }
        if !state.paused && !state.resting {
            let observation = self.estimator.estimate(frame)?.quantized();
            let job = self.job;
            let set = state.set.get_or_insert_with(|| {
                let counts = self.capture.counts();
                state.base = (counts.taken, counts.dropped);
                Set::begin(job, model, frame, state.side, state.record)
            });
            seen = set.take(frame, observation, brightness(frame));
            state.stats.judged.add(shot.arrived.elapsed());
            if let Some(trouble) = set.trouble.take() {
                state.record &= set.recording();
                if self.events.send(Event::Problem(trouble)).is_err() {
                    return Ok(false);
                }
            }
            let enough = job.count.is_some_and(|count| set.counted() >= count) && set.all_judged();
            if enough {
                self.end_set(state, Ending::Counted);
                state.resting = true;
                state.over = job.once;
            }
        }
        let recording = state.set.as_ref().is_some_and(Set::recording);
        let next = self.spare.try_recv().unwrap_or_default();
        let frame = std::mem::replace(frame, next);
        let picture = Picture { frame, seen, arrived: shot.arrived, recording, side: state.side };
        Ok(self.events.send(Event::Picture(Box::new(picture))).is_ok())
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

    fn obey(&mut self, order: Order, state: &mut State) {
        match order {
            Order::Pause(paused) => state.paused = paused,
            Order::NextSet => {
                self.end_set(state, Ending::Over);
                (state.resting, state.paused) = (false, false);
            }
            Order::Pain => {
                self.end_set(state, Ending::Pain);
                state.resting = true;
            }
            Order::Side(side) => {
                state.side = side;
                if let Some(set) = &mut state.set {
                    set.turn(side);
                }
            }
            Order::Record(true) => {
                // A recording holds a set from its beginning, so that pictures and poses belong together.
                state.record = true;
                self.end_set(state, Ending::Over);
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

    fn end_set(&mut self, state: &mut State, ending: Ending) {
        let Some(set) = state.set.take() else { return };
        let counts = self.capture.counts();
        let (taken, dropped) = (counts.taken - state.base.0, counts.dropped - state.base.1);
        let done = set.finish(ending, dropped as f64 / taken.max(1) as f64);
        // The display may be gone: the set is kept all the same.
        let _ = self.events.send(Event::SetDone(Box::new(done.clone())));
        state.done.push(done);
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
