//! The course of a session through its plan: introduction, warm-up, then for every set setting up, work, rest, changing sides.
//!
//! Driven by [`Tick`]s: time, whether the start position is held, and what was done since the set began. The caller begins a
//! new [`crate::form::Session`] when a set-up begins and closes it when work ends.

use super::{Block, Plan, Work};
use crate::form::Heard;
use crate::units::{Side, Timestamp};

/// Where the session stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Stage {
    /// Reading what comes; [`Course::go_on`] leads out.
    Intro,
    /// Moving to get warm, as the article asks before stretching.
    WarmUp,
    /// Getting into position for this block of the plan.
    Setup(usize),
    /// Doing it.
    Work(usize),
    /// Resting after this block.
    Rest(usize),
    /// Turning to the other side, which the next block is for.
    Switch(usize, Side),
    Done,
}

/// One moment of a session.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Tick {
    pub t: Timestamp,
    /// The start gate is open.
    pub ready: bool,
    /// Complete repetitions since the set began.
    pub reps: u32,
    /// Holds of the set that ended or reached their time.
    pub holds: u32,
}

/// Walking or marching on the spot before the stretches. The article only says "after a warm-up"; five minutes are ours.
const WARM_UP_SECS: f64 = 300.0;
/// Time to turn over, seconds.
const SWITCH_SECS: f64 = 8.0;

/// A session on its way through a plan.
#[derive(Clone, Debug)]
pub struct Course {
    blocks: Vec<Block>,
    stage: Stage,
    since: Timestamp,
    now: Timestamp,
    pain: bool,
}

impl Course {
    pub fn new(plan: Plan) -> Course {
        let (since, now) = (Timestamp::ZERO, Timestamp::ZERO);
        Course { blocks: plan.blocks, stage: Stage::Intro, since, now, pain: false }
    }

    pub fn stage(&self) -> Stage {
        self.stage
    }

    /// The set that is prepared for, done, or rested from.
    pub fn block(&self) -> Option<&Block> {
        match self.stage {
            Stage::Setup(i) | Stage::Work(i) | Stage::Rest(i) | Stage::Switch(i, _) => self.blocks.get(i),
            Stage::Intro | Stage::WarmUp | Stage::Done => None,
        }
    }

    /// Seconds left of a stage that ends by itself in time.
    pub fn left_secs(&self) -> Option<f64> {
        self.lasts().map(|secs| (secs - self.now.secs_since(self.since)).max(0.0))
    }

    /// Takes the next moment; the stage that begins with it, if one does.
    pub fn push(&mut self, tick: &Tick) -> Option<Stage> {
        self.now = tick.t;
        let over = match self.stage {
            Stage::Intro | Stage::Done => false,
            Stage::Setup(_) => tick.ready,
            Stage::Work(i) if self.counted_out(i, tick) => true,
            _ => self.left_secs().is_some_and(|left| left <= 0.0),
        };
        over.then(|| self.next())
    }

    /// The person wants to go on: out of the introduction, a rest, or a set that is enough as it is.
    pub fn go_on(&mut self) -> Stage {
        self.next()
    }

    /// Pain ends the session, whatever was still to come.
    pub fn pain(&mut self) -> Stage {
        self.pain = true;
        self.enter(Stage::Done)
    }

    /// What is heard when the present stage begins.
    pub fn announcement(&self) -> Option<Heard> {
        let block = |i: usize| self.blocks.get(i);
        match self.stage {
            Stage::Intro | Stage::Work(_) => None,
            Stage::WarmUp => Some(Heard::Next("Warm up: walk or march on the spot for five minutes.".into())),
            Stage::Setup(i) => block(i).map(|b| Heard::Next(b.announcement())),
            Stage::Rest(i) => block(i).map(|b| Heard::Rest(b.entry.rest_secs)),
            Stage::Switch(_, side) => Some(Heard::Switch(side)),
            Stage::Done if self.pain => Some(Heard::Pain),
            Stage::Done => Some(Heard::Next("That was the programme.".into())),
        }
    }

    /// The whole session as text, one line each.
    pub fn outline(&self) -> Vec<String> {
        self.blocks.iter().map(Block::title).collect()
    }

    fn counted_out(&self, i: usize, tick: &Tick) -> bool {
        self.blocks.get(i).is_none_or(|block| match block.level.work {
            Work::Reps(n) => tick.reps >= n,
            Work::Holds { secs, .. } => tick.holds as usize >= secs.len(),
            Work::Time(_) => false,
        })
    }

    /// How long the present stage lasts at most.
    fn lasts(&self) -> Option<f64> {
        match self.stage {
            Stage::WarmUp => Some(WARM_UP_SECS),
            Stage::Rest(i) => self.blocks.get(i).map(|b| f64::from(b.entry.rest_secs)),
            Stage::Switch(..) => Some(SWITCH_SECS),
            Stage::Work(i) => match self.blocks.get(i)?.level.work {
                Work::Time(secs) => Some(f64::from(secs)),
                Work::Reps(_) | Work::Holds { .. } => None,
            },
            Stage::Intro | Stage::Setup(_) | Stage::Done => None,
        }
    }

    fn next(&mut self) -> Stage {
        let next = match self.stage {
            Stage::Intro => Stage::WarmUp,
            Stage::WarmUp => self.setup(0),
            Stage::Setup(i) => Stage::Work(i),
            Stage::Work(i) => self.after(i),
            Stage::Rest(i) => self.setup(i + 1),
            Stage::Switch(i, _) => self.setup(i),
            Stage::Done => Stage::Done,
        };
        self.enter(next)
    }

    fn enter(&mut self, stage: Stage) -> Stage {
        (self.stage, self.since) = (stage, self.now);
        stage
    }

