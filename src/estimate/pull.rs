//! `formcheck models pull`: brings a model file into the user's data folder.
//!
//! Input: a model's name. Output: its file (and its detector's, where it needs one), moved into place only after its
//! SHA-256 matches the card's. A download that was cut goes on where it stopped, now or at the next call: what has come so
//! far is kept beside the target as `NAME.part`. Addresses are tried in order.

use super::card::{Card, built_in, one_line};
use super::store::{self, hex};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

/// Why a model could not be brought, and the way out.
#[derive(Debug, thiserror::Error)]
pub enum PullError {
    #[error("there is nothing to download for '{name}'; `formcheck models pull` can bring: {known}")]
    Unknown { name: String, known: String },
    #[error(
        "nobody offers the file of '{name}' for download: bring it yourself ({source_words}) and put it as {file} into {}; \
         `formcheck models pull` can bring: {known}",
        dir.display()
    )]
    NotOffered { name: String, source_words: String, file: String, dir: PathBuf, known: String },
    #[error("{name}: no address gave the file: {problems}; run the command again to go on where it stopped")]
    Failed { name: String, problems: String },
    #[error("{}: the disk is full; free {needed} and run the command again to go on where it stopped", path.display())]
    DiskFull { path: PathBuf, needed: String },
    #[error("{}: cannot be written: {problem}; set FORMCHECK_DATA to a folder that can", path.display())]
    Disk { path: PathBuf, problem: String },
    #[error("there is no data folder for this user; set FORMCHECK_DATA to a folder")]
    NoFolder,
}

/// How far a download is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress<'a> {
    /// The file's name.
    pub file: &'a str,
    /// Bytes here, with those of earlier calls.
    pub done: u64,
    /// Bytes in all, where known.
    pub total: Option<u64>,
}

/// Names that [`pull`] can bring. One may be answered by another card's file: `blazepose_lite` by `blazepose_lite_fp32`.
pub fn downloadable() -> Vec<&'static str> {
    built_in().iter().map(|card| card.name.as_str()).filter(|name| find(name).is_some()).collect()
}

/// Brings a model, and the detector it needs when none is here, into the user's data folder. Files that are there and
/// sound are left alone. Returns where the files are.
pub fn pull(name: &str, progress: &mut dyn FnMut(Progress)) -> Result<Vec<PathBuf>, PullError> {
    let dir = store::models_dir().ok_or(PullError::NoFolder)?;
    let mut paths = Vec::new();
    let card = pull_one(name, &dir, progress, &mut paths)?;
    if let Some(detector) = &card.detector {
        let here = |name: &String| store::info(name, &[]).is_ok_and(|entry| entry.is_here());
        if let (false, Some(first)) = (detector.names.iter().any(here), detector.names.first()) {
            pull_one(first, &dir, progress, &mut paths)?;
        }
    }
    Ok(paths)
}

fn pull_one(
    name: &str,
    dir: &Path,
    progress: &mut dyn FnMut(Progress),
    paths: &mut Vec<PathBuf>,
) -> Result<&'static Card, PullError> {
    let (card, entry) = find(name).ok_or_else(|| not_offered(name, dir))?;
    let download = Download {
        file: &card.file,
        sha256: &card.sha256,
        addresses: &entry.addresses,
        bytes: entry.bytes,
        archive: entry.member.as_deref().map(|member| (member, entry.archive_sha256.as_deref())),
    };
    paths.push(download.bring_to(dir, &Disk, progress)?);
    Ok(card)
}

fn not_offered(name: &str, dir: &Path) -> PullError {
    let known = downloadable().join(", ");
    match built_in().iter().find(|card| card.name == name) {
        Some(card) => PullError::NotOffered {
            name: name.into(),
            source_words: card.source.clone(),
            file: card.file.clone(),
            dir: dir.to_path_buf(),
            known,
        },
        None => PullError::Unknown { name: name.into(), known },
    }
}

