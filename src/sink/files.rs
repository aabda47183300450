//! Results as files: `report.json`, `angles.csv`, `cues.vtt`; each appears whole or not at all.
//!
//! Input: a [`Report`], or [`Step`]s as they come. Output: files written beside their final name and renamed into place.

use super::SinkError;
use crate::form::{Cue, Gate, Outcome, Step};
use crate::kinematics::Reading;
use crate::report::{Report, view_name};
use crate::units::Timestamp;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// A file that is written under a temporary name in the same folder and takes its own name when complete.
///
/// Dropped without [`AtomicFile::commit`], it leaves nothing behind and what was there before stays.
pub struct AtomicFile {
    path: PathBuf,
    temp: PathBuf,
    /// `None` once committed.
    out: Option<BufWriter<File>>,
}

impl AtomicFile {
    /// Opens the temporary file; creates missing folders.
    pub fn create(path: &Path) -> Result<AtomicFile, SinkError> {
        let open = || {
            if let Some(folder) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
                fs::create_dir_all(folder)?;
            }
            let temp = temp_name(path)?;
            Ok((File::create(&temp)?, temp))
        };
        let (file, temp) = open().map_err(|e| SinkError::write(path, e))?;
        Ok(AtomicFile { path: path.into(), temp, out: Some(BufWriter::new(file)) })
    }

    /// Opens a file that stands under its own name from the beginning and stays whatever happens: for what must survive
    /// the end of the program, as a live set whose display is lost.
    pub fn lasting(path: &Path) -> Result<AtomicFile, SinkError> {
        let open = || {
            if let Some(folder) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
                fs::create_dir_all(folder)?;
            }
            File::create(path)
        };
        let file = open().map_err(|e| SinkError::write(path, e))?;
        Ok(AtomicFile { path: path.into(), temp: path.into(), out: Some(BufWriter::new(file)) })
    }

    /// Where it will stand.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Gives the file its name.
    pub fn commit(mut self) -> Result<(), SinkError> {
        let Some(out) = self.out.take() else { return Ok(()) };
        let finish = || {
            let file = out.into_inner().map_err(|e| e.into_error())?;
            // A rename may reach the disk before the data does; a crash would then leave an empty report.
            file.sync_data()?;
            drop(file);
            if self.temp == self.path { Ok(()) } else { fs::rename(&self.temp, &self.path) }
        };
        finish().map_err(|e| {
            if self.temp != self.path {
                let _ = fs::remove_file(&self.temp);
            }
            SinkError::write(&self.path, e)
        })
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.as_mut().map_or(Err(io::ErrorKind::BrokenPipe.into()), |out| out.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.as_mut().map_or(Ok(()), |out| out.flush())
    }
}

impl Drop for AtomicFile {
    fn drop(&mut self) {
        if self.out.take().is_some() && self.temp != self.path {
            let _ = fs::remove_file(&self.temp);
        }
    }
}

/// `.NAME.PID.tmp` beside the file: on the same disk, hidden, and not shared by two runs.
pub(crate) fn temp_name(path: &Path) -> io::Result<PathBuf> {
    let name = path.file_name().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "not a file name"))?;
    let mut temp = std::ffi::OsString::from(".");
    temp.push(name);
    temp.push(format!(".{}.tmp", std::process::id()));
    Ok(path.with_file_name(temp))
}

/// Writes `text` as a whole file.
pub fn write_text(path: &Path, text: &str) -> Result<(), SinkError> {
    let mut file = AtomicFile::create(path)?;
    file.write_all(text.as_bytes()).map_err(|e| SinkError::write(path, e))?;
    file.commit()
}

/// Writes `report.json`.
pub fn write_report(path: &Path, report: &Report) -> Result<(), SinkError> {
    write_text(path, &report.to_json())
}

/// `angles.csv`: one row per picture. `t_s` (s, to the microsecond), `frame` (from 0), `view`, `phase` (`waiting`,
/// `settling`, then `rest`, `out`, `deep` or `hold`, `back`), `progress` (0 rest, 1 full), then one column per reading, in its
/// unit to a thousandth; an empty cell is "not seen".
pub struct AnglesCsv<W: Write> {
    out: W,
    frame: u64,
    /// Reused from row to row.
    row: String,
    header: String,
}

const FIRST_COLUMNS: &str = "t_s,frame,view,phase,progress";

