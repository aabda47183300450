//! The table over all clips: `summary.csv` for machines, a readable table for people.
//!
//! A row is read from a clip's `report.json`, whether it was made now or in an earlier run, so that a resumed batch gives
//! the same bytes as one that was never interrupted.

use super::talk;
use crate::exercises;
use crate::report::{Report, Value, Verdict};
use crate::sink::files::write_text;
use anyhow::{Context, Result, anyhow};
use std::collections::BTreeMap;
use std::path::Path;

/// One clip's line.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// As given by the user.
    pub path: String,
    /// Its folder in the results folder.
    pub folder: String,
    pub exercise: String,
    pub outcome: Outcome,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    Scored(Box<Scored>),
    /// Why not, in one line with the way out.
    Failed(String),
    /// Not reached before Ctrl-C.
    Stopped,
}

/// What a table tells of a report.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scored {
    pub exercise: String,
    pub view: String,
    pub reps: usize,
    pub holds: usize,
    pub attempts: usize,
    /// 0..=100
    pub score: Option<u32>,
    /// 0..=1
    pub coverage: f64,
    /// In how many repetitions (and once for the set) each rule came out as a fault.
    pub faults: BTreeMap<String, usize>,
    pub warnings: BTreeMap<String, usize>,
    /// How many different rules were judged nowhere.
    pub not_judged: usize,
    /// Where values stand beside marks that nobody has to reach, and the way out of a wrong choice of exercise.
    pub told: Vec<String>,
}

impl Scored {
    /// What the table needs of a report.
    pub fn of(report: &Report) -> Scored {
        // Rule → whether it was judged anywhere.
        let mut judged: BTreeMap<&str, bool> = BTreeMap::new();
        let (mut faults, mut warnings) = (BTreeMap::new(), BTreeMap::new());
        for verdict in report.all_verdicts() {
            *judged.entry(&verdict.rule).or_default() |= verdict.verdict != Value::NotJudged;
            match verdict.verdict {
                Value::Fault => *faults.entry(verdict.rule.clone()).or_default() += 1,
                Value::Warn => *warnings.entry(verdict.rule.clone()).or_default() += 1,
                Value::Good | Value::NotJudged => {}
            }
        }
        Scored {
            exercise: report.exercise.clone(),
            view: report.view.clone(),
            reps: report.reps.len(),
            holds: report.holds.len(),
            attempts: report.attempts as usize,
            score: report.score,
            coverage: report.coverage,
            faults,
            warnings,
            not_judged: match judged.is_empty() {
                true => exercises::by_name(&report.exercise).map_or(0, |exercise| exercise.rules.len()),
                false => judged.values().filter(|judged| !**judged).count(),
            },
            told: told(report),
        }
    }
}

fn told(report: &Report) -> Vec<String> {
    let informs = report.bouts().flat_map(|bout| bout.verdicts.iter().map(move |v| (bout.n, v)));
    let of_bout = |(n, verdict): (u32, &Verdict)| {
        let word = if report.holds.is_empty() { "rep" } else { "hold" };
        Some(format!("{word} {n}: {}", verdict.text.as_deref()?))
    };
    let other = report.notices.iter().filter(|n| n.code == "other_exercise").map(|n| n.text.clone());
    informs.filter(|(_, verdict)| verdict.informs()).filter_map(of_bout).chain(other).collect()
}

/// Writes the table with one line per clip.
pub fn write_csv(file: &Path, rows: &[Row]) -> Result<()> {
    let bytes = csv_bytes(rows).context("the table cannot be put together")?;
    Ok(write_text(file, &String::from_utf8_lossy(&bytes))?)
}

const COLUMNS: [&str; 14] = [
    "path",
    "folder",
    "exercise",
    "status",
    "view",
    "reps",
    "holds",
    "attempts",
    "score",
    "coverage",
    "faults",
    "warnings",
    "not_judged",
    "error",
];

fn csv_bytes(rows: &[Row]) -> Result<Vec<u8>> {
    let mut table = csv::WriterBuilder::new().terminator(csv::Terminator::Any(b'\n')).from_writer(Vec::new());
    table.write_record(COLUMNS)?;
    for row in rows {
        let named = [row.path.clone(), row.folder.clone(), row.exercise.clone()];
        let rest: [String; COLUMNS.len() - 3] = match &row.outcome {
            Outcome::Scored(s) => [
                "scored".into(),
                s.view.clone(),
                s.reps.to_string(),
                s.holds.to_string(),
                s.attempts.to_string(),
                s.score.map(|score| score.to_string()).unwrap_or_default(),
                format!("{:.2}", s.coverage),
                counted(&s.faults),
                counted(&s.warnings),
                s.not_judged.to_string(),
                String::new(),
            ],
            Outcome::Failed(why) => without_values("failed", why),
            Outcome::Stopped => without_values("stopped", ""),
        };
        table.write_record(named.iter().chain(&rest))?;
    }
    table.into_inner().map_err(|error| anyhow!("{}", error.error()))
}

