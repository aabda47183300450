//! The next step of a ladder, from what was done.
//!
//! 1. A session stands on a step when its sets complete the step's work, in its variant, on both sides where there are
//!    sides, without a fault and without pain, and were seen well enough for a score: what was not seen earns no step up.
//! 2. Two sessions in a row that stand on the present step or a higher one lead to the step above the lower of the two
//!    (RULES.md A3; the same rule for every exercise is ours).
//! 3. Nothing leads down. Pain starts the counting anew.

use super::{Entry, Level, Record, Work};
use crate::units::Side;

/// Sessions in a row that lead up.
pub const SESSIONS_TO_RISE: u32 = 2;
/// A timer may be this much short, a share: 0.3 s of 10 s.
const NEARLY: f64 = 0.97;

/// Where somebody stands on a ladder.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    pub level: &'static Level,
    /// From 0.
    pub index: usize,
    /// Sessions in a row that stood on this step, fewer than [`SESSIONS_TO_RISE`] unless it is the last.
    pub sessions: u32,
    /// What is missing, or why the step came, one sentence.
    pub why: String,
}

/// The step to do next. `records` in the order they were done, of any exercises.
pub fn progress(entry: &'static Entry, records: &[Record]) -> Progress {
    let own: Vec<&Record> = records.iter().filter(|r| r.exercise == entry.exercise).collect();
    let top = entry.levels.len() - 1;
    let (mut index, mut streak, mut lowest) = (0, 0, top);
    let mut why = "not done yet: the first step".to_string();
    for session in own.chunk_by(|a, b| a.session == b.session) {
        match standing(entry, session).filter(|standing| *standing >= index) {
            Some(standing) => {
                (streak, lowest) = (streak + 1, lowest.min(standing));
                if streak < SESSIONS_TO_RISE {
                    why = "complete and without a fault: once more like this for the next step".into();
                } else if lowest < top {
                    (index, streak, lowest) = (lowest + 1, 0, top);
                    why = format!("{SESSIONS_TO_RISE} sessions complete and without a fault: one step up");
                } else {
                    index = top;
                    why = "the last step of the ladder, complete and without a fault".into();
                }
            }
            None => {
                (streak, lowest) = (0, top);
                why = missing(&entry.levels[index], session).into();
            }
        }
    }
    Progress { level: &entry.levels[index], index, sessions: streak, why }
}

/// The highest step a session stands on.
fn standing(entry: &Entry, session: &[&Record]) -> Option<usize> {
    let clean = session.iter().all(|r| r.faults == 0 && !r.pain && r.score.is_some());
    if !clean {
        return None;
    }
    (0..entry.levels.len()).rev().find(|&i| complete(&entry.levels[i], session))
}

/// Whether the work of a step was done, on each side.
fn complete(level: &Level, session: &[&Record]) -> bool {
    let of_level = |r: &&&Record| level.variant.is_none() || r.variant.as_deref() == level.variant;
    let enough = |side: Option<Side>| {
        let sets = session.iter().filter(of_level).filter(|r| side.is_none() || r.side == side);
        sets.filter(|set| done(level.work, set)).count() >= level.sets as usize
    };
    level.each_side().iter().all(|side| enough(*side))
}

fn done(work: Work, set: &Record) -> bool {
    match work {
        Work::Reps(n) => set.reps >= n,
        Work::Time(secs) => set.active_secs >= NEARLY * f64::from(secs),
        Work::Holds { secs, .. } => {
            // The longest against the longest: the order in which they were held does not matter.
            let mut asked: Vec<f64> = secs.iter().map(|s| f64::from(*s)).collect();
            let mut held = set.holds.clone();
            asked.sort_by(|a, b| b.total_cmp(a));
            held.sort_by(|a, b| b.total_cmp(a));
            held.len() >= asked.len() && held.iter().zip(&asked).all(|(held, asked)| *held >= NEARLY * asked)
        }
    }
}

