//! The course of a session through its plan: introduction, warm-up, then for every set setting up, work, rest, changing sides.
//!
//! Driven by [`Tick`]s: time, whether the start position is held, and what was done since the set began. The caller begins a
//! new [`crate::form::Session`] when a set-up begins and closes it when work ends. It is made for somebody who cannot see
//! the screen: every change is told, and nothing begins before the start position is held.

use super::plan::camera_words;
use super::{Block, Plan, Work};
use crate::form::{Heard, safety};
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
    /// Of the session's clock, which stands still in a pause.
    pub t: Timestamp,
    /// The start gate is open.
    pub ready: bool,
    /// Between two rest positions.
    pub moving: bool,
    /// Complete repetitions, or holds of any length, since the set began.
    pub reps: u32,
    /// Holds of the set that reached their time.
    pub holds: u32,
    /// What is held is held on the side whose turn it is not: known for certain, and told.
    pub wrong_side: bool,
}

/// All there is to show of a session besides the set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Showing {
    pub stage: Stage,
    /// The set that is prepared for, done, or rested from.
    pub block: Option<Block>,
    /// The set that comes after this stage.
    pub coming: Option<Block>,
    /// Seconds left of a stage that ends in time, and how long it is in all.
    pub left_secs: Option<(f64, f64)>,
    /// Place of `block` in the plan, from 1, and the number of sets.
    pub place: (usize, usize),
    /// Whether pain ended it.
    pub pain: bool,
}

impl Showing {
    /// Repetitions or holds asked of the set; `None` where there is one hold, or a time.
    pub fn counted(&self) -> Option<u32> {
        match self.block?.work {
            Work::Reps(n) => Some(n),
            Work::Holds { secs, .. } if secs.len() > 1 => Some(secs.len() as u32),
            Work::Holds { .. } | Work::Time(_) => None,
        }
    }

    /// "set 3 of 11 today", and while the set is on what is asked of it, a line each; nothing between two sets.
    pub fn words(&self) -> Vec<String> {
        let (n, all) = self.place;
        if let Stage::Setup(_) = self.stage {
            return vec![format!("set {n} of {all} today")];
        }
        let of_set = |block: &Block| [format!("set {n} of {all} today")].into_iter().chain(block.asked()).collect();
        self.block.as_ref().map(of_set).unwrap_or_default()
    }
}

/// Time to turn over, seconds.
const SWITCH_SECS: f64 = 8.0;
/// When the time of a set without a break is over, what is being done may be finished, seconds.
const FINISH_SECS: f64 = 10.0;
/// Stages shorter than this have no half time, seconds.
const HALF_TIME_FROM_SECS: f64 = 60.0;

/// A session on its way through a plan.
#[derive(Clone, Debug)]
pub struct Course {
    plan: Plan,
    stage: Stage,
    since: Timestamp,
    now: Timestamp,
    pain: bool,
    /// Work without a break has been begun: its clock runs from the first movement.
    begun: bool,
    /// Holds done of the set.
    holds: u32,
    /// When the pause between two holds is over.
    again_at: Option<Timestamp>,
    /// The wrong side was told of the hold going on.
    side_told: bool,
}

impl Course {
    pub fn new(plan: Plan) -> Course {
        let (since, now) = (Timestamp::ZERO, Timestamp::ZERO);
        let (stage, pain, begun, holds, again_at, side_told) = (Stage::Intro, false, false, 0, None, false);
        Course { plan, stage, since, now, pain, begun, holds, again_at, side_told }
    }

    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    pub fn stage(&self) -> Stage {
        self.stage
    }

    /// The set that is prepared for, done, or rested from.
    pub fn block(&self) -> Option<&Block> {
        match self.stage {
            Stage::Setup(i) | Stage::Work(i) | Stage::Rest(i) | Stage::Switch(i, _) => self.at(i),
            Stage::Intro | Stage::WarmUp | Stage::Done => None,
        }
    }

    /// Seconds left of a stage that ends by itself in time.
    pub fn left_secs(&self) -> Option<f64> {
        let waits = matches!(self.stage, Stage::Work(_)) && !self.begun;
        let gone = if waits { 0.0 } else { self.now.secs_since(self.since) };
        self.lasts().map(|secs| (secs - gone).max(0.0))
    }

