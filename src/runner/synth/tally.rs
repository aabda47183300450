//! How often reports of rendered clips say what is true of them, as the tables of `docs/verdicts.md`.
//!
//! Input: folders that `formcheck score` wrote; each report names its clip, and the clip has a `case.toml` beside it.
//! Output: a [`Tally`], which counts answers and prints Markdown. Not handled: points and angles ([`super::compare`]).

use super::SynthError;
use super::case::{CASE, Case, Span};
use super::compare::quantile;
use crate::exercises;
use crate::form::{ONE_SIDED, Scope, Session, SessionOptions};
use crate::pose::recording::{ModelInfo, SourceInfo};
use crate::report::{Bout, Hold, Report, Value, Verdict};
use crate::synth::observe::Eye;
use crate::synth::{Body, Expected, Options, by_id};
use crate::track::Filter;
use crate::units::Timestamp;
use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};
use std::fs;
use std::path::{Path, PathBuf};

/// What all reports said.
#[derive(Debug, Default)]
pub struct Tally {
    /// Names of the models, each once.
    models: Vec<String>,
    /// By exercise, rule, and how it was seen: view and clothes.
    rules: BTreeMap<(String, String, String), Answers>,
    groups: BTreeMap<String, Answers>,
    counts: BTreeMap<String, Counts>,
}

/// Answers to one question, repetition by repetition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Answers {
    /// The fault is there: warned or faulted, said good, not judged.
    found: usize,
    missed: usize,
    unjudged: usize,
    /// Of these: the true value is further beyond the warning than readings may be off. And of those: warned or faulted.
    clear: usize,
    clear_found: usize,
    /// It is not there: said good, warned or faulted, not judged.
    good: usize,
    alarms: usize,
    unpraised: usize,
    /// Nobody could tell: not judged, judged all the same.
    silent: usize,
    guessed: usize,
}

impl Answers {
    fn add(&mut self, expected: Expected, said: Value) {
        let slot = match (expected, said) {
            (Expected::Free, _) => return,
            (Expected::Warn | Expected::Fault, Value::Warn | Value::Fault) => &mut self.found,
            (Expected::Warn | Expected::Fault, Value::Good) => &mut self.missed,
            (Expected::Warn | Expected::Fault, Value::NotJudged) => &mut self.unjudged,
            (Expected::Good | Expected::Silent, Value::Good) => &mut self.good,
            (Expected::Good | Expected::Silent, Value::Warn | Value::Fault) => &mut self.alarms,
            (Expected::Good | Expected::Silent, Value::NotJudged) => &mut self.unpraised,
            (Expected::NotJudged, Value::NotJudged) => &mut self.silent,
            (Expected::NotJudged, _) => &mut self.guessed,
        };
        *slot += 1;
    }

    fn row(&self) -> String {
        let there = self.found + self.missed + self.unjudged;
        let absent = self.good + self.alarms + self.unpraised;
        let cells = |n: usize, cells: [usize; 3]| match n {
            0 => "– | | | |".to_string(),
            n => format!("{n} | {} | {} | {} |", cells[0], cells[1], cells[2]),
        };
        let share = |of: usize, all: usize| if all == 0 { "–".into() } else { percent(of, all) };
        let demanded = self.silent + self.guessed;
        format!(
            "{} {} | {} | {} {} | {}",
            cells(there, [self.found, self.unjudged, self.missed]),
            if there == 0 { String::new() } else { self.clear.to_string() },
            share(self.clear_found, self.clear),
            cells(absent, [self.good, self.unpraised, self.alarms]),
            share(self.good, self.good + self.alarms),
            if demanded == 0 { "–".into() } else { format!("{} of {demanded}", self.silent) },
        )
    }
}

/// Repetitions and holds of one exercise.
#[derive(Clone, Debug, Default)]
struct Counts {
    clips: usize,
    /// Clips whose number of repetitions or holds is right.
    exact: usize,
    there: usize,
    counted: usize,
    /// Length in the report less the one that the exact joints give, per hold, s.
    hold_off_s: Vec<f64>,
}

