"""Keeps landmarks apart."""

from __future__ import annotations

from typing import Annotated, ClassVar, final

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor

from unsuplmk.interfaces import Loss
from unsuplmk.types import Step


@final
class Separation(Loss):
    """Penalty on landmarks that lie close together: the sum of exp(-d^2 / (2 sigma^2)) over the others.

    Zhang, Guo, Jin, Luo, He, Lee, "Unsupervised Discovery of Object Landmarks as Structural Representations",
    CVPR 2018, equation 5; here averaged over landmarks, so that the weight means the same for any number.

    Args:
        sigma: Reach of the penalty, in image halves.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"places"})

    def __init__(self, *, sigma: Annotated[float, Field(gt=0, le=2)] = 0.08) -> None:
        super().__init__()
        self.sigma = sigma

    def forward(self, step: Step) -> Float[Tensor, ""]:
        """Average over batch and landmarks of the penalty that the others cause."""
        xy = step.target.xy
        squared = (xy[:, :, None] - xy[:, None]).square().sum(-1)
        near = torch.exp(-squared / (2 * self.sigma**2))
        return (near.sum(2) - 1).mean()  # less each landmark's own exp(0)
