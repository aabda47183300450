//! Where pictures come from: recorded video, animated GIFs, folders of images.
//!
//! Input: a path. Output: upright [`Frame`]s in presentation order with the file's own times. Not handled here: pose
//! recordings ([`crate::pose::recording`]), which need no pictures.

use crate::frame::Frame;
use crate::units::Timestamp;

/// What is known of a clip before its first frame.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClipInfo {
    /// Upright width, px.
    pub width: u32,
    /// Upright height, px.
    pub height: u32,
    /// Rotation tag applied, degrees clockwise: 0, 90, 180, 270.
    pub rotation_deg: u32,
    /// Number of frames, where the container tells it.
    pub frames: Option<u64>,
    /// Length, where the container tells it.
    pub duration: Option<Timestamp>,
}

/// Pictures in presentation order.
pub trait FrameSource: Send {
    fn info(&self) -> &ClipInfo;

    /// Writes the next picture into `frame`, reusing its allocation; `false` at the end.
    fn read(&mut self, frame: &mut Frame) -> Result<bool, SourceError>;
}

/// Why pictures cannot be had, and the way out.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    #[error("{0}")]
    Todo(String),
}
