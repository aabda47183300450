//! The start gate: nothing counts before the person stands (or lies) in the start position, still, and is seen well.

use crate::pose::Landmark;

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
    /// Stand upright.
    StandTall,
    /// Straighten the legs.
    StraightenLegs,
    /// Hold still.
    HoldStill,
    /// Turn until the camera sees a side or the front.
    TurnSideOrFront,
}

impl Hint {
    /// At most five words, as shown and said.
    pub fn words(self) -> &'static str {
        match self {
            Hint::StepIntoView => "Step into view",
            Hint::Show(_) => "Whole body in view",
            Hint::StandTall => "Stand tall",
            Hint::StraightenLegs => "Straighten your legs",
            Hint::HoldStill => "Hold still",
            Hint::TurnSideOrFront => "Turn side-on",
        }
    }
}
