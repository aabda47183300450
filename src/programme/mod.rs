//! The seven exercises as a programme: doses, ladders, what comes next, and the course of a session.
//!
//! Input: the sets of past sessions ([`Record`]), then, live, steps ([`Watch`]) and time ([`Tick`]). Output: the next step of
//! each ladder ([`progress`]), a plan ([`plan`]), and the stage a session is in with what is heard of it ([`Course`]). Pure, like the core it belongs to: the date
//! comes from the edge, and nothing here knows a camera. An exercise that is in the table but cannot be judged by this
//! build is left out of the plan, and named.
//!
//! Doses are those of the article (RULES.md A); where it gives none, ours, and said so.

mod course;
mod ladder;
mod plan;
mod record;
mod watch;

pub use course::{Course, Showing, Stage, Tick};
pub use ladder::{Progress, SESSIONS_TO_RISE, progress};
pub use plan::{Block, Plan, plan};
pub use record::{Record, held_sign};
pub use watch::Watch;

use crate::form::safety::CALF;
use crate::units::Side;

/// Where the programme comes from.
pub const SOURCE: &str = "7 Best Exercises To Relieve Low Back Pain, BuiltLean";

/// An exercise's place in the programme.
#[derive(Debug, PartialEq)]
pub struct Entry {
    /// As in [`crate::exercises`].
    pub exercise: &'static str,
    pub title: &'static str,
    /// After each set, seconds. Ours: the article names only the pauses within a ladder of holds.
    pub rest_secs: u32,
    /// The ladder, the first step first; one step where the article names no other.
    pub levels: &'static [Level],
    /// Said before it besides what is always said.
    pub caution: Option<&'static str>,
}

/// One step of a ladder.
#[derive(Debug, PartialEq)]
pub struct Level {
    /// "knees stacked, 10 x 10 s"
    pub name: &'static str,
    /// As in the exercise's file; `None`: as it comes.
    pub variant: Option<&'static str>,
    pub work: Work,
    /// Per side where there are sides.
    pub sets: u32,
    /// Of what is done on one side at a time, both in turn: what the side is, with `{}` for its name.
    pub sides: Option<&'static str>,
}

impl Level {
    /// The sides it is done on, one after the other.
    pub fn each_side(&self) -> &'static [Option<Side>] {
        if self.sides.is_some() { &[Some(Side::Left), Some(Side::Right)] } else { &[None] }
    }

    const fn on(self, sides: &'static str) -> Level {
        Level { sides: Some(sides), ..self }
    }

    const fn in_sets(self, sets: u32) -> Level {
        Level { sets, ..self }
    }
}

/// What a set is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Work {
    Reps(u32),
    /// Holds of so many seconds each, with a pause between them.
    Holds {
        secs: &'static [u32],
        pause_secs: u32,
    },
    /// Repetitions or short holds without a break for so many seconds.
    Time(u32),
}

impl Work {
    /// "10 repetitions", "5 holds of 20 seconds", "2 minutes without a break": as said to people.
    pub fn words(self) -> String {
        match self {
            Work::Reps(1) => "1 repetition".into(),
            Work::Reps(n) => format!("{n} repetitions"),
            Work::Holds { secs: [one], .. } => format!("hold for {one} seconds"),
            Work::Holds { secs, pause_secs } => {
                let longest = secs.iter().max().copied().unwrap_or(0);
                let of_longest = secs.iter().filter(|s| **s == longest).count();
                let rest: Vec<String> = secs.iter().filter(|s| **s != longest).map(|s| format!("one of {s}")).collect();
                let and = if rest.is_empty() { String::new() } else { format!(" and {}", rest.join(" and ")) };
                format!("{of_longest} holds of {longest} seconds{and}, {pause_secs} seconds between them")
            }
            Work::Time(secs) if secs % 60 == 0 => format!("{} minutes without a break", secs / 60),
            Work::Time(secs) => format!("{secs} seconds without a break"),
        }
    }
}

impl Work {
    /// "10 repetitions", "5 x 20 s, 3 s between", "2 min without a break": as shown to people who stand far away.
    pub fn sign(self) -> String {
        match self {
            Work::Reps(_) => self.words(),
            Work::Holds { secs: [one], .. } => format!("hold for {one} s"),
            Work::Holds { secs, pause_secs } => {
                let runs = secs.chunk_by(|a, b| a == b);
                let runs: Vec<String> =
                    runs.map(|run| {
                        if run.len() > 1 { format!("{} x {} s", run.len(), run[0]) } else { format!("{} s", run[0]) }
                    })
                    .collect();
                format!("{}, {pause_secs} s between", runs.join(" and "))
            }
            Work::Time(secs) if secs % 60 == 0 => format!("{} min without a break", secs / 60),
            Work::Time(secs) => format!("{secs} s without a break"),
        }
    }
}

