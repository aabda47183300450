//! MJPEG over HTTP, as network cameras and phone apps send it: one JPEG after another in a `multipart/x-mixed-replace`
//! answer that does not end.

use super::capture::{Camera, DeviceClock};
use super::mode::Packing;
use super::shot::Shot;
use super::{CameraError, one_line};
use std::io::{self, BufRead, BufReader, Read};
use std::time::{Duration, Instant};

/// How long to wait for a camera to answer at all.
const ANSWER: Duration = Duration::from_secs(5);
/// Largest picture taken, bytes: many times a JPEG of 8K.
const MOST_BYTES: usize = 32 << 20;
/// Longest header line of a part, bytes.
const MOST_LINE: u64 = 8 << 10;

pub struct Stream {
    url: String,
    parts: Parts<Box<dyn Read>>,
    clock: DeviceClock,
}

impl Stream {
    pub fn open(url: &str) -> Result<Stream, CameraError> {
        let failed = |problem: String| CameraError::Http { url: one_line(url), problem: one_line(&problem) };
        let config = ureq::Agent::config_builder()
            .timeout_connect(Some(ANSWER))
            .timeout_recv_response(Some(ANSWER))
            .http_status_as_error(true);
        let agent: ureq::Agent = config.build().into();
        let answer = agent.get(url).call().map_err(|e| failed(e.to_string()))?;
        let kind = answer.headers().get("content-type").and_then(|v| v.to_str().ok()).unwrap_or_default().to_string();
        let boundary = boundary(&kind).ok_or_else(|| failed(format!("it sends '{kind}', not a stream of pictures")))?;
        let body: Box<dyn Read> = Box::new(answer.into_body().into_reader());
        Ok(Stream { url: url.into(), parts: Parts::new(body, &boundary), clock: DeviceClock::default() })
    }
}

impl Camera for Stream {
    fn about(&self) -> String {
        format!("{}, MJPEG", one_line(&self.url))
    }

    fn next(&mut self, shot: &mut Shot) -> Result<(), CameraError> {
        self.parts.next(&mut shot.bytes).map_err(|e| CameraError::Lost { problem: one_line(&e.to_string()) })?;
        let arrived = Instant::now();
        (shot.t, shot.arrived, shot.packing) = (self.clock.time(None, arrived), arrived, Packing::Mjpeg);
        // Written in the JPEG itself.
        (shot.width, shot.height) = (0, 0);
        Ok(())
    }
}

/// The boundary named by a `multipart/…` content type (RFC 2046, 5.1.1).
fn boundary(content_type: &str) -> Option<String> {
    let (kind, rest) = content_type.split_once(';')?;
    if !kind.trim().to_ascii_lowercase().starts_with("multipart/") {
        return None;
    }
    let value = rest.split(';').find_map(|part| {
        let (name, value) = part.trim().split_once('=')?;
        name.trim().eq_ignore_ascii_case("boundary").then(|| value.trim().trim_matches('"').to_string())
    })?;
    // Some cameras put the two dashes into the name, others do not.
    Some(value.trim_start_matches("--").to_string()).filter(|name| !name.is_empty())
}

/// The parts of a multipart answer.
pub(super) struct Parts<R> {
    input: BufReader<R>,
    boundary: Vec<u8>,
    line: Vec<u8>,
}

impl<R: Read> Parts<R> {
    pub fn new(input: R, boundary: &str) -> Parts<R> {
        Parts {
            input: BufReader::with_capacity(1 << 16, input),
            boundary: format!("--{boundary}").into(),
            line: Vec::new(),
        }
    }

    /// The next part's content, by its length where the camera tells it, up to the next boundary otherwise.
    pub fn next(&mut self, bytes: &mut Vec<u8>) -> io::Result<()> {
        bytes.clear();
        loop {
            self.read_line()?;
            if self.line.starts_with(&self.boundary) {
                break;
            }
        }
        let mut length: Option<usize> = None;
        loop {
            self.read_line()?;
            let line = String::from_utf8_lossy(&self.line).trim().to_ascii_lowercase();
            match line.split_once(':') {
                None if line.is_empty() => break,
                Some(("content-length", value)) => length = value.trim().parse().ok(),
                _ => {}
            }
        }
        match length {
            Some(length) if length > MOST_BYTES => Err(too_large()),
            Some(length) => {
                bytes.resize(length, 0);
                self.input.read_exact(bytes)
            }
            None => self.up_to_boundary(bytes),
        }
    }

    fn read_line(&mut self) -> io::Result<()> {
        self.line.clear();
        let read = (&mut self.input).take(MOST_LINE).read_until(b'\n', &mut self.line)?;
        if read == 0 { Err(ended()) } else { Ok(()) }
    }

    /// A JPEG has no line end of its own to go by: reads until the bytes end in an end marker and a boundary follows.
    fn up_to_boundary(&mut self, bytes: &mut Vec<u8>) -> io::Result<()> {
        loop {
            let from = bytes.len();
            if self.input.read_until(0xd9, bytes)? == 0 {
                return Err(ended());
            }
            if bytes.len() > MOST_BYTES {
                return Err(too_large());
            }
            let marker = bytes.len() >= 2 && bytes[bytes.len() - 2] == 0xff && bytes.len() > from;
            if marker && self.input.fill_buf()?.iter().find(|b| !matches!(b, b'\r' | b'\n')) == Some(&b'-') {
                return Ok(());
            }
        }
    }
}

fn ended() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "it hung up")
}

fn too_large() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "it sends a picture larger than any camera takes")
}
