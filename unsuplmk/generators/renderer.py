"""The generator of Jakab et al. 2018: appearance and maps at one resolution, no skip connections."""

from __future__ import annotations

from typing import Annotated, Literal, final

import torch
from pydantic import Field
from torch import nn

from unsuplmk.interfaces import Generator
from unsuplmk.ops.blocks import Norm, Trunk, conv
from unsuplmk.ops.conventions import Init, Padding, Pixels, Upsampling, draw_weights, enter, leave, upsample
from unsuplmk.ops.masking import shrink, stretch
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
        padding: Zeros of the strided convolutions; trailing: bottom and right only, as in the released code.
        upsampling: bilinear, or corner: the first pixel stays in its place, as in the released code.
        pixels: What the network sees and makes: centred on zero, or bytes (0..255), as in the released code.
        init: First weights: torch's own, or truncated: normal, sd 0.01, as in the released code.
    """

    def __init__(
        self,
        maps: int,
        *,
        width: Annotated[int, Field(ge=2, le=512)] = 32,
        stride: Literal[2, 4, 8, 16, 32] = 8,
        shrink: Annotated[int, Field(ge=1, le=8)] = 1,
        norm: Norm = "batch",
        padding: Padding = "symmetric",
        upsampling: Upsampling = "bilinear",
        pixels: Pixels = "centred",
        init: Init = "torch",
    ) -> None:
        super().__init__()
        self.shrink = shrink
        self.pixels: Pixels = pixels
        self.appearance = Trunk(width, stride, norm, padding)
        channels = self.appearance.channels
        inputs = channels + maps
        layers: list[nn.Module] = []
        while channels > width:
            layers += [conv(inputs, channels, kind=norm), conv(channels, channels, kind=norm)]
            layers += [upsample(upsampling)]
            inputs, channels = channels, channels // 2
        layers += [conv(inputs, width, kind=norm), nn.Conv2d(width, 3, 3, padding=1)]
        self.decode = nn.Sequential(*layers)
        draw_weights(self, init)

    def forward(self, pair: Pair, source: Landmarks, target: Landmarks, render: Render) -> Reconstruction:
        """Rebuild the target from the source image and the target's landmarks."""
        height, width = pair.source.shape[-2:]
        seen = shrink(pair.source, (height // self.shrink, width // self.shrink))
        features = self.appearance(enter(seen, self.pixels))[-1]
        maps = render(target, (features.shape[-2], features.shape[-1])).to(features.dtype)
        made = leave(self.decode(torch.cat([features, maps], 1)), self.pixels)
        return Reconstruction(stretch(made, seen.shape[-2:]))  # larger, where the stride does not divide the side
