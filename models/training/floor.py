"""How far the angles of limbs are off in people on the floor: the margins of the program's card.

An angle counts where the program would measure it: all its points scored high enough (`scores`). Limbs of one pair that
were exchanged are compared with each other's truth: the rules judge the limb that moves, under whichever name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

import limbs
from angles import bend, lean, turned
from skeleton import INDEX, MIRROR

# As in src/estimate: estimator.rs, athlete.rs, card.rs; decode/mod.rs.
NEAR, TRUNK, LEAST_SCORE = 0.05, 0.288, 0.1
BELIEVED = {
    INDEX[side + name]: share
    for limb in limbs.LIMBS
    for name, share in zip(limb.joints[1:], limb.believed, strict=True)
    for side in limbs.SIDES
}
SIDE_ON = {"dead_bug", "bird_dog", "half_kneel", "leg_raise", "plank"}
SIDE_VIEW, FRONT_VIEW = 25.0, 60.0  # degrees off the side: at most, at least

Errors = dict[str, list[float]]


def scores(points: np.ndarray, confidence: np.ndarray, sigma_px: np.ndarray) -> np.ndarray:
    stature = limbs.trunk_length(points) / TRUNK
    doubted = confidence * np.sqrt(1 - np.exp(-0.5 * (NEAR * stature / sigma_px) ** 2))
    for i, share in BELIEVED.items():
        doubted[i] = share * confidence[i]
    return doubted


def untangled(points: np.ndarray, true: np.ndarray) -> np.ndarray:
    """The truth with each pair of limbs under the names that come nearer to the points."""
    out = true.copy()
    for limb in limbs.LIMBS:
        _, middle, end = limb.joints
        pair = [INDEX[side + name] for name in (middle, end) for side in limbs.SIDES]
        other = [MIRROR[i] for i in pair]
        if (
            np.linalg.norm(points[pair] - true[other], axis=1).sum()
            < np.linalg.norm(points[pair] - true[pair], axis=1).sum()
        ):
            out[pair] = true[other]
    return out


def between(a: float, b: float) -> float:
    return abs((a - b + 180) % 360 - 180)


def limb_errors(points: np.ndarray, true: np.ndarray, sure: np.ndarray) -> Errors:
    """Degrees, of what is `sure` [L]."""
    true, out = untangled(points, true), Errors()

    def compare(name: str, of: list[int], angle: Callable[..., float]) -> None:
        if sure[of].all():
            out.setdefault(name, []).append(between(angle(points, *of), angle(true, *of)))

    def line(p: np.ndarray, a: int, b: int) -> float:
        return lean(p[b] - p[a])

    for side in limbs.SIDES:
        hip, knee, ankle, shoulder, elbow, wrist = (
            INDEX[side + n] for n in ("hip", "knee", "ankle", "shoulder", "elbow", "wrist")
        )
        compare("knee", [hip, knee, ankle], bend)
        compare("thigh", [hip, knee], line)
        compare("leg from level", [hip, ankle], line)
        compare("elbow", [shoulder, elbow, wrist], bend)
        compare("arm", [shoulder, elbow], line)
    return out


def plank_errors(points: np.ndarray, true: np.ndarray, sure: np.ndarray) -> Errors:
    """Degrees of bend at the hip, between the middles of shoulders, hips and knees or ankles."""

    def middle_bend(p: np.ndarray, end: str) -> float:
        a, b, c = (p[[INDEX[side + n] for side in limbs.SIDES]].mean(0) for n in ("shoulder", "hip", end))
        return turned(b - a, c - b)

    of = {end: [INDEX[side + n] for n in ("shoulder", "hip", end) for side in limbs.SIDES] for end in ("knee", "ankle")}
    return {
        "bend at the hip": [
            between(middle_bend(points, end), middle_bend(true, end)) for end, i in of.items() if sure[i].all()
        ]
    }


def figures(rows: Iterable[dict], sigma_scale: float) -> dict[str, dict]:
    """Of each angle: how many, the mean error, and what 95 % of them are within."""
    all_of = Errors()
    for row in rows:
        score = scores(row["points"], row["confidence"], row["sigma"] * sigma_scale * row["size"])
        sure = row["known"] & (score >= LEAST_SCORE)
        if row["family"] in SIDE_ON and row["off_side"] <= SIDE_VIEW:
            found = limb_errors(row["points"], row["true"], sure)
        elif row["family"] == "side_plank" and row["off_side"] >= FRONT_VIEW:
            found = plank_errors(row["points"], row["true"], sure)
        else:
            continue
        for name, errors in found.items():
            all_of.setdefault(name, []).extend(errors)
    return {
        name: {"n": len(e), "mean": float(np.mean(e)), "within_95": float(np.percentile(e, 95))}
        for name, e in all_of.items()
        if e
    }
