//! `--exercise NAME` or `--exercise auto`.

use crate::form::Exercise;

/// The word for "tell it from the clip".
pub const AUTO: &str = "auto";

/// Which exercise a clip is judged as.
#[derive(Clone, Copy, Debug)]
pub enum Wanted {
    Named(&'static Exercise),
    /// Whichever the clip shows.
    Auto,
}

impl Wanted {
    /// As typed.
    pub fn name(self) -> &'static str {
        match self {
            Wanted::Named(exercise) => exercise.name,
            Wanted::Auto => AUTO,
        }
    }
}
