//! Who has the word: turns what is heard into tones and words for a player. One utterance at a time, the more urgent first.
//!
//! 1. Every tone is played at once, each kind once per picture.
//! 2. Of the words of one picture only the most urgent are said. They cut off what is being said unless that is more urgent.
//! 3. Announcements (what was done, what comes next) follow each other; anything less urgent that finds the word taken is
//!    dropped, not said late: a cue for the repetition before last would be wrong.

use super::Sound;
use super::tone::Tone;
use crate::form::Heard;
use crate::form::safety::PAIN_SPOKEN;
use std::borrow::Cow;
use std::collections::VecDeque;

/// Makes sound. Returns at once from every call.
pub trait Player: Send {
    fn tone(&mut self, tone: Tone);
    /// Says the words; whatever was being said stops.
    fn say(&mut self, words: &str);
    /// Whether words are being said now.
    fn speaking(&mut self) -> bool;
    /// Whether anything is heard now.
    fn busy(&mut self) -> bool {
        self.speaking()
    }
    /// Stops talking.
    fn hush(&mut self);
}

/// From this urgency on words wait for their turn instead of being dropped.
const ANNOUNCEMENT: u8 = 7;
/// What waits at most: a summary, a rest, a side and an exercise. More would be talk about things long past.
const WAITING: usize = 4;

/// Decides for one player.
#[derive(Debug)]
pub struct Desk {
    sound: Sound,
    say_counts: bool,
    /// Urgency of what was said last.
    current: u8,
    waiting: VecDeque<(u8, String)>,
}

impl Desk {
    pub fn new(sound: Sound, say_counts: bool) -> Desk {
        Desk { sound, say_counts, current: 0, waiting: VecDeque::new() }
    }

    /// Takes what is heard at one moment.
    pub fn take(&mut self, heard: &[Heard], player: &mut dyn Player) {
        if self.sound == Sound::Mute {
            return;
        }
        let mut played = Vec::new();
        for tone in heard.iter().filter_map(Tone::of) {
            if !played.contains(&tone) {
                played.push(tone);
                player.tone(tone);
            }
        }
        if self.sound == Sound::Speech {
            let words = heard.iter().filter_map(|h| Some((h.urgency(), words(h, self.say_counts)?)));
            let (announced, mut rest): (Vec<_>, Vec<_>) = words.partition(|(urgency, _)| *urgency >= ANNOUNCEMENT);
            for (urgency, words) in announced {
                self.announce(urgency, words.into_owned(), player);
            }
            rest.sort_by_key(|(urgency, _)| *urgency);
            if let Some((urgency, words)) = rest.pop() {
                let taken = player.speaking() && self.current > urgency;
                if !taken && self.waiting.is_empty() {
                    self.say(urgency, &words, player);
                }
            }
        }
        self.idle(player);
    }

    /// Says what waits, when nobody has the word.
    pub fn idle(&mut self, player: &mut dyn Player) {
        if !self.waiting.is_empty()
            && !player.speaking()
            && let Some((urgency, words)) = self.waiting.pop_front()
        {
            self.say(urgency, &words, player);
        }
    }

    /// True while something waits for the word.
    pub fn waits(&self) -> bool {
        !self.waiting.is_empty()
    }

    fn announce(&mut self, urgency: u8, words: String, player: &mut dyn Player) {
        let after = player.speaking() && self.current >= ANNOUNCEMENT && self.current >= urgency;
        if after || !self.waiting.is_empty() && urgency == ANNOUNCEMENT {
            self.waiting.truncate(WAITING - 1);
            self.waiting.push_back((urgency, words));
        } else {
            // The set is over, or pain: what waited is about things that no longer come.
            self.waiting.clear();
            self.say(urgency, &words, player);
        }
    }

    fn say(&mut self, urgency: u8, words: &str, player: &mut dyn Player) {
        self.current = urgency;
        player.say(words);
    }
}

