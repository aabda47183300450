//! Everything that the built-in decoder does not do: the `ffmpeg` program, by pipe.
//!
//! Input: a file and the program's name. Output: upright pictures with the file's times. ffmpeg turns the pictures upright
//! and makes oblong pixels square; it writes each as a PPM image, which tells its own size, and its `showinfo` filter says
//! on stderr when each is shown, in the file's own time unit. One thread reads stderr, so that ffmpeg never waits for it.
//! Not handled: network addresses (only local files may be opened, whatever the file refers to).
//!
//! Memory: one picture here and the few that ffmpeg holds; ffmpeg waits while nobody reads. The child is killed and waited
//! for when the source is dropped.

use super::{ClipInfo, Clock, FrameSource, SourceError, check_size, micros, one_line};
use crate::frame::Frame;
use crate::units::Timestamp;
use std::collections::VecDeque;
use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// How long to wait for the time of a picture that is already here: it was written before the picture.
const TIME_PATIENCE: Duration = Duration::from_secs(10);
/// A seek asks for this much before the wanted time, so that pictures that lean on an earlier key frame are whole.
const SEEK_LEAD_SECS: f64 = 1.0;
/// Lines of stderr kept to explain a failure.
const KEPT_LINES: usize = 24;

/// The version of the ffmpeg program, such as "5.1.9"; `None` when it cannot be run.
pub fn ffmpeg_version(program: &Path) -> Option<String> {
    let output = Command::new(program).arg("-version").stdin(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().next()?.strip_prefix("ffmpeg version ")?.split_whitespace().next().map(str::to_string)
}

/// A clip in the hands of ffmpeg.
pub(super) struct Ffmpeg {
    path: PathBuf,
    program: PathBuf,
    version: String,
    name: String,
    info: ClipInfo,
    /// Time of the first picture, in the stream's unit.
    origin: Option<i64>,
    /// Some pictures have no time of their own, so that only counting from the start finds them again.
    untimed: bool,
    run: Run,
    clock: Clock,
    /// Pictures read ahead, at most two, oldest first.
    ahead: VecDeque<Frame>,
    /// Frames to be reused.
    spare: Vec<Frame>,
    /// Time of the picture that the last read gave.
    given: Option<Timestamp>,
}

impl Ffmpeg {
    /// Starts ffmpeg and waits for the first picture. `what`: why ffmpeg is needed, for the message when there is none.
    pub(super) fn open(path: &Path, program: &Path, what: &str) -> Result<Ffmpeg, SourceError> {
        let Some(version) = ffmpeg_version(program) else {
            return Err(SourceError::NeedsFfmpeg { path: path.to_path_buf(), what: one_line(what) });
        };
        std::fs::File::open(path).map_err(|e| SourceError::io(path, &e))?;
        let run = Run::start(path, program, &version, None)?;
        let name = format!("ffmpeg {version}");
        let mut clip = Ffmpeg {
            path: path.to_path_buf(),
            program: program.to_path_buf(),
            version,
            name,
            info: ClipInfo::default(),
            origin: None,
            untimed: false,
            run,
            clock: Clock::default(),
            ahead: VecDeque::new(),
            spare: Vec::new(),
            given: None,
        };
        let mut first = Frame::default();
        if !clip.next(&mut first)? {
            return Err(SourceError::NoFrames { path: path.to_path_buf() });
        }
        clip.info = ClipInfo {
            width: first.width(),
            height: first.height(),
            rotation_deg: clip.run.heard.rotation_deg,
            frames: None,
            duration: clip.run.heard.duration,
        };
        clip.ahead.push_back(first);
        Ok(clip)
    }

    /// Reads the next picture from the pipe.
    fn next(&mut self, frame: &mut Frame) -> Result<bool, SourceError> {
        if !self.run.read_picture(&self.path, frame)? {
            return Ok(false);
        }
        let (ticks, (numerator, denominator)) = self.run.time_of_picture(&self.path)?;
        // A picture without a time of its own comes right after the one before.
        self.untimed |= ticks.is_none();
        let origin = *self.origin.get_or_insert(ticks.unwrap_or(0));
        let t = ticks
            .and_then(|ticks| micros(ticks.saturating_sub(origin), numerator, denominator))
            .map_or(Timestamp::ZERO, Timestamp::from_micros);
        frame.t = self.clock.strictly_after(t);
        let (first, now) = ((self.info.width, self.info.height), (frame.width(), frame.height()));
        if first != (0, 0) && first != now {
            return Err(SourceError::SizeChanges { path: self.path.clone(), first, now });
        }
        Ok(true)
    }

    /// Reads the next picture into a frame of our own, kept at the back of the queue.
    fn look_ahead(&mut self) -> Result<bool, SourceError> {
        let mut frame = self.spare.pop().unwrap_or_default();
        let got = self.next(&mut frame)?;
        if got {
            self.ahead.push_back(frame)
        } else {
            self.spare.push(frame)
        }
        Ok(got)
    }

    /// Throws pictures away until the one shown at `t` is at the front of the queue; `false` when it is already past.
    fn skip_to(&mut self, t: Timestamp) -> Result<bool, SourceError> {
        if self.ahead.is_empty() && !self.look_ahead()? {
            return Ok(false);
        }
        if self.ahead.front().is_some_and(|frame| frame.t > t) {
            return Ok(false);
        }
        loop {
            if self.ahead.len() < 2 && !self.look_ahead()? {
                return Ok(true);
            }
            if self.ahead.get(1).is_some_and(|next| next.t > t) {
                return Ok(true);
            }
            self.spare.extend(self.ahead.pop_front());
        }
    }

    fn restart(&mut self, from: Option<Timestamp>) -> Result<(), SourceError> {
        let (numerator, denominator) = self.run.heard.unit;
        let origin_secs = self.origin.unwrap_or(0) as f64 * numerator as f64 / denominator.max(1) as f64;
        let from_secs = from.map(|t| t.secs() + origin_secs - SEEK_LEAD_SECS);
        self.run = Run::start(&self.path, &self.program, &self.version, from_secs)?;
        self.clock = Clock::default();
        self.given = None;
        self.spare.extend(self.ahead.drain(..));
        Ok(())
    }
}

impl FrameSource for Ffmpeg {
    fn info(&self) -> &ClipInfo {
        &self.info
    }

    fn read(&mut self, frame: &mut Frame) -> Result<bool, SourceError> {
        match self.ahead.pop_front() {
            Some(mut ready) => {
                std::mem::swap(frame, &mut ready);
                self.spare.push(ready);
            }
            None if !self.next(frame)? => return Ok(false),
            None => {}
        }
        self.given = Some(frame.t);
        Ok(true)
    }

    fn seek(&mut self, t: Timestamp) -> Result<(), SourceError> {
        let t = t.max(Timestamp::ZERO);
        let stands_before = match (self.given, self.ahead.front()) {
            (Some(given), _) => (given < t).then_some(given),
            (None, Some(front)) => (front.t <= t).then_some(front.t),
            (None, None) => None,
        };
        let near = stands_before.is_some_and(|at| self.untimed || t.secs_since(at) < 2.0 * SEEK_LEAD_SECS);
        if near && self.skip_to(t)? {
            return Ok(());
        }
        // ffmpeg's own seek is quick but may land late, or nowhere in a file without an index: then from the start.
        if t.secs() > 2.0 * SEEK_LEAD_SECS && !self.untimed {
            self.restart(Some(t))?;
            if matches!(self.skip_to(t), Ok(true)) {
                return Ok(());
            }
        }
        self.restart(None)?;
        self.skip_to(t).map(|_| ())
    }

    fn decoder(&self) -> &str {
        &self.name
    }
}

/// What ffmpeg said before the first picture.
#[derive(Clone, Debug)]
struct Heard {
    /// Seconds per tick of the stream's time.
    unit: (u64, u64),
    rotation_deg: u32,
    duration: Option<Timestamp>,
}

/// One line of stderr that matters.
enum Said {
    Unit(u64, u64),
    Shown(Option<i64>),
    Rotation(u32),
    Duration(Timestamp),
}

/// A running ffmpeg.
struct Run {
    child: Child,
    pictures: BufReader<ChildStdout>,
    said: Receiver<Said>,
    stderr: Option<JoinHandle<VecDeque<String>>>,
    heard: Heard,
}

impl Run {
    fn start(path: &Path, program: &Path, version: &str, from_secs: Option<f64>) -> Result<Run, SourceError> {
        let mut command = command(path, program, version, from_secs);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let unreadable = |e: io::Error| SourceError::Damaged {
            path: path.to_path_buf(),
            detail: format!("ffmpeg could not be started: {}", one_line(&e.to_string())),
        };
        let mut child = command.spawn().map_err(unreadable)?;
        let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
            return Err(unreadable(io::Error::other("no pipe")));
        };
        let (tell, said) = channel();
        let stderr = std::thread::Builder::new()
            .name("ffmpeg-stderr".into())
            .spawn(move || listen(BufReader::new(stderr), &tell))
            .map_err(unreadable)?;
        let heard = Heard { unit: (1, 1_000_000), rotation_deg: 0, duration: None };
        Ok(Run { child, pictures: BufReader::with_capacity(1 << 20, stdout), said, stderr: Some(stderr), heard })
    }

    /// The next picture's pixels; `false` at a clean end.
    fn read_picture(&mut self, path: &Path, frame: &mut Frame) -> Result<bool, SourceError> {
        let Some((width, height)) = self.read_header().map_err(|e| SourceError::io(path, &e))? else {
            return self.end(path).map(|()| false);
        };
        let (width, height) = check_size(path, width, height)?;
        frame.resize(width, height);
        match self.pictures.read_exact(frame.rgb_mut()) {
            Ok(()) => Ok(true),
            Err(_) => Err(self.end(path).err().unwrap_or_else(|| SourceError::Damaged {
                path: path.to_path_buf(),
                detail: "ffmpeg ended within a picture".into(),
            })),
        }
    }

    /// "P6\n608 1080\n255\n"; `None` at the end of the pipe.
    fn read_header(&mut self) -> io::Result<Option<(u64, u64)>> {
        let mut fields = [0u64; 3];
        let mut magic = [0; 3];
        match self.pictures.read_exact(&mut magic) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            other => other?,
        }
        let not_a_picture = || io::Error::new(io::ErrorKind::InvalidData, "ffmpeg did not write a picture");
        if &magic != b"P6\n" {
            return Err(not_a_picture());
        }
        for field in &mut fields {
            loop {
                let mut byte = [0];
                self.pictures.read_exact(&mut byte)?;
                match byte[0] {
                    digit @ b'0'..=b'9' => *field = field.saturating_mul(10).saturating_add(u64::from(digit - b'0')),
                    b' ' | b'\n' => break,
                    _ => return Err(not_a_picture()),
                }
            }
        }
        Ok(Some((fields[0], fields[1])))
    }

    /// When the picture just read is shown, in ticks of the unit given.
    fn time_of_picture(&mut self, path: &Path) -> Result<(Option<i64>, (u64, u64)), SourceError> {
        loop {
            match self.said.recv_timeout(TIME_PATIENCE) {
                Ok(Said::Shown(ticks)) => return Ok((ticks, self.heard.unit)),
                Ok(Said::Unit(numerator, denominator)) => self.heard.unit = (numerator, denominator),
                // The input's comes first; the output's, upright by then, must not hide it.
                Ok(Said::Rotation(degrees)) if self.heard.rotation_deg == 0 => self.heard.rotation_deg = degrees,
                Ok(Said::Rotation(_)) => {}
                Ok(Said::Duration(duration)) => self.heard.duration = Some(duration),
                Err(_) => {
                    let detail = "ffmpeg did not say when a picture is shown".into();
                    return Err(SourceError::Damaged { path: path.to_path_buf(), detail });
                }
            }
        }
    }

    /// Waits for ffmpeg to end and judges what it said.
    fn end(&mut self, path: &Path) -> Result<(), SourceError> {
        let status = self.child.wait().map_err(|e| SourceError::io(path, &e))?;
        let lines = self.stderr.take().and_then(|thread| thread.join().ok()).unwrap_or_default();
        match verdict(path, &lines, status.success()) {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        // Errors mean that it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(stderr) = self.stderr.take() {
            let _ = stderr.join();
        }
    }
}

