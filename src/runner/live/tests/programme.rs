//! A programme from the first word to the last, before a camera that plays recorded poses.

use super::*;
use crate::form::Phase;
use crate::programme::{Course, Plan, Record, plan};
use crate::sink::history;
use crate::sink::voice::{Sound, Voice, VoiceOptions};
use std::path::PathBuf;

/// Squats, then hinges twice, with the times of one recording.
fn reel(ids: &[&str]) -> Arc<Vec<Observation>> {
    let (mut all, mut from) = (Vec::new(), 0.0);
    for id in ids {
        let clip = observations(id, 7);
        all.extend(clip.iter().map(|o| Observation { t: o.t + from, ..*o }));
        from = all.last().map_or(0.0, |o: &Observation| o.t.secs() + 1.0 / 30.0);
    }
    Arc::new(all)
}

fn programme(chosen: &[&str], out: &Path) -> LiveJob {
    let today = Plan { warm_up_secs: 0, ..plan(chosen, &[]) }.with_reps(2).with_rest(3);
    LiveJob { training: Training::programme(Course::new(today)).unwrap(), ..job("squat", out) }
}

/// Hears, logs and remembers as the command does.
struct Diary {
    voice: Voice,
    log: PathBuf,
    history: PathBuf,
}

impl Diary {
    fn new(dir: &Path) -> Diary {
        let log = dir.join("cues.jsonl");
        let mute = VoiceOptions { sound: Sound::Mute, ..VoiceOptions::default() };
        let voice = Voice::open(&mute, dir).unwrap().log_to(&log).unwrap();
        Diary { voice, log, history: dir.join("history.jsonl") }
    }

    /// Everything that was said and when, in order; tones without words by their names.
    fn heard(self) -> Vec<(f64, String)> {
        self.voice.finish().unwrap();
        let text = fs::read_to_string(&self.log).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        let said = |line: &serde_json::Value| line["words"].as_str().or(line["tone"].as_str()).unwrap().to_string();
        lines.map(|line| (line["t_s"].as_f64().unwrap(), said(&line))).collect()
    }
}

impl Listener for Diary {
    fn hear(&mut self, t: Timestamp, seen: Option<(&Step, &Setup)>) {
        self.voice.set_clock(t);
        let Some((step, setup)) = seen else { return };
        self.voice.push(step, Some(setup));
    }
    fn mute(&mut self, _muted: bool) {}
    fn trouble(&mut self, words: &str) {
        panic!("{words}");
    }
    fn set_done(&mut self, done: &SetDone) {
        self.voice.hear(done.heard.clone());
        self.voice.new_set();
        let record = history::record(&done.report, "2026-11-22T18:00:00Z", "2026-11-22");
        history::append(&self.history, &record).unwrap();
    }
    fn announce(&mut self, heard: Heard) {
        self.voice.hear(heard);
    }
}

/// What happened to a programme while somebody pressed keys.
#[derive(Default)]
struct Walked {
    stages: Vec<Stage>,
    heard: Vec<Heard>,
    sets: Vec<SetDone>,
}

/// Runs a programme with a hand at the keys: asked at every picture.
fn walk(
    job: &LiveJob,
    observations: &Arc<Vec<Observation>>,
    mut hand: impl FnMut(&Picture) -> Option<Order>,
) -> Walked {
    let reel = observations.clone();
    let opener: Opener =
        Arc::new(move || Ok(Box::new(Reel { observations: reel.clone(), next: 0 }) as Box<dyn Camera>));
    let seer = Box::new(Seer { model: model(), observations: observations.clone() });
    let capture = Capture::start(opener, job.pace);
    let (order, orders) = channel();
    let (event, events) = sync_channel(0);
    let (give_back, spare) = channel();
    thread::scope(|scope| {
        let judge = Judge { job, estimator: seer, capture, orders, events: event, spare };
        let judging = scope.spawn(move || judge.run());
        let (mut walked, mut left) = (Walked::default(), Vec::new());
        for event in events {
            match event {
                Event::Picture(picture) => {
                    let stage = picture.course.unwrap().stage;
                    if walked.stages.last() != Some(&stage) {
                        walked.stages.push(stage);
                    }
                    // Pictures under way still show the stage that is being left: a second press would skip the next one.
                    let wish = hand(&picture).filter(|wish| {
                        let again = matches!(wish, Order::NextSet) && left.contains(&stage);
                        left.push(stage);
                        !again
                    });
                    wish.into_iter().for_each(|wish| _ = order.send(wish));
                    _ = give_back.send(picture.frame);
                }
                Event::Heard(heard) => walked.heard.push(heard),
                Event::SetDone(done) => walked.sets.push(*done),
                Event::Trouble(words) | Event::Problem(words) => panic!("{words}"),
                Event::Over => {}
            }
        }
        judging.join().unwrap().unwrap();
        walked
    })
}