/// What is said for it; none where a tone says all. Counts and times only on request.
pub fn words(heard: &Heard, say_counts: bool) -> Option<Cow<'static, str>> {
    let counted = |words: String| say_counts.then_some(Cow::Owned(words));
    match heard {
        Heard::Hint(hint) => Some(hint.words().into()),
        Heard::Ready => Some("Ready".into()),
        Heard::Rep(n) => counted(n.to_string()),
        Heard::TooSmall => Some("Too small to count".into()),
        Heard::Fault => None,
        Heard::Cue(cue) => Some(cue.rule.cue.into()),
        Heard::Clean(clean) if clean.back_seen => Some(format!("{} clean", clean.in_a_row).into()),
        Heard::Clean(clean) => Some(format!("{} clean, back not seen", clean.in_a_row).into()),
        Heard::HoldStarted => None,
        Heard::HalfTime(left) => counted(format!("{left} seconds left")),
        Heard::LastSeconds(left) => counted(left.to_string()),
        Heard::HoldDone => counted("Done".into()),
        Heard::Switch(side) => Some(format!("Now the {} side", side.name()).into()),
        Heard::Again => Some("Again".into()),
        Heard::Rest { secs, next } if next.is_empty() => Some(format!("Rest {secs} seconds").into()),
        Heard::Rest { secs, next } => Some(format!("Rest {secs} seconds. {next}").into()),
        Heard::NoPicture => Some("No picture from the camera".into()),
        Heard::Next(words) | Heard::SetDone(words) => Some(words.clone().into()),
        Heard::Pain => Some(PAIN_SPOKEN.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::recorded::Recorder;
    use super::*;
    use crate::form::{Ask, Cue, Hint, Outcome};
    use crate::report::specimen;
    use crate::units::{Side, Timestamp};

    fn cue(outcome: Outcome) -> Heard {
        Heard::Cue(Cue { rule: &specimen::EXERCISE.rules[2], outcome, since: Timestamp::ZERO })
    }

    fn desk() -> (Desk, Recorder) {
        (Desk::new(Sound::Speech, true), Recorder::default())
    }

    #[test]
    fn the_most_urgent_word_of_a_moment_is_said_and_every_tone_is_played() {
        let (mut desk, mut player) = desk();
        desk.take(&[Heard::Rep(4), cue(Outcome::Fault), Heard::Fault], &mut player);
        assert_eq!(player.told(), ["tone rep", "tone fault", "say Heels heavy"]);
    }

    #[test]
    fn a_fault_cuts_a_count_off_and_a_count_cuts_nothing_off() {
        let (mut desk, mut player) = desk();
        player.keeps_talking = true;
        desk.take(&[Heard::Rep(1)], &mut player);
        desk.take(&[cue(Outcome::Fault)], &mut player);
        desk.take(&[Heard::Rep(2)], &mut player);
        desk.take(&[cue(Outcome::Warn)], &mut player);
        let told = ["tone rep", "say 1", "tone fault", "say Heels heavy", "tone rep", "tone hint"];
        assert_eq!(player.told(), told, "what found the word taken is dropped, its tone is not");
        player.keeps_talking = false;
        desk.idle(&mut player);
        assert_eq!(player.told().len(), told.len(), "and not said late");
    }

    #[test]
    fn announcements_follow_each_other_and_pain_comes_before_all() {
        let (mut desk, mut player) = desk();
        player.keeps_talking = true;
        let done = Heard::SetDone("Set done.".into());
        desk.take(&[done, Heard::Rest { secs: 30, next: String::new() }, Heard::Switch(Side::Left)], &mut player);
        desk.take(&[Heard::Hint(Ask::Start(Hint::HoldStill))], &mut player);
        assert_eq!(player.said(), ["Set done."]);
        assert!(desk.waits());
        player.keeps_talking = false;
        desk.idle(&mut player);
        assert_eq!(player.said(), ["Set done.", "Rest 30 seconds"]);
        player.keeps_talking = true;
        desk.take(&[Heard::Pain], &mut player);
        assert_eq!(*player.said().last().unwrap(), PAIN_SPOKEN);
        player.keeps_talking = false;
        desk.idle(&mut player);
        assert_eq!(*player.said().last().unwrap(), PAIN_SPOKEN, "no side to switch to after pain");
    }

    #[test]
    fn counts_are_said_on_request_tones_alone_and_silence_too() {
        let mut player = Recorder::default();
        Desk::new(Sound::Speech, false).take(&[Heard::Rep(3), Heard::HalfTime(15)], &mut player);
        assert_eq!(player.told(), ["tone rep", "tone half-time"]);
        let mut player = Recorder::default();
        Desk::new(Sound::Tones, true).take(&[cue(Outcome::Warn), Heard::SetDone("Set done.".into())], &mut player);
        assert_eq!(player.told(), ["tone hint", "tone set-done"]);
        let mut player = Recorder::default();
        Desk::new(Sound::Mute, true).take(&[cue(Outcome::Fault)], &mut player);
        assert!(player.told().is_empty());
    }
}