/// The card of that very name if it can be downloaded, else one that answers to it.
fn find(name: &str) -> Option<(&'static Card, &'static Entry)> {
    let pairs = || {
        built_in().iter().filter_map(|card| manifest().iter().find(|e| e.name == card.name).map(|entry| (card, entry)))
    };
    pairs().find(|(card, _)| card.name == name).or_else(|| pairs().find(|(card, _)| card.is_called(name)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    model: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    addresses: Vec<String>,
    /// Of what is downloaded.
    bytes: Option<u64>,
    /// For a zip archive: the end of the member's path, and the archive's own hash where known.
    member: Option<String>,
    archive_sha256: Option<String>,
}

fn manifest() -> &'static [Entry] {
    static MANIFEST: OnceLock<Vec<Entry>> = OnceLock::new();
    // A broken built-in manifest is found by the test below, not by a user.
    MANIFEST.get_or_init(|| parse_manifest().map(|m| m.model).unwrap_or_default())
}

fn parse_manifest() -> Result<Manifest, toml::de::Error> {
    toml::from_str(include_str!("../../models/manifest.toml"))
}

/// One file to be brought.
struct Download<'a> {
    /// Its name in the folder.
    file: &'a str,
    /// Of the file, hex.
    sha256: &'a str,
    addresses: &'a [String],
    /// Of what is downloaded.
    bytes: Option<u64>,
    /// For a zip archive: the end of the member's path, and the archive's hash where known.
    archive: Option<(&'a str, Option<&'a str>)>,
}

/// Where downloads are written; a seam for trying a full disk.
trait Store {
    fn append(&self, path: &Path) -> io::Result<Box<dyn Write>>;
}

struct Disk;

impl Store for Disk {
    fn append(&self, path: &Path) -> io::Result<Box<dyn Write>> {
        Ok(Box::new(OpenOptions::new().create(true).append(true).open(path)?))
    }
}

/// How an attempt at one address ended short of the file.
enum Short {
    /// Try the same address again: some bytes came.
    Cut(String),
    /// Try the next address.
    Dead(String),
    /// Stop.
    Disk(PullError),
}

/// A server that keeps cutting the connection is given up after this many attempts.
const MAX_ATTEMPTS: usize = 5;
/// No model is larger; a server that sends more is not sending a model.
const MAX_BYTES: u64 = 512 << 20;

