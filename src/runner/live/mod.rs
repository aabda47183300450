//! A live session: camera → pose → session → display, each at its own pace, newest picture first.
//!
//! Three threads. The camera's takes every picture and keeps the newest (`source::camera`, the one place where pictures
//! are dropped and counted). The judge's sees, judges and writes. The caller's shows: the picture that was judged together
//! with its judgement, never one with another's. Between them goes one picture at a time, so memory is flat, and a slow
//! display or encoder shows as dropped pictures and not as a growing delay.
//!
//! What a set has shown so far is on disk at any moment: poses as they come, the report after every repetition, a
//! recording by and by. A lost display, like a model that fails, ends the session as quitting does.

mod haste;
mod judge;
#[cfg_attr(not(feature = "window"), expect(dead_code))]
mod mirror;
mod recorder;
mod set;
mod stats;

#[cfg(test)]
mod tests;

pub use mirror::MOST_SECS as MOST_DELAY_SECS;
pub use stats::{Delays, Stages, Stats};

use super::{RunError, VIDEO};
use crate::estimate::PoseEstimator;
#[cfg(feature = "window")]
use crate::form::safety;
use crate::form::{Exercise, Heard, Setup, Step, Variant};
use crate::frame::Frame;
use crate::programme::{Block, Course, Showing, Work};
#[cfg(feature = "window")]
use crate::programme::{Stage, held_sign};
use crate::report::Report;
use crate::sink::SinkError;
#[cfg(feature = "window")]
use crate::sink::overlay::{Overlay, Row};
#[cfg(feature = "window")]
use crate::sink::voice::unjudged;
#[cfg(feature = "window")]
use crate::sink::window::{LIVE_HELP, LiveKey, LiveWindow, Opening, PROGRAMME_HELP};
use crate::source::camera::{Capture, Opener, Pace};
use crate::units::{Side, Timestamp};
use judge::Judge;
#[cfg(feature = "window")]
use mirror::Mirror;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

/// A live session.
#[derive(Clone, Debug)]
pub struct LiveJob {
    pub training: Training,
    /// Nobody is there to press a key: the session is over with the first set that reached its count, and a programme
    /// begins by itself.
    pub once: bool,
    /// Each set gets a folder of its own in here.
    pub out: PathBuf,
    /// Keep the video too.
    pub record: bool,
    /// The camera as the report names it.
    pub camera: String,
    pub pace: Pace,
}

/// What is trained.
#[derive(Clone, Debug)]
pub enum Training {
    /// Sets of one exercise, until the person has enough; each over after so many repetitions, if that is given.
    Sets { task: Task, count: Option<u32> },
    /// Exercise after exercise as planned, with rests between; `first` is the first set's.
    Programme { first: Task, course: Course },
}

impl Training {
    /// `None` for a programme without a set that this build can judge.
    pub fn programme(course: Course) -> Option<Training> {
        Some(Training::Programme { first: Task::of(course.plan().blocks.first()?)?, course })
    }

    fn first(&self) -> Task {
        match self {
            Training::Sets { task, .. } | Training::Programme { first: task, .. } => *task,
        }
    }
}

/// What a set is judged as.
#[derive(Clone, Copy, Debug)]
pub struct Task {
    pub exercise: &'static Exercise,
    /// Its variant; as the start position shows when `None`.
    pub variant: Option<&'static Variant>,
    /// The athlete's side that is to be nearer the camera, or whose turn it is.
    pub side: Option<Side>,
    /// Seconds asked of each hold in turn; empty: as the exercise's own ladder says.
    pub holds: &'static [u32],
}

impl Task {
    /// A set of a programme; `None` for an exercise this build cannot judge.
    fn of(block: &Block) -> Option<Task> {
        let holds: &[u32] = if let Work::Holds { secs, .. } = block.work { secs } else { &[] };
        Some(Task { exercise: block.exercise()?, variant: block.variant(), side: block.side, holds })
    }
}

/// How it is shown.
#[derive(Clone, Debug)]
pub struct Display {
    /// `None`: no window.
    pub window: Option<Look>,
}

