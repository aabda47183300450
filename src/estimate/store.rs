//! Where models live on this machine, and which one is meant.
//!
//! Input: what the user named (a model's name, a file, a folder, or nothing). Output: the file with its card. A model is
//! looked for in the folders of `--model-dir`, of `FORMCHECK_MODELS`, in the user's data folder, beside the program and in
//! `models/` of the current folder, in this order; formcheck's own is in the program itself.
//!
//! Two models can share the work, `BODY+formcheck`: the first sees the body, the second the back. When nothing is named,
//! the best here that has shown what it can do is taken (`best_of`).

use super::card::{Card, Family, built_in};
use super::{EstimateError, Options};
use crate::pose::Landmark;
use crate::pose::trust::Trust;
use sha2::{Digest, Sha256};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// formcheck's own model as it comes inside the program.
#[derive(Clone, Copy, Debug)]
pub struct Embedded {
    pub name: &'static str,
    /// Its card's text.
    pub card: &'static str,
    /// The ONNX file.
    pub onnx: &'static [u8],
}

/// `None` in a program built from a source tree without the file (see `build.rs`).
#[cfg(own_model)]
pub const EMBEDDED: Option<Embedded> = Some(Embedded {
    name: "formcheck",
    card: include_str!("../../models/formcheck.toml"),
    onnx: include_bytes!("../../models/formcheck.onnx"),
});
#[cfg(not(own_model))]
pub const EMBEDDED: Option<Embedded> = None;

/// A model file with its card, read and hashed.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelFile {
    pub card: Card,
    pub path: PathBuf,
    pub bytes: Vec<u8>,
    /// Of `bytes`, hex.
    pub sha256: String,
}

/// What sees the athlete: one model, or one for the body and one for the back.
#[derive(Clone, Debug, PartialEq)]
pub struct Selected {
    pub body: ModelFile,
    pub back: Option<ModelFile>,
}

impl Selected {
    /// "blazepose_full+formcheck"
    pub fn name(&self) -> String {
        self.joined(|file| &file.card.name)
    }

    /// Of the files, hex, joined as the name.
    pub fn sha256(&self) -> String {
        self.joined(|file| &file.sha256)
    }

    /// How far what they place can be relied on.
    pub fn trust(&self) -> Trust {
        let body = self.body.card.trust();
        self.back.as_ref().map_or(body.clone(), |back| Trust::shared(&body, &back.card.trust()))
    }

    fn joined(&self, part: impl Fn(&ModelFile) -> &String) -> String {
        let parts: Vec<&str> =
            [Some(&self.body), self.back.as_ref()].into_iter().flatten().map(|f| part(f).as_str()).collect();
        parts.join("+")
    }
}

/// What is known of a model's presence here, for `models list`, `info` and `verify`.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub card: Card,
    /// Where its file is; `None` when it is not on this machine, or in the program only.
    pub path: Option<PathBuf>,
}

impl Entry {
    /// True when it can be used without fetching anything.
    pub fn is_here(&self) -> bool {
        self.path.is_some() || embedded(&self.card).is_some()
    }

    /// Where it is, for people.
    pub fn place(&self) -> String {
        match &self.path {
            Some(path) => path.display().to_string(),
            None if self.is_here() => "in the program".into(),
            None => format!("{} (not on this machine)", self.card.file),
        }
    }
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
    let path = |card: &Card| file_in(&dirs, &card.file).filter(|_| embedded(card).is_none());
    let built_in = built_in().iter().map(|card| Entry { path: path(card), card: card.clone() });
    built_in.chain(own.into_iter().map(|(card, path)| Entry { card, path: Some(path) })).collect()
}

/// The model of that name, wherever its file is or is not.
pub fn info(name: &str, first: &[PathBuf]) -> Result<Entry, EstimateError> {
    list(first).into_iter().find(|entry| entry.card.name == name).ok_or_else(|| unknown(name))
}

/// Compares a model's file with its card's hash.
pub fn verify(entry: &Entry) -> Result<Integrity, EstimateError> {
    let inside = || embedded(&entry.card).map(Place::Program);
    let place = entry.path.clone().map(Place::File).or_else(inside);
    let place = place.ok_or_else(|| not_here(&entry.card, &search_dirs(&[])))?;
    if entry.card.sha256.is_empty() {
        return Ok(Integrity::NotPinned);
    }
    let found = load(entry.card.clone(), place)?.sha256;
    let wanted = entry.card.sha256.clone();
    Ok(if found == wanted { Integrity::Sound } else { Integrity::Changed { wanted, found } })
}

/// What `selection` means: a name, a file, a folder, two of them joined by `+` (body and back), or the best that is here when
/// nothing is named.
pub fn select(selection: Option<&str>, options: &Options) -> Result<Selected, EstimateError> {
    let dirs = search_dirs(&options.model_dirs);
    let Some(named) = selection else { return best_in(&dirs, EMBEDDED.is_some()) };
    if Path::new(named).is_dir() {
        return best_in(&[PathBuf::from(named)], false);
    }
    match named.rsplit_once('+').filter(|_| !Path::new(named).is_file()) {
        None => Ok(Selected { body: find_model(named, options)?, back: None }),
        Some((body, back)) => {
            let (body, back) = (find_model(body, options)?, find_model(back, options)?);
            if back.card.family != Family::Formcheck {
                return Err(EstimateError::NoBack { name: back.card.name });
            }
            let itself = body.sha256 == back.sha256;
            Ok(Selected { body, back: Some(back).filter(|_| !itself) })
        }
    }
}

