mod programme;

use super::*;
use crate::estimate::EstimateError;
use crate::exercises;
use crate::pose::Observation;
use crate::pose::recording::{Header, ModelInfo, RecordingReader, RecordingWriter, SourceInfo};
use crate::runner::{ClipJob, ModelChoice, score_clip};
use crate::source::OpenOptions;
use crate::source::camera::{Camera, CameraError, Packing, Shot};
use crate::synth::observe::{Eye, Noise, Quality};
use crate::synth::{self, Body, Options};
use crate::units::Timestamp;
use std::fs;
use std::path::Path;
use std::sync::Arc;

/// What a model would see of a clip of the synthetic athlete.
fn observations(id: &str, seed: u64) -> Arc<Vec<Observation>> {
    let clip = synth::by_id(id).unwrap();
    let body = Body::average();
    let mut noise = Noise::new(Quality::Q1, seed);
    let frames = clip.frames(&body, &clip.camera, 30.0, &Options::default());
    let seen = frames.map(|frame| {
        let mut observation = Eye::OWN.sees(&frame, &clip.camera);
        noise.disturb(&frame, &clip.camera, &mut observation);
        observation.quantized()
    });
    Arc::new(seen.collect())
}

/// Sends one tiny picture per observation, as fast as they are taken, with these gaps before some of them.
struct Reel {
    observations: Arc<Vec<Observation>>,
    next: usize,
}

impl Camera for Reel {
    fn about(&self) -> String {
        "a reel".into()
    }

    fn next(&mut self, shot: &mut Shot) -> Result<(), CameraError> {
        let observation = self.observations.get(self.next).ok_or(CameraError::Ended)?;
        self.next += 1;
        (shot.t, shot.arrived, shot.packing) = (observation.t, Instant::now(), Packing::Rgb);
        (shot.width, shot.height) = (32, 32);
        shot.bytes.clear();
        shot.bytes.resize(32 * 32 * 3, 128);
        Ok(())
    }
}

/// Sees in a picture of the reel what was seen at that time.
struct Seer {
    model: ModelInfo,
    observations: Arc<Vec<Observation>>,
}

impl PoseEstimator for Seer {
    fn model(&self) -> &ModelInfo {
        &self.model
    }

    fn estimate(&mut self, frame: &Frame) -> Result<Observation, EstimateError> {
        let at = self.observations.partition_point(|o| o.t < frame.t);
        Ok(self.observations[at])
    }

    fn mask(&self) -> Option<&crate::frame::Mask> {
        None
    }

    fn world(&self) -> Option<&crate::pose::Landmarks<Option<nalgebra::Point3<f64>>>> {
        None
    }
}

fn model() -> ModelInfo {
    ModelInfo { name: "seer".into(), ..ModelInfo::default() }
}

fn job(exercise: &str, out: &Path) -> LiveJob {
    let task = Task { exercise: exercises::by_name(exercise).unwrap(), variant: None, side: None, holds: &[] };
    LiveJob {
        training: Training::Sets { task, count: None },
        once: true,
        out: out.into(),
        record: false,
        camera: "reel".into(),
        pace: Pace::Every,
    }
}

fn play(job: &LiveJob, observations: &Arc<Vec<Observation>>, listener: &mut dyn Listener) -> (Vec<SetDone>, Stats) {
    let reel = observations.clone();
    let opener: Opener =
        Arc::new(move || Ok(Box::new(Reel { observations: reel.clone(), next: 0 }) as Box<dyn Camera>));
    let seer = Box::new(Seer { model: model(), observations: observations.clone() });
    run_live(job, opener, seer, &Display { window: None }, listener, &AtomicBool::new(false)).unwrap()
}

/// Notes the steps it hears.
#[derive(Default)]
struct Ear {
    /// The camera's.
    clock: Vec<Timestamp>,
    times: Vec<Timestamp>,
    counted: u32,
    setups: Vec<Setup>,
}

impl Listener for Ear {
    fn hear(&mut self, t: Timestamp, seen: Option<(&Step, &Setup)>) {
        self.clock.push(t);
        let Some((step, setup)) = seen else { return };
        self.times.push(step.pose.t);
        self.counted += u32::from(step.counted);
        if self.setups.last().map(std::mem::discriminant) != Some(std::mem::discriminant(setup)) {
            self.setups.push(*setup);
        }
    }

    fn mute(&mut self, _muted: bool) {}
    fn trouble(&mut self, _words: &str) {}
    fn set_done(&mut self, _done: &SetDone) {}
    fn announce(&mut self, _heard: Heard) {}
}

