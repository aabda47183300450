//! The report as others read it: `report.json`, schema `formcheck.report/1` (`docs/report.schema.json`).
//!
//! Input: a [`SessionReport`] and where its poses came from. Output: [`Report`], plain data with serde, whose JSON is
//! the same bytes for the same input: fixed order, numbers rounded to what they are worth, no clock. Not handled here:
//! writing files ([`crate::sink`]).

#[cfg(test)]
pub(crate) mod specimen;

use crate::form::{self, Finding, Outcome, Rule, SessionReport, Unit, Weight};
use crate::kinematics::{Unseen, View};
use crate::pose::recording::{ModelInfo, SourceInfo};
use crate::pose::trust::Part;
use crate::units::{Side, Timestamp};
use serde::{Deserialize, Serialize};

/// The schema name every report carries.
pub const SCHEMA: &str = "formcheck.report/1";

/// Said under every report (RULES.md F, "Always").
pub const DISCLAIMER: &str = form::safety::ALWAYS;

/// Beside the score where the back was not seen (RULES.md E): [`SessionReport::back_unseen`].
pub const BACK_NOT_SEEN: &str = "back not seen";

/// One clip's report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// [`SCHEMA`]
    pub schema: String,
    pub program: Program,
    pub model: Model,
    pub source: Source,
    /// `squat`
    pub exercise: String,
    pub variant: Option<String>,
    /// `side`, `front`, `rear`, `oblique`, `unknown`: of most pictures with a person in them.
    pub view: String,
    /// Weight of what was judged / weight of all rules, median over the repetitions or holds, 0..=1.
    pub coverage: f64,
    /// 0..=100, median over the repetitions or holds; `null` below 60 % coverage.
    pub score: Option<u32>,
    /// What the score does not cover: "back not seen".
    pub score_remark: Option<String>,
    /// The athlete reported pain during the set: no score, and the first notice says to stop.
    #[serde(default)]
    pub pain: bool,
    /// Complete repetitions only.
    pub reps: Vec<Rep>,
    /// Timed holds, for exercises that are held.
    pub holds: Vec<Hold>,
    /// Movements that did not count.
    pub attempts: u32,
    pub attempts_detail: Vec<Attempt>,
    pub dose: Dose,
    /// Of rules that judge the whole set.
    pub verdicts: Vec<Verdict>,
    pub notices: Vec<Notice>,
    /// What this is not.
    pub disclaimer: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Program {
    /// "0.1.0"
    pub version: String,
}

/// What placed the points.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Model {
    pub name: String,
    /// Of the ONNX file, hex; of two files that share the work, joined by `+` as their names.
    pub sha256: String,
    /// "onnxruntime 1.31.1"
    pub runtime: String,
    /// What of it has not passed its checks: `body`, `back`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub experimental: Vec<Part>,
}

impl Model {
    fn new(model: &ModelInfo) -> Model {
        Model {
            name: model.name.clone(),
            sha256: model.sha256.clone(),
            runtime: model.runtime.clone(),
            experimental: model.trust.experimental(),
        }
    }

    /// True when a verdict of this rule rests on what has not passed its checks.
    pub fn makes_experimental(&self, rule: &Rule) -> bool {
        // A back on an unproven body is not proven either.
        self.experimental.contains(&Part::Body)
            || (rule.weight == Weight::Spine && self.experimental.contains(&Part::Back))
    }

    /// What is said of it under every report.
    fn notices(&self) -> impl Iterator<Item = Notice> {
        let name = self.name.clone();
        self.experimental.clone().into_iter().map(move |part| {
            let (code, text) = match part {
                Part::Body => (
                    "experimental_body",
                    format!(
                        "{name} has not yet shown on photographs that it sees people well enough: take every verdict as a \
                         hint, or choose another model (`formcheck models list`)"
                    ),
                ),
                Part::Back => (
                    "experimental_back",
                    format!("{name} has not yet shown that it sees the low back well enough: take its verdicts there as a hint"),
                ),
            };
            Notice { code: code.into(), text, share: 1.0 }
        })
    }
}

