"""The loss `example`: a distance of pixels that forgives what is far off.

In place of the perceptual loss, and beside it:

    unsuplmk run --loss example --loss equivariance --loss separation --steps 200 --size 64
    unsuplmk run photos/ --loss compact --loss example --loss.example.weight 0.5 --loss.example.epsilon 0.05
"""

from __future__ import annotations

from typing import Annotated, ClassVar, final

from jaxtyping import Float
from pydantic import Field
from torch import Tensor

from unsuplmk.interfaces import Loss
from unsuplmk.ops.masking import masked_mean
from unsuplmk.types import Step


@final
class Example(Loss):
    """Charbonnier's distance of pixel values: nearly the square of small errors, nearly the size of large ones.

    Charbonnier, Blanc-Feraud, Aubert, Barlaud, ICIP 1994, https://doi.org/10.1109/ICIP.1994.413553: the root of
    e^2 + epsilon^2, less epsilon, so that a perfect reconstruction costs nothing.

    Args:
        epsilon: Where small errors end, in pixel values from 0 to 1.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"reconstruction"})  # a run that makes none is refused at its start

    def __init__(self, *, epsilon: Annotated[float, Field(gt=0, le=1)] = 0.01) -> None:
        super().__init__()
        self.epsilon = epsilon

    def forward(self, step: Step) -> Float[Tensor, ""]:
        """Mean over the pixels that count: the pair's weight masks those that nobody can know."""
        error = step.reconstruction.image.float() - step.pair.target
        distance = (error.square() + self.epsilon**2).sqrt() - self.epsilon
        return masked_mean(distance, step.pair.weight)
