"""The generator of Shu et al. 2018: a picture in a frame of its own, deformed into the image."""

from __future__ import annotations

from typing import Annotated, Literal, final

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from unsuplmk.interfaces import Generator
from unsuplmk.ops.blocks import Norm, Trunk, conv
from unsuplmk.ops.flow import affine, decoder, field, monotone, placed, still
from unsuplmk.ops.thinplate import sample
from unsuplmk.types import Landmarks, Pair, Reconstruction, Render

COARSE = 4
"""Cells along each side of what the texture code is unfolded to."""


@final
class Template(Generator):
    """Paints the source's texture in a frame common to all images, and deforms it by the target's landmarks.

    Shu, Sahasrabudhe, Guler, Samaras, Paragios, Kokkinos, "Deforming Autoencoders: Unsupervised Disentangling of
    Shape and Appearance", ECCV 2018. The deformation is the integral of positive steps, which cannot fold, followed
    by an affine map; both start as the identity. The texture passes through a short code, so that it has no room
    for places.

    Args:
        width: Channels of the texture encoder at full resolution, of the texture decoder at its finest.
        texture: Numbers in the texture code.
        paint: Side of the template, in pixels.
        side: Cells of the deformation along each side.
        shrink: Rebuild the image at a shrink-th of its side.
        norm: batch or group; group does not depend on the batch.
    """

    def __init__(
        self,
        maps: int,
        *,
        width: Annotated[int, Field(ge=4, le=512)] = 16,
        texture: Annotated[int, Field(ge=1, le=4096)] = 64,
        paint: Literal[16, 32, 64, 128, 256] = 64,
        side: Literal[8, 16, 32, 64] = 16,
        shrink: Annotated[int, Field(ge=1, le=8)] = 1,
        norm: Norm = "batch",
    ) -> None:
        super().__init__()
        self.side, self.shrink = side, shrink
        self.appearance = Trunk(width, 8, norm)
        deepest = self.appearance.channels
        self.squeeze = nn.Linear(deepest * COARSE**2, texture)
        channels = min(width * paint // COARSE, deepest)
        self.unfold = nn.Linear(texture, channels * COARSE**2)
        self.paint = _painter(channels, width, paint, norm)
        hidden = 4 * width
        self.deform = decoder(maps, hidden)
        self.steps = still(nn.Conv2d(hidden, 2, 3, padding=1))
        self.affine = still(nn.Linear(hidden, 6))

    def forward(self, pair: Pair, source: Landmarks, target: Landmarks, render: Render) -> Reconstruction:
        """The source's template in the target's shape; `extra` holds the template and the flow."""
        height, width = pair.source.shape[-2:]
        template = self._template(pair.source)
        flow = self._flow(target, render)
        size = (height // self.shrink, width // self.shrink)
        return Reconstruction(sample(template, field(flow, size), "border"), {"template": template, "flow": flow})

    def _template(self, source: Tensor) -> Tensor:
        features = F.adaptive_avg_pool2d(self.appearance(source - 0.5)[-1], COARSE)
        code = self.squeeze(features.flatten(1))
        return self.paint(self.unfold(code).unflatten(1, (-1, COARSE, COARSE))).float() + 0.5

    def _flow(self, target: Landmarks, render: Render) -> Tensor:
        size = (self.side, self.side)
        features = self.deform(placed(render(target, size)))
        numbers = self.affine(features.mean((2, 3))).float()
        matrix = torch.eye(2, device=numbers.device) + numbers[:, :4].unflatten(1, (2, 2))
        return affine(monotone(self.steps(features)), matrix, numbers[:, 4:])


def _painter(channels: int, width: int, side: int, kind: Norm) -> nn.Sequential:
    layers: list[nn.Module] = []
    for _ in range((side // COARSE).bit_length() - 1):
        fewer = max(channels // 2, width)
        layers += [nn.Upsample(scale_factor=2, mode="nearest"), conv(channels, fewer, kind=kind)]
        channels = fewer
    return nn.Sequential(*layers, nn.Conv2d(channels, 3, 3, padding=1))
