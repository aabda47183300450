//! Sound through programs of the system, each in a process of its own that can be ended.

use super::VoiceOptions;
use super::desk::Player;
use super::programs::{self, FilePlayer, Speech};
use super::tone::{Tone, wav};
use crate::sink::SinkError;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

/// Tones at a time; more means that the player hangs, and the oldest is ended.
const TONES: usize = 4;
/// A tone's program is given this long, then it hangs: ten times the longest tone, for slow starts.
const LONGEST_TONE: Duration = Duration::from_secs(6);
/// No words take longer.
const LONGEST_WORDS: Duration = Duration::from_secs(20);

/// Plays and speaks through what is on `PATH`.
pub struct SystemPlayer {
    folder: PathBuf,
    volume: f64,
    voice: Option<String>,
    /// The best first; one that fails is left out from then on. Empty: the terminal's bell.
    players: Vec<FilePlayer>,
    /// The same; empty: no words.
    speech: Vec<Speech>,
    tones: Vec<Playing<Tone>>,
    words: Option<Playing<String>>,
    tell: Sender<String>,
}

/// A program at work.
struct Playing<T> {
    child: Child,
    since: Instant,
    what: T,
}

/// How it goes.
enum State {
    Running,
    Done,
    Failed,
}

impl<T> Playing<T> {
    fn state(&mut self, longest: Duration) -> State {
        match self.child.try_wait() {
            Ok(None) if self.since.elapsed() < longest => State::Running,
            Ok(None) => {
                self.end();
                State::Failed
            }
            Ok(Some(status)) if status.success() => State::Done,
            Ok(Some(_)) | Err(_) => State::Failed,
        }
    }

    fn end(&mut self) {
        let _ = self.child.kill();
        // Otherwise it stays in the process table.
        let _ = self.child.wait();
    }
}

impl SystemPlayer {
    /// Writes the tones to `folder`, once per volume, and looks for programs. What goes wrong later is told through `tell`.
    pub fn open(folder: &Path, options: &VoiceOptions, tell: Sender<String>) -> Result<SystemPlayer, SinkError> {
        SystemPlayer::on(&programs::path(), folder, options, tell)
    }

    /// The same with programs from these folders alone.
    pub fn on(
        path: &OsStr,
        folder: &Path,
        options: &VoiceOptions,
        tell: Sender<String>,
    ) -> Result<SystemPlayer, SinkError> {
        let folder = folder.join(format!("tones-{:.0}", options.volume * 100.0));
        fs::create_dir_all(&folder).map_err(|e| SinkError::write(&folder, e))?;
        for tone in Tone::ALL {
            let file = file_of(&folder, tone);
            programs::keep(&file, &wav(&tone.samples(options.volume))).map_err(|e| SinkError::write(&file, e))?;
        }
        let player = SystemPlayer {
            folder,
            volume: options.volume,
            voice: options.voice.clone(),
            players: programs::file_players(path),
            speech: programs::speech(path),
            tones: Vec::new(),
            words: None,
            tell,
        };
        if player.players.is_empty() {
            player.remark("no program plays tones here, the terminal's bell rings instead; install pipewire, pulseaudio-utils or alsa-utils");
        }
        if player.speech.is_empty() && options.sound == super::Sound::Speech {
            player.remark("no program speaks here, there are tones only; install espeak-ng or speech-dispatcher");
        }
        Ok(player)
    }

    fn remark(&self, text: &str) {
        // Nobody listens any more at the end of a session.
        let _ = self.tell.send(text.into());
    }

    /// Clears away what ended; where a program failed, the next one takes over.
    fn look_after(&mut self) {
        let mut failed = Vec::new();
        self.tones.retain_mut(|playing| match playing.state(LONGEST_TONE) {
            State::Running => true,
            State::Done => false,
            State::Failed => {
                failed.push(playing.what);
                false
            }
        });
        if let Some(&tone) = failed.last() {
            self.give_up_player("stopped with an error");
            self.tone(tone);
        }
        let words = self.words.as_mut().map(|playing| playing.state(LONGEST_WORDS));
        match words {
            Some(State::Done) => self.words = None,
            Some(State::Failed) => {
                let words = self.words.take().map(|playing| playing.what).unwrap_or_default();
                self.give_up_speech("stopped with an error");
                self.say(&words);
            }
            Some(State::Running) | None => {}
        }
    }

    fn give_up_player(&mut self, why: &str) {
        if self.players.is_empty() {
            return;
        }
        let lost = self.players.remove(0).name;
        let next = self.players.first().map_or("the terminal's bell", |p| p.name);
        self.remark(&format!("{lost} {why}; tones go on through {next}"));
    }

    fn give_up_speech(&mut self, why: &str) {
        if self.speech.is_empty() {
            return;
        }
        let lost = self.speech.remove(0).name;
        match self.speech.first() {
            Some(next) => self.remark(&format!("{lost} {why}; {} speaks from now on", next.name)),
            None => self.remark(&format!("{lost} {why}; no other program speaks here, there are tones only")),
        }
    }
}

fn file_of(folder: &Path, tone: Tone) -> PathBuf {
    folder.join(format!("{}.wav", tone.name()))
}

impl Player for SystemPlayer {
    fn tone(&mut self, tone: Tone) {
        while self.tones.len() >= TONES {
            self.tones.remove(0).end();
        }
        let file = file_of(&self.folder, tone);
        while let Some(player) = self.players.first() {
            match player.play(&file) {
                Ok(child) => return self.tones.push(Playing { child, since: Instant::now(), what: tone }),
                Err(error) => self.give_up_player(why(&error)),
            }
        }
        // The last resort of every terminal; not text, so it is no business of the command line's.
        let _ = io::stderr().write_all(b"\x07");
    }

    fn say(&mut self, words: &str) {
        self.hush();
        while let Some(speech) = self.speech.first() {
            match speech.say(words, self.volume, self.voice.as_deref()) {
                Ok(child) => {
                    self.words = Some(Playing { child, since: Instant::now(), what: words.into() });
                    return;
                }
                Err(error) => self.give_up_speech(why(&error)),
            }
        }
    }

    fn speaking(&mut self) -> bool {
        self.look_after();
        self.words.is_some()
    }

    fn busy(&mut self) -> bool {
        self.speaking() || !self.tones.is_empty()
    }

    fn hush(&mut self) {
        if let Some(mut playing) = self.words.take() {
            playing.end();
            if let Some(speech) = self.speech.first() {
                speech.cancel();
            }
        }
    }
}

fn why(error: &io::Error) -> &'static str {
    if super::is_gone(error) { "cannot be started any more" } else { "does not start" }
}

impl Drop for SystemPlayer {
    fn drop(&mut self) {
        self.hush();
        self.tones.iter_mut().for_each(Playing::end);
    }
}
