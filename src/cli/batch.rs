//! Many clips at a time: a pool of jobs, progress, `--resume`, Ctrl-C. What is done with one clip is handed in.
//!
//! Rows come back in the order of the clips, whatever the number of jobs; a clip that fails is a row like any other.

use super::inputs::Clip;
use super::resume;
use super::summary::{Outcome, Row, Scored};
use super::talk::{self, Voice};
use crate::report::Report;
use anyhow::{Context, Result, anyhow};
use indicatif::ProgressBar;
use rayon::prelude::*;
use std::fs;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Steps of the bar per clip.
const STEPS: u64 = 1000;

/// Fingerprint of everything a clip's report will depend on.
type MadeFrom<'a> = dyn Fn(&Clip) -> Result<String> + Sync + 'a;
/// Scores a clip into a folder, telling the share done (0..=1) as it goes.
type ScoreInto<'a> = dyn Fn(&Clip, &Path, &mut dyn FnMut(f64)) -> Result<Report> + Sync + 'a;

/// What is done with each clip. Both may be called from several threads at once.
pub struct Work<'a> {
    pub made_from: &'a MadeFrom<'a>,
    pub score: &'a ScoreInto<'a>,
}

/// How a batch is run.
pub struct Batch<'a> {
    pub clips: &'a [Clip],
    /// The results folder.
    pub out: &'a Path,
    /// At least 1.
    pub jobs: usize,
    pub resume: bool,
    pub stop: &'a AtomicBool,
}

impl Batch<'_> {
    /// One row per clip, in the order of the clips.
    pub fn run(&self, work: &Work, voice: &Voice) -> Result<Vec<Row>> {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(self.jobs)
            .build()
            .context("the jobs cannot be started; try a smaller --jobs")?;
        let watch =
            Watch { bar: voice.bar(self.clips.len() as u64 * STEPS), ended: AtomicUsize::new(0), of: self.clips.len() };
        watch.say();
        let one = |clip: &Clip| {
            let outcome = self.outcome(clip, work, voice, &watch);
            if let Outcome::Failed(why) = &outcome {
                watch.bar.suspend(|| talk::print_error(why));
            }
            watch.ended.fetch_add(1, Ordering::Relaxed);
            watch.say();
            Row {
                path: clip.path.to_string_lossy().into_owned(),
                folder: clip.folder.clone(),
                exercise: match &outcome {
                    Outcome::Scored(scored) => scored.exercise.clone(),
                    _ => clip.exercise.name().into(),
                },
                outcome,
            }
        };
        // `with_max_len`: clips are handed out one by one, so that no job waits behind another's long clip.
        let rows = pool.install(|| self.clips.par_iter().with_max_len(1).map(one).collect());
        watch.bar.finish_and_clear();
        Ok(rows)
    }

    fn outcome(&self, clip: &Clip, work: &Work, voice: &Voice, watch: &Watch) -> Outcome {
        if self.stop.load(Ordering::Relaxed) {
            return self.not_reached(clip);
        }
        // A bug met in one clip must not take the others with it; the panic hook has said what it was.
        let scored = panic::catch_unwind(AssertUnwindSafe(|| self.scored(clip, work, voice, watch)))
            .unwrap_or_else(|_| Err(anyhow!("{}: formcheck has a bug that this clip brings out", clip.path.display())));
        match scored {
            Ok(report) => Outcome::Scored(Box::new(Scored::of(&report))),
            Err(_) if self.stop.load(Ordering::Relaxed) => Outcome::Stopped,
            Err(error) => Outcome::Failed(talk::chain(&error)),
        }
    }

    /// A clip that was not begun: as an earlier run left it, if it did.
    fn not_reached(&self, clip: &Clip) -> Outcome {
        let kept =
            resume::kept(&self.out.join(&clip.folder)).filter(|report| Path::new(&report.source.path) == clip.path);
        kept.map_or(Outcome::Stopped, |report| Outcome::Scored(Box::new(Scored::of(&report))))
    }

    fn scored(&self, clip: &Clip, work: &Work, voice: &Voice, watch: &Watch) -> Result<Report> {
        let folder = self.out.join(&clip.folder);
        let mut part = Part { watch, told: 0 };
        let made_from = match (work.made_from)(clip) {
            Ok(made_from) => made_from,
            Err(error) => {
                // What an earlier run left must not stand beside this one's failure; --resume lets be what it cannot redo.
                if !self.resume {
                    resume::begin(&folder)?;
                }
                return Err(error);
            }
        };
        if self.resume
            && let Some(report) = resume::finished(&folder, &made_from)
        {
            part.tell(1.0);
            watch.bar.suspend(|| voice.detail(&format!("{}: complete already", clip.path.display())));
            return Ok(report);
        }
        fs::create_dir_all(&folder).with_context(|| {
            format!("{}: this folder cannot be made; check permissions and space", folder.display())
        })?;
        resume::begin(&folder)?;
        let report = (work.score)(clip, &folder, &mut |share| part.tell(share));
        if report.is_err() {
            // Leaves a folder behind only if there is something in it.
            let _ = fs::remove_dir(&folder);
        }
        let report = report?;
        resume::finish(&folder, &made_from)?;
        part.tell(1.0);
        Ok(report)
    }
}

/// The bar over all clips.
struct Watch {
    bar: ProgressBar,
    ended: AtomicUsize,
    of: usize,
}

impl Watch {
    fn say(&self) {
        self.bar.set_message(format!("{}/{} clips", self.ended.load(Ordering::Relaxed), self.of));
    }
}

/// One clip's share of the bar.
struct Part<'a> {
    watch: &'a Watch,
    /// In steps.
    told: u64,
}