    pub fn showing(&self) -> Showing {
        let place = match self.stage {
            Stage::Setup(i) | Stage::Work(i) | Stage::Rest(i) | Stage::Switch(i, _) => i + 1,
            Stage::Intro | Stage::WarmUp | Stage::Done => 0,
        };
        let coming = match self.stage {
            Stage::Intro | Stage::WarmUp => self.at(0),
            Stage::Setup(i) | Stage::Switch(i, _) => self.at(i),
            Stage::Work(i) | Stage::Rest(i) => self.at(i + 1),
            Stage::Done => None,
        };
        Showing {
            stage: self.stage,
            block: self.block().copied(),
            coming: coming.copied(),
            left_secs: self.left_secs().zip(self.lasts()),
            place: (place, self.plan.blocks.len()),
            pain: self.pain,
        }
    }

    /// Takes the next moment, and tells what is heard of it; the stage that begins with it, if one does. Its announcement
    /// is [`Course::announcement`].
    pub fn push(&mut self, tick: &Tick, tell: &mut dyn FnMut(Heard)) -> Option<Stage> {
        if matches!(self.stage, Stage::Work(_)) && tick.moving && !self.begun && self.lasts().is_some() {
            (self.begun, self.since) = (true, tick.t);
        }
        let before = self.left_secs();
        self.now = tick.t;
        self.count_down(before, tell);
        if let Stage::Work(i) = self.stage {
            self.pace(i, tick, tell);
        }
        let in_time = self.left_secs().is_some_and(|left| left <= 0.0);
        let over = match self.stage {
            Stage::Intro | Stage::Done => false,
            Stage::Setup(_) => tick.ready,
            Stage::Work(i) if self.counted_out(i, tick) => true,
            // Whoever is on the way finishes what was begun.
            Stage::Work(_) if in_time && tick.moving => {
                self.lasts().is_some_and(|secs| tick.t.secs_since(self.since) >= secs + FINISH_SECS)
            }
            _ => in_time,
        };
        over.then(|| self.next())
    }

    /// The person wants to go on: out of the introduction, a rest, a set that is enough as it is; a set that was not begun
    /// is left out.
    pub fn go_on(&mut self) -> Stage {
        match self.stage {
            Stage::Setup(i) => self.enter(self.setup(i + 1)),
            _ => self.next(),
        }
    }

    /// Pain ends the session, whatever was still to come.
    pub fn pain(&mut self) -> Stage {
        self.pain = true;
        self.enter(Stage::Done)
    }

    /// What is heard when the present stage begins.
    pub fn announcement(&self) -> Option<Heard> {
        match self.stage {
            Stage::Intro => Some(Heard::Next(self.introduction())),
            Stage::Work(_) => None,
            Stage::WarmUp => {
                let minutes = match self.plan.warm_up_secs {
                    60 => "one minute".to_string(),
                    secs if secs % 60 == 0 => format!("{} minutes", secs / 60),
                    secs => format!("{secs} seconds"),
                };
                Some(Heard::Next(format!("Warm up: walk or march on the spot for {minutes}.")))
            }
            Stage::Setup(i) => self.at(i).map(|b| Heard::Next(b.announcement())),
            Stage::Rest(i) => self.at(i).map(|b| {
                let next = self.at(i + 1).map(|next| format!("Then: {}", next.preview(Some(b))));
                Heard::Rest { secs: b.rest_secs, next: next.unwrap_or_default() }
            }),
            Stage::Switch(_, side) => Some(Heard::Switch(side)),
            Stage::Done if self.pain => Some(Heard::Pain),
            Stage::Done => Some(Heard::Next("That was the programme.".into())),
        }
    }

    fn introduction(&self) -> String {
        let exercises = self.plan.outline().len();
        let plural = if exercises == 1 { "exercise" } else { "exercises" };
        let camera = self.at(0).and_then(Block::camera).map(|place| format!(" Camera {}.", camera_words(place)));
        format!("Today: {exercises} {plural}.{} {} Press N to begin.", camera.unwrap_or_default(), safety::DURING)
    }

    fn at(&self, i: usize) -> Option<&Block> {
        self.plan.blocks.get(i)
    }

    /// Half time and the last seconds of what ends by the clock.
    fn count_down(&self, before: Option<f64>, tell: &mut dyn FnMut(Heard)) {
        let (Some(before), Some(left), Some(all)) = (before, self.left_secs(), self.lasts()) else { return };
        let passed = |mark: f64| before > mark && left <= mark;
        let effort = matches!(self.stage, Stage::WarmUp | Stage::Work(_));
        if effort && all >= HALF_TIME_FROM_SECS && passed(all / 2.0) {
            tell(Heard::HalfTime((all / 2.0).round() as u32));
        }
        if let Some(secs) = (1..=3).find(|secs| passed(f64::from(*secs))) {
            tell(Heard::LastSeconds(secs));
        }
    }

