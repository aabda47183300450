//! One repetition or hold as a rule sees it: the samples around it, its windows, the extremes of a measure in them, and
//! what the set was before it.
//!
//! Input: samples with their progress. Output: [`Extent`]s of a measure within a [`Window`], steadied by a running
//! median over [`STEADY_SECS`] ([`STEADY_HOLD_SECS`] in holds) so that a single wrong picture decides nothing.

use super::Variant;
use crate::kinematics::{Posture, Reading, Sample, Unseen, View};
use crate::pose::trust::Trust;
use crate::units::{Side, Timestamp};

/// A condition must last this long to count while moving, seconds (RULES.md 0.2): half of the window lies above the
/// median, so a running median over this length answers to what lasted half of it on either side.
pub const STEADY_SECS: f64 = 0.3;

/// The same in a hold.
pub const STEADY_HOLD_SECS: f64 = 1.0;

/// A hold is compared with its own best stretch of this length, seconds (RULES.md SP1b).
const BEST_SECS: f64 = 2.0;
/// Best stretches are looked for this far apart, seconds.
const BEST_STEP_SECS: f64 = 0.25;

/// Share of a window's pictures in which the measure must have been seen (RULES.md G2).
const LEAST_SEEN: f64 = 0.7;

/// Fewer pictures a second than this decide nothing (RULES.md G4).
pub const LEAST_FPS: f64 = 15.0;

/// Longer gaps than this in a deciding window decide nothing, seconds (RULES.md G4).
const LONGEST_GAP_SECS: f64 = 0.3;

/// Progress within this of the peak is "the bottom": 8° of knee in a squat, about its speed-below-15°/s zone.
const BOTTOM_BAND: f64 = 0.1;

/// Progress within this of the peak is staying there: half of "the bottom".
const STAY_BAND: f64 = 0.05;

/// Feet stay while the ankles move less than this, trunk lengths: half a foot.
pub const FEET_STAY: f64 = 0.25;

/// How long before the movement, and after it, a repetition's samples reach, seconds.
pub const MARGIN_SECS: f64 = 0.5;

/// A value and when it was reached.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moment {
    pub value: f64,
    pub at: Timestamp,
}

/// The lowest and the highest steady value within a window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Extent {
    pub low: Moment,
    pub high: Moment,
    /// True when only spine landmarks, no contour, stand behind it: wider limits apply.
    pub by_landmarks: bool,
}

impl Extent {
    /// One value.
    pub fn at(value: f64, at: Timestamp) -> Extent {
        let moment = Moment { value, at };
        Extent { low: moment, high: moment, by_landmarks: false }
    }

    /// Measured from another zero.
    pub fn less(self, zero: f64) -> Extent {
        let less = |m: Moment| Moment { value: m.value - zero, ..m };
        Extent { low: less(self.low), high: less(self.high), ..self }
    }
}

/// A stretch of a repetition or hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// Just before it begins: the set-up.
    Before,
    /// From the start to the deepest point; of a hold, until the position is reached.
    Descent,
    /// From the start to the deepest point while it goes on, to the end once it is over.
    SoFar,
    /// While the position is held; while that goes on, the last second of it.
    Hold,
    /// The first third of the descent, by progress.
    EarlyDescent,
    /// Around the deepest point.
    Bottom,
    /// From the deepest point to the end. Not of holds.
    Ascent,
    /// From start to end.
    Whole,
    /// Just after the end, before the next begins: of a hold, the way out of it.
    After,
}

/// A repetition or hold of this set that is over.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Done {
    pub side: Option<Side>,
    pub start: Timestamp,
    pub end: Timestamp,
    /// Of a hold: seconds inside the limits.
    pub credited_secs: f64,
}

/// What a hold has besides what a repetition has.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Timer {
    /// Seconds inside the fault limits so far.
    pub credited_secs: f64,
    /// Seconds asked for.
    pub target_secs: Option<f64>,
}

