//! Which clip this was: a hash for the report, so that a result can be traced to its input.
//!
//! Input: a file or a folder of images. Output: SHA-256 in lower-case hex. Memory: one buffer.

use super::{SourceError, images};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// SHA-256 of a file's bytes; for a folder, of each image's name and hash on a line of its own, in the order of showing.
///
/// Errors: not there, unreadable, a folder without images.
pub fn fingerprint(path: &Path) -> Result<String, SourceError> {
    if !path.is_dir() {
        return hash_of_file(path);
    }
    let files = images::images_in(path)?;
    if files.is_empty() {
        return Err(SourceError::NoImages { path: path.to_path_buf() });
    }
    let mut all = Sha256::new();
    for file in files {
        all.update(file.file_name().unwrap_or_default().as_encoded_bytes());
        all.update(b"\0");
        all.update(hash_of_file(&file)?);
        all.update(b"\n");
    }
    Ok(hex(&all.finalize()))
}

fn hash_of_file(path: &Path) -> Result<String, SourceError> {
    let mut file = File::open(path).map_err(|e| SourceError::io(path, &e))?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer).map_err(|e| SourceError::io(path, &e))? {
            0 => return Ok(hex(&hash.finalize())),
            read => hash.update(&buffer[..read]),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
