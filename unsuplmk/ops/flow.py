"""Sampling grids that networks predict: displacements, and monotone maps that never fold."""

from __future__ import annotations

from typing import TypeVar

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from unsuplmk.ops.coordinates import grid
from unsuplmk.ops.thinplate import Field

Displacement = Float[Tensor, "batch 2 h w"]
"""(x, y) from each pixel's own place to where it is looked up, in image halves."""
Layer = TypeVar("Layer", bound=nn.Module)


def field(displacement: Displacement, size: tuple[int, int]) -> Field:
    """The sampling grid of `size` (height, width): each pixel's own place, displaced."""
    fine = displacement.float()
    if fine.shape[-2:] != size:
        fine = F.interpolate(fine, size, mode="bilinear", align_corners=False)
    return grid(*size, fine) + fine.movedim(1, 3)


def monotone(scores: Float[Tensor, "batch 2 h w"]) -> Displacement:
    """Displacements whose sums of steps never fold back.

    Shu et al., ECCV 2018, section 3.1: the network gives the steps between neighbours, which are positive, and the
    map is their integral. A score of 0 is the step of the identity; steps lie between 0 and twice that.
    """
    scores = scores.float()
    height, width = scores.shape[-2:]
    x = _integral(torch.sigmoid(scores[:, 0]) * 4 / width, -1)
    y = _integral(torch.sigmoid(scores[:, 1]) * 4 / height, -2)
    return torch.stack([x, y], 1) - grid(height, width, scores).movedim(2, 0)


def affine(
    displacement: Displacement, matrix: Float[Tensor, "batch 2 2"], shift: Float[Tensor, "batch 2"]
) -> Displacement:
    """The displacement followed by p -> A p + t."""
    height, width = displacement.shape[-2:]
    place = grid(height, width, displacement).movedim(2, 0)
    moved = torch.einsum("bij,bjhw->bihw", matrix, place + displacement) + shift[..., None, None]
    return moved - place


def _integral(steps: Tensor, axis: int) -> Tensor:
    """Places of the middles of the steps, if the first begins at -1."""
    return steps.cumsum(axis) - steps / 2 - 1


def still(layer: Layer) -> Layer:
    """The layer with all weights zero: what it moves starts where it is."""
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)
    return layer


def decoder(maps: int, width: int) -> nn.Sequential:
    """Maps and the two coordinates to `width` features: 1x1, then twice 3x3, with ReLU.

    Without normalisation: the maps may be constant planes, whose level is all that they say.
    """
    channels = ((maps + 2, 2 * width, 1), (2 * width, width, 3), (width, width, 3))
    layers: list[nn.Module] = []
    for inputs, outputs, kernel in channels:
        layer = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2)
        nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
        layers += [layer, nn.ReLU(inplace=True)]
    return nn.Sequential(*layers)


def placed(maps: Float[Tensor, "batch maps h w"]) -> Float[Tensor, "batch channels h w"]:
    """The maps, and x and y of every cell."""
    height, width = maps.shape[-2:]
    place = grid(height, width, maps).movedim(2, 0).to(maps.dtype)
    return torch.cat([maps, place.expand(len(maps), 2, height, width)], 1)
