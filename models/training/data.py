"""Shards of rendered pictures, photographs with a teacher's labels, and single crops of both, as the program cuts them.

Places are pixel indices: the centre of the first pixel is 0. That is what the Rust crop uses too.
"""

from __future__ import annotations

import io
import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from limbs import LYING_DEG
from skeleton import COUNT, FACING, IN_TRUNK, INDEX, LANDMARKS, MIRROR

HEADER = 8192
MARGIN = 1.25  # side of the crop over the longest side of the person's box
TRUNK_MARGIN = 1.1


@dataclass
class Shard:
    """One `.fcs` file: its table of truths and its pictures."""

    path: Path
    header: dict
    records: np.ndarray
    raw: np.memmap

    @classmethod
    def open(cls, path: Path) -> Shard:
        raw = np.memmap(path, np.uint8, "r")
        if bytes(raw[:8]) != b"FCSHARD1":
            raise ValueError(f"{path} is not a shard")
        fields = np.frombuffer(raw[:56], "<u4")
        header = json.loads(bytes(raw[56 : 56 + int(fields[13])]))
        if header["landmarks"] != LANDMARKS or header["facing"] != FACING:
            raise ValueError(f"{path} has other landmarks than skeleton.py")
        dtype = np.dtype({k: header[k] for k in ("names", "formats", "offsets", "itemsize")})
        records = np.frombuffer(raw, dtype, int(fields[3]), HEADER)
        header["side"], header["level"] = int(fields[4]), float(np.frombuffer(raw[40:44], "<f4")[0])
        return cls(path, header, records, raw)

    def picture(self, i: int) -> Image.Image:
        at, length = int(self.records["jpeg_at"][i]), int(self.records["jpeg_length"][i])
        return Image.open(io.BytesIO(bytes(self.raw[at : at + length]))).convert("RGB")

    def mask(self, i: int) -> np.ndarray:
        side = self.header["mask_side"]
        return np.unpackbits(self.records["mask"][i]).reshape(side, side) * np.uint8(255)


@dataclass
class Item:
    """A picture with everything known about it; what is unknown has weight 0."""

    picture: Image.Image
    mask: np.ndarray | None  # uint8, any square size, over the whole picture
    points: np.ndarray  # [COUNT, 2] px
    weight: np.ndarray  # [COUNT] how much the place counts
    seen: np.ndarray  # [COUNT] 1 visible, 0 hidden or outside, -1 unknown
    axes: np.ndarray  # [3, 3] direction (x, y) and how much of it is seen; 0 = unknown
    facing: np.ndarray  # [3] where the pelvis looks: right, down, ahead; 0 = unknown
    lumbar: float = math.nan  # degrees
    kind: str = "body"


def facing_of(points: np.ndarray, px_per_metre: float, up: np.ndarray) -> np.ndarray:
    """Where the pelvis looks, in camera axes, from the hips with their depth and the pelvis's up."""
    left = points[INDEX["left_hip"]] - points[INDEX["right_hip"]]
    left = np.array([left[0] / px_per_metre, left[1] / px_per_metre, left[2]])
    ahead = np.cross(left, up)
    return ahead / max(np.linalg.norm(ahead), 1e-6)


def render_item(shard: Shard, i: int) -> Item:
    r = shard.records[i]
    visibility = r["visibility"].astype(np.int64)
    return Item(
        shard.picture(i),
        shard.mask(i),
        r["points"][:, :2].astype(np.float32),
        np.array([0.0, 0.6, 1.0], np.float32)[visibility],
        (visibility == 2).astype(np.float32),
        r["axes"].astype(np.float32),
        facing_of(r["points"].astype(np.float64), float(r["px_per_metre"]), r["axes_camera"][0].astype(np.float64)),
        float(r["angles"][1]),
        ["body", "trunk", "far"][int(r["crop"])],
    )


