//! The program from outside: what is printed, what is written, how it ends; failing paths above all.
//!
//! No test here needs a model or ffmpeg, except where it says "skipped: no …" without one: pose recordings need neither.

use assert_cmd::Command;
use formcheck::exercises;
use predicates::prelude::*;
use predicates::str::contains;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A folder of its own, with an empty data folder, so that nothing installed on the machine shows through.
struct Place(TempDir);

impl Place {
    fn new() -> Place {
        Place(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    fn formcheck(&self) -> Command {
        let mut command = Command::cargo_bin("formcheck").unwrap();
        command.current_dir(self.0.path()).env("FORMCHECK_DATA", self.path(".data"));
        for name in ["FORMCHECK_MODELS", "ORT_DYLIB_PATH", "LD_LIBRARY_PATH"] {
            command.env_remove(name);
        }
        command
    }

    fn run(&self, args: &[&str]) -> assert_cmd::assert::Assert {
        self.formcheck().args(args).assert()
    }

    /// Asserts status 2 and exactly one line on stderr, which names the way out.
    fn refused(&self, args: &[&str], said: &str) {
        let output = self.run(args).code(2).get_output().clone();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(stderr.lines().count(), 1, "{args:?} said more than one line:\n{stderr}");
        assert!(stderr.starts_with("error: "), "{args:?}: {stderr}");
        assert!(stderr.contains(said), "{args:?} should say {said:?}: {stderr}");
        assert!(!stderr.contains("has a bug"), "{args:?}: {stderr}");
    }
}

/// Three squats of the synthetic figure, with spine landmarks; the pelvis tucks under.
fn recording() -> Vec<u8> {
    fs::read(repository("fixtures/demo/poses.jsonl")).unwrap()
}

/// The same, cut after so many pictures.
fn recording_of(pictures: usize) -> Vec<u8> {
    let text = String::from_utf8(recording()).unwrap();
    text.lines().take(1 + pictures).flat_map(|line| [line, "\n"]).collect::<String>().into_bytes()
}

fn repository(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// A real pose model, where there is one.
fn model() -> Option<String> {
    let path = repository("../shared/models/movenet_singlepose_lightning_192.onnx");
    if !path.is_file() {
        println!("skipped: no pose model in ../shared/models");
        return None;
    }
    Some(path.to_string_lossy().into_owned())
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Every file below a folder.
fn tree(root: &Path) -> BTreeMap<String, Vec<u8>> {
    fn visit(root: &Path, folder: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                visit(root, &path, files);
            } else {
                files.insert(path.strip_prefix(root).unwrap().to_string_lossy().into_owned(), fs::read(&path).unwrap());
            }
        }
    }
    let mut files = BTreeMap::new();
    visit(root, root, &mut files);
    files
}

// ---- help, version, completions, manual ---------------------------------------------------------------------------

const COMMANDS: [&str; 10] =
    ["demo", "replay", "score", "explain", "exercises", "models", "runtime", "doctor", "completions", "man"];

#[test]
fn every_command_has_help_with_an_example() {
    let place = Place::new();
    let top = place.run(&["--help"]).success().get_output().clone();
    for command in COMMANDS {
        assert!(text(&top.stdout).contains(command), "--help does not name {command}");
        place.run(&[command, "--help"]).success().stdout(contains("Example")).stderr("");
    }
    place.run(&["models", "pull", "--help"]).success().stdout(contains("Examples:"));
    place.run(&["--version"]).success().stdout(contains(env!("CARGO_PKG_VERSION")));
}

#[test]
fn what_is_mistyped_is_refused_in_one_line_that_names_the_help() {
    let place = Place::new();
    place.run(&[]).code(2);
    place.refused(&["scroe"], "a similar subcommand exists: 'score'");
    place.refused(&["score", "x.mp4", "--exercise", "squat"], "see `formcheck score --help`");
    place.refused(&["score", "x.mp4", "-e", "squat", "-o", "out", "--shard", "6/5"], "write it as K/N");
    place.refused(&["score", "x.mp4", "-e", "squat", "-o", "out", "--jobs", "0"], "--jobs");
    place.refused(&["replay", "x.mp4", "-e", "squat", "--runtime", "fast"], "onnxruntime");
    place.refused(&["replay", "x.mp4", "-e", "sqat"], "a similar value exists: 'squat'");
}

#[test]
fn completions_and_manual_pages_know_the_commands() {
    let place = Place::new();
    for shell in ["bash", "zsh", "fish"] {
        place.run(&["completions", shell]).success().stdout(contains("score").and(contains("hip_hinge"))).stderr("");
    }
    for shell in ["powershell", "elvish"] {
        place.run(&["completions", shell]).success().stdout(contains("score")).stderr("");
    }
    place.run(&["man", "-"]).success().stdout(contains(".TH formcheck"));
    place.run(&["man", "pages"]).success();
    for page in ["formcheck.1", "formcheck-score.1", "formcheck-models-pull.1"] {
        assert!(place.path("pages").join(page).is_file(), "no {page}");
    }
    place.write("file", "in the way");
    place.refused(&["man", "file"], "give another folder");
}

// ---- explain, exercises, doctor, models -----------------------------------------------------------------------------

#[test]
fn every_rule_is_explained_by_name_and_by_number() {
    let place = Place::new();
    let all = text(&place.run(&["explain"]).success().get_output().stdout);
    for rule in exercises::ALL.iter().flat_map(|e| e.rules) {
        assert!(all.contains(rule.name), "the list lacks {}", rule.name);
    }
    // One call each for a few; the pages of all rules are held by the tests inside `cli::explain`.
    for rule in exercises::ALL.iter().filter_map(|e| e.rules.first()) {
        let by_name = place.run(&["explain", rule.name]).success().get_output().stdout.clone();
        let by_number = place.run(&["explain", &rule.id.to_lowercase()]).success().get_output().stdout.clone();
        assert_eq!(text(&by_name), text(&by_number));
        let page = text(&by_name);
        for part in [rule.name, rule.id, rule.cue, "Limits", "Margin", "Why", "Views"] {
            assert!(page.contains(part), "{}: no {part}", rule.name);
        }
    }
    place.run(&["explain", "hip_hinge"]).success().stdout(contains("HH1"));
    place.refused(&["explain", "squat.but_wink"], "did you mean squat.butt_wink?");
    place.refused(&["explain", "xylophone"], "`formcheck explain` lists all names");
}

#[test]
fn exercises_tell_where_the_camera_stands_and_what_this_is_not() {
    let place = Place::new();
    let all = place.run(&["exercises"]).success();
    let said = text(&all.get_output().stdout);
    for exercise in exercises::ALL {
        assert!(said.contains(exercise.title));
    }
    assert!(said.contains("lens 0.9 m high") && said.contains("not a medical device"));
    place.run(&["exercises", "squat"]).success().stdout(contains("Hip hinge").not());
}

/// Whether the program brings a pose model of its own (see `build.rs`).
fn own_model() -> bool {
    formcheck::estimate::store::EMBEDDED.is_some()
}

#[test]
fn a_bare_machine_is_told_what_is_missing_and_how_to_get_it() {
    let place = Place::new();
    let sheet = place.formcheck().arg("doctor").env("PATH", place.path("nothing")).assert().success();
    let sheet = text(&sheet.get_output().stdout);
    let models = if own_model() { "used when none is named: formcheck" } else { "formcheck models pull" };
    for way_out in ["formcheck runtime install", models, "apt install ffmpeg", "looked in"] {
        assert!(sheet.contains(way_out), "{way_out} is not in\n{sheet}");
    }
    place.run(&["runtime", "status"]).success();
    place.run(&["models", "list"]).success().stdout(contains("movenet_lightning").and(contains("Apache-2.0")));
    place.run(&["models", "info", "movenet_lightning"]).success().stdout(contains("left_knee"));
    place.refused(&["models", "info", "posenet"], "formcheck models list");
    place.refused(&["models", "pull", "posenet"], "posenet");
    if own_model() {
        place.run(&["models", "verify"]).success().stdout(contains("formcheck"));
        place.run(&["models", "list"]).success().stdout(contains("used when none is named: formcheck"));
        place.run(&["models", "info", "formcheck"]).success().stdout(contains("in the program").and(contains("body")));
    } else {
        place.refused(&["models", "verify"], "formcheck models pull");
    }
}

#[test]
fn a_changed_model_file_is_found() {
    let place = Place::new();
    let file = "movenet_singlepose_lightning_192.onnx";
    place.write(&format!(".data/models/{file}"), "something else");
    place.run(&["models", "list"]).success().stdout(contains("here"));
    place.refused(&["models", "verify", "movenet_lightning"], "formcheck models pull movenet_lightning");
}

// ---- one clip -------------------------------------------------------------------------------------------------------

/// Name, content, and what is said about it.
fn broken_clips() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let video = fs::read(repository("fixtures/media/square_h264.mp4")).unwrap();
    let torn = String::from_utf8(recording_of(3)).unwrap();
    let mut wave = b"RIFF\x24\x08\0\0WAVEfmt ".to_vec();
    wave.extend([0; 64]);
    vec![
        ("empty.mp4", Vec::new(), "the file is empty"),
        ("words.mp4", b"not a video at all\n".to_vec(), "not a clip"),
        ("zeros.mp4", vec![0; 10_000], "broken copy"),
        ("sound.wav", wave, "no picture"),
        ("paper.pdf", b"%PDF-1.7\n".to_vec(), "PDF"),
        ("cut.mp4", video[..video.len() / 2].to_vec(), "cut"),
        ("torn.jsonl", torn.as_bytes()[..torn.len() - 40].to_vec(), "pose recording"),
        ("other.jsonl", b"{\"schema\":\"formcheck.poses/9\"}\n".to_vec(), "pose recording"),
    ]
}

#[test]
fn a_broken_clip_is_one_line_and_status_2() {
    let place = Place::new();
    for (name, bytes, said) in broken_clips() {
        place.write(name, bytes);
        let args = ["replay", name, "-e", "squat", "--headless"];
        place.refused(&args, said);
        place.refused(&args, name);
    }
    place.refused(&["replay", "gone.mp4", "-e", "squat", "--headless"], "gone.mp4: there is no such file");
    fs::create_dir(place.path("nothing")).unwrap();
    place.refused(&["replay", "nothing", "-e", "squat", "--headless"], "no images in this folder");
}

#[cfg(unix)]
#[test]
fn an_unreadable_clip_is_one_line_and_status_2() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    let path = place.write("locked.jsonl", recording_of(3));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(&path).is_ok() {
        println!("skipped: no file is unreadable to this user");
        return;
    }
    place.refused(&["replay", "locked.jsonl", "-e", "squat", "--headless"], "check its permissions");
}

