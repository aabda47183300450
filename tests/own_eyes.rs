//! formcheck's own model, as it is inside the program: on rendered squats whose back is known, with a dowel held along it, and on a
//! real back that a person watched round and sag; and that it keeps what it sees to itself. Skipped, and said so, where the clips are not.

use assert_cmd::Command;
use formcheck::estimate::store::data_dir;
use formcheck::estimate::{self, Options};
use formcheck::frame::Frame;
use formcheck::geometry::{ImagePoint, midpoint};
use formcheck::pose::Landmark;
use formcheck::source::{OpenOptions, open};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

fn clip(path: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    path.is_file().then_some(path).or_else(|| {
        println!("skipped: no clip");
        None
    })
}

/// The report of a clip judged with nothing fetched but, where it is there, the faster runtime.
fn judged(clip: &Path, exercise: &str) -> Value {
    let place = tempfile::tempdir().unwrap();
    let mut formcheck = Command::cargo_bin("formcheck").unwrap();
    let arguments = ["-e", exercise, "--model", "formcheck", "--headless", "--out"];
    formcheck.arg("replay").arg(clip).args(arguments).arg(place.path()).assert().success();
    let folder = place.path().join(clip.file_stem().unwrap());
    serde_json::from_slice(&fs::read(folder.join("report.json")).unwrap()).unwrap()
}

/// What was said of a rule in each repetition or hold.
fn verdicts(report: &Value, rule: &str) -> Vec<String> {
    let of = |rep: &Value| {
        let all = rep["verdicts"].as_array().unwrap().iter();
        all.filter(|v| v["rule"] == rule).map(|v| v["verdict"].as_str().unwrap().to_string()).collect::<String>()
    };
    ["reps", "holds"].iter().flat_map(|bouts| report[bouts].as_array().unwrap()).map(of).collect()
}

#[test]
fn a_pelvis_that_tucks_is_told_from_one_that_does_not() {
    let Some(tucked) = clip("fixtures/clips/squat/SQ-wink28/SQ-wink28.mp4") else { return };
    let Some(quiet) = clip("fixtures/clips/squat/SQ-ok2/SQ-ok2.mp4") else { return };
    let (tucked, quiet) = (judged(&tucked, "squat"), judged(&quiet, "squat"));
    let told = verdicts(&tucked, "squat.butt_wink");
    assert!(told.len() == 3 && told.iter().all(|v| v == "warn" || v == "fault"), "{told:?}");
    assert_eq!(verdicts(&quiet, "squat.butt_wink"), ["good"; 3]);
    assert_eq!(verdicts(&quiet, "squat.rounded"), ["good"; 3]);
}

/// The gap of the low back opens from 31 to 53 mm, 4.5 % of the trunk, in each of three hinges, of which the flank hides some.
#[test]
fn a_dowel_is_found_and_the_gap_behind_the_low_back_seen_to_open() {
    let Some(arched) = clip("fixtures/clips/hip_hinge/HH-arch25/HH-arch25.mp4") else { return };
    let report = judged(&arched, "hip_hinge");
    let changes: Vec<f64> = report["reps"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|rep| rep["verdicts"].as_array().unwrap())
        .filter(|v| v["rule"] == "hip_hinge.gap_changes")
        .filter_map(|v| v["measured"].as_f64())
        .collect();
    assert!(changes.len() == 3 && changes.iter().all(|c| (0.03..0.055).contains(c)), "{changes:?}");
    assert_eq!(verdicts(&report, "hip_hinge.contact_lost"), ["good"; 3]);
    assert_eq!(report, judged(&arched, "auto"), "the dowel is seen, too, where the exercise was not named");
}

/// By 30 mm, 6 % of the trunk, in each of three hinges; the arm at the neck hides the place.
#[test]
fn a_head_that_comes_off_the_dowel_is_warned_of() {
    let Some(off) = clip("fixtures/clips/hip_hinge/HH-head30-heavy/HH-head30.mp4") else { return };
    assert_eq!(verdicts(&judged(&off, "hip_hinge"), "hip_hinge.contact_lost"), ["warn"; 3]);
}

/// The back rounds over the dowel, before a wall as white as the shirt: of the gap nothing can be measured, but that the dowel is gone.
#[test]
fn a_gap_that_the_back_closes_over_the_dowel_is_warned_of() {
    let Some(round) = clip("fixtures/clips/hip_hinge/HH-round40/HH-round40.mp4") else { return };
    let report = judged(&round, "hip_hinge");
    assert_eq!(verdicts(&report, "hip_hinge.gap_changes"), ["warn"; 3]);
    assert_eq!(verdicts(&report, "hip_hinge.rounded"), ["fault"; 3]);
}

/// Arm and leg of opposite sides, the far arm taken for the near one in two reaches of three.
#[test]
fn the_opposite_arm_is_known_in_a_bird_dog_from_the_side() {
    let Some(reaches) = clip("fixtures/clips/bird_dog/BD-ok/BD-ok.mp4") else { return };
    let said = verdicts(&judged(&reaches, "bird_dog"), "bird_dog.same_side");
    assert!(said.iter().all(|v| v != "fault") && said.iter().filter(|v| *v == "good").count() >= 2, "{said:?}");
}

/// By 25 degrees, with nothing held along the back.
#[test]
fn a_low_back_that_hollows_in_a_hinge_is_warned_of() {
    let Some(hollow) = clip("fixtures/clips/hip_hinge/HH-arch25-free-long_femur/HH-arch25-free.mp4") else { return };
    let report = judged(&hollow, "hip_hinge");
    assert_eq!(verdicts(&report, "hip_hinge.arched"), ["warn"; 3]);
    assert_eq!(verdicts(&report, "hip_hinge.rounded"), ["good"; 3]);
}

