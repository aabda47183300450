//! Holds from a signal that rises, stays and falls (RULES.md B, "holds").
//!
//! Input: times and progress (0 at rest, 1 at the position asked for). Output: the same [`Phase`]s and [`Event`]s as
//! repetitions have; of a hold, `turn` is when the position was reached and `end` when it was left. It works causally:
//! live and recorded clips are timed alike.
//!
//! 1. At rest, progress above `leave` for 100 ms starts a movement.
//! 2. Above `enter`, and slower than `still` over half a second but for stray pictures: the hold began in the middle of it,
//!    or before, when progress was there already but for a dip within the grace; who came too far and back to it holds it
//!    from then on. Still again and further soon after: it began there, the first was on the way.
//! 3. Under `leave` for no longer than the grace pauses it; longer, and it ended when progress last was at the level of
//!    the second before: the way down is no hold.
//! 4. A gap in what is seen freezes the state; more than 3 s end the hold with what was last seen of it.

use super::exercise::HoldSpec;
use super::machine::{Event, Kind, Movement, Phase};
use crate::units::Timestamp;
use std::collections::VecDeque;

const LEAVE_SECS: f64 = 0.100;
/// Still for this long is held (RULES.md B: "entry 0.5 s stable").
const STILL_SECS: f64 = 0.5;
/// One in so many pictures at either end of what was seen meanwhile is a stray one: a model takes a limb for another.
const ONE_STRAYS_IN: usize = 8;
/// Still again within so long, and further by this share: the first was a pause on the way, or points of a model that stuck.
/// Chosen on drawn stretches: at 0.15 a step that the model makes while nobody moves counts, at 0.18 a slow arrival does not.
const ARRIVING_SECS: f64 = 1.5;
const FURTHER: f64 = 0.17;
/// How far back the arrival is looked for, seconds.
const ENTRY_SECS: f64 = 3.0;
/// The level held is followed with this time constant, seconds: hips that sink over a minute are still held up.
const LEVEL_SECS: f64 = 0.5;
/// Back at rest for this long ends a movement that never became a hold, seconds.
const AT_REST_SECS: f64 = 0.150;
/// Nobody takes longer to get into a position, seconds.
const LONGEST_ENTRY_SECS: f64 = 15.0;
/// Longer without a reading ends what goes on.
const LOST_SECS: f64 = 3.0;
/// Room for the rounding of timestamps, seconds.
const SLACK_SECS: f64 = 0.002;

#[derive(Clone, Copy, Debug)]
enum State {
    Rest { leaving: Option<Timestamp> },
    Entering { left: Timestamp, top: (f64, Timestamp), down: Option<Timestamp> },
    Holding(Holding),
}

#[derive(Clone, Copy, Debug)]
struct Holding {
    left: Timestamp,
    /// Since when it is held.
    since: Timestamp,
    /// When, and at what progress, it first was still.
    first: Timestamp,
    reached: f64,
    peak: f64,
    /// Where progress was over the last second.
    level: f64,
    /// When progress last was at that level.
    held: Timestamp,
    /// Since when under `leave`.
    out: Option<Timestamp>,
}

/// Times holds.
#[derive(Clone, Debug)]
pub struct HoldMachine {
    spec: &'static HoldSpec,
    state: State,
    /// The last moment under `leave`.
    rested: Option<Timestamp>,
    /// What was seen within [`ENTRY_SECS`], and of [`STILL_SECS`] the same in order of size.
    recent: VecDeque<(Timestamp, f64)>,
    sorted: Vec<f64>,
    last_seen: Option<Timestamp>,
}

impl HoldMachine {
    pub fn new(spec: &'static HoldSpec) -> HoldMachine {
        HoldMachine {
            spec,
            state: State::Rest { leaving: None },
            rested: None,
            recent: VecDeque::new(),
            sorted: Vec::new(),
            last_seen: None,
        }
    }

