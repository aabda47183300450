"""Rendered clips with truth (fixtures/clips): points in pictures never trained on, and changes within a clip.

Rules judge changes since the start, so that is what is measured of the low back: lumbar flexion since the first rest,
against the truth's. Two looks are compared: the whole-body crop, and the trunk crop of side views.
"""

from __future__ import annotations

import json
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from angles import agreement, body_angles, chord_bend, turned
from data import Item, tracked_view, view_sample
from reader import Eyes
from skeleton import INDEX, LANDMARKS

EVERY = 4  # pictures
# Exercises that begin on the feet: `Posture::Standing` of the program.
STANDING = ("squat", "hip_hinge")
LIMB_ANGLES = ("knee", "hip", "trunk")
WITHIN_90 = 1.645  # standard deviations


def pictures(path: Path, every: int, longest: int | None = None) -> Iterator[tuple[int, Image.Image]]:
    """Every so-many-th picture of a video with its number; none longer than `longest` px."""
    filters = [f"select=not(mod(n\\,{every}))"]
    if longest:
        filters.append(f"scale='min({longest},iw)':'min({longest},ih)':force_original_aspect_ratio=decrease")
    command = ["ffmpeg", "-v", "error", "-i", path, "-vf", ",".join(filters), "-vsync", "0", "-f", "image2pipe"]
    with subprocess.Popen([*command, "-c:v", "ppm", "-"], stdout=subprocess.PIPE) as process:
        number = 0
        while process.stdout.readline() == b"P6\n":
            width, height = map(int, process.stdout.readline().split())
            process.stdout.readline()  # the highest value
            yield number, Image.frombytes("RGB", (width, height), process.stdout.read(width * height * 3))
            number += every


def item_of(picture: Image.Image, truth: dict, kind: str) -> Item:
    points = np.array(truth["points"], np.float32)
    seen = points[:, 2] == 2
    known = np.where(points[:, 2] > 0, 1, 0).astype(np.float32)
    nothing = np.zeros((3, 3), np.float32)
    return Item(picture, None, points[:, :2].copy(), known, seen.astype(np.float32), nothing, np.zeros(3), kind=kind)


def forward(points: np.ndarray) -> float:
    """+1 when the toes are to the right of the heels in an upright crop, and the nose of the ears."""
    pairs = [(s + "heel", s + "big_toe") for s in ("left_", "right_")] + [("left_ear", "nose"), ("right_ear", "nose")]
    return float(np.sign(sum(points[INDEX[b], 0] - points[INDEX[a], 0] for a, b in pairs)))


def clip_rows(eyes: Eyes, folder: Path) -> list[dict]:
    case = tomllib.loads((folder / "case.toml").read_text())
    lines = [json.loads(line) for line in (folder / "truth.jsonl").read_text().splitlines()]
    head, truths = lines[0], lines[1:]
    if head["landmarks"] != LANDMARKS:
        raise SystemExit(f"{folder} has other landmarks")
    lumbar = head["angles"].index("lumbar_flexion")
    rows = []
    for number, picture in pictures(next(folder.glob("*.mp4")), EVERY):
        truth = truths[number]
        row = {
            "clip": folder.name,
            "exercise": case["exercise"],
            "rest": truth["phase"] == "rest",
            "view": case["view"],
            "loose": case["clothes"] != "tight",
        }
        row["true"] = truth["angles"][lumbar]
        for kind in ("body", "trunk") if case["view"] == "side" else ("body",):
            item = item_of(picture, truth, kind)
            view = tracked_view(item, np.random.default_rng(number), eyes.size)
            sample = view_sample(item, view, eyes.size)
            ours = eyes.look(sample.image, view.lying)
            side = float(np.ptp(sample.points, axis=0).max())
            miss = 100 * np.linalg.norm(ours.points - sample.points, axis=1) / side
            row[kind + "_miss"] = np.where(sample.weight > 0, miss, np.nan)
            ahead = forward(sample.points)
            row[kind + "_axes"] = ahead * turned(ours.axes[0], ours.axes[1])
            row[kind + "_chord"] = ahead * chord_bend(ours.points)
            row[kind + "_spread"] = float(np.degrees(np.hypot(*ours.axes_sigma[:2])))
            if kind == "body":
                near = max(
                    ("left_", "right_"),
                    key=lambda s: sample.seen[[INDEX[s + j] for j in ("hip", "knee", "ankle")]].sum(),
                )
                mine, its = body_angles(ours.points, near), body_angles(sample.points.astype(float), near)
                row["off"] = {a: abs((mine[a] - its[a] + 180) % 360 - 180) for a in LIMB_ANGLES}
        rows.append(row)
    return rows


