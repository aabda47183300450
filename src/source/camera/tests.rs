use super::*;
use crate::frame::Frame;
use crate::units::Timestamp;
use image::codecs::jpeg::JpegEncoder;
use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

fn jpeg(width: u32, height: u32, color: [u8; 3]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let rgb = color.repeat((width * height) as usize);
    JpegEncoder::new(&mut bytes).encode(&rgb, width, height, image::ExtendedColorType::Rgb8).unwrap();
    bytes
}

fn shot(packing: Packing, width: u32, height: u32, bytes: Vec<u8>) -> Shot {
    Shot { packing, width, height, bytes, ..Shot::default() }
}

fn middle(frame: &Frame) -> [u8; 3] {
    let at = (frame.height() / 2 * frame.width() + frame.width() / 2) as usize * 3;
    frame.rgb()[at..at + 3].try_into().unwrap()
}

fn near(a: [u8; 3], b: [u8; 3]) -> bool {
    a.iter().zip(b).all(|(a, b)| a.abs_diff(b) <= 6)
}

#[test]
fn every_packing_shows_the_same_colour() {
    // BT.601, limited range: orange.
    let (y, u, v) = (152, 50, 191);
    let orange = [255, 140, 2];
    let mut frame = Frame::default();
    let (w, h) = (16u32, 8u32);
    let area = (w * h) as usize;
    let nv12 = [vec![y; area], [u, v].repeat(area / 4)].concat();
    for (packing, mut bytes) in [
        (Packing::Yuyv, [y, u, y, v].repeat(area / 2)),
        (Packing::Nv12, nv12),
        (Packing::Mjpeg, jpeg(w, h, orange)),
        (Packing::Rgb, orange.repeat(area)),
        (Packing::Bgr, [orange[2], orange[1], orange[0]].repeat(area)),
    ] {
        // Drivers hand over buffers longer than the picture.
        bytes.extend([0xff, 0x00, 0x17]);
        assert!(shot(packing, w, h, bytes).unpack(&mut frame), "{packing}");
        assert_eq!((frame.width(), frame.height()), (w, h), "{packing}");
        assert!(near(middle(&frame), orange), "{packing}: {:?}", middle(&frame));
    }
    assert!(shot(Packing::Gray, w, h, vec![77; area]).unpack(&mut frame));
    assert_eq!(middle(&frame), [77; 3]);
}

#[test]
fn torn_pictures_are_told() {
    let whole = jpeg(64, 64, [200, 30, 90]);
    let mut frame = Frame::default();
    let torn = |bytes: &[u8]| shot(Packing::Mjpeg, 0, 0, bytes.to_vec());
    for cut in [0, 1, 2, 20, whole.len() / 2, whole.len() - 1] {
        assert!(!torn(&whole[..cut]).unpack(&mut frame), "cut at {cut}");
    }
    assert!(!torn(&whole[2..]).unpack(&mut frame), "without its beginning");
    for packing in [Packing::Yuyv, Packing::Nv12, Packing::Gray, Packing::Rgb, Packing::Bgr] {
        assert!(!shot(packing, 64, 64, vec![0; 100]).unpack(&mut frame), "{packing}");
        assert!(!shot(packing, 0, 0, vec![0; 100]).unpack(&mut frame), "{packing} without area");
    }
}

#[test]
fn the_mode_for_training_is_neither_the_sharpest_nor_the_fastest() {
    let mode = |width, height, fps, packing| Mode { width, height, fps, packing };
    // A common USB 2 webcam.
    let usual = [
        mode(640, 480, 30, Packing::Yuyv),
        mode(1280, 720, 10, Packing::Yuyv),
        mode(1920, 1080, 5, Packing::Yuyv),
        mode(640, 480, 30, Packing::Mjpeg),
        mode(1280, 720, 30, Packing::Mjpeg),
        mode(1920, 1080, 30, Packing::Mjpeg),
    ];
    let best = |want: Want, modes: &[Mode]| want.best(modes).unwrap();
    assert_eq!(best(Want::default(), &usual), usual[4]);
    assert_eq!(best(Want { width: 1920, height: 1080, fps: 30 }, &usual), usual[5]);
    assert_eq!(best(Want { width: 640, height: 480, fps: 30 }, &usual), usual[0]);
    assert_eq!(best(Want::default(), &usual[..3]), usual[0], "large at 10 a second is no use");
    // What vivid offers, among it what libraries' own choices took.
    let odd = [
        mode(320, 180, 1, Packing::Yuyv),
        mode(320, 180, 60, Packing::Rgb),
        mode(640, 360, 30, Packing::Yuyv),
        mode(1280, 720, 25, Packing::Yuyv),
        mode(3840, 2160, 2, Packing::Nv12),
    ];
    assert_eq!(best(Want::default(), &odd), odd[3]);
    assert_eq!(Want::default().best(&[]), None);
}