impl Tally {
    /// Reads every report below `folders`.
    pub fn read(folders: &[PathBuf]) -> Result<Tally, SynthError> {
        let mut tally = Tally::default();
        for folder in folders {
            let mut reports = Vec::new();
            find_reports(folder, &mut reports)?;
            for path in reports {
                let text = fs::read_to_string(&path).map_err(|error| SynthError::Read { path: path.clone(), error })?;
                let report = Report::from_json(&text)
                    .map_err(|e| SynthError::Report { path: path.clone(), problem: e.to_string() })?;
                let clip = Path::new(&report.source.path);
                let case = clip.parent().map(|folder| folder.join(CASE)).filter(|case| case.is_file());
                let case = case.ok_or_else(|| SynthError::NoCase { path: path.clone(), clip: clip.into() })?;
                tally.add(&report, &Case::read(&case)?);
            }
        }
        if tally.counts.is_empty() {
            return Err(SynthError::NoReports);
        }
        Ok(tally)
    }

    fn add(&mut self, report: &Report, case: &Case) {
        if !self.models.contains(&report.model.name) {
            self.models.push(report.model.name.clone());
        }
        let held = exercises::by_name(&case.exercise).is_some_and(|e| e.counting.holds().is_some());
        let complete = |spans: &[Span]| spans.iter().filter(|s| s.complete).count();
        let (there, counted) = match held {
            true => (complete(&case.holds), report.holds.len()),
            false => (complete(&case.reps), report.reps.len()),
        };
        let counts = self.counts.entry(case.exercise.clone()).or_default();
        counts.clips += 1;
        counts.exact += usize::from(there == counted);
        counts.there += there;
        counts.counted += counted;
        let exact = exact(case);
        if let Some(exact) = &exact {
            for (hold, truth) in report.holds.iter().filter_map(|hold| {
                let shared = |t: &&Hold| t.end_s.min(hold.end_s) - t.start_s.max(hold.start_s);
                let truth = exact.holds.iter().max_by(|a, b| shared(a).total_cmp(&shared(b)))?;
                (shared(&truth) > 0.0).then_some((hold, truth))
            }) {
                counts.hold_off_s.push((hold.end_s - hold.start_s) - (truth.end_s - truth.start_s));
            }
        }
        let view =
            if case.yaw_deg == 0.0 { case.view.clone() } else { format!("{}, {}° off", case.view, case.yaw_deg) };
        let clothes = if case.clothes == "loose" { "hanging shirt" } else { "fitted clothes" };
        let last = report.bouts().count();
        let of_the_set = |rule: &str| exercises::rule(rule).is_some_and(|(_, rule)| rule.scope == Scope::Set);
        let answers = report.bouts().flat_map(|bout| {
            // What was not even asked (of another variant than the one done) was not judged.
            let said = move |rule: &str| bout.verdicts.iter().find(|v| v.rule == rule);
            case.expected.iter().map(move |(rule, &expected)| (bout, rule, expected, said(rule)))
        });
        for (bout, rule, expected, verdict) in answers.filter(|(_, rule, ..)| !of_the_set(rule)) {
            // What is wrong between repetitions shows after all but the last, which ends upright.
            if rule.ends_with("short_lockout") && bout.n as usize == last {
                continue;
            }
            let said = verdict.map_or(Value::NotJudged, |v| v.verdict);
            let truth = exact.as_ref().and_then(|exact| of_the_same(exact, bout, rule));
            let mut answer = Answers::default();
            answer.add(expected, said);
            if answer.found + answer.missed + answer.unjudged > 0 && !is_grey(rule, verdict, truth) {
                (answer.clear, answer.clear_found) = (1, answer.found);
            }
            let seen = format!("{view}, {clothes}");
            let rule = (case.exercise.clone(), rule.clone(), seen);
            self.rules.entry(rule).or_default().join(&answer);
            for group in [
                format!("seen from: {view}"),
                format!("in {clothes}"),
                format!("body: {}", case.body),
                format!("from {} m away", case.distance_m),
            ] {
                self.groups.entry(group).or_default().join(&answer);
            }
        }
    }
}

