//! The newest picture of a camera, and what becomes of the others.
//!
//! 1. A thread opens the camera, takes every picture as it comes, and leaves it in the one slot there is; a picture
//!    nobody has fetched is replaced and counted. This is the only place where live pictures are dropped.
//! 2. The consumer fetches ([`Capture::next`]) and never waits longer than it says.
//! 3. A camera that fails is opened again every second; one that gives nothing for ten ([`Patience`]) is left behind with its thread (a driver's call cannot be interrupted) and opened by another.
//!
//! Time goes on through all of this: it counts from the first picture of all.

use super::shot::Shot;
use super::{CameraError, one_line};
use crate::units::Timestamp;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Something that gives pictures. It lives on the thread that opened it.
pub trait Camera {
    /// What is used: "HD Webcam, 1280x720 at 30 a second, MJPEG".
    fn about(&self) -> String;

    /// Writes the next picture, reusing the allocation; waits for it, for ever if need be. Times count from the opening.
    fn next(&mut self, shot: &mut Shot) -> Result<(), CameraError>;
}

/// Opens the camera, and opens it again.
pub type Opener = Arc<dyn Fn() -> Result<Box<dyn Camera>, CameraError> + Send + Sync>;

/// What happens to pictures that come faster than they are fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// The newest wins.
    Newest,
    /// The camera waits: for clips, of which no picture is to be missed.
    Every,
}

/// Pictures so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// That the camera gave.
    pub taken: u64,
    /// That nobody fetched in time.
    pub dropped: u64,
    /// How often the camera was lost or stalled.
    pub troubles: u64,
}

/// What [`Capture::next`] has to say.
#[derive(Clone, Debug)]
pub enum News {
    /// The shot is a new picture.
    Picture,
    /// Nothing yet.
    Nothing,
    /// Nothing, and that is not as it should be: what to tell the person.
    Trouble(String),
    /// The clip is over.
    Ended,
    /// The camera could not be opened in the first place.
    Failed(CameraError),
}

/// How long a camera is waited for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Patience {
    /// Without a picture for so long, it has stalled.
    pub stall: Duration,
    /// After so long its thread is left behind.
    pub leave: Duration,
    /// Between two attempts to open a lost one.
    pub retry: Duration,
}

impl Default for Patience {
    /// A stall is many times the 0.2 s that the darkest exposure takes.
    fn default() -> Patience {
        Patience { stall: Duration::from_secs(2), leave: Duration::from_secs(10), retry: Duration::from_secs(1) }
    }
}

/// Threads left behind at most: each holds a buffer or two until its driver lets go.
const MOST_LEFT: u32 = 8;

/// A camera being watched.
pub struct Capture {
    shared: Arc<Shared>,
    opener: Opener,
    pace: Pace,
    patience: Patience,
    left_behind: u32,
    /// The trouble told last, so that it is counted once.
    troubled: bool,
}

struct Shared {
    slot: Mutex<Slot>,
    changed: Condvar,
}

#[derive(Default)]
struct Slot {
    shot: Shot,
    fresh: bool,
    state: State,
    counts: Counts,
    about: String,
    /// Which thread may write; an older one that wakes up sees that it was replaced.
    turn: u32,
    /// When the first picture of all arrived.
    first: Option<Instant>,
    /// When the last one did, or when the camera was opened.
    last: Option<Instant>,
    last_t: Option<Timestamp>,
    stop: bool,
}

#[derive(Default)]
enum State {
    #[default]
    Opening,
    Running,
    Lost(String),
    Ended,
    Failed(CameraError),
}

impl Capture {
    /// Opens the camera on a thread of its own.
    pub fn start(opener: Opener, pace: Pace) -> Capture {
        Capture::start_with(opener, pace, Patience::default())
    }

    pub fn start_with(opener: Opener, pace: Pace, patience: Patience) -> Capture {
        let shared = Arc::new(Shared { slot: Mutex::default(), changed: Condvar::new() });
        let capture = Capture { shared, opener, pace, patience, left_behind: 0, troubled: false };
        capture.spawn(0);
        capture
    }

    /// Fetches the newest picture into `shot`, whose bytes are taken in exchange; waits for one at most so long.
    pub fn next(&mut self, shot: &mut Shot, longest: Duration) -> News {
        let shared = self.shared.clone();
        let slot = shared.lock();
        let ready = |slot: &mut Slot| !slot.fresh && matches!(slot.state, State::Opening | State::Running);
        let (mut slot, _) =
            shared.changed.wait_timeout_while(slot, longest, ready).unwrap_or_else(PoisonError::into_inner);
        if slot.fresh {
            std::mem::swap(&mut slot.shot, shot);
            slot.fresh = false;
            self.troubled = false;
            shared.changed.notify_all();
            return News::Picture;
        }
        let quiet = slot.last.map_or(Duration::ZERO, |last| last.elapsed());
        let trouble = match &slot.state {
            State::Failed(error) => return News::Failed(error.clone()),
            State::Ended => return News::Ended,
            State::Lost(problem) => format!("Camera lost: {problem}"),
            State::Running if quiet > self.patience.stall => "No picture from the camera".to_string(),
            State::Opening | State::Running => return News::Nothing,
        };
        if !std::mem::replace(&mut self.troubled, true) {
            slot.counts.troubles += 1;
        }
        if matches!(slot.state, State::Running) && quiet > self.patience.leave && self.left_behind < MOST_LEFT {
            slot.turn += 1;
            slot.state = State::Lost("it stopped sending pictures".into());
            self.left_behind += 1;
            self.spawn(slot.turn);
        } else if matches!(slot.state, State::Lost(_)) {
            // Opening again takes its time; the consumer need not ask without a pause.
            drop(slot);
            thread::sleep(longest.min(Duration::from_millis(50)));
        }
        News::Trouble(trouble)
    }

