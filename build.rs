//! Says whether formcheck's own pose model lies in `models/`, so that a source tree without it builds too (`own_model`).

use std::path::Path;

fn main() {
    println!("cargo::rustc-check-cfg=cfg(own_model)");
    // The folder, not the files: a file that is not there would make every build start anew.
    println!("cargo::rerun-if-changed=models");
    if ["onnx", "toml"].iter().all(|kind| Path::new("models/formcheck").with_extension(kind).is_file()) {
        println!("cargo::rustc-cfg=own_model");
    }
}
