"""Spine labels for real people: the renderer's body fitted to photographs seen from the side.

    python fit.py --body formcheck.body --photos photos_train.npz --out photos_fitted.npz [--sheet fits.jpg]

Shape, posture and camera of the body pack are moved by gradient descent until its joints lie on the teacher's points
and its skin fills the teacher's mask. Where it does (`LEAST_OVERLAP`), its points of spine, pelvis and trunk become
labels of that photograph; the others stay as they were. Nobody measured these people: the labels are what a plausible
body in this outline looks like, not the truth. Points of known bodies are found again to about 1 % of the box, but only
a third of how their low back bends, which at a mask's 160 cells is no more than a cell: directions are not taken.
"""

from __future__ import annotations

import argparse
import struct
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor

from data import Photos
from evaluate import overlap
from skeleton import COUNT, INDEX, PARTS, SPINE, TAUGHT
from store import outline_distance

# Joints that turn, parents first: name, parent, the bone whose head is the pivot.
SIDED = (
    ("clavicle", "upper_thorax", "clavicle"), ("upper_arm", "clavicle", "upperarm01"),
    ("forearm", "upper_arm", "lowerarm01"), ("hand", "forearm", "wrist"), ("thigh", "pelvis", "upperleg01"),
    ("shank", "thigh", "lowerleg01"), ("foot", "shank", "foot"),
)  # fmt: skip
MIDDLE = (
    ("pelvis", "", "spine05"), ("lower_lumbar", "pelvis", "spine04"), ("upper_lumbar", "lower_lumbar", "spine03"),
    ("lower_thorax", "upper_lumbar", "spine02"), ("upper_thorax", "lower_thorax", "spine01"),
    ("neck", "upper_thorax", "neck01"), ("head", "neck", "head"),
)  # fmt: skip
OF_SIDE = ("L", "R")
JOINTS = [*MIDDLE] + [
    (f"{name}.{s}", parent if parent in ("upper_thorax", "pelvis") else f"{parent}.{s}", f"{bone}.{s}")
    for s in OF_SIDE
    for name, parent, bone in SIDED
]
NUMBER = {name: i for i, (name, _, _) in enumerate(JOINTS)}
# Stems of bones to the joint they follow, as src/render/rig.rs.
FOLLOWS = {
    "root": "pelvis", "pelvis": "pelvis", "spine05": "pelvis", "spine04": "lower_lumbar", "spine03": "upper_lumbar",
    "spine02": "lower_thorax", "breast": "lower_thorax", "spine01": "upper_thorax", "neck01": "neck", "neck02": "neck",
    "neck03": "head", "head": "head", "eye": "head",
}  # fmt: skip
LIMB_STEMS = (
    ("clavicle", "clavicle"), ("shoulder01", "clavicle"), ("upperarm", "upper_arm"), ("lowerarm", "forearm"),
    ("wrist", "hand"), ("metacarpal", "hand"), ("finger", "hand"), ("upperleg", "thigh"), ("lowerleg", "shank"),
    ("foot", "foot"), ("toe", "foot"),
)  # fmt: skip
# How far each joint turns about x (flexion), y, z of the body: one standard deviation, degrees.
SPREAD = {
    "lumbar": (20, 4, 4), "upper_thorax": (10, 4, 4), "neck": (15, 8, 8), "head": (15, 8, 10),
    "clavicle": (8, 8, 8), "upper_arm": (60, 50, 40), "forearm": (50, 30, 50), "hand": (20, 20, 20),
    "thigh": (60, 12, 12), "shank": (60, 3, 3), "foot": (20, 5, 5),
}  # fmt: skip
# As the renderer bends it.
LUMBAR_SHARES = {"lower_lumbar": 0.45, "upper_lumbar": 0.30, "lower_thorax": 0.25}
BASIS, PEOPLE, LOCAL_SPREAD, CAMERA_METRES = 10, 400, 0.4, 3.5
EVERY_VERTEX, STEPS, RATE, AT_ONCE = 11, 300, 0.04, 8
# Half the distance of those vertices, in sides of the box.
SPACING = 0.008
LABELLED = PARTS["spine"] + PARTS["pelvis"] + PARTS["front"]
# A fit is believed where mask and skin overlap by so much and the joints lie so near, % of the box's longest side.
LEAST_OVERLAP, MOST_MISS = 0.82, 5.0
# Against 1 of a rendered point: the body is plausible, not true.
TRUST = 0.5
SIDEWAYS = 0.75


