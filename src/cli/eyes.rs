//! From `--model`, `--runtime`, `--decoder` … to a clip being scored: what every command that scores has in common.

use super::args::{DecoderArg, Eyes, RuntimeArg};
use super::resume;
use super::talk::Voice;
use super::wanted::Wanted;
use crate::estimate::{self, RuntimeChoice, Ways};
use crate::exercises;
use crate::form::{Exercise, Variant};
use crate::report::Report;
use crate::runner::{self, ClipJob, ModelChoice, Progress};
use crate::source::{self, Decoder, Kind, OpenOptions};
#[cfg(not(feature = "video"))]
use anyhow::Context;
use anyhow::{Result, anyhow, bail};
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::AtomicBool;

/// How pictures are read and looked at, the same for every clip of a command.
pub struct Sight {
    model: ModelChoice,
    source: OpenOptions,
    /// Of the exercise, by name.
    variant: Option<String>,
    /// Looked up when the first clip needs it; the error is kept as its message.
    known: OnceLock<Result<Known, String>>,
}

/// What is known of the model and what runs it, before a clip is opened.
#[derive(Clone, Debug)]
pub struct Known {
    /// "blazepose_full"
    pub model: String,
    /// Of the model file and its detector's, hex.
    pub files: String,
    /// "onnxruntime 1.31.1"
    pub runtime: String,
    /// What to be wary of.
    pub remark: Option<&'static str>,
    /// How to get a faster one, if there is.
    pub hint: Option<&'static str>,
}

impl Sight {
    pub fn new(eyes: &Eyes) -> Sight {
        let runtime = match &eyes.runtime {
            RuntimeArg::Auto => RuntimeChoice::Auto,
            RuntimeArg::OnnxRuntime(path) => RuntimeChoice::OnnxRuntime(path.clone()),
            RuntimeArg::Rten => RuntimeChoice::Rten,
        };
        let decoder = match eyes.decoder {
            DecoderArg::Auto => Decoder::Auto,
            DecoderArg::Builtin => Decoder::BuiltIn,
            DecoderArg::Ffmpeg => Decoder::Ffmpeg,
        };
        let options = estimate::Options {
            runtime,
            threads: usize::from(eyes.threads),
            person: eyes.person,
            closer_look: !eyes.one_look,
            ways: match (eyes.one_look, eyes.in_turn) {
                (true, _) => Ways::One,
                (_, true) => Ways::InTurn,
                _ => Ways::Both,
            },
            ..estimate::Options::default()
        };
        Sight {
            model: ModelChoice { selection: eyes.model.clone(), options },
            source: OpenOptions { decoder, image_fps: eyes.image_fps, ..OpenOptions::default() },
            variant: eyes.variant.clone(),
            known: OnceLock::new(),
        }
    }

