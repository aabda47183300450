//! `cameras`: those that open, with their modes.

use super::Exit;
use super::talk::{self, one_line};
use crate::source::camera::{self, Listed, Packing, Want};
use anyhow::Result;
use std::fmt::Write;

pub fn run() -> Result<Exit> {
    let (cameras, refused) = camera::list();
    let mut text = String::new();
    for camera in &cameras {
        describe(camera, &mut text);
    }
    talk::stdout(&text)?;
    for error in &refused {
        talk::print_error(&error.to_string());
    }
    if cameras.is_empty() && refused.is_empty() {
        anyhow::bail!(camera::CameraError::None);
    }
    Ok(if cameras.is_empty() { Exit::CouldNotRun } else { Exit::Done })
}

/// "0  HD Webcam", what would be used, and what else there is, a line for each packing.
fn describe(camera: &Listed, text: &mut String) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{}  {}", camera.index, one_line(&camera.name));
    if let Some(best) = Want::default().best(&camera.modes) {
        let _ = writeln!(text, "   used: {best}");
    }
    let mut packings: Vec<Packing> = Vec::new();
    for mode in &camera.modes {
        if !packings.contains(&mode.packing) {
            packings.push(mode.packing);
        }
    }
    for packing in packings {
        let modes = camera.modes.iter().filter(|mode| mode.packing == packing);
        let modes: Vec<String> = modes.map(|m| format!("{}x{}@{}", m.width, m.height, m.fps)).collect();
        let _ = writeln!(text, "   {packing}: {}", modes.join(" "));
    }
}
