//! `report.html`: one self-contained page for a person to read, on screen or on paper.
//!
//! Input: the [`Report`], its [`Exercise`] and the [`Series`] of the set. Output: HTML with inline styles and plots; no
//! script, no address is fetched. Shapes and words carry the meaning, colour only repeats it.

use super::series::Series;
use crate::form::safety::DURING;
use crate::form::{Exercise, Rule, Signal};
use crate::programme;
use crate::report::{Attempt, Bout, Report, Value, Verdict, unit_named, view_named, whole_parts};
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// The page's text.
pub fn page(report: &Report, exercise: &Exercise, series: &Series) -> String {
    let clip = file_name(&report.source.path);
    let title = format!("{} – {clip}", exercise.title);
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " – formcheck" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                (glyph_shapes())
                header {
                    p.over { "formcheck report" }
                    h1 { (exercise.title) }
                    @if let Some(variant) = report.variant.as_deref().and_then(|name| exercise.variant(name)) {
                        p.clip { (variant.title) }
                    }
                    p.clip { (clip) " · " (view_words(&report.view)) " · " (clock(report.source.duration_s)) }
                }
                main {
                    (summary(report))
                    (changes(report, exercise))
                    (told(report))
                    (timeline(report, exercise, series))
                    (table(report, exercise))
                    (measures(report, exercise))
                    (unseen(report, exercise))
                    (remarks(report))
                }
                (footer(report))
            }
        }
    }
    .into_string()
}

/// Score, coverage, dose, and what cost the most.
fn summary(report: &Report) -> Markup {
    html! {
        section.cards aria-label="Summary" {
            div.card.score {
                h2 { "Form" }
                @match report.score {
                    Some(score) => {
                        p.big { (score) span.of { " / 100" } }
                        p { (band(score)) }
                    }
                    None => {
                        p.big { "–" }
                        p { (no_score(report)) }
                    }
                }
                @if let Some(remark) = &report.score_remark { p.remark { (glyph(Value::NotJudged)) " " (remark) } }
            }
            div.card {
                h2 { "Seen" }
                p.big { (percent(report.coverage)) span.of { " %" } }
                p { "of what the rules of form look at" }
                (bar(report.coverage))
            }
            div.card {
                h2 { "Done" }
                p.big {
                    (report.dose.reps_done)
                    @if let Some(asked) = report.dose.reps_asked { span.of { " of " (asked) } }
                }
                p { (words(report, report.dose.reps_done)) @if report.dose.sets_asked > 1 { ", one of " (report.dose.sets_asked) " sets" } }
                @if let (Some(held), Some(credited)) = (report.dose.held_s, report.dose.credited_s) {
                    p {
                        (tenths(held)) " s held, " (tenths(credited)) " s inside the limits"
                        @if let Some(asked) = report.dose.hold_asked_s { "; " (asked) " s asked for in one" }
                    }
                }
                @if report.attempts > 0 { p.quiet { "and " (attempts(report.attempts)) " that did not count" } }
            }
            @let cost = costs(report);
            @if !cost.is_empty() {
                div.card {
                    h2 { "What it cost" }
                    @for (about, points) in &cost { p.cost { span.points { "−" (points) } " " (about) } }
                    p.quiet { (of_which(report)) }
                }
            }
        }
    }
}

/// The scored repetitions or holds whose score is the set's: the middle one, or the middle two.
fn middle<'a>(report: &'a Report) -> Vec<Bout<'a>> {
    let mut scored: Vec<Bout> = report.bouts().filter(|b| b.score.is_some()).collect();
    scored.sort_by_key(|bout| bout.score);
    let n = scored.len();
    scored.drain(n.saturating_sub(1) / 2..n.min(n / 2 + 1)).collect()
}

/// What cost the points that the set's score lacks, the most first.
fn costs(report: &Report) -> Vec<(String, u32)> {
    let Some(score) = report.score else { return Vec::new() };
    let middle = middle(report);
    let mut sums = std::collections::BTreeMap::<&str, f64>::new();
    for contribution in middle.iter().flat_map(|b| b.contributions) {
        *sums.entry(&contribution.about).or_default() += contribution.points / middle.len() as f64;
    }
    let exact: Vec<f64> = sums.values().copied().collect();
    let whole = whole_parts(&exact, 100 - score.min(100));
    let mut costs: Vec<(String, u32)> = sums.into_keys().map(String::from).zip(whole).collect();
    costs.retain(|(_, points)| *points > 0);
    costs.sort_by_key(|(_, points)| std::cmp::Reverse(*points));
    costs
}

/// Whose points those are.
fn of_which(report: &Report) -> String {
    match report.bouts().filter(|b| b.score.is_some()).count() {
        1 => "points".into(),
        n if n % 2 == 1 => format!("points, in the middle one of the {n} scored {}", words(report, 2)),
        n => format!("points, mean of the middle two of the {n} scored {}", words(report, 2)),
    }
}

