"""The generator of Jakab et al. 2018: appearance and maps at one resolution, no skip connections."""

from __future__ import annotations

from typing import Annotated, Literal, final

import torch
from pydantic import Field
from torch import nn

from unsuplmk.interfaces import Generator
from unsuplmk.ops.blocks import Norm, Trunk, conv
from unsuplmk.ops.masking import shrink
from unsuplmk.types import Landmarks, Pair, Reconstruction, Render


@final
class Renderer(Generator):
    """The 2018 generator: coarse features of the source beside the maps, upsampled by convolutions.

    Jakab, Gupta, Bilen, Vedaldi, NeurIPS 2018, section 3.3. Only the coarsest level of the source is used, so
    that geometry has to come through the landmarks.

    Args:
        width: Channels at full resolution; they double with each halving.
        stride: Rebuilt side over the side of the maps; the paper's maps are 16x16, a stride of 8 at 128 px.
        shrink: Rebuild the image at a shrink-th of its side; 2 makes generator and losses four times cheaper.
        norm: batch as in the paper; group does not depend on the batch.
    """

    def __init__(
        self,
        maps: int,
        *,
        width: Annotated[int, Field(ge=2, le=512)] = 32,
        stride: Literal[2, 4, 8, 16, 32] = 8,
        shrink: Annotated[int, Field(ge=1, le=8)] = 1,
        norm: Norm = "batch",
    ) -> None:
        super().__init__()
        self.shrink = shrink
        self.appearance = Trunk(width, stride, norm)
        channels = self.appearance.channels
        inputs = channels + maps
        layers: list[nn.Module] = []
        while channels > width:
            layers += [conv(inputs, channels, kind=norm), conv(channels, channels, kind=norm)]
            layers += [nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False)]
            inputs, channels = channels, channels // 2
        layers += [conv(inputs, width, kind=norm), nn.Conv2d(width, 3, 3, padding=1)]
        self.decode = nn.Sequential(*layers)

    def forward(self, pair: Pair, source: Landmarks, target: Landmarks, render: Render) -> Reconstruction:
        """Rebuild the target from the source image and the target's landmarks."""
        height, width = pair.source.shape[-2:]
        seen = shrink(pair.source, (height // self.shrink, width // self.shrink))
        features = self.appearance(seen - 0.5)[-1]
        maps = render(target, (features.shape[-2], features.shape[-1])).to(features.dtype)
        return Reconstruction(self.decode(torch.cat([features, maps], 1)).float() + 0.5)