const fn level(name: &'static str, variant: Option<&'static str>, work: Work) -> Level {
    Level { name, variant, work, sets: 1, sides: None }
}

const fn hold(secs: &'static [u32]) -> Work {
    Work::Holds { secs, pause_secs: PLANK_PAUSE_SECS }
}

/// "10 s hold, 3 s rest".
const PLANK_PAUSE_SECS: u32 = 3;

/// The article's exercises, in its order.
pub static TABLE: &[Entry] = &[
    Entry {
        exercise: "hip_flexor_stretch",
        title: "Half-kneeling hip flexor stretch",
        rest_secs: 15,
        // 30 to 60 s each side; then the reach, for the psoas.
        levels: &[
            level("30 s", None, hold(&[30])).on(KNEELING),
            level("45 s", None, hold(&[45])).on(KNEELING),
            level("60 s", None, hold(&[60])).on(KNEELING),
        ],
        caution: None,
    },
    Entry {
        exercise: "hamstring_stretch",
        title: "Hamstring stretch",
        rest_secs: 15,
        levels: &[
            level("30 s", None, hold(&[30])).on(LEG_UP),
            level("45 s", None, hold(&[45])).on(LEG_UP),
            level("60 s", None, hold(&[60])).on(LEG_UP),
        ],
        caution: Some(CALF),
    },
    Entry {
        exercise: "side_plank",
        title: "Side plank",
        rest_secs: 30,
        // 10 s on, 3 s off, ten times; then 20, 30 and so on up to 100 s without a break; 100 s of work each time (RULES.md
        // A3). Then the top leg straight, then the feet stacked, each from the first step again.
        levels: &[
            level("knees stacked, 10 x 10 s", Some("knees"), hold(&TENS)).on(FOREARM),
            level("knees stacked, 5 x 20 s", Some("knees"), hold(&TWENTIES)).on(FOREARM),
            level("knees stacked, 3 x 30 s and 10 s", Some("knees"), hold(&THIRTIES)).on(FOREARM),
            level("knees stacked, 2 x 50 s", Some("knees"), hold(&[50, 50])).on(FOREARM),
            level("knees stacked, 100 s", Some("knees"), hold(&[100])).on(FOREARM),
            level("top leg straight, 10 x 10 s", Some("top_leg"), hold(&TENS)).on(FOREARM),
            level("top leg straight, 5 x 20 s", Some("top_leg"), hold(&TWENTIES)).on(FOREARM),
            level("top leg straight, 3 x 30 s and 10 s", Some("top_leg"), hold(&THIRTIES)).on(FOREARM),
            level("top leg straight, 2 x 50 s", Some("top_leg"), hold(&[50, 50])).on(FOREARM),
            level("top leg straight, 100 s", Some("top_leg"), hold(&[100])).on(FOREARM),
            level("feet stacked, 10 x 10 s", Some("feet"), hold(&TENS)).on(FOREARM),
            level("feet stacked, 5 x 20 s", Some("feet"), hold(&TWENTIES)).on(FOREARM),
            level("feet stacked, 3 x 30 s and 10 s", Some("feet"), hold(&THIRTIES)).on(FOREARM),
            level("feet stacked, 2 x 50 s", Some("feet"), hold(&[50, 50])).on(FOREARM),
            level("feet stacked, 100 s", Some("feet"), hold(&[100])).on(FOREARM),
        ],
        caution: None,
    },
    Entry {
        exercise: "dead_bug",
        title: "Supine dead bug march",
        rest_secs: 30,
        levels: &[
            level("march, 2 min", Some("march"), Work::Time(120)),
            level("leg straight and hovering, 2 min", Some("leg"), Work::Time(120)),
            level("opposite arm and leg hovering, 2 min", Some("arm_leg"), Work::Time(120)),
        ],
        caution: None,
    },
    Entry {
        exercise: "bird_dog",
        title: "Bird dog",
        rest_secs: 30,
        levels: &[
            level("5 s holds for 2 min", Some("standard"), Work::Time(120)),
            level("with a foam roller on the low back, 2 min", Some("roller"), Work::Time(120)),
            level("knees and hands together, 2 min", Some("narrow"), Work::Time(120)),
        ],
        caution: None,
    },
    Entry {
        exercise: "squat",
        title: "Squat",
        rest_secs: 45,
        // The article counts nothing here: ten is our choice, as for the hinge. In which hand the weight is cannot be seen.
        levels: &[
            level("bodyweight, 10", Some("two_legs"), Work::Reps(10)),
            level("a weight in one hand, then the other, 2 x 10", Some("one_sided"), Work::Reps(10)).in_sets(2),
            level("on one leg, 10", Some("one_leg"), Work::Reps(10)).on("on the {} leg"),
        ],
        caution: None,
    },
    Entry {
        exercise: "hip_hinge",
        title: "Hip hinge",
        rest_secs: 60,
        levels: &[
            level("with a dowel, 2 x 10", Some("hinge"), Work::Reps(10)).in_sets(2),
            level("deadlift, 2 x 10", Some("deadlift"), Work::Reps(10)).in_sets(2),
            level("deadlift on one leg, 2 x 10", Some("one_leg"), Work::Reps(10)).in_sets(2).on("on the {} leg"),
        ],
        caution: None,
    },
];

