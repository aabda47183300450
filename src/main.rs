//! The `formcheck` program; everything it does is in the library's [`formcheck::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    keep_onnx_runtime_to_itself();
    formcheck::cli::run(std::env::args_os())
}

/// ONNX Runtime (1.31) keeps a number for this machine and looks up its maker's address as soon as it is loaded, whatever its
/// own interface is told; only this variable of the environment stops it.
fn keep_onnx_runtime_to_itself() {
    // SAFETY: the program has no other thread yet that could read the environment meanwhile.
    #[expect(unsafe_code)]
    unsafe {
        std::env::set_var("ORT_DISABLE_TELEMETRY", "1");
    }
}
