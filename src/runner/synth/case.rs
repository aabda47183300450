//! `case.toml`: what a rendered clip shows and what a checker must say of it.

use super::SynthError;
use crate::synth::Expected;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// Name of the file, beside the clip.
pub const CASE: &str = "case.toml";

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Case {
    /// `SQ-ok2`
    pub id: String,
    pub exercise: String,
    pub what: String,
    /// From where the camera sees a standing athlete: `side`, `front`, `rear`.
    pub view: String,
    pub yaw_deg: f64,
    /// From the lens to the athlete, m.
    pub distance_m: f64,
    pub body: String,
    /// `tight` or `loose`.
    pub clothes: String,
    pub seed: u64,
    pub width: u32,
    pub height: u32,
    pub fps: f64,
    pub frames: usize,
    /// First picture and the one after the last, of the whole clip at this rate; only where not all were rendered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shortened_to: Option<[usize; 2]>,
    pub source: String,
    pub licence: String,
    /// Rule by rule, given exact joints of the whole clip.
    pub expected: BTreeMap<String, Expected>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reps: Vec<Span>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holds: Vec<Span>,
}

/// A repetition or a hold; times in the rendered clip, s.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Span {
    pub n: usize,
    /// `left`, `right`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub side: Option<String>,
    pub start_s: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn_s: Option<f64>,
    pub end_s: f64,
    /// False: an attempt that does not go far enough, or one that the clip cuts off.
    pub complete: bool,
}

impl Case {
    pub fn read(path: &Path) -> Result<Case, SynthError> {
        let text = std::fs::read_to_string(path).map_err(|error| SynthError::Read { path: path.into(), error })?;
        toml::from_str(&text).map_err(|e| SynthError::Case { path: path.into(), problem: e.message().into() })
    }
}
