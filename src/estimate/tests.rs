//! The estimator as a whole: opening models by name, path and preference, and following somebody through pictures.

use super::crop::Crop;
use super::decode::{Decoder, Reading};
use super::golden::{runtimes, shared_models, shared_options};
use super::network::{Network, Part};
use super::store::{Integrity, Selected, info, list, select, verify};
use super::*;
use crate::geometry::{ImagePoint, Region};
use crate::pose::Landmark;
use crate::units::Timestamp;
use std::fs;

fn message(error: EstimateError) -> String {
    let text = error.to_string();
    assert_eq!(text.lines().count(), 1, "{text}");
    text
}

#[test]
fn a_model_is_found_by_name_by_path_and_by_preference() {
    let Some(options) = shared_options() else { return println!("skipped: no ../shared/models") };
    let dir = shared_models().unwrap();
    let find = |named: Option<&str>| select(named, &options).map(|s| s.name()).unwrap_or_else(message);
    assert_eq!(find(Some("movenet_lightning")), "movenet_lightning");
    let path = dir.join("tinypose_128x96.onnx");
    assert_eq!(find(path.to_str()), "tinypose_128x96");
    assert_eq!(find(dir.to_str()), "blazepose_full", "the best of a folder");
    assert!(find(None).starts_with("blazepose_full"), "others see the body better where they are here");
    assert!(find(Some("blazepose_full+movenet_lightning")).contains("BODY+formcheck"));
    assert_eq!(verify(&info("blazepose_full", &options.model_dirs).unwrap()).unwrap(), Integrity::Sound);
    assert!(list(&options.model_dirs).iter().any(|e| e.card.name == "rtmpose_m_halpe26"));
}

#[test]
fn a_renamed_file_is_known_by_its_hash_and_a_strange_one_needs_a_card() {
    let Some(options) = shared_options() else { return println!("skipped: no ../shared/models") };
    let dir = tempfile::tempdir().unwrap();
    let renamed = dir.path().join("mine.onnx");
    fs::copy(shared_models().unwrap().join("tinypose_128x96.onnx"), &renamed).unwrap();
    assert_eq!(select(renamed.to_str(), &options).unwrap().name(), "tinypose_128x96");
    let strange = dir.path().join("strange.onnx");
    fs::write(&strange, b"strange").unwrap();
    assert!(message(select(strange.to_str(), &options).unwrap_err()).contains("strange.toml"));
    let card =
        include_str!("../../models/tinypose_128x96.toml").replace("name = \"tinypose_128x96\"", "name = \"own\"");
    fs::write(dir.path().join("mine.toml"), card).unwrap();
    assert_eq!(select(renamed.to_str(), &options).unwrap().name(), "own", "a card beside the file counts first");
    let mut options = options.clone();
    options.model_dirs.push(dir.path().to_path_buf());
    assert_eq!(select(Some("own"), &options).unwrap().body.path, renamed);
    fs::write(dir.path().join("mine.toml"), "name = 3").unwrap();
    assert!(message(select(renamed.to_str(), &options).unwrap_err()).contains("mine.toml: the model card is wrong"));
}

#[test]
fn what_is_missing_is_told_with_the_way_out() {
    let dir = tempfile::tempdir().unwrap();
    let options = Options { model_dirs: vec![dir.path().to_path_buf()], ..Options::default() };
    let open_named = |name: Option<&str>, options: &Options| match open_with(name, options, &runtimes()[0]) {
        Ok(_) => panic!("opened {name:?}"),
        Err(error) => message(error),
    };
    assert!(open_named(dir.path().to_str(), &options).contains("models pull blazepose_lite"));
    assert!(open_named(Some("no_such"), &options).contains("models list"));
    assert!(open_named(Some("gone/model.onnx"), &options).contains("cannot be read"));
    let Some(shared) = shared_models() else { return println!("skipped: no ../shared/models") };
    for file in ["blazepose_landmark_full_256.onnx", "movenet_singlepose_lightning_192.onnx"] {
        fs::copy(shared.join(file), dir.path().join(file)).unwrap();
    }
    let alone = dir.path().join("blazepose_landmark_full_256.onnx");
    let pull_detector = "models pull blazepose_detector";
    assert!(open_named(alone.to_str(), &options).contains(pull_detector));
    let second = Options { person: 2, ..options.clone() };
    assert!(open_named(Some("movenet_lightning"), &second).contains(pull_detector));
    let detector = shared.join("blazepose_detector_224.onnx");
    assert!(open_named(detector.to_str(), &options).contains("describes a detector"));
}