const KNEELING: &str = "{} knee on the floor";
const LEG_UP: &str = "{} leg raised";
const FOREARM: &str = "on the {} forearm";
const TENS: [u32; 10] = [10; 10];
const TWENTIES: [u32; 5] = [20; 5];
const THIRTIES: [u32; 4] = [30, 30, 30, 10];

/// The entry of this exercise.
pub fn entry(exercise: &str) -> Option<&'static Entry> {
    TABLE.iter().find(|e| e.exercise == exercise)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exercises;

    #[test]
    fn every_exercise_has_its_place_and_its_own_name_there() {
        assert_eq!(TABLE.len(), 7);
        for exercise in exercises::ALL {
            let entry = entry(exercise.name).unwrap_or_else(|| panic!("{} has no place", exercise.name));
            assert!(!entry.levels.is_empty());
            // The dose of the exercise's own file, where it names one, is the first step's.
            if let (Some(asked), Work::Reps(reps)) = (exercise.dose.reps, entry.levels[0].work) {
                assert_eq!((asked, exercise.dose.sets), (reps, entry.levels[0].sets), "{}", exercise.name);
            }
        }
        let names: std::collections::BTreeSet<&str> = TABLE.iter().map(|e| e.exercise).collect();
        assert_eq!(names.len(), 7);
    }

    /// A step that nothing is judged as could never be climbed, or would be by doing the step below.
    #[test]
    fn every_step_is_a_way_that_its_exercise_knows() {
        for entry in TABLE {
            let Some(exercise) = exercises::by_name(entry.exercise) else { continue };
            for level in entry.levels {
                if let Some(name) = level.variant {
                    assert!(exercise.variant(name).is_some(), "{} has no variant {name}", entry.exercise);
                }
            }
            let same = |a: &Level, b: &Level| a.variant == b.variant && a.work == b.work && a.sets == b.sets;
            for (i, level) in entry.levels.iter().enumerate() {
                assert!(!entry.levels[..i].iter().any(|before| same(before, level)), "{}", level.name);
                let ladder_of_ways = entry.levels.iter().any(|other| other.variant.is_some());
                assert!(level.variant.is_some() || !ladder_of_ways, "{}: any way would do", level.name);
            }
            assert!(
                entry.levels.iter().all(|l| l.sides.is_none_or(|words| words.contains("{}"))),
                "{}",
                entry.exercise
            );
        }
    }

    #[test]
    fn every_step_of_the_plank_is_a_hundred_seconds_of_work() {
        for level in entry("side_plank").unwrap().levels {
            let Work::Holds { secs, .. } = level.work else { panic!("{}", level.name) };
            assert_eq!(secs.iter().sum::<u32>(), 100, "{}", level.name);
        }
    }

    #[test]
    fn doses_are_said_as_people_say_them() {
        assert_eq!(Work::Reps(10).words(), "10 repetitions");
        assert_eq!(hold(&[30]).words(), "hold for 30 seconds");
        assert_eq!(hold(&TENS).words(), "10 holds of 10 seconds, 3 seconds between them");
        assert_eq!(hold(&THIRTIES).words(), "3 holds of 30 seconds and one of 10, 3 seconds between them");
        assert_eq!(Work::Time(120).words(), "2 minutes without a break");
        let signs = [Work::Reps(10), hold(&[30]), hold(&TENS), hold(&THIRTIES), Work::Time(120)].map(Work::sign);
        let short = ["10 repetitions", "hold for 30 s", "10 x 10 s, 3 s between", "3 x 30 s and 10 s, 3 s between"];
        assert_eq!(signs[..4], short);
        assert_eq!(signs[4], "2 min without a break");
    }
}
