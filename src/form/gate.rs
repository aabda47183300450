//! The start gate: nothing counts before the person is in the start position, still, and seen well.
//!
//! Input: [`Sample`]s. Output: [`Gate`]. Walking in, walking about and racking a bar keep it shut.

use super::Exercise;
use crate::kinematics::{Position, Posture, Sample, Unseen, View};
use crate::pose::Landmark;
use crate::units::Timestamp;

/// Where the set stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Gate {
    /// Not in the start position yet, and what is missing.
    Waiting(Hint),
    /// In position; being held still, 0..=1 of the time needed.
    Settling(f64),
    /// Counting.
    Open,
}

/// What to do to get going.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hint {
    /// Nobody in the picture.
    StepIntoView,
    /// This point is out of sight.
    Show(Landmark),
    StandTall,
    StraightenLegs,
    HoldStill,
    /// Get into the start position, in the exercise's own words (at most five).
    Take(&'static str),
    /// Turn until the camera sees a side or the front.
    TurnSideOrFront,
}

/// Hips slower than this are still, trunk lengths a second: standing sway and a model's jitter stay under it.
const STILL_SPEED: f64 = 0.15;
/// Hips faster than this are walking, trunk lengths a second (RULES.md B).
const WALKING_SPEED: f64 = 0.3;
/// Straight legs seen from the front: hip–ankle distance over thigh and shank (a knee of 40° reads 0.94).
const STRAIGHT_RATIO: f64 = 0.93;
/// A far knee reading more than this is bent, degrees: twice the margin of error beyond straight.
const FAR_KNEE: f64 = 50.0;
/// Feet that moved this far from the baseline's place, trunk lengths, started a new set-up.
const MOVED_AWAY: f64 = 0.5;

impl Hint {
    /// At most five words, as shown and said.
    pub fn words(self) -> &'static str {
        match self {
            Hint::StepIntoView => "Step into view",
            Hint::Show(_) => "Whole body in view",
            Hint::StandTall => "Stand tall",
            Hint::StraightenLegs => "Straighten your legs",
            Hint::HoldStill => "Hold still",
            Hint::Take(words) => words,
            Hint::TurnSideOrFront => "Turn side-on",
        }
    }

    /// The body's line within `tolerance` degrees of vertical.
    pub fn upright(sample: &Sample, tolerance: f64) -> Result<(), Hint> {
        let upright = sample.upright.map_err(Hint::from)?;
        if upright.abs() <= tolerance { Ok(()) } else { Err(Hint::StandTall) }
    }

    /// In this position; `words` ask for it.
    pub fn placed(sample: &Sample, position: Position, words: &'static str) -> Result<(), Hint> {
        if sample.position.map_err(Hint::from)? == position { Ok(()) } else { Err(Hint::Take(words)) }
    }

    /// Legs straight: knees within `tolerance` degrees from the side, legs at full length from the front. The far knee
    /// is seen worse and may read more, but not bent: somebody on hands and knees with one leg out does not stand. Who
    /// stands on one leg has that one straight.
    pub fn legs_straight(sample: &Sample, tolerance: f64) -> Result<(), Hint> {
        let far = sample.limbs(sample.near.other());
        let far_bent = sample.standing.is_err() && far.knee.is_ok_and(|knee| knee > FAR_KNEE);
        let straight = match sample.standing_limbs().knee {
            Ok(knee) => knee <= tolerance && !far_bent,
            Err(Unseen::WrongView(_)) => sample.leg_ratio.map_err(Hint::from)? >= STRAIGHT_RATIO,
            Err(why) => return Err(why.into()),
        };
        if straight { Ok(()) } else { Err(Hint::StraightenLegs) }
    }
}

impl From<Unseen> for Hint {
    fn from(why: Unseen) -> Hint {
        match why {
            Unseen::Hidden(landmark) => Hint::Show(landmark),
            Unseen::WrongView(_) => Hint::TurnSideOrFront,
            _ => Hint::StepIntoView,
        }
    }
}

/// Watches for the start position.
#[derive(Clone, Debug)]
pub struct Doorkeeper {
    gate: Gate,
    quiet: Option<Quiet>,
    /// Since when walking.
    walking: Option<Timestamp>,
}

/// In position and still.
#[derive(Clone, Copy, Debug)]
struct Quiet {
    /// Since when, less what was blinked away.
    since: Timestamp,
    /// Since when without a blink, and when last.
    unbroken: Timestamp,
    last: Timestamp,
    /// It is not to be seen at the moment.
    broken: bool,
}

/// A start position lost for no longer than this, seconds, was held all the time if it had been seen for `SEEN_SECS`
/// without a break: a picture in which a model takes one limb for the other is no movement, nor are hips that jump once, whose
/// speed is that of a quarter of a second. The end of walking in, which looks like standing for a moment, has no such quiet
/// before it.
const BLINK_SECS: f64 = 0.35;
const SEEN_SECS: f64 = 0.25;
/// Walking for this long shuts the gate, seconds.
const WALKING_SECS: f64 = 0.4;

