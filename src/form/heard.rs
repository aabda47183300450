//! What there is to hear, and when.
//!
//! Input: [`Step`]s, the report at the end. Output: [`Heard`], each with its urgency. What a thing sounds
//! like (a tone, words, a line in a log) is a sink's part. Cues come at the pace of the coach (`cue.rs`); here stands the pace
//! of everything else:
//!
//! 1. Every counted repetition is heard at once, so that silence never looks like failure.
//! 2. A hint of the start gate is said when it has lasted [`HINT_AFTER_SECS`], again every [`HINT_AGAIN_SECS`], and another
//!    hint not before [`HINT_CHANGE_SECS`] have passed: getting into position trips many hints for a moment.
//! 3. The second movement in a row that did not count says so, and why; one alone may have been scratching an ankle (RULES.md B).
//! 4. A hold is heard when it starts, at half time, in each of the last three seconds and when it is done; the two in the
//!    middle only where the hold is long enough to tell them apart.

use super::cue::{Clean, Cue};
use super::safety::PAIN_SPOKEN;
use super::{Ask, Gate, HoldStep, Outcome, SessionReport, Setup, Step};
use crate::kinematics::Unseen;
use crate::units::{Side, Timestamp};
use std::collections::BTreeMap;

/// Something worth a sound.
#[derive(Clone, Debug)]
pub enum Heard {
    /// The start gate waits for this.
    Hint(Ask),
    /// In position: what comes now counts.
    Ready,
    /// This repetition was counted.
    Rep(u32),
    /// Two movements in a row did not count; why the second did not.
    NotCounted(&'static str),
    /// The back cannot be judged as things are.
    Unjudged(Unseen),
    /// A fault was found while another cue has the word.
    Fault,
    Cue(Cue),
    Clean(Clean),
    HoldStarted,
    /// Half of the hold is over; whole seconds left.
    HalfTime(u32),
    /// This many seconds are left: 3, 2, 1.
    LastSeconds(u32),
    /// The hold reached its time.
    HoldDone,
    /// The other side now; this one.
    Switch(Side),
    /// What is held is held on the other side than this one, whose turn it is.
    WrongSide {
        turn: Side,
    },
    /// The pause between two holds is over.
    Again,
    /// Rest for so many seconds; what comes then, said with it.
    Rest {
        secs: u32,
        next: String,
    },
    /// What comes next: an exercise, a warm-up.
    Next(String),
    /// The person went on by a key: what is still being said is about what was left.
    GoneOn,
    /// The camera gives no picture: nobody looks any more.
    NoPicture,
    /// The set is over; its summary.
    SetDone(String),
    /// Pain was reported, the set is over.
    Pain,
}

impl Heard {
    /// Who goes first when two want the word: higher before lower.
    pub fn urgency(&self) -> u8 {
        match self {
            Heard::Pain => 9,
            // The side is not cut off by how the set went: there is little time to turn.
            Heard::SetDone(_) | Heard::Switch(_) => 8,
            Heard::WrongSide { .. } | Heard::Next(_) | Heard::Rest { .. } | Heard::GoneOn => 7,
            Heard::NoPicture => 6,
            Heard::Cue(cue) if cue.outcome == Outcome::Fault => 6,
            Heard::HoldDone => 5,
            Heard::Cue(_) | Heard::Unjudged(_) => 4,
            Heard::Fault | Heard::Ready | Heard::Again | Heard::HoldStarted => 3,
            Heard::Hint(_) | Heard::NotCounted(_) | Heard::HalfTime(_) | Heard::LastSeconds(_) => 2,
            Heard::Clean(_) => 1,
            Heard::Rep(_) => 0,
        }
    }
}

/// A hint must last this long to be said, seconds.
const HINT_AFTER_SECS: f64 = 1.5;
/// The same hint again after, seconds.
const HINT_AGAIN_SECS: f64 = 8.0;
/// Another hint after, seconds.
const HINT_CHANGE_SECS: f64 = 4.0;
/// Shorter holds have no half time and no countdown, seconds.
const COUNTDOWN_FROM_SECS: f64 = 8.0;

/// Two holds do not begin within this time, seconds; what seems so is one whose beginning was put right.
const SAME_HOLD_SECS: f64 = 2.0;

/// Listens to steps and tells what there is to hear.
#[derive(Clone, Debug, Default)]
pub struct Ear {
    open: bool,
    /// The hint standing now, and since when.
    hint: Option<(Ask, Timestamp)>,
    /// The hint last said, and when.
    hinted: Option<(Ask, Timestamp)>,
    /// Start of the cue last said.
    cued: Option<Timestamp>,
    attempts: u32,
    attempts_in_a_row: u32,
    /// The hold last heard of: when it began, and the most seconds that were credited.
    held: Option<(Timestamp, f64)>,
}

impl Ear {
    /// Takes the next step; with what is known of the way into position, where somebody watches it.
    pub fn listen(&mut self, step: &Step, setup: Option<&Setup>, tell: &mut dyn FnMut(Heard)) {
        let t = step.pose.t;
        let ask = match (step.gate, setup) {
            (Gate::Open, Some(Setup::Positioning(ask))) if !ask.comes_before_ready() => None,
            (_, Some(Setup::Positioning(ask))) => Some(*ask),
            (Gate::Waiting(hint), _) => Some(Ask::Start(hint)),
            _ => None,
        };
        self.gate(t, step.gate == Gate::Open && ask.is_none(), ask, tell);
        if step.counted {
            self.attempts_in_a_row = 0;
            tell(Heard::Rep(step.reps));
        }
        if step.attempts > self.attempts {
            self.attempts_in_a_row += step.attempts - self.attempts;
            if self.attempts_in_a_row >= 2 {
                self.attempts_in_a_row = 0;
                tell(Heard::NotCounted(step.not_counted.unwrap_or_default()));
            }
        }
        self.attempts = step.attempts;
        let new_cue = step.cue.filter(|cue| self.cued != Some(cue.since));
        if let Some(cue) = new_cue {
            self.cued = Some(cue.since);
            tell(Heard::Cue(cue));
        } else if step.news.fault {
            tell(Heard::Fault);
        }
        if let Some(clean) = step.news.clean {
            tell(Heard::Clean(clean));
        }
        if let Some(why) = step.news.unjudged {
            tell(Heard::Unjudged(why));
        }
        self.hold(t, step.hold, tell);
    }

