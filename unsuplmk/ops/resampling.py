"""Frames made square by tensor operations alone, as `unsuplmk.frames.prepare.Fit` does it, for exported graphs."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, final

import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor, nn

Frames = UInt8[Tensor, "batch height width 3"]
Side = Float[Tensor, ""]
Whole = int | torch.SymInt


class Axis(NamedTuple):
    """How one side of a frame becomes one side of the square, in float64.

    Args:
        crop: Pixels of the frame that are kept.
        corner: The first of them.
        scaled: Pixels that they become.
        border: Pixels before these that repeat the first; what is left after them repeats the last.
    """

    crop: Side
    corner: Side
    scaled: Side
    border: Side

    @property
    def area(self) -> Side:
        """Pixels of the frame that a pixel is the sum of; 1 where the frame grows."""
        return (self.crop / self.scaled).clamp(min=1)

    def outside(self, x: Float[Tensor, "*any"], size: int) -> Float[Tensor, "*any"]:
        """From [-1, 1] of the square of `size` to pixels of the frame, the first pixel's centre being 0."""
        return ((x.double() + 1) * (size / 2) - self.border) * (self.crop / self.scaled) - 0.5 + self.corner


@final
class Square(nn.Module):
    """Makes a batch of frames of one size square, and maps points back; any size, known only when it runs.

    A pixel of the square is the mean over its area where the frame shrinks, and lies on the line between its two
    neighbours where it grows; along each side that is a weighted sum of few pixels, so that gathers and products do
    it. As OpenCV does it for `Fit`, the result is rounded to bytes.

    Args:
        size: Side of the square, in pixels.
        fit: As `Fit.mode`.
    """

    def __init__(self, size: int, fit: Literal["pad", "crop", "stretch"]) -> None:
        super().__init__()
        self.size = size
        self.fit: Literal["pad", "crop", "stretch"] = fit

    def forward(self, frames: Frames) -> Float[Tensor, "batch 3 size size"]:
        """The square images, in [0, 1]."""
        height, width = frames.shape[1:3]
        x, y = self.axes(frames)
        column, weight_x = self._taps(x, self._most(width, height))
        row, weight_y = self._taps(y, self._most(height, width))
        lines = frames.flatten(2).index_select(1, row.flatten()).unflatten(1, row.shape)
        lines = (weight_y[:, None] @ lines.float()).squeeze(2).unflatten(2, (width, 3))
        points = lines.index_select(2, column.flatten()).unflatten(2, column.shape)
        means = (weight_x[:, None] @ points).squeeze(3) * (1 / (x.area * y.area)).float()
        halves_up = (x.area == 2) & (y.area == 2)  # as OpenCV rounds means of four; others go to the even neighbour
        bytes = torch.where(halves_up, (means + 0.5).floor(), means.round()).clamp(0, 255)
        return bytes.permute(0, 3, 1, 2) / 255

    def axes(self, frames: Frames) -> tuple[Axis, Axis]:
        """What happens along x and along y."""
        like = {"dtype": torch.float64, "device": frames.device}
        height, width = (torch.full((), side, **like) for side in frames.shape[1:3])
        size, none = torch.full((), self.size, **like), torch.zeros((), **like)
        if self.fit == "stretch":
            return Axis(width, none, size, none), Axis(height, none, size, none)
        if self.fit == "crop":
            side = torch.minimum(width, height)
            left, top = (((whole - side) / 2).floor() for whole in (width, height))
            return Axis(side, left, size, none), Axis(side, top, size, none)
        longer = torch.maximum(width, height)
        scaled = [(side * self.size / longer).round().clamp(min=1) for side in (width, height)]
        x, y = (
            Axis(side, none, short, ((self.size - short) / 2).floor())
            for side, short in zip((width, height), scaled, strict=True)
        )
        return x, y

    def _most(self, side: Whole, other: Whole) -> Any:
        """How many pixels along a side of the frame touch one pixel of the square, at most.

        A whole number that the tracer may keep as a formula: it decides the shapes of what follows.
        """
        if self.fit == "pad":
            longer = torch.sym_max(side, other)
            scaled = (2 * side * self.size + longer - 1) // (2 * longer)  # rounded, and halves down
            return side // torch.sym_max(1, scaled) + 2
        kept = torch.sym_min(side, other) if self.fit == "crop" else side
        return kept // self.size + 2

    def _taps(self, axis: Axis, most: Whole) -> tuple[Int[Tensor, "size taps"], Float[Tensor, "size taps"]]:
        """The pixels of the frame that each pixel of the square is made of, and how much of each."""
        like = {"dtype": torch.float64, "device": axis.crop.device}
        step = axis.crop / axis.scaled
        pixel = torch.minimum((torch.arange(self.size, **like) - axis.border).clamp(min=0), axis.scaled - 1)
        left = pixel * step
        centre = torch.minimum((left + step / 2 - 0.5).clamp(min=0), axis.crop - 1)
        first = torch.where(step >= 1, left, centre).floor()
        taps = first[:, None] + torch.arange(most, **like)
        covered = torch.minimum((left + step)[:, None], taps + 1) - torch.maximum(left[:, None], taps)
        between = 1 - (centre[:, None] - taps).abs()
        weight = torch.where(step >= 1, covered, between).clamp(min=0).float()
        return (torch.minimum(taps, axis.crop - 1) + axis.corner).long(), weight
