//! The audible sink: tones and spoken cues, beside the frame loop and never in its way.
//!
//! Input: [`Step`]s, the report at the end; what is heard of them and when is decided in
//! [`crate::form::Ear`]. Output: tones through a program of the system that plays files, words through its offline voice,
//! and a log of both. [`Voice`] has a thread of its own; a push costs the frame loop a queue's entry and nothing else.
//!
//! When no program plays, the terminal's bell rings; when none speaks, tones remain. Each such retreat is told once
//! ([`Voice::remarks`]), because silence must not look like a set without faults.

mod desk;
mod programs;
mod recorded;
mod system;
mod tone;

pub use desk::{Player, unjudged, words};
pub use recorded::{CueLog, Mix, Recorder};
pub use system::SystemPlayer;
pub use tone::{RATE, Tone, wav};

use crate::form::{Ear, Heard, Setup, Step};
use crate::sink::SinkError;
use crate::sink::files::AtomicFile;
use crate::units::Timestamp;
use desk::Desk;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, channel, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How much is heard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sound {
    Mute,
    /// Tones only.
    Tones,
    /// Tones and words.
    #[default]
    Speech,
}

/// How it is heard.
#[derive(Clone, Debug, PartialEq)]
pub struct VoiceOptions {
    pub sound: Sound,
    /// Say repetitions and times as well.
    pub say_counts: bool,
    /// 0..=1
    pub volume: f64,
    /// A voice of the speech program, by its own name.
    pub voice: Option<String>,
}

impl Default for VoiceOptions {
    fn default() -> Self {
        VoiceOptions { sound: Sound::default(), say_counts: false, volume: 0.8, voice: None }
    }
}

/// Moments waiting for the player: more than a second of a busy set. The thread empties it in milliseconds; when even the
/// system's programs hang, new moments are dropped here and counted, because late words are wrong words.
const QUEUE: usize = 16;
/// How often a waiting announcement looks whether the word is free, and ended programs are cleared away.
const LOOK: Duration = Duration::from_millis(100);
/// How long the last words may take when the session ends.
const LAST_WORDS: Duration = Duration::from_secs(8);

/// What is heard at one moment.
type Moment = Vec<Heard>;

/// The running voice.
pub struct Voice {
    ear: Ear,
    say_counts: bool,
    log: Option<CueLog<AtomicFile>>,
    queue: Option<SyncSender<Moment>>,
    thread: Option<JoinHandle<()>>,
    remarks: Receiver<String>,
    dropped: u64,
    muted: bool,
    now: Timestamp,
}

impl Voice {
    /// The voice of this machine; `folder` is a place for the tones' files that only this person writes to.
    pub fn open(options: &VoiceOptions, folder: &Path) -> Result<Voice, SinkError> {
        let (tell, remarks) = channel();
        if options.sound == Sound::Mute {
            return Ok(Voice::silent(options, remarks));
        }
        let player = SystemPlayer::open(folder, options, tell)?;
        Ok(Voice::with(options, Box::new(player), remarks))
    }

    /// A voice that plays through `player`.
    pub fn through(options: &VoiceOptions, player: Box<dyn Player>) -> Voice {
        Voice::with(options, player, channel().1)
    }

    fn silent(options: &VoiceOptions, remarks: Receiver<String>) -> Voice {
        let ear = Ear::default();
        let say_counts = options.say_counts;
        let (log, queue, thread) = (None, None, None);
        Voice { ear, say_counts, log, queue, thread, remarks, dropped: 0, muted: false, now: Timestamp::ZERO }
    }

    fn with(options: &VoiceOptions, mut player: Box<dyn Player>, remarks: Receiver<String>) -> Voice {
        let (queue, moments) = sync_channel::<Moment>(QUEUE);
        let mut desk = Desk::new(options.sound, options.say_counts);
        let work = move || play(&moments, &mut desk, player.as_mut());
        // Without a thread nothing is heard, but the set goes on.
        let thread = thread::Builder::new().name("voice".into()).spawn(work).ok();
        Voice { queue: thread.is_some().then_some(queue), thread, ..Voice::silent(options, remarks) }
    }