fn without_values(status: &str, why: &str) -> [String; COLUMNS.len() - 3] {
    let mut cells: [String; COLUMNS.len() - 3] = Default::default();
    cells[0] = status.into();
    cells[COLUMNS.len() - 4] = why.into();
    cells
}

/// `squat.chest_drops 2; squat.heels_rise 1`
fn counted(rules: &BTreeMap<String, usize>) -> String {
    rules.iter().map(|(rule, n)| format!("{rule} {n}")).collect::<Vec<_>>().join("; ")
}

/// The table on the terminal: what fits in a line, the most frequent fault last.
pub fn table(rows: &[Row]) -> String {
    let heads = ["clip", "exercise", "view", "done", "tries", "score", "seen", "most often"].map(String::from);
    let mut lines = vec![heads];
    lines.extend(rows.iter().map(cells));
    aligned(&lines)
}

/// The same, and below it what no column has room for.
pub fn readable(rows: &[Row]) -> String {
    let mut text = table(rows);
    for row in rows {
        if let Outcome::Scored(scored) = &row.outcome {
            scored.told.iter().for_each(|told| text.push_str(&format!("{}: {told}\n", talk::one_line(&row.folder))));
        }
    }
    text
}

fn cells(row: &Row) -> [String; 8] {
    let (folder, exercise) = (talk::one_line(&row.folder), row.exercise.clone());
    let empty = String::new;
    match &row.outcome {
        Outcome::Scored(s) => [
            folder,
            exercise,
            s.view.clone(),
            done(s),
            s.attempts.to_string(),
            s.score.map_or("-".into(), |score| score.to_string()),
            format!("{:.0} %", 100.0 * s.coverage),
            most_frequent(s),
        ],
        Outcome::Failed(why) => {
            [folder, exercise, empty(), empty(), empty(), empty(), empty(), format!("failed: {why}")]
        }
        Outcome::Stopped => [folder, exercise, empty(), empty(), empty(), empty(), empty(), "not scored".into()],
    }
}

/// "3 reps", "1 hold"
fn done(scored: &Scored) -> String {
    let counted = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
    let holds = exercises::by_name(&scored.exercise).is_some_and(|exercise| exercise.counting.holds().is_some());
    if holds { counted(scored.holds, "hold") } else { counted(scored.reps, "rep") }
}

/// The fault found in most repetitions, else the warning; with faults and warnings of equal count the first by name.
fn most_frequent(scored: &Scored) -> String {
    let most = |rules: &BTreeMap<String, usize>| {
        rules.iter().rev().max_by_key(|(_, n)| **n).map(|(rule, n)| (rule.clone(), *n))
    };
    match (most(&scored.faults), most(&scored.warnings)) {
        (Some((rule, n)), _) => format!("fault {rule} ({n})"),
        (None, Some((rule, n))) => format!("warn {rule} ({n})"),
        (None, None) if scored.reps + scored.holds == 0 => "nothing counted".into(),
        (None, None) if scored.coverage == 0.0 => "nothing could be judged".into(),
        (None, None) => "no fault seen".into(),
    }
}

/// What was found, one line each: "rep 2  4.1 s  fault  squat.chest_drops  The chest leaned 57.1°.", then what could
/// not be judged, and why.
pub fn findings(report: &Report) -> String {
    let bouts = report.reps.iter().map(|rep| (format!("rep {}", rep.n), rep.verdicts.as_slice()));
    let holds = report.holds.iter().map(|hold| (format!("hold {}", hold.n), hold.verdicts.as_slice()));
    let set = std::iter::once(("set".to_string(), report.verdicts.as_slice()));
    let mut text = String::new();
    let mut unseen: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (bout, verdicts) in bouts.chain(holds).chain(set) {
        for verdict in verdicts {
            match verdict.verdict {
                Value::Warn | Value::Fault => {
                    let at = verdict.at_s.map(|at| format!("{at:.1} s")).unwrap_or_default();
                    let (word, said) = (verdict.verdict.name(), verdict.text.as_deref().unwrap_or_default());
                    text.push_str(&format!("{bout}  {at}  {word}  {}  {said}\n", verdict.rule));
                }
                Value::NotJudged => {
                    let rules = unseen.entry(verdict.advice.as_deref().unwrap_or("no reason given")).or_default();
                    if !rules.contains(&verdict.rule.as_str()) {
                        rules.push(&verdict.rule);
                    }
                }
                // Only what informs has words for what is good.
                Value::Good => {
                    if let Some(said) = &verdict.text {
                        text.push_str(&format!("{bout}  info  {}  {said}\n", verdict.rule));
                    }
                }
            }
        }
    }
    for (why, rules) in unseen {
        text.push_str(&format!("not judged: {}: {why}\n", rules.join(", ")));
    }
    for notice in &report.notices {
        text.push_str(&format!("note: {}\n", notice.text));
    }
    text
}

