"""Averages over the pixels that count."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor


def shrink(image: Float[Tensor, "batch c height width"], size: Sequence[int]) -> Float[Tensor, "batch c h w"]:
    """The image at another size (height, width), each pixel the average of what it covers; itself if it fits."""
    height, width = size
    return image if tuple(image.shape[-2:]) == (height, width) else F.adaptive_avg_pool2d(image, (height, width))


def stretch(image: Float[Tensor, "batch c height width"], size: Sequence[int]) -> Float[Tensor, "batch c h w"]:
    """The image at another size (height, width), bilinearly between its pixels; itself if it fits."""
    height, width = size
    if tuple(image.shape[-2:]) == (height, width):
        return image
    return F.interpolate(image, (height, width), mode="bilinear", align_corners=False)


def pick(image: Float[Tensor, "batch c height width"], size: Sequence[int]) -> Float[Tensor, "batch c h w"]:
    """The image at another size, every so-many-th pixel from the first: TensorFlow 1's bilinear shrinking."""
    height, width = size
    return F.interpolate(image, (height, width), mode="nearest")


def masked_mean(
    values: Float[Tensor, "batch c h w"],
    weight: Float[Tensor, "batch 1 height width"] | None,
    fit: Callable[[Tensor, Sequence[int]], Tensor] = shrink,
) -> Float[Tensor, ""]:
    """Mean of values * weight over all entries, as the reference has it; the weight is brought to their size by `fit`.

    It is not divided by the sum of the weights: an image that is half masked counts half.
    """
    if weight is None:
        return values.float().mean()
    return (values.float().mean(1, keepdim=True) * fit(weight, values.shape[-2:])).mean()


def weighted_mean(
    values: Float[Tensor, "batch c height width"], weight: Float[Tensor, "batch 1 height width"] | None
) -> Float[Tensor, "batch"]:
    """Mean of each image over channels and the pixels that count, by their weight; NaN where none does."""
    values = values.float().mean(1)
    if weight is None:
        return values.mean((1, 2))
    weight = weight.float()[:, 0]
    counted = (values * weight).sum((1, 2)), weight.sum((1, 2))
    return counted[0] / counted[1]