@dataclass
class View:
    """A turned, perhaps mirrored square of a picture: crop = matrix @ (picture, 1)."""

    matrix: np.ndarray  # [2, 3]
    mirrored: bool

    @classmethod
    def about(cls, centre: np.ndarray, side: float, turn: float, mirrored: bool, size: int) -> View:
        """`turn`: how far the crop's up is turned clockwise from the picture's, radians."""
        k = size / side
        cos, sin = math.cos(turn), math.sin(turn)
        rotate = np.array([[cos, sin], [-sin, cos]]) * k
        middle = np.array([size / 2, size / 2])
        if mirrored:
            rotate[0] *= -1
            middle[0] = size / 2 - 1  # a mirror image of pixel indices
        shift = middle - rotate @ centre
        return cls(np.column_stack([rotate, shift]), mirrored)

    @property
    def lying(self) -> bool:
        """Whether who stands upright in the crop lies in the picture."""
        (_, _, _), (across, along, _) = self.matrix
        return abs(math.degrees(math.atan2(-across, along))) > LYING_DEG

    def points(self, points: np.ndarray) -> np.ndarray:
        return points @ self.matrix[:, :2].T + self.matrix[:, 2]

    def directions(self, vectors: np.ndarray) -> np.ndarray:
        linear = self.matrix[:, :2]
        return vectors @ (linear / math.sqrt(abs(np.linalg.det(linear)))).T

    def cut(self, picture: Image.Image, size: int, fill: tuple[int, int, int] | int = 0) -> Image.Image:
        """The crop; strong shrinking averages blocks first, as the Rust crop does."""
        linear, shift = self.matrix[:, :2], self.matrix[:, 2]
        block = int(1 / math.sqrt(abs(np.linalg.det(linear))))
        if block >= 2:
            picture = picture.reduce(block)
            # Index i of the small picture is index i * block + (block - 1) / 2 of the large one.
            shift = shift + linear @ np.full(2, (block - 1) / 2)
            linear = linear * block
        back = np.linalg.inv(linear)
        offset = -back @ shift
        # PIL asks for the place of a pixel's corner: half a pixel on both sides.
        half = np.full(2, 0.5)
        offset = offset + half - back @ half
        data = (back[0, 0], back[0, 1], offset[0], back[1, 0], back[1, 1], offset[1])
        return picture.transform((size, size), Image.Transform.AFFINE, data, Image.Resampling.BILINEAR, fillcolor=fill)

    def cut_mask(self, mask: np.ndarray, picture_side: int, size: int) -> np.ndarray:
        """The mask of the crop; `mask` covers the whole picture in cells of its own size."""
        k = picture_side / mask.shape[0]
        m = self.matrix.copy()
        # Cell i of the mask has its centre at pixel index (i + 0.5) k - 0.5.
        m[:, 2] += m[:, :2] @ np.full(2, 0.5 * k - 0.5)
        m[:, :2] *= k
        return np.asarray(View(m, self.mirrored).cut(Image.fromarray(mask), size), np.uint8)


def upright_turn(points: np.ndarray) -> float:
    """How far hips → shoulders is turned clockwise from the picture's up, radians."""
    middle = [points[[INDEX["left_" + n], INDEX["right_" + n]]].mean(0) for n in ("hip", "shoulder")]
    x, y = middle[1] - middle[0]
    return math.atan2(x, -y)


def framed(points: np.ndarray, known: np.ndarray, turn: float) -> tuple[np.ndarray, float]:
    """Centre and longest side of the box of the known points, in a frame turned by `turn`."""
    cos, sin = math.cos(turn), math.sin(turn)
    rotate = np.array([[cos, sin], [-sin, cos]])
    p = points[known] @ rotate.T
    low, high = p.min(0), p.max(0)
    return rotate.T @ ((low + high) / 2), float((high - low).max())


def boxed(item: Item, trunk: bool) -> np.ndarray:
    """Which points make the person's box."""
    if not trunk:
        return np.isfinite(item.points[:, 0])
    known = np.zeros(COUNT, bool)
    known[IN_TRUNK] = True
    return known


def tracked_view(item: Item, rng: np.random.Generator, size: int) -> View:
    """The crop as the program cuts it while it follows somebody, with the wobble of its own points: for evaluation."""
    trunk = item.kind == "trunk"
    turn = upright_turn(item.points) + rng.normal(0, 0.1)
    centre, side = framed(item.points, boxed(item, trunk), turn)
    centre = centre + rng.normal(0, 0.03, 2) * side
    return View.about(
        centre, side * (TRUNK_MARGIN if trunk else MARGIN) * math.exp(rng.normal(0, 0.05)), turn, False, size
    )


