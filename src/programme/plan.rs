//! What is done today, set by set.

use super::{Entry, Level, Record, TABLE, entry, progress};
use crate::exercises;
use crate::form::Exercise;
use crate::units::Side;

/// One set of one exercise on one side.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Block {
    pub entry: &'static Entry,
    pub level: &'static Level,
    pub side: Option<Side>,
    /// From 1.
    pub set: u32,
}

impl Block {
    /// The exercise to judge it by. `None` only for an exercise this build does not have, which no plan holds.
    pub fn exercise(&self) -> Option<&'static Exercise> {
        exercises::by_name(self.entry.exercise)
    }

    /// "Side plank, left side, knees stacked, 10 x 10 s": as shown.
    pub fn title(&self) -> String {
        let side = self.side.map(|side| format!(", {} side", side.name())).unwrap_or_default();
        let set =
            if self.level.sets > 1 { format!(", set {} of {}", self.set, self.level.sets) } else { String::new() };
        format!("{}{side}{set}: {}", self.entry.title, self.level.name)
    }

    /// As said before it begins.
    pub fn announcement(&self) -> String {
        let side = self.side.map(|side| format!(" {} side.", side.name())).unwrap_or_default();
        let side = side.replacen(" l", " L", 1).replacen(" r", " R", 1);
        let set =
            if self.level.sets > 1 { format!(" Set {} of {}.", self.set, self.level.sets) } else { String::new() };
        let work = self.level.work.words();
        let mut letters = work.chars();
        let work = letters.next().map(|c| c.to_uppercase().chain(letters).collect::<String>()).unwrap_or_default();
        let caution = self.entry.caution.map(|words| format!(" {words}")).unwrap_or_default();
        format!("{}.{side}{set} {work}.{caution}", self.entry.title)
    }
}

/// A session's sets in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    pub blocks: Vec<Block>,
    /// Exercises of the programme that this build cannot judge.
    pub left_out: Vec<&'static str>,
}

/// The sets of these exercises (all of the programme when none is named, in the article's order), each on the step history
/// leads to. Sides: the whole work of the left one first.
pub fn plan(chosen: &[&str], history: &[Record]) -> Plan {
    let wanted: Vec<&'static Entry> = match chosen {
        [] => TABLE.iter().collect(),
        names => names.iter().filter_map(|name| entry(name)).collect(),
    };
    let mut plan = Plan::default();
    for entry in wanted {
        if exercises::by_name(entry.exercise).is_none() {
            plan.left_out.push(entry.exercise);
            continue;
        }
        let level = progress(entry, history).level;
        let sides: &[Option<Side>] = if entry.sides { &[Some(Side::Left), Some(Side::Right)] } else { &[None] };
        for &side in sides {
            plan.blocks.extend((1..=level.sets).map(|set| Block { entry, level, side, set }));
        }
    }
    plan
}
