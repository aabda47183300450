//! `formcheck runtime install`: brings the pinned ONNX Runtime library into the user's data folder.
//!
//! Input: nothing but the network and a Python with pip. Output: the library file, moved into place only after its SHA-256
//! matches the one pinned here for this platform. The library is taken out of the `onnxruntime` wheel: no Python is needed
//! to run it. Not handled: other platforms, and machines without pip — the archives of the project's own releases are
//! built separately and their hashes are not pinned here, so that way is not offered.

use super::card::one_line;
use super::pull::{hash_of, unpack_file};
use super::runtime::library_dir;
use std::env::consts::{ARCH, OS};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The pinned version.
pub const VERSION: &str = "1.31.1";

/// Why the library could not be brought, and the way out.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    #[error(
        "no ONNX Runtime library is pinned for {os} on {arch}; install onnxruntime {VERSION} yourself and name its library with ORT_DYLIB_PATH, or go on with --runtime rten"
    )]
    Platform { os: String, arch: String },
    #[error(
        "no pip was found to fetch ONNX Runtime with (tried {tried}); install Python's pip, or name a library you have with ORT_DYLIB_PATH"
    )]
    NoPip { tried: String },
    #[error(
        "pip could not fetch onnxruntime {VERSION}: {problem}; check the network, or name a library you have with ORT_DYLIB_PATH"
    )]
    Pip { problem: String },
    #[error("what pip brought is not the pinned ONNX Runtime: {problem}; nothing was installed")]
    Wrong { problem: String },
    #[error("{}: cannot be written: {problem}; set FORMCHECK_DATA to a folder that can", path.display())]
    Disk { path: PathBuf, problem: String },
    #[error("there is no data folder for this user; set FORMCHECK_DATA to a folder")]
    NoFolder,
}

/// One platform's library inside the wheel.
struct Pin {
    os: &'static str,
    arch: &'static str,
    /// pip's name of the platform.
    platform: &'static str,
    library: &'static str,
    /// Of the library (not of the wheel: those differ by Python version and hold the same library), hex.
    sha256: &'static str,
}

const PINS: &[Pin] = &[
    Pin {
        os: "linux",
        arch: "x86_64",
        platform: "manylinux_2_28_x86_64",
        library: "libonnxruntime.so.1.31.1",
        sha256: "fc44112fbe06d7d689c57e11d3862031f64711007e4ee020f8eed5185fd2c1d3",
    },
    Pin {
        os: "linux",
        arch: "aarch64",
        platform: "manylinux_2_28_aarch64",
        library: "libonnxruntime.so.1.31.1",
        sha256: "8aa3b76b28c778a2b1dd660d34161adb1d508c9ccd04ff9dc80e26eca5df8467",
    },
    Pin {
        os: "macos",
        arch: "aarch64",
        platform: "macosx_14_0_arm64",
        library: "libonnxruntime.1.31.1.dylib",
        sha256: "d586cbe89effc085a09d3341b3cfbd5c322517f9d397aeb20814af21433f2b36",
    },
    Pin {
        os: "windows",
        arch: "x86_64",
        platform: "win_amd64",
        library: "onnxruntime.dll",
        sha256: "e45f61e50d8650885452be538a00bb14a715e46a1bc3691000ce947e89ed0306",
    },
    Pin {
        os: "windows",
        arch: "aarch64",
        platform: "win_arm64",
        library: "onnxruntime.dll",
        sha256: "dc9e2fe646a72829386a24ac9185a7a4e26d7dbe5dc433d41df063603c00bbc7",
    },
];

/// Ways to call pip, tried in order.
const PIPS: &[&[&str]] = &[&["python3", "-m", "pip"], &["python", "-m", "pip"], &["pip3"], &["pip"]];

/// Installs the library for this platform; one that is there and sound is left alone. `progress` gets one line per step.
pub fn onnx_runtime(progress: &mut dyn FnMut(&str)) -> Result<PathBuf, InstallError> {
    let pin = PINS
        .iter()
        .find(|p| p.os == OS && p.arch == ARCH)
        .ok_or_else(|| InstallError::Platform { os: OS.into(), arch: ARCH.into() })?;
    let dir = library_dir().ok_or(InstallError::NoFolder)?;
    let target = dir.join(pin.library);
    if hash_of(&target).is_ok_and(|hash| hash == pin.sha256) {
        progress("ONNX Runtime is already installed");
        return Ok(target);
    }
    let download = dir.join("download");
    fs::create_dir_all(&download).map_err(|e| disk(&download, &e))?;
    let result = fetch_wheel(pin, &download, progress).and_then(|wheel| {
        progress("unpacking and checking the library");
        unpack(pin, &wheel, &dir)
    });
    // The wheel is of no further use; a rest that cannot be removed does no harm.
    let _ = fs::remove_dir_all(&download);
    result
}

