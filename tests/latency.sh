#!/usr/bin/env bash
# How old is what the athlete sees? A camera whose pictures carry their number, live in a window, and somebody who reads the
# numbers off the screen: from the moment a picture is taken (and begins to be sent) until it is on the screen with skeleton
# and counter. Less than 100 ms are asked, at 30 pictures a second on two cores. Beside it stands what the program itself
# measured, stage by stage, and the processor time of a picture, which a busy machine changes least.
#
#   tests/latency.sh [SECONDS] [OPTIONS OF LIVE...]     60 unless told; takes target/release/formcheck, or $FORMCHECK
#
# Needs ffmpeg, Xvfb, python3; ONNX Runtime for the pose model (formcheck runtime install), in $FORMCHECK_DATA.
set -euo pipefail
ROOT=$(cd "$(dirname "$0")/.." && pwd)
DIR=${LATENCY_DIR:-$ROOT/target/latency}
PROGRAM=${FORMCHECK:-$ROOT/target/release/formcheck}
SCREEN=${LATENCY_SCREEN:-:86}
SECONDS_ASKED=${1:-60}
shift || true

rm -rf "$DIR"
mkdir -p "$DIR/pictures" "$DIR/screen"
# The number of each picture in squares along the upper edge, as screen_stamps.py reads it.
stamp=""
ones=1
for bit in 0 1 2 3 4 5 6 7 8; do
    digit="mod(floor(n/$((1 << bit))),2)"
    for half in "black:enable='eq($digit,0)'" "white:enable='eq($digit,1)'"; do
        stamp+=",drawbox=x=$((480 + 32 * bit)):y=0:w=32:h=32:t=fill:color=$half"
    done
    ones="$ones+$digit"
done
stamp+=",drawbox=x=768:y=0:w=32:h=32:t=fill:color=black,drawbox=x=768:y=0:w=32:h=32:t=fill:color=white:enable='eq(mod($ones,2),1)'"
ffmpeg -v error -i "$ROOT/fixtures/clips/squat/SQ-ok2/SQ-ok2.mp4" -an -q:v 4 -frames:v 512 -start_number 0 \
    -vf "fps=30,scale=-2:720,pad=1280:720:(ow-iw)/2:0:gray$stamp" "$DIR/pictures/%04d.jpg"
python3 "$ROOT/tests/mjpeg.py" "$DIR/pictures" 30 "$DIR/camera" &
camera=$!
Xvfb "$SCREEN" -screen 0 1280x720x24 -fbdir "$DIR/screen" >"$DIR/xvfb.log" 2>&1 &
screen=$!
trap 'kill $camera $screen 2>/dev/null || true' EXIT
until [ -s "$DIR/camera" ] && [ -S "/tmp/.X11-unix/X${SCREEN#:}" ]; do sleep 0.2; done

data=${FORMCHECK_DATA:-}
mkdir -p "$DIR/data"
[ -z "$data" ] || cp -r "$data/." "$DIR/data/"
export FORMCHECK_DATA=$DIR/data
"$PROGRAM" safety --urgent no --see-first no --understood yes >/dev/null
DISPLAY=$SCREEN "$PROGRAM" live squat --camera "http://127.0.0.1:$(cut -d' ' -f1 "$DIR/camera")/" --mirror no --mute --stats \
    --fullscreen=1280x720 --out "$DIR/sets" "$@" >"$DIR/out" 2>"$DIR/err" &
live=$!
# Until somebody is followed: the way there is another matter.
until grep -q '"points":\[' "$DIR"/sets/*/poses.jsonl 2>/dev/null; do
    kill -0 $live || { tail -3 "$DIR/err"; exit 1; }
    sleep 0.5
done
sleep 3
status=0
python3 "$ROOT/tests/screen_stamps.py" "$DIR/screen/Xvfb_screen0" "$DIR/camera" "$SECONDS_ASKED" || status=$?
kill -INT $live
wait $live || { tail -3 "$DIR/err"; exit 1; }
grep -E '^(pictures|judged|shown|of that|processor|no closer)' "$DIR/out"
grep '^poses by' "$DIR/err" || true
echo "load: $(cut -d' ' -f1-3 /proc/loadavg) on $(nproc) cores"
[ $status = 0 ] || echo "FAILED: more than 100 ms"
exit $status
