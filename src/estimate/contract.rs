//! formcheck's own model from file to pose, with a network small enough to write down. For tests.
//!
//! Landmark n lies where red is r = 2 + 6·n and blue 255 − r: heat map = −(red − r)² − (red + blue − 255)² on a grid of half the
//! input's side, so that the rim of one landmark's dab is no other's place. Everything else is constant: a person, seen facing
//! right, trunk upright. The bytes are protobuf, as in [`super::tiny_onnx`].

use super::card::Card;
use super::card::tests::own_card;
use super::crop::Crop;
use super::decode::Decoder;
use super::golden::{runtimes, shared_models};
use super::network::{self, Network};
use super::store::{ModelFile, select, sha256_hex};
use super::tiny_onnx::{Message, floats, int_attribute, ints_attribute, node, value};
use super::{EstimateError, Options, Ways, open_with};
use crate::frame::Frame;
use crate::geometry::{ImagePoint, Region};
use crate::pose::Landmark;
use crate::pose::trust::Part;
use crate::units::Timestamp;
use std::fs;

const COUNT: usize = Landmark::COUNT;

fn red(n: usize) -> f32 {
    2.0 + 6.0 * n as f32
}

/// The network for an input of `side` px.
fn network(side: usize) -> Vec<u8> {
    let (s, k) = (side as i64, COUNT as i64);
    let window = |stride: i64| {
        vec![
            ints_attribute("strides", &[stride, stride]),
            ints_attribute("dilations", &[1, 1]),
            ints_attribute("pads", &[0, 0, 0, 0]),
        ]
    };
    let weights: Vec<f32> = (0..COUNT).flat_map(|_| [1.0, 0.0, 0.0]).collect();
    let bias: Vec<f32> = (0..COUNT).map(|n| -red(n)).collect();
    let both: Vec<f32> = (0..COUNT).flat_map(|_| [1.0, 0.0, 1.0]).collect();
    let pool = vec![
        ints_attribute("kernel_shape", &[2, 2]),
        ints_attribute("strides", &[2, 2]),
        ints_attribute("pads", &[0, 0, 0, 0]),
        int_attribute("ceil_mode", 0),
    ];
    let constant = |name: &str, dims: &[i64], values: Vec<f32>| (name.to_string(), dims.to_vec(), values);
    let constants = [
        constant("visibility", &[1, k], vec![4.0; COUNT]),
        constant("log_sigma", &[1, k], vec![-4.0; COUNT]),
        constant("axes", &[1, 3, 3], [0.0, -1.0, -6.0].repeat(3)),
        constant("facing", &[1, 4], vec![0.0, 5.0, 0.0, 0.0]),
        constant("person", &[1, 1], vec![5.0]),
    ];
    let mut graph = Message::default()
        .message(1, node("Conv", &["image", "weights", "bias"], "difference", window(1)))
        .message(1, node("Mul", &["difference", "difference"], "square", vec![]))
        .message(1, node("Conv", &["image", "both", "of_both"], "rim", window(1)))
        .message(1, node("Mul", &["rim", "rim"], "rim_square", vec![]))
        .message(1, node("Add", &["square", "rim_square"], "far", vec![]))
        .message(1, node("Mul", &["far", "less"], "near", vec![]))
        .message(1, node("MaxPool", &["near"], "heatmaps", pool))
        .message(1, node("Conv", &["image", "green", "none"], "mask", window(2)));
    // A constant takes part in the graph by being added to nothing of the picture.
    let nothing = vec![ints_attribute("axes", &[1, 2, 3]), int_attribute("keepdims", 0)];
    graph = graph
        .message(1, node("Mul", &["image", "zero"], "dark", vec![]))
        .message(1, node("ReduceMax", &["dark"], "nothing", nothing));
    for (name, _, _) in &constants {
        graph = graph.message(1, node("Add", &["nothing", &format!("{name}_is")], name, vec![]));
    }
    graph = graph
        .text(2, "contract")
        .message(5, floats("weights", &[k, 3, 1, 1], &weights))
        .message(5, floats("bias", &[k], &bias))
        .message(5, floats("both", &[k, 3, 1, 1], &both))
        .message(5, floats("of_both", &[k], &[-255.0; COUNT]))
        .message(5, floats("less", &[], &[-1.0]))
        .message(5, floats("zero", &[], &[0.0]))
        .message(5, floats("green", &[1, 3, 1, 1], &[0.0, 0.05, 0.0]))
        .message(5, floats("none", &[1], &[-5.0]));
    for (name, dims, values) in &constants {
        graph = graph.message(5, floats(&format!("{name}_is"), dims, values));
    }
    graph = graph
        .message(11, value("image", &[1, 3, s, s]))
        .message(12, value("heatmaps", &[1, k, s / 2, s / 2]))
        .message(12, value("mask", &[1, 1, s / 2, s / 2]));
    for (name, dims, _) in &constants {
        graph = graph.message(12, value(name, dims));
    }
    let opset = Message::default().text(1, "").int(2, 12);
    Message::default().int(1, 7).message(7, graph).message(8, opset).0
}

