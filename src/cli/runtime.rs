//! `runtime`: which ONNX Runtime library is used, and installing one.

use super::Exit;
use super::args::{Runtime, RuntimeAction};
use super::talk::{self, Voice};
use crate::estimate::install;
use crate::estimate::runtime::{Search, find};
use anyhow::Result;

pub fn run(args: &Runtime, voice: &Voice) -> Result<Exit> {
    match args.action {
        RuntimeAction::Install => {
            talk::stdout(&format!("{}\n", install(voice)?))?;
        }
        RuntimeAction::Status => talk::stdout(&status())?,
    }
    Ok(Exit::Done)
}

fn status() -> String {
    match find(None) {
        Search::Found(library) => format!("ONNX Runtime {}, {}\n", library.version, library.path.display()),
        Search::NotFound { searched, problems } => {
            let mut text = String::from(
                "no ONNX Runtime library; models run in the program itself, with the same results, several times slower\n\
                 get it with `formcheck runtime install`, or set ORT_DYLIB_PATH to the library\n",
            );
            problems.iter().for_each(|problem| text.push_str(&format!("not usable: {}\n", talk::one_line(problem))));
            searched.iter().for_each(|place| text.push_str(&format!("looked in {}\n", place.display())));
            text
        }
    }
}

/// Brings the library, or finds it there already; the sentence says where it is.
pub fn install(voice: &Voice) -> Result<String> {
    let spinner = voice.spinner("fetching ONNX Runtime".into());
    let installed = install::onnx_runtime(&mut |step: &str| {
        spinner.suspend(|| voice.detail(step));
        spinner.set_message(step.to_string());
        spinner.tick();
    });
    spinner.finish_and_clear();
    Ok(format!("ONNX Runtime {} is in {}", install::VERSION, installed?.display()))
}