#[test]
fn a_clip_without_a_model_says_how_to_get_one() {
    let place = Place::new();
    place.write("clip.mp4", fs::read(repository("fixtures/media/square_h264.mp4")).unwrap());
    let replay =
        |model: &str| place.refused(&["replay", "clip.mp4", "-e", "squat", "--headless", "--model", model], "model");
    // The program's own model is always there; another is not.
    let absent: &[&str] = if own_model() { &["--model", "movenet_thunder"] } else { &[] };
    let refused = |args: &[&str]| place.refused(&[args, absent].concat(), "formcheck models pull");
    refused(&["replay", "clip.mp4", "-e", "squat", "--headless"]);
    refused(&["score", "clip.mp4", "-e", "squat", "-o", "out"]);
    replay("no_such_model");
    replay("no/such/model.onnx");
    place.write("foreign.onnx", "no network");
    replay("foreign.onnx");
    // A name that a card knows, with other bytes in it.
    place.write("movenet_singlepose_lightning_192.onnx", "no network");
    replay("movenet_singlepose_lightning_192.onnx");
}

#[test]
fn a_missing_runtime_library_is_one_line() {
    let Some(model) = model() else { return };
    let place = Place::new();
    place.write("clip.mp4", fs::read(repository("fixtures/media/square_h264.mp4")).unwrap());
    place.refused(
        &["replay", "clip.mp4", "-e", "squat", "--headless", "--model", &model, "--runtime", "./no/library.so"],
        "formcheck runtime install",
    );
}

