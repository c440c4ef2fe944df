"""Averages over the pixels that count."""

from __future__ import annotations

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
    if weight.shape[-2:] != values.shape[-2:]:
        weight = F.adaptive_avg_pool2d(weight, values.shape[-2:])
    return (values.float().mean(1, keepdim=True) * weight).mean()