    fn gate(&mut self, t: Timestamp, open: bool, ask: Option<Ask>, tell: &mut dyn FnMut(Heard)) {
        if open && !self.open {
            tell(Heard::Ready);
        }
        self.open = open;
        let Some(hint) = ask else {
            self.hint = None;
            return;
        };
        let since = self.hint.filter(|(standing, _)| *standing == hint).map_or(t, |(_, since)| since);
        self.hint = Some((hint, since));
        let due = self
            .hinted
            .is_none_or(|(said, at)| t.secs_since(at) >= if said == hint { HINT_AGAIN_SECS } else { HINT_CHANGE_SECS });
        if due && t.secs_since(since) >= HINT_AFTER_SECS {
            self.hinted = Some((hint, t));
            tell(Heard::Hint(hint));
        }
    }

    fn hold(&mut self, t: Timestamp, hold: Option<HoldStep>, tell: &mut dyn FnMut(Heard)) {
        let Some(HoldStep { elapsed_secs, credited_secs: held_secs, target_secs, .. }) = hold else { return };
        let began = t - elapsed_secs;
        let before = match self.held {
            // At its end a hold may be away for a picture, and some of its seconds taken back: it is still the same.
            Some((before, credited)) if began.secs_since(before).abs() < SAME_HOLD_SECS => credited,
            _ => {
                tell(Heard::HoldStarted);
                0.0
            }
        };
        self.held = Some((began, before.max(held_secs)));
        let Some(target_secs) = target_secs else { return };
        let passed = |mark: f64| before < mark && mark <= held_secs;
        if target_secs >= COUNTDOWN_FROM_SECS {
            if passed(target_secs / 2.0) {
                tell(Heard::HalfTime((target_secs / 2.0).round() as u32));
            }
            if let Some(left) = (1..=3).find(|left| passed(target_secs - f64::from(*left))) {
                tell(Heard::LastSeconds(left));
            }
        }
        if passed(target_secs) {
            tell(Heard::HoldDone);
        }
    }
}

/// A set in one breath: what was done, how, and the one thing to change.
pub fn summary(set: &SessionReport) -> String {
    if set.pain {
        return PAIN_SPOKEN.into();
    }
    let held: f64 = set.holds.iter().map(|h| h.credited_secs).sum();
    let mut said = match (set.exercise.counting.holds().is_some(), set.reps.len(), set.holds.as_slice()) {
        (true, _, []) => "Set done. No hold was seen.".to_string(),
        (true, _, [hold]) => format!("Set done. Held {}.", held_words(hold.end.secs_since(hold.start), held)),
        (true, _, holds) => format!("Set done. {} holds, {} in all.", holds.len(), seconds(held)),
        (false, 0, _) => "Set done. No repetition was seen.".to_string(),
        (false, 1, _) => "Set done. 1 repetition.".to_string(),
        (false, n, _) => format!("Set done. {n} repetitions."),
    };
    if let Some(score) = set.score {
        said.push_str(&format!(" Form {score:.0}."));
    }
    if let Some(why) = set.back_unseen() {
        said.push_str(match why {
            Unseen::TooSmall => " Too far away to judge the back.",
            Unseen::TooFewFrames => " Pictures came too slowly to judge the back.",
            Unseen::LooseClothes => " Loose clothes hid the low back.",
            Unseen::WrongView(_) => " The back was not seen from there.",
            _ => " The back was not seen.",
        });
    }
    if let Some(cue) = costliest_cue(set) {
        said.push_str(&format!(" Next time: {}.", cue.to_lowercase()));
    }
    said
}

/// "30 seconds", "36 seconds, 5 of them counted": what was out of the limits is not credited.
fn held_words(all: f64, credited: f64) -> String {
    if all - credited > 1.5 { format!("{}, {credited:.0} of them counted", seconds(all)) } else { seconds(credited) }
}

/// "1 second", "30 seconds".
fn seconds(secs: f64) -> String {
    let plural = if secs.round() == 1.0 { "" } else { "s" };
    format!("{secs:.0} second{plural}")
}

/// Fewer points than this, mean over the repetitions, are not worth a word.
const WORTH_SAYING_POINTS: f64 = 3.0;

/// The cue of the rule that cost the most points over the set, where it warned or worse: what is within the limits costs
/// points too, but there is nothing to change.
fn costliest_cue(set: &SessionReport) -> Option<&'static str> {
    let mut points = BTreeMap::<&'static str, f64>::new();
    let reps = set.reps.iter().map(|r| (&r.findings, &r.contributions));
    for (findings, contributions) in reps.chain(set.holds.iter().map(|h| (&h.findings, &h.contributions))) {
        let warned = |rule: &str| findings.iter().any(|f| f.rule.name == rule && f.outcome >= Outcome::Warn);
        for contribution in contributions.iter().filter(|c| warned(c.rule)) {
            *points.entry(contribution.rule).or_default() += contribution.points;
        }
    }
    let (rule, points) = points.into_iter().max_by(|a, b| a.1.total_cmp(&b.1))?;
    let worth = points / (set.reps.len() + set.holds.len()) as f64 >= WORTH_SAYING_POINTS;
    set.exercise.rule(rule).filter(|_| worth).map(|rule| rule.cue)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::Hint;
    use crate::form::Weight;
    use crate::kinematics::View;
    use crate::report::specimen;