#[test]
fn a_crop_and_its_mirror_image_are_read_alike_where_both_are_looked_at() {
    if super::store::EMBEDDED.is_none() {
        return println!("skipped: no model of its own in the program");
    }
    let Selected { body, .. } = select(Some("formcheck"), &Options::default()).unwrap();
    let decoder = Decoder::new(&body.card).unwrap();
    let mut frame = Frame::new(300, 200);
    frame.rgb_mut().iter_mut().enumerate().for_each(|(i, b)| *b = (i / 97 * i % 251) as u8);
    let region = |x: f64| Region::new(ImagePoint::new(x, 90.0), 180.0, 180.0, 20.0).unwrap();
    // Of each of two pictures in a row, so far apart, seconds.
    let mut read = |ways: Ways, mirrored: bool, apart: f64, moved: f64| {
        let network = Network::load(&body, &runtimes()[0], &decoder.lengths(&body.card)).unwrap();
        let mut network = network.looking(ways);
        [0.0, 1.0].map(|n| {
            frame.t = Timestamp::from_secs(n * apart);
            let crop = Crop { region: region(140.0 + n * moved), mirrored };
            network.run(&frame, &crop, Part::Body).unwrap();
            decoder.read(&body.card, &network.outputs, &crop, frame.size(), &mut None)
        })
    };
    let off = |a: &Reading, b: &Reading| {
        let of = |l: &Landmark| (a.points[*l].unwrap().at - b.points[*l].unwrap().at).norm();
        Landmark::ALL.iter().map(of).fold(0.0, f64::max)
    };
    let both = [false, true].map(|mirrored| read(Ways::Both, mirrored, 0.03, 0.0)[0]);
    assert!(off(&both[0], &both[1]) < 0.5);
    let one = [false, true].map(|mirrored| read(Ways::One, mirrored, 0.03, 0.0)[0]);
    assert!(off(&one[0], &one[1]) > 5.0);
    let [first, second] = read(Ways::InTurn, false, 0.03, 0.0);
    assert!(off(&first, &one[0]) < 0.5 && off(&second, &both[0]) < 0.5, "the second picture's look is in the mirror");
    for (apart, moved) in [(0.3, 0.0), (0.03, 60.0)] {
        let [_, alone] = read(Ways::InTurn, false, apart, moved);
        let [_, as_it_is] = read(Ways::One, false, apart, moved);
        assert!(off(&alone, &as_it_is) < 0.5, "long ago or elsewhere: by itself");
    }
}

#[test]
fn nobody_is_seen_where_nobody_is() {
    let Some(options) = shared_options() else { return println!("skipped: no ../shared/models") };
    for mode in [Mode::Recorded, Mode::Live] {
        let options = Options { mode, ..options.clone() };
        for runtime in runtimes() {
            let mut estimator = open_with(Some("blazepose_lite"), &options, &runtime).unwrap();
            for (n, (width, height)) in [(320, 180), (320, 180), (1, 1), (0, 0), (7, 300)].into_iter().enumerate() {
                let mut frame = Frame::new(width, height);
                frame.t = Timestamp::from_micros(n as i64 * 40_000);
                frame.rgb_mut().iter_mut().enumerate().for_each(|(i, b)| *b = (i / 97 % 251) as u8);
                let seen = estimator.estimate(&frame).unwrap();
                assert_eq!((seen.t, seen.person), (frame.t, None));
                assert!(estimator.mask().is_none());
            }
        }
    }
}
