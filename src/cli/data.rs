//! Where the program keeps a person's own data, and what day it is: the two things only the edge knows.

use crate::form::safety::Answered;
use crate::sink::history::{self, History};
use anyhow::{Context, Result, bail};
use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

/// The data folder: `FORMCHECK_DATA`, else the platform's usual place; `None` where the system names none.
pub fn folder() -> Option<PathBuf> {
    match std::env::var_os("FORMCHECK_DATA") {
        Some(dir) if !dir.is_empty() => Some(PathBuf::from(dir)),
        _ => directories::ProjectDirs::from("", "", "formcheck").map(|dirs| dirs.data_dir().to_path_buf()),
    }
}

fn needed() -> Result<PathBuf> {
    folder().context("this system names no data folder for you; set FORMCHECK_DATA to a folder")
}

/// Past sets.
pub fn history_file() -> Result<PathBuf> {
    Ok(needed()?.join("history.jsonl"))
}

pub fn history() -> Result<History> {
    Ok(history::read(&history_file()?)?)
}

/// Answers to the safety questions.
pub fn safety_file() -> Result<PathBuf> {
    Ok(needed()?.join("safety.json"))
}

/// The answers that are kept; those that cannot be read count as none, so that they are asked for again.
#[cfg_attr(not(all(feature = "camera", feature = "model")), allow(dead_code, reason = "only a live session asks"))]
pub fn answered() -> Result<Option<Answered>> {
    let file = safety_file()?;
    match fs::read_to_string(&file) {
        Ok(text) => Ok(serde_json::from_str(&text).ok()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => bail!("{}: {error}; set FORMCHECK_DATA to a folder that can be read", file.display()),
    }
}

/// A place for files that can be made again: below the data folder if that was named, else the system's cache.
pub fn cache() -> Option<PathBuf> {
    match std::env::var_os("FORMCHECK_DATA") {
        Some(dir) if !dir.is_empty() => Some(PathBuf::from(dir).join("cache")),
        _ => directories::ProjectDirs::from("", "", "formcheck").map(|dirs| dirs.cache_dir().to_path_buf()),
    }
}

/// This moment in coordinated universal time, `2026-11-22T18:05:07Z`; its first ten letters are the date.
pub fn now() -> String {
    // A clock before 1970 is a clock that was never set.
    let secs = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    moment(secs)
}

/// The day of a moment.
pub fn date_of(moment: &str) -> &str {
    moment.get(..10).unwrap_or(moment)
}

fn moment(secs: u64) -> String {
    let (days, of_day) = (secs / 86_400, secs % 86_400);
    let (y, m, d) = civil(days);
    format!("{y:04}-{m:02}-{d:02}T{:02}:{:02}:{:02}Z", of_day / 3600, of_day / 60 % 60, of_day % 60)
}

/// Year, month, day of a day counted from 1970-01-01: 400-year eras that begin on 1 March
/// (<https://howardhinnant.github.io/date_algorithms.html#civil_from_days>).
fn civil(days: u64) -> (u64, u64, u64) {
    let z = days + 719_468;
    let (era, day_of_era) = (z / 146_097, z % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_become_days_over_leap_years() {
        assert_eq!(moment(0), "1970-01-01T00:00:00Z");
        assert_eq!(moment(951_782_399), "2000-02-28T23:59:59Z");
        assert_eq!(moment(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(moment(1_798_761_599), "2026-12-31T23:59:59Z");
        assert_eq!(moment(4_107_542_400), "2100-03-01T00:00:00Z", "2100 has no 29 February");
        assert_eq!(date_of(&moment(1_795_370_707)), "2026-11-22");
    }
}
