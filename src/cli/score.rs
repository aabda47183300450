//! `score`: one report per clip, one table over all.

use super::args::Score;
use super::batch::{self, Batch, Work};
use super::exercises::SAFETY_LINE;
use super::eyes::Sight;
use super::inputs::{self, Clip, Inputs};
use super::summary::{self, Outcome, Row};
use super::talk::{self, Voice};
use super::{Exit, data, history, trace};
use crate::report::Report;
use anyhow::{Context, Result, bail};
use std::fs;
use std::sync::atomic::Ordering;

pub fn run(args: &Score, voice: &Voice) -> Result<Exit> {
    let inputs = inputs::expand(&args.paths, args.exercise, &args.out)?;
    let clips = this_share(args, &inputs)?;
    fs::create_dir_all(&args.out).with_context(|| {
        format!(
            "{}: the results folder cannot be made; check its permissions, or give another --out",
            args.out.display()
        )
    })?;
    let sight = Sight::new(&args.eyes);
    let paths = || clips.iter().map(|clip| clip.path.as_path());
    sight.check(paths())?;
    sight.tell(paths(), voice);
    for clip in clips.iter().filter(|clip| args.annotate && Sight::is_recording(&clip.path)) {
        voice
            .note(&format!("{}: no annotated video: a pose recording has no pictures to draw on", clip.path.display()));
    }

    let stop = batch::stop_flag();
    let work = Work {
        made_from: &|clip| sight.made_from(&clip.path, clip.exercise, args.annotate),
        score: &|clip, folder, tell| {
            let annotate = args.annotate && Sight::has_pictures(&clip.path);
            sight.score(&clip.path, clip.exercise, Some(folder), annotate, &stop, tell)
        },
    };
    let batch = Batch { clips: &clips, out: &args.out, jobs: jobs(args), resume: args.resume, stop: &stop };
    let mut rows = batch.run(&work, voice)?;
    rows.extend(unsearchable(&inputs));
    if args.history {
        remember(args, &rows)?;
    }

    let table = args.out.join(table_name(args));
    summary::write_csv(&table, &rows)?;
    show(args, &rows, voice)?;
    voice.note(&format!("{}; the table is in {}", tally(&rows), table.display()));
    if stop.load(Ordering::Relaxed) {
        voice.note("stopped: what is finished is kept; give the same command with --resume to go on");
    }
    Ok(exit(args, &rows))
}

/// Adds the scored clips to the history, as one session of today.
fn remember(args: &Score, rows: &[Row]) -> Result<()> {
    let session = data::now();
    for row in rows.iter().filter(|row| matches!(row.outcome, Outcome::Scored(_))) {
        let file = args.out.join(&row.folder).join("report.json");
        let text = fs::read_to_string(&file).with_context(|| format!("{}: cannot be read", file.display()))?;
        history::add(&data::history_file()?, &Report::from_json(&text)?, &session)?;
    }
    Ok(())
}

fn this_share(args: &Score, inputs: &Inputs) -> Result<Vec<Clip>> {
    if inputs.clips.is_empty() && inputs.unsearchable.is_empty() {
        let named: Vec<String> = args.paths.iter().map(|p| p.display().to_string()).collect();
        bail!(
            "no clips in {}; give videos, folders of them, or a manifest (`formcheck score --help`)",
            named.join(", ")
        );
    }
    let takes = |index: usize| args.shard.is_none_or(|shard| shard.takes(index));
    let mine = inputs.clips.iter().enumerate().filter(|(index, _)| takes(*index));
    Ok(mine.map(|(_, clip)| clip.clone()).collect())
}

fn jobs(args: &Score) -> usize {
    let cores = || std::thread::available_parallelism().map_or(1, |n| n.get());
    args.jobs.map_or_else(cores, usize::from)
}

/// Shards may share a results folder, each with its own table; a last run with `--resume` makes the one over all.
fn table_name(args: &Score) -> String {
    match args.shard {
        Some(shard) => format!("summary-{}-of-{}.csv", shard.k, shard.of),
        None => "summary.csv".into(),
    }
}

/// Folders that could not be searched are rows too, so that their clips are not silently missing.
fn unsearchable(inputs: &Inputs) -> Vec<Row> {
    let row = |lost: &inputs::Unsearchable| {
        let why = format!("{}: {}", lost.path.display(), lost.problem);
        talk::print_error(&why);
        Row {
            path: lost.path.to_string_lossy().into_owned(),
            folder: String::new(),
            exercise: String::new(),
            outcome: Outcome::Failed(why),
        }
    };
    inputs.unsearchable.iter().map(row).collect()
}

fn show(args: &Score, rows: &[Row], voice: &Voice) -> Result<()> {
    let table = format!("{}\n{SAFETY_LINE}\n", summary::readable(rows));
    if args.trace {
        voice.note(table.trim_end());
        let scored = rows.iter().filter(|row| matches!(row.outcome, Outcome::Scored(_)));
        trace::print(scored.map(|row| (row.folder.as_str(), args.out.join(&row.folder))))
    } else if voice.is_quiet() {
        // The table is in its file, too.
        Ok(())
    } else {
        talk::stdout(&table)
    }
}

fn tally(rows: &[Row]) -> String {
    let count = |wanted: fn(&Outcome) -> bool| rows.iter().filter(|row| wanted(&row.outcome)).count();
    let scored = count(|o| matches!(o, Outcome::Scored(_)));
    let (failed, stopped) = (count(|o| matches!(o, Outcome::Failed(_))), count(|o| matches!(o, Outcome::Stopped)));
    let mut text = format!("{scored} of {} scored", rows.len());
    if failed > 0 {
        text.push_str(&format!(", {failed} failed"));
    }
    if stopped > 0 {
        text.push_str(&format!(", {stopped} not reached"));
    }
    text
}

fn exit(args: &Score, rows: &[Row]) -> Exit {
    let faulty = |row: &Row| matches!(&row.outcome, Outcome::Scored(scored) if !scored.faults.is_empty());
    if rows.iter().any(|row| !matches!(row.outcome, Outcome::Scored(_))) {
        Exit::CouldNotRun
    } else if args.check && rows.iter().any(faulty) {
        Exit::Faults
    } else {
        Exit::Done
    }
}
