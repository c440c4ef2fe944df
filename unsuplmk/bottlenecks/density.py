"""Points as the means of probability maps, which the losses may see too."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, final

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor

from unsuplmk.interfaces import Bottleneck
from unsuplmk.ops.coordinates import centres
from unsuplmk.ops.gaussians import gaussians
from unsuplmk.ops.marginals import concentration, expectation
from unsuplmk.types import Landmarks


@final
class Density(Bottleneck):
    """Mean and covariance of a probability map for each landmark, and the map itself for the losses.

    cells: one softmax a landmark over all cells (Thewlis, Bilen, Vedaldi, "Unsupervised Learning of Object
    Landmarks by Factorized Spatial Embeddings", ICCV 2017). channels: one softmax a cell over all landmarks and
    a background, then each landmark's map divided by its sum (Zhang, Guo, Jin, Luo, He, Lee, "Unsupervised
    Discovery of Object Landmarks as Structural Representations", CVPR 2018). The background's score is 0:
    a softmax only knows differences, so scores relative to it lose nothing. Points are drawn as Gaussians.

    Args:
        softmax: cells: where is this landmark? channels: which landmark, or background, is at this cell?
        sigma: Standard deviation of the drawn Gaussians, in image halves.
        sharpness: Factor on the scores before the softmax; too low, and all landmarks start and stay at the centre.
    """

    provides: ClassVar[frozenset[str]] = frozenset({"cov", "density"})

    def __init__(
        self,
        landmarks: int,
        *,
        softmax: Literal["cells", "channels"] = "cells",
        sigma: Annotated[float, Field(gt=0, le=2)] = 0.1,
        sharpness: Annotated[float, Field(gt=0)] = 10.0,
    ) -> None:
        super().__init__()
        self.maps = landmarks
        self.softmax: Literal["cells", "channels"] = softmax
        self.sigma, self.sharpness = sigma, sharpness

    def locate(self, heatmaps: Float[Tensor, "batch landmarks h w"]) -> Landmarks:
        """Means and covariances, in float32."""
        scores = self.sharpness * heatmaps.float()
        density = _over_cells(scores if self.softmax == "cells" else _log_share(scores))
        px, py = density.sum(2), density.sum(3)
        xy = expectation(px, py)
        return Landmarks(xy, concentration(px, py), heatmaps, cov=_covariance(density, xy), density=density)

    def render(self, landmarks: Landmarks, size: tuple[int, int]) -> Float[Tensor, "batch maps h w"]:
        """One Gaussian a landmark, with a peak of 1."""
        return gaussians(landmarks.xy, size, self.sigma)


def _over_cells(scores: Tensor) -> Tensor:
    return scores.flatten(2).softmax(-1).view_as(scores)


def _log_share(scores: Tensor) -> Tensor:
    """Logarithms of each landmark's share of a cell: a landmark that is nowhere can still be normalised."""
    background = torch.zeros_like(scores[:, :1])
    return torch.cat([scores, background], 1).log_softmax(1)[:, :-1]


def _covariance(
    density: Float[Tensor, "batch landmarks h w"], xy: Float[Tensor, "batch landmarks 2"]
) -> Float[Tensor, "batch landmarks 2 2"]:
    height, width = density.shape[-2:]
    x = centres(width, xy) - xy[..., :1]
    y = centres(height, xy) - xy[..., 1:]
    xx, yy = (density.sum(2) * x.square()).sum(-1), (density.sum(3) * y.square()).sum(-1)
    cross = ((density * x[:, :, None]).sum(3) * y).sum(-1)  # no matmul: autocast would round it to bfloat16
    return torch.stack([torch.stack([xx, cross], -1), torch.stack([cross, yy], -1)], -2)
