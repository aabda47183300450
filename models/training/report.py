"""Fills the tables of the model card between their markers from the figures of evaluate.py and rules.py."""

from __future__ import annotations

from pathlib import Path

FIGURES = "<!-- figures: written by models/training/evaluate.py -->", "<!-- end of figures -->"
READINGS = "<!-- readings: written by models/training/rules.py -->", "<!-- end of readings -->"


def cell(value: object, digits: int = 1) -> str:
    if value is None:
        return "–"
    return f"{value:.{digits}f}" if isinstance(value, float) else str(value)


def table(head: list[str], rows: list[list[object]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|---|" + "---:|" * (len(head) - 1)]
    lines += ["| " + " | ".join(cell(v) for v in row) + " |" for row in rows]
    return "\n".join(lines)


def angle_rows(angles: dict) -> list[list[object]]:
    return [
        [name.replace("_", "-"), f["n"], f["mae"], f["median"], f["bias"], cell(f["slope"], 2), f["mae_of_mean"]]
        for name, f in angles.items()
    ]


def reach_rows(f: dict) -> list[list[object]]:
    """What was aimed for beyond the gates, and what was reached."""
    reach, times = f["clips"]["reach"], f["latency"]
    rows: list[list[object]] = [
        ["lumbar flexion since the first rest, mean error", reach["lumbar"], "≤ 5°"],
        ["knee, mean error", reach["knee"], "≤ 3°"],
        ["trunk, mean error", reach["trunk"], "≤ 3°"],
        ["hip, mean error", reach["hip"], "≤ 5°"],
        [
            "mask, IoU (renders)",
            cell(f["renders"]["body"]["splits"]["clothes"].get("tight", {}).get("iou"), 2),
            "≥ 0.95",
        ],
    ]
    if reach["loose_within_90"] is not None:
        rows.append(["loose clothes: true changes within the 90 % interval, %", 100 * reach["loose_within_90"], "90"])
    for group, g in f["photos"]["consensus"].items():
        others = [m["median"] for name, m in g["models"].items() if name != "formcheck"]
        low = group.endswith("hanging")
        wanted = f"< {min(others):.1f}, the nearest peer's" if low else f"≤ {max(others):.1f}, the furthest peer's"
        rows.append([f"{group}: % from the others, median", g["models"]["formcheck"]["median"], wanted])
    if lite := times.get("blazepose_landmark_lite_256"):
        rows.append(
            ["one look, processor ms", times["formcheck"]["cpu_ms"], f"≤ {lite['cpu_ms']:.1f}, BlazePose lite's"]
        )
    return rows


def tables(f: dict) -> str:
    photos, renders = f["photos"], f["renders"]
    gates = f["gates"]
    limits = {
        "photo_median_percent": "≤ 2.5", "knee_deg": "≤ 6", "hip_deg": "≤ 6", "trunk_deg": "≤ 6",
        "lumbar_change_mae_deg": "≤ 6", "lumbar_change_slope": "0.8–1.1",
        "lumbar_floor_mae_deg": "≤ 6", "lumbar_floor_slope": "0.8–1.1", "outline_ratio": "≤ 1.5",
    }  # fmt: skip
    out = [f"{f['passes']:,} passes (pictures seen), input {f['size']} × {f['size']}.", "", "### Gates", ""]
    out += [table(["figure", "measured", "needed"], [[k, cell(gates[k], 2), v] for k, v in limits.items()]), ""]
    if "clips" in f:
        out += [
            "### Reach", "",
            "Aimed for beyond the gates. Errors: rendered clips from the side in fitted clothes, people of 440 to 530 px from crown to ankle; degrees.", "",
            table(["figure", "measured", "aim"], reach_rows(f)), "",
        ]  # fmt: skip
    out += [f"### Photographs: {photos['pictures']} pictures never trained on, against BlazePose full", ""]
    head = ["model", "median %", "mean %", "PCK@5", "PCK@10", "knee", "hip", "trunk", "sides swapped %"]
    rows = []
    for name, m in photos["coco17"].items():
        p = m["points"]["all"]
        rows.append(
            [name, p["median"], p["mean"], p["pck5"], p["pck10"], m["knee"], m["hip"], m["trunk"], 100 * m["swaps"]]
        )
    out += ["17 points; % of the box's longest side, medians of angles in degrees.", "", table(head, rows), ""]
    if photos["consensus"]:
        rows = [
            [group, g["pictures"], name, m["median"], m["mean"], m["pck5"]]
            for group, g in photos["consensus"].items()
            for name, m in g["models"].items()
        ]
        out += [
            "Each of four models against the median of the other three, 17 points (`peers.py`):", "",
            table(["pictures", "n", "model", "median %", "mean %", "PCK@5"], rows), "",
        ]  # fmt: skip
    parts = photos["taught21"]["points"]
    rows = [[k, v["n"], v["median"], v["mean"], v["pck5"], v["pck10"]] for k, v in parts.items() if v["n"]]
    out += [
        "By part, with feet (21 points):",
        "",
        table(["part", "points", "median %", "mean %", "PCK@5", "PCK@10"], rows),
        "",
    ]
    rows = [[k, v["n"], v["median"], v["mean"], v["pck5"], v["pck10"]] for k, v in photos["by_source"].items()]
    out += [table(["source", "points", "median %", "mean %", "PCK@5", "PCK@10"], rows), ""]
    out += [
        f"Mask against the teacher's: IoU {photos['iou']:.2f}. A person is found in {100 * photos['person_found']:.0f} %; "
        f"in {100 * f['nobody']['seen_all_the_same']:.0f} % of {f['nobody']['pictures']} pieces of pictures without one.", "",
        f"Spine points from the mask's outline in {photos['side_views']} side views: median {photos['outline_median']:.1f} % "
        f"of the box; on renders {renders['outline_median']:.1f} %, true points {renders['outline_of_truth']:.1f} %.", "",
    ]  # fmt: skip
    if (fitted := photos["fitted"])["pictures"]:
        p = fitted["spine"]
        out += [
            f"Spine points from those of a body fitted to the teacher's points and mask (`fit.py`) in {fitted['pictures']} side "
            f"views, no truth: median {p['median']:.1f} % of the box, PCK@5 {p['pck5']:.0f}.", "",
        ]  # fmt: skip
    for kind, title in (("body", "whole body"), ("trunk", "trunk crops")):
        r = renders[kind]
        out += [f"### Renders, {title}: {r['pictures']} pictures of bodies never trained on", ""]
        rows = [[k, v["n"], v["median"], v["mean"], v["pck5"], v["pck10"]] for k, v in r["points"].items() if v["n"]]
        out += [table(["part", "points", "median %", "mean %", "PCK@5", "PCK@10"], rows), ""]
        swapped = "" if r["swaps"] is None else f" Sides swapped as a whole in {100 * r['swaps']:.0f} %."
        out += [
            f"Spine points: median {r['spine_mm']:.0f} mm. Mask IoU {r['iou']:.2f}.{swapped} "
            f"Facing right in {100 * r['facing_right']:.0f} %.", "",
        ]  # fmt: skip
        head = ["side view, degrees", "n", "MAE", "median", "bias", "slope", "MAE of always the mean"]
        rows = angle_rows(r["angles_side"])
        for key, name in (("lumbar_change", "lumbar, change"), ("chord_change", "chord, change")):
            if r[key]:
                rows += angle_rows({name: r[key]})
        out += [table(head, rows), ""]
        rows = []
        for by, groups in r["splits"].items():
            for name, g in groups.items():
                angles = g["angles"]
                picks = [angles.get(a, {}).get("mae") for a in ("pelvis", "thoraco_lumbar", "lumbar", "knee", "hip")]
                rows.append([f"{by}: {name}", g["points"]["median"], g["points"]["pck5"], cell(g["iou"], 2), *picks])
        head = ["split", "median %", "PCK@5", "IoU", "pelvis MAE", "thoraco-lumbar", "lumbar", "knee", "hip"]
        out += [table(head, rows), ""]
    if clips := f.get("clips"):
        out += [f"### Rendered clips never trained on: {clips['pictures']} pictures of {clips['clips']} clips", ""]
        out += [
            f"Points: median {clips['median_percent']:.1f} %, PCK@5 {clips['pck5']:.0f}. By exercise, median %:",
            "",
        ]
        out += [table(["exercise", "median %"], [[k, v] for k, v in clips["by_exercise"].items()]), ""]
        out += [
            "Of people who begin on their feet (`standing`) the program asks the directions of the trunk crop, of the others its "
            "points of the spine:", "",
        ]  # fmt: skip
        for how, what in (("axes", "directions"), ("chord", "points")):
            head = [f"lumbar flexion by {what}", "n", "MAE", "median", "bias", "slope", "MAE of always the mean"]
            out += [table(head, angle_rows(clips[f"lumbar_by_exercise_{how}"])), ""]
        names = [k for k in clips if k.startswith("lumbar_change_")]
        rows = angle_rows({k.removeprefix("lumbar_change_").replace("_", " crop, "): clips[k] for k in names})
        head = [
            "lumbar flexion since the first rest, degrees",
            "n",
            "MAE",
            "median",
            "bias",
            "slope",
            "MAE of always the mean",
        ]
        out += [table(head, rows), ""]
    rows = [[k, v["n"], v["mean"], v["within_95"]] for k, v in renders["floor"].items()]
    out += [
        "### Limbs on the floor: renders never trained on", "",
        "Angles of which the program would believe all points; 95 % are off by no more than the last figure, which is their margin "
        "in the program. From the side, planks from the front.", "",
        table(["angle", "n", "mean error", "95 %"], rows), "",
    ]  # fmt: skip
    c = renders["calibration"]
    rows = [
        [cell(100 * b["sigma"], 2), cell(100 * b["median_error"], 2), cell(100 * b["rms_per_axis"], 2)]
        for b in c["sigma_bins"]
    ]
    out += [
        "### Calibration", "",
        f"`sigma_scale` {c['sigma_scale']:.2f} (from the median); {100 * c['within_95']:.0f} % of the points lie where 95 % should; "
        f"rank correlation with the error {c['rank_correlation']:.2f}. % of the crop's side, sixths of the points by sigma:", "",
        table(["sigma, scaled", "median error", "RMS per axis"], rows), "",
        table(["visibility said", "was", "points"], [[cell(b["said"], 2), cell(b["was"], 2), b["n"]] for b in c["visibility_bins"]]),
        "", f"Brier score {c['visibility_brier']:.3f}.", "",
    ]  # fmt: skip
    rows = [[k, v["cpu_ms"], v["wall_ms"], cell(v["bytes"] / 1e6, 2)] for k, v in f["latency"].items()]
    out += [
        "### Latency: one run, ONNX Runtime, one thread",
        "",
        table(["model", "processor ms", "clock ms", "MB"], rows),
        "",
    ]
    if "int8" in f:
        rows = [[k, v["median"], v["pck5"]] for k, v in f["int8"].items()]
        out += ["int8 (static QDQ, per channel) against float on 200 pictures; reported, not shipped:", ""]
        out += [table(["weights", "median %", "PCK@5"], rows), ""]
    return "\n".join(out)


def readings(rules: dict, turns: dict) -> str:
    def figures(f: dict) -> list[object]:
        return [f.get("n"), *(cell(f.get(k), 2) for k in ("bias", "mean", "within_95"))]

    seen = sorted({(rule, view) for looks in (rules, turns) for rule, views in looks.items() for view in views})
    rows = [
        [rule, view, *(v for looks in (rules, turns) for v in figures(looks.get(rule, {}).get(view, {})))]
        for rule, view in seen
    ]
    head = ["n", "bias", "mean error", "95 %"]
    return table(["rule", "seen from", *head, *(f"in turn: {name}" for name in head)], rows)


def fill(path: Path, markers: tuple[str, str], filling: str) -> None:
    begin, end = markers
    text = path.read_text()
    before, rest = text.split(begin)
    after = rest.split(end)[1]
    path.write_text(f"{before}{begin}\n\n{filling}\n{end}{after}")