/// Columns padded to their widest cell; numbers to the right.
fn aligned<const N: usize>(lines: &[[String; N]]) -> String {
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; N] = std::array::from_fn(width);
    let mut text = String::new();
    for line in lines {
        let padded: Vec<String> = (0..N)
            .map(|column| {
                let (cell, width) = (&line[column], widths[column]);
                // The columns from `done` to `seen` hold numbers.
                if (3..7).contains(&column) { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
            })
            .collect();
        text.push_str(padded.join("  ").trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
pub mod tests {
    use super::*;

    pub fn report() -> Report {
        let verdict = |rule: &str, word: &str| {
            format!(
                r#"{{"rule":"{rule}","verdict":"{word}","measured":null,"limit":null,"margin":null,"unit":"deg","at_s":null,
                "reason":null,"advice":null,"text":null}}"#
            )
        };
        let rep = |n: u32, verdicts: [String; 2]| {
            let verdicts = verdicts.join(",");
            format!(
                r#"{{"n":{n},"side":null,"start_s":1.0,"turn_s":2.0,"end_s":3.0,"complete":true,"score":80,"coverage":0.8,
                "view":"side","peak":90.0,"peak_of":"knee flexion","contributions":[],"verdicts":[{verdicts}]}}"#
            )
        };
        let reps = [
            rep(1, [verdict("squat.chest_drops", "fault"), verdict("squat.butt_wink", "not_judged")]),
            rep(2, [verdict("squat.chest_drops", "fault"), verdict("squat.heels_rise", "warn")]),
        ];
        let text = format!(
            r#"{{"schema":"formcheck.report/1","program":{{"version":"0"}},
            "model":{{"name":"m","sha256":"","runtime":"r"}},
            "source":{{"path":"a","sha256":"","width":1,"height":1,"rotation_deg":0,"frames":1,"duration_s":1.0}},
            "exercise":"squat","variant":null,"view":"side","coverage":0.75,"score":81,"score_remark":null,
            "reps":[{}],"holds":[],"attempts":1,"attempts_detail":[],
            "dose":{{"reps_done":2,"reps_asked":null,"sets_asked":1}},
            "verdicts":[{}],"notices":[],"disclaimer":""}}"#,
            reps.join(","),
            verdict("squat.uneven", "good")
        );
        Report::from_json(&text).unwrap()
    }

    fn row(outcome: Outcome) -> Row {
        Row { path: "a, b.mp4".into(), folder: "a".into(), exercise: "squat".into(), outcome }
    }

    #[test]
    fn a_report_is_counted_rule_by_rule() {
        let scored = Scored::of(&report());
        assert_eq!((scored.reps, scored.attempts, scored.not_judged), (2, 1, 1));
        assert_eq!(counted(&scored.faults), "squat.chest_drops 2");
        assert_eq!(counted(&scored.warnings), "squat.heels_rise 1");
        assert_eq!(most_frequent(&scored), "fault squat.chest_drops (2)");
    }

    #[test]
    fn where_nothing_was_counted_no_rule_was_judged() {
        let nothing = Report { reps: vec![], verdicts: vec![], ..report() };
        let rules = exercises::by_name("squat").unwrap().rules.len();
        assert_eq!(Scored::of(&nothing).not_judged, rules);
    }

    #[test]
    fn what_informs_stands_below_the_table() {
        let mut told = report();
        let verdict = &mut told.reps[1].verdicts[1];
        (verdict.verdict, verdict.text) = (Value::Good, Some("The leg came to 61°.".into()));
        let text = readable(&[row(Outcome::Scored(Box::new(Scored::of(&told))))]);
        assert!(text.ends_with("a: rep 2: The leg came to 61°.\n") && text.contains("2 reps"), "{text}");
    }

    #[test]
    fn the_table_keeps_its_columns_whatever_the_paths_hold() {
        let scored = Outcome::Scored(Box::new(Scored::of(&report())));
        let rows = [row(scored), row(Outcome::Failed("a, b.mp4: empty".into())), row(Outcome::Stopped)];
        let bytes = csv_bytes(&rows).unwrap();
        let mut reader = csv::Reader::from_reader(bytes.as_slice());
        let records: Vec<csv::StringRecord> = reader.records().map(|r| r.unwrap()).collect();
        assert_eq!(records.len(), 3);
        assert_eq!(&records[0][0], "a, b.mp4");
        assert_eq!((&records[0][3], &records[0][8]), ("scored", "81"));
        assert_eq!((&records[1][3], &records[1][13]), ("failed", "a, b.mp4: empty"));
        assert_eq!(&records[2][3], "stopped");

        let lines: Vec<String> = readable(&rows).lines().map(String::from).collect();
        assert_eq!(lines.len(), 4);
        assert!(lines[2].contains("failed: a, b.mp4: empty"));
    }
}
