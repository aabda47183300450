//! Repetitions from a rising and falling signal (RULES.md B).
//!
//! Input: times and progress (0 at rest, 1 at a full movement). Output: [`Phase`] and [`Event`]s. It works causally:
//! live and recorded clips count alike.
//!
//! 1. At rest, progress above 0.30 for 100 ms starts a movement.
//! 2. In a movement the peak is tracked; 0.75 makes it deep enough to count.
//! 3. Back under 0.18 for 150 ms ends it. So does a valley under 0.45 from which the next movement rises by 0.15, or
//!    in which the person comes to stand: a repetition without full return is still one.
//! 4. A gap in what is seen freezes the state; more than 3 s abandons the movement.

use crate::units::Timestamp;

/// Where in the movement the person is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// At the start position (or not started).
    Rest,
    /// Away from rest, not deep yet.
    Out,
    /// Deep enough to count.
    Deep,
    /// In the position that is held.
    Hold,
    /// On the way back after having been deep, or out of the position that was held.
    Back,
}

impl Phase {
    pub fn name(self) -> &'static str {
        match self {
            Phase::Rest => "rest",
            Phase::Out => "out",
            Phase::Deep => "deep",
            Phase::Hold => "hold",
            Phase::Back => "back",
        }
    }
}

const LEAVE_REST: f64 = 0.30;
const LEAVE_SECS: f64 = 0.100;
/// Progress from which a movement counts.
pub const FULL: f64 = 0.75;
/// Progress from which a movement is an attempt.
const PARTIAL: f64 = 0.45;
const AT_REST: f64 = 0.18;
const AT_REST_SECS: f64 = 0.150;
/// A dip under this is a boundary between repetitions if it rises again or stays.
const VALLEY: f64 = 0.45;
const NEXT_RISE: f64 = 0.15;
/// Standing still in a valley for this long ends the repetition.
const SETTLED_SECS: f64 = 0.7;
/// Still: progress moves less than this within [`SETTLED_SECS`] (4° of knee in a squat).
const SETTLED_RANGE: f64 = 0.05;
const SHORTEST_SECS: f64 = 0.8;
const LONGEST_SECS: f64 = 15.0;
const IGNORED_SECS: f64 = 0.5;
/// Longer without a reading abandons the movement.
const LOST_SECS: f64 = 3.0;

/// A movement that ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Movement {
    /// The last moment at rest (under 0.18) before it; the session looks back from here for the true start.
    pub left: Timestamp,
    pub turn: Timestamp,
    pub end: Timestamp,
    pub peak: f64,
    pub kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Counts.
    Full,
    /// Does not count, and why.
    Attempt(&'static str),
}

/// What happened with this sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Event {
    Started,
    Ended(Movement),
    /// Too small to be anything.
    Ignored,
}

#[derive(Clone, Copy, Debug)]
struct Moving {
    left: Timestamp,
    turn: Timestamp,
    peak: f64,
    /// Lowest progress since the peak, and when.
    valley: (f64, Timestamp),
    /// Since when at rest.
    resting: Option<Timestamp>,
    /// Since when in the valley and within [`SETTLED_RANGE`] of this value.
    still: (f64, Timestamp),
}

/// Counts repetitions.
#[derive(Clone, Debug, Default)]
pub struct Machine {
    moving: Option<Moving>,
    /// Since when above the leaving threshold.
    leaving: Option<Timestamp>,
    /// The last moment at rest, or in the valley the next movement rises from.
    rested: Option<Timestamp>,
    /// Lowest progress since the last movement ended; the next must rise from here.
    floor: f64,
    last_seen: Option<Timestamp>,
}

impl Machine {
    pub fn new() -> Machine {
        Machine::default()
    }

    /// The phase after the last sample.
    pub fn phase(&self, progress: Option<f64>) -> Phase {
        match &self.moving {
            None => Phase::Rest,
            Some(m) if m.peak < FULL => Phase::Out,
            Some(m) if progress.is_some_and(|p| p >= m.peak - 0.15) => Phase::Deep,
            Some(_) => Phase::Back,
        }
    }

    /// The movement going on, as far as it has come.
    pub fn current(&self) -> Option<Movement> {
        self.moving.map(|m| Movement { left: m.left, turn: m.turn, end: m.turn, peak: m.peak, kind: Kind::Full })
    }

    /// Takes the next sample. `progress` is `None` when it was not seen.
    pub fn push(&mut self, t: Timestamp, progress: Option<f64>) -> Option<Event> {
        let Some(progress) = progress else {
            let lost = self.last_seen.is_some_and(|seen| t.secs_since(seen) > LOST_SECS);
            return if lost { self.abandon(t, "lost from view") } else { None };
        };
        self.last_seen = Some(t);
        match self.moving {
            None => self.rest(t, progress),
            Some(moving) => self.movement(t, progress, moving),
        }
    }