/// The command line. What it asks for stands in the module's words.
fn command(path: &Path, program: &Path, version: &str, from_secs: Option<f64>) -> Command {
    let mut parts = version.split(|c: char| !c.is_ascii_digit()).map(|part| part.parse().unwrap_or(0u32));
    // Versions that do not begin with a number are builds from the newest source.
    let numbered = version.starts_with(|c: char| c.is_ascii_digit());
    let release = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    let at_least = |wanted| !numbered || release >= wanted;
    let mut command = Command::new(program);
    command.args(["-hide_banner", "-nostdin", "-nostats", "-loglevel", "info", "-copyts"]);
    command.args(["-protocol_whitelist", "file"]);
    if let Some(secs) = from_secs {
        command.args(["-noaccurate_seek", "-ss", &format!("{:.6}", secs.max(0.0))]);
    }
    // "file:" keeps a name such as "concat:a" or "-" from being taken for something else.
    let mut input = OsString::from("file:");
    input.push(path);
    command.arg("-i").arg(input).args(["-map", "0:V:0", "-an", "-sn", "-dn"]);
    let showinfo = if at_least((4, 4)) { "showinfo=checksum=0" } else { "showinfo" };
    command.arg("-vf").arg(format!("{showinfo},scale=w=round(iw*sar):h=ih,format=rgb24"));
    // Each decoded picture once, none doubled or left out.
    if at_least((5, 1)) {
        command.args(["-fps_mode", "passthrough"])
    } else {
        command.args(["-vsync", "passthrough"])
    };
    command.args(["-c:v", "ppm", "-f", "image2pipe", "pipe:1"]);
    command
}

