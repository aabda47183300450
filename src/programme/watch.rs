//! What the plan wants to know of a set as it goes on.
//!
//! Input: the set's [`Step`]s. Output: [`Tick`]s for the [`Course`](super::Course).

use super::Tick;
use crate::form::{Gate, Phase, Step};
use crate::units::{Side, Timestamp};

/// Watches one set.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    /// Whose turn it is, where there are sides.
    side: Option<Side>,
    reached: u32,
    /// The hold going on has reached its time.
    reaching: bool,
}

impl Watch {
    pub fn new(side: Option<Side>) -> Watch {
        Watch { side, ..Watch::default() }
    }

    /// Takes the next step at `t` of the session's own clock; `judged` repetitions or holds have their verdicts.
    pub fn tick(&mut self, t: Timestamp, step: &Step, judged: u32) -> Tick {
        let hold = step.hold.as_ref();
        let wrong_side = hold.and_then(|hold| hold.side).zip(self.side).is_some_and(|(seen, asked)| seen != asked);
        let full = hold.is_some_and(|hold| hold.target_secs.is_some_and(|target| hold.credited_secs >= target));
        if full && !wrong_side && !self.reaching {
            self.reached += 1;
        }
        self.reaching = full;
        Tick {
            t,
            ready: step.gate == Gate::Open,
            moving: step.gate == Gate::Open && step.phase != Phase::Rest,
            reps: judged,
            holds: self.reached,
            wrong_side,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::HoldStep;
    use crate::report::specimen;

    #[test]
    fn only_whole_holds_of_the_side_asked_for_count() {
        let mut watch = Watch::new(Some(Side::Left));
        let mut held = |side: Side, credited_secs: f64| {
            let mut step = specimen::step(0, 64, 64);
            let target_secs = Some(10.0);
            step.hold = Some(HoldStep { side: Some(side), elapsed_secs: credited_secs, credited_secs, target_secs });
            let tick = watch.tick(Timestamp::ZERO, &step, 0);
            (tick.holds, tick.wrong_side)
        };
        assert_eq!(held(Side::Left, 9.9), (0, false));
        assert_eq!(held(Side::Left, 10.0), (1, false));
        assert_eq!(held(Side::Left, 11.0), (1, false), "once");
        assert_eq!(held(Side::Right, 3.0), (1, true));
        assert_eq!(held(Side::Right, 10.0), (1, true));
        assert_eq!(held(Side::Left, 2.0), (1, false));
        assert_eq!(held(Side::Left, 10.1), (2, false));
    }
}