/// What was judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Source {
    /// As given by the user.
    pub path: String,
    /// Of the file's bytes, hex.
    pub sha256: String,
    /// Upright, px.
    pub width: u32,
    /// Upright, px.
    pub height: u32,
    /// Rotation tag that was applied, degrees clockwise.
    pub rotation_deg: u32,
    /// What decoded the pictures: "built-in H.264", "ffmpeg 5.1"; of a change in mid-clip both. Left out when not known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub decoder: String,
    /// Pictures judged.
    pub frames: u64,
    /// Time of the last picture, s.
    pub duration_s: f64,
}

/// A complete repetition. Times in s since the first picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rep {
    /// From 1.
    pub n: u32,
    /// `left`, `right`, or `null` where both work together.
    pub side: Option<String>,
    pub start_s: f64,
    /// Deepest point.
    pub turn_s: f64,
    pub end_s: f64,
    /// Always true: movements that did not count are [`Report::attempts_detail`].
    pub complete: bool,
    pub score: Option<u32>,
    /// 0..=1
    pub coverage: f64,
    pub view: String,
    /// The counting signal at the turn, in the signal's own unit (degrees, or a ratio in front view).
    pub peak: f64,
    /// What the counting signal is: "knee flexion".
    pub peak_of: String,
    /// What cost the most points, the most first; with them the score adds up to 100.
    pub contributions: Vec<Contribution>,
    /// In the order of the exercise's rules.
    pub verdicts: Vec<Verdict>,
}

/// A timed hold. Times in s since the first picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hold {
    /// From 1.
    pub n: u32,
    /// `left`, `right`, or `null` where both work together.
    pub side: Option<String>,
    /// When the position was reached.
    pub start_s: f64,
    /// When it was left.
    pub end_s: f64,
    /// Time inside the fault limits, s: at most from start to end.
    pub credited_s: f64,
    /// Time asked for, s.
    #[serde(default)]
    pub target_s: Option<f64>,
    /// When a fault was first seen in it.
    #[serde(default)]
    pub first_fault_s: Option<f64>,
    pub score: Option<u32>,
    /// 0..=1
    #[serde(default)]
    pub coverage: f64,
    #[serde(default)]
    pub view: String,
    /// What cost the most points, the most first; with them the score adds up to 100.
    #[serde(default)]
    pub contributions: Vec<Contribution>,
    /// In the order of the exercise's rules.
    pub verdicts: Vec<Verdict>,
}

/// A repetition or a hold: what both have.
#[derive(Clone, Copy, Debug)]
pub struct Bout<'a> {
    /// From 1.
    pub n: u32,
    pub side: Option<&'a str>,
    pub start_s: f64,
    pub end_s: f64,
    pub score: Option<u32>,
    pub coverage: f64,
    pub contributions: &'a [Contribution],
    pub verdicts: &'a [Verdict],
}

/// A movement that did not count. Times in s since the first picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attempt {
    pub start_s: f64,
    pub turn_s: f64,
    pub end_s: f64,
    /// How far it went, 1 = a full movement.
    pub progress: f64,
    /// Why it did not count.
    pub why: String,
}

/// What was done of what is asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dose {
    /// Complete repetitions, or holds.
    pub reps_done: u32,
    /// Per set; `null` where the source names no number.
    pub reps_asked: Option<u32>,
    pub sets_asked: u32,
    /// Of holds: time in the position in all, s; `null` for repetitions.
    #[serde(default)]
    pub held_s: Option<f64>,
    /// Of it inside the fault limits, s.
    #[serde(default)]
    pub credited_s: Option<f64>,
    /// Length of one hold, s, at the step of the ladder this set is on.
    #[serde(default)]
    pub hold_asked_s: Option<f64>,
}