/// The one model that a name or a file means.
pub fn find_model(named: &str, options: &Options) -> Result<ModelFile, EstimateError> {
    let path = Path::new(named);
    if path.is_file() || looks_like_a_path(named) {
        return from_path(path);
    }
    by_name(named, &search_dirs(&options.model_dirs))
}

/// The first of `names` whose file is here, looked for beside `model` first.
pub fn find_detector(names: &[String], model: &Path, options: &Options) -> Result<Option<ModelFile>, EstimateError> {
    let mut dirs: Vec<PathBuf> = model.parent().map(Path::to_path_buf).into_iter().collect();
    dirs.extend(search_dirs(&options.model_dirs));
    for card in names.iter().filter_map(|name| built_in().iter().find(|c| &c.name == name)) {
        if let Some(path) = file_in(&dirs, &card.file) {
            return load(card.clone(), Place::File(path)).map(Some);
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

/// Of the models in these folders, and formcheck's own in the program if `inside`.
fn best_in(dirs: &[PathBuf], inside: bool) -> Result<Selected, EstimateError> {
    let place = |card: &Card| {
        if inside { here(card, dirs) } else { file_in(dirs, &card.file).map(Place::File) }
    };
    let users = own_cards(dirs);
    let all = built_in().iter().chain(users.iter().map(|(card, _)| card)).filter(|card| card.places_points());
    let (own, others): (Vec<&Card>, Vec<&Card>) =
        all.filter(|card| place(card).is_some()).partition(|card| card.family == Family::Formcheck);
    let Some((body, back)) = best_of(others.first().copied(), own.first().copied()) else {
        return Err(EstimateError::NoModel { searched: dirs.to_vec() });
    };
    let load = |card: &Card| match users.iter().find(|(c, _)| c == card) {
        Some((_, path)) => load(card.clone(), Place::File(path.clone())),
        None => place(card).map_or(Err(not_here(card, dirs)), |place| load(card.clone(), place)),
    };
    Ok(Selected { body: load(body)?, back: back.map(load).transpose()? })
}

/// Which sees the body and which the back, of the best model of others and formcheck's own. The own one sees what it has
/// passed its gates for: the back beside any body model, the body rather than one that has no feet; where there is no
/// other it sees everything, and is said to be experimental.
fn best_of<'a>(other: Option<&'a Card>, own: Option<&'a Card>) -> Option<(&'a Card, Option<&'a Card>)> {
    let (Some(other), Some(own)) = (other, own) else { return other.or(own).map(|only| (only, None)) };
    let trust = own.trust();
    if !trust.body.experimental && !other.knows(&[Landmark::LeftHeel, Landmark::LeftBigToe]) {
        return Some((own, None));
    }
    Some((other, Some(own).filter(|_| !trust.back.experimental)))
}

/// Where a model's bytes are.
enum Place {
    File(PathBuf),
    Program(&'static [u8]),
}

/// In the program, where its card is the one it was written with, or else in one of these folders.
fn here(card: &Card, dirs: &[PathBuf]) -> Option<Place> {
    embedded(card).map(Place::Program).or_else(|| file_in(dirs, &card.file).map(Place::File))
}

fn embedded(card: &Card) -> Option<&'static [u8]> {
    EMBEDDED.filter(|own| own.name == card.name).map(|own| own.onnx)
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
        if let Some(place) = here(card, dirs) {
            return load((*card).clone(), place);
        }
    }
    if let Some(card) = called.first() {
        return Err(not_here(card, dirs));
    }
    match own_cards(dirs).into_iter().find(|(card, _)| card.name == name) {
        Some((card, path)) => load(card, Place::File(path)),
        None => Err(unknown(name)),
    }
}

fn load(card: Card, place: Place) -> Result<ModelFile, EstimateError> {
    let (path, bytes) = match place {
        Place::File(path) => (path.clone(), read(&path)?),
        Place::Program(bytes) => (PathBuf::from(format!("{} in the program", card.file)), bytes.to_vec()),
    };
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::estimate::card::tests::own_card;

    #[test]
    fn the_own_model_sees_by_default_what_it_has_passed_its_gates_for() {
        let body = "photo_median_percent = 2, knee_deg = 5, hip_deg = 5, trunk_deg = 3";
        let back = "lumbar_change_mae_deg = 5, lumbar_change_slope = 1, outline_ratio = 1.2";
        let own = |figures: &[&str]| own_card(&format!("gates = {{ {} }}", figures.join(", "))).unwrap();
        let known = |name: &str| built_in().iter().find(|c| c.name == name).unwrap();
        let (feet, no_feet) = (known("blazepose_lite"), known("movenet_lightning"));
        let named = |other: Option<&Card>, own: Option<&Card>| {
            best_of(other, own).map(|(body, back)| match back {
                Some(back) => format!("{}+{}", body.name, back.name),
                None => body.name.clone(),
            })
        };
        for (figures, alone, with_feet, without_feet) in [
            (&[][..], "own", "blazepose_lite", "movenet_lightning"),
            (&[body], "own", "blazepose_lite", "own"),
            (&[back], "own", "blazepose_lite+own", "movenet_lightning+own"),
            (&[body, back], "own", "blazepose_lite+own", "own"),
        ] {
            let own = own(figures);
            assert_eq!(named(None, Some(&own)).as_deref(), Some(alone));
            assert_eq!(named(Some(feet), Some(&own)).as_deref(), Some(with_feet));
            assert_eq!(named(Some(no_feet), Some(&own)).as_deref(), Some(without_feet));
        }
        assert_eq!(named(Some(feet), None).as_deref(), Some("blazepose_lite"));
        assert_eq!(named(None, None), None);
    }
}
