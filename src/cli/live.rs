//! `live`: a session in front of a camera.

use super::args::{Live, SideArg};
use super::exercises::SAFETY_LINE;
use super::eyes::Sight;
use super::summary::{self, Outcome, Row, Scored};
use super::talk::{self, Voice};
use super::{Exit, batch, data, history, safety, sounds};
use crate::form::{Exercise, Heard, Setup, Step};
use crate::programme::{Course, plan};
use crate::runner::live::{Display, Listener, LiveJob, SetDone, Stats, Task, Training, run_live};
use crate::sink::voice::Voice as Sounding;
use crate::source::camera::{Pace, Want, Wanted};
use crate::units::{Side, Timestamp};
#[cfg(feature = "window")]
use anyhow::bail;
use anyhow::{Context, Result, ensure};
use std::collections::VecDeque;
use std::fmt::Write;
use std::path::PathBuf;

pub fn run(args: &Live, voice: &Voice) -> Result<Exit> {
    // A clip played as a camera is a rehearsal: nobody moves, so nobody is asked and nothing is remembered.
    let clip = matches!(wanted(args), Wanted::Clip { .. });
    if !clip {
        safety::before_session(voice)?;
    }
    let mut sounding = Sounding::open(&sounds::options(&args.sound), &sounds::folder())?;
    if let Some(log) = &args.cue_log {
        sounding = sounding.log_to(log)?;
    }
    let memory = if clip { None } else { Some((data::history_file()?, data::now())) };
    let mut coach = Coach { voice, sounding, memory, waiting: VecDeque::new() };
    let ended = run_heard(args, voice, &mut coach);
    while coach.remark().is_some() {}
    coach.sounding.finish()?;
    ended
}

/// Makes heard what is shown, and remembers every set at once: what comes later may end the program.
struct Coach<'a> {
    voice: &'a Voice,
    sounding: Sounding,
    /// The history, and when this session began; `None`: not to be remembered.
    memory: Option<(PathBuf, String)>,
    /// To be shown in the window.
    waiting: VecDeque<String>,
}

impl Listener for Coach<'_> {
    fn hear(&mut self, t: Timestamp, seen: Option<(&Step, &Setup)>) {
        self.sounding.set_clock(t);
        if let Some((step, setup)) = seen {
            self.sounding.push(step, Some(setup));
        }
    }

    fn mute(&mut self, muted: bool) {
        self.sounding.mute(muted);
    }

    fn blind(&mut self) {
        self.sounding.hear(Heard::NoPicture);
    }

    fn trouble(&mut self, words: &str) {
        self.voice.note(words);
    }

    fn set_done(&mut self, done: &SetDone) {
        self.sounding.hear(done.heard.clone());
        self.sounding.new_set();
        if let Some((file, session)) = &self.memory
            && let Err(error) = history::add(file, &done.report, session)
        {
            self.waiting.push_back(talk::chain(&error));
        }
    }

    fn announce(&mut self, heard: Heard) {
        self.sounding.hear(heard);
    }

    fn remark(&mut self) -> Option<String> {
        self.waiting.extend(self.sounding.remarks());
        let remark = self.waiting.pop_front()?;
        self.voice.note(&remark);
        Some(remark)
    }
}

fn wanted(args: &Live) -> Wanted {
    args.camera.camera.as_deref().map_or(Wanted::First, |text| Wanted::read(text, args.camera.again))
}

/// One exercise, or a programme.
fn training(args: &Live, sight: &Sight) -> Result<Training> {
    if let Some(chosen) = &args.programme {
        return programme(args, chosen);
    }
    let exercise = args.exercise.context("name an exercise, or use --programme")?;
    let side = args.side.map(|side| if side == SideArg::Left { Side::Left } else { Side::Right });
    let task = Task { exercise, variant: sight.variant_of(exercise)?, side, holds: &[] };
    Ok(Training::Sets { task, count: args.count })
}