#[test]
fn what_is_typed_names_a_camera() {
    let read = |text: &str| Wanted::read(text, false);
    assert_eq!(read("2"), Wanted::Index(2));
    assert_eq!(read("/dev/video7"), Wanted::Index(7));
    assert_eq!(read("http://x/y"), Wanted::Http("http://x/y".into()));
    assert_eq!(read("Logitech"), Wanted::Name("Logitech".into()));
    assert_eq!(read("clips/a.mp4"), Wanted::Clip { path: "clips/a.mp4".into(), again: false });
}

/// A camera that does as it is told: a picture after so long, or an end.
struct Scripted {
    acts: VecDeque<Act>,
    begun: Instant,
}

#[derive(Clone, Copy)]
enum Act {
    Picture(Duration),
    Stall(Duration),
    Unplugged,
}

impl Camera for Scripted {
    fn about(&self) -> String {
        "scripted".into()
    }

    fn next(&mut self, shot: &mut Shot) -> Result<(), CameraError> {
        loop {
            match self.acts.pop_front() {
                Some(Act::Picture(after)) => thread::sleep(after),
                Some(Act::Stall(secs)) => {
                    thread::sleep(secs);
                    continue;
                }
                Some(Act::Unplugged) => return Err(CameraError::Lost { problem: "unplugged".into() }),
                None => return Err(CameraError::Ended),
            }
            shot.arrived = Instant::now();
            shot.t = Timestamp::from_secs(self.begun.elapsed().as_secs_f64());
            (shot.packing, shot.width, shot.height) = (Packing::Rgb, 1, 1);
            shot.bytes.resize(3, 0);
            return Ok(());
        }
    }
}

/// Opens one script after the other; where there is none, as busy.
fn scripts(scripts: Vec<Option<Vec<Act>>>) -> Opener {
    let scripts = Mutex::new(VecDeque::from(scripts));
    Arc::new(move || match scripts.lock().unwrap().pop_front().flatten() {
        Some(acts) => Ok(Box::new(Scripted { acts: acts.into(), begun: Instant::now() }) as Box<dyn Camera>),
        None => Err(CameraError::Busy { name: "scripted".into() }),
    })
}

const MS: Duration = Duration::from_millis(1);
const PATIENCE: Patience =
    Patience { stall: Duration::from_millis(150), leave: Duration::from_millis(400), retry: Duration::from_millis(20) };

/// Fetches until the end or so long: times of pictures, and what was told besides.
fn fetch(capture: &mut Capture, pause: Duration, longest: Duration) -> (Vec<Timestamp>, Vec<String>) {
    let (mut times, mut told) = (Vec::new(), Vec::new());
    let begun = Instant::now();
    let mut shot = Shot::default();
    while begun.elapsed() < longest {
        match capture.next(&mut shot, 20 * MS) {
            News::Picture => {
                times.push(shot.t);
                thread::sleep(pause);
            }
            News::Nothing => {}
            News::Trouble(trouble) => {
                if told.last() != Some(&trouble) {
                    told.push(trouble);
                }
            }
            News::Ended => {
                told.push("ended".into());
                break;
            }
            News::Failed(error) => {
                told.push(error.to_string());
                break;
            }
        }
    }
    (times, told)
}

