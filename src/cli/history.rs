//! `history`: past sets and the next step of each ladder; `programme`: today's sets.

use super::args::{HistoryArgs, ProgrammeArgs};
use super::talk::{self, Voice};
use super::{Exit, data};
use crate::programme::{Record, SESSIONS_TO_RISE, SOURCE, TABLE, held_sign, plan, progress};
use crate::report::Report;
use crate::sink::history;
use anyhow::Result;
use std::fmt::Write;
use std::path::Path;

pub fn run(args: &HistoryArgs, voice: &Voice) -> Result<Exit> {
    let file = data::history_file()?;
    let past = history::read(&file)?;
    for (line, why) in &past.broken {
        voice.note(&format!("{}, line {line} is left out: {}", file.display(), talk::one_line(why)));
    }
    let wanted = |name: &str| args.exercise.is_none_or(|e| e.name == name);
    let shown: Vec<&Record> = past.records.iter().filter(|r| wanted(&r.exercise)).collect();
    let mut text = table(&shown);
    if shown.is_empty() {
        text.push_str(
            "no sets yet: `formcheck live` adds one line for every set, `formcheck score --history` when asked\n",
        );
    }
    let next = next_steps(&past.records, wanted);
    if !next.is_empty() {
        let _ = write!(text, "\nNext steps\n{next}");
    }
    talk::stdout(&text)?;
    Ok(Exit::Done)
}

/// What `formcheck live` would be done with today, exercise by exercise.
pub fn programme(args: &ProgrammeArgs, voice: &Voice) -> Result<Exit> {
    let past = data::history()?;
    let names: Vec<&str> = args.exercises.iter().map(|e| e.name).collect();
    let today = plan(&names, &past.records);
    let mut text = format!("After \"{SOURCE}\"\n  warm up: walk or march on the spot for five minutes\n");
    for block in &today.blocks {
        let _ = writeln!(text, "  {}: {}", block.title(), block.level.work.words());
        if let Some(caution) = block.entry.caution {
            let _ = writeln!(text, "      {caution}");
        }
    }
    talk::stdout(&text)?;
    if !today.left_out.is_empty() {
        voice.note(&format!("not judged by this version: {}", today.left_out.join(", ")));
    }
    Ok(Exit::Done)
}

/// Adds one set to the history in this file; one in which nothing was done leaves no line.
pub fn add(file: &Path, report: &Report, session: &str) -> Result<()> {
    let record = history::record(report, session, data::date_of(session));
    if record.is_empty() {
        return Ok(());
    }
    Ok(history::append(file, &record)?)
}

const HEAD: [&str; 7] = ["date", "exercise", "side", "done", "form", "seen", "faults"];

fn table(records: &[&Record]) -> String {
    let cells: Vec<[String; 7]> = records.iter().map(|r| row(r)).collect();
    let width = |column: usize| {
        let of_cells = cells.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        of_cells.max(HEAD[column].len())
    };
    let widths: Vec<usize> = (0..HEAD.len()).map(width).collect();
    let mut text = String::new();
    let mut line = |row: &[String; 7]| {
        let padded: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        let _ = writeln!(text, "{}", padded.join("  ").trim_end());
    };
    if !cells.is_empty() {
        line(&HEAD.map(String::from));
        cells.iter().for_each(line);
    }
    text
}

fn row(record: &Record) -> [String; 7] {
    let variant = record.variant.as_ref().map(|v| format!(" ({v})")).unwrap_or_default();
    let held: f64 = record.holds.iter().sum();
    let done = match (record.reps, record.holds.len()) {
        (0, 0) => "-".into(),
        (1, 0) => "1 rep".into(),
        (reps, 0) => format!("{reps} reps"),
        (0, 1) => held_sign(held, record.active_secs),
        (0, n) => format!("{n} holds, {held:.0} s"),
        (reps, n) => format!("{reps} reps, {n} holds"),
    };
    [
        record.date.clone(),
        format!("{}{variant}", record.exercise),
        record.side.map_or("-", |side| side.name()).into(),
        done,
        if record.pain { "pain".into() } else { record.score.map_or("-".into(), |score| score.to_string()) },
        format!("{:.0} %", record.coverage * 100.0),
        // Where nothing was judged there is nothing to count.
        if record.coverage > 0.0 || record.faults > 0 { record.faults.to_string() } else { "-".into() },
    ]
}

/// A line for every ladder that was begun.
fn next_steps(records: &[Record], wanted: impl Fn(&str) -> bool) -> String {
    let begun = |name: &str| records.iter().any(|r| r.exercise == name);
    let ladders = TABLE.iter().filter(|e| wanted(e.exercise) && begun(e.exercise));
    let mut text = String::new();
    for ladder in ladders {
        let step = progress(ladder, records);
        let towards = if step.sessions > 0 && step.sessions < SESSIONS_TO_RISE {
            format!(" ({} of {SESSIONS_TO_RISE} sessions)", step.sessions)
        } else {
            String::new()
        };
        let _ = writeln!(text, "  {}: {}{towards}; {}", ladder.title, step.level.name, step.why);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hold_shows_what_of_it_counted_and_faults_only_where_something_was_judged() {
        let held = |credited: f64, coverage: f64| Record {
            session: "2026-11-22T18:05:07Z".into(),
            date: "2026-11-22".into(),
            exercise: "hamstring_stretch".into(),
            side: None,
            variant: None,
            reps: 0,
            holds: vec![credited],
            active_secs: 36.0,
            score: None,
            coverage,
            faults: 0,
            pain: false,
        };
        assert_eq!(row(&held(0.7, 0.0))[3..], ["1 of 36 s", "-", "0 %", "-"]);
        assert_eq!(row(&held(35.5, 0.8))[3..], ["36 s", "-", "80 %", "0"]);
    }
}