#[test]
fn a_video_without_anybody_in_it_counts_nothing() {
    let Some(model) = model() else { return };
    let place = Place::new();
    place.write("clip.mp4", fs::read(repository("fixtures/media/square_h264.mp4")).unwrap());
    let args =
        ["replay", "clip.mp4", "-e", "squat", "--headless", "--out", "out", "--model", &model, "--runtime", "rten"];
    place.run(&args).success().stdout(contains("nothing counted"));
    let report: serde_json::Value =
        serde_json::from_slice(&fs::read(place.path("out/clip/report.json")).unwrap()).unwrap();
    assert_eq!((report["reps"].as_array().unwrap().len(), &report["score"]), (0, &serde_json::Value::Null));
}

#[test]
fn a_recording_is_judged_without_a_model() {
    let place = Place::new();
    place.write("squats.jsonl", recording());
    let ended = place.run(&["replay", "squats.jsonl", "-e", "squat", "--headless", "--out", "out"]).success();
    let said = text(&ended.get_output().stdout);
    assert!(said.contains("squat.butt_wink") && said.contains("Not a medical device"), "{said}");
    for name in ["report.json", "report.html", "poses.jsonl", "angles.csv", "cues.vtt"] {
        assert!(place.path("out/squats").join(name).is_file(), "no {name}");
    }
    let report: serde_json::Value =
        serde_json::from_slice(&fs::read(place.path("out/squats/report.json")).unwrap()).unwrap();
    assert_eq!(report["reps"].as_array().unwrap().len(), 3);

    // Without --out nothing is written.
    let before = tree(place.0.path());
    place.run(&["replay", "squats.jsonl", "-e", "squat", "--headless"]).success();
    assert_eq!(tree(place.0.path()).len(), before.len());
}

