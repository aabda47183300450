//! `--resume`: which clips need not be scored again.
//!
//! After its report, each clip's folder gets a `state.json` with a fingerprint of everything the report depends on
//! (program, exercise, options, model file, source file) and of the report itself. It is written last, so a folder that
//! has it is complete, and a folder whose report was changed, cut or made differently is scored again.

use crate::report::Report;
use crate::runner::ANNOTATED;
use crate::sink::files::write_text;
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::Path;

const STATE: &str = "state.json";
const REPORT: &str = "report.json";
const SCHEMA: &str = "formcheck.state/1";

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct State {
    schema: String,
    /// Fingerprint of what the report was made from and how.
    made_from: String,
    /// SHA-256 of `report.json`.
    report: String,
}

/// Fingerprint of what a report depends on: named parts, in the order given.
pub fn fingerprint(parts: &[(&str, String)]) -> String {
    let mut hash = Sha256::new();
    for (name, value) in parts {
        // Lengths keep ("ab", "c") and ("a", "bc") apart.
        hash.update(format!("{name}={}:{value}\n", value.len()));
    }
    hex(&hash.finalize())
}

/// The report in `folder`, if it is complete and was made from the same.
pub fn finished(folder: &Path, made_from: &str) -> Option<Report> {
    complete(folder).filter(|(state, _)| state.made_from == made_from).map(|(_, report)| report)
}

/// The report in `folder`, if it is complete, whatever it was made from.
pub fn kept(folder: &Path) -> Option<Report> {
    complete(folder).map(|(_, report)| report)
}

fn complete(folder: &Path) -> Option<(State, Report)> {
    let state: State = serde_json::from_slice(&fs::read(folder.join(STATE)).ok()?).ok()?;
    let text = fs::read_to_string(folder.join(REPORT)).ok()?;
    let whole = state.schema == SCHEMA && state.report == hex(&Sha256::digest(&text));
    whole.then(|| Some((state, Report::from_json(&text).ok()?))).flatten()
}

/// What an earlier run wrote. Not its poses, which may be what is scored now.
const WRITTEN: [&str; 6] = [STATE, REPORT, "report.html", "angles.csv", "cues.vtt", ANNOTATED];

/// Says that the folder is not finished, before anything in it changes: what an earlier run left must not pass for this one's.
pub fn begin(folder: &Path) -> Result<()> {
    for name in WRITTEN {
        match fs::remove_file(folder.join(name)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error)
                    .with_context(|| format!("{}: cannot be written; check its permissions", folder.display()));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Says that the report in `folder` is complete.
pub fn finish(folder: &Path, made_from: &str) -> Result<()> {
    let cannot = || format!("{}: cannot be written; check its permissions and the space left", folder.display());
    let report = fs::read(folder.join(REPORT)).with_context(cannot)?;
    let state = State { schema: SCHEMA.into(), made_from: made_from.into(), report: hex(&Sha256::digest(&report)) };
    let mut text = serde_json::to_string_pretty(&state).context("the state cannot be written")?;
    text.push('\n');
    Ok(write_text(&folder.join(STATE), &text)?)
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_complete_and_unchanged_report_counts_as_finished() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path();
        let text = crate::cli::summary::tests::report().to_json();
        assert!(finished(folder, "x").is_none(), "nothing there");
        fs::write(folder.join(REPORT), &text).unwrap();
        assert!(finished(folder, "x").is_none(), "a report without its state");
        finish(folder, "x").unwrap();
        assert!(finished(folder, "x").is_some());
        assert!(finished(folder, "y").is_none(), "made differently");
        fs::write(folder.join(REPORT), &text[..text.len() / 2]).unwrap();
        assert!(finished(folder, "x").is_none(), "cut short");
        fs::write(folder.join(REPORT), &text).unwrap();
        begin(folder).unwrap();
        assert!(finished(folder, "x").is_none() && kept(folder).is_none(), "begun again");
        begin(folder).unwrap();
    }

    #[test]
    fn every_part_changes_the_fingerprint() {
        let of =
            |parts: &[(&str, &str)]| fingerprint(&parts.iter().map(|(n, v)| (*n, v.to_string())).collect::<Vec<_>>());
        assert_ne!(of(&[("a", "1")]), of(&[("a", "2")]));
        assert_ne!(of(&[("a", "1")]), of(&[("b", "1")]));
        assert_ne!(of(&[("a", "bc")]), of(&[("ab", "c")]));
        assert_eq!(of(&[("a", "1")]).len(), 64);
    }
}
