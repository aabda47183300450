//! `replay`: one clip, in a window or into files.

use super::args::Replay;
use super::exercises::SAFETY_LINE;
use super::eyes::Sight;
use super::summary::{Outcome, Row, Scored};
use super::talk::{self, Voice};
#[cfg(feature = "window")]
use super::wanted::Wanted;
use super::{Exit, batch, inputs, summary, trace};
use crate::report::Report;
use anyhow::{Context, Result, bail};
use std::fs;
use std::iter;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

/// Steps of the progress bar.
const STEPS: u64 = 1000;

pub fn run(args: &Replay, voice: &Voice) -> Result<Exit> {
    let sight = Sight::new(&args.eyes);
    let report = if args.headless || args.trace { headless(args, &sight, voice)? } else { window(args, &sight)? };
    Ok(if args.check && report.faults() > 0 { Exit::Faults } else { Exit::Done })
}

fn headless(args: &Replay, sight: &Sight, voice: &Voice) -> Result<Report> {
    let stop = batch::stop_flag();
    let folder = args.out.as_ref().map(|out| out.join(inputs::stem(&args.clip)));
    // The series is read back from the file it is written to, so it needs a folder even when none was asked for.
    let scratch = if args.trace && folder.is_none() { Some(Scratch::new()?) } else { None };
    let into = folder.as_deref().or(scratch.as_ref().map(|s| s.0.as_path()));
    let report = score(args, sight, into, folder.is_some() && Sight::has_pictures(&args.clip), &stop, voice)?;

    if let Some(into) = into.filter(|_| args.trace) {
        trace::print_one(into)?;
    } else {
        talk::stdout(&format!("{}\n{SAFETY_LINE}\n", verdicts(args, &report)))?;
    }
    sight.tell(iter::once(args.clip.as_path()), voice);
    if let Some(folder) = folder {
        voice.note(&format!("the files are in {}", folder.display()));
    }
    Ok(report)
}

fn score(
    args: &Replay,
    sight: &Sight,
    into: Option<&Path>,
    annotate: bool,
    stop: &AtomicBool,
    voice: &Voice,
) -> Result<Report> {
    let bar = voice.bar(STEPS);
    bar.set_message(talk::one_line(&args.clip.to_string_lossy()));
    let scored = sight.score(&args.clip, args.exercise, into, annotate, stop, &mut |share| {
        bar.set_position((share.clamp(0.0, 1.0) * STEPS as f64) as u64);
    });
    bar.finish_and_clear();
    if scored.is_err() && stop.load(Ordering::Relaxed) {
        bail!("stopped before the clip was scored; give the command again to start over");
    }
    scored
}

/// The clip's line of the batch table, then what was found, one line each.
fn verdicts(args: &Replay, report: &Report) -> String {
    let row = Row {
        path: args.clip.to_string_lossy().into_owned(),
        folder: inputs::stem(&args.clip),
        exercise: report.exercise.clone(),
        outcome: Outcome::Scored(Box::new(Scored::of(report))),
    };
    let mut text = summary::table(&[row]);
    text.push_str(&summary::findings(report));
    text
}

#[cfg(feature = "window")]
fn window(args: &Replay, sight: &Sight) -> Result<Report> {
    let folder = args.out.as_ref().map(|out| out.join(inputs::stem(&args.clip)));
    let job = match args.exercise {
        Wanted::Named(exercise) => sight.job(&args.clip, exercise, folder.as_deref(), false)?,
        Wanted::Auto => sight.recognised(&args.clip, folder.as_deref(), false, &batch::stop_flag(), &mut |_| ())?,
    };
    Ok(crate::runner::show_clip(&job)?)
}

#[cfg(not(feature = "window"))]
fn window(_args: &Replay, _sight: &Sight) -> Result<Report> {
    bail!("this program was built without a window; use --headless --out DIR, or build it with the default features")
}

/// A folder that is gone when this is dropped.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Result<Scratch> {
        let folder = std::env::temp_dir().join(format!("formcheck-{}", std::process::id()));
        fs::create_dir_all(&folder)
            .with_context(|| format!("{}: cannot be made for the series; add --out DIR", folder.display()))?;
        Ok(Scratch(folder))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // The system clears its temporary folder in time.
        let _ = fs::remove_dir_all(&self.0);
    }
}