    fn setup(&self, i: usize) -> Stage {
        if i < self.blocks.len() { Stage::Setup(i) } else { Stage::Done }
    }

    /// After work: the other side of the same exercise at once, anything else after a rest, nothing after the last.
    fn after(&self, i: usize) -> Stage {
        let (Some(done), Some(next)) = (self.blocks.get(i), self.blocks.get(i + 1)) else { return Stage::Done };
        match next.side {
            Some(side) if next.entry == done.entry && next.side != done.side => Stage::Switch(i + 1, side),
            _ => Stage::Rest(i),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::programme::{TABLE, plan};

    /// A plan of exercises whether or not this build can judge them.
    fn all() -> Plan {
        let mut whole = Plan::default();
        for entry in TABLE {
            let sides: &[Option<Side>] = if entry.sides { &[Some(Side::Left), Some(Side::Right)] } else { &[None] };
            let level = &entry.levels[0];
            for &side in sides {
                whole.blocks.extend((1..=level.sets).map(|set| Block { entry, level, side, set }));
            }
        }
        whole
    }

    /// Somebody who takes 5 s to get into position, 4 s a repetition, and holds what is asked.
    fn played(mut course: Course) -> Vec<(f64, String)> {
        let mut told = vec![(0.0, format!("{:?}", course.stage()))];
        course.go_on();
        told.push((0.0, format!("{:?}", course.stage())));
        for tenth in 0..40_000_u32 {
            let t = Timestamp::from_secs(f64::from(tenth) / 10.0);
            let inside = t.secs_since(course.since);
            let mut tick = Tick { t, ready: inside >= 5.0, ..Tick::default() };
            if let (Stage::Work(i), Some(block)) = (course.stage(), course.block()) {
                assert_eq!(course.blocks[i], *block);
                match block.level.work {
                    Work::Reps(_) => tick.reps = (inside / 4.0) as u32,
                    Work::Holds { secs, pause_secs } => {
                        let mut at = 0.0;
                        for secs in secs {
                            at += f64::from(*secs);
                            tick.holds += u32::from(inside >= at);
                            at += f64::from(pause_secs);
                        }
                    }
                    Work::Time(_) => {}
                }
            }
            if let Some(stage) = course.push(&tick) {
                let what = match stage {
                    Stage::Setup(_) => course.block().map(Block::title).unwrap_or_default(),
                    stage => format!("{stage:?}"),
                };
                told.push((t.secs(), what));
            }
            if course.stage() == Stage::Done {
                break;
            }
        }
        told
    }

    #[test]
    fn the_whole_programme_runs_from_the_first_word_to_the_last() {
        let told = played(Course::new(all()));
        let text: Vec<&str> = told.iter().map(|(_, what)| what.as_str()).collect();
        assert_eq!(text[..3], ["Intro", "WarmUp", "Half-kneeling hip flexor stretch, left side: 30 s"]);
        assert_eq!(told[2].0, 300.0, "the warm-up lasts five minutes");
        assert_eq!(text[3..6], ["Work(0)", "Switch(1, Right)", "Half-kneeling hip flexor stretch, right side: 30 s"]);
        assert_eq!((told[3].0, told[4].0, told[5].0), (305.0, 335.0, 343.0), "5 s set-up, 30 s, 8 s to turn");
        let hinge: Vec<&&str> = text.iter().filter(|what| what.starts_with("Hip hinge")).collect();
        assert_eq!(
            hinge,
            [&"Hip hinge, set 1 of 2: with a dowel, 2 x 10", &"Hip hinge, set 2 of 2: with a dowel, 2 x 10"]
        );
        assert_eq!(*text.last().unwrap(), "Done");
        // Seven exercises, three of them on two sides, one in two sets; each set is prepared for, done, and followed.
        let count = |start: &str| text.iter().filter(|what| what.starts_with(start)).count();
        assert_eq!((count("Work"), count("Switch"), count("Rest")), (11, 3, 7));
        assert!((15.0..30.0).contains(&(told.last().unwrap().0 / 60.0)), "{:.0} min", told.last().unwrap().0 / 60.0);
    }

    #[test]
    fn what_this_build_has_is_planned_the_rest_is_named() {
        let plan = plan(&[], &[]);
        let known = crate::exercises::ALL.len();
        assert_eq!(plan.left_out.len(), 7 - known);
        let mut planned: Vec<&str> = plan.blocks.iter().map(|b| b.entry.exercise).collect();
        planned.dedup();
        assert_eq!(planned.len(), known);
        assert!(plan.blocks.iter().all(|b| b.exercise().is_some()));
        let two = super::super::plan(&["hip_hinge", "squat"], &[]);
        assert_eq!(Course::new(two).outline().len(), 3, "in the order that was chosen, two sets of hinges first");
    }

    #[test]
    fn a_rest_can_be_cut_short_and_pain_ends_everything() {
        let mut course = Course::new(plan(&["hip_hinge"], &[]));
        assert_eq!(course.go_on(), Stage::WarmUp);
        assert_eq!(course.go_on(), Stage::Setup(0));
        let announced = format!("{:?}", course.announcement());
        assert!(announced.contains("Hip hinge. Set 1 of 2. 10 repetitions."), "{announced}");
        let tick = Tick { t: Timestamp::from_secs(1.0), ready: true, ..Tick::default() };
        assert_eq!(course.push(&tick), Some(Stage::Work(0)));
        assert_eq!(course.go_on(), Stage::Rest(0), "enough for today");
        assert_eq!(course.left_secs(), Some(60.0));
        assert_eq!(course.go_on(), Stage::Setup(1));
        assert_eq!(course.pain(), Stage::Done);
        assert!(matches!(course.announcement(), Some(Heard::Pain)));
        assert_eq!(course.push(&tick), None);
    }
}
