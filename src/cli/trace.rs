//! `--trace`: the series that rules saw, as CSV on stdout.
//!
//! It is the `angles.csv` written beside the report, so what is printed is what was judged; with several clips a first
//! column names the clip.

use super::talk;
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};

const SERIES: &str = "angles.csv";

/// The series in one clip's folder.
pub fn print_one(folder: &Path) -> Result<()> {
    talk::stdout(&read(folder)?)
}

/// The series of several clips under one header, each line beginning with its clip's name.
pub fn print<'a>(clips: impl Iterator<Item = (&'a str, PathBuf)>) -> Result<()> {
    for (n, (name, folder)) in clips.enumerate() {
        talk::stdout(&with_clip_column(name, &read(&folder)?, n == 0)?)?;
    }
    Ok(())
}

fn read(folder: &Path) -> Result<String> {
    let file = folder.join(SERIES);
    fs::read_to_string(&file)
        .with_context(|| format!("{}: the series cannot be read; score the clip again", file.display()))
}

fn with_clip_column(name: &str, series: &str, with_header: bool) -> Result<String> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(series.as_bytes());
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::Any(b'\n')).from_writer(Vec::new());
    for (n, record) in reader.records().enumerate() {
        let record = record.context("the series is not a table")?;
        if n == 0 && with_header {
            writer.write_record(std::iter::once("clip").chain(&record))?;
        } else if n > 0 {
            writer.write_record(std::iter::once(name).chain(&record))?;
        }
    }
    let bytes = writer.into_inner().map_err(|error| anyhow::anyhow!("{}", error.error()))?;
    Ok(String::from_utf8(bytes)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_header_and_the_clip_in_front() {
        let series = "t_s,knee\n0.0,1.5\n0.1,\n";
        assert_eq!(with_clip_column("a", series, true).unwrap(), "clip,t_s,knee\na,0.0,1.5\na,0.1,\n");
        assert_eq!(with_clip_column("b,c", series, false).unwrap(), "\"b,c\",0.0,1.5\n\"b,c\",0.1,\n");
    }
}