#[test]
fn two_exercises_are_walked_through_and_everything_is_said_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let mut diary = Diary::new(dir.path());
    let history = diary.history.clone();
    let job = programme(&["squat", "hip_hinge"], dir.path());
    let (sets, _) = play(&job, &reel(&["SQ-ok2", "HH-ok", "HH-ok"]), &mut diary);

    // Hints, cues and praise come as the movement asks; the frame of a session does not.
    let frame = ["Squat.", "Ready", "rep", "Set done.", "Rest", "last-seconds", "Hip hinge.", "That was"];
    let heard = diary.heard();
    // One clock over all sets and rests: the rest's last second is heard when three seconds are over.
    assert!(heard.is_sorted_by_key(|(t, _)| *t), "{heard:?}");
    let said_at = |n: usize, what: &str| heard.iter().filter(|(_, words)| words.starts_with(what)).nth(n).unwrap().0;
    let rested = said_at(0, "Hip hinge.") - said_at(0, "Rest 3 seconds.");
    assert!((2.9..3.2).contains(&rested), "{rested} s");
    let heard: Vec<&str> = heard
        .iter()
        .map(|(_, words)| words)
        .filter(|words| frame.iter().any(|f| words.starts_with(f)))
        .map(|words| {
            // The score is another test's matter.
            words.split(" Form").next().unwrap()
        })
        .collect();
    let set = ["Ready", "rep", "rep", "Set done. 2 repetitions."];
    let pause = ["last-seconds", "last-seconds"];
    let expected: Vec<&str> = ["Squat. 2 repetitions."]
        .into_iter()
        .chain(set)
        .chain(["Rest 3 seconds. Then: hip hinge, set 1 of 2."])
        .chain(pause)
        .chain(["Hip hinge. Set 1 of 2. 2 repetitions."])
        .chain(set)
        .chain(["Rest 3 seconds. Then: hip hinge, set 2 of 2."])
        .chain(pause)
        .chain(["Hip hinge. Set 2 of 2. 2 repetitions."])
        .chain(set)
        .chain(["That was the programme."])
        .collect();
    assert_eq!(heard, expected);

    // A report for every set, judged as its own exercise, and a line in the history.
    let folders = ["squat-1", "hip_hinge-1", "hip_hinge-2"].map(|name| dir.path().join(name));
    assert_eq!(sets.iter().map(|set| set.folder.clone()).collect::<Vec<_>>(), folders);
    for (set, folder) in sets.iter().zip(&folders) {
        let written = Report::from_json(&fs::read_to_string(folder.join("report.json")).unwrap()).unwrap();
        assert_eq!(written, set.report);
        assert_eq!((written.reps.len(), set.ending), (2, Ending::Counted), "{}", folder.display());
        assert!(folder.join("poses.jsonl").is_file() && folder.join("report.html").is_file());
    }
    let records = history::read(&history).unwrap().records;
    let done: Vec<(&str, u32, bool)> = records.iter().map(|r: &Record| (r.exercise.as_str(), r.reps, r.pain)).collect();
    assert_eq!(done, [("squat", 2, false), ("hip_hinge", 2, false), ("hip_hinge", 2, false)]);
}

#[test]
fn pain_ends_the_set_without_a_score_and_the_session_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let job = LiveJob { once: false, ..programme(&["squat", "hip_hinge"], dir.path()) };
    let mut hurt = false;
    let walked = walk(&job, &reel(&["SQ-ok2", "HH-ok"]), |picture| match picture.course.unwrap().stage {
        Stage::Intro => Some(Order::NextSet),
        Stage::Work(0) if !hurt && picture.seen.as_ref().is_some_and(|(step, _)| step.reps == 1) => {
            hurt = true;
            Some(Order::Pain)
        }
        _ => None,
    });
    let [set] = walked.sets.as_slice() else { panic!("{} sets", walked.sets.len()) };
    assert_eq!((set.ending, set.report.score, set.report.pain), (Ending::Pain, None, true));
    assert!(!set.report.reps.is_empty() && set.report.reps.iter().all(|rep| rep.score.is_none()));
    assert!(matches!(set.heard, Heard::Pain));
    assert!(set.folder.join("report.json").is_file());
    assert_eq!(*walked.stages.last().unwrap(), Stage::Work(0), "nothing comes after pain");
    let next = walked.heard.iter().filter(|heard| matches!(heard, Heard::Rest { .. })).count();
    assert_eq!(next, 0);
}

/// Nobody stands ready for an exercise that was skipped, and it leaves no trace; pain between two sets leaves one.
#[test]
fn a_set_is_skipped_a_rest_cut_short_and_pain_in_a_rest_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let job = LiveJob { once: false, ..programme(&["side_plank", "squat", "hip_hinge"], dir.path()) };
    let walked = walk(&job, &reel(&["SQ-ok2", "HH-ok"]), |picture| match picture.course.unwrap().stage {
        // Both sides of the plank.
        Stage::Intro | Stage::Setup(0) | Stage::Setup(1) => Some(Order::NextSet),
        Stage::Rest(2) => Some(Order::Pain),
        _ => None,
    });
    let done: Vec<(&str, Ending, usize)> =
        walked.sets.iter().map(|set| (set.task.exercise.name, set.ending, set.report.reps.len())).collect();
    assert_eq!(done, [("squat", Ending::Counted, 2), ("squat", Ending::Pain, 0)]);
    assert!(!dir.path().join("side_plank-1").exists(), "a set that was not begun");
    assert!(walked.sets[1].report.pain && walked.sets[1].report.score.is_none());
    assert!(walked.sets[0].report.score.is_some(), "what was done before keeps its score");
}

