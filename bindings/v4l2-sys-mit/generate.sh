#!/usr/bin/env bash
# Makes src/bindings.rs anew from the system's linux/videodev2.h (Debian: linux-libc-dev), with what the crates `v4l` and
# `nokhwa-bindings-linux` name of it. Needs bindgen and libclang:
#   apt install libclang1-14 libclang-common-14-dev && cargo install bindgen-cli --version 0.72.1 --locked
set -euo pipefail
cd "$(dirname "$0")"
users=${CARGO_HOME:-$HOME/.cargo}/registry/src/*/
names=$(grep -rhoE '\b(v4l2_[a-z0-9_]+|V4L2_[A-Z0-9_]+)\b' ${users}v4l-0.14.0/src ${users}nokhwa-bindings-linux-0.1.4/src |
    sort -u | paste -sd '|')
bindgen /usr/include/linux/videodev2.h --no-layout-tests --no-doc-comments --rust-target 1.85 --rust-edition 2024 \
    --allowlist-type "$names|v4l2_frm(size|ival)types|v4l2_ctrl_type|v4l2_buf_type|v4l2_memory|time_t" --allowlist-var "$names" --output src/bindings.rs ${CLANG_INCLUDE:+-- -I"$CLANG_INCLUDE"}
