//! One set, from the first picture to the report.
//!
//! 1. The tracker turns observations into steady poses; kinematics measures them.
//! 2. The gate opens on a quiet start position; the person's baseline is taken there, and again in later quiet pauses.
//! 3. A machine for each counting signal (one, or one a side) finds repetitions or holds in it.
//! 4. Half a second after one (or when the next begins) its rules are judged; faults are cued while it goes on, and stop
//!    the timer of a hold for as long as they last.

use super::bout::{Bout, Done, MARGIN_SECS, Timer};
use super::cue::{Coach, back_unseen};
use super::exercise::NEARLY;
use super::gate::{Doorkeeper, Gate};
use super::judge::judge;
use super::lane::{LANES, Lane, OwnSignal, SIDE_MARGIN};
use super::machine::{Event, Kind, Movement, Phase};
use super::notice::Tally;
use super::recognise::Recogniser;
use super::score::{Score, median};
use super::stopwatch::Stopwatch;
use super::{
    Attempt, Detect, Exercise, Finding, Hold, HoldStep, Notice, Outcome, Rep, Scope, SessionReport, Signal, Step,
    Variant, Works, safety,
};
use crate::kinematics::{Baseline, Kinematics, Knows, Position, Sample, Unseen, View};
use crate::pose::trust::Trust;
use crate::pose::{Landmark, Observation};
use crate::track::{Filter, Gate as ScoreGate, Pose, Tracker};
use crate::units::{Side, Timestamp};
use std::collections::BTreeMap;

/// How a set is judged.
#[derive(Clone, Debug)]
pub struct SessionOptions {
    pub filter: Filter,
    /// The landmarks the model knows; empty: all.
    pub landmarks: Vec<Landmark>,
    /// Which scores are believed.
    pub scores: ScoreGate,
    /// The variant being done; `None`: the first that the start position shows.
    pub variant: Option<&'static Variant>,
    /// Seconds asked of each hold in turn, a hold let go early asked for again; empty: as the exercise's own ladder says.
    pub holds_secs: Vec<u32>,
    /// What was measured of the model's errors: its margins take the place of assumed ones where they are wider.
    pub trust: Trust,
}

impl SessionOptions {
    /// A model that knows every landmark and whose errors are as assumed.
    pub fn new(filter: Filter) -> SessionOptions {
        SessionOptions {
            filter,
            landmarks: Vec::new(),
            scores: ScoreGate::default(),
            trust: Trust::default(),
            variant: None,
            holds_secs: Vec::new(),
        }
    }
}

/// A quiet pause this long at the start position renews the baseline, seconds.
const RENEW_SECS: f64 = 2.0;
/// Nobody in view for longer than this closes the set until the start position is seen again, seconds.
const GONE_SECS: f64 = 3.0;
/// How often what goes on is looked at for faults, seconds.
const LOOK_SECS: f64 = 0.1;
/// Samples kept while nothing happens, seconds: enough to find where a movement began.
const KEPT_SECS: f64 = 3.0;
/// The person's own rest is believed within this part of a full movement around the usual one; before a hold within more,
/// for its start position is held to degrees anyway, and from a usual rest far from the own one a hold would begin, or not
/// end, at rest.
const REST_RANGE: f64 = 0.25;
const REST_RANGE_OF_HOLDS: f64 = 0.5;
/// Which limb moves is what most pictures show for so long from the first that tells, seconds. Of 52 drawn bird dogs looked at
/// in turn 49 sides are right by these, 45 by the whole hold; of 60 hamstring stretches 55 and 38.
const SIDE_SECS: f64 = 0.7;

/// The side that is told more often.
fn most(sides: impl Iterator<Item = Side>) -> Option<Side> {
    let (left, right) = sides.fold((0, 0), |(left, right), side| match side {
        Side::Left => (left + 1, right),
        Side::Right => (left, right + 1),
    });
    if left == right { None } else { Some(if left > right { Side::Left } else { Side::Right }) }
}

/// Judges one set.
pub struct Session {
    tracker: Tracker,
    set: Set,
}

impl Session {
    pub fn new(exercise: &'static Exercise, options: &SessionOptions) -> Session {
        Session { tracker: Tracker::with_gate(options.filter, options.scores), set: Set::new(exercise, options) }
    }

