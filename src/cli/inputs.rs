//! From what was typed to the list of clips: folders, globs and manifests expanded, a results folder for each.
//!
//! The list is sorted by path and free of doubles, and folders are given out before anything is scored, so the same
//! files always land in the same folders, whatever the number of jobs or shards.

use super::nearest::nearest;
use super::wanted::{AUTO, Wanted};
use crate::exercises;
use anyhow::{Context, Result, anyhow, bail};
use globset::GlobBuilder;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};
use walkdir::{DirEntry, WalkDir};

/// Endings of files taken from searched folders; a file named outright is taken whatever its name.
const CLIP_ENDINGS: [&str; 14] =
    ["mp4", "mov", "m4v", "mkv", "webm", "avi", "mpg", "mpeg", "mts", "m2ts", "3gp", "ts", "wmv", "gif"];
const IMAGE_ENDINGS: [&str; 5] = ["png", "jpg", "jpeg", "bmp", "webp"];
/// The name of a recording beside its report.
const RECORDING: &str = "poses.jsonl";
/// Names in the results folder that are not a clip's.
const RESERVED: [&str; 2] = ["summary.csv", "summary"];

/// One clip of a batch.
#[derive(Clone, Debug)]
pub struct Clip {
    /// As given, or as found below what was given.
    pub path: PathBuf,
    pub exercise: Wanted,
    /// Name of its folder in the results folder; no other clip of the batch has it.
    pub folder: String,
}

/// A folder or file that was named but cannot be searched.
#[derive(Clone, Debug, PartialEq)]
pub struct Unsearchable {
    pub path: PathBuf,
    pub problem: String,
}

/// All clips of a batch, sorted by path.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    pub clips: Vec<Clip>,
    pub unsearchable: Vec<Unsearchable>,
}

/// Expands `paths`. `exercise` is for every clip whose manifest does not name its own; nothing under `out` is taken.
pub fn expand(paths: &[PathBuf], exercise: Option<Wanted>, out: &Path) -> Result<Inputs> {
    let out = fs::canonicalize(out).ok();
    let mut found = Found { exercise, out, clips: BTreeMap::new(), spelled: BTreeMap::new(), unsearchable: Vec::new() };
    for path in paths {
        found.take(path)?;
    }
    Ok(Inputs { clips: give_folders(found.clips), unsearchable: found.unsearchable })
}

struct Found {
    exercise: Option<Wanted>,
    /// Results are never scored as clips.
    out: Option<PathBuf>,
    /// Sorted, and each path once.
    clips: BTreeMap<PathBuf, Wanted>,
    /// How each of them was first spelled, by its real path: one file may be reached by many.
    spelled: BTreeMap<PathBuf, PathBuf>,
    unsearchable: Vec<Unsearchable>,
}

impl Found {
    fn take(&mut self, path: &Path) -> Result<()> {
        if path.is_dir() {
            self.search(path, &|_| true)
        } else if path.is_file() && has_ending(path, &["csv"]) {
            self.take_manifest(path)
        } else if !path.exists() && is_glob(path) {
            self.take_glob(path)
        } else {
            // A file that is not there is reported with the others when it is opened.
            self.add(path.to_path_buf(), None)
        }
    }

    fn add(&mut self, path: PathBuf, exercise: Option<Wanted>) -> Result<()> {
        if path.exists() && !path.is_file() && !path.is_dir() {
            let problem = "a device or a pipe, not a file; give a clip".to_string();
            self.unsearchable.push(Unsearchable { path, problem });
            return Ok(());
        }
        let exercise = exercise.or(self.exercise).ok_or_else(|| {
            anyhow!(
                "{}: which exercise is it? add --exercise NAME (`formcheck exercises` lists them) or --exercise auto",
                path.display()
            )
        })?;
        let real = fs::canonicalize(&path).unwrap_or_else(|_| path.clone());
        let path = self.spelled.entry(real).or_insert(path).clone();
        self.clips.insert(path, exercise);
        Ok(())
    }

