#!/usr/bin/env bash
# An hour of live training in a window: does memory stay flat, and do pictures, cues and the clock stay together?
# For developers and nightly runs, not part of `cargo test`.
#
#   tests/soak.sh [MINUTES]      60 unless told; takes target/release/formcheck, or $FORMCHECK; results in $SOAK_DIR
#   tests/soak.sh judge          judges the results once more
#
# A network camera (MJPEG, 30 pictures a second) shows three squats over and over, in one set that never ends: the worst
# case. It keeps its own time, as a real one does, however busy the program is. The programs that would make sound are
# replaced by one that writes down when it was called. Every minute: memory, pictures judged, and how far the last picture's
# time in poses.jsonl is from the clock when it was written.
# Needs ffmpeg, Xvfb, python3.
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
    export FORMCHECK_DATA=$DIR/data
    "$program" safety --urgent no --see-first no --understood yes >/dev/null
    DISPLAY=$SCREEN PATH="$DIR/bin:$PATH" "$program" live squat --camera "http://127.0.0.1:$(cut -d' ' -f1 "$DIR/camera")/" \
        --beep --stats --out "$DIR/sets" --cue-log "$DIR/cues.jsonl" >"$DIR/out" 2>"$DIR/err" &
    local live=$! minute
    for ((minute = 1; minute <= minutes; minute++)); do
        sleep 60
        kill -0 $live || { echo "it ended in minute $minute:"; tail -3 "$DIR/err"; return 1; }
        sample $live >>"$DIR/minutes"
        tail -1 "$DIR/minutes"
    done
    kill -INT $live
    wait $live || { echo "status $?"; tail -3 "$DIR/err"; return 1; }
}

# The clock (s), memory (KiB), time of the last picture (s), the clock when that was written, pictures so far, load.
sample() {
    python3 - "$1" "$DIR/sets/squat-1/poses.jsonl" <<'PY'
import json, os, sys, time
rss = next(int(line.split()[1]) for line in open(f"/proc/{sys.argv[1]}/status") if line.startswith("VmRSS"))
while True:
    before = os.stat(sys.argv[2])
    with open(sys.argv[2], "rb") as file:
        text = file.read(before.st_size)
    # Written meanwhile: the clock would be another picture's.
    if os.stat(sys.argv[2]).st_mtime_ns == before.st_mtime_ns:
        break
lines = text.rstrip(b"\n").split(b"\n")
t = json.loads(lines[-1])["t_us"] / 1e6
print(f"{time.time():.1f} {rss} {t:.3f} {before.st_mtime_ns / 1e9:.3f} {len(lines) - 1} {os.getloadavg()[0]:.1f}")
PY
}

judge() {
    python3 - "$DIR" <<'PY'
import json, os, statistics as st, sys
folder = sys.argv[1]
rows = [[float(x) for x in line.split()] for line in open(f"{folder}/minutes")]
begin = max(1, len(rows) // 12)  # Caches and pools are full by then.
mib = [row[1] / 1024 for row in rows]
grown = st.median(mib[-3:]) - st.median(mib[begin:begin + 3])
rate = [(b[4] - a[4]) / (b[0] - a[0]) for a, b in zip(rows, rows[1:])]
# With those that mark the gaps.
print(f"{rows[-1][4]:.0f} observations in {len(rows)} minutes, {st.median(rate):.1f} a second (median; "
      f"{min(rate):.1f} to {max(rate):.1f}), on {os.cpu_count()} cores at a load of {st.median(r[5] for r in rows):.1f}")
print(f"memory, MiB: {mib[0]:.1f} after a minute, {mib[begin]:.1f} after {begin + 1}, {mib[-1]:.1f} after {len(rows)}; "
      f"most {max(mib):.1f}, grown by {grown:+.1f}")

# How late things are is a fixed offset plus the time they took, which only adds: the least of many samples shows the offset.
def drift(late):
    third = max(1, len(late) // 3)
    return min(late[-third:]) - min(late[:third])

# The time in the recording against the clock when it was written.
late = [row[3] - row[2] for row in rows]
print(f"pictures against the clock: {1000 * drift(late):+.0f} ms from the first third to the last; "
      f"samples lie within {1000 * (max(late) - min(late)):.0f} ms")

# Each tone of the log against the moment its player was called.
logged = [cue for cue in map(json.loads, open(f"{folder}/cues.jsonl")) if cue["tone"]]
played = [line.split() for line in open(f"{folder}/heard")]
gaps = [float(at) - cue["t_s"] for (at, _), cue in zip(played, logged)]
print(f"cues against the clock: {1000 * drift(gaps):+.0f} ms from the first third to the last; "
      f"{len(logged)} tones in the log, {len(played)} played")
cues = [cue for cue in logged if cue["tone"] == "rep"]
heard = [float(at) for at, name in played if name == "rep.wav"]

# And against the camera itself: three squats in each round, whose ends are known.
port, began, round_secs = map(float, open(f"{folder}/camera").read().split())
ends = [5.8, 10.1, 14.4]
after = [min((at - began - end) % round_secs for end in ends) for at in heard]
if after:
    print(f"repetitions are heard {1000 * st.median(after):.0f} ms after the squat's end in front of the camera (median), "
          f"drifting by {1000 * drift(after):+.0f} ms")
done = 3 * (rows[-1][0] - rows[0][0] + 60) / round_secs
report = json.load(open(f"{folder}/sets/squat-1/report.json"))
print(f"report: {len(report['reps'])} repetitions, {report['attempts']} not full; about {done:.0f} were done")
print(open(f"{folder}/out").read())

wrong = []
# A set of an hour keeps some seven hundred repetitions with their findings; anything per picture would be ten times this.
if grown > 16: wrong.append(f"memory grew by {grown:.1f} MiB")
if len(logged) != len(played): wrong.append("tones were lost")
if len(report["reps"]) != len(cues): wrong.append("the report has other repetitions than were heard")
if st.median(rate) < 10:
    # Pictures then take longer than any drift looked for, and repetitions are missed.
    wrong.append(f"{st.median(rate):.1f} pictures a second are too few to tell drift or counting: the machine is too busy")
else:
    if abs(drift(late)) > 0.1: wrong.append("pictures drift")
    if abs(drift(gaps)) > 0.1: wrong.append("cues drift")
    if not cues: wrong.append("no repetition was heard")
print("FAILED: " + "; ".join(wrong) if wrong else "soak: fine")
sys.exit(bool(wrong))
PY
}

if [ "${1:-}" != judge ]; then play "${1:-60}"; fi
judge
