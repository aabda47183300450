//! The offline loop: one clip in, its report and files out.
//!
//! A clip goes through twice at most. The first pass sees and judges: pictures → observations → session, with every
//! observation recorded in `poses.jsonl`. The annotated video is a second pass: the recording is judged again (the core
//! gives the same steps for the same poses) beside the pictures read again, so that nothing but one picture is held in
//! memory however far ahead the recorded filter looks.

mod eyes;
mod outputs;
#[cfg(feature = "video")]
mod steps;
pub mod synth;

#[cfg(feature = "video")]
mod annotate;
#[cfg(feature = "camera")]
pub mod live;
#[cfg(feature = "window")]
mod replay;

use crate::estimate::{self, EstimateError};
use crate::exercises;
use crate::form::{Exercise, Notice, Recogniser, Session, SessionOptions, Variant};
use crate::pose::recording::{Header, RecordingError};
use crate::report::Report;
use crate::sink::SinkError;
use crate::source::{OpenOptions, SourceError};
use crate::track::{Filter, Gate, Tracker};
pub use eyes::Seen;

use eyes::Eyes;
use outputs::{Keep, Outputs};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

#[cfg(feature = "window")]
pub use replay::show_clip;

/// Name of the pose recording beside a report.
pub const POSES: &str = "poses.jsonl";
/// Name of the video beside the poses of a recorded live set.
pub const VIDEO: &str = "video.mp4";
/// Name of the annotated video beside a report.
pub const ANNOTATED: &str = "annotated.mp4";

/// One clip to be scored.
#[derive(Clone, Debug)]
pub struct ClipJob {
    /// A video, a GIF, an image, a folder of images, a pose recording, or the folder of a recorded live set.
    pub path: PathBuf,
    pub exercise: &'static Exercise,
    /// Its variant; as the start position shows when `None`.
    pub variant: Option<&'static Variant>,
    /// What was seen in this clip already, so that it is not looked at again.
    pub seen: Option<Arc<Seen>>,
    /// This clip's own folder; no files without it.
    pub out: Option<PathBuf>,
    /// Write the annotated video too.
    pub annotate: bool,
    pub model: ModelChoice,
    pub source: OpenOptions,
}

/// Which pose model, and how it runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModelChoice {
    /// A name or a path; the best on this machine when `None`.
    pub selection: Option<String>,
    pub options: estimate::Options,
}

/// How far a clip has come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// Pictures done in this pass.
    pub frames: u64,
    /// Pictures in all, where the file tells.
    pub of: Option<u64>,
    /// 0: seeing and judging; 1: drawing.
    pub pass: u32,
    /// Passes in all.
    pub passes: u32,
}

impl Progress {
    /// 0..=1 over all passes; stays at the pass's beginning when the file does not tell its length.
    pub fn share(&self) -> f64 {
        let within = self.of.filter(|&of| of > 0).map_or(0.0, |of| (self.frames as f64 / of as f64).min(1.0));
        (f64::from(self.pass) + within) / f64::from(self.passes.max(1))
    }
}