#[test]
fn the_newest_wins_and_the_others_are_counted() {
    let mut capture = Capture::start_with(scripts(vec![Some(vec![Act::Picture(5 * MS); 60])]), Pace::Newest, PATIENCE);
    let (times, told) = fetch(&mut capture, 40 * MS, Duration::from_secs(20));
    let counts = capture.counts();
    assert_eq!((told, counts.taken), (vec!["ended".to_string()], 60));
    assert_eq!(counts.dropped + times.len() as u64, 60, "every picture was fetched or counted");
    assert!(counts.dropped > 20, "{counts:?}");
    assert!(times.windows(2).all(|pair| pair[0] < pair[1]));
}

#[test]
fn a_clip_waits_for_whoever_wants_every_picture() {
    let mut capture = Capture::start_with(scripts(vec![Some(vec![Act::Picture(MS); 40])]), Pace::Every, PATIENCE);
    let (times, _) = fetch(&mut capture, 3 * MS, Duration::from_secs(20));
    assert_eq!((times.len(), capture.counts().dropped), (40, 0));
}

#[test]
fn a_camera_pulled_out_is_told_and_goes_on_when_it_is_back() {
    let first = vec![Act::Picture(5 * MS), Act::Picture(5 * MS), Act::Unplugged];
    let back = vec![Act::Picture(5 * MS), Act::Picture(5 * MS)];
    let mut capture =
        Capture::start_with(scripts(vec![Some(first), None, None, None, Some(back)]), Pace::Every, PATIENCE);
    let (times, told) = fetch(&mut capture, Duration::ZERO, Duration::from_secs(20));
    assert_eq!(times.len(), 4, "{told:?}");
    assert!(times.windows(2).all(|pair| pair[0] < pair[1]), "{times:?}");
    // Time went on while it was away: four attempts, 20 ms apart.
    assert!(times[2].secs_since(times[1]) > 0.06, "{times:?}");
    assert!(told[0].contains("unplugged") && told.last().unwrap() == "ended", "{told:?}");
    assert_eq!(capture.counts().troubles, 1);
}

#[test]
fn a_stalled_camera_is_told_and_may_come_back_by_itself() {
    let acts = vec![Act::Picture(MS), Act::Stall(300 * MS), Act::Picture(MS)];
    let mut capture = Capture::start_with(scripts(vec![Some(acts)]), Pace::Every, PATIENCE);
    let (times, told) = fetch(&mut capture, Duration::ZERO, Duration::from_secs(20));
    assert_eq!((times.len(), told), (2, vec!["No picture from the camera".to_string(), "ended".to_string()]));
}

#[test]
fn a_camera_that_hangs_is_left_behind_and_opened_again() {
    let hangs = vec![Act::Picture(MS), Act::Stall(Duration::from_secs(5)), Act::Picture(MS)];
    let fresh = vec![Act::Picture(MS); 3];
    let mut capture = Capture::start_with(scripts(vec![Some(hangs), Some(fresh)]), Pace::Every, PATIENCE);
    let begun = Instant::now();
    let (times, told) = fetch(&mut capture, Duration::ZERO, Duration::from_secs(20));
    assert_eq!(times.len(), 4, "{told:?}");
    assert!(begun.elapsed() < Duration::from_secs(4), "nobody waited for the thread that hangs");
}

#[test]
fn what_cannot_be_opened_at_first_is_an_error() {
    let mut capture = Capture::start_with(scripts(Vec::new()), Pace::Newest, PATIENCE);
    let (_, told) = fetch(&mut capture, Duration::ZERO, Duration::from_secs(20));
    assert!(told[0].contains("in use by another program"), "{told:?}");
}

#[test]
fn the_cameras_own_clock_sets_the_spacing() {
    let mut clock = capture::DeviceClock::default();
    let begun = Instant::now();
    let stamp = |ms: u64| Some(Duration::from_millis(1_000_000 + ms));
    let ms = |t: Timestamp| t.micros() / 1000;
    assert_eq!(ms(clock.time(stamp(0), begun)), 0);
    // It arrives 12 ms late: the camera's stamp is right.
    assert_eq!(ms(clock.time(stamp(33), begun + 45 * MS)), 33);
    // Without a stamp, the arrival.
    assert_eq!(ms(clock.time(None, begun + 70 * MS)), 70);
    // A clock that jumped by an hour is not followed, and trusted again from there.
    assert_eq!(ms(clock.time(stamp(3_600_000), begun + 100 * MS)), 100);
    assert_eq!(ms(clock.time(stamp(3_600_033), begun + 140 * MS)), 133);
}

