"""Perceptual loss by SqueezeNet: a tenth of VGG's cost."""

from __future__ import annotations

from typing import ClassVar, Literal, final

from jaxtyping import Float
from torch import Tensor
from torchvision.models import squeezenet1_1

from unsuplmk.interfaces import Loss
from unsuplmk.ops import weights as files
from unsuplmk.ops.perceptual import Perceptual
from unsuplmk.types import Step

TAPS = {"relu1": 1, "fire3": 4, "fire5": 7, "fire7": 10, "fire9": 12}
"""Layer -> its index in torchvision's `features`."""

Layer = Literal["input", "relu1", "fire3", "fire5", "fire7", "fire9"]


@final
class Squeezenet(Loss):
    """Distance of SqueezeNet 1.1 features (Iandola et al. 2016), each layer divided by its running size.

    Args:
        weights: File of ImageNet weights in torchvision's layout; empty downloads them.
        layers: What is compared; input is the image itself.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"reconstruction"})

    def __init__(
        self, *, weights: str = "", layers: tuple[Layer, ...] = ("input", "relu1", "fire3", "fire5", "fire7", "fire9")
    ) -> None:
        super().__init__()
        network = squeezenet1_1(weights=None).features
        name = "SqueezeNet1_1_Weights.IMAGENET1K_V1"
        files.load(network, "features.", weights, name, "--loss.squeezenet.weights")
        self.perceptual = Perceptual(network, TAPS, layers)

    def forward(self, step: Step) -> Float[Tensor, ""]:
        """Masked distance between reconstruction and target, about 1 in the steady state."""
        return self.perceptual(step.reconstruction.image, step.pair.target, step.pair.weight)
