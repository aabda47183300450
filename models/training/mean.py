"""The mean of two checkpoints of one training, often better than either: what a stretch gained at one place and lost at
another is half as far from both.

    python mean.py --before checkpoint.pt --after RUN/last.pt --shards DIR --photos photos.npz --run DIR

Writes a run that `export.py` exports. The normalisation's means and spreads belong to the weights they were measured
with, so they are measured again on training pictures.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

import torch
from torch import Tensor

from data import Photos
from net import Net
from store import Mix, Shards, backdrops_of, photographs
from train import colour, grain_of

Weights = dict[str, Tensor]


def mean_of(before: Weights, after: Weights) -> Weights:
    """Half of each; counters are those of the later one. A kept checkpoint has half the digits."""
    return {
        name: torch.lerp(before[name].to(value.dtype), value, 0.5) if value.is_floating_point() else value
        for name, value in after.items()
    }


@torch.no_grad()
def measure_again(net: Net, batches: Iterable[Tensor]) -> None:
    """Means and spreads of every normalisation, over all the batches alike."""
    layers = [m for m in net.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    usual = [layer.momentum for layer in layers]
    for layer in layers:
        layer.reset_running_stats()
        layer.momentum = None
    net.train()
    for images in batches:
        net(images)
    for layer, momentum in zip(layers, usual, strict=True):
        layer.momentum = momentum


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before", type=Path, required=True, help="checkpoint the stretch began from")
    parser.add_argument("--after", type=Path, required=True, help="last.pt of the stretch, its state.json beside it")
    parser.add_argument("--shards", type=Path, required=True)
    parser.add_argument("--photos", type=Path, required=True, help="made by photos.py")
    parser.add_argument("--backdrops", type=Path, help="folder made by photos.py")
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--batches", type=int, default=90)
    parser.add_argument("--keep", type=int, default=9_600, help="rendered pictures to draw the batches from")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    cpu = torch.device("cpu")
    before = torch.load(args.before, map_location=cpu, weights_only=True)
    saved = torch.load(args.after, map_location=cpu, weights_only=True)
    size = saved["size"]
    net = Net(saved["width"]).to(memory_format=torch.channels_last)
    net.load_state_dict(mean_of(before["ema"], saved["ema"]))

    shards = Shards(args.shards, args.keep, 0, cpu)
    shards.refresh()
    photos = photographs(Photos(args.photos, "train"), cpu)
    backdrops = backdrops_of(args.backdrops, cpu) if args.backdrops else None
    mix = Mix(shards, photos, backdrops, size, args.seed)
    chance = torch.Generator().manual_seed(args.seed)
    grain = grain_of(size, chance, cpu)

    def batches() -> Iterator[Tensor]:
        for _ in range(args.batches):
            images = mix.batch(32)["image"]
            colour(images, grain, chance)
            yield images

    measure_again(net, batches())
    args.run.mkdir(parents=True, exist_ok=True)
    torch.save({**saved, "ema": net.state_dict()}, args.run / "last.pt")
    shutil.copy(args.after.with_name("state.json"), args.run / "state.json")


if __name__ == "__main__":
    main()