/// Answers one request with this.
fn serve(answer: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/video", listener.local_addr().unwrap());
    thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let mut request = [0; 4096];
        let _ = socket.read(&mut request);
        let _ = socket.write_all(&answer);
    });
    url
}

fn stream(boundary: &str, part: impl Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let mut answer = format!(
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: multipart/x-mixed-replace; boundary={boundary}\r\n\r\n"
    )
    .into_bytes();
    for i in 0..3u8 {
        answer.extend(b"--picture\r\nContent-Type: image/jpeg\r\n");
        answer.extend(part(&jpeg(48, 32, [10, 200, 40 * i])));
        answer.extend(b"\r\n");
    }
    answer
}

#[test]
fn pictures_come_over_http_with_and_without_their_length() {
    let with = |jpeg: &[u8]| [format!("Content-Length: {}\r\n\r\n", jpeg.len()).as_bytes(), jpeg].concat();
    let without = |jpeg: &[u8]| [b"\r\n", jpeg].concat();
    for answer in [stream("picture", with), stream("\"--picture\"", with), stream("picture", without)] {
        let mut camera = http::Stream::open(&serve(answer)).unwrap();
        let (mut shot, mut frame) = (Shot::default(), Frame::default());
        for i in 0..3u8 {
            // Without a length the last one ends with the connection, and only the others are whole for certain.
            if camera.next(&mut shot).is_err() {
                assert_eq!(i, 2);
                break;
            }
            assert!(shot.unpack(&mut frame), "picture {i}");
            assert!(near(middle(&frame), [10, 200, 40 * i]), "picture {i}: {:?}", middle(&frame));
        }
        assert!(matches!(camera.next(&mut shot), Err(CameraError::Lost { .. })), "the end of the stream");
    }
}

#[test]
fn other_answers_are_told_in_one_line_with_the_way_out() {
    let page = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: text/html\r\n\r\n<html>".to_vec();
    let missing = b"HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n".to_vec();
    let nobody = "http://127.0.0.1:9/video".to_string();
    for url in [serve(page), serve(missing), nobody] {
        let error = http::Stream::open(&url).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains(&url) && error.contains("browser") && !error.contains('\n'), "{error}");
    }
}

#[test]
fn a_clip_plays_at_its_own_speed_and_again() {
    let dir = tempfile::tempdir().unwrap();
    for i in 0..5u8 {
        image::save_buffer(dir.path().join(format!("{i}.png")), &[i * 50; 12], 2, 2, image::ExtendedColorType::Rgb8)
            .unwrap();
    }
    let options = OpenOptions { image_fps: 25.0, ..OpenOptions::default() };
    let mut camera = playback::Playback::open(dir.path(), &options, true, true).unwrap();
    let (mut shot, begun) = (Shot::default(), Instant::now());
    let mut seen = Vec::new();
    for _ in 0..7 {
        camera.next(&mut shot).unwrap();
        seen.push((shot.t.micros() / 1000, shot.bytes[0]));
        assert!(begun.elapsed().as_secs_f64() >= shot.t.secs() - 0.001, "not before its time");
    }
    assert_eq!(seen, [(0, 0), (40, 50), (80, 100), (120, 150), (160, 200), (200, 0), (240, 50)]);
    let mut once = playback::Playback::open(dir.path(), &options, false, false).unwrap();
    (0..5).for_each(|_| once.next(&mut shot).unwrap());
    assert!(matches!(once.next(&mut shot), Err(CameraError::Ended)));
}

/// Opens the machine's first camera and takes pictures: `cargo test --lib camera::tests::look -- --ignored --nocapture`.
#[test]
#[ignore = "needs a camera"]
fn look() {
    let opener = Wanted::First.opener(Want::default(), OpenOptions::default(), Pace::Newest);
    let mut capture = Capture::start(opener, Pace::Newest);
    let (times, told) = fetch(&mut capture, Duration::ZERO, Duration::from_secs(5));
    println!("{}: {} pictures; {told:?}; {:?}", capture.about(), times.len(), capture.counts());
}