#[test]
fn a_quiet_batch_prints_nothing_and_a_recording_without_pictures_is_told() {
    let place = Place::new();
    place.write("squats.jsonl", recording());
    place.run(&["score", "squats.jsonl", "-e", "squat", "-o", "out", "-q"]).success().stdout("").stderr("");
    let args = ["score", "squats.jsonl", "-e", "squat", "-o", "out", "--annotate"];
    place.run(&args).success().stderr(contains("a pose recording has no pictures to draw on"));
}

#[test]
fn squats_count_as_no_other_exercise_and_what_they_look_like_is_told() {
    let place = Place::new();
    place.write("squats.jsonl", recording());
    let ended = place.run(&["score", "squats.jsonl", "-e", "hip_hinge", "-o", "out"]).success();
    let said = text(&ended.get_output().stdout);
    assert!(said.contains("0 reps") && said.contains("choose it with --exercise squat"), "{said}");
    // Told though something was counted: a deadlift may bend knees as far.
    let ended =
        place.run(&["score", "squats.jsonl", "-e", "hip_hinge", "--variant", "deadlift", "-o", "out2"]).success();
    let said = text(&ended.get_output().stdout);
    assert!(said.contains("3 reps") && said.contains("choose it with --exercise squat"), "{said}");
}

/// Where pictures of a clip are broken, another decoder goes on without them.
#[test]
fn a_damaged_clip_says_how_many_pictures_were_lost_and_what_decoded_it() {
    if !own_model() || formcheck::source::ffmpeg_version(Path::new("ffmpeg")).is_none() {
        println!("skipped: no pose model or no ffmpeg");
        return;
    }
    let place = Place::new();
    let mut bytes = fs::read(repository("fixtures/media/square_h264.mp4")).unwrap();
    let pictures = bytes.windows(4).position(|name| name == b"mdat").unwrap();
    let middle = pictures + (bytes.len() - pictures) / 2;
    bytes[middle..middle + 300].fill(0xFF);
    place.write("clip.mp4", bytes);
    place.run(&["replay", "clip.mp4", "-e", "squat", "--headless", "--out", "out"]).success();
    let report: serde_json::Value =
        serde_json::from_slice(&fs::read(place.path("out/clip/report.json")).unwrap()).unwrap();
    assert!(report["source"]["decoder"].as_str().unwrap().starts_with("built-in H.264, then ffmpeg "), "{report:#}");
    let lost = report["notices"].as_array().unwrap().iter().find(|notice| notice["code"] == "pictures_lost");
    assert!(lost.unwrap()["text"].as_str().unwrap().contains("of 25 pictures could not be decoded"), "{report:#}");
}