    /// Takes the next observation; calls `show` for every step that became final (one per observation, in order; a
    /// recorded filter answers a few pictures late).
    pub fn push(&mut self, observation: &Observation, show: &mut dyn FnMut(&Step)) {
        let Session { tracker, set } = self;
        tracker.push(observation, &mut |pose| set.take(pose, show));
    }

    /// The athlete reports pain: whatever was measured, the report carries no score and says to stop (RULES.md F). The
    /// caller then ends the set with [`Session::finish`].
    pub fn report_pain(&mut self) {
        self.set.pain = true;
    }

    /// The person pauses: a movement that was going on is dropped as if it had not begun; a hold that was long enough
    /// counts as far as it came.
    pub fn interrupt(&mut self) {
        self.set.interrupt();
    }

    /// Repetitions or holds judged by now: those counted, except one that waits for what comes after it.
    pub fn judged(&self) -> usize {
        self.set.done.len()
    }

    /// The report as it would be if nothing more came: what is judged by now.
    pub fn so_far(&self) -> SessionReport {
        self.set.report()
    }

    /// Flushes the last steps and closes the set.
    pub fn finish(mut self, show: &mut dyn FnMut(&Step)) -> SessionReport {
        let set = &mut self.set;
        self.tracker.finish(&mut |pose| set.take(pose, show));
        self.set.close()
    }
}

/// Everything after tracking.
struct Set {
    exercise: &'static Exercise,
    /// Chosen beforehand.
    chosen: Option<&'static Variant>,
    variant: Option<&'static Variant>,
    /// The start position that showed the variant.
    position: Option<Position>,
    /// As [`SessionOptions::holds_secs`].
    asked_holds: Vec<u32>,
    trust: Trust,
    kinematics: Kinematics,
    door: Doorkeeper,
    rest: Option<AtRest>,
    lanes: [Lane; LANES],
    coach: Coach,
    tally: Tally,
    recogniser: Recogniser,
    /// The last seconds, and all of what goes on. The lanes' progress runs beside it.
    samples: Vec<Sample>,
    /// Counted, waiting for what comes after it.
    pending: Option<Counted>,
    /// Of the hold going on.
    stopwatch: Stopwatch,
    /// When what goes on was last looked at.
    looked: Timestamp,
    last_present: Timestamp,
    reps: Vec<Rep>,
    holds: Vec<Hold>,
    /// Judged repetitions or holds, as rules of the set see them.
    done: Vec<Done>,
    counted: u32,
    attempts: Vec<Attempt>,
    own_best: Vec<Option<f64>>,
    set_findings: Vec<Finding>,
    frames: u64,
    last: Timestamp,
    pain: bool,
}

/// The person's own start position.
struct AtRest {
    baseline: Baseline,
    /// As the set began, from the same position: who stops short of it time and again does not thereby stand tall.
    first: Sample,
    /// One, or one of each side.
    signals: Vec<OwnSignal>,
}

/// A movement, the lane that found it, and whose it was.
#[derive(Clone, Copy)]
struct Counted {
    movement: Movement,
    lane: usize,
    side: Option<Side>,
}

impl Set {
    fn new(exercise: &'static Exercise, options: &SessionOptions) -> Set {
        Set {
            exercise,
            chosen: options.variant,
            variant: options.variant,
            position: None,
            asked_holds: options.holds_secs.clone(),
            trust: options.trust.clone(),
            kinematics: Kinematics::new(Knows::of(&options.landmarks), exercise.posture),
            door: Doorkeeper::new(),
            rest: None,
            lanes: std::array::from_fn(|_| Lane::new(&exercise.counting)),
            coach: Coach::default(),
            tally: Tally::default(),
            recogniser: Recogniser::new(&options.landmarks),
            samples: Vec::new(),
            pending: None,
            stopwatch: Stopwatch::default(),
            looked: Timestamp::ZERO,
            last_present: Timestamp::ZERO,
            reps: Vec::new(),
            holds: Vec::new(),
            done: Vec::new(),
            counted: 0,
            attempts: Vec::new(),
            own_best: vec![None; exercise.rules.len()],
            set_findings: Vec::new(),
            frames: 0,
            last: Timestamp::ZERO,
            pain: false,
        }
    }

