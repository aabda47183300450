//! What runs a network: ONNX Runtime where its library is found, the in-process pure-Rust backend otherwise.
//!
//! Input: an ONNX file's bytes and what its card says of it. Output: a [`Session`] that maps one picture tensor to float
//! outputs. Both backends give the same numbers to about five digits; ONNX Runtime is four to five times faster.

mod onnx_runtime;
mod rten;

pub use onnx_runtime::{Library, Search, find, library_dir};

use super::RuntimeChoice;
use super::card::{Card, Dtype, one_line};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

/// The network's input, kept between pictures.
#[derive(Clone, Debug, PartialEq)]
pub struct InputTensor {
    pub shape: [usize; 4],
    pub data: InputData,
}

/// Values of the input in its own layout.
#[derive(Clone, Debug, PartialEq)]
pub enum InputData {
    F32(Vec<f32>),
    I32(Vec<i32>),
}

impl InputTensor {
    /// All zero, in the shape and type of the card.
    pub fn new(card: &Card) -> InputTensor {
        let shape = card.input_shape();
        let len = shape.iter().product();
        let data = match card.input.dtype {
            Dtype::F32 => InputData::F32(vec![0.0; len]),
            Dtype::I32 => InputData::I32(vec![0; len]),
        };
        InputTensor { shape, data }
    }
}

/// A loaded network.
pub trait Session: Send {
    /// Runs it on one picture; `outputs` are refilled in the order of the names given at loading.
    fn run(&mut self, input: &InputTensor, outputs: &mut [Vec<f32>]) -> Result<(), String>;
}

/// Why a network could not be loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoadProblem {
    /// Not an ONNX model this runtime can use.
    Broken(String),
    /// A sound model whose input or outputs are not as the card says.
    Layout(String),
}

/// What is chosen to run networks.
#[derive(Clone, Debug)]
pub struct Runtime {
    kind: Kind,
    threads: usize,
    /// Where an ONNX Runtime library was looked for when none was found.
    pub searched: Vec<PathBuf>,
}

#[derive(Clone, Debug)]
enum Kind {
    OnnxRuntime(&'static Library),
    Rten,
}

impl Runtime {
    /// Picks what runs the networks. The error says what was wrong with the library that was asked for.
    pub fn choose(choice: &RuntimeChoice, threads: usize) -> Result<Runtime, String> {
        let threads = threads.clamp(1, 256);
        let rten = |searched| Runtime { kind: Kind::Rten, threads, searched };
        let (explicit, must) = match choice {
            RuntimeChoice::Rten => return Ok(rten(Vec::new())),
            RuntimeChoice::Auto => (None, false),
            RuntimeChoice::OnnxRuntime(path) => (path.as_deref(), true),
        };
        match find(explicit) {
            Search::Found(library) => Ok(Runtime { kind: Kind::OnnxRuntime(library), threads, searched: Vec::new() }),
            Search::NotFound { searched, .. } if !must => Ok(rten(searched)),
            Search::NotFound { searched, problems } => Err(not_found(&searched, &problems)),
        }
    }

    /// "onnxruntime 1.31.1", "rten 0.27".
    pub fn name(&self) -> String {
        match self.kind {
            Kind::OnnxRuntime(library) => format!("onnxruntime {}", library.version),
            Kind::Rten => rten::NAME.to_string(),
        }
    }

    /// The ONNX Runtime library in use.
    pub fn library(&self) -> Option<&Library> {
        match self.kind {
            Kind::OnnxRuntime(library) => Some(library),
            Kind::Rten => None,
        }
    }

    /// How to get the faster runtime, when this is the slower one.
    pub fn hint(&self) -> Option<&'static str> {
        match self.kind {
            Kind::OnnxRuntime(_) => None,
            Kind::Rten => Some("`formcheck runtime install` gets ONNX Runtime, which is 4 to 5 times faster"),
        }
    }

    /// Loads a network and checks that its input and outputs are what the card says. Never panics on foreign bytes.
    pub fn load(&self, model: &[u8], card: &Card) -> Result<Box<dyn Session>, LoadProblem> {
        let load = || -> Result<Box<dyn Session>, LoadProblem> {
            match self.kind {
                Kind::OnnxRuntime(library) => onnx_runtime::load(library, model, card, self.threads),
                Kind::Rten => rten::load(model, card, self.threads),
            }
        };
        unwound(load).unwrap_or_else(|panic| Err(LoadProblem::Broken(panic)))
    }
}

/// Runs a backend's code, turning a panic inside it into a message: models come from users.
fn unwound<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("unknown");
        format!("the backend gave up ({})", one_line(text))
    })
}

fn not_found(searched: &[PathBuf], problems: &[String]) -> String {
    if !problems.is_empty() {
        return problems.join("; ");
    }
    let places: Vec<String> = searched.iter().map(|p| p.display().to_string()).collect();
    format!("none found in {}", places.join(", "))
}

/// Compares a model's declared input with the card's; `None` in `found` is a dimension left open.
fn check_input(
    card: &Card,
    found: &[Option<usize>],
    dtype: Option<Dtype>,
    dtype_name: &str,
) -> Result<(), LoadProblem> {
    let wanted = card.input_shape();
    let show = |dims: &[Option<usize>]| {
        dims.iter().map(|d| d.map_or("?".into(), |d| d.to_string())).collect::<Vec<_>>().join("x")
    };
    let fits = found.len() == wanted.len() && found.iter().zip(wanted).all(|(f, w)| f.is_none_or(|f| f == w));
    if !fits {
        return Err(LoadProblem::Layout(format!(
            "its input is {}, the card says {}",
            show(found),
            show(&wanted.map(Some))
        )));
    }
    if dtype != Some(card.input.dtype) {
        return Err(LoadProblem::Layout(format!(
            "its input takes {dtype_name} values, the card says {:?}",
            card.input.dtype
        )));
    }
    Ok(())
}

/// Says which outputs there are, when one of the card's is not among them.
fn check_outputs(card: &Card, found: &[String]) -> Result<(), LoadProblem> {
    match card.output_names().iter().find(|name| !found.iter().any(|f| f == *name)) {
        Some(name) => {
            Err(LoadProblem::Layout(format!("it has no output '{name}' (it has {})", one_line(&found.join(", ")))))
        }
        None => Ok(()),
    }
}
