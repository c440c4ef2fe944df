"""LPIPS: a perceptual distance whose layers are weighed by human judgements."""

from __future__ import annotations

import warnings
from typing import ClassVar, Literal

import lpips
from jaxtyping import Float
from torch import Tensor, nn

from unsuplmk.interfaces import Loss
from unsuplmk.ops import weights as files
from unsuplmk.ops.masking import masked_mean
from unsuplmk.types import Step

OFFICIAL = {
    "alex": "AlexNet_Weights.IMAGENET1K_V1",
    "vgg": "VGG16_Weights.IMAGENET1K_V1",
    "squeeze": "SqueezeNet1_1_Weights.IMAGENET1K_V1",
}


class Lpips(Loss):
    """Learned perceptual image patch similarity (Zhang, Isola, Efros, Shechtman, Wang, CVPR 2018), version 0.1.

    Paper: https://arxiv.org/abs/1801.03924. The linear layers come with the package lpips; the network's ImageNet
    weights are torchvision's.

    Args:
        network: Whose features are compared; alex is the quickest.
        weights: File of the network's ImageNet weights in torchvision's layout; empty downloads them.

    Raises:
        UserError: The network's weights are not to be had.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"reconstruction"})

    def __init__(self, *, network: Literal["alex", "vgg", "squeeze"] = "alex", weights: str = "") -> None:
        super().__init__()
        with warnings.catch_warnings():  # lpips 0.1.4 asks torchvision in the old way
            warnings.simplefilter("ignore")
            self.distance = lpips.LPIPS(net=network, spatial=True, pnet_rand=True, verbose=False)
        # lpips cuts torchvision's `features` into slices and keeps the layers' numbers
        layers = {number: layer for part in self.distance.net.children() for number, layer in part.named_children()}
        files.load(nn.ModuleDict(layers), "features.", weights, OFFICIAL[network], "--loss.lpips.weights")
        self.distance.requires_grad_(False)
        for layer in self.distance.modules():
            if isinstance(layer, nn.Dropout):
                layer.p = 0.0  # training the landmarks is no training of the distance

    def forward(self, step: Step) -> Float[Tensor, ""]:
        """Masked mean of the distance at every pixel."""
        distances = self.distance(step.reconstruction.image, step.pair.target, normalize=True)
        return masked_mean(distances.float(), step.pair.weight)
