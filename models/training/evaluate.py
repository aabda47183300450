"""Measures an exported network: the same pictures and the same numbers every time.

    python evaluate.py --model formcheck.onnx --shards HELD_OUT --photos photos_eval.npz --models DIR
        --out evaluation.json [--recorded DIR] [--readme ../README.md] [--sheets DIR] [--int8]

Renders: shards of seeds 9,000,000 and up, never trained on (persons, rooms and light come from the seed). Photographs:
the `eval` rows, BlazePose full as the teacher; MoveNet and TinyPose are measured against the same teacher. Crops wobble
as tracking does, by a chance that is the same every time. They are looked at both ways, as recordings are.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from PIL import Image

import clips as rendered_clips
import floor
import peers
from angles import CHORD, agreement, body_angles, chord_bend, lean, turned
from data import Item, Photos, Shard, empty_sample, render_item, tracked_view, view_sample
from photos import session
from reader import Eyes
from skeleton import AXES, COCO, COUNT, FAMILIES, INDEX, LANDMARKS, PAIRS, PARTS, SPINE, TAUGHT

LOOSE = 0.008  # metres from the skin: a hanging shirt
LIMBS = ["left_", "right_"]
RAYLEIGH = 1.1774  # median of the distance over the standard deviation per axis
SWAPPED = [
    p for p in PAIRS if LANDMARKS[p[0]][5:] in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle", "heel", "big_toe")
]

Rows = list[dict]


def fit(rows: Rows, name: str) -> dict[str, float] | None:
    """Error figures of `name` (predicted) against `true_name`: degrees; slope of predicted against true."""
    pairs = np.array([(r[name], r["true_" + name]) for r in rows if name in r])
    if len(pairs) < 8:
        return None
    return agreement(pairs[:, 0], pairs[:, 1])


def point_figures(errors: np.ndarray) -> dict[str, float]:
    """Of distances in % of the box's longest side."""
    if not len(errors):
        return {"n": 0}
    return {
        "n": len(errors),
        "median": np.median(errors),
        "mean": errors.mean(),
        "pck5": 100 * (errors < 5).mean(),
        "pck10": 100 * (errors < 10).mean(),
    }


def swaps(ours: np.ndarray, true: np.ndarray, known: np.ndarray, side: float) -> float | None:
    """1 where the two sides of the body are taken for each other as a whole; None where they cannot be told apart."""
    straight = crossed = 0.0
    used = 0
    for a, b in SWAPPED:
        if known[a] and known[b] and np.linalg.norm(true[a] - true[b]) > 0.06 * side:
            straight += np.linalg.norm(ours[a] - true[a]) + np.linalg.norm(ours[b] - true[b])
            crossed += np.linalg.norm(ours[a] - true[b]) + np.linalg.norm(ours[b] - true[a])
            used += 1
    return float(crossed < straight) if used >= 3 else None


