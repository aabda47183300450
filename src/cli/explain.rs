//! `explain`: a rule's page, an exercise's rules, or the names of all.

use super::args::Explain;
use super::nearest::nearest;
use super::{Exit, talk};
use crate::exercises;
use crate::form::safety::ALWAYS;
use crate::form::{Band, Basis, Check, Exercise, Limits, Rule, Scope, Unit};
use crate::programme;
use anyhow::{Result, bail};
use std::fmt::Write;

/// Where the name of a line ends and its text begins.
const INDENT: usize = 11;
const WIDTH: usize = 100;

pub fn run(args: &Explain) -> Result<Exit> {
    let text = match &args.rule {
        None => exercises::ALL.iter().map(|e| rules_of(e)).collect::<Vec<_>>().join("\n"),
        Some(typed) => match find(typed) {
            Some(Found::Rule(rule)) => page(rule),
            Some(Found::Exercise(exercise)) => rules_of(exercise),
            None => bail!("there is no rule or exercise '{typed}'; {}", suggestion(typed)),
        },
    };
    talk::stdout(&text)?;
    Ok(Exit::Done)
}

enum Found {
    Rule(&'static Rule),
    Exercise(&'static Exercise),
}

/// By full name, by number, by the fault alone where only one exercise has it, or an exercise; case does not matter.
fn find(typed: &str) -> Option<Found> {
    let same = |name: &str| name.eq_ignore_ascii_case(typed);
    if let Some(exercise) = exercises::ALL.iter().copied().find(|e| same(e.name)) {
        return Some(Found::Exercise(exercise));
    }
    let exact = all_rules().find(|r| same(r.name) || same(r.id));
    let by_fault = || {
        let mut found = all_rules().filter(|r| r.name.rsplit('.').next().is_some_and(same));
        found.next().filter(|_| found.next().is_none())
    };
    exact.or_else(by_fault).map(Found::Rule)
}

fn all_rules() -> impl Iterator<Item = &'static Rule> {
    exercises::ALL.iter().flat_map(|e| e.rules)
}

fn suggestion(typed: &str) -> String {
    let names = all_rules().map(|r| r.name).chain(exercises::ALL.iter().map(|e| e.name));
    match nearest(typed, names, 3).as_slice() {
        [] => "`formcheck explain` lists all names".to_string(),
        near => format!("did you mean {}?", near.join(" or ")),
    }
}

/// One line per rule.
fn rules_of(exercise: &Exercise) -> String {
    let widest = exercise.rules.iter().map(|r| r.name.len()).max().unwrap_or(0);
    let mut text = format!("{} ({})\n", exercise.title, exercise.name);
    for rule in exercise.rules {
        let _ = writeln!(text, "  {:<5} {:<widest$}  {}", rule.id, rule.name, rule.asks);
    }
    text
}

fn page(rule: &Rule) -> String {
    let mut page = format!("{} ({})\n\n", rule.name, rule.id);
    let asked_by = match rule.basis {
        Basis::Article => "asked by the article the exercise comes from",
        Basis::Practice => "physiotherapy practice, not in the article",
    };
    entry(&mut page, "Asks", &format!("{} ({asked_by})", rule.asks));
    entry(&mut page, "Measures", rule.measures);
    for check in rule.checks {
        entry(&mut page, "Limits", &limits(check));
        entry(&mut page, "Margin", &margin(check));
    }
    for check in rule.fallback {
        entry(
            &mut page,
            "Or else",
            &format!("{}; for models that lack the points for the measure above", limits(check)),
        );
    }
    entry(&mut page, "In use", WIDENED);
    entry(&mut page, "Why", rule.limits_because);
    let views: Vec<&str> = rule.views.iter().map(|v| view_words(*v)).collect();
    entry(&mut page, "Views", &format!("{}; from elsewhere it is not judged", views.join(", then ")));
    let judged = match rule.scope {
        Scope::Bout => "every repetition",
        Scope::Set => "once for the set",
    };
    let weight = format!(
        "{judged}; {} of the score's weight goes to: {}",
        Unit::Percent.say(rule.weight.points()),
        rule.weight.name()
    );
    entry(&mut page, "Judged", &weight);
    entry(&mut page, "Cue", &format!("\"{}\"", rule.cue));
    if !rule.text.is_empty() {
        entry(&mut page, "Report", &format!("\"{}\"", template(rule)));
    }
    for source in rule.sources {
        entry(&mut page, "Source", source);
    }
    let exercise = rule.name.split('.').next().unwrap_or_default();
    if let Some(caution) = programme::entry(exercise).and_then(|e| e.caution) {
        entry(&mut page, "Caution", caution);
    }
    entry(&mut page, "Always", ALWAYS);
    page
}

/// Said under limits and margins.
const WIDENED: &str = "where the model in use was measured to see this less well, or the picture is poor, reports widen margin \
                       and limits, and show those that held";

/// The sentence with "X" for how much was measured, and all that it may have been.
fn template(rule: &Rule) -> String {
    let whats: Vec<&str> = rule.checks.iter().map(|check| check.what).collect();
    rule.text
        .replace("{what}", &whats.join("|"))
        .replace("{measured}", "X")
        .replace("{standing}", "below (or at, or beyond)")
        .replace('|', " / ")
        .replace(['{', '}'], "")
}

/// "trunk lean at the bottom: good up to 45.0°, warning from 53.0°, fault from 62.0°"
fn limits(check: &Check) -> String {
    let mut text = format!("{}: {}", check.what, in_words(&check.limits, check.unit));
    if let Some(limits) = &check.limits_by_landmarks {
        let _ = write!(text, "; by spine landmarks alone: {}", in_words(limits, check.unit));
    }
    if let Some(below) = check.below_own_best {
        let _ =
            write!(text, "; warning also when {} worse than the best repetition of the set", check.unit.show(below));
    }
    text
}

fn in_words(limits: &Limits, unit: Unit) -> String {
    let band = |band: &Band, to: &str, from: &str| {
        let mut words = format!("good {to} {}, warning {from} {}", unit.show(band.good), unit.show(band.warn));
        match band.fault {
            Some(fault) => words.push_str(&format!(", fault {from} {}", unit.show(fault))),
            None => words.push_str(", never a fault"),
        }
        words
    };
    let high = limits.high.as_ref().map(|b| band(b, "up to", "above"));
    let low = limits.low.as_ref().map(|b| band(b, "down to", "below"));
    match (low, high) {
        (Some(low), Some(high)) => format!("too little: {low}; too much: {high}"),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => "told, not judged".to_string(),
    }
}

fn margin(check: &Check) -> String {
    format!(
        "{}: ±{}, the smallest change that can be told apart (95 %) in a good picture",
        check.what,
        check.unit.show(check.margin)
    )
}

/// A view as said to a person.
pub fn view_words(view: crate::kinematics::View) -> &'static str {
    use crate::kinematics::View;
    match view {
        View::Side => "side",
        View::Front => "front",
        View::Rear => "rear",
        View::Oblique => "half-turned",
        View::Unknown => "any",
    }
}

