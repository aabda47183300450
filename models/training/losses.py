"""What the network is taught: one number per batch from its outputs and the truth."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from limbs import HERE, SIDE_PER_REACH
from skeleton import CORE, INDEX, MIRROR, SPINE

PARTS = [
    *("heat", "soft", "axes", "relative", "axes_sure", "chord"),
    *("visibility", "sigma", "mask", "facing", "person", "outline"),
]
# So that heat maps and directions pull about equally at the shared layers.
HEAT_WEIGHT, AXIS_WEIGHT, RELATIVE_WEIGHT, CHORD_WEIGHT, OUTLINE_WEIGHT = 2.0, 3.0, 8.0, 1.0, 0.06
# Few pictures are empty: each counts as much as so many with somebody.
EMPTY_WEIGHT = 6.0


def separable_cross_entropy(maps: Tensor, places: Tensor, sigma: Tensor) -> Tensor:
    """Against a Gaussian about each place, [N, L] in nats, without building the target.

    Log-sum-exp less two small products. `places` in cells, cell centres at whole numbers.
    """
    height, width = maps.shape[-2:]

    def bell(centre: Tensor, n: int) -> Tensor:
        cells = torch.arange(n, dtype=maps.dtype, device=maps.device)
        return (-(cells - centre[..., None]).square() / (2 * sigma**2)).softmax(-1)

    across = torch.matmul(maps, bell(places[..., 0], width)[..., None])[..., 0]
    expected = (across * bell(places[..., 1], height)).sum(-1)
    return maps.flatten(2).logsumexp(-1) - expected


def side_tolerant(
    maps: Tensor, places: Tensor, sigma: Tensor, weight: Tensor, side_on: Tensor, forgiven: Tensor | float = 0.5
) -> Tensor:
    """Cross-entropy, [N, L] in nats, that forgives part of a body seen from the side with its two sides exchanged.

    Which limb is which is hard to see there; without this, an untrained network's maps hedge between both and a knee is
    paired with the other leg's ankle.
    """
    as_labelled = separable_cross_entropy(maps, places, sigma)
    exchanged = separable_cross_entropy(maps[:, MIRROR], places, sigma)
    better = ((exchanged - as_labelled) * weight).sum(-1) < 0
    share = forgiven * (better * side_on)[:, None]
    return as_labelled + share * (exchanged - as_labelled)


def expected_place(maps: Tensor) -> Tensor:
    """Mean place under the softmax of each map, in cells."""
    height, width = maps.shape[-2:]
    p = maps.flatten(2).softmax(-1).view_as(maps)
    cells = torch.arange(max(height, width), dtype=maps.dtype, device=maps.device)
    return torch.stack([(p.sum(2) * cells[:width]).sum(-1), (p.sum(3) * cells[:height]).sum(-1)], -1)


@torch.no_grad()
def peak_place(maps: Tensor) -> Tensor:
    """The decoder's place (`limbs.peaks`): the peak's cell, then the mean of the softmax over the cells about it."""
    n, points, _, width = maps.shape
    reach = max(HERE, width // SIDE_PER_REACH)
    top = maps.flatten(2).argmax(-1)
    row, column = top // width, top % width
    padded = F.pad(maps, (reach,) * 4, value=-1e4).flatten(2)
    step = torch.arange(2 * reach + 1, device=maps.device)
    index = (row[..., None, None] + step[:, None]) * (width + 2 * reach) + column[..., None, None] + step
    window = padded.gather(2, index.flatten(2)).softmax(-1).view(n, points, len(step), len(step))
    off = (step - reach).to(maps.dtype)
    return torch.stack([column + (window.sum(2) * off).sum(-1), row + (window.sum(3) * off).sum(-1)], -1)


def weighted_mean(values: Tensor, weight: Tensor) -> Tensor:
    return (values * weight).sum() / weight.sum().clamp(min=1.0)


def unit(v: Tensor) -> Tensor:
    return v / v.norm(dim=-1, keepdim=True).clamp(min=0.1)


def turn_between(a: Tensor, b: Tensor) -> Tensor:
    """(cos, sin) of the turn from a to b, both unit."""
    return torch.stack([(a * b).sum(-1), a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]], -1)


def total(out: dict[str, Tensor], truth: dict[str, Tensor], progress: Tensor) -> tuple[Tensor, Tensor]:
    """The loss, and its parts by themselves in the order of `PARTS`. `progress`: 0..1 over the whole training."""
    maps = out["heatmaps"]
    size = truth["image"].shape[-1]
    cell = size / maps.shape[-1]
    places = truth["points"] / cell - 0.5
    weight, present = truth["weight"], truth["person"]
    sigma = (2.5 - 1.2 * (progress * 1.5).clamp(max=1.0)) * maps.shape[-1] / 64
    # Half of it to begin with; at the end left is left.
    forgiven = 0.5 * (1 - progress / 0.4).clamp(min=0)
    heat = side_tolerant(maps, places, sigma, weight, truth["side_on"], forgiven)
    parts = {"heat": HEAT_WEIGHT * weighted_mean(heat, weight)}

    core = maps[:, CORE]
    soft = expected_place(core)
    soft_weight = weight[:, CORE] * (truth["axes"][:, :1, 2] > 0)
    parts["soft"] = 0.06 * weighted_mean((soft - places[:, CORE]).abs().sum(-1), soft_weight)

    axes, true_axes = out["axes"], truth["axes"]
    direction, seen = unit(axes[..., :2]), true_axes[..., 2]
    known = (seen * (seen > 0.4)).detach()
    # Against the vector itself: a loss on the direction alone gets stuck at the opposite one, where it has no slope.
    parts["axes"] = AXIS_WEIGHT * weighted_mean((axes[..., :2] - true_axes[..., :2]).abs().sum(-1), known)
    relative, true_relative = (turn_between(a[:, :1], a[:, 1:]) for a in (direction, true_axes[..., :2]))
    # Only between directions that are about right by themselves: otherwise two wrong ones hold each other.
    near = known * ((direction * true_axes[..., :2]).sum(-1) > 0.7)
    both = near[:, :1] * near[:, 1:] * torch.tensor([1.0, 0.5], device=known.device)
    parts["relative"] = RELATIVE_WEIGHT * weighted_mean((relative - true_relative).abs().sum(-1), both)
    with torch.no_grad():
        error = torch.linalg.vecdot(direction, true_axes[..., :2]).clamp(-1, 1).arccos()
    spread = axes[..., 2].clamp(-9.0, 3.0)
    parts["axes_sure"] = 0.1 * weighted_mean(0.5 * (error.square() * (-spread).exp() + spread), known)

    def chord(p: Tensor, low: str, high: str) -> Tensor:
        return unit(p[:, CORE.index(INDEX[high])] - p[:, CORE.index(INDEX[low])])

    # Chords mean something once the points are near their places.
    ours, true = (turn_between(chord(p, "s4", "s1"), chord(p, "l1", "t8")) for p in (soft, places[:, CORE]))
    inside = soft_weight[:, [CORE.index(INDEX[n]) for n in ("s4", "s1", "l1", "t8")]].amin(1)
    bent = weighted_mean((ours - true).abs().sum(-1), inside * truth["side_on"])
    parts["chord"] = CHORD_WEIGHT * bent * (progress > 0.15)

    labelled = (truth["seen"] >= 0).to(maps.dtype)
    parts["visibility"] = 0.3 * weighted_mean(
        F.binary_cross_entropy_with_logits(out["visibility"], truth["seen"].clamp(min=0), reduction="none"), labelled
    )
    miss = (peak_place(maps.detach()) - places).norm(dim=-1) / maps.shape[-1]
    log_sigma = out["log_sigma"]
    parts["sigma"] = 0.02 * weighted_mean(miss * (-log_sigma).exp() + 2 * log_sigma, weight)

    mask, true_mask = out["mask"][:, 0], F.interpolate(truth["mask"][:, None], maps.shape[-2:], mode="area")[:, 0]
    masked = truth["mask_weight"]
    bce = F.binary_cross_entropy_with_logits(mask, true_mask, reduction="none").mean((1, 2))
    p = mask.sigmoid()
    overlap = 1 - (2 * (p * true_mask).sum((1, 2)) + 1) / (p.sum((1, 2)) + true_mask.sum((1, 2)) + 1)
    parts["mask"] = weighted_mean(bce, masked) + 0.5 * weighted_mean(overlap, masked * present)

    known_facing = truth["facing"] >= 0
    cross = F.cross_entropy(out["facing"], truth["facing"].clamp(min=0), reduction="none")
    parts["facing"] = 0.5 * weighted_mean(cross, known_facing.to(maps.dtype))
    counts = present + EMPTY_WEIGHT * (1 - present)
    somebody = F.binary_cross_entropy_with_logits(out["person"][:, 0], present, reduction="none")
    parts["person"] = 0.5 * weighted_mean(somebody, counts)
    # On photographs nobody labelled the back, but seen from the side it is where the outline is.
    spine = soft[:, [CORE.index(i) for i in SPINE]]
    at = (spine + 0.5) * (2 / maps.shape[-1]) - 1
    away = F.grid_sample(truth["outline"][:, None], at[:, None], align_corners=False)[:, 0, 0] * maps.shape[-1]
    parts["outline"] = OUTLINE_WEIGHT * weighted_mean(away, truth["outline_weight"][:, None].expand_as(away))
    parts["outline"] = parts["outline"] * (progress > 0.2)
    each = torch.stack([parts[name] for name in PARTS])
    return each.sum(), each.detach()
