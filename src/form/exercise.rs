//! What an exercise is: instructions, camera, how it is counted, and its rules.

use super::{Bout, Hint, Phase, Rule};
use crate::kinematics::{Posture, Reading, Sample, Unseen, View};
use crate::units::Side;

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
    pub counting: Counting,
    /// Named ways to do it; empty where there is only one. The first that the start position shows is taken, unless the
    /// first movement shows another.
    pub variants: &'static [Variant],
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

/// What is counted.
#[derive(Clone, Copy, Debug)]
pub enum Counting {
    /// Movements out and back.
    Reps(RepSpec),
    /// Positions that are held, timed.
    Holds(HoldSpec),
}

/// How repetitions are told from a signal that rises from rest to target (RULES.md B).
#[derive(Clone, Copy, Debug)]
pub struct RepSpec {
    /// The first whose view and variant match is used; with a side each, the first of either side.
    pub signals: &'static [Signal],
    /// Whether a movement of the right size is this exercise at all; otherwise what it looks like.
    pub is_this: fn(&Bout) -> Result<(), &'static str>,
}

/// How holds are told from such a signal: reached and kept still, until left for longer than the grace.
#[derive(Clone, Copy, Debug)]
pub struct HoldSpec {
    /// As [`RepSpec::signals`].
    pub signals: &'static [Signal],
    /// As [`RepSpec::is_this`], of a hold.
    pub is_this: fn(&Bout) -> Result<(), &'static str>,
    /// Progress from which the position is taken …
    pub enter: f64,
    /// … and under which it is given up.
    pub leave: f64,
    /// Progress a second below which the person has arrived: 5° a second over the degrees from rest to target.
    pub still: f64,
    /// What goes with the signal, as progress: once it has been in the position as well, its leaving it is leaving, too.
    pub along: Option<fn(&Sample) -> Reading>,
    /// A position left for no longer than this pauses the timer; longer, and the hold has ended, seconds.
    pub grace_secs: f64,
    /// Shorter is an attempt, seconds.
    pub least_secs: f64,
    /// What the phases are called, as shown to people.
    pub words: PhaseWords,
}

/// The phases of a hold in the words of its exercise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PhaseWords {
    /// "lie"
    pub rest: &'static str,
    /// "lift"
    pub out: &'static str,
    /// "hold"
    pub hold: &'static str,
    /// "lower"
    pub back: &'static str,
}

/// What rises and falls with each repetition or hold.
#[derive(Clone, Copy, Debug)]
pub struct Signal {
    pub views: &'static [View],
    /// Names of the variants it belongs to; empty: all.
    pub variants: &'static [&'static str],
    pub works: Works,
    pub what: &'static str,
    pub measure: fn(&Sample) -> Reading,
    /// Value at rest before the person's own is known.
    pub rest: f64,
    /// Value at a full movement, progress 1.
    pub target: f64,
}

/// Whose movement a signal tells.
#[derive(Clone, Copy, Debug)]
pub enum Works {
    /// Both sides together: there is no side to tell.
    Together,
    /// This side's. Signals of the two sides count side by side.
    One(Side),
    /// This side's by the model's word, which takes one limb for the other; once it is over the picture tells. Counts as
    /// [`Works::One`] does.
    Named(Side, fn(&Bout) -> Option<Side>),
    /// One side's; which, the picture tells (the knee that kneels, the side lain on): by most of the
    /// movement from its turn on.
    Seen(fn(&Sample) -> Option<Side>),
    /// One side's; which, the picture tells on the way there (the leg that is raised): where it is held a model takes it for
    /// the other one.
    Moves(fn(&Sample) -> Option<Side>),
}

/// A named way to do an exercise: an easier or a harder one.
#[derive(Debug)]
pub struct Variant {
    /// `knees`: as on the command line and in reports.
    pub name: &'static str,
    /// "On forearm and knees"
    pub title: &'static str,
    pub detect: Detect,
}

/// How it is known that a variant is being done.
#[derive(Clone, Copy, Debug)]
pub enum Detect {
    /// The person in the start position is about to do it.
    Start(fn(&Sample) -> bool),
    /// The first movement shows it.
    Movement(fn(&Bout) -> bool),
    /// Nothing shows it (a weight, a roller, knees together seen from the side): only `--variant` tells.
    Told,
}

/// An angle drawn as an arc, and read from the sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arc {
    /// At the near knee.
    Knee,
    /// At the near hip, shoulder–hip–knee.
    Hip,
    /// Lying on the back: the raised leg above level, at the hip. Otherwise as `Hip`.
    RaisedLeg,
    /// Trunk from vertical, at the hip.
    Trunk,
    /// Shank from vertical, at the ankle.
    Shank,
}

/// What the source asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dose {
    /// Repetitions (or holds) in a set.
    pub reps: Option<u32>,
    pub sets: u32,
    /// The steps of a ladder of holds, the first one first; one step where there is nothing to climb, none for
    /// repetitions.
    pub ladder: &'static [Rung],
    /// Between two holds, seconds.
    pub rest_secs: Option<f64>,
    /// In all, pauses included, seconds.
    pub total_secs: Option<f64>,
    /// One side after the other in turn.
    pub alternate: bool,
}