/// What the window looks like.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// As in a mirror; text stays readable.
    pub mirrored: bool,
    /// Show what was so many seconds ago; 0: now.
    pub delay_secs: f64,
    #[cfg(feature = "window")]
    pub opening: Opening,
}

/// Hears every picture's step when it is shown, in order: where voice and beeps belong. It must not block; speaking is for a
/// thread or a program of its own.
pub trait Listener {
    /// Nothing but the time when the picture was not judged: it is the camera's, from its first picture of all, through every
    /// set, rest and pause.
    fn hear(&mut self, t: Timestamp, seen: Option<(&Step, &Setup)>);
    /// Nothing more is to be heard, or again.
    fn mute(&mut self, muted: bool);
    /// The camera gives no picture any more; told in words by [`Listener::trouble`].
    fn blind(&mut self) {}
    /// Trouble, once: the camera is gone, a file cannot be written.
    fn trouble(&mut self, words: &str);
    /// A set is over.
    fn set_done(&mut self, done: &SetDone);
    /// Something that no step tells: what comes next, a rest and its last seconds, a pause.
    fn announce(&mut self, heard: Heard);
    /// What the listener itself has to tell, for the display, in one line: sound that went missing, say.
    fn remark(&mut self) -> Option<String> {
        None
    }
}

/// Hears nothing.
pub struct Silent;

impl Listener for Silent {
    fn hear(&mut self, _t: Timestamp, _seen: Option<(&Step, &Setup)>) {}
    fn mute(&mut self, _muted: bool) {}
    fn trouble(&mut self, _words: &str) {}
    fn set_done(&mut self, _done: &SetDone) {}
    fn announce(&mut self, _heard: Heard) {}
}

/// Why a set was over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The person, or the clip, ended it.
    Over,
    /// All repetitions are done.
    Counted,
    /// It hurt: no score.
    Pain,
}

/// A finished set.
#[derive(Clone, Debug)]
pub struct SetDone {
    pub task: Task,
    pub folder: PathBuf,
    pub report: Report,
    pub ending: Ending,
    /// Its end as it is heard.
    pub heard: Heard,
    /// Why its files are not complete.
    pub unwritten: Option<String>,
}

/// From the display to the judge.
#[cfg_attr(not(feature = "window"), expect(dead_code))]
enum Order {
    Pause(bool),
    NextSet,
    Pain,
    Side(Option<Side>),
    Record(bool),
    Quit,
}

/// From the judge to the display.
enum Event {
    Picture(Box<Picture>),
    /// No picture, and why.
    Trouble(String),
    /// Something else is wrong; the session goes on.
    Problem(String),
    SetDone(Box<SetDone>),
    /// To be heard.
    Heard(Heard),
    Over,
}

/// A picture and what was judged of it.
#[cfg_attr(not(feature = "window"), expect(dead_code))]
struct Picture {
    frame: Frame,
    /// `None` while paused or between sets.
    seen: Option<(Step, Setup)>,
    arrived: Instant,
    /// When its judgement was done.
    judged: Instant,
    recording: bool,
    task: Task,
    /// Where a programme stands.
    course: Option<Showing>,
}