impl<W: Write> AnglesCsv<W> {
    pub fn new(out: W) -> AnglesCsv<W> {
        AnglesCsv { out, frame: 0, row: String::new(), header: String::new() }
    }

    /// Appends a picture; `readings` have the same names in the same order every time.
    pub fn write<'a>(&mut self, step: &Step, readings: impl Iterator<Item = (&'a str, Reading)>) -> io::Result<()> {
        use std::fmt::Write as _;
        self.row.clear();
        self.header.clear();
        let view = view_name(step.sample.view);
        // Writing to a String cannot fail.
        let _ = write!(self.row, "{:.6},{},{view},{},", step.pose.t.secs(), self.frame, phase_name(step));
        push_cell(&mut self.row, step.progress);
        for (name, reading) in readings {
            self.row.push(',');
            push_cell(&mut self.row, reading.ok());
            if self.frame == 0 {
                self.header.push(',');
                self.header.push_str(name);
            }
        }
        self.row.push('\n');
        if self.frame == 0 {
            writeln!(self.out, "{FIRST_COLUMNS}{}", self.header)?;
        }
        self.frame += 1;
        self.out.write_all(self.row.as_bytes())
    }

    /// Flushes and gives the writer back, to be committed. A clip without pictures gets its header here.
    pub fn finish(mut self) -> io::Result<W> {
        if self.frame == 0 {
            writeln!(self.out, "{FIRST_COLUMNS}")?;
        }
        self.out.flush()?;
        Ok(self.out)
    }
}

fn push_cell(row: &mut String, value: Option<f64>) {
    use std::fmt::Write as _;
    if let Some(v) = value.filter(|v| v.is_finite()) {
        // Without the rounding, tiny negative values would read "-0.000".
        let _ = write!(row, "{:.3}", (v * 1e3).round() / 1e3 + 0.0);
    }
}

fn phase_name(step: &Step) -> &'static str {
    match (step.gate, step.phase) {
        (Gate::Waiting(_), _) => "waiting",
        (Gate::Settling(_), _) => "settling",
        (Gate::Open, phase) => phase.name(),
    }
}

/// `cues.vtt`: every cue that was shown, as WebVTT captions; players show them over the original clip.
#[derive(Clone, Debug, Default)]
pub struct CueTrack {
    shown: Vec<Shown>,
}

#[derive(Clone, Debug, PartialEq)]
struct Shown {
    start: Timestamp,
    end: Timestamp,
    rule: &'static str,
    text: &'static str,
    class: &'static str,
}

impl CueTrack {
    /// Takes the next step.
    pub fn push(&mut self, step: &Step) {
        let Some(cue) = &step.cue else { return };
        let now = step.pose.t;
        match self.shown.last_mut() {
            Some(last) if last.rule == cue.rule.name && last.start == cue.since => last.end = last.end.max(now),
            _ => self.shown.push(Shown {
                start: cue.since,
                end: now.max(cue.since),
                rule: cue.rule.name,
                text: cue.rule.cue,
                class: class(cue),
            }),
        }
    }

    /// The file's text. Captions of one picture only are given a tenth of a second, so that players show them.
    pub fn to_vtt(&self, exercise_title: &str) -> String {
        let mut vtt = format!("WEBVTT\n\nNOTE Cues of formcheck for: {}\n", one_line(exercise_title));
        for shown in &self.shown {
            let end = shown.end.max(shown.start + 0.1);
            let (from, to) = (vtt_time(shown.start), vtt_time(end));
            let (class, text) = (shown.class, escaped(shown.text));
            vtt.push_str(&format!("\n{}\n{from} --> {to}\n<c.{class}>{text}</c>\n", shown.rule));
        }
        vtt
    }
}

fn class(cue: &Cue) -> &'static str {
    match cue.outcome {
        Outcome::Fault => "fault",
        Outcome::Warn => "warn",
        Outcome::Good | Outcome::NotJudged => "note",
    }
}