@dataclass
class Pack:
    """The body pack, as far as a fit needs it; see src/render/pack.rs for the layout."""

    rest: np.ndarray  # [V + B, 3] metres, z up, facing -y: the mean adult
    triangles: np.ndarray  # [T, 3]
    weights: np.ndarray  # [V, joints]
    joints: np.ndarray  # [B] the joint a bone follows
    bones: list[str]
    landmarks: list[tuple[int, int, int]]  # kind (0 vertex, 1 bone), index, carrier bone or 255
    shapes: np.ndarray  # [S, V + B, 3], one standard deviation each


def joint_of(bone: str) -> int:
    stem, _, side = bone.partition(".")
    if stem in FOLLOWS:
        return NUMBER[FOLLOWS[stem]]
    return next(NUMBER[f"{joint}.{side}"] for start, joint in LIMB_STEMS if stem.startswith(start))


def read_pack(path: Path) -> Pack:
    data, at, rng = path.read_bytes(), 8, np.random.default_rng(11)
    if data[:8] != b"FCBODYPK":
        raise SystemExit(f"{path} is not a body pack: make one with models/body/make_pack.py")

    def array(kind: str, *shape: int) -> np.ndarray:
        nonlocal at
        out = np.frombuffer(data, kind, int(np.prod(shape)), at).reshape(shape)
        at += out.nbytes
        return out

    def names(count: int) -> list[str]:
        return [bytes(row).rstrip(b"\0").decode() for row in array("u1", count, 24)]

    counts = [int(n) for n in array("<u4", 12)]
    version, v, t, b, k, r, local, m, per, _, columns, regions = counts
    if version != 1:
        raise SystemExit(f"{path} is a body pack of version {version}: make it again with models/body/make_pack.py")
    variations = names(columns)
    names(regions)
    bones = names(b)
    array("<i2", b)
    names(local)
    landmarks = []
    for _ in range(m):
        at += 24
        landmarks.append(struct.unpack_from("<BIB", data, at))
        at += 6
    rest = array("<f4", v + b, 3).astype(np.float64)
    triangles = array("<u2", t, 3).astype(np.int64)
    array("u1", v)
    index, share = array("u1", v, per).astype(int), array("<u2", v, per) / 65535
    masks = array("u1", k, columns).astype(bool)
    projection = array("<f4", k, r).astype(np.float64)
    basis = array("<f2", r, (v + b) * 3).astype(np.float64)
    changes = array("<f2", local, 2, v + b, 3).astype(np.float64)
    joints = np.array([joint_of(bone) for bone in bones])
    weights = np.zeros((v, len(JOINTS)))
    np.add.at(weights, (np.arange(v)[:, None], joints[index]), share)
    people = [np.where(masks, drawn_shares(variations, rng), 1).prod(1) @ projection for _ in range(PEOPLE)]
    mean, shapes = principal(np.array(people) @ basis)
    return Pack(
        rest + mean.reshape(-1, 3), triangles, weights, joints, bones, landmarks,
        np.concatenate([shapes.reshape(BASIS, -1, 3), LOCAL_SPREAD * (changes[:, 0] - changes[:, 1]) / 2]),
    )  # fmt: skip


def drawn_shares(variations: list[str], rng: np.random.Generator) -> np.ndarray:
    """One random adult: how much of each variation is in them."""
    ancestry, female, old, tall, uncommon = rng.dirichlet([0.6] * 3), *rng.random(4) * [1, 0.7, 1, 1]
    shares = dict(zip(("african", "asian", "caucasian"), ancestry, strict=True))
    shares |= {"male": 1 - female, "female": female, "young": 1 - old, "old": old}
    shares |= {"minheight": 1 - tall, "maxheight": tall, "idealproportions": 1 - uncommon}
    shares["uncommonproportions"] = uncommon
    for what in ("muscle", "weight"):
        much = 2 * rng.random()
        shares |= {f"{word}{what}": max(1 - abs(much - n), 0) for n, word in enumerate(("min", "average", "max"))}
    return np.array([shares[name] for name in variations])


