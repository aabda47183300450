//! The rendered clips of `fixtures/clips`: whole, readable, as long as their truth, and about what `synth` says they are.
//!
//! One test per exercise, so that they run side by side. `fixtures/clips/render-all.sh` makes the clips again.

use formcheck::frame::Frame;
use formcheck::runner::synth::truth::{self, TruthLine};
use formcheck::runner::synth::view_word;
use formcheck::source::{self, Decoder, OpenOptions};
use formcheck::synth::{self, Body, Clip};
use formcheck::units::Timestamp;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// What must be there at least.
const CLIPS: [(&str, &[&str]); 7] = [
    ("squat", &["SQ-ok2", "SQ-wink14", "SQ-wink28", "SQ-masked", "SQ-valg50", "SQ-valg80", "SQ-heel20"]),
    (
        "hip_hinge",
        &[
            "HH-ok",
            "HH-ok-free",
            "HH-round24",
            "HH-round24-free",
            "HH-round40",
            "HH-round40-free",
            "HH-arch25",
            "HH-arch25-free",
            "HH-head30",
        ],
    ),
    ("bird_dog", &["BD-ok", "BD-sag17", "BD-rot40"]),
    ("dead_bug", &["DB-ok", "DB-lift25"]),
    ("side_plank", &["SP-ok", "SP-sag32"]),
    ("hip_flexor_stretch", &["HK-ok", "HK-tip30"]),
    ("hamstring_stretch", &["HS-slr60", "HS-slr70", "HS-slr80", "HS-round23", "HS-round35"]),
];

/// A video counts in 1/90000 s, a truth in µs.
const TICK_US: i64 = 12;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/clips")
}

fn folders(exercise: &str) -> Option<Vec<PathBuf>> {
    if !root().is_dir() {
        // The clips are left out of the published package, and of nothing else.
        let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join(".git").exists();
        assert!(
            !checkout,
            "fixtures/clips is missing from this checkout; fixtures/clips/render-all.sh makes the clips"
        );
        println!("skipped: no fixtures/clips (they are not part of the package)");
        return None;
    }
    let folder = root().join(exercise);
    let entries = fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    found.sort();
    Some(found)
}

fn check_exercise(exercise: &str) {
    let Some(folders) = folders(exercise) else { return };
    let (_, required) = CLIPS.iter().find(|(name, _)| *name == exercise).unwrap();
    let ids: Vec<String> = folders.iter().map(|folder| check(folder, exercise)).collect();
    for id in *required {
        assert!(ids.iter().any(|found| found == id), "{exercise}: no clip of {id}");
    }
}

/// Checks one folder; returns the clip's id.
fn check(folder: &Path, exercise: &str) -> String {
    let name = folder.file_name().unwrap().to_str().unwrap();
    let text = fs::read_to_string(folder.join("case.toml")).unwrap_or_else(|e| panic!("{name}/case.toml: {e}"));
    let case: Table = text.parse().unwrap_or_else(|e| panic!("{name}/case.toml: {e}"));
    let id = word(&case, "id");
    let clip = synth::by_id(id).unwrap_or_else(|| panic!("{name}: synth has no clip {id}"));
    let yaw = case["yaw_deg"].as_float().unwrap();
    let clip = if yaw == 0.0 { clip } else { clip.yawed(yaw) };
    check_case(name, exercise, &case, &clip);

    let (header, lines) = truth::read(&folder.join("truth.jsonl")).unwrap();
    assert_eq!((header.clip.as_str(), lines.len() as i64), (id, case["frames"].as_integer().unwrap()), "{name}");
    let start = case.get("shortened_to").map_or(0, |range| range[0].as_integer().unwrap());
    let start_s = start as f64 / case["fps"].as_float().unwrap();
    let body = Body::by_name(word(&case, "body")).unwrap();
    check_truth(name, &clip, &body, start_s, &header.angles, &lines);
    check_reps(name, &case, &lines);
    check_video(name, &folder.join(format!("{id}.mp4")), (header.width, header.height), &lines);
    id.to_string()
}

fn word<'a>(case: &'a Table, key: &str) -> &'a str {
    case.get(key).and_then(Value::as_str).unwrap_or_else(|| panic!("case.toml has no {key}"))
}

fn check_case(name: &str, exercise: &str, case: &Table, clip: &Clip) {
    let (body, clothes) = (word(case, "body"), word(case, "clothes"));
    let mut expected_name = word(case, "id").to_string();
    expected_name.push_str(if clothes == "loose" { "-loose" } else { "" });
    if body != "average" {
        expected_name.push('-');
        expected_name.push_str(body);
    }
    assert_eq!(name, expected_name);
    assert!(["tight", "loose"].contains(&clothes), "{name}: {clothes}");
    assert_eq!((word(case, "exercise"), clip.exercise), (exercise, exercise), "{name}");
    assert_eq!(word(case, "view"), view_word(clip), "{name}");
    assert_eq!(case["distance_m"].as_float(), Some(clip.camera.distance_m), "{name}");
    assert_eq!(word(case, "licence"), "CC0-1.0", "{name}");
    assert!(word(case, "source").contains("formcheck synth render"), "{name}");
    let said: BTreeMap<&str, &str> =
        case["expected"].as_table().unwrap().iter().map(|(rule, v)| (rule.as_str(), v.as_str().unwrap())).collect();
    let words: Vec<Value> = clip.expected.iter().map(|(_, e)| Value::try_from(e).unwrap()).collect();
    let ours: BTreeMap<&str, &str> =
        clip.expected.iter().zip(&words).map(|((rule, _), w)| (rule.name, w.as_str().unwrap())).collect();
    assert_eq!(said, ours, "{name}: render the clip again, or put right what synth expects of it");
}

