"""The loss `lpips`: a perceptual distance whose layers are weighed by human judgements."""

from __future__ import annotations

from typing import ClassVar, final

from jaxtyping import Float
from torch import Tensor

from unsuplmk.interfaces import Loss
from unsuplmk.ops.masking import masked_mean, shrink
from unsuplmk.types import Step
from unsuplmk_lpips.distance import Network, build, check


@final
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

    def __init__(self, *, network: Network = "alex", weights: str = "") -> None:
        super().__init__()
        self.network: Network = network
        self.distance = build(network, weights, "--loss.lpips.weights")

    def forward(self, step: Step) -> Float[Tensor, ""]:
        """Masked mean of the distance at every pixel of the reconstruction.

        Raises:
            UserError: The reconstruction is too small for the network.
        """
        made = step.reconstruction.image
        check(self.network, made, "loss.lpips")
        distances = self.distance(made, shrink(step.pair.target, made.shape[-2:]), normalize=True)
        return masked_mean(distances.float(), step.pair.weight)
