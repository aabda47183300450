//! Saying things: stdout for data, stderr for people, errors in one line, progress bars only on a terminal.

use super::args::Talk;
use anyhow::{Context, Result};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{self, BufRead, ErrorKind, IsTerminal, Write};
use std::panic;

/// What the user wants to hear on stderr.
#[derive(Clone, Copy, Debug)]
pub struct Voice {
    talk: Talk,
}

impl Voice {
    pub fn new(talk: Talk) -> Voice {
        Voice { talk }
    }

    /// Only errors are said.
    pub fn is_quiet(&self) -> bool {
        self.talk.quiet
    }

    /// A remark worth reading once.
    pub fn note(&self, text: &str) {
        if !self.talk.quiet {
            eprint_line(text);
        }
    }

    /// A detail for those who asked for it.
    pub fn detail(&self, text: &str) {
        if self.talk.verbose {
            eprint_line(text);
        }
    }

    /// An error with its causes, in one line; said even when told to be quiet.
    pub fn error(&self, error: &anyhow::Error) {
        print_error(&chain(error));
    }

    /// A bar over `steps` steps, with the time left; hidden where stderr is not a terminal.
    pub fn bar(&self, steps: u64) -> ProgressBar {
        let bar = ProgressBar::with_draw_target(Some(steps), self.bar_target());
        bar.set_style(bar_style("{bar:32} {percent:>3} %  {msg}  {eta} left"));
        bar
    }

    /// A bar over bytes that arrive, with the time left.
    #[cfg(feature = "model")]
    pub fn bytes(&self) -> ProgressBar {
        let bar = ProgressBar::with_draw_target(None, self.bar_target());
        bar.set_style(bar_style("{bar:32} {bytes}/{total_bytes}  {msg}  {eta} left"));
        bar
    }

    /// A line that shows work of unknown length.
    #[cfg(feature = "model")]
    pub fn spinner(&self, message: String) -> ProgressBar {
        let bar = ProgressBar::with_draw_target(None, self.bar_target());
        bar.set_style(bar_style("{spinner} {msg}  {elapsed}"));
        bar.set_message(message);
        bar
    }

    fn bar_target(&self) -> ProgressDrawTarget {
        if self.talk.quiet || !io::stderr().is_terminal() {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr_with_hz(5)
        }
    }
}

fn bar_style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// Writes data to stdout. A reader that has seen enough (`| head`) is no error.
pub fn stdout(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.context("stdout cannot be written"),
    }
}

/// Words before an answer, on stderr.
pub fn prompt(text: &str) {
    eprint_line(text.trim_end_matches('\n'));
}

/// Reads yes or no from stdin; asks again after anything else.
///
/// Errors: nobody is there to answer.
pub fn yes_or_no() -> Result<bool> {
    loop {
        prompt("  yes or no?");
        let mut line = String::new();
        let read = io::stdin().lock().read_line(&mut line).context("the answer cannot be read")?;
        anyhow::ensure!(read > 0, "nobody answered; run `formcheck safety` in a terminal, or see its options");
        match line.trim().to_lowercase().as_str() {
            "yes" | "y" => return Ok(true),
            "no" | "n" => return Ok(false),
            _ => {}
        }
    }
}

/// `error: …`, on stderr, in one line.
pub fn print_error(text: &str) {
    eprint_line(&format!("error: {}", one_line(text)));
}

fn eprint_line(text: &str) {
    // Nothing is left to say it on when stderr cannot be written.
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// An error and its causes, `what: why: way out`.
pub fn chain(error: &anyhow::Error) -> String {
    let mut parts: Vec<String> = Vec::new();
    for cause in error.chain() {
        let text = one_line(&cause.to_string());
        // Some libraries repeat their cause in their own message.
        if !parts.last().is_some_and(|last| last.ends_with(&text)) {
            parts.push(text);
        }
    }
    parts.join(": ")
}

/// Line breaks and runs of blanks become one blank; other control characters, which could redraw a terminal, are shown
/// as `?`.
pub fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}

/// clap's paragraph as one line: the problem, the tips, and where the help is.
pub fn one_line_usage(rendered: &str) -> String {
    let mut usage = "formcheck";
    let mut said: Vec<&str> = Vec::new();
    for line in rendered.lines().map(str::trim) {
        if let Some(rest) = line.strip_prefix("Usage:") {
            usage = rest.trim();
        } else if !line.is_empty() && !line.starts_with("For more information") {
            said.push(line.trim_start_matches("error: "));
        }
    }
    let command: Vec<&str> = usage.split(' ').take_while(|word| word.chars().all(|c| c.is_ascii_lowercase())).collect();
    format!("{}; see `{} --help`", said.join(" "), command.join(" "))
}

/// A panic is a bug of ours; it is said in one line like every other error.
pub fn panics_in_one_line() {
    panic::set_hook(Box::new(|info| {
        let what = info
            .payload()
            .downcast_ref::<&str>()
            .map(|text| text.to_string())
            .or_else(|| info.payload().downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "no message".into());
        let place = info.location().map(|l| format!("{}:{}", l.file(), l.line())).unwrap_or_default();
        print_error(&format!("formcheck has a bug at {place} ({what}): please report it with the clip's properties"));
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_line_whatever_it_carries() {
        let error = anyhow::anyhow!("cause\nwith \x1b[2J lines").context("a clip");
        assert_eq!(chain(&error), "a clip: cause with ?[2J lines");
    }

    #[test]
    fn a_cause_is_not_said_twice() {
        let error = anyhow::anyhow!("no such file").context("cannot open x: no such file");
        assert_eq!(chain(&error), "cannot open x: no such file");
    }

    #[test]
    fn usage_errors_keep_their_tip_and_name_the_help() {
        let rendered = "error: invalid value 'sqat' for '--exercise <EXERCISE>'\n  [possible values: squat, hip_hinge]\n\n  tip: a similar value exists: 'squat'\n\nFor more information, try '--help'.\n";
        assert_eq!(
            one_line_usage(rendered),
            "invalid value 'sqat' for '--exercise <EXERCISE>' [possible values: squat, hip_hinge] tip: a similar value exists: 'squat'; see `formcheck --help`"
        );
        let rendered = "error: the following required arguments were not provided:\n  --out <DIR>\n\nUsage: formcheck score --out <DIR> <PATH>...\n\nFor more information, try '--help'.\n";
        assert!(one_line_usage(rendered).ends_with("--out <DIR>; see `formcheck score --help`"));
    }
}
