//! Golden replays: every recording under `fixtures/poses` judged again, its report held against the one under review.
//!
//! `case.toml` says what a person saw in the clip and is asserted here; `report.snap` only says what changed (`cargo
//! golden` reviews it). Read both.

use formcheck::exercises;
use formcheck::form::{Finding, Outcome, Session, SessionOptions, SessionReport};
use formcheck::pose::recording::RecordingReader;
use formcheck::report::{reason_code, view_name};
use formcheck::track::{Filter, Gate};
use serde::Deserialize;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};

/// What a person saw.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// Where the clip comes from, and under which licence.
    source: String,
    licence: String,
    /// In words.
    seen: String,
    /// What it is judged as, each with what must come out.
    judged: Vec<Judged>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Judged {
    exercise: String,
    /// When each repetition is lowest, s; empty: none may be counted.
    lowest_s: Vec<f64>,
    /// Faults a person saw; others are false ones.
    #[serde(default)]
    faults: Vec<String>,
}

/// A person's times are good to 0.2 s; of a slow bottom any moment will do.
const TIME_TOLERANCE_SECS: f64 = 0.6;

fn cases() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/poses");
    let entries = fs::read_dir(root).expect("fixtures/poses").map(|entry| entry.expect("an entry").path());
    let mut folders: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

fn judge(folder: &Path, exercise: &str) -> SessionReport {
    let file = File::open(folder.join("poses.jsonl")).expect("poses.jsonl");
    let mut reader = RecordingReader::new(BufReader::new(file)).expect("a recording");
    let header = reader.header().clone();
    let model = header.model;
    let exercise = exercises::by_name(exercise).expect("an exercise that exists");
    let scores = Gate::at(model.least_score);
    let options = SessionOptions {
        filter: Filter::Recorded,
        landmarks: model.landmarks,
        scores,
        trust: model.trust,
        variant: None,
        holds_secs: header.holds_secs,
    };
    let mut session = Session::new(exercise, &options);
    while let Some(observation) = reader.read().expect("a frame") {
        session.push(&observation, &mut |_| {});
    }
    session.finish(&mut |_| {})
}

#[test]
fn recordings_are_judged_as_a_person_saw_them() {
    let mut wrong = Vec::new();
    let mut judged = 0;
    for folder in cases() {
        let name = folder.file_name().expect("a name").to_string_lossy().into_owned();
        let case = fs::read_to_string(folder.join("case.toml")).expect("case.toml");
        let case: Case = toml::from_str(&case).unwrap_or_else(|e| panic!("{name}/case.toml: {e}"));
        assert!(!case.source.is_empty() && !case.licence.is_empty() && !case.seen.is_empty(), "{name}");
        let mut text = String::new();
        for expected in &case.judged {
            judged += 1;
            let report = judge(&folder, &expected.exercise);
            wrong.extend(differences(&name, expected, &report));
            text += &told(&report);
        }
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(&folder);
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!("report", text));
    }
    assert!(judged > 0, "no recording was judged");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn differences(name: &str, expected: &Judged, report: &SessionReport) -> Vec<String> {
    let mut lines = Vec::new();
    let turns: Vec<f64> = report.reps.iter().map(|rep| rep.turn.secs()).collect();
    let same = turns.len() == expected.lowest_s.len()
        && turns.iter().zip(&expected.lowest_s).all(|(a, b)| (a - b).abs() <= TIME_TOLERANCE_SECS);
    if !same {
        lines
            .push(format!("{name} as {}: lowest at {turns:.1?} s, seen at {:?}", expected.exercise, expected.lowest_s));
    }
    let all = report.reps.iter().flat_map(|rep| rep.findings.iter().map(move |f| (rep.n, f)));
    for (n, finding) in all.filter(|(_, f)| f.outcome == Outcome::Fault) {
        if !expected.faults.iter().any(|fault| fault == finding.rule.name) {
            lines.push(format!("{name} rep {n}: {} is a fault nobody saw", finding.rule.name));
        }
    }
    lines
}

/// The report as text; values to a tenth, ratios to a hundredth.
fn told(report: &SessionReport) -> String {
    let mut text = String::new();
    let score = report.score.map_or("no score".into(), |score| format!("score {score:.0}"));
    let _ = writeln!(
        text,
        "{}: {} reps, {} attempts, {} view, {score}, coverage {:.2}",
        report.exercise.name,
        report.reps.len(),
        report.attempts.len(),
        view_name(report.view),
        report.coverage
    );
    for rep in &report.reps {
        let _ = writeln!(
            text,
            "rep {} from {:.1} to {:.1} s, lowest at {:.1} s, {} {:.1}",
            rep.n,
            rep.start.secs(),
            rep.end.secs(),
            rep.turn.secs(),
            rep.peak_of,
            rep.peak
        );
        rep.findings.iter().for_each(|f| text += &told_finding(f));
    }
    report.findings.iter().for_each(|f| text += &told_finding(f));
    for attempt in &report.attempts {
        let _ = writeln!(
            text,
            "attempt lowest at {:.1} s, {:.0} %: {}",
            attempt.turn.secs(),
            100.0 * attempt.progress,
            attempt.why
        );
    }
    report.notices.iter().for_each(|notice| {
        let _ = writeln!(text, "notice {}: {}", notice.code, notice.text);
    });
    text
}

fn told_finding(finding: &Finding) -> String {
    let name = finding.rule.name;
    match (finding.outcome, finding.measured, finding.limit) {
        (Outcome::NotJudged, ..) => format!("  ? {name} {}\n", finding.reason.map_or("", reason_code)),
        (outcome, Some(measured), Some(limit)) => {
            let sign = match outcome {
                Outcome::Fault => '!',
                Outcome::Warn => '~',
                _ => ' ',
            };
            format!("  {sign} {name} {} (limit {})\n", finding.unit.show(measured), finding.unit.show(limit))
        }
        _ => format!("    {name}\n"),
    }
}

/// Nothing of the machine they were made on; small enough to keep.
#[test]
fn recordings_are_fit_to_keep() {
    for folder in cases() {
        let path = folder.join("poses.jsonl");
        let size = fs::metadata(&path).expect("poses.jsonl").len();
        assert!(size < 700_000, "{} has {size} bytes", path.display());
        let reader = RecordingReader::new(BufReader::new(File::open(&path).expect("a file"))).expect("a recording");
        let source = &reader.header().source;
        assert!(!source.path.contains(['/', '\\']), "{} names a folder: {}", path.display(), source.path);
        assert_eq!(source.sha256.len(), 64, "{}", path.display());
    }
}