/// Reads stderr to its end; gives the last lines that are not about single pictures.
fn listen(stderr: impl BufRead, tell: &Sender<Said>) -> VecDeque<String> {
    let mut lines = VecDeque::new();
    for line in stderr.split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line);
        if let Some(said) = understand(&line) {
            // Nobody may listen any more; reading goes on so that ffmpeg can end.
            let _ = tell.send(said);
        } else if !line.contains("Parsed_showinfo") {
            if lines.len() == KEPT_LINES {
                lines.pop_front();
            }
            lines.push_back(one_line(&line));
        }
    }
    lines
}

fn understand(line: &str) -> Option<Said> {
    let after = |mark: &str| line.split_once(mark).map(|(_, rest)| rest.trim_start());
    let word = |text: &str| text.split([' ', ',', '\r']).next().map(str::to_string);
    if line.starts_with("[Parsed_showinfo") {
        if let Some(unit) = after("config in time_base: ").and_then(word) {
            let (numerator, denominator) = unit.split_once('/')?;
            return Some(Said::Unit(numerator.parse().ok()?, denominator.parse().ok()?));
        }
        return after(" pts:").and_then(word).map(|pts| Said::Shown(pts.parse().ok()));
    }
    if let Some(degrees) = after("displaymatrix: rotation of ") {
        // ffmpeg counts anticlockwise.
        let anticlockwise: f64 = word(degrees)?.parse().ok()?;
        return Some(Said::Rotation(((-anticlockwise / 90.0).round() as i64).rem_euclid(4) as u32 * 90));
    }
    let clock = line.trim_start().strip_prefix("Duration: ")?;
    let mut secs = 0.0;
    for part in word(clock)?.split(':') {
        secs = secs * 60.0 + part.parse::<f64>().ok()?;
    }
    Some(Said::Duration(Timestamp::from_secs(secs)))
}