/// The same poses scored as a recorded clip.
fn scored(exercise: &str, observations: &[Observation], folder: &Path) -> Report {
    let path = folder.join("poses.jsonl");
    let header = Header::new(SourceInfo { width: 32, height: 32, ..SourceInfo::default() }, model());
    let mut writer = RecordingWriter::new(Vec::new(), &header).unwrap();
    observations.iter().for_each(|o| writer.write(o).unwrap());
    fs::write(&path, writer.finish().unwrap()).unwrap();
    rescored(exercise, &path)
}

fn rescored(exercise: &str, recording: &Path) -> Report {
    let job = ClipJob {
        path: recording.into(),
        exercise: exercises::by_name(exercise).unwrap(),
        variant: None,
        seen: None,
        out: None,
        annotate: false,
        model: ModelChoice::default(),
        source: OpenOptions::default(),
    };
    score_clip(&job, &AtomicBool::new(false), &mut |_| {}).unwrap()
}

#[test]
fn live_counts_what_score_counts_when_no_picture_is_dropped() {
    for (exercise, id) in
        [("squat", "SQ-ok2"), ("squat", "SQ-wink28"), ("squat", "SQ-valg50"), ("hip_hinge", "HH-round40")]
    {
        let dir = tempfile::tempdir().unwrap();
        let observations = observations(id, 7);
        let mut ear = Ear::default();
        let (sets, stats) = play(&job(exercise, dir.path()), &observations, &mut ear);
        let offline = scored(exercise, &observations, dir.path());
        let [set] = sets.as_slice() else { panic!("{} sets", sets.len()) };
        assert!(!offline.reps.is_empty(), "{id}");
        assert_eq!(set.report.reps.len(), offline.reps.len(), "{id}");
        assert_eq!(ear.counted as usize, offline.reps.len(), "{id}");
        assert_eq!((stats.dropped, stats.taken), (0, observations.len() as u64), "{id}");
        assert_eq!(ear.clock, ear.times, "{id}: the first set begins with the camera");
        // Every step is heard, once, in order, and nothing counts before the way into position is over.
        let times: Vec<Timestamp> = observations.iter().map(|o| o.t).collect();
        assert_eq!(ear.times, times, "{id}");
        assert_eq!(ear.setups.last(), Some(&Setup::Exercising), "{id}");
        assert_ne!(ear.setups.first(), Some(&Setup::Exercising), "{id}");

        // The files are those of `score`, and the recording holds what was judged.
        assert!(set.folder.ends_with(format!("{exercise}-1")), "{}", set.folder.display());
        for name in ["report.json", "report.html", "poses.jsonl", "angles.csv", "cues.vtt"] {
            assert!(set.folder.join(name).is_file(), "{id}: {name}");
        }
        let text = fs::read(set.folder.join("poses.jsonl")).unwrap();
        let mut recording = RecordingReader::new(text.as_slice()).unwrap();
        for observation in observations.iter() {
            assert_eq!(recording.read().unwrap().as_ref(), Some(observation), "{id}");
        }
        let written = Report::from_json(&fs::read_to_string(set.folder.join("report.json")).unwrap()).unwrap();
        assert_eq!(written, set.report, "{id}");
    }
}

#[test]
fn a_count_ends_the_set() {
    let dir = tempfile::tempdir().unwrap();
    let observations = observations("SQ-ok2", 3);
    let mut job = job("squat", dir.path());
    if let Training::Sets { count, .. } = &mut job.training {
        *count = Some(2);
    }
    let (sets, _) = play(&job, &observations, &mut Silent);
    assert_eq!((sets.len(), sets[0].report.reps.len(), sets[0].ending), (1, 2, Ending::Counted));
}

/// The holds a programme asked for are judged again as what was asked, not by the exercise's own ladder of ten seconds.
#[test]
fn a_hold_scored_again_is_asked_for_the_same_time() {
    let dir = tempfile::tempdir().unwrap();
    let mut job = job("side_plank", dir.path());
    if let Training::Sets { task, .. } = &mut job.training {
        task.holds = &[7, 8];
    }
    let (sets, _) = play(&job, &observations("SP-sag10", 3), &mut Silent);
    let again = rescored("side_plank", &sets[0].folder.join("poses.jsonl"));
    let targets = |report: &Report| report.holds.iter().map(|hold| hold.target_s).collect::<Vec<_>>();
    assert_eq!(targets(&again), [Some(7.0), Some(8.0), Some(8.0)]);
    assert_eq!(targets(&again), targets(&sets[0].report));
}