fn fetch_wheel(pin: &Pin, dir: &Path, progress: &mut dyn FnMut(&str)) -> Result<PathBuf, InstallError> {
    let pip = find_pip().ok_or_else(|| InstallError::NoPip {
        tried: PIPS.iter().map(|p| p.join(" ")).collect::<Vec<_>>().join(", "),
    })?;
    progress(&format!("fetching onnxruntime {VERSION} with `{}` (about 20 MB)", pip.join(" ")));
    let output = command(pip)
        .args(["download", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:"])
        // Any Python will do: the wheel is only unpacked.
        .args(["--python-version", "3.12", "--platform", pin.platform, "--dest"])
        .arg(dir)
        .arg(format!("onnxruntime=={VERSION}"))
        .output()
        .map_err(|e| InstallError::Pip { problem: one_line(&e.to_string()) })?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        let problem = text.lines().rev().find(|l| l.contains("ERROR")).or(text.lines().last()).unwrap_or_default();
        return Err(InstallError::Pip { problem: one_line(problem) });
    }
    let wheel = fs::read_dir(dir)
        .map_err(|e| disk(dir, &e))?
        .flatten()
        .map(|e| e.path())
        .find(|p| p.extension().is_some_and(|e| e == "whl"));
    wheel.ok_or_else(|| InstallError::Pip { problem: "it brought no wheel".into() })
}

fn find_pip() -> Option<&'static [&'static str]> {
    PIPS.iter().copied().find(|pip| {
        let version = command(pip).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        version.is_ok_and(|status| status.success())
    })
}

fn command(words: &[&str]) -> Command {
    let mut command = Command::new(words.first().copied().unwrap_or_default());
    command.args(words.iter().skip(1)).stdin(Stdio::null());
    command
}

/// Takes the library and its licence texts out of the wheel.
fn unpack(pin: &Pin, wheel: &Path, dir: &Path) -> Result<PathBuf, InstallError> {
    let target = dir.join(pin.library);
    let part = dir.join(format!("{}.part", pin.library));
    let inside = format!("onnxruntime/capi/{}", pin.library);
    unpack_file(wheel, |name| name == inside, &part).map_err(|problem| InstallError::Wrong { problem })?;
    let found = hash_of(&part).map_err(|e| disk(&part, &e))?;
    if found != pin.sha256 {
        fs::remove_file(&part).map_err(|e| disk(&part, &e))?;
        return Err(InstallError::Wrong { problem: format!("its sha256 is {found} instead of {}", pin.sha256) });
    }
    for text in ["LICENSE", "ThirdPartyNotices.txt"] {
        let name = format!("onnxruntime/{text}");
        // A wheel without the text beside the code carries it in its metadata; the library is usable either way.
        let _ = unpack_file(wheel, |n| n == name, &dir.join(format!("onnxruntime-{text}")));
    }
    fs::rename(&part, &target).map_err(|e| disk(&target, &e))?;
    Ok(target)
}

fn disk(path: &Path, error: &std::io::Error) -> InstallError {
    InstallError::Disk { path: path.to_path_buf(), problem: one_line(&error.to_string()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn wheel(dir: &Path, library: &[u8]) -> PathBuf {
        let path = dir.join("onnxruntime.whl");
        let mut zip = zip::ZipWriter::new(fs::File::create(&path).unwrap());
        for (name, bytes) in [("onnxruntime/capi/libtest.so", library), ("onnxruntime/LICENSE", b"MIT".as_slice())] {
            zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
            zip.write_all(bytes).unwrap();
        }
        zip.finish().unwrap();
        path
    }

    fn pin(library: &'static str, sha256: &'static str) -> Pin {
        Pin { os: "", arch: "", platform: "", library, sha256 }
    }

    #[test]
    fn only_the_pinned_library_is_installed() {
        let dir = tempfile::tempdir().unwrap();
        // sha256 of "abc", FIPS 180-2 appendix B.1
        let abc = pin("libtest.so", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        let message = unpack(&abc, &wheel(dir.path(), b"abd"), dir.path()).unwrap_err().to_string();
        assert!(message.contains("nothing was installed"), "{message}");
        assert!(!dir.path().join("libtest.so").exists() && !dir.path().join("libtest.so.part").exists());
        let path = unpack(&abc, &wheel(dir.path(), b"abc"), dir.path()).unwrap();
        assert_eq!(fs::read(path).unwrap(), b"abc");
        assert_eq!(fs::read(dir.path().join("onnxruntime-LICENSE")).unwrap(), b"MIT");
    }

    #[test]
    fn a_wheel_without_the_library_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let message = unpack(&pin("other.so", ""), &wheel(dir.path(), b"abc"), dir.path()).unwrap_err().to_string();
        assert!(message.contains("does not hold the file"), "{message}");
    }

    #[test]
    fn every_platform_is_pinned_once() {
        for pin in PINS {
            assert_eq!(pin.sha256.len(), 64);
            assert_eq!(PINS.iter().filter(|p| p.os == pin.os && p.arch == pin.arch).count(), 1);
            assert!(pin.library.contains(VERSION) || pin.os == "windows");
        }
    }
}