/// One repetition or hold, complete or still going on.
#[derive(Clone, Copy, Debug)]
pub struct Bout<'a> {
    /// Its place in the set, from 1.
    pub n: u32,
    /// The side at work; `None` where both work together.
    pub side: Option<Side>,
    pub view: View,
    pub variant: Option<&'static Variant>,
    /// Of a hold.
    pub timer: Option<Timer>,
    /// What was done in this set before it.
    pub before: &'a [Done],
    /// What was measured of the model's errors, and where the exercise begins, which they depend on.
    pub trust: &'a Trust,
    pub posture: Posture,
    /// The person at rest, as the baseline was taken.
    pub neutral: &'a Sample,
    /// The same as the set began.
    pub began: &'a Sample,
    /// From half a second before the start to as much after the end.
    pub samples: &'a [Sample],
    /// Progress of each sample; 0 at rest, 1 at a full movement.
    pub progress: &'a [Option<f64>],
    /// Index of the first sample away from rest.
    pub start: usize,
    /// Index of the deepest sample; of a hold, of the first one in the position.
    pub turn: usize,
    /// Index of the first sample back at rest, or of the last one held; `None` while it goes on.
    pub end: Option<usize>,
}

impl<'a> Bout<'a> {
    /// When the movement began.
    pub fn start_time(&self) -> Timestamp {
        self.samples[self.start].t
    }

    /// When it was deepest.
    pub fn turn_time(&self) -> Timestamp {
        self.samples[self.turn].t
    }

    /// When it ended, or the last picture so far.
    pub fn end_time(&self) -> Timestamp {
        self.samples[self.end.unwrap_or(self.samples.len() - 1)].t
    }

    /// Stops a measure that only these variants are asked for, with [`Unseen::NotAsked`] in any other.
    pub fn only(&self, variants: &[&str]) -> Result<(), Unseen> {
        let asked = self.variant.is_some_and(|v| variants.contains(&v.name));
        if asked { Ok(()) } else { Err(Unseen::NotAsked) }
    }

    /// Whether something is so in most pictures from the deepest point on.
    pub fn mostly(&self, so: impl Fn(&Sample) -> bool) -> bool {
        let stretch = &self.samples[self.turn..=self.end.unwrap_or(self.samples.len() - 1)];
        2 * stretch.iter().filter(|s| so(s)).count() > stretch.len()
    }

    /// Progress at the deepest point.
    pub fn peak(&self) -> f64 {
        self.progress[self.turn].unwrap_or(0.0)
    }

    /// The extremes of a measure in a window.
    ///
    /// Errors: [`Unseen::NotReached`] when the window has not come yet, [`Unseen::Gap`] when pictures are
    /// missing in it, or what most often hid the measure when it was seen in less than 70 % of the pictures.
    pub fn extent(&self, window: Window, measure: impl Fn(&Sample) -> Reading) -> Result<Extent, Unseen> {
        self.extent_where(window, |_| true, measure)
    }

    /// As [`Bout::extent`], only in pictures where `when` holds (a depth, say).
    pub fn extent_where(
        &self,
        window: Window,
        when: impl Fn(&Sample) -> bool,
        measure: impl Fn(&Sample) -> Reading,
    ) -> Result<Extent, Unseen> {
        let stretch = self.window(window)?;
        if longest_gap(stretch) > LONGEST_GAP_SECS {
            return Err(Unseen::Gap);
        }
        let mut seen: Vec<Moment> = Vec::with_capacity(stretch.len());
        let mut hidden: Vec<Unseen> = Vec::new();
        for sample in stretch.iter().filter(|s| when(s)) {
            match measure(sample) {
                Ok(value) => seen.push(Moment { value, at: sample.t }),
                Err(why) => hidden.push(why),
            }
        }
        if (seen.len() as f64) < LEAST_SEEN * (seen.len() + hidden.len()) as f64 || seen.is_empty() {
            return Err(most_frequent(&mut hidden).unwrap_or(Unseen::NotReached));
        }
        Ok(steady_extremes(&seen, self.steady_secs()))
    }

