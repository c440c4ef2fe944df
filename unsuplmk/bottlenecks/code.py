"""A bottleneck without places: a short vector of numbers, read by a fully connected layer."""

from __future__ import annotations

from typing import Annotated, ClassVar, final

import torch
import torch.nn.functional as F
from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn

from unsuplmk.interfaces import Bottleneck
from unsuplmk.types import Landmarks


@final
class Code(Bottleneck):
    """Two numbers a landmark from a fully connected layer: an embedding, not points of the image.

    The codes of Wiles, Koepke, Zisserman, BMVC 2018 and of Shu et al., ECCV 2018, and the "fc bottleneck" of the
    ablation in Jakab et al. 2018. `xy` holds the code, squashed into [-1, 1]: a linear map may read places from it,
    but it lies nowhere in the picture, so that its confidence is 0, drawing it shows nothing, and losses on places
    (equivariance, separation) mean nothing. Maps are constant planes, two a landmark.

    Args:
        cells: Heatmaps are averaged to cells x cells before the layer, so that any image size fits.
        gain: Standard deviation of the numbers over the images of a batch, before they are squashed.
    """

    places: ClassVar[bool] = False

    def __init__(
        self,
        landmarks: int,
        *,
        cells: Annotated[int, Field(ge=1, le=64)] = 4,
        gain: Annotated[float, Field(gt=0)] = 0.5,
    ) -> None:
        super().__init__()
        self.maps = 2 * landmarks
        self.cells, self.gain = cells, gain
        self.read = nn.Linear(landmarks * cells**2, self.maps, bias=False)
        self.norm = nn.BatchNorm1d(self.maps, affine=False)

    def locate(self, heatmaps: Float[Tensor, "batch landmarks h w"]) -> Landmarks:
        """The code of each image, in float32."""
        with torch.autocast(heatmaps.device.type, enabled=False):
            pooled = F.adaptive_avg_pool2d(heatmaps.to(self.read.weight.dtype), self.cells)
            xy = (self.gain * self._standardised(self.read(pooled.flatten(1)))).tanh().unflatten(1, (-1, 2))
        return Landmarks(xy, torch.zeros_like(xy[..., 0]), heatmaps)

    def _standardised(self, numbers: Tensor) -> Tensor:
        if self.training and len(numbers) == 1:  # one image has no spread of its own
            return F.batch_norm(numbers, self.norm.running_mean, self.norm.running_var, eps=self.norm.eps)
        return self.norm(numbers)

    def render(self, landmarks: Landmarks, size: tuple[int, int]) -> Float[Tensor, "batch maps h w"]:
        """Every number as a plane of its own: x and y of the first landmark, then of the second."""
        return landmarks.xy.flatten(1)[..., None, None].expand(-1, -1, *size)
