//! A clip as a pose recording: what a model would have seen of it, exactly or with a model's errors.

use super::SynthError;
use crate::pose::recording::{Header, ModelInfo, RecordingWriter, SourceInfo};
use crate::sink::SinkError;
use crate::sink::files::AtomicFile;
use crate::synth::observe::{BLAZEPOSE, COCO17, Eye, Noise, Quality};
use crate::synth::{Body, Clip, Options};
use std::path::{Path, PathBuf};

/// Which points the model has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Model {
    /// formcheck's own skeleton and the line of the back.
    #[default]
    Own,
    /// BlazePose's points that formcheck uses, and the line of the back.
    BlazePose,
    /// COCO's 17 points.
    Coco17,
}

/// One recording to be written.
#[derive(Clone, Debug)]
pub struct PosesJob {
    pub clip: Clip,
    pub body: Body,
    pub fps: f64,
    pub model: Model,
    /// Errors of RULES.md 0.2; exact without.
    pub noise: Option<Quality>,
    pub seed: u64,
    /// Folder for the recording.
    pub out: PathBuf,
}

/// Writes `<clip>.poses.jsonl` into the job's folder; returns its path and the number of frames.
pub fn write_poses(job: &PosesJob) -> Result<(PathBuf, usize), SynthError> {
    let path = job.out.join(format!("{}.poses.jsonl", job.clip.id));
    let frames = write(job, &path)?;
    Ok((path, frames))
}

fn write(job: &PosesJob, path: &Path) -> Result<usize, SinkError> {
    let failed = |e| SinkError::write(path, e);
    let camera = job.clip.camera;
    let eye = match job.model {
        Model::Own => Eye::OWN,
        Model::BlazePose => Eye { landmarks: BLAZEPOSE, ..Eye::BLAZEPOSE },
        Model::Coco17 => Eye { landmarks: COCO17, ..Eye::COCO17 },
    };
    let source = SourceInfo {
        path: format!("synthetic {}", job.clip.id),
        width: camera.width,
        height: camera.height,
        ..SourceInfo::default()
    };
    let model = ModelInfo {
        name: "synthetic".into(),
        runtime: "none".into(),
        landmarks: eye.landmarks.to_vec(),
        ..ModelInfo::default()
    };
    let mut noise = job.noise.map(|quality| Noise::new(quality, job.seed));
    let mut writer = RecordingWriter::new(AtomicFile::create(path)?, &Header::new(source, model)).map_err(failed)?;
    let mut frames = 0;
    for frame in job.clip.frames(&job.body, &camera, job.fps, &Options::default()) {
        let mut observation = eye.sees(&frame, &camera);
        if let Some(noise) = &mut noise {
            noise.disturb(&frame, &camera, &mut observation);
        }
        writer.write(&observation.quantized()).map_err(failed)?;
        frames += 1;
    }
    writer.finish().map_err(failed)?.commit()?;
    Ok(frames)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pose::recording::RecordingReader;
    use crate::synth::by_id;
    use std::fs::File;
    use std::io::BufReader;

    fn points(model: Model, noise: Option<Quality>) -> Vec<Vec<[f64; 2]>> {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().to_path_buf();
        let clip = by_id("SQ-ok2").unwrap();
        let job = PosesJob { clip, body: Body::average(), fps: 2.0, model, noise, seed: 5, out };
        let (path, frames) = write_poses(&job).unwrap();
        let mut reader = RecordingReader::new(BufReader::new(File::open(path).unwrap())).unwrap();
        let mut all = Vec::new();
        while let Some(observation) = reader.read().unwrap() {
            let person = observation.person.unwrap();
            all.push(person.points.0.iter().flatten().map(|k| [k.at.x, k.at.y]).collect::<Vec<_>>());
        }
        assert_eq!(all.len(), frames);
        all
    }

    #[test]
    fn a_recording_holds_what_the_model_knows_and_its_errors() {
        let exact = points(Model::Own, None);
        assert_eq!([exact[0].len(), points(Model::Coco17, None)[0].len()], [42, 17]);
        // 2 + 3 × 3.8 + 2 × 0.5 + 1 s of clip, two frames a second and the first.
        assert_eq!(exact.len(), 31);
        let noisy = points(Model::Own, Some(Quality::Q2));
        assert_ne!(exact, noisy);
        assert_eq!(noisy, points(Model::Own, Some(Quality::Q2)), "the same seed, the same errors");
    }
}
