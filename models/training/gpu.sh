#!/bin/sh
# A stretch on a machine with one NVIDIA GPU and many cores that is lent for minutes: models/training/gpu.sh MINUTES,
# the export included. First a self-test, which stops at whatever would waste the rest. See README.md
# for the variables.
set -eu
began=$(date +%s)
here=$(cd "$(dirname "$0")" && pwd)
minutes=${1:?minutes in all}
python=${PYTHON:-python3}
work=${WORK:?folder with fitted_train.npz and backdrops, for shards and checkpoints}
run=$work/run
compile=${COMPILE---compile}
mkdir -p "$run"

"$python" "$here/feed.py" --formcheck "${FORMCHECK:?}" --shards "$work/shards" --run "$run" --backdrops "$work/backdrops" \
    --side "${SIDE:-224}" --jobs "${JOBS:-$(($(nproc) - 2))}" --start 10000000 --plan "${PLAN:-1500000}" --most 10000000 &
feed=$!
trap 'kill $feed 2>/dev/null || true' EXIT

train() {
    "$python" "$here/train.py" --device "${DEVICE:-cuda}" --shards "$work/shards" --photos "$work/fitted_train.npz" \
        --backdrops "$work/backdrops" --net "${NET:-M}" --size "${SIZE:-192}" --batch "${BATCH:-256}" $compile "$@"
}
self_test() {
    rm -rf "$work/self-test"
    train --run "$work/self-test" --passes $((${BATCH:-256} * 120)) --keep 4000 --start 400
}

echo "self-test"
self_test || { echo "not compiled"; compile=; self_test; }
"$python" "$here/export.py" --run "$work/self-test" --out "$work/self-test"
echo "self-test passed after $(($(date +%s) - began)) s"

left=$(awk -v all="$minutes" -v gone=$(($(date +%s) - began)) 'BEGIN { print all - 0.7 - gone / 60 }')
echo "training for $left minutes"
train --run "$run" --rate "${RATE:-3e-3}" --minutes "$left" --resume ${BEGIN:+--begin "$BEGIN"} --keep "${KEEP:-300000}" --start "${START:-4000}" \
    --workers "${WORKERS:-2}"
"$python" "$here/export.py" --run "$run" --out "$run"
echo "finished"
