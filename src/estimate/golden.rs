//! The networks give the numbers that the conversion was checked with, in both runtimes.
//!
//! Input v(i) = (i·7919 / 64) mod 256 (integer division), i the flat index in the model's own layout.

use super::card::{Dtype, built_in};
use super::decode::{Decoder, Length};
use super::network::Network;
use super::runtime::{InputData, InputTensor, Runtime};
use super::store::{self, ModelFile, find_model};
use super::{Options, RuntimeChoice};
use std::path::PathBuf;

struct Golden {
    model: &'static str,
    /// Input = v / scale − shift.
    scale: f32,
    shift: f32,
    /// Output name, first values, sum if known.
    outputs: &'static [(&'static str, &'static [f32], Option<f64>)],
}

const GOLDEN: &[Golden] = &[
    Golden {
        model: "blazepose_detector",
        scale: 127.5,
        shift: 1.0,
        outputs: &[
            ("Identity", &[-3.8052, -6.676, -1.4941, -8.3863], Some(-80475.6)),
            ("Identity_1", &[-75.85, -5.9518, -90.536, -6.4039], Some(-122521.0)),
        ],
    },
    Golden {
        model: "blazepose_full",
        scale: 255.0,
        shift: 0.0,
        outputs: &[
            ("Identity", &[141.49, 52.318, -56.926, 2.4551], Some(7916.47)),
            ("Identity_1", &[0.075829], None),
            ("Identity_4", &[0.045913, -0.51088, -0.27024, 0.059799], Some(-15.8393)),
        ],
    },
    Golden {
        model: "blazepose_lite",
        scale: 255.0,
        shift: 0.0,
        outputs: &[
            ("Identity", &[108.93, 17.781, -125.04, 6.3568], Some(4513.76)),
            ("Identity_1", &[0.093734], None),
            ("Identity_4", &[-0.04557, -0.54831, -0.2581, -0.03866], Some(-14.6085)),
        ],
    },
    Golden {
        model: "movenet_lightning",
        scale: 1.0,
        shift: 0.0,
        outputs: &[("output_0", &[0.44271, 0.53495, 0.02279, 0.41726], Some(16.031))],
    },
    Golden {
        model: "tinypose_256x192",
        scale: 127.5,
        shift: 1.0,
        outputs: &[("heatmap", &[1.7118e-4, 1.6499e-4, 1.6499e-4, 1.6499e-4], Some(206.903))],
    },
    Golden {
        model: "tinypose_128x96",
        scale: 127.5,
        shift: 1.0,
        outputs: &[("heatmap", &[2.9647e-4, 3.3526e-4, 1.9655e-4, 1.3005e-4], Some(51.0007))],
    },
];

/// The folder of models that tests may use, if it is there.
pub(super) fn shared_models() -> Option<PathBuf> {
    let dir = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/models"));
    dir.is_dir().then_some(dir)
}

pub(super) fn shared_options() -> Option<Options> {
    shared_models().map(|dir| Options { model_dirs: vec![dir], ..Options::default() })
}

/// The pure-Rust backend, and ONNX Runtime where this machine has it.
pub(super) fn runtimes() -> Vec<Runtime> {
    let mut all = vec![Runtime::choose(&RuntimeChoice::Rten, 1).unwrap()];
    match Runtime::choose(&RuntimeChoice::OnnxRuntime(None), 1) {
        Ok(runtime) => all.push(runtime),
        Err(problem) => println!("skipped: no ONNX Runtime ({problem})"),
    }
    all
}

fn model_file(name: &str, options: &Options) -> ModelFile {
    // A detector is no selection of a user's; tests look at it all the same.
    let card = built_in().iter().find(|c| c.name == name).unwrap();
    find_model(&options.model_dirs[0].join(&card.file).display().to_string(), options).unwrap()
}

fn lengths(file: &ModelFile) -> Vec<Length> {
    Decoder::new(&file.card).map_or(vec![Length::Of(2254 * 12), Length::Of(2254)], |d| d.lengths(&file.card))
}

