//! The vocabulary of tones, synthesised here: no file of sounds, nothing to download.
//!
//! Input: a [`Tone`]. Output: mono samples at [`RATE`], or a WAV file's bytes. Every tone is a few notes of one timbre (a
//! fundamental with two quiet overtones, struck and dying away), in the key of C so that any two go together. Up means go,
//! down means something to correct, the same note again means time.

use crate::form::{Heard, Outcome};
use std::f64::consts::TAU;

/// Samples a second: as espeak-ng speaks, so that both can be mixed as they are; enough for notes under 2 kHz.
pub const RATE: u32 = 22_050;

/// What can be heard besides words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tone {
    /// A soft tick: a repetition was counted.
    Rep,
    /// Two notes up: in position, what comes now counts.
    Ready,
    /// One long note: a hold runs.
    HoldStarted,
    /// The same note twice: half of the hold is over.
    HalfTime,
    /// A short high tick: one of the last three seconds.
    LastSeconds,
    /// The long note and the one above it: the hold is complete.
    HoldDone,
    /// Down and up again: the other side, the next exercise.
    Switch,
    /// Two low notes down: a fault, or the camera is lost.
    Fault,
    /// One low note: a warning, or a hint of the start gate.
    Hint,
    /// Three notes up: the set is over.
    SetDone,
}

/// One struck note.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Note {
    pub hz: f64,
    /// From its start to the start of the next, or to the end.
    pub secs: f64,
    /// 0..=1
    pub loudness: f64,
}

const fn note(hz: f64, secs: f64, loudness: f64) -> Note {
    Note { hz, secs, loudness }
}

// Equal temperament, A4 = 440 Hz.
const C4: f64 = 261.63;
const E4: f64 = 329.63;
const G4: f64 = 392.00;
const C5: f64 = 523.25;
const E5: f64 = 659.26;
const G5: f64 = 783.99;
const C6: f64 = 1046.50;
const E6: f64 = 1318.51;

impl Tone {
    pub const ALL: [Tone; 10] = [
        Tone::Rep,
        Tone::Ready,
        Tone::HoldStarted,
        Tone::HalfTime,
        Tone::LastSeconds,
        Tone::HoldDone,
        Tone::Switch,
        Tone::Fault,
        Tone::Hint,
        Tone::SetDone,
    ];

    /// As in file names and the log.
    pub fn name(self) -> &'static str {
        match self {
            Tone::Rep => "rep",
            Tone::Ready => "ready",
            Tone::HoldStarted => "hold",
            Tone::HalfTime => "half-time",
            Tone::LastSeconds => "last-seconds",
            Tone::HoldDone => "hold-done",
            Tone::Switch => "switch",
            Tone::Fault => "fault",
            Tone::Hint => "hint",
            Tone::SetDone => "set-done",
        }
    }

    /// What it says, and what it sounds like.
    pub fn meaning(self) -> &'static str {
        match self {
            Tone::Rep => "a repetition was counted (a soft tick)",
            Tone::Ready => "in position, what comes now counts (two notes up)",
            Tone::HoldStarted => "the hold runs (one long note)",
            Tone::HalfTime => "half of the hold is over (the same note twice)",
            Tone::LastSeconds => "one of the last three seconds (a short high tick)",
            Tone::HoldDone => "the hold is complete (the long note and the one above)",
            Tone::Switch => "the other side, or the next exercise (down and up again)",
            Tone::Fault => "a fault (two low notes down)",
            Tone::Hint => "a warning, or something missing before the set can start (one low note)",
            Tone::SetDone => "the set is over (three notes up)",
        }
    }

    pub fn notes(self) -> &'static [Note] {
        match self {
            Tone::Rep => const { &[note(C6, 0.09, 0.35)] },
            Tone::Ready => const { &[note(C5, 0.12, 0.6), note(G5, 0.24, 0.7)] },
            Tone::HoldStarted => const { &[note(G5, 0.40, 0.6)] },
            Tone::HalfTime => const { &[note(G5, 0.14, 0.55), note(G5, 0.22, 0.55)] },
            Tone::LastSeconds => const { &[note(E6, 0.10, 0.45)] },
            Tone::HoldDone => const { &[note(G5, 0.14, 0.6), note(C6, 0.36, 0.7)] },
            Tone::Switch => const { &[note(G5, 0.13, 0.6), note(C5, 0.13, 0.6), note(G5, 0.26, 0.6)] },
            Tone::Fault => const { &[note(G4, 0.15, 0.9), note(C4, 0.28, 0.9)] },
            Tone::Hint => const { &[note(E4, 0.24, 0.6)] },
            Tone::SetDone => const { &[note(C5, 0.13, 0.6), note(E5, 0.13, 0.6), note(G5, 0.34, 0.7)] },
        }
    }

    /// The tone for something heard; none where only words say it.
    pub fn of(heard: &Heard) -> Option<Tone> {
        Some(match heard {
            Heard::Rep(_) => Tone::Rep,
            Heard::Ready | Heard::Again => Tone::Ready,
            Heard::HoldStarted => Tone::HoldStarted,
            Heard::HalfTime(_) => Tone::HalfTime,
            Heard::LastSeconds(_) => Tone::LastSeconds,
            Heard::HoldDone => Tone::HoldDone,
            Heard::Switch(_) | Heard::WrongSide { .. } | Heard::Next(_) => Tone::Switch,
            Heard::Fault | Heard::NoPicture => Tone::Fault,
            Heard::Cue(cue) if cue.outcome == Outcome::Fault => Tone::Fault,
            Heard::Cue(_) | Heard::Hint(_) | Heard::NotCounted(_) | Heard::Unjudged(_) => Tone::Hint,
            Heard::SetDone(_) | Heard::Pain | Heard::Rest { .. } => Tone::SetDone,
            Heard::Clean(_) | Heard::GoneOn => return None,
        })
    }

    /// Mono samples at [`RATE`], -1..=1. `volume` 0..=1.
    pub fn samples(self, volume: f64) -> Vec<f32> {
        let notes = self.notes();
        let secs: f64 = notes.iter().map(|n| n.secs).sum();
        let mut samples = vec![0.0; (secs * f64::from(RATE)) as usize];
        let mut from = 0.0;
        for note in notes {
            let first = (from * f64::from(RATE)) as usize;
            for (i, sample) in samples[first..].iter_mut().enumerate() {
                let t = i as f64 / f64::from(RATE);
                *sample += (volume * note.at(t, secs - from)) as f32;
            }
            from += note.secs;
        }
        samples
    }
}