/// What the rules say of the exact joints of the clip's pictures, which nobody can better.
fn exact(case: &Case) -> Option<Report> {
    let (mut clip, body) = (by_id(&case.id)?.yawed(case.yaw_deg), Body::by_name(&case.body)?);
    clip.camera.distance_m = case.distance_m;
    let exercise = exercises::by_name(&case.exercise)?;
    let mut session = Session::new(exercise, &SessionOptions::new(Filter::Recorded));
    let [from, to] = case.shortened_to.unwrap_or([0, usize::MAX]);
    let begin = Timestamp::from_secs(from as f64 / case.fps);
    for frame in clip.frames(&body, &clip.camera, case.fps, &Options::default()).skip(from).take(to - from) {
        let mut observation = Eye::OWN.sees(&frame, &clip.camera);
        observation.t = Timestamp::from_secs(frame.t.secs_since(begin));
        session.push(&observation.quantized(), &mut |_| {});
    }
    Some(Report::new(&session.finish(&mut |_| {}), &SourceInfo::default(), &ModelInfo::default()))
}

/// What the rule says of the exact repetition or hold that shares most time with this one.
fn of_the_same<'a>(exact: &'a Report, bout: Bout, rule: &str) -> Option<&'a Verdict> {
    let shared = |other: &Bout| other.end_s.min(bout.end_s) - other.start_s.max(bout.start_s);
    let other = exact.bouts().max_by(|a, b| shared(a).total_cmp(&shared(b))).filter(|other| shared(other) > 0.0)?;
    other.verdicts.iter().find(|v| v.rule == rule)
}

/// Whether the true value lies no further beyond the warning than a reading may be off (RULES.md G: one-sided), by the margin
/// of the reading, or where nothing was read by the one that the rule takes for granted.
fn is_grey(rule: &str, said: Option<&Verdict>, truth: Option<&Verdict>) -> bool {
    let Some((truth, limit)) = truth.and_then(|t| t.measured.zip(t.limit)) else { return false };
    let checks = exercises::rule(rule).map_or(&[][..], |(_, rule)| rule.checks);
    // Of a rule's measures and their two sides the one that the truth passed.
    let passed = checks.iter().find_map(|check| {
        let limits = [Some(check.limits), check.limits_by_landmarks].into_iter().flatten();
        let mut bands = limits.flat_map(|limits| [limits.low, limits.high]).flatten();
        // Reports round.
        let near = 0.501 * 0.1f64.powi(check.unit.decimals() as i32);
        let is_limit = |v: &f64| (v - limit).abs() <= near;
        let band = bands.find(|band| is_limit(&band.warn) || band.fault.as_ref().is_some_and(is_limit))?;
        Some((band, check.margin))
    });
    let Some((band, assumed)) = passed else { return false };
    let margin = said.and_then(|v| v.margin).unwrap_or(assumed);
    let warn =
        said.filter(|v| matches!(v.verdict, Value::Good | Value::Warn)).and_then(|v| v.limit).unwrap_or(band.warn);
    (band.warn - band.good).signum() * (truth - warn) < ONE_SIDED * margin
}

fn find_reports(folder: &Path, into: &mut Vec<PathBuf>) -> Result<(), SynthError> {
    let failed = |error| SynthError::Read { path: folder.into(), error };
    let mut entries =
        fs::read_dir(folder).map_err(failed)?.map(|e| Ok(e?.path())).collect::<Result<Vec<_>, _>>().map_err(failed)?;
    entries.sort();
    for path in entries {
        if path.is_dir() {
            find_reports(&path, into)?;
        } else if path.file_name().is_some_and(|name| name == "report.json") {
            into.push(path);
        }
    }
    Ok(())
}

fn percent(of: usize, all: usize) -> String {
    format!("{:.0} %", 100.0 * of as f64 / all as f64)
}

const HEAD: &str = "\
fault there | found | not judged | missed | beyond the grey band | found of those | not there | good | not judged | false alarm | good of judged | \
rightly not judged |
|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|";

