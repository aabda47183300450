//! A SimCC network small enough to write down: it finds pixels by their red value. For tests.
//!
//! Point k lies where red is 8 + 9·k: score = relu(1 − |red − (8 + 9·k)| / 2), the largest over each column and row, each
//! bin twice (SimCC has two bins per pixel). The bytes are protobuf, written field by field (onnx.proto3 of ONNX 1.14).

use super::card::{Card, built_in};
use super::decode::Decoder;
use super::golden::runtimes;
use super::network::{Network, Part};
use super::store::{ModelFile, sha256_hex};
use super::{EstimateError, crop::Crop};
use crate::frame::Frame;
use crate::geometry::{ImagePoint, Region};
use crate::units::Timestamp;
use std::path::PathBuf;

/// A protobuf message under construction.
#[derive(Default)]
pub(super) struct Message(pub(super) Vec<u8>);

impl Message {
    pub(super) fn varint(mut self, mut v: u64) -> Message {
        while v >= 0x80 {
            self.0.push(v as u8 | 0x80);
            v >>= 7;
        }
        self.0.push(v as u8);
        self
    }

    pub(super) fn int(self, field: u64, v: i64) -> Message {
        self.varint(field << 3).varint(v as u64)
    }

    pub(super) fn bytes(self, field: u64, v: &[u8]) -> Message {
        let mut message = self.varint(field << 3 | 2).varint(v.len() as u64);
        message.0.extend_from_slice(v);
        message
    }

    pub(super) fn text(self, field: u64, v: &str) -> Message {
        self.bytes(field, v.as_bytes())
    }

    pub(super) fn message(self, field: u64, v: Message) -> Message {
        self.bytes(field, &v.0)
    }

    pub(super) fn ints(self, field: u64, values: &[i64]) -> Message {
        values.iter().fold(self, |m, &v| m.int(field, v))
    }
}

const FLOAT: i64 = 1;
const INT64: i64 = 7;

/// TensorProto
pub(super) fn floats(name: &str, dims: &[i64], values: &[f32]) -> Message {
    let raw: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
    Message::default().ints(1, dims).int(2, FLOAT).text(8, name).bytes(9, &raw)
}

fn shape(name: &str, values: &[i64]) -> Message {
    let raw: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
    Message::default().int(1, values.len() as i64).int(2, INT64).text(8, name).bytes(9, &raw)
}

/// ValueInfoProto of a float tensor.
pub(super) fn value(name: &str, dims: &[i64]) -> Message {
    let dims = dims.iter().fold(Message::default(), |m, &d| m.message(1, Message::default().int(1, d)));
    let tensor = Message::default().int(1, FLOAT).message(2, dims);
    Message::default().text(1, name).message(2, Message::default().message(1, tensor))
}

/// NodeProto; attributes are ready AttributeProtos.
pub(super) fn node(op: &str, inputs: &[&str], output: &str, attributes: Vec<Message>) -> Message {
    let node = inputs.iter().fold(Message::default(), |m, i| m.text(1, i)).text(2, output).text(4, op);
    attributes.into_iter().fold(node, |m, a| m.message(5, a))
}

pub(super) fn int_attribute(name: &str, v: i64) -> Message {
    Message::default().text(1, name).int(3, v).int(20, 2)
}

pub(super) fn ints_attribute(name: &str, v: &[i64]) -> Message {
    Message::default().text(1, name).ints(8, v).int(20, 7)
}

