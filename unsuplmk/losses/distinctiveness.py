"""Gives each landmark a place of its own."""

from __future__ import annotations

from typing import Annotated, ClassVar, final

import torch.nn.functional as F
from jaxtyping import Float
from pydantic import Field
from torch import Tensor

from unsuplmk.interfaces import Loss
from unsuplmk.types import Step


@final
class Distinctiveness(Loss):
    """Overlap of the probability maps: the share of them that is lost where only the greatest map counts.

    The diversity loss of Thewlis, Bilen, Vedaldi, ICCV 2017: number of landmarks minus the sum over blocks of
    cells of the greatest map, each map summed over the block first. Here divided by the number of landmarks, and
    averaged over target and source: 0 if no two maps share a block, 1 - 1/K if K maps are all alike.

    Args:
        pool: Side of the blocks, in cells of the heatmaps.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"density"})

    def __init__(self, *, pool: Annotated[int, Field(ge=1, le=64)] = 2) -> None:
        super().__init__()
        self.pool = pool

    def forward(self, step: Step) -> Float[Tensor, ""]:
        """Average over both images, the batch and the landmarks."""
        return (self._overlap(step.target.density) + self._overlap(step.source.density)) / 2

    def _overlap(self, density: Float[Tensor, "batch landmarks h w"] | None) -> Float[Tensor, ""]:
        assert density is not None
        blocks = F.avg_pool2d(density, self.pool, ceil_mode=True, divisor_override=1)
        return 1 - blocks.amax(1).sum((1, 2)).mean() / density.shape[1]
