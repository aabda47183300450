//! What the plan wants to know of a set as it goes on.
//!
//! Input: the set's [`Step`]s. Output: [`Tick`]s for the [`Course`](super::Course).

use super::Tick;
use crate::form::{Gate, HoldStep, Phase, Step};
use crate::units::{Side, Timestamp};

/// The other side than asked must be seen for so long without a break before it is said, seconds: when a body lies down, a
/// model exchanges left and right for a moment.
const WRONG_SECS: f64 = 3.0;
/// Words on the side come within so many seconds and this part of the time asked, or not at all: later they would not help,
/// a side that was in doubt for so long is not certain, and a hold that nobody spoke against counts.
const LATEST_SECS: f64 = 8.0;
const LATEST_SHARE: f64 = 0.5;
/// Told so often in a set, whoever goes on all the same is believed: a model may take one side for the other all the time.
const MOST_TOLD: u32 = 2;
/// What begins within this time of the hold before is that hold, whose beginning was put right, seconds.
const SAME_HOLD_SECS: f64 = 2.0;

/// Watches one set.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    /// Whose turn it is, where there are sides.
    side: Option<Side>,
    reached: u32,
    /// Holds of which the wrong side was told.
    told: u32,
    /// The hold last seen.
    hold: Option<Going>,
}

/// What is known of one hold.
#[derive(Clone, Copy, Debug)]
struct Going {
    began: Timestamp,
    /// Seconds into it from which on the other side was seen without a break.
    other_from: Option<f64>,
    /// That was so for long enough, and early enough to be said.
    told: bool,
    /// It reached its time, on the side asked for or not.
    reached: bool,
}

impl Watch {
    pub fn new(side: Option<Side>) -> Watch {
        Watch { side, ..Watch::default() }
    }

    /// Takes the next step at `t` of the session's own clock; `judged` repetitions or holds have their verdicts.
    pub fn tick(&mut self, t: Timestamp, step: &Step, judged: u32) -> Tick {
        Tick {
            t,
            ready: step.gate == Gate::Open,
            moving: step.gate == Gate::Open && step.phase != Phase::Rest,
            reps: judged,
            wrong_side: step.hold.is_some_and(|hold| self.watch(step.pose.t, &hold)),
            holds: self.reached,
        }
    }

    /// Counts the hold when it reaches its time; true while it is on the side whose turn it is not.
    fn watch(&mut self, t: Timestamp, hold: &HoldStep) -> bool {
        let (began, at) = (t - hold.elapsed_secs, hold.elapsed_secs);
        let same = self.hold.filter(|before| began.secs_since(before.began).abs() < SAME_HOLD_SECS);
        let mut going = same.unwrap_or(Going { began, other_from: None, told: false, reached: false });
        let other = hold.side.zip(self.side).is_some_and(|(seen, asked)| seen != asked);
        going.other_from = other.then(|| going.other_from.unwrap_or(at));
        let steady = going.other_from.is_some_and(|from| at - from >= WRONG_SECS);
        let helps = at <= hold.target_secs.map_or(LATEST_SECS, |target| LATEST_SECS.min(LATEST_SHARE * target));
        if steady && helps && !going.told && self.told < MOST_TOLD {
            going.told = true;
            self.told += 1;
        }
        let wrong = going.told && other;
        if !going.reached && hold.target_secs.is_some_and(|target| hold.credited_secs >= target) {
            going.reached = true;
            self.reached += u32::from(!wrong);
        }
        self.hold = Some(going);
        wrong
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::specimen;

    /// Plays holds of ten seconds on the left at ten pictures a second; in which of them the wrong side was told first when,
    /// and how many counted.
    fn watched(holds: &[fn(f64) -> Side]) -> (Vec<(usize, f64)>, u32) {
        let mut watch = Watch::new(Some(Side::Left));
        let (mut told, mut counted) = (Vec::new(), 0);
        for (n, side) in holds.iter().enumerate() {
            for tenth in 0..=110 {
                let secs = f64::from(tenth) / 10.0;
                let mut step = specimen::step(0, 64, 64);
                step.pose.t = Timestamp::from_secs(20.0 * n as f64 + secs);
                let target_secs = Some(10.0);
                step.hold =
                    Some(HoldStep { side: Some(side(secs)), elapsed_secs: secs, credited_secs: secs, target_secs });
                let tick = watch.tick(step.pose.t, &step, 0);
                if tick.wrong_side && told.last().is_none_or(|(last, _)| *last != n) {
                    told.push((n, secs));
                }
                counted = tick.holds;
            }
        }
        (told, counted)
    }

    #[test]
    fn the_wrong_side_is_known_once_it_was_seen_steadily_and_such_a_hold_does_not_count() {
        let right: fn(f64) -> Side = |_| Side::Right;
        assert_eq!(watched(&[|_| Side::Left, right, |_| Side::Left]), (vec![(1, 3.0)], 2));
    }

    #[test]
    fn whoever_goes_on_all_the_same_is_believed() {
        let right: fn(f64) -> Side = |_| Side::Right;
        assert_eq!(watched(&[right; 4]), (vec![(0, 3.0), (1, 3.0)], 2));
    }

    #[test]
    fn sides_that_the_model_exchanges_are_no_wrong_side() {
        let at_first: fn(f64) -> Side = |secs| if secs < 2.0 { Side::Right } else { Side::Left };
        let flickering: fn(f64) -> Side = |secs| if secs % 2.0 < 1.5 { Side::Right } else { Side::Left };
        let late: fn(f64) -> Side = |secs| if secs > 4.0 { Side::Right } else { Side::Left };
        assert_eq!(watched(&[at_first, flickering, late]), (vec![], 3));
    }

    #[test]
    fn a_hold_that_is_away_for_a_picture_counts_once() {
        let mut watch = Watch::new(None);
        let mut step = specimen::step(0, 64, 64);
        let hold = HoldStep { side: None, elapsed_secs: 10.1, credited_secs: 10.0, target_secs: Some(10.0) };
        let holds = [Some(hold), None, Some(HoldStep { elapsed_secs: 10.3, ..hold })].map(|hold| {
            step.hold = hold;
            watch.tick(Timestamp::ZERO, &step, 0).holds
        });
        assert_eq!(holds, [1, 1, 1]);
    }
}