    /// Ends what is going on: a movement that already came back up counts, another does not.
    pub fn finish(&mut self, t: Timestamp) -> Option<Event> {
        let moving = self.moving.take()?;
        Some(if moving.valley.0 < VALLEY {
            close(moving, moving.valley.1)
        } else {
            abandoned(moving, t, "the clip ends before the return")
        })
    }

    /// Gives up the movement going on; the next one begins from rest, or from wherever the person is seen again.
    pub fn abandon(&mut self, t: Timestamp, why: &'static str) -> Option<Event> {
        (self.leaving, self.rested, self.floor) = (None, None, f64::INFINITY);
        self.moving.take().map(|m| abandoned(m, t, why))
    }

    fn rest(&mut self, t: Timestamp, progress: f64) -> Option<Event> {
        self.floor = if progress < AT_REST { 0.0 } else { self.floor.min(progress) };
        if progress < AT_REST.max(self.floor + SETTLED_RANGE) {
            self.rested = Some(t);
        }
        if progress <= LEAVE_REST.max(self.floor + NEXT_RISE) {
            self.leaving = None;
            return None;
        }
        let since = *self.leaving.get_or_insert(t);
        if t.secs_since(since) < LEAVE_SECS {
            return None;
        }
        self.leaving = None;
        self.begin(self.rested.unwrap_or(since), t, progress);
        Some(Event::Started)
    }

    fn begin(&mut self, left: Timestamp, t: Timestamp, progress: f64) {
        let here = (progress, t);
        self.moving = Some(Moving { left, turn: t, peak: progress, valley: here, resting: None, still: here });
    }

    fn movement(&mut self, t: Timestamp, progress: f64, mut m: Moving) -> Option<Event> {
        // A second dip to the same depth after coming up halfway does not move the turn.
        if progress > m.peak {
            (m.peak, m.turn, m.valley) = (progress, t, (progress, t));
        }
        if progress < m.valley.0 {
            m.valley = (progress, t);
        }
        // Only stillness in the valley counts: the slow turn of a shallow movement is no stand.
        if (progress - m.still.0).abs() > SETTLED_RANGE || progress >= VALLEY {
            m.still = (progress, t);
        }
        m.resting = (progress < AT_REST).then(|| m.resting.unwrap_or(t));
        self.moving = Some(m);

        if let Some(since) = m.resting.filter(|&since| t.secs_since(since) >= AT_REST_SECS) {
            return self.end(m, since, 0.0);
        }
        if m.valley.0 < VALLEY && progress - m.valley.0 > NEXT_RISE && m.peak - m.valley.0 > NEXT_RISE {
            let (floor, at) = m.valley;
            let ended = self.end(m, at, floor);
            self.begin(at, t, progress);
            return ended;
        }
        if progress < VALLEY && t.secs_since(m.still.1) >= SETTLED_SECS && m.peak >= PARTIAL {
            return self.end(m, m.still.1, progress);
        }
        if t.secs_since(m.left) > LONGEST_SECS {
            // Whoever stays down longer starts anew from there, or from rest.
            let ended = self.abandon(t, "longer than 15 s");
            self.floor = progress;
            return ended;
        }
        None
    }

    fn end(&mut self, m: Moving, at: Timestamp, floor: f64) -> Option<Event> {
        self.moving = None;
        self.floor = floor;
        Some(close(m, at))
    }
}

fn close(m: Moving, end: Timestamp) -> Event {
    let secs = end.secs_since(m.left);
    let kind = if m.peak < PARTIAL || secs < IGNORED_SECS {
        return Event::Ignored;
    } else if m.peak < FULL {
        Kind::Attempt("not deep enough to count")
    } else if secs < SHORTEST_SECS {
        Kind::Attempt("faster than 0.8 s")
    } else {
        Kind::Full
    };
    Event::Ended(Movement { left: m.left, turn: m.turn, end, peak: m.peak, kind })
}

