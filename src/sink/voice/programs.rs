//! The programs of the system that play a file or speak, and their command lines.
//!
//! Nothing of audio is linked in: sound libraries need packages to build that a fresh machine lacks, and a program can be
//! ended when it hangs. Names are looked up on `PATH`; words are arguments or environment, never a shell's text.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// `PATH`.
pub fn path() -> OsString {
    env::var_os("PATH").unwrap_or_default()
}

/// The program of this name in the folders of `path`.
fn find(name: &str, path: &OsStr) -> Option<PathBuf> {
    let file = format!("{name}{}", env::consts::EXE_SUFFIX);
    env::split_paths(path).filter(|dir| !dir.as_os_str().is_empty()).map(|dir| dir.join(&file)).find(|p| p.is_file())
}

/// What a run of a program is: arguments, and what it finds in its environment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Line {
    args: Vec<OsString>,
    env: Vec<(&'static str, String)>,
}

fn line<A: Into<OsString>>(args: impl IntoIterator<Item = A>) -> Line {
    Line { args: args.into_iter().map(Into::into).collect(), env: Vec::new() }
}

fn start(program: &Path, line: Line) -> std::io::Result<Child> {
    Command::new(program)
        .args(line.args)
        .envs(line.env)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
}

/// A program that plays a WAV file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilePlayer {
    pub name: &'static str,
    program: PathBuf,
}

/// In the order they are tried: the sound server of today, the one before, the bare device, then what is there for video.
const FILE_PLAYERS: [&str; 6] = ["pw-play", "paplay", "aplay", "afplay", "ffplay", "powershell"];

/// The file players of this machine, the best first.
pub fn file_players(path: &OsStr) -> Vec<FilePlayer> {
    let here = |name: &&&'static str| **name != "powershell" || cfg!(windows);
    let found = FILE_PLAYERS.iter().filter(here);
    found.filter_map(|name| Some(FilePlayer { name, program: find(name, path)? })).collect()
}

impl FilePlayer {
    pub fn play(&self, file: &Path) -> std::io::Result<Child> {
        start(&self.program, play_line(self.name, file))
    }
}

fn play_line(name: &str, file: &Path) -> Line {
    let file = file.as_os_str().to_owned();
    match name {
        "aplay" => line(["-q".into(), file]),
        "ffplay" => {
            let mut all = line(["-nodisp", "-autoexit", "-loglevel", "quiet"]);
            all.args.push(file);
            all
        }
        "powershell" => Line {
            env: vec![("FORMCHECK_WAV", file.to_string_lossy().into_owned())],
            ..line([
                "-NoProfile",
                "-NonInteractive",
                "-Command",
                "(New-Object Media.SoundPlayer $env:FORMCHECK_WAV).PlaySync()",
            ])
        },
        _ => line([file]),
    }
}

/// A program that speaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Speech {
    pub name: &'static str,
    program: PathBuf,
}

/// In the order they are tried. `spd-say` speaks with the voice the person has set up for the whole desktop.
const SPEECH: [&str; 5] = ["spd-say", "espeak-ng", "espeak", "say", "powershell"];

/// The speech programs of this machine, the best first.
pub fn speech(path: &OsStr) -> Vec<Speech> {
    // Other systems have other programs called `say`.
    let foreign = |name: &str| name == "powershell" && !cfg!(windows) || name == "say" && !cfg!(target_os = "macos");
    SPEECH
        .iter()
        .filter(|name| !foreign(name))
        .filter_map(|name| Some(Speech { name, program: find(name, path)? }))
        .collect()
}

impl Speech {
    /// Begins to say the words; the child lives as long as they are spoken.
    pub fn say(&self, words: &str, volume: f64, voice: Option<&str>) -> std::io::Result<Child> {
        start(&self.program, speech_line(self.name, words, volume, voice))
    }

    /// Makes a server stop that speaks on after its client was ended.
    pub fn cancel(&self) {
        if self.name == "spd-say"
            && let Ok(mut child) = start(&self.program, line(["-C"]))
        {
            let _ = child.wait();
        }
    }

    /// Whether it can speak into a file of the kind tones are.
    pub fn writes_files(&self) -> bool {
        matches!(self.name, "espeak-ng" | "espeak")
    }

