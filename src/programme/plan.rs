//! What is done today, set by set.

use super::{Entry, Level, Record, TABLE, Work, entry, progress};
use crate::exercises;
use crate::form::{CameraPlace, Exercise, Variant};
use crate::kinematics::View;
use crate::units::Side;

/// One set of one exercise on one side.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Block {
    pub entry: &'static Entry,
    pub level: &'static Level,
    pub side: Option<Side>,
    /// From 1.
    pub set: u32,
    /// The step's, unless the person wished for less or more.
    pub work: Work,
    /// After it, seconds; the entry's unless wished otherwise.
    pub rest_secs: u32,
}

impl Block {
    pub fn new(entry: &'static Entry, level: &'static Level, side: Option<Side>, set: u32) -> Block {
        Block { entry, level, side, set, work: level.work, rest_secs: entry.rest_secs }
    }

    /// The exercise to judge it by. `None` only for an exercise this build does not have, which no plan holds.
    pub fn exercise(&self) -> Option<&'static Exercise> {
        exercises::by_name(self.entry.exercise)
    }

    /// The way of doing it that this step of the ladder asks for.
    pub fn variant(&self) -> Option<&'static Variant> {
        self.exercise()?.variant(self.level.variant?)
    }

    /// Where the camera sees it best.
    pub fn camera(&self) -> Option<&'static CameraPlace> {
        self.exercise()?.camera.first()
    }

    /// "Side plank, left side: knees stacked, 10 x 10 s": as shown in one line.
    pub fn title(&self) -> String {
        let side = self.side.map(|side| format!(", {} side", side.name())).unwrap_or_default();
        let set = self.set_words().map(|words| format!(", {words}")).unwrap_or_default();
        format!("{}{side}{set}: {}", self.entry.title, self.dose())
    }

    /// "knees stacked, 10 x 10 s"
    pub fn dose(&self) -> String {
        if self.work == self.level.work { self.level.name.into() } else { self.work.words() }
    }

    /// "set 1 of 2"; `None` where there is one.
    pub fn set_words(&self) -> Option<String> {
        (self.level.sets > 1).then(|| format!("set {} of {}", self.set, self.level.sets))
    }

    /// "left knee on the floor"; `None` where there are no sides.
    pub fn side_words(&self) -> Option<String> {
        Some(self.level.sides?.replace("{}", self.side?.name()))
    }

    /// What is asked of it, a line each, as shown.
    pub fn asked(&self) -> Vec<String> {
        [self.side_words(), self.set_words(), Some(self.work.sign())].into_iter().flatten().collect()
    }

    /// As said before it begins.
    pub fn announcement(&self) -> String {
        // The usual way of doing it goes without saying.
        let way = self.variant().filter(|_| self.entry.levels.iter().any(|l| l.variant != self.level.variant));
        let way = way.map(|variant| variant.title.to_string()).filter(|title| title != "Standard");
        let caution = self.entry.caution.map(|words| words.trim_end_matches('.').to_string());
        let parts = [Some(self.entry.title.into()), way, self.side_words(), self.set_words(), Some(self.work.words())];
        let said: Vec<String> =
            parts.into_iter().chain([caution]).flatten().map(|part| format!("{}.", capital(&part))).collect();
        said.join(" ")
    }

    /// Said during the rest before it: what it is, and where the camera goes if it stood elsewhere for `before`.
    pub fn preview(&self, before: Option<&Block>) -> String {
        let mut said = lower(self.entry.title);
        for words in [self.side_words(), self.set_words()].into_iter().flatten() {
            said.push_str(", ");
            said.push_str(&words);
        }
        said.push('.');
        let stood = before.and_then(Block::camera);
        if let Some(place) = self.camera().filter(|place| stood.is_none_or(|stood| moved(stood, place))) {
            said.push_str(&format!(" Camera {}.", camera_words(place)));
        }
        said
    }
}

/// Less than this is no reason to get up, metres.
const CAMERA_MOVED_M: f64 = 0.25;

fn moved(from: &CameraPlace, to: &CameraPlace) -> bool {
    from.view != to.view || (from.lens_height_m - to.lens_height_m).abs() > CAMERA_MOVED_M
}

