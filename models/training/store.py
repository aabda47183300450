"""Pictures with their truth kept as tensors on the training device, and the batches cut from them there.

A crop is what `data.View` cuts, for many pictures at once: `matrix` [N, 2, 3] is crop_from_picture in pixel indices.
Shards are decoded by other processes, so that the trainer only ever waits for its device.
"""

from __future__ import annotations

from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from data import MARGIN, Photos, Shard, facing_of
from skeleton import COUNT, IN_TRUNK, INDEX, MIRROR

BODY, TRUNK, FAR = range(3)
# Of a batch. Whole bodies are renders where nothing else is said.
PHOTO_SHARE, TRUNK_SHARE = 0.4, 0.25
PHOTO_TRUNKS = 0.2  # of the photographs are shown as trunk crops
EMPTY_SHARE = 0.08
# Cells of the map that says how far the outline of a photograph's person is.
OUTLINE_SIDE = 80


class Pictures:
    """A ring of square pictures of one side with their truth: the newest take the place of the oldest."""

    def __init__(self, capacity: int, side: int, mask_side: int, device: torch.device, outlines: bool = False) -> None:
        self.side, self.capacity, self.count, self.at, self.device = side, capacity, 0, 0, device
        shapes = {
            "picture": ((3, side, side), torch.uint8), "mask": ((mask_side, mask_side), torch.uint8),
            "points": ((COUNT, 2), torch.float32), "weight": ((COUNT,), torch.float32),
            "seen": ((COUNT,), torch.float32), "axes": ((3, 3), torch.float32), "facing": ((3,), torch.float32),
            "kind": ((), torch.uint8),
        }  # fmt: skip
        if outlines:
            shapes["outline"] = ((OUTLINE_SIDE, OUTLINE_SIDE), torch.float32)
        self.fields = {
            name: torch.zeros(capacity, *shape, dtype=dtype, device=device) for name, (shape, dtype) in shapes.items()
        }

    def add(self, pictures: dict[str, np.ndarray]) -> None:
        n = len(pictures["points"])
        places = (torch.arange(n, device=self.device) + self.at) % self.capacity
        for name, store in self.fields.items():
            store[places] = torch.from_numpy(np.ascontiguousarray(pictures[name])).to(self.device)
        self.at = (self.at + n) % self.capacity
        self.count = min(self.count + n, self.capacity)

    def of_kind(self, *kinds: int) -> Tensor:
        kind = self.fields["kind"][: self.count]
        return torch.isin(kind, torch.tensor(kinds, dtype=torch.uint8, device=self.device)).nonzero()[:, 0]

    def pick(self, index: Tensor) -> dict[str, Tensor]:
        return {name: store[index] for name, store in self.fields.items()}


def unpacked(path: Path) -> dict[str, np.ndarray]:
    """A shard's pictures and truth as arrays."""
    shard = Shard.open(path)
    r, side = shard.records, shard.header["mask_side"]
    facing = [
        facing_of(p.astype(np.float64), float(s), up[0].astype(np.float64))
        for p, s, up in zip(r["points"], r["px_per_metre"], r["axes_camera"], strict=True)
    ]
    visibility = r["visibility"].astype(np.int64)
    return {
        "picture": np.stack([np.asarray(shard.picture(i)).transpose(2, 0, 1) for i in range(len(r))]),
        "mask": np.unpackbits(r["mask"], axis=1).reshape(-1, side, side) * np.uint8(255),
        "points": r["points"][..., :2], "weight": np.array([0.0, 0.6, 1.0], np.float32)[visibility],
        "seen": (visibility == 2).astype(np.float32), "axes": r["axes"], "facing": np.array(facing, np.float32),
        "kind": r["crop"],
    }  # fmt: skip


def unpacked_to_file(path: Path) -> tuple[Path, dict[str, np.ndarray]]:
    """For another process: the pictures in a file to be mapped, the rest by hand."""
    arrays = unpacked(path)
    pictures = path.with_suffix(".npy")
    np.save(pictures, arrays.pop("picture"))
    return pictures, arrays