    /// The pause between two holds, and the side.
    fn pace(&mut self, i: usize, tick: &Tick, tell: &mut dyn FnMut(Heard)) {
        let Some(block) = self.at(i).copied() else { return };
        if let Work::Holds { secs, pause_secs } = block.work
            && tick.holds > self.holds
        {
            self.holds = tick.holds;
            let more = (tick.holds as usize) < secs.len();
            self.again_at = more.then(|| tick.t + f64::from(pause_secs));
        }
        if self.again_at.is_some_and(|at| tick.t >= at) {
            self.again_at = None;
            // Whoever is up already needs no call.
            if !tick.moving {
                tell(Heard::Again);
            }
        }
        if tick.wrong_side
            && !self.side_told
            && let Some(side) = block.side
        {
            tell(Heard::WrongSide { turn: side });
        }
        self.side_told = tick.wrong_side || (self.side_told && tick.moving);
    }

    /// A hold let go before its time is done again; whoever cannot hold it so often is done too.
    fn counted_out(&self, i: usize, tick: &Tick) -> bool {
        self.at(i).is_none_or(|block| match block.work {
            Work::Reps(n) => tick.reps >= n,
            Work::Holds { secs, .. } => tick.holds as usize >= secs.len() || tick.reps as usize > 2 * secs.len(),
            Work::Time(_) => false,
        })
    }

    /// How long the present stage lasts at most.
    fn lasts(&self) -> Option<f64> {
        match self.stage {
            Stage::WarmUp => Some(f64::from(self.plan.warm_up_secs)),
            Stage::Rest(i) => self.at(i).map(|b| f64::from(b.rest_secs)),
            Stage::Switch(..) => Some(SWITCH_SECS),
            Stage::Work(i) => match self.at(i)?.work {
                Work::Time(secs) => Some(f64::from(secs)),
                Work::Reps(_) | Work::Holds { .. } => None,
            },
            Stage::Intro | Stage::Setup(_) | Stage::Done => None,
        }
    }

