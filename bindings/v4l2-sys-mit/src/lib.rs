//! Rust declarations of Linux's video interface (`linux/videodev2.h`), under the name that the crate `v4l` asks for.
//!
//! The published `v4l2-sys-mit` runs bindgen while it is built, so that every machine that builds needs libclang. This
//! holds the result instead: `generate.sh` made it, on x86-64 from the headers of Linux 6.1. The layouts are the same on
//! 64-bit ARM. A program for a 32-bit system needs its own (times are wider or narrower there): run the script on it.

#![cfg(target_pointer_width = "64")]
#![allow(non_camel_case_types, non_snake_case, non_upper_case_globals, clippy::all)]

include!("bindings.rs");