    /// An error when no clip can be scored for want of a model; with recordings among them, each clip speaks for itself.
    pub fn check<'a>(&self, clips: impl Iterator<Item = &'a Path>) -> Result<()> {
        let (mut recordings, mut pictures) = (0, 0);
        for clip in clips {
            match source::kind(clip) {
                Ok(Kind::PoseRecording) => recordings += 1,
                Ok(_) => pictures += 1,
                // Said when it is opened.
                Err(_) => {}
            }
        }
        if pictures > 0 && recordings == 0 {
            self.known()?;
        }
        Ok(())
    }

    /// Says which model is used for these clips, what runs it, and how to get the faster runtime; nothing where none is
    /// needed.
    pub fn tell<'a>(&self, mut clips: impl Iterator<Item = &'a Path>, voice: &Voice) {
        if !clips.any(Sight::has_pictures) {
            return;
        }
        if let Ok(known) = self.known() {
            let hint = known.hint.map(|hint| format!("; {hint}")).unwrap_or_default();
            let remark = known.remark.map(|remark| format!(" ({remark})")).unwrap_or_default();
            voice.note(&format!("poses by {}{remark} on {}{hint}", known.model, known.runtime));
        }
    }

    /// Fingerprint of everything the clip's report depends on.
    pub fn made_from(&self, clip: &Path, exercise: Wanted, annotate: bool) -> Result<String> {
        let mut parts = vec![
            ("program", env!("CARGO_PKG_VERSION").to_string()),
            ("path", clip.to_string_lossy().into_owned()),
            ("clip", fingerprint(clip)?),
            ("exercise", exercise.name().to_string()),
            ("variant", self.variant.clone().unwrap_or_default()),
            ("annotate", annotate.to_string()),
        ];
        if source::kind(clip)? != Kind::PoseRecording {
            let known = self.known()?;
            parts.push(("model", known.model));
            parts.push(("files", known.files));
            parts.push(("runtime", known.runtime));
            parts.push(("person", self.model.options.person.to_string()));
            parts.push(("closer_look", self.model.options.closer_look.to_string()));
            parts.push(("ways", format!("{:?}", self.model.options.ways)));
            parts.push(("decoder", format!("{:?}", self.source.decoder)));
            parts.push(("image_fps", self.source.image_fps.to_string()));
        }
        Ok(resume::fingerprint(&parts))
    }

    /// Scores one clip, writing its files into `out` if given; `tell` hears the share done, 0..=1.
    pub fn score(
        &self,
        clip: &Path,
        exercise: Wanted,
        out: Option<&Path>,
        annotate: bool,
        stop: &AtomicBool,
        tell: &mut dyn FnMut(f64),
    ) -> Result<Report> {
        let job = match exercise {
            Wanted::Named(exercise) => self.job(clip, exercise, out, annotate)?,
            Wanted::Auto => self.recognised(clip, out, annotate, stop, tell)?,
        };
        Ok(runner::score_clip(&job, stop, &mut |progress: Progress| tell(progress.share()))?)
    }

    /// Whether the clip has pictures that can be drawn on (a recording has none).
    pub fn has_pictures(clip: &Path) -> bool {
        source::kind(clip).is_ok_and(|kind| kind != Kind::PoseRecording)
    }

    /// Whether it is a recording of poses.
    pub fn is_recording(clip: &Path) -> bool {
        source::kind(clip).is_ok_and(|kind| kind == Kind::PoseRecording)
    }

    /// The job for a clip whose exercise is told from its poses. They are not looked for again when it is scored.
    pub fn recognised(
        &self,
        clip: &Path,
        out: Option<&Path>,
        annotate: bool,
        stop: &AtomicBool,
        tell: &mut dyn FnMut(f64),
    ) -> Result<ClipJob> {
        // Which exercise the job names does not matter until it is known.
        let job = self.any_job(clip, exercises::ALL[0], out, annotate);
        let seen = runner::recognise_clip(&job, stop, &mut |progress: Progress| tell(progress.share()))?;
        let known = || exercises::ALL.iter().map(|e| e.name).collect::<Vec<_>>().join(", ");
        let exercise = match seen.exercise {
            Some(name) => exercises::by_name(name).ok_or_else(|| {
                anyhow!(
                    "{}: this looks like {}, which cannot be judged yet; known are {}",
                    clip.display(),
                    name.replace('_', " "),
                    known()
                )
            })?,
            None => bail!(
                "{}: none of the exercises was recognised; show one from start to end, or name it: --exercise NAME ({})",
                clip.display(),
                known()
            ),
        };
        let variant = self.variant_of(exercise)?;
        Ok(ClipJob { exercise, variant, seen: Some(seen.observations), ..job })
    }

    /// The job as the runner takes it.
    ///
    /// Errors: a variant that the exercise does not have.
    pub fn job(&self, clip: &Path, exercise: &'static Exercise, out: Option<&Path>, annotate: bool) -> Result<ClipJob> {
        Ok(ClipJob { variant: self.variant_of(exercise)?, ..self.any_job(clip, exercise, out, annotate) })
    }

    /// Whatever the variant.
    fn any_job(&self, clip: &Path, exercise: &'static Exercise, out: Option<&Path>, annotate: bool) -> ClipJob {
        ClipJob {
            path: clip.to_path_buf(),
            exercise,
            variant: None,
            seen: None,
            out: out.map(Path::to_path_buf),
            annotate,
            model: self.model.clone(),
            source: self.source.clone(),
        }
    }

    pub fn variant_of(&self, exercise: &'static Exercise) -> Result<Option<&'static Variant>> {
        let Some(name) = &self.variant else { return Ok(None) };
        let known: Vec<&str> = exercise.variants.iter().map(|v| v.name).collect();
        match exercise.variant(name) {
            Some(variant) => Ok(Some(variant)),
            None if known.is_empty() => bail!("{} has no variants: leave --variant out", exercise.name),
            None => bail!("{} has no variant \"{name}\"; it has {}", exercise.name, known.join(", ")),
        }
    }

    /// The pose model for a live session.
    #[cfg(all(feature = "camera", feature = "model"))]
    pub fn live_estimator(&self) -> Result<Box<dyn estimate::PoseEstimator>> {
        let mut options = estimate::Options { mode: estimate::Mode::Live, ..self.model.options.clone() };
        if options.ways == Ways::Both {
            // Twice the time is more than a camera leaves.
            options.ways = Ways::InTurn;
        }
        Ok(estimate::open(self.model.selection.as_deref(), &options)?)
    }

    /// How clips are opened.
    #[cfg(all(feature = "camera", feature = "model"))]
    pub fn opening(&self) -> OpenOptions {
        self.source.clone()
    }

    fn known(&self) -> Result<Known> {
        self.known.get_or_init(|| look_up(&self.model)).clone().map_err(anyhow::Error::msg)
    }
}

#[cfg(feature = "video")]
fn fingerprint(clip: &Path) -> Result<String> {
    Ok(source::fingerprint(clip)?)
}

/// Without decoders there are only recordings, which are single files and not large.
#[cfg(not(feature = "video"))]
fn fingerprint(clip: &Path) -> Result<String> {
    let bytes =
        std::fs::read(clip).with_context(|| format!("{}: cannot be read; check its permissions", clip.display()))?;
    Ok(resume::fingerprint(&[("bytes", String::from_utf8_lossy(&bytes).into_owned())]))
}

#[cfg(feature = "model")]
fn look_up(choice: &ModelChoice) -> Result<Known, String> {
    use crate::estimate::{runtime::Runtime, store};
    let options = &choice.options;
    let said = |error: estimate::EstimateError| error.to_string();
    let model = store::select(choice.selection.as_deref(), options).map_err(said)?;
    let detectors = model.body.card.detector.as_ref().map(|d| d.names.as_slice()).unwrap_or_default();
    let detector = store::find_detector(detectors, &model.body.path, options).map_err(said)?;
    let runtime = Runtime::choose(&options.runtime, options.threads)
        .map_err(|problem| said(estimate::EstimateError::NoRuntime { problem }))?;
    let cards = [Some(&model.body.card), model.back.as_ref().map(|back| &back.card)];
    Ok(Known {
        // A card that was edited makes another report of the same weights.
        files: format!("{} {} {cards:?}", model.sha256(), detector.map(|d| d.sha256).unwrap_or_default()),
        model: model.name(),
        remark: model.trust().remark(),
        runtime: runtime.name(),
        hint: runtime.hint(),
    })
}

#[cfg(not(feature = "model"))]
fn look_up(_choice: &ModelChoice) -> Result<Known, String> {
    Err("this program was built without pose models: score pose recordings (poses.jsonl), or build it with the default \
         features"
        .into())
}