    pub fn counts(&self) -> Counts {
        self.shared.lock().counts
    }

    /// What is used, once it is open.
    pub fn about(&self) -> String {
        self.shared.lock().about.clone()
    }

    fn spawn(&self, turn: u32) {
        let (shared, opener, pace, retry) = (self.shared.clone(), self.opener.clone(), self.pace, self.patience.retry);
        let work = move || Taker { shared, opener, pace, retry, turn, mine: Shot::default() }.run();
        if let Err(error) = thread::Builder::new().name("camera".into()).spawn(work) {
            let problem = one_line(&error.to_string());
            self.shared.lock().state = State::Failed(CameraError::Lost { problem });
        }
    }
}

/// Tells the thread to end. It is not waited for: it may be stuck in the driver.
impl Drop for Capture {
    fn drop(&mut self) {
        self.shared.lock().stop = true;
        self.shared.changed.notify_all();
    }
}

impl Shared {
    /// No invariant spans two fields that a panic could have left half written.
    fn lock(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The thread's side.
struct Taker {
    shared: Arc<Shared>,
    opener: Opener,
    pace: Pace,
    retry: Duration,
    turn: u32,
    /// Filled while the slot's is not yet fetched.
    mine: Shot,
}

impl Taker {
    fn run(mut self) {
        loop {
            let ended = match (self.opener)() {
                Ok(camera) => self.take_all(camera),
                Err(error) => Some(error),
            };
            let Some(error) = ended else { return };
            let mut slot = self.shared.lock();
            if slot.stop || slot.turn != self.turn {
                return;
            }
            slot.state = match error {
                CameraError::Ended => State::Ended,
                error if slot.first.is_none() => State::Failed(error),
                CameraError::Lost { problem } => State::Lost(problem),
                error => State::Lost(error.to_string()),
            };
            let over = matches!(slot.state, State::Ended | State::Failed(_));
            self.shared.changed.notify_all();
            drop(slot);
            if over {
                return;
            }
            thread::sleep(self.retry);
        }
    }

    /// Takes pictures until the camera fails; `None` when nobody wants them any more.
    fn take_all(&mut self, mut camera: Box<dyn Camera>) -> Option<CameraError> {
        let base = {
            let mut slot = self.shared.lock();
            if slot.turn != self.turn {
                return None;
            }
            slot.about = camera.about();
            slot.last = Some(Instant::now());
            slot.state = State::Running;
            slot.first.map_or(Timestamp::ZERO, |first| Timestamp::from_secs(first.elapsed().as_secs_f64()))
        };
        loop {
            if let Err(error) = camera.next(&mut self.mine) {
                return Some(error);
            }
            if !self.leave(base) {
                return None;
            }
        }
    }

    /// Puts the picture into the slot; false when nobody wants pictures from this thread any more.
    fn leave(&mut self, base: Timestamp) -> bool {
        let waits = self.pace == Pace::Every;
        let slot = self.shared.lock();
        let full = |slot: &mut Slot| waits && slot.fresh && !slot.stop && slot.turn == self.turn;
        let mut slot = self.shared.changed.wait_while(slot, full).unwrap_or_else(PoisonError::into_inner);
        if slot.stop || slot.turn != self.turn {
            return false;
        }
        let after = |last: Timestamp| Timestamp::from_micros(last.micros() + 1);
        let t = Timestamp::from_micros(base.micros() + self.mine.t.micros());
        self.mine.t = slot.last_t.map_or(t, |last| t.max(after(last)));
        slot.counts.taken += 1;
        slot.counts.dropped += u64::from(slot.fresh);
        slot.last_t = Some(self.mine.t);
        slot.last = Some(self.mine.arrived);
        slot.first.get_or_insert(self.mine.arrived);
        std::mem::swap(&mut slot.shot, &mut self.mine);
        slot.fresh = true;
        self.shared.changed.notify_all();
        true
    }
}

/// Turns a camera's own clock into times since its first picture: right spacing from its clock, right place from ours.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct DeviceClock {
    /// Its time and ours at the anchor.
    anchor: Option<(Duration, Instant)>,
    began: Option<Instant>,
}

/// A device clock further than this from ours has jumped or runs wrong, seconds.
const CLOCK_TRUST_SECS: f64 = 0.5;

impl DeviceClock {
    /// The time of a picture that arrived now, with its stamp if there is one.
    pub fn time(&mut self, stamp: Option<Duration>, arrived: Instant) -> Timestamp {
        let began = *self.began.get_or_insert(arrived);
        let ours = arrived.saturating_duration_since(began).as_secs_f64();
        let Some(stamp) = stamp.filter(|stamp| !stamp.is_zero()) else { return Timestamp::from_secs(ours) };
        let (anchor, at) = *self.anchor.get_or_insert((stamp, arrived));
        let theirs = at.saturating_duration_since(began).as_secs_f64() + stamp.as_secs_f64() - anchor.as_secs_f64();
        if (theirs - ours).abs() > CLOCK_TRUST_SECS {
            self.anchor = Some((stamp, arrived));
            return Timestamp::from_secs(ours);
        }
        Timestamp::from_secs(theirs.max(0.0))
    }
}
