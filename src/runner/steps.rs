//! The steps of a recorded clip, one per picture: the recording judged again.

use super::{RunError, eyes, session};
use crate::form::{Exercise, Session, Step, Variant};
use crate::pose::recording::RecordingReader;
use crate::track::Filter;
use crate::units::Timestamp;
use std::collections::VecDeque;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

/// Times of a step and its picture this close are the same, seconds: a recorded set's video rounds them to its own clock.
const CLOCK_SECS: f64 = 50e-6;

/// Whether a step is older than the picture of this time, so that it belongs to another one, or to none: a gap in a live
/// set has steps without pictures.
pub fn comes_before(step: &Step, picture: Timestamp) -> bool {
    step.pose.t + CLOCK_SECS < picture
}

/// Steps in order. Holds as many as the recorded filter looks ahead, about a third of a second.
pub struct Steps {
    path: PathBuf,
    reader: RecordingReader<BufReader<File>>,
    /// What to be wary of.
    pub remark: Option<&'static str>,
    session: Option<Session>,
    ready: VecDeque<Step>,
}

impl Steps {
    /// Judges the recording at `path` again.
    pub fn open(
        path: &Path,
        exercise: &'static Exercise,
        variant: Option<&'static Variant>,
    ) -> Result<Steps, RunError> {
        let reader = eyes::open_recording(path)?;
        let session = Some(session(exercise, variant, reader.header(), Filter::Recorded));
        let remark = reader.header().model.trust.remark();
        Ok(Steps { path: path.into(), remark, reader, session, ready: VecDeque::new() })
    }

    /// The step of the picture of this time, or the first one after it; `None` at the end. Pictures are asked for in order.
    pub fn of_picture(&mut self, t: Timestamp) -> Result<Option<Step>, RunError> {
        loop {
            match self.next()? {
                Some(step) if comes_before(&step, t) => {}
                found => return Ok(found),
            }
        }
    }

    /// The next step, `None` at the end.
    pub fn next(&mut self) -> Result<Option<Step>, RunError> {
        let ready = &mut self.ready;
        while ready.is_empty() {
            let read = self.reader.read().map_err(|error| RunError::Recording { path: self.path.clone(), error })?;
            match (read, &mut self.session) {
                (Some(observation), Some(session)) => {
                    session.push(&observation, &mut |step| ready.push_back(step.clone()))
                }
                (_, session) => {
                    let Some(session) = session.take() else { return Ok(None) };
                    session.finish(&mut |step| ready.push_back(step.clone()));
                }
            }
        }
        Ok(ready.pop_front())
    }
}
