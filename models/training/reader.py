"""Reads the network's outputs as the Rust program does: places, visibility, spread, directions, mask."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

import limbs
from net import OUTPUTS
from photos import session, sigmoid


@dataclass
class Reading:
    points: np.ndarray  # [L, 2] pixel indices of the crop
    confidence: np.ndarray  # [L] 0..1, of the place
    visibility: np.ndarray  # [L] 0..1
    sigma: np.ndarray  # [L] crop sides, not yet scaled
    mask: np.ndarray  # [h, w] 0..1
    axes: np.ndarray  # [3, 2] unit
    axes_sigma: np.ndarray  # [3] radians
    facing: np.ndarray  # [4] 0..1
    person: float


def places(maps: np.ndarray, mask: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Where each map has its point, px, and how sure it is of it, 0..1, but for the spread (`limbs.chosen`)."""
    at, share, chance = limbs.chosen(maps, mask)
    return at * (size / maps.shape[-1]), np.sqrt(share * chance)


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
        mask = sigmoid(out["mask"][0, 0])
        points, mass = places(out["heatmaps"][0], mask, self.size)
        axes = out["axes"][0]
        facing = np.exp(out["facing"][0] - out["facing"][0].max())
        return Reading(
            points,
            mass,
            sigmoid(out["visibility"][0]),
            np.exp(out["log_sigma"][0]),
            mask,
            axes[:, :2] / np.linalg.norm(axes[:, :2], axis=1, keepdims=True).clip(1e-6),
            np.exp(0.5 * axes[:, 2]),
            facing / facing.sum(),
            float(sigmoid(out["person"][0, 0])),
        )