/// The network for `points` points and an input of the card's size.
fn simcc(points: usize, card: &Card) -> Vec<u8> {
    let (k, w, h) = (points as i64, card.input.width as i64, card.input.height as i64);
    let weights: Vec<f32> = (0..points).flat_map(|_| [1.0, 0.0, 0.0]).collect();
    let bias: Vec<f32> = (0..points).map(|n| -f32::from(red(n))).collect();
    let line = |axis: i64, len: i64, out: &str| {
        let name = |what: &str| format!("{out}_{what}");
        vec![
            node(
                "ReduceMax",
                &["near"],
                &name("max"),
                vec![ints_attribute("axes", &[axis]), int_attribute("keepdims", 0)],
            ),
            node("Reshape", &[&name("max"), &name("column")], &name("thin"), vec![]),
            node("Concat", &[&name("thin"), &name("thin")], &name("twice"), vec![int_attribute("axis", 3)]),
            node("Reshape", &[&name("twice"), &name("bins")], out, vec![]),
        ]
        .into_iter()
        .zip([Some(shape(&name("column"), &[1, k, len, 1])), Some(shape(&name("bins"), &[1, k, len * 2])), None, None])
        .collect::<Vec<_>>()
    };
    // The defaults, spelled out: rten asks for them.
    let window = vec![
        ints_attribute("strides", &[1, 1]),
        ints_attribute("dilations", &[1, 1]),
        ints_attribute("pads", &[0, 0, 0, 0]),
    ];
    let mut nodes = vec![
        node("Conv", &["input", "weights", "bias"], "difference", window),
        node("Abs", &["difference"], "distance", vec![]),
        node("Mul", &["distance", "half"], "halved", vec![]),
        node("Sub", &["one", "halved"], "closeness", vec![]),
        node("Relu", &["closeness"], "near", vec![]),
    ];
    let mut constants = vec![
        floats("weights", &[k, 3, 1, 1], &weights),
        floats("bias", &[k], &bias),
        floats("half", &[], &[0.5]),
        floats("one", &[], &[1.0]),
    ];
    for (node, constant) in line(2, w, "simcc_x").into_iter().chain(line(3, h, "simcc_y")) {
        nodes.push(node);
        constants.extend(constant);
    }
    let mut graph = nodes.into_iter().fold(Message::default(), |g, n| g.message(1, n)).text(2, "simcc");
    graph = constants.into_iter().fold(graph, |g, c| g.message(5, c));
    graph = graph
        .message(11, value("input", &[1, 3, h, w]))
        .message(12, value("simcc_x", &[1, k, w * 2]))
        .message(12, value("simcc_y", &[1, k, h * 2]));
    let opset = Message::default().text(1, "").int(2, 12);
    Message::default().int(1, 7).message(7, graph).message(8, opset).0
}

fn red(point: usize) -> u8 {
    (8 + 9 * point) as u8
}

/// The card of a real SimCC model, with the picture's bytes taken as they are.
fn card(name: &str) -> Card {
    let mut card = built_in().iter().find(|c| c.name == name).unwrap().clone();
    (card.input.mean, card.input.std) = ([0.0; 3], [1.0; 3]);
    card
}

fn file(card: Card, bytes: Vec<u8>) -> ModelFile {
    ModelFile { card, path: PathBuf::from("tiny.onnx"), sha256: sha256_hex(&bytes), bytes }
}

/// Where point `n` is painted: no two share a row or column.
fn place(n: usize) -> (u32, u32) {
    (10 + 7 * n as u32, 250 - 9 * n as u32)
}

fn painted(points: usize, width: u32, height: u32) -> Frame {
    let mut rgb = vec![0; (width * height * 3) as usize];
    for n in 0..points {
        let (x, y) = place(n);
        rgb[((y * width + x) * 3) as usize] = red(n);
    }
    Frame::from_rgb(Timestamp::ZERO, width, height, rgb).unwrap()
}

#[test]
fn simcc_reads_body_17_and_halpe_26_in_both_runtimes() {
    for (name, points) in [("rtmpose_m", 17), ("rtmpose_m_halpe26", 26)] {
        let card = card(name);
        assert_eq!(card.rows().len(), points);
        let decoder = Decoder::new(&card).unwrap();
        let file = file(card.clone(), simcc(points, &card));
        // One to one, so that every painted pixel is one input pixel.
        let region = Region::new(ImagePoint::new(96.0, 128.0), 192.0, 256.0, 0.0).unwrap();
        let frame = painted(points, 192, 256);
        for runtime in runtimes() {
            let mut network = Network::load(&file, &runtime, &decoder.lengths(&card)).unwrap_or_else(|e| panic!("{e}"));
            for mirrored in [false, true] {
                let crop = Crop { region, mirrored };
                network.run(&frame, &crop, Part::Body).unwrap();
                let reading = decoder.read(&card, &network.outputs, &crop, frame.size(), &mut None);
                assert!((reading.confidence - 1.0).abs() < 1e-6, "{name} {}", runtime.name());
                for (n, landmark) in card.rows().iter().enumerate() {
                    let Some(landmark) = landmark else { continue };
                    let keypoint = reading.points[crop.landmark(*landmark)].unwrap();
                    let (x, y) = place(n);
                    assert_eq!((keypoint.at.x.round(), keypoint.at.y), (f64::from(x), f64::from(y)), "{landmark:?}");
                }
            }
        }
    }
}

#[test]
fn a_simcc_model_with_another_number_of_points_is_a_wrong_layout() {
    let card = card("rtmpose_m_halpe26");
    let decoder = Decoder::new(&card).unwrap();
    let file = file(card.clone(), simcc(17, &card));
    for runtime in runtimes() {
        let Err(error) = Network::load(&file, &runtime, &decoder.lengths(&card)) else { panic!("accepted") };
        assert!(matches!(error, EstimateError::Layout { .. }), "{error}");
        assert!(error.to_string().contains("6528 values instead of 9984"), "{error}");
    }
}
