"""A generator with skip connections: appearance and maps meet at every resolution."""

from __future__ import annotations

from typing import Annotated, Literal, final

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import nn

from unsuplmk.interfaces import Generator
from unsuplmk.ops.blocks import Norm, Trunk, conv
from unsuplmk.types import Landmarks, Pair, Reconstruction, Render


@final
class UNet(Generator):
    """Skip connections at every level, with the maps drawn at each: sharper, for video with a still background.

    Ronneberger, Fischer, Brox, "U-Net", MICCAI 2015, with the source's features on the way down and the
    landmarks' maps beside them on the way up. What did not move comes through the skips, so that the landmarks
    are spent on what did.

    Args:
        width: Channels at full resolution; they double with each halving.
        stride: Image side over the side of the coarsest level.
        norm: batch or group; group does not depend on the batch.
    """

    def __init__(
        self,
        maps: int,
        *,
        width: Annotated[int, Field(ge=2, le=512)] = 24,
        stride: Literal[2, 4, 8, 16, 32] = 8,
        norm: Norm = "batch",
    ) -> None:
        super().__init__()
        self.appearance = Trunk(width, stride, norm)
        channels = self.appearance.channels
        self.deepest = conv(channels + maps, channels, kind=norm)
        ups = []
        while channels > width:
            half = channels // 2
            ups.append(nn.Sequential(conv(channels + half + maps, half, kind=norm), conv(half, half, kind=norm)))
            channels = half
        self.ups = nn.ModuleList(ups)
        self.head = nn.Conv2d(width, 3, 3, padding=1)

    def forward(self, pair: Pair, source: Landmarks, target: Landmarks, render: Render) -> Reconstruction:
        """Rebuild the target from the source image and the target's landmarks."""
        *finer, coarsest = self.appearance(pair.source - 0.5)
        size = (coarsest.shape[-2], coarsest.shape[-1])
        x = self.deepest(torch.cat([coarsest, render(target, size).to(coarsest.dtype)], 1))
        for up, skip in zip(self.ups, reversed(finer), strict=True):
            size = (skip.shape[-2], skip.shape[-1])
            x = F.interpolate(x, size=size, mode="bilinear", align_corners=False)
            x = up(torch.cat([x, skip, render(target, size).to(x.dtype)], 1))
        return Reconstruction(self.head(x).float() + 0.5)