class Shards:
    """Takes up the shards of a folder as they appear."""

    def __init__(self, folder: Path, capacity: int, workers: int, device: torch.device) -> None:
        self.folder, self.capacity, self.device = folder, capacity, device
        self.taken: set[Path] = set()
        self.pictures: Pictures | None = None
        # Processes of their own: decoding in this one would hold up the trainer.
        self.pool = ProcessPoolExecutor(workers, get_context("spawn")) if workers else None
        self.coming: list[Future] = []
        self.body = self.trunk = torch.zeros(0, dtype=torch.int64)

    def refresh(self) -> None:
        """Reads what is new, the newest last; waits for nothing that others decode."""
        paths = [p for p in sorted(self.folder.glob("*.fcs"), key=lambda p: p.stat().st_mtime) if p not in self.taken]
        self.taken |= set(paths)
        if self.pool:
            self.coming += [self.pool.submit(unpacked_to_file, p) for p in paths]
            ready = [f for f in self.coming if f.done()]
            self.coming = [f for f in self.coming if not f.done()]
            for future in ready:
                path, arrays = future.result()
                self.add({**arrays, "picture": np.load(path, mmap_mode="c")})
                path.unlink()
        else:
            for path in paths[-max(1, self.capacity // 400) :]:
                self.add(unpacked(path))
            ready = paths
        if ready:
            self.body, self.trunk = self.pictures.of_kind(BODY, FAR), self.pictures.of_kind(TRUNK)

    def add(self, arrays: dict[str, np.ndarray]) -> None:
        if self.pictures is None:
            sides = arrays["picture"].shape[-1], arrays["mask"].shape[-1]
            self.pictures = Pictures(self.capacity, *sides, self.device)
        self.pictures.add(arrays)

    @property
    def count(self) -> int:
        return self.pictures.count if self.pictures else 0


def photographs(photos: Photos, device: torch.device, side: int = 320) -> Pictures:
    """All of them, at one side, with maps of the distance to the outline."""
    masks = np.asarray(photos.masks)
    store = Pictures(len(photos), side, masks.shape[-1], device, outlines=True)
    for at in range(0, len(photos), 64):
        some = range(at, min(at + 64, len(photos)))
        items = [photos.item(i) for i in some]
        k = np.array([side / item.picture.width for item in items], np.float32)[:, None, None]
        pictures = [np.asarray(i.picture.resize((side, side), Image.Resampling.BICUBIC)) for i in items]
        points = np.stack([i.points for i in items])
        store.add(
            {
                "picture": np.stack(pictures).transpose(0, 3, 1, 2), "mask": masks[at : at + 64],
                "points": (points + 0.5) * k - 0.5, "weight": np.stack([i.weight for i in items]),
                "seen": np.stack([i.seen for i in items]), "axes": np.stack([i.axes for i in items]),
                "facing": np.stack([i.facing for i in items]), "kind": np.zeros(len(items), np.uint8),
                "outline": outline_distance(torch.from_numpy(masks[at : at + 64]).to(device)).cpu().numpy(),
            }
        )  # fmt: skip
    return store


def outline_distance(masks: Tensor) -> Tensor:
    """How far each cell is from the mask's outline, in sides of the picture; [N, OUTLINE_SIDE, OUTLINE_SIDE]."""
    inside = F.interpolate(masks[:, None].float(), (OUTLINE_SIDE,) * 2, mode="area")[:, 0] >= 127.5
    cells = torch.arange(OUTLINE_SIDE, device=masks.device, dtype=torch.float32)
    across = (cells[:, None] - cells).square()
    out = []
    for one in inside:
        # The nearest cell of the other kind, first along rows, then along columns; the edge is half a cell before it.
        nearest = []
        for kind in (one, ~one):
            along = torch.where(kind[:, None, :], across, 1e6).amin(-1)
            nearest.append((across[:, :, None] + along).amin(1).sqrt())
        out.append((torch.maximum(*nearest) - 0.5).clamp(min=0) / OUTLINE_SIDE)
    return torch.stack(out)


@dataclass
class Views:
    """Turned, perhaps mirrored squares of pictures: crop = matrix @ (picture, 1)."""

    matrix: Tensor  # [N, 2, 3]
    mirrored: Tensor  # [N] bool

    @classmethod
    def about(
        cls, centre: Tensor, side: Tensor, turn: Tensor, mirrored: Tensor, size: int, stretch: Tensor | None = None
    ) -> Views:
        """`turn`: how far the crop's up is turned clockwise from the picture's, radians. `stretch`: of the crop's x."""
        k, cos, sin = size / side, turn.cos(), turn.sin()
        linear = torch.stack([torch.stack([cos, sin], -1), torch.stack([-sin, cos], -1)], 1) * k[:, None, None]
        across = torch.where(mirrored, -1.0, 1.0)
        wide = across if stretch is None else across * stretch
        linear = linear * torch.stack([wide, torch.ones_like(wide)], -1)[..., None]
        # A mirror image of pixel indices.
        middle = torch.stack([torch.where(mirrored, size / 2 - 1.0, size / 2.0), torch.full_like(across, size / 2)], -1)
        shift = middle - (linear @ centre[..., None])[..., 0]
        return cls(torch.cat([linear, shift[..., None]], -1), mirrored)

    def grid(self, cells: int, size: int, picture_side: int) -> Tensor:
        """Where the crop's cells lie in the picture, as `grid_sample` counts: -1..1 from edge to edge."""
        a, b, c, d = self.matrix[:, 0, 0], self.matrix[:, 0, 1], self.matrix[:, 1, 0], self.matrix[:, 1, 1]
        back = torch.stack([torch.stack([d, -b], -1), torch.stack([-c, a], -1)], 1) / (a * d - b * c)[:, None, None]
        offset = -(back @ self.matrix[:, :, 2:])[..., 0]
        at = (torch.arange(cells, device=a.device, dtype=a.dtype) + 0.5) * (size / cells) - 0.5
        x = back[:, None, None, :, 0] * at[None, None, :, None]
        y = back[:, None, None, :, 1] * at[None, :, None, None]
        return (x + y + offset[:, None, None] + 0.5) * (2 / picture_side) - 1

    def points(self, points: Tensor) -> Tensor:
        return points @ self.matrix[:, :, :2].transpose(1, 2) + self.matrix[:, None, :, 2]

    def directions(self, vectors: Tensor) -> Tensor:
        linear = self.matrix[:, :, :2]
        scale = torch.linalg.det(linear).abs().sqrt()[:, None, None]
        return vectors @ (linear / scale).transpose(1, 2)


def sampled(planes: Tensor, grid: Tensor) -> Tensor:
    """Bilinear values of [N, C, H, W] at a grid; 0 outside."""
    return F.grid_sample(planes.float(), grid, mode="bilinear", padding_mode="zeros", align_corners=False)


class Cutter:
    """Random crops on one device, from one chance."""

    def __init__(self, size: int, seed: int, device: torch.device) -> None:
        self.size, self.device = size, device
        self.chance = torch.Generator(device).manual_seed(seed)
        self.trunk = torch.zeros(COUNT, dtype=torch.bool, device=device)
        self.trunk[IN_TRUNK] = True
        self.mirror = torch.tensor(MIRROR, device=device)

    def uniform(self, *shape: int, low: float = 0.0, high: float = 1.0) -> Tensor:
        return torch.rand(*shape, generator=self.chance, device=self.device) * (high - low) + low

    def bell(self, *shape: int, sd: float) -> Tensor:
        return torch.randn(*shape, generator=self.chance, device=self.device) * sd

    def indices(self, count: int, among: int) -> Tensor:
        return torch.randint(among, (count,), generator=self.chance, device=self.device)

    def views(self, items: dict[str, Tensor], width: int, stretch: bool) -> Views:
        """Crops around people as tracking might give them, or as found in a whole picture."""
        points, kind = items["points"], items["kind"]
        n = len(points)
        middle = [points[:, [INDEX["left_" + k], INDEX["right_" + k]]].mean(1) for k in ("hip", "shoulder")]
        up = middle[1] - middle[0]
        upright = torch.atan2(up[:, 0], -up[:, 1])
        # The turn follows the last picture's trunk, so it is near; a first look has none.
        turn = torch.where(self.uniform(n) < 0.8, upright + self.bell(n, sd=0.2), self.bell(n, sd=0.25))
        trunk = kind == TRUNK
        known = torch.isfinite(points[..., 0]) & (self.trunk | ~trunk[:, None])
        cos, sin = turn.cos(), turn.sin()
        rotate = torch.stack([torch.stack([cos, sin], -1), torch.stack([-sin, cos], -1)], 1)
        turned = points.nan_to_num() @ rotate.transpose(1, 2)
        low = torch.where(known[..., None], turned, 1e9).amin(1)
        high = torch.where(known[..., None], turned, -1e9).amax(1)
        side = (high - low).amax(-1)
        centre = ((low + high)[:, None] / 2 @ rotate)[:, 0]
        margin = torch.where(trunk, self.uniform(n, high=0.22).exp(), MARGIN * self.bell(n, sd=0.13).exp())
        side = side * margin
        centre = centre + self.bell(n, 2, sd=0.05) * side[:, None]
        # A first look at somebody far off: all of the picture.
        first = (kind == FAR) & (self.uniform(n) < 0.5)
        centre = torch.where(first[:, None], width / 2 - 0.5 + self.bell(n, 2, sd=0.04) * width, centre)
        side = torch.where(first, width * self.bell(n, sd=0.12).exp(), side)
        turn = torch.where(first, self.bell(n, sd=0.1), turn)
        squeeze = self.bell(n, sd=0.08).exp() if stretch else None
        return Views.about(centre, side, turn, self.uniform(n) < 0.5, self.size, squeeze)

    def empty_views(self, items: dict[str, Tensor], width: int, tries: int = 10) -> tuple[Views, Tensor]:
        """Pieces of the pictures without their person, and where there is room for one."""
        n = len(items["points"])
        masks = items["mask"][:, None]
        best, found = None, torch.zeros(n, dtype=torch.bool, device=self.device)
        for _ in range(tries):
            side = self.uniform(n, low=0.2, high=0.5) * width
            centre = self.uniform(n, 2) * (width - side)[:, None] + side[:, None] / 2 - 0.5
            views = Views.about(centre, side, self.bell(n, sd=0.1), self.uniform(n) < 0.5, self.size)
            free = sampled(masks, views.grid(16, self.size, width)).mean((1, 2, 3)) < 2.0
            if best is None:
                best = views
            else:
                take = free & ~found
                matrix = torch.where(take[:, None, None], views.matrix, best.matrix)
                best = Views(matrix, torch.where(take, views.mirrored, best.mirrored))
            found = found | free
        return best, found

    def cut(self, items: dict[str, Tensor], views: Views, width: int) -> dict[str, Tensor]:
        """Crops with their truth, as the losses want it."""
        n, size = len(views.matrix), self.size
        grid = views.grid(size, size, width)
        image, mask = sampled(items["picture"], grid), sampled(items["mask"][:, None], grid)[:, 0] / 255
        # Beyond the picture it is black, as the program has it, or grey.
        outside = (grid.abs() > 1).any(-1)[:, None]
        grey = self.uniform(n, 1, 1, 1, high=200.0) * (self.uniform(n, 1, 1, 1) < 0.4)
        image = torch.where(outside, grey, image)
        points = views.points(items["points"].nan_to_num())
        axes = torch.cat([views.directions(items["axes"][..., :2]), items["axes"][..., 2:]], -1)
        ahead = views.directions(items["facing"][:, None, :2])[:, 0]
        towards = items["facing"][:, 2]
        flip = views.mirrored[:, None]
        weight = torch.where(flip, items["weight"][:, self.mirror], items["weight"])
        seen = torch.where(flip, items["seen"][:, self.mirror], items["seen"])
        points = torch.where(flip[..., None], points[:, self.mirror], points)
        inside = ((points >= -0.5) & (points <= size - 0.5)).all(-1)
        facing = torch.full((n,), -1, device=self.device)
        facing = torch.where(towards.abs() >= 0.75, torch.where(towards < 0, 2, 3), facing)
        facing = torch.where(ahead[:, 0].abs() >= 0.6, (ahead[:, 0] > 0).long(), facing)
        out = {
            "image": image, "mask": mask, "points": points, "weight": weight * inside,
            "seen": torch.where(inside | (seen < 0), seen, 0.0), "axes": axes, "facing": facing,
            "mask_weight": torch.ones(n, device=self.device), "person": torch.ones(n, device=self.device),
            "side_on": (ahead.norm(dim=-1) > 0.75).float(),
        }  # fmt: skip
        half = size // 2
        if "outline" in items:
            scale = torch.linalg.det(views.matrix[:, :, :2]).abs().sqrt()[:, None, None] * width / size
            out["outline"] = sampled(items["outline"][:, None], views.grid(half, size, width))[:, 0] * scale
            out["outline_weight"] = out["side_on"].clone()
        else:
            out["outline"] = torch.zeros(n, half, half, device=self.device)
            out["outline_weight"] = torch.zeros(n, device=self.device)
        return out

    def emptied(self, out: dict[str, Tensor], empty: Tensor) -> None:
        """These show nobody."""
        out["mask"] *= ~empty[:, None, None]
        out["weight"] *= ~empty[:, None]
        out["seen"].masked_fill_(empty[:, None], -1.0)
        out["axes"] *= ~empty[:, None, None]
        out["facing"].masked_fill_(empty, -1)
        for name in ("person", "side_on", "outline_weight"):
            out[name] *= ~empty

    def before(self, out: dict[str, Tensor], backdrops: Tensor, share: float) -> None:
        """Puts some people before other backdrops, so that a photograph's surroundings do not give its person away."""
        n = len(out["image"])
        width = backdrops.shape[-1]
        side = self.uniform(n, low=0.5, high=1.0) * width
        centre = self.uniform(n, 2) * (width - side)[:, None] + side[:, None] / 2
        views = Views.about(centre, side, self.bell(n, sd=0.15), self.uniform(n) < 0.5, self.size)
        behind = sampled(backdrops[self.indices(n, len(backdrops))], views.grid(self.size, self.size, width))
        chosen = (self.uniform(n, 1, 1, 1) < share) & (out["person"][:, None, None, None] > 0)
        body = out["mask"][:, None]
        out["image"] = torch.where(chosen, torch.lerp(behind, out["image"], body), out["image"])

    def covered(self, out: dict[str, Tensor], share: float) -> None:
        """Covers part of some crops with a piece of another one: what is behind it is hidden."""
        n, size = len(out["image"]), self.size
        low = self.uniform(n, 2, low=-0.1, high=0.9) * size
        extent = self.uniform(n, 2, low=0.08, high=0.3) * size * (self.uniform(n, 1) < share)
        at = torch.arange(size, device=self.device)
        x, y = ((at >= low[:, i, None]) & (at < (low + extent)[:, i, None]) for i in (0, 1))
        patch = x[:, None, :] & y[:, :, None]
        out["image"] = torch.where(patch[:, None], out["image"].roll(1, 0), out["image"])
        out["mask"] *= ~patch
        p = out["points"]
        hidden = ((p >= low[:, None]) & (p < (low + extent)[:, None])).all(-1)
        out["seen"] = torch.where(hidden & (out["seen"] > 0), 0.0, out["seen"])
        out["weight"] = out["weight"] * torch.where(hidden, 0.6, 1.0)

    def coarser(self, image: Tensor, share: float) -> Tensor:
        """Some pictures with the detail of a distant camera."""
        small = F.interpolate(F.avg_pool2d(image, 2), scale_factor=2.0, mode="bilinear", align_corners=False)
        chosen = self.uniform(len(image), 1, 1, 1) < share
        return torch.where(chosen, torch.lerp(image, small, self.uniform(len(image), 1, 1, 1)), image)


class Mix:
    """Endless batches: photographs, whole bodies and trunks in their shares."""

    def __init__(self, shards: Shards, photos: Pictures, backdrops: Tensor | None, size: int, seed: int) -> None:
        self.shards, self.photos, self.backdrops = shards, photos, backdrops
        self.cutter = Cutter(size, seed, photos.device)

    def crops(self, store: Pictures, index: Tensor, photographed: bool) -> dict[str, Tensor]:
        cutter = self.cutter
        items = store.pick(index)
        if photographed:
            zoomed = cutter.uniform(len(index)) < PHOTO_TRUNKS
            items["kind"] = torch.where(zoomed, TRUNK, items["kind"])
        views = cutter.views(items, store.side, photographed)
        nobody, room = cutter.empty_views(items, store.side)
        empty = (cutter.uniform(len(index)) < EMPTY_SHARE) & room
        views.matrix = torch.where(empty[:, None, None], nobody.matrix, views.matrix)
        views.mirrored = torch.where(empty, nobody.mirrored, views.mirrored)
        out = cutter.cut(items, views, store.side)
        cutter.emptied(out, empty)
        return out

    @torch.no_grad()
    def batch(self, count: int) -> dict[str, Tensor]:
        cutter = self.cutter
        of_photos, of_trunks = round(count * PHOTO_SHARE), round(count * TRUNK_SHARE)
        photos = self.crops(self.photos, cutter.indices(of_photos, self.photos.count), True)
        if self.backdrops is not None:
            cutter.before(photos, self.backdrops, 0.15)
        cutter.covered(photos, 0.15)
        body, trunk = self.shards.body, self.shards.trunk
        bodies = body[cutter.indices(count - of_photos - of_trunks, len(body))]
        trunks = trunk[cutter.indices(of_trunks, len(trunk))]
        renders = self.crops(self.shards.pictures, torch.cat([bodies, trunks]), False)
        out = {name: torch.cat([photos[name], renders[name]]) for name in renders}
        out["image"] = cutter.coarser(out["image"], 0.2).contiguous(memory_format=torch.channels_last)
        return out


def backdrops_of(folder: Path, device: torch.device) -> Tensor | None:
    """Pictures without people made by `photos.py`, uint8 [N, 3, h, w]."""
    paths = sorted(folder.glob("*.jpg"))
    if not paths:
        return None
    pictures = np.stack([np.asarray(Image.open(p).convert("RGB")).transpose(2, 0, 1) for p in paths])
    return torch.from_numpy(pictures).to(device)