    pub fn phase(&self) -> Phase {
        match self.state {
            State::Rest { .. } => Phase::Rest,
            State::Entering { .. } => Phase::Out,
            State::Holding(Holding { out: None, .. }) => Phase::Hold,
            State::Holding(_) => Phase::Back,
        }
    }

    /// The hold going on; `None` before the position is reached.
    pub fn current(&self) -> Option<Movement> {
        match self.state {
            State::Holding(h) => {
                Some(Movement { left: h.left, turn: h.since, end: h.held, peak: h.peak, kind: Kind::Full })
            }
            _ => None,
        }
    }

    pub fn spec(&self) -> &'static HoldSpec {
        self.spec
    }

    /// When the movement going on left rest, hold or not yet.
    pub fn left(&self) -> Option<Timestamp> {
        match self.state {
            State::Rest { .. } => None,
            State::Entering { left, .. } | State::Holding(Holding { left, .. }) => Some(left),
        }
    }

    /// Takes the next sample. `progress` is `None` when it was not seen.
    pub fn push(&mut self, t: Timestamp, progress: Option<f64>) -> Option<Event> {
        let Some(progress) = progress else {
            let lost = self.last_seen.is_some_and(|seen| t.secs_since(seen) > LOST_SECS);
            return if lost { self.abandon(t, "lost from view") } else { None };
        };
        let dt = self.last_seen.map_or(0.0, |seen| t.secs_since(seen)).max(0.0);
        self.last_seen = Some(t);
        self.remember(t, progress);
        match self.state {
            State::Rest { leaving } => self.rest(t, progress, leaving),
            State::Entering { left, top, down } => {
                let top = if progress > top.0 { (progress, t) } else { top };
                self.enter(t, progress, left, top, down)
            }
            State::Holding(holding) => self.hold(t, progress, dt, holding),
        }
    }

    /// Ends what is going on: a hold counts until now.
    pub fn finish(&mut self, t: Timestamp) -> Option<Event> {
        self.abandon(t, "the clip ends before it was held")
    }

    /// Ends what is going on, the person being gone: a hold counts as far as it was seen.
    pub fn abandon(&mut self, t: Timestamp, why: &'static str) -> Option<Event> {
        let state = std::mem::replace(&mut self.state, State::Rest { leaving: None });
        self.rested = None;
        self.recent.clear();
        match state {
            State::Rest { .. } => None,
            State::Entering { left, top, .. } => Some(self.given_up(left, top, t, why)),
            State::Holding(holding) => Some(self.close(holding)),
        }
    }

    fn remember(&mut self, t: Timestamp, progress: f64) {
        while self.recent.front().is_some_and(|(first, _)| t.secs_since(*first) > ENTRY_SECS) {
            self.recent.pop_front();
        }
        self.recent.push_back((t, progress));
    }

    /// At what level progress has been still, if it was high enough for long enough, and from which of `recent` on.
    fn settled(&mut self, t: Timestamp) -> Option<(usize, f64)> {
        let from = self.recent.iter().rposition(|(at, _)| t.secs_since(*at) >= STILL_SECS - SLACK_SECS)?;
        self.sorted.clear();
        self.sorted.extend(self.recent.range(from..).map(|(_, progress)| *progress));
        self.sorted.sort_unstable_by(f64::total_cmp);
        let most = self.sorted.len() - 1;
        let strays = self.sorted.len() / ONE_STRAYS_IN;
        let (low, high) = (self.sorted[strays], self.sorted[most - strays]);
        // What moves evenly covers so much less without them.
        let left = (most - 2 * strays) as f64 / most.max(1) as f64;
        let still = high - low <= self.spec.still * STILL_SECS * left;
        let level = self.sorted[most / 2];
        (low >= self.spec.enter && still).then_some((from, level))
    }

    /// When progress came to `level`: in the middle of the window from `from` on, whose mean speed is the speed there, or
    /// before, if since then it was never left for longer than the grace, nor overshot.
    fn arrived(&self, t: Timestamp, from: usize, level: f64) -> Timestamp {
        let begin = self.recent[from].0;
        let middle = begin + 0.5 * t.secs_since(begin);
        let too_far = level + self.sway();
        let mut since = middle;
        for &(at, progress) in self.recent.iter().rev().skip_while(|(at, _)| *at > middle) {
            if progress <= self.spec.leave || progress > too_far || since.secs_since(at) > self.spec.grace_secs {
                break;
            }
            if progress >= level {
                since = at;
            }
        }
        since
    }

    fn rest(&mut self, t: Timestamp, progress: f64, leaving: Option<Timestamp>) -> Option<Event> {
        if progress <= self.spec.leave {
            self.rested = Some(t);
            self.state = State::Rest { leaving: None };
            return None;
        }
        let since = leaving.unwrap_or(t);
        self.state = State::Rest { leaving: Some(since) };
        if t.secs_since(since) < LEAVE_SECS {
            return None;
        }
        let left = self.rested.unwrap_or(since);
        self.state = State::Entering { left, top: (progress, t), down: None };
        Some(Event::Started)
    }

    fn enter(
        &mut self,
        t: Timestamp,
        progress: f64,
        left: Timestamp,
        top: (f64, Timestamp),
        down: Option<Timestamp>,
    ) -> Option<Event> {
        if let Some((from, reached)) = self.settled(t) {
            let since = self.arrived(t, from, reached);
            let (since, first, peak, level) = (since.max(left), since, top.0, progress);
            self.state = State::Holding(Holding { left, since, first, reached, peak, level, held: t, out: None });
            return None;
        }
        let down = (progress <= self.spec.leave).then(|| down.unwrap_or(t));
        self.state = State::Entering { left, top, down };
        if let Some(since) = down.filter(|&since| t.secs_since(since) >= AT_REST_SECS) {
            (self.state, self.rested) = (State::Rest { leaving: None }, Some(since));
            return Some(self.given_up(left, top, since, "not held still"));
        }
        if t.secs_since(left) > LONGEST_ENTRY_SECS {
            (self.state, self.rested) = (State::Rest { leaving: None }, None);
            return Some(self.given_up(left, top, t, "not held still"));
        }
        None
    }

    fn hold(&mut self, t: Timestamp, progress: f64, dt: f64, mut h: Holding) -> Option<Event> {
        h.peak = h.peak.max(progress);
        if progress <= self.spec.leave {
            let out = *h.out.get_or_insert(t);
            self.state = State::Holding(h);
            if t.secs_since(out) <= self.spec.grace_secs {
                return None;
            }
            (self.state, self.rested) = (State::Rest { leaving: None }, Some(t));
            return Some(self.close(h));
        }
        h.out = None;
        let further = h.reached + (FURTHER * h.reached).max(self.sway());
        if t.secs_since(h.first) <= ARRIVING_SECS
            && let Some((from, reached)) = self.settled(t).filter(|(_, reached)| *reached > further)
        {
            // Crept to: nearly there is there.
            (h.since, h.reached) = (self.arrived(t, from, reached - 0.5 * self.sway()), reached);
        }
        if progress >= h.level - self.sway() {
            h.held = t;
        }
        h.level += (progress - h.level) * (1.0 - (-dt / LEVEL_SECS).exp());
        self.state = State::Holding(h);
        None
    }

    /// Half of what "still" allows in its window: an arm's weight of noise, the first tenth of a way down.
    fn sway(&self) -> f64 {
        0.5 * self.spec.still * STILL_SECS
    }

    fn close(&self, h: Holding) -> Event {
        let long_enough = h.held.secs_since(h.since) >= self.spec.least_secs;
        let kind = if long_enough { Kind::Full } else { Kind::Attempt("not held long enough to count") };
        Event::Ended(Movement { left: h.left, turn: h.since, end: h.held, peak: h.peak, kind })
    }

    /// A movement that never became a hold: an attempt when it came halfway from leaving to entering.
    fn given_up(&self, left: Timestamp, (peak, turn): (f64, Timestamp), end: Timestamp, why: &'static str) -> Event {
        if peak < 0.5 * (self.spec.leave + self.spec.enter) {
            return Event::Ignored;
        }
        let why = if peak < self.spec.enter { "not far enough to count" } else { why };
        Event::Ended(Movement { left, turn, end, peak, kind: Kind::Attempt(why) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::PhaseWords;

    static SPEC: HoldSpec = HoldSpec {
        signals: &[],
        is_this: |_| Ok(()),
        enter: 0.5,
        leave: 0.25,
        still: 0.3,
        along: None,
        grace_secs: 1.0,
        least_secs: 1.0,
        words: PhaseWords { rest: "setup", out: "push", hold: "hold", back: "release" },
    };

    /// Straight lines between (seconds, progress) points at `fps`; progress of `f64::NAN` is not seen.
    fn run(points: &[(f64, f64)], fps: f64) -> Vec<Movement> {
        let mut machine = HoldMachine::new(&SPEC);
        let mut ended = Vec::new();
        let last = points[points.len() - 1].0;
        let mut t = 0.0;
        while t <= last {
            let i = points.iter().rposition(|p| p.0 <= t).unwrap().min(points.len() - 2);
            let ((t0, a), (t1, b)) = (points[i], points[i + 1]);
            let progress = a + (b - a) * (t - t0) / (t1 - t0);
            ended.extend(machine.push(Timestamp::from_secs(t), (!progress.is_nan()).then_some(progress)));
            t += 1.0 / fps;
        }
        ended.extend(machine.finish(Timestamp::from_secs(last)));
        let movement = |event| if let Event::Ended(movement) = event { Some(movement) } else { None };
        ended.into_iter().filter_map(movement).collect()
    }

    /// Length of what was held, to the tenth of a second, at four frame rates alike within 0.2 s.
    fn held(points: &[(f64, f64)]) -> Vec<(Kind, f64)> {
        let of = |fps| run(points, fps).iter().map(|m| (m.kind, m.end.secs_since(m.turn))).collect::<Vec<_>>();
        let at_30 = of(30.0);
        for fps in [15.0, 24.0, 60.0] {
            let other = of(fps);
            let alike = |(a, b): (&(Kind, f64), &(Kind, f64))| a.0 == b.0 && (a.1 - b.1).abs() < 0.2;
            assert!(other.len() == at_30.len() && other.iter().zip(&at_30).all(alike), "{fps}: {other:?} {at_30:?}");
        }
        at_30
    }

    fn one(points: &[(f64, f64)], secs: f64) {
        let found = held(points);
        assert!(found.len() == 1 && found[0].0 == Kind::Full && (found[0].1 - secs).abs() < 0.3, "{found:?}");
    }

    #[test]
    fn a_hold_is_timed_from_arriving_to_leaving() {
        one(&[(0., 0.), (2., 0.), (3., 1.1), (13., 1.1), (14., 0.), (16., 0.)], 10.0);
        // However slowly it sinks meanwhile, as long as it stays above where it is given up.
        one(&[(0., 0.), (2., 0.), (3., 1.1), (23., 0.6), (24., 0.), (26., 0.)], 20.0);
    }

    #[test]
    fn a_stray_picture_while_arriving_costs_no_time() {
        one(
            &[
                (0., 0.),
                (2., 0.),
                (3., 1.1),
                (3.19, 1.1),
                (3.195, 0.),
                (3.235, 0.),
                (3.24, 1.1),
                (13., 1.1),
                (14., 0.),
                (16., 0.),
            ],
            10.0,
        );
    }

    #[test]
    fn a_dip_after_arriving_costs_no_time_and_a_pause_on_the_way_gains_none() {
        // As with a leg that a model loses for a fifth of a second just after it was raised.
        let dip = [(3.4, 1.1), (3.45, 0.5), (3.65, 0.5), (3.7, 1.1)];
        one(&[&[(0., 0.), (2., 0.), (3., 1.1)][..], &dip, &[(13., 1.1), (14., 0.), (16., 0.)]].concat(), 10.0);
        // Half a second at two thirds of the way.
        one(&[(0., 0.), (2., 0.), (2.5, 0.7), (3.1, 0.75), (3.5, 1.1), (13., 1.1), (14., 0.), (16., 0.)], 9.5);
    }

    #[test]
    fn who_came_too_far_holds_from_when_they_are_back() {
        one(&[(0., 0.), (2., 0.), (2.8, 1.4), (3.3, 1.1), (13., 1.1), (14., 0.), (16., 0.)], 9.7);
    }

    #[test]
    fn further_is_a_share_of_how_far_it_is() {
        one(&[(0., 0.), (2., 0.), (2.6, 0.6), (3.2, 0.6), (3.4, 0.74), (13., 0.74), (14., 0.), (16., 0.)], 9.7);
        // A fortieth more of a deep fold, in one jump, is a model's.
        one(&[(0., 0.), (2., 0.), (4., 3.8), (4.9, 3.8), (5., 3.95), (13., 3.95), (14., 0.), (16., 0.)], 9.0);
    }

    #[test]
    fn a_dip_within_the_grace_pauses_a_longer_one_ends() {
        one(
            &[(0., 0.), (1., 0.), (2., 1.), (7., 1.), (7.3, 0.), (7.6, 0.), (7.9, 1.), (13., 1.), (14., 0.), (15., 0.)],
            11.0,
        );
        let split =
            [(0., 0.), (1., 0.), (2., 1.), (7., 1.), (7.3, 0.), (8.6, 0.), (8.9, 1.), (13., 1.), (14., 0.), (15., 0.)];
        let found = held(&split);
        assert_eq!(found.iter().map(|(kind, _)| *kind).collect::<Vec<_>>(), [Kind::Full, Kind::Full]);
        assert!((found[0].1 - 5.0).abs() < 0.3 && (found[1].1 - 4.1).abs() < 0.3, "{found:?}");
    }

    #[test]
    fn neither_passing_through_nor_half_way_is_a_hold() {
        let kinds = |points: &[(f64, f64)]| held(points).iter().map(|(kind, _)| *kind).collect::<Vec<_>>();
        assert_eq!(kinds(&[(0., 0.), (1., 0.), (2., 1.), (3., 0.), (4., 0.)]), [Kind::Attempt("not held still")]);
        assert_eq!(
            kinds(&[(0., 0.), (1., 0.), (2., 0.45), (6., 0.45), (7., 0.), (8., 0.)]),
            [Kind::Attempt("not far enough to count")]
        );
        assert_eq!(
            kinds(&[(0., 0.), (1., 0.), (2., 1.), (2.5, 1.), (3.5, 0.), (4.5, 0.)]),
            [Kind::Attempt("not held long enough to count")]
        );
        assert_eq!(kinds(&[(0., 0.), (1., 0.), (2., 0.3), (6., 0.3), (7., 0.), (8., 0.)]), []);
    }

    #[test]
    fn a_short_dropout_freezes_a_long_one_ends_with_what_was_seen() {
        let gap = |secs: f64| {
            let at = |s: f64| 7.0 + s;
            [
                (0., 0.),
                (1., 0.),
                (2., 1.),
                (7., 1.),
                (7.001, f64::NAN),
                (at(secs), 1.),
                (at(secs + 3.), 1.),
                (at(secs + 4.), 0.),
                (at(secs + 6.), 0.),
            ]
        };
        one(&gap(2.0), 10.0);
        let found = held(&gap(5.0));
        assert!(found.len() == 2 && (found[0].1 - 5.0).abs() < 0.3 && (found[1].1 - 3.0).abs() < 0.3, "{found:?}");
    }

    #[test]
    fn a_clip_that_ends_in_the_hold_keeps_it() {
        one(&[(0., 0.), (1., 0.), (2., 1.), (8., 1.)], 6.0);
    }
}
