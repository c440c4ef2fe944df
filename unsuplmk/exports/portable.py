"""The detector as one module from bytes to pixels, and its graph: what is exported."""

from __future__ import annotations

import warnings
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from unsuplmk.errors import UserError
from unsuplmk.frames.prepare import Fit
from unsuplmk.interfaces import Bottleneck, Encoder
from unsuplmk.naming.named import Named, Points
from unsuplmk.ops.resampling import Frames, Square


@final
class Portable(nn.Module):
    """Frames made square, encoder, bottleneck, the named points that are wanted, and pixels of the frames.

    Args:
        encoder: Of the trained model; its dtype is kept, and everything else is float32.
        bottleneck: Of the same.
        fit: How its square images are made.
        named: What makes named points of the landmarks.
        points: Which points are given.
    """

    def __init__(
        self, encoder: Encoder, bottleneck: Bottleneck, fit: Fit, named: Named | None = None, points: Points = "raw"
    ) -> None:
        super().__init__()
        self.square = Square(fit.size, fit.mode)
        self.encoder, self.bottleneck = encoder, bottleneck
        self.named, self.points = named, points

    def forward(self, frames: Frames) -> tuple[Float[Tensor, "batch points 2"], Float[Tensor, "batch points"]]:
        """Places in pixels of the frames, the centre of the first pixel being (0, 0), and scores in [0, 1]."""
        images = self.square(frames)
        weight = next(self.encoder.parameters(), images)
        found = self.bottleneck.locate(self.encoder(images.to(weight.dtype)).float())
        xy, score = found.xy, found.score.clamp(0, 1)
        if self.named is not None and self.points != "raw":
            named, sure = self.named(xy, score)
            both = self.points == "both"
            xy = torch.cat([xy, named], 1) if both else named
            score = torch.cat([score, sure], 1) if both else sure
        x, y = (axis.outside(xy[..., i], self.square.size) for i, axis in enumerate(self.square.axes(frames)))
        return torch.stack([x, y], -1).float(), score


def traced(portable: Portable, frame: tuple[int, int] | None) -> torch.export.ExportedProgram:
    """The graph of a detector, for batches of any number of frames.

    Args:
        portable: In evaluation mode, on the CPU.
        frame: (width, height) of the frames; None for any.

    Raises:
        UserError: A part cannot be traced.
    """
    width, height = frame or (34, 38)
    batch, *sides = (torch.export.Dim(name, min=1) for name in ("batch", "height", "width"))
    dynamic = {0: batch} if frame else dict(enumerate((batch, *sides)))
    example = torch.zeros(2, height, width, 3, dtype=torch.uint8)
    try:
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the tracer's remarks about its own workings
            return torch.export.export(portable, (example,), dynamic_shapes=(dynamic,))
    except Exception as error:  # the tracer raises errors of many kinds
        first = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
        parts = f"{type(portable.encoder).__name__} and {type(portable.bottleneck).__name__}"
        raise UserError(
            f"{parts} cannot be traced by torch.export ({first[:160]}); `unsuplmk.testing` says which part it is"
        ) from None
