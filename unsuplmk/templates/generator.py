"""The generator `example`: draws the target from its landmarks, in the colours of the source.

On the drawn puppets, and on photos:

    unsuplmk run --generator example --steps 200 --size 64
    unsuplmk run photos/ --generator example --generator.width 64
"""

from __future__ import annotations

from typing import Annotated, final

import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from unsuplmk.interfaces import Generator
from unsuplmk.types import Landmarks, Pair, Reconstruction, Render

STRIDE = 4
"""Image side over the side of the maps."""
COARSE = 8
"""Pixels along each side of the source that show through: too few to say where anything is."""


@final
class Example(Generator):
    """Convolutions of the maps, whose features the source scales and shifts, on top of a blurred source.

    Feature-wise linear modulation: Perez et al., AAAI 2018, https://arxiv.org/abs/1709.07871. Of the source no place
    gets through but a blur, so that geometry has to come from the landmarks.

    Args:
        width: Channels of every layer.
    """

    def __init__(self, maps: int, *, width: Annotated[int, Field(ge=8, le=512)] = 32) -> None:
        super().__init__()
        self.look = nn.Sequential(_layer(3, width, 2), _layer(width, width, 2), nn.AdaptiveAvgPool2d(1))
        self.modulation = nn.Conv2d(width, 2 * width, 1)
        self.enter = _layer(maps, width)
        self.decode = nn.Sequential(_layer(width, width), nn.Upsample(scale_factor=STRIDE), _layer(width, width))
        self.leave = nn.Conv2d(width, 3, 3, padding=1)

    def forward(self, pair: Pair, source: Landmarks, target: Landmarks, render: Render) -> Reconstruction:
        """Rebuild the target from the source image and the target's landmarks; never from `pair.target`."""
        height, width = pair.source.shape[-2:]
        scale, shift = self.modulation(self.look(pair.source - 0.5)).chunk(2, 1)
        features = self.enter(render(target, (height // STRIDE, width // STRIDE)))
        drawn = self.leave(self.decode((1 + scale) * features + shift))
        return Reconstruction(_blurred(pair.source) + drawn.float())  # losses judge in float32


def _blurred(image: Tensor) -> Tensor:
    coarse = F.adaptive_avg_pool2d(image, COARSE)
    return F.interpolate(coarse, image.shape[-2:], mode="bilinear", align_corners=False)


def _layer(inputs: int, outputs: int, stride: int = 1) -> nn.Module:
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, stride, padding=1), nn.ReLU(), nn.GroupNorm(1, outputs))
