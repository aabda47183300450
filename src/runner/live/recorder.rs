//! The video of a live set, written by a thread of its own.
//!
//! It takes one picture at a time and makes the sender wait for the one before: encoding slower than the camera shows as
//! pictures dropped at the camera, where they are counted, and never as a growing queue.

use crate::frame::Frame;
use crate::sink::SinkError;
use crate::sink::mp4::Mp4Writer;
use crate::units::Timestamp;
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// The video is put in place after so long, then every time it is half as long again: whatever ends the program, at most
/// the last third of it is lost, and all copies together cost three of the whole.
const FIRST_CHECKPOINT: Duration = Duration::from_secs(10);

pub struct Recorder {
    pictures: Option<SyncSender<Frame>>,
    spare: Receiver<Frame>,
    thread: Option<JoinHandle<Result<(), SinkError>>>,
}

impl Recorder {
    pub fn start(path: &Path) -> Result<Recorder, SinkError> {
        let video = Mp4Writer::create(path)?;
        let (pictures, to_write) = sync_channel(1);
        let (give_back, spare) = channel();
        let thread =
            thread::Builder::new().name("recorder".into()).spawn(move || write_all(video, &to_write, &give_back));
        let thread = thread.map_err(|e| SinkError::write(path, e))?;
        Ok(Recorder { pictures: Some(pictures), spare, thread: Some(thread) })
    }

    /// Appends a copy of the picture, to be shown at `t`; false when the recording has failed, and [`Recorder::finish`] knows why.
    pub fn push(&mut self, frame: &Frame, t: Timestamp) -> bool {
        let mut copy = self.spare.try_recv().unwrap_or_default();
        copy.copy_from(frame);
        copy.t = t;
        self.pictures.as_ref().is_some_and(|pictures| pictures.send(copy).is_ok())
    }

    /// Puts the video in place.
    pub fn finish(mut self) -> Result<(), SinkError> {
        self.close()
    }

    fn close(&mut self) -> Result<(), SinkError> {
        self.pictures = None;
        // A panic of the encoder has been told by then.
        self.thread.take().map_or(Ok(()), |thread| thread.join().unwrap_or(Ok(())))
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        // Nobody is left to be told.
        let _ = self.close();
    }
}

fn write_all(mut video: Mp4Writer, pictures: &Receiver<Frame>, give_back: &Sender<Frame>) -> Result<(), SinkError> {
    let (begun, mut next) = (Instant::now(), FIRST_CHECKPOINT);
    for frame in pictures {
        video.push(&frame)?;
        // Nobody takes them back at the end.
        let _ = give_back.send(frame);
        if begun.elapsed() > next {
            video.checkpoint()?;
            next = begun.elapsed().mul_f64(1.5);
        }
    }
    video.finish()
}
