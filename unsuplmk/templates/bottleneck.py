"""The bottleneck `example`: the mean place about each heatmap's peak, drawn as a disc.

On the drawn puppets, and on photos:

    unsuplmk run --bottleneck example --steps 200 --size 64
    unsuplmk run photos/ --bottleneck example --bottleneck.reach 5 --bottleneck.radius 0.1
"""

from __future__ import annotations

from typing import Annotated, final

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor

from unsuplmk.interfaces import Bottleneck
from unsuplmk.types import Landmarks


@final
class Example(Bottleneck):
    """Expected coordinates in a window about the peak, drawn as a disc with a soft edge.

    A second peak far away moves the landmark not at all, where a mean over the whole heatmap would lie between the two.

    Args:
        reach: Cells from the peak to the edge of the window.
        sharpness: Factor on the scores before the softmax.
        radius: Of the discs, in image halves.
    """

    def __init__(
        self,
        landmarks: int,
        *,
        reach: Annotated[int, Field(ge=1, le=64)] = 4,
        sharpness: Annotated[float, Field(gt=0)] = 1.0,
        radius: Annotated[float, Field(gt=0, le=1)] = 0.15,
    ) -> None:
        super().__init__()
        self.maps = landmarks  # `render` draws one map a landmark
        self.reach, self.sharpness, self.radius = reach, sharpness, radius

    def locate(self, heatmaps: Float[Tensor, "batch landmarks h w"]) -> Landmarks:
        """Mean (x, y) by the softmax of the window; the score is the share of the whole softmax that lies in it."""
        h, w = heatmaps.shape[-2:]
        scores = self.sharpness * heatmaps.float().flatten(2)  # bfloat16 would be off by a pixel
        cell = torch.arange(h * w, device=heatmaps.device)
        peak = scores.argmax(-1, keepdim=True)
        near = ((cell % w - peak % w).abs() <= self.reach) & ((cell // w - peak // w).abs() <= self.reach)
        share = scores.masked_fill(~near, float("-inf")).softmax(-1)
        x, y = _centres(w, heatmaps)[cell % w], _centres(h, heatmaps)[cell // w]
        xy = torch.stack([(share * x).sum(-1), (share * y).sum(-1)], -1)
        return Landmarks(xy, (scores.softmax(-1) * near).sum(-1).clamp(max=1), heatmaps)

    def render(self, landmarks: Landmarks, size: tuple[int, int]) -> Float[Tensor, "batch maps h w"]:
        """A sigmoid of the squared distance: 0.5 at the radius."""
        height, width = size
        x = _centres(width, landmarks.xy) - landmarks.xy[..., :1]
        y = _centres(height, landmarks.xy) - landmarks.xy[..., 1:]
        squared = y.square()[..., :, None] + x.square()[..., None, :]
        return torch.sigmoid(4 * (1 - squared / self.radius**2))


def _centres(n: int, like: Tensor) -> Float[Tensor, "n"]:
    """Where the n cells of an axis lie: coordinates are -1 and 1 at the edges of the image, whatever its size."""
    return (2 * torch.arange(n, device=like.device) + 1) / n - 1
