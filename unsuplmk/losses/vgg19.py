"""Perceptual loss by VGG-19."""

from __future__ import annotations

from typing import ClassVar, Literal, final

from jaxtyping import Float
from torch import Tensor
from torchvision.models.vgg import cfgs, make_layers

from unsuplmk.interfaces import Loss
from unsuplmk.ops import weights as files
from unsuplmk.ops.perceptual import Perceptual
from unsuplmk.types import Step

TAPS = {"conv1_2": 3, "conv2_2": 8, "conv3_2": 13, "conv4_2": 22, "conv5_2": 31}
"""Layer -> index of its ReLU in torchvision's `features`."""

Layer = Literal["input", "conv1_2", "conv2_2", "conv3_2", "conv4_2", "conv5_2"]


@final
class Vgg19(Loss):
    """Distance of VGG-19 features (Simonyan and Zisserman 2015), each layer divided by its running size.

    The loss network that the paper of Jakab et al. 2018 names (its supervised variant).

    Args:
        weights: File of ImageNet weights in torchvision's layout; empty downloads them.
        layers: What is compared, after the ReLU; input is the image itself.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"reconstruction"})

    def __init__(
        self,
        *,
        weights: str = "",
        layers: tuple[Layer, ...] = ("input", "conv1_2", "conv2_2", "conv3_2", "conv4_2", "conv5_2"),
    ) -> None:
        super().__init__()
        network = make_layers(cfgs["E"], batch_norm=False)[: max(TAPS.values()) + 1]
        files.load(network, "features.", weights, "VGG19_Weights.IMAGENET1K_V1", "--loss.vgg19.weights")
        self.perceptual = Perceptual(network, TAPS, layers)

    def forward(self, step: Step) -> Float[Tensor, ""]:
        """Masked distance between reconstruction and target, about 1 in the steady state."""
        return self.perceptual(step.reconstruction.image, step.pair.target, step.pair.weight)