impl Display for Tally {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        writeln!(f, "## {}\n", self.models.join(", "))?;
        writeln!(
            f,
            "| exercise | clips | counted exactly | repetitions or holds: true, counted | length of a hold, off by |"
        )?;
        writeln!(f, "|---|---:|---:|---:|---:|")?;
        for (exercise, c) in &self.counts {
            let mut off: Vec<f64> = c.hold_off_s.iter().map(|s| s.abs()).collect();
            let held = match off.len() {
                0 => "–".into(),
                _ => format!("{:.1} s, at most {:.1} s", quantile(&mut off, 0.5), quantile(&mut off, 1.0)),
            };
            writeln!(f, "| {exercise} | {} | {} | {}, {} | {held} |", c.clips, c.exact, c.there, c.counted)?;
        }
        let (clips, exact) = self.counts.values().fold((0, 0), |(n, e), c| (n + c.clips, e + c.exact));
        writeln!(f, "| all | {clips} | {exact} ({}) | | |", percent(exact, clips.max(1)))?;
        writeln!(f, "\n| | {HEAD}")?;
        let mut all = Answers::default();
        for (group, answers) in &self.groups {
            writeln!(f, "| {group} | {} |", answers.row())?;
            if group.starts_with("in ") {
                all.join(answers);
            }
        }
        writeln!(f, "| all | {} |", all.row())?;
        writeln!(f, "\n| rule | {HEAD}")?;
        let by_rule: Vec<_> = self.rules.iter().collect();
        for ways in by_rule.chunk_by(|((_, a, _), _), ((_, b, _), _)| a == b) {
            let mut all = Answers::default();
            ways.iter().for_each(|(_, answers)| all.join(answers));
            writeln!(f, "| {} | {} |", ways[0].0.1, all.row())?;
            for ((_, _, seen), answers) in ways.iter().filter(|_| ways.len() > 1) {
                writeln!(f, "| – {seen} | {} |", answers.row())?;
            }
        }
        Ok(())
    }
}

