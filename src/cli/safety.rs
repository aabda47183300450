//! `safety`: the questions before the first session, asked, answered and kept; what `live` does before it begins.

use super::args::{Safety, YesNo};
use super::explain::wrapped;
use super::talk::{self, Voice};
use super::{Exit, data};
use crate::form::safety::{
    ALWAYS, Answered, Answers, CLEARED, DURING, Question, Ruling, SEE_FIRST, SEE_FIRST_ADVICE, TEXT_VERSION,
    UNDERSTOOD, URGENT, URGENT_ADVICE, must_ask,
};
use crate::programme::TABLE;
use crate::sink::files::write_text;
use anyhow::{Context, Result, bail};
use std::fmt::Write;
use std::io::IsTerminal;

const WIDTH: usize = 100;

pub fn run(args: &Safety, voice: &Voice) -> Result<Exit> {
    if args.show {
        talk::stdout(&words())?;
        return Ok(Exit::Done);
    }
    let given = [args.urgent, args.see_first, args.cleared, args.understood];
    let answers = if given.iter().any(Option::is_some) { answers_of(args)? } else { asked()? };
    keep(answers, voice)?;
    Ok(Exit::Done)
}

/// Before a session in front of a camera: asks where the questions are not answered, or refuses where nobody can be asked.
#[cfg_attr(not(all(feature = "camera", feature = "model")), allow(dead_code, reason = "only a live session asks"))]
pub fn before_session(voice: &Voice) -> Result<()> {
    let (answered, history) = (data::answered()?, data::history()?);
    if let Some(why) = must_ask(answered.as_ref(), history.last_pain()) {
        if !std::io::stdin().is_terminal() {
            bail!("{why}; answer them with `formcheck safety` in a terminal, or with its options");
        }
        voice.note(why);
        keep(asked()?, voice)?;
    }
    voice.note(DURING);
    Ok(())
}

/// Everything, to read.
pub fn words() -> String {
    let mut text = String::from("Before the first session\n");
    for (question, advice) in [(&URGENT, URGENT_ADVICE), (&SEE_FIRST, SEE_FIRST_ADVICE)] {
        text.push_str(&page(question));
        paragraph(&mut text, "  Yes: ", advice);
    }
    text.push_str("\nDuring\n");
    paragraph(&mut text, "  ", DURING);
    for entry in TABLE {
        if let Some(caution) = entry.caution {
            paragraph(&mut text, "  ", &format!("{}: {caution}", entry.title));
        }
    }
    text.push_str("\nAlways\n");
    paragraph(&mut text, "  ", ALWAYS);
    text
}

/// A question with its signs.
fn page(question: &Question) -> String {
    let mut text = String::new();
    paragraph(&mut text, "  ", question.asks);
    for sign in question.signs {
        paragraph(&mut text, "    - ", sign);
    }
    text
}

/// One after the other, in the terminal; no question is asked whose answer no longer matters.
fn asked() -> Result<Answers> {
    let mut answers = Answers { urgent: false, see_first: false, cleared: None, understood: false };
    answers.urgent = ask(&URGENT)?;
    if !answers.urgent {
        answers.see_first = ask(&SEE_FIRST)?;
    }
    if answers.see_first {
        answers.cleared = Some(ask(&CLEARED)?);
    }
    if answers.urgent || answers.cleared == Some(false) {
        return Ok(answers);
    }
    let mut text = String::new();
    paragraph(&mut text, "  ", ALWAYS);
    talk::prompt(&format!("\n{text}"));
    answers.understood = ask(&UNDERSTOOD)?;
    Ok(answers)
}

fn ask(question: &Question) -> Result<bool> {
    talk::prompt(&format!("\n{}", page(question)));
    talk::yes_or_no()
}

/// Given on the command line, each by its name: nothing is taken as answered that was not.
fn answers_of(args: &Safety) -> Result<Answers> {
    let yes = |given: Option<YesNo>, question: &Question| {
        given.map(|answer| answer == YesNo::Yes).with_context(|| {
            format!("--{} yes|no is missing: \"{}\" (`formcheck safety --show`)", question.name, question.asks)
        })
    };
    let (urgent, see_first) = (yes(args.urgent, &URGENT)?, yes(args.see_first, &SEE_FIRST)?);
    let cleared = if see_first { Some(yes(args.cleared, &CLEARED)?) } else { None };
    Ok(Answers { urgent, see_first, cleared, understood: yes(args.understood, &UNDERSTOOD)? })
}

/// Keeps the answers, whatever they are; those that forbid a session are an error with the words that belong to them.
fn keep(answers: Answers, voice: &Voice) -> Result<()> {
    let now = data::now();
    let answered = Answered { text_version: TEXT_VERSION, date: data::date_of(&now).into(), answers };
    let mut text = serde_json::to_string_pretty(&answered).context("the answers cannot be written down")?;
    text.push('\n');
    let file = data::safety_file()?;
    write_text(&file, &text)?;
    match answers.ruling() {
        Ruling::MayNot(advice) => bail!("{advice} (`formcheck safety` asks again when that has changed)"),
        Ruling::MayBegin => {
            voice.note(&format!("your answers are in {}", file.display()));
            Ok(())
        }
    }
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
    fn every_sign_is_shown_and_the_lines_fit() {
        let words = words();
        let flat = words.split_whitespace().collect::<Vec<_>>().join(" ");
        for text in URGENT.signs.iter().chain(SEE_FIRST.signs).chain([&ALWAYS, &DURING, &URGENT_ADVICE]) {
            assert!(flat.contains(text), "{text}");
        }
        assert!(flat.contains("Hamstring stretch: Tightness or zinging into the calf"));
        assert!(words.lines().all(|line| line.chars().count() <= WIDTH));
    }
}
