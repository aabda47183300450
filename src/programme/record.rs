//! One set as history keeps it.

use crate::units::Side;
use serde::{Deserialize, Serialize};

/// One set of one exercise (and side), as it was done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Sets of one sitting share it: the moment it began, `2026-11-22T18:05:07Z`.
    pub session: String,
    /// The day in coordinated universal time, `2026-11-22`.
    pub date: String,
    pub exercise: String,
    pub side: Option<Side>,
    pub variant: Option<String>,
    /// Complete repetitions.
    pub reps: u32,
    /// Credited seconds of each hold, in order.
    pub holds: Vec<f64>,
    /// From the start of the first repetition or hold to the end of the last, seconds.
    pub active_secs: f64,
    /// 0..=100; `None` where too little was seen, and after pain.
    pub score: Option<u32>,
    /// 0..=1
    pub coverage: f64,
    /// Faults found.
    pub faults: u32,
    /// Pain ended the set.
    pub pain: bool,
}

impl Record {
    /// Nothing was done that counts: somebody only tried the camera, or quit before the first repetition. Pain is never
    /// nothing, as it is asked about next time.
    pub fn is_empty(&self) -> bool {
        self.reps == 0 && self.holds.is_empty() && !self.pain
    }
}

/// "30 s", "1 of 36 s": what of one hold counted, as shown.
pub fn held_sign(credited_secs: f64, all_secs: f64) -> String {
    if all_secs - credited_secs > 1.5 {
        format!("{credited_secs:.0} of {all_secs:.0} s")
    } else {
        format!("{credited_secs:.0} s")
    }
}