/// Why a session does not lead up, the weightiest reason.
fn missing(level: &Level, session: &[&Record]) -> &'static str {
    let any = |what: fn(&Record) -> bool| session.iter().any(|r| what(r));
    if any(|r| r.pain) {
        "pain ended the last session: stay here, or do an easier one"
    } else if any(|r| r.faults > 0) {
        "the last session had faults: stay here"
    } else if any(|r| r.score.is_none()) {
        "too little was seen of the last session: stay here, and mind the camera"
    } else if level.each_side().iter().flatten().any(|side| session.iter().all(|r| r.side != Some(*side))) {
        "the last session had one side only: stay here"
    } else if !complete(level, session) {
        "the last session was not complete: stay here"
    } else {
        "stay here"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::programme::entry;

    fn set(session: &str, exercise: &str) -> Record {
        Record {
            session: session.into(),
            date: session[..10].into(),
            exercise: exercise.into(),
            side: None,
            variant: None,
            reps: 0,
            holds: Vec::new(),
            active_secs: 0.0,
            score: Some(90),
            coverage: 0.9,
            faults: 0,
            pain: false,
        }
    }

    fn plank(day: u32, side: Side, variant: &str, holds: &[f64]) -> Record {
        let session = format!("2026-11-{day:02}T18:00:00Z");
        Record { side: Some(side), variant: Some(variant.into()), holds: holds.into(), ..set(&session, "side_plank") }
    }

    fn planks(day: u32, variant: &str, holds: &[f64]) -> Vec<Record> {
        Side::BOTH.into_iter().map(|side| plank(day, side, variant, holds)).collect()
    }

    fn step(records: &[Record]) -> (usize, u32) {
        let progress = progress(entry("side_plank").unwrap(), records);
        (progress.index, progress.sessions)
    }

    #[test]
    fn two_whole_sessions_in_a_row_lead_up_one_does_not() {
        let tens = [9.9; 10];
        assert_eq!(step(&[]), (0, 0));
        let mut records = planks(1, "knees", &tens);
        assert_eq!(step(&records), (0, 1));
        records.extend(planks(3, "knees", &tens));
        assert_eq!(step(&records), (1, 0));
        // The new step must be done twice as well, and tens are not twenties.
        records.extend(planks(5, "knees", &tens));
        assert_eq!(step(&records), (1, 0));
        records.extend(planks(7, "knees", &[20.0; 5]));
        records.extend(planks(9, "knees", &[20.0, 20.4, 19.5, 20.1, 21.0]));
        assert_eq!(step(&records), (2, 0));
    }

    #[test]
    fn a_fault_a_short_hold_one_side_pain_or_too_little_seen_break_the_row() {
        let good = planks(1, "knees", &[10.0; 10]);
        type Spoil = fn(&mut Vec<Record>);
        let spoilt: [(&str, Spoil); 5] = [
            ("faults", |s| s[1].faults = 1),
            ("complete", |s| s[0].holds[3] = 8.0),
            ("one side", |s| drop(s.pop())),
            ("pain", |s| s[0].pain = true),
            ("seen", |s| s[1].score = None),
        ];
        for (why, spoil) in spoilt {
            let mut second = planks(3, "knees", &[10.0; 10]);
            spoil(&mut second);
            let records = [good.clone(), second, planks(5, "knees", &[10.0; 10])].concat();
            assert_eq!(step(&records), (0, 1), "{why}");
            let after = progress(entry("side_plank").unwrap(), &records[..records.len() - 2]);
            assert!(after.why.contains(why), "{why}: {}", after.why);
        }
    }

    #[test]
    fn who_begins_higher_up_is_taken_at_his_work() {
        let records = [planks(1, "knees", &[100.0]), planks(2, "top_leg", &[10.0; 10])].concat();
        // One on the fifth step, one on the sixth: the lower one counts.
        assert_eq!(step(&records), (5, 0));
        let last = [planks(1, "feet", &[100.0]), planks(2, "feet", &[101.0])].concat();
        assert_eq!(step(&last).0, 14, "nothing stands above the last step");
    }

    #[test]
    fn sets_repetitions_and_minutes_count_too() {
        let hinge = |day: u32, reps: u32| Record {
            reps,
            variant: Some("hinge".into()),
            ..set(&format!("2026-11-{day:02}T08:00:00Z"), "hip_hinge")
        };
        let in_a_row = |records: &[Record]| progress(entry("hip_hinge").unwrap(), records).sessions;
        assert_eq!(in_a_row(&[hinge(1, 10), hinge(1, 11)]), 1);
        assert_eq!(in_a_row(&[hinge(1, 10), hinge(2, 10), hinge(3, 10)]), 0, "one set is not two");
        assert_eq!(in_a_row(&[hinge(1, 10), hinge(1, 9), hinge(2, 10), hinge(2, 10)]), 1);
        // Ladders go on where the article does: deadlift, then on one leg, ten times twice on either.
        let lifted = |record: Record, variant: &str, side: Option<Side>| Record {
            variant: Some(variant.into()),
            side,
            ..record
        };
        let twice = |day: u32| vec![hinge(day, 10), hinge(day, 10)];
        let deadlifts = |day: u32| twice(day).into_iter().map(|r| lifted(r, "deadlift", None)).collect::<Vec<_>>();
        let on_each_leg = |day: u32| -> Vec<Record> {
            let on = |side| twice(day).into_iter().map(move |r| lifted(r, "one_leg", Some(side)));
            Side::BOTH.into_iter().flat_map(on).collect()
        };
        let step = |records: &[Vec<Record>]| {
            let progress = progress(entry("hip_hinge").unwrap(), &records.concat());
            (progress.level.variant, progress.sessions)
        };
        assert_eq!(step(&[twice(1), twice(2)]), (Some("deadlift"), 0));
        assert_eq!(step(&[twice(1), twice(2), twice(3)]), (Some("deadlift"), 0), "a hinge is no deadlift");
        assert_eq!(step(&[twice(1), twice(2), deadlifts(3), deadlifts(4)]), (Some("one_leg"), 0));
        let one_leg_only = lifted(hinge(5, 10), "one_leg", Some(Side::Left));
        let up = [twice(1), twice(2), deadlifts(3), deadlifts(4)];
        assert_eq!(step(&[up.concat(), vec![one_leg_only.clone(), one_leg_only]]), (Some("one_leg"), 0));
        assert_eq!(step(&[up.concat(), on_each_leg(5), on_each_leg(6)]), (Some("one_leg"), 2));
        let bug = |day: u32, active_secs: f64| Record {
            variant: Some("march".into()),
            active_secs,
            ..set(&format!("2026-11-{day:02}T08:00:00Z"), "dead_bug")
        };
        let at = |records: &[Record]| progress(entry("dead_bug").unwrap(), records).index;
        assert_eq!((at(&[bug(1, 118.0), bug(2, 121.0)]), at(&[bug(1, 118.0), bug(2, 90.0)])), (1, 0));
    }
}
