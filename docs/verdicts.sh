#!/bin/sh
# Scores every fixture clip with each model named and writes docs/verdicts.md: how often the rules say what is true.
#
#   docs/verdicts.sh [MODEL...]        without a name: formcheck blazepose_full
#
# The program is target/release/formcheck, or another one named by FORMCHECK. Some minutes per model; clips scored
# before with the same version, model and card are kept (target/verdicts): after a change of the code remove that folder.
set -eu
cd "$(dirname "$0")/.."
formcheck=${FORMCHECK:-target/release/formcheck}
[ $# -gt 0 ] || set -- formcheck blazepose_full
scored=target/verdicts
for model; do
    for exercise in fixtures/clips/*/; do
        exercise=$(basename "$exercise")
        "$formcheck" -q score "fixtures/clips/$exercise" --exercise "$exercise" --model "$model" --resume \
            --out "$scored/$model/$exercise" >/dev/null
    done
done
{
    cat <<'TEXT'
# How often the rules say what is true of the rendered clips

Made by `docs/verdicts.sh`; do not edit. Every clip of [fixtures/clips](../fixtures/clips/README.md) was scored with the
model, and every answer to a rule in every repetition or hold held against what is true of the clip (`case.toml`).

- `fault there`: answers where a warning or a fault is due; `found`: one of the two was given; `missed`: it was called good.
  `beyond the grey band`: where the true value lies further beyond the warning than a reading may be off (RULES.md G); nearer to
  it nobody could be sure. `found of those`: what was not judged counts as not found.
- `not there`: neither is due; `false alarm`: one was given.
- `not judged` stands by itself: it is no error, and no help either. `of judged` leaves it out; what was not even asked, of
  another variant than the one done, counts as not judged.
- A hold is as long as the exact joints of the same motion make it, by the same rule.
- `rightly not judged`: where nobody could tell from that side, or without what is missing: how often nothing was said.
- A rule seen in more than one way has a line for each: from where, and in what clothes.
- Clips were rendered; people differ from them in more ways than these tables can show.

TEXT
    for model; do
        "$formcheck" synth tally "$scored/$model"
        echo
    done
} >docs/verdicts.md
echo "docs/verdicts.md"
