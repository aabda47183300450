//! The map of ARCHITECTURE.md, held: a module uses what stands above it in the list, never below.
//!
//! Reads the sources as text. Test code (`#[cfg(test)]` modules, files called `tests.rs`) may use anything.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Top-level modules from the vocabulary down to the command line.
const LAYERS: [&str; 17] = [
    "units",
    "geometry",
    "frame",
    "pose",
    "synth",
    "render",
    "source",
    "estimate",
    "track",
    "kinematics",
    "form",
    "exercises",
    "programme",
    "report",
    "sink",
    "runner",
    "cli",
];

/// The core: pure, and knows nothing of where poses come from.
const CORE: [&str; 5] = ["track", "kinematics", "form", "exercises", "programme"];
const NOT_FOR_THE_CORE: [&str; 4] = ["source", "estimate", "synth", "render"];
/// What would make the core impure.
const IMPURE: [&str; 9] = [
    "std::fs",
    "std::env",
    "std::net",
    "std::process",
    "std::thread",
    "std::time::Instant",
    "std::time::SystemTime",
    "HashMap",
    "HashSet",
];

/// Crates that one file alone may name, and where.
const ONE_FILE: [(&str, &str); 7] = [
    ("ort", "estimate"),
    ("rten", "estimate"),
    ("rten_tensor", "estimate"),
    ("nokhwa", "source"),
    ("minifb", "sink"),
    ("libloading", "sink"),
    ("raw_window_handle", "sink"),
];
const ONLY_IN_CLI: [&str; 5] = ["println!", "eprintln!", "print!", "eprint!", "dbg!"];

struct Source {
    /// `src/form/bout.rs`
    path: PathBuf,
    /// `["form", "bout"]`; `["form"]` for `form/mod.rs`.
    module: Vec<String>,
    /// Without comments, strings and test code.
    code: String,
}

impl Source {
    fn top(&self) -> &str {
        self.module.first().map_or("", String::as_str)
    }

    fn names(&self, word: &str) -> bool {
        occurrences(&self.code, word).next().is_some()
    }
}

#[test]
fn every_module_stands_in_the_list() {
    let unknown: BTreeSet<&str> =
        sources_of_modules().iter().map(Source::top).map(known).filter(|m| !m.is_empty()).collect();
    assert!(unknown.is_empty(), "put these into the map of ARCHITECTURE.md and into LAYERS: {unknown:?}");

    fn known(top: &str) -> &'static str {
        if LAYERS.contains(&top) { "" } else { Box::leak(top.to_string().into_boxed_str()) }
    }
}

