"""The quality `example`: how much the edges of a rebuilt image differ from the target's.

Its options; and beside another figure, of a run:

    unsuplmk components quality example
    unsuplmk reconstruct runs/mouse photos/ --quality ssim --quality example --quality.example.exponent 2
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, final

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor

from unsuplmk.interfaces import Quality
from unsuplmk.types import Image


@final
class Example(Quality):
    """Difference of the steps from pixel to pixel: a blurred image is found out, a shift in brightness forgiven.

    The gradient difference of Mathieu, Couprie, LeCun, ICLR 2016, https://arxiv.org/abs/1511.05440, equation 6, as a
    mean.

    Args:
        exponent: Of each difference; 2 cares for the strong edges most.
    """

    better: ClassVar[Literal["higher", "lower"]] = "lower"

    def __init__(self, *, exponent: Annotated[float, Field(gt=0, le=4)] = 1.0) -> None:
        super().__init__()
        self.exponent = exponent

    def forward(
        self, prediction: Image, target: Image, weight: Float[Tensor, "batch 1 height width"] | None
    ) -> Float[Tensor, "batch"]:
        """Mean over both directions and all steps between pixels that count; NaN for an image where none does."""
        made, wanted = prediction.float(), target.float()
        counts = torch.ones_like(wanted[:, :1]) if weight is None else weight.float()
        total, steps = (wanted.new_zeros(len(wanted)) for _ in range(2))
        for axis in (2, 3):
            end = wanted.shape[axis] - 1
            both = counts.narrow(axis, 1, end) * counts.narrow(axis, 0, end)  # a step counts if both its pixels do
            difference = (made.diff(dim=axis).abs() - wanted.diff(dim=axis).abs()).abs() ** self.exponent
            total = total + (difference.mean(1, keepdim=True) * both).sum((1, 2, 3))
            steps = steps + both.sum((1, 2, 3))
        return total / steps