/// The bones of the truth are those of synth at the same time, and the athlete is in the picture.
fn check_truth(name: &str, clip: &Clip, body: &Body, start_s: f64, angles: &[String], lines: &[TruthLine]) {
    for line in lines.iter().step_by(7) {
        let secs = start_s + line.t_us as f64 * 1e-6;
        let frame = clip.frame_at(body, &clip.camera, Timestamp::ZERO, secs);
        for ((angle, said), (other, value)) in angles.iter().zip(&line.angles).zip(truth::named_values(&frame.truth)) {
            assert_eq!(angle, &other, "{name}");
            // Rounded to a tenth, at a time rounded to a microsecond.
            assert!((said - value).abs() < 0.06, "{name} at {secs} s: {angle} is {said}, synth says {value}");
        }
        let inside = line.points.iter().filter(|p| p[2] > 0.5).count();
        assert!(inside * 10 >= line.points.len() * 9, "{name} at {secs} s: {inside} landmarks in the picture");
    }
}

/// The turn of every repetition of the case lies in that repetition of the truth.
fn check_reps(name: &str, case: &Table, lines: &[TruthLine]) {
    let spans = |key| case.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    assert!(!spans("reps").is_empty() || !spans("holds").is_empty(), "{name}: nothing happens");
    for rep in spans("reps") {
        let turn_us = (rep["turn_s"].as_float().unwrap() * 1e6) as i64;
        if let Some(line) = lines.iter().rfind(|line| line.t_us <= turn_us && turn_us <= lines[lines.len() - 1].t_us) {
            assert_eq!(line.rep.map(|n| n as i64), rep["n"].as_integer(), "{name}");
        }
    }
}

fn check_video(name: &str, path: &Path, size: (u32, u32), lines: &[TruthLine]) {
    let options = OpenOptions { decoder: Decoder::BuiltIn, ..OpenOptions::default() };
    let mut clip = source::open(path, &options).unwrap_or_else(|e| panic!("{name}: {e}"));
    assert_eq!((clip.info().width, clip.info().height), size, "{name}");
    let mut frame = Frame::default();
    let mut frames = 0;
    while clip.read(&mut frame).unwrap_or_else(|e| panic!("{name}: {e}")) {
        let line = lines.get(frames).unwrap_or_else(|| panic!("{name}: more pictures than truth.jsonl has"));
        let off = frame.t.micros() - line.t_us;
        assert!(off.abs() <= TICK_US, "{name}: picture {frames} is {off} us off its truth");
        frames += 1;
    }
    assert_eq!(frames, lines.len(), "{name}: fewer pictures than truth.jsonl has");
}

#[test]
fn squats() {
    check_exercise("squat");
}

#[test]
fn hip_hinges() {
    check_exercise("hip_hinge");
}

#[test]
fn bird_dogs() {
    check_exercise("bird_dog");
}

#[test]
fn dead_bugs() {
    check_exercise("dead_bug");
}

#[test]
fn side_planks() {
    check_exercise("side_plank");
}

#[test]
fn hip_flexor_stretches() {
    check_exercise("hip_flexor_stretch");
}

#[test]
fn hamstring_stretches() {
    check_exercise("hamstring_stretch");
}

/// Three bodies and both kinds of clothes, in no more room than a checkout should carry.
#[test]
fn the_clips_are_varied_and_small() {
    let mut bodies = BTreeMap::new();
    let mut video_bytes = 0;
    for (exercise, _) in CLIPS {
        let Some(folders) = folders(exercise) else { return };
        for folder in folders {
            let case: Table = fs::read_to_string(folder.join("case.toml")).unwrap().parse().unwrap();
            *bodies.entry((word(&case, "body").to_string(), word(&case, "clothes").to_string())).or_insert(0) += 1;
            video_bytes += fs::metadata(folder.join(format!("{}.mp4", word(&case, "id")))).unwrap().len();
        }
    }
    let wears = |body: &str, clothes: &str| bodies.contains_key(&(body.to_string(), clothes.to_string()));
    for body in ["average", "slim", "heavy"] {
        assert!(wears(body, "tight") && wears(body, "loose"), "{body}: {bodies:?}");
    }
    assert!(video_bytes < 13_000_000, "the videos have {video_bytes} bytes");
}
