//! One set, from the first picture to the report.
//!
//! 1. The tracker turns observations into steady poses; kinematics measures them.
//! 2. The gate opens on a quiet start position; the person's baseline is taken there, and again in later quiet pauses.
//! 3. The machine finds repetitions in the counting signal.
//! 4. Half a second after a repetition (or when the next begins) its rules are judged; faults are cued while it goes on.

use super::bout::{Bout, MARGIN_SECS};
use super::cue::Coach;
use super::gate::{Doorkeeper, Gate};
use super::judge::judge;
use super::machine::{Event, FULL, Kind, Machine, Movement, Phase};
use super::notice::Tally;
use super::score::{Score, median};
use super::{Attempt, Exercise, Finding, Outcome, Rep, Scope, SessionReport, Signal, Step};
use crate::kinematics::{Baseline, Kinematics, Knows, Sample, View};
use crate::pose::{Landmark, Observation};
use crate::track::{Filter, Gate as ScoreGate, Pose, Tracker};
use crate::units::Timestamp;

/// How a set is judged.
#[derive(Clone, Debug)]
pub struct SessionOptions {
    pub filter: Filter,
    /// The landmarks the model knows; empty: all.
    pub landmarks: Vec<Landmark>,
    /// Which scores are believed.
    pub scores: ScoreGate,
}

/// A quiet pause this long at the start position renews the baseline, seconds.
const RENEW_SECS: f64 = 2.0;
/// Nobody in view for longer than this closes the set until the start position is seen again, seconds.
const GONE_SECS: f64 = 3.0;
/// How often a repetition going on is looked at for faults, seconds.
const LOOK_SECS: f64 = 0.1;
/// Samples kept while nothing happens, seconds: enough to find where a movement began.
const KEPT_SECS: f64 = 3.0;
/// The person's own rest is believed within this part of a full movement around the usual one.
const REST_RANGE: f64 = 0.25;

/// Judges one set.
pub struct Session {
    tracker: Tracker,
    set: Set,
}

impl Session {
    pub fn new(exercise: &'static Exercise, options: &SessionOptions) -> Session {
        Session {
            tracker: Tracker::with_gate(options.filter, options.scores),
            set: Set::new(exercise, &options.landmarks),
        }
    }

    /// Takes the next observation; calls `show` for every step that became final (one per observation, in order; a
    /// recorded filter answers a few pictures late).
    pub fn push(&mut self, observation: &Observation, show: &mut dyn FnMut(&Step)) {
        let Session { tracker, set } = self;
        tracker.push(observation, &mut |pose| set.take(pose, show));
    }

    /// Repetitions judged by now: those counted, except one that waits for what comes after it.
    pub fn judged(&self) -> usize {
        self.set.reps.len()
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
    kinematics: Kinematics,
    door: Doorkeeper,
    rest: Option<AtRest>,
    machine: Machine,
    coach: Coach,
    tally: Tally,
    /// The last seconds, and all of the repetition going on.
    samples: Vec<Sample>,
    progress: Vec<Option<f64>>,
    /// Counted, waiting for what comes after it.
    pending: Option<Movement>,
    /// When the repetition going on was last looked at.
    looked: Timestamp,
    last_present: Timestamp,
    reps: Vec<Rep>,
    counted: u32,
    attempts: Vec<Attempt>,
    own_best: Vec<Option<f64>>,
    set_findings: Vec<Finding>,
    frames: u64,
    last: Timestamp,
}

/// The person's own start position.
struct AtRest {
    baseline: Baseline,
    signal: &'static Signal,
    /// The signal's value there.
    value: f64,
}

impl Set {
    fn new(exercise: &'static Exercise, landmarks: &[Landmark]) -> Set {
        Set {
            exercise,
            kinematics: Kinematics::new(Knows::of(landmarks), exercise.posture),
            door: Doorkeeper::new(),
            rest: None,
            machine: Machine::new(),
            coach: Coach::default(),
            tally: Tally::default(),
            samples: Vec::new(),
            progress: Vec::new(),
            pending: None,
            looked: Timestamp::ZERO,
            last_present: Timestamp::ZERO,
            reps: Vec::new(),
            counted: 0,
            attempts: Vec::new(),
            own_best: vec![None; exercise.rules.len()],
            set_findings: Vec::new(),
            frames: 0,
            last: Timestamp::ZERO,
        }
    }

