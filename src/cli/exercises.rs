//! `exercises`: what can be checked, from where, and where the camera stands.

use super::args::Exercises;
use super::explain::{view_words, wrapped};
use super::{Exit, safety, talk};
use crate::exercises::ALL;
use crate::form::{CameraPlace, Dose, Exercise, Posture};
use crate::kinematics::View;
use anyhow::Result;
use std::fmt::Write;

/// [`crate::form::safety::ALWAYS`] in the room of one line.
pub const SAFETY_LINE: &str = crate::form::safety::BRIEF;

const WIDTH: usize = 100;

pub fn run(args: &Exercises) -> Result<Exit> {
    let mut text = String::new();
    match args.exercise {
        Some(exercise) => text.push_str(&page(exercise)),
        None => ALL.iter().for_each(|exercise| {
            text.push_str(&page(exercise));
            text.push('\n');
        }),
    }
    text.push_str(&safety::words());
    talk::stdout(&text)?;
    Ok(Exit::Done)
}

fn page(exercise: &Exercise) -> String {
    let mut text = format!("{}: {}\n", exercise.name, exercise.title);
    for (n, step) in exercise.instructions.iter().enumerate() {
        paragraph(&mut text, &format!("  {}. ", n + 1), step);
    }
    if let Some(dose) = dose_words(exercise.dose) {
        paragraph(&mut text, "  Dose: ", &dose);
    }
    for variant in exercise.variants {
        paragraph(&mut text, "  Variant: ", &format!("{} ({})", variant.name, variant.title.to_lowercase()));
    }
    paragraph(&mut text, "  From: ", exercise.source);
    for (n, place) in exercise.camera.iter().enumerate() {
        text.push('\n');
        let rank = if n == 0 { "Camera" } else { "Also" };
        paragraph(&mut text, &format!("  {rank}: "), &place_words(place));
        text.push_str(&sketch(exercise.posture, place));
    }
    text
}

fn dose_words(dose: Dose) -> Option<String> {
    let rests = dose.rest_secs.map_or(String::new(), |secs| format!(", {secs} s between"));
    let steps: Vec<String> = dose.ladder.iter().map(|rung| format!("{} x {} s", rung.holds, rung.hold_secs)).collect();
    let words = match (dose.reps, steps.as_slice()) {
        (Some(reps), _) if dose.sets > 1 => format!("{} sets of {reps}", dose.sets),
        (Some(reps), _) => format!("{reps} repetitions"),
        (None, []) => dose.total_secs.map(|secs| format!("{secs} s in all"))?,
        (None, [only]) => only.clone(),
        (None, steps) => steps.join(", then "),
    };
    Some(format!("{words}{rests}{}", if dose.alternate { ", one side after the other" } else { "" }))
}

fn place_words(place: &CameraPlace) -> String {
    let (view, shows) = (view_words(place.view), place.shows);
    format!("from the {view}, lens {:.1} m high, {:.1} m away; shows {shows}", place.lens_height_m, place.distance_m)
}

/// You, the camera, and the two lengths that matter, seen from beside the line between the two.
fn sketch(posture: Posture, place: &CameraPlace) -> String {
    let (height, distance) = (format!("{:.1} m", place.lens_height_m), format!("{:.1} m", place.distance_m));
    let between = format!("<{:-^28}>", format!(" {distance} "));
    let turned = match place.view {
        View::Front => "facing the camera",
        View::Rear => "back to the camera",
        View::Side if posture == Posture::Floor => "along the picture",
        View::Side => "side-on",
        View::Oblique | View::Unknown => "half-turned",
    };
    let person = match posture {
        Posture::Standing => ["  O ", " /|\\", "  | ", " / \\"],
        Posture::Floor => ["", "", "", "O==="],
    };
    let camera = ["[o]", " | ", " | ", " | "];
    let middle = ["", "", between.as_str(), ""];
    let notes = ["camera".to_string(), String::new(), height, String::new()];
    let mut text = String::from("\n");
    for row in 0..4 {
        let line = format!("        {:<6}{:<32}{}  {}", person[row], middle[row], camera[row], notes[row]);
        let _ = writeln!(text, "{}", line.trim_end());
    }
    let _ = writeln!(text, "    {}\n        you, {turned}", "-".repeat(50));
    text
}

/// `head` and then the words, wrapped under where they began.
fn paragraph(text: &mut String, head: &str, words: &str) {
    let indent = head.chars().count();
    for (i, line) in wrapped(words, WIDTH - indent).iter().enumerate() {
        let _ = writeln!(text, "{}{line}", if i == 0 { head.to_string() } else { " ".repeat(indent) });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_exercise_says_where_the_camera_stands() {
        for exercise in ALL {
            let page = page(exercise);
            assert!(page.starts_with(exercise.name));
            assert!(page.contains("Camera: from the "), "{}", exercise.name);
            assert!(page.contains("[o]  camera"), "{}", exercise.name);
            assert!(page.lines().all(|line| line.chars().count() <= WIDTH), "{page}");
        }
    }

    #[test]
    fn the_safety_words_are_whole() {
        let words = safety::words().split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains("It is not a medical device, does not diagnose or treat"));
        assert!(words.contains("Stop if pain increases, spreads down the leg, or you feel tingling or weakness."));
    }
}