impl Download<'_> {
    fn bring_to(&self, dir: &Path, disk: &dyn Store, progress: &mut dyn FnMut(Progress)) -> Result<PathBuf, PullError> {
        let target = dir.join(self.file);
        if hash_of(&target).is_ok_and(|hash| hash == self.sha256) {
            return Ok(target);
        }
        fs::create_dir_all(dir).map_err(|e| disk_error(dir, &e, self.bytes))?;
        let part = dir.join(format!("{}{}.part", self.file, if self.archive.is_some() { ".zip" } else { "" }));
        let mut problems = Vec::new();
        for address in self.addresses {
            let result = self.try_address(address, &part, disk, progress);
            match result.and_then(|()| self.put_in_place(&part, &target)) {
                Ok(()) => return Ok(target),
                Err(Short::Disk(error)) => return Err(error),
                Err(Short::Cut(problem) | Short::Dead(problem)) => {
                    problems.push(format!("{}: {problem}", host(address)))
                }
            }
        }
        Err(PullError::Failed { name: self.file.into(), problems: problems.join("; ") })
    }

    /// Fills `part` from one address, going on after cuts as long as bytes come.
    fn try_address(
        &self,
        address: &str,
        part: &Path,
        disk: &dyn Store,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<(), Short> {
        let mut last = Short::Dead("no attempt was made".into());
        for _ in 0..MAX_ATTEMPTS {
            match self.attempt(address, part, disk, progress) {
                Err(Short::Cut(problem)) => last = Short::Cut(problem),
                other => return other,
            }
        }
        Err(last)
    }

    fn attempt(
        &self,
        address: &str,
        part: &Path,
        disk: &dyn Store,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<(), Short> {
        let mut have = fs::metadata(part).map(|m| m.len()).unwrap_or(0);
        match self.bytes {
            Some(total) if have == total => return Ok(()),
            Some(total) if have > total => have = restart(part)?,
            _ => {}
        }
        let mut response = request(address, have).map_err(Short::Dead)?;
        match response.status().as_u16() {
            206 if starts_at(&response, have) => {}
            // The server sends everything from the start, or has something else than what came before.
            200 => have = restart(part)?,
            206 | 416 => {
                restart(part)?;
                return Err(Short::Cut("the server could not go on where the download stopped".into()));
            }
            status => return Err(Short::Dead(format!("the server answered {status}"))),
        }
        let announced = header(&response, "content-length").and_then(|v| v.parse::<u64>().ok()).map(|n| n + have);
        let total = self.bytes.or(announced);
        let came_with = have;
        let mut file = disk.append(part).map_err(|e| Short::Disk(disk_error(part, &e, total)))?;
        let mut body = response.body_mut().as_reader();
        let mut buffer = vec![0; 64 << 10];
        let problem = loop {
            match body.read(&mut buffer) {
                Ok(0) => break None,
                Ok(n) => {
                    let left = total.map(|t| t.saturating_sub(have));
                    file.write_all(&buffer[..n]).map_err(|e| Short::Disk(disk_error(part, &e, left)))?;
                    have += n as u64;
                    if have > MAX_BYTES {
                        return Err(Short::Dead("it sends more than any model has".into()));
                    }
                    progress(Progress { file: self.file, done: have, total });
                }
                Err(e) => break Some(one_line(&e.to_string())),
            }
        };
        file.flush().map_err(|e| Short::Disk(disk_error(part, &e, None)))?;
        let missing = total.is_some_and(|total| have < total);
        match problem {
            None if !missing => Ok(()),
            problem => {
                let of = total.map_or(String::new(), |t| format!(" of {t}"));
                let reason = problem.map_or(String::new(), |p| format!(" ({p})"));
                let text = format!("the connection was cut after {have}{of} bytes{reason}");
                Err(if have > came_with { Short::Cut(text) } else { Short::Dead(text) })
            }
        }
    }

    /// Checks what came and moves it to where it belongs; what is wrong is removed.
    fn put_in_place(&self, part: &Path, target: &Path) -> Result<(), Short> {
        let Some((member, archive_sha256)) = self.archive else {
            check(part, self.sha256)?;
            return rename(part, target);
        };
        if let Some(wanted) = archive_sha256 {
            check(part, wanted)?;
        }
        let unpacked = target.with_extension("onnx.part");
        if let Err(problem) = unpack_file(part, |name| name.ends_with(member), &unpacked) {
            restart(part)?;
            return Err(Short::Dead(problem));
        }
        check(&unpacked, self.sha256)?;
        rename(&unpacked, target)?;
        // The archive is of no further use; one that cannot be removed does no harm.
        let _ = fs::remove_file(part);
        Ok(())
    }
}

fn request(address: &str, from: u64) -> Result<ureq::http::Response<ureq::Body>, String> {
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_connect(Some(Duration::from_secs(20)))
        .timeout_recv_response(Some(Duration::from_secs(60)))
        .timeout_recv_body(Some(Duration::from_secs(3600)))
        .user_agent(concat!("formcheck/", env!("CARGO_PKG_VERSION")))
        .build();
    let mut request = ureq::Agent::from(config).get(address);
    if from > 0 {
        request = request.header("Range", format!("bytes={from}-"));
    }
    request.call().map_err(|e| one_line(&e.to_string()))
}

fn header<'a>(response: &'a ureq::http::Response<ureq::Body>, name: &str) -> Option<&'a str> {
    response.headers().get(name).and_then(|v| v.to_str().ok())
}

