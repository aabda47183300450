"""The network: plain convolutions, heat maps at half the input's resolution, and small heads beside them.

Fully convolutional up to the heads, and the heads pool by attention, so that the same weights go on at another input
size.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from skeleton import COUNT

MEAN, STD = 118.0, 64.0
# Attention maps of the heads that look at places.
GLANCES = 12
HIDDEN = 192
OUTPUTS = ["heatmaps", "visibility", "log_sigma", "mask", "axes", "facing", "person"]

SIZES = {
    "S": (16, 24, 48, 96, 160),
    "M": (24, 32, 64, 128, 192),
}


def conv(
    inputs: int, outputs: int, kernel: int = 3, stride: int = 1, groups: int = 1, relu: bool = True
) -> nn.Sequential:
    layers: list[nn.Module] = [
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs, momentum=0.03),
    ]
    return nn.Sequential(*layers, nn.ReLU()) if relu else nn.Sequential(*layers)


def flat(x: Tensor) -> Tensor:
    """[N, C, H·W]; sizes as numbers, so that the exported graph computes none."""
    return x.reshape(int(x.shape[0]), int(x.shape[1]), int(x.shape[2]) * int(x.shape[3]))


class Residual(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = nn.Sequential(conv(width, width), conv(width, width, relu=False))

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x + self.body(x))


class Wide(nn.Module):
    """Looks far for little: 1x1, 5x5 per channel, 1x1, with a residual."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            conv(width, width, 1), conv(width, width, 5, groups=width), conv(width, width, 1, relu=False)
        )

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x + self.body(x))


class Join(nn.Module):
    """Coarse features doubled in size, added to finer ones, and one look over the sum."""

    def __init__(self, coarse: int, fine: int, width: int) -> None:
        super().__init__()
        self.coarse = conv(coarse, width, 1, relu=False)
        self.fine = conv(fine, width, 1, relu=False)
        self.look = conv(width, width)

    def forward(self, coarse: Tensor, fine: Tensor) -> Tensor:
        up = F.interpolate(self.coarse(coarse), scale_factor=2.0, mode="nearest")
        return self.look(F.relu(up + self.fine(fine)))


class Glances(nn.Module):
    """Where to look and what is there: per attention map the mean feature and the mean place."""

    def __init__(self, inputs: int, width: int = 32) -> None:
        super().__init__()
        self.where = nn.Conv2d(inputs, GLANCES, 1)
        self.what = conv(inputs, width, 1)
        self.size = GLANCES * (width + 2)

    def forward(self, x: Tensor) -> Tensor:
        height, width = int(x.shape[-2]), int(x.shape[-1])  # constants in the exported graph
        attention = flat(self.where(x)).softmax(-1)
        rows = ((torch.arange(height, dtype=x.dtype, device=x.device) + 0.5) / height * 4 - 2).view(1, 1, -1, 1)
        columns = ((torch.arange(width, dtype=x.dtype, device=x.device) + 0.5) / width * 4 - 2).view(1, 1, 1, -1)
        places = torch.cat([columns.expand(1, 1, height, width), rows.expand(1, 1, height, width)], 1)
        places = flat(places)
        seen = torch.matmul(attention, flat(self.what(x)).transpose(1, 2))
        # Batched by broadcasting: the places are the same for every picture.
        return torch.cat([seen, torch.matmul(attention, places.transpose(1, 2))], 2).flatten(1)


class Net(nn.Module):
    def __init__(self, size: str = "S") -> None:
        super().__init__()
        a, b, c, d, e = SIZES[size]
        self.stem = conv(3, a, stride=2)
        self.quarter = nn.Sequential(conv(a, b, stride=2), Residual(b))
        self.eighth = nn.Sequential(conv(b, c, stride=2), Residual(c), Residual(c))
        self.sixteenth = nn.Sequential(conv(c, d, stride=2), Residual(d), Residual(d))
        self.last = nn.Sequential(conv(d, e, stride=2), Wide(e), Wide(e), Wide(e))
        wide, fine = d, 2 * b
        self.join_sixteenth = Join(e, d, wide)
        self.join_eighth = Join(wide, c, 64)
        self.wide_eighth = Wide(64)
        self.join_quarter = Join(64, b, fine)
        self.up = nn.ConvTranspose2d(fine, 32, 4, 2, 1)
        self.detail = conv(a, 32, 1, relu=False)
        self.heat = nn.Conv2d(32, COUNT + 1, 1)
        self.glances = Glances(64)
        pooled = self.glances.size + e
        self.hidden = nn.Sequential(nn.Linear(pooled, HIDDEN), nn.ReLU())
        self.axes = nn.Linear(HIDDEN, 9)
        self.facing = nn.Linear(HIDDEN, 4)
        self.person = nn.Linear(HIDDEN, 1)
        # The height of each map's peak says how sure the map is.
        self.visibility = nn.Linear(HIDDEN + COUNT, COUNT)
        self.log_sigma = nn.Linear(HIDDEN + COUNT, COUNT)
        nn.init.constant_(self.log_sigma.bias, -3.0)
        nn.init.normal_(self.heat.weight, std=0.01)

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        stem = self.stem((image - MEAN) * (1 / STD))
        quarter = self.quarter(stem)
        eighth = self.eighth(quarter)
        sixteenth = self.sixteenth(eighth)
        last = self.last(sixteenth)
        x = self.join_sixteenth(last, sixteenth)
        x = seen = self.wide_eighth(self.join_eighth(x, eighth))
        x = self.join_quarter(x, quarter)
        maps = self.heat(F.relu(self.up(x) + self.detail(stem)))
        heat, mask = maps[:, :COUNT], maps[:, COUNT:]
        peak = flat(heat.detach()).log_softmax(-1).amax(-1)
        hidden = self.hidden(torch.cat([self.glances(seen), last.mean((2, 3))], 1))
        with_peak = torch.cat([hidden, peak * 0.25 + 1.0], 1)
        return {
            "heatmaps": heat,
            "visibility": self.visibility(with_peak),
            "log_sigma": self.log_sigma(with_peak).clamp(-7.0, 1.0),
            "mask": mask,
            "axes": self.axes(hidden).view(-1, 3, 3),
            "facing": self.facing(hidden),
            "person": self.person(hidden),
        }
