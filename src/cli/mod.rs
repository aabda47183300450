//! The command line: what was typed → what is run → what is said, and the exit status.
//!
//! Everything printed by formcheck is printed here: data to stdout, the rest to stderr, an error as one line with the
//! way out. Not handled here: any judging or measuring ([`crate::runner`] and what stands above it).

mod args;
mod batch;
#[cfg(feature = "camera")]
mod cameras;
mod completions;
mod data;
mod demo;
mod doctor;
mod exercises;
mod explain;
mod eyes;
mod history;
mod inputs;
#[cfg(all(feature = "camera", feature = "model"))]
mod live;
#[cfg(feature = "model")]
mod models;
mod nearest;
mod replay;
mod resume;
#[cfg(feature = "model")]
mod runtime;
mod safety;
mod score;
mod sounds;
mod summary;
mod synth;
mod talk;
mod trace;
mod wanted;

use anyhow::Result;
use args::{Cli, Command};
use clap::Parser;
use clap::error::ErrorKind;
use std::ffi::OsString;
use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;
use talk::Voice;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exit {
    Done,
    /// Faults were found, and `--check` asked to be told so.
    Faults,
    /// Something could not be run; it has been said what and why.
    CouldNotRun,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(match exit {
            Exit::Done => 0,
            Exit::Faults => 1,
            Exit::CouldNotRun => 2,
        })
    }
}

/// Runs what was typed (`args` as the system gives them, the program's name first).
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    talk::panics_in_one_line();
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => return refuse(&error).into(),
    };
    let voice = Voice::new(cli.talk);
    // A bug must not look like a verdict: status 2, like everything else that could not run.
    let ended = panic::catch_unwind(AssertUnwindSafe(|| dispatch(cli.command, &voice)));
    match ended {
        Ok(Ok(exit)) => exit.into(),
        Ok(Err(error)) => {
            voice.error(&error);
            Exit::CouldNotRun.into()
        }
        Err(_) => Exit::CouldNotRun.into(),
    }
}

fn dispatch(command: Command, voice: &Voice) -> Result<Exit> {
    match command {
        Command::Demo(args) => demo::run(&args, voice),
        #[cfg(all(feature = "camera", feature = "model"))]
        Command::Live(args) => live::run(&args, voice),
        #[cfg(feature = "camera")]
        Command::Cameras(_) => cameras::run(),
        #[cfg(not(all(feature = "camera", feature = "model")))]
        Command::Live(_) => {
            anyhow::bail!("this program was built without cameras or models; build it with the default features")
        }
        #[cfg(not(feature = "camera"))]
        Command::Cameras(_) => {
            anyhow::bail!("this program was built without cameras; build it with the default features")
        }
        Command::Replay(args) => replay::run(&args, voice),
        Command::Score(args) => score::run(&args, voice),
        Command::Explain(args) => explain::run(&args),
        Command::Exercises(args) => exercises::run(&args),
        #[cfg(feature = "model")]
        Command::Models(args) => models::run(&args, voice),
        #[cfg(feature = "model")]
        Command::Runtime(args) => runtime::run(&args, voice),
        #[cfg(not(feature = "model"))]
        Command::Models(_) | Command::Runtime(_) => {
            anyhow::bail!("this program was built without pose models; build it with the default features")
        }
        Command::Synth(args) => synth::run(&args, voice),
        Command::History(args) => history::run(&args, voice),
        Command::Programme(args) => history::programme(&args, voice),
        Command::Safety(args) => safety::run(&args, voice),
        Command::Sounds(args) => sounds::run(&args, voice),
        Command::Doctor(_) => doctor::run(),
        Command::Completions(args) => completions::script(&args),
        Command::Man(args) => completions::man(&args),
    }
}

/// Shows help and version as asked; anything else that was mistyped is one line.
fn refuse(error: &clap::Error) -> Exit {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            // Nothing is left to say it on when stdout cannot be written.
            let _ = error.print();
            Exit::Done
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let _ = error.print();
            Exit::CouldNotRun
        }
        _ => {
            talk::print_error(&talk::one_line_usage(&error.render().to_string()));
            Exit::CouldNotRun
        }
    }
}
