//! The steps of a recorded clip, one per picture: the recording judged again.

use super::{RunError, eyes, session};
use crate::form::{Exercise, Session, Step, Variant};
use crate::pose::recording::RecordingReader;
use crate::track::Filter;
use std::collections::VecDeque;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

/// Steps in order. Holds as many as the recorded filter looks ahead, about a third of a second.
pub struct Steps {
    path: PathBuf,
    reader: RecordingReader<BufReader<File>>,
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
        let session = Some(session(exercise, variant, &reader.header().model, Filter::Recorded));
        Ok(Steps { path: path.into(), reader, session, ready: VecDeque::new() })
    }

    /// The next picture's step, `None` at the end.
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
