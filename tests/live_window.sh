#!/usr/bin/env bash
# A live set in a real window (Xvfb): keys, a camera that stalls for 10 s and one that is gone, a full disk, a lost display.
# Each is told in one line, and what was done is on disk and, where something counted, in the history. For developers and
# nightly runs, not part of `cargo test`; about two minutes. What needs no display is in tests/live.rs.
#
#   tests/live_window.sh         takes target/release/formcheck, or $FORMCHECK; results and pictures of the screen in $LIVE_DIR
#
# Needs ffmpeg, Xvfb, xdotool, python3; ONNX Runtime (formcheck runtime install) in $FORMCHECK_DATA, to see squats at 15
# pictures a second; `import` (ImageMagick) for the pictures; root for the full disk.
set -euo pipefail
ROOT=$(cd "$(dirname "$0")/.." && pwd)
DIR=${LIVE_DIR:-$ROOT/target/live_window}
PROGRAM=${FORMCHECK:-$ROOT/target/release/formcheck}
export DISPLAY=${LIVE_SCREEN:-:88}

rm -rf "$DIR"
mkdir -p "$DIR/pictures" "$DIR/data" "$DIR/screens"
[ -z "${FORMCHECK_DATA:-}" ] || cp -r "$FORMCHECK_DATA/runtime" "$DIR/data/"
export FORMCHECK_DATA=$DIR/data
trap 'umount "$DIR/small" 2>/dev/null || true; kill $SCREEN $(jobs -p) 2>/dev/null || true' EXIT

fail() { echo "FAILED: $1"; sed 's/^/    /' "$DIR/err"; exit 1; }
within() { # SECONDS WHAT COMMAND...
    local left=$(($1 * 5)) what=$2
    shift 2
    until "$@" 2>/dev/null; do
        sleep 0.2; left=$((left - 1)); [ $left -gt 0 ] || fail "waited in vain: $what"
    done
}
told() { grep -q "$1" "$DIR/err"; }
judged() { cat "$1/poses.jsonl" 2>/dev/null | wc -l; }
pictures() { [ "$(judged "$1")" -gt "$2" ]; }
counts() { within 120 "a repetition in $1" grep -q '"turn_s"' "$1/report.json"; }
goes_on() { within 60 "pictures in $1" pictures "$1" $(($(judged "$1") + 2)); }
shows() { import -window root "$DIR/screens/$1.png" 2>/dev/null || true; }
remembered() { [ "$(wc -l <"$DIR/data/history.jsonl")" = "$1" ] || fail "$1 sets in the history expected"; }
screen() { Xvfb "$DISPLAY" -screen 0 1280x800x24 >"$DIR/xvfb.log" 2>&1 & SCREEN=$!; disown; within 20 screen [ -S "/tmp/.X11-unix/X${DISPLAY#:}" ]; }
camera() { python3 "$ROOT/tests/mjpeg.py" "$DIR/pictures" 15 "$DIR/camera" "$@" & CAMERA=$!; within 30 camera [ -s "$DIR/camera" ]; }
live() { # OPTIONS...: in front of the camera
    "$PROGRAM" live squat --mute --camera "http://127.0.0.1:$(cut -d' ' -f1 "$DIR/camera")/" "$@" >"$DIR/out" 2>"$DIR/err" &
    LIVE=$!
}
key() { xdotool key "$1"; }
quit() { key q; sleep 1; shows "$1"; key q; } # NAME: the results stay until they are quit too
ends() { # STATUS SET
    local status=0
    wait $LIVE || status=$?
    [ $status = "$1" ] || fail "status $status"
    grep -q '"schema": *"formcheck.report/1"' "$2/report.json" || fail "no report in $2"
    [ -s "$2/report.html" ] && [ -s "$2/angles.csv" ] || fail "files are missing in $2"
    [ -z "$(find "$2" -name '*.tmp')" ] || fail "something half written stays in $2"
}

ffmpeg -v error -i "$ROOT/fixtures/clips/squat/SQ-ok2/SQ-ok2.mp4" -an -q:v 4 -vf scale=-2:480 "$DIR/pictures/%04d.jpg"
"$PROGRAM" safety --urgent no --see-first no --understood yes >"$DIR/err" 2>&1 || fail safety
screen
camera

echo "1. keys: pause, go on, help, next set, quit; both sets are kept, the one in which something counted is remembered"
live --out "$DIR/keys"
counts "$DIR/keys/squat-1"
shows going
key space; sleep 1; shows paused
before=$(judged "$DIR/keys/squat-1"); sleep 2
[ "$(judged "$DIR/keys/squat-1")" = "$before" ] || fail "it went on while paused"
key space; goes_on "$DIR/keys/squat-1"
key h; key n; goes_on "$DIR/keys/squat-2"
quit keys; ends 0 "$DIR/keys/squat-1"
ends 0 "$DIR/keys/squat-2"
remembered 1

echo "2. the camera stalls for 10 s and goes on"
live --out "$DIR/stall"
counts "$DIR/stall/squat-1"
kill -STOP $CAMERA
within 20 "words on the stall" told "No picture from the camera"
sleep 8; shows stalled
kill -CONT $CAMERA
goes_on "$DIR/stall/squat-1"

echo "3. the camera is gone, and comes back"
kill $CAMERA
within 20 "words on the lost camera" told "Camera lost"
sleep 2; shows lost
camera "$(cut -d' ' -f1 "$DIR/camera")"
goes_on "$DIR/stall/squat-1"

echo "4. it is gone for good: quitting keeps the report"
kill $CAMERA; sleep 3
quit gone; ends 0 "$DIR/stall/squat-1"
grep -q '"gaps"' "$DIR/stall/squat-1/report.json" || fail "the report does not tell of the gaps"
remembered 2
rm "$DIR/camera"; camera

echo "5. a full disk while recording"
mkdir "$DIR/small"
if mount -t tmpfs -o size=800k tmpfs "$DIR/small" 2>/dev/null; then
    live --record "$DIR/small"
    within 120 "words on the disk" told "the disk is full"
    shows full
    goes_on "$DIR/small/squat-1"
    quit small; ends 0 "$DIR/small/squat-1"
    grep -q '"not_recorded"' "$DIR/small/squat-1/report.json" || fail "the report does not tell of the video"
else
    echo "   skipped: no disk can be mounted"
fi
sets=$(wc -l <"$DIR/data/history.jsonl")

echo "6. the display is lost"
live --out "$DIR/display"
counts "$DIR/display/squat-1"
kill -KILL $SCREEN
ends 2 "$DIR/display/squat-1"
[ "$(grep -c '^error: the display is gone' "$DIR/err")" = 1 ] || fail "one line on the display expected"
remembered $((sets + 1))
echo "live window: fine"