def outline_distance(points: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Distance of each point from the outline of a mask of the crop's size, px."""
    inside = mask >= 0.5
    inner = inside.copy()
    inner[1:-1, 1:-1] &= inside[:-2, 1:-1] & inside[2:, 1:-1] & inside[1:-1, :-2] & inside[1:-1, 2:]
    edge = np.argwhere(inside & ~inner)[:, ::-1]
    if len(edge) < 20:
        return np.full(len(points), np.nan)
    return np.linalg.norm(points[:, None] - edge[None], axis=2).min(1)


def overlap(ours: np.ndarray, true: np.ndarray) -> float:
    a, b = ours >= 0.5, true >= 0.5
    return float((a & b).sum() / max((a | b).sum(), 1))


def shrunk(mask: np.ndarray, side: int) -> np.ndarray:
    return np.asarray(Image.fromarray(mask).resize((side, side), Image.Resampling.BOX), np.float32) / 255


def enlarged(mask: np.ndarray, side: int) -> np.ndarray:
    return np.asarray(Image.fromarray(mask.astype(np.float32)).resize((side, side), Image.Resampling.BILINEAR))


def view_name(off_side: float) -> str:
    return "side" if off_side <= 15 else "oblique" if off_side <= 45 else "front"


def look_at_renders(eyes: Eyes, shards: list[Shard], most: int) -> Rows:
    rows: Rows = []
    size = eyes.size
    for shard in shards:
        for i in range(min(len(shard.records), most)):
            record, item = shard.records[i], render_item(shard, i)
            view = tracked_view(item, np.random.default_rng(int(record["seed"])), size)
            sample = view_sample(item, view, size)
            ours = eyes.look(sample.image, view.lying)
            known = sample.weight > 0
            scale = np.sqrt(abs(np.linalg.det(view.matrix[:, :2])))
            true = sample.points.astype(np.float64)
            side = float(np.ptp(true, axis=0).max())
            miss = np.linalg.norm(ours.points - true, axis=1)
            row = {
                "zoomed": item.kind == "trunk", "level": shard.header["level"],
                "view": view_name(float(record["off_side_deg"])),
                "off_side": float(record["off_side_deg"]), "loose": float(record["shirt_loose"]) > LOOSE,
                "family": FAMILIES[int(record["family"])], "person": (shard.path.name, int(record["seed"]) // 8),
                "known": known, "seen": sample.seen > 0.5, "miss": 100 * miss / side,
                "miss_mm": 1000 * miss / (float(record["px_per_metre"]) * scale),
                "sigma": ours.sigma, "miss_sides": miss / size,
                "visibility": ours.visibility, "iou": overlap(ours.mask, shrunk(sample.mask, len(ours.mask))),
                "facing": float(ours.facing.argmax() == sample.facing) if sample.facing >= 0 else None,
                "person_score": ours.person,
                "points": ours.points, "true": true, "confidence": ours.confidence, "size": size,
            }  # fmt: skip
            if not row["zoomed"]:
                row["swap"] = swaps(ours.points, true, known, side)
            for k, name in enumerate(AXES):
                if sample.axes[k, 2] > 0.6:
                    row[name], row["true_" + name] = lean(ours.axes[k]), lean(sample.axes[k, :2])
                    row["spread_" + name] = float(np.degrees(ours.axes_sigma[k]))
            forward = 1.0 if sample.facing == 1 else -1.0
            if sample.facing in (0, 1):
                row["lumbar"] = forward * turned(ours.axes[0], ours.axes[1])
                row["true_lumbar"] = float(record["angles"][1])
                if known[CHORD].all():
                    row["chord"], row["true_chord"] = forward * chord_bend(ours.points), forward * chord_bend(true)
                near = min(LIMBS, key=lambda s: float(record["points"][INDEX[s + "hip"], 2]))
                needed = [INDEX[near + n] for n in ("shoulder", "hip", "knee", "ankle")]
                if not row["zoomed"] and known[needed].all():
                    mine, its = body_angles(ours.points, near), body_angles(true, near)
                    row |= mine | {"true_" + k: v for k, v in its.items()}
            if row["view"] == "side" and item.mask is not None:
                mask = sample.mask / 255
                row["outline"] = 100 * outline_distance(ours.points[SPINE], mask) / side
                row["outline_true"] = 100 * outline_distance(true[SPINE], mask) / side
                row["outline"][~known[SPINE]] = row["outline_true"][~known[SPINE]] = np.nan
            rows.append(row)
    return rows


ANGLES = [*AXES, "lumbar", "chord", "knee", "hip", "trunk", "shank"]


def angle_table(rows: Rows) -> dict:
    return {name: figures for name in ANGLES if (figures := fit(rows, name))}


def changes(rows: Rows, name: str) -> dict[str, float] | None:
    """Differences between pictures of the same person: what is left when the person's own offset is taken out."""
    groups = defaultdict(list)
    for r in rows:
        if name in r:
            groups[r["person"]].append((r[name], r["true_" + name]))
    pairs = [np.subtract(a, b) for g in groups.values() for n, a in enumerate(g) for b in g[:n]]
    pairs = [p if p[1] >= 0 else -p for p in pairs]
    both = np.array(pairs + [-p for p in pairs])
    return agreement(both[:, 0], both[:, 1]) if len(pairs) >= 8 else None


def point_table(rows: Rows, which: Callable[[dict], np.ndarray]) -> dict:
    """Over the points that `which` picks of each row: all, by part and by landmark."""
    parts = {"all": list(range(COUNT)), **PARTS}
    table = {}
    for name, group in parts.items():
        errors = [r["miss"][group][which(r)[group]] for r in rows]
        table[name] = point_figures(np.concatenate(errors) if errors else np.zeros(0))
    return table


def splits(rows: Rows) -> dict:
    keys = {
        "view": lambda r: r["view"],
        "clothes": lambda r: "loose" if r["loose"] else "tight",
        "level": lambda r: f"{r['level']:.1f}",
        "family": lambda r: r["family"],
    }
    out = {}
    for name, key in keys.items():
        groups = defaultdict(list)
        for r in rows:
            groups[key(r)].append(r)
        out[name] = {
            k: {
                "points": point_figures(np.concatenate([r["miss"][r["known"]] for r in g])),
                "iou": np.mean([r["iou"] for r in g]),
                "angles": {a: {s: f[s] for s in ("n", "mae", "bias", "slope")} for a, f in angle_table(g).items()},
            }
            for k, g in sorted(groups.items())
        }
    return out


def calibration(rows: Rows) -> dict:
    """How far sigma and visibility can be taken at their word."""
    sigma = np.concatenate([r["sigma"][r["known"]] for r in rows])
    miss = np.concatenate([r["miss_sides"][r["known"]] for r in rows])
    scale = float(np.median(miss / sigma) / RAYLEIGH)
    order = np.argsort(sigma)
    bins = [
        {
            "sigma": scale * sigma[b].mean(), "median_error": np.median(miss[b]),
            "rms_per_axis": np.sqrt((miss[b] ** 2).mean() / 2),
        }
        for b in np.array_split(order, 6)
    ]  # fmt: skip
    said = np.concatenate([r["visibility"] for r in rows])
    was = np.concatenate([r["seen"] for r in rows]).astype(float)
    groups = [(said >= lo) & (said < lo + 0.2) for lo in np.arange(0, 1, 0.2)]
    return {
        "sigma_scale": scale,
        "within_95": float((miss < 2.4477 * scale * sigma).mean()),
        "rank_correlation": float(np.corrcoef(np.argsort(order), np.argsort(np.argsort(miss)))[0, 1]),
        "sigma_bins": bins,
        "visibility_brier": ((said - was) ** 2).mean(),
        "visibility_bins": [{"said": said[g].mean(), "was": was[g].mean(), "n": g.sum()} for g in groups if g.sum()],
    }


def mean_of(values: Iterable[float | None]) -> float | None:
    known = [v for v in values if v is not None]
    return float(np.mean(known)) if known else None


def renders(eyes: Eyes, shards: list[Shard], most: int) -> tuple[dict, Rows]:
    rows = look_at_renders(eyes, shards, most)
    body, trunk = [r for r in rows if not r["zoomed"]], [r for r in rows if r["zoomed"]]

    def block(rows: Rows) -> dict:
        side = [r for r in rows if r["off_side"] <= 30]
        spine = np.concatenate([r["miss_mm"][SPINE][r["known"][SPINE]] for r in rows])
        return {
            "pictures": len(rows),
            "points": point_table(rows, lambda r: r["known"]),
            "visible": point_table(rows, lambda r: r["known"] & r["seen"])["all"],
            "landmarks": {
                n: float(np.median([r["miss"][i] for r in rows if r["known"][i]])) for i, n in enumerate(LANDMARKS)
            },
            "spine_mm": float(np.median(spine)),
            "iou": float(np.mean([r["iou"] for r in rows])),
            "swaps": mean_of(r.get("swap") for r in rows),
            "facing_right": mean_of(r["facing"] for r in rows),
            "angles_side": angle_table(side),
            "lumbar_change": changes(side, "lumbar"),
            "chord_change": changes(side, "chord"),
            "splits": splits(rows),
        }

    outline = np.concatenate([r["outline"] for r in body if "outline" in r])
    outline_true = np.concatenate([r["outline_true"] for r in body if "outline_true" in r])
    told = calibration(body)
    return {
        "body": block(body),
        "trunk": block(trunk),
        "calibration": told,
        "floor": floor.figures(body, told["sigma_scale"]),
        "outline_median": float(np.nanmedian(outline)),
        "outline_of_truth": float(np.nanmedian(outline_true)),
    }, rows


def photographs(eyes: Eyes, one: Eyes, photos: Photos, models: Path | None, sheets: Path | None) -> dict:
    """`one`: the same network, one look."""
    others = peers.Peers(models) if models else None
    groups, consensus = defaultdict(list), peers.Consensus()
    drawings = []
    for n in range(len(photos)):
        item = photos.item(n)
        spine = item.points[SPINE]
        # The same crops whether a body was fitted or not.
        item.points = np.where(np.isin(np.arange(COUNT), TAUGHT)[:, None], item.points, np.nan)
        sure = photos.seen[n] >= 0.5
        true = np.nan_to_num(item.points).astype(np.float64)
        view = tracked_view(item, np.random.default_rng(n), eyes.size)
        sample = view_sample(item, view, eyes.size)
        scale = np.sqrt(abs(np.linalg.det(view.matrix[:, :2])))
        box = item.points[np.isfinite(item.points[:, 0])]
        low, high = box.min(0), box.max(0)
        side = float((high - low).max())
        ours = eyes.look(sample.image, view.lying)
        back = np.linalg.inv(view.matrix[:, :2])
        found = {"formcheck": ours, "formcheck, one look": one.look(sample.image, view.lying)}
        looks = {name: (reading.points - view.matrix[:, 2]) @ back.T for name, reading in found.items()}
        if others:
            looks |= others.looks(np.asarray(item.picture), low, high)
            four = {name: points for name, points in looks.items() if name != "formcheck, one look"}
            consensus.add("photographs", four | {"blazepose_full": true}, sure, side)
        for name, points in looks.items():
            row = {
                "source": photos.names[n].split("/")[0],
                "known": sure,
                "miss": 100 * np.linalg.norm(points - true, axis=1) / side,
            }
            row["swap"] = swaps(np.nan_to_num(points), true, sure & np.isfinite(points[:, 0]), side)
            for s in LIMBS:
                if sure[[INDEX[s + j] for j in ("shoulder", "hip", "knee", "ankle")]].all():
                    ours_angles, its = body_angles(points, s), body_angles(true, s)
                    for k, v in ours_angles.items():
                        row.setdefault("angle_" + k, []).append(abs((v - its[k] + 180) % 360 - 180))
            groups[name].append(row)
        row = groups["formcheck"][-1]
        row["spine"] = 100 * np.linalg.norm(looks["formcheck"][SPINE] - spine, axis=1)[np.isfinite(spine[:, 0])] / side
        row["iou"] = overlap(ours.mask, shrunk(sample.mask, len(ours.mask)))
        row["person"] = ours.person
        if np.hypot(*item.facing[:2]) > 0.75:
            row["outline"] = 100 * outline_distance(ours.points[SPINE], sample.mask / 255) / (side * scale)
        if sheets and n % 4 == 0:
            drawings.append((sample, ours))
    if sheets:
        save_sheet(drawings, eyes.size, sheets / "photos.jpg")

    def table(rows: Rows, points: list[int]) -> dict:
        pick = np.isin(np.arange(COUNT), points)
        out = {"points": point_table(rows, lambda r: r["known"] & pick), "swaps": mean_of(r["swap"] for r in rows)}
        for angle in ("knee", "hip", "trunk", "shank"):
            values = [v for r in rows for v in r.get("angle_" + angle, [])]
            out[angle] = float(np.median(values)) if values else None
        return out

    ours = groups["formcheck"]
    outline = np.concatenate([r["outline"] for r in ours if "outline" in r])
    return {
        "pictures": len(ours),
        "coco17": {name: table(rows, COCO) for name, rows in groups.items()},
        "taught21": table(ours, TAUGHT),
        "by_source": {
            s: point_figures(np.concatenate([r["miss"][r["known"]] for r in ours if r["source"] == s]))
            for s in sorted({r["source"] for r in ours})
        },
        "iou": float(np.mean([r["iou"] for r in ours])),
        "person_found": float(np.mean([r["person"] > 0.5 for r in ours])),
        "side_views": sum("outline" in r for r in ours),
        "outline_median": float(np.nanmedian(outline)),
        "fitted": {
            "pictures": sum(len(r["spine"]) > 0 for r in ours),
            "spine": point_figures(np.concatenate([r["spine"] for r in ours])),
        },
        "consensus": consensus.figures(),
    }


def nobody(eyes: Eyes, photos: Photos, shards: list[Shard]) -> dict:
    """Pieces of pictures without a person: how often one is seen there all the same."""
    rng = np.random.default_rng(7)
    items: list[Item] = [photos.item(n) for n in range(len(photos))]
    items += [render_item(shards[0], i) for i in range(min(200, len(shards[0].records)))]
    scores = [eyes.look(s.image).person for item in items if (s := empty_sample(item, rng, eyes.size))]
    return {"pictures": len(scores), "seen_all_the_same": float(np.mean([s > 0.5 for s in scores]))}


def save_sheet(drawings: list, size: int, path: Path) -> None:
    from draw import drawn, sheet

    path.parent.mkdir(parents=True, exist_ok=True)
    scale = max(1, 256 // size)
    pictures = [
        drawn(sample.image, ours.points, None, ours.axes, enlarged(ours.mask, size), scale) for sample, ours in drawings
    ]
    sheet(pictures[:56], 8, path)


def render_sheet(eyes: Eyes, shards: list[Shard], path: Path) -> None:
    drawings = []
    for shard in shards:
        for i in range(0, 160, 8):
            item = render_item(shard, i)
            view = tracked_view(item, np.random.default_rng(i), eyes.size)
            sample = view_sample(item, view, eyes.size)
            drawings.append((sample, eyes.look(sample.image, view.lying)))
    save_sheet(drawings, eyes.size, path)


def latency(path: Path, runs: int = 40) -> dict[str, float]:
    """Median milliseconds of processor time and of the clock, one thread."""
    net = session(path)
    feeds = {}
    rng = np.random.default_rng(0)
    for i in net.get_inputs():
        values = rng.integers(0, 255, [int(d) for d in i.shape])
        feeds[i.name] = values.astype(np.int32 if "int32" in i.type else np.float32)
    times = []
    for _ in range(runs + 5):
        wall, used = time.perf_counter(), time.process_time()
        net.run(None, feeds)
        times.append((time.process_time() - used, time.perf_counter() - wall))
    used, wall = 1000 * np.median(np.array(times)[5:], axis=0)
    return {"cpu_ms": used, "wall_ms": wall, "bytes": path.stat().st_size}


def quantised(path: Path, shards: list[Shard], out: Path, size: int) -> None:
    """int8 weights and activations, per channel, calibrated on a hundred renders."""
    import onnx
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

    from export import widened

    plain = out.with_suffix(".plain.onnx")
    onnx.save(widened(onnx.load(path)), plain)

    class Renders(CalibrationDataReader):
        def __init__(self) -> None:
            self.items = iter(range(100))

        def get_next(self) -> dict | None:
            i = next(self.items, None)
            if i is None:
                return None
            shard = shards[i % len(shards)]
            item = render_item(shard, len(shard.records) - 1 - i)
            image = view_sample(item, tracked_view(item, np.random.default_rng(i), size), size).image
            return {"image": image.transpose(2, 0, 1)[None].astype(np.float32)}

    quantize_static(
        plain, out, Renders(), quant_format=QuantFormat.QDQ, per_channel=True, weight_type=QuantType.QInt8,
        op_types_to_quantize=["Conv", "ConvTranspose", "MatMul", "Gemm", "Add", "Relu"],
    )  # fmt: skip
    plain.unlink()


def rounded(value: object) -> object:
    if isinstance(value, dict):
        return {str(k): rounded(v) for k, v in value.items()}
    if isinstance(value, list):
        return [rounded(v) for v in value]
    if isinstance(value, (float, np.floating)):
        return None if not np.isfinite(value) else float(f"{value:.4g}")
    return int(value) if isinstance(value, np.integer) else value


def measure(args: argparse.Namespace) -> dict:
    eyes = Eyes(args.model)
    shards = [Shard.open(p) for p in sorted(args.shards.glob("*.fcs"))]
    photos = Photos(args.photos, "eval")
    on_renders, _ = renders(eyes, shards, args.most)
    on_photos = photographs(eyes, Eyes(args.model, both_ways=False), photos, args.models, args.sheets)
    if args.sheets:
        render_sheet(eyes, shards, args.sheets / "renders.jpg")
    change = on_renders["trunk"]["lumbar_change"] or {}
    eyes_figures = {
        "gates": {
            "photo_median_percent": on_photos["taught21"]["points"]["all"].get("median"),
            "knee_deg": on_photos["taught21"]["knee"],
            "hip_deg": on_photos["taught21"]["hip"],
            "trunk_deg": on_photos["taught21"]["trunk"],
            "lumbar_change_mae_deg": change.get("mae"),
            "lumbar_change_slope": change.get("slope"),
            "outline_ratio": on_photos["outline_median"] / on_renders["outline_median"],
        },
        "sigma_scale": on_renders["calibration"]["sigma_scale"],
        "passes": int(eyes.notes["formcheck.passes"]),
        "size": eyes.size,
    }
    if args.clips:
        eyes_figures["clips"] = rendered_clips.measure(eyes, args.clips)
        # What the program reads: directions of people who began on their feet, points of the others.
        asked = (("standing", "axes", "lumbar_change"), ("floor", "chord", "lumbar_floor"))
        for group, how, gate in asked:
            change = eyes_figures["clips"][f"lumbar_by_exercise_{how}"].get(group, {})
            eyes_figures["gates"] |= {f"{gate}_mae_deg": change.get("mae"), f"{gate}_slope": change.get("slope")}
    if args.recorded and args.models:
        on_photos["consensus"] |= peers.recorded(eyes, args.recorded, args.models).figures()
    out = {**eyes_figures, "renders": on_renders, "photos": on_photos, "nobody": nobody(eyes, photos, shards)}
    times = {"formcheck": latency(args.model)}
    if args.models:
        for name in (
            "blazepose_landmark_full_256",
            "blazepose_landmark_lite_256",
            "movenet_singlepose_lightning_192",
            "tinypose_256x192",
        ):
            if (path := args.models / f"{name}.onnx").exists():
                times[name] = latency(path)
    if args.int8:
        small = args.out.with_suffix(".int8.onnx")
        quantised(args.model, shards, small, eyes.size)
        times["formcheck_int8"] = latency(small)
        few = [shards[0]]
        out["int8"] = {
            "float": renders(eyes, few, 200)[0]["body"]["points"]["all"],
            "int8": renders(Eyes(small), few, 200)[0]["body"]["points"]["all"],
        }
        small.unlink()
    out["latency"] = times
    return rounded(out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--shards", type=Path, required=True, help="held-out ones")
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--models", type=Path, help="folder of the peers' ONNX files")
    parser.add_argument("--clips", type=Path, help="rendered clips with truth: fixtures/clips")
    parser.add_argument("--recorded", type=Path, help="clips of real people, for comparison with the peers")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--readme", type=Path, help="model card whose tables are filled in")
    parser.add_argument("--sheets", type=Path, help="folder for contact sheets of predictions")
    parser.add_argument("--most", type=int, default=10_000, help="pictures per shard")
    parser.add_argument("--int8", action="store_true", help="also quantise and compare")
    args = parser.parse_args()
    figures = measure(args)
    args.out.write_text(json.dumps(figures, indent=1) + "\n")
    if args.readme:
        from report import FIGURES, fill, tables

        fill(args.readme, FIGURES, tables(figures))
    print(json.dumps({"gates": figures["gates"], "sigma_scale": figures["sigma_scale"], "passes": figures["passes"]}))


if __name__ == "__main__":
    main()
