//! From a picture to the athlete's landmarks: model cards, runtimes, decoding, and the choice of the next crop.
//!
//! Input: [`Frame`]s in time order. Output: [`Observation`]s of one athlete, in picture px, quantised as recordings keep
//! them. Not handled here: smoothing, left/right repair and gaps ([`crate::track`]).
//!
//! One picture goes: [`athlete`] says where to look → `crop` cuts that region into the network's input → `runtime` runs
//! the network → `decode` reads landmarks out of its outputs → `athlete` judges whether this is still the athlete → seen from
//! a side, `trunk` looks again at neck to knees for the line of the back.
//! What differs between models is data: a TOML [`card`] beside the ONNX file.

#[cfg(feature = "model")]
pub mod athlete;
#[cfg(feature = "model")]
mod back;
#[cfg(feature = "model")]
pub mod card;
#[cfg(all(test, feature = "model"))]
mod contract;
#[cfg(feature = "model")]
mod crop;
#[cfg(feature = "model")]
mod decode;
#[cfg(feature = "model")]
mod detector;
#[cfg(feature = "model")]
mod dowel;
#[cfg(feature = "model")]
mod estimator;
#[cfg(feature = "model")]
mod framing;
#[cfg(all(test, feature = "model"))]
mod golden;
#[cfg(feature = "model")]
mod head;
#[cfg(feature = "model")]
pub mod install;
#[cfg(feature = "model")]
mod network;
#[cfg(feature = "model")]
pub mod pull;
#[cfg(feature = "model")]
pub mod runtime;
#[cfg(feature = "model")]
pub mod store;
#[cfg(feature = "model")]
mod trunk;

#[cfg(all(test, feature = "model"))]
mod tests;
#[cfg(all(test, feature = "model"))]
mod tiny_onnx;

#[cfg(feature = "model")]
pub use estimator::{open, open_with};

/// Finds the back in one picture after the other, for measuring what that costs.
#[cfg(feature = "model")]
#[doc(hidden)]
pub use back::{BackFinder as BackForBench, Edge as EdgeForBench};

/// Cuts one region after the other as the estimator does, for measuring what that costs.
#[cfg(feature = "model")]
#[doc(hidden)]
pub struct CropForBench {
    spec: card::InputSpec,
    scratch: crop::Scratch,
    tensor: runtime::InputTensor,
}

#[cfg(feature = "model")]
impl CropForBench {
    /// `spec` is of 32-bit floats, channels last.
    pub fn new(spec: card::InputSpec) -> CropForBench {
        let values = vec![0.0; spec.width * spec.height * 3];
        let shape = [1, spec.height, spec.width, 3];
        let tensor = runtime::InputTensor { shape, data: runtime::InputData::F32(values) };
        CropForBench { tensor, scratch: crop::Scratch::default(), spec }
    }

    pub fn fill(&mut self, frame: &Frame, region: crate::geometry::Region) {
        let crop = crop::Crop::plain(region);
        crop::fill(frame, &crop, &self.spec, card::Border::Black, &mut self.scratch, &mut self.tensor);
    }
}

use crate::frame::{Frame, Mask};
use crate::pose::recording::ModelInfo;
use crate::pose::{Landmarks, Observation};
use nalgebra::Point3;
use std::path::PathBuf;

/// Sees the athlete in pictures given in order.
pub trait PoseEstimator: Send {
    /// Which model, and what runs it.
    fn model(&self) -> &ModelInfo;

    /// The athlete in this picture. The estimator remembers where the athlete was; frames come in time order (an
    /// earlier time than the last one, or another size, means another clip or a seek: everything remembered is forgotten).
    fn estimate(&mut self, frame: &Frame) -> Result<Observation, EstimateError>;

    /// Whether a dowel held along the spine is looked for from now on; otherwise none is ever seen, and nothing is spent on it.
    fn look_for_dowel(&mut self, _wanted: bool) {}

    /// Whether the back gets its closer look in the pictures from now on; without it, what the last one corrected stays
    /// corrected. False when this estimator has none, and nothing is to be saved.
    fn look_closer(&mut self, _wanted: bool) -> bool {
        false
    }

    /// The athlete's mask in the last picture, for models that give one.
    fn mask(&self) -> Option<&Mask>;

    /// The athlete's points in the last picture in metres, for models that give them: origin in the middle of the hips,
    /// x right and y down in the picture, z away from the camera. Good to centimetres at best; no rule rests on them.
    fn world(&self) -> Option<&Landmarks<Option<Point3<f64>>>>;
}