    fn step_at(secs: f64) -> Step {
        let mut step = specimen::step(0, 64, 64);
        step.pose.t = Timestamp::from_secs(secs);
        step.gate = Gate::Open;
        step
    }

    fn heard(ear: &mut Ear, step: &Step) -> Vec<String> {
        let mut all = Vec::new();
        ear.listen(step, None, &mut |h| all.push(format!("{h:?}").split(['(', ' ']).next().unwrap().to_string()));
        all
    }

    #[test]
    fn a_hint_must_last_and_is_not_nagged() {
        let mut ear = Ear::default();
        let mut said = Vec::new();
        for tenth in 0..200 {
            let secs = f64::from(tenth) / 10.0;
            let mut step = step_at(secs);
            // Flickering for three seconds, then steady; another hint from 13 s on.
            step.gate = Gate::Waiting(match secs {
                s if s < 3.0 && tenth % 2 == 0 => Hint::HoldStill,
                s if s < 13.0 => Hint::StepIntoView,
                _ => Hint::from(Unseen::WrongView(View::Side)),
            });
            ear.listen(&step, None, &mut |h| said.push((tenth, format!("{h:?}"))));
        }
        let at: Vec<i32> = said.iter().map(|(tenth, _)| *tenth).collect();
        // Steady from 2.9 s; again 8 s after; the other one when it has lasted and four seconds have passed.
        assert_eq!(at, [44, 124, 164], "{said:?}");
        assert!(said[0].1.contains("StepIntoView") && said[2].1.contains("TurnSideOrFront"), "{said:?}");
    }

