"""Peak signal-to-noise ratio: the mean squared error on a scale of decibels."""

from __future__ import annotations

from typing import ClassVar, Literal, final

from jaxtyping import Float
from torch import Tensor

from unsuplmk.interfaces import Quality
from unsuplmk.ops.masking import weighted_mean
from unsuplmk.types import Image

ROUNDING = 1 / (12 * 255**2)
"""Mean squared error that comes of rounding to 8 bits."""


@final
class Psnr(Quality):
    """Decibels between the range of pixel values and the root mean square difference: -10 log10 of the mean square.

    Differences below what rounding to 8 bits makes are taken for that, so that the target itself has 58.9 dB and not
    infinitely many, which no average could hold.
    """

    better: ClassVar[Literal["higher", "lower"]] = "higher"

    def forward(
        self, prediction: Image, target: Image, weight: Float[Tensor, "batch 1 height width"] | None
    ) -> Float[Tensor, "batch"]:
        """Of each image's own mean square over channels and pixels."""
        square = weighted_mean((prediction.float() - target.float()).square(), weight)
        return -10 * square.clamp(min=ROUNDING).log10()