#[test]
fn the_exercise_is_told_from_the_clip_when_asked_for() {
    let place = Place::new();
    place.write("a/clip.jsonl", recording());
    place.run(&["score", "a", "-e", "squat", "-o", "named"]).code(0);
    place.run(&["score", "a", "-e", "auto", "-o", "told"]).code(0).stdout(contains("squat"));
    let report = |folder: &str| fs::read_to_string(place.path(folder).join("clip/report.json")).unwrap();
    assert_eq!(report("named"), report("told"));
    // Half a second of it is no exercise.
    let text = String::from_utf8(recording()).unwrap();
    place.write("short.jsonl", text.lines().take(16).collect::<Vec<_>>().join("\n") + "\n");
    place
        .run(&["replay", "short.jsonl", "-e", "auto", "--headless"])
        .code(2)
        .stderr(contains("none of the exercises was recognised").and(contains("--exercise NAME")));
}

#[test]
fn faults_are_an_exit_status_only_when_asked_for() {
    let place = Place::new();
    place.write("squats.jsonl", recording());
    place.write("standing.jsonl", recording_of(40));
    place.run(&["replay", "squats.jsonl", "-e", "squat", "--headless"]).code(0);
    place.run(&["replay", "squats.jsonl", "-e", "squat", "--headless", "--check"]).code(1);
    place.run(&["replay", "standing.jsonl", "-e", "squat", "--headless", "--check"]).code(0);
    place.run(&["score", "squats.jsonl", "-e", "squat", "-o", "out", "--check"]).code(1);
    place.run(&["score", "standing.jsonl", "-e", "squat", "-o", "out2", "--check"]).code(0);
}

#[test]
fn recordings_of_no_and_of_one_picture_are_judged() {
    let place = Place::new();
    for (name, pictures) in [("none.jsonl", 0), ("one.jsonl", 1)] {
        place.write(name, recording_of(pictures));
        place
            .run(&["replay", name, "-e", "squat", "--headless", "--out", "out"])
            .success()
            .stdout(contains("nothing counted"));
    }
}

#[test]
fn strange_names_are_names() {
    let place = Place::new();
    let names =
        ["user:pass@host.jsonl", "%03d.jsonl", "a b;$(touch gone).jsonl", "file:x.jsonl", "ü ñ 漢.jsonl", "-rf.jsonl"];
    for name in names {
        place.write(name, recording_of(2));
        place.write(&format!("clips/{name}"), recording_of(2));
        place.run(&["replay", "-e", "squat", "--headless", "--out", "out", "--", name]).success();
    }
    place.run(&["score", "clips", "-e", "squat", "-o", "all"]).success();
    let table = fs::read_to_string(place.path("all/summary.csv")).unwrap();
    assert_eq!(table.lines().count(), 1 + names.len());
    assert!(!place.path("gone").exists());
}

#[test]
fn the_series_is_printed_as_a_table() {
    let place = Place::new();
    place.write("squats.jsonl", recording_of(30));
    let ended = place.run(&["replay", "squats.jsonl", "-e", "squat", "--trace"]).success();
    let series = text(&ended.get_output().stdout);
    assert_eq!(series.lines().count(), 1 + 30);
    assert!(
        series.starts_with("t_s,frame,view,phase,progress,")
            && series.lines().next().unwrap().contains("near_knee_deg")
    );

    let ended = place.run(&["score", "squats.jsonl", "-e", "squat", "-o", "out", "--trace", "-q"]).success().stderr("");
    let series = text(&ended.get_output().stdout);
    assert!(series.starts_with("clip,t_s,") && series.lines().nth(1).unwrap().starts_with("squats,"));
}

