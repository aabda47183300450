"""Which of the places that heat maps offer make limbs together: as src/estimate/decode/limbs.rs, which says why.

The program knows where the picture ends in a crop and asks the mask nothing beyond; here only the crop's edge counts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skeleton import INDEX

HERE, SIDE_PER_REACH, HILL, LYING_HILL, OFFERS, NOTHING, LEAST_LEFT = 2, 19, 4, 6, 3, 16.0, 0.02
SLACK, TOO_LONG, TOGETHER, APART, ELSEWHERE, LEAST_SHARE = 1.2, 24.0, 2.0, 0.3, 12.0, 1e-3
BESIDE, ALONG = 2, 8
GRID, SHANK_AREA, MOST_UNEXPLAINED = 32, 0.25, 2.0
TRUNK_WIDE, THIGH_WIDE, SHANK_WIDE, FOOT_WIDE, ARM_WIDE = 0.42, 0.29, 0.22, 0.34, 0.2
# A trunk turned further than this from upright lies.
LYING_DEG = 72.0
SIDES = ("left_", "right_")


@dataclass(frozen=True)
class Limb:
    joints: tuple[str, str, str]  # root, middle, end
    longest: tuple[float, float]  # of its two bones, trunk lengths
    tips: tuple[tuple[str, float], ...]  # what hangs on the end and how far from it
    off_body: float  # nats, of a bone that lies nowhere on the body
    unexplained: float  # nats, of a part of an upright body as large as a shank that no limb explains
    believed: tuple[float, float]  # what the scores of middle and end are multiplied by


# Arms first: what they explain of the body no leg has to.
LIMBS = (
    Limb(("shoulder", "elbow", "wrist"), (0.66, 0.52), (), off_body=0.0, unexplained=0.0, believed=(0.8, 0.8)),
    Limb(
        ("hip", "knee", "ankle"),
        (0.87, 0.87),
        (("heel", 0.2), ("big_toe", 0.45), ("small_toe", 0.45)),
        off_body=3.0,
        unexplained=2.0,
        believed=(1.35, 0.8),
    ),
)
CHOSEN = {
    INDEX[side + name]
    for limb in LIMBS
    for side in SIDES
    for name in (*limb.joints[1:], *(tip for tip, _ in limb.tips))
}


def peaks(heat_map: np.ndarray, most: int, hill: int = HILL) -> np.ndarray:
    """The likeliest places of a map, [n, 3]: x, y in cells from the corner, share of the softmax."""
    width = heat_map.shape[1]
    p = np.exp(np.maximum(heat_map - heat_map.max(), -NOTHING)) * (heat_map > heat_map.max() - NOTHING)
    p /= p.sum()
    free, out, left = p.copy(), [], 1.0
    for _ in range(most):
        row, column = divmod(int(free.argmax()), width)
        share = about(free, row, column, HERE)[0].sum()
        if share <= 0:
            break
        w, rows, columns = about(free, row, column, max(HERE, width // SIDE_PER_REACH))
        out.append(((w.sum(0) * columns).sum() / w.sum() + 0.5, (w.sum(1) * rows).sum() / w.sum() + 0.5, share))
        left -= share
        if left < LEAST_LEFT:
            break
        free[max(row - hill, 0) : row + hill + 1, max(column - hill, 0) : column + hill + 1] = 0
    return np.array(out)


def about(values: np.ndarray, row: int, column: int, reach: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The cells within `reach` of one, with their rows and columns."""
    rows = np.arange(max(row - reach, 0), min(row + reach + 1, values.shape[0]))
    columns = np.arange(max(column - reach, 0), min(column + reach + 1, values.shape[1]))
    return values[np.ix_(rows, columns)], rows, columns


def trunk_length(points: np.ndarray) -> float:
    left, right, left_hip, right_hip = (points[INDEX[s + j]] for j in ("shoulder", "hip") for s in SIDES)
    along = np.linalg.norm((left + right - left_hip - right_hip) / 2)
    return max(along, np.linalg.norm(left - right), 1.6 * np.linalg.norm(left_hip - right_hip))


def dilated(mask: np.ndarray) -> np.ndarray:
    """The highest value within `BESIDE` cells."""
    height, width = mask.shape
    around = np.pad(mask, BESIDE, mode="edge")
    steps = range(2 * BESIDE + 1)
    return np.max([around[y : y + height, x : x + width] for y in steps for x in steps], axis=0)