    fn take(&mut self, pose: Pose, show: &mut dyn FnMut(&Step)) {
        let t = pose.t;
        (self.frames, self.last) = (self.frames + 1, t);
        if pose.present {
            self.last_present = t;
        }
        let sample = self.kinematics.observe(&pose, self.rest.as_ref().map(|r| &r.baseline));
        self.keep_door(t, &sample);
        self.tally.count(&pose, &sample, self.door.gate());

        let progress = self.progress_of(&sample);
        self.samples.push(sample.clone());
        self.progress.push(progress);
        let counted = self.door.gate() == Gate::Open && self.count(t, progress);
        if self.pending.is_some_and(|m| t.secs_since(m.end) >= MARGIN_SECS) {
            self.judge_pending();
        }
        self.look(t);
        self.forget(t);

        show(&Step {
            pose,
            sample,
            gate: self.door.gate(),
            phase: self.machine.phase(progress),
            progress,
            reps: self.counted,
            attempts: self.attempts.len() as u32,
            counted,
            cue: self.coach.showing(t),
        });
    }

    /// Opens and shuts the gate, takes and renews the baseline.
    fn keep_door(&mut self, t: Timestamp, sample: &Sample) {
        let opened = self.door.watch(self.exercise, sample);
        let open = self.door.gate() == Gate::Open;
        let resting = self.machine.phase(None) == Phase::Rest;
        if opened || (open && resting && self.door.settled_secs(t) >= RENEW_SECS) {
            self.take_baseline(t, sample);
        } else if open && (t.secs_since(self.last_present) > GONE_SECS || (resting && self.door.has_left(sample))) {
            self.leave(t);
        }
    }

    fn take_baseline(&mut self, t: Timestamp, sample: &Sample) {
        let secs = self.door.settled_secs(t).min(RENEW_SECS);
        let taken = self.kinematics.capture(secs).ok().zip(self.exercise.signal(sample.view));
        self.door.restart(t);
        let Some((baseline, signal)) = taken else {
            // Seen well enough to stand still in, not to measure from: wait for better.
            if self.rest.is_none() {
                self.door.shut();
            }
            return;
        };
        let usual = REST_RANGE * (signal.target - signal.rest).abs();
        let value =
            (signal.measure)(&baseline.rest).unwrap_or(signal.rest).clamp(signal.rest - usual, signal.rest + usual);
        self.rest = Some(AtRest { baseline, signal, value });
    }

    /// The person left: what was going on is abandoned, the baseline with it.
    fn leave(&mut self, t: Timestamp) {
        if let Some(event) = self.machine.abandon(t, "lost from view") {
            self.settle(event);
        }
        self.judge_pending();
        self.door.shut();
        self.rest = None;
    }

    fn progress_of(&self, sample: &Sample) -> Option<f64> {
        let rest = self.rest.as_ref()?;
        let value = (rest.signal.measure)(sample).ok()?;
        Some((value - rest.value) / (rest.signal.target - rest.value))
    }

    /// Feeds the machine; true when a repetition was counted now.
    fn count(&mut self, t: Timestamp, progress: Option<f64>) -> bool {
        let before = self.counted;
        if let Some(event) = self.machine.push(t, progress) {
            self.settle(event);
        }
        self.counted > before
    }

