//! Where models live on this machine, and which one is meant.
//!
//! Input: what the user named (a model's name, a file, a folder, or nothing). Output: the file with its card. A model is
//! looked for in the folders of `--model-dir`, of `FORMCHECK_MODELS`, in the user's data folder, beside the program and in
//! `models/` of the current folder, in this order.

use super::card::{Card, built_in};
use super::{EstimateError, Options};
use sha2::{Digest, Sha256};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// A model file with its card, read and hashed.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelFile {
    pub card: Card,
    pub path: PathBuf,
    pub bytes: Vec<u8>,
    /// Of `bytes`, hex.
    pub sha256: String,
}

/// What is known of a model's presence here, for `models list`, `info` and `verify`.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub card: Card,
    /// Where its file is; `None` when it is not on this machine.
    pub path: Option<PathBuf>,
}

/// Whether a file is the one its card was written for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Integrity {
    Sound,
    /// The card pins no hash.
    NotPinned,
    Changed {
        wanted: String,
        found: String,
    },
}

/// The user's data folder of the program: `FORMCHECK_DATA`, else the platform's usual place.
pub fn data_dir() -> Option<PathBuf> {
    match env::var_os("FORMCHECK_DATA") {
        Some(dir) if !dir.is_empty() => Some(PathBuf::from(dir)),
        _ => directories::ProjectDirs::from("", "", "formcheck").map(|d| d.data_dir().to_path_buf()),
    }
}

/// Where `formcheck models pull` puts models.
pub fn models_dir() -> Option<PathBuf> {
    data_dir().map(|d| d.join("models"))
}

/// Folders that models are looked for in, in order; `first` come before the usual ones.
pub fn search_dirs(first: &[PathBuf]) -> Vec<PathBuf> {
    let mut dirs = first.to_vec();
    if let Some(named) = env::var_os("FORMCHECK_MODELS") {
        dirs.extend(env::split_paths(&named).filter(|d| !d.as_os_str().is_empty()));
    }
    dirs.extend(models_dir());
    dirs.extend(env::current_exe().ok().and_then(|exe| exe.parent().map(|d| d.join("models"))));
    dirs.push(PathBuf::from("models"));
    dirs
}

/// Every known model: the built-in cards, then cards of the user's own found in the folders.
pub fn list(first: &[PathBuf]) -> Vec<Entry> {
    let dirs = search_dirs(first);
    let own = own_cards(&dirs);
    let built_in = built_in().iter().map(|card| Entry { path: file_in(&dirs, &card.file), card: card.clone() });
    built_in.chain(own.into_iter().map(|(card, path)| Entry { card, path: Some(path) })).collect()
}

/// The model of that name, wherever its file is or is not.
pub fn info(name: &str, first: &[PathBuf]) -> Result<Entry, EstimateError> {
    list(first).into_iter().find(|entry| entry.card.name == name).ok_or_else(|| unknown(name))
}

/// Compares a model's file with its card's hash.
pub fn verify(entry: &Entry) -> Result<Integrity, EstimateError> {
    let Some(path) = &entry.path else { return Err(not_here(&entry.card, &search_dirs(&[]))) };
    if entry.card.sha256.is_empty() {
        return Ok(Integrity::NotPinned);
    }
    let found = sha256_hex(&read(path)?);
    let wanted = entry.card.sha256.clone();
    Ok(if found == wanted { Integrity::Sound } else { Integrity::Changed { wanted, found } })
}

/// The pose model that `selection` means: a name, a file, a folder, or the best one here when nothing is named.
pub fn find_model(selection: Option<&str>, options: &Options) -> Result<ModelFile, EstimateError> {
    let dirs = search_dirs(&options.model_dirs);
    let Some(named) = selection else { return best_in(&dirs) };
    let path = Path::new(named);
    if path.is_dir() {
        return best_in(&[path.to_path_buf()]);
    }
    if path.is_file() || looks_like_a_path(named) {
        return from_path(path);
    }
    by_name(named, &dirs)
}

/// The first of `names` whose file is here, looked for beside `model` first.
pub fn find_detector(names: &[String], model: &Path, options: &Options) -> Result<Option<ModelFile>, EstimateError> {
    let mut dirs: Vec<PathBuf> = model.parent().map(Path::to_path_buf).into_iter().collect();
    dirs.extend(search_dirs(&options.model_dirs));
    for card in names.iter().filter_map(|name| built_in().iter().find(|c| &c.name == name)) {
        if let Some(path) = file_in(&dirs, &card.file) {
            return load(card.clone(), path).map(Some);
        }
    }
    Ok(None)
}

