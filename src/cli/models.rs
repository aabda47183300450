//! `models`: which pose models there are, which are here, and fetching them.

use super::args::{Models, ModelsAction};
use super::talk::{self, Voice};
use super::{Exit, explain};
use crate::estimate::Options;
use crate::estimate::card::{Card, Gates};
use crate::estimate::pull;
use crate::estimate::store::{self, Entry, Integrity};
use anyhow::{Result, bail};
use std::fmt::Write;

const WIDTH: usize = 100;

pub fn run(args: &Models, voice: &Voice) -> Result<Exit> {
    match &args.action {
        ModelsAction::List => list(),
        ModelsAction::Info { name } => info(name),
        ModelsAction::Pull { names } => pull(names, voice),
        ModelsAction::Verify { names } => verify(names),
    }
}

fn list() -> Result<Exit> {
    let entries = store::list(&[]);
    let widest = entries.iter().map(|e| e.card.name.chars().count()).max().unwrap_or(0);
    let can_be_pulled = pull::downloadable();
    let mut text = String::new();
    for entry in &entries {
        let here = match entry.is_here() {
            true => "here",
            false if can_be_pulled.contains(&entry.card.name.as_str()) => "pull",
            false => "-",
        };
        let what = if entry.card.places_points() {
            format!("{} landmarks", entry.card.known_landmarks().len())
        } else {
            "finds people for the others".into()
        };
        let remark = entry.card.trust().remark().map(|remark| format!("  {remark}")).unwrap_or_default();
        let _ = writeln!(text, "{here:<4}  {:<widest$}  {what:<28}  {}{remark}", entry.card.name, entry.card.licence);
    }
    text.push_str("here: on this machine; pull: `formcheck models pull NAME` fetches it\n");
    let folder = store::models_dir().map(|dir| format!(" and put it into {}", dir.display())).unwrap_or_default();
    let _ = writeln!(text, "-: bring the file that `formcheck models info NAME` names{folder}");
    text.push_str("BODY+formcheck shares the work: limbs by BODY, the back by formcheck's own\n");
    if let Ok(best) = store::select(None, &Options::default()) {
        let _ = writeln!(text, "used when none is named: {}", best.name());
    }
    talk::stdout(&text)?;
    Ok(Exit::Done)
}

fn info(name: &str) -> Result<Exit> {
    let entry = store::info(name, &[])?;
    let card = &entry.card;
    let mut text = format!("{}\n", card.name);
    let mut line = |head: &str, words: &str| {
        for (i, part) in explain::wrapped(words, WIDTH - 13).iter().enumerate() {
            let _ = writeln!(text, "  {:<11}{part}", if i == 0 { head } else { "" });
        }
    };
    line("file", &entry.place());
    line("sha256", if card.sha256.is_empty() { "not pinned" } else { &card.sha256 });
    line("licence", &card.licence);
    line("source", &card.source);
    line("family", &format!("{:?}", card.family));
    line("input", &input_words(card));
    if let Some(detector) = &card.detector {
        let need = if detector.required { "needs" } else { "is better with" };
        line("detector", &format!("{need} {}", detector.names.join(" or ")));
    }
    if let Some(gates) = card.gates() {
        line("body", &gate_words(gates.body(), &body_figures(&gates)));
        line("back", &gate_words(gates.back(), &back_figures(&gates)));
    }
    let landmarks: Vec<&str> = card.known_landmarks().iter().map(|l| l.name()).collect();
    if !landmarks.is_empty() {
        line("landmarks", &landmarks.join(", "));
    }
    talk::stdout(&text)?;
    Ok(Exit::Done)
}

/// Whether a part has passed its gate, and on what figures.
fn gate_words(passed: bool, figures: &[(&str, Option<f64>)]) -> String {
    let figure = |(what, v): &(&str, Option<f64>)| match v {
        Some(v) => format!("{what} {v}"),
        None => format!("{what} not measured"),
    };
    let figures: Vec<String> = figures.iter().map(figure).collect();
    format!("{}: {}", if passed { "passed its gate" } else { "experimental" }, figures.join("; "))
}

fn body_figures(gates: &Gates) -> [(&'static str, Option<f64>); 4] {
    [
        ("points on photographs, % of the body (at most 2.5)", gates.photo_median_percent),
        ("knee, deg (6)", gates.knee_deg),
        ("hip, deg (6)", gates.hip_deg),
        ("trunk, deg (6)", gates.trunk_deg),
    ]
}

fn back_figures(gates: &Gates) -> [(&'static str, Option<f64>); 3] {
    [
        ("change of lumbar flexion, mean error in deg (at most 6)", gates.lumbar_change_mae_deg),
        ("its slope (0.8 to 1.1)", gates.lumbar_change_slope),
        ("distance from the outline, photographs over renders (1.5)", gates.outline_ratio),
    ]
}

fn input_words(card: &Card) -> String {
    let shape: Vec<String> = card.input_shape().iter().map(|n| n.to_string()).collect();
    format!("{} ({:?}, {:?})", shape.join(" x "), card.input.layout, card.input.dtype)
}

fn verify(names: &[String]) -> Result<Exit> {
    let entries: Vec<Entry> = if names.is_empty() {
        store::list(&[]).into_iter().filter(Entry::is_here).collect()
    } else {
        names.iter().map(|name| store::info(name, &[])).collect::<Result<_, _>>()?
    };
    if entries.is_empty() {
        bail!("there is no model on this machine to verify; fetch one with `formcheck models pull blazepose_lite`");
    }
    let mut sound = true;
    for entry in &entries {
        let file = entry.place();
        let said = match store::verify(entry)? {
            Integrity::Sound => format!("sound    {}  {file}\n", entry.card.name),
            Integrity::NotPinned => format!("unknown  {}  {file} (its card gives no hash)\n", entry.card.name),
            Integrity::Changed { wanted, found } => {
                sound = false;
                talk::print_error(&format!(
                    "{file}: the file is not the one its card was written for (sha256 {found}, not {wanted}); remove it \
                     and fetch it again with `formcheck models pull {}`",
                    entry.card.name
                ));
                format!("changed  {}  {file}\n", entry.card.name)
            }
        };
        talk::stdout(&said)?;
    }
    Ok(if sound { Exit::Done } else { Exit::CouldNotRun })
}

fn pull(names: &[String], voice: &Voice) -> Result<Exit> {
    for name in names {
        let bar = voice.bytes();
        let pulled = pull::pull(name, &mut |progress: pull::Progress| {
            if let Some(total) = progress.total {
                bar.set_length(total);
            }
            bar.set_message(progress.file.to_string());
            bar.set_position(progress.done);
        });
        bar.finish_and_clear();
        for path in pulled? {
            talk::stdout(&format!("{}\n", path.display()))?;
        }
    }
    Ok(Exit::Done)
}
