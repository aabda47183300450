//! Repetitions from a rising and falling signal (RULES.md B).

/// Where in the movement the person is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// At the start position (or not started).
    Rest,
    /// Away from rest, not deep yet.
    Out,
    /// Deep enough to count.
    Deep,
    /// On the way back after having been deep.
    Back,
}