/// "Content-Range: bytes 100-199/200" begins at 100.
fn starts_at(response: &ureq::http::Response<ureq::Body>, from: u64) -> bool {
    let range = header(response, "content-range").and_then(|v| v.strip_prefix("bytes "));
    range.and_then(|r| r.split('-').next()).and_then(|n| n.trim().parse().ok()) == Some(from)
}

fn host(address: &str) -> &str {
    address.split("://").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or(address)
}

/// Forgets what has come so far.
fn restart(part: &Path) -> Result<u64, Short> {
    match fs::remove_file(part) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(Short::Disk(disk_error(part, &e, None))),
        _ => Ok(0),
    }
}

fn check(path: &Path, wanted: &str) -> Result<(), Short> {
    let found = hash_of(path).map_err(|e| Short::Disk(disk_error(path, &e, None)))?;
    if found == wanted {
        return Ok(());
    }
    restart(path)?;
    Err(Short::Dead(format!("what came is not the file (sha256 {found} instead of {wanted}) and was removed")))
}

fn rename(from: &Path, to: &Path) -> Result<(), Short> {
    let moved = File::open(from).and_then(|f| f.sync_all()).and_then(|()| fs::rename(from, to));
    moved.map_err(|e| Short::Disk(disk_error(to, &e, None)))
}

fn disk_error(path: &Path, error: &io::Error, needed: Option<u64>) -> PullError {
    let path = path.to_path_buf();
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            let needed = needed.map_or("some space".into(), |n| format!("{} MB", n.div_ceil(1_000_000)));
            PullError::DiskFull { path, needed }
        }
        _ => PullError::Disk { path, problem: one_line(&error.to_string()) },
    }
}

/// Hex SHA-256 of a file, read in pieces.
pub(super) fn hash_of(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 256 << 10];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hex(&hash.finalize())),
            n => hash.update(&buffer[..n]),
        }
    }
}