/// The first is the note, the others its colour; they add up to 1.
const OVERTONES: [f64; 3] = [0.78, 0.16, 0.06];
/// A note is struck within this time: shorter clicks, longer sounds blown, seconds.
const ATTACK_SECS: f64 = 0.006;
/// The end fades out in this time, so that it does not click, seconds.
const RELEASE_SECS: f64 = 0.02;
/// Loudest sample of a single note at full volume: leaves room where two notes overlap.
const PEAK: f64 = 0.8;

impl Note {
    /// `t` seconds after it was struck; it rings on under later notes until `end`, dying away.
    fn at(self, t: f64, end: f64) -> f64 {
        let attack = (t / ATTACK_SECS).min(1.0);
        let release = ((end - t) / RELEASE_SECS).clamp(0.0, 1.0);
        // Down to a hundredth at twice its length.
        let decay = (-2.3 * t / self.secs).exp();
        let wave: f64 = OVERTONES.iter().zip(1..).map(|(a, n)| a * (TAU * self.hz * f64::from(n) * t).sin()).sum();
        PEAK * self.loudness * attack * release * decay * wave
    }
}

/// A mono 16-bit WAV file of these samples at [`RATE`].
pub fn wav(samples: &[f32]) -> Vec<u8> {
    let data = samples.len() as u32 * 2;
    let mut file = Vec::with_capacity(44 + data as usize);
    file.extend(b"RIFF");
    file.extend((36 + data).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(16_u32.to_le_bytes());
    // PCM, one channel.
    file.extend([1, 0, 1, 0]);
    file.extend(RATE.to_le_bytes());
    file.extend((RATE * 2).to_le_bytes());
    // Two bytes a sample, sixteen bits.
    file.extend([2, 0, 16, 0]);
    file.extend(b"data");
    file.extend(data.to_le_bytes());
    file.extend(samples.iter().flat_map(|s| ((s.clamp(-1.0, 1.0) * 32_767.0) as i16).to_le_bytes()));
    file
}

/// The samples of a mono 16-bit WAV file at [`RATE`]; `None` of anything else. Understands what speech programs write:
/// sizes of streams that were never filled in, and chunks besides the two that matter.
pub fn read_wav(file: &[u8]) -> Option<Vec<f32>> {
    let u16_at = |at: usize| file.get(at..at + 2).map(|b| u16::from_le_bytes([b[0], b[1]]));
    let u32_at = |at: usize| file.get(at..at + 4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]));
    if file.get(..4)? != b"RIFF" || file.get(8..12)? != b"WAVE" {
        return None;
    }
    let mut at = 12;
    let mut fitting = false;
    loop {
        let name = file.get(at..at + 4)?;
        let size = u32_at(at + 4)? as usize;
        let body = at + 8;
        match name {
            b"fmt " => {
                fitting = u16_at(body)? == 1
                    && u16_at(body + 2)? == 1
                    && u32_at(body + 4)? == RATE
                    && u16_at(body + 14)? == 16;
            }
            b"data" if fitting => {
                let bytes = &file[body..body.saturating_add(size).min(file.len())];
                let samples = bytes.chunks_exact(2).map(|b| f32::from(i16::from_le_bytes([b[0], b[1]])) / 32_768.0);
                return Some(samples.collect());
            }
            b"data" => return None,
            _ => {}
        }
        at = body.checked_add(size)?.checked_add(size % 2)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Strength of one frequency in samples (Goertzel), so that pure full scale reads about 1.
    fn strength(samples: &[f32], hz: f64) -> f64 {
        let w = TAU * hz / f64::from(RATE);
        let (re, im) = samples.iter().enumerate().fold((0.0, 0.0), |(re, im), (i, &s)| {
            let phase = w * i as f64;
            (re + f64::from(s) * phase.cos(), im + f64::from(s) * phase.sin())
        });
        2.0 * re.hypot(im) / samples.len() as f64
    }

    #[test]
    fn every_tone_is_short_clean_and_neither_clicks_nor_clips() {
        for tone in Tone::ALL {
            let samples = tone.samples(1.0);
            let secs = samples.len() as f64 / f64::from(RATE);
            assert!((0.05..=0.65).contains(&secs), "{tone:?} lasts {secs:.2} s");
            let loudest = samples.iter().fold(0.0_f32, |m, s| m.max(s.abs()));
            assert!((0.1..1.0).contains(&loudest), "{tone:?} peaks at {loudest}");
            let ends = [samples[0], samples[samples.len() - 1]];
            assert!(ends.iter().all(|s| s.abs() < 0.02), "{tone:?} clicks: {ends:?}");
            let steepest = samples.windows(2).map(|w| (w[1] - w[0]).abs()).fold(0.0, f32::max);
            assert!(steepest < 0.35, "{tone:?} jumps by {steepest}");
            let mean = samples.iter().sum::<f32>() / samples.len() as f32;
            assert!(mean.abs() < 0.01, "{tone:?} leans to one side by {mean}");
        }
    }

    #[test]
    fn tones_hold_the_notes_they_are_written_in_and_no_two_are_alike() {
        for tone in Tone::ALL {
            let samples = tone.samples(1.0);
            let mut from = 0;
            for note in tone.notes() {
                let n = (note.secs * f64::from(RATE)) as usize;
                let stretch = &samples[from..(from + n).min(samples.len())];
                let (own, off) = (strength(stretch, note.hz), strength(stretch, note.hz * 1.3));
                assert!(own > 3.0 * off, "{tone:?}: {} Hz reads {own:.3}, beside it {off:.3}", note.hz);
                from += n;
            }
            for other in Tone::ALL.into_iter().filter(|other| *other != tone) {
                assert_ne!(tone.notes(), other.notes(), "{tone:?} and {other:?}");
                assert_ne!(tone.name(), other.name());
            }
        }
        assert!(Tone::Rep.notes()[0].loudness < Tone::Fault.notes()[0].loudness / 2.0, "the tick is soft");
    }

    #[test]
    fn volume_is_linear_and_nothing_is_silent() {
        let (full, half) = (Tone::Ready.samples(1.0), Tone::Ready.samples(0.5));
        assert!(full.iter().zip(&half).all(|(f, h)| (f * 0.5 - h).abs() < 1e-6));
        assert!(Tone::Ready.samples(0.0).iter().all(|s| *s == 0.0));
    }

    #[test]
    fn a_wav_file_is_read_back_and_others_are_refused() {
        let samples = Tone::SetDone.samples(0.8);
        let file = wav(&samples);
        assert_eq!(file.len(), 44 + 2 * samples.len());
        let back = read_wav(&file).unwrap();
        assert_eq!(back.len(), samples.len());
        assert!(back.iter().zip(&samples).all(|(a, b)| (a - b).abs() < 1e-4));
        let mut stream = file.clone();
        stream[40..44].copy_from_slice(&0x7fff_f000_u32.to_le_bytes());
        assert_eq!(read_wav(&stream).unwrap().len(), samples.len(), "a size that was never filled in");
        let mut stereo = file.clone();
        stereo[22] = 2;
        assert!(read_wav(&stereo).is_none() && read_wav(&file[..30]).is_none() && read_wav(b"").is_none());
    }
}
