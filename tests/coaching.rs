//! Safety, history and sound from outside: what is asked, kept, listed and written.

use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::contains;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A folder of its own with an empty data folder, and no program on `PATH` that could make a sound.
struct Place(TempDir);

impl Place {
    fn new() -> Place {
        Place(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn run(&self, args: &[&str]) -> assert_cmd::assert::Assert {
        let mut command = Command::cargo_bin("formcheck").unwrap();
        command.current_dir(self.0.path()).env("FORMCHECK_DATA", self.path("data")).env("PATH", "");
        for name in ["FORMCHECK_MODELS", "ORT_DYLIB_PATH", "LD_LIBRARY_PATH"] {
            command.env_remove(name);
        }
        command.args(args).assert()
    }

    fn answers(&self) -> serde_json::Value {
        serde_json::from_str(&fs::read_to_string(self.path("data/safety.json")).unwrap()).unwrap()
    }
}

fn repository(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name).to_string_lossy().into_owned()
}

const WELL: [&str; 7] = ["safety", "--urgent", "no", "--see-first", "no", "--understood", "yes"];

#[test]
fn no_session_begins_before_the_questions_are_answered() {
    let place = Place::new();
    // Without a terminal nobody can be asked, and a camera is not even looked for.
    place
        .run(&["live", "squat", "--headless"])
        .code(2)
        .stderr(contains("safety questions").and(contains("formcheck safety")));
    place.run(&["safety"]).code(2).stderr(contains("nobody answered"));
    assert!(!place.path("data/safety.json").exists());
    place.run(&["safety", "--urgent", "no"]).code(2).stderr(contains("--see-first").and(contains("missing")));
    assert!(!place.path("data/safety.json").exists(), "nothing counts as answered that was not");

    place.run(&WELL).success();
    let kept = place.answers();
    assert_eq!((kept["text_version"].as_u64(), kept["answers"]["urgent"].as_bool()), (Some(1), Some(false)));
    assert_eq!(kept["date"].as_str().unwrap().len(), 10);
    // Now it is the camera or the model that is missing.
    place.run(&["live", "squat", "--headless"]).code(2).stderr(contains("safety questions").not());
}

#[test]
fn answers_that_call_for_help_forbid_a_session() {
    let place = Place::new();
    let urgent = ["safety", "--urgent", "yes", "--see-first", "no", "--understood", "yes"];
    place.run(&urgent).code(2).stderr(contains("emergency department"));
    place.run(&["live", "squat", "--headless"]).code(2).stderr(contains("not yet"));
    let see = ["safety", "--urgent", "no", "--see-first", "yes", "--understood", "yes"];
    place.run(&see).code(2).stderr(contains("--cleared"));
    let not_cleared = [&see[..], &["--cleared", "no"]].concat();
    place.run(&not_cleared).code(2).stderr(contains("See a health professional"));
    let cleared = [&see[..], &["--cleared", "yes"]].concat();
    place.run(&cleared).success();
    place.run(&["safety", "--show"]).success().stdout(contains("new trouble starting").and(contains("Always")));
}

#[test]
fn history_lists_sets_and_the_next_step_and_survives_broken_lines() {
    let place = Place::new();
    place.run(&["history"]).success().stdout(contains("no sets yet"));
    let demo = repository("fixtures/demo/poses.jsonl");
    place.run(&["score", &demo, "-e", "squat", "-o", "out", "--history"]).success();
    fs::write(place.path("more"), "").unwrap();
    let file = place.path("data/history.jsonl");
    let mut text = fs::read_to_string(&file).unwrap();
    assert_eq!(text.lines().count(), 1);
    text.push_str("{\"half\": \n");
    fs::write(&file, &text).unwrap();
    let listed = place.run(&["history"]).success();
    listed
        .stdout(contains("squat").and(contains("3 reps")).and(contains("Next steps")))
        .stderr(contains("line 2 is left out"));
    place.run(&["history", "hip_hinge"]).success().stdout(contains("no sets yet"));
    place.run(&["programme", "squat"]).success().stdout(contains("Squat: bodyweight, 10: 10 repetitions"));

    // Pain asks the questions anew.
    place.run(&WELL).success();
    let pain =
        text.lines().next().unwrap().replace("\"pain\":false", "\"pain\":true").replace("\"date\":\"", "\"date\":\"9");
    fs::write(&file, format!("{pain}\n")).unwrap();
    place.run(&["live", "squat", "--headless"]).code(2).stderr(contains("pain ended a set"));
    place.run(&["history"]).success().stdout(contains("pain ended the last session"));
}

#[test]
fn tones_are_explained_and_written() {
    let place = Place::new();
    place.run(&["sounds", "--out", "tones"]).success().stdout(contains("a repetition was counted"));
    assert_eq!(fs::read_dir(place.path("tones")).unwrap().count(), 10);
    assert_eq!(&fs::read(place.path("tones/fault.wav")).unwrap()[..4], b"RIFF");
    // Nothing plays here: the bell rings and both gaps are told with the way out.
    place.run(&["sounds"]).success().stderr(contains("bell").and(contains("install espeak-ng")));
    place.run(&["sounds", "--mute"]).success().stderr("");
    place.run(&["sounds", "--mute", "--beep"]).code(2);
    place.run(&["doctor"]).success().stdout(contains("spoken cues").and(contains("tones")));
}
