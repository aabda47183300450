//! One live set: its session, its files as they grow, its way into position.

use super::recorder::Recorder;
use super::{Ending, LiveJob, SetDone, Task, VIDEO};
use crate::form::{Heard, Notice, Scene, Session, SessionReport, Setup, SetupCoach, Step, summary};
use crate::frame::Frame;
use crate::pose::Observation;
use crate::pose::recording::{Header, ModelInfo, SourceInfo};
use crate::report::Report;
use crate::runner::judged_with;
use crate::runner::outputs::{Keep, Outputs};
use crate::sink::files::write_report;
use crate::track::Filter;
use crate::units::{Side, Timestamp};
use std::fs;
use std::path::{Path, PathBuf};

/// A gap in the pictures longer than this may hide anything: the athlete counts as having been away, seconds.
const GAP_SECS: f64 = 1.0;
/// Pictures dropped from this share on are worth a remark.
const DROPS_WORTH_SAYING: f64 = 0.15;

pub struct Set {
    task: Task,
    folder: PathBuf,
    header: Header,
    session: Session,
    coach: SetupCoach,
    /// Empty after a failure, which has been told.
    outputs: Option<Outputs>,
    recorder: Option<Recorder>,
    /// When its first picture was taken, and its last, in the camera's time.
    began: Timestamp,
    last: Timestamp,
    reps_written: usize,
    counted: u32,
    gaps: u32,
    /// No picture was judged since the person paused: that gap is no trouble.
    paused: bool,
    notices: Vec<Notice>,
    /// Trouble not yet told.
    pub trouble: Option<String>,
}

impl Set {
    /// Begins with the picture `first`.
    pub fn begin(job: &LiveJob, task: &Task, model: &ModelInfo, first: &Frame, record: bool) -> Set {
        let source = SourceInfo {
            path: job.camera.clone(),
            // Of nothing: live pictures are not kept unless recorded.
            sha256: String::new(),
            width: first.width(),
            height: first.height(),
            ..SourceInfo::default()
        };
        let header = Header { holds_secs: task.holds.to_vec(), ..Header::new(source, model.clone()) };
        let options = judged_with(&header, Filter::Live, task.variant);
        let mut set = Set {
            task: *task,
            folder: free_folder(&job.out, task.exercise.name),
            session: Session::new(task.exercise, &options),
            coach: SetupCoach::new(task.exercise, task.side),
            outputs: None,
            recorder: None,
            began: first.t,
            last: first.t,
            reps_written: 0,
            counted: 0,
            gaps: 0,
            paused: false,
            notices: Vec::new(),
            trouble: None,
            header,
        };
        match Outputs::open(Some(&set.folder), task.exercise, &set.header, Keep::AsItGoes) {
            Ok(outputs) => set.outputs = Some(outputs),
            Err(error) => set.fail("not_written", &error.to_string()),
        }
        if record && set.trouble.is_none() {
            match Recorder::start(&set.folder.join(VIDEO)) {
                Ok(recorder) => set.recorder = Some(recorder),
                Err(error) => set.fail("not_recorded", &error.to_string()),
            }
        }
        set
    }

    /// px
    pub fn picture_size(&self) -> (u32, u32) {
        (self.header.source.width, self.header.source.height)
    }

    pub fn recording(&self) -> bool {
        self.recorder.is_some()
    }

    pub fn counted(&self) -> u32 {
        self.counted
    }

    /// Counted repetitions or holds that have their verdicts.
    pub fn judged(&self) -> u32 {
        self.session.judged() as u32
    }

    /// Another side of the athlete is to be nearer the camera.
    pub fn turn(&mut self, side: Option<Side>) {
        self.task.side = side;
        self.coach = SetupCoach::new(self.task.exercise, side);
    }

    /// The person pauses: what was going on is dropped, and is no failed attempt.
    pub fn pause(&mut self) {
        self.session.interrupt();
        self.paused = true;
    }

    /// Judges a picture whose observation this is; the step belongs to that very picture.
    pub fn take(&mut self, frame: &Frame, mut observation: Observation, brightness: f64) -> Option<(Step, Setup)> {
        if observation.t.secs_since(self.last) > GAP_SECS {
            // Nobody was seen meanwhile: a repetition must not be put together across the gap.
            self.gaps += u32::from(!self.paused);
            let at = |t: Timestamp| Timestamp::from_micros(t.micros() - self.began.micros());
            let (from, to) = (at(self.last), at(observation.t));
            // Further from both pictures than a video's clock rounds.
            for t in [from + 0.001, to - 0.001] {
                self.judge(&Observation { t, person: None });
            }
        }
        (self.last, self.paused) = (observation.t, false);
        observation.t = Timestamp::from_micros(observation.t.micros() - self.began.micros());
        self.record(frame, observation.t);
        let step = self.judge(&observation)?;
        let scene = Scene { width: f64::from(frame.width()), height: f64::from(frame.height()), brightness };
        let setup = self.coach.watch(&step, &scene);
        self.counted = step.reps;
        Some((step, setup))
    }

