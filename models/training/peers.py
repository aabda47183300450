"""Real people, seen by four models: each is held to the median of the other three.

Nobody knows where the joints of real people are, and one teacher's word is not the truth. The median of three models, x
and y by themselves, is no one's: a single model that takes a left leg for a right one does not move it.
"""

from __future__ import annotations

import math
from collections import defaultdict
from pathlib import Path

import numpy as np

from clips import pictures
from data import Item, tracked_view, view_sample
from photos import BlazePose, MoveNet, TinyPose
from reader import Eyes
from skeleton import BLAZEPOSE, COCO, COUNT, INDEX

# A trunk turned further than this from upright, degrees: lying, on hands and knees, or bent over as far.
LOW_DEG = 60.0
EVERY = 6  # pictures of a recorded clip
LONGEST = 960  # px, of a picture of a recorded clip
LOOKS = dict[str, np.ndarray]


class Consensus:
    """Gathers distances, % of the box's longest side."""

    def __init__(self) -> None:
        self.miss: dict[str, dict[str, list[np.ndarray]]] = defaultdict(lambda: defaultdict(list))

    def add(self, group: str, looks: LOOKS, sure: np.ndarray, side: float) -> None:
        """`looks`: of each model [COUNT, 2] in pixels of the picture; `sure`: [COUNT] the points that count."""
        places = {name: points[COCO] for name, points in looks.items()}
        low = abs(trunk_deg(np.median(list(places.values()), axis=0))) > LOW_DEG
        for name, points in places.items():
            others = np.median([p for other, p in places.items() if other != name], axis=0)
            miss = 100 * np.linalg.norm(points - others, axis=1)[sure[COCO]] / side
            for g in (group, *([group + ", trunk level or hanging"] if low else [])):
                self.miss[g][name].append(miss)

    def figures(self) -> dict:
        return {
            group: {
                "pictures": len(next(iter(models.values()))),
                "models": {
                    name: {"median": float(np.median(m)), "mean": float(m.mean()), "pck5": float(100 * (m < 5).mean())}
                    for name, rows in models.items()
                    if len(m := np.concatenate(rows))
                },
            }
            for group, models in self.miss.items()
        }


def trunk_deg(coco: np.ndarray) -> float:
    """From upright, clockwise; of COCO's 17 points."""
    x, y = coco[[5, 6]].mean(0) - coco[[11, 12]].mean(0)
    return math.degrees(math.atan2(x, -y))


class Peers:
    """The two models beside BlazePose."""

    def __init__(self, models: Path) -> None:
        self.tiny, self.move = TinyPose(models), MoveNet(models)

    def looks(self, image: np.ndarray, low: np.ndarray, high: np.ndarray) -> LOOKS:
        """`low`, `high`: corners of the box about the person's points, px."""
        room = 0.05 * float((high - low).max())
        found = {
            "tinypose_256x192": self.tiny.look(image, (*(low - room), *(high + room)))[0],
            "movenet_lightning": self.move.look(image)[0],
        }
        return {name: of_coco(places) for name, places in found.items()}


def recorded(eyes: Eyes, folder: Path, models: Path) -> Consensus:
    """Clips of a folder, where BlazePose sees somebody; crops about what it sees, with the wobble of tracking."""
    blaze, peers, consensus = BlazePose(models), Peers(models), Consensus()
    for path in sorted(p for p in folder.iterdir() if p.suffix in (".mp4", ".gif")):
        for n, (_, picture) in enumerate(pictures(path, EVERY, LONGEST)):
            image = np.asarray(picture)
            found = blaze.look(image)
            if found is None:
                continue
            points, sure = np.full((COUNT, 2), np.nan), np.zeros(COUNT, bool)
            for row, name in BLAZEPOSE.items():
                points[INDEX[name]], sure[INDEX[name]] = found["at"][row], found["visibility"][row] >= 0.5
            box = points[np.isfinite(points[:, 0])]
            low, high = box.min(0), box.max(0)
            nothing = np.zeros(COUNT, np.float32)
            item = Item(picture, None, points, nothing, nothing, np.zeros((3, 3)), np.zeros(3))
            view = tracked_view(item, np.random.default_rng(n), eyes.size)
            ours = eyes.look(view_sample(item, view, eyes.size).image, view.lying)
            looks = {"formcheck": (ours.points - view.matrix[:, 2]) @ np.linalg.inv(view.matrix[:, :2]).T}
            looks |= {"blazepose_full": points} | peers.looks(image, low, high)
            consensus.add("recorded clips", looks, sure, float((high - low).max()))
    return consensus


def of_coco(places: np.ndarray) -> np.ndarray:
    points = np.full((COUNT, 2), np.nan)
    points[COCO] = places
    return points