def measure(eyes: Eyes, root: Path) -> dict:
    clips = [clip_rows(eyes, p.parent) for p in sorted(root.glob("*/*/case.toml"))]
    rows = [r for clip in clips for r in clip]
    miss = np.concatenate([r["body_miss"] for r in rows])
    miss = miss[np.isfinite(miss)]
    by_exercise = {}
    for name in sorted({r["exercise"] for r in rows}):
        values = np.concatenate([r["body_miss"] for r in rows if r["exercise"] == name])
        by_exercise[name] = float(np.nanmedian(values))
    out = {
        "clips": len(clips),
        "pictures": len(rows),
        "median_percent": float(np.median(miss)),
        "pck5": float(100 * (miss < 5).mean()),
        "by_exercise": by_exercise,
    }
    side = [clip for clip in clips if clip[0]["view"] == "side" and any(r["rest"] for r in clip)]
    for kind in ("body", "trunk"):
        for how in ("axes", "chord"):
            if found := changes(side, f"{kind}_{how}"):
                out[f"lumbar_change_{kind}_{how}"] = found
    # What the program asks of the trunk crop: directions of people who begin on their feet, points of the others.
    exercises = sorted({clip[0]["exercise"] for clip in side})
    groups = {name: [name] for name in exercises} | {"standing": list(STANDING)}
    groups["floor"] = [name for name in exercises if name not in STANDING]
    for how in ("axes", "chord"):
        out[f"lumbar_by_exercise_{how}"] = {
            name: found
            for name, members in groups.items()
            if (found := changes([clip for clip in side if clip[0]["exercise"] in members], f"trunk_{how}"))
        }
    out["reach"] = reach(side)
    return out


def reach(side: list[list[dict]]) -> dict:
    """Side views: in fitted clothes mean errors of angles and of the change of lumbar flexion, in loose ones how often
    the true change lies within 90 % of what the network thinks of its directions."""
    fitted, loose = ([clip for clip in side if clip[0]["loose"] == wanted] for wanted in (False, True))
    within = []
    for clip in loose:
        rest = [r for r in clip if r["rest"]]
        start, true_start, spread = (np.median([r[k] for r in rest]) for k in ("trunk_axes", "true", "trunk_spread"))
        for r in clip:
            if not r["rest"] and r["true"] is not None:
                error = (r["trunk_axes"] - start - (r["true"] - true_start) + 180) % 360 - 180
                within.append(abs(error) <= WITHIN_90 * np.hypot(spread, r["trunk_spread"]))
    return {
        **{a: float(np.mean([r["off"][a] for clip in fitted for r in clip])) for a in LIMB_ANGLES},
        "lumbar": (changes(fitted, "trunk_axes") or {}).get("mae"),
        "loose_within_90": float(np.mean(within)) if within else None,
    }


def changes(clips: list[list[dict]], key: str) -> dict | None:
    """Agreement of the changes since each clip's first rest with the true ones; None when there are too few."""
    ours, true = [], []
    for clip in clips:
        rest = [r for r in clip if r["rest"]]
        start, true_start = (np.median([r[k] for r in rest]) for k in (key, "true"))
        moving = [r for r in clip if not r["rest"] and r["true"] is not None]
        ours += [r[key] - start for r in moving]
        true += [r["true"] - true_start for r in moving]
    return agreement(np.array(ours), np.array(true, float)) if len(true) >= 8 else None