    fn settle(&mut self, event: Event) {
        match event {
            Event::Started => self.judge_pending(),
            Event::Ignored => {}
            Event::Ended(movement) => {
                self.judge_pending();
                match movement.kind {
                    Kind::Full => self.count_full(movement),
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

    fn count_full(&mut self, movement: Movement) {
        let refused =
            self.bout(&movement, Some(movement.end)).and_then(|bout| (self.exercise.reps.is_this)(&bout).err());
        match refused {
            Some(why) => self.tally.refused(why),
            None => {
                self.counted += 1;
                self.pending = Some(movement);
            }
        }
    }

    /// Judges the counted repetition that waited for what comes after it.
    fn judge_pending(&mut self) {
        let Some(movement) = self.pending.take() else { return };
        let Some(bout) = self.bout(&movement, Some(movement.end)) else { return };
        let findings = self.findings(&bout, Scope::Bout);
        let set_findings = self.findings(&bout, Scope::Set);
        let score = Score::of(&findings);
        let signal = self.rest.as_ref().map(|r| r.signal);
        let peak = signal.and_then(|s| (s.measure)(&bout.samples[bout.turn]).ok()).unwrap_or_default();
        let rep = Rep {
            n: bout.n,
            side: None,
            start: bout.start_time(),
            turn: bout.turn_time(),
            end: bout.end_time(),
            peak,
            peak_of: signal.map_or("", |s| s.what),
            view: bout.view,
            score: score.points,
            coverage: score.coverage,
            contributions: score.contributions,
            findings,
        };
        let bests = self.bests(&bout);
        for (best, value) in self.own_best.iter_mut().zip(bests) {
            *best = [*best, value].into_iter().flatten().reduce(f64::max);
        }
        self.coach.after(self.last, &rep.findings);
        self.reps.push(rep);
        self.set_findings = set_findings;
    }

    fn findings(&self, bout: &Bout, scope: Scope) -> Vec<Finding> {
        let rules = self.exercise.rules.iter().zip(&self.own_best).filter(|(rule, _)| rule.scope == scope);
        rules.map(|(rule, best)| judge(rule, bout, *best)).collect()
    }

    /// This repetition's value of every rule that looks at the person's own best.
    fn bests(&self, bout: &Bout) -> Vec<Option<f64>> {
        let own = |rule: &super::Rule| {
            let check = rule.checks.iter().find(|c| c.below_own_best.is_some())?;
            rule.views.contains(&bout.view).then(|| (check.measure)(bout).ok().map(|e| e.low.value))?
        };
        self.exercise.rules.iter().map(own).collect()
    }

    /// Looks for faults in the repetition going on.
    fn look(&mut self, t: Timestamp) {
        let due = t.secs_since(self.looked) >= LOOK_SECS;
        // Only what is deep enough to count is worth a word.
        let Some(movement) = self.machine.current().filter(|m| due && m.peak >= FULL) else { return };
        self.looked = t;
        if let Some(bout) = self.bout(&movement, None).filter(|bout| (self.exercise.reps.is_this)(bout).is_ok()) {
            let findings = self.findings(&bout, Scope::Bout);
            self.coach.during(t, &findings);
        }
    }

    /// A movement with its samples; `None` when they are gone.
    fn bout(&self, movement: &Movement, end: Option<Timestamp>) -> Option<Bout<'_>> {
        let index = |t: Timestamp| self.samples.partition_point(|s| s.t < t);
        let last = self.samples.len().checked_sub(1)?;
        let left = index(movement.left).min(last);
        let start = self.beginning(left);
        let turn = index(movement.turn).min(last);
        let end = end.map(|end| index(end).min(last));
        if turn < start || end.is_some_and(|end| end < turn) {
            return None;
        }
        let from = index(self.samples[start].t - MARGIN_SECS);
        let to = end.map_or(last + 1, |end| index(self.samples[end].t + MARGIN_SECS).min(last) + 1);
        Some(Bout {
            n: self.counted.max(1),
            view: most_seen(&self.samples[start..=end.unwrap_or(last)]),
            neutral: &self.rest.as_ref()?.baseline.rest,
            samples: &self.samples[from..to],
            progress: &self.progress[from..to],
            start: start - from,
            turn: turn - from,
            end: end.map(|end| end - from),
        })
    }

    /// Walks back from where leaving was noticed to where the movement began: down to rest, or to the last valley.
    fn beginning(&self, left: usize) -> usize {
        const RESTING: f64 = 0.05;
        let mut at = left;
        while at > 0 {
            let (Some(before), Some(here)) = (self.progress[at - 1], self.progress[at]) else { break };
            if here <= RESTING || before > here + 0.02 {
                break;
            }
            at -= 1;
        }
        at
    }

    /// Drops samples nobody will ask for again.
    fn forget(&mut self, t: Timestamp) {
        let needed = [self.machine.current(), self.pending].into_iter().flatten().map(|m| m.left).min().unwrap_or(t);
        let from = self.samples.partition_point(|s| needed.secs_since(s.t) > 2.0 * KEPT_SECS);
        if from > 0 {
            // In one go and seldom: only when twice what is needed has gathered.
            let keep = self.samples.partition_point(|s| needed.secs_since(s.t) > KEPT_SECS);
            self.samples.drain(..keep);
            self.progress.drain(..keep);
        }
    }

    fn close(mut self) -> SessionReport {
        if let Some(event) = self.machine.finish(self.last) {
            self.settle(event);
        }
        self.judge_pending();
        self.report()
    }

    fn report(&self) -> SessionReport {
        let secs = self.last.secs();
        let fps = if secs > 0.0 { (self.frames.max(1) - 1) as f64 / secs } else { 0.0 };
        SessionReport {
            exercise: self.exercise,
            view: self.tally.view(),
            notices: self.tally.notices(self.exercise, fps, self.reps.len()),
            coverage: median(self.reps.iter().map(|r| r.coverage)).unwrap_or(0.0),
            score: median(self.reps.iter().filter_map(|r| r.score)),
            reps: self.reps.clone(),
            attempts: self.attempts.clone(),
            findings: self.set_findings.clone(),
            frames: self.frames,
            last: self.last,
        }
    }
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
        let all = self.reps.iter().flat_map(|r| &r.findings).chain(&self.findings);
        all.into_iter().any(|f| f.outcome == Outcome::Fault)
    }
}