/// Points a rule, or a cap, took off a repetition's score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Contribution {
    pub rule: String,
    /// "low back"; of a cap, what it stands for: "two faults: 49 at most".
    pub about: String,
    /// Whole and positive.
    pub points: f64,
}

/// How one rule came out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// `squat.butt_wink`
    pub rule: String,
    pub verdict: Value,
    /// In `unit`; `null` when nothing was measured.
    pub measured: Option<f64>,
    /// What was measured: of a rule's measures the one that speaks for it, in words.
    pub measure: Option<String>,
    /// The limit that was passed, or the nearest one kept.
    pub limit: Option<f64>,
    /// Smallest detectable change of the measured value (95 %).
    pub margin: Option<f64>,
    /// `deg`, `ratio`, `s`, `%`, `count`
    pub unit: String,
    /// When the measured value was reached, s.
    pub at_s: Option<f64>,
    /// Why it was not judged, a stable code: `hidden`, `wrong_view`, `no_spine`, …
    pub reason: Option<String>,
    /// What could not be seen and the way out, for a verdict that was not judged.
    pub advice: Option<String>,
    /// What happened, for a warning or a fault; of an informing rule, where the value stands.
    pub text: Option<String>,
}

impl Verdict {
    /// Of a rule that tells where a value stands beside a mark that nobody has to reach: neither within limits nor without.
    pub fn informs(&self) -> bool {
        self.verdict == Value::Good && self.text.is_some()
    }
}

/// Four values, never two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    Good,
    Warn,
    Fault,
    NotJudged,
}

impl Value {
    /// As in the JSON.
    pub fn name(self) -> &'static str {
        match self {
            Value::Good => "good",
            Value::Warn => "warn",
            Value::Fault => "fault",
            Value::NotJudged => "not_judged",
        }
    }
}

/// One remark about the clip as a whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    pub code: String,
    pub text: String,
    /// Share of the pictures concerned, 0..=1.
    pub share: f64,
}

impl Report {
    /// Puts a judged set into the outside format.
    pub fn new(set: &SessionReport, source: &SourceInfo, model: &ModelInfo) -> Report {
        Report {
            schema: SCHEMA.into(),
            program: Program { version: env!("CARGO_PKG_VERSION").into() },
            notices: Model::new(model).notices().chain(set.notices.iter().map(notice)).collect(),
            model: Model::new(model),
            source: Source {
                path: source.path.clone(),
                sha256: source.sha256.clone(),
                width: source.width,
                height: source.height,
                rotation_deg: source.rotation_deg,
                decoder: source.decoder.clone(),
                frames: set.frames,
                duration_s: secs(set.last),
            },
            exercise: set.exercise.name.into(),
            variant: set.variant.map(|v| v.name.into()),
            view: view_name(set.view).into(),
            coverage: round(set.coverage, 2),
            score: set.score.map(whole),
            score_remark: set.back_unseen().map(|_| BACK_NOT_SEEN.into()),
            pain: set.pain,
            reps: set.reps.iter().map(rep).collect(),
            holds: set.holds.iter().map(hold).collect(),
            attempts: count(set.attempts.len()),
            attempts_detail: set.attempts.iter().map(attempt).collect(),
            dose: dose(set),
            verdicts: set.findings.iter().map(verdict).collect(),
            disclaimer: DISCLAIMER.into(),
        }
    }

    /// The file's text: indented JSON that ends in a newline.
    pub fn to_json(&self) -> String {
        // Plain strings, numbers and lists: there is nothing in it that serde_json could refuse.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }

    /// Reads a report of this schema.
    pub fn from_json(text: &str) -> Result<Report, ReportError> {
        let report: Report = serde_json::from_str(text)?;
        if report.schema != SCHEMA { Err(ReportError::Schema(report.schema)) } else { Ok(report) }
    }

    /// Repetitions or holds, in order.
    pub fn bouts(&self) -> impl Iterator<Item = Bout<'_>> + Clone {
        let reps = self.reps.iter().map(|rep| Bout {
            n: rep.n,
            side: rep.side.as_deref(),
            start_s: rep.start_s,
            end_s: rep.end_s,
            score: rep.score,
            coverage: rep.coverage,
            contributions: &rep.contributions,
            verdicts: &rep.verdicts,
        });
        let holds = self.holds.iter().map(|hold| Bout {
            n: hold.n,
            side: hold.side.as_deref(),
            start_s: hold.start_s,
            end_s: hold.end_s,
            score: hold.score,
            coverage: hold.coverage,
            contributions: &hold.contributions,
            verdicts: &hold.verdicts,
        });
        reps.chain(holds)
    }