#[test]
fn a_module_uses_what_stands_above_it_never_below() {
    let rank = |module: &str| LAYERS.iter().position(|layer| *layer == module);
    let mut wrong = Vec::new();
    for source in sources_of_modules() {
        for used in used_modules(&source) {
            if rank(&used) > rank(source.top()) {
                wrong.push(format!("{} uses `{used}`, which stands below it", source.path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_core_is_pure_and_knows_no_camera_and_no_model() {
    let mut wrong = Vec::new();
    for source in sources_of_modules().iter().filter(|s| CORE.contains(&s.top())) {
        for used in used_modules(source).iter().filter(|used| NOT_FOR_THE_CORE.contains(&used.as_str())) {
            wrong.push(format!("{} uses `{used}`", source.path.display()));
        }
        for impure in IMPURE.iter().filter(|name| source.names(name)) {
            wrong.push(format!("{} names `{impure}`", source.path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn exercise_files_do_not_know_each_other() {
    let sources = sources_of_modules();
    let exercises: Vec<&Source> = sources.iter().filter(|s| s.top() == "exercises" && s.module.len() > 1).collect();
    assert!(exercises.len() >= 2, "the exercises are looked for in the wrong place");
    for source in &exercises {
        for other in exercises.iter().filter(|other| other.module[1] != source.module[1]) {
            assert!(!source.names(&other.module[1]), "{} names {}", source.path.display(), other.module[1]);
        }
    }
}

#[test]
fn each_foreign_edge_sits_behind_one_file() {
    let sources = all_sources();
    for (name, home) in ONE_FILE {
        let naming: Vec<&Source> = sources.iter().filter(|s| names_crate(s, name)).collect();
        let paths: Vec<String> = naming.iter().map(|s| s.path.display().to_string()).collect();
        assert!(naming.len() <= 1, "`{name}` is named in more than one file: {}", paths.join(", "));
        assert!(naming.iter().all(|s| s.top() == home), "`{name}` belongs in `{home}`: {}", paths.join(", "));
    }
}

#[test]
fn only_the_command_line_parses_arguments_and_prints() {
    let mut wrong = Vec::new();
    for source in all_sources().iter().filter(|s| s.top() != "cli") {
        for name in ["clap", "anyhow", "indicatif", "ctrlc"].into_iter().filter(|name| names_crate(source, name)) {
            wrong.push(format!("{} names `{name}`", source.path.display()));
        }
        for printing in ONLY_IN_CLI.iter().filter(|name| source.names(name)) {
            wrong.push(format!("{} uses `{printing}`", source.path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The readers below must themselves be right, or the tests above hold for nothing.
#[test]
fn the_reader_finds_uses_and_skips_comments_strings_and_tests() {
    let code = strip(
        "use crate::{frame::Frame, pose::{self, Landmark}};\n// crate::cli\nlet s = \"crate::sink\"; let c = '\"';\n\
         let r = r#\"crate::report \"quoted\" \"#; /* crate::runner /* nested */ */ fn f<'a>(x: &'a crate::units::Side) {}\n\
         #[cfg(test)]\nmod tests { use crate::source; fn g() { if true {} } }\nfn h() { super::super::track::x(); }\n",
    );
    let source = Source { path: "src/form/x.rs".into(), module: vec!["form".into(), "x".into()], code };
    let used: Vec<String> = used_modules(&source).into_iter().collect();
    assert_eq!(used, ["frame", "pose", "track", "units"]);
    let local =
        Source { path: "m.rs".into(), module: vec!["m".into()], code: "mod rten; fn f() { rten::load(); }".into() };
    assert!(!names_crate(&local, "rten") && !local.names("rte") && local.names("rten"));
}

fn sources_of_modules() -> Vec<Source> {
    all_sources().into_iter().filter(|s| !s.module.is_empty()).collect()
}

fn all_sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut sources = Vec::new();
    read_folder(&root, &root, &mut sources);
    assert!(sources.len() > 20, "the sources are looked for in the wrong place");
    sources
}

fn read_folder(root: &Path, folder: &Path, sources: &mut Vec<Source>) {
    let for_tests = test_modules(folder);
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            read_folder(root, &path, sources);
        } else if path.extension().is_some_and(|e| e == "rs") {
            if for_tests.iter().any(|name| path.file_stem().is_some_and(|stem| stem == name.as_str())) {
                continue;
            }
            let relative = path.strip_prefix(root).unwrap().with_extension("");
            let mut module: Vec<String> = relative.iter().map(|part| part.to_string_lossy().into_owned()).collect();
            if module.last().is_some_and(|last| ["mod", "lib", "main"].contains(&last.as_str())) {
                module.pop();
            }
            if module.iter().any(|part| part == "tests") {
                continue;
            }
            let code = strip(&fs::read_to_string(&path).unwrap());
            sources.push(Source { path: Path::new("src").join(path.strip_prefix(root).unwrap()), module, code });
        }
    }
}

/// Names of the folder's modules that exist in tests alone: `#[cfg(test)] mod golden;`.
fn test_modules(folder: &Path) -> Vec<String> {
    let parents = ["mod.rs", "lib.rs"].map(|name| fs::read_to_string(folder.join(name)).unwrap_or_default());
    let code = without_comments_and_strings(&parents.concat());
    let marked = MARKS.iter().flat_map(|mark| code.split(mark).skip(1));
    let item = |rest: &str| {
        let after_attribute = rest.split_once('\n').map_or("", |(_, item)| item).trim_start();
        after_attribute.strip_prefix("mod ").map(identifier)
    };
    marked.filter_map(item).collect()
}

/// Top-level modules that a file uses, its own left out.
fn used_modules(source: &Source) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    for at in occurrences(&source.code, "crate") {
        if let Some(rest) = source.code[at + "crate".len()..].trim_start().strip_prefix("::") {
            used.extend(first_names(rest));
        }
    }
    // `super::` as often as the module is deep leads to the top.
    let climb = vec!["super"; source.module.len()].join("::");
    for at in occurrences(&source.code, &climb) {
        let before = source.code[..at].trim_end();
        if let Some(rest) = source.code[at + climb.len()..].strip_prefix("::").filter(|_| !before.ends_with("::")) {
            used.extend(first_names(rest));
        }
    }
    used.retain(|name| LAYERS.contains(&name.as_str()) && name != source.top());
    used
}

/// The name a path begins with, or those a brace group holds: `pose::X` → pose; `{frame::F, pose::{A, B}}` → frame, pose.
fn first_names(path: &str) -> Vec<String> {
    let path = path.trim_start();
    let Some(group) = path.strip_prefix('{') else { return vec![identifier(path)] };
    let (mut depth, mut start, mut names) = (0, 0, Vec::new());
    for (i, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' if depth == 0 => {
                names.push(identifier(group[start..i].trim_start()));
                start = i + 1;
            }
            '}' => {
                names.push(identifier(group[start..i].trim_start()));
                break;
            }
            _ => {}
        }
    }
    names
}

fn identifier(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// Whether a file names a crate (and not a module of its own by that name).
fn names_crate(source: &Source, name: &str) -> bool {
    let declares = ["mod", "pub mod", "pub(crate) mod"].iter().any(|word| source.names(&format!("{word} {name}")));
    !declares
        && occurrences(&source.code, name).any(|at| {
            let before = source.code[..at].trim_end();
            let after = source.code[at + name.len()..].trim_start();
            after.starts_with("::") && !before.ends_with("::") || before.ends_with("use") && after.starts_with(';')
        })
}

/// Where `word` stands as a whole word.
fn occurrences<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let part_of_name = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(word).map(|(at, _)| at).filter(move |&at| {
        let before = code[..at].chars().next_back();
        let after = code[at + word.len()..].chars().next();
        !(before.is_some_and(part_of_name) || after.is_some_and(part_of_name) && word.ends_with(part_of_name))
    })
}

/// Code alone: comments and the contents of strings blanked, test modules cut out.
fn strip(text: &str) -> String {
    without_tests(&without_comments_and_strings(text))
}

fn without_comments_and_strings(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let starts = |i: usize, what: &str| what.chars().enumerate().all(|(k, c)| chars.get(i + k) == Some(&c));
    let mut code = String::new();
    let mut i = 0;
    while i < chars.len() {
        if starts(i, "//") {
            while i < chars.len() && chars[i] != '\n' {
                i += 1;
            }
        } else if starts(i, "/*") {
            let mut depth = 0;
            while i < chars.len() {
                if starts(i, "/*") {
                    depth += 1;
                    i += 2;
                } else if starts(i, "*/") {
                    depth -= 1;
                    i += 2;
                } else {
                    i += 1;
                }
                if depth == 0 {
                    break;
                }
            }
        } else if let Some(end) = raw_string_end(&chars, i) {
            code.push_str("\"\"");
            i = end;
        } else if chars[i] == '"' {
            i += 1;
            while i < chars.len() && chars[i] != '"' {
                i += if chars[i] == '\\' { 2 } else { 1 };
            }
            i += 1;
            code.push_str("\"\"");
        } else if chars[i] == '\'' && (starts(i + 1, "\\") || chars.get(i + 2) == Some(&'\'')) {
            // A character, not a lifetime.
            i += if starts(i + 1, "\\") { 3 } else { 2 };
            while i < chars.len() && chars[i] != '\'' {
                i += 1;
            }
            i += 1;
            code.push_str("' '");
        } else {
            code.push(chars[i]);
            i += 1;
        }
    }
    code
}

/// The place after a raw string that begins at `i` (`r"…"`, `r#"…"#`, `br"…"`).
fn raw_string_end(chars: &[char], i: usize) -> Option<usize> {
    if i > 0 && (chars[i - 1].is_alphanumeric() || chars[i - 1] == '_') {
        return None;
    }
    let mut j = i + usize::from(chars[i] == 'b');
    if chars.get(j) != Some(&'r') {
        return None;
    }
    j += 1;
    let hashes = chars[j..].iter().take_while(|c| **c == '#').count();
    j += hashes;
    if chars.get(j) != Some(&'"') {
        return None;
    }
    j += 1;
    while j < chars.len() {
        if chars[j] == '"' && chars[j + 1..].iter().take_while(|c| **c == '#').count() >= hashes {
            return Some(j + 1 + hashes);
        }
        j += 1;
    }
    Some(j)
}

/// What stands before an item that exists in tests alone.
const MARKS: [&str; 2] = ["#[cfg(test)]", "#[cfg(all(test"];

/// Cuts `#[cfg(test)] mod … { … }`, `#[cfg(test)] mod …;` and other items that exist in tests alone.
fn without_tests(code: &str) -> String {
    let mut rest = code;
    let mut kept = String::new();
    while let Some(at) = MARKS.iter().filter_map(|mark| rest.find(mark)).min() {
        kept.push_str(&rest[..at]);
        rest = after_item(&rest[at..]);
    }
    kept.push_str(rest);
    kept
}

/// What follows the first item of `code`: it ends with its braces, or with a semicolon before any.
fn after_item(code: &str) -> &str {
    let mut depth = 0;
    for (i, c) in code.char_indices() {
        match c {
            ';' if depth == 0 => return &code[i + 1..],
            '{' => depth += 1,
            '}' => {
                depth -= 1;
                if depth == 0 {
                    return &code[i + 1..];
                }
            }
            _ => {}
        }
    }
    ""
}

/// The order of the list in ARCHITECTURE.md is the order held here.
#[test]
fn the_map_in_the_document_is_this_list() {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("ARCHITECTURE.md")).unwrap();
    let mut places = BTreeMap::new();
    for layer in LAYERS {
        let at = text.find(&format!("\n| `{layer}` |"));
        places.insert(at.unwrap_or_else(|| panic!("ARCHITECTURE.md has no row for `{layer}`")), layer);
    }
    let in_document: Vec<&str> = places.into_values().collect();
    assert_eq!(in_document, LAYERS, "the rows of ARCHITECTURE.md stand in another order");
}