impl Answers {
    fn join(&mut self, other: &Answers) {
        let Answers { found, missed, unjudged, clear, clear_found, good, alarms, unpraised, silent, guessed } = other;
        self.found += found;
        self.missed += missed;
        self.unjudged += unjudged;
        self.clear += clear;
        self.clear_found += clear_found;
        self.good += good;
        self.alarms += alarms;
        self.unpraised += unpraised;
        self.silent += silent;
        self.guessed += guessed;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_right_wrong_or_withheld() {
        let mut a = Answers::default();
        for (expected, said) in [
            (Expected::Warn, Value::Fault),
            (Expected::Fault, Value::Warn),
            (Expected::Fault, Value::Good),
            (Expected::Warn, Value::NotJudged),
            (Expected::Silent, Value::Good),
            (Expected::Good, Value::Warn),
            (Expected::Good, Value::NotJudged),
            (Expected::NotJudged, Value::NotJudged),
            (Expected::NotJudged, Value::Good),
            (Expected::Free, Value::Fault),
        ] {
            a.add(expected, said);
        }
        (a.clear, a.clear_found) = (3, 2);
        assert_eq!(a.row(), "4 | 2 | 1 | 1 | 3 | 67 % | 3 | 1 | 1 | 1 | 50 % | 1 of 2");
        assert_eq!(Answers::default().row(), "– | | | |  | – | – | | | | – | –");
    }

    #[test]
    fn what_lies_no_further_beyond_the_warning_than_readings_may_be_off_is_grey() {
        let verdict = |verdict, measured, limit, margin| Verdict {
            verdict,
            measured,
            limit,
            margin,
            ..crate::report::specimen::report().reps[0].verdicts[0].clone()
        };
        let truth = |measured, limit| Some(verdict(Value::Fault, Some(measured), Some(limit), Some(13.0)));
        let grey =
            |rule: &str, said: Option<Verdict>, truth: Option<Verdict>| is_grey(rule, said.as_ref(), truth.as_ref());
        let good = |margin| Some(verdict(Value::Good, Some(0.0), Some(20.0), Some(margin)));
        // Of a low back that rounds: a warning at 20 degrees, a fault at 30, and 13 that a reading may be off.
        assert!(grey("hip_hinge.rounded", good(13.0), truth(30.5, 30.0)));
        assert!(!grey("hip_hinge.rounded", good(13.0), truth(31.5, 30.0)));
        assert!(!grey("hip_hinge.rounded", good(8.0), truth(28.0, 20.0)));
        let unseen = || Some(verdict(Value::NotJudged, None, None, None));
        assert!(grey("hip_hinge.rounded", unseen(), truth(30.5, 30.0)));
        assert!(!grey("hip_hinge.rounded", unseen(), truth(40.0, 30.0)));
        assert!(!grey("hip_hinge.rounded", unseen(), None), "nobody knows");
        // Of one that hollows, likewise downwards; of a gap that closes or opens, on the side where it did.
        assert!(grey("hip_hinge.arched", unseen(), truth(-25.0, -18.0)));
        assert!(!grey("hip_hinge.arched", unseen(), truth(-30.0, -28.0)));
        assert!(grey("hip_hinge.gap_changes", unseen(), truth(-0.06, -0.06)));
        assert!(!grey("hip_hinge.gap_changes", unseen(), truth(-0.07, -0.06)));
        assert!(grey("hip_hinge.gap_changes", unseen(), truth(0.06, 0.04)));
    }

    #[test]
    fn a_report_is_held_to_the_case_beside_its_clip() {
        let dir = tempfile::tempdir().unwrap();
        let clip = dir.path().join("made/squats.mp4");
        fs::create_dir_all(dir.path().join("made")).unwrap();
        fs::create_dir_all(dir.path().join("seen/squats")).unwrap();
        let mut report = crate::report::specimen::report();
        report.source.path = clip.display().to_string();
        fs::write(dir.path().join("seen/squats/report.json"), report.to_json()).unwrap();
        let folder = [dir.path().join("seen")];
        let error = Tally::read(&folder).unwrap_err().to_string();
        assert!(error.contains("case.toml"), "{error}");

        let expected: BTreeMap<String, Expected> = report
            .bouts()
            .flat_map(|b| b.verdicts)
            .map(|v| (v.rule.clone(), if v.verdict == Value::Good { Expected::Good } else { Expected::NotJudged }))
            .collect();
        let span = Span { n: 1, side: None, start_s: 0.0, turn_s: None, end_s: 1.0, complete: true };
        let case = Case {
            id: "SQ-x".into(),
            exercise: "squat".into(),
            what: String::new(),
            view: "side".into(),
            yaw_deg: 0.0,
            distance_m: 2.5,
            body: "average".into(),
            clothes: "tight".into(),
            seed: 1,
            width: 1,
            height: 1,
            fps: 15.0,
            frames: 1,
            shortened_to: None,
            source: String::new(),
            licence: String::new(),
            expected,
            reps: vec![span; report.reps.len()],
            holds: vec![],
        };
        fs::write(dir.path().join("made/case.toml"), toml::to_string(&case).unwrap()).unwrap();
        let tally = Tally::read(&folder).unwrap();
        let counts = &tally.counts["squat"];
        assert_eq!((counts.clips, counts.exact, counts.counted), (1, 1, report.reps.len()));
        assert!(tally.to_string().contains("| seen from: side |"), "{tally}");

        // The same clip in other clothes: each rule has a line for both together and one for each.
        let loose = Case { clothes: "loose".into(), ..case };
        fs::create_dir_all(dir.path().join("loose")).unwrap();
        fs::create_dir_all(dir.path().join("seen/loose")).unwrap();
        fs::write(dir.path().join("loose/case.toml"), toml::to_string(&loose).unwrap()).unwrap();
        report.source.path = dir.path().join("loose/squats.mp4").display().to_string();
        fs::write(dir.path().join("seen/loose/report.json"), report.to_json()).unwrap();
        let rule = &report.reps[0].verdicts[0].rule;
        let both = Tally::read(&folder).unwrap().to_string();
        let lines: Vec<&str> =
            both.lines().skip_while(|line| !line.starts_with(&format!("| {rule} |"))).take(3).collect();
        assert!(lines[1].starts_with("| – side, fitted clothes |"), "{both}");
        assert!(lines[2].starts_with("| – side, hanging shirt |"), "{both}");
    }
}