/// One step of a ladder of holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rung {
    pub hold_secs: f64,
    /// Holds at this step.
    pub holds: u32,
}

/// A timer may be this much short of the time asked for, a share: 0.3 s of 10 s.
pub(super) const NEARLY: f64 = 0.97;

impl Dose {
    /// Nothing in particular.
    pub const OPEN: Dose =
        Dose { reps: None, sets: 1, ladder: &[], rest_secs: None, total_secs: None, alternate: false };

    /// The step somebody is at whose first hold took so long: the highest one reached, or the lowest.
    pub fn rung(&self, first_hold_secs: f64) -> Option<&'static Rung> {
        self.ladder.iter().rev().find(|rung| first_hold_secs >= NEARLY * rung.hold_secs).or(self.ladder.first())
    }
}

impl Signal {
    fn is_other_side_of(&self, other: &Signal) -> bool {
        self.works.side().zip(other.works.side()).is_some_and(|(side, other)| side != other)
    }
}

impl Works {
    /// Whose the signal is, where that is known beforehand.
    pub fn side(self) -> Option<Side> {
        match self {
            Works::One(side) | Works::Named(side, _) => Some(side),
            Works::Together | Works::Seen(_) | Works::Moves(_) => None,
        }
    }
}

impl Counting {
    pub fn signals(&self) -> &'static [Signal] {
        match self {
            Counting::Reps(spec) => spec.signals,
            Counting::Holds(spec) => spec.signals,
        }
    }

    pub fn is_this(&self, bout: &Bout) -> Result<(), &'static str> {
        match self {
            Counting::Reps(spec) => (spec.is_this)(bout),
            Counting::Holds(spec) => (spec.is_this)(bout),
        }
    }

    pub fn holds(&self) -> Option<&HoldSpec> {
        match self {
            Counting::Reps(_) => None,
            Counting::Holds(spec) => Some(spec),
        }
    }
}

impl Exercise {
    /// The signal to count by in this view, whatever the variant: the first of two sides'.
    pub fn signal(&self, view: View) -> Option<&'static Signal> {
        self.counting.signals().iter().find(|s| s.views.contains(&view))
    }

    /// The signals to count by: one, or one of each side.
    pub fn signals(&self, view: View, variant: Option<&Variant>) -> Vec<&'static Signal> {
        let fits = |s: &&Signal| {
            s.views.contains(&view) && (s.variants.is_empty() || variant.is_some_and(|v| s.variants.contains(&v.name)))
        };
        let mut fitting = self.counting.signals().iter().filter(fits);
        let Some(first) = fitting.next() else { return Vec::new() };
        std::iter::once(first).chain(fitting.find(|s| first.is_other_side_of(s))).collect()
    }

    /// The variant that this start position shows.
    pub fn variant_at_start(&self, rest: &Sample) -> Option<&'static Variant> {
        self.variants.iter().find(|v| matches!(v.detect, Detect::Start(shows) if shows(rest)))
    }

    /// The variant that this movement shows, whatever the start position did.
    pub fn variant_in(&self, movement: &Bout) -> Option<&'static Variant> {
        self.variants.iter().find(|v| matches!(v.detect, Detect::Movement(shows) if shows(movement)))
    }

    /// The variant of this name.
    pub fn variant(&self, name: &str) -> Option<&'static Variant> {
        self.variants.iter().find(|v| v.name == name)
    }

    /// What a phase is called in this exercise.
    pub fn phase_word(&self, phase: Phase) -> &'static str {
        match (&self.counting, phase) {
            (Counting::Holds(spec), Phase::Rest) => spec.words.rest,
            (Counting::Holds(spec), Phase::Out) => spec.words.out,
            (Counting::Holds(spec), Phase::Hold) => spec.words.hold,
            (Counting::Holds(spec), Phase::Back) => spec.words.back,
            _ => phase.name(),
        }
    }

    /// "repetition" or "hold", as reports count.
    pub fn bout_word(&self) -> &'static str {
        match self.counting {
            Counting::Reps(_) => "repetition",
            Counting::Holds(_) => "hold",
        }
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
            Unseen::NoOutline => {
                "the line of the back could not be made out: wear fitted clothes before a wall of another colour, or choose another model (`formcheck models list`)".into()
            }
            Unseen::SpineUnclear => {
                "landmarks and outline of the back disagree: wear fitted clothes, keep arms off the back".into()
            }
            Unseen::LooseClothes => {
                "the hollow of the low back does not show at the start: wear something fitted, or tuck the shirt in"
                    .into()
            }
            Unseen::NoBaseline => {
                "no quiet start position was seen: hold still for a second before the first repetition".into()
            }
            Unseen::TooSmall => "the person is too small in the picture: come nearer or use a larger picture".into(),
            Unseen::TooFewFrames => "fewer than 15 pictures a second: record at 30; live, close other programs".into(),
            Unseen::Gap => "it was out of sight for a moment: keep the whole body in the picture".into(),
            Unseen::NoDowel => "no dowel was found: hold one along the spine, of another colour than shirt and wall".into(),
            Unseen::MarginTooWide => {
                "the margin of error is wider than the limit: come nearer, turn square to the camera, or choose another model".into()
            }
            Unseen::NotAsked => "this way of doing it does not ask for it".into(),
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
