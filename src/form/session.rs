//! One set, from the first picture to the report.

use super::{Exercise, SessionReport, Step};
use crate::pose::{Landmark, Observation};
use crate::track::Filter;

/// How a set is judged.
#[derive(Clone, Debug)]
pub struct SessionOptions {
    pub filter: Filter,
    /// The landmarks the model knows.
    pub landmarks: Vec<Landmark>,
    /// Confidence from which the model's points are believed.
    pub least_score: f64,
}

/// Judges one set.
pub struct Session {}

impl Session {
    pub fn new(_exercise: &'static Exercise, _options: SessionOptions) -> Session {
        Session {}
    }

    /// Takes the next observation; calls `show` for every step that became final (one per observation, in order; a
    /// recorded filter answers a few pictures late).
    pub fn push(&mut self, _observation: &Observation, _show: &mut dyn FnMut(&Step)) {}

    /// Flushes the last steps and closes the set.
    pub fn finish(self, _show: &mut dyn FnMut(&Step)) -> SessionReport {
        unreachable!()
    }
}