#[test]
fn a_recording_opens_again_with_the_same_pictures_as_poses() {
    let dir = tempfile::tempdir().unwrap();
    let observations = Arc::new(observations("SQ-ok2", 3)[..90].to_vec());
    let job = LiveJob { record: true, ..job("squat", dir.path()) };
    let (sets, _) = play(&job, &observations, &mut Silent);
    let mut video = crate::source::open(&sets[0].folder.join(VIDEO), &OpenOptions::default()).unwrap();
    let (mut frame, mut n) = (Frame::default(), 0);
    while video.read(&mut frame).unwrap() {
        let apart = frame.t.secs_since(observations[n].t).abs();
        assert!(apart < 1e-4, "picture {n} is {apart} s off");
        n += 1;
    }
    assert_eq!(n, observations.len());
}

/// A recorded set's folder is replayed and scored from its poses, and its steps are found by its pictures' times.
#[test]
fn a_recorded_set_is_one_thing_to_replay() {
    let dir = tempfile::tempdir().unwrap();
    let observations = Arc::new(observations("SQ-ok2", 3)[..120].to_vec());
    let late = |(i, o): (usize, &Observation)| Observation { t: if i < 60 { o.t } else { o.t + 2.0 }, ..*o };
    let torn: Arc<Vec<Observation>> = Arc::new(observations.iter().enumerate().map(late).collect());
    let (sets, _) = play(&LiveJob { record: true, ..job("squat", dir.path()) }, &torn, &mut Silent);
    let folder = &sets[0].folder;
    let set = crate::runner::RecordedSet::at(folder).unwrap();
    assert!(crate::runner::RecordedSet::at(dir.path()).is_none());
    let mut steps = crate::runner::steps::Steps::open(&set.poses, exercises::by_name("squat").unwrap(), None).unwrap();
    let mut video = crate::source::open(&set.video, &OpenOptions::default()).unwrap();
    let (mut frame, mut n) = (Frame::default(), 0);
    while video.read(&mut frame).unwrap() {
        // In the gap there are two steps that belong to no picture.
        let step = steps.of_picture(frame.t).unwrap().unwrap();
        assert_eq!(step.pose.t, torn[n].t, "picture {n}");
        n += 1;
    }
    assert_eq!(n, torn.len());
}

/// Nobody's pictures for a while: a repetition is not put together across the gap, and the report tells of it.
#[test]
fn a_gap_in_the_pictures_counts_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let whole = observations("SQ-ok2", 3);
    let reps = scored("squat", &whole, dir.path()).reps;
    // From the bottom of the first repetition on, everything comes 5 s later.
    let bottom = Timestamp::from_secs(reps[0].turn_s);
    let late = |o: &Observation| {
        let t = if o.t < bottom { o.t } else { o.t + 5.0 };
        Observation { t, ..*o }
    };
    let torn = Arc::new(whole.iter().map(late).collect::<Vec<_>>());
    let (sets, _) = play(&job("squat", dir.path()), &torn, &mut Silent);
    let report = &sets[0].report;
    assert!(report.reps.len() < reps.len(), "{} of {}", report.reps.len(), reps.len());
    assert!(report.reps.iter().all(|rep| rep.end_s - rep.start_s < 5.0));
    assert!(report.notices.iter().any(|n| n.code == "gaps"));
}

#[test]
fn a_set_that_cannot_be_written_is_still_judged_and_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let in_the_way = dir.path().join("file");
    fs::write(&in_the_way, "").unwrap();
    let observations = observations("SQ-ok2", 3);
    let (sets, _) = play(&LiveJob { record: true, ..job("squat", &in_the_way) }, &observations, &mut Silent);
    assert!(!sets[0].report.reps.is_empty());
    assert!(sets[0].report.notices.iter().any(|n| n.code == "not_written"));
    assert!(sets[0].unwritten.as_ref().is_some_and(|problem| problem.contains("--out")));
}

#[test]
fn pain_takes_the_score_away_and_keeps_the_rest() {
    let dir = tempfile::tempdir().unwrap();
    let observations = observations("SQ-ok2", 3);
    let job = job("squat", dir.path());
    let mut set = set::Set::begin(&job, &job.training.first(), &model(), &Frame::new(32, 32), false);
    for observation in observations.iter() {
        let mut frame = Frame::new(32, 32);
        frame.t = observation.t;
        set.take(&frame, *observation, 0.5).unwrap();
        set.write_interim();
    }
    // Whatever ends the program now, the report of what was judged is there.
    let folder = dir.path().join("squat-1");
    let interim = Report::from_json(&fs::read_to_string(folder.join("report.json")).unwrap()).unwrap();
    assert!(!interim.reps.is_empty());
    let lines = fs::read_to_string(folder.join("poses.jsonl")).unwrap().lines().count();
    assert_eq!(lines, 1 + observations.len());

    let done = set.finish(Ending::Pain, 0.0);
    assert!(done.report.score.is_none() && done.report.reps.iter().all(|rep| rep.score.is_none()));
    assert!(!done.report.reps.is_empty() && done.report.notices[0].code == "pain");
}
