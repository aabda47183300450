"""How far what the rules read of people on the floor is from what they read of the exact joints: margins of the card.

    python rules.py --formcheck formcheck --model DIR/formcheck.onnx --out DIR --figures DIR/evaluation.json

Needs a body pack (FORMCHECK_BODY) and a card that tells its `sigma_scale`, by which points are doubted. Draws exercises
that no figure of the model was chosen by (other bodies, rooms and clothes than fixtures/clips), has the program score
them through the model without any margins, and holds every reading of a repetition or hold to that of the same motion's
exact joints. A margin of single pictures (floor.py) says little of a rule: it goes by medians and extremes of many
pictures, in which the mistakes of one are lost. Clips already drawn are kept; what was measured is added to the figures
of evaluate.py and, with --readme, to the model card's tables.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from report import fill

FPS = 15
# Two reaches, three taps.
PICTURES = {"bird_dog": 250, "dead_bug": 155}
# Clip of `formcheck synth list`, body, in a hanging shirt, seed.
CLIPS = {
    "bird_dog": [
        ("BD-ok", "average", False, 202), ("BD-ok", "heavy", False, 205), ("BD-ok", "older", True, 304),
        ("BD-ok", "slim", False, 310), ("BD-sag10", "tall", True, 210), ("BD-sag10", "heavy", True, 308),
        ("BD-sag17", "older", False, 207), ("BD-sag17", "average", False, 215), ("BD-sag17", "short", False, 306),
        ("BD-sag30", "slim", True, 203), ("BD-sag30", "tall", False, 302),
    ],
    "dead_bug": [
        ("DB-ok", "average", False, 203), ("DB-ok", "short", False, 209), ("DB-ok", "heavy", True, 305),
        ("DB-ok", "older", False, 312), ("DB-both", "heavy", False, 204), ("DB-same", "average", True, 213),
        ("DB-flat", "tall", True, 206), ("DB-flat", "average", False, 309), ("DB-lift25", "older", False, 208),
        ("DB-lift25", "slim", False, 303), ("DB-lift25", "tall", True, 311), ("DB-high", "slim", True, 202),
        ("DB-high", "short", True, 307), ("DB-high", "heavy", False, 313),
    ],
}  # fmt: skip
# Read from the points of the back, so that they hold for the model that sees the back.
OF_THE_BACK = {"sags", "rounds"}
# Times and counts are held to in docs/verdicts.md.
OF_POINTS = {"deg", "%", "ratio"}

Bouts = list[dict]
Readings = dict[str, list[tuple[float, float]]]


def bouts(report: dict) -> Bouts:
    return [*report["reps"], *report.get("holds", [])]


def shared_secs(a: dict, b: dict) -> float:
    return min(a["end_s"], b["end_s"]) - max(a["start_s"], b["start_s"])


def readings(read: Bouts, exact: Bouts) -> Iterator[tuple[str, float, float]]:
    """Rule, read, exact: of each repetition and the exact one it overlaps most. One that overlaps none is a mistake
    of the count, which has its own table."""
    for bout in read:
        true = max(exact, key=lambda other: shared_secs(bout, other), default=None)
        if true is None or shared_secs(bout, true) <= 0:
            continue
        wanted = {v["rule"]: v for v in true["verdicts"]}
        for verdict in bout["verdicts"]:
            other = wanted.get(verdict["rule"])
            if other is None or verdict["unit"] != other["unit"] or verdict["unit"] not in OF_POINTS:
                continue
            if verdict["measured"] is not None and other["measured"] is not None:
                yield verdict["rule"], verdict["measured"], other["measured"]


def figures(found: Readings) -> dict[str, dict]:
    """Of each rule: how many readings, their mean error, and what 95 % are within."""
    out = {}
    for rule, pairs in sorted(found.items()):
        off = np.subtract(*np.array(pairs).T)
        out[rule] = {
            "n": len(pairs),
            "bias": round(float(off.mean()), 3),
            "mean": round(float(np.abs(off).mean()), 3),
            "within_95": round(float(np.percentile(np.abs(off), 95)), 3),
        }
    return out


def without_margins(model: Path, folder: Path) -> Path:
    """The model with a card that vouches for nothing, so that every reading is told."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(model, folder / model.name)
    card = model.with_suffix(".toml").read_text()
    (folder / model.name).with_suffix(".toml").write_text(card.split("[gates]")[0])
    return folder / model.name


def of_clip(formcheck: Path, model: Path, exercise: str, clip: tuple[str, str, bool, int], out: Path) -> Readings:
    name, body, loose, seed = clip
    label = f"{name}-{body}" + ("-loose" if loose else "")
    drawn, exact = out / "clips" / exercise / label, out / "exact" / label
    who = ["--body", body, "--seed", str(seed), "--fps", str(FPS)]

    def run(*arguments: object) -> None:
        subprocess.run([formcheck, "-q", *map(str, arguments)], check=True, stdout=subprocess.DEVNULL)

    if not (drawn / "case.toml").exists():
        part = ["--frames", f"0..{PICTURES[exercise]}", "--jobs", 1]
        run("synth", "render", name, "--out", drawn, *who, *part, *(["--loose"] if loose else []))
    run("synth", "poses", name, "--out", exact, *who)

    def score(path: Path, to: Path, *more: object) -> Bouts:
        shutil.rmtree(to, ignore_errors=True)
        run("score", path, "--exercise", exercise, "--out", to, *more)
        return [bout for report in to.rglob("report.json") for bout in bouts(json.loads(report.read_text()))]

    read = score(drawn / f"{name}.mp4", out / "read" / label, "--model", model)
    found: Readings = {}
    for rule, measured, true in readings(read, score(exact, out / "exact-read" / label)):
        found.setdefault(rule, []).append((measured, true))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--formcheck", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--figures", type=Path, required=True)
    parser.add_argument("--readme", type=Path)
    args = parser.parse_args()
    model = without_margins(args.model, args.out / "blank")
    found: Readings = {}
    jobs = [(exercise, clip) for exercise, clips in CLIPS.items() for clip in clips]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for of_one in pool.map(lambda job: of_clip(args.formcheck.resolve(), model, *job, args.out), jobs):
            for rule, pairs in of_one.items():
                found.setdefault(rule, []).extend(pairs)
    measured = figures(found)
    every = json.loads(args.figures.read_text()) | {"rules": measured}
    args.figures.write_text(json.dumps(every, indent=1) + "\n")
    if args.readme:
        fill(args.readme, every)
    for rule, f in measured.items():
        print(f"{rule}: {f['n']}, bias {f['bias']:.1f}, mean {f['mean']:.1f}, 95 % {f['within_95']:.1f}")


if __name__ == "__main__":
    main()
