//! What an exercise is: instructions, camera, how it is counted, and its rules.

use super::{Bout, Hint, Rule};
use crate::kinematics::{Posture, Reading, Sample, Unseen, View};

/// One exercise; each is a `static` in a file of its own under `src/exercises`.
#[derive(Debug)]
pub struct Exercise {
    /// `squat`: as on the command line and in reports.
    pub name: &'static str,
    /// "Squat"
    pub title: &'static str,
    /// Title of the source and what it asks, as numbered instructions in our words.
    pub source: &'static str,
    pub instructions: &'static [&'static str],
    pub posture: Posture,
    pub camera: &'static [CameraPlace],
    /// True, or what is missing, when the person is in the start position.
    pub in_position: fn(&Sample) -> Result<(), Hint>,
    /// How long the start position is held still before anything counts, seconds.
    pub settle_secs: f64,
    pub reps: RepSpec,
    pub rules: &'static [Rule],
    /// The angles drawn over the picture.
    pub arcs: &'static [Arc],
    pub dose: Dose,
}

/// Where the camera stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CameraPlace {
    pub view: View,
    /// "back, trunk, heels"
    pub shows: &'static str,
    pub lens_height_m: f64,
    pub distance_m: f64,
}

/// How repetitions are told from a signal that rises from rest to target (RULES.md B).
#[derive(Debug)]
pub struct RepSpec {
    /// The first whose view matches is used.
    pub signals: &'static [Signal],
    /// Whether a movement of the right size is this exercise at all; otherwise what it looks like.
    pub is_this: fn(&Bout) -> Result<(), &'static str>,
}

/// What rises and falls with each repetition.
#[derive(Debug)]
pub struct Signal {
    pub views: &'static [View],
    pub what: &'static str,
    pub measure: fn(&Sample) -> Reading,
    /// Value at rest before the person's own is known.
    pub rest: f64,
    /// Value at a full movement, progress 1.
    pub target: f64,
}

/// An angle drawn as an arc, and read from the sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arc {
    /// At the near knee.
    Knee,
    /// At the near hip, shoulder–hip–knee.
    Hip,
    /// Trunk from vertical, at the hip.
    Trunk,
    /// Shank from vertical, at the ankle.
    Shank,
}

/// What the source asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dose {
    pub reps: Option<u32>,
    pub sets: u32,
}

impl Exercise {
    /// The signal to count by in this view.
    pub fn signal(&self, view: View) -> Option<&'static Signal> {
        self.reps.signals.iter().find(|s| s.views.contains(&view))
    }

    /// The rule of this name.
    pub fn rule(&self, name: &str) -> Option<&'static Rule> {
        self.rules.iter().find(|r| r.name == name)
    }
}

impl Unseen {
    /// What could not be seen and the way out, as one short sentence.
    pub fn advice(self) -> String {
        match self {
            Unseen::NoPerson => "nobody was seen: stand in the picture, with light on you".into(),
            Unseen::Hidden(l) => {
                format!(
                    "could not see the {}: keep the whole body in the picture, with light on it",
                    readable(l.name())
                )
            }
            Unseen::NotInModel(l) => {
                format!("the model does not know the {}: choose a model with feet", readable(l.name()))
            }
            Unseen::WrongView(View::Side) => "could not see it from here: turn side-on to the camera".into(),
            Unseen::WrongView(View::Front) => "could not see it from here: face the camera".into(),
            Unseen::WrongView(View::Rear) => "could not see it from here: turn your back to the camera".into(),
            Unseen::WrongView(_) => "could not see it from here: move the camera".into(),
            Unseen::NoSpine => "model has no spine landmarks, and no line of the back was found in the picture".into(),
            Unseen::SpineUnclear => {
                "landmarks and outline of the back disagree: wear fitted clothes, keep arms off the back".into()
            }
            Unseen::NoBaseline => {
                "no quiet start position was seen: hold still for a second before the first repetition".into()
            }
            Unseen::TooSmall => "the person is too small in the picture: come nearer or use a larger picture".into(),
            Unseen::TooFewFrames => "fewer than 15 pictures a second: record at 30".into(),
            Unseen::NoDowel => "no dowel was found in the picture".into(),
            Unseen::MarginTooWide => {
                "the margin of error is wider than the limit: come nearer, turn square to the camera, or choose another model".into()
            }
            Unseen::NotReached => "the movement did not reach the point where this is measured".into(),
        }
    }
}

fn readable(name: &str) -> String {
    name.replace('_', " ")
}

/// "side", "front": as said to people.
pub fn view_name(view: View) -> &'static str {
    match view {
        View::Side => "side",
        View::Front => "front",
        View::Rear => "back",
        View::Oblique => "between side and front",
        View::Unknown => "unknown",
    }
}
