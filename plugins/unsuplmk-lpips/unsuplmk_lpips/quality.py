"""The quality `lpips`: the perceptual distance that papers report of rebuilt images."""

from __future__ import annotations

from typing import ClassVar, Literal, final

import torch
from jaxtyping import Float
from torch import Tensor

from unsuplmk.interfaces import Quality
from unsuplmk.ops.masking import shrink, weighted_mean
from unsuplmk.types import Image
from unsuplmk_lpips.distance import Network, build, by_layer, check


@final
class Lpips(Quality):
    """Learned perceptual image patch similarity (Zhang, Isola, Efros, Shechtman, Wang, CVPR 2018): 0 at best.

    Paper: https://arxiv.org/abs/1801.03924. Without a mask it is the figure of the package lpips, version 0.1. With
    one, what does not count is taken from the target, and places of each layer are averaged by how much they count.

    Args:
        network: Whose features are compared; alex is what papers report.
        weights: File of the network's ImageNet weights in torchvision's layout; empty downloads them.

    Raises:
        UserError: The network's weights are not to be had.
    """

    better: ClassVar[Literal["higher", "lower"]] = "lower"

    def __init__(self, *, network: Network = "alex", weights: str = "") -> None:
        super().__init__()
        self.network: Network = network
        self.distance = build(network, weights, "--quality.lpips.weights")

    def forward(
        self, prediction: Image, target: Image, weight: Float[Tensor, "batch 1 height width"] | None
    ) -> Float[Tensor, "batch"]:
        """Sum over the layers of the mean over their places.

        Raises:
            UserError: The images are too small for the network.
        """
        check(self.network, target, "quality.lpips")
        prediction, target = prediction.float(), target.float()
        if weight is not None:  # the network looks around each pixel: a place that counts would see the others
            prediction = torch.where(weight > 0, prediction, target)
        with torch.autocast(target.device.type, enabled=False):
            layers = by_layer(self.distance, prediction, target)
        weights = [None if weight is None else shrink(weight.float(), layer.shape[-2:]) for layer in layers]
        means = [weighted_mean(layer, counted) for layer, counted in zip(layers, weights, strict=True)]
        return torch.stack(means).sum(0)
