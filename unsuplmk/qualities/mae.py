"""Mean absolute error of pixel values: the simplest figure about a rebuilt image."""

from __future__ import annotations

from typing import ClassVar, Literal, final

from jaxtyping import Float
from torch import Tensor

from unsuplmk.interfaces import Quality
from unsuplmk.ops.masking import weighted_mean
from unsuplmk.types import Image


@final
class Mae(Quality):
    """Mean absolute difference of pixel values in [0, 1], over what counts: 0 at best, 1 at worst."""

    better: ClassVar[Literal["higher", "lower"]] = "lower"

    def forward(
        self, prediction: Image, target: Image, weight: Float[Tensor, "batch 1 height width"] | None
    ) -> Float[Tensor, "batch"]:
        """Average over channels and pixels."""
        return weighted_mean((prediction.float() - target.float()).abs(), weight)
