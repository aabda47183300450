"""Reads the network's outputs as the Rust program does: places, visibility, spread, directions, mask."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from net import OUTPUTS
from photos import session, sigmoid

REACH = 2


@dataclass
class Reading:
    points: np.ndarray  # [L, 2] pixel indices of the crop
    confidence: np.ndarray  # [L] mass of the softmax about the peak
    visibility: np.ndarray  # [L] 0..1
    sigma: np.ndarray  # [L] crop sides, not yet scaled
    mask: np.ndarray  # [h, w] 0..1
    axes: np.ndarray  # [3, 2] unit
    axes_sigma: np.ndarray  # [3] radians
    facing: np.ndarray  # [4] 0..1
    person: float


def places(maps: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Peak, then the mean of the softmax over 5 x 5 cells about it, and the mass there."""
    count, height, width = maps.shape
    p = np.exp(maps - maps.max((1, 2), keepdims=True))
    p /= p.sum((1, 2), keepdims=True)
    top = p.reshape(count, -1).argmax(1)
    out, mass = np.zeros((count, 2)), np.zeros(count)
    for k, peak in enumerate(top):
        row, column = divmod(int(peak), width)
        rows = np.arange(max(row - REACH, 0), min(row + REACH + 1, height))
        columns = np.arange(max(column - REACH, 0), min(column + REACH + 1, width))
        w = p[k][np.ix_(rows, columns)]
        mass[k] = w.sum()
        out[k] = (w.sum(0) * columns).sum() / mass[k], (w.sum(1) * rows).sum() / mass[k]
    return (out + 0.5) * (size / width), mass


class Eyes:
    """An exported network in ONNX Runtime, one thread."""

    def __init__(self, path: Path) -> None:
        self.session = session(path)
        self.size = int(self.session.get_inputs()[0].shape[2])
        self.notes = self.session.get_modelmeta().custom_metadata_map

    def look(self, image: np.ndarray) -> Reading:
        """`image`: uint8 [size, size, 3]."""
        data = image.transpose(2, 0, 1)[None].astype(np.float32)
        out = dict(zip(OUTPUTS, self.session.run(OUTPUTS, {"image": data}), strict=True))
        points, mass = places(out["heatmaps"][0], self.size)
        axes = out["axes"][0]
        facing = np.exp(out["facing"][0] - out["facing"][0].max())
        return Reading(
            points,
            mass,
            sigmoid(out["visibility"][0]),
            np.exp(out["log_sigma"][0]),
            sigmoid(out["mask"][0, 0]),
            axes[:, :2] / np.linalg.norm(axes[:, :2], axis=1, keepdims=True).clip(1e-6),
            np.exp(0.5 * axes[:, 2]),
            facing / facing.sum(),
            float(sigmoid(out["person"][0, 0])),
        )