    /// Takes every clip below `folder` that `wanted` admits. A folder of pictures without a clip in or below it is one clip; one
    /// picture alone is none.
    fn search(&mut self, folder: &Path, wanted: &dyn Fn(&Path) -> bool) -> Result<()> {
        let out = self.out.clone();
        let not_results = |entry: &DirEntry| {
            let results = || entry.file_type().is_dir() && out.is_some() && fs::canonicalize(entry.path()).ok() == out;
            entry.depth() == 0 || (!is_hidden(entry) && !results())
        };
        // Pictures by folder, until it is known whether a clip lies beside or below them.
        let mut with_pictures: BTreeMap<PathBuf, usize> = BTreeMap::new();
        let mut with_clips = BTreeSet::new();
        // In a fixed order, so that of a file's many spellings always the same is the first.
        for entry in WalkDir::new(folder).follow_links(true).sort_by_file_name().into_iter().filter_entry(not_results) {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    self.unsearchable.push(unsearchable(folder, &error));
                    continue;
                }
            };
            let (path, parent) = (entry.path(), entry.path().parent().unwrap_or(folder));
            if !entry.file_type().is_file() {
                continue;
            } else if is_clip(path) {
                with_clips.extend(parent.ancestors().map(Path::to_path_buf));
                if wanted(path) {
                    self.add(path.to_path_buf(), None)?;
                }
            } else if has_ending(path, &IMAGE_ENDINGS) {
                *with_pictures.entry(parent.to_path_buf()).or_default() += 1;
            }
        }
        for (folder, pictures) in with_pictures {
            if pictures > 1 && !with_clips.contains(&folder) && wanted(&folder) {
                self.add(folder, None)?;
            }
        }
        Ok(())
    }

    fn take_glob(&mut self, pattern: &Path) -> Result<()> {
        let text = pattern.to_string_lossy();
        let matcher = GlobBuilder::new(text.strip_prefix("./").unwrap_or(&text))
            .literal_separator(true)
            .build()
            .with_context(|| format!("{text}: this pattern cannot be understood; quote it, and use *, ** and ? only"))?
            .compile_matcher();
        let base = fixed_part(pattern);
        let before = self.clips.len();
        if base.is_dir() {
            self.search(&base, &|path| matcher.is_match(path.strip_prefix("./").unwrap_or(path)))?;
        }
        if self.clips.len() == before {
            bail!(
                "{text}: no clip matches this pattern; quote it so that the shell leaves it alone, and check the path"
            );
        }
        Ok(())
    }

    fn take_manifest(&mut self, manifest: &Path) -> Result<()> {
        let name = manifest.display();
        let beside = manifest.parent().unwrap_or(Path::new(""));
        let mut reader = csv::ReaderBuilder::new()
            .trim(csv::Trim::All)
            .flexible(true)
            .from_path(manifest)
            .with_context(|| format!("{name}: the manifest cannot be read; check its path and permissions"))?;
        let headers = reader.headers().with_context(|| unreadable_table(manifest))?.clone();
        // Spreadsheets put a byte order mark in front of the first column's name.
        let column =
            |wanted: &str| headers.iter().position(|h| h.trim_start_matches('\u{feff}').eq_ignore_ascii_case(wanted));
        let path_column = column("path").ok_or_else(|| {
            anyhow!("{name}: the manifest has no column `path`; its first line must be `path,exercise`")
        })?;
        let exercise_column = column("exercise");

        for record in reader.records() {
            let record = record.with_context(|| unreadable_table(manifest))?;
            let line = record.position().map_or(0, |p| p.line());
            let path = record.get(path_column).unwrap_or_default();
            if path.is_empty() {
                bail!("{name}, line {line}: the path is empty; fill it in or remove the line");
            }
            let exercise = match exercise_column.and_then(|c| record.get(c)).filter(|e| !e.is_empty()) {
                Some(AUTO) => Some(Wanted::Auto),
                Some(typed) => Some(exercises::by_name(typed).map(Wanted::Named).ok_or_else(|| {
                    anyhow!("{name}, line {line}: there is no exercise '{typed}'{}", did_you_mean(typed))
                })?),
                None => None,
            };
            self.add(beside.join(path), exercise).with_context(|| format!("{name}, line {line}"))?;
        }
        Ok(())
    }
}

