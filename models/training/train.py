"""Trains the network in resumable stretches.

    python train.py --shards DIR --photos photos.npz --run DIR --minutes 90          begins, or
    python train.py ... --minutes 90 --resume                                        goes on with a stretch of its own

Each stretch has its own warm-up and cosine, so that the averaged weights at its end are settled whenever it ends.
Checkpoints: `RUN/last.pt` (all), `RUN/state.json` (counters, losses). Ctrl-C or SIGTERM saves and stops.
"""

from __future__ import annotations

import argparse
import copy
import json
import math
import os
import signal
import time
from pathlib import Path

import torch
from torch import Tensor

import losses
from data import Photos
from net import Net
from store import Mix, Shards, backdrops_of, photographs

WARM_UP = 0.02
EMA = 0.997
REFRESH = 20  # steps between looks for new shards


def grain_of(size: int, generator: torch.Generator, device: torch.device) -> Tensor:
    """Pictures of unit noise, for `colour`."""
    grain = torch.randn(64, 3, size, size, generator=generator, device=device)
    return grain.contiguous(memory_format=torch.channels_last)


def colour(image: Tensor, grain: Tensor, generator: torch.Generator) -> Tensor:
    """Light, colour and sensor drawn per picture, in place. `grain`: some pictures of unit noise to pick from."""
    n = image.shape[0]

    def bell(*shape: int, sd: float) -> Tensor:
        return torch.randn(n, *shape, generator=generator, device=image.device) * sd

    gain = (bell(1, 1, 1, sd=0.18) + bell(3, 1, 1, sd=0.06)).exp()
    middle = image.mean((1, 2, 3), keepdim=True)
    contrast = bell(1, 1, 1, sd=0.12).exp()
    image.sub_(middle).mul_(contrast).add_(middle).mul_(gain).add_(bell(1, 1, 1, sd=6.0))
    chance = torch.rand(n, 1, 1, 1, generator=generator, device=image.device)
    grey = image.mean(1, keepdim=True)
    share = torch.where(chance < 0.06, torch.ones_like(chance), bell(1, 1, 1, sd=0.15).clamp(-0.4, 0.6))
    image.lerp_(grey.expand_as(image), share)
    noise = torch.rand(n, 1, 1, 1, generator=generator, device=image.device).square() * 10
    image.addcmul_(grain[torch.randint(len(grain), (n,), generator=generator, device=image.device)], noise)
    return image.clamp_(0, 255)


def rate(progress: float) -> float:
    """Learning rate over its highest: warm-up, then half a cosine."""
    if progress < WARM_UP:
        return max(progress / WARM_UP, 0.02)
    return 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * (progress - WARM_UP) / (1 - WARM_UP)))


class Stretch:
    """How far a stretch has come: by time, or by passes where a number is given."""

    def __init__(self, minutes: float | None, passes: int | None) -> None:
        self.minutes, self.passes, self.done, self.began = minutes, passes, 0, time.monotonic()

    def progress(self) -> float:
        if self.passes:
            return min(self.done / self.passes, 1.0)
        return min((time.monotonic() - self.began) / (60 * (self.minutes or 60)), 1.0)