// ---- batches --------------------------------------------------------------------------------------------------------

fn a_batch(place: &Place) {
    place.write("clips/a/squat.jsonl", recording());
    place.write("clips/b/squat.jsonl", recording_of(200));
    place.write("clips/standing.jsonl", recording_of(40));
}

#[test]
fn the_others_are_still_scored() {
    let place = Place::new();
    a_batch(&place);
    let broken = broken_clips();
    let broken: Vec<_> = broken.iter().filter(|(name, ..)| name.ends_with("mp4") || name.ends_with("jsonl")).collect();
    for (name, bytes, _) in &broken {
        place.write(&format!("clips/{name}"), bytes);
    }
    let ended = place.run(&["score", "clips", "gone.mp4", "-e", "squat", "-o", "out", "-q"]).code(2);
    let stderr = text(&ended.get_output().stderr);
    assert_eq!(stderr.lines().count(), broken.len() + 1, "{stderr}");
    assert!(stderr.lines().all(|line| line.starts_with("error: ")), "{stderr}");

    let mut table = csv::Reader::from_path(place.path("out/summary.csv")).unwrap();
    let rows: Vec<csv::StringRecord> = table.records().map(|r| r.unwrap()).collect();
    let with_status = |status: &str| rows.iter().filter(|row| &row[3] == status).count();
    assert_eq!((with_status("scored"), with_status("failed")), (3, broken.len() + 1));
    for folder in ["squat", "squat-2", "standing"] {
        assert!(place.path("out").join(folder).join("report.json").is_file(), "no report in {folder}");
    }
    assert!(!place.path("out/empty").exists(), "a folder was left behind for a clip that failed");
    assert_eq!(text(&ended.get_output().stdout), "", "a quiet batch says nothing but errors");
    let ended = place.run(&["score", "clips", "gone.mp4", "-e", "squat", "-o", "out"]).code(2);
    let said = text(&ended.get_output().stdout);
    assert!(said.contains("failed: ") && said.contains("Not a medical device"), "{said}");
}

#[test]
fn the_number_of_jobs_changes_nothing() {
    let place = Place::new();
    a_batch(&place);
    for (jobs, out) in [("1", "one"), ("4", "four")] {
        place.run(&["score", "clips", "-e", "squat", "-o", out, "--jobs", jobs]).success();
    }
    assert_eq!(tree(&place.path("one")), tree(&place.path("four")));
}

#[test]
fn resuming_scores_what_is_missing_or_was_made_differently() {
    let place = Place::new();
    a_batch(&place);
    let score = ["score", "clips", "-e", "squat", "-o", "out", "--resume", "-v"];
    place.run(&score).success().stderr(contains("complete already").not());
    let first = tree(&place.path("out"));
    let complete = |ended: assert_cmd::assert::Assert| {
        text(&ended.success().get_output().stderr).matches("complete already").count()
    };

    assert_eq!(complete(place.run(&score)), 3);
    fs::write(place.path("out/squat/report.json"), "{").unwrap();
    assert_eq!(complete(place.run(&score)), 2);
    assert_eq!(tree(&place.path("out")), first);

    place.write("clips/standing.jsonl", recording_of(41));
    assert_eq!(complete(place.run(&score)), 2, "a changed clip");
    let other = ["score", "clips", "-e", "hip_hinge", "-o", "out", "--resume", "-v"];
    assert_eq!(complete(place.run(&other)), 0, "another exercise");
}

