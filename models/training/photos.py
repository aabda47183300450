"""Labels for photographs: BlazePose full teaches 21 points and the mask, TinyPose tells where it is unsure.

    python photos.py --photos ../../../shared/photos --models ../../../shared/models --out photos.npz

Every picture of `index.csv` with its split; the trainer reads the `train` rows only. With `--backdrops DIR` also each
picture without its person, for the renderer and the trainer to put people before.
"""

from __future__ import annotations

import argparse
import csv
import io
import math
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from skeleton import BLAZEPOSE, COCO, COUNT

MASK_SIDE = 160


def session(path: Path):  # noqa: ANN201 - onnxruntime has no types
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(x, -60, 60)))


def bilinear(image: np.ndarray, x: np.ndarray, y: np.ndarray, edge: bool) -> np.ndarray:
    """Values at pixel indices (x, y); outside is black, or the edge repeated."""
    height, width = image.shape[:2]
    x0, y0 = np.floor(x).astype(int), np.floor(y).astype(int)
    total = 0.0
    for dx in (0, 1):
        for dy in (0, 1):
            weight = np.abs(1 - dx - (x - x0)) * np.abs(1 - dy - (y - y0))
            xi, yi = x0 + dx, y0 + dy
            value = image[yi.clip(0, height - 1), xi.clip(0, width - 1)].astype(np.float32)
            if not edge:
                weight = weight * ((xi >= 0) & (xi < width) & (yi >= 0) & (yi < height))
            total = total + value * (weight[..., None] if value.ndim > weight.ndim else weight)
    return np.asarray(total, np.float32)


class BlazePose:
    """Detector, then points and mask; see MODELS.md for where each rule comes from."""

    def __init__(self, models: Path) -> None:
        self.detector = session(models / "blazepose_detector_224.onnx")
        self.points = session(models / "blazepose_landmark_full_256.onnx")
        anchors = []
        for stride, per_cell in ((8, 2), (16, 2), (32, 6)):
            n = 224 // stride
            for y in range(n):
                for x in range(n):
                    anchors += [((x + 0.5) / n, (y + 0.5) / n)] * per_cell
        self.anchors = np.array(anchors, np.float32)

    def detect(self, image: np.ndarray) -> tuple[np.ndarray, float, float] | None:
        """Centre, size and turn of the region of the most certain person."""
        height, width = image.shape[:2]
        longest = max(width, height)
        x0, y0 = (width - longest) / 2, (height - longest) / 2
        grid = np.arange(224) * longest / 224
        x, y = np.meshgrid(x0 + grid, y0 + grid)
        boxes, scores = self.detector.run(None, {"input_1": (bilinear(image, x, y, False) / 127.5 - 1)[None]})
        scores = sigmoid(scores[0, :, 0])
        if scores.max() < 0.5:
            return None
        rows = boxes[0] / 224
        centre, size = rows[:, :2] + self.anchors, rows[:, 2:4]
        keys = rows[:, 4:].reshape(-1, 4, 2) + self.anchors[:, None]
        best = int(scores.argmax())
        low, high = centre - size / 2, centre + size / 2
        overlap = (np.minimum(high, high[best]) - np.maximum(low, low[best])).clip(0).prod(1)
        union = size.prod(1) + size[best].prod() - overlap
        near = (scores >= 0.5) & (overlap / union > 0.3)
        key = (keys[near] * scores[near, None, None]).sum(0) / scores[near].sum()
        key = key * longest + [x0, y0]
        away = key[1] - key[0]
        turn = math.pi / 2 - math.atan2(-away[1], away[0])
        return key[0], 2.5 * float(np.hypot(*away)), (turn + math.pi) % (2 * math.pi) - math.pi

    def landmarks(
        self, image: np.ndarray, centre: np.ndarray, size: float, turn: float
    ) -> dict[str, np.ndarray | float]:
        cos, sin = math.cos(turn), math.sin(turn)
        rotate = np.array([[cos, -sin], [sin, cos]])
        grid = (np.arange(256) / 256 - 0.5) * size
        u, v = np.meshgrid(grid, grid)
        x, y = centre[0] + cos * u - sin * v, centre[1] + sin * u + cos * v
        rows, presence, mask, maps, world = self.points.run(
            None, {"input_1": (bilinear(image, x, y, True) / 255)[None]}
        )
        rows, maps = rows[0].reshape(39, 5).copy(), sigmoid(maps[0])
        for k in range(39):
            column, row = int(rows[k, 0] / 4), int(rows[k, 1] / 4)
            if not (0 <= column < 64 and 0 <= row < 64):
                continue
            c, r = np.arange(max(column - 3, 0), min(column + 4, 64)), np.arange(max(row - 3, 0), min(row + 4, 64))
            s = maps[np.ix_(r, c, [k])][..., 0]
            if s.max() >= 0.5:
                rows[k, 0] = 4 * (s.sum(0) * c).sum() / s.sum()
                rows[k, 1] = 4 * (s.sum(1) * r).sum() / s.sum()
        at = centre + ((rows[:, :2] / 256 - 0.5) * size) @ rotate.T
        world = world[0].reshape(39, 3).copy()
        world[:, :2] = world[:, :2] @ rotate.T
        back = (np.array([[cos, sin], [-sin, cos]]), centre, size)
        return {
            "at": at, "visibility": sigmoid(rows[:, 3]), "presence": float(presence[0, 0]), "world": world,
            "mask": sigmoid(mask[0, :, :, 0]), "frame": back,
        }  # fmt: skip

    def look(self, image: np.ndarray) -> dict | None:
        """Twice: the second time in the region that the first look gives, as when tracking."""
        found = self.detect(image)
        if found is None:
            return None
        first = self.landmarks(image, *found)
        centre, rim = first["at"][33], first["at"][34]
        away = rim - centre
        size = 2.5 * float(np.hypot(*away))
        if first["presence"] < 0.5 or size < 30:
            return None
        second = self.landmarks(image, centre, size, math.pi / 2 - math.atan2(-away[1], away[0]))
        return second if second["presence"] >= 0.5 else first


