//! The ONNX Runtime library: where it is looked for, and running networks in it. The only file that names `ort`.
//!
//! The library is loaded at run time from a path found here; `ort`'s own implicit search is never used, since it panics
//! when it finds nothing. A process loads one library and keeps it.

use super::{InputData, InputTensor, LoadProblem, Session, check_input, check_outputs, unwound};
use crate::estimate::card::{Card, Dtype, one_line};
use crate::estimate::store::data_dir;
use ort::environment::Environment;
use ort::logging::LogLevel;
use ort::session::builder::{GraphOptimizationLevel, SessionBuilder};
use ort::value::{TensorElementType, TensorRef, ValueType};
use std::env;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

/// A loaded ONNX Runtime library.
pub struct Library {
    pub path: PathBuf,
    /// "1.31.1"
    pub version: String,
    environment: Environment,
}

impl fmt::Debug for Library {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Library").field("path", &self.path).field("version", &self.version).finish()
    }
}

/// What the search for a library gave.
#[derive(Debug)]
pub enum Search {
    Found(&'static Library),
    NotFound {
        /// Files and folders looked at, in order.
        searched: Vec<PathBuf>,
        /// Why libraries that were there could not be used (too old, not a library).
        problems: Vec<String>,
    },
}

/// Finds and loads a library: in `explicit` alone if given (a file or a folder), else in the usual places. Loading
/// happens once per process; later calls give the same library.
pub fn find(explicit: Option<&Path>) -> Search {
    static LOADED: OnceLock<Library> = OnceLock::new();
    static LOADING: Mutex<()> = Mutex::new(());
    let _one_at_a_time = LOADING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(library) = LOADED.get() {
        return match explicit {
            Some(path) if !same_place(path, &library.path) => Search::NotFound {
                searched: vec![path.to_path_buf()],
                problems: vec![format!("this process already runs {}", library.path.display())],
            },
            _ => Search::Found(library),
        };
    }
    let searched = explicit.map_or_else(usual_places, |path| vec![path.to_path_buf()]);
    let mut problems = Vec::new();
    for path in searched.iter().flat_map(|place| libraries_in(place)) {
        match load_library(&path) {
            Ok(library) => return Search::Found(LOADED.get_or_init(|| library)),
            Err(problem) => problems.push(problem),
        }
    }
    if let (Some(path), true) = (explicit, problems.is_empty()) {
        problems.push(format!("there is none at {}", path.display()));
    }
    Search::NotFound { searched, problems }
}

fn same_place(asked: &Path, loaded: &Path) -> bool {
    let real = |p: &Path| fs::canonicalize(p).unwrap_or_else(|_| p.to_path_buf());
    let (asked, loaded) = (real(asked), real(loaded));
    asked == loaded || loaded.parent() == Some(asked.as_path())
}

fn load_library(path: &Path) -> Result<Library, String> {
    let load = || -> Result<Environment, String> {
        let builder = ort::init_from(path).map_err(|e| one_line(&e.to_string()))?;
        let environment = builder
            .with_name("formcheck")
            .with_telemetry(false)
            .build()
            .map_err(|e| format!("{}: {}", path.display(), one_line(&e.to_string())))?;
        // What goes wrong comes back as an error; the library's own lines on stderr would only repeat it.
        environment.set_log_level(LogLevel::Fatal);
        Ok(environment)
    };
    let environment = unwound(load).and_then(|r| r)?;
    Ok(Library { path: path.to_path_buf(), version: version_of(path), environment })
}

/// From the file's own name (after links), else from the library's build text.
fn version_of(path: &Path) -> String {
    let real = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let named = real.file_name().and_then(|n| version_in(&n.to_string_lossy()));
    named
        .or_else(|| unwound(ort::info).ok().and_then(version_in))
        .unwrap_or_else(|| format!("1.{} or newer", ort::MINOR_VERSION))
}

/// The first "digits.digits.digits" in a text.
fn version_in(text: &str) -> Option<String> {
    text.split(|c: char| !(c.is_ascii_digit() || c == '.'))
        .map(|part| part.trim_matches('.'))
        .find(|part| part.split('.').count() == 3 && part.split('.').all(|n| !n.is_empty()))
        .map(str::to_string)
}

/// Where `formcheck runtime install` puts the library.
pub fn library_dir() -> Option<PathBuf> {
    data_dir().map(|d| d.join("runtime"))
}

/// Files and folders a library may be in, most wanted first. Folders that do not exist are listed too: `doctor` tells
/// where was looked.
fn usual_places() -> Vec<PathBuf> {
    let mut places = Vec::new();
    places.extend(env::var_os("ORT_DYLIB_PATH").filter(|p| !p.is_empty()).map(PathBuf::from));
    places.extend(library_dir());
    if let Some(dir) = env::current_exe().ok().and_then(|exe| exe.parent().map(Path::to_path_buf)) {
        places.push(dir.join("lib"));
        places.push(dir);
    }
    let path_var = if cfg!(target_os = "macos") { "DYLD_LIBRARY_PATH" } else { "LD_LIBRARY_PATH" };
    if let Some(dirs) = env::var_os(path_var) {
        places.extend(env::split_paths(&dirs).filter(|d| d.is_absolute()));
    }
    if cfg!(unix) {
        let arch = env::consts::ARCH;
        places.extend(["/usr/local/lib", "/usr/lib", "/usr/lib64", "/opt/homebrew/lib"].map(PathBuf::from));
        places.push(PathBuf::from(format!("/usr/lib/{arch}-linux-gnu")));
    }
    places.extend(python_packages().into_iter().map(|dir| dir.join("onnxruntime").join("capi")));
    places
}

/// Folders that Python installs packages into, found without running Python.
fn python_packages() -> Vec<PathBuf> {
    let mut dirs = Vec::new();
    let home = env::var_os("HOME").map(|h| PathBuf::from(h).join(".local"));
    let roots = ["VIRTUAL_ENV", "CONDA_PREFIX"].iter().filter_map(env::var_os).map(PathBuf::from);
    let usual = ["/usr/local", "/usr", "/opt/homebrew"].map(PathBuf::from);
    for root in roots.chain(home).chain(usual) {
        let lib = root.join("lib");
        for python in sorted_entries(&lib).into_iter().filter(|p| file_name(p).starts_with("python3")) {
            dirs.extend(["site-packages", "dist-packages"].map(|d| python.join(d)));
        }
        if cfg!(windows) {
            dirs.push(root.join("Lib").join("site-packages"));
        }
    }
    dirs.retain(|d| d.is_dir());
    dirs
}

/// The library files of a place, newest version first; the place itself when it is a file.
fn libraries_in(place: &Path) -> Vec<PathBuf> {
    if place.is_file() {
        return vec![place.to_path_buf()];
    }
    let mut found: Vec<PathBuf> = sorted_entries(place).into_iter().filter(|p| is_library(&file_name(p))).collect();
    found.sort_by_key(|p| std::cmp::Reverse(version_numbers(&file_name(p))));
    found
}

fn is_library(name: &str) -> bool {
    if cfg!(windows) {
        name.eq_ignore_ascii_case("onnxruntime.dll")
    } else if cfg!(target_os = "macos") {
        name.starts_with("libonnxruntime.") && name.ends_with(".dylib")
    } else {
        name == "libonnxruntime.so" || name.starts_with("libonnxruntime.so.")
    }
}

fn version_numbers(name: &str) -> Vec<u32> {
    name.split(|c: char| !c.is_ascii_digit()).filter_map(|n| n.parse().ok()).collect()
}

fn sorted_entries(dir: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(dir).map(|d| d.flatten().map(|e| e.path()).collect()).unwrap_or_default();
    entries.sort();
    entries
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default()
}

struct OrtSession {
    session: ort::session::Session,
    outputs: Vec<String>,
}

pub(super) fn load(
    library: &'static Library,
    model: &[u8],
    card: &Card,
    threads: usize,
) -> Result<Box<dyn Session>, LoadProblem> {
    let session = commit(library, model, threads).map_err(|e| LoadProblem::Broken(plain(&e.to_string())))?;
    let [input] = session.inputs() else {
        return Err(LoadProblem::Layout(format!("it has {} inputs instead of one", session.inputs().len())));
    };
    let (dtype, shape) = declared(input.dtype());
    check_input(card, &shape, dtype, &input.dtype().to_string())?;
    check_outputs(card, &session.outputs().iter().map(|o| o.name().to_string()).collect::<Vec<_>>())?;
    let outputs = card.output_names().iter().map(|n| n.to_string()).collect();
    Ok(Box::new(OrtSession { session, outputs }))
}

fn commit(library: &Library, model: &[u8], threads: usize) -> ort::Result<ort::session::Session> {
    let mut builder: SessionBuilder = ort::session::Session::builder(&library.environment)?
        .with_optimization_level(GraphOptimizationLevel::All)?
        .with_intra_threads(threads)?
        // Waiting threads that spin would take the cores that capture, drawing and encoding need.
        .with_intra_op_spinning(false)?
        .with_inter_op_spinning(false)?;
    builder.commit_from_memory(model)
}

fn declared(value: &ValueType) -> (Option<Dtype>, Vec<Option<usize>>) {
    let ValueType::Tensor { ty, shape, .. } = value else { return (None, Vec::new()) };
    let dtype = match ty {
        TensorElementType::Float32 => Some(Dtype::F32),
        TensorElementType::Int32 => Some(Dtype::I32),
        _ => None,
    };
    (dtype, shape.iter().map(|&d| usize::try_from(d).ok()).collect())
}

/// ONNX Runtime's messages begin with source places; the last part tells what happened.
fn plain(message: &str) -> String {
    let line = one_line(message);
    line.rsplit_once("] ").map_or(line.clone(), |(_, tail)| tail.to_string())
}

impl Session for OrtSession {
    fn run(&mut self, input: &InputTensor, outputs: &mut [Vec<f32>]) -> Result<(), String> {
        let text = |e: ort::Error| plain(&e.to_string());
        let shape = input.shape;
        let values = match &input.data {
            InputData::F32(data) => {
                self.session.run(ort::inputs![TensorRef::from_array_view((shape, data.as_slice())).map_err(text)?])
            }
            InputData::I32(data) => {
                self.session.run(ort::inputs![TensorRef::from_array_view((shape, data.as_slice())).map_err(text)?])
            }
        }
        .map_err(text)?;
        for (name, output) in self.outputs.iter().zip(outputs) {
            let value = values.get(name).ok_or_else(|| format!("output '{name}' did not come"))?;
            let (_, data) =
                value.try_extract_tensor::<f32>().map_err(|_| format!("output '{name}' is not of 32-bit floats"))?;
            output.clear();
            output.extend_from_slice(data);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_names_and_build_texts() {
        assert_eq!(version_in("libonnxruntime.so.1.31.1").as_deref(), Some("1.31.1"));
        assert_eq!(version_in("libonnxruntime.1.31.1.dylib").as_deref(), Some("1.31.1"));
        assert_eq!(version_in("ORT Build Info: git-branch=rel-1.24.4, git-commit-id=ab").as_deref(), Some("1.24.4"));
        assert_eq!(version_in("libonnxruntime.so"), None);
    }

    #[test]
    fn newer_libraries_come_first_and_providers_are_not_libraries() {
        let dir = tempfile::tempdir().unwrap();
        let names: &[&str] = if cfg!(target_os = "macos") {
            &["libonnxruntime.1.9.0.dylib", "libonnxruntime.1.31.1.dylib", "libonnxruntime_providers_shared.dylib"]
        } else {
            &["libonnxruntime.so.1.9.0", "libonnxruntime.so.1.31.1", "libonnxruntime_providers_shared.so"]
        };
        for name in names {
            fs::write(dir.path().join(name), b"x").unwrap();
        }
        if cfg!(unix) {
            let found: Vec<String> = libraries_in(dir.path()).iter().map(|p| file_name(p)).collect();
            assert_eq!(found, [names[1], names[0]]);
        }
    }

    #[test]
    fn a_file_that_is_no_library_is_told_in_one_line() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("libonnxruntime.so");
        fs::write(&path, b"not a library").unwrap();
        let Search::NotFound { problems, .. } = find(Some(&path)) else { panic!("loaded a text file") };
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].lines().count(), 1, "{}", problems[0]);
    }
}
