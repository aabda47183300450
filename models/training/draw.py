"""Contact sheets: pictures with their points, mask outline and trunk directions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from skeleton import COUNT, INDEX, SPINE

BONES = [
    ("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"), ("heel", "big_toe"),
    ("shoulder", "hip"),
]  # fmt: skip
LEFT, RIGHT, MIDDLE = (80, 220, 120), (255, 120, 80), (255, 230, 60)


def drawn(
    image: np.ndarray,
    points: np.ndarray,
    known: np.ndarray | None = None,
    axes: np.ndarray | None = None,
    mask: np.ndarray | None = None,
    scale: int = 2,
) -> Image.Image:
    """`image` [S, S, 3]; `points` in its px; `known` which of them to draw; `mask` 0..1 of any size."""
    side = image.shape[0] * scale
    pixels = image.astype(np.float32)
    if mask is not None:
        m = np.asarray(Image.fromarray((mask * 255).astype(np.uint8)).resize(image.shape[1::-1]), np.float32) / 255
        pixels = pixels * (0.55 + 0.45 * m[..., None])
    picture = Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).resize((side, side), Image.Resampling.BILINEAR)
    pen = ImageDraw.Draw(picture)
    known = np.ones(COUNT, bool) if known is None else known
    at = (points + 0.5) * scale
    for a, b in BONES:
        for s, colour in (("left_", LEFT), ("right_", RIGHT)):
            i, j = INDEX[s + a], INDEX[s + b]
            if known[i] and known[j]:
                pen.line([*at[i], *at[j]], colour, 2)
    chain = [tuple(at[i]) for i in SPINE if known[i]]
    if len(chain) > 1:
        pen.line(chain, MIDDLE, 2)
    for i in np.flatnonzero(known):
        x, y = at[i]
        pen.ellipse([x - 1.5, y - 1.5, x + 1.5, y + 1.5], (255, 255, 255))
    if axes is not None and np.abs(axes[:, :2]).max() > 0:
        starts = [at[INDEX[n]] for n in ("s2", "l1", "t4")]
        for start, axis in zip(starts, axes, strict=True):
            direction = axis[:2] / max(np.linalg.norm(axis[:2]), 1e-6)
            pen.line([*start, *(start + direction * side * 0.12)], (80, 160, 255), 3)
    return picture


def sheet(pictures: list[Image.Image], columns: int, path: Path) -> None:
    side = pictures[0].width
    rows = -(-len(pictures) // columns)
    out = Image.new("RGB", (columns * side, rows * side))
    for n, picture in enumerate(pictures):
        out.paste(picture, (n % columns * side, n // columns * side))
    out.save(path, quality=85)
