//! `truth.jsonl`: what is exactly true of every picture of a rendered clip.
//!
//! ```text
//! {"schema":"formcheck.truth/1","clip":"SQ-ok2","width":720,"height":1280,"landmarks":["nose",…],"angles":["gap_mm",…]}
//! {"t_us":0,"phase":"rest","rep":null,"hold_s":null,"points":[[359.1,327.9,2],…],"angles":[31.0,…],"back":{…},"dowel":null}
//! ```
//!
//! Points are picture px (y down) in the order of the header's `landmarks`, with their visibility: 0 outside the picture,
//! 1 hidden, 2 visible. They and `back` are those of the drawn flesh. `angles` are the values of [`crate::synth::Truth`]
//! in the order of the header's names (degrees; `_mm` millimetres; ratios bare): bones are the same in flesh and figure,
//! the gaps are the figure's.

use super::SynthError;
use crate::pose::Landmark;
use crate::synth::Truth;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

/// The schema name that the header carries.
pub const SCHEMA: &str = "formcheck.truth/1";

/// The first line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TruthHeader {
    pub schema: String,
    /// Id of the clip.
    pub clip: String,
    /// px
    pub width: u32,
    /// px
    pub height: u32,
    pub landmarks: Vec<Landmark>,
    /// Names of the values in every line's `angles`: `pelvic_tilt`, `left.knee`, `contacts_mm.0` …
    pub angles: Vec<String>,
}

/// One picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TruthLine {
    pub t_us: i64,
    /// `rest`, `out`, `hold`, `back`, `walk`.
    pub phase: String,
    /// The repetition going on, from 1.
    pub rep: Option<usize>,
    /// Seconds spent in the hold going on.
    pub hold_s: Option<f64>,
    /// x, y (px), visibility.
    pub points: Vec<[f64; 3]>,
    pub angles: Vec<f64>,
    /// The outline of the bare back, where it is seen from the side.
    pub back: Option<BackLine>,
    /// Lower and upper end of the dowel, px.
    pub dowel: Option<[[f64; 2]; 2]>,
}

/// [`crate::pose::BackContour`] in numbers, px.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BackLine {
    pub sacrum: [f64; 2],
    pub t8: [f64; 2],
    pub offsets: Vec<Option<f64>>,
}

/// The values of a frame's truth with their names, in the order of the names.
pub fn named_values(truth: &Truth) -> Vec<(String, f64)> {
    let mut values = Vec::new();
    // Plain numbers in plain structs cannot fail to serialise.
    flatten("", &serde_json::to_value(truth).unwrap_or_default(), &mut values);
    values
}

fn flatten(name: &str, value: &Value, into: &mut Vec<(String, f64)>) {
    let under = |part: &str| if name.is_empty() { part.to_string() } else { format!("{name}.{part}") };
    match value {
        Value::Object(fields) => fields.iter().for_each(|(part, value)| flatten(&under(part), value, into)),
        Value::Array(items) => items.iter().enumerate().for_each(|(i, v)| flatten(&under(&i.to_string()), v, into)),
        Value::Number(number) => into.push((name.to_string(), number.as_f64().unwrap_or_default())),
        _ => {}
    }
}

/// Reads a whole truth file.
pub fn read(path: &Path) -> Result<(TruthHeader, Vec<TruthLine>), SynthError> {
    let failed = |error| SynthError::Read { path: path.into(), error };
    let broken = |line: usize, problem: String| SynthError::Truth { path: path.into(), line, problem };
    let mut lines = BufReader::new(File::open(path).map_err(failed)?).lines();
    let first = lines.next().transpose().map_err(failed)?.unwrap_or_default();
    let header: TruthHeader = serde_json::from_str(&first).map_err(|e| broken(1, e.to_string()))?;
    if header.schema != SCHEMA {
        return Err(broken(1, format!("its schema is not {SCHEMA}")));
    }
    let mut frames = Vec::new();
    for (i, line) in lines.enumerate() {
        let line: TruthLine = serde_json::from_str(&line.map_err(failed)?).map_err(|e| broken(i + 2, e.to_string()))?;
        if line.points.len() != header.landmarks.len() || line.angles.len() != header.angles.len() {
            return Err(broken(i + 2, "it has another number of points or angles than its header".into()));
        }
        frames.push(line);
    }
    Ok((header, frames))
}

/// Rounded to a tenth: what pictures and rules can tell apart.
#[cfg(all(feature = "render", feature = "video"))]
pub(super) fn tenth(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

/// Ratios are near one and need more figures than degrees and millimetres.
#[cfg(all(feature = "render", feature = "video"))]
pub(super) fn rounded(name: &str, value: f64) -> f64 {
    const RATIOS: [&str; 6] = ["kts", "kasr", "stance_width", "share", "knee_over_ankle", "knee_over_toe"];
    if RATIOS.iter().any(|ratio| name.ends_with(ratio)) { (value * 1000.0).round() / 1000.0 } else { tenth(value) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synth::{Body, by_id};
    use crate::units::Timestamp;

    #[test]
    fn values_have_names_and_the_same_ones_in_every_frame() {
        let clip = by_id("HH-ok").unwrap();
        let at = |secs| clip.frame_at(&Body::average(), &clip.camera, Timestamp::ZERO, secs).truth;
        let (rest, deep) = (named_values(&at(0.0)), named_values(&at(4.15)));
        let names = |v: &[(String, f64)]| v.iter().map(|(n, _)| n.clone()).collect::<Vec<_>>();
        assert_eq!(names(&rest), names(&deep));
        let value = |v: &[(String, f64)], name: &str| v.iter().find(|(n, _)| n == name).unwrap().1;
        assert!((value(&deep, "pelvic_tilt") - at(4.15).pelvic_tilt).abs() < 1e-9);
        assert!((value(&deep, "left.knee") - at(4.15).left.knee).abs() < 1e-9);
        assert!(value(&deep, "contacts_mm.2") < 5.0);
    }

    #[test]
    fn another_file_is_told_apart() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("truth.jsonl");
        std::fs::write(&path, "{\"schema\":\"other\"}\n").unwrap();
        let message = read(&path).unwrap_err().to_string();
        assert!(message.contains("line 1") && !message.contains('\n'), "{message}");
        assert!(matches!(read(&dir.path().join("none")), Err(SynthError::Read { .. })));
    }
}
