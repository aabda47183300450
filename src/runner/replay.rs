//! The replay window: a clip is judged first, then played with what was found drawn over it.
//!
//! Keys pause, step, seek and jump between faults. Every step of the clip is kept (3 kB a picture), so that any moment
//! can be shown at once.

use super::steps::Steps;
use super::{ClipJob, POSES, Progress, RecordedSet, RunError, score_clip};
use crate::form::Step;
use crate::frame::Frame;
use crate::report::{Report, Value};
use crate::sink::SinkError;
use crate::sink::overlay::Overlay;
use crate::sink::window::{Command, HELP, ReplayWindow};
use crate::source::{self, FrameSource, Kind};
use crate::units::Timestamp;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// The window is drawn anew so often while the clip is judged: more would slow the judging.
const REFRESH: Duration = Duration::from_millis(200);
/// How long a paused window sleeps between looks at its state.
const IDLE: Duration = Duration::from_millis(50);
/// A jump to the previous fault while this close after one goes to the one before it, seconds.
const SAME_FAULT_SECS: f64 = 0.5;

/// Times of a step and its picture this close are the same, seconds.
const CLOCK_SECS: f64 = 50e-6;

/// Judges a clip, then shows it until the window is closed; returns the report.
pub fn show_clip(job: &ClipJob) -> Result<Report, RunError> {
    let recorded = RecordedSet::at(&job.path);
    if recorded.is_none() && source::kind(&job.path)? == Kind::PoseRecording {
        return Err(RunError::NoPictures(job.path.clone()));
    }
    let mut source = source::open(recorded.as_ref().map_or(&job.path, |set| &set.video), &job.source)?;
    let (width, height) = (source.info().width, source.info().height);
    let title = format!("formcheck: {}", job.path.file_name().unwrap_or(job.path.as_os_str()).to_string_lossy());
    // Opened before the work, so that a missing display is told at once.
    let mut window = ReplayWindow::open(&title, width, height)?;
    let mut overlay = Overlay::new(job.exercise, width, height);
    let mut clean = Frame::default();
    source.read(&mut clean)?;

    let folder = Folder::of(job)?;
    let job = ClipJob { out: Some(folder.path.clone()), annotate: false, ..job.clone() };
    let report = judge(&job, &mut window, &mut overlay, &clean)?;
    let steps = all_steps(&folder.path.join(POSES), &job)?;
    let marks = marks(&report);
    Player { source, window, overlay, steps, marks, clean, drawn: Frame::default(), paused: false, help: true }
        .play()?;
    Ok(report)
}

/// Judges while the window shows how far it has come; closing it stops.
fn judge(job: &ClipJob, window: &mut ReplayWindow, overlay: &mut Overlay, first: &Frame) -> Result<Report, RunError> {
    let stop = AtomicBool::new(false);
    let mut shown: Option<Instant> = None;
    let mut drawn = first.clone();
    score_clip(job, &stop, &mut |progress: Progress| {
        if shown.is_some_and(|at| at.elapsed() < REFRESH) {
            return;
        }
        shown = Some(Instant::now());
        drawn.clone_from(first);
        overlay.draw_note(&mut drawn, &format!("judging the clip: {:.0} %     q  quit", progress.share() * 100.0));
        overlay.draw_position(&mut drawn, progress.share(), &[]);
        let closed = window.show(&drawn).is_err() || window.command() == Some(Command::Quit);
        stop.store(closed, Ordering::Relaxed);
    })
}

fn all_steps(recording: &Path, job: &ClipJob) -> Result<Vec<Step>, RunError> {
    let mut steps = Steps::open(recording, job.exercise, job.variant)?;
    let mut all = Vec::new();
    while let Some(step) = steps.next()? {
        all.push(step);
    }
    Ok(all)
}

/// When warnings and faults were at their worst, in order.
fn marks(report: &Report) -> Vec<Timestamp> {
    let found = report.all_verdicts().filter(|v| matches!(v.verdict, Value::Warn | Value::Fault));
    let mut marks: Vec<Timestamp> = found.filter_map(|v| v.at_s).map(Timestamp::from_secs).collect();
    marks.sort_unstable();
    marks.dedup();
    marks
}

struct Player {
    source: Box<dyn FrameSource>,
    window: ReplayWindow,
    overlay: Overlay,
    steps: Vec<Step>,
    marks: Vec<Timestamp>,
    /// The picture shown, as it came.
    clean: Frame,
    /// The same with everything drawn over it.
    drawn: Frame,
    paused: bool,
    help: bool,
}