impl Part<'_> {
    fn tell(&mut self, share: f64) {
        let now = (share.clamp(0.0, 1.0) * STEPS as f64) as u64;
        self.watch.bar.inc(now.saturating_sub(self.told));
        self.told = self.told.max(now);
    }
}

/// A flag that Ctrl-C (or being told to end) raises; a second time ends the program at once.
pub fn stop_flag() -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    let raised = Arc::clone(&stop);
    // Without a handler Ctrl-C ends the program as everywhere; what is finished is on disk either way.
    let _ = ctrlc::set_handler(move || {
        if raised.swap(true, Ordering::Relaxed) {
            std::process::exit(2);
        }
    });
    stop
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::Talk;
    use crate::cli::summary::tests::report;
    use crate::cli::wanted::Wanted;
    use std::sync::Mutex;

    fn clips(names: &[&str]) -> Vec<Clip> {
        let clip = |n: &&str| Clip {
            path: (*n).into(),
            exercise: Wanted::Named(crate::exercises::ALL[0]),
            folder: n.to_string(),
        };
        names.iter().map(clip).collect()
    }

    fn quiet() -> Voice {
        Voice::new(Talk { quiet: true, verbose: false })
    }

    /// Writes the report as the runner does; a clip called `bad…` fails, one called `bug…` panics.
    fn write(clip: &Clip, folder: &Path) -> Result<Report> {
        assert!(!clip.folder.starts_with("bug"), "planted");
        if clip.folder.starts_with("bad") {
            anyhow::bail!("{}: planted", clip.folder);
        }
        let report = report();
        fs::write(folder.join("report.json"), report.to_json())?;
        Ok(report)
    }

    fn run(names: &[&str], out: &Path, jobs: usize, resume: bool, stop: &AtomicBool) -> (Vec<Row>, Vec<String>) {
        let clips = clips(names);
        let scored = Mutex::new(Vec::new());
        let work = Work {
            made_from: &|clip| Ok(clip.folder.clone()),
            score: &|clip, folder, tell| {
                tell(0.5);
                scored.lock().unwrap().push(clip.folder.clone());
                if clip.folder == "last" {
                    stop.store(true, Ordering::Relaxed);
                }
                write(clip, folder)
            },
        };
        let rows = Batch { clips: &clips, out, jobs, resume, stop }.run(&work, &quiet()).unwrap();
        let mut scored = scored.into_inner().unwrap();
        scored.sort();
        (rows, scored)
    }

    #[test]
    fn a_failing_clip_does_not_stop_the_others_and_order_does_not_depend_on_jobs() {
        let names = ["a", "bad", "b", "bug", "c"];
        let of_jobs = |jobs| {
            let dir = tempfile::tempdir().unwrap();
            let rows = run(&names, dir.path(), jobs, false, &AtomicBool::new(false)).0;
            assert!(!dir.path().join("bad").exists(), "an empty folder was left behind");
            rows
        };
        let rows = of_jobs(1);
        assert_eq!(rows, of_jobs(4));
        assert_eq!(rows.iter().map(|r| r.folder.as_str()).collect::<Vec<_>>(), names);
        assert!(matches!(&rows[1].outcome, Outcome::Failed(why) if why == "bad: planted"));
        assert!(matches!(&rows[3].outcome, Outcome::Failed(why) if why.contains("bug")));
        assert!(matches!(rows[4].outcome, Outcome::Scored(_)));
    }

    #[test]
    fn resuming_scores_only_what_is_missing() {
        let dir = tempfile::tempdir().unwrap();
        let go = AtomicBool::new(false);
        let (first, _) = run(&["a", "b", "c"], dir.path(), 2, false, &go);
        fs::remove_file(dir.path().join("b/report.json")).unwrap();
        let (second, scored) = run(&["a", "b", "c"], dir.path(), 2, true, &go);
        assert_eq!(scored, ["b"]);
        assert_eq!(first, second);
    }

    #[test]
    fn an_earlier_report_does_not_stand_beside_a_failure() {
        let dir = tempfile::tempdir().unwrap();
        let clips = clips(&["a", "b"]);
        let run = |fails: bool, stop: &AtomicBool| {
            let work = Work {
                made_from: &|_| if fails { Err(anyhow!("planted")) } else { Ok("x".into()) },
                score: &|clip, folder, _| write(clip, folder),
            };
            Batch { clips: &clips, out: dir.path(), jobs: 1, resume: false, stop }.run(&work, &quiet()).unwrap()
        };
        run(false, &AtomicBool::new(false));
        // Not begun: as it was. The made-up report is of a clip called "a".
        let stopped = run(false, &AtomicBool::new(true));
        assert!(matches!(stopped[0].outcome, Outcome::Scored(_)) && stopped[1].outcome == Outcome::Stopped);
        assert!(run(true, &AtomicBool::new(false)).iter().all(|row| matches!(row.outcome, Outcome::Failed(_))));
        assert!(!dir.path().join("a/report.json").exists() && !dir.path().join("a/state.json").exists());
    }

    #[test]
    fn stopping_keeps_what_is_finished() {
        let dir = tempfile::tempdir().unwrap();
        let (rows, scored) = run(&["a", "last", "b", "c"], dir.path(), 1, false, &AtomicBool::new(false));
        assert_eq!(scored, ["a", "last"]);
        assert!(matches!(rows[1].outcome, Outcome::Scored(_)));
        assert!(rows[2..].iter().all(|r| r.outcome == Outcome::Stopped));
        assert!(dir.path().join("a/state.json").exists() && !dir.path().join("b").exists());
    }
}