    #[test]
    fn the_ready_signal_comes_once_and_counts_come_at_once() {
        let mut ear = Ear::default();
        let mut closed = step_at(0.0);
        closed.gate = Gate::Settling(0.5);
        assert!(heard(&mut ear, &closed).is_empty());
        assert_eq!(heard(&mut ear, &step_at(0.1)), ["Ready"]);
        assert!(heard(&mut ear, &step_at(0.2)).is_empty());
        let mut counted = step_at(3.0);
        (counted.counted, counted.reps) = (true, 1);
        assert_eq!(heard(&mut ear, &counted), ["Rep"]);
    }

    #[test]
    fn one_movement_that_does_not_count_is_nothing_two_in_a_row_are_told_with_the_last_ones_reason() {
        let mut ear = Ear { open: true, ..Ear::default() };
        let after = |attempts, counted| {
            let mut step = step_at(1.0);
            (step.attempts, step.counted) = (attempts, counted);
            step.not_counted = Some(if attempts > 2 { "faster than 0.8 s" } else { "not deep enough to count" });
            step
        };
        assert!(heard(&mut ear, &after(1, false)).is_empty());
        assert_eq!(heard(&mut ear, &after(1, true)), ["Rep"], "a repetition in between makes it one again");
        assert!(heard(&mut ear, &after(2, false)).is_empty());
        let mut told = Vec::new();
        ear.listen(&after(3, false), None, &mut |h| told.push(h));
        assert!(matches!(told[..], [Heard::NotCounted("faster than 0.8 s")]), "{told:?}");
    }

    #[test]
    fn a_cue_is_told_once_and_a_fault_beside_it_is_marked() {
        let mut ear = Ear { open: true, ..Ear::default() };
        let mut all = Vec::new();
        for step in specimen::steps(64, 64).iter().skip(60) {
            ear.listen(step, None, &mut |h| {
                all.push((step.pose.t.secs(), format!("{h:?}").split(['(', ' ']).next().unwrap().to_string()))
            });
        }
        let cues: Vec<f64> = all.iter().filter(|(_, h)| h == "Cue").map(|(t, _)| *t).collect();
        assert_eq!(cues, [8.2]);
        let mut silent = step_at(12.0);
        silent.news.fault = true;
        assert_eq!(heard(&mut ear, &silent), ["Fault"]);
    }

    #[test]
    fn a_hold_is_heard_at_its_start_half_end_and_in_its_last_seconds() {
        let mut ear = Ear::default();
        let mut all = Vec::new();
        let mut began = Timestamp::ZERO;
        let mut play = |ear: &mut Ear, to: u32, target_secs: f64| {
            all.clear();
            began = began + 60.0;
            for tenth in 1..=to {
                let held_secs = f64::from(tenth) / 10.0;
                let hold = HoldStep {
                    side: None,
                    elapsed_secs: held_secs,
                    credited_secs: held_secs,
                    target_secs: Some(target_secs),
                };
                ear.hold(began + held_secs, Some(hold), &mut |h| all.push(format!("{tenth} {h:?}")));
            }
            ear.hold(began, None, &mut |h| panic!("{h:?} after the end"));
            all.clone()
        };
        let long = play(&mut ear, 112, 10.0);
        let want = ["1 HoldStarted", "50 HalfTime(5)", "70 LastSeconds(3)", "80 LastSeconds(2)", "90 LastSeconds(1)"];
        assert_eq!(long, [&want[..], &["100 HoldDone"]].concat());
        // Letting go: away for a picture, then there again with fewer seconds.
        let back = HoldStep { side: None, elapsed_secs: 11.4, credited_secs: 10.1, target_secs: Some(10.0) };
        ear.hold(Timestamp::from_secs(71.5), Some(back), &mut |h| panic!("{h:?} of a hold that is over"));
        assert_eq!(play(&mut ear, 30, 10.0), ["1 HoldStarted"], "let go early");
        assert_eq!(play(&mut ear, 60, 5.0), ["1 HoldStarted", "50 HoldDone"], "too short for a countdown");
    }

