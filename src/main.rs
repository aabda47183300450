//! The `formcheck` program; everything it does is in the library's [`formcheck::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    formcheck::cli::run(std::env::args_os())
}