/// Runs a session until it is quit; the sets, in order. Must be called on the program's first thread: systems give
/// windows to no other.
///
/// Errors: the camera, the model or the window could not be had. What was done before a later failure is kept.
pub fn run_live(
    job: &LiveJob,
    opener: Opener,
    estimator: Box<dyn PoseEstimator>,
    display: &Display,
    listener: &mut dyn Listener,
    stop: &AtomicBool,
) -> Result<(Vec<SetDone>, Stats), RunError> {
    let capture = Capture::start(opener, job.pace);
    let (order, orders) = channel();
    // One picture is drawn while the next is judged.
    let (event, events) = sync_channel(0);
    let (give_back, spare) = channel();
    thread::scope(|scope| {
        let judge = Judge { job, estimator, capture, orders, events: event, spare };
        let judging = scope.spawn(move || judge.run());
        let mut show = Show {
            job,
            events,
            order,
            give_back,
            delays: Delays::default(),
            handed: Duration::ZERO,
            shown: Duration::ZERO,
            listener,
            stop,
            told: String::new(),
            blind: false,
        };
        let shown = match &display.window {
            #[cfg(feature = "window")]
            Some(look) => show.in_window(*look),
            _ => show.nowhere(),
        };
        let lost = match shown {
            Ok(()) => None,
            Err(RunError::Sink(lost @ SinkError::DisplayLost)) => Some(lost.to_string()),
            // The window never opened: there is nothing to conclude. Hangs up, and the judge ends.
            Err(error) => return Err(error),
        };
        show.conclude();
        let (delays, handed, shown) = (std::mem::take(&mut show.delays), show.handed, show.shown);
        let judged = judging.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        let (sets, mut stats) = judged?;
        stats.shown = delays;
        (stats.stages.handed, stats.stages.shown) = (handed, shown);
        stats.broken = lost.or(stats.broken);
        Ok((sets, stats))
    })
}

/// The display's side.
#[cfg_attr(not(feature = "window"), expect(dead_code))]
struct Show<'a> {
    job: &'a LiveJob,
    events: Receiver<Event>,
    order: Sender<Order>,
    give_back: Sender<Frame>,
    delays: Delays,
    /// Sums of the last two [`Stages`].
    handed: Duration,
    shown: Duration,
    listener: &'a mut dyn Listener,
    stop: &'a AtomicBool,
    /// The trouble told last.
    told: String,
    /// No picture comes, and that has been told.
    blind: bool,
}

/// How often keys and the stop flag are looked at while no picture comes.
const POLL: Duration = Duration::from_millis(15);

