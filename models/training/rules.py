"""How far what the rules read is from what they read of the exact joints: margins of the card.

    python rules.py --formcheck formcheck --model DIR/formcheck.onnx --out DIR [--readme ../README.md]

Needs a body pack (FORMCHECK_BODY) and a card that tells its `sigma_scale`, by which points are doubted. Draws exercises
that no figure of the model was chosen by (other bodies, rooms and clothes than fixtures/clips), has the program score
them through the model without any margins, looking both ways and in turn, and holds every reading of a repetition or
hold to that of the same motion's exact joints. A margin of single pictures (floor.py) says little of a rule: it goes by
medians and extremes of many pictures, in which the mistakes of one are lost. Clips already drawn are kept. Writes
DIR/rules.json, for export.py, and with --readme the model card's table.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import numpy as np

from report import READINGS, fill
from report import readings as readings_table

FPS = 15
# One repetition, one hold cut off at its end, three taps, two reaches.
PICTURES = {
    "squat": 95, "hip_hinge": 95, "hip_flexor_stretch": 150, "hamstring_stretch": 150, "side_plank": 205,
    "dead_bug": 155, "bird_dog": 250,
}  # fmt: skip
# Clip of `formcheck synth list`, body, whether in a hanging shirt, seed.
CLIPS = {
    "squat": """
        SQ-ok2 average 701, SQ-ok2 heavy loose 702, SQ-ok2 slim loose 703, SQ-ok2 tall 704, SQ-ok2 short 705,
        SQ-ok1 older 706, SQ-ok3 long_femur loose 707, SQ-wink14 average 708, SQ-wink14 heavy 709,
        SQ-wink14 slim loose 710, SQ-wink14 tall loose 711, SQ-wink28 short 712, SQ-wink28 older 713,
        SQ-wink28 long_femur 714, SQ-wink28 average 715, SQ-masked heavy 716, SQ-masked slim 717,
        SQ-masked tall loose 718, SQ-lean56 short loose 719, SQ-lean56 older 720, SQ-lean68 long_femur 721,
        SQ-lean68 average loose 722, SQ-heel12 heavy 723, SQ-heel12 slim 724, SQ-heel20 tall 725,
        SQ-heel20 short loose 726, SQ-short20 older loose 727, SQ-short20 long_femur 728, SQ-ok2-front slim loose 731,
        SQ-ok2-front tall 732, SQ-ok2-front short 733, SQ-ok2-front older 734, SQ-ok2-front long_femur loose 735,
        SQ-ok2-front average 736, SQ-valg30 heavy 737, SQ-valg30 slim loose 738, SQ-valg30 tall loose 739,
        SQ-valg30 short 740, SQ-valg50 older 741, SQ-valg50 long_femur 742, SQ-valg50 average 743,
        SQ-valg50 heavy 744, SQ-valg80 slim 745, SQ-valg80 tall loose 746, SQ-valg80 short loose 747,
        SQ-valg80 older 748, SQ-valgR long_femur 749, SQ-valgR average loose 750, SQ-valgR heavy 751,
        SQ-valgR slim 752, SQ-valg30 average 753, SQ-valg50 tall 754, SQ-valg80 heavy loose 755,
        SQ-ok2-front heavy 756""",
    "hip_hinge": """
        HH-ok heavy loose 761, HH-ok slim loose 762, HH-ok tall 763, HH-ok-free short 764, HH-ok-free older 765,
        HH-ok-free long_femur loose 766, HH-round9 average 767, HH-round9 heavy 768, HH-round24 slim loose 769,
        HH-round24 tall loose 770, HH-round24 short 771, HH-round24-free older 772, HH-round24-free long_femur 773,
        HH-round24-free average 774, HH-round24-free heavy 775, HH-round40 slim 776, HH-round40 tall loose 777,
        HH-round40 short loose 778, HH-round40-free older 779, HH-round40-free long_femur 780,
        HH-round40-free average loose 781, HH-round40-free heavy 782, HH-arch25 slim 783, HH-arch25 tall 784,
        HH-squatty-free short loose 785, HH-squatty-free older loose 786, HH-squatty long_femur 787,
        HH-arch25-free average loose 788, HH-arch25-free heavy 789, HH-arch25-free slim loose 790,
        HH-arch25-free older 791, HH-arch25-free short 792""",
    "hip_flexor_stretch": """
        HK-ok average 601, HK-ok heavy loose 602, HK-ok older 603, HK-ok slim 604, HK-ok tall loose 605,
        HK-ok short 606, HK-ok long_femur 607, HK-tip10 slim loose 608, HK-tip10 tall 609, HK-tip17 average 610,
        HK-tip17 short loose 611, HK-tip17 older 612, HK-tip30 heavy 613, HK-tip30 slim 614, HK-tip30 tall loose 615,
        HK-tip30 average 616, HK-tip30 short loose 617, HK-lean17 average loose 618, HK-lean17 tall 619,
        HK-lean17 heavy 620, HK-lean17 older loose 621, HK-lean25 short 622, HK-lean25 older loose 623,
        HK-lean25 slim 624, HK-tip17 heavy 625, HK-tip30 older 626, HK-ok short loose 627,
        HK-tip10 average loose 628""",
    "hamstring_stretch": """
        HS-stand-ok average 501, HS-stand-ok heavy loose 502, HS-stand-ok older 503, HS-stand-ok slim 504,
        HS-stand-ok tall loose 505, HS-stand-ok short 506, HS-stand-ok long_femur 507, HS-stand-ok average loose 508,
        HS-round23 heavy 509, HS-round23 slim loose 510, HS-round23 tall 511, HS-round23 older loose 512,
        HS-round23 short 513, HS-round23 average 514, HS-round35 average loose 515, HS-round35 older 516,
        HS-round35 tall loose 517, HS-round35 slim 518, HS-round35 heavy 519, HS-round35 long_femur 520,
        HS-70trap tall 521, HS-70pass heavy 522, HS-slr60 average 531, HS-slr60 heavy loose 532, HS-slr60 older 533,
        HS-slr60 slim 534, HS-slr60 tall loose 535, HS-slr60 short 536, HS-slr60 long_femur 537,
        HS-slr70 average loose 538, HS-slr70 heavy 539, HS-slr70 slim loose 540, HS-slr70 tall 541,
        HS-slr70 older loose 542, HS-slr70 short 543, HS-slr70 long_femur 544, HS-slr80 older 545,
        HS-slr80 heavy loose 546, HS-slr80 average 547, HS-slr80 slim 548, HS-slr80 tall loose 549,
        HS-slr80 short loose 550, HS-slr80 long_femur 551, HS-slr80 heavy 552, HS-slr60 older loose 553,
        HS-slr60 average loose 554, HS-slr70 average 555, HS-slr70 heavy loose 556, HS-slr80 older loose 557,
        HS-slr80 tall 558, HS-slr60 slim loose 571, HS-slr60 tall 572, HS-slr60 heavy 573, HS-slr60 short loose 574,
        HS-slr70 slim 575, HS-slr70 tall loose 576, HS-round23 long_femur 523, HS-round23 slim 524,
        HS-round35 short 525, HS-round35 tall 526, HS-stand-ok slim loose 527, HS-stand-ok tall 528""",
    "side_plank": """
        SP-ok average 401, SP-ok slim loose 402, SP-ok older 403, SP-ok tall loose 404, SP-ok heavy 405,
        SP-ok short 406, SP-sag10 heavy 407, SP-sag10 average loose 408, SP-sag10 slim 409, SP-sag21 tall loose 410,
        SP-sag21 slim 411, SP-sag21 older 412, SP-sag21 short loose 413, SP-sag21 average 414, SP-elbow8 short 415,
        SP-elbow8 heavy loose 416, SP-elbow8 tall 417, SP-elbow21 heavy loose 418, SP-elbow21 average 419,
        SP-elbow21 slim loose 420, SP-elbow21 older 421, SP-elbow32 older loose 422, SP-elbow32 tall 423,
        SP-elbow32 short 424, SP-elbow32 long_femur loose 425""",
    "dead_bug": """
        DB-ok average 203, DB-ok short 209, DB-ok heavy loose 305, DB-ok older 312, DB-both heavy 204,
        DB-same average loose 213, DB-flat tall loose 206, DB-flat average 309, DB-lift25 older 208,
        DB-lift25 slim 303, DB-lift25 tall loose 311, DB-high slim loose 202, DB-high short loose 307,
        DB-high heavy 313, DB-ok tall loose 314, DB-ok slim 315, DB-same short 316, DB-same older loose 317,
        DB-lift25 heavy 318, DB-ok long_femur 319""",
    "bird_dog": """
        BD-ok average 202, BD-ok heavy 205, BD-ok older loose 304, BD-ok slim 310, BD-sag10 tall loose 210,
        BD-sag10 heavy loose 308, BD-sag17 older 207, BD-sag17 average 215, BD-sag17 short 306,
        BD-sag30 slim loose 203, BD-sag30 tall 302, BD-ok tall 311, BD-ok short loose 312, BD-ok long_femur 313,
        BD-sag10 slim 314, BD-sag17 heavy 315, BD-sag30 average loose 316, BD-sag30 older 317, BD-sag10 average 318,
        BD-ok average loose 319, BD-ok heavy loose 320, BD-ok tall loose 321, BD-sag10 short 322,
        BD-sag17 slim loose 323, BD-ok older 324, BD-sag30 heavy 325,
        BD-rot8 average loose 331, BD-rot28 tall 332, BD-rot40 heavy 333, BD-rot8 slim 334,
        BD-rot28 short loose 335, BD-rot40 older loose 336, BD-rot8 heavy loose 337, BD-rot28 older 338,
        BD-rot40 slim 339, BD-rot28 average 340, BD-rot40 tall loose 341, BD-rot8 long_femur 342,
        BD-rot28 heavy loose 343, BD-rot40 average 344""",
}
# Read from the points of the back, so that they hold for the model that sees the back.
OF_THE_BACK = {
    "squat.butt_wink", "squat.rounded", "hip_hinge.rounded", "hip_hinge.arched", "hip_flexor_stretch.pelvis_tips",
    "hamstring_stretch.rounded", "hamstring_stretch.folds_at_back", "hamstring_stretch.pelvis_bend",
    "bird_dog.sags", "bird_dog.rounds", "dead_bug.arch_grows", "dead_bug.arch_flattens",
}  # fmt: skip
# How long holds are is a matter of the count, which has a table of its own.
OF_TIME = ("hold_short", "rest_off")

# Rest on which of two limbs it is: who takes them for each other from the side does so at an angle too.
OF_SIDES = {"bird_dog.same_side", "bird_dog.same_leg_again", "dead_bug.same_leg_again"}
# Answer yes or no: one in twenty told wrongly is one in every set.
YES_OR_NO = OF_SIDES | {"side_plank.variant"}
# One side, then the other one.
ALTERNATE = {"dead_bug", "bird_dog"}

Bouts = list[dict]
# Rule and view.
Key = tuple[str, str]
Readings = dict[Key, list[tuple[float, float]]]


def bouts(report: dict) -> Bouts:
    return [*report["reps"], *report.get("holds", [])]


def shared_secs(a: dict, b: dict) -> float:
    return min(a["end_s"], b["end_s"]) - max(a["start_s"], b["start_s"])


def matched(read: Bouts, exact: Bouts) -> list[tuple[dict, dict]]:
    """Each repetition or hold with the exact one it overlaps most. One that overlaps none is a mistake of the count,
    which has its own table."""
    pairs = []
    for bout in read:
        true = max(exact, key=lambda other: shared_secs(bout, other), default=None)
        if true is not None and shared_secs(bout, true) > 0:
            pairs.append((bout, true))
    return pairs


def measure_of(verdict: dict) -> tuple[str, str | None]:
    """A rule tells the worst of its measures, which need not be the same one of what was read and of what is exact."""
    return verdict["rule"], verdict["measure"]


def readings(read: Bouts, exact: Bouts, exercise: str) -> Iterator[tuple[Key, float, float]]:
    """Rule and view, read, exact."""
    pairs = matched(read, exact)
    for bout, true in pairs:
        wanted = {measure_of(v): v["measured"] for v in true["verdicts"]}
        for verdict in bout["verdicts"]:
            rule, measured = verdict["rule"], verdict["measured"]
            exactly = wanted.get(measure_of(verdict))
            if measured is not None and exactly is not None and not rule.endswith(OF_TIME):
                yield (rule, bout["view"]), measured, exactly
    # Whether a side was taken for the other one shows from one repetition to the next.
    if exercise in ALTERNATE:
        for (a, true_a), (b, true_b) in pairwise(pairs):
            if a["side"] and b["side"] and true_a["side"] and true_b["side"]:
                again = float(a["side"] == b["side"]), float(true_a["side"] == true_b["side"])
                yield (f"{exercise}.same_leg_again", b["view"]), *again


def figures(found: Readings) -> dict[str, dict]:
    """Of each rule, by view: how many readings, their mean error, what 95 % are within, and how far above and below the
    truth all but 5 % are at most."""
    out: dict[str, dict] = {}
    for (rule, view), pairs in sorted(found.items()):
        off = np.subtract(*np.array(pairs).T)
        out.setdefault(rule, {})[view] = {
            "n": len(pairs),
            "bias": round(float(off.mean()), 3),
            "mean": round(float(np.abs(off).mean()), 3),
            "within_95": round(float(np.percentile(np.abs(off), 95)), 3),
            "over_95": round(float(np.percentile(off, 95)), 3),
            "under_95": round(float(np.percentile(-off, 95)), 3),
        }
    return out


def without_margins(model: Path, folder: Path) -> Path:
    """The model with a card that vouches for nothing, so that every reading is told."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(model, folder / model.name)
    card = model.with_suffix(".toml").read_text()
    (folder / model.name).with_suffix(".toml").write_text(card.split("[gates]")[0])
    return folder / model.name


