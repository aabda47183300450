#!/usr/bin/env bash
# An hour of live training in a window: does memory stay flat, and do pictures, cues and the clock stay together?
# For developers and nightly runs, not part of `cargo test`.
#
#   tests/soak.sh [MINUTES]      60 unless told; takes target/release/formcheck, or $FORMCHECK; results in $SOAK_DIR
#   tests/soak.sh judge          judges the results once more
#   tests/soak.sh doubt          plants drifts and leaks into made-up results: are they told?
#
# A network camera (MJPEG, 30 pictures a second) shows three squats over and over, in one set that never ends: the worst
# case. It keeps its own time, as a real one does, however busy the program is. The programs that would make sound are
# replaced by one that writes down when it was called. Every few seconds: memory, pictures judged, and how far the last
# picture's time in poses.jsonl is from the clock when it was written (tests/soak.py).
# Needs ffmpeg, Xvfb, python3; ONNX Runtime (formcheck runtime install) in $FORMCHECK_DATA, to judge 30 pictures a second.
set -euo pipefail
ROOT=$(cd "$(dirname "$0")/.." && pwd)
DIR=${SOAK_DIR:-$ROOT/target/soak}
SCREEN=${SOAK_SCREEN:-:87}

play() {
    local minutes=$1 program=${FORMCHECK:-$ROOT/target/release/formcheck}
    rm -rf "$DIR"
    mkdir -p "$DIR/bin" "$DIR/data" "$DIR/pictures"
    # A portrait clip in the middle of a landscape picture, as a room would be around it.
    ffmpeg -v error -i "$ROOT/fixtures/clips/squat/SQ-ok2/SQ-ok2.mp4" -an -q:v 4 \
        -vf "fps=30,scale=-2:720,pad=1280:720:(ow-iw)/2:0:gray" "$DIR/pictures/%04d.jpg"
    printf '#!/bin/sh\necho "$(date +%%s.%%N) ${1##*/}" >>"%s/heard"\n' "$DIR" >"$DIR/bin/pw-play"
    chmod +x "$DIR/bin/pw-play"
    python3 "$ROOT/tests/mjpeg.py" "$DIR/pictures" 30 "$DIR/camera" &
    camera=$!
    Xvfb "$SCREEN" -screen 0 1280x800x24 >"$DIR/xvfb.log" 2>&1 &
    screen=$!
    trap 'kill $camera $screen 2>/dev/null || true' EXIT
    until [ -s "$DIR/camera" ] && [ -S "/tmp/.X11-unix/X${SCREEN#:}" ]; do sleep 0.2; done
    [ -z "${FORMCHECK_DATA:-}" ] || cp -r "$FORMCHECK_DATA/." "$DIR/data/"
    export FORMCHECK_DATA=$DIR/data
    "$program" safety --urgent no --see-first no --understood yes >/dev/null
    DISPLAY=$SCREEN PATH="$DIR/bin:$PATH" "$program" live squat --camera "http://127.0.0.1:$(cut -d' ' -f1 "$DIR/camera")/" \
        --beep --stats --out "$DIR/sets" --cue-log "$DIR/cues.jsonl" >"$DIR/out" 2>"$DIR/err" &
    local live=$!
    until [ -s "$DIR/sets/squat-1/poses.jsonl" ]; do
        kill -0 $live || { tail -3 "$DIR/err"; return 1; }
        sleep 1
    done
    python3 "$ROOT/tests/soak.py" watch $live "$DIR" "$minutes" || { tail -3 "$DIR/err"; return 1; }
    kill -INT $live
    wait $live || { echo "status $?"; tail -3 "$DIR/err"; return 1; }
}

case "${1:-}" in
doubt) python3 "$ROOT/tests/soak.py" doubt ;;
judge) python3 "$ROOT/tests/soak.py" judge "$DIR" ;;
*)
    play "${1:-60}"
    python3 "$ROOT/tests/soak.py" judge "$DIR"
    ;;
esac