    fn take(&mut self, pose: Pose, show: &mut dyn FnMut(&Step)) {
        let t = pose.t;
        (self.frames, self.last) = (self.frames + 1, t);
        if pose.present {
            self.last_present = t;
        }
        self.recogniser.push(&pose);
        let sample = self.kinematics.observe(&pose, self.rest.as_ref().map(|r| &r.baseline));
        self.keep_door(t, &sample);
        self.tally.count(&pose, &sample, self.door.gate());

        for (i, lane) in self.lanes.iter_mut().enumerate() {
            lane.observe(self.rest.as_ref().and_then(|rest| rest.signals.get(i)), &sample);
        }
        self.samples.push(sample.clone());
        let counted = self.door.gate() == Gate::Open && self.count(t);
        if self.pending.is_some_and(|counted| t.secs_since(counted.movement.end) >= MARGIN_SECS) {
            self.judge_pending();
        }
        self.time(t);
        self.look(t);
        self.forget(t);

        let foremost = self.foremost();
        show(&Step {
            pose,
            sample,
            gate: self.door.gate(),
            phase: foremost.phase(),
            progress: foremost.now(),
            reps: self.counted,
            attempts: self.attempts.len() as u32,
            not_counted: self.attempts.last().map(|attempt| attempt.why),
            counted,
            hold: self.hold_step(t),
            next_side: self.next_side(),
            cue: self.coach.showing(t),
            news: self.coach.news(),
        });
    }

    fn resting(&self) -> bool {
        self.lanes.iter().all(Lane::is_resting)
    }

    /// The lane to show: the one further on, the first of equals.
    fn foremost(&self) -> &Lane {
        let [first, second] = &self.lanes;
        let ahead = |lane: &Lane| (!lane.is_resting(), lane.now().unwrap_or(f64::NEG_INFINITY));
        if ahead(second) > ahead(first) { second } else { first }
    }

    /// Opens and shuts the gate, takes and renews the baseline.
    fn keep_door(&mut self, t: Timestamp, sample: &Sample) {
        let opened = self.door.watch(self.exercise, sample);
        let open = self.door.gate() == Gate::Open;
        let resting = self.resting();
        let settled = self.door.settled_secs(t);
        // Whoever settles in another start position (a heel put up, a foot lifted, lain down) begins from there.
        let elsewhere = !self.exercise.variants.is_empty()
            && (self.position != sample.position.ok() || self.stands_otherwise(sample))
            && settled >= self.exercise.settle_secs;
        if opened || (open && resting && (elsewhere || settled >= RENEW_SECS)) {
            self.take_baseline(t, sample);
        } else if open
            && (t.secs_since(self.last_present) > GONE_SECS || (resting && self.door.has_left(self.exercise, sample)))
        {
            self.leave(t);
        }
    }

    /// On the other leg than at the start, or on one instead of two.
    fn stands_otherwise(&self, sample: &Sample) -> bool {
        let began = self.rest.as_ref().map(|rest| rest.baseline.rest.standing);
        sample.standing.is_ok() && began.is_some_and(|began| began != sample.standing)
    }

