//! A recorded clip as a camera: every picture when its time has come.

use super::capture::Camera;
use super::mode::Packing;
use super::shot::Shot;
use super::{CameraError, one_line};
use crate::frame::Frame;
use crate::source::{self, FrameSource, OpenOptions};
use crate::units::Timestamp;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

pub struct Playback {
    path: PathBuf,
    source: Box<dyn FrameSource>,
    frame: Frame,
    /// Begin again at the end.
    again: bool,
    /// Wait for each picture's time; otherwise they come as fast as they are fetched.
    in_time: bool,
    began: Option<Instant>,
    /// Time of this round's first picture.
    round: Timestamp,
    last: Timestamp,
    /// Between the last two pictures, to put between two rounds.
    gap: i64,
}

impl Playback {
    pub fn open(path: &Path, options: &OpenOptions, again: bool, in_time: bool) -> Result<Playback, CameraError> {
        let source = source::open(path, options)?;
        let (round, last) = (Timestamp::ZERO, Timestamp::ZERO);
        Ok(Playback {
            path: path.into(),
            source,
            frame: Frame::default(),
            again,
            in_time,
            began: None,
            round,
            last,
            gap: 33_333,
        })
    }
}

impl Camera for Playback {
    fn about(&self) -> String {
        let info = self.source.info();
        let name = self.path.file_name().unwrap_or(self.path.as_os_str()).to_string_lossy();
        format!("{}, {}x{}, played as a camera", one_line(&name), info.width, info.height)
    }

    fn next(&mut self, shot: &mut Shot) -> Result<(), CameraError> {
        if !self.source.read(&mut self.frame)? {
            if !self.again {
                return Err(CameraError::Ended);
            }
            self.round = Timestamp::from_micros(self.last.micros() + self.gap);
            self.source.seek(Timestamp::ZERO)?;
            if !self.source.read(&mut self.frame)? {
                return Err(CameraError::Ended);
            }
        }
        let t = Timestamp::from_micros(self.round.micros() + self.frame.t.micros());
        let began = *self.began.get_or_insert_with(Instant::now);
        if self.in_time {
            let due = began + Duration::from_micros(t.micros().max(0) as u64);
            thread::sleep(due.saturating_duration_since(Instant::now()));
        }
        (self.gap, self.last) = ((t.micros() - self.last.micros()).max(1), t);
        (shot.t, shot.arrived, shot.packing) = (t, Instant::now(), Packing::Rgb);
        (shot.width, shot.height) = (self.frame.width(), self.frame.height());
        shot.bytes.clear();
        shot.bytes.extend_from_slice(self.frame.rgb());
        Ok(())
    }
}