    /// The extremes of a measure's change from the person's rest, in a window.
    pub fn change(&self, window: Window, measure: impl Fn(&Sample) -> Reading) -> Result<Extent, Unseen> {
        let rest = measure(self.neutral)?;
        Ok(self.extent(window, measure)?.less(rest))
    }

    /// How far a measure goes beyond the person's own best (lowest) two seconds of this hold.
    pub fn beyond_best(&self, measure: impl Fn(&Sample) -> Reading) -> Result<Extent, Unseen> {
        let held = &self.samples[self.turn..=self.end.unwrap_or(self.samples.len() - 1)];
        let mut best = f64::INFINITY;
        let (mut from, mut values) = (0, Vec::new());
        while let Some(first) = held.get(from) {
            let n = held[from..].partition_point(|s| s.t.secs_since(first.t) < BEST_SECS);
            if from + n == held.len() && n > 0 && held[from + n - 1].t.secs_since(first.t) < 0.9 * BEST_SECS {
                break;
            }
            values.clear();
            values.extend(held[from..from + n].iter().filter_map(|s| measure(s).ok()));
            if values.len() as f64 >= LEAST_SEEN * n as f64 {
                best = best.min(middle(&mut values));
            }
            from += held[from..].partition_point(|s| s.t.secs_since(first.t) < BEST_STEP_SECS).max(1);
        }
        let extent = self.extent(Window::Hold, measure)?;
        if best.is_finite() { Ok(extent.less(best)) } else { Err(Unseen::NotReached) }
    }

    /// The median of a measure in a window, with the errors of [`Bout::extent`].
    pub fn median(&self, window: Window, measure: impl Fn(&Sample) -> Reading) -> Result<Moment, Unseen> {
        // Checked for gaps and visibility by the same rule as extremes.
        let extent = self.extent(window, &measure)?;
        let mut values: Vec<f64> = self.window(window)?.iter().filter_map(|s| measure(s).ok()).collect();
        Ok(Moment { value: middle(&mut values), at: extent.low.at })
    }

    /// What is measured at the deepest point: the median around it.
    pub fn at_bottom(&self, measure: impl Fn(&Sample) -> Reading) -> Result<Extent, Unseen> {
        self.window(Window::Bottom)?;
        self.around(self.turn, measure)
    }

    /// The change from just before the movement to its bottom.
    pub fn change_to_bottom(&self, measure: impl Fn(&Sample) -> Reading) -> Result<Extent, Unseen> {
        let before = self.median(Window::Before, &measure)?.value;
        let bottom = self.at_bottom(measure)?.high;
        Ok(Extent::at(bottom.value - before, bottom.at))
    }

    /// What is measured where the person comes nearest to rest after the repetition: the median around that moment.
    pub fn at_top(&self, measure: impl Fn(&Sample) -> Reading) -> Result<Extent, Unseen> {
        let after = self.window(Window::After)?;
        let from = self.end.ok_or(Unseen::NotReached)?;
        let depth = |i: &usize| self.progress[from + i].unwrap_or(f64::INFINITY);
        let top = (0..after.len()).min_by(|a, b| depth(a).total_cmp(&depth(b))).ok_or(Unseen::NotReached)?;
        self.around(from + top, measure)
    }

    /// How much of a flexion is left at the top against the person's own rest as the set began.
    pub fn left_at_top(&self, measure: impl Fn(&Sample) -> Reading) -> Result<Extent, Unseen> {
        let rest = measure(self.began)?;
        let top = self.at_top(measure)?.high;
        Ok(Extent::at(top.value - rest, top.at))
    }

