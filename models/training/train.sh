#!/bin/sh
# From shards and photographs to the exported network: models/training/train.sh MINUTES. See README.md for the variables.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
minutes=${1:?minutes of training}
python=${PYTHON:-python3}
formcheck=${FORMCHECK:-$here/../../target/release/formcheck}
work=${WORK:?folder for shards, labels, checkpoints}
photos=${PHOTOS:?folder of photographs with index.csv}
models=${MODELS:?folder of the teacher\'s ONNX files}
: "${FORMCHECK_BODY:?the body pack}"
mkdir -p "$work/held-out" "$work/run"

# Held-out pictures: mild, usual, wild. Shards that are there are kept.
"$formcheck" synth shards --seeds 9000000..9000600 --per-shard 600 --side 224 --level 0.1 -o "$work/held-out"
"$formcheck" synth shards --seeds 9010000..9010800 --per-shard 800 --side 224 --level 0.4 -o "$work/held-out"
"$formcheck" synth shards --seeds 9020000..9020600 --per-shard 600 --side 224 --level 0.8 -o "$work/held-out"
for split in train eval; do
    [ -e "$work/photos_$split.npz" ] ||
        "$python" "$here/photos.py" --photos "$photos" --models "$models" --split $split \
            --out "$work/photos_$split.npz" --backdrops "$work/backdrops_$split"
    [ -e "$work/fitted_$split.npz" ] ||
        "$python" "$here/fit.py" --body "$FORMCHECK_BODY" --photos "$work/photos_$split.npz" --out "$work/fitted_$split.npz"
done

# The first thousands, then more while training goes on.
"$python" "$here/feed.py" --formcheck "$formcheck" --shards "$work/shards" --run "$work/run" --side 224 \
    --backdrops "$work/backdrops_train" &
feed=$!
trap 'kill $feed 2>/dev/null || true' EXIT
until [ "$(ls "$work/shards" 2>/dev/null | grep -c 'fcs$')" -ge 12 ]; do sleep 5; done
# Where nothing was begun, the kept weights go on.
nice -n 19 "$python" "$here/train.py" --shards "$work/shards" --photos "$work/fitted_train.npz" --run "$work/run" \
    --backdrops "$work/backdrops_train" --net M --size 192 --begin "$here/checkpoint.pt" --minutes "$minutes" --compile --resume

"$python" "$here/export.py" --run "$work/run" --out "$work/candidate"
"$python" "$here/evaluate.py" --model "$work/candidate/formcheck.onnx" --shards "$work/held-out" --photos "$work/fitted_eval.npz" \
    --models "$models" --clips "$here/../../fixtures/clips" ${RECORDED:+--recorded "$RECORDED"} --out "$work/candidate/evaluation.json" --readme "$here/../README.md" --sheets "$work/sheets" --int8
"$python" "$here/export.py" --again "$work/candidate" --figures "$work/candidate/evaluation.json" --out "$work/export"
# The margins of rules need a card that tells how points are doubted, which was measured just now.
"$python" "$here/rules.py" --formcheck "$formcheck" --model "$work/export/formcheck.onnx" --out "$work/rules" --readme "$here/../README.md"
"$python" "$here/export.py" --again "$work/export" --rules "$work/rules/rules.json" --out "$work/export"