    fn take_baseline(&mut self, t: Timestamp, sample: &Sample) {
        // What came before the new baseline is compared with the one that it was done from.
        self.judge_pending();
        let secs = self.door.settled_secs(t).min(RENEW_SECS);
        let taken = self.kinematics.capture(secs).ok().and_then(|baseline| {
            let detected = self.exercise.variant_at_start(&baseline.rest);
            // Within a set the way of doing it stays what it began as, unless it begins from elsewhere.
            let began = self.variant.filter(|variant| {
                let shown = matches!(variant.detect, Detect::Movement(_));
                self.counted > 0 && (shown || self.position == sample.position.ok())
            });
            let variant = self.chosen.or(began).or(detected);
            let signals = self.exercise.signals(sample.view, variant);
            (!signals.is_empty()).then_some((baseline, variant, signals))
        });
        self.door.restart(t);
        let Some((baseline, variant, signals)) = taken else {
            // Seen well enough to stay still in, not to measure from: wait for better.
            if self.rest.is_none() {
                self.door.shut();
            }
            return;
        };
        // Both sides begin alike: one that is hidden behind the other rests as that one does.
        let seen = |signal: &'static Signal| (signal.measure)(&baseline.rest).ok();
        let either = signals.iter().copied().find_map(seen);
        let range = if self.exercise.counting.holds().is_some() { REST_RANGE_OF_HOLDS } else { REST_RANGE };
        let own = |signal: &'static Signal| {
            let usual = range * (signal.target - signal.rest).abs();
            let value = seen(signal).or(either).unwrap_or(signal.rest);
            OwnSignal { signal, rest: value.clamp(signal.rest - usual, signal.rest + usual) }
        };
        let signals = signals.into_iter().map(own).collect();
        let as_before = self.position == sample.position.ok() && !self.stands_otherwise(sample);
        let first = self.rest.take().filter(|_| as_before).map_or_else(|| baseline.rest.clone(), |rest| rest.first);
        (self.variant, self.position) = (variant, sample.position.ok());
        self.rest = Some(AtRest { baseline, first, signals });
    }

    /// The person left: what was going on is abandoned, the baseline with it.
    fn leave(&mut self, t: Timestamp) {
        for i in 0..LANES {
            if let Some(event) = self.lanes[i].abandon(t, "lost from view") {
                self.settle(i, event);
            }
        }
        self.judge_pending();
        self.door.shut();
        self.rest = None;
    }

    fn interrupt(&mut self) {
        for i in 0..LANES {
            match self.lanes[i].abandon(self.last, "paused") {
                Some(Event::Ended(Movement { kind: Kind::Attempt(_), .. })) | None => {}
                Some(event) => self.settle(i, event),
            }
        }
    }

    /// Feeds the machines; true when a repetition or hold was counted now.
    fn count(&mut self, t: Timestamp) -> bool {
        let before = self.counted;
        for i in 0..LANES {
            if let Some(event) = self.lanes[i].push(t) {
                self.settle(i, event);
            }
        }
        self.counted > before
    }

    fn settle(&mut self, lane: usize, event: Event) {
        match event {
            Event::Started => {
                self.judge_pending();
                if self.lanes.iter().enumerate().all(|(i, other)| i == lane || other.is_resting()) {
                    self.stopwatch = Stopwatch::default();
                }
            }
            Event::Ignored => {}
            Event::Ended(movement) if self.lanes[lane].was_told(&movement) => {}
            Event::Ended(movement) => {
                self.judge_pending();
                let both = self.both_at_once(lane, &movement);
                match movement.kind {
                    Kind::Full => self.count_full(movement, lane, both),
                    Kind::Attempt(why) => self.attempts.push(Attempt {
                        start: movement.left,
                        turn: movement.turn,
                        end: movement.end,
                        progress: movement.peak,
                        why,
                    }),
                }
            }
        }
    }

    /// Whether the other side did the same at the turn; its lane then need not tell it again.
    fn both_at_once(&mut self, lane: usize, movement: &Movement) -> bool {
        let turn = self.samples.partition_point(|s| s.t < movement.turn);
        let mut both = false;
        for (_, other) in self.lanes.iter_mut().enumerate().filter(|(i, _)| *i != lane) {
            let progress = other.progress.get(turn).copied().flatten();
            if progress.is_some_and(|p| p >= movement.peak - SIDE_MARGIN) {
                other.tell(movement);
                both = true;
            }
        }
        both
    }

    fn count_full(&mut self, movement: Movement, lane: usize, both: bool) {
        let side = if both { None } else { self.side_of(&movement, lane) };
        let counted = Counted { movement, lane, side };
        let refused =
            self.bout(&counted, Some(movement.end)).and_then(|bout| self.exercise.counting.is_this(&bout).err());
        match refused {
            Some(why) => self.tally.refused(why),
            None => {
                self.counted += 1;
                self.pending = Some(counted);
            }
        }
    }

    /// Whose movement it is, by what most of the samples show, where the picture tells: from the turn to the end, or in the
    /// first that tell.
    fn side_of(&self, movement: &Movement, lane: usize) -> Option<Side> {
        let shown = |from, tells: fn(&Sample) -> Option<Side>| {
            let span = self.samples.iter().filter(move |s| (from..=movement.end).contains(&s.t));
            span.filter_map(move |s| Some((s.t, tells(s)?)))
        };
        match self.rest.as_ref()?.signals.get(lane)?.signal.works {
            Works::Together => None,
            Works::One(side) | Works::Named(side, _) => Some(side),
            Works::Seen(tells) => most(shown(movement.turn, tells).map(|(_, side)| side)),
            Works::Moves(tells) => {
                let first = shown(movement.left, tells).next()?.0;
                let early = shown(movement.left, tells).take_while(|(t, _)| t.secs_since(first) <= SIDE_SECS);
                most(early.map(|(_, side)| side))
            }
        }
    }

    /// Judges the counted repetition or hold that waited for what comes after it.
    fn judge_pending(&mut self) {
        let Some(counted) = self.pending.take() else { return };
        let Some(bout) = self.bout(&counted, Some(counted.movement.end)) else { return };
        let findings = self.findings(&bout, Scope::Bout);
        let set_findings = self.findings(&bout, Scope::Set);
        let bests = self.bests(&bout);
        let done = Done {
            side: bout.side,
            start: bout.start_time(),
            end: bout.end_time(),
            credited_secs: bout.timer.map_or(0.0, |timer| timer.credited_secs),
        };
        let (n, view, turn, timer, variant) = (bout.n, bout.view, bout.turn_time(), bout.timer, bout.variant);
        let signal = self.rest.as_ref().and_then(|r| r.signals.get(counted.lane)).map(|own| own.signal);
        let peak = signal.and_then(|s| (s.measure)(&bout.samples[bout.turn]).ok()).unwrap_or_default();
        self.variant = variant;
        let Score { points: score, coverage, contributions } = Score::of(&findings);
        self.coach.after(self.last, &findings, score.is_some());
        let Done { side, start, end, .. } = done;
        match timer {
            None => {
                let peak_of = signal.map_or("", |s| s.what);
                let rep =
                    Rep { n, side, start, turn, end, peak, peak_of, view, findings, score, coverage, contributions };
                self.reps.push(rep);
            }
            Some(Timer { credited_secs, target_secs }) => {
                let first_fault = self.stopwatch.first_fault().filter(|&at| at <= end);
                let start = turn;
                let hold = Hold {
                    n,
                    side,
                    start,
                    end,
                    credited_secs,
                    target_secs,
                    first_fault,
                    view,
                    findings,
                    score,
                    coverage,
                    contributions,
                };
                self.holds.push(hold);
            }
        }
        for (best, value) in self.own_best.iter_mut().zip(bests) {
            *best = [*best, value].into_iter().flatten().reduce(f64::max);
        }
        self.done.push(done);
        self.set_findings = set_findings;
    }

    fn findings(&self, bout: &Bout, scope: Scope) -> Vec<Finding> {
        let rules = self.exercise.rules.iter().zip(&self.own_best).filter(|(rule, _)| rule.scope == scope);
        rules.filter_map(|(rule, best)| judge(rule, bout, *best)).collect()
    }

    /// This repetition's value of every rule that looks at the person's own best.
    fn bests(&self, bout: &Bout) -> Vec<Option<f64>> {
        let own = |rule: &super::Rule| {
            let check = rule.checks.iter().find(|c| c.below_own_best.is_some())?;
            rule.views.contains(&bout.view).then(|| (check.measure)(bout).ok().map(|e| e.low.value))?
        };
        self.exercise.rules.iter().map(own).collect()
    }

    /// Lets the timer of a hold run, or not.
    fn time(&mut self, t: Timestamp) {
        let Some(lane) = self.lanes.iter().find(|lane| lane.judgeable().is_some()) else { return };
        self.stopwatch.tick(t, lane.phase() == Phase::Hold, lane.now().is_some());
    }

    /// Looks for faults in what goes on.
    fn look(&mut self, t: Timestamp) {
        if t.secs_since(self.looked) < LOOK_SECS {
            return;
        }
        // Only what is deep enough to count, or held, is worth a word.
        let going = |(lane, of): (usize, &Lane)| of.judgeable().map(|movement| (lane, movement));
        let Some((lane, movement)) = self.lanes.iter().enumerate().find_map(going) else { return };
        self.looked = t;
        // On the way down from a hold nothing is held any more, whatever the machine still waits for.
        if self.exercise.counting.holds().is_some() && t.secs_since(movement.end) > LOOK_SECS {
            return;
        }
        let counted = Counted { movement, lane, side: self.side_of(&movement, lane) };
        let Some(bout) = self.bout(&counted, None).filter(|bout| self.exercise.counting.is_this(bout).is_ok()) else {
            return;
        };
        let findings = self.findings(&bout, Scope::Bout);
        let at_fault = findings.iter().any(|f| f.outcome == Outcome::Fault && f.rule.weight.is_form());
        self.stopwatch.judge(t, at_fault);
        match self.exercise.counting.holds() {
            Some(_) => self.coach.holding(t, &findings),
            None => self.coach.during(t, &findings),
        }
    }

    /// Of the hold between these times.
    fn timer(&self, since: Timestamp, until: Timestamp) -> Option<Timer> {
        self.exercise.counting.holds()?;
        let credited_secs = self.stopwatch.credited_secs(since, until);
        let first = self.done.first().map_or(credited_secs, |done| done.credited_secs);
        let by_ladder = || self.exercise.dose.rung(first).map(|rung| rung.hold_secs);
        Some(Timer { credited_secs, target_secs: self.asked_secs().or_else(by_ladder) })
    }

    /// Seconds asked of the hold going on, where they were asked for: the first that no hold before reached.
    fn asked_secs(&self) -> Option<f64> {
        let asked = |n: usize| self.asked_holds.get(n).or(self.asked_holds.last()).map(|secs| f64::from(*secs));
        let reached = self
            .done
            .iter()
            .fold(0, |n, done| n + usize::from(asked(n).is_some_and(|secs| done.credited_secs >= NEARLY * secs)));
        asked(reached)
    }

    fn hold_step(&self, t: Timestamp) -> Option<HoldStep> {
        let (lane, movement) = self.lanes.iter().enumerate().find_map(|(i, lane)| Some((i, lane.judgeable()?)))?;
        let timer = self.timer(movement.turn, t)?;
        Some(HoldStep {
            side: self.side_of(&movement, lane),
            elapsed_secs: t.secs_since(movement.turn),
            credited_secs: timer.credited_secs,
            target_secs: timer.target_secs,
        })
    }

    fn next_side(&self) -> Option<Side> {
        let last = self.pending.map_or_else(|| self.done.last().and_then(|done| done.side), |counted| counted.side);
        last.filter(|_| self.exercise.dose.alternate).map(Side::other)
    }

    /// A movement with its samples; `None` when they are gone.
    fn bout(&self, counted: &Counted, end: Option<Timestamp>) -> Option<Bout<'_>> {
        let Counted { movement, lane, side } = counted;
        let rest = self.rest.as_ref()?;
        let progress = &self.lanes[*lane].progress;
        let index = |t: Timestamp| self.samples.partition_point(|s| s.t < t);
        let last = self.samples.len().checked_sub(1)?;
        let left = index(movement.left).min(last);
        let start = beginning(progress, left);
        let turn = index(movement.turn).min(last);
        let end = end.map(|end| index(end).min(last));
        if turn < start || end.is_some_and(|end| end < turn) {
            return None;
        }
        let from = index(self.samples[start].t - MARGIN_SECS);
        let to = end.map_or(last + 1, |end| index(self.samples[end].t + MARGIN_SECS).min(last) + 1);
        let bout = Bout {
            n: self.counted.max(1),
            side: *side,
            trust: &self.trust,
            posture: self.exercise.posture,
            view: most_seen(&self.samples[start..=end.unwrap_or(last)]),
            variant: self.variant,
            timer: self.timer(self.samples[turn].t, self.samples[end.unwrap_or(last)].t),
            before: &self.done,
            neutral: &rest.baseline.rest,
            began: &rest.first,
            samples: &self.samples[from..to],
            progress: &progress[from..to],
            start: start - from,
            turn: turn - from,
            end: end.map(|end| end - from),
        };
        // Chosen, or shown by the first of the set, it stays.
        let open = self.chosen.is_none() && self.done.is_empty();
        let shown = if open { self.exercise.variant_in(&bout) } else { None };
        let side = match rest.signals.get(*lane)?.signal.works {
            Works::Named(_, tells) if bout.side.is_some() => tells(&bout),
            _ => bout.side,
        };
        Some(Bout { variant: shown.or(bout.variant), side, ..bout })
    }

    /// Drops samples nobody will ask for again.
    fn forget(&mut self, t: Timestamp) {
        let pending = self.pending.map(|counted| counted.movement.left);
        let needed = self.lanes.iter().filter_map(Lane::left).chain(pending).min().unwrap_or(t);
        let from = self.samples.partition_point(|s| needed.secs_since(s.t) > 2.0 * KEPT_SECS);
        if from > 0 {
            // In one go and seldom: only when twice what is needed has gathered.
            let keep = self.samples.partition_point(|s| needed.secs_since(s.t) > KEPT_SECS);
            self.samples.drain(..keep);
            for lane in &mut self.lanes {
                lane.progress.drain(..keep);
            }
        }
    }

    fn close(mut self) -> SessionReport {
        for i in 0..LANES {
            if let Some(event) = self.lanes[i].finish(self.last) {
                self.settle(i, event);
            }
        }
        self.judge_pending();
        self.report()
    }

    fn report(&self) -> SessionReport {
        let (mut reps, mut holds) = (self.reps.clone(), self.holds.clone());
        if self.pain {
            let of_reps = reps.iter_mut().map(|r| (&mut r.score, &mut r.contributions));
            let of_holds = holds.iter_mut().map(|h| (&mut h.score, &mut h.contributions));
            for (score, contributions) in of_reps.chain(of_holds) {
                *score = None;
                contributions.clear();
            }
        }
        let secs = self.last.secs();
        let fps = if secs > 0.0 { (self.frames.max(1) - 1) as f64 / secs } else { 0.0 };
        let scores = reps.iter().map(|r| r.score).chain(holds.iter().map(|h| h.score));
        let coverages = reps.iter().map(|r| r.coverage).chain(holds.iter().map(|h| h.coverage));
        let mut notices = self.tally.notices(self.exercise, fps, self.done.len());
        notices.extend(Notice::other_exercise(self.exercise, self.recogniser.exercise()));
        if self.pain {
            notices.insert(0, Notice { code: "pain", text: safety::PAIN.into(), share: 0.0 });
        }
        SessionReport {
            exercise: self.exercise,
            variant: self.variant,
            view: self.tally.view(),
            pain: self.pain,
            notices,
            coverage: median(coverages).unwrap_or(0.0),
            score: median(scores.flatten()),
            reps,
            holds,
            attempts: self.attempts.clone(),
            findings: self.set_findings.clone(),
            frames: self.frames,
            last: self.last,
        }
    }
}

