"""Keeps drawing fresh training pictures while the trainer runs, at a pace that follows its passes.

    python feed.py --formcheck target/release/formcheck --shards DIR --run DIR

Processes of the lowest priority. Seeds count up from `--first`; the name of every shard holds its seeds, level and
side, so that any of them can be drawn again. The pictures grow wilder with the passes; a quarter always looks as calm
as a rendered clip.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

PER_SHARD = 400


def level(shard: int, progress: float) -> float:
    """How wild the pictures of the n-th shard are."""
    return round((0.0, 0.2, 0.1 + 0.5 * progress, 0.2 + 0.7 * progress)[shard % 4], 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--formcheck", type=Path, required=True)
    parser.add_argument("--shards", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True, help="the trainer's folder")
    parser.add_argument("--side", type=int, default=160, help="of the pictures: some more than the network's")
    parser.add_argument("--backdrops", type=Path, help="pictures without people to put behind some (photos.py)")
    parser.add_argument("--jobs", type=int, default=1, help="shards drawn at a time")
    parser.add_argument("--first", type=int, default=0, help="first seed; evaluation uses 9,000,000 and up")
    parser.add_argument("--start", type=int, default=12_000, help="pictures before the trainer's first pass")
    parser.add_argument("--reuse", type=float, default=3.0, help="passes per fresh picture")
    parser.add_argument("--plan", type=int, default=300_000, help="passes until the pictures are as wild as they get")
    parser.add_argument("--most", type=int, default=400_000, help="never more pictures than this")
    args = parser.parse_args()
    os.nice(19)
    args.shards.mkdir(parents=True, exist_ok=True)
    taken = [int(p.stem.split("-")[3]) for p in args.shards.glob("*.fcs")]
    most = args.most // PER_SHARD
    numbers = iter(range(max(taken, default=args.first - PER_SHARD) // PER_SHARD + 1, args.first // PER_SHARD + most))
    with ThreadPoolExecutor(args.jobs) as pool:
        list(pool.map(lambda _: work(args, numbers), range(args.jobs)))


def passes_of(run: Path) -> tuple[int, int]:
    """The trainer's passes in all, and those of this run alone: a kept checkpoint was fed elsewhere."""
    path = run / "state.json"
    if not path.exists():
        return 0, 0
    state = json.loads(path.read_text())
    return state["passes"], state["passes"] - state.get("begun", 0)


def work(args: argparse.Namespace, numbers: Iterator[int]) -> None:
    """Draws one shard after the other, whenever there are fewer than the trainer can use."""
    for number in numbers:
        while (number * PER_SHARD - args.first) >= args.start + passes_of(args.run)[1] / args.reuse:
            time.sleep(5)
        first = number * PER_SHARD
        wild = level(number, min(passes_of(args.run)[0] / args.plan, 1.0))
        program = shutil.which(args.formcheck) or args.formcheck.resolve()
        command = [program, "-q", "synth", "shards", "--seeds", f"{first}..{first + PER_SHARD}", "-j", "1"]
        command += ["--per-shard", str(PER_SHARD), "--side", str(args.side), "--level", str(wild), "--out", args.shards]
        if args.backdrops:
            command += ["--backdrops", args.backdrops]
        subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
