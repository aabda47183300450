//! The files of one clip, written as observations and steps come; complete only when [`Outputs::finish`] says so.

use super::{POSES, RunError};
use crate::form::{Exercise, Step};
use crate::pose::Observation;
use crate::pose::recording::{Header, RecordingWriter};
use crate::report::Report;
use crate::sink::SinkError;
use crate::sink::files::{AnglesCsv, AtomicFile, CueTrack, write_report, write_text};
use crate::sink::html;
use crate::sink::series::Series;
use std::io;
use std::path::{Path, PathBuf};

/// Files under one folder, or nothing at all.
pub struct Outputs(Option<Files>);

/// What is left when the program ends before the set does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// Nothing: a clip can be scored again.
    Whole,
    /// Everything until then: a live set cannot be repeated.
    #[cfg_attr(not(feature = "camera"), expect(dead_code))]
    AsItGoes,
}

struct Files {
    folder: PathBuf,
    exercise: &'static Exercise,
    poses: RecordingWriter<AtomicFile>,
    angles: AnglesCsv<AtomicFile>,
    cues: CueTrack,
    series: Series,
    keep: Keep,
    /// The first failure of a step's files; steps cannot fail, so it waits for the next observation.
    failed: Option<io::Error>,
    /// One of a step's files lacks a row, or a part of one.
    torn: bool,
}

impl Outputs {
    pub fn open(
        folder: Option<&Path>,
        exercise: &'static Exercise,
        header: &Header,
        keep: Keep,
    ) -> Result<Outputs, RunError> {
        let Some(folder) = folder else { return Ok(Outputs(None)) };
        let poses = folder.join(POSES);
        let create = match keep {
            Keep::Whole => AtomicFile::create,
            Keep::AsItGoes => AtomicFile::lasting,
        };
        let recording = RecordingWriter::new(create(&poses)?, header).map_err(|e| SinkError::write(&poses, e))?;
        Ok(Outputs(Some(Files {
            exercise,
            poses: recording,
            angles: AnglesCsv::new(AtomicFile::create(&folder.join("angles.csv"))?),
            cues: CueTrack::default(),
            series: Series::new(exercise),
            folder: folder.into(),
            keep,
            failed: None,
            torn: false,
        })))
    }

    /// Takes the next observation.
    pub fn observe(&mut self, observation: &Observation) -> Result<(), RunError> {
        let Some(files) = &mut self.0 else { return Ok(()) };
        files.check()?;
        let flush = |poses: &mut RecordingWriter<AtomicFile>| match files.keep {
            Keep::Whole => Ok(()),
            Keep::AsItGoes => poses.flush(),
        };
        let written = files.poses.write(observation).and_then(|()| flush(&mut files.poses));
        written.map_err(|e| SinkError::write(&files.folder.join(POSES), e))?;
        Ok(())
    }

    /// Takes the next step.
    pub fn step(&mut self, step: &Step) {
        let Some(files) = &mut self.0 else { return };
        files.cues.push(step);
        files.series.push(step);
        if files.failed.is_none() {
            files.failed = files.angles.write(step, step.sample.named()).err();
            files.torn |= files.failed.is_some();
        }
    }

    /// After [`Outputs::observe`] failed and room was made: writes what was left of that line; false when the files cannot
    /// go on as if nothing had happened.
    #[cfg(feature = "camera")]
    pub fn retry(&mut self) -> bool {
        self.0.as_mut().is_some_and(|files| !files.torn && files.poses.flush().is_ok())
    }

    /// Writes the report as it stands, to be replaced by a later one.
    #[cfg(feature = "camera")]
    pub fn interim(&mut self, report: &Report) -> Result<(), RunError> {
        let Some(files) = &self.0 else { return Ok(()) };
        Ok(write_report(&files.folder.join("report.json"), report)?)
    }

    /// Completes every file; the report last, so that it stands only beside complete ones.
    pub fn finish(self, report: &Report) -> Result<(), RunError> {
        let Some(mut files) = self.0 else { return Ok(()) };
        files.check()?;
        let failed = |name: &str| {
            let path = files.folder.join(name);
            move |e: io::Error| SinkError::write(&path, e)
        };
        files.poses.finish().map_err(failed(POSES))?.commit()?;
        files.angles.finish().map_err(failed("angles.csv"))?.commit()?;
        write_text(&files.folder.join("cues.vtt"), &files.cues.to_vtt(files.exercise.title))?;
        write_text(&files.folder.join("report.html"), &html::page(report, files.exercise, &files.series))?;
        write_report(&files.folder.join("report.json"), report)?;
        Ok(())
    }
}

impl Files {
    fn check(&mut self) -> Result<(), RunError> {
        match self.failed.take() {
            Some(error) => Err(SinkError::write(&self.folder.join("angles.csv"), error).into()),
            None => Ok(()),
        }
    }
}