fn programme(args: &Live, chosen: &[&'static Exercise]) -> Result<Training> {
    ensure!(args.eyes.variant.is_none(), "the programme says itself which variant comes: leave --variant out");
    let names: Vec<&str> = chosen.iter().map(|exercise| exercise.name).collect();
    let mut today = plan(&names, &data::history()?.records);
    today.warm_up_secs = 60 * args.warm_up;
    if let Some(reps) = args.count {
        today = today.with_reps(reps);
    }
    if let Some(secs) = args.rest {
        today = today.with_rest(secs);
    }
    Training::programme(Course::new(today)).context("this version judges none of these exercises")
}

/// The same with somebody who hears every step as it is shown.
pub fn run_heard(args: &Live, voice: &Voice, listener: &mut dyn Listener) -> Result<Exit> {
    let sight = Sight::new(&args.eyes);
    let display = display(args)?;
    let pace = if args.camera.every_picture { Pace::Every } else { Pace::Newest };
    let (width, height) = args.camera.camera_size;
    let want = Want { width, height, fps: args.camera.camera_fps };
    let wanted = wanted(args);
    let job = LiveJob {
        training: training(args, &sight)?,
        once: args.headless,
        out: args.record.clone().unwrap_or_else(|| args.out.clone()),
        record: args.record.is_some(),
        camera: args.camera.camera.clone().unwrap_or_else(|| "webcam".into()),
        pace,
    };
    // Before the camera's light goes on.
    let estimator = sight.live_estimator()?;
    let model = estimator.model();
    let eyes = format!("poses by {} on {}", model.name, model.runtime);
    let opener = wanted.opener(want, sight.opening(), pace);
    let stop = batch::stop_flag();
    let (sets, stats) = run_live(&job, opener, estimator, &display, listener, &stop)?;
    voice.note(&eyes);
    tell(&sets, voice)?;
    if args.stats {
        talk::stdout(&told(&stats))?;
    }
    let unwritten = sets.iter().filter_map(|set| set.unwritten.as_ref());
    let failed = unwritten.inspect(|problem| talk::print_error(problem)).count();
    let broken = stats.broken.iter().inspect(|problem| talk::print_error(problem)).count();
    Ok(if failed + broken > 0 { Exit::CouldNotRun } else { Exit::Done })
}

#[cfg(feature = "window")]
fn display(args: &Live) -> Result<Display> {
    use crate::runner::live::Look;
    use crate::sink::window::{Opening, screen_size};
    if args.headless {
        return Ok(Display { window: None });
    }
    let opening = match args.fullscreen {
        None => Opening::Fitted,
        Some(given) => match given.or_else(screen_size) {
            Some((w, h)) => Opening::Full(w, h),
            None => bail!("the system does not tell the screen's size; give it, like --fullscreen=1920x1080"),
        },
    };
    Ok(Display { window: Some(Look { mirrored: args.mirror, delay_secs: args.delay, opening }) })
}

#[cfg(not(feature = "window"))]
fn display(args: &Live) -> Result<Display> {
    anyhow::ensure!(
        args.headless,
        "this program was built without a window; use --headless, or build it with the default features"
    );
    Ok(Display { window: None })
}

/// The sets' table, and what was found in each.
fn tell(sets: &[SetDone], voice: &Voice) -> Result<()> {
    if sets.is_empty() {
        voice.note("no picture was judged, so there is no report");
        return Ok(());
    }
    let name = |set: &SetDone| set.folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let rows: Vec<Row> = sets
        .iter()
        .map(|set| Row {
            path: set.folder.to_string_lossy().into_owned(),
            folder: name(set),
            exercise: set.report.exercise.clone(),
            outcome: Outcome::Scored(Box::new(Scored::of(&set.report))),
        })
        .collect();
    let mut text = summary::readable(&rows);
    for set in sets {
        let found = summary::findings(&set.report);
        let _ = write!(text, "{}{found}", if sets.len() > 1 { format!("{}:\n", name(set)) } else { String::new() });
    }
    talk::stdout(&format!("{text}\n{SAFETY_LINE}\n"))?;
    for set in sets {
        voice.note(&format!("the files are in {}", set.folder.display()));
    }
    Ok(())
}

fn told(stats: &Stats) -> String {
    let mut text = format!("camera: {}\n", talk::one_line(&stats.camera));
    let share = 100.0 * stats.dropped as f64 / stats.taken.max(1) as f64;
    let _ = writeln!(
        text,
        "pictures: {} from the camera, {} dropped ({share:.1} %), {} torn; troubles: {}",
        stats.taken, stats.dropped, stats.torn, stats.troubles
    );
    if stats.judged.count() == 0 {
        text.push_str("no picture was judged\n");
        return text;
    }
    for (what, delays) in [("judged", &stats.judged), ("shown", &stats.shown)] {
        let _ = writeln!(
            text,
            "{what}: {} pictures, {} ms after they arrived (median), {} ms (95 %), {} ms (all)",
            delays.count(),
            delays.within(0.5),
            delays.within(0.95),
            delays.within(1.0)
        );
    }
    let means = stats.stages.means(stats.judged.count());
    let means: Vec<String> = means.iter().map(|(stage, ms)| format!("{stage} {ms:.1}")).collect();
    let _ = writeln!(text, "of that, ms in the mean: {}", means.join(", "));
    if let Some(ms) = processor_ms() {
        let each = ms / stats.judged.count().max(1) as f64;
        let _ = writeln!(text, "processor time: {each:.1} ms a judged picture, everything included");
    }
    if stats.without_closer_look > 0 {
        let share = 100.0 * stats.without_closer_look as f64 / stats.judged.count().max(1) as f64;
        let _ = writeln!(
            text,
            "no closer look at the back in {} pictures ({share:.0} %): judging was slower than the camera",
            stats.without_closer_look
        );
    }
    if let Some(kib) = resident_kib() {
        let _ = writeln!(text, "memory: {} MiB at the end", kib / 1024);
    }
    text
}

/// Processor time of this program so far on all cores, where the system tells it (Linux).
fn processor_ms() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // Behind the name, which may hold anything: fields 14 and 15, in hundredths of a second.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |n: usize| fields.get(n - 3)?.parse::<f64>().ok();
    Some(10.0 * (ticks(14)? + ticks(15)?))
}