    fn judge(&mut self, observation: &Observation) -> Option<Step> {
        let (mut latest, outputs) = (None, &mut self.outputs);
        let written = outputs.as_mut().map_or(Ok(()), |o| o.observe(observation));
        self.session.push(observation, &mut |step| {
            if let Some(outputs) = outputs {
                outputs.step(step);
            }
            latest = Some(step.clone());
        });
        if let Err(error) = written {
            let problem = error.to_string();
            if !self.make_room(&problem) || !self.outputs.as_mut().is_some_and(Outputs::retry) {
                self.outputs = None;
                self.fail("not_written", &problem);
            }
        }
        latest
    }

    /// Something could not be written. What fills a disk is the video: it ends, and without it there may be room for what
    /// matters more. False when there is no video.
    fn make_room(&mut self, problem: &str) -> bool {
        let recording = self.recording();
        if recording {
            self.stop_recording();
            // Told already, unless the video itself had room to end in.
            self.fail("not_recorded", problem);
        }
        recording
    }

    fn record(&mut self, frame: &Frame, t: Timestamp) {
        let Some(recorder) = &mut self.recorder else { return };
        if !recorder.push(frame, t) {
            self.stop_recording();
        }
    }

    /// Ends the video; the set goes on.
    pub fn stop_recording(&mut self) {
        if let Some(Err(error)) = self.recorder.take().map(Recorder::finish) {
            self.fail("not_recorded", &error.to_string());
        }
    }

    /// The report is there after every repetition, whatever ends the program.
    pub fn write_interim(&mut self) {
        if self.session.judged() == self.reps_written {
            return;
        }
        self.reps_written = self.session.judged();
        let report = Report::new(&self.session.so_far(), &self.header.source, &self.header.model);
        let write = |set: &mut Set| set.outputs.as_mut().map_or(Ok(()), |outputs| outputs.interim(&report));
        let mut written = write(self);
        if let Err(error) = &written
            && self.make_room(&error.to_string())
        {
            written = write(self);
        }
        if let Err(error) = written {
            self.fail("not_written", &error.to_string());
        }
    }

    /// Told once, and kept in the report.
    fn fail(&mut self, code: &'static str, problem: &str) {
        if self.notices.iter().all(|n| n.code != code) {
            self.notices.push(Notice { code, text: problem.into(), share: 1.0 });
            self.trouble = Some(problem.into());
        }
    }

    /// A set for which nobody got into position leaves nothing behind.
    pub fn forget(mut self) {
        self.stop_recording();
        self.outputs = None;
        // Our own folder, made for this set; what cannot be removed is an empty set and no harm.
        let _ = fs::remove_dir_all(&self.folder);
    }

    /// Closes the set and completes its files.
    pub fn finish(mut self, ending: Ending, dropped: f64) -> SetDone {
        self.stop_recording();
        if ending == Ending::Pain {
            self.session.report_pain();
        }
        let outputs = &mut self.outputs;
        let mut done = self.session.finish(&mut |step| {
            if let Some(outputs) = outputs {
                outputs.step(step);
            }
        });
        remark(&mut done, dropped, self.gaps, self.notices);
        let report = Report::new(&done, &self.header.source, &self.header.model);
        let written = match self.outputs {
            Some(outputs) => outputs.finish(&report),
            // There may be room again for what is small and matters most.
            None => write_report(&self.folder.join("report.json"), &report).map_err(Into::into),
        };
        let heard = if done.pain { Heard::Pain } else { Heard::SetDone(summary(&done)) };
        SetDone {
            task: self.task,
            folder: self.folder,
            report,
            ending,
            heard,
            unwritten: written.err().map(|e| e.to_string()),
        }
    }
}

/// The way out where pictures come too slowly, or are judged too slowly.
const FASTER: &str = "close other programs, use a smaller model, or `formcheck runtime install`";

/// What only a live set knows of itself.
fn remark(done: &mut SessionReport, dropped: f64, gaps: u32, notices: Vec<Notice>) {
    done.notices.extend(notices);
    for notice in done.notices.iter_mut().filter(|notice| notice.code == "low_frame_rate") {
        notice.text = format!("{}: {FASTER}", notice.text.split(':').next().unwrap_or_default());
    }
    if dropped > DROPS_WORTH_SAYING {
        let text = format!("{:.0} % of the camera's pictures came too fast to be looked at: {FASTER}", dropped * 100.0);
        done.notices.push(Notice { code: "dropped_pictures", text, share: dropped });
    }
    if gaps > 0 {
        let times = if gaps == 1 { "once".to_string() } else { format!("{gaps} times") };
        let text = format!("there were no pictures for more than a second, {times}: nothing was counted meanwhile");
        done.notices.push(Notice { code: "gaps", text, share: 0.0 });
    }
}

/// `squat-1`, or the next number that is free.
fn free_folder(out: &Path, name: &str) -> PathBuf {
    let free = (1u32..).map(|n| out.join(format!("{name}-{n}"))).find(|folder| !folder.exists());
    free.unwrap_or_else(|| out.join(name))
}
