"""The bottleneck of Jakab et al. 2018: expected coordinates, redrawn as Gaussians."""

from __future__ import annotations

import math
from typing import Annotated, Literal, final

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor

from unsuplmk.interfaces import Bottleneck
from unsuplmk.ops.coordinates import Grid, axis
from unsuplmk.ops.marginals import Pooling, concentration, expectation, marginals
from unsuplmk.types import Landmarks

Shape = Literal["rot", "flat", "ankush"]


@final
class Gaussian(Bottleneck):
    """Expected coordinates of each heatmap, redrawn as isotropic Gaussians of a fixed size.

    Jakab, Gupta, Bilen, Vedaldi, "Unsupervised Learning of Object Landmarks through Conditional Image
    Generation", NeurIPS 2018, equations 2 and 3. Maps are exp(-u) with u = d^2 / (2 sigma^2), with a peak of 1.
    The released code has two more shapes, flat: exp(-(u + 1e-5)^(1/4)), and ankush: the product over x and y of
    exp(-sqrt(1e-4 + |d| / (sigma sqrt 2))). Its own "std" of 0.1 is a sigma of 0.1 / sqrt 2.

    Args:
        sigma: Standard deviation of the drawn Gaussians, in image halves.
        pooling: joint: one softmax over all cells; sum (paper) and mean (released code): pool the scores
            along the other axis, then one softmax an axis.
        sharpness: Factor on the scores before the softmax; too low, and all landmarks start and stay at the centre.
        shape: Of the maps: rot, the Gaussian; flat and ankush have a sharper peak and a long tail.
        grid: What -1 and 1 are: centres, the image's edges; corners, the centres of its corner pixels (released code).
    """

    def __init__(
        self,
        landmarks: int,
        *,
        sigma: Annotated[float, Field(gt=0, le=2)] = 0.1,
        pooling: Pooling = "joint",
        sharpness: Annotated[float, Field(gt=0)] = 10.0,
        shape: Shape = "rot",
        grid: Grid = "centres",
    ) -> None:
        super().__init__()
        self.maps = landmarks
        self.sigma, self.sharpness = sigma, sharpness
        self.pooling: Pooling = pooling
        self.shape: Shape = shape
        self.grid: Grid = grid

    def locate(self, heatmaps: Float[Tensor, "batch landmarks h w"]) -> Landmarks:
        """Expected coordinates under the softmax marginals (eq. 2), in float32."""
        px, py = marginals(heatmaps, self.pooling, self.sharpness)
        return Landmarks(expectation(px, py, self.grid), concentration(px, py), heatmaps)

    def render(self, landmarks: Landmarks, size: tuple[int, int]) -> Float[Tensor, "batch maps h w"]:
        """One Gaussian a landmark (eq. 3), as the outer product of its two profiles."""
        height, width = size
        xy = landmarks.xy
        x = axis(width, xy, self.grid) - xy[..., :1]
        y = axis(height, xy, self.grid) - xy[..., 1:]
        if self.shape == "flat":
            squared = y.square()[..., :, None] + x.square()[..., None, :]
            return torch.exp(-((squared / (2 * self.sigma**2) + 1e-5) ** 0.25))
        return self._profile(y)[..., :, None] * self._profile(x)[..., None, :]

    def _profile(self, distance: Tensor) -> Tensor:
        if self.shape == "ankush":
            return torch.exp(-torch.sqrt(1e-4 + distance.abs() / (math.sqrt(2) * self.sigma)))
        return torch.exp(-distance.square() / (2 * self.sigma**2))