fn file(card: Card, bytes: Vec<u8>) -> ModelFile {
    ModelFile { card, path: "own.onnx".into(), sha256: sha256_hex(&bytes), bytes }
}

/// Where a standing figure seen from its right side has its landmarks, in parts of the picture; right ones stand before left
/// ones, and no dab touches another.
fn place(n: usize) -> (f64, f64) {
    use Landmark::*;
    let landmark = Landmark::ALL[n];
    let (x, y) = match landmark {
        HeadTop => (0.50, 0.04),
        Occiput => (0.42, 0.10),
        LeftEye | RightEye => (0.52, 0.09),
        LeftEar | RightEar => (0.47, 0.14),
        Nose => (0.59, 0.14),
        LeftShoulder | RightShoulder => (0.47, 0.23),
        LeftElbow | RightElbow => (0.47, 0.34),
        LeftWrist | RightWrist => (0.47, 0.44),
        LeftHip | RightHip => (0.47, 0.52),
        LeftTrochanter | RightTrochanter => (0.47, 0.58),
        LeftKnee | RightKnee => (0.48, 0.70),
        LeftAnkle | RightAnkle => (0.47, 0.86),
        LeftHeel | RightHeel => (0.42, 0.92),
        LeftBigToe | RightBigToe => (0.55, 0.90),
        LeftSmallToe | RightSmallToe => (0.55, 0.95),
        C7 => (0.42, 0.19),
        T4 => (0.37, 0.25),
        T8 => (0.36, 0.31),
        L1 => (0.37, 0.37),
        L3 => (0.38, 0.42),
        LeftPsis | RightPsis => (0.31, 0.46),
        S1 => (0.40, 0.49),
        S2 => (0.37, 0.54),
        S4 => (0.37, 0.59),
        LeftAsis | RightAsis => (0.58, 0.47),
        JugularNotch => (0.58, 0.23),
        Xiphoid => (0.58, 0.34),
        Navel => (0.58, 0.41),
    };
    (if landmark.side() == Some(crate::units::Side::Left) { x - 0.025 } else { x + 0.025 }, y)
}

const PX: usize = 512;

/// Side of a dab, px: no crop shrinks it below what a bilinear sample of averaged blocks needs.
const DAB: usize = 20;

/// Dabs of red and blue over a picture that no landmark likes.
fn painted() -> Frame {
    let mut rgb = vec![255u8; PX * PX * 3];
    for n in 0..COUNT {
        let (x, y) = place(n);
        let corner = |v: f64| (v * PX as f64) as usize - DAB / 2;
        for (dx, dy) in (0..DAB * DAB).map(|i| (i % DAB, i / DAB)) {
            let at = ((corner(y) + dy) * PX + corner(x) + dx) * 3;
            (rgb[at], rgb[at + 2]) = (red(n) as u8, 255 - red(n) as u8);
        }
    }
    Frame::from_rgb(Timestamp::ZERO, PX as u32, PX as u32, rgb).unwrap()
}

/// How far a landmark was found from where it was painted, px.
fn off(found: ImagePoint, landmark: Landmark) -> f64 {
    let (x, y) = place(landmark as usize);
    (found - ImagePoint::new(x * PX as f64 - 0.5, y * PX as f64 - 0.5)).norm()
}

#[test]
fn both_runtimes_read_the_same_pose_from_an_own_model() {
    let mut card = own_card("sigma_scale = 1.0").unwrap();
    (card.input.width, card.input.height) = (128, 128);
    let decoder = Decoder::new(&card).unwrap();
    let file = file(card.clone(), network(128));
    let region = Region::new(ImagePoint::new(255.5, 255.5), 512.0, 512.0, 0.0).unwrap();
    let mut readings = Vec::new();
    for runtime in runtimes() {
        let mut network = Network::load(&file, &runtime, &decoder.lengths(&card)).unwrap_or_else(|e| panic!("{e}"));
        let crop = Crop::plain(region);
        let frame = painted();
        network.run(&frame, &crop, network::Part::Body).unwrap();
        let mut mask = None;
        let reading = decoder.read(&card, &network.outputs, &crop, frame.size(), &mut mask);
        assert!(reading.confidence > 0.99 && reading.side_on.unwrap() > 0.97, "{}", runtime.name());
        assert_eq!(mask.unwrap().width, 64);
        let found = reading.points[Landmark::S4].unwrap();
        assert!(off(found.at, Landmark::S4) < 5.0, "{found:?}");
        readings.push(reading);
    }
    for other in &readings[1..] {
        for (l, a) in readings[0].points.iter() {
            let (a, b) = (a.unwrap(), other.points[l].unwrap());
            assert!((a.at - b.at).norm() < 0.05 && (a.score - b.score).abs() < 1e-3, "{l:?}: {a:?} {b:?}");
        }
        assert!((readings[0].confidence - other.confidence).abs() < 1e-4);
    }
}

