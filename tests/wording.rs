//! What is said to people keeps to RULES.md F: what a camera could see, never a diagnosis, a fear or a promise.
//!
//! Looks at every cue and text of every exercise, and at every string in the sources of what speaks to people.

use formcheck::exercises;
use formcheck::form::safety;
use formcheck::programme::TABLE;
use std::fs;
use std::path::{Path, PathBuf};

/// "Must not say", and words that belong to it. Parts of words, in small letters.
const FORBIDDEN: [&str; 23] = [
    "damag",
    "danger",
    "harmful",
    "prevent",
    "cures",
    "heals",
    "treats",
    "relieves",
    "risk of injury",
    "injury risk",
    "cause back pain",
    "causes back pain",
    "causes pain",
    "bad for your",
    "your disc",
    "herniat",
    "slipped",
    "muscle is",
    "is weak",
    "tight hamstring",
    "nerve problem",
    "normal",
    "diagnos",
];

/// What speaks to people.
const SPEAKING: [&str; 5] = ["form", "exercises", "programme", "report", "sink"];

/// The safety words themselves say what this does not do.
const EXEMPT: [&str; 1] = ["src/form/safety.rs"];

fn forbidden_in(text: &str) -> Option<&'static str> {
    let text = text.to_lowercase();
    FORBIDDEN.into_iter().find(|phrase| text.contains(phrase))
}

#[test]
fn no_cue_and_no_text_of_any_exercise_frightens_promises_or_diagnoses() {
    let mut wrong = Vec::new();
    for exercise in exercises::ALL {
        let of_rules = exercise.rules.iter().flat_map(|r| [r.cue, r.text, r.asks, r.measures, r.limits_because]);
        for text in of_rules.chain(exercise.instructions.iter().copied()).chain([exercise.title]) {
            if let Some(phrase) = forbidden_in(text) {
                wrong.push(format!("{}: \"{phrase}\" in \"{text}\"", exercise.name));
            }
        }
        // What the back does is only ever what it appeared to do.
        for rule in exercise.rules.iter().filter(|r| r.text.contains("low back") && r.text.contains("round")) {
            assert!(rule.text.contains("appeared"), "{}: {}", rule.name, rule.text);
        }
    }
    for entry in TABLE {
        for text in entry.levels.iter().map(|l| l.name).chain([entry.title]) {
            assert_eq!(forbidden_in(text), None, "{text}");
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_string_of_what_speaks_to_people_does_either() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut wrong, mut read) = (Vec::new(), 0);
    for folder in SPEAKING {
        for file in sources(&root.join("src").join(folder)) {
            let name = file.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
            if EXEMPT.contains(&name.as_str()) {
                continue;
            }
            for text in strings(&fs::read_to_string(&file).unwrap()) {
                read += 1;
                if let Some(phrase) = forbidden_in(&text) {
                    wrong.push(format!("{name}: \"{phrase}\" in \"{text}\""));
                }
            }
        }
    }
    assert!(read > 1000, "the strings are looked for in the wrong place: {read}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_safety_words_say_what_they_must() {
    assert!(safety::ALWAYS.contains("not a medical device, does not diagnose or treat"));
    assert!(safety::ALWAYS.contains("A good score does not mean an exercise is safe for you"));
    assert_eq!((safety::URGENT.signs.len(), safety::SEE_FIRST.signs.len()), (5, 7));
    let hamstring = TABLE.iter().find(|e| e.exercise == "hamstring_stretch").unwrap();
    assert!(hamstring.caution.unwrap().contains("stop and ask a physical therapist"));
}

#[test]
fn the_reader_finds_strings_and_skips_comments() {
    let found = strings(
        "// \"no\"\nlet a = \"one \\\"two\\\"\"; /* \"no\" */ let c = '\"'; let r = r#\"three \"x\" \"#; f::<'a>(\"four\")",
    );
    assert_eq!(found, ["one \\\"two\\\"", "three \"x\" ", "four"]);
    assert!(forbidden_in("It Prevents back pain").is_some() && forbidden_in("could not see").is_none());
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
    found
}

/// The contents of string literals, as written.
fn strings(code: &str) -> Vec<String> {
    let chars: Vec<char> = code.chars().collect();
    let starts = |i: usize, what: &str| what.chars().enumerate().all(|(k, c)| chars.get(i + k) == Some(&c));
    let (mut found, mut i) = (Vec::new(), 0);
    while i < chars.len() {
        if starts(i, "//") {
            while i < chars.len() && chars[i] != '\n' {
                i += 1;
            }
        } else if starts(i, "/*") {
            while i < chars.len() && !starts(i, "*/") {
                i += 1;
            }
        } else if starts(i, "r#\"") {
            let end = (i + 3..chars.len()).find(|&k| starts(k, "\"#")).unwrap_or(chars.len());
            found.push(chars[i + 3..end].iter().collect());
            i = end + 1;
        } else if chars[i] == '\'' && (starts(i + 1, "\\") || chars.get(i + 2) == Some(&'\'')) {
            i += if starts(i + 1, "\\") { 3 } else { 2 };
        } else if chars[i] == '"' {
            let mut end = i + 1;
            while end < chars.len() && chars[end] != '"' {
                end += if chars[end] == '\\' { 2 } else { 1 };
            }
            found.push(chars[i + 1..end.min(chars.len())].iter().collect());
            i = end;
        }
        i += 1;
    }
    found
}
