//! `history.jsonl`: one line per set, only ever appended to.
//!
//! Input: [`Record`]s, or the [`Report`] of a set with its moment (the clock is the caller's). Output: the file; read back,
//! its records and what could not be read of it. A line that is broken costs that line alone, whatever wrote it.

use super::SinkError;
use crate::programme::Record;
use crate::report::{Report, Value};
use crate::units::Side;
use serde::{Deserialize, Serialize};
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// The schema every line carries, so that a line cut out of the file still says what it is.
pub const SCHEMA: &str = "formcheck.history/1";

#[derive(Serialize, Deserialize)]
struct Line {
    schema: String,
    #[serde(flatten)]
    record: Record,
}

/// What a history file holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// In the order they were written.
    pub records: Vec<Record>,
    /// Lines that could not be read: their number from 1, and why.
    pub broken: Vec<(usize, String)>,
}

impl History {
    /// The last day on which pain ended a set.
    pub fn last_pain(&self) -> Option<&str> {
        self.records.iter().filter(|r| r.pain).map(|r| r.date.as_str()).max()
    }
}

/// Adds a set. The line is written in one go: two programs that append at the same time do not mix their lines.
pub fn append(path: &Path, record: &Record) -> Result<(), SinkError> {
    let line = Line { schema: SCHEMA.into(), record: record.clone() };
    let add = || {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut text = serde_json::to_string(&line).map_err(std::io::Error::other)?;
        text.push('\n');
        let mut file = OpenOptions::new().create(true).read(true).append(true).open(path)?;
        if !ends_in_newline(&mut file)? {
            // The program that wrote the last line was ended in the middle of it.
            text.insert(0, '\n');
        }
        file.write_all(text.as_bytes())?;
        file.sync_data()
    };
    add().map_err(|e| SinkError::History { path: path.into(), source: e })
}

fn ends_in_newline(file: &mut fs::File) -> std::io::Result<bool> {
    if file.seek(SeekFrom::End(0))? == 0 {
        return Ok(true);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last == [b'\n'])
}

/// Reads a history; one that is not there yet is empty.
pub fn read(path: &Path) -> Result<History, SinkError> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(SinkError::History { path: path.into(), source: error }),
    };
    let mut history = History::default();
    // Bytes that are no text spoil their own line only.
    for (n, line) in (1..).zip(String::from_utf8_lossy(&bytes).lines()) {
        if line.trim().is_empty() {
            continue;
        }
        match serde_json::from_str::<Line>(line) {
            Ok(line) if line.schema == SCHEMA => history.records.push(line.record),
            Ok(line) => history.broken.push((n, format!("its schema is \"{}\"", line.schema))),
            Err(error) => history.broken.push((n, error.to_string())),
        }
    }
    Ok(history)
}

/// A set's line. `session` is the moment its sitting began, `date` the day.
pub fn record(report: &Report, session: &str, date: &str) -> Record {
    let spans = || {
        let reps = report.reps.iter().map(|r| (r.start_s, r.end_s, &r.side));
        reps.chain(report.holds.iter().map(|h| (h.start_s, h.end_s, &h.side)))
    };
    let from = spans().map(|(start, ..)| start).fold(f64::INFINITY, f64::min);
    let to = spans().map(|(_, end, _)| end).fold(0.0, f64::max);
    let side = |name: &str| Side::BOTH.into_iter().find(|side| side.name() == name);
    let mut sides: Vec<Option<Side>> = spans().map(|(.., s)| s.as_deref().and_then(side)).collect();
    sides.dedup();
    Record {
        session: session.into(),
        date: date.into(),
        exercise: report.exercise.clone(),
        // Of one side only where all of it was.
        side: if let [one] = sides[..] { one } else { None },
        variant: report.variant.clone(),
        reps: report.reps.len() as u32,
        holds: report.holds.iter().map(|h| h.credited_s).collect(),
        active_secs: ((to - from).max(0.0) * 10.0).round() / 10.0,
        score: report.score,
        coverage: report.coverage,
        faults: report.all_verdicts().filter(|v| v.verdict == Value::Fault).count() as u32,
        pain: report.pain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::specimen;

    fn line() -> Record {
        record(&specimen::report(), "2026-11-22T18:05:07Z", "2026-11-22")
    }

    #[test]
    fn a_set_is_kept_as_it_was_done() {
        let line = line();
        assert_eq!((line.exercise.as_str(), line.reps, line.score, line.faults), ("specimen", 2, Some(78), 1));
        assert_eq!((line.side, line.pain, line.coverage), (None, false, 0.71));
        // From 2.03 to 10.0 s.
        assert!((7.5..8.5).contains(&line.active_secs), "{}", line.active_secs);
    }

    #[test]
    fn lines_are_appended_and_broken_ones_cost_only_themselves() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("deep/history.jsonl");
        assert_eq!(read(&path).unwrap(), History::default(), "not there yet");
        append(&path, &line()).unwrap();
        // Another program's rubbish, a line of the future, and one that was cut off.
        let mut text = fs::read(&path).unwrap();
        let future = String::from_utf8_lossy(&text).replace("history/1", "history/9");
        text.extend(b"\xff\xfe not json\n\n");
        text.extend(future.as_bytes());
        text.extend(&text.clone()[..40]);
        fs::write(&path, text).unwrap();
        let pain = Record { pain: true, date: "2026-11-23".into(), ..line() };
        append(&path, &pain).unwrap();
        let history = read(&path).unwrap();
        assert_eq!(history.records, [line(), pain]);
        let numbers: Vec<usize> = history.broken.iter().map(|(n, _)| *n).collect();
        assert_eq!(numbers, [2, 4, 5], "{:?}", history.broken);
        assert!(history.broken[1].1.contains("history/9"));
        assert_eq!(history.last_pain(), Some("2026-11-23"));
    }

    #[test]
    fn what_is_in_the_way_is_told_in_one_line() {
        let dir = tempfile::tempdir().unwrap();
        let told = append(dir.path(), &line()).unwrap_err().to_string();
        assert!(told.contains("history") && told.contains("FORMCHECK_DATA") && !told.contains('\n'), "{told}");
        assert!(read(dir.path()).is_err());
    }
}
