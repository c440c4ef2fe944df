"""The generator of Wiles et al. 2018: no pixel is painted, the source is only moved."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, final

import torch
from pydantic import Field
from torch import nn

from unsuplmk.interfaces import Generator
from unsuplmk.ops.flow import decoder, field, placed, still
from unsuplmk.ops.masking import shrink
from unsuplmk.ops.thinplate import sample
from unsuplmk.types import Landmarks, Pair, Reconstruction, Render


@final
class Flow(Generator):
    """Looks the target up in the raw source, along a dense flow decoded from the landmarks of both.

    Wiles, Koepke, Zisserman, "Self-supervised learning of a facial attribute embedding from video", BMVC 2018. The
    flow starts as the identity. It is decoded on a coarse grid and interpolated, which keeps it smooth.

    Args:
        width: Channels of the decoder.
        side: Cells of the flow along each side.
        shrink: Rebuild the image at a shrink-th of its side: coarser pixels see motions from farther away.
        residual: Add painted intensities to the moved source: for what the source does not show.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"source"})

    def __init__(
        self,
        maps: int,
        *,
        width: Annotated[int, Field(ge=8, le=512)] = 64,
        side: Literal[8, 16, 32, 64] = 16,
        shrink: Annotated[int, Field(ge=1, le=8)] = 1,
        residual: bool = False,
    ) -> None:
        super().__init__()
        self.side, self.shrink = side, shrink
        outputs = 5 if residual else 2
        self.decode = decoder(2 * maps, width)
        self.head = still(nn.Conv2d(width, outputs, 3, padding=1))
        self.linear = still(nn.Conv2d(2 * maps, outputs, 1, bias=False))

    def forward(self, pair: Pair, source: Landmarks, target: Landmarks, render: Render) -> Reconstruction:
        """The source, moved; `extra` holds the flow, in image halves."""
        size = (self.side, self.side)
        here, there = render(target, size), render(source, size)
        maps = torch.cat([here - there, here + there], 1)  # what moved, apart from what is there
        decoded = (self.head(self.decode(placed(maps))) + self.linear(maps)).float()
        height, width = pair.source.shape[-2:]
        seen = shrink(pair.source, (height // self.shrink, width // self.shrink))
        out = (seen.shape[-2], seen.shape[-1])
        image = sample(seen.float(), field(decoded[:, :2], out), "border")
        if decoded.shape[1] > 2:
            image = image + nn.functional.interpolate(decoded[:, 2:], out, mode="bilinear", align_corners=False)
        return Reconstruction(image, {"flow": decoded[:, :2]})
