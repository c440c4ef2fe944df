"""The generator of Shu et al. 2018: a picture in a frame of its own, deformed into the image."""

from __future__ import annotations

from typing import Annotated, Literal, final

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from unsuplmk.interfaces import Generator
from unsuplmk.ops.blocks import Norm, Trunk
from unsuplmk.ops.flow import affine, decoder, field, monotone, placed, still
from unsuplmk.ops.masking import shrink
from unsuplmk.ops.thinplate import sample
from unsuplmk.types import Landmarks, Pair, Reconstruction, Render

CELLS, COLOURS = 4, 16
"""Side of what the texture code is read from: features, and the image itself."""


@final
class Template(Generator):
    """Paints the source's texture in a frame common to all images, and deforms it by the target's landmarks.

    Shu, Sahasrabudhe, Guler, Samaras, Paragios, Kokkinos, "Deforming Autoencoders: Unsupervised Disentangling of
    Shape and Appearance", ECCV 2018. The deformation is the integral of positive steps, which cannot fold, followed
    by an affine map; both start as the identity. The texture passes through a short code, so that it has no room
    for places: the template is a sum of learnt pictures, one a number of the code. The paper has convolutions there.

    Args:
        width: Channels of the texture encoder at full resolution.
        texture: Numbers in the texture code.
        paint: Side of the template, in pixels.
        side: Cells of the deformation along each side.
        hidden: Channels of the deformation decoder.
        shrink: Rebuild the image at a shrink-th of its side.
        norm: batch or group; group does not depend on the batch.
    """

    def __init__(
        self,
        maps: int,
        *,
        width: Annotated[int, Field(ge=4, le=512)] = 8,
        texture: Annotated[int, Field(ge=1, le=4096)] = 64,
        paint: Literal[16, 32, 64, 128] = 32,
        side: Literal[8, 16, 32, 64] = 8,
        hidden: Annotated[int, Field(ge=8, le=512)] = 32,
        shrink: Annotated[int, Field(ge=1, le=8)] = 1,
        norm: Norm = "batch",
    ) -> None:
        super().__init__()
        self.paint, self.side, self.shrink = paint, side, shrink
        self.appearance = Trunk(width, 8, norm)
        self.squeeze = nn.Linear(self.appearance.channels * CELLS**2 + 3 * COLOURS**2, texture)
        self.pictures = nn.Linear(texture, 3 * paint**2)
        self.deform = decoder(maps, hidden)
        self.steps = still(nn.Conv2d(hidden, 2, 3, padding=1))
        self.affine = still(nn.Linear(hidden, 6))

    def forward(self, pair: Pair, source: Landmarks, target: Landmarks, render: Render) -> Reconstruction:
        """The source's template in the target's shape; `extra` holds the template and the flow."""
        height, width = pair.source.shape[-2:]
        template, flow = self._template(pair.source - 0.5), self._flow(render(target, (self.side, self.side)))
        size = (height // self.shrink, width // self.shrink)
        return Reconstruction(sample(template, field(flow, size), "border"), {"template": template, "flow": flow})

    def _template(self, source: Tensor) -> Tensor:
        features = F.adaptive_avg_pool2d(self.appearance(source)[-1], CELLS)
        colours = shrink(source, (COLOURS, COLOURS))
        code = self.squeeze(torch.cat([features.flatten(1), colours.flatten(1)], 1))
        return self.pictures(code).unflatten(1, (3, self.paint, self.paint)).float() + 0.5

    def _flow(self, maps: Tensor) -> Tensor:
        features = self.deform(placed(maps))
        numbers = self.affine(features.mean((2, 3))).float()
        matrix = torch.eye(2, device=numbers.device) + numbers[:, :4].unflatten(1, (2, 2))
        return affine(monotone(self.steps(features)), matrix, numbers[:, 4:])
