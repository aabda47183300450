//! Time and angle units shared by every module.
//!
//! Time is integer microseconds so that equal clips give equal bytes; angles are `f64` degrees from kinematics on
//! (radians stay inside [`crate::geometry`]).

use serde::{Deserialize, Serialize};
use std::ops::{Add, Sub};

/// A moment of a clip or of a live session: microseconds since its first frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The first frame.
    pub const ZERO: Timestamp = Timestamp(0);

    /// `micros` microseconds after the first frame.
    pub const fn from_micros(micros: i64) -> Self {
        Timestamp(micros)
    }

    /// `secs` seconds after the first frame, to the nearest microsecond.
    pub fn from_secs(secs: f64) -> Self {
        Timestamp((secs * 1e6).round() as i64)
    }

    /// Microseconds since the first frame.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Seconds since the first frame.
    pub fn secs(self) -> f64 {
        self.0 as f64 * 1e-6
    }

    /// Seconds from `earlier` to `self`; negative when `self` comes first.
    pub fn secs_since(self, earlier: Timestamp) -> f64 {
        (self.0 - earlier.0) as f64 * 1e-6
    }
}

/// Moves a moment by seconds.
impl Add<f64> for Timestamp {
    type Output = Timestamp;
    fn add(self, secs: f64) -> Timestamp {
        Timestamp(self.0 + (secs * 1e6).round() as i64)
    }
}

/// Moves a moment back by seconds.
impl Sub<f64> for Timestamp {
    type Output = Timestamp;
    fn sub(self, secs: f64) -> Timestamp {
        self + -secs
    }
}

/// Left or right: always the athlete's own, never the picture's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    Left,
    Right,
}

impl Side {
    pub const BOTH: [Side; 2] = [Side::Left, Side::Right];

    /// The other side.
    pub fn other(self) -> Side {
        match self {
            Side::Left => Side::Right,
            Side::Right => Side::Left,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Side::Left => "left",
            Side::Right => "right",
        }
    }
}
