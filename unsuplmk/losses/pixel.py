"""Distance of the reconstruction in pixel values."""

from __future__ import annotations

from typing import ClassVar, Literal, final

from jaxtyping import Float
from torch import Tensor

from unsuplmk.interfaces import Loss
from unsuplmk.ops.masking import masked_mean, shrink
from unsuplmk.types import Step


@final
class Pixel(Loss):
    """Mean distance of pixel values in [0, 1], over what counts.

    The l1 and l2 rows of the ablation in Jakab et al. 2018. It needs no weights and is the weakest of the
    reconstruction losses: it cares for large areas, not for details.

    Args:
        norm: l1 is the absolute difference, l2 its square.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"reconstruction"})

    def __init__(self, *, norm: Literal["l1", "l2"] = "l2") -> None:
        super().__init__()
        self.norm = norm

    def forward(self, step: Step) -> Float[Tensor, ""]:
        """Average over batch, channels and the pixels that count."""
        made = step.reconstruction.image
        difference = made - shrink(step.pair.target, made.shape[-2:])
        return masked_mean(difference.abs() if self.norm == "l1" else difference.square(), step.pair.weight)