fn unreadable_table(manifest: &Path) -> String {
    format!(
        "{}: this is not a table of comma-separated values in UTF-8; its first line must be `path,exercise`",
        manifest.display()
    )
}

fn did_you_mean(typed: &str) -> String {
    let known = exercises::ALL.iter().map(|e| e.name);
    match nearest(typed, known.clone(), 1).first() {
        Some(name) => format!("; did you mean '{name}'?"),
        None => format!("; known are {}", known.collect::<Vec<_>>().join(", ")),
    }
}

fn unsearchable(folder: &Path, error: &walkdir::Error) -> Unsearchable {
    let path = error.path().unwrap_or(folder).to_path_buf();
    let problem = match (error.loop_ancestor(), error.io_error()) {
        (Some(_), _) => "this link leads back to a folder above it; remove the link".to_string(),
        (None, Some(io)) if io.kind() == std::io::ErrorKind::NotFound => {
            "this link leads nowhere; remove it, or bring back what it led to".to_string()
        }
        (None, Some(io)) => format!("cannot be searched ({io}); check its permissions"),
        (None, None) => format!("cannot be searched ({error})"),
    };
    Unsearchable { path, problem }
}

fn is_hidden(entry: &DirEntry) -> bool {
    entry.file_name().to_string_lossy().starts_with('.')
}

/// A video or a recording, but not the video that an earlier run, or a live set, left beside its report, nor the truth
/// beside a rendered clip.
fn is_clip(path: &Path) -> bool {
    let beside = |name: &str| path.parent().is_some_and(|folder| folder.join(name).is_file());
    let made_by_us = match path.file_name().and_then(|name| name.to_str()) {
        Some("annotated.mp4" | "video.mp4") => beside("report.json"),
        Some("truth.jsonl") => beside("case.toml"),
        _ => false,
    };
    !made_by_us && (has_ending(path, &CLIP_ENDINGS) || has_ending(path, &["jsonl"]))
}

fn has_ending(path: &Path, endings: &[&str]) -> bool {
    let ending = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
    endings.iter().any(|e| ending.eq_ignore_ascii_case(e))
}

fn is_glob(path: &Path) -> bool {
    path.to_string_lossy().contains(['*', '?', '[', '{'])
}

/// The folders of a pattern before its first wildcard; `.` when there are none.
fn fixed_part(pattern: &Path) -> PathBuf {
    let fixed: PathBuf = pattern
        .components()
        .take_while(|part| !matches!(part, Component::Normal(name) if is_glob(Path::new(name))))
        .filter(|part| !matches!(part, Component::CurDir))
        .collect();
    if fixed.as_os_str().is_empty() { PathBuf::from(".") } else { fixed }
}

/// A folder for each clip: its stem, with `-2`, `-3` … for later ones of the same stem.
fn give_folders(clips: BTreeMap<PathBuf, Wanted>) -> Vec<Clip> {
    let mut taken: BTreeSet<String> = RESERVED.iter().map(|name| name.to_string()).collect();
    clips
        .into_iter()
        .map(|(path, exercise)| {
            let stem = stem(&path);
            let folder = (1..)
                .map(|n| if n == 1 { stem.clone() } else { format!("{stem}-{n}") })
                // Some file systems take `Clip` and `clip` for one folder.
                .find(|name| taken.insert(name.to_lowercase()))
                .expect("there are more numbers than clips");
            Clip { path, exercise, folder }
        })
        .collect()
}

