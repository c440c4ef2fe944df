"""Points drawn as isotropic Gaussians."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from unsuplmk.ops.coordinates import centres


def gaussians(
    xy: Float[Tensor, "batch n 2"], size: tuple[int, int], sigma: float
) -> Float[Tensor, "batch n height width"]:
    """exp(-d^2 / (2 sigma^2)) around every point, with a peak of 1, as the outer product of its two profiles.

    Args:
        xy: Points in [-1, 1].
        size: (height, width) of the maps.
        sigma: In image halves.
    """
    height, width = size
    x = (centres(width, xy) - xy[..., :1]).square()
    y = (centres(height, xy) - xy[..., 1:]).square()
    return torch.exp(-y / (2 * sigma**2))[..., :, None] * torch.exp(-x / (2 * sigma**2))[..., None, :]