#[test]
fn maps_that_are_not_square_or_too_few_are_a_wrong_layout() {
    let mut card = own_card("").unwrap();
    (card.input.width, card.input.height) = (128, 128);
    let decoder = Decoder::new(&card).unwrap();
    let file = file(card.clone(), network(128));
    let lengths = decoder.lengths(&card);
    // One cell each is a square too: it is the points' number that is wrong.
    assert!(lengths[0].holds(42) && !lengths[0].holds(41) && !lengths[0].holds(84) && !lengths[0].holds(0));
    (card.outputs.heatmaps, card.outputs.axes) = (Some("axes".into()), Some("heatmaps".into()));
    let wrong = ModelFile { card, ..file };
    for runtime in runtimes() {
        let Err(error) = Network::load(&wrong, &runtime, &lengths) else { panic!("accepted") };
        assert!(
            matches!(error, EstimateError::Layout { .. }) && error.to_string().contains("42 square maps"),
            "{error}"
        );
    }
}

/// An own model on disk as a user would have it, with its card beside it.
fn on_disk(more: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("own.onnx"), network(128)).unwrap();
    let names: Vec<String> = Landmark::ALL.iter().map(|l| format!("\"{}\"", l.name())).collect();
    let card = format!(
        "name = \"own\"\nfile = \"own.onnx\"\nlicence = \"CC0-1.0\"\nsource = \"a test\"\nfamily = \"formcheck\"\n\
         landmarks = [{}]\n{more}\n[input]\nwidth = 128\nheight = 128\nlayout = \"nchw\"\n\
         [crop]\nrule = \"box\"\nmargin = 1.25\nborder = \"black\"\n[presence]\nstart = 0.5\nkeep = 0.3\n",
        names.join(", ")
    );
    fs::write(dir.path().join("own.toml"), card).unwrap();
    dir
}

#[test]
fn an_own_model_finds_somebody_in_the_whole_picture_and_looks_closer_at_the_trunk() {
    let dir = on_disk("");
    let named = dir.path().join("own.onnx").display().to_string();
    for closer_look in [true, false] {
        for runtime in runtimes() {
            // Its network has no idea of left and right.
            let options = Options { closer_look, ways: Ways::One, ..Options::default() };
            let mut estimator = open_with(Some(&named), &options, &runtime).unwrap();
            assert_eq!(estimator.model().trust.experimental(), [Part::Body, Part::Back]);
            assert_eq!((estimator.model().landmarks.len(), estimator.model().least_score), (COUNT, 0.1));
            let mut frame = painted();
            let mut person = None;
            for n in 0..4 {
                frame.t = Timestamp::from_micros(n * 33_333);
                person = estimator.estimate(&frame).unwrap().person;
            }
            let person = person.expect("somebody is there");
            let worst =
                [Landmark::C7, Landmark::T8, Landmark::L1, Landmark::S4].map(|l| off(person.points[l].unwrap().at, l));
            // A cell is 9 px in the whole body's crop and 5 in the trunk's.
            let within = if closer_look { 4.0 } else { 7.0 };
            assert!(worst.iter().all(|d| *d < within), "{closer_look} {}: {worst:?}", runtime.name());
            assert_eq!(person.axes.is_some(), closer_look, "directions are the closer look's");
            assert!(person.axes.is_none_or(|axes| axes.pelvis.deg.abs() < 10.0));
            assert_eq!(person.back, None, "nothing is known of where its mask ends");
            assert!(estimator.mask().is_some());
        }
    }
}

#[test]
fn a_body_model_and_an_own_one_are_opened_together() {
    let Some(shared) = shared_models() else { return println!("skipped: no ../shared/models") };
    let dir = on_disk("gates = { lumbar_change_mae_deg = 5, lumbar_change_slope = 1, outline_ratio = 1.2 }");
    let options = Options { model_dirs: vec![shared, dir.path().to_path_buf()], ..Options::default() };
    let both = select(Some("blazepose_lite+own"), &options).unwrap();
    assert_eq!((both.name().as_str(), both.sha256().len()), ("blazepose_lite+own", 129));
    assert_eq!(both.trust().experimental(), [], "each has shown what it is taken for");
    let runtime = &runtimes()[0];
    let estimator = open_with(Some("blazepose_lite+own"), &options, runtime).unwrap();
    let knows = &estimator.model().landmarks;
    assert!([Landmark::L1, Landmark::S4, Landmark::LeftKnee].iter().all(|l| knows.contains(l)), "{knows:?}");
    assert!(!knows.contains(&Landmark::HeadTop), "what lies outside the trunk stays the body model's");
    let options = Options { closer_look: false, ..options };
    let estimator = open_with(Some("blazepose_lite+own"), &options, runtime).unwrap();
    assert!(!estimator.model().landmarks.contains(&Landmark::L1));
}