/// The clip's name without its ending, as a folder name that is safe everywhere. A recording beside its report has the
/// name of its folder.
pub fn stem(path: &Path) -> String {
    let named = match path.file_name() {
        Some(name) if name == RECORDING => path.parent().and_then(Path::file_name).or(path.file_stem()),
        _ if path.is_dir() => path.file_name(),
        _ => path.file_stem(),
    };
    let text = named.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let safe: String =
        text.chars().map(|c| if c.is_control() || r#"/\:*?"<>|"#.contains(c) { '_' } else { c }).collect();
    let safe = safe.trim_end_matches(['.', ' ']);
    if safe.is_empty() || safe.starts_with('.') { format!("clip{safe}") } else { safe.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touch(root: &Path, names: &[&str]) {
        for name in names {
            let path = root.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, b"x").unwrap();
        }
    }

    fn expanded(root: &Path, paths: &[&str]) -> Vec<(String, String)> {
        let paths: Vec<PathBuf> = paths.iter().map(|p| root.join(p)).collect();
        let inputs = expand(&paths, Some(Wanted::Named(exercises::ALL[0])), &root.join("out")).unwrap();
        let relative = |path: &Path| path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
        inputs.clips.iter().map(|c| (relative(&c.path), c.folder.clone())).collect()
    }

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(a, b)| (a.to_string(), b.to_string())).collect()
    }

    #[test]
    fn a_folder_is_searched_to_the_bottom_in_a_fixed_order() {
        let dir = tempfile::tempdir().unwrap();
        touch(dir.path(), &["b/clip.MOV", "a/clip.mp4", "a/notes.txt", "clip.webm", ".hidden/x.mp4", "clip-2.gif"]);
        let expected =
            [("a/clip.mp4", "clip"), ("b/clip.MOV", "clip-2"), ("clip-2.gif", "clip-2-2"), ("clip.webm", "clip-3")];
        assert_eq!(expanded(dir.path(), &["."]).len(), 4);
        assert_eq!(expanded(dir.path(), &["", "a", "a/clip.mp4"]), pairs(&expected));
    }

    #[test]
    fn results_are_not_scored_again() {
        let dir = tempfile::tempdir().unwrap();
        touch(dir.path(), &["clip.mp4", "out/clip/poses.jsonl", "out/clip/annotated.mp4"]);
        touch(dir.path(), &["old/clip/poses.jsonl", "old/clip/annotated.mp4", "old/clip/report.json"]);
        let expected = [("clip.mp4", "clip"), ("old/clip/poses.jsonl", "clip-2")];
        assert_eq!(expanded(dir.path(), &[""]), pairs(&expected));
    }

    #[test]
    fn the_truth_of_a_rendered_clip_is_not_scored() {
        let dir = tempfile::tempdir().unwrap();
        touch(dir.path(), &["made/SQ-ok2.mp4", "made/truth.jsonl", "made/case.toml", "own/truth.jsonl"]);
        let expected = [("made/SQ-ok2.mp4", "SQ-ok2"), ("own/truth.jsonl", "truth")];
        assert_eq!(expanded(dir.path(), &[""]), pairs(&expected));
    }

    #[test]
    fn a_folder_of_pictures_is_one_clip() {
        let dir = tempfile::tempdir().unwrap();
        touch(dir.path(), &["frames.d/0001.png", "frames.d/0002.png", "mixed/clip.mp4", "mixed/poster.jpg"]);
        // Above clips, or alone, a picture is none.
        touch(dir.path(), &["sheet-1.jpg", "sheet-2.jpg", "alone/shot.png"]);
        let expected = [("frames.d", "frames.d"), ("mixed/clip.mp4", "clip")];
        assert_eq!(expanded(dir.path(), &[""]), pairs(&expected));
    }

    #[cfg(unix)]
    #[test]
    fn a_file_reached_by_several_spellings_is_one_clip_and_a_pipe_is_none() {
        let dir = tempfile::tempdir().unwrap();
        touch(dir.path(), &["a/clip.mp4"]);
        std::os::unix::fs::symlink(dir.path().join("a/clip.mp4"), dir.path().join("same.mp4")).unwrap();
        std::os::unix::fs::symlink(dir.path().join("gone.mp4"), dir.path().join("a/lost.mp4")).unwrap();
        let made = std::process::Command::new("mkfifo").arg(dir.path().join("a/pipe.mp4")).status();
        let paths = ["a/clip.mp4", "a/../a/clip.mp4", "same.mp4", "a", "a/pipe.mp4"].map(|path| dir.path().join(path));
        let inputs = expand(&paths, Some(Wanted::Auto), &dir.path().join("out")).unwrap();
        assert_eq!(inputs.clips.iter().map(|clip| &clip.path).collect::<Vec<_>>(), [&paths[0]]);
        let problems: Vec<&str> = inputs.unsearchable.iter().map(|lost| lost.problem.as_str()).collect();
        assert!(problems[0].contains("leads nowhere"), "{problems:?}");
        if made.is_ok_and(|status| status.success()) {
            assert!(problems.len() == 2 && problems[1].contains("pipe"), "{problems:?}");
        }
    }

    #[test]
    fn globs_take_what_they_match() {
        let dir = tempfile::tempdir().unwrap();
        touch(dir.path(), &["a/x_front.mp4", "a/x_side.mp4", "a/deep/y_front.mp4"]);
        assert_eq!(expanded(dir.path(), &["a/*_front.mp4"]), pairs(&[("a/x_front.mp4", "x_front")]));
        assert_eq!(expanded(dir.path(), &["**/*_front.mp4"]).len(), 2);
        let nothing = expand(&[dir.path().join("*.avi")], Some(Wanted::Named(exercises::ALL[0])), Path::new("out"));
        assert!(nothing.unwrap_err().to_string().contains("no clip matches"));
    }

    #[test]
    fn a_manifest_names_paths_beside_it_and_exercises() {
        let dir = tempfile::tempdir().unwrap();
        let manifest = dir.path().join("list.csv");
        let name = exercises::ALL[0].name;
        fs::write(&manifest, format!("\u{feff}path,exercise,who\nb.mp4,{name},ann\na.mp4,,bob\n")).unwrap();
        assert_eq!(expanded(dir.path(), &["list.csv"]), pairs(&[("a.mp4", "a"), ("b.mp4", "b")]));

        let lacking = expand(std::slice::from_ref(&manifest), None, Path::new("out")).unwrap_err();
        assert!(format!("{lacking:#}").contains("line 3"), "{lacking:#}");
        for (text, said) in [
            ("file,exercise\na.mp4,squat\n", "no column `path`"),
            ("path,exercise\na.mp4,sqaut\n", "there is no exercise 'sqaut'"),
            ("path,exercise\n,squat\n", "the path is empty"),
        ] {
            fs::write(&manifest, text).unwrap();
            let error = expand(std::slice::from_ref(&manifest), None, Path::new("out")).unwrap_err();
            assert!(format!("{error:#}").contains(said), "{error:#}");
        }
    }

    #[test]
    fn stems_are_safe_folder_names() {
        for (path, folder) in [
            ("a/clip.mp4", "clip"),
            ("a/user:pa ss@host?.mp4", "user_pa ss@host_"),
            ("..mp4", "clip"),
            ("a/...mp4", "clip"),
            ("-rf.mp4", "-rf"),
            ("results/monday/poses.jsonl", "monday"),
            ("poses.jsonl", "poses"),
            ("a/.mp4", "clip.mp4"),
        ] {
            assert_eq!(stem(Path::new(path)), folder, "{path}");
        }
    }
}
