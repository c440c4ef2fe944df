"""Averages over the pixels that count."""

from __future__ import annotations

from collections.abc import Sequence

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor


def masked_mean(
    values: Float[Tensor, "batch c h w"], weight: Float[Tensor, "batch 1 height width"] | None
) -> Float[Tensor, ""]:
    """Mean of values * weight over all entries, as the reference has it; the weight is shrunk to their size.

    It is not divided by the sum of the weights: an image that is half masked counts half.
    """
    if weight is None:
        return values.float().mean()
    return (values.float().mean(1, keepdim=True) * shrink(weight, values.shape[-2:])).mean()


def shrink(image: Float[Tensor, "batch c height width"], size: Sequence[int]) -> Float[Tensor, "batch c h w"]:
    """The image at another size (height, width), each pixel the average of what it covers; itself if it fits."""
    height, width = size
    return image if tuple(image.shape[-2:]) == (height, width) else F.adaptive_avg_pool2d(image, (height, width))
