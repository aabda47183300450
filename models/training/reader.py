"""Reads the network's outputs as the Rust program does: places, visibility, spread, directions, mask."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

import limbs
from net import OUTPUTS
from photos import session, sigmoid
from skeleton import FACING, MIRROR


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


def places(maps: np.ndarray, mask: np.ndarray, size: int, lying: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Where each map has its point, px, and how sure it is of it, 0..1, but for the spread (`limbs.chosen`)."""
    at, share, chance = limbs.chosen(maps, mask, lying)
    return at * (size / maps.shape[-1]), np.sqrt(share * chance)


def straightened(mirrored: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Outputs for a mirror image as the picture itself has them."""
    left_right = [FACING.index({"left": "right", "right": "left"}.get(name, name)) for name in FACING]
    return {
        "heatmaps": mirrored["heatmaps"][:, MIRROR, :, ::-1], "visibility": mirrored["visibility"][:, MIRROR],
        "log_sigma": mirrored["log_sigma"][:, MIRROR], "mask": mirrored["mask"][..., ::-1],
        "axes": mirrored["axes"] * np.array([-1, 1, 1], np.float32), "facing": mirrored["facing"][:, left_right],
        "person": mirrored["person"],
    }  # fmt: skip


class Eyes:
    """An exported network in ONNX Runtime, one thread. `both_ways`: at the mirror image too, as recordings are."""

    def __init__(self, path: Path, both_ways: bool = True) -> None:
        self.session, self.both_ways = session(path), both_ways
        self.size = int(self.session.get_inputs()[0].shape[2])
        self.notes = self.session.get_modelmeta().custom_metadata_map

    def outputs(self, image: np.ndarray) -> dict[str, np.ndarray]:
        data = image.transpose(2, 0, 1)[None].astype(np.float32)
        return dict(zip(OUTPUTS, self.session.run(OUTPUTS, {"image": data}), strict=True))

    def look(self, image: np.ndarray, lying: bool = False) -> Reading:
        """`image`: uint8 [size, size, 3]. `lying`: it was turned upright from lying."""
        out = self.outputs(image)
        if self.both_ways:
            # A place is a pixel's index: the crop's middle is pixel size / 2, and the first pixel has no twin.
            other = straightened(self.outputs(np.roll(image[:, ::-1], 1, axis=1)))
            out = {name: 0.5 * (value + other[name]) for name, value in out.items()}
        mask = sigmoid(out["mask"][0, 0])
        points, mass = places(out["heatmaps"][0], mask, self.size, lying)
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