/// Walks back from where leaving was noticed to where the movement began: down to rest, or to the last valley.
fn beginning(progress: &[Option<f64>], left: usize) -> usize {
    const RESTING: f64 = 0.05;
    let mut at = left;
    while at > 0 {
        let (Some(before), Some(here)) = (progress[at - 1], progress[at]) else { break };
        if here <= RESTING || before > here + 0.02 {
            break;
        }
        at -= 1;
    }
    at
}

/// The view of most of the samples.
fn most_seen(samples: &[Sample]) -> View {
    let views = [View::Side, View::Front, View::Rear, View::Oblique, View::Unknown];
    let count = |view: &View| samples.iter().filter(|s| s.view == *view).count();
    views.into_iter().rev().max_by_key(count).unwrap_or(View::Unknown)
}

impl SessionReport {
    /// True when any rule found a fault.
    pub fn has_faults(&self) -> bool {
        self.bouts().flat_map(|(_, findings)| findings).chain(&self.findings).any(|f| f.outcome == Outcome::Fault)
    }

    /// The most frequent reason why no rule of the back was judged, where that was so in most repetitions or holds.
    pub fn back_unseen(&self) -> Option<Unseen> {
        let mut reasons = BTreeMap::<Unseen, usize>::new();
        for why in self.bouts().filter_map(|(_, findings)| back_unseen(findings)) {
            *reasons.entry(why).or_default() += 1;
        }
        let most = 2 * reasons.values().sum::<usize>() > self.bouts().count();
        reasons.into_iter().max_by_key(|(_, times)| *times).map(|(why, _)| why).filter(|_| most)
    }

    /// Every repetition's, or hold's, place in the set and findings.
    pub fn bouts(&self) -> impl Iterator<Item = (u32, &[Finding])> {
        let reps = self.reps.iter().map(|rep| (rep.n, rep.findings.as_slice()));
        reps.chain(self.holds.iter().map(|hold| (hold.n, hold.findings.as_slice())))
    }
}
