//! The second pass: the clip again, with what was judged drawn over it, into a video.

use super::steps::Steps;
use super::{ANNOTATED, ClipJob, POSES, RecordedSet, RunError};
use crate::frame::Frame;
use crate::sink::mp4::{MOST_PX, Mp4Writer};
use crate::sink::overlay::Overlay;
use crate::sink::picture::{fitted, shrink};
use crate::source;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// Writes `annotated.mp4` beside the recording in `folder`; `progress` hears the pictures done.
pub fn annotate(
    job: &ClipJob,
    folder: &Path,
    cancel: &AtomicBool,
    progress: &mut dyn FnMut(u64),
) -> Result<(), RunError> {
    let recorded = RecordedSet::at(&job.path);
    let mut source = source::open(recorded.as_ref().map_or(&job.path, |set| &set.video), &job.source)?;
    let mut steps = Steps::open(&folder.join(POSES), job.exercise, job.variant)?;
    let mut overlay = Overlay::new(job.exercise, source.info().width, source.info().height);
    let mut video = Mp4Writer::create(&folder.join(ANNOTATED))?;
    let (mut frame, mut small) = (Frame::default(), Frame::default());
    let (width, height) = fitted(source.info().width, source.info().height, MOST_PX);
    let mut done = 0;
    while source.read(&mut frame)? {
        if cancel.load(Ordering::Relaxed) {
            return Err(RunError::Cancelled);
        }
        let Some(step) = steps.next()? else { break };
        // Drawn at the size it is written in, so that lines and text stay crisp.
        let picture = if (frame.width(), frame.height()) == (width, height) {
            &mut frame
        } else {
            shrink(&frame, width, height, &mut small);
            &mut small
        };
        overlay.draw(picture, &step);
        video.push(picture)?;
        done += 1;
        progress(done);
    }
    Ok(video.finish()?)
}
