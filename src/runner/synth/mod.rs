//! The synthetic athlete as files: pose recordings, rendered clips with their truth, and how far a model's poses are from it.
//!
//! Input: a [`Clip`] of `synth` with a body, a camera and a frame rate. Output: [`write_poses`] a recording that can be
//! scored like a real one, [`render_clip`] (feature `render`) a video with `truth.jsonl` and `case.toml`, [`compare`] the
//! distance between a recording and such a truth, [`Tally`] how often reports say what such a case asks for.
//!
//! Not handled: what is done by whom and how it looks; that is `synth` and `render`.

mod back;
mod case;
mod compare;
mod dowel;
mod poses;
#[cfg(all(feature = "render", feature = "video"))]
mod render;
mod tally;
pub mod truth;

pub use back::{BackAgreement, Flexion};
pub use compare::{Agreement, compare};
pub use dowel::DowelAgreement;
pub use poses::{Model, PosesJob, write_poses};
#[cfg(all(feature = "render", feature = "video"))]
pub use render::{RenderJob, Rendered, render_clip};
pub use tally::Tally;

use crate::pose::recording::RecordingError;
use crate::sink::SinkError;
use crate::synth::Clip;
use crate::synth::camera::Stand;
use std::io;
use std::path::PathBuf;

/// Why a file of the synthetic athlete could not be made or read, and the way out.
#[derive(Debug, thiserror::Error)]
pub enum SynthError {
    #[cfg(feature = "render")]
    #[error(transparent)]
    Pack(#[from] crate::render::PackError),
    #[error(transparent)]
    Sink(#[from] SinkError),
    #[error(
        "the pictures {from}..{to} hold none of the clip, which has {of} at this rate; choose others with --frames"
    )]
    NoFrames { from: u32, to: u32, of: usize },
    #[error("{}: cannot be read: {error}", path.display())]
    Read { path: PathBuf, error: io::Error },
    #[error("{}: {error}", path.display())]
    Recording { path: PathBuf, error: RecordingError },
    #[error("{}: line {line} is not a truth file's: {problem}; `formcheck synth render` writes one", path.display())]
    Truth { path: PathBuf, line: usize, problem: String },
    #[error("no picture of {} has the time of one of {}; was it made from another clip?", poses.display(), truth.display())]
    NothingShared { poses: PathBuf, truth: PathBuf },
    #[error("{}: not a case file: {problem}; `formcheck synth render` writes one", path.display())]
    Case { path: PathBuf, problem: String },
    #[error("{}: not a report of formcheck: {problem}", path.display())]
    Report { path: PathBuf, problem: String },
    #[error(
        "{}: there is no case.toml beside its clip {}; score rendered clips, and run this in the same folder",
        path.display(),
        clip.display()
    )]
    NoCase { path: PathBuf, clip: PathBuf },
    #[error("no report.json there; `formcheck score CLIPS --out DIR` writes them")]
    NoReports,
    #[error("stopped before the clip was finished; give the command again to start over")]
    Cancelled,
}

/// From where the camera sees a standing athlete, in a word; a yaw of the camera comes on top.
pub fn view_word(clip: &Clip) -> &'static str {
    match clip.camera.stand {
        Stand::Right | Stand::Left => "side",
        Stand::Front => "front",
        Stand::Rear => "rear",
    }
}