/// Unpacks the first member that fits into `to`.
pub(super) fn unpack_file(archive: &Path, fits: impl Fn(&str) -> bool, to: &Path) -> Result<(), String> {
    let text = |e: &dyn std::fmt::Display| one_line(&e.to_string());
    let file = File::open(archive).map_err(|e| text(&e))?;
    let mut zip = zip::ZipArchive::new(file).map_err(|e| format!("the archive is broken ({})", text(&e)))?;
    let name = zip.file_names().find(|n| fits(n)).map(str::to_string).ok_or("the archive does not hold the file")?;
    let member = zip.by_name(&name).map_err(|e| format!("the archive is broken ({})", text(&e)))?;
    let mut out = File::create(to).map_err(|e| text(&e))?;
    // A bomb of an archive stops at the limit and fails its hash.
    io::copy(&mut member.take(MAX_BYTES), &mut out).map_err(|e| text(&e))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead, BufReader};
    use std::net::TcpListener;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Arc, Mutex};

    /// How the test's server treats a request.
    #[derive(Clone, Copy)]
    enum Manner {
        Whole,
        /// Sends this many bytes of the body, then closes; later requests get the rest.
        CutFirstAt(usize),
        /// Ignores the range.
        NoRanges,
        Missing,
    }

    struct Server {
        address: String,
        requests: Arc<Mutex<Vec<Option<u64>>>>,
    }

    fn serve(body: Vec<u8>, manner: Manner) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/model.onnx", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (seen, count) = (Arc::clone(&requests), AtomicUsize::new(0));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let from = BufReader::new(stream.try_clone().unwrap())
                    .lines()
                    .map_while(Result::ok)
                    .take_while(|line| !line.is_empty())
                    .filter_map(|l| l.to_ascii_lowercase().strip_prefix("range: bytes=").map(str::to_string))
                    .find_map(|range| range.trim_end_matches('-').parse::<u64>().ok());
                seen.lock().unwrap().push(from);
                let first = count.fetch_add(1, Ordering::SeqCst) == 0;
                let start = if matches!(manner, Manner::NoRanges) { 0 } else { from.unwrap_or(0) as usize };
                let rest = &body[start.min(body.len())..];
                let sent = match manner {
                    Manner::CutFirstAt(n) if first => &rest[..n],
                    _ => rest,
                };
                let status = match manner {
                    Manner::Missing => "404 Not Found",
                    _ if start > 0 => "206 Partial Content",
                    _ => "200 OK",
                };
                let range = format!("Content-Range: bytes {start}-{}/{}\r\n", body.len() - 1, body.len());
                let head = format!(
                    "HTTP/1.1 {status}\r\nContent-Length: {}\r\n{}Connection: close\r\n\r\n",
                    rest.len(),
                    if start > 0 { range } else { String::new() }
                );
                let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(sent));
            }
        });
        Server { address, requests }
    }

    fn body() -> Vec<u8> {
        (0..200_000u32).map(|i| ((i * 31) >> 4) as u8).collect()
    }

    fn sha256(bytes: &[u8]) -> String {
        store::sha256_hex(bytes)
    }

    fn bring(dir: &Path, sha256: &str, addresses: &[String], bytes: Option<u64>) -> Result<PathBuf, PullError> {
        let download = Download { file: "model.onnx", sha256, addresses, bytes, archive: None };
        download.bring_to(dir, &Disk, &mut |_| {})
    }

    fn files(dir: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_comes_whole_and_is_not_fetched_twice() {
        let dir = tempfile::tempdir().unwrap();
        let server = serve(body(), Manner::Whole);
        let hash = sha256(&body());
        for _ in 0..2 {
            let path = bring(dir.path(), &hash, std::slice::from_ref(&server.address), Some(200_000)).unwrap();
            assert_eq!(fs::read(path).unwrap(), body());
        }
        assert_eq!(*server.requests.lock().unwrap(), [None]);
        assert_eq!(files(dir.path()), ["model.onnx"]);
    }

    #[test]
    fn a_cut_download_goes_on_where_it_stopped() {
        let dir = tempfile::tempdir().unwrap();
        let server = serve(body(), Manner::CutFirstAt(70_000));
        let path = bring(dir.path(), &sha256(&body()), std::slice::from_ref(&server.address), None).unwrap();
        assert_eq!(fs::read(path).unwrap(), body());
        assert_eq!(*server.requests.lock().unwrap(), [None, Some(70_000)]);
    }

    #[test]
    fn a_download_of_an_earlier_call_goes_on_and_a_server_without_ranges_starts_anew() {
        for (manner, status) in [(Manner::Whole, "goes on"), (Manner::NoRanges, "starts anew")] {
            let dir = tempfile::tempdir().unwrap();
            fs::write(dir.path().join("model.onnx.part"), &body()[..50_000]).unwrap();
            let server = serve(body(), manner);
            let path =
                bring(dir.path(), &sha256(&body()), std::slice::from_ref(&server.address), Some(200_000)).unwrap();
            assert_eq!(fs::read(path).unwrap(), body(), "{status}");
            assert_eq!(*server.requests.lock().unwrap(), [Some(50_000)], "{status}");
        }
    }

    #[test]
    fn a_wrong_hash_leaves_nothing_behind() {
        let dir = tempfile::tempdir().unwrap();
        let server = serve(body(), Manner::Whole);
        let wrong = sha256(b"something else");
        let message = bring(dir.path(), &wrong, std::slice::from_ref(&server.address), None).unwrap_err().to_string();
        assert!(message.contains("is not the file") && message.lines().count() == 1, "{message}");
        assert_eq!(files(dir.path()), [""; 0]);
    }

    #[test]
    fn a_dead_address_is_followed_by_the_next() {
        let dir = tempfile::tempdir().unwrap();
        let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let addresses = [
            format!("http://{gone}/model.onnx"),
            serve(body(), Manner::Missing).address,
            serve(b"a page that says sorry".to_vec(), Manner::Whole).address,
            serve(body(), Manner::Whole).address,
        ];
        assert!(bring(dir.path(), &sha256(&body()), &addresses, None).is_ok());
        let message = bring(dir.path(), &sha256(b"x"), &addresses[..2], None).unwrap_err().to_string();
        assert!(message.contains("answered 404") && message.contains("; 127.0.0.1"), "{message}");
    }

    #[test]
    fn a_full_disk_is_told_and_keeps_what_came() {
        struct Small;
        struct Limited(File, usize);
        impl Store for Small {
            fn append(&self, path: &Path) -> io::Result<Box<dyn Write>> {
                Ok(Box::new(Limited(OpenOptions::new().create(true).append(true).open(path)?, 100_000)))
            }
        }
        impl Write for Limited {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                let n = bytes.len().min(self.1);
                if n == 0 {
                    return Err(io::ErrorKind::StorageFull.into());
                }
                self.1 -= n;
                self.0.write(&bytes[..n])
            }
            fn flush(&mut self) -> io::Result<()> {
                self.0.flush()
            }
        }
        let dir = tempfile::tempdir().unwrap();
        let server = serve(body(), Manner::Whole);
        let (hash, addresses) = (sha256(&body()), [server.address.clone()]);
        let download =
            Download { file: "model.onnx", sha256: &hash, addresses: &addresses, bytes: None, archive: None };
        let message = download.bring_to(dir.path(), &Small, &mut |_| {}).unwrap_err().to_string();
        assert!(message.contains("the disk is full; free 1 MB"), "{message}");
        assert_eq!(files(dir.path()), ["model.onnx.part"]);
        assert!(download.bring_to(dir.path(), &Disk, &mut |_| {}).is_ok(), "goes on with space");
        assert_eq!(*server.requests.lock().unwrap(), [None, Some(100_000)]);
    }

    #[test]
    fn a_member_of_an_archive_is_unpacked_and_checked() {
        let mut zip = zip::ZipWriter::new(io::Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file("a/b/detail.json", options).unwrap();
        zip.write_all(b"{}").unwrap();
        zip.start_file("a/b/end2end.onnx", options).unwrap();
        zip.write_all(&body()).unwrap();
        let archive = zip.finish().unwrap().into_inner();
        let dir = tempfile::tempdir().unwrap();
        let addresses = [serve(archive.clone(), Manner::Whole).address];
        let (hash, archive_hash) = (sha256(&body()), sha256(&archive));
        let download = |sha256, member| Download {
            file: "model.onnx",
            sha256,
            addresses: &addresses,
            bytes: None,
            archive: Some((member, Some(archive_hash.as_str()))),
        };
        let into = |d: Download| d.bring_to(dir.path(), &Disk, &mut |_| {});
        let message = into(download(&hash, "other.onnx")).unwrap_err().to_string();
        assert!(message.contains("does not hold the file"), "{message}");
        assert!(into(download(&archive_hash, "end2end.onnx")).is_err(), "the member's hash counts");
        assert_eq!(fs::read(into(download(&hash, "end2end.onnx")).unwrap()).unwrap(), body());
        assert!(files(dir.path()).contains(&"model.onnx".to_string()));
    }

    #[test]
    fn the_manifest_is_sound_and_answers_to_the_names_in_messages() {
        let manifest = parse_manifest().unwrap();
        for entry in &manifest.model {
            let card = built_in().iter().find(|c| c.name == entry.name);
            assert!(card.is_some(), "{} has a card", entry.name);
            assert!(!entry.addresses.is_empty());
            assert!(entry.addresses.iter().all(|a| a.starts_with("https://")), "{}", entry.name);
        }
        assert_eq!(find("blazepose_lite").unwrap().0.name, "blazepose_lite_fp32");
        assert_eq!(find("blazepose_detector").unwrap().0.name, "blazepose_detector_fp32");
        assert!(pull("no_such_model", &mut |_| {}).unwrap_err().to_string().contains("blazepose_lite, "));
        let by_hand = not_offered("blazepose_full", Path::new("models")).to_string();
        assert!(by_hand.contains("put it as blazepose_landmark_full_256.onnx into models"), "{by_hand}");
    }
}