@dataclass
class Sample:
    image: np.ndarray  # uint8 [size, size, 3]
    mask: np.ndarray  # uint8 [size, size]
    mask_weight: float
    points: np.ndarray
    weight: np.ndarray
    seen: np.ndarray
    axes: np.ndarray
    facing: int  # -1 unknown
    person: float
    side_on: float  # 1 when seen from the side


def facing_class(v: np.ndarray) -> int:
    """left, right, front, back; -1 when in between or unknown."""
    if abs(v[0]) >= 0.6:
        return int(v[0] > 0)
    if abs(v[2]) >= 0.75:
        return 2 if v[2] < 0 else 3
    return -1


def view_sample(item: Item, view: View, size: int, fill: tuple[int, int, int] | int = 0) -> Sample:
    image = np.asarray(view.cut(item.picture, size, fill), np.uint8)
    has_mask = item.mask is not None
    mask = view.cut_mask(item.mask, item.picture.width, size) if has_mask else np.zeros((size, size), np.uint8)
    points = view.points(np.nan_to_num(item.points)).astype(np.float32)
    axes = item.axes.copy()
    axes[:, :2] = view.directions(item.axes[:, :2])
    facing = np.array([*view.directions(item.facing[None, :2])[0], item.facing[2]])
    weight, seen = item.weight.copy(), item.seen.copy()
    if view.mirrored:
        points, weight, seen = points[MIRROR], weight[MIRROR], seen[MIRROR]
    inside = ((points >= -0.5) & (points <= size - 0.5)).all(1)
    seen = np.where(inside | (seen < 0), seen, 0.0).astype(np.float32)
    side_on = float(math.hypot(facing[0], facing[1]) > 0.75)
    weight = np.where(inside, weight, 0.0).astype(np.float32)
    return Sample(image, mask, float(has_mask), points, weight, seen, axes, facing_class(facing), 1.0, side_on)


def empty_sample(item: Item, rng: np.random.Generator, size: int) -> Sample | None:
    """A piece of the picture without the person; None when there is no room for one."""
    if item.mask is None:
        return None
    small = np.asarray(Image.fromarray(item.mask).resize((32, 32), Image.Resampling.BOX))
    for _ in range(12):
        side = int(rng.integers(7, 18))
        x, y = rng.integers(0, 33 - side, 2)
        if small[y : y + side, x : x + side].mean() < 2.0:
            k = item.picture.width / 32
            centre = np.array([x + side / 2, y + side / 2]) * k - 0.5
            view = View.about(centre, side * k, rng.normal(0, 0.1), bool(rng.random() < 0.5), size)
            sample = view_sample(item, view, size)
            unknown = np.zeros(COUNT, np.float32)
            sample.mask = np.zeros((size, size), np.uint8)
            return Sample(
                sample.image, sample.mask, 1.0, sample.points, unknown, unknown - 1, sample.axes * 0, -1, 0.0, 0.0
            )
    return None


class Photos:
    """Photographs with labels made by `photos.py`, and of some by `fit.py`."""

    def __init__(self, cache: Path, split: str) -> None:
        data = np.load(cache, allow_pickle=False)
        rows = np.flatnonzero(data["split"] == split)
        self.names = [str(n) for n in data["name"][rows]]
        self.points, self.weight, self.seen = (data[k][rows] for k in ("points", "weight", "seen"))
        # A point the teacher only guesses (behind a table, outside the picture) teaches little.
        self.weight = self.weight * np.where(self.seen < 0, 1.0, np.clip(self.seen * 1.6, 0.15, 1.0))
        self.facing, self.masks = data["facing"][rows], data["mask"][rows]
        starts, lengths, blob = data["jpeg_at"][rows], data["jpeg_length"][rows], data["jpeg"]
        self.jpegs = [blob[s : s + n].tobytes() for s, n in zip(starts, lengths, strict=True)]

    def __len__(self) -> int:
        return len(self.names)

    def item(self, i: int) -> Item:
        picture = Image.open(io.BytesIO(self.jpegs[i])).convert("RGB")
        axes = np.zeros((3, 3), np.float32)
        return Item(picture, self.masks[i], self.points[i], self.weight[i], self.seen[i], axes, self.facing[i])