#[test]
fn what_was_done_is_kept_when_somebody_quits_in_the_middle() {
    let dir = tempfile::tempdir().unwrap();
    let job = LiveJob { once: false, ..programme(&["squat", "hip_hinge"], dir.path()) };
    let walked =
        walk(&job, &reel(&["SQ-ok2", "HH-ok"]), |picture| match (picture.course.unwrap().stage, &picture.seen) {
            (Stage::Intro, _) => Some(Order::NextSet),
            (Stage::Work(0), Some((step, _))) if step.reps == 1 => Some(Order::Quit),
            _ => None,
        });
    let [set] = walked.sets.as_slice() else { panic!("{} sets", walked.sets.len()) };
    assert_eq!((set.ending, set.report.reps.len()), (Ending::Over, 1));
    assert!(set.folder.join("report.json").is_file());
}

#[test]
fn a_pause_stops_the_rest() {
    let dir = tempfile::tempdir().unwrap();
    let job = LiveJob { once: false, ..programme(&["squat", "hip_hinge"], dir.path()) };
    let (mut left, mut pictures) = (Vec::new(), 0);
    walk(&job, &reel(&["SQ-ok2", "HH-ok"]), |picture| {
        let course = picture.course.unwrap();
        match course.stage {
            Stage::Intro => return Some(Order::NextSet),
            Stage::Rest(0) => {}
            _ => return None,
        }
        pictures += 1;
        left.push(course.left_secs.unwrap().0);
        match pictures {
            10 => Some(Order::Pause(true)),
            70 => Some(Order::Pause(false)),
            _ => None,
        }
    });
    // Sixty pictures are two seconds; three seconds of rest are ninety pictures besides.
    let stood = left.windows(2).filter(|pair| pair[0] == pair[1]).count();
    assert!((57..=61).contains(&stood), "{stood} pictures in the pause");
    assert!((148..=153).contains(&pictures), "{pictures} pictures in the rest and its pause");
}

/// Somebody on the other forearm than asked hears so, and no end of that hold as if it counted.
#[test]
fn a_hold_on_the_wrong_side_is_told_and_not_heard_as_done() {
    let dir = tempfile::tempdir().unwrap();
    let whole = observations("SP-ok", 7);
    let side = scored("side_plank", &whole, dir.path()).holds[0].side.clone().unwrap();
    let heard_on = |turn: Side| {
        let mut today = Plan { warm_up_secs: 0, ..plan(&["side_plank"], &[]) };
        today.blocks.retain(|block| block.side == Some(turn));
        let dir = tempfile::tempdir().unwrap();
        let training = Training::programme(Course::new(today)).unwrap();
        let mut diary = Diary::new(dir.path());
        play(&LiveJob { training, ..job("side_plank", dir.path()) }, &whole, &mut diary);
        diary.heard()
    };
    let times = |heard: &[(f64, String)], words: &str| heard.iter().filter(|(_, said)| said.starts_with(words)).count();
    let counts = |heard: &[(f64, String)]| ["hold-done", "This was the"].map(|words| times(heard, words));
    let right = Side::BOTH.into_iter().find(|turn| turn.name() == side).unwrap();
    let [done, wrong] = counts(&heard_on(right));
    assert!(done > 2 && wrong == 0, "{done} done, {wrong} told");
    // Told twice, they are believed.
    assert_eq!(counts(&heard_on(right.other())), [done - 2, 2]);
}

#[test]
fn a_pause_in_the_middle_of_a_repetition_is_no_failed_attempt() {
    let dir = tempfile::tempdir().unwrap();
    let job = LiveJob { once: false, ..programme(&["squat"], dir.path()) };
    let mut paused_for = None;
    let walked = walk(&job, &reel(&["SQ-ok2", "SQ-ok2"]), |picture| {
        let deep = |(step, _): &(Step, Setup)| step.reps == 1 && step.phase == Phase::Deep;
        match (picture.course.unwrap().stage, paused_for) {
            (Stage::Intro, _) => return Some(Order::NextSet),
            (Stage::Work(0), None) if picture.seen.as_ref().is_some_and(deep) => paused_for = Some(0),
            (_, Some(pictures)) => paused_for = Some(pictures + 1),
            _ => {}
        }
        match paused_for {
            Some(0) => Some(Order::Pause(true)),
            Some(120) => Some(Order::Pause(false)),
            _ => None,
        }
    });
    let [set] = walked.sets.as_slice() else { panic!("{} sets", walked.sets.len()) };
    assert!(paused_for.is_some_and(|pictures| pictures > 120));
    assert_eq!((set.report.reps.len(), set.report.attempts), (2, 0), "{:?}", set.report.attempts_detail);
    assert!(set.report.notices.iter().all(|notice| notice.code != "gaps"), "{:?}", set.report.notices);
}
