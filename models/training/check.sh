#!/bin/sh
# Everything once on a small setting, in minutes: tests, labels, renders, training, export, evaluation. The variables are
# those of train.sh; WORK is emptied. What comes out is no model to use.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
python=${PYTHON:-python3}
formcheck=${FORMCHECK:?the program}
work=${WORK:?a folder to work in}
photos=${PHOTOS:?folder of photographs with index.csv}
models=${MODELS:?folder of the teacher\'s ONNX files}
export OMP_NUM_THREADS=1
rm -rf "$work" && mkdir -p "$work"

"$python" -m pytest -q "$here"
"$python" "$here/photos.py" --photos "$photos" --models "$models" --split train --every 24 --out "$work/photos_train.npz" \
    --backdrops "$work/backdrops"
"$python" "$here/photos.py" --photos "$photos" --models "$models" --split eval --every 12 --out "$work/photos_eval.npz"
for split in train eval; do
    "$python" "$here/fit.py" --body "$FORMCHECK_BODY" --photos "$work/photos_$split.npz" --most 4 --out "$work/fitted_$split.npz"
done
"$formcheck" -q synth shards --seeds 0..400 --per-shard 400 --side 96 --backdrops "$work/backdrops" -o "$work/shards"
"$formcheck" -q synth shards --seeds 9000000..9000096 --per-shard 96 --side 96 -o "$work/held-out"
"$python" "$here/train.py" --shards "$work/shards" --photos "$work/fitted_train.npz" --backdrops "$work/backdrops" \
    --run "$work/run" --net S --size 64 --batch 16 --passes 1600 --start 400 --keep 400
cp "$work/run/last.pt" "$work/before.pt"
"$python" "$here/train.py" --shards "$work/shards" --photos "$work/fitted_train.npz" --run "$work/run" --net S --size 64 \
    --batch 16 --passes 160 --start 400 --keep 400 --resume
"$python" "$here/mean.py" --before "$work/before.pt" --after "$work/run/last.pt" --shards "$work/shards" \
    --photos "$work/fitted_train.npz" --run "$work/mean" --batches 8 --keep 400
"$python" -W ignore "$here/export.py" --run "$work/mean" --out "$work/candidate"
"$python" -W ignore "$here/evaluate.py" --model "$work/candidate/formcheck.onnx" --shards "$work/held-out" \
    --photos "$work/fitted_eval.npz" --models "$models" --out "$work/candidate/evaluation.json"
"$python" "$here/export.py" --again "$work/candidate" --figures "$work/candidate/evaluation.json" --out "$work/export"
