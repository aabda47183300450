//! `doctor`: what is installed, what is missing, and how to get it.

use super::{Exit, data, talk};
use anyhow::Result;
use std::env;
use std::fmt::Write;

pub fn run() -> Result<Exit> {
    let mut sheet = Sheet::default();
    sheet.line(true, "formcheck", &format!("{}, {}", env!("CARGO_PKG_VERSION"), features()));
    runtime(&mut sheet);
    models(&mut sheet);
    ffmpeg(&mut sheet);
    display(&mut sheet);
    sound(&mut sheet);
    data_folder(&mut sheet);
    talk::stdout(&sheet.0)?;
    Ok(Exit::Done)
}

/// Lines with a word in front that says whether all is well.
#[derive(Default)]
struct Sheet(String);

impl Sheet {
    fn line(&mut self, fine: bool, what: &str, found: &str) {
        let _ = writeln!(self.0, "{:<8} {what:<13} {}", if fine { "ok" } else { "missing" }, talk::one_line(found));
    }

    /// More about the line before.
    #[cfg(any(feature = "model", feature = "video"))]
    fn more(&mut self, text: &str) {
        let _ = writeln!(self.0, "{:<22} {}", "", talk::one_line(text));
    }
}

/// What this program was built with.
fn features() -> String {
    let with = [
        ("model", cfg!(feature = "model")),
        ("video", cfg!(feature = "video")),
        ("window", cfg!(feature = "window")),
        ("camera", cfg!(feature = "camera")),
    ];
    let names = |wanted: bool| with.iter().filter(|(_, on)| *on == wanted).map(|(name, _)| *name).collect::<Vec<_>>();
    match (names(true).join(", "), names(false).join(", ")) {
        (all, without) if without.is_empty() => format!("built with {all}"),
        (_, without) => format!("built without {without} (build it with the default features to have them)"),
    }
}

#[cfg(feature = "model")]
fn runtime(sheet: &mut Sheet) {
    use crate::estimate::runtime::{Search, find};
    match find(None) {
        Search::Found(library) => {
            sheet.line(true, "ONNX Runtime", &format!("{}, {}", library.version, library.path.display()));
        }
        Search::NotFound { searched, problems } => {
            sheet.line(false, "ONNX Runtime", "none found; models run in the program itself, several times slower");
            sheet.more("get it with `formcheck runtime install`, or set ORT_DYLIB_PATH to the library");
            problems.iter().for_each(|problem| sheet.more(&format!("not usable: {problem}")));
            searched.iter().for_each(|place| sheet.more(&format!("looked in {}", place.display())));
        }
    }
}

#[cfg(not(feature = "model"))]
fn runtime(_sheet: &mut Sheet) {}

#[cfg(feature = "model")]
fn models(sheet: &mut Sheet) {
    use crate::estimate::store;
    let here: Vec<_> = store::list(&[]).into_iter().filter(store::Entry::is_here).collect();
    let posing: Vec<&str> = here.iter().filter(|e| e.card.places_points()).map(|e| e.card.name.as_str()).collect();
    if posing.is_empty() {
        sheet.line(false, "pose models", "none; clips cannot be scored, pose recordings can");
        sheet.more("fetch one with `formcheck models pull blazepose_lite`, or name an ONNX file with --model");
    } else {
        sheet.line(true, "pose models", &posing.join(", "));
        if let Ok(best) = store::select(None, &crate::estimate::Options::default()) {
            let remark = best.trust().remark().map(|remark| format!(" ({remark})")).unwrap_or_default();
            sheet.more(&format!("used when none is named: {}{remark}", best.name()));
        }
    }
    for dir in store::search_dirs(&[]) {
        sheet.more(&format!("looked in {}", dir.display()));
    }
}

#[cfg(not(feature = "model"))]
fn models(_sheet: &mut Sheet) {}

#[cfg(feature = "video")]
fn ffmpeg(sheet: &mut Sheet) {
    use crate::source::{OpenOptions, ffmpeg_version};
    match ffmpeg_version(&OpenOptions::default().ffmpeg) {
        Some(version) => sheet.line(true, "ffmpeg", &version),
        None => {
            sheet.line(
                false,
                "ffmpeg",
                "not found on PATH; H.264 and HEVC in mp4 and mov, GIFs and images work without it",
            );
            sheet.more("for webm, mkv, AV1, VP9: https://ffmpeg.org, or e.g. apt install ffmpeg");
        }
    }
}

#[cfg(not(feature = "video"))]
fn ffmpeg(_sheet: &mut Sheet) {}

#[cfg(feature = "window")]
fn display(sheet: &mut Sheet) {
    let set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
    if !cfg!(target_os = "linux") || set("DISPLAY") || set("WAYLAND_DISPLAY") {
        sheet.line(true, "display", "the replay window can be opened");
    } else {
        sheet.line(false, "display", "neither DISPLAY nor WAYLAND_DISPLAY is set; use `replay --headless --out DIR`");
    }
}

#[cfg(not(feature = "window"))]
fn display(_sheet: &mut Sheet) {}

fn sound(sheet: &mut Sheet) {
    let (players, voices) = crate::sink::voice::installed();
    match players.first() {
        Some(player) => sheet.line(true, "tones", player),
        None => sheet.line(
            false,
            "tones",
            "no program plays them, the terminal's bell rings; e.g. apt install pipewire-bin, or alsa-utils",
        ),
    }
    match voices.first() {
        Some(voice) => sheet.line(true, "spoken cues", voice),
        None => sheet.line(false, "spoken cues", "no program speaks; e.g. apt install espeak-ng"),
    }
}

fn data_folder(sheet: &mut Sheet) {
    match data::folder() {
        Some(dir) => {
            let there = if dir.is_dir() { "" } else { " (made when something is put there)" };
            sheet.line(true, "data folder", &format!("{}{there}", dir.display()));
        }
        None => {
            sheet.line(false, "data folder", "this system names none for you; set FORMCHECK_DATA to a folder");
        }
    }
}