impl Doorkeeper {
    pub fn new() -> Doorkeeper {
        Doorkeeper { gate: Gate::Waiting(Hint::StepIntoView), quiet: None, walking: None }
    }

    pub fn gate(&self) -> Gate {
        self.gate
    }

    /// Seconds the start position has been held still; none while it is not to be seen.
    pub fn settled_secs(&self, t: Timestamp) -> f64 {
        self.quiet.filter(|quiet| !quiet.broken).map_or(0.0, |quiet| t.secs_since(quiet.since))
    }

    /// Starts counting quiet time anew (after a baseline was taken from it).
    pub fn restart(&mut self, t: Timestamp) {
        self.quiet = self.quiet.map(|quiet| Quiet { since: t, ..quiet });
    }

    /// Takes the next sample. True when the gate opens with it.
    pub fn watch(&mut self, exercise: &Exercise, sample: &Sample) -> bool {
        let position = quiet(exercise, sample);
        self.quiet = Quiet::after(self.quiet, sample.t, position.is_ok());
        if self.gate == Gate::Open {
            return false;
        }
        let held = self.settled_secs(sample.t) / exercise.settle_secs;
        self.gate = match position {
            Err(hint) if self.quiet.is_none() => Gate::Waiting(hint),
            // A blink is not shown either.
            Err(_) => self.gate,
            Ok(()) if held < 1.0 => Gate::Settling(held),
            Ok(()) => Gate::Open,
        };
        self.gate == Gate::Open
    }

    /// True when the person, at rest, walks or has moved to another place: the baseline no longer holds. On the floor a
    /// foot may go far while the hips stay: that is a leg being raised.
    pub fn has_left(&mut self, exercise: &Exercise, sample: &Sample) -> bool {
        let walks = sample.hip_speed.is_ok_and(|speed| speed > WALKING_SPEED)
            && sample.feet_moved.is_ok_and(|moved| moved > super::FEET_STAY);
        let hips_stay =
            exercise.posture == Posture::Floor && sample.hip_forward.is_ok_and(|moved| moved.abs() < super::FEET_STAY);
        self.walking = walks.then(|| self.walking.unwrap_or(sample.t));
        self.walking.is_some_and(|since| sample.t.secs_since(since) > WALKING_SECS)
            || (!hips_stay && sample.feet_moved.is_ok_and(|moved| moved > MOVED_AWAY))
    }

    /// Shuts the gate until the start position is seen again.
    pub fn shut(&mut self) {
        *self = Doorkeeper::new();
    }
}

impl Quiet {
    fn after(before: Option<Quiet>, t: Timestamp, is_quiet: bool) -> Option<Quiet> {
        let anew = Quiet { since: t, unbroken: t, last: t, broken: false };
        let lost = |before: &Quiet| t.secs_since(before.last);
        let may_blink = |before: &Quiet| before.broken || before.last.secs_since(before.unbroken) >= SEEN_SECS;
        match before {
            Some(before) if !before.broken && is_quiet => Some(Quiet { last: t, ..before }),
            Some(before) if lost(&before) > BLINK_SECS || !may_blink(&before) => is_quiet.then_some(anew),
            Some(before) if is_quiet => Some(Quiet { since: before.since + lost(&before), ..anew }),
            Some(before) => Some(Quiet { broken: true, ..before }),
            None => is_quiet.then_some(anew),
        }
    }
}

fn quiet(exercise: &Exercise, sample: &Sample) -> Result<(), Hint> {
    (exercise.in_position)(sample)?;
    if exercise.signal(sample.view).is_none() || sample.view == View::Unknown {
        return Err(Hint::TurnSideOrFront);
    }
    if sample.hip_speed.map_err(Hint::from)? > STILL_SPEED { Err(Hint::HoldStill) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// At 30 pictures a second: `+` in position, `-` not.
    fn after(seen: &str) -> Option<Quiet> {
        let pictures = seen.chars().enumerate();
        pictures.fold(None, |quiet, (i, c)| Quiet::after(quiet, Timestamp::from_secs(i as f64 / 30.0), c == '+'))
    }

    #[test]
    fn a_blink_stops_the_clock_and_a_movement_sets_it_back() {
        let since = |seen: &str| after(seen).map(|quiet| (quiet.since.secs() * 30.0).round());
        assert_eq!(since("++++++++++"), Some(0.0));
        assert_eq!(since("++++++++++---++"), Some(4.0), "three pictures and the way back out of them do not count");
        assert_eq!(
            since("++++++++++---------++"),
            Some(10.0),
            "a jump shows in the speed of a quarter of a second, and two pictures"
        );
        assert!(after("++++++++++---").is_some_and(|quiet| quiet.broken));
        assert_eq!(since("++++++++++----------++"), Some(20.0), "longer than a blink");
        assert_eq!(since("++++--++"), Some(6.0), "nobody was still before");
        assert_eq!(since("++++++++++--+--++"), Some(15.0), "two blinks in a row are a movement");
    }
}