    /// The words as a WAV file's bytes; `None` when it cannot.
    pub fn to_file(&self, words: &str, volume: f64, voice: Option<&str>) -> Option<Vec<u8>> {
        let mut all = speech_line(self.name, words, volume, voice);
        // To stdout, so that no file has to be made up.
        all.args.insert(0, "--stdout".into());
        let mut command = Command::new(&self.program);
        command.args(all.args).stdin(Stdio::null()).stderr(Stdio::null());
        let output = self.writes_files().then(|| command.output())?.ok()?;
        output.status.success().then_some(output.stdout)
    }
}

/// Words a minute: as fast as a coach, slower than a screen reader.
const PACE: &str = "165";

const SAPI: &str = "Add-Type -AssemblyName System.Speech; \
    $s = New-Object System.Speech.Synthesis.SpeechSynthesizer; $s.Volume = [int]$env:FORMCHECK_VOLUME; \
    if ($env:FORMCHECK_VOICE) { $s.SelectVoice($env:FORMCHECK_VOICE) }; $s.Speak($env:FORMCHECK_WORDS)";

fn speech_line(name: &str, words: &str, volume: f64, voice: Option<&str>) -> Line {
    // Nothing said may pass for an option.
    let words = words.trim_start_matches(['-', ' ']);
    let percent = (volume * 100.0).round();
    let voiced = |mut all: Line, option: &str, words: String| {
        if let Some(voice) = voice {
            all.args.extend([option.into(), voice.into()]);
        }
        all.args.push(words.into());
        all
    };
    match name {
        // -100 is silent, +100 the loudest; it waits until the words are said.
        "spd-say" => {
            let volume = format!("{:.0}", percent * 2.0 - 100.0);
            voiced(line(["-w", "-i", volume.as_str()]), "-y", words.into())
        }
        "say" => voiced(line(["-r", PACE]), "-v", format!("[[volm {volume:.2}]] {words}")),
        "powershell" => Line {
            env: vec![
                ("FORMCHECK_WORDS", words.into()),
                ("FORMCHECK_VOLUME", format!("{percent:.0}")),
                ("FORMCHECK_VOICE", voice.unwrap_or_default().into()),
            ],
            ..line(["-NoProfile", "-NonInteractive", "-Command", SAPI])
        },
        // 100 is espeak's usual loudness.
        _ => voiced(line(["-a", format!("{percent:.0}").as_str(), "-s", PACE]), "-v", words.into()),
    }
}

/// Writes a file unless it is there already, byte for byte.
pub fn keep(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if fs::read(file).is_ok_and(|there| there == bytes) { Ok(()) } else { fs::write(file, bytes) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(line: &Line) -> Vec<String> {
        line.args.iter().map(|a| a.to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn every_program_has_a_command_line_of_its_own() {
        let said = |name: &str| speech_line(name, "Heels heavy", 0.8, Some("en"));
        assert_eq!(args(&said("espeak-ng")), ["-a", "80", "-s", "165", "-v", "en", "Heels heavy"]);
        assert_eq!(args(&said("spd-say")), ["-w", "-i", "60", "-y", "en", "Heels heavy"]);
        assert_eq!(args(&said("say")), ["-r", "165", "-v", "en", "[[volm 0.80]] Heels heavy"]);
        let sapi = said("powershell");
        assert!(sapi.env.contains(&("FORMCHECK_WORDS", "Heels heavy".into())));
        assert!(!args(&sapi).concat().contains("Heels"), "words never become a script's text");
        let file = Path::new("/a b/rep.wav");
        assert_eq!(args(&play_line("paplay", file)), ["/a b/rep.wav"]);
        assert_eq!(args(&play_line("aplay", file)), ["-q", "/a b/rep.wav"]);
        assert!(!args(&play_line("powershell", file)).concat().contains("rep.wav"));
    }

    #[test]
    fn words_never_pass_for_options() {
        assert_eq!(args(&speech_line("espeak-ng", "--version", 1.0, None)).last().unwrap(), "version");
    }

    #[test]
    fn an_installed_speech_program_writes_what_the_mixer_reads() {
        let Some(program) = speech(&path()).into_iter().find(Speech::writes_files) else {
            return println!("skipped: no espeak-ng or espeak on PATH");
        };
        let say = |words| super::super::tone::read_wav(&program.to_file(words, 0.8, None).unwrap()).unwrap();
        let (short, long) = (say("Heels heavy"), say("Heels heavy. Sit back to a chair."));
        let rate = super::super::tone::RATE as usize;
        assert!((rate / 3..2 * rate).contains(&short.len()) && long.len() > short.len() + rate / 2);
        assert!(short.iter().any(|s| s.abs() > 0.05), "it is not silent");
    }
}
