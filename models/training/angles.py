"""Angles of points, and how measured ones agree with true ones."""

from __future__ import annotations

import numpy as np

from skeleton import INDEX, indices


def turned(a: np.ndarray, b: np.ndarray) -> float:
    """Degrees from a to b, clockwise on screen positive."""
    return float(np.degrees(np.arctan2(a[0] * b[1] - a[1] * b[0], a @ b)))


def bend(points: np.ndarray, a: int, b: int, c: int) -> float:
    return abs(turned(points[b] - points[a], points[c] - points[b]))


def lean(v: np.ndarray) -> float:
    """Degrees clockwise from up."""
    return float(np.degrees(np.arctan2(v[0], -v[1])))


def body_angles(points: np.ndarray, side: str) -> dict[str, float]:
    s, h, k, a = (INDEX[side + n] for n in ("shoulder", "hip", "knee", "ankle"))
    hips, shoulders = (points[[INDEX["left_" + n], INDEX["right_" + n]]].mean(0) for n in ("hip", "shoulder"))
    return {
        "knee": bend(points, h, k, a),
        "hip": bend(points, s, h, k),
        "trunk": lean(shoulders - hips),
        "shank": lean(points[k] - points[a]),
    }


CHORD = indices("s4 s1 l1 t8")


def chord_bend(p: np.ndarray) -> float:
    s4, s1, l1, t8 = (p[i] for i in CHORD)
    return turned(s1 - s4, t8 - l1)


def agreement(ours: np.ndarray, true: np.ndarray) -> dict[str, float]:
    error = (ours - true + 180) % 360 - 180
    ours = true + error
    spread = true.std()
    slope = np.polyfit(true, ours, 1)[0] if spread > 2 else np.nan
    return {
        "n": len(true), "mae": np.abs(error).mean(), "median": np.median(np.abs(error)), "bias": error.mean(),
        "mae_without_bias": np.abs(error - np.median(error)).mean(), "slope": slope,
        "correlation": np.corrcoef(true, ours)[0, 1] if spread > 2 and ours.std() > 1e-6 else np.nan,
        "mae_of_mean": np.abs(true - true.mean()).mean(),
    }  # fmt: skip
