"""Keeps each landmark's map in one place."""

from __future__ import annotations

import math
from typing import ClassVar, final

from jaxtyping import Float
from torch import Tensor

from unsuplmk.interfaces import Loss
from unsuplmk.types import Step


@final
class Concentration(Loss):
    """Spread of the probability maps: the exponential of the entropy of a round Gaussian of their variance.

    Zhang, Guo, Jin, Luo, He, Lee, "Unsupervised Discovery of Object Landmarks as Structural Representations",
    CVPR 2018: 2 pi e s^2, about the area that a map covers; s^2 is here the mean of the variances along x and y.
    Averaged over landmarks, so that the weight means the same for any number.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"cov"})

    def forward(self, step: Step) -> Float[Tensor, ""]:
        """Average over batch and landmarks, in image halves squared."""
        assert step.target.cov is not None
        return math.pi * math.e * step.target.cov.diagonal(dim1=-2, dim2=-1).sum(-1).mean()