fn fill(tensor: &mut InputTensor, scale: f32, shift: f32) {
    let v = |i: usize| (i * 7919 / 64) % 256;
    match &mut tensor.data {
        InputData::F32(data) => data.iter_mut().enumerate().for_each(|(i, x)| *x = v(i) as f32 / scale - shift),
        InputData::I32(data) => data.iter_mut().enumerate().for_each(|(i, x)| *x = v(i) as i32),
    }
}

#[test]
fn every_shared_model_gives_its_golden_numbers() {
    let Some(options) = shared_options() else { return println!("skipped: no ../shared/models") };
    for runtime in runtimes() {
        for golden in GOLDEN {
            check(golden, &options, &runtime);
        }
    }
}

fn check(golden: &Golden, options: &Options, runtime: &Runtime) {
    let file = model_file(golden.model, options);
    assert_eq!(file.sha256, file.card.sha256, "{} is the file its card was written for", golden.model);
    let mut network = Network::load(&file, runtime, &lengths(&file)).unwrap();
    network.run_tensor(|t| fill(t, golden.scale, golden.shift)).unwrap();
    let names = file.card.output_names();
    for (name, first, sum) in golden.outputs {
        let output = &network.outputs[names.iter().position(|n| n == name).unwrap()];
        let label = format!("{} {name} in {}", golden.model, runtime.name());
        // Noise makes MoveNet's arg-maxima tie, so single points may differ by platform; its sum hardly does.
        let (rel, rel_sum) = if golden.model == "movenet_lightning" { (0.02, 0.02) } else { (2e-3, 5e-4) };
        for (i, (&got, &wanted)) in output.iter().zip(*first).enumerate() {
            assert!((got - wanted).abs() <= rel * wanted.abs() + 1e-6, "{label}[{i}]: {got} instead of {wanted}");
        }
        if let Some(wanted) = sum {
            let got: f64 = output.iter().map(|&v| f64::from(v)).sum();
            assert!((got - wanted).abs() <= rel_sum * wanted.abs(), "{label}: sum {got} instead of {wanted}");
        }
    }
}

#[test]
fn cards_ask_for_the_types_that_the_models_take() {
    assert!(built_in().iter().all(|c| (c.input.dtype == Dtype::I32) == c.name.starts_with("movenet")));
}

#[test]
fn foreign_bytes_and_foreign_layouts_are_told_in_one_line() {
    let Some(options) = shared_options() else { return println!("skipped: no ../shared/models") };
    let dir = tempfile::tempdir().unwrap();
    let tiny = model_file("tinypose_128x96", &options);
    let full = model_file("blazepose_full", &options);
    let broken = |bytes: Vec<u8>, name: &str| {
        let path = dir.path().join(name);
        std::fs::write(&path, &bytes).unwrap();
        ModelFile { sha256: store::sha256_hex(&bytes), bytes, path, card: tiny.card.clone() }
    };
    let files = [
        broken(Vec::new(), "empty.onnx"),
        broken(b"this is no model at all".to_vec(), "text.onnx"),
        broken((0..100_000u32).map(|i| ((i * 7919) >> 3) as u8).collect(), "noise.onnx"),
        broken(tiny.bytes[..tiny.bytes.len() / 2].to_vec(), "cut.onnx"),
        broken(tiny.bytes[..1000].to_vec(), "start.onnx"),
        broken(full.bytes.clone(), "blazepose_as_tinypose.onnx"),
        broken(model_file("tinypose_256x192", &options).bytes, "larger.onnx"),
    ];
    for runtime in runtimes() {
        for file in &files {
            let Err(error) = Network::load(file, &runtime, &lengths(file)) else {
                panic!("{} was accepted by {}", file.path.display(), runtime.name())
            };
            let message = error.to_string();
            println!("{message}");
            assert_eq!(message.lines().count(), 1, "{message}");
            assert!(message.contains(file.path.to_str().unwrap()), "{message}");
        }
    }
}