/// "20 centimetres high, 2.3 metres away, seeing you from the side": as said.
pub fn camera_words(place: &CameraPlace) -> String {
    let from = match place.view {
        View::Front => "from the front",
        View::Rear => "from behind",
        View::Side | View::Oblique | View::Unknown => "from the side",
    };
    let (high, away) = (100.0 * place.lens_height_m, place.distance_m);
    format!("{high:.0} centimetres high, {away} metres away, seeing you {from}")
}

fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn lower(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

/// Walking or marching on the spot before the stretches. The article only says "after a warm-up"; five minutes are ours.
pub const WARM_UP_SECS: u32 = 300;

/// A session's sets in order.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Before the first set; 0: none.
    pub warm_up_secs: u32,
    pub blocks: Vec<Block>,
    /// Exercises of the programme that this build cannot judge.
    pub left_out: Vec<&'static str>,
}

impl Default for Plan {
    fn default() -> Plan {
        Plan { warm_up_secs: WARM_UP_SECS, blocks: Vec::new(), left_out: Vec::new() }
    }
}

impl Plan {
    /// So many repetitions in each set that counts them.
    pub fn with_reps(mut self, reps: u32) -> Plan {
        for block in &mut self.blocks {
            if let Work::Reps(n) = &mut block.work {
                *n = reps;
            }
        }
        self
    }

    /// So many seconds of rest after every set.
    pub fn with_rest(mut self, secs: u32) -> Plan {
        self.blocks.iter_mut().for_each(|block| block.rest_secs = secs);
        self
    }

    /// A line for each exercise: its title, and what is done of it.
    pub fn outline(&self) -> Vec<(String, String)> {
        let exercises = self.blocks.chunk_by(|a, b| a.entry == b.entry).filter_map(|sets| sets.first());
        let each = |block: &Block| if block.side.is_some() { ", each side" } else { "" };
        let wished = |block: &Block| match block.level.sets {
            n if n > 1 && block.work != block.level.work => format!("{n} x "),
            _ => String::new(),
        };
        exercises.map(|b| (b.entry.title.into(), format!("{}{}{}", wished(b), b.dose(), each(b)))).collect()
    }
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
        for &side in level.each_side() {
            plan.blocks.extend((1..=level.sets).map(|set| Block::new(entry, level, side, set)));
        }
    }
    plan
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_announced_with_all_that_is_needed_to_begin() {
        let said = |name: &str, n: usize| plan(&[name], &[]).blocks[n].announcement();
        assert_eq!(said("hip_hinge", 1), "Hip hinge. Set 2 of 2. 10 repetitions.");
        assert_eq!(
            said("hip_flexor_stretch", 0),
            "Half-kneeling hip flexor stretch. Left knee on the floor. Hold for 30 seconds."
        );
        assert_eq!(
            said("side_plank", 1),
            "Side plank. On forearm and stacked knees. On the right forearm. 10 holds of 10 seconds, 3 seconds between them."
        );
        assert!(said("hamstring_stretch", 0).contains("physical therapist."));
        assert!(!said("bird_dog", 0).contains("Standard"));
    }

    #[test]
    fn the_camera_is_named_only_where_it_has_to_be_moved() {
        let sets = plan(&["squat", "hip_hinge", "dead_bug"], &[]).blocks;
        assert_eq!(sets[1].preview(Some(&sets[0])), "hip hinge, set 1 of 2.");
        let moved = "supine dead bug march. Camera 20 centimetres high, 2.3 metres away, seeing you from the side.";
        assert_eq!(sets[3].preview(Some(&sets[2])), moved);
        assert!(sets[0].preview(None).contains("Camera 90 centimetres high"));
    }

    #[test]
    fn wishes_change_the_dose_and_are_named() {
        let whole = plan(&["hip_hinge", "side_plank"], &[]);
        assert_eq!(whole.outline()[0], ("Hip hinge".into(), "with a dowel, 2 x 10".into()));
        let short = whole.with_reps(4).with_rest(5);
        assert_eq!(short.outline()[0], ("Hip hinge".into(), "2 x 4 repetitions".into()));
        assert_eq!(short.outline()[1].1, "knees stacked, 10 x 10 s, each side");
        assert_eq!(short.blocks[0].title(), "Hip hinge, set 1 of 2: 4 repetitions");
        assert!(short.blocks.iter().all(|block| block.rest_secs == 5));
        assert!(matches!(short.blocks[2].work, Work::Holds { .. }), "holds are not counted in repetitions");
    }
}
