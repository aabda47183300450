//! What is asked before the first session, said during it, and said always (RULES.md F).
//!
//! Input: a person's answers. Output: whether a session may begin, and the words. The questions must be answered, not only
//! shown: asking and keeping the answers is the edge's part (`formcheck safety`). Nothing here is advice about a person's
//! state; it says when to ask somebody who can give it.

use serde::{Deserialize, Serialize};

/// Grows whenever the questions change; answers to older words are asked for again.
pub const TEXT_VERSION: u32 = 1;

/// Said beside every result.
pub const ALWAYS: &str = "This tool compares what a camera can see with exercise instructions. It is not a medical \
    device, does not diagnose or treat, cannot see muscle activity, pain or spinal discs, and can be wrong. A good score \
    does not mean an exercise is safe for you; a low one does not mean injury.";

/// The same in one line, under tables and on the screen.
pub const BRIEF: &str =
    "Not a medical device: it compares what a camera can see with exercise instructions, and can be wrong.";

/// Said while a session goes on.
pub const DURING: &str = "Stop if pain increases, spreads down the leg, or you feel tingling or weakness.";

/// Said with hamstring stretches.
pub const CALF: &str = "Tightness or zinging into the calf may come from the nerve: stop and ask a physical therapist.";

/// Said when pain was reported: it ends the set and removes the score.
pub const PAIN: &str = "Pain was reported: the set has ended without a score. Stop for today; see a health professional \
    before the next session if the pain increases, spreads down the leg, or comes with tingling or weakness.";

/// The same to the ear.
pub const PAIN_SPOKEN: &str = "Set stopped. No score. Rest now, and ask a health professional if the pain grows or \
    spreads.";

/// Something answered with yes or no.
#[derive(Debug, PartialEq, Eq)]
pub struct Question {
    /// As stored and on the command line: `urgent`.
    pub name: &'static str,
    pub asks: &'static str,
    /// What "any of these" means; empty where the question stands alone.
    pub signs: &'static [&'static str],
}

/// Answered with yes: urgent help, and nothing else.
pub const URGENT: Question = Question {
    name: "urgent",
    asks: "With back pain, do you have any of these?",
    signs: &[
        "numbness or altered feeling around the genitals, anus or inner thighs",
        "new trouble starting, feeling or controlling urine or stool",
        "weakness or numbness in both legs or getting worse",
        "pain down both legs",
        "pain after a serious fall or accident (a small one if you have osteoporosis or take steroids long term)",
    ],
};

/// Answered with yes: a health professional first, see [`CLEARED`].
pub const SEE_FIRST: Question = Question {
    name: "see-first",
    asks: "Does any of these apply to you?",
    signs: &[
        "the pain came from trauma",
        "pain, tingling or numbness travels down a leg",
        "any weakness",
        "fever, unexplained weight loss, night pain, cancer history",
        "pregnancy",
        "surgery",
        "you feel unwell",
    ],
};

/// Asked only after a yes to [`SEE_FIRST`].
pub const CLEARED: Question = Question {
    name: "cleared",
    asks: "Has a health professional told you since then that these exercises are right for you?",
    signs: &[],
};

/// Asked below [`ALWAYS`].
pub const UNDERSTOOD: Question = Question {
    name: "understood",
    asks: "Have you read this, and will you stop if pain increases, spreads down the leg, or you feel tingling or weakness?",
    signs: &[],
};

/// Said after a yes to [`URGENT`].
pub const URGENT_ADVICE: &str = "Stop and get urgent medical help (emergency department).";
/// Said after a yes to [`SEE_FIRST`] without a yes to [`CLEARED`].
pub const SEE_FIRST_ADVICE: &str = "See a health professional before using this.";

/// One person's answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answers {
    pub urgent: bool,
    pub see_first: bool,
    /// Asked only when `see_first`.
    pub cleared: Option<bool>,
    pub understood: bool,
}

/// What follows from the answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ruling {
    MayBegin,
    /// With the words said to the person.
    MayNot(&'static str),
}

impl Answers {
    pub fn ruling(&self) -> Ruling {
        if self.urgent {
            Ruling::MayNot(URGENT_ADVICE)
        } else if self.see_first && self.cleared != Some(true) {
            Ruling::MayNot(SEE_FIRST_ADVICE)
        } else if !self.understood {
            Ruling::MayNot("Read the safety words first; nothing begins without them.")
        } else {
            Ruling::MayBegin
        }
    }
}

/// Answers as they are kept: `safety.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// [`TEXT_VERSION`] of the questions.
    pub text_version: u32,
    /// `2026-11-22`
    pub date: String,
    pub answers: Answers,
}

/// Why the questions must be asked (again) before a session; `None` when they stand answered. `last_pain` is the day on
/// which pain ended a set, if it ever did: whoever stopped in pain may answer differently from then on.
pub fn must_ask(answered: Option<&Answered>, last_pain: Option<&str>) -> Option<&'static str> {
    match answered {
        None => Some("the safety questions come before the first session"),
        Some(a) if a.text_version != TEXT_VERSION => Some("the safety questions have changed since you answered them"),
        Some(a) if a.answers.ruling() != Ruling::MayBegin => Some("the last answers say: not yet"),
        // Dates of this form stand in the order of their letters.
        Some(a) if last_pain.is_some_and(|pain| pain >= a.date.as_str()) => {
            Some("pain ended a set since you answered the safety questions")
        }
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WELL: Answers = Answers { urgent: false, see_first: false, cleared: None, understood: true };

    fn answered(answers: Answers) -> Answered {
        Answered { text_version: TEXT_VERSION, date: "2026-11-22".into(), answers }
    }

    #[test]
    fn a_session_begins_only_with_the_right_answers() {
        assert_eq!(WELL.ruling(), Ruling::MayBegin);
        let urgent = Answers { urgent: true, cleared: Some(true), ..WELL };
        assert_eq!(urgent.ruling(), Ruling::MayNot(URGENT_ADVICE), "no clearance outweighs an urgent sign");
        for cleared in [None, Some(false)] {
            let seen = Answers { see_first: true, cleared, ..WELL };
            assert_eq!(seen.ruling(), Ruling::MayNot(SEE_FIRST_ADVICE));
        }
        assert_eq!(Answers { see_first: true, cleared: Some(true), ..WELL }.ruling(), Ruling::MayBegin);
        assert!(matches!(Answers { understood: false, ..WELL }.ruling(), Ruling::MayNot(_)));
    }

    #[test]
    fn questions_are_asked_again_when_the_words_or_the_person_changed() {
        assert!(must_ask(None, None).is_some());
        assert_eq!(must_ask(Some(&answered(WELL)), None), None);
        let old = Answered { text_version: TEXT_VERSION - 1, ..answered(WELL) };
        assert!(must_ask(Some(&old), None).unwrap().contains("changed"));
        assert!(must_ask(Some(&answered(Answers { urgent: true, ..WELL })), None).is_some());
        assert_eq!(must_ask(Some(&answered(WELL)), Some("2026-11-21")), None);
        assert!(must_ask(Some(&answered(WELL)), Some("2026-11-22")).unwrap().contains("pain"));
    }
}
