//! Cameras: webcams, network cameras that send MJPEG over HTTP, and recorded clips played as if they were one.
//!
//! Input: what was asked for ([`Wanted`]). Output: [`Capture`], the newest picture ([`Shot`]) with the time it was taken.
//! A thread of its own takes every picture as it comes, so that a slow consumer sees a late picture never, only fewer of
//! them; what it misses is counted. A camera that stalls or is unplugged is waited for. Not handled here: what is done
//! with the pictures.
//!
//! A picture stays as the camera packed it until somebody wants to see it ([`Shot::unpack`]): what is dropped is not
//! decoded.

mod capture;
mod http;
mod mode;
mod playback;
mod shot;
mod webcam;

#[cfg(test)]
mod tests;

pub use capture::{Camera, Capture, Counts, News, Opener, Pace, Patience};
pub use mode::{Mode, Packing, Want};
pub use shot::Shot;
pub use webcam::{Listed, list};

use super::{OpenOptions, SourceError, one_line};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// Which camera.
#[derive(Clone, Debug, PartialEq)]
pub enum Wanted {
    /// The first webcam that opens.
    First,
    /// The webcam of this number (`/dev/video2` is 2).
    Index(u32),
    /// The first webcam whose name holds these words.
    Name(String),
    /// MJPEG from this address.
    Http(String),
    /// A recorded clip, at its own speed; from its beginning again at its end if `again`.
    Clip { path: PathBuf, again: bool },
}

impl Wanted {
    /// From what was typed: a number, an address, a device, the path of a clip, or a part of a webcam's name.
    pub fn read(text: &str, again: bool) -> Wanted {
        let path = PathBuf::from(text);
        if let Ok(index) = text.parse() {
            Wanted::Index(index)
        } else if text.starts_with("http://") || text.starts_with("https://") {
            Wanted::Http(text.into())
        } else if let Some(index) = webcam::index_of_device(&path) {
            Wanted::Index(index)
        } else if path.exists() || text.contains(['/', '\\']) || has_ending(text) {
            Wanted::Clip { path, again }
        } else {
            Wanted::Name(text.into())
        }
    }

    /// How it is opened, and opened again.
    pub fn opener(self, want: Want, options: OpenOptions, pace: Pace) -> Opener {
        // The name of the webcam that was opened: plugged in again, it may have another number.
        let opened = Mutex::new(None);
        Arc::new(move || -> Result<Box<dyn Camera>, CameraError> {
            Ok(match &self {
                Wanted::Http(url) => Box::new(http::Stream::open(url)?),
                Wanted::Clip { path, again } => {
                    Box::new(playback::Playback::open(path, &options, *again, pace == Pace::Newest)?)
                }
                webcam => {
                    let mut opened = opened.lock().unwrap_or_else(PoisonError::into_inner);
                    let webcam = webcam::Webcam::open(webcam, want, opened.as_deref())?;
                    *opened = Some(webcam.name().to_string());
                    Box::new(webcam)
                }
            })
        })
    }
}

/// `squat.mp4`: meant as a clip even where there is none; a camera's name may hold a version (`Cam 2.0`).
fn has_ending(text: &str) -> bool {
    let ending = text.rsplit_once('.').map_or("", |(_, ending)| ending);
    (2..=4).contains(&ending.len()) && ending.starts_with(|c: char| c.is_ascii_alphabetic())
}

/// Why there is no picture, and the way out. Every message is one line.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CameraError {
    #[error(
        "no camera was found: plug one in, or name a clip or an address with --camera (`formcheck doctor` says what is missing)"
    )]
    None,
    #[error("there is no camera {wanted}; here are: {known} (`formcheck cameras` lists them)")]
    NotThere { wanted: String, known: String },
    #[error("{name} is in use by another program: close it (a browser, a call) and try again")]
    Busy { name: String },
    #[error("no permission to use {name}: {}", permission())]
    Denied { name: String },
    #[error("{name} cannot be used ({problem}): choose another with --camera (`formcheck cameras` lists them)")]
    Unfit { name: String, problem: String },
    #[error("{url}: {problem}: open the address in a browser to see whether the camera sends pictures (MJPEG)")]
    Http { url: String, problem: String },
    #[error("{0}")]
    Clip(Arc<SourceError>),
    /// It gave pictures and gives none any more.
    #[error("the camera is gone ({problem}): plug it in again")]
    Lost { problem: String },
    /// The clip is over.
    #[error("the clip is over")]
    Ended,
}

impl From<SourceError> for CameraError {
    fn from(error: SourceError) -> CameraError {
        CameraError::Clip(Arc::new(error))
    }
}

fn permission() -> &'static str {
    if cfg!(target_os = "linux") {
        "add yourself to the group `video` (sudo usermod -aG video $USER) and log in again"
    } else {
        "allow the terminal to use the camera in the system's privacy settings"
    }
}
