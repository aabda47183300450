//! The voice against fake programs on a `PATH` of its own, and against players that hang.

use super::*;
use crate::form::summary;
use crate::report::specimen;
use std::sync::{Arc, Mutex};

/// A step of a set in which a cue for a fault begins.
fn fault_begins() -> Step {
    specimen::step(246, 64, 64)
}

/// A player that takes its time and notes when it was asked.
struct Slow {
    asked: Arc<Mutex<Vec<(Instant, String)>>>,
    takes: Duration,
}

impl Slow {
    fn note(&self, what: String) {
        self.asked.lock().unwrap().push((Instant::now(), what));
        thread::sleep(self.takes);
    }
}

impl Player for Slow {
    fn tone(&mut self, tone: Tone) {
        self.note(format!("tone {}", tone.name()));
    }
    fn say(&mut self, words: &str) {
        self.note(format!("say {words}"));
    }
    fn speaking(&mut self) -> bool {
        false
    }
    fn hush(&mut self) {}
}

/// What was asked for, and when.
type Asked = Arc<Mutex<Vec<(Instant, String)>>>;

fn slow(takes: Duration) -> (Voice, Asked) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let player = Slow { asked: asked.clone(), takes };
    (Voice::through(&VoiceOptions::default(), Box::new(player)), asked)
}

#[test]
fn a_cue_reaches_the_player_at_once() {
    let (mut voice, asked) = slow(Duration::ZERO);
    let before = Instant::now();
    voice.push(&fault_begins(), None);
    voice.finish().unwrap();
    let asked = asked.lock().unwrap();
    let said: Vec<&str> = asked.iter().map(|(_, what)| what.as_str()).collect();
    assert_eq!(said, ["tone ready", "tone fault", "say Heels heavy"]);
    let late = asked.iter().map(|(at, _)| at.duration_since(before)).max().unwrap();
    // The thread is woken by the queue; two tenths are a machine busy with other things.
    assert!(late < Duration::from_millis(200), "{late:?}");
}

#[test]
fn a_player_that_hangs_never_holds_up_the_frame_loop() {
    let (mut voice, asked) = slow(Duration::from_millis(400));
    let before = Instant::now();
    for n in 0..200 {
        voice.hear(Heard::Rep(n));
    }
    assert!(before.elapsed() < Duration::from_millis(200), "{:?}", before.elapsed());
    assert!(voice.dropped() > 100, "what nobody could hear is counted: {}", voice.dropped());
    voice.finish().unwrap();
    let played = asked.lock().unwrap().len();
    assert!((1..=4).contains(&played), "what gathered is played as one moment: {played}");
}

#[test]
fn everything_heard_is_logged_even_when_muted() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("cues.jsonl");
    let muted = VoiceOptions { sound: Sound::Mute, ..VoiceOptions::default() };
    let mut voice = Voice::open(&muted, &dir.path().join("tones")).unwrap().log_to(&log).unwrap();
    for step in specimen::steps(64, 64) {
        // The set began 100 s after the camera.
        voice.set_clock(step.pose.t + 100.0);
        voice.push(&step, None);
    }
    voice.hear(Heard::SetDone(summary(&specimen::set())));
    voice.finish().unwrap();
    let text = std::fs::read_to_string(&log).unwrap();
    let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let cue = lines.iter().find(|line| line["rule"] == "specimen.heels_up").unwrap();
    assert_eq!(
        (cue["t_s"].as_f64(), cue["tone"].as_str(), cue["words"].as_str()),
        (Some(108.2), Some("fault"), Some("Heels heavy"))
    );
    assert_eq!(lines.iter().filter(|line| line["tone"] == "rep").count(), 2);
    assert!(lines.last().unwrap()["words"].as_str().unwrap().starts_with("Set done. 2 repetitions."));
    assert!(!dir.path().join("tones").exists(), "a muted voice writes no tones");
}

#[test]
fn a_set_is_mixed_into_one_file() {
    let mut mix = Mix::new(&VoiceOptions::default());
    let (spoken, mut ear) = (mix.has_speech(), Ear::default());
    for step in specimen::steps(64, 64) {
        let mut moment = Vec::new();
        ear.listen(&step, None, &mut |heard| moment.push(heard));
        mix.push(step.pose.t, &moment);
    }
    mix.push(Timestamp::from_secs(12.0), &[Heard::SetDone(summary(&specimen::set()))]);
    let samples = tone::read_wav(&mix.finish()).unwrap();
    let loud = |from: f64, to: f64| {
        let stretch = &samples[(from * f64::from(RATE)) as usize..((to * f64::from(RATE)) as usize).min(samples.len())];
        stretch.iter().fold(0.0_f32, |m, s| m.max(s.abs()))
    };
    assert!(loud(0.0, 0.9) < 0.01 && loud(5.87, 6.0) > 0.05 && loud(6.5, 8.1) < 0.01, "quiet between what is heard");
    assert!(loud(8.2, 8.7) > 0.1 && samples.iter().all(|s| s.abs() < 1.0));
    if spoken {
        assert!(loud(8.9, 9.2) > 0.05, "the cue outlasts its tone");
        assert!(samples.len() as f64 / f64::from(RATE) > 14.0, "the summary is said to its end");
    } else {
        println!("skipped: no speech program that writes files");
    }
}