def beside(at: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """How far places [n, 2] are from the bones that end in `a` and `b`, [..., 2]: [..., n]."""
    bone, rel = (b - a)[..., None, :], at - a[..., None, :]
    along = np.clip((rel * bone).sum(-1) / np.maximum((bone**2).sum(-1), 1e-12), 0, 1)
    return np.linalg.norm(rel - bone * along[..., None], axis=-1)


def legs(mask: np.ndarray, points: np.ndarray, trunk: float, cells: int) -> np.ndarray:
    """Middles of the grid's cells that are body and neither trunk nor arm, [n, 2] in cells of the maps."""
    middles = (np.arange(GRID) + 0.5) / GRID
    at = np.stack(np.meshgrid(middles, middles), -1).reshape(-1, 2)
    column, row = (at * len(mask)).astype(int).T
    at = at[mask[row, column] > 0.5] * cells
    joint = {name: [points[INDEX[side + name]] for side in SIDES] for name in ("shoulder", "elbow", "wrist", "hip")}
    bones = [(sum(joint["shoulder"]) / 2, sum(joint["hip"]) / 2, TRUNK_WIDE)]
    for a, b in (("shoulder", "elbow"), ("elbow", "wrist")):
        bones += [(one, other, ARM_WIDE) for one, other in zip(joint[a], joint[b], strict=True)]
    return at[np.all([beside(at, a, b) > wide * trunk for a, b, wide in bones], axis=0)]


def unexplained(at: np.ndarray, hips: list, knees: list, ankles: list, trunk: float, cells: int) -> np.ndarray:
    """How much of these places no leg covers, in shanks, by choice [left knee, left ankle, right knee, right ankle];
    what none would cover counts for nothing."""
    covered = []
    for hip, knee, ankle in zip(hips, knees, ankles, strict=True):
        thigh = beside(at, hip, knee[:, :2]) < THIGH_WIDE * trunk
        shank = beside(at, knee[:, None, :2], ankle[None, :, :2]) < SHANK_WIDE * trunk
        foot = np.linalg.norm(at - ankle[:, None, :2], axis=-1) < FOOT_WIDE * trunk
        covered.append(thigh[:, None] | shank | foot)
    explained = covered[0].any((0, 1)) | covered[1].any((0, 1))
    rest = explained & ~(covered[0][:, :, None, None] | covered[1])
    return rest.sum(-1) * (cells / GRID) ** 2 / (SHANK_AREA * trunk**2)


def chosen(maps: np.ndarray, mask: np.ndarray, lying: bool = False) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each landmark the place to take, [L, 2] in cells from the corner, the share of its map there, and the chance
    that it is there. `mask`: 0..1, square, of the same crop. `lying`: the trunk lies in the picture."""
    hill = LYING_HILL if lying else HILL
    offers = [peaks(m, OFFERS if i in CHOSEN else 1, hill) for i, m in enumerate(maps)]
    out = np.array([o[0] for o in offers])
    chance = out[:, 2].copy()
    told = [o[:, 2].sum() for o in offers]
    trunk = trunk_length(out[:, :2])

    def stretch(a: np.ndarray, b: np.ndarray, longest: float) -> np.ndarray:
        """[a, b] in nats."""
        length = np.linalg.norm(b[None, :, :2] - a[:, None, :2], axis=2)
        return TOO_LONG * np.maximum(length / (longest * trunk) - SLACK, 0) ** 2

    body, cells = dilated(mask), maps.shape[-1]
    along = (np.arange(ALONG) + 0.5) / ALONG

    def off(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """[a, b] how much of a bone lies off the body; beyond the crop nobody knows."""
        at = a[:, None, None, :2] + (b[None, :, None, :2] - a[:, None, None, :2]) * along[:, None]
        inside = ((at >= 0) & (at < cells)).all(-1)
        cell = np.clip((at * (len(body) / cells)).astype(int), 0, len(body) - 1)
        return np.where(inside, 1 - body[cell[..., 1], cell[..., 0]], 0.0).mean(-1)

    def apart(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.linalg.norm(b[None, :, :2] - a[:, None, :2], axis=2) / (APART * trunk)

    def crowding(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        def elsewhere(o: np.ndarray) -> np.ndarray:
            return (((apart(a, o) > 1)[:, None] & (apart(b, o) > 1)[None]) * o[:, 2]).sum(-1)

        near = np.maximum(1 - apart(a, b), 0)
        return TOGETHER * near * (1 + lying * ELSEWHERE * np.minimum(elsewhere(a), elsewhere(b)))

    def likely(o: np.ndarray) -> np.ndarray:
        return np.log(np.maximum(o[:, 2], LEAST_SHARE))

    if trunk <= 0:
        return out[:, :2], out[:, 2], chance
    for limb in LIMBS:
        root, middle, end = limb.joints
        worth = []
        for side in SIDES:
            a, m, e = (offers[INDEX[side + j]] for j in (root, middle, end))
            first = likely(m) - stretch(a[:1], m, limb.longest[0])[0] - limb.off_body * off(a[:1], m)[0]
            second = likely(e)[None] - stretch(m, e, limb.longest[1]) - limb.off_body * off(m, e)
            worth.append(first[:, None] + second)
        middles, ends = ([offers[INDEX[side + j]] for side in SIDES] for j in (middle, end))
        both = worth[0][:, :, None, None] + worth[1][None, None]
        both = both - np.maximum(crowding(*middles)[:, None, :, None], crowding(*ends)[None, :, None, :])
        if limb.unexplained > 0 and not lying:
            hips = [out[INDEX[side + root], :2] for side in SIDES]
            rest = unexplained(legs(mask, out[:, :2], trunk, cells), hips, middles, ends, trunk, cells)
            both = both - limb.unexplained * np.minimum(rest, MOST_UNEXPLAINED)
        at = np.unravel_index(both.argmax(), both.shape)
        likelihood = np.exp(both - both.max())
        likelihood /= likelihood.sum()
        for k, side in enumerate(SIDES):
            for axis, name, places in ((2 * k, middle, middles), (2 * k + 1, end, ends)):
                i = INDEX[side + name]
                out[i] = places[k][at[axis]]
                chance[i] = told[i] * likelihood.sum(tuple({0, 1, 2, 3} - {axis}))[at[axis]]
            for tip, far in limb.tips:
                i = INDEX[side + tip]
                worth = likely(offers[i]) - stretch(out[INDEX[side + end]][None], offers[i], far)[0]
                out[i] = offers[i][worth.argmax()]
                chance[i] = told[i] / np.exp(worth - worth.max()).sum()
    return out[:, :2], out[:, 2], chance
