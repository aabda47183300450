//! `completions` and `man`: made from the definitions of [`super::args`], so that they cannot disagree with them.

use super::args::{Cli, Completions, Man};
use super::{Exit, talk};
use anyhow::{Context, Result};
use clap::{Command, CommandFactory};
use std::fs;
use std::path::Path;

pub fn script(args: &Completions) -> Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "formcheck", &mut script);
    talk::stdout(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}

pub fn man(args: &Man) -> Result<Exit> {
    let mut command = Cli::command();
    command.build();
    if args.dir == Path::new("-") {
        talk::stdout(&String::from_utf8_lossy(&page(&command)?))?;
        return Ok(Exit::Done);
    }
    let cannot_write = || {
        format!("{}: the manual pages cannot be written; check permissions, or give another folder", args.dir.display())
    };
    fs::create_dir_all(&args.dir).with_context(cannot_write)?;
    write_pages(&args.dir, &command).with_context(cannot_write)?;
    Ok(Exit::Done)
}

/// A page for the command and for each one below it, named as `man` looks for them: `formcheck-models-pull.1`.
fn write_pages(dir: &Path, command: &Command) -> Result<()> {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name());
    fs::write(dir.join(format!("{name}.1")), page(command)?)?;
    for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
        write_pages(dir, sub)?;
    }
    Ok(())
}

fn page(command: &Command) -> Result<Vec<u8>> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone()).render(&mut page)?;
    Ok(page)
}