/// `00:01:02.345`
fn vtt_time(t: Timestamp) -> String {
    let millis = (t.micros().max(0) + 500) / 1000;
    let (secs, millis) = (millis / 1000, millis % 1000);
    format!("{:02}:{:02}:{:02}.{millis:03}", secs / 3600, secs / 60 % 60, secs % 60)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// A NOTE ends at an empty line and must not hold an arrow.
fn one_line(text: &str) -> String {
    text.replace(['\n', '\r'], " ").replace("-->", "->")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::Phase;
    use crate::kinematics::Unseen;
    use crate::report::specimen;

    #[test]
    fn every_column_and_phase_is_described() {
        let described = include_str!("../../docs/conventions.md");
        let step = specimen::step(0, 64, 64);
        let sides = ["near_", "far_", "left_", "right_"];
        let columns = FIRST_COLUMNS.split(',').chain(step.sample.named().map(|(name, _)| name));
        let names = columns.map(|name| sides.iter().find_map(|side| name.strip_prefix(side)).unwrap_or(name));
        let phases = [Phase::Rest, Phase::Out, Phase::Deep, Phase::Hold, Phase::Back].map(Phase::name);
        for name in names.chain(phases).chain(["waiting", "settling"]) {
            assert!(described.contains(&format!("`{name}`")), "{name} is not in docs/conventions.md");
        }
    }

    #[test]
    fn a_file_appears_whole_or_not_at_all() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("deep/er/report.json");
        write_text(&path, "first").unwrap();
        {
            let mut broken_off = AtomicFile::create(&path).unwrap();
            broken_off.write_all(b"half of the sec").unwrap();
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), "first");
        write_text(&path, "second").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "second");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "no temporary file is left");
    }

    #[test]
    fn what_is_in_the_way_is_told_in_one_line_with_the_way_out() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("file"), "").unwrap();
        let in_the_way = write_text(&dir.path().join("file/report.json"), "").unwrap_err();
        let a_folder = write_text(&dir.path().join("."), "").unwrap_err();
        for message in [in_the_way.to_string(), a_folder.to_string()] {
            assert!(message.contains("--out") && !message.contains('\n'), "{message}");
        }
        let full = SinkError::write(Path::new("a"), io::ErrorKind::StorageFull.into()).to_string();
        assert!(full.contains("disk is full"), "{full}");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_full_disk_is_told() {
        let Ok(full) = File::options().write(true).open("/dev/full") else {
            return println!("skipped: no /dev/full");
        };
        let mut csv = AnglesCsv::new(BufWriter::new(full));
        let step = specimen::step(0, 64, 64);
        let written = (0..2000).try_for_each(|_| csv.write(&step, [("knee", Ok(1.0))].into_iter()));
        let error = written.and_then(|()| csv.finish().map(drop)).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    }

    #[test]
    fn a_row_per_picture_and_nothing_where_nothing_was_seen() {
        let mut csv = AnglesCsv::new(Vec::new());
        let (settling, rest) = (specimen::step(1, 64, 64), specimen::step(45, 64, 64));
        csv.write(&settling, [("knee", Ok(-0.0001)), ("hip", Err(Unseen::NoPerson))].into_iter()).unwrap();
        csv.write(&rest, [("knee", Ok(12.34567)), ("hip", Ok(f64::NAN))].into_iter()).unwrap();
        let text = String::from_utf8(csv.finish().unwrap()).unwrap();
        let rows: Vec<Vec<&str>> = text.lines().map(|l| l.split(',').collect()).collect();
        assert_eq!(rows[0], ["t_s", "frame", "view", "phase", "progress", "knee", "hip"]);
        assert_eq!(rows[1], ["0.033333", "0", "side", "settling", "0.000", "0.000", ""]);
        assert_eq!(rows[2], ["1.500000", "1", "side", "rest", "0.000", "12.346", ""]);
        assert_eq!(rows.len(), 3);
        assert_eq!(AnglesCsv::new(Vec::new()).finish().unwrap(), b"t_s,frame,view,phase,progress\n");
    }

    #[test]
    fn captions_last_as_long_as_the_cue_was_shown() {
        let mut track = CueTrack::default();
        specimen::steps(64, 64).iter().for_each(|step| track.push(step));
        let vtt = track.to_vtt("Squat\n--> x");
        assert_eq!(
            vtt,
            "WEBVTT\n\nNOTE Cues of formcheck for: Squat -> x\n\n\
             specimen.heels_up\n00:00:08.200 --> 00:00:11.167\n<c.fault>Heels heavy</c>\n"
        );
        assert_eq!(vtt_time(Timestamp::from_secs(3725.0424)), "01:02:05.042");
        assert_eq!(escaped("a<b&c"), "a&lt;b&amp;c");
    }
}