    #[test]
    fn the_summary_names_one_thing_and_what_was_not_seen() {
        let set = specimen::set();
        let said = summary(&set);
        assert!(said.starts_with("Set done. 2 repetitions. Form 78."), "{said}");
        assert!(said.contains("The back was not seen."), "{said}");
        assert_eq!(said.matches("Next time: ").count(), 1, "{said}");
        assert_eq!(summary(&specimen::empty_set()), "Set done. No repetition was seen.");
        let pain = SessionReport { pain: true, ..specimen::set() };
        assert!(!summary(&pain).contains("78") && summary(&pain).contains("stopped"));
    }

    /// The set with its findings and what they cost changed.
    fn changed(change: impl Fn(&mut super::super::Finding)) -> SessionReport {
        let mut set = specimen::set();
        set.reps.iter_mut().flat_map(|rep| &mut rep.findings).for_each(change);
        set
    }

    #[test]
    fn nothing_is_to_be_changed_where_no_rule_warned() {
        let good = changed(|f| {
            if f.outcome >= Outcome::Warn {
                f.outcome = Outcome::Good;
            }
        });
        assert!(good.reps.iter().any(|rep| !rep.contributions.is_empty()), "within the limits, and not for nothing");
        assert!(!summary(&good).contains("Next time"), "{}", summary(&good));
    }

    #[test]
    fn the_back_was_not_seen_only_where_most_repetitions_say_so_and_the_reason_is_said() {
        let unseen = |why| {
            changed(|f| {
                if f.rule.weight == Weight::Spine {
                    (f.outcome, f.reason) = (Outcome::NotJudged, Some(why));
                }
            })
        };
        for (why, words) in [
            (Unseen::TooSmall, "Too far away to judge the back."),
            (Unseen::TooFewFrames, "Pictures came too slowly to judge the back."),
            (Unseen::NoSpine, "The back was not seen."),
        ] {
            let said = summary(&unseen(why));
            assert!(said.contains(words), "{said}");
        }
        let mut half = unseen(Unseen::NoSpine);
        half.reps[0]
            .findings
            .iter_mut()
            .filter(|f| f.rule.weight == Weight::Spine)
            .for_each(|f| f.outcome = Outcome::Good);
        assert!(!summary(&half).contains("back"), "{}", summary(&half));
        // A dowel that is not there, beside a back that was judged.
        let mut findings = unseen(Unseen::NoDowel).reps[0].findings.clone();
        let back = findings.iter().find(|f| f.rule.weight == Weight::Spine).cloned().unwrap();
        assert_eq!(crate::form::cue::back_unseen(&findings), None, "nothing else looks at the back");
        findings.push(super::super::Finding { outcome: Outcome::Good, reason: None, ..back });
        assert_eq!(crate::form::cue::back_unseen(&findings), None);
    }

    #[test]
    fn a_hold_is_told_with_what_of_it_counted() {
        assert_eq!(held_words(30.2, 29.9), "30 seconds");
        assert_eq!(held_words(36.0, 0.7), "36 seconds, 1 of them counted");
        assert_eq!(held_words(1.2, 1.0), "1 second");
    }

    #[test]
    fn the_ready_signal_waits_for_what_comes_before_it() {
        let mut ear = Ear::default();
        let mut said = Vec::new();
        for tenth in 0..40 {
            let setup = if tenth < 20 { Setup::Positioning(Ask::ComeCloser) } else { Setup::Exercising };
            let step = step_at(f64::from(tenth) / 10.0);
            ear.listen(&step, Some(&setup), &mut |h| said.push((tenth, format!("{h:?}"))));
        }
        assert_eq!(said, [(15, "Hint(ComeCloser)".to_string()), (20, "Ready".to_string())]);
    }
}
