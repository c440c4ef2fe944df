"""Conventions that networks differ in: today's, and those of the 2018 code, which its weights need.

The 2018 code is TensorFlow 1: strided convolutions pad at the bottom and the right, doubling an image leaves
its first pixel where it was, and pixels are 0..255. Read in tomasjakab/imm and checked against its output.
"""

from __future__ import annotations

from typing import Literal, final

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

Padding = Literal["symmetric", "trailing"]
Upsampling = Literal["bilinear", "corner"]
Pixels = Literal["centred", "bytes"]
Init = Literal["torch", "truncated"]


def enter(image: Tensor, pixels: Pixels) -> Tensor:
    """An image in [0, 1] as a network takes it: about zero, or 0..255."""
    return image - 0.5 if pixels == "centred" else 255 * image


def leave(image: Tensor, pixels: Pixels) -> Tensor:
    """What a network made as an image in [0, 1], in float32; the inverse of `enter`."""
    return image.float() + 0.5 if pixels == "centred" else image.float() / 255


def upsample(kind: Upsampling) -> nn.Module:
    """A layer that doubles height and width."""
    return nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False) if kind == "bilinear" else Doubling()


@torch.no_grad()
def draw_weights(module: nn.Module, init: Init) -> None:
    """Draw a part's convolutions anew: a normal of sd 0.01 cut at two sd, biases zero; `torch` leaves them."""
    if init == "torch":
        return
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.trunc_normal_(layer.weight, std=0.01, a=-0.02, b=0.02)
            if layer.bias is not None:
                layer.bias.zero_()


@final
class Trailing(nn.Module):
    """Zeros for a 3x3 convolution of stride 2: where one row or column is enough, it is the last one."""

    def forward(self, x: Float[Tensor, "batch c h w"]) -> Float[Tensor, "batch c height width"]:
        """The padded image; an odd side is padded at both ends."""
        top, left = (side % 2 for side in x.shape[-2:])
        return F.pad(x, (left, 1, top, 1))


@final
class Doubling(nn.Module):
    """Bilinear doubling without half-pixel centres: pixel 2i is i, pixel 2i + 1 the mean of i and i + 1."""

    def forward(self, x: Float[Tensor, "batch c h w"]) -> Float[Tensor, "batch c height width"]:
        """Twice the height and width; the last row and column are repeated."""
        for axis in (2, 3):
            last = x.shape[axis] - 1
            following = torch.cat([x.narrow(axis, 1, last), x.narrow(axis, last, 1)], axis)
            x = torch.stack([x, (x + following) / 2], axis + 1).flatten(axis, axis + 1)
        return x
