//! Live sessions from outside when things go wrong: a network camera that hangs up, stalls or turns over, a disk that is
//! full, an end by signal. Each is told in one line, and what was done is kept.
//!
//! No test here needs a screen or a camera: a small server stands in for a phone that sends pictures. What needs a display
//! or takes long is in `tests/live_window.sh` and `tests/soak.sh`.
#![cfg(unix)]

use formcheck::estimate::store::EMBEDDED;
use formcheck::report::Report;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Anything that is waited for comes within this time even on a machine with much else to do.
const LONGEST: Duration = Duration::from_secs(180);

fn within(what: &str, mut so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !so() {
        assert!(begun.elapsed() < LONGEST, "waited in vain: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// What the phone does.
#[derive(Clone, Copy, PartialEq)]
enum Mode {
    /// Sends pictures of this size, ten a second.
    Sends(u32, u32),
    /// Stays connected and sends nothing.
    Silent,
    /// Hangs up; nobody answers any more.
    Gone,
}

/// A phone that sends pictures over HTTP (MJPEG), always at the same address.
struct Phone {
    address: SocketAddr,
    mode: Arc<Mutex<Mode>>,
}

impl Phone {
    fn new(mode: Mode) -> Phone {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let phone = Phone { address: listener.local_addr().unwrap(), mode: Arc::new(Mutex::new(mode)) };
        phone.serve(listener);
        phone
    }

    fn serve(&self, listener: TcpListener) {
        let mode = self.mode.clone();
        listener.set_nonblocking(true).unwrap();
        thread::spawn(move || {
            while *mode.lock().unwrap() != Mode::Gone {
                match listener.accept() {
                    Ok((socket, _)) => send(socket, &mode),
                    Err(_) => thread::sleep(Duration::from_millis(10)),
                }
            }
        });
    }

    fn becomes(&self, mode: Mode) {
        let before = std::mem::replace(&mut *self.mode.lock().unwrap(), mode);
        if before == Mode::Gone {
            let mut listener = None;
            within("its address free again", || {
                listener = TcpListener::bind(self.address).ok();
                listener.is_some()
            });
            self.serve(listener.unwrap());
        }
    }
}

fn send(mut socket: TcpStream, mode: &Mutex<Mode>) {
    socket.set_nonblocking(false).unwrap();
    let _ = socket.read(&mut [0; 4096]);
    let mut part = b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=picture\r\n\r\n".to_vec();
    let mut n = 0;
    while socket.write_all(&part).is_ok() {
        thread::sleep(Duration::from_millis(100));
        part.clear();
        match *mode.lock().unwrap() {
            Mode::Sends(width, height) => {
                let jpeg = picture(width, height, n);
                part.extend(b"--picture\r\nContent-Type: image/jpeg\r\n");
                part.extend(format!("Content-Length: {}\r\n\r\n", jpeg.len()).as_bytes());
                part.extend(jpeg);
                part.extend(b"\r\n");
            }
            Mode::Silent => {}
            Mode::Gone => return,
        }
        n += 1;
    }
}

/// Speckled differently each time, so that a video of it grows.
fn picture(width: u32, height: u32, n: u32) -> Vec<u8> {
    let speckle = |i: u32| (i.wrapping_mul(2_654_435_761).wrapping_add(n.wrapping_mul(40_503)) >> 24) as u8;
    let pixels: Vec<u8> = (0..width * height).map(speckle).collect();
    let mut jpeg = Vec::new();
    let mut encoder = image::codecs::jpeg::JpegEncoder::new(&mut jpeg);
    encoder.encode(&pixels, width, height, image::ExtendedColorType::L8).unwrap();
    jpeg
}

/// The program at work, in a folder of its own.
struct Session {
    place: TempDir,
    child: Child,
}

impl Session {
    /// `live squat` without a window in front of the phone; `shell` is run before it in the same shell.
    fn begin(phone: &Phone, shell: &str, options: &[&str]) -> Option<Session> {
        if EMBEDDED.is_none() {
            println!("skipped: this program has no pose model of its own");
            return None;
        }
        let place = tempfile::tempdir().unwrap();
        let program = env!("CARGO_BIN_EXE_formcheck");
        let set_up = |mut command: Command| {
            command.current_dir(place.path()).env("FORMCHECK_DATA", place.path().join("data")).stdin(Stdio::null());
            for name in ["FORMCHECK_MODELS", "ORT_DYLIB_PATH", "LD_LIBRARY_PATH", "DISPLAY"] {
                command.env_remove(name);
            }
            command
        };
        let safety = ["safety", "--urgent", "no", "--see-first", "no", "--understood", "yes"];
        assert!(
            set_up(Command::new(program))
                .args(safety)
                .stderr(Stdio::null())
                .stdout(Stdio::null())
                .status()
                .unwrap()
                .success()
        );
        let to = |name: &str| File::create(place.path().join(name)).unwrap();
        let child = set_up(Command::new("sh"))
            .arg("-c")
            .arg(format!("{shell} exec \"$0\" \"$@\""))
            .args([program, "live", "squat", "--headless", "--mute", "--camera"])
            .arg(format!("http://{}/video", phone.address))
            .args(options)
            .stdout(to("stdout"))
            .stderr(to("stderr"))
            .spawn()
            .unwrap();
        Some(Session { place, child })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    /// Pictures of a set judged so far.
    fn judged(&self, set: &str) -> usize {
        self.text(&format!("{set}/poses.jsonl")).lines().count().saturating_sub(1)
    }

    /// Waits for more pictures of this set.
    fn goes_on(&self, set: &str) {
        let before = self.judged(set);
        within("pictures judged", || self.judged(set) > before + 2);
    }

    fn told(&self, words: &str) {
        within(words, || self.text("stderr").contains(words));
    }

    fn signal(&self, name: &str) {
        assert!(Command::new("kill").args([name, &self.child.id().to_string()]).status().unwrap().success());
    }

    /// Ends it as Ctrl-C does; nothing but `troubles` may be said besides where the files are.
    fn quit(&mut self, troubles: &[&str]) -> ExitStatus {
        self.signal("-INT");
        self.ended(troubles)
    }

    fn ended(&mut self, troubles: &[&str]) -> ExitStatus {
        let mut status = None;
        within("its end", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        let stderr = self.text("stderr");
        let usual = |line: &&str| USUAL.iter().any(|usual| line.starts_with(usual));
        for line in stderr.lines().filter(|line| !usual(line)) {
            assert!(troubles.iter().any(|t| line.contains(t)), "not expected: {line}\nin:\n{stderr}");
        }
        for trouble in troubles {
            assert!(stderr.contains(trouble), "{trouble} is missing in:\n{stderr}");
        }
        status.unwrap()
    }

    fn report(&self, set: &str) -> Report {
        Report::from_json(&self.text(&format!("{set}/report.json"))).expect("a whole report")
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // Only after a failed test is it still there.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What is said whatever happens.
const USUAL: [&str; 3] = ["Stop if pain increases", "poses by", "the files are in"];
const SET: &str = "formcheck-live/squat-1";
const SMALL: Mode = Mode::Sends(160, 120);

fn notices(report: &Report) -> Vec<&str> {
    report.notices.iter().map(|notice| notice.code.as_ref()).collect()
}

#[test]
fn a_camera_that_hangs_up_is_waited_for_and_goes_on() {
    let phone = Phone::new(SMALL);
    let Some(mut session) = Session::begin(&phone, "", &["--cue-log", "heard.jsonl"]) else { return };
    session.goes_on(SET);
    phone.becomes(Mode::Gone);
    session.told("Camera lost");
    // Long enough for one attempt in vain.
    thread::sleep(Duration::from_millis(1500));
    phone.becomes(SMALL);
    session.goes_on(SET);
    assert_eq!(session.quit(&["Camera lost"]).code(), Some(0));
    assert!(notices(&session.report(SET)).contains(&"gaps"), "the report tells that nothing was seen meanwhile");
    assert!(!session.path("formcheck-live/squat-2").exists(), "it is one set");
    let heard = session.text("heard.jsonl");
    assert_eq!(heard.matches("No picture from the camera").count(), 1, "said once, to who lies out of sight:\n{heard}");
    assert_eq!(session.text("data/history.jsonl"), "", "nothing was done that is worth remembering");
}

#[test]
fn a_camera_that_never_comes_back_leaves_the_report() {
    let phone = Phone::new(SMALL);
    let Some(mut session) = Session::begin(&phone, "", &[]) else { return };
    session.goes_on(SET);
    phone.becomes(Mode::Gone);
    session.told("Camera lost");
    session.signal("-TERM");
    assert_eq!(session.ended(&["Camera lost"]).code(), Some(0));
    assert_eq!(session.report(SET).reps.len(), 0);
    for file in ["report.html", "poses.jsonl", "angles.csv", "cues.vtt"] {
        assert!(session.path(SET).join(file).is_file(), "{file}");
    }
    assert!(session.text("stdout").contains("squat"), "the table of sets: {}", session.text("stdout"));
}

#[test]
fn a_stall_is_told_and_the_set_goes_on_after_it() {
    let phone = Phone::new(SMALL);
    let Some(mut session) = Session::begin(&phone, "", &[]) else { return };
    session.goes_on(SET);
    phone.becomes(Mode::Silent);
    session.told("No picture from the camera");
    phone.becomes(SMALL);
    session.goes_on(SET);
    assert_eq!(session.quit(&["No picture from the camera"]).code(), Some(0));
    assert!(notices(&session.report(SET)).contains(&"gaps"));
}

#[test]
fn pictures_of_another_size_begin_another_set() {
    let phone = Phone::new(SMALL);
    let Some(mut session) = Session::begin(&phone, "", &["--record", "sets"]) else { return };
    session.goes_on("sets/squat-1");
    phone.becomes(Mode::Sends(120, 160));
    session.goes_on("sets/squat-2");
    let told = "The camera's picture changed from 160x120 to 120x160: a new set begins";
    assert_eq!(session.quit(&[told]).code(), Some(0));
    for (set, size) in [("sets/squat-1", (160, 120)), ("sets/squat-2", (120, 160))] {
        let source = session.report(set).source;
        assert_eq!((source.width, source.height), size, "{set}");
        let mut video =
            formcheck::source::open(&session.path(set).join("video.mp4"), &Default::default()).expect("a whole video");
        let mut frame = formcheck::frame::Frame::default();
        assert!(video.read(&mut frame).unwrap() && (frame.width(), frame.height()) == size, "{set}");
    }
}

/// A file may not grow beyond a limit: what a full disk and a used-up quota look like to the program.
#[test]
fn a_full_disk_ends_the_recording_and_nothing_else() {
    let phone = Phone::new(Mode::Sends(320, 240));
    // In blocks of 512 bytes; the signal would end the program before it could say anything.
    let Some(mut session) = Session::begin(&phone, "trap '' XFSZ; ulimit -f 128;", &["--record", "sets"]) else {
        return;
    };
    session.told("cannot write");
    session.goes_on("sets/squat-1");
    let status = session.quit(&["video.mp4: the disk is full"]);
    assert_eq!(status.code(), Some(0), "the set itself is whole");
    assert!(notices(&session.report("sets/squat-1")).contains(&"not_recorded"));
    let left: Vec<_> = fs::read_dir(session.path("sets/squat-1")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().ends_with(".tmp")), "nothing half written stays: {left:?}");
}

#[test]
fn an_end_before_the_first_picture_is_no_error() {
    let phone = Phone::new(Mode::Silent);
    let Some(mut session) = Session::begin(&phone, "", &[]) else { return };
    // The model is loaded and the camera asked by then.
    session.told("No picture from the camera");
    assert_eq!(session.quit(&["No picture from the camera", "no picture was judged"]).code(), Some(0));
    assert!(!session.path("formcheck-live").exists(), "nothing was done, so there is no folder");
}