    /// What is measured when another measure passes `level` on the way down.
    pub fn when_passing(
        &self,
        level: f64,
        of: impl Fn(&Sample) -> Reading,
        measure: impl Fn(&Sample) -> Reading,
    ) -> Result<Extent, Unseen> {
        let passed = |i: &usize| of(&self.samples[*i]).is_ok_and(|value| value <= level);
        let at = (self.start..=self.turn).rev().find(passed).ok_or(Unseen::NotReached)?;
        self.around(at, measure)
    }

    /// Measures the line of the back by what sees it best, and notes when that was landmarks alone.
    pub fn by_best_eye(
        &self,
        measure: impl Fn(&Bout, fn(&Sample) -> Reading) -> Result<Extent, Unseen>,
    ) -> Result<Extent, Unseen> {
        let extent = measure(self, |s| s.spine.lumbar_flexion)?;
        let contour = measure(self, |s| s.spine.by_contour).is_ok();
        Ok(Extent { by_landmarks: !contour, ..extent })
    }

    /// Seconds the position was held, well or not.
    pub fn held_secs(&self) -> Result<Extent, Unseen> {
        self.end.ok_or(Unseen::NotReached)?;
        Ok(Extent::at(self.end_time().secs_since(self.turn_time()), self.end_time()))
    }

    /// Seconds of a hold that counted, inside the fault limits.
    pub fn credited_secs(&self) -> Result<Extent, Unseen> {
        self.end.ok_or(Unseen::NotReached)?;
        let timer = self.timer.ok_or(Unseen::NotAsked)?;
        Ok(Extent::at(timer.credited_secs, self.end_time()))
    }

    /// The same in percent of the time asked for.
    pub fn credited_percent(&self) -> Result<Extent, Unseen> {
        let target = self.timer.and_then(|timer| timer.target_secs).ok_or(Unseen::NotAsked)?;
        let credited = self.credited_secs()?.high;
        Ok(Extent::at(100.0 * credited.value / target, credited.at))
    }

    /// Seconds between the end of the last repetition or hold and the turn of this one; of the first,
    /// [`Unseen::NotAsked`].
    pub fn rest_before(&self) -> Result<Extent, Unseen> {
        let last = self.before.last().ok_or(Unseen::NotAsked)?;
        Ok(Extent::at(self.turn_time().secs_since(last.end), self.turn_time()))
    }

    /// For rules of the set: how often the same side came twice in a row.
    pub fn sides_repeated(&self) -> Result<Extent, Unseen> {
        let sides = self.before.iter().map(|done| done.side).chain([self.side]);
        let sides: Vec<Option<Side>> = sides.collect();
        let repeated = sides.windows(2).filter(|two| two[0].is_some() && two[0] == two[1]).count();
        Ok(Extent::at(repeated as f64, self.end_time()))
    }

    /// For rules of the set: seconds from its first start to the end of this one.
    pub fn set_secs(&self) -> Result<Extent, Unseen> {
        let first = self.before.first().map_or(self.start_time(), |done| done.start);
        Ok(Extent::at(self.end_time().secs_since(first), self.end_time()))
    }

    /// For rules of the set: the same without pauses longer than `pause_secs`.
    pub fn active_secs(&self, pause_secs: f64) -> Result<Extent, Unseen> {
        let starts = self.before.iter().skip(1).map(|done| done.start).chain([self.start_time()]);
        let pauses = self.before.iter().zip(starts).map(|(done, next)| next.secs_since(done.end));
        let paused: f64 = pauses.filter(|secs| *secs > pause_secs).sum();
        let set = self.set_secs()?.high;
        Ok(Extent::at(set.value - paused, set.at))
    }

    /// For rules of the set: the longest pause in it, seconds; 0 with the first.
    pub fn longest_pause(&self) -> Result<Extent, Unseen> {
        let starts = self.before.iter().skip(1).map(|done| done.start).chain([self.start_time()]);
        let pauses = self
            .before
            .iter()
            .zip(starts)
            .map(|(done, next)| Moment { value: next.secs_since(done.end).max(0.0), at: next });
        let none = Moment { value: 0.0, at: self.end_time() };
        let longest = pauses.reduce(|a, b| if b.value > a.value { b } else { a }).unwrap_or(none);
        Ok(Extent::at(longest.value, longest.at))
    }

