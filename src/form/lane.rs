//! One counting signal with its machine: an exercise has one lane, or one for each side.

use super::exercise::{Counting, Signal};
use super::hold::HoldMachine;
use super::machine::{Event, FULL, Machine, Movement, Phase};
use crate::kinematics::Sample;
use crate::units::Timestamp;

/// Signals counted side by side at most: left and right.
pub const LANES: usize = 2;

/// Both sides at once: the other side's progress within this of the turn's (RULES.md B).
pub const SIDE_MARGIN: f64 = 0.25;

/// One signal's way through the set.
pub struct Lane {
    counter: Counter,
    /// Progress of every kept sample.
    pub progress: Vec<Option<f64>>,
    /// What goes along with a hold has been in the position.
    along: bool,
    /// Turn and progress of a movement of both sides at once that the other lane has already told.
    told: Option<(Timestamp, f64)>,
}

/// A signal with the person's own rest.
#[derive(Clone, Copy)]
pub struct OwnSignal {
    pub signal: &'static Signal,
    pub rest: f64,
}

enum Counter {
    Reps(Machine),
    Holds(HoldMachine),
}

impl OwnSignal {
    /// 0 at rest, 1 at a full movement.
    pub fn progress(&self, sample: &Sample) -> Option<f64> {
        let value = (self.signal.measure)(sample).ok()?;
        Some((value - self.rest) / (self.signal.target - self.rest))
    }
}

impl Lane {
    pub fn new(counting: &'static Counting) -> Lane {
        let counter = match counting {
            Counting::Reps(_) => Counter::Reps(Machine::new()),
            Counting::Holds(spec) => Counter::Holds(HoldMachine::new(spec)),
        };
        Lane { counter, progress: Vec::new(), along: false, told: None }
    }

    /// Notes the next sample's progress.
    pub fn observe(&mut self, own: Option<&OwnSignal>, sample: &Sample) {
        let progress = own.and_then(|own| own.progress(sample));
        let along = if own.is_some() { self.with(sample, progress) } else { None };
        self.progress.push(match (progress, along) {
            (Some(progress), Some(along)) => Some(progress.min(along)),
            (progress, along) => progress.or(along),
        });
    }

    /// Where what goes along is, from when it was in the position until the signal itself is back.
    fn with(&mut self, sample: &Sample, progress: Option<f64>) -> Option<f64> {
        let Counter::Holds(machine) = &self.counter else { return None };
        let spec = machine.spec();
        let now = (spec.along?)(sample).ok();
        if machine.current().is_some() {
            self.along |= now.is_some_and(|now| now >= spec.enter);
        } else if progress.is_none_or(|progress| progress <= spec.leave) {
            self.along = false;
        }
        now.filter(|_| self.along)
    }

    pub fn push(&mut self, t: Timestamp) -> Option<Event> {
        let progress = self.now();
        match &mut self.counter {
            Counter::Reps(machine) => machine.push(t, progress),
            Counter::Holds(machine) => machine.push(t, progress),
        }
    }

    pub fn finish(&mut self, t: Timestamp) -> Option<Event> {
        match &mut self.counter {
            Counter::Reps(machine) => machine.finish(t),
            Counter::Holds(machine) => machine.finish(t),
        }
    }

    pub fn abandon(&mut self, t: Timestamp, why: &'static str) -> Option<Event> {
        match &mut self.counter {
            Counter::Reps(machine) => machine.abandon(t, why),
            Counter::Holds(machine) => machine.abandon(t, why),
        }
    }

    /// The newest progress.
    pub fn now(&self) -> Option<f64> {
        self.progress.last().copied().flatten()
    }

    pub fn phase(&self) -> Phase {
        match &self.counter {
            Counter::Reps(machine) => machine.phase(self.now()),
            Counter::Holds(machine) => machine.phase(),
        }
    }

    pub fn is_resting(&self) -> bool {
        self.phase() == Phase::Rest
    }

    /// When the movement going on left rest.
    pub fn left(&self) -> Option<Timestamp> {
        match &self.counter {
            Counter::Reps(machine) => machine.current().map(|m| m.left),
            Counter::Holds(machine) => machine.left(),
        }
    }

    /// What goes on and is worth a word already: deep enough to count, or held.
    pub fn judgeable(&self) -> Option<Movement> {
        match &self.counter {
            Counter::Reps(machine) => machine.current().filter(|m| m.peak >= FULL),
            Counter::Holds(machine) => machine.current(),
        }
    }

    /// Notes that a movement of both sides was told by the other lane.
    pub fn tell(&mut self, movement: &Movement) {
        self.told = Some((movement.turn, movement.peak));
    }

    /// True when this movement is the other lane's told one seen from this side. One that went clearly further is another:
    /// a leg that twitches as the other one goes down.
    pub fn was_told(&self, movement: &Movement) -> bool {
        self.told.is_some_and(|(turn, peak)| {
            (movement.left..=movement.end).contains(&turn) && movement.peak <= peak + SIDE_MARGIN
        })
    }
}