/// Every fault and warning in words.
fn changes(report: &Report, exercise: &Exercise) -> Markup {
    let said = |value: Value| {
        let bouts = report.bouts().flat_map(|b| b.verdicts.iter().map(move |v| (Some(b.n), v)));
        let set = report.verdicts.iter().map(|v| (None, v));
        bouts.chain(set).filter(move |(_, v)| v.verdict == value).collect::<Vec<_>>()
    };
    let (faults, warns) = (said(Value::Fault), said(Value::Warn));
    html! {
        section {
            h2 { "What to change" }
            @if report.bouts().next().is_none() && faults.is_empty() && warns.is_empty() {
                p { "No complete " (word(report)) " was seen, so there is nothing to correct or to praise." }
            } @else if report.all_verdicts().all(|v| v.verdict == Value::NotJudged) {
                p { "Nothing could be judged, so there is nothing to correct or to praise." }
            } @else if faults.is_empty() && warns.is_empty() {
                p { "Nothing that could be judged was out of its limits." }
            }
            ul.said {
                @for (rep, verdict) in faults.iter().chain(&warns) {
                    li {
                        (glyph(verdict.verdict)) " "
                        div {
                            p { strong { (cue(exercise, &verdict.rule)) } " – " (verdict.text.as_deref().unwrap_or_default()) }
                            p.quiet {
                                (place(word(report), *rep, verdict)) " · " code { (verdict.rule) } (limit_words(verdict))
                                (experimental(report, exercise, &verdict.rule))
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What was measured beside a mark that nobody has to reach, in words.
fn told(report: &Report) -> Markup {
    let told: Vec<(u32, &Verdict)> =
        report.bouts().flat_map(|b| b.verdicts.iter().map(move |v| (b.n, v))).filter(|(_, v)| v.informs()).collect();
    html! {
        @if !told.is_empty() {
            section {
                h2 { "For your information" }
                ul.plain {
                    @for (n, verdict) in told {
                        li { (verdict.text.as_deref().unwrap_or_default()) " " span.quiet { "(" (place(word(report), Some(n), verdict)) ")" } }
                    }
                }
            }
        }
    }
}

/// The word beside what rests on a model that has not passed its checks.
fn experimental(report: &Report, exercise: &Exercise, rule: &str) -> &'static str {
    let so = exercise.rule(rule).is_some_and(|rule| report.model.makes_experimental(rule));
    if so { " · experimental" } else { "" }
}

fn place(word: &str, n: Option<u32>, verdict: &Verdict) -> String {
    let whole = n.map_or("whole set".to_string(), |n| format!("{word} {n}"));
    verdict.at_s.map_or(whole.clone(), |at| format!("{whole}, at {at:.1} s"))
}

/// Of two negative values the sizes, as in the sentence before them.
fn limit_words(verdict: &Verdict) -> String {
    let say = |v: f64| unit_named(&verdict.unit).map_or(v.to_string(), |u| u.say(v));
    let Some((measured, limit)) = verdict.measured.zip(verdict.limit) else { return String::new() };
    let sign = if measured < 0.0 && limit < 0.0 { -1.0 } else { 1.0 };
    let margin = verdict.margin.map_or(String::new(), |m| format!(", margin ±{}", say(m)));
    format!(" · {}, limit {}{margin}", say(sign * measured), say(sign * limit))
}

/// The counting signal over time, or each side's, repetitions shaded, faults marked.
fn timeline(report: &Report, exercise: &Exercise, series: &Series) -> Markup {
    let variant = report.variant.as_deref().and_then(|name| exercise.variant(name));
    let signals = series.signals(view_named(&report.view), variant);
    let Some(signal) = signals.first() else { return html! {} };
    let values = || signals.iter().flat_map(|signal| series.values(signal)).filter_map(|(_, value)| value);
    let low = values().fold(signal.rest.min(signal.target), f64::min);
    let high = values().fold(signal.rest.max(signal.target), f64::max);
    let pad = (high - low) * 0.06;
    let plot =
        Plot { from: (0.0, low - pad), to: (series.last().secs().max(0.1), high + 2.5 * pad), w: 960.0, h: 320.0 };
    let alt = format!(
        "{} over time: {} {}, {} attempts, {} faults marked",
        signal.what,
        report.dose.reps_done,
        words(report, report.dose.reps_done),
        report.attempts,
        report.faults()
    );
    html! {
        section {
            h2 { "Movement" }
            figure {
                svg.plot viewBox=(format!("0 0 {} {}", plot.w, plot.h)) role="img" aria-label=(alt) {
                    @for attempt in &report.attempts_detail { (shade_attempt(&plot, attempt)) }
                    @for bout in report.bouts() { (shade_bout(&plot, &bout)) }
                    (plot.axes(signal_unit(signal.target)))
                    (plot.level(signal.target, "target"))
                    @if let Some(second) = signals.get(1) { path.curve.second d=(curve(&plot, series, second)) {} }
                    path.curve d=(curve(&plot, series, signal)) {}
                    @for bout in report.bouts() { @for verdict in bout.verdicts { (marker(&plot, verdict)) } }
                }
                figcaption {
                    (capital(signal.what)) " over time" (each_side(&signals)) ". Shaded: counted " (words(report, 2)) ", with their numbers"
                    @if report.attempts > 0 { "; striped: attempts that did not count" }
                    ". Marks stand where a limit was passed most."
                }
            }
        }
    }
}

/// Which curve is whose.
fn each_side(signals: &[&Signal]) -> String {
    match signals.iter().map(|signal| signal.works.side()).collect::<Vec<_>>()[..] {
        [Some(first), Some(second)] => {
            format!(", {} side strong, {} side thin", first.name(), second.name())
        }
        _ => String::new(),
    }
}

/// Side-view signals are angles, the others ratios below 1.
fn signal_unit(target: f64) -> &'static str {
    if target > 2.0 { "°" } else { "" }
}

fn shade_bout(plot: &Plot, bout: &Bout) -> Markup {
    let (x0, x1) = (plot.x(bout.start_s), plot.x(bout.end_s));
    html! {
        rect.rep x=(px(x0)) y=(px(plot.top())) width=(px((x1 - x0).max(1.0))) height=(px(plot.bottom() - plot.top())) {}
        text.repno x=(px((x0 + x1) / 2.0)) y=(px(plot.bottom() - 8.0)) { (bout.n) }
    }
}

fn shade_attempt(plot: &Plot, attempt: &Attempt) -> Markup {
    let (x0, x1) = (plot.x(attempt.start_s), plot.x(attempt.end_s));
    html! {
        rect.attempt x=(px(x0)) y=(px(plot.top())) width=(px((x1 - x0).max(1.0))) height=(px(plot.bottom() - plot.top())) {
            title { "did not count: " (attempt.why) }
        }
    }
}

fn curve(plot: &Plot, series: &Series, signal: &Signal) -> String {
    let mut d = String::new();
    let mut pen_down = false;
    for (t, value) in series.values(signal) {
        if let Some(value) = value {
            let command = if pen_down { 'L' } else { 'M' };
            d.push_str(&format!("{command}{} {}", px(plot.x(t.secs())), px(plot.y(value))));
        }
        pen_down = value.is_some();
    }
    d
}

fn marker(plot: &Plot, verdict: &Verdict) -> Markup {
    let Some(at) = verdict.at_s.filter(|_| matches!(verdict.verdict, Value::Warn | Value::Fault)) else {
        return html! {};
    };
    let x = plot.x(at);
    html! {
        g {
            title { (verdict.rule) ": " (verdict.text.as_deref().unwrap_or_default()) }
            line.drop x1=(px(x)) x2=(px(x)) y1=(px(plot.top() + 16.0)) y2=(px(plot.bottom())) {}
            (placed_glyph(verdict.verdict, x, plot.top() + 8.0, 20.0))
        }
    }
}

/// Rules down, repetitions or holds across; rows of holds' times below.
fn table(report: &Report, exercise: &Exercise) -> Markup {
    let bouts: Vec<Bout> = report.bouts().collect();
    if bouts.is_empty() {
        return html! {};
    }
    let rules = rules_of(&bouts);
    html! {
        section {
            h2 { (capital(word(report))) " by " (word(report)) }
            div.scroll tabindex="0" role="region" aria-label="Verdicts by rule and one after the other" {
                table {
                    thead {
                        tr { th scope="col" { "Rule" } @for bout in &bouts { th scope="col" { (bout.n) @if let Some(side) = bout.side { br; span.value { (side) } } } } }
                    }
                    tbody {
                        @for rule in rules {
                            tr {
                                th scope="row" { (cue(exercise, rule)) br; code { (short(rule)) } (experimental(report, exercise, rule)) }
                                @for bout in &bouts { (cell(bout.verdicts.iter().find(|v| v.rule == rule))) }
                            }
                        }
                        tr.total {
                            th scope="row" { "Score" }
                            @for bout in &bouts {
                                td { @match bout.score { Some(s) => (s), None => "–" } }
                            }
                        }
                        tr {
                            th scope="row" { "Seen" }
                            @for bout in &bouts { td { (percent(bout.coverage)) " %" } }
                        }
                        @if !report.holds.is_empty() {
                            tr {
                                th scope="row" { "Held, of it inside the limits" }
                                @for hold in &report.holds {
                                    td { (tenths(hold.end_s - hold.start_s)) " s" br; span.value { (tenths(hold.credited_s)) " s" } }
                                }
                            }
                        }
                    }
                }
            }
            p.legend {
                @for value in [Value::Good, Value::Warn, Value::Fault, Value::NotJudged] {
                    span { (glyph(value)) " " (value_words(value)) }
                }
            }
        }
    }
}

/// Every rule some repetition or hold was judged by, in the exercise's order as far as one names them.
fn rules_of<'a>(bouts: &[Bout<'a>]) -> Vec<&'a str> {
    let mut rules: Vec<&str> = Vec::new();
    for verdict in bouts.iter().flat_map(|bout| bout.verdicts) {
        if !rules.contains(&verdict.rule.as_str()) {
            rules.push(&verdict.rule);
        }
    }
    rules
}

fn tenths(secs: f64) -> String {
    format!("{secs:.1}")
}

fn cell(verdict: Option<&Verdict>) -> Markup {
    let Some(verdict) = verdict else { return html! { td {} } };
    let measured = verdict.measured.zip(unit_named(&verdict.unit)).map(|(v, u)| u.say(v));
    let why = verdict.advice.as_deref().or(verdict.text.as_deref()).unwrap_or_default();
    html! {
        td title=(why) {
            @if !verdict.informs() { (glyph(verdict.verdict)) }
            @if let Some(measured) = measured { br; span.value { (measured) } }
        }
    }
}

/// One small plot per measured rule: each repetition's value with its margin, against its limit.
fn measures(report: &Report, exercise: &Exercise) -> Markup {
    let bouts: Vec<Bout> = report.bouts().collect();
    let rows: Vec<(&str, Vec<(u32, &Verdict)>)> = rules_of(&bouts)
        .into_iter()
        .map(|rule| {
            let of_rule = |b: &Bout<'_>| b.verdicts.iter().position(|v| v.rule == rule);
            let measured = bouts
                .iter()
                .filter_map(|b| of_rule(b).map(|i| (b.n, &b.verdicts[i])))
                .filter(|(_, v)| v.measured.is_some() && v.verdict != Value::NotJudged)
                .collect::<Vec<_>>();
            (rule, measured)
        })
        .filter(|(_, measured)| !measured.is_empty())
        .collect();
    if rows.is_empty() {
        return html! {};
    }
    html! {
        section {
            h2 { "Values against their limits" }
            div.grid {
                @for (rule, measured) in &rows { (small_plot(rule, measured, exercise.rule(rule), bouts.len())) }
            }
            p.quiet { "Whiskers: the smallest change this camera position can tell apart. Dashes: the limit nearest to each value." }
        }
    }
}

fn small_plot(name: &str, measured: &[(u32, &Verdict)], rule: Option<&Rule>, reps: usize) -> Markup {
    let ends = |v: &Verdict| {
        let value = v.measured.unwrap_or(0.0);
        let margin = v.margin.unwrap_or(0.0);
        [value - margin, value + margin, v.limit.unwrap_or(value)]
    };
    let all = || measured.iter().flat_map(|(_, v)| ends(v));
    let (low, high) = (all().fold(f64::INFINITY, f64::min), all().fold(f64::NEG_INFINITY, f64::max));
    let pad = ((high - low) * 0.1).max(1e-3);
    let plot = Plot { from: (0.4, low - pad), to: (reps as f64 + 0.6, high + pad), w: 300.0, h: 180.0 };
    let unit = measured[0].1.unit.as_str();
    let suffix = if unit == "deg" { "°" } else { "" };
    let step = 0.32;
    html! {
        figure {
            svg.plot viewBox=(format!("0 0 {} {}", plot.w, plot.h)) role="img"
                aria-label=(format!("{name}: each value against its limit")) {
                (plot.y_axis(suffix))
                @for (n, verdict) in measured {
                    @let x = plot.x(f64::from(*n));
                    @let [from, to, limit] = ends(verdict);
                    @if verdict.limit.is_some() {
                        line.limit x1=(px(plot.x(f64::from(*n) - step))) x2=(px(plot.x(f64::from(*n) + step)))
                            y1=(px(plot.y(limit))) y2=(px(plot.y(limit))) {}
                    }
                    line.whisker x1=(px(x)) x2=(px(x)) y1=(px(plot.y(from))) y2=(px(plot.y(to))) {}
                    @let y = plot.y(verdict.measured.unwrap_or(0.0));
                    @if verdict.informs() { circle.dot cx=(px(x)) cy=(px(y)) r="5" {} }
                    @else { (placed_glyph(verdict.verdict, x, y, 16.0)) }
                    text.tick.mid x=(px(x)) y=(px(plot.h - 6.0)) { (n) }
                }
            }
            figcaption {
                @match rule {
                    Some(rule) => { (capital(rule.checks.first().map_or(rule.measures, |c| c.what))) }
                    None => { (name) }
                }
                @if suffix.is_empty() && unit != "ratio" { ", " (unit) }
                br; code { (short(name)) }
            }
        }
    }
}

/// What was not judged, by reason.
fn unseen(report: &Report, exercise: &Exercise) -> Markup {
    let mut reasons = std::collections::BTreeMap::<&str, Vec<&str>>::new();
    for verdict in report.all_verdicts().filter(|v| v.verdict == Value::NotJudged) {
        let advice = verdict.advice.as_deref().unwrap_or("could not be judged");
        let rules = reasons.entry(advice).or_default();
        if !rules.contains(&verdict.rule.as_str()) {
            rules.push(&verdict.rule);
        }
    }
    html! {
        @if !reasons.is_empty() {
            section {
                h2 { "What was not judged" }
                p.quiet { "These rules count neither for nor against the form." }
                ul.said {
                    @for (advice, rules) in &reasons {
                        li {
                            (glyph(Value::NotJudged)) " "
                            div {
                                p { (sentence(advice)) }
                                p.quiet { @for (i, rule) in rules.iter().enumerate() { @if i > 0 { ", " } (cue(exercise, rule)) " (" code { (short(rule)) } ")" } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn remarks(report: &Report) -> Markup {
    html! {
        @if !report.notices.is_empty() || !report.attempts_detail.is_empty() {
            section {
                h2 { "About this clip" }
                ul.plain {
                    @for notice in &report.notices { li { (sentence(&notice.text)) } }
                    @for attempt in &report.attempts_detail {
                        li { "A movement at " (format!("{:.1}", attempt.turn_s)) " s did not count: " (attempt.why) "." }
                    }
                }
            }
        }
    }
}

fn footer(report: &Report) -> Markup {
    let source = &report.source;
    html! {
        footer {
            p { strong { (report.disclaimer) } }
            p { (DURING) @if let Some(caution) = programme::entry(&report.exercise).and_then(|e| e.caution) { " " (caution) } }
            dl {
                dt { "Clip" } dd { (source.path) ", " (source.width) "×" (source.height) ", " (source.frames) " pictures"
                    @if !source.decoder.is_empty() { ", decoded by " (source.decoder) }
                }
                @if !source.sha256.is_empty() { dt { "SHA-256" } dd { code { (source.sha256) } } }
                dt { "Model" } dd {
                    (report.model.name) @if !report.model.experimental.is_empty() { " (experimental)" }
                    " on " (report.model.runtime)
                }
                dt { "Program" } dd { "formcheck " (report.program.version) }
            }
        }
    }
}

// ── plots ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/// A drawing area with data coordinates.
struct Plot {
    from: (f64, f64),
    to: (f64, f64),
    w: f64,
    h: f64,
}

impl Plot {
    fn left(&self) -> f64 {
        46.0
    }

    fn top(&self) -> f64 {
        10.0
    }

    fn bottom(&self) -> f64 {
        self.h - 26.0
    }

    fn x(&self, value: f64) -> f64 {
        let share = (value - self.from.0) / (self.to.0 - self.from.0);
        self.left() + share.clamp(0.0, 1.0) * (self.w - 10.0 - self.left())
    }

    fn y(&self, value: f64) -> f64 {
        let share = (value - self.from.1) / (self.to.1 - self.from.1);
        self.bottom() - share.clamp(0.0, 1.0) * (self.bottom() - self.top())
    }

    fn axes(&self, unit: &str) -> Markup {
        html! {
            (self.y_axis(unit))
            @for (value, label) in ticks(self.from.0, self.to.0, 10) {
                text.tick.mid x=(px(self.x(value))) y=(px(self.h - 6.0)) { (label) " s" }
            }
        }
    }

    fn y_axis(&self, unit: &str) -> Markup {
        html! {
            @for (value, label) in ticks(self.from.1, self.to.1, 5) {
                line.gridline x1=(px(self.left())) x2=(px(self.w - 10.0)) y1=(px(self.y(value))) y2=(px(self.y(value))) {}
                text.tick.end x=(px(self.left() - 8.0)) y=(px(self.y(value) + 4.0)) { (label) (unit) }
            }
        }
    }

    fn level(&self, value: f64, label: &str) -> Markup {
        html! {
            line.level x1=(px(self.left())) x2=(px(self.w - 10.0)) y1=(px(self.y(value))) y2=(px(self.y(value))) {}
            text.tick.end x=(px(self.w - 12.0)) y=(px(self.y(value) - 5.0)) { (label) }
        }
    }
}

/// Round values between, at most about `most` of them.
fn ticks(from: f64, to: f64, most: u32) -> Vec<(f64, String)> {
    let rough = (to - from) / f64::from(most);
    if !rough.is_finite() || rough <= 0.0 {
        return Vec::new();
    }
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|k| k * power).into_iter().find(|s| *s >= rough).unwrap_or(rough);
    let decimals = (-step.log10().floor()).max(0.0) as usize;
    let first = (from / step).ceil() as i64;
    let last = (to / step).floor() as i64;
    (first..=last).map(|i| i as f64 * step).map(|v| (v, format!("{:.decimals$}", v + 0.0))).collect()
}

/// A coordinate to a tenth of a pixel.
fn px(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_string)
}

// ── words and shapes ───────────────────────────────────────────────────────────────────────────────────────────────

/// The four shapes, drawn once and used by reference.
fn glyph_shapes() -> Markup {
    PreEscaped(GLYPHS.to_string())
}

const GLYPHS: &str = r##"<svg width="0" height="0" class="defs" aria-hidden="true"><defs>
<symbol id="good" viewBox="0 0 20 20"><circle cx="10" cy="10" r="9" fill="var(--good)"/><path d="M5.5 10.5l3 3 6-6.5" fill="none" stroke="var(--on)" stroke-width="2.2" stroke-linecap="round" stroke-linejoin="round"/></symbol>
<symbol id="warn" viewBox="0 0 20 20"><path d="M10 1.5L19.5 18.5H.5z" fill="var(--warn)" stroke="var(--warn)" stroke-linejoin="round"/><path d="M10 7.5v5.2M10 15.8v.2" stroke="#1b1b1b" stroke-width="2.2" stroke-linecap="round"/></symbol>
<symbol id="fault" viewBox="0 0 20 20"><path d="M6.3 1h7.4L19 6.3v7.4L13.7 19H6.3L1 13.7V6.3z" fill="var(--fault)"/><path d="M10 5.2v5.6M10 14.5v.2" stroke="var(--on)" stroke-width="2.4" stroke-linecap="round"/></symbol>
<symbol id="not_judged" viewBox="0 0 20 20"><circle cx="10" cy="10" r="8.5" fill="none" stroke="var(--quiet)" stroke-width="1.6" stroke-dasharray="3 2.6"/><path d="M6.5 10h7" stroke="var(--quiet)" stroke-width="2" stroke-linecap="round"/></symbol>
<pattern id="stripes" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="8" height="8" fill="none"/><rect width="2" height="8" fill="var(--line)"/></pattern>
</defs></svg>"##;

fn glyph(value: Value) -> Markup {
    html! {
        svg.glyph role="img" aria-label=(value_words(value)) { use href=(format!("#{}", value.name())) {} }
    }
}

fn placed_glyph(value: Value, x: f64, y: f64, size: f64) -> Markup {
    html! {
        use href=(format!("#{}", value.name())) x=(px(x - size / 2.0)) y=(px(y - size / 2.0))
            width=(px(size)) height=(px(size)) {}
    }
}

fn value_words(value: Value) -> &'static str {
    match value {
        Value::Good => "within limits",
        Value::Warn => "warning",
        Value::Fault => "fault",
        Value::NotJudged => "not judged",
    }
}

/// RULES.md E.
fn band(score: u32) -> &'static str {
    match score {
        85.. => "Solid",
        70..=84 => "Good, with a note",
        50..=69 => "Needs work",
        _ => "Make it easier",
    }
}

fn no_score(report: &Report) -> String {
    if report.pain {
        "Pain was reported".into()
    } else if report.bouts().next().is_none() {
        format!("No complete {}", word(report))
    } else {
        "Too little was seen for a number".into()
    }
}

/// What is counted: holds have a time.
fn word(report: &Report) -> &'static str {
    if report.dose.held_s.is_some() { "hold" } else { "repetition" }
}

fn words(report: &Report, n: u32) -> String {
    if n == 1 { word(report).into() } else { format!("{}s", word(report)) }
}

fn attempts(n: u32) -> String {
    if n == 1 { "one attempt".into() } else { format!("{n} attempts") }
}

fn view_words(view: &str) -> String {
    if view == "unknown" { "view not known".into() } else { format!("{view} view") }
}

/// The rule's cue, which says what to do; its name where the rule is not known.
fn cue<'a>(exercise: &Exercise, rule: &'a str) -> &'a str {
    exercise.rule(rule).map_or(rule, |r| r.cue)
}

/// "butt_wink" of "squat.butt_wink".
fn short(rule: &str) -> &str {
    rule.rsplit('.').next().unwrap_or(rule)
}

fn percent(share: f64) -> u32 {
    (share.clamp(0.0, 1.0) * 100.0).round() as u32
}

fn bar(share: f64) -> Markup {
    html! {
        svg.bar viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true" {
            rect.track width="100" height="6" rx="3" {}
            rect.fill width=(percent(share)) height="6" rx="3" {}
        }
    }
}

/// "1:05"
fn clock(secs: f64) -> String {
    let whole = secs.max(0.0).round() as u64;
    format!("{}:{:02}", whole / 60, whole % 60)
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |first| first.to_uppercase().chain(chars).collect())
}

/// With a capital letter, and a full stop where it has no other end.
fn sentence(text: &str) -> String {
    let end = if text.ends_with(['.', '?', '!']) { "" } else { "." };
    format!("{}{end}", capital(text))
}

fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).find(|part| !part.is_empty()).unwrap_or(path)
}

const STYLE: &str = "
:root{--bg:#fbfaf8;--card:#fff;--ink:#23282e;--quiet:#636b74;--line:#dcd8d0;--soft:#efece6;--accent:#2b6f8f;--good:#1f7a5c;--warn:#e8b021;--fault:#b7371f;--on:#fff;--shade:#2b6f8f1f}
@media(prefers-color-scheme:dark){:root{--bg:#15181b;--card:#1e2226;--ink:#e7e5e0;--quiet:#a1a8b0;--line:#3a4047;--soft:#2a2f35;--accent:#7fc0dd;--good:#4fb892;--warn:#f0c24b;--fault:#f0806a;--on:#15181b;--shade:#7fc0dd26}}
*{box-sizing:border-box}
html{font:16px/1.55 system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue','DejaVu Sans',sans-serif;background:var(--bg);color:var(--ink);-webkit-text-size-adjust:100%}
body{margin:0 auto;padding:2.2rem 1.2rem 3rem;max-width:62rem}
.defs{position:absolute}
h1{font-size:2.3rem;line-height:1.15;margin:.1rem 0 .3rem;letter-spacing:-.015em;font-weight:650}
h2{font-size:1.12rem;margin:0 0 .7rem;font-weight:650}
p{margin:.2rem 0}
.over{color:var(--accent);font-weight:600;font-size:.9rem;margin:0}
.clip,.quiet{color:var(--quiet)}
.quiet{font-size:.9rem}
section{margin:2.2rem 0;break-inside:avoid}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(12.5rem,1fr));gap:1rem}
.card{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:1rem 1.2rem 1.1rem}
.card h2{font-size:.9rem;color:var(--quiet);font-weight:600;margin:0}
.big{font-size:2.7rem;line-height:1.15;font-weight:650;font-variant-numeric:tabular-nums;letter-spacing:-.02em}
.of{font-size:1.05rem;color:var(--quiet);font-weight:500;letter-spacing:0}
.cost{font-size:1.08rem;margin:.45rem 0}
.points{font-weight:650;font-variant-numeric:tabular-nums}
.remark{margin-top:.5rem}
.bar{width:100%;height:6px;margin-top:.6rem;display:block}.bar .track{fill:var(--soft)}.bar .fill{fill:var(--accent)}
.glyph{width:1.15em;height:1.15em;vertical-align:-.2em;flex:none}
.said{list-style:none;margin:0;padding:0}
.said li{display:flex;gap:.75rem;padding:.65rem 0;border-top:1px solid var(--line)}
.said .glyph{width:1.5rem;height:1.5rem;margin-top:.1rem}
.plain{margin:0;padding-left:1.2rem}
figure{margin:0}figcaption{color:var(--quiet);font-size:.9rem;margin-top:.3rem}
.plot{width:100%;height:auto;display:block;background:var(--card);border:1px solid var(--line);border-radius:12px}
.plot text{font-size:12px;fill:var(--quiet);font-variant-numeric:tabular-nums}
.mid{text-anchor:middle}.end{text-anchor:end}
.plot .repno{font-size:15px;font-weight:650;fill:var(--accent);text-anchor:middle}
.gridline{stroke:var(--line);stroke-width:1}
.level{stroke:var(--quiet);stroke-dasharray:6 4}
.curve{fill:none;stroke:var(--accent);stroke-width:2.4;stroke-linejoin:round}
.second{stroke:var(--quiet);stroke-width:1.5}
.rep{fill:var(--shade)}.attempt{fill:url(#stripes)}
.drop{stroke:var(--quiet);stroke-dasharray:2 4}
.dot{fill:var(--accent)}
.limit{stroke:var(--ink);stroke-width:2;stroke-dasharray:6 3}.whisker{stroke:var(--quiet);stroke-width:1.6}
.grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(15.5rem,1fr));gap:1.1rem;margin-bottom:.6rem}
.grid figure{break-inside:avoid}
.scroll{overflow-x:auto;border:1px solid var(--line);border-radius:12px;background:var(--card)}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{padding:.5rem .7rem;text-align:center;border-top:1px solid var(--line);font-weight:400;vertical-align:top}
thead th{border-top:0;color:var(--quiet);font-weight:600}
th:first-child{text-align:left;position:sticky;left:0;background:var(--card);min-width:11rem}
.value{font-size:.85rem;color:var(--quiet)}
.total td,.total th{font-weight:650;border-top:2px solid var(--line)}
.legend{display:flex;flex-wrap:wrap;gap:.3rem 1.4rem;color:var(--quiet);font-size:.9rem;margin-top:.6rem}
code{font:.85em ui-monospace,SFMono-Regular,Menlo,'DejaVu Sans Mono',monospace;color:var(--quiet);overflow-wrap:anywhere}
footer{margin-top:3rem;padding-top:1.2rem;border-top:1px solid var(--line);font-size:.9rem;color:var(--quiet)}
footer strong{color:var(--ink);font-weight:500}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1rem;margin:1rem 0 0}dd{margin:0;overflow-wrap:anywhere}
@media print{:root{--bg:#fff;--card:#fff;--ink:#111;--quiet:#444;--line:#bbb;--soft:#eee;--accent:#1d5570;--good:#1f7a5c;--warn:#e8b021;--fault:#b7371f;--on:#fff;--shade:#2b6f8f1f}html{font-size:11pt}body{padding:0;max-width:none}.scroll{overflow:visible}*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pose::recording::{ModelInfo, SourceInfo};
    use crate::report::specimen;

    fn made_up_page() -> String {
        let mut series = Series::new(&specimen::EXERCISE);
        specimen::steps(640, 480).iter().for_each(|s| series.push(s));
        page(&specimen::report(), &specimen::EXERCISE, &series)
    }

    #[test]
    fn the_page_says_what_the_report_says_and_fetches_nothing() {
        let page = made_up_page();
        for said in [
            "The chest leaned 57°.",
            "57°, limit 53°, margin ±9°",
            "back not seen",
            "not a medical device",
            "Model has no spine landmarks",
            "did not count: not deep enough",
            "lang=\"en\"",
            "role=\"img\"",
            "morning &lt;set&gt; &amp; &quot;more&quot;.mp4",
        ] {
            assert!(page.contains(said), "missing: {said}");
        }
        for fetched in ["http", "<script", "src=", "url(\"", "@import"] {
            assert!(!page.contains(fetched), "self-contained: {fetched}");
        }
        assert_eq!(page.matches("<use href=\"#fault\"").count(), page.matches("#fault\"").count());
    }

    #[test]
    fn a_clip_without_repetitions_has_a_page_too() {
        let report = Report::new(&specimen::empty_set(), &SourceInfo::default(), &ModelInfo::default());
        let page = page(&report, &specimen::EXERCISE, &Series::new(&specimen::EXERCISE));
        assert!(page.contains("No complete repetition was seen") && !page.contains("NaN") && !page.contains("inf"));
    }

    #[test]
    fn what_only_informs_stands_in_plain_sight_and_has_no_tick() {
        let mut report = specimen::report();
        let verdict = &mut report.reps[0].verdicts[2];
        (verdict.verdict, verdict.text) = (Value::Good, Some("The leg came to 61°, below the mark.".into()));
        let page = page(&report, &specimen::EXERCISE, &Series::new(&specimen::EXERCISE));
        assert!(page.contains("<li>The leg came to 61°, below the mark. ") && page.contains("class=\"dot\""));
    }

    #[test]
    fn nothing_is_said_of_what_was_not_judged_and_sentences_end_once() {
        let mut report = specimen::report();
        report.reps.iter_mut().flat_map(|rep| &mut rep.verdicts).for_each(|v| v.verdict = Value::NotJudged);
        report.notices[0].text = "is there a person in the clip?".into();
        let page = page(&report, &specimen::EXERCISE, &Series::new(&specimen::EXERCISE));
        assert!(page.contains("Nothing could be judged") && !page.contains("out of its limits"));
        assert!(page.contains("Is there a person in the clip?<"));
    }

    #[test]
    fn what_it_cost_adds_up_with_the_score() {
        let report = specimen::report();
        let cost: u32 = costs(&report).iter().map(|(_, points)| points).sum();
        assert_eq!(report.score.unwrap() + cost, 100);
        assert_eq!(middle(&report).len(), 2);
    }

    #[test]
    fn ticks_are_round_and_few() {
        let labels: Vec<String> = ticks(-3.0, 102.0, 5).into_iter().map(|t| t.1).collect();
        assert_eq!(labels, ["0", "50", "100"]);
        let labels: Vec<String> = ticks(0.61, 0.94, 5).into_iter().map(|t| t.1).collect();
        assert_eq!(labels, ["0.7", "0.8", "0.9"]);
        assert!(ticks(1.0, 1.0, 5).is_empty() && ticks(f64::INFINITY, 1.0, 5).is_empty());
    }

    /// Writes the made-up page where `FORMCHECK_PREVIEW` points, to be looked at.
    #[test]
    #[ignore = "for the eye: FORMCHECK_PREVIEW=DIR cargo test --lib preview -- --ignored"]
    fn preview_page() {
        let dir = std::env::var("FORMCHECK_PREVIEW").expect("FORMCHECK_PREVIEW=DIR");
        std::fs::write(std::path::Path::new(&dir).join("report.html"), made_up_page()).unwrap();
    }
}