    fn next(&mut self) -> Stage {
        let next = match self.stage {
            Stage::Intro if self.plan.warm_up_secs > 0 => Stage::WarmUp,
            Stage::Intro | Stage::WarmUp => self.setup(0),
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
        (self.begun, self.holds, self.again_at, self.side_told) = (false, 0, None, false);
        stage
    }

    fn setup(&self, i: usize) -> Stage {
        if self.at(i).is_some() { Stage::Setup(i) } else { Stage::Done }
    }

    /// After work: the other side of the same exercise at once, anything else after a rest, nothing after the last.
    fn after(&self, i: usize) -> Stage {
        let (Some(done), Some(next)) = (self.at(i), self.at(i + 1)) else { return Stage::Done };
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
            let level = &entry.levels[0];
            for &side in level.each_side() {
                whole.blocks.extend((1..=level.sets).map(|set| Block::new(entry, level, side, set)));
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
                assert_eq!(course.plan.blocks[i], *block);
                tick.moving = true;
                match block.work {
                    Work::Reps(_) => tick.reps = (inside / 4.0) as u32,
                    Work::Holds { secs, pause_secs } => {
                        let mut at = 0.0;
                        for secs in secs {
                            at += f64::from(*secs);
                            tick.holds += u32::from(inside >= at);
                            at += f64::from(pause_secs);
                        }
                    }
                    // Up and down every four seconds.
                    Work::Time(_) => tick.moving = inside % 4.0 < 3.0,
                }
            }
            if let Some(stage) = course.push(&tick, &mut |_| {}) {
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
        let order: Vec<String> = two.outline().into_iter().map(|(title, _)| title).collect();
        assert_eq!(
            (two.blocks.len(), order),
            (3, vec!["Hip hinge".to_string(), "Squat".into()]),
            "in the order that was chosen"
        );
    }

    #[test]
    fn a_rest_can_be_cut_short_and_pain_ends_everything() {
        let mut course = Course::new(plan(&["hip_hinge"], &[]));
        assert_eq!(course.go_on(), Stage::WarmUp);
        assert_eq!(course.go_on(), Stage::Setup(0));
        let announced = format!("{:?}", course.announcement());
        assert!(announced.contains("Hip hinge. Set 1 of 2. 10 repetitions."), "{announced}");
        let tick = Tick { t: Timestamp::from_secs(1.0), ready: true, ..Tick::default() };
        assert_eq!(course.push(&tick, &mut |_| {}), Some(Stage::Work(0)));
        assert_eq!(course.go_on(), Stage::Rest(0), "enough for today");
        assert_eq!(course.left_secs(), Some(60.0));
        assert_eq!(course.go_on(), Stage::Setup(1));
        assert_eq!(course.pain(), Stage::Done);
        assert!(matches!(course.announcement(), Some(Heard::Pain)));
        assert_eq!(course.push(&tick, &mut |_| {}), None);
    }

    /// A course at work on its first set, which began at 10 s; told are the words and tones of each tick.
    fn at_work(name: &str) -> Course {
        let mut course = Course::new(Plan { warm_up_secs: 0, ..plan(&[name], &[]) });
        assert_eq!(course.go_on(), Stage::Setup(0), "no warm-up was wished for");
        let ready = Tick { t: Timestamp::from_secs(10.0), ready: true, ..Tick::default() };
        assert_eq!(course.push(&ready, &mut |_| {}), Some(Stage::Work(0)));
        course
    }

    fn told(course: &mut Course, tick: Tick) -> (Vec<String>, Option<Stage>) {
        let mut all = Vec::new();
        let stage = course.push(&tick, &mut |heard| all.push(format!("{heard:?}")));
        (all, stage)
    }

    #[test]
    fn the_two_minutes_run_from_the_first_movement_and_the_last_one_is_finished() {
        let mut course = at_work("dead_bug");
        let mut push = |secs: f64, moving: bool| {
            told(&mut course, Tick { t: Timestamp::from_secs(secs), ready: true, moving, ..Tick::default() })
        };
        assert_eq!(push(15.0, false), (vec![], None), "lying in position is no work yet");
        push(20.0, true);
        assert_eq!(push(80.0, false).0, ["HalfTime(60)"]);
        assert_eq!(push(137.0, true).0, ["LastSeconds(3)"]);
        assert_eq!(push(140.5, true), (vec!["LastSeconds(1)".into()], None), "a leg is on its way");
        assert_eq!(push(142.0, false).1, Some(Stage::Done));
    }

    #[test]
    fn between_two_holds_the_pause_is_called_and_the_wrong_side_is_told_once() {
        let mut course = at_work("side_plank");
        let tick = |secs: f64| Tick { t: Timestamp::from_secs(secs), ready: true, ..Tick::default() };
        assert!(told(&mut course, Tick { wrong_side: true, moving: true, ..tick(12.0) }).0[0].contains("Left"));
        // Doubted, and seen again: said once a hold.
        for (secs, wrong_side) in [(13.0, true), (13.5, false), (14.0, true)] {
            assert!(told(&mut course, Tick { wrong_side, moving: true, ..tick(secs) }).0.is_empty());
        }
        told(&mut course, Tick { holds: 1, moving: true, ..tick(30.0) });
        assert!(told(&mut course, Tick { holds: 1, ..tick(32.9) }).0.is_empty());
        assert_eq!(told(&mut course, Tick { holds: 1, ..tick(33.1) }).0, ["Again"]);
        // Let go early twenty times, and still not done ten times.
        assert_eq!(told(&mut course, Tick { holds: 3, reps: 20, ..tick(300.0) }).1, None);
        assert_eq!(
            told(&mut course, Tick { holds: 3, reps: 21, ..tick(320.0) }).1,
            Some(Stage::Switch(1, Side::Right))
        );
    }

    #[test]
    fn the_end_of_a_rest_is_counted_down_and_its_beginning_says_what_comes() {
        let mut course = at_work("hip_hinge");
        assert_eq!(course.go_on(), Stage::Rest(0));
        let Some(Heard::Rest { secs, next }) = course.announcement() else { panic!() };
        assert_eq!((secs, next.as_str()), (60, "Then: hip hinge, set 2 of 2."));
        let heard: Vec<String> = (100..=700)
            .flat_map(|tenth| {
                told(&mut course, Tick { t: Timestamp::from_secs(f64::from(tenth) / 10.0), ..Tick::default() }).0
            })
            .collect();
        assert_eq!(heard, ["LastSeconds(3)", "LastSeconds(2)", "LastSeconds(1)"]);
        assert_eq!(course.stage(), Stage::Setup(1));
    }

    #[test]
    fn a_set_that_was_not_begun_is_left_out() {
        let mut course = Course::new(plan(&["squat", "hip_hinge"], &[]));
        course.go_on();
        course.go_on();
        assert_eq!(course.stage(), Stage::Setup(0));
        assert_eq!(course.go_on(), Stage::Setup(1), "nothing begins before the person is in position");
    }
}