    fn steady_secs(&self) -> f64 {
        if self.timer.is_some() { STEADY_HOLD_SECS } else { STEADY_SECS }
    }

    /// The median of a measure within half of [`STEADY_SECS`] on both sides of a sample, with the errors of
    /// [`Bout::extent`].
    fn around(&self, index: usize, measure: impl Fn(&Sample) -> Reading) -> Result<Extent, Unseen> {
        let at = self.samples[index].t;
        let is_near = |s: &Sample| s.t.secs_since(at).abs() <= self.steady_secs() / 2.0 + 1e-3;
        let from = self.samples.partition_point(|s| s.t < at && !is_near(s));
        let near = &self.samples[from..index + self.samples[index..].partition_point(is_near)];
        if longest_gap(near) > LONGEST_GAP_SECS {
            return Err(Unseen::Gap);
        }
        let mut values = Vec::new();
        let mut hidden = Vec::new();
        for sample in near {
            match measure(sample) {
                Ok(value) => values.push(value),
                Err(why) => hidden.push(why),
            }
        }
        if values.is_empty() || (values.len() as f64) < LEAST_SEEN * (values.len() + hidden.len()) as f64 {
            return Err(most_frequent(&mut hidden).unwrap_or(Unseen::NotReached));
        }
        Ok(Extent::at(middle(&mut values), at))
    }

    /// Pictures a second over the repetition.
    pub fn fps(&self) -> f64 {
        let whole = &self.samples[self.start..=self.end.unwrap_or(self.samples.len() - 1)];
        let secs = whole[whole.len() - 1].t.secs_since(whole[0].t);
        if secs > 0.0 { (whole.len() - 1) as f64 / secs } else { 0.0 }
    }

    /// Seconds from leaving rest to the deepest point.
    pub fn secs_down(&self) -> Result<Extent, Unseen> {
        // A turn that may still move does not tell how long the way down took.
        if !self.has_risen() {
            return Err(Unseen::NotReached);
        }
        Ok(Extent::at(self.turn_time().secs_since(self.start_time()), self.turn_time()))
    }

    /// While it goes on, the deepest point is known once the way up has begun, or once the person has stayed there: a
    /// fault should be heard in the pause at the bottom, not after it.
    fn bottom_passed(&self) -> Result<(), Unseen> {
        // A hold is at its deepest from its first moment on.
        if self.timer.is_some() || self.has_risen() || self.has_stayed() { Ok(()) } else { Err(Unseen::NotReached) }
    }

    fn has_risen(&self) -> bool {
        let risen = |p: &Option<f64>| p.is_some_and(|p| p < self.peak() - BOTTOM_BAND);
        self.end.is_some() || self.progress[self.turn..].iter().any(risen)
    }

    /// Within [`STAY_BAND`] of the deepest point for [`STEADY_SECS`] without a break.
    fn has_stayed(&self) -> bool {
        let deep = |p: &Option<f64>| p.is_some_and(|p| p >= self.peak() - STAY_BAND);
        let stayed = self.progress.iter().rev().take_while(|p| deep(p)).count();
        let since = &self.samples[self.samples.len() - stayed..];
        let secs = since.first().zip(since.last()).map_or(0.0, |(first, last)| last.t.secs_since(first.t));
        secs >= STEADY_SECS - 1e-3
    }