fn abandoned(m: Moving, t: Timestamp, why: &'static str) -> Event {
    if m.peak < PARTIAL {
        return Event::Ignored;
    }
    Event::Ended(Movement { left: m.left, turn: m.turn, end: t, peak: m.peak, kind: Kind::Attempt(why) })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Straight lines between (seconds, progress) points at `fps`; returns what ended.
    fn run(points: &[(f64, f64)], fps: f64) -> Vec<Movement> {
        let mut machine = Machine::new();
        let mut ended = Vec::new();
        let mut take = |event: Option<Event>| {
            if let Some(Event::Ended(m)) = event {
                ended.push(m);
            }
        };
        let last = points[points.len() - 1].0;
        let mut t = 0.0;
        while t <= last {
            let i = points.iter().rposition(|p| p.0 <= t).unwrap().min(points.len() - 2);
            let ((t0, a), (t1, b)) = (points[i], points[i + 1]);
            take(machine.push(Timestamp::from_secs(t), Some(a + (b - a) * (t - t0) / (t1 - t0))));
            t += 1.0 / fps;
        }
        take(machine.finish(Timestamp::from_secs(last)));
        ended
    }

    fn kinds(points: &[(f64, f64)]) -> Vec<Kind> {
        let at_30: Vec<Kind> = run(points, 30.0).iter().map(|m| m.kind).collect();
        for fps in [15.0, 24.0, 60.0] {
            assert_eq!(run(points, fps).iter().map(|m| m.kind).collect::<Vec<_>>(), at_30, "at {fps} fps");
        }
        at_30
    }

    #[test]
    fn a_full_movement_counts_a_partial_does_not_a_twitch_is_nothing() {
        assert_eq!(kinds(&[(0., 0.), (1., 0.), (2.5, 1.1), (4., 0.), (5., 0.)]), [Kind::Full]);
        assert_eq!(
            kinds(&[(0., 0.), (1., 0.), (2.5, 0.6), (4., 0.), (5., 0.)]),
            [Kind::Attempt("not deep enough to count")]
        );
        assert_eq!(kinds(&[(0., 0.), (1., 0.), (2., 0.4), (3., 0.), (4., 0.)]), []);
    }

    #[test]
    fn whoever_was_lost_at_the_bottom_is_not_counted_for_coming_up() {
        let mut machine = Machine::new();
        let mut ended = Vec::new();
        for i in 0..360 {
            let t = f64::from(i) / 30.0;
            let progress = match t {
                t if t < 1.0 => Some(0.0),
                t if t < 2.5 => Some((t - 1.0) / 1.5),
                t if t < 6.0 => None,
                t if t < 7.0 => Some(1.0),
                t if t < 8.5 => Some((8.5 - t) / 1.5),
                _ => Some(0.0),
            };
            if let Some(Event::Ended(movement)) = machine.push(Timestamp::from_secs(t), progress) {
                ended.push(movement.kind);
            }
        }
        assert_eq!(ended, [Kind::Attempt("lost from view")]);
    }

    #[test]
    fn a_bounce_at_the_bottom_is_one_repetition() {
        assert_eq!(kinds(&[(0., 0.), (1., 0.), (2.5, 1.2), (2.8, 1.0), (3.1, 1.2), (4.5, 0.), (5., 0.)]), [Kind::Full]);
    }

    #[test]
    fn a_short_top_parts_two_repetitions() {
        let short = [(0., 0.), (1., 0.), (2.5, 1.1), (4., 0.35), (5.5, 1.1), (7., 0.), (8., 0.)];
        assert_eq!(kinds(&short), [Kind::Full, Kind::Full]);
    }

    #[test]
    fn a_slow_turn_just_above_a_valley_is_one_attempt() {
        let slow = [(0., 0.), (1., 0.), (2., 0.482), (2.4, 0.53), (2.8, 0.45), (3.2, 0.25), (3.8, 0.), (5., 0.)];
        let movements = run(&slow, 24.0);
        assert_eq!(movements.iter().map(|m| m.kind).collect::<Vec<_>>(), [Kind::Attempt("not deep enough to count")]);
        assert!(movements[0].end.secs() > 3.2, "{}", movements[0].end.secs());
    }

    #[test]
    fn standing_short_of_the_top_ends_the_repetition() {
        let stays = [(0., 0.), (1., 0.), (2.5, 1.1), (4., 0.36), (8., 0.36)];
        assert_eq!(kinds(&stays), [Kind::Full]);
        let again = [(0., 0.), (1., 0.), (2.5, 1.1), (4., 0.36), (6., 0.36), (7.5, 1.1), (9., 0.36), (11., 0.36)];
        assert_eq!(kinds(&again), [Kind::Full, Kind::Full]);
    }

    #[test]
    fn a_clip_that_ends_on_the_way_up_still_has_its_repetition() {
        assert_eq!(kinds(&[(0., 0.), (1., 0.), (2.5, 1.1), (3.6, 0.3)]), [Kind::Full]);
        assert_eq!(
            kinds(&[(0., 0.), (1., 0.), (2.5, 1.1), (2.7, 1.0)]),
            [Kind::Attempt("the clip ends before the return")]
        );
    }

    #[test]
    fn too_fast_too_long_and_lost_do_not_count() {
        assert_eq!(
            kinds(&[(0., 0.), (1., 0.), (1.4, 1.2), (1.75, 0.), (3., 0.)]),
            [Kind::Attempt("faster than 0.8 s")]
        );
        assert_eq!(
            kinds(&[(0., 0.), (1., 0.), (2.5, 1.1), (18., 1.1), (20., 0.)])[0],
            Kind::Attempt("longer than 15 s")
        );
        let mut machine = Machine::new();
        let mut events = Vec::new();
        for i in 0..240 {
            let t = i as f64 / 30.0;
            let progress = (t < 3.0).then_some((t - 1.0).clamp(0.0, 1.0));
            events.extend(machine.push(Timestamp::from_secs(t), progress));
        }
        assert!(matches!(events[1], Event::Ended(Movement { kind: Kind::Attempt("lost from view"), .. })));
    }
}