impl Show<'_> {
    /// Without a window: listens only.
    fn nowhere(&mut self) -> Result<(), RunError> {
        loop {
            if self.stop.load(Ordering::Relaxed) {
                // The judge may be gone by itself.
                let _ = self.order.send(Order::Quit);
            }
            match self.events.recv_timeout(POLL) {
                Ok(Event::Picture(picture)) => self.done_with(*picture, Instant::now()),
                Ok(Event::Trouble(words)) => self.no_picture(&words),
                Ok(Event::Problem(words)) => self.trouble(&words),
                Ok(Event::SetDone(done)) => self.listener.set_done(&done),
                Ok(Event::Heard(heard)) => self.listener.announce(heard),
                Ok(Event::Over) | Err(RecvTimeoutError::Disconnected) => return Ok(()),
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    /// Nothing is shown any more: the set that is going on ends, and is heard of and remembered like those before.
    fn conclude(&mut self) {
        // The judge may be gone by itself.
        let _ = self.order.send(Order::Quit);
        while let Ok(event) = self.events.recv() {
            if let Event::SetDone(done) = event {
                self.listener.set_done(&done);
            }
        }
    }

    fn no_picture(&mut self, words: &str) {
        if !std::mem::replace(&mut self.blind, true) {
            self.listener.blind();
        }
        self.trouble(words);
    }

    fn trouble(&mut self, words: &str) {
        if self.told != words {
            self.told = words.to_string();
            self.listener.trouble(words);
        }
    }

    /// The picture is shown, and was taken from the judge at that time.
    fn done_with(&mut self, picture: Picture, taken: Instant) {
        self.told.clear();
        self.blind = false;
        if picture.seen.is_some() {
            self.delays.add(picture.arrived.elapsed());
            self.handed += taken - picture.judged;
            self.shown += taken.elapsed();
        }
        self.listener.hear(picture.frame.t, picture.seen.as_ref().map(|(step, setup)| (step, setup)));
        // The judge may be gone by itself.
        let _ = self.give_back.send(picture.frame);
    }
}

#[cfg(feature = "window")]
impl Show<'_> {
    fn in_window(&mut self, look: Look) -> Result<(), RunError> {
        let mut screen = Screen::new(self.job, look);
        loop {
            if self.stop.load(Ordering::Relaxed) || screen.closes.is_some_and(|at| Instant::now() >= at) {
                return Ok(());
            }
            while let Some(remark) = self.listener.remark() {
                screen.problem(remark);
            }
            while let Some(key) = screen.key() {
                if self.press(key, &mut screen) {
                    return Ok(());
                }
            }
            match self.events.recv_timeout(POLL) {
                Ok(Event::Picture(mut picture)) => {
                    let taken = Instant::now();
                    screen.show(&mut picture)?;
                    self.done_with(*picture, taken);
                }
                Ok(Event::Trouble(words)) => {
                    self.no_picture(&words);
                    // Large what is to be read from afar, small why.
                    let (what, why) = words.split_once(": ").unwrap_or((&words, ""));
                    screen.tell(Board::new(what, &format!("{why}\nwaiting for it; q quits")))?;
                }
                Ok(Event::Problem(words)) => {
                    self.trouble(&words);
                    screen.problem(words);
                }
                Ok(Event::SetDone(done)) => {
                    self.listener.set_done(&done);
                    screen.set_done(&done);
                }
                Ok(Event::Heard(heard)) => self.listener.announce(heard),
                Ok(Event::Over) => {
                    // The camera could not be opened, or nothing was done.
                    if screen.window.is_none() || (screen.quitting && !screen.has_results()) {
                        return Ok(());
                    }
                    // Results stay on the screen until they are read.
                    screen.closes = screen.quitting.then(|| Instant::now() + END_PAGE);
                    screen.over()?;
                }
                Err(RecvTimeoutError::Disconnected) if screen.window.is_none() => return Ok(()),
                Err(RecvTimeoutError::Disconnected) => {
                    thread::sleep(POLL);
                    screen.refresh()?;
                }
                Err(RecvTimeoutError::Timeout) => screen.refresh()?,
            }
        }
    }

    /// True when the session is to end.
    fn press(&mut self, key: LiveKey, screen: &mut Screen) -> bool {
        // An order that nobody takes any more is of no use to anybody.
        let order = |order| _ = self.order.send(order);
        match key {
            // Asked twice, or with the results on the screen.
            LiveKey::Quit if screen.quitting || screen.shows_result() => return true,
            LiveKey::Quit => {
                screen.quitting = true;
                // The judge may be gone by itself: then its results have been read.
                return self.order.send(Order::Quit).is_err();
            }
            _ if screen.quitting => {}
            LiveKey::TogglePause => {
                screen.paused = !screen.paused;
                self.listener.announce(Heard::Next(if screen.paused { "Paused." } else { "Going on." }.into()));
                order(Order::Pause(screen.paused));
            }
            // After pain nobody gets into another set by a slip of the finger.
            LiveKey::NextSet if std::mem::take(&mut screen.hurt) => {
                screen.board = Some(Board::new("It hurt", &format!("{}\nq quits{ALL_THE_SAME}", safety::DURING)));
            }
            LiveKey::NextSet => {
                (screen.paused, screen.board) = (false, None);
                order(Order::NextSet);
            }
            LiveKey::Pain => {
                screen.hurt = true;
                order(Order::Pain);
            }
            LiveKey::Side => {
                // A programme says itself whose turn it is.
                if screen.course.is_none() {
                    screen.task.side = match screen.task.side {
                        None => Some(Side::Left),
                        Some(Side::Left) => Some(Side::Right),
                        Some(Side::Right) => None,
                    };
                    order(Order::Side(screen.task.side));
                }
            }
            LiveKey::ToggleRecording => {
                screen.board = None;
                order(Order::Record(!screen.recording));
            }
            LiveKey::ToggleMute => {
                screen.muted = !screen.muted;
                self.listener.mute(screen.muted);
            }
            LiveKey::ToggleDelay => {
                screen.delay = if screen.delay > 0.0 { 0.0 } else { screen.usual_delay };
                screen.mirror.clear();
            }
            LiveKey::ToggleMirror => screen.overlay.mirrored = !screen.overlay.mirrored,
            LiveKey::ToggleHelp => screen.help = !screen.help,
        }
        false
    }
}

/// Delay switched on by its key when none was asked for, seconds.
#[cfg(feature = "window")]
const USUAL_DELAY: f64 = 5.0;
/// How long a problem stays on the screen.
#[cfg(feature = "window")]
const PROBLEM: Duration = Duration::from_secs(12);
/// How long results stay there after quitting: somebody on a mat gets up to read them.
#[cfg(feature = "window")]
const END_PAGE: Duration = Duration::from_secs(10);
/// The window is drawn anew so often without new pictures.
#[cfg(feature = "window")]
const REFRESH: Duration = Duration::from_millis(60);

/// Said beside "q quits" while there may be another set.
#[cfg(feature = "window")]
const NEXT_SET: &str = "n begins the next set, ";
/// The same after pain, to who asked for another set already.
#[cfg(feature = "window")]
const ALL_THE_SAME: &str = ", n again goes on all the same";

/// Large words over the picture; with rows, a page of them.
#[cfg(feature = "window")]
#[derive(Clone, Debug, PartialEq)]
struct Board {
    title: String,
    rows: Vec<Row>,
    more: String,
}

#[cfg(feature = "window")]
impl Board {
    fn new(title: &str, more: &str) -> Board {
        Board { title: title.into(), rows: Vec::new(), more: more.into() }
    }

    fn draw(&self, overlay: &mut Overlay, frame: &mut Frame) {
        match self.rows.as_slice() {
            [] => overlay.draw_board(frame, &self.title, &self.more),
            rows => overlay.draw_sheet(frame, &self.title, rows, &self.more),
        }
    }
}

/// What is on the screen.
#[cfg(feature = "window")]
struct Screen {
    task: Task,
    /// Repetitions asked of a set.
    count: Option<u32>,
    /// What a programme holds, and what was done of it.
    outline: Vec<Row>,
    results: Vec<Row>,
    /// Pain ended the last set.
    hurt: bool,
    course: Option<Showing>,
    look: Look,
    /// Opens with the first picture, in its shape.
    window: Option<LiveWindow>,
    overlay: Overlay,
    mirror: Mirror,
    /// The delayed picture.
    past: Frame,
    /// The last picture, undrawn and turned over as shown: under what is told without a new one.
    last: Frame,
    told: Option<Board>,
    refreshed: Instant,
    board: Option<Board>,
    /// What is wrong, each since when: sound may be missing in more ways than one.
    problems: Vec<(String, Instant)>,
    /// The session was quit; its results are still to be read, until the window closes.
    quitting: bool,
    closes: Option<Instant>,
    delay: f64,
    usual_delay: f64,
    paused: bool,
    muted: bool,
    recording: bool,
    help: bool,
}

#[cfg(feature = "window")]
impl Screen {
    fn new(job: &LiveJob, look: Look) -> Screen {
        let task = job.training.first();
        let (count, outline) = match &job.training {
            Training::Sets { count, .. } => (*count, Vec::new()),
            Training::Programme { course, .. } => (None, course.plan().outline()),
        };
        let mut overlay = Overlay::new(task.exercise, 1, 1);
        overlay.mirrored = look.mirrored;
        Screen {
            task,
            count,
            outline,
            results: Vec::new(),
            hurt: false,
            course: None,
            look,
            window: None,
            overlay,
            mirror: Mirror::default(),
            past: Frame::default(),
            last: Frame::default(),
            told: None,
            refreshed: Instant::now(),
            board: None,
            problems: Vec::new(),
            quitting: false,
            closes: None,
            delay: look.delay_secs,
            usual_delay: if look.delay_secs > 0.0 { look.delay_secs } else { USUAL_DELAY },
            paused: false,
            muted: false,
            recording: false,
            help: true,
        }
    }

    fn key(&mut self) -> Option<LiveKey> {
        self.window.as_mut()?.command()
    }

    fn problem(&mut self, words: String) {
        self.problems.push((words, Instant::now()));
    }

    /// The set before is on the screen, and nothing has begun since.
    fn shows_result(&self) -> bool {
        self.course.is_none() && self.board.is_some()
    }

    fn has_results(&self) -> bool {
        self.shows_result() || !self.results.is_empty()
    }

    /// Opens with the first picture; another exercise or another shape of pictures is drawn anew.
    fn open_for(&mut self, frame: &Frame, task: &Task) -> Result<(), RunError> {
        let new_exercise = task.exercise.name != self.task.exercise.name;
        self.task = *task;
        let reshaped = (frame.width(), frame.height()) != (self.last.width(), self.last.height());
        if self.window.is_none() || reshaped || new_exercise {
            let mirrored = self.overlay.mirrored;
            self.overlay = Overlay::new(self.task.exercise, frame.width(), frame.height());
            self.overlay.mirrored = mirrored;
        }
        if self.window.is_none() {
            let what = if self.course.is_some() { "programme" } else { self.task.exercise.title };
            let title = format!("formcheck: {what}");
            self.window = Some(LiveWindow::open_as(&title, frame.width(), frame.height(), self.look.opening)?);
        }
        Ok(())
    }

    /// Draws over the picture and shows it.
    fn show(&mut self, picture: &mut Picture) -> Result<(), RunError> {
        let frame = &mut picture.frame;
        self.course = picture.course;
        self.open_for(frame, &picture.task)?;
        self.last.copy_from(frame);
        self.told = None;
        self.recording = picture.recording;
        let keys = if self.course.is_some() { PROGRAMME_HELP } else { LIVE_HELP };
        self.overlay.keys = if self.help { keys } else { "" };
        self.problems.retain(|(_, at)| at.elapsed() < PROBLEM);
        let problems: Vec<&str> = self.problems.iter().map(|(words, _)| words.as_str()).collect();
        self.overlay.problem = problems.join("; ");
        self.overlay.asked = self.course.map_or(self.count, |course| course.counted());
        match &picture.seen {
            Some((step, setup)) => {
                self.board = None;
                self.problems.extend(step.news.unjudged.map(|why| (unjudged(why).to_string(), Instant::now())));
                self.overlay.draw_live(frame, step, setup);
            }
            None => self.overlay.turn(frame),
        }
        // What belongs to the moment of the picture is delayed with it; keys, state and words are of now.
        let mut past = std::mem::take(&mut self.past);
        let delayed = self.delay > 0.0 && {
            self.mirror.push(frame);
            self.mirror.show(frame.t, self.delay, &mut past)
        };
        let shown = if delayed { &mut past } else { frame };
        let paused = Board::new("Paused", "space goes on");
        if let Some(board) = self.board.as_ref().or(self.paused.then_some(&paused)) {
            board.draw(&mut self.overlay, shown);
            self.draw_state(shown);
        } else if !self.draw_page(shown) {
            self.draw_state(shown);
        }
        self.overlay.draw_foot(shown);
        let done = self.window.as_mut().map_or(Ok(()), |window| window.show(shown));
        self.past = past;
        Ok(done?)
    }

    /// A stage of a programme that fills the picture; false while a set is on.
    fn draw_page(&mut self, frame: &mut Frame) -> bool {
        let Some(course) = self.course else { return false };
        match course.stage {
            Stage::Setup(_) | Stage::Work(_) | Stage::Done => return false,
            Stage::Intro => {
                let foot = format!("{}\nPress n to begin.", safety::DURING);
                self.overlay.draw_sheet(frame, "Today", &self.outline, &foot);
            }
            Stage::WarmUp | Stage::Rest(_) | Stage::Switch(..) => {
                self.overlay.draw_between(frame, &course, self.results.last());
            }
        }
        true
    }

    fn draw_state(&mut self, frame: &mut Frame) {
        let mut words = Vec::new();
        if self.recording {
            words.push("● recording".to_string());
        }
        match &self.course {
            Some(course) => {
                words.extend(course.words());
                self.overlay.draw_place(frame, course);
            }
            None => words.extend(self.task.side.map(|side| format!("{} side", side.name()))),
        }
        if self.delay > 0.0 {
            words.push(format!("{:.0} s ago", self.delay));
        }
        if self.muted {
            words.push("muted".into());
        }
        self.overlay.draw_state(frame, &words);
    }

    /// Says something over the last picture, since no new one comes.
    fn tell(&mut self, board: Board) -> Result<(), RunError> {
        if self.told.as_ref() == Some(&board) {
            return self.refresh();
        }
        if self.window.is_none() {
            return Ok(());
        }
        let mut frame = std::mem::take(&mut self.past);
        frame.copy_from(&self.last);
        self.overlay.turn(&mut frame);
        self.overlay.keys = "";
        board.draw(&mut self.overlay, &mut frame);
        let shown = self.window.as_mut().map_or(Ok(()), |window| window.show(&frame));
        (self.past, self.told) = (frame, Some(board));
        Ok(shown?)
    }

    fn set_done(&mut self, done: &SetDone) {
        if let Some(problem) = &done.unwritten {
            self.problem(problem.clone());
        }
        let report = &done.report;
        self.hurt = report.pain;
        let empty = report.reps.is_empty() && report.holds.is_empty();
        let score = report.score.map_or("no score".to_string(), |score| format!("form {score}"));
        if self.course.is_some() {
            // What comes next is shown instead, and all of it at the end.
            let score = match (report.pain, empty) {
                (true, _) => ", pain, no score".to_string(),
                (false, true) => String::new(),
                (false, false) => format!(", {score}"),
            };
            return self.results.push((name(done), format!("{}{score}", amount(report))));
        }
        let title = match done.ending {
            Ending::Pain => "Set ended".to_string(),
            Ending::Over | Ending::Counted if empty => "Nothing counted".into(),
            Ending::Over | Ending::Counted => format!("Done: {}", amount(report)),
        };
        let remark = report.score_remark.as_ref().map(|remark| format!(" ({remark})")).unwrap_or_default();
        let more = match done.ending {
            Ending::Pain => "Stop for today if pain increases or spreads down the leg.\nq quits".into(),
            _ => format!("{score}{remark}\n{NEXT_SET}q quits"),
        };
        self.board = Some(Board::new(&title, &more));
    }

    /// Nothing more will come.
    fn over(&mut self) -> Result<(), RunError> {
        if self.course.is_some() {
            let (title, more) = if self.hurt { ("Stopped", safety::PAIN) } else { ("Done for today", safety::BRIEF) };
            let mut board = Board::new(title, &format!("{more}\nq quits"));
            board.rows.clone_from(&self.results);
            return self.tell(board);
        }
        let board = self.board.clone().unwrap_or_else(|| Board::new("It is over", "q quits"));
        let more = board.more.replace(NEXT_SET, "").replace(ALL_THE_SAME, "");
        self.tell(Board { more, ..board })
    }

    fn refresh(&mut self) -> Result<(), RunError> {
        if self.refreshed.elapsed() < REFRESH {
            return Ok(());
        }
        self.refreshed = Instant::now();
        match &mut self.window {
            Some(window) => Ok(window.refresh()?),
            None => Ok(()),
        }
    }
}

/// "Hip hinge"; "Side plank, left".
#[cfg(feature = "window")]
fn name(done: &SetDone) -> String {
    let side = done.task.side.map(|side| format!(", {}", side.name())).unwrap_or_default();
    format!("{}{side}", done.task.exercise.title)
}

/// "10 repetitions"; "held 30 s"; "nothing counted".
#[cfg(feature = "window")]
fn amount(report: &Report) -> String {
    let held: f64 = report.holds.iter().map(|hold| hold.credited_s).sum();
    match (report.reps.len(), report.holds.len()) {
        (0, 0) => "nothing counted".into(),
        (1, 0) => "1 repetition".into(),
        (n, 0) => format!("{n} repetitions"),
        (_, 1) => format!("held {}", held_sign(held, report.holds[0].end_s - report.holds[0].start_s)),
        (_, n) => format!("{n} holds, {held:.0} s"),
    }
}