class TinyPose:
    def __init__(self, models: Path, name: str = "tinypose_256x192.onnx") -> None:
        self.net = session(models / name)
        self.height, self.width = self.net.get_inputs()[0].shape[2:]

    def look(self, image: np.ndarray, box: tuple[float, float, float, float]) -> tuple[np.ndarray, np.ndarray]:
        """COCO's 17 points and scores of the person in the box (x0, y0, x1, y1)."""
        centre = np.array([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2])
        w, h = 1.3 * (box[2] - box[0]), 1.3 * (box[3] - box[1])
        w, h = (0.75 * h, h) if h > w * 4 / 3 else (w, w * 4 / 3)
        x = centre[0] - w / 2 + np.arange(self.width) * w / self.width
        y = centre[1] - h / 2 + np.arange(self.height) * h / self.height
        crop = bilinear(image, *np.meshgrid(x, y), False) / 255
        crop = (crop - np.array([0.485, 0.456, 0.406])) / np.array([0.229, 0.224, 0.225])
        maps = self.net.run(None, {"image": crop.transpose(2, 0, 1)[None].astype(np.float32)})[0][0]
        rows, columns = maps.shape[1:]
        out, scores = np.zeros((17, 2)), np.zeros(17)
        for k, m in enumerate(maps):
            r, c = np.unravel_index(int(m.argmax()), m.shape)
            scores[k], x_, y_ = m[r, c], float(c), float(r)
            if 1 < c < columns - 1 and 1 < r < rows - 1:
                x_ += 0.25 * np.sign(m[r, c + 1] - m[r, c - 1])
                y_ += 0.25 * np.sign(m[r + 1, c] - m[r - 1, c])
            out[k] = centre[0] - w / 2 + x_ * w / columns, centre[1] - h / 2 + y_ * h / rows
        return out, scores