/// The error that ffmpeg's last words stand for; `None` when all went well.
fn verdict(path: &Path, lines: &VecDeque<String>, success: bool) -> Option<SourceError> {
    let said = |text: &str| lines.iter().any(|line| line.contains(text));
    let path = path.to_path_buf();
    let cut = ["File ended prematurely", "partial file", "Truncat", "moov atom not found"];
    if cut.iter().any(|text| said(text)) {
        return Some(SourceError::Truncated { path, detail: "ffmpeg found its end missing".into() });
    }
    if success {
        return None;
    }
    if said("matches no streams") {
        return Some(SourceError::NoPicture { path });
    }
    if said("No such file or directory") {
        return Some(SourceError::NotFound { path });
    }
    let last = lines.iter().rev().find(|line| !line.is_empty() && line.as_str() != "Conversion failed!");
    let last = last.map_or("ffmpeg stopped without a word", |line| line.rsplit("] ").next().unwrap_or(line));
    Some(SourceError::Damaged { path, detail: format!("ffmpeg: {last}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ffmpegs_lines_are_understood() {
        let shown = "[Parsed_showinfo_0 @ 0x563f] n:   1 pts:   1001 pts_time:0.0333667 pos: 91347 fmt:yuv420p";
        assert!(matches!(understand(shown), Some(Said::Shown(Some(1001)))));
        let none = "[Parsed_showinfo_0 @ 0x563f] n:   1 pts: NOPTS pts_time:NOPTS";
        assert!(matches!(understand(none), Some(Said::Shown(None))));
        let unit = "[Parsed_showinfo_0 @ 0x1] config in time_base: 1/30000, frame_rate: 30000/1001";
        assert!(matches!(understand(unit), Some(Said::Unit(1, 30000))));
        let turned = "      displaymatrix: rotation of -90.00 degrees";
        assert!(matches!(understand(turned), Some(Said::Rotation(90))));
        let long = "  Duration: 01:00:20.50, start: 0.000000, bitrate: 968 kb/s";
        assert!(matches!(understand(long), Some(Said::Duration(t)) if t == Timestamp::from_secs(3620.5)));
        assert!(understand("  Duration: N/A, bitrate: N/A").is_none());
        assert!(understand("    title           : n: 1 pts: 5").is_none());
    }

    #[test]
    fn the_last_words_become_an_error_with_a_way_out() {
        let path = Path::new("clip.mkv");
        let lines = |text: &[&str]| text.iter().map(|line| line.to_string()).collect();
        assert!(verdict(path, &lines(&["all is well"]), true).is_none());
        let cut = verdict(path, &lines(&["[matroska,webm @ 0x1] File ended prematurely at pos. 9 (0x9)"]), true);
        assert!(matches!(cut, Some(SourceError::Truncated { .. })));
        let other =
            verdict(path, &lines(&["[x @ 0x1] Decoder (codec none) not found", "Conversion failed!", ""]), false);
        assert!(other.unwrap().to_string().contains("Decoder (codec none) not found"));
    }

    #[test]
    fn old_and_new_versions_get_the_options_they_know() {
        let options = |version: &str| format!("{:?}", command(Path::new("a"), Path::new("ffmpeg"), version, Some(2.0)));
        assert!(options("5.1.9-0+deb12u1").contains("fps_mode"));
        assert!(options("N-112233-gabc").contains("fps_mode"));
        assert!(options("4.3.6").contains("vsync") && !options("4.3.6").contains("checksum"));
        assert!(options("10.0").contains("fps_mode"));
    }
}