    /// Every verdict: of the repetitions and holds in order, then of the set.
    pub fn all_verdicts(&self) -> impl Iterator<Item = &Verdict> {
        self.bouts().flat_map(|bout| bout.verdicts).chain(&self.verdicts)
    }

    /// Faults in the whole set.
    pub fn faults(&self) -> usize {
        self.all_verdicts().filter(|v| v.verdict == Value::Fault).count()
    }
}

/// Why a report cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    #[error("this is not a formcheck report: {0}; score the clip again to write a new one")]
    Json(#[from] serde_json::Error),
    #[error("this report says schema \"{0}\", this program reads \"{SCHEMA}\"; score the clip again")]
    Schema(String),
}

fn rep(rep: &form::Rep) -> Rep {
    Rep {
        n: rep.n,
        side: rep.side.map(side_name),
        start_s: secs(rep.start),
        turn_s: secs(rep.turn),
        end_s: secs(rep.end),
        complete: true,
        score: rep.score.map(whole),
        coverage: round(rep.coverage, 2),
        view: view_name(rep.view).into(),
        // Degrees, or in front view a ratio, which stays below 2.
        peak: round(rep.peak, if rep.peak.abs() < 2.0 { 2 } else { 1 }),
        peak_of: rep.peak_of.into(),
        contributions: contributions(&rep.contributions, rep.score),
        verdicts: rep.findings.iter().map(verdict).collect(),
    }
}

fn hold(hold: &form::Hold) -> Hold {
    let (start_s, end_s) = (secs(hold.start), secs(hold.end));
    Hold {
        n: hold.n,
        side: hold.side.map(side_name),
        start_s,
        end_s,
        // Rounding must not credit more than was held.
        credited_s: round(hold.credited_secs, 2).min(round(end_s - start_s, 2)),
        target_s: hold.target_secs,
        first_fault_s: hold.first_fault.map(secs),
        score: hold.score.map(whole),
        coverage: round(hold.coverage, 2),
        view: view_name(hold.view).into(),
        contributions: contributions(&hold.contributions, hold.score),
        verdicts: hold.findings.iter().map(verdict).collect(),
    }
}

fn dose(set: &SessionReport) -> Dose {
    let asked = &set.exercise.dose;
    let held = set.exercise.counting.holds().is_some();
    let rung = asked.rung(set.holds.first().map_or(0.0, |hold| hold.credited_secs));
    let total = |secs: fn(&form::Hold) -> f64| held.then(|| round(set.holds.iter().map(secs).sum(), 1));
    Dose {
        reps_done: count(set.bouts().count()),
        reps_asked: asked.reps.or(rung.map(|rung| rung.holds)),
        sets_asked: asked.sets,
        held_s: total(|hold| hold.end.secs_since(hold.start)),
        credited_s: total(|hold| hold.credited_secs),
        hold_asked_s: rung.map(|rung| rung.hold_secs),
    }
}

fn attempt(attempt: &form::Attempt) -> Attempt {
    Attempt {
        start_s: secs(attempt.start),
        turn_s: secs(attempt.turn),
        end_s: secs(attempt.end),
        progress: round(attempt.progress, 2),
        why: attempt.why.into(),
    }
}