/// Which library runs the network.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum RuntimeChoice {
    /// ONNX Runtime where a library is found, the in-process backend otherwise.
    #[default]
    Auto,
    /// ONNX Runtime or an error; from this library file or folder if one is named.
    OnnxRuntime(Option<PathBuf>),
    /// The in-process backend: slower, needs nothing installed.
    Rten,
}

/// How hard to look for a lost athlete.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Every turn of the picture is tried in the same frame.
    #[default]
    Recorded,
    /// Upright and one other turn per frame, so that a frame stays cheap.
    Live,
}

/// How formcheck's own model looks at a crop. What it mistakes as things are it often does not in the mirror, so that the mean
/// of both looks is nearer than either.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ways {
    /// As it is.
    One,
    /// As it is in one picture, in the mirror in the next, and the mean of the last two looks; as it is where the crop has moved
    /// far or pictures are further apart than a tenth of a second.
    InTurn,
    /// Both in every picture, for twice the time.
    #[default]
    Both,
}

/// How a pose model is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    pub runtime: RuntimeChoice,
    /// Threads inside one run of the network, at least 1.
    pub threads: usize,
    pub mode: Mode,
    /// Which person to lock on to, counted from 1: the n-th most prominent (size, then nearness to the middle of the
    /// picture) among those in view when the lock is made.
    pub person: u32,
    /// Look again at the trunk of an athlete seen from a side, with models that see the back: better landmarks there for
    /// twice the time.
    pub closer_look: bool,
    /// As it is, in the mirror, or both.
    pub ways: Ways,
    /// Folders to look for model files in, before the usual ones ([`store::search_dirs`]).
    pub model_dirs: Vec<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            runtime: RuntimeChoice::Auto,
            threads: 1,
            mode: Mode::Recorded,
            person: 1,
            closer_look: true,
            ways: Ways::Both,
            model_dirs: Vec::new(),
        }
    }
}

/// Why a model cannot be used, and the way out.
#[derive(Debug, thiserror::Error)]
pub enum EstimateError {
    #[error(
        "no pose model found (looked in {}); fetch one with `formcheck models pull blazepose_lite` or name an ONNX file with --model",
        list(searched)
    )]
    NoModel { searched: Vec<PathBuf> },
    #[error("there is no pose model called '{name}'; `formcheck models list` shows the names (known: {known})")]
    UnknownModel { name: String, known: String },
    #[error(
        "the model '{name}' is not on this machine ({file} was looked for in {}); fetch it with `formcheck models pull {name}` or name its file with --model",
        list(searched)
    )]
    NotHere { name: String, file: String, searched: Vec<PathBuf> },
    #[error("{}: the model file cannot be read: {problem}; check the path given with --model", path.display())]
    Unreadable { path: PathBuf, problem: String },
    #[error("{}: nothing is known about this ONNX file; describe it in {} (the built-in cards in models/ show how)", path.display(), card.display())]
    NoCard { path: PathBuf, card: PathBuf },
    #[error("{card}: the model card is wrong: {problem}")]
    Card { card: String, problem: String },
    #[error(
        "{}: {runtime} cannot use it as an ONNX model: {problem}; the file may be damaged (`formcheck models verify`), choose another with --model",
        path.display()
    )]
    Broken { path: PathBuf, runtime: String, problem: String },
    #[error("{}: the model is not laid out as its card '{card}' says: {problem}; correct the card or choose another file with --model", path.display())]
    Layout { path: PathBuf, card: String, problem: String },
    #[error(
        "'{name}' cannot see the back for another model: only formcheck's own model and its kind can; write it as BODY+formcheck"
    )]
    NoBack { name: String },
    #[error(
        "the model '{model}' needs the detector '{detector}' beside it to find people; fetch it with `formcheck models pull {detector}`"
    )]
    NoDetector { model: String, detector: String },
    #[error(
        "--person {person} needs a person detector to tell people apart, and '{model}' runs without one; fetch it with `formcheck models pull blazepose_detector`"
    )]
    PersonNeedsDetector { person: u32, model: String },
    #[error(
        "no usable ONNX Runtime library: {problem}; get it with `formcheck runtime install` or run with --runtime rten"
    )]
    NoRuntime { problem: String },
    #[error("{runtime} failed on a picture: {problem}; try another with --runtime")]
    Run { runtime: String, problem: String },
}

fn list(paths: &[PathBuf]) -> String {
    paths.iter().map(|p| p.display().to_string()).collect::<Vec<_>>().join(", ")
}