def save(path: Path, payload: dict) -> None:
    temporary = path.with_suffix(".tmp")
    torch.save(payload, temporary)
    os.replace(temporary, path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shards", type=Path, required=True)
    parser.add_argument("--photos", type=Path, required=True, help="made by photos.py")
    parser.add_argument("--backdrops", type=Path, help="folder made by photos.py")
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--size", type=int, default=128, help="side of the network's input")
    parser.add_argument("--net", default="S", choices=["S", "M"])
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rate", type=float, default=2.5e-3)
    parser.add_argument("--minutes", type=float, help="length of the stretch")
    parser.add_argument("--passes", type=int, help="length of the stretch in samples, instead of minutes")
    parser.add_argument("--plan", type=int, help="passes over which the targets sharpen; otherwise over this stretch")
    parser.add_argument("--keep", type=int, default=40_000, help="rendered pictures kept in memory")
    parser.add_argument("--start", type=int, default=4_800, help="rendered pictures to wait for")
    parser.add_argument("--workers", type=int, default=0, help="processes that decode shards; 0: between steps")
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--begin", type=Path, help="a kept checkpoint to begin from, where there is nothing to resume")
    parser.add_argument("--device", default="cpu")
    parser.add_argument(
        "--compile", action="store_true", help="torch.compile: half as fast again on a CPU, a minute to begin"
    )
    parser.add_argument("--threads", type=int, default=1, help="on a CPU, two cores give 1.7 times the passes of one")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.set_flush_denormal(True)
    torch.manual_seed(args.seed)
    device = torch.device(args.device)
    args.run.mkdir(parents=True, exist_ok=True)
    last, state_path = args.run / "last.pt", args.run / "state.json"

    net = Net(args.net).to(device, memory_format=torch.channels_last)
    passes, begun, history = 0, 0, []
    begin = last if args.resume and last.exists() else args.begin
    if begin:
        saved = torch.load(begin, map_location=device, weights_only=True)
        # A kept checkpoint has the averaged weights alone.
        net.load_state_dict(saved.get("net", saved["ema"]))
        passes, history = saved["passes"], saved["history"]
        begun = saved.get("begun", 0) if begin == last else passes
    average = copy.deepcopy(net).eval().requires_grad_(False)
    if begin:
        average.load_state_dict(saved["ema"])

    half = torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda")

    def step_loss(image: Tensor, truth: dict[str, Tensor], progress: Tensor) -> tuple[Tensor, Tensor]:
        with half:
            out = net(image)
        return losses.total({name: value.float() for name, value in out.items()}, truth, progress)

    loss_of = torch.compile(step_loss) if args.compile else step_loss
    decayed = [p for p in net.parameters() if p.ndim > 1]
    others = [p for p in net.parameters() if p.ndim <= 1]
    groups = [{"params": decayed, "weight_decay": 0.02}, {"params": others, "weight_decay": 0.0}]
    optimiser = torch.optim.AdamW(groups, lr=args.rate, fused=device.type == "cuda")
    shards = Shards(args.shards, args.keep, args.workers, device)
    photos = photographs(Photos(args.photos, "train"), device)
    backdrops = backdrops_of(args.backdrops, device) if args.backdrops else None
    mix = Mix(shards, photos, backdrops, args.size, args.seed * 1_000_003 + passes)
    shards.refresh()
    while shards.count < args.start:
        time.sleep(1)
        shards.refresh()
    generator = torch.Generator(device).manual_seed(args.seed + passes)
    grain = grain_of(args.size, generator, device)
    stretch = Stretch(args.minutes, args.passes)
    stop = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.append(1))

    def checkpoint() -> None:
        payload = {"net": net.state_dict(), "ema": average.state_dict(), "passes": passes, "history": history}
        save(last, {**payload, "begun": begun, "size": args.size, "width": args.net})
        state = {
            "passes": passes,
            "begun": begun,
            "size": args.size,
            "net": args.net,
            "pictures": shards.count,
            "history": history[-200:],
        }
        state_path.with_suffix(".tmp").write_text(json.dumps(state, indent=1))
        os.replace(state_path.with_suffix(".tmp"), state_path)

    pairs = list(zip(average.state_dict().values(), net.state_dict().values(), strict=True))
    slow, now = zip(*((a, b) for a, b in pairs if a.is_floating_point()), strict=True)
    sums = torch.zeros(len(losses.PARTS), device=device)
    steps, since, cpu, saved_at = 0, time.monotonic(), time.process_time(), time.monotonic()
    checkpoint()
    while not stop and stretch.progress() < 1.0:
        done = stretch.progress()
        for group in optimiser.param_groups:
            group["lr"] = args.rate * rate(done)
        truth = mix.batch(args.batch)
        colour(truth["image"], grain, generator)
        progress = torch.tensor(max(done, passes / args.plan if args.plan else 0.0), device=device)
        loss, parts = loss_of(truth["image"], truth, progress)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 3.0)
        optimiser.step()
        passes += args.batch
        stretch.done += args.batch
        keep = min(EMA, (1 + passes / args.batch) / (10 + passes / args.batch))
        with torch.no_grad():
            torch._foreach_lerp_(slow, now, 1 - keep)
        steps += 1
        sums += parts
        if steps % REFRESH == 0:
            shards.refresh()
        if steps == 100:
            wall, used = time.monotonic() - since, time.process_time() - cpu
            row = {"total": round(float(sums.sum()) / steps, 4)}
            row |= {name: round(float(v) / steps, 4) for name, v in zip(losses.PARTS, sums, strict=True)}
            row |= {"passes": passes, "progress": round(done, 4), "pictures": shards.count}
            row |= {
                "per_second": round(steps * args.batch / wall, 1),
                "per_cpu_second": round(steps * args.batch / used, 1),
            }
            history.append(row)
            print(json.dumps(row), flush=True)
            sums, steps, since, cpu = torch.zeros_like(sums), 0, time.monotonic(), time.process_time()
        if time.monotonic() - saved_at > 60:
            checkpoint()
            saved_at = time.monotonic()
    checkpoint()
    print(f"stretch ended after {stretch.done} passes, {passes} in all", flush=True)


if __name__ == "__main__":
    main()