    fn window(&self, window: Window) -> Result<&'a [Sample], Unseen> {
        let peak = self.peak();
        let near_peak = |i: &usize| self.progress[*i].is_none_or(|p| p >= peak - BOTTOM_BAND);
        let (from, to) = match window {
            Window::Before => (0, self.start),
            Window::Descent => {
                self.bottom_passed()?;
                (self.start, self.turn + 1)
            }
            Window::EarlyDescent => {
                self.bottom_passed()?;
                let third = (self.start..=self.turn)
                    .find(|&i| self.progress[i].is_some_and(|p| p >= peak / 3.0))
                    .unwrap_or(self.turn);
                (self.start, third + 1)
            }
            Window::Bottom => {
                let first = (self.start..=self.turn).rev().take_while(near_peak).last().unwrap_or(self.turn);
                let last = (self.turn..self.samples.len()).take_while(near_peak).last().unwrap_or(self.turn);
                self.bottom_passed()?;
                (first, last + 1)
            }
            Window::Hold => {
                self.timer.ok_or(Unseen::NotAsked)?;
                // A limb that follows the other one by half a second is no fault of the hold.
                if self.end.is_none() && self.end_time().secs_since(self.turn_time()) < STEADY_HOLD_SECS - 1e-3 {
                    return Err(Unseen::NotReached);
                }
                (self.held_from(), self.end.map_or(self.samples.len(), |end| end + 1))
            }
            Window::SoFar if self.end.is_none() => return self.window(Window::Descent),
            Window::Ascent => (self.turn, self.end.ok_or(Unseen::NotReached)? + 1),
            Window::Whole | Window::SoFar => (self.start, self.end.ok_or(Unseen::NotReached)? + 1),
            Window::After => (self.end.ok_or(Unseen::NotReached)?, self.samples.len()),
        };
        if from >= to { Err(Unseen::NotReached) } else { Ok(&self.samples[from..to]) }
    }

    /// Index from which a hold is looked at.
    fn held_from(&self) -> usize {
        match self.end {
            Some(_) => self.turn,
            None => {
                let now = self.end_time();
                let recent = self.samples.partition_point(|s| now.secs_since(s.t) > STEADY_HOLD_SECS + 1e-3);
                self.turn.max(recent)
            }
        }
    }
}

/// The reason found most often; ties go to the first in [`Unseen`]'s order.
fn most_frequent(reasons: &mut [Unseen]) -> Option<Unseen> {
    reasons.sort_unstable();
    let mut best: Option<(usize, Unseen)> = None;
    for run in reasons.chunk_by(|a, b| a == b) {
        if best.is_none_or(|(n, _)| run.len() > n) {
            best = Some((run.len(), run[0]));
        }
    }
    best.map(|(_, why)| why)
}

fn longest_gap(samples: &[Sample]) -> f64 {
    samples.windows(2).map(|w| w[1].t.secs_since(w[0].t)).fold(0.0, f64::max)
}

/// Extremes of the running median over `secs`. Ends are covered by the nearest full window, so that a value
/// held only for the last picture cannot decide.
fn steady_extremes(seen: &[Moment], secs: f64) -> Extent {
    let mut extent: Option<Extent> = None;
    let mut values = Vec::new();
    let last = seen[seen.len() - 1].at;
    for (i, first) in seen.iter().enumerate() {
        // A little slack for rounding of times: 0.3 s at 30 fps is ten pictures, not nine.
        let until = first.at + secs;
        let n = seen[i..].iter().take_while(|m| m.at.secs_since(until) < 1e-3).count();
        let window = &seen[i..i + n];
        values.clear();
        values.extend(window.iter().map(|m| m.value));
        let moment = Moment { value: middle(&mut values), at: window[n / 2].at };
        extent = Some(match extent {
            None => Extent { low: moment, high: moment, by_landmarks: false },
            Some(e) => Extent {
                low: if moment.value < e.low.value { moment } else { e.low },
                high: if moment.value > e.high.value { moment } else { e.high },
                ..e
            },
        });
        if window[n - 1].at >= last {
            break;
        }
    }
    extent.unwrap_or(Extent::at(seen[0].value, seen[0].at))
}

/// The median of a non-empty list; the upper of the two middles for even counts.
fn middle(values: &mut [f64]) -> f64 {
    let n = values.len() / 2;
    *values.select_nth_unstable_by(n, f64::total_cmp).1
}