/// In whole points, so rounded that with them the score as it is shown adds up to 100; only those that still cost.
fn contributions(contributions: &[form::Contribution], score: Option<f64>) -> Vec<Contribution> {
    let exact: Vec<f64> = contributions.iter().map(|c| c.points).collect();
    let lost = score.map_or_else(|| whole(exact.iter().sum()), |score| 100 - whole(score));
    let rounded = contributions.iter().zip(whole_parts(&exact, lost)).map(|(contribution, points)| Contribution {
        rule: contribution.rule.into(),
        about: contribution.about.into(),
        points: f64::from(points),
    });
    rounded.filter(|c| c.points > 0.0).collect()
}

/// Rounds so that the parts add up to `sum`: down, then the largest remainders up.
pub fn whole_parts(exact: &[f64], sum: u32) -> Vec<u32> {
    let mut parts: Vec<u32> = exact.iter().map(|part| part.max(0.0) as u32).collect();
    let mut by_remainder: Vec<usize> = (0..parts.len()).collect();
    by_remainder.sort_by(|&a, &b| exact[b].fract().total_cmp(&exact[a].fract()));
    let short = sum.saturating_sub(parts.iter().sum());
    by_remainder.iter().cycle().take(if parts.is_empty() { 0 } else { short as usize }).for_each(|&i| parts[i] += 1);
    parts
}

fn verdict(finding: &Finding) -> Verdict {
    let decimals = finding.unit.decimals();
    let not_judged = finding.outcome == Outcome::NotJudged;
    let reason = finding.reason.filter(|_| not_judged);
    Verdict {
        rule: finding.rule.name.into(),
        verdict: value(finding.outcome),
        measured: finding.measured.map(|v| round(v, decimals)),
        measure: finding.what.map(Into::into),
        limit: finding.limit.map(|v| round(v, decimals)),
        margin: finding.margin.map(|v| round(v, decimals)),
        unit: finding.unit.name().into(),
        at_s: finding.at.map(secs),
        reason: reason.map(|r| reason_code(r).into()),
        advice: reason.map(Unseen::advice),
        text: match finding.outcome {
            Outcome::Good if finding.rule.weight != Weight::Information => None,
            Outcome::NotJudged => None,
            _ => Some(said(finding)),
        },
    }
}

/// The rule's sentence with the measured value in it.
fn said(finding: &Finding) -> String {
    let measured = finding.measured.map_or_else(|| "an unmeasured amount".into(), |v| finding.unit.say(v.abs()));
    let standing = finding.standing().unwrap_or_default();
    let negative = finding.measured.is_some_and(|v| v < 0.0);
    let text = finding.rule.text.replace("{measured}", &measured).replace("{standing}", standing);
    directed(&text.replace("{what}", finding.what.unwrap_or_default()), negative)
}

/// The text with the first or, of a negative value, the second word of each `{above|below}`.
fn directed(text: &str, negative: bool) -> String {
    let piece = |(i, piece)| match str::split_once(piece, '|') {
        // Every second piece stood between braces.
        Some((positive, minus)) if i % 2 == 1 => {
            if negative {
                minus
            } else {
                positive
            }
        }
        _ => piece,
    };
    text.split(['{', '}']).enumerate().map(piece).collect()
}

fn notice(notice: &form::Notice) -> Notice {
    Notice { code: notice.code.into(), text: notice.text.clone(), share: round(notice.share, 2) }
}

fn value(outcome: Outcome) -> Value {
    match outcome {
        Outcome::Good => Value::Good,
        Outcome::Warn => Value::Warn,
        Outcome::Fault => Value::Fault,
        Outcome::NotJudged => Value::NotJudged,
    }
}

/// The stable name of a reason, as in `reason`.
pub fn reason_code(unseen: Unseen) -> &'static str {
    match unseen {
        Unseen::NoPerson => "no_person",
        Unseen::Hidden(_) => "hidden",
        Unseen::NotInModel(_) => "not_in_model",
        Unseen::WrongView(_) => "wrong_view",
        Unseen::NoSpine => "no_spine",
        Unseen::NoOutline => "no_outline",
        Unseen::SpineUnclear => "spine_unclear",
        Unseen::LooseClothes => "loose_clothes",
        Unseen::NoBaseline => "no_baseline",
        Unseen::TooSmall => "too_small",
        Unseen::TooFewFrames => "too_few_frames",
        Unseen::Gap => "gap",
        Unseen::NoDowel => "no_dowel",
        Unseen::MarginTooWide => "margin_too_wide",
        Unseen::NotReached => "not_reached",
        Unseen::NotAsked => "not_asked",
    }
}

