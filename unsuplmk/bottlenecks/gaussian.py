"""The bottleneck of Jakab et al. 2018: expected coordinates, redrawn as Gaussians."""

from __future__ import annotations

from typing import Annotated, final

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor

from unsuplmk.interfaces import Bottleneck
from unsuplmk.ops.coordinates import centres
from unsuplmk.ops.marginals import Pooling, concentration, expectation, marginals
from unsuplmk.types import Landmarks


@final
class Gaussian(Bottleneck):
    """Expected coordinates of each heatmap, redrawn as isotropic Gaussians of a fixed size.

    Jakab, Gupta, Bilen, Vedaldi, "Unsupervised Learning of Object Landmarks through Conditional Image
    Generation", NeurIPS 2018, equations 2 and 3. Maps are exp(-d^2 / (2 sigma^2)), with a peak of 1.

    Args:
        sigma: Standard deviation of the drawn Gaussians, in image halves.
        pooling: joint: one softmax over all cells; sum (paper) and mean (released code): pool the scores
            along the other axis, then one softmax an axis.
        sharpness: Factor on the scores before the softmax; too low, and all landmarks start and stay at the centre.
    """

    def __init__(
        self,
        landmarks: int,
        *,
        sigma: Annotated[float, Field(gt=0, le=2)] = 0.1,
        pooling: Pooling = "joint",
        sharpness: Annotated[float, Field(gt=0)] = 10.0,
    ) -> None:
        super().__init__()
        self.maps = landmarks
        self.sigma, self.sharpness = sigma, sharpness
        self.pooling: Pooling = pooling

    def locate(self, heatmaps: Float[Tensor, "batch landmarks h w"]) -> Landmarks:
        """Expected coordinates under the softmax marginals (eq. 2), in float32."""
        px, py = marginals(heatmaps, self.pooling, self.sharpness)
        return Landmarks(expectation(px, py), concentration(px, py), heatmaps)

    def render(self, landmarks: Landmarks, size: tuple[int, int]) -> Float[Tensor, "batch maps h w"]:
        """One Gaussian a landmark (eq. 3), as the outer product of its two profiles."""
        height, width = size
        xy = landmarks.xy
        x = self._profile(centres(width, xy) - xy[..., :1])
        y = self._profile(centres(height, xy) - xy[..., 1:])
        return y[..., :, None] * x[..., None, :]

    def _profile(self, distance: Tensor) -> Tensor:
        return torch.exp(-distance.square() / (2 * self.sigma**2))