# As recordings are looked at, and as pictures of a camera are.
LOOKS = {"rules": [], "turns": ["--in-turn"]}


def of_clip(formcheck: Path, model: Path, exercise: str, clip: str, out: Path) -> dict[str, Readings]:
    """By name of `LOOKS`."""
    name, body, *loose, seed = clip.split()
    label = "-".join([name, body, *loose])
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

    exactly = score(exact, out / "exact-read" / label)
    found: dict[str, Readings] = {}
    for name_of_look, look in LOOKS.items():
        read = score(drawn / f"{name}.mp4", out / name_of_look / label, "--model", model, *look)
        for key, measured, true in readings(read, exactly, exercise):
            found.setdefault(name_of_look, {}).setdefault(key, []).append((measured, true))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--formcheck", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--readme", type=Path)
    args = parser.parse_args()
    model = without_margins(args.model, args.out / "blank")
    found: dict[str, Readings] = {name: {} for name in LOOKS}
    jobs = [(exercise, clip) for exercise, clips in CLIPS.items() for clip in clips.split(",")]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for of_one in pool.map(lambda job: of_clip(args.formcheck.resolve(), model, *job, args.out), jobs):
            for look, by_key in of_one.items():
                for key, pairs in by_key.items():
                    found[look].setdefault(key, []).extend(pairs)
    measured = {look: figures(by_key) for look, by_key in found.items()}
    digest = hashlib.sha256(args.model.read_bytes()).hexdigest()
    (args.out / "rules.json").write_text(json.dumps({"sha256": digest} | measured, indent=1) + "\n")
    table = readings_table(measured["rules"], measured["turns"])
    if args.readme:
        fill(args.readme, READINGS, table)
    print(table)


if __name__ == "__main__":
    main()