/// Hex SHA-256.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn best_in(dirs: &[PathBuf]) -> Result<ModelFile, EstimateError> {
    let here = |card: &&Card| card.places_points() && file_in(dirs, &card.file).is_some();
    if let Some(card) = built_in().iter().find(here)
        && let Some(path) = file_in(dirs, &card.file)
    {
        return load(card.clone(), path);
    }
    match own_cards(dirs).into_iter().find(|(card, _)| card.places_points()) {
        Some((card, path)) => load(card, path),
        None => Err(EstimateError::NoModel { searched: dirs.to_vec() }),
    }
}

fn looks_like_a_path(named: &str) -> bool {
    named.contains(['/', '\\']) || named.to_ascii_lowercase().ends_with(".onnx")
}

fn from_path(path: &Path) -> Result<ModelFile, EstimateError> {
    let bytes = read(path)?;
    let sha256 = sha256_hex(&bytes);
    let beside = path.with_extension("toml");
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let card = if beside.is_file() {
        own_card(&beside)?
    } else {
        let known = built_in();
        let by_hash = known.iter().find(|c| c.sha256 == sha256);
        let card = by_hash.or_else(|| known.iter().find(|c| c.file == name));
        card.cloned().ok_or(EstimateError::NoCard { path: path.to_path_buf(), card: beside })?
    };
    Ok(ModelFile { card, path: path.to_path_buf(), bytes, sha256 })
}

fn by_name(name: &str, dirs: &[PathBuf]) -> Result<ModelFile, EstimateError> {
    let called: Vec<&Card> = built_in().iter().filter(|c| c.is_called(name)).collect();
    for card in &called {
        if let Some(path) = file_in(dirs, &card.file) {
            return load((*card).clone(), path);
        }
    }
    if let Some(card) = called.first() {
        return Err(not_here(card, dirs));
    }
    match own_cards(dirs).into_iter().find(|(card, _)| card.name == name) {
        Some((card, path)) => load(card, path),
        None => Err(unknown(name)),
    }
}

fn load(card: Card, path: PathBuf) -> Result<ModelFile, EstimateError> {
    let bytes = read(&path)?;
    Ok(ModelFile { card, path, sha256: sha256_hex(&bytes), bytes })
}

fn read(path: &Path) -> Result<Vec<u8>, EstimateError> {
    fs::read(path).map_err(|e| EstimateError::Unreadable { path: path.to_path_buf(), problem: e.to_string() })
}

fn file_in(dirs: &[PathBuf], file: &str) -> Option<PathBuf> {
    dirs.iter().map(|dir| dir.join(file)).find(|path| path.is_file())
}

fn own_card(path: &Path) -> Result<Card, EstimateError> {
    let text = fs::read_to_string(path)
        .map_err(|e| EstimateError::Unreadable { path: path.to_path_buf(), problem: e.to_string() })?;
    Card::parse(&text, &path.display().to_string())
}

/// Cards that users put beside ONNX files, by folder and name; a broken one is told when its model is named by path.
fn own_cards(dirs: &[PathBuf]) -> Vec<(Card, PathBuf)> {
    let mut found: Vec<(Card, PathBuf)> = Vec::new();
    for dir in dirs {
        let mut cards: Vec<PathBuf> =
            fs::read_dir(dir).map(|entries| entries.flatten().map(|e| e.path()).collect()).unwrap_or_default();
        cards.retain(|p| p.extension().is_some_and(|e| e == "toml") && p.with_extension("onnx").is_file());
        cards.sort();
        for path in cards {
            let Ok(card) = own_card(&path) else { continue };
            let taken = |c: &Card| c.name == card.name;
            if !built_in().iter().any(taken) && !found.iter().any(|(c, _)| taken(c)) {
                found.push((card, path.with_extension("onnx")));
            }
        }
    }
    found
}

fn unknown(name: &str) -> EstimateError {
    let known: Vec<&str> = built_in().iter().map(|c| c.name.as_str()).collect();
    EstimateError::UnknownModel { name: name.into(), known: known.join(", ") }
}

fn not_here(card: &Card, dirs: &[PathBuf]) -> EstimateError {
    EstimateError::NotHere { name: card.name.clone(), file: card.file.clone(), searched: dirs.to_vec() }
}