    /// Also writes everything heard to this file, a JSON line each.
    pub fn log_to(mut self, path: &Path) -> Result<Voice, SinkError> {
        self.log = Some(CueLog::new(AtomicFile::create(path)?));
        Ok(self)
    }

    /// Begins another set: gate, counts and cues start anew.
    pub fn new_set(&mut self) {
        self.ear = Ear::default();
    }

    /// The time that the log gives to what is heard from now on: one clock for all sets and what is between them.
    pub fn set_clock(&mut self, t: Timestamp) {
        self.now = t;
    }

    /// Takes the next step, with the way into position where somebody watches it.
    pub fn push(&mut self, step: &Step, setup: Option<&Setup>) {
        // Empty as a rule, and then it costs nothing.
        let mut moment = Moment::new();
        self.ear.listen(step, setup, &mut |heard| moment.push(heard));
        self.send(moment);
    }

    /// Takes something that no step tells: what comes next, a rest, pain.
    pub fn hear(&mut self, heard: Heard) {
        self.send(vec![heard]);
    }

    /// Nothing more is played from now on, or again; the log goes on.
    pub fn mute(&mut self, muted: bool) {
        self.muted = muted;
    }

    /// What went wrong with sound since this was last asked, one line each with the way out.
    pub fn remarks(&mut self) -> Vec<String> {
        self.remarks.try_iter().collect()
    }

    /// Moments that nobody heard because the player hung.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Lets the last words be said (8 s at most) and completes the log.
    pub fn finish(mut self) -> Result<(), SinkError> {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            let until = Instant::now() + LAST_WORDS + Duration::from_secs(1);
            while !thread.is_finished() && Instant::now() < until {
                thread::sleep(Duration::from_millis(20));
            }
        }
        let Some(log) = self.log.take() else { return Ok(()) };
        let failed = |e: io::Error| SinkError::Write { path: "the log of cues".into(), source: e };
        log.finish().map_err(failed)?.commit()
    }

    fn send(&mut self, moment: Moment) {
        if moment.is_empty() {
            return;
        }
        if let Some(log) = &mut self.log {
            moment.iter().for_each(|heard| log.note(self.now, heard, self.say_counts));
        }
        match self.queue.as_ref().filter(|_| !self.muted).map(|queue| queue.try_send(moment)) {
            Some(Err(TrySendError::Full(_))) => self.dropped += 1,
            // Muted, or the thread is gone: its end was remarked.
            Some(Err(TrySendError::Disconnected(_)) | Ok(())) | None => {}
        }
    }
}

/// The thread: plays what comes until the queue is closed, then lets the last words be said.
fn play(moments: &Receiver<Moment>, desk: &mut Desk, player: &mut dyn Player) {
    loop {
        match moments.recv_timeout(LOOK) {
            Ok(mut moment) => {
                // What has gathered meanwhile belongs to the same moment: only its most urgent word is said.
                moment.extend(moments.try_iter().flatten());
                desk.take(&moment, player);
            }
            Err(RecvTimeoutError::Timeout) => {
                player.speaking();
                desk.idle(player);
            }
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    let until = Instant::now() + LAST_WORDS;
    while (player.busy() || desk.waits()) && Instant::now() < until {
        desk.idle(player);
        thread::sleep(Duration::from_millis(20));
    }
    player.hush();
}

/// What would be heard on this machine, for `doctor`: the programs that play and speak, the best first.
pub fn installed() -> (Vec<&'static str>, Vec<&'static str>) {
    let path = programs::path();
    let players = programs::file_players(&path).iter().map(|p| p.name).collect();
    (players, programs::speech(&path).iter().map(|s| s.name).collect())
}

fn is_gone(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::PermissionDenied)
}

#[cfg(test)]
mod tests;