/// Why a clip could not be scored, and the way out.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    Estimate(#[from] EstimateError),
    #[error(transparent)]
    Sink(#[from] SinkError),
    #[error("{}: {error}", path.display())]
    Recording { path: PathBuf, error: RecordingError },
    #[error("{}: a pose recording has no pictures to draw on; give the clip itself for the annotated video or the window", .0.display())]
    NoPictures(PathBuf),
    #[cfg(feature = "camera")]
    #[error(transparent)]
    Camera(#[from] crate::source::camera::CameraError),
    #[error("stopped before the clip was finished")]
    Cancelled,
}

/// A folder that a live set was recorded into.
pub struct RecordedSet {
    pub video: PathBuf,
    pub poses: PathBuf,
}

impl RecordedSet {
    /// The set in this folder; `None` when it is another kind of folder, or no folder.
    pub fn at(path: &Path) -> Option<RecordedSet> {
        let set = RecordedSet { video: path.join(VIDEO), poses: path.join(POSES) };
        (set.video.is_file() && set.poses.is_file()).then_some(set)
    }
}

/// Scores one clip. With a folder in the job, writes `report.json`, `poses.jsonl`, `angles.csv`, `cues.vtt`,
/// `report.html`, and `annotated.mp4` if asked for.
///
/// Errors: whatever kept the clip from being read to its end. What was judged until a clip broke off is written all the
/// same, with a notice that says so.
pub fn score_clip(job: &ClipJob, cancel: &AtomicBool, progress: &mut dyn FnMut(Progress)) -> Result<Report, RunError> {
    let mut eyes = Eyes::open(job, exercises::with_dowel(job.exercise))?;
    let passes = if job.annotate { 2 } else { 1 };
    let mut outputs = Outputs::open(job.out.as_deref(), job.exercise, eyes.header(), Keep::Whole)?;
    let mut session = session(job.exercise, job.variant, eyes.header(), Filter::Recorded);
    let mut trouble = None;
    let mut frames = 0;
    loop {
        if cancel.load(Ordering::Relaxed) {
            return Err(RunError::Cancelled);
        }
        let observation = match eyes.next() {
            Ok(Some(observation)) => observation,
            Ok(None) => break,
            Err(error) if frames == 0 => return Err(error),
            Err(error) => {
                trouble = Some(error);
                break;
            }
        };
        outputs.observe(&observation)?;
        session.push(&observation, &mut |step| outputs.step(step));
        frames += 1;
        progress(Progress { frames, of: eyes.frames(), pass: 0, passes });
    }
    let mut set = session.finish(&mut |step| outputs.step(step));
    let lost = eyes.frames().map_or(0, |of| of.saturating_sub(frames));
    match &trouble {
        Some(error) => set.notices.insert(0, broken_off(&set.last, error)),
        None if lost > 0 => set.notices.insert(0, pictures_lost(lost, frames + lost)),
        None => {}
    }
    let report = Report::new(&set, &eyes.source(), &eyes.header().model);
    outputs.finish(&report)?;
    if let Some(error) = trouble {
        return Err(error);
    }
    if job.annotate {
        draw(job, cancel, &mut |done| progress(Progress { frames: done, of: Some(frames), pass: 1, passes }))?;
    }
    Ok(report)
}

/// What a clip shows.
pub struct Recognised {
    /// Its name; `None` when it is none of the seven.
    pub exercise: Option<&'static str>,
    pub observations: Arc<Seen>,
}

/// Looks at a clip to its end and says which exercise it shows; the job's own exercise plays no part. The observations are
/// kept (1 kB a picture) for [`ClipJob::seen`].
pub fn recognise_clip(
    job: &ClipJob,
    cancel: &AtomicBool,
    progress: &mut dyn FnMut(Progress),
) -> Result<Recognised, RunError> {
    let mut eyes = Eyes::open(job, true)?;
    let header = eyes.header().clone();
    let mut recogniser = Recogniser::new(&header.model.landmarks);
    let mut tracker = Tracker::with_gate(Filter::Recorded, Gate::at(header.model.least_score));
    let mut observations = Vec::new();
    while let Some(observation) = eyes.next()? {
        if cancel.load(Ordering::Relaxed) {
            return Err(RunError::Cancelled);
        }
        tracker.push(&observation, &mut |pose| recogniser.push(&pose));
        observations.push(observation);
        progress(Progress { frames: observations.len() as u64, of: eyes.frames(), pass: 0, passes: 2 });
    }
    tracker.finish(&mut |pose| recogniser.push(&pose));
    let exercise = recogniser.exercise();
    if !exercise.and_then(exercises::by_name).is_some_and(exercises::with_dowel) {
        // Nor would one have been looked for, had the exercise been named.
        observations.iter_mut().filter_map(|seen| seen.person.as_mut()).for_each(|person| person.dowel = None);
    }
    let (source, frames) = (eyes.source(), eyes.frames());
    Ok(Recognised { exercise, observations: Arc::new(Seen { header, source, frames, observations }) })
}

fn broken_off(last: &crate::units::Timestamp, error: &RunError) -> Notice {
    Notice {
        code: "broken_off",
        text: format!("the clip could be read only to {:.1} s ({error})", last.secs()),
        share: 1.0,
    }
}

fn pictures_lost(lost: u64, of: u64) -> Notice {
    Notice {
        code: "pictures_lost",
        text: format!("{lost} of {of} pictures could not be decoded: copy the clip again from where it was recorded"),
        share: lost as f64 / of as f64,
    }
}

/// A session for poses of a recording that begins like this.
fn session(exercise: &'static Exercise, variant: Option<&'static Variant>, header: &Header, filter: Filter) -> Session {
    Session::new(exercise, &judged_with(header, filter, variant))
}

/// How its poses are judged.
fn judged_with(header: &Header, filter: Filter, variant: Option<&'static Variant>) -> SessionOptions {
    let model = &header.model;
    SessionOptions {
        filter,
        landmarks: model.landmarks.clone(),
        scores: Gate::at(model.least_score),
        variant,
        holds_secs: header.holds_secs.clone(),
        trust: model.trust.clone(),
    }
}

#[cfg(feature = "video")]
fn draw(job: &ClipJob, cancel: &AtomicBool, progress: &mut dyn FnMut(u64)) -> Result<(), RunError> {
    match &job.out {
        Some(folder) => annotate::annotate(job, folder, cancel, progress),
        None => Ok(()),
    }
}

#[cfg(not(feature = "video"))]
fn draw(job: &ClipJob, _cancel: &AtomicBool, _progress: &mut dyn FnMut(u64)) -> Result<(), RunError> {
    Err(RunError::NoPictures(job.path.clone()))
}