/// As in `view`.
pub fn view_name(view: View) -> &'static str {
    view.name()
}

/// The view of this name in a report.
pub fn view_named(name: &str) -> View {
    let views = [View::Side, View::Front, View::Rear, View::Oblique];
    views.into_iter().find(|view| view.name() == name).unwrap_or(View::Unknown)
}

/// The unit of this name in a report.
pub fn unit_named(name: &str) -> Option<Unit> {
    [Unit::Deg, Unit::Ratio, Unit::Secs, Unit::Percent, Unit::Count].into_iter().find(|u| u.name() == name)
}

fn side_name(side: Side) -> String {
    side.name().into()
}

/// Seconds to the hundredth: a third of a frame at 30 fps.
fn secs(t: Timestamp) -> f64 {
    round(t.secs(), 2)
}

/// A score, 0..=100.
fn whole(points: f64) -> u32 {
    points.round().clamp(0.0, 100.0) as u32
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// To so many digits after the point, never −0.
fn round(value: f64, decimals: usize) -> f64 {
    let scale = 10f64.powi(decimals as i32);
    (value * scale).round() / scale + 0.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value as Json;

    const SCHEMA_FILE: &str = include_str!("../../docs/report.schema.json");

    fn report() -> Report {
        specimen::report()
    }

    #[test]
    fn a_report_obeys_the_schema_and_reads_back() {
        let schema: Json = serde_json::from_str(SCHEMA_FILE).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        for report in [report(), Report::new(&specimen::empty_set(), &SourceInfo::default(), &ModelInfo::default())] {
            let json: Json = serde_json::from_str(&report.to_json()).unwrap();
            let errors: Vec<String> =
                validator.iter_errors(&json).map(|e| format!("{}: {e}", e.instance_path())).collect();
            assert!(errors.is_empty(), "{errors:#?}");
            assert_eq!(Report::from_json(&report.to_json()).unwrap(), report);
        }
    }

    #[test]
    fn the_schema_refuses_what_the_format_forbids() {
        let schema: Json = serde_json::from_str(SCHEMA_FILE).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let good: Json = serde_json::from_str(&report().to_json()).unwrap();
        let breaks: [(&str, Json); 6] = [
            ("/schema", "formcheck.report/2".into()),
            ("/score", 101.into()),
            ("/view", "above".into()),
            ("/reps/0/verdicts/0/verdict", "maybe".into()),
            ("/reps/0/complete", false.into()),
            ("/coverage", 1.5.into()),
        ];
        for (at, wrong) in breaks {
            let mut broken = good.clone();
            *broken.pointer_mut(at).unwrap() = wrong;
            assert!(!validator.is_valid(&broken), "{at} should be refused");
        }
    }

    /// The schema lists every field, so that a new one cannot slip in undocumented.
    #[test]
    fn every_field_is_described_in_the_schema() {
        let schema: Json = serde_json::from_str(SCHEMA_FILE).unwrap();
        let json: Json = serde_json::from_str(&report().to_json()).unwrap();
        check(&schema, &schema, &json, "");

        fn check(root: &Json, schema: &Json, json: &Json, path: &str) {
            let schema = match schema["$ref"].as_str() {
                Some(r) => root.pointer(r.trim_start_matches('#')).unwrap(),
                None => schema,
            };
            match json {
                Json::Object(fields) => {
                    for (name, inner) in fields {
                        let described = &schema["properties"][name];
                        assert!(described.is_object(), "{path}/{name} is not in docs/report.schema.json");
                        check(root, described, inner, &format!("{path}/{name}"));
                    }
                }
                Json::Array(items) => items.iter().for_each(|i| check(root, &schema["items"], i, path)),
                _ => {}
            }
        }
    }

    #[test]
    fn numbers_are_rounded_to_what_they_are_worth() {
        let report = report();
        let rep = &report.reps[0];
        assert_eq!((rep.start_s, rep.turn_s), (2.03, 4.1));
        let lean = rep.verdicts.iter().find(|v| v.rule == "specimen.chest_drops").unwrap();
        assert_eq!((lean.measured, lean.limit, lean.margin), (Some(57.1), Some(53.0), Some(9.0)));
        assert_eq!(lean.text.as_deref(), Some("The chest leaned 57°."));
        assert_eq!(report.score, Some(78));
        assert_eq!(round(-0.04, 1).to_string(), "0");
    }

    #[test]
    fn a_sentence_says_the_direction_in_words() {
        let text = "The leg was 5° {above level, where it arches|below level}.";
        assert_eq!(directed(text, false), "The leg was 5° above level, where it arches.");
        assert_eq!(directed(text, true), "The leg was 5° below level.");
        assert_eq!(Unit::Deg.say(-35.7), "−36°");
        let bare = |text: &str| text.contains("(+") || text.contains("(−");
        for rule in crate::exercises::ALL.iter().flat_map(|exercise| exercise.rules) {
            let words = directed(rule.text, true).replace("measured", "").replace("standing", "").replace("what", "");
            assert!(!bare(rule.text) && !words.contains(['{', '|', '}']), "{}", rule.name);
        }
    }

    #[test]
    fn points_add_up_to_what_the_score_lacks() {
        assert_eq!(whole_parts(&[24.6, 15.2, 11.2], 51), [25, 15, 11]);
        assert_eq!(whole_parts(&[0.3, 0.4], 1), [0, 1]);
        assert_eq!(whole_parts(&[], 0), [0; 0]);
        for rep in report().reps.iter().filter(|rep| rep.score.is_some()) {
            let lost: f64 = rep.contributions.iter().map(|c| c.points).sum();
            assert_eq!(f64::from(rep.score.unwrap()) + lost, 100.0, "{rep:?}");
        }
    }

    /// A rule of the back that was judged is enough, and one unjudged repetition of three is not.
    #[test]
    fn the_back_was_not_seen_where_most_repetitions_judged_none_of_its_rules() {
        let mut set = specimen::set();
        assert!(set.back_unseen().is_some());
        set.reps[0].findings[0].outcome = Outcome::Good;
        assert!(set.back_unseen().is_none(), "one of two");
        set.reps[0].findings[0].outcome = Outcome::NotJudged;
        set.reps.iter_mut().for_each(|rep| rep.findings[0].reason = Some(Unseen::NoDowel));
        assert!(set.back_unseen().is_none(), "for want of a dowel");
        assert!(specimen::empty_set().back_unseen().is_none());
    }

    #[test]
    fn what_was_not_seen_carries_its_reason_and_the_way_out() {
        let report = report();
        let wink = report.reps[0].verdicts.iter().find(|v| v.verdict == Value::NotJudged).unwrap();
        assert_eq!(wink.reason.as_deref(), Some("no_spine"));
        assert!(wink.advice.as_deref().unwrap().contains("no spine landmarks"));
        assert_eq!((wink.measured, wink.limit, wink.at_s, wink.text.as_deref()), (None, None, None, None));
        assert_eq!(report.score_remark.as_deref(), Some("back not seen"));
    }

    #[test]
    fn another_schema_and_broken_json_are_refused_in_one_line() {
        let other = report().to_json().replace(SCHEMA, "formcheck.report/9");
        for text in [other.as_str(), "{", "[]"] {
            let message = Report::from_json(text).unwrap_err().to_string();
            assert!(!message.contains('\n') && message.contains("score the clip again"), "{message}");
        }
    }
}
