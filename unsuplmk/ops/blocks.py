"""Convolutional blocks that several parts are built of."""

from __future__ import annotations

from typing import Literal

from jaxtyping import Float
from torch import Tensor, nn

from unsuplmk.ops.conventions import Padding, Trailing

Norm = Literal["batch", "group"]


def norm(kind: Norm, channels: int) -> nn.Module:
    """Batch norm as in the reference (eps 1e-3, momentum 0.01), or group norm, which no batch size disturbs."""
    if kind == "batch":
        return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)
    return nn.GroupNorm(next(groups for groups in (8, 4, 2, 1) if channels % groups == 0), channels)


def conv(
    inputs: int, outputs: int, kernel: int = 3, stride: int = 1, *, kind: Norm, padding: Padding = "symmetric"
) -> nn.Sequential:
    """Convolution, norm, ReLU; the size shrinks by `stride`, no more. Only a stride of 2 can pad trailing."""
    bias = kind != "batch"  # batch norm takes any bias away again
    trailing = padding == "trailing" and stride == 2
    layer = nn.Conv2d(inputs, outputs, kernel, stride, 0 if trailing else kernel // 2, bias=bias)
    return nn.Sequential(*[Trailing()] * trailing, layer, norm(kind, outputs), nn.ReLU(inplace=True))


class Trunk(nn.Module):
    """The 2018 network: a 7x7 and a 3x3 convolution, then a strided and a plain 3x3 one a halving.

    Jakab et al. 2018; `width` channels at full resolution, doubling with each halving.
    """

    def __init__(self, width: int, stride: int, kind: Norm, padding: Padding = "symmetric") -> None:
        super().__init__()
        levels = [nn.Sequential(conv(3, width, 7, kind=kind), conv(width, width, kind=kind))]
        while stride > 1:
            down = conv(width, 2 * width, stride=2, kind=kind, padding=padding)
            levels.append(nn.Sequential(down, conv(2 * width, 2 * width, kind=kind)))
            width, stride = 2 * width, stride // 2
        self.levels = nn.ModuleList(levels)
        self.channels = width

    def forward(self, image: Float[Tensor, "batch 3 height width"]) -> list[Tensor]:
        """Features of every level, finest first."""
        features = []
        for level in self.levels:
            image = level(image)
            features.append(image)
        return features


class Residual(nn.Module):
    """The bottleneck residual module with pre-activation (He et al. 2016), as the stacked hourglass uses it."""

    def __init__(self, inputs: int, outputs: int, kind: Norm) -> None:
        super().__init__()
        half = outputs // 2

        def step(a: int, b: int, kernel: int) -> list[nn.Module]:
            # not in place: the skip connection still needs its input
            return [norm(kind, a), nn.ReLU(), nn.Conv2d(a, b, kernel, padding=kernel // 2)]

        self.body = nn.Sequential(*step(inputs, half, 1), *step(half, half, 3), *step(half, outputs, 1))
        self.skip = nn.Identity() if inputs == outputs else nn.Conv2d(inputs, outputs, 1)

    def forward(self, x: Float[Tensor, "batch c h w"]) -> Float[Tensor, "batch d h w"]:
        """Body plus skip."""
        return self.body(x) + self.skip(x)