/// Memory in use, where the system tells it (Linux).
fn resident_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::super::args::Talk;
    use super::*;
    use crate::report::specimen;
    use crate::runner::live::Ending;
    use crate::sink::history::read;
    use crate::sink::voice::{Sound, VoiceOptions};

    #[test]
    fn statistics_of_no_picture_name_no_times() {
        let told = told(&Stats::default());
        assert!(told.ends_with("no picture was judged\n") && !told.contains("ms"), "{told}");
    }

    #[test]
    fn a_set_is_in_the_history_as_soon_as_it_is_done() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("history.jsonl");
        let voice = Voice::new(Talk { quiet: true, verbose: false });
        let mute = VoiceOptions { sound: Sound::Mute, ..VoiceOptions::default() };
        let sounding = Sounding::open(&mute, dir.path()).unwrap();
        let memory = Some((file.clone(), "2026-11-22T18:05:07Z".to_string()));
        let mut coach = Coach { voice: &voice, sounding, memory, waiting: VecDeque::new() };
        let task = Task { exercise: &specimen::EXERCISE, variant: None, side: None, holds: &[] };
        let (folder, heard) = (dir.path().join("specimen-1"), Heard::Pain);
        let report = crate::report::Report { pain: true, score: None, ..specimen::report() };
        let done = SetDone { task, folder, report, ending: Ending::Pain, heard, unwritten: None };
        coach.set_done(&done);
        let records = read(&file).unwrap().records;
        let [line] = records.as_slice() else { panic!("{} lines", records.len()) };
        assert_eq!((line.session.as_str(), line.date.as_str()), ("2026-11-22T18:05:07Z", "2026-11-22"));
        assert_eq!((line.exercise.as_str(), line.reps, line.score, line.pain), ("specimen", 2, None, true));
        assert_eq!(coach.remark(), None);

        // Somebody who only tried the camera has done nothing.
        let nothing = crate::report::Report { reps: Vec::new(), holds: Vec::new(), pain: false, ..done.report.clone() };
        coach.set_done(&SetDone { report: nothing, ..done.clone() });
        assert_eq!((read(&file).unwrap().records.len(), coach.remark()), (1, None));

        // A history that cannot be written is told; the session goes on.
        coach.memory = Some((dir.path().into(), "2026-11-22T18:05:07Z".into()));
        coach.set_done(&done);
        assert!(coach.remark().is_some_and(|remark| remark.contains("history")));
    }
}
