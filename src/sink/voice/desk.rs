//! Who has the word: turns what is heard into tones and words for a player. One utterance at a time, the more urgent first.
//!
//! 1. Every tone is played at once, each kind once per picture.
//! 2. Of the words of one picture only the most urgent are said. They cut off what is being said unless that is more urgent.
//! 3. Announcements (what was done, what comes next) follow each other; anything less urgent that finds the word taken is
//!    dropped, not said late: a cue for the repetition before last would be wrong.
//! 4. When the person goes on, what is being said and what waits is dropped: it is about what they left.

use super::Sound;
use super::tone::Tone;
use crate::form::Heard;
use crate::form::safety::PAIN_SPOKEN;
use crate::kinematics::Unseen;
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
        let left = heard.iter().rposition(|heard| matches!(heard, Heard::GoneOn));
        if left.is_some() {
            self.waiting.clear();
            self.current = 0;
            player.hush();
        }
        let heard = &heard[left.map_or(0, |at| at + 1)..];
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
        Heard::NotCounted(why) => Some(not_counted(why).into()),
        Heard::Unjudged(why) => Some(unjudged(*why).into()),
        Heard::Fault => None,
        Heard::Cue(cue) => Some(cue.rule.cue.into()),
        Heard::Clean(clean) if clean.back_seen => Some(format!("{} clean", clean.in_a_row).into()),
        Heard::Clean(clean) => Some(format!("{} clean, back not seen", clean.in_a_row).into()),
        Heard::HoldStarted => None,
        Heard::HalfTime(left) => counted(format!("{left} seconds left")),
        Heard::LastSeconds(left) => counted(left.to_string()),
        Heard::HoldDone => counted("Done".into()),
        Heard::Switch(side) => Some(format!("Now the {} side", side.name()).into()),
        Heard::WrongSide { turn } => {
            Some(format!("This was the {} side; now the {}", turn.other().name(), turn.name()).into())
        }
        Heard::Again => Some("Again".into()),
        Heard::Rest { secs, next } if next.is_empty() => Some(format!("Rest {secs} seconds").into()),
        Heard::Rest { secs, next } => Some(format!("Rest {secs} seconds. {next}").into()),
        Heard::GoneOn => None,
        Heard::NoPicture => Some("No picture from the camera".into()),
        Heard::Next(words) | Heard::SetDone(words) => Some(words.clone().into()),
        Heard::Pain => Some(PAIN_SPOKEN.into()),
    }
}

/// "Not deep enough to count", "Not counted: faster than 0.8 seconds".
fn not_counted(why: &str) -> String {
    match (why.strip_prefix("not "), why.strip_suffix(" s")) {
        (Some(rest), _) if why.ends_with("to count") => format!("Not {rest}"),
        (_, Some(number)) => format!("Not counted: {number} seconds"),
        _ => format!("Not counted: {why}"),
    }
}

/// Why the back is not judged, and what would change that while the set goes on.
pub fn unjudged(why: Unseen) -> &'static str {
    match why {
        Unseen::TooSmall => "The back cannot be judged: come nearer",
        Unseen::TooFewFrames => "Pictures come too slowly to judge: close other programs",
        _ => "The back cannot be judged",
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

    #[test]
    fn whoever_goes_on_hears_what_comes_now_not_what_was_left() {
        let (mut desk, mut player) = desk();
        player.keeps_talking = true;
        let next = |words: &str| Heard::Next(words.into());
        desk.take(&[next("Today: seven exercises."), next("Warm up.")], &mut player);
        desk.take(&[Heard::GoneOn, next("Squat.")], &mut player);
        assert_eq!(player.said(), ["Today: seven exercises.", "Squat."]);
        assert!(!desk.waits() && player.told().contains(&"hush".to_string()));
    }

    #[test]
    fn the_side_is_said_before_how_the_set_went() {
        let (mut desk, mut player) = desk();
        player.keeps_talking = true;
        desk.take(&[Heard::Switch(Side::Right)], &mut player);
        desk.take(&[Heard::SetDone("Set done.".into())], &mut player);
        assert_eq!(player.said(), ["Now the right side"]);
        player.keeps_talking = false;
        desk.idle(&mut player);
        assert_eq!(player.said(), ["Now the right side", "Set done."]);
    }

    #[test]
    fn what_did_not_count_is_said_with_its_reason() {
        let said = |why| words(&Heard::NotCounted(why), false).unwrap().into_owned();
        assert_eq!(said("not deep enough to count"), "Not deep enough to count");
        assert_eq!(said("faster than 0.8 s"), "Not counted: faster than 0.8 seconds");
        assert_eq!(said("lost from view"), "Not counted: lost from view");
        let wrong = words(&Heard::WrongSide { turn: Side::Left }, false).unwrap();
        assert_eq!(wrong, "This was the right side; now the left");
    }
}