impl Player {
    fn play(&mut self) -> Result<(), RunError> {
        self.go_to(Timestamp::ZERO)?;
        loop {
            let started = Instant::now();
            let command = match self.until_next() {
                Some(secs) if !self.paused => {
                    let due = Duration::from_secs_f64(secs.clamp(0.0, 1.0));
                    self.window.wait(due.saturating_sub(started.elapsed()))?
                }
                _ => self.window.wait(IDLE)?,
            };
            match command {
                Some(Command::Quit) => return Ok(()),
                Some(command) => self.obey(command)?,
                None if self.paused => self.window.refresh()?,
                None => {
                    if !self.next()? {
                        self.paused = true;
                    }
                }
            }
        }
    }

    fn obey(&mut self, command: Command) -> Result<(), RunError> {
        let now = self.clean.t;
        match command {
            Command::Quit => Ok(()),
            Command::TogglePause => {
                let at_end = self.until_next().is_none();
                self.paused = !self.paused;
                if at_end && !self.paused { self.go_to(Timestamp::ZERO) } else { Ok(()) }
            }
            Command::Step(by) => {
                self.paused = true;
                let here = self.index() as i64;
                let there = (here + i64::from(by)).clamp(0, self.steps.len() as i64 - 1).max(0) as usize;
                self.go_to(self.steps.get(there).map_or(now, |s| s.pose.t))
            }
            Command::Seek(secs) => self.go_to((now + secs).max(Timestamp::ZERO)),
            Command::NextFault => self.jump(self.marks.iter().find(|&&m| m > now).copied()),
            Command::PreviousFault => {
                let before = self.marks.iter().rev().find(|&&m| m < now - SAME_FAULT_SECS);
                self.jump(before.copied())
            }
            Command::ToggleMirror => {
                self.overlay.mirrored = !self.overlay.mirrored;
                self.draw()
            }
            Command::ToggleHelp => {
                self.help = !self.help;
                self.draw()
            }
        }
    }

    /// To a fault, and stays there to be looked at.
    fn jump(&mut self, to: Option<Timestamp>) -> Result<(), RunError> {
        let Some(t) = to else { return Ok(()) };
        self.paused = true;
        self.go_to(t)
    }

    fn go_to(&mut self, t: Timestamp) -> Result<(), RunError> {
        self.source.seek(t)?;
        self.next()?;
        Ok(())
    }

    /// Shows the next picture; false at the end.
    fn next(&mut self) -> Result<bool, RunError> {
        let more = self.source.read(&mut self.clean)?;
        if more {
            self.draw()?;
        }
        Ok(more)
    }

    fn draw(&mut self) -> Result<(), RunError> {
        self.drawn.clone_from(&self.clean);
        if let Some(step) = self.steps.get(self.index()) {
            self.overlay.draw(&mut self.drawn, step);
        }
        let length = self.steps.last().map_or(0.0, |s| s.pose.t.secs());
        let share = |t: Timestamp| if length > 0.0 { t.secs() / length } else { 0.0 };
        let marks: Vec<f64> = self.marks.iter().map(|&m| share(m)).collect();
        self.overlay.draw_position(&mut self.drawn, share(self.clean.t), &marks);
        if self.help {
            self.overlay.draw_note(&mut self.drawn, HELP);
        }
        Ok(self.window.show(&self.drawn)?)
    }

    /// The step of the picture shown. A recorded set's video rounds times to its own clock, by some microseconds.
    fn index(&self) -> usize {
        self.steps.partition_point(|s| s.pose.t + CLOCK_SECS < self.clean.t)
    }

    /// Seconds until the next picture is due; `None` at the end.
    fn until_next(&self) -> Option<f64> {
        self.steps.get(self.index() + 1).map(|s| s.pose.t.secs_since(self.clean.t))
    }
}

/// The job's folder, or one of our own that is gone afterwards.
struct Folder {
    path: PathBuf,
    ours: bool,
}

impl Folder {
    fn of(job: &ClipJob) -> Result<Folder, RunError> {
        if let Some(path) = &job.out {
            return Ok(Folder { path: path.clone(), ours: false });
        }
        let path = std::env::temp_dir().join(format!("formcheck-replay-{}", std::process::id()));
        std::fs::create_dir_all(&path).map_err(|e| SinkError::write(&path, e))?;
        Ok(Folder { path, ours: true })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.ours {
            // The system clears its temporary folder in time.
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}
