//! What a rule is: a fault's name, what is measured for it, the limits, and the words said about it.

use super::Bout;
use super::bout::Extent;
use crate::kinematics::{Unseen, View};

/// One way to do the exercise wrongly, named for the fault.
#[derive(Debug)]
pub struct Rule {
    /// `exercise.fault`, so that it reads in "rep 3: squat.chest_drops".
    pub name: &'static str,
    /// Its name in the rule book, "SQ3".
    pub id: &'static str,
    /// What the source asks, in our words.
    pub asks: &'static str,
    pub basis: Basis,
    /// What is measured, in words.
    pub measures: &'static str,
    /// Why the limits stand where they stand: what the source asks, how well it can be seen, what follows.
    pub limits_because: &'static str,
    /// Views it can be judged from, the best first.
    pub views: &'static [View],
    pub scope: Scope,
    /// Judged together: the worst speaks for the rule.
    pub checks: &'static [Check],
    /// Judged in place of `checks` when the model does not know their points.
    pub fallback: &'static [Check],
    pub weight: Weight,
    /// At most five words, said to the person.
    pub cue: &'static str,
    /// The sentence of the report; `{measured}` stands for the size of the rounded value with its unit, `{above|below}` for
    /// the first word where the value is positive and the second where it is negative, `{what}` for what was measured
    /// ([`Check::what`]), `{standing}` for where it stands beside the mark (rules that inform: [`super::Finding::standing`]).
    pub text: &'static str,
    /// A reference beyond the article, if any.
    pub sources: &'static [&'static str],
}

/// One measure against its limits.
#[derive(Debug)]
pub struct Check {
    /// "trunk lean at the bottom"
    pub what: &'static str,
    pub measure: fn(&Bout) -> Result<Extent, Unseen>,
    pub unit: Unit,
    pub limits: Limits,
    /// Limits when only spine landmarks (K) and no contour (C) stand behind the measure.
    pub limits_by_landmarks: Option<Limits>,
    /// Smallest detectable change (95 %) of this measure at quality class Q1, in its unit (RULES.md 0.2).
    pub margin: f64,
    /// A value worse than the person's own best of this set by more than this is a warning, where given.
    pub below_own_best: Option<f64>,
}

/// How a value is judged: good inside `good`, a warning beyond `warn`, a fault beyond `fault`; between good and warn
/// the measure cannot tell, and stays silent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Too little; values fall from good to fault.
    pub low: Option<Band>,
    /// Too much; values rise from good to fault.
    pub high: Option<Band>,
}

/// Three numbers on one side of the good range.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Band {
    pub good: f64,
    pub warn: f64,
    /// `None`: this is never more than a warning.
    pub fault: Option<f64>,
}

impl Limits {
    /// Too much is wrong.
    pub const fn above(good: f64, warn: f64, fault: f64) -> Limits {
        Limits { low: None, high: Some(Band { good, warn, fault: Some(fault) }) }
    }

    /// Too little is wrong.
    pub const fn below(good: f64, warn: f64, fault: f64) -> Limits {
        Limits { low: Some(Band { good, warn, fault: Some(fault) }), high: None }
    }

    /// Either way is wrong: first the lower side, then the upper.
    pub const fn between(low: Band, high: Band) -> Limits {
        Limits { low: Some(low), high: Some(high) }
    }

    /// Of too much (`sign` > 0) or too little.
    pub fn side(self, sign: f64) -> Option<Band> {
        if sign > 0.0 { self.high } else { self.low }
    }
}

impl Band {
    pub const fn new(good: f64, warn: f64, fault: f64) -> Band {
        Band { good, warn, fault: Some(fault) }
    }

    pub const fn warn_only(good: f64, warn: f64) -> Band {
        Band { good, warn, fault: None }
    }
}

/// Who asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// The article the exercises come from.
    Article,
    /// Physiotherapy practice.
    Practice,
}

/// Judged for every repetition (or hold), or once for the set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    Bout,
    Set,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Deg,
    Ratio,
    Secs,
    Percent,
    Count,
}

impl Unit {
    /// As in reports: `deg`, `ratio`, `s`, `%`, `count`.
    pub fn name(self) -> &'static str {
        match self {
            Unit::Deg => "deg",
            Unit::Ratio => "ratio",
            Unit::Secs => "s",
            Unit::Percent => "%",
            Unit::Count => "count",
        }
    }

    /// Digits after the point that a value is worth.
    pub fn decimals(self) -> usize {
        match self {
            Unit::Deg | Unit::Secs | Unit::Percent => 1,
            Unit::Ratio => 2,
            Unit::Count => 0,
        }
    }

    /// The value as a person reads it in a sentence: "70°", "−4°", "8 %", "0.81", "1.2 s". No angle is known better than to
    /// some degrees.
    pub fn say(self, value: f64) -> String {
        let whole = value.round() + 0.0;
        let text = match self {
            Unit::Deg => format!("{whole:.0}°"),
            Unit::Percent => format!("{whole:.0} %"),
            _ => self.show(value),
        };
        text.replace('-', "−")
    }

    /// The value to the last digit it is worth: "70.0°", "0.81", "1.2 s".
    pub fn show(self, value: f64) -> String {
        let number = format!("{value:.*}", self.decimals());
        match self {
            Unit::Deg => format!("{number}°"),
            Unit::Secs => format!("{number} s"),
            Unit::Percent => format!("{number} %"),
            Unit::Ratio | Unit::Count => number,
        }
    }
}

/// The share of a rule in the score (RULES.md E).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Spine and pelvis: 35.
    Spine,
    /// Knee or limb line: 20.
    LimbLine,
    /// Trunk and hip strategy: 15.
    Strategy,
    /// Feet and base: 10.
    Base,
    /// Range and top: 10.
    Range,
    /// Tempo and symmetry: 10.
    Tempo,
    /// How much, not how well: never part of the score of form.
    Dose,
    /// Where a value stands beside a mark that nobody has to reach (the one limit's `good`): never more than told.
    Information,
}

impl Weight {
    pub fn points(self) -> f64 {
        match self {
            Weight::Spine => 35.0,
            Weight::LimbLine => 20.0,
            Weight::Strategy => 15.0,
            Weight::Base | Weight::Range | Weight::Tempo => 10.0,
            Weight::Dose | Weight::Information => 0.0,
        }
    }

    /// The word for it in "-14 low back, -6 heels".
    pub fn name(self) -> &'static str {
        match self {
            Weight::Spine => "low back",
            Weight::LimbLine => "limb line",
            Weight::Strategy => "trunk and hips",
            Weight::Base => "feet",
            Weight::Range => "range",
            Weight::Tempo => "tempo and symmetry",
            Weight::Dose => "dose",
            Weight::Information => "information",
        }
    }

    /// Whether it is part of the score of form.
    pub fn is_form(self) -> bool {
        !matches!(self, Weight::Dose | Weight::Information)
    }
}