def principal(people: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean, and the directions in which people differ most, one standard deviation each."""
    mean = people.mean(0)
    _, size, directions = np.linalg.svd(people - mean, full_matrices=False)
    return mean, directions[:BASIS] * (size[:BASIS, None] / np.sqrt(len(people)))


class Body(torch.nn.Module):
    """The pack's body in its rest posture, turned at its joints: what is posed are some vertices of the skin and all
    landmarks."""

    def __init__(self, pack: Pack, vertices: np.ndarray) -> None:
        super().__init__()
        skin = pack.weights.shape[0]
        rows, weights = list(vertices), list(pack.weights[vertices])
        for kind, index, carrier in pack.landmarks:
            rows.append(index + skin * kind)
            rigid = pack.joints[index] if kind else pack.joints[carrier] if carrier < 255 else None
            weights.append(pack.weights[index] if rigid is None else np.eye(len(JOINTS))[rigid])
        pivots = [skin + pack.bones.index(bone) for _, _, bone in JOINTS]

        def keep(name: str, value: np.ndarray) -> None:
            self.register_buffer(name, torch.tensor(value, dtype=torch.float32))

        keep("rest", pack.rest[[*rows, *pivots]])
        keep("shapes", pack.shapes[:, [*rows, *pivots]])
        keep("weights", np.array(weights))

    def forward(self, shape: Tensor, turns: Tensor) -> Tensor:
        """Vertices, then landmarks, [N, V + L, 3], metres about the pelvis. `shape`: [N, S]; `turns`: [N, joints, 3, 3]
        against each one's parent's, the pelvis' in space."""
        points = self.rest + torch.einsum("ns,svc->nvc", shape, self.shapes)
        skin, pivots = points.split([len(self.weights), len(JOINTS)], 1)
        turned: list[Tensor] = []
        at: list[Tensor] = []
        for i, (_, parent, _) in enumerate(JOINTS):
            if not parent:
                turned.append(turns[:, i])
                at.append(torch.zeros_like(pivots[:, i]))
                continue
            p = NUMBER[parent]
            turned.append(turned[p] @ turns[:, i])
            at.append(at[p] + (turned[p] @ (pivots[:, i] - pivots[:, p])[..., None])[..., 0])
        turn = torch.stack(turned, 1)
        moved = torch.stack(at, 1) - (turn @ pivots[..., None])[..., 0]
        blended = torch.einsum("vj,njab->nvab", self.weights, turn)
        return (blended @ skin[..., None])[..., 0] + torch.einsum("vj,nja->nva", self.weights, moved)


def rotation(v: Tensor) -> Tensor:
    """Of rotation vectors [..., 3], radians (Rodrigues)."""
    angle = (v.square().sum(-1) + 1e-12).sqrt()[..., None, None]
    zero = torch.zeros_like(v[..., 0])
    x, y, z = v.unbind(-1)
    cross = torch.stack([zero, -z, y, z, zero, -x, -y, x, zero], -1).reshape(*v.shape[:-1], 3, 3)
    once = angle.sin() / angle * cross
    return torch.eye(3) + once + (1 - angle.cos()) / angle.square() * (cross @ cross)


@dataclass
class Target:
    """Photographs about their people: the middle of the box is 0, its longest side 1."""

    points: Tensor  # [N, L, 2]
    weight: Tensor  # [N, L]
    facing: Tensor  # [N, 3]
    outline: Tensor  # [N, M, 2] cells at the edge of the mask, padded with far away ones
    known: Tensor  # [N, M] 1 where it is one
    away: Tensor  # [N, S, S] how far each cell of the picture is from the mask, 0 inside
    picture: Tensor  # [N, 4] left, top, right, bottom of the picture


def begin(target: Target) -> tuple[Tensor, Tensor]:
    """Pelvis' turn in camera axes (right, down, ahead) and size in metres^-1, by trunk and facing."""
    p = target.points

    def middle(name: str) -> Tensor:
        return (p[:, INDEX["left_" + name]] + p[:, INDEX["right_" + name]]) / 2

    trunk = middle("shoulder") - middle("hip")
    up = torch.nn.functional.normalize(torch.nn.functional.pad(trunk, (0, 1)), dim=-1)
    ahead = target.facing - (target.facing * up).sum(-1, keepdim=True) * up
    ahead = torch.nn.functional.normalize(ahead, dim=-1)
    left = torch.linalg.cross(up, ahead)
    return torch.stack([left, -ahead, up], -1), trunk.norm(dim=-1) / 0.5


class Fit(torch.nn.Module):
    """What is moved, in standard deviations."""

    def __init__(self, body: Body, target: Target) -> None:
        super().__init__()
        n = len(target.points)
        self.body, self.target = body, target
        self.first, size = begin(target)
        hips = (target.points[:, INDEX["left_hip"]] + target.points[:, INDEX["right_hip"]]) / 2
        self.size0, self.at0 = size.clamp(0.15, 1.5), hips

        def free(*shape: int) -> torch.nn.Parameter:
            return torch.nn.Parameter(torch.zeros(n, *shape))

        self.pelvis, self.size, self.at = free(3), free(1), free(2)
        self.turns, self.shape = free(len(SPREAD), 3), free(body.shapes.shape[0])
        self.other_side = free(len(SPREAD), 3)
        spread = torch.deg2rad(torch.tensor(list(SPREAD.values()), dtype=torch.float32))
        self.register_buffer("spread", spread)

    def posed(self) -> Tensor:
        """In the picture: vertices, then landmarks, [N, V + L, 2]."""
        turns = [rotation(t * self.spread) for t in (self.turns, self.other_side)]
        parts: list[Tensor] = []
        for name, _, _ in JOINTS:
            stem, _, side = name.partition(".")
            if stem == "pelvis":
                parts.append(self.first @ rotation(self.pelvis * 0.3))
            elif stem in LUMBAR_SHARES:
                parts.append(rotation(self.turns[:, 0] * self.spread[0] * LUMBAR_SHARES[stem]))
            else:
                parts.append(turns[side == "R"][:, list(SPREAD).index(stem)])
        points = self.body(self.shape, torch.stack(parts, 1))
        scale = self.size0[:, None, None] * (0.3 * self.size[..., None]).exp()
        near = CAMERA_METRES / (CAMERA_METRES + points[..., 2:]).clamp(min=1.0)
        return self.at0[:, None] + 0.2 * self.at[:, None] + points[..., :2] * scale * near

    def loss(self, step: float) -> Tensor:
        """Of each photograph. `step`: 0..1; the outline counts once the joints are about right."""
        at, t = self.posed(), self.target
        skin, joints = at[:, :-COUNT], at[:, -COUNT:]
        off = (joints - t.points).norm(dim=-1) / 0.015
        # In the end, beyond some per cent the teacher is as likely wrong as the body.
        most = 4 + 60 * max(0.0, 1 - 2 * step)
        points = ((off**2 / (1 + (off / most) ** 2)) * t.weight).sum(1) / t.weight.sum(1).clamp(min=1)
        low, high = t.picture[:, None, :2], t.picture[:, None, 2:]
        place = 2 * (skin - low) / (high - low) - 1
        # Nothing is known beyond the picture.
        outside = torch.nn.functional.grid_sample(t.away[:, None], place[:, None], align_corners=False)[:, 0, 0]
        unfilled = (torch.cdist(t.outline, skin).amin(2) - SPACING).clamp(min=0)

        def squared(off: Tensor) -> Tensor:
            square = (off / 0.01).square()
            return square / (1 + square / 100)

        outline = 3 * squared(outside).mean(1) + (squared(unfilled) * t.known).sum(1) / t.known.sum(1)
        plain = (self.turns**2).sum((1, 2)) + (self.other_side**2).sum((1, 2)) + (self.shape**2).sum(1)
        return points + 12 * outline * min(2 * step, 1.0) + 0.03 * plain


def targets(photos: dict[str, np.ndarray], rows: np.ndarray) -> tuple[Target, np.ndarray, np.ndarray]:
    """Of some photographs; and the frames: middle [N, 2] and longest side [N] of the boxes, px."""
    points, weight, masks, sides, facing = (photos[k][rows] for k in ("points", "weight", "mask", "side", "facing"))
    n = len(points)
    low, high = np.nanmin(points, 1), np.nanmax(points, 1)
    middle, longest = (low + high) / 2, (high - low).max(1)
    placed = np.nan_to_num((points - middle[:, None]) / longest[:, None, None])
    side = masks.shape[-1]
    picture = np.concatenate([-0.5 - middle, sides[:, None] - 0.5 - middle], 1) / longest[:, None]
    filled = masks >= 128
    edge = filled.copy()
    edge[:, 1:-1, 1:-1] &= ~(filled[:, :-2, 1:-1] & filled[:, 2:, 1:-1] & filled[:, 1:-1, :-2] & filled[:, 1:-1, 2:])
    most = edge.sum((1, 2)).max()
    outline, known = np.full((n, most, 2), 1e3), np.zeros((n, most))
    for i in range(n):
        cells = np.argwhere(edge[i])[:, ::-1]
        outline[i, : len(cells)] = (cells + 0.5) / side * (picture[i, 2:] - picture[i, :2]) + picture[i, :2]
        known[i, : len(cells)] = 1
    away = outline_distance(torch.from_numpy(masks)).numpy()
    fine = away.shape[-1]
    inside = np.stack([np.asarray(Image.fromarray(m).resize((fine, fine), Image.Resampling.BOX)) for m in masks]) >= 128
    away = np.where(inside, 0, away) * (sides / longest)[:, None, None]
    t = [torch.tensor(a, dtype=torch.float32) for a in (
        placed, weight * np.isfinite(points[..., 0]), facing, outline, known, away, picture
    )]  # fmt: skip
    return Target(*t), middle, longest


def silhouette(at: np.ndarray, triangles: np.ndarray, side: int, fine: int = 4) -> np.ndarray:
    """What the triangles of vertices (in cells) cover, [side, side] bool."""
    image = Image.new("L", (side * fine, side * fine))
    draw = ImageDraw.Draw(image)
    for corners in ((at + 0.5) * fine)[triangles]:
        draw.polygon([tuple(c) for c in corners], fill=255)
    return np.asarray(image.resize((side, side), Image.Resampling.BOX)) >= 128


def fitted(pack: Pack, photos: dict[str, np.ndarray], rows: np.ndarray) -> dict[str, np.ndarray]:
    """Of the photographs `rows`: landmarks px, overlap with the mask, miss of the joints in %."""
    trunk = Body(pack, np.arange(0, len(pack.weights), EVERY_VERTEX))
    whole = Body(pack, np.arange(len(pack.weights)))
    side = photos["mask"].shape[-1]
    out: dict[str, list] = {"points": [], "overlap": [], "miss": []}
    for at in range(0, len(rows), AT_ONCE):
        some = rows[at : at + AT_ONCE]
        target, middle, longest = targets(photos, some)
        fit = Fit(trunk, target)
        optimiser = torch.optim.Adam(fit.parameters(), lr=RATE)
        for step in range(STEPS):
            for group in optimiser.param_groups:
                group["lr"] = RATE * (1 - step / STEPS) ** 0.5
            optimiser.zero_grad(set_to_none=True)
            fit.loss(step / STEPS).sum().backward()
            optimiser.step()
        with torch.no_grad():
            fit.body = whole
            seen = fit.posed().numpy() * longest[:, None, None] + middle[:, None]
        skin, joints = seen[:, :-COUNT], seen[:, -COUNT:]
        for i, row in enumerate(some):
            cells = (skin[i] + 0.5) * side / photos["side"][row] - 0.5
            ours = silhouette(cells, pack.triangles, side)
            out["overlap"].append(overlap(ours, photos["mask"][row] >= 128))
            sure = photos["seen"][row] > 0.5
            miss = np.linalg.norm(joints[i] - photos["points"][row], axis=1)[sure]
            out["miss"].append(100 * float(np.median(miss)) / longest[i])
        out["points"].append(joints)
        print(f"{at + len(some)} of {len(rows)}: overlap {np.median(out['overlap']):.3f}", flush=True)
    return {k: np.concatenate(v) if isinstance(v[0], np.ndarray) else np.array(v) for k, v in out.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--body", type=Path, required=True, help="the body pack")
    parser.add_argument("--photos", type=Path, required=True, help="made by photos.py")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--sheet", type=Path, help="where to draw the fits")
    parser.add_argument("--most", type=int, default=10_000)
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(1)
    photos = dict(np.load(args.photos, allow_pickle=False))
    pictures = Photos(args.photos, str(photos["split"][0]))
    photos["side"] = np.array([pictures.item(i).picture.width for i in range(len(pictures))])
    rows = np.flatnonzero(np.hypot(*photos["facing"][:, :2].T) > SIDEWAYS)[: args.most]
    found = fitted(read_pack(args.body), photos, rows)
    good = (found["overlap"] >= LEAST_OVERLAP) & (found["miss"] <= MOST_MISS)
    for i in np.flatnonzero(good):
        photos["points"][rows[i], LABELLED] = found["points"][i, LABELLED]
        photos["weight"][rows[i], LABELLED] = TRUST
    np.savez_compressed(args.out, **{k: v for k, v in photos.items() if k != "side"})
    print(f"{good.sum()} of {len(rows)} side views fitted, in {args.out}")
    if args.sheet:
        from draw import sheet

        order = np.argsort(-found["overlap"])
        drawn = []
        for i in order[:: max(1, len(order) // 40)][:40]:
            picture = pictures.item(int(rows[i])).picture.convert("RGB")
            k = 320 / picture.width
            picture = picture.resize((320, 320))
            draw = ImageDraw.Draw(picture)
            p = found["points"][i] * k
            for a, b in pairwise(SPINE):
                draw.line([tuple(p[a]), tuple(p[b])], fill=(255, 220, 0), width=2)
            for j in TAUGHT:
                x, y = p[j]
                draw.ellipse([x - 2, y - 2, x + 2, y + 2], outline=(255, 60, 60))
            draw.text((4, 4), f"{found['overlap'][i]:.2f} {found['miss'][i]:.1f}", fill=(0, 255, 0))
            drawn.append(picture)
        sheet(drawn, 8, args.sheet)


if __name__ == "__main__":
    main()
