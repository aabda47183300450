//! What we build upon, under review: licences, sources, Rust version, doubles.
//!
//! Reads `cargo metadata`, so it needs no tool beyond cargo. `deny.toml` says the same to those who have cargo-deny, which
//! also knows advisories.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::process::{Command, Output};

/// Licences that allow what MIT OR Apache-2.0 promises our users.
const LICENCES: [&str; 15] = [
    "MIT",
    "MIT-0",
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "ISC",
    "Zlib",
    "Unicode-3.0",
    "Unlicense",
    // `jpeg-encoder`: as permissive, and asks for the acknowledgement that README makes.
    "IJG",
    // `option-ext` (under `directories`), unmodified: the MPL binds changes to its own files only.
    "MPL-2.0",
    // `webpki-roots`: a list of certificates, data that may be passed on with a link to the licence.
    "CDLA-Permissive-2.0",
];

/// Crates that are there in several versions, and for whose sake. Each waits for the older user to move on.
const DOUBLES: [(&str, &str); 14] = [
    ("bitflags", "v4l under nokhwa still asks for 1"),
    ("console", "insta and indicatif 0.18 against indicatif 0.17 under muxide"),
    ("foldhash", "follows hashbrown"),
    ("getrandom", "ring (0.2), ahash (0.3), tempfile and rand (0.4)"),
    ("glam", "nalgebra's optional conversions, listed by cargo and not built"),
    ("hashbrown", "fontdue, referencing (tests only), indexmap"),
    ("indicatif", "muxide 0.5 still asks for 0.17"),
    ("libloading", "dlib (window, 0.8) and ort (0.9)"),
    ("miniz_oxide", "png and flate2"),
    ("safe_arch", "follows wide"),
    ("syn", "derive macros in the middle of moving from 2 to 3; build time only"),
    ("wide", "rusty_h264-common (0.7), openh264 and simba (1)"),
    ("thiserror", "1 and 2 while crates move on"),
    ("thiserror-impl", "follows thiserror"),
];

#[test]
fn every_licence_allows_what_ours_promises() {
    let refused: Vec<String> = packages()
        .iter()
        .filter(|p| !p["license"].as_str().is_some_and(allowed))
        .map(|p| format!("{}: {}", named(p), p["license"]))
        .collect();
    assert!(refused.is_empty(), "not on the list of licences:\n{}", refused.join("\n"));
}

#[test]
fn licence_expressions_are_read_right() {
    for fine in ["MIT", "GPL-3.0 OR MIT", "MIT/Apache-2.0", "(MIT OR GPL-2.0) AND Unicode-3.0", "Apache-2.0 AND ISC"] {
        assert!(allowed(fine), "{fine}");
    }
    for wrong in ["GPL-3.0", "MIT AND GPL-3.0", "(GPL-2.0 OR LGPL-3.0) AND MIT", "", "Apache-2.0 WITH Foo"] {
        assert!(!allowed(wrong), "{wrong}");
    }
}

#[test]
fn everything_comes_from_the_registry() {
    let strange: Vec<String> = packages()
        .iter()
        .filter(|p| p["name"] != env!("CARGO_PKG_NAME"))
        // Ours: bindings/v4l2-sys-mit, in place of one that needs libclang to build.
        .filter(|p| !(p["name"] == "v4l2-sys-mit" && p["source"].is_null()))
        .filter(|p| p["source"] != "registry+https://github.com/rust-lang/crates.io-index")
        .map(|p| format!("{}: {}", named(p), p["source"]))
        .collect();
    assert!(strange.is_empty(), "not from crates.io:\n{}", strange.join("\n"));
}

/// The declared Rust version is a promise that no dependency may break.
#[test]
fn no_dependency_asks_for_a_newer_rust_than_we_declare() {
    let ours = version(env!("CARGO_PKG_RUST_VERSION"));
    let newer: Vec<String> = packages()
        .iter()
        .filter(|p| p["rust_version"].as_str().is_some_and(|theirs| version(theirs) > ours))
        .map(|p| format!("{}: {}", named(p), p["rust_version"]))
        .collect();
    assert!(newer.is_empty(), "rust-version is {}, but:\n{}", env!("CARGO_PKG_RUST_VERSION"), newer.join("\n"));
}

#[test]
fn every_double_has_been_looked_at() {
    let mut versions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for package in packages() {
        let text = |key: &str| package[key].as_str().unwrap_or_default().to_string();
        versions.entry(text("name")).or_default().insert(text("version"));
    }
    let unseen: Vec<String> = versions
        .iter()
        .filter(|(name, found)| found.len() > 1 && !DOUBLES.iter().any(|(known, _)| known == name))
        // Windows bindings are built on Windows alone.
        .filter(|(name, _)| !name.starts_with("windows"))
        .map(|(name, found)| format!("{name}: {}", found.iter().cloned().collect::<Vec<_>>().join(", ")))
        .collect();
    assert!(unseen.is_empty(), "new doubles; avoid them or write down whose they are:\n{}", unseen.join("\n"));
}

/// The packages of all features for this machine.
fn packages() -> Vec<Value> {
    let metadata = |more: &[&str]| -> Output {
        Command::new(env!("CARGO"))
            .args(["metadata", "--format-version", "1", "--locked", "--all-features"])
            .args(["--filter-platform", &host()])
            .args(more)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .unwrap()
    };
    // The build has fetched what this needs; only features outside the default set may need the network.
    let mut output = metadata(&["--offline"]);
    if !output.status.success() {
        output = metadata(&[]);
    }
    assert!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap().clone();
    assert!(packages.len() > 100, "cargo metadata lists only {} packages", packages.len());
    packages
}

fn host() -> String {
    let output = Command::new("rustc").arg("-vV").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().find_map(|line| line.strip_prefix("host: ")).unwrap().to_string()
}

fn named(package: &Value) -> String {
    format!("{} {}", package["name"].as_str().unwrap_or("?"), package["version"].as_str().unwrap_or("?"))
}

fn version(text: &str) -> (u32, u32, u32) {
    let mut parts = text.split('.').map(|part| part.parse().unwrap_or(0));
    let mut next = || parts.next().unwrap_or(0);
    (next(), next(), next())
}

/// Whether an SPDX expression can be met by the licences above: AND binds tighter than OR; `/` is an old way to write OR.
fn allowed(expression: &str) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut reader = Reader { words: &words, at: 0 };
    let met = reader.any();
    met && reader.at == words.len()
}

struct Reader<'a> {
    words: &'a [&'a str],
    at: usize,
}

impl Reader<'_> {
    fn any(&mut self) -> bool {
        let mut met = self.all();
        while self.take("OR") {
            met |= self.all();
        }
        met
    }

    fn all(&mut self) -> bool {
        let mut met = self.one();
        while self.take("AND") {
            met &= self.one();
        }
        met
    }

    fn one(&mut self) -> bool {
        if self.take("(") {
            let met = self.any();
            return self.take(")") && met;
        }
        let Some(mut name) = self.words.get(self.at).map(|name| name.to_string()) else { return false };
        self.at += 1;
        if self.take("WITH") {
            let Some(exception) = self.words.get(self.at) else { return false };
            name = format!("{name} WITH {exception}");
            self.at += 1;
        }
        LICENCES.contains(&name.as_str())
    }

    fn take(&mut self, word: &str) -> bool {
        let here = self.words.get(self.at) == Some(&word);
        self.at += usize::from(here);
        here
    }
}