/// `Name       text`, wrapped under itself.
fn entry(page: &mut String, name: &str, text: &str) {
    for (i, line) in wrapped(text, WIDTH - INDENT).iter().enumerate() {
        let _ = writeln!(page, "{:<INDENT$}{line}", if i == 0 { name } else { "" });
    }
}

/// Words put into lines of at most `width` characters (longer words stand alone).
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_string()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_said_in_words_with_their_units() {
        let above = in_words(&Limits::above(45.0, 53.0, 62.0), Unit::Deg);
        assert_eq!(above, "good up to 45.0°, warning above 53.0°, fault above 62.0°");
        let below = in_words(&Limits { low: Some(Band::warn_only(0.9, 0.8)), high: None }, Unit::Ratio);
        assert_eq!(below, "good down to 0.90, warning below 0.80, never a fault");
    }

    #[test]
    fn every_rule_is_found_by_name_and_number_and_has_a_whole_page() {
        for rule in all_rules() {
            for typed in [rule.name.to_string(), rule.id.to_lowercase(), rule.name.to_uppercase()] {
                assert!(matches!(find(&typed), Some(Found::Rule(found)) if found.name == rule.name), "{typed}");
            }
            let page = page(rule);
            for name in ["Asks", "Measures", "Limits", "Margin", "Why", "Views", "Judged", "Cue"] {
                assert!(page.contains(&format!("\n{name:<INDENT$}")), "{}: no {name}", rule.name);
            }
            assert!(page.lines().all(|line| line.chars().count() <= WIDTH), "{} is too wide", rule.name);
        }
    }

    #[test]
    fn numbers_and_names_are_unique() {
        let mut seen = std::collections::BTreeSet::new();
        for rule in all_rules() {
            assert!(seen.insert(rule.name) && seen.insert(rule.id), "{} ({}) is there twice", rule.name, rule.id);
        }
    }
}
