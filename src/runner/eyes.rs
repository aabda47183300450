//! Where observations come from: pictures through a pose model, or a pose recording.

use super::{ClipJob, RecordedSet, RunError};
use crate::estimate::PoseEstimator;
use crate::frame::Frame;
use crate::pose::Observation;
use crate::pose::recording::{Header, RecordingReader, SourceInfo};
use crate::source::{self, FrameSource, Kind, SourceError};
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Observations of one clip, in order.
pub enum Eyes {
    Clip {
        header: Box<Header>,
        source: Box<dyn FrameSource>,
        estimator: Box<dyn PoseEstimator>,
        frame: Frame,
    },
    Recording {
        reader: Box<RecordingReader<BufReader<File>>>,
        path: PathBuf,
    },
    /// A clip that was looked at before.
    Seen {
        seen: Arc<Seen>,
        next: usize,
    },
}

/// Everything a model saw in a clip.
#[derive(Debug)]
pub struct Seen {
    pub header: Header,
    /// What the pictures came from, and how many there were, as was known at the end.
    pub source: SourceInfo,
    pub frames: Option<u64>,
    pub observations: Vec<Observation>,
}

impl Eyes {
    /// Opens what the job names; in pictures a dowel held along the spine is looked for if wanted.
    pub fn open(job: &ClipJob, dowel_wanted: bool) -> Result<Eyes, RunError> {
        if let Some(seen) = &job.seen {
            return Ok(Eyes::Seen { seen: seen.clone(), next: 0 });
        }
        if let Some(set) = RecordedSet::at(&job.path) {
            return Ok(Eyes::Recording { reader: Box::new(open_recording(&set.poses)?), path: set.poses });
        }
        if source::kind(&job.path)? == Kind::PoseRecording {
            if job.annotate {
                return Err(RunError::NoPictures(job.path.clone()));
            }
            return Ok(Eyes::Recording { reader: Box::new(open_recording(&job.path)?), path: job.path.clone() });
        }
        let source = source::open(&job.path, &job.source)?;
        let estimator = open_estimator(job, dowel_wanted)?;
        let info = source.info();
        let header = Box::new(Header::new(
            SourceInfo {
                path: job.path.to_string_lossy().into_owned(),
                sha256: fingerprint(&job.path)?,
                width: info.width,
                height: info.height,
                rotation_deg: info.rotation_deg,
                decoder: source.decoder().to_string(),
            },
            estimator.model().clone(),
        ));
        Ok(Eyes::Clip { header, source, estimator, frame: Frame::default() })
    }

    /// What a recording of these observations begins with.
    pub fn header(&self) -> &Header {
        match self {
            Eyes::Clip { header, .. } => header,
            Eyes::Recording { reader, .. } => reader.header(),
            Eyes::Seen { seen, .. } => &seen.header,
        }
    }

    /// Where the pictures seen so far came from: a damaged clip may change its decoder in the middle.
    pub fn source(&self) -> SourceInfo {
        match self {
            Eyes::Clip { header, source, .. } => {
                let mut info = header.source.clone();
                if source.decoder() != info.decoder {
                    info.decoder = format!("{}, then {}", info.decoder, source.decoder());
                }
                info
            }
            Eyes::Recording { reader, .. } => reader.header().source.clone(),
            Eyes::Seen { seen, .. } => seen.source.clone(),
        }
    }

    /// Pictures in all, where known beforehand.
    pub fn frames(&self) -> Option<u64> {
        match self {
            Eyes::Clip { source, .. } => source.info().frames,
            Eyes::Recording { .. } => None,
            Eyes::Seen { seen, .. } => seen.frames,
        }
    }

    /// The next observation, `None` at the end.
    pub fn next(&mut self) -> Result<Option<Observation>, RunError> {
        match self {
            Eyes::Clip { source, estimator, frame, .. } => {
                Ok(if source.read(frame)? { Some(estimator.estimate(frame)?) } else { None })
            }
            Eyes::Recording { reader, path } => {
                reader.read().map_err(|error| RunError::Recording { path: path.clone(), error })
            }
            Eyes::Seen { seen, next } => {
                *next += 1;
                Ok(seen.observations.get(*next - 1).cloned())
            }
        }
    }
}

/// Opens a pose recording for reading.
pub fn open_recording(path: &Path) -> Result<RecordingReader<BufReader<File>>, RunError> {
    let unreadable = |e: std::io::Error| SourceError::Unreadable { path: path.into(), reason: e.to_string() };
    let file = File::open(path).map_err(unreadable)?;
    RecordingReader::new(BufReader::new(file)).map_err(|error| RunError::Recording { path: path.into(), error })
}

#[cfg(feature = "model")]
fn open_estimator(job: &ClipJob, dowel_wanted: bool) -> Result<Box<dyn PoseEstimator>, RunError> {
    let mut estimator = crate::estimate::open(job.model.selection.as_deref(), &job.model.options)?;
    estimator.look_for_dowel(dowel_wanted);
    Ok(estimator)
}

#[cfg(not(feature = "model"))]
fn open_estimator(_job: &ClipJob, _dowel_wanted: bool) -> Result<Box<dyn PoseEstimator>, RunError> {
    Err(crate::estimate::EstimateError::NoModel { searched: Vec::new() }.into())
}

#[cfg(feature = "video")]
fn fingerprint(path: &Path) -> Result<String, RunError> {
    Ok(source::fingerprint(path)?)
}

#[cfg(not(feature = "video"))]
fn fingerprint(_path: &Path) -> Result<String, RunError> {
    Ok(String::new())
}