/// Programs that are shell scripts.
#[cfg(unix)]
mod fakes {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::PathBuf;

    struct Machine(tempfile::TempDir);

    impl Machine {
        fn new() -> Machine {
            let machine = Machine(tempfile::tempdir().unwrap());
            fs::create_dir(machine.path("bin")).unwrap();
            machine
        }

        fn path(&self, name: &str) -> PathBuf {
            self.0.path().join(name)
        }

        /// A program that writes its name and arguments as a line, and then does this.
        fn program(&self, name: &str, then: &str) {
            let file = self.path("bin").join(name);
            let log = self.path("log");
            let script = format!("#!/bin/sh\necho \"{name} $*\" >> '{}'\n{then}\n", log.display());
            fs::write(&file, script).unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        }

        fn player(&self) -> (SystemPlayer, Receiver<String>) {
            let (tell, remarks) = channel();
            let bin = self.path("bin");
            let player =
                SystemPlayer::on(bin.as_os_str(), &self.path("cache"), &VoiceOptions::default(), tell).unwrap();
            (player, remarks)
        }

        fn log(&self) -> Vec<String> {
            let text = fs::read_to_string(self.path("log")).unwrap_or_default();
            text.lines().map(str::to_string).collect()
        }

        /// Looks after the player until the log has so many lines.
        fn wait_for(&self, player: &mut SystemPlayer, lines: usize) -> Vec<String> {
            let until = Instant::now() + Duration::from_secs(10);
            while self.log().len() < lines && Instant::now() < until {
                player.busy();
                thread::sleep(Duration::from_millis(5));
            }
            self.log()
        }
    }

    fn wait_until_quiet(player: &mut SystemPlayer) {
        let until = Instant::now() + Duration::from_secs(10);
        while player.busy() && Instant::now() < until {
            thread::sleep(Duration::from_millis(5));
        }
    }

    #[test]
    fn tones_are_files_that_a_program_plays_and_words_are_arguments() {
        let machine = Machine::new();
        machine.program("paplay", "");
        machine.program("espeak-ng", "");
        let (mut player, remarks) = machine.player();
        player.tone(Tone::Rep);
        machine.wait_for(&mut player, 1);
        player.say("Heels heavy");
        let log = machine.wait_for(&mut player, 2);
        assert_eq!(log[0], format!("paplay {}", machine.path("cache/tones-80/rep.wav").display()));
        assert_eq!(log[1], "espeak-ng -a 80 -s 165 Heels heavy");
        wait_until_quiet(&mut player);
        assert!(remarks.try_recv().is_err(), "nothing went wrong");
        let written = fs::read(machine.path("cache/tones-80/rep.wav")).unwrap();
        assert_eq!(written, wav(&Tone::Rep.samples(0.8)));
    }

    #[test]
    fn new_words_end_the_old_ones() {
        let machine = Machine::new();
        machine.program(
            "espeak-ng",
            &format!("case \"$*\" in *first*) sleep 3; echo late >> '{}';; esac", machine.path("log").display()),
        );
        let (mut player, _remarks) = machine.player();
        player.say("first");
        machine.wait_for(&mut player, 1);
        assert!(player.speaking());
        let before = Instant::now();
        player.say("second");
        assert!(before.elapsed() < Duration::from_secs(1), "the old words are not waited for");
        machine.wait_for(&mut player, 2);
        wait_until_quiet(&mut player);
        assert!(before.elapsed() < Duration::from_secs(2), "{:?}", machine.log());
        assert!(machine.log().iter().all(|line| line != "late"));
    }

    #[test]
    fn where_a_program_fails_the_next_one_takes_over_and_it_is_told() {
        let machine = Machine::new();
        machine.program("pw-play", "exit 1");
        machine.program("aplay", "");
        machine.program("spd-say", "exit 1");
        machine.program("espeak-ng", "");
        let (mut player, remarks) = machine.player();
        player.tone(Tone::Fault);
        let log = machine.wait_for(&mut player, 2);
        assert!(log[1].starts_with("aplay -q "), "{log:?}");
        player.say("Heels heavy");
        let log = machine.wait_for(&mut player, 4);
        assert_eq!(log[2..], ["spd-say -w -i 60 Heels heavy", "espeak-ng -a 80 -s 165 Heels heavy"]);
        player.tone(Tone::Rep);
        let log = machine.wait_for(&mut player, 5);
        assert!(log[4].starts_with("aplay"), "the failing one is not tried again: {log:?}");
        let told: Vec<String> = remarks.try_iter().collect();
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].contains("pw-play") && told[0].contains("aplay") && told[1].contains("espeak-ng speaks"));
    }

    #[test]
    fn with_nothing_installed_it_is_said_with_the_way_out() {
        let machine = Machine::new();
        let (mut player, remarks) = machine.player();
        player.tone(Tone::Rep);
        player.say("nobody hears this");
        assert!(!player.busy());
        let told: Vec<String> = remarks.try_iter().collect();
        assert!(told[0].contains("bell") && told[0].contains("install"), "{told:?}");
        assert!(told[1].contains("tones only") && told[1].contains("install espeak-ng"), "{told:?}");
    }
}
