//! `sounds`: what each tone means, to be heard before it matters; the options of sound for every command that has them.

use super::args::{SoundArgs, Sounds};
use super::talk::{self, Voice};
use super::{Exit, data};
use crate::sink::files::AtomicFile;
use crate::sink::voice::{Player, Sound, SystemPlayer, Tone, VoiceOptions, wav};
use anyhow::{Context, Result};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

/// Between two sounds, so that each is heard for itself.
const APART: Duration = Duration::from_millis(400);

pub fn run(args: &Sounds, voice: &Voice) -> Result<Exit> {
    let options = options(&args.sound);
    if let Some(folder) = &args.out {
        for tone in Tone::ALL {
            let mut file = AtomicFile::create(&folder.join(format!("{}.wav", tone.name())))?;
            file.write_all(&wav(&tone.samples(options.volume))).context("a tone cannot be written")?;
            file.commit()?;
        }
        voice.note(&format!("the tones are in {}", folder.display()));
    }
    let mut text = String::new();
    for tone in Tone::ALL {
        let _ = writeln!(text, "{:<13} {}", tone.name(), tone.meaning());
    }
    talk::stdout(&text)?;
    if args.out.is_none() && options.sound != Sound::Mute {
        play(&options, voice)?;
    }
    Ok(Exit::Done)
}

fn play(options: &VoiceOptions, voice: &Voice) -> Result<()> {
    let (tell, remarks) = channel();
    let mut player = SystemPlayer::open(&folder(), options, tell)?;
    let wait = |player: &mut SystemPlayer| {
        while player.busy() {
            thread::sleep(Duration::from_millis(20));
        }
        remarks.try_iter().for_each(|remark| voice.note(&remark));
        thread::sleep(APART);
    };
    for tone in Tone::ALL {
        player.tone(tone);
        wait(&mut player);
    }
    if options.sound == Sound::Speech {
        player.say("This is how cues are said.");
        wait(&mut player);
    }
    Ok(())
}

/// What was asked for.
pub fn options(args: &SoundArgs) -> VoiceOptions {
    let sound = match (args.mute, args.beep) {
        (true, _) => Sound::Mute,
        (_, true) => Sound::Tones,
        _ => Sound::Speech,
    };
    let volume = f64::from(args.volume) / 100.0;
    VoiceOptions { sound, say_counts: args.say_counts, volume, voice: args.voice_name.clone() }
}

/// Where the tones' files are kept.
pub fn folder() -> PathBuf {
    // A system without a cache folder has a temporary one; a folder per process keeps others' files out of it.
    data::cache().unwrap_or_else(|| std::env::temp_dir().join(format!("formcheck-{}", std::process::id())))
}
