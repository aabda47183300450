//! Where results go: files, annotated video, a window. One small file per output.
//!
//! Input: [`crate::form::Step`]s and the [`crate::report::Report`]. Output: pixels or bytes. A sink shows and decides
//! nothing. The outputs are Cargo features: `report-files` (JSON, tables, captions, HTML), `video` (overlay, annotated
//! video), `window` (replay window).

#[cfg(feature = "window")]
mod display_loss;
pub mod files;
pub mod history;
#[cfg(feature = "report-files")]
pub mod html;
#[cfg(feature = "video")]
pub mod mp4;
#[cfg(feature = "video")]
pub mod overlay;
#[cfg(feature = "video")]
pub mod picture;
pub mod series;
pub mod voice;
#[cfg(feature = "window")]
pub mod window;

use std::io;
use std::path::{Path, PathBuf};

/// Why an output could not be written, and the way out.
#[derive(Debug, thiserror::Error)]
pub enum SinkError {
    #[error("cannot write {}: {}", path.display(), way_out(source))]
    Write { path: PathBuf, source: io::Error },
    #[error("the history in {} cannot be used: {source}; set FORMCHECK_DATA to another folder", path.display())]
    History { path: PathBuf, source: io::Error },
    #[error("cannot write {}: the video encoder says: {problem}; leave the annotated video out or try a smaller clip", path.display())]
    Encode { path: PathBuf, problem: String },
    #[error("no window: {0}; use --headless --out DIR to write files instead")]
    NoWindow(String),
    #[error("the display is gone, so the window is too; come back when it is there again, or use --headless")]
    DisplayLost,
}

impl SinkError {
    pub(crate) fn write(path: &Path, source: io::Error) -> SinkError {
        SinkError::Write { path: path.into(), source }
    }
}

/// What to do about the commonest reasons; the system's own words for the rest.
fn way_out(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            "the disk is full; free some space or choose another --out folder".into()
        }
        io::ErrorKind::PermissionDenied => "no permission; choose another --out folder".into(),
        io::ErrorKind::ReadOnlyFilesystem => "the disk is read-only; choose another --out folder".into(),
        io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => {
            "a file is in the way of the folder; choose another --out folder".into()
        }
        io::ErrorKind::NotFound => "the folder is gone; choose another --out folder".into(),
        _ => format!("{error}; choose another --out folder"),
    }
}
