"""The stacked hourglass of Newell et al. 2016."""

from __future__ import annotations

from typing import Annotated, Literal, final

import torch.nn.functional as F
from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn

from unsuplmk.interfaces import Encoder
from unsuplmk.ops.blocks import Norm, Residual, conv, norm


@final
class Hourglass(Encoder):
    """Stacked hourglass: every point of a heatmap sees the whole image, at the heatmap's resolution.

    Newell, Yang, Deng, "Stacked Hourglass Networks for Human Pose Estimation", ECCV 2016. Without labels
    there is no intermediate supervision: earlier stacks' heatmaps only feed the next stack.

    Args:
        width: Channels of the residual modules; the paper has 256.
        stacks: Hourglasses in a row; the paper has 8.
        depth: Halvings in each hourglass.
        stride: Image side over heatmap side; the paper has 4.
        norm: batch as in the paper; group does not depend on the batch.
    """

    def __init__(
        self,
        landmarks: int,
        *,
        width: Annotated[int, Field(ge=8, le=1024, multiple_of=4)] = 64,
        stacks: Annotated[int, Field(ge=1, le=16)] = 1,
        depth: Annotated[int, Field(ge=1, le=6)] = 4,
        stride: Literal[2, 4, 8] = 4,
        norm: Norm = "batch",
    ) -> None:
        super().__init__()
        self.stem = _stem(width, stride, norm)
        self.stacks = nn.ModuleList(_Stack(width, depth, landmarks, norm, last=i == stacks - 1) for i in range(stacks))

    def forward(self, image: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch landmarks h w"]:
        """Scores of the last stack; the image is centred on zero first."""
        x = self.stem(image - 0.5)
        heatmaps = x
        for stack in self.stacks:
            x, heatmaps = stack(x)
        return heatmaps


def _stem(width: int, stride: int, kind: Norm) -> nn.Sequential:
    half = width // 2
    layers: list[nn.Module] = [conv(3, half, 7, 2, kind=kind), Residual(half, width, kind)]
    while stride > 2:
        layers += [nn.MaxPool2d(2), Residual(width, width, kind)]
        stride //= 2
    return nn.Sequential(*layers)


class _Stack(nn.Module):
    """One hourglass, its heatmaps, and what it hands to the next one."""

    def __init__(self, width: int, depth: int, landmarks: int, kind: Norm, *, last: bool) -> None:
        super().__init__()
        self.nest = _Nest(width, depth, kind)
        self.after = nn.Sequential(Residual(width, width, kind), norm(kind, width), nn.ReLU())
        self.head = nn.Conv2d(width, landmarks, 1)
        self.last = last
        if not last:
            self.features = nn.Conv2d(width, width, 1)
            self.heatmaps = nn.Conv2d(landmarks, width, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        y = self.after(self.nest(x))
        heatmaps = self.head(y)
        return (x, heatmaps) if self.last else (x + self.features(y) + self.heatmaps(heatmaps), heatmaps)


class _Nest(nn.Module):
    """Halve, go one deeper, come back up, and add what was there at this resolution."""

    def __init__(self, width: int, depth: int, kind: Norm) -> None:
        super().__init__()
        self.skip = Residual(width, width, kind)
        self.down = Residual(width, width, kind)
        self.inner = _Nest(width, depth - 1, kind) if depth > 1 else Residual(width, width, kind)
        self.up = Residual(width, width, kind)

    def forward(self, x: Tensor) -> Tensor:
        # ceil_mode, and the skip's own size on the way up: any image size fits
        y = self.up(self.inner(self.down(F.max_pool2d(x, 2, ceil_mode=True))))
        return self.skip(x) + F.interpolate(y, size=x.shape[-2:], mode="nearest")