class MoveNet:
    def __init__(self, models: Path) -> None:
        self.net = session(models / "movenet_singlepose_lightning_192.onnx")

    def look(self, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """COCO's 17 points and scores; twice, the second time about the person."""
        longest = max(image.shape[:2])
        region = ((image.shape[1] - longest) / 2, (image.shape[0] - longest) / 2, float(longest))
        at, score = self.once(image, region)
        if score[11:13].max() > 0.2 and score[5:7].max() > 0.2:
            centre = (at[11] + at[12]) / 2
            trunk, body = np.abs(at[[5, 6, 11, 12]] - centre).max(), np.abs(at[score > 0.2] - centre).max()
            half = max(1.9 * trunk, 1.2 * body)
            if half <= longest / 2:
                at, score = self.once(image, (centre[0] - half, centre[1] - half, 2 * half))
        return at, score

    def once(self, image: np.ndarray, region: tuple[float, float, float]) -> tuple[np.ndarray, np.ndarray]:
        x0, y0, size = region
        grid = np.arange(192) * size / 192
        x, y = np.meshgrid(x0 + grid, y0 + grid)
        rows = self.net.run(None, {"input": bilinear(image, x, y, False).round().astype(np.int32)[None]})[0][0, 0]
        return rows[:, [1, 0]] * size + [x0, y0], rows[:, 2]


def label(image: np.ndarray, teacher: BlazePose, peer: TinyPose) -> dict[str, np.ndarray] | None:
    """Points, weights and mask of one square picture, or None where the teacher sees nobody."""
    found = teacher.look(image)
    if found is None:
        return None
    points = np.full((COUNT, 2), np.nan, np.float32)
    seen = np.full(COUNT, -1.0, np.float32)
    weight = np.zeros(COUNT, np.float32)
    from skeleton import INDEX

    for row, name in BLAZEPOSE.items():
        k = INDEX[name]
        points[k], visibility = found["at"][row], found["visibility"][row]
        seen[k] = visibility
        weight[k] = 0.25 + 0.75 * visibility
    box = found["at"][list(BLAZEPOSE)]
    low, high = box.min(0), box.max(0)
    longest = float((high - low).max())
    room = 0.05 * longest
    other, score = peer.look(image, (*(low - room), *(high + room)))
    # Where the two disagree, neither is a good teacher.
    apart = np.linalg.norm(other - points[COCO], axis=1) / longest
    doubt = np.clip((apart - 0.04) / 0.08, 0, 1) * np.clip(score / 0.5, 0, 1)
    weight[COCO] *= 1 - 0.9 * doubt
    side = image.shape[0]
    cells = (np.arange(MASK_SIDE) + 0.5) * side / MASK_SIDE - 0.5
    x, y = np.meshgrid(cells, cells)
    rotate, centre, size = found["frame"]
    uv = (np.stack([x - centre[0], y - centre[1]], -1) @ rotate.T / size + 0.5) * 256
    mask = bilinear(found["mask"], uv[..., 0], uv[..., 1], False)
    world = found["world"]
    left = world[23] - world[24]
    up = (world[11] + world[12] - world[23] - world[24]) / 2
    facing = np.cross(left, up)
    facing /= max(np.linalg.norm(facing), 1e-6)
    return {
        "points": points, "seen": seen, "weight": weight, "mask": (mask * 255).astype(np.uint8), "facing": facing,
        "peer": other.astype(np.float32), "peer_score": score.astype(np.float32),
    }  # fmt: skip


def emptied(picture: Image.Image, mask: np.ndarray, side: int = 160) -> Image.Image:
    """The picture with its person filled in from around: means of ever larger blocks of what is not the person."""
    image = np.asarray(picture.resize((side, side), Image.Resampling.BOX), np.float32)
    body = Image.fromarray(((mask > 40) * 255).astype(np.uint8)).resize((side, side), Image.Resampling.NEAREST)
    free = 1 - np.asarray(body.filter(ImageFilter.MaxFilter(9)), np.float32) / 255
    pyramid = [(image * free[..., None], free)]
    while len(pyramid[-1][1]) % 2 == 0:
        halves = [a.reshape(len(a) // 2, 2, len(a) // 2, 2, -1).mean((1, 3)) for a in pyramid[-1]]
        pyramid.append((halves[0], halves[1][..., 0]))
    colour, weight = pyramid[-1]
    filled = np.where(weight[..., None] > 0, colour / weight.clip(1e-6)[..., None], 128.0)
    for colour, weight in pyramid[-2::-1]:
        coarse = Image.fromarray(filled.clip(0, 255).astype(np.uint8))
        coarse = coarse.resize((len(weight),) * 2, Image.Resampling.BILINEAR)
        known = weight.clip(0, 1)[..., None]
        filled = colour + (1 - known) * np.asarray(coarse, np.float32)
    return Image.fromarray(filled.clip(0, 255).astype(np.uint8))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--split", choices=["train", "eval"], help="only these rows")
    parser.add_argument("--every", type=int, default=1, help="only every so-many-th of them")
    parser.add_argument("--backdrops", type=Path, help="folder for the pictures without their persons")
    args = parser.parse_args()
    teacher, peer = BlazePose(args.models), TinyPose(args.models)
    rows, blob, at = [], [], 0
    with (args.photos / "index.csv").open() as f:
        index = [r for r in csv.DictReader(f) if args.split in (None, r["split"])][:: args.every]
    for n, row in enumerate(index):
        data = (args.photos / row["file"]).read_bytes()
        picture = Image.open(io.BytesIO(data)).convert("RGB")
        if picture.width != picture.height:
            square = Image.new("RGB", (max(picture.size),) * 2)
            square.paste(picture, (0, 0))
            picture = square
            out = io.BytesIO()
            picture.save(out, "JPEG", quality=90)
            data = out.getvalue()
        labels = label(np.asarray(picture), teacher, peer)
        if labels is None:
            continue
        rows.append({"name": row["file"], "split": row["split"], "jpeg_at": at, "jpeg_length": len(data), **labels})
        blob.append(data)
        at += len(data)
        if args.backdrops:
            args.backdrops.mkdir(parents=True, exist_ok=True)
            emptied(picture, labels["mask"]).save(args.backdrops / f"{len(rows):05}.jpg", quality=85)
        if n % 100 == 99:
            print(f"{n + 1} pictures, {len(rows)} labelled", flush=True)
    table = {k: np.array([r[k] for r in rows]) for k in rows[0]}
    temporary = args.out.with_suffix(".tmp.npz")
    np.savez_compressed(temporary, jpeg=np.frombuffer(b"".join(blob), np.uint8), **table)
    temporary.rename(args.out)
    print(f"{len(rows)} of {len(index)} pictures labelled, in {args.out}")


if __name__ == "__main__":
    main()