#[test]
fn shards_make_the_same_table_together() {
    let place = Place::new();
    a_batch(&place);
    place.run(&["score", "clips", "-e", "squat", "-o", "whole"]).success();
    for shard in ["1/2", "2/2"] {
        place.run(&["score", "clips", "-e", "squat", "-o", "parts", "--shard", shard]).success();
    }
    let ended = place.run(&["score", "clips", "-e", "squat", "-o", "parts", "--resume", "-v"]).success();
    assert_eq!(text(&ended.get_output().stderr).matches("complete already").count(), 3);
    assert_eq!(fs::read(place.path("whole/summary.csv")).unwrap(), fs::read(place.path("parts/summary.csv")).unwrap());
    assert!(place.path("parts/summary-1-of-2.csv").is_file());
}

#[test]
fn manifests_and_globs_name_clips() {
    let place = Place::new();
    a_batch(&place);
    place.write("clips.csv", "path,exercise\nclips/a/squat.jsonl,squat\nclips/standing.jsonl,hip_hinge\n");
    place.run(&["score", "clips.csv", "-o", "out"]).success().stdout(contains("hip_hinge"));
    place.run(&["score", "clips/**/squat.jsonl", "-e", "squat", "-o", "out2"]).success();
    assert_eq!(fs::read_to_string(place.path("out2/summary.csv")).unwrap().lines().count(), 3);

    place.refused(&["score", "clips", "-o", "out"], "--exercise");
    place.refused(&["score", "*.avi", "-e", "squat", "-o", "out"], "no clip matches");
    place.write("bad.csv", "path,exercise\nx.mp4,sqaut\n");
    place.refused(&["score", "bad.csv", "-o", "out"], "bad.csv, line 2");
    fs::create_dir(place.path("bare")).unwrap();
    place.refused(&["score", "bare", "-e", "squat", "-o", "out"], "no clips in bare");
}

#[test]
fn a_results_folder_that_cannot_be_written_is_one_line() {
    let place = Place::new();
    place.write("squats.jsonl", recording_of(5));
    place.write("in_the_way", "a file");
    place.refused(&["score", "squats.jsonl", "-e", "squat", "-o", "in_the_way"], "--out");
    place.refused(&["replay", "squats.jsonl", "-e", "squat", "--headless", "-o", "in_the_way"], "--out");
    place.refused(&["demo", "--offline", "-o", "in_the_way"], "--out");
}

// ---- demo -----------------------------------------------------------------------------------------------------------

#[test]
fn the_demo_needs_nothing_and_tells_what_to_try_next() {
    let place = Place::new();
    let ended = place.run(&["demo", "--offline"]).success();
    let said = text(&ended.get_output().stdout);
    assert!(said.contains("squat.butt_wink") && said.contains("Then try"), "{said}");
    for line in said.lines().filter(|line| line.starts_with("  formcheck-demo/")) {
        let file = line.split_whitespace().next().unwrap();
        assert!(place.path(file).is_file(), "the demo names {file}, which is not there");
    }
    assert!(
        !said.contains("nothing counted\n") || said.contains("exact_squats"),
        "something is always counted: {said}"
    );
    assert_eq!(place.path("formcheck-demo/squats/annotated.mp4").is_file(), own_model(), "a clip, or poses only");
}

#[test]
fn live_without_what_it_needs_is_one_line() {
    let place = Place::new();
    // Without a model of its own in the program that is what is missed first.
    let missing = if own_model() { "none.mp4" } else { "no pose model found" };
    place.refused(&["live", "squat", "--camera", "none.mp4", "--headless"], missing);
    place.refused(&["live", "squats"], "squat");
    place.refused(&["live", "squat", "--delay", "600"], "0 to 60");
    place.refused(&["live", "squat", "--count", "0"], "1..=1000");
    place.refused(&["live", "squat", "--out", "a", "--record", "b"], "--record");
    place.refused(&["live"], "EXERCISE");
    place.refused(&["live", "squat", "--programme"], "--programme");
    place.refused(&["live", "--programme", "squat,squats"], "squats");
    place.refused(&["live", "squat", "--rest", "5"], "--rest");
    let with_variant = ["live", "--programme", "squat", "--variant", "deep", "--camera", "none.mp4", "--headless"];
    place.refused(&with_variant, "leave --variant out");
    place.refused(&["live", "--programme", "squat,hip_hinge", "--camera", "none.mp4", "--headless"], missing);
}
