//! From a picture to the athlete's landmarks: model cards, runtimes, decoding, and the choice of the next crop.
//!
//! Input: [`Frame`]. Output: [`Observation`] of one athlete.

use crate::frame::{Frame, Mask};
use crate::pose::Observation;
use crate::pose::recording::ModelInfo;

/// Sees the athlete in pictures given in order.
pub trait PoseEstimator: Send {
    /// Which model, and what runs it.
    fn model(&self) -> &ModelInfo;

    /// The athlete in this picture. The estimator remembers where the athlete was; frames come in time order.
    fn estimate(&mut self, frame: &Frame) -> Result<Observation, EstimateError>;

    /// The athlete's mask in the last picture, for models that give one.
    fn mask(&self) -> Option<&Mask>;
}

/// Why a model cannot be used, and the way out.
#[derive(Debug, thiserror::Error)]
pub enum EstimateError {
    #[error("{0}")]
    Todo(String),
}
