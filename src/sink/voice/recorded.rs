//! What was heard, kept: a log for people and programs, a player that only writes down, and a whole set mixed to one file of
//! sound.

use super::desk::{Desk, Player, words};
use super::programs::{self, Speech};
use super::tone::{RATE, Tone, read_wav, wav};
use super::{Sound, VoiceOptions};
use crate::form::Heard;
use crate::sink::SinkError;
use crate::sink::files::AtomicFile;
use crate::units::Timestamp;
use serde::Serialize;
use std::io::{self, Write};
use std::path::Path;

/// One line of the log.
#[derive(Serialize)]
struct Line<'a> {
    t_s: f64,
    tone: Option<&'static str>,
    words: Option<&'a str>,
    /// The rule that speaks, for cues.
    rule: Option<&'static str>,
}

/// Everything that was to be heard as JSON lines, whether or not it was played:
/// (`t_s` by the camera's clock, which no new set sets back)
/// `{"t_s":4.13,"tone":"fault","words":"Heels heavy","rule":"squat.heels_rise"}`.
pub struct CueLog<W: Write> {
    out: W,
    failed: Option<io::Error>,
}

impl<W: Write> CueLog<W> {
    pub fn new(out: W) -> CueLog<W> {
        CueLog { out, failed: None }
    }

    /// Notes one thing heard at `t`. A failure is told by [`CueLog::finish`].
    pub fn note(&mut self, t: Timestamp, heard: &Heard, say_counts: bool) {
        let (tone, words) = (Tone::of(heard), words(heard, say_counts));
        if tone.is_none() && words.is_none() {
            return;
        }
        let rule = if let Heard::Cue(cue) = heard { Some(cue.rule.name) } else { None };
        let t_s = (t.secs() * 1e3).round() / 1e3;
        let line = Line { t_s, tone: tone.map(Tone::name), words: words.as_deref(), rule };
        if self.failed.is_none() {
            self.failed = serde_json::to_string(&line)
                .map_err(io::Error::other)
                .and_then(|text| writeln!(self.out, "{text}"))
                .err();
        }
    }

    /// Gives the writer back, to be committed, or the first failure.
    pub fn finish(mut self) -> io::Result<W> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        self.out.flush()?;
        Ok(self.out)
    }
}

/// A player for tests: writes down what it is told.
#[derive(Clone, Debug, Default)]
pub struct Recorder {
    told: Vec<String>,
    /// Pretends that the last words are still being said.
    pub keeps_talking: bool,
}

impl Recorder {
    /// `tone rep`, `say Heels heavy`, `hush`, in order.
    pub fn told(&self) -> &[String] {
        &self.told
    }

    /// The words alone.
    pub fn said(&self) -> Vec<&str> {
        self.told.iter().filter_map(|line| line.strip_prefix("say ")).collect()
    }
}

impl Player for Recorder {
    fn tone(&mut self, tone: Tone) {
        self.told.push(format!("tone {}", tone.name()));
    }

    fn say(&mut self, words: &str) {
        self.told.push(format!("say {words}"));
    }

    fn speaking(&mut self) -> bool {
        self.keeps_talking && !self.said().is_empty()
    }

    fn hush(&mut self) {
        self.told.push("hush".into());
    }
}

/// A set's sound as one WAV file, made without playing it: the same decisions as live, on the pictures' time. Words need a
/// speech program that can write to a file (espeak-ng); without one there are tones only, and [`Mix::has_speech`] is false.
pub struct Mix {
    desk: Desk,
    track: Track,
}

struct Track {
    volume: f64,
    voice: Option<String>,
    speech: Option<Speech>,
    now: usize,
    tones: Vec<f32>,
    words: Vec<f32>,
}

impl Mix {
    pub fn new(options: &VoiceOptions) -> Mix {
        let wanted = options.sound == Sound::Speech;
        let speech = programs::speech(&programs::path()).into_iter().find(|s| wanted && s.writes_files());
        let track = Track {
            volume: options.volume,
            voice: options.voice.clone(),
            speech,
            now: 0,
            tones: Vec::new(),
            words: Vec::new(),
        };
        Mix { desk: Desk::new(options.sound, options.say_counts), track }
    }

    /// Whether words can be heard in it.
    pub fn has_speech(&self) -> bool {
        self.track.speech.is_some()
    }

    /// Takes what is heard at `t`; times do not go back.
    pub fn push(&mut self, t: Timestamp, heard: &[Heard]) {
        self.track.now = (t.secs().max(0.0) * f64::from(RATE)) as usize;
        self.desk.take(heard, &mut self.track);
    }

    /// Lets everything that waits be said, and gives the file's bytes.
    pub fn finish(mut self) -> Vec<u8> {
        while self.desk.waits() {
            self.track.now = self.track.now.max(self.track.words.len());
            self.desk.idle(&mut self.track);
        }
        let Track { mut tones, words, .. } = self.track;
        tones.resize(tones.len().max(words.len()), 0.0);
        for (sample, word) in tones.iter_mut().zip(&words) {
            *sample += word;
        }
        wav(&tones)
    }

    /// Writes the file.
    pub fn write(self, path: &Path) -> Result<(), SinkError> {
        let mut file = AtomicFile::create(path)?;
        file.write_all(&self.finish()).map_err(|e| SinkError::write(path, e))?;
        file.commit()
    }
}

/// Adds samples to a track from a place on.
fn lay(track: &mut Vec<f32>, from: usize, samples: &[f32]) {
    track.resize(track.len().max(from + samples.len()), 0.0);
    for (sample, new) in track[from..].iter_mut().zip(samples) {
        *sample += new;
    }
}

impl Player for Track {
    fn tone(&mut self, tone: Tone) {
        // Half as loud as alone, so that words beside it stay below full scale.
        lay(&mut self.tones, self.now, &tone.samples(self.volume * 0.5));
    }

    fn say(&mut self, words: &str) {
        self.hush();
        let Some(speech) = &self.speech else { return };
        if let Some(samples) =
            speech.to_file(words, self.volume, self.voice.as_deref()).and_then(|file| read_wav(&file))
        {
            lay(&mut self.words, self.now, &samples.iter().map(|s| s * 0.5).collect::<Vec<_>>());
        }
    }

    fn speaking(&mut self) -> bool {
        self.words.len() > self.now
    }

    fn hush(&mut self) {
        self.words.truncate(self.now);
    }
}
