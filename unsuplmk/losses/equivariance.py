"""Landmarks must move with the image."""

from __future__ import annotations

from typing import Annotated, ClassVar, final

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor

from unsuplmk.interfaces import Loss
from unsuplmk.ops import draws
from unsuplmk.ops.thinplate import random
from unsuplmk.types import Image, Step, Warp


@final
class Equivariance(Loss):
    """Distance between the target's landmarks and those of a warped copy, mapped back by the known warp.

    Thewlis, Bilen, Vedaldi, "Unsupervised Learning of Object Landmarks by Factorized Spatial Embeddings",
    ICCV 2017, and Zhang et al. 2018, equation 7. A pair that knows its warp (`warped`) is used as it is;
    otherwise the target is warped here. Landmarks that the warp puts outside the image do not count.

    Args:
        rotation: Standard deviation of the rotation of copies that are made here, degrees.
        scale: Standard deviation of their scale about 1.
        shift: Standard deviation of their translation, in image halves.
        bend: Standard deviation of their spline coefficients.
        color: Random change of brightness, contrast and channel balance of the copies.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"places"})

    def __init__(
        self,
        *,
        rotation: Annotated[float, Field(ge=0, le=180)] = 10.0,
        scale: Annotated[float, Field(ge=0, lt=0.5)] = 0.1,
        shift: Annotated[float, Field(ge=0, le=1)] = 0.1,
        bend: Annotated[float, Field(ge=0, le=0.1)] = 0.005,
        color: Annotated[float, Field(ge=0, le=1)] = 0.2,
    ) -> None:
        super().__init__()
        self.rotation, self.scale, self.shift, self.bend, self.color = rotation, scale, shift, bend, color

    def forward(self, step: Step) -> Float[Tensor, ""]:
        """Mean Euclidean distance, in image halves; 0 for landmarks that the target does not show."""
        copy, warp = self._copy(step)
        back = warp.points(step.locate(copy).xy)
        seen = (back.detach().abs() < 1).all(-1).float()
        # the epsilon bounds the gradient of the root where two points meet
        distance = ((back - step.target.xy).square().sum(-1) + 1e-6).sqrt()
        return (distance * seen).mean()

    def _copy(self, step: Step) -> tuple[Image, Warp]:
        if step.pair.warp is not None:
            return self._recolour(step.pair.source), step.pair.warp
        target = step.pair.target
        warp = random(
            len(target), target, bend_some=self.bend, rotation=self.rotation, scale=self.scale, shift=self.shift
        )
        return self._recolour(warp.images(target)), warp

    def _recolour(self, image: Image) -> Image:
        if self.color == 0:
            return image
        z = self.color * draws.normal(len(image), 5, 1, 1, like=image)
        gain, lift = torch.exp(z[:, :1]), 0.5 * z[:, 1:2]
        balance = torch.exp(0.5 * z[:, 2:])
        return ((image - 0.5) * gain * balance + 0.5 + lift).clamp(0, 1)