/// The back of a bird dog sinks by 17 degrees, that of a dead bug keeps its arch: on the floor both are read from the points of
/// the spine.
#[test]
fn a_low_back_on_the_floor_is_judged() {
    let Some(sagging) = clip("fixtures/clips/bird_dog/BD-sag17-slim/BD-sag17.mp4") else { return };
    let Some(quiet) = clip("fixtures/clips/dead_bug/DB-ok/DB-ok.mp4") else { return };
    assert_eq!(verdicts(&judged(&sagging, "bird_dog"), "bird_dog.sags"), ["warn"; 3]);
    let quiet = judged(&quiet, "dead_bug");
    assert_eq!(verdicts(&quiet, "dead_bug.arch_grows"), ["good"; 6]);
    assert_eq!(verdicts(&quiet, "dead_bug.arch_flattens"), ["good"; 6]);
}

/// Networks are shown every body upright, and see one that is shown to them head down head up: the camera of a phone that lies
/// the other way round must not turn anybody over.
#[test]
fn a_body_whose_picture_stands_on_its_head_does_too() {
    for path in ["squat/SQ-ok2/SQ-ok2.mp4", "dead_bug/DB-ok/DB-ok.mp4", "side_plank/SP-sag32-heavy/SP-sag32.mp4"] {
        let Some(clip) = clip(&format!("fixtures/clips/{path}")) else { return };
        let trunk = |over: bool| {
            let mut estimator = estimate::open(Some("formcheck"), &Options::default()).unwrap();
            let mut frames = open(&clip, &OpenOptions::default()).unwrap();
            let (mut frame, mut seen) = (Frame::new(1, 1), None);
            for _ in 0..6 {
                assert!(frames.read(&mut frame).unwrap());
                if over {
                    turn_over(&mut frame);
                }
                seen = estimator.estimate(&frame).unwrap().person.or(seen);
            }
            let person = seen.unwrap_or_else(|| panic!("nobody in {path}"));
            let at = |l: Landmark| person.points[l].unwrap().at;
            let of = |a, b| midpoint(at(a), at(b));
            let ends = [
                of(Landmark::LeftHip, Landmark::RightHip),
                of(Landmark::LeftShoulder, Landmark::RightShoulder),
                of(Landmark::LeftAnkle, Landmark::RightAnkle),
            ];
            let [w, h] = frame.size();
            if over { ends.map(|p| ImagePoint::new(w - p.x, h - p.y)) } else { ends }
        };
        let (upright, over) = (trunk(false), trunk(true));
        let size = (upright[1] - upright[2]).norm();
        for (a, b) in upright.iter().zip(over) {
            assert!(
                (a - b).norm() < 0.1 * size,
                "{path}: hips, shoulders, feet at {upright:?}, turned over at {over:?}"
            );
        }
    }
}

fn turn_over(frame: &mut Frame) {
    let pixels = frame.rgb().chunks_exact(3).rev().flatten().copied().collect::<Vec<u8>>();
    frame.rgb_mut().copy_from_slice(&pixels);
}

/// ONNX Runtime writes down a number for the machine in the home folder, and speaks to its maker, unless it is kept from it.
#[test]
fn a_clip_scored_on_onnx_runtime_leaves_nothing_in_the_home_folder() {
    let (home, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut formcheck = Command::cargo_bin("formcheck").unwrap();
    formcheck.env("HOME", home.path()).env_remove("XDG_CACHE_HOME").env_remove("ORT_DISABLE_TELEMETRY");
    formcheck.envs(data_dir().map(|dir| ("FORMCHECK_DATA", dir)));
    let clip = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/media/square_h264.mp4");
    formcheck.arg("replay").arg(clip).args(["-e", "squat", "--headless", "--out"]).arg(out.path()).assert().success();
    let report = fs::read_to_string(out.path().join("square_h264/report.json")).unwrap();
    let report: Value = serde_json::from_str(&report).unwrap();
    if !report["model"]["runtime"].as_str().unwrap().starts_with("onnxruntime") {
        println!("skipped: no ONNX Runtime");
        return;
    }
    assert!(!home.path().join(".cache").exists(), "ONNX Runtime left something in .cache");
}

#[test]
fn a_real_back_rounds_and_sags_when_a_person_sees_it() {
    let Some(cat) = clip("../shared/clips/ng01_honza_cat.mp4") else { return };
    let mut formcheck = Command::cargo_bin("formcheck").unwrap();
    let arguments = ["-e", "bird_dog", "--model", "formcheck", "--headless", "--trace"];
    let ended = formcheck.arg("replay").arg(cat).args(arguments).assert().success();
    let trace = String::from_utf8(ended.get_output().stdout.clone()).unwrap();
    let mut rows = trace.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let head = rows.next().unwrap();
    let turn = head.iter().position(|name| *name == "lumbar_turn_deg").unwrap();
    let turns: Vec<(f64, f64)> =
        rows.filter_map(|row| Some((row[0].parse().ok()?, row.get(turn)?.parse().ok()?))).collect();
    let median = |from: f64, to: f64| {
        let mut deg: Vec<f64> = turns.iter().filter(|(t, _)| (from..to).contains(t)).map(|(_, deg)| *deg).collect();
        deg.sort_by(f64::total_cmp);
        deg[deg.len() / 2]
    };
    let (round, sagged) = ([median(1.2, 2.3), median(7.4, 9.0)], [median(4.6, 5.7), median(11.1, 12.4)]);
    for r in round {
        assert!(sagged.iter().all(|s| r > s + 15.0), "rounded {round:?}, sagged {sagged:?}");
    }
}
