//! `demo`: something to see after the first command, with nothing but the program.

use super::args::Demo;
use super::exercises::SAFETY_LINE;
use super::eyes::Sight;
use super::summary::{self, Outcome, Row, Scored};
use super::talk::{self, Voice};
use super::wanted::Wanted;
use super::{Exit, batch, inputs};
use crate::report::Report;
use anyhow::{Context, Result};
use std::fs;
use std::iter;
use std::path::{Path, PathBuf};

/// Three rendered squats whose pelvis tucks under by 28 degrees near the bottom: fixtures/clips/squat/SQ-wink28.
#[cfg(all(feature = "model", feature = "video"))]
const CLIP: (&str, &[u8]) = ("squats.mp4", include_bytes!("../../fixtures/demo/squats.mp4"));
/// The same by the synthetic figure, as poses: for a program without a pose model of its own, or with one that sees too
/// little of the clip.
const POSES: (&str, &[u8]) = ("exact_squats.jsonl", include_bytes!("../../fixtures/demo/poses.jsonl"));
const STEPS: u64 = 1000;

pub fn run(args: &Demo, voice: &Voice) -> Result<Exit> {
    fs::create_dir_all(&args.out)
        .with_context(|| format!("{}: this folder cannot be made; give another --out", args.out.display()))?;
    if !args.offline {
        install_runtime(voice);
    }
    let sight = Sight::new(&args.eyes);
    let mut clip = match &args.clip {
        Some(clip) => clip.clone(),
        None => bundled(&args.out)?,
    };
    let mut folder = args.out.join(inputs::stem(&clip));
    let mut report = score(args, &sight, &clip, &folder, voice)?;
    sight.tell(iter::once(clip.as_path()), voice);
    if args.clip.is_none() && report.reps.is_empty() && Sight::has_pictures(&clip) {
        talk::stdout(&summary_of(&clip, &report))?;
        voice.note("the model did not see the bundled clip well enough to count; the same set again, from exact poses");
        clip = written(&args.out, POSES)?;
        folder = args.out.join(inputs::stem(&clip));
        report = score(args, &sight, &clip, &folder, voice)?;
    }
    talk::stdout(&summary_of(&clip, &report))?;
    talk::stdout(&what_next(args, &folder))?;
    Ok(Exit::Done)
}

/// Puts the bundled set where the user can look at it and score it again.
fn bundled(out: &Path) -> Result<PathBuf> {
    written(out, set())
}

fn written(out: &Path, (name, bytes): (&str, &[u8])) -> Result<PathBuf> {
    let path = out.join(name);
    fs::write(&path, bytes).with_context(|| format!("{}: cannot be written; give another --out", path.display()))?;
    Ok(path)
}

#[cfg(all(feature = "model", feature = "video"))]
fn set() -> (&'static str, &'static [u8]) {
    let model_inside = crate::estimate::store::EMBEDDED.is_some();
    if model_inside { CLIP } else { POSES }
}

#[cfg(not(all(feature = "model", feature = "video")))]
fn set() -> (&'static str, &'static [u8]) {
    POSES
}

fn score(args: &Demo, sight: &Sight, clip: &Path, folder: &Path, voice: &Voice) -> Result<Report> {
    let stop = batch::stop_flag();
    let bar = voice.bar(STEPS);
    bar.set_message(talk::one_line(&clip.to_string_lossy()));
    let report =
        sight.score(clip, Wanted::Named(args.exercise), Some(folder), Sight::has_pictures(clip), &stop, &mut |share| {
            bar.set_position((share.clamp(0.0, 1.0) * STEPS as f64) as u64);
        });
    bar.finish_and_clear();
    report
}

fn summary_of(clip: &Path, report: &Report) -> String {
    let row = Row {
        path: clip.to_string_lossy().into_owned(),
        folder: inputs::stem(clip),
        exercise: report.exercise.clone(),
        outcome: Outcome::Scored(Box::new(Scored::of(report))),
    };
    format!("{}{}\n{SAFETY_LINE}\n", summary::readable(&[row]), summary::findings(report))
}

/// Files worth opening, and what each is.
const TO_LOOK_AT: [(&str, &str); 4] = [
    ("report.html", "the report, in a browser"),
    ("annotated.mp4", "the video with the verdicts drawn in"),
    ("report.json", "the report, for programs"),
    ("angles.csv", "every angle, picture by picture"),
];

fn what_next(args: &Demo, folder: &Path) -> String {
    let exercise = args.exercise.name;
    let rule = args.exercise.rules.first().map_or(exercise, |rule| rule.name);
    let mut text = String::from("\nLook at\n");
    for (name, what) in TO_LOOK_AT.iter().filter(|(name, _)| folder.join(name).is_file()) {
        text.push_str(&format!("  {}  {what}\n", folder.join(name).display()));
    }
    text.push_str("Then try\n");
    for command in [
        format!("explain {rule}"),
        "models pull blazepose_lite".into(),
        format!("replay YOUR_CLIP.mp4 --exercise {exercise} --headless --out results"),
        format!("score YOUR_FOLDER --exercise {exercise} --out results"),
    ] {
        text.push_str(&format!("  formcheck {command}\n"));
    }
    text.push_str("With cargo, `cargo run --release -- explain` and so on.\n");
    text
}

/// Fetches ONNX Runtime when there is none yet. The demo goes on either way.
#[cfg(feature = "model")]
fn install_runtime(voice: &Voice) {
    use crate::estimate::runtime::{Search, find};
    if matches!(find(None), Search::Found(_)) {
        return;
    }
    match super::runtime::install(voice) {
        Ok(said) => voice.note(&said),
        Err(error) => voice.note(&format!(
            "going on without ONNX Runtime ({}); models then run several times slower",
            talk::chain(&error)
        )),
    }
}

#[cfg(not(feature = "model"))]
fn install_runtime(_voice: &Voice) {}
