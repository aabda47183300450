//! When what happens in a clip: minimum-jerk moves between channel values, with the reps and holds they make up.

use super::motion::{Channels, minimum_jerk};
use crate::units::Side;
use serde::Serialize;

/// What a synthetic athlete is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Start position: standing, tabletop, knees over hips, lying between holds.
    Rest,
    /// Away from the start: down, out, up into the plank, into the stretch.
    Out,
    /// At the far end: bottom, or the hold.
    Hold,
    /// Back to the start.
    Back,
    /// Walking in or out, or getting into position.
    Walk,
}

/// One repetition, complete or not.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct RepTruth {
    /// From 1.
    pub n: usize,
    /// The working side, where there is one.
    pub side: Option<Side>,
    /// Leaves the start position, s.
    pub start_s: f64,
    /// Middle of the stay at the far end, s.
    pub turn_s: f64,
    /// Back at the start position (or turning short of it), s.
    pub end_s: f64,
    /// False: an attempt that does not go far enough to count.
    pub complete: bool,
}

/// One hold.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct HoldTruth {
    /// From 1.
    pub n: usize,
    pub side: Option<Side>,
    /// Arrived at the held position, s.
    pub start_s: f64,
    /// Leaves it, s.
    pub end_s: f64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Key {
    end_s: f64,
    to: Channels,
    phase: Phase,
    /// Constant speed instead of minimum jerk.
    steady: bool,
}

/// Channel values over time.
#[derive(Clone, Debug, PartialEq)]
pub struct Timeline {
    start: Channels,
    keys: Vec<Key>,
    reps: Vec<RepTruth>,
    holds: Vec<HoldTruth>,
}

impl Timeline {
    /// Begins with `secs` of quiet at `start`.
    pub fn quiet(start: Channels, secs: f64) -> Timeline {
        Timeline { start, keys: Vec::new(), reps: Vec::new(), holds: Vec::new() }.stay(secs, Phase::Rest)
    }

    /// Moves to `to` in `secs`.
    pub fn go(self, secs: f64, to: Channels, phase: Phase) -> Timeline {
        self.push(secs, to, phase, false)
    }

    /// Drifts to `to` at constant speed.
    pub fn drift(self, secs: f64, to: Channels, phase: Phase) -> Timeline {
        self.push(secs, to, phase, true)
    }

    /// Stays where it is.
    pub fn stay(self, secs: f64, phase: Phase) -> Timeline {
        let to = self.last();
        self.push(secs, to, phase, false)
    }

    /// The same, all repetitions done by this side.
    pub fn on(mut self, side: Side) -> Timeline {
        self.reps.iter_mut().for_each(|rep| rep.side = Some(side));
        self
    }

    /// Rewrites every channel value.
    pub fn map_channels(&mut self, f: impl Fn(Channels) -> Channels) {
        self.start = f(self.start);
        for key in &mut self.keys {
            key.to = f(key.to);
        }
    }

    /// Notes that what happened since `start_s` was a repetition.
    pub fn rep(mut self, start_s: f64, turn_s: f64, side: Option<Side>, complete: bool) -> Timeline {
        let n = self.reps.len() + 1;
        self.reps.push(RepTruth { n, side, start_s, turn_s, end_s: self.duration_s(), complete });
        self
    }

    /// Notes a hold from `start_s` until now.
    pub fn hold(mut self, start_s: f64, side: Option<Side>) -> Timeline {
        let n = self.holds.len() + 1;
        self.holds.push(HoldTruth { n, side, start_s, end_s: self.duration_s() });
        self
    }

    fn push(mut self, secs: f64, to: Channels, phase: Phase, steady: bool) -> Timeline {
        let end_s = self.duration_s() + secs;
        self.keys.push(Key { end_s, to, phase, steady });
        self
    }

    fn last(&self) -> Channels {
        self.keys.last().map_or(self.start, |k| k.to)
    }

    /// s
    pub fn duration_s(&self) -> f64 {
        self.keys.last().map_or(0.0, |k| k.end_s)
    }

    /// All repetitions in order, attempts among them.
    pub fn reps(&self) -> &[RepTruth] {
        &self.reps
    }

    pub fn holds(&self) -> &[HoldTruth] {
        &self.holds
    }

    /// Channels and phase at `secs`; before the start and after the end, those of start and end.
    pub fn at(&self, secs: f64) -> (Channels, Phase) {
        let i = self.keys.partition_point(|k| k.end_s <= secs);
        let Some(key) = self.keys.get(i) else {
            return (self.last(), self.keys.last().map_or(Phase::Rest, |k| k.phase));
        };
        let (from_s, from) = match i.checked_sub(1).and_then(|before| self.keys.get(before)) {
            Some(before) => (before.end_s, before.to),
            None => (0.0, self.start),
        };
        let x = ((secs - from_s) / (key.end_s - from_s)).clamp(0.0, 1.0);
        let u = if key.steady { x } else { minimum_jerk(x) };
        (std::array::from_fn(|c| from[c] + (key.to[c] - from[c]) * u), key.phase)
    }

    /// The repetition going on at `secs`.
    pub fn rep_at(&self, secs: f64) -> Option<usize> {
        self.reps.iter().find(|r| (r.start_s..r.end_s).contains(&secs)).map(|r| r.n)
    }

    /// Seconds spent in the hold going on at `secs`.
    pub fn hold_at(&self, secs: f64) -> Option<f64> {
        self.holds.iter().find(|h| (h.start_s..h.end_s).contains(&secs)).map(|h| secs - h.start_s)
    }
}
