"""The network behind LPIPS: torchvision's features, cut into slices by the package lpips, with its linear layers."""

from __future__ import annotations

import warnings
from typing import Literal, TypeAlias

import lpips
from jaxtyping import Float
from torch import Tensor, nn

from unsuplmk.errors import UserError
from unsuplmk.ops import weights as files

Network: TypeAlias = Literal["alex", "vgg", "squeeze"]
OFFICIAL = {
    "alex": "AlexNet_Weights.IMAGENET1K_V1",
    "vgg": "VGG16_Weights.IMAGENET1K_V1",
    "squeeze": "SqueezeNet1_1_Weights.IMAGENET1K_V1",
}
LEAST = {"alex": 31, "vgg": 16, "squeeze": 17}
"""Side of the smallest image of which something is left in the last layer, px."""


def build(network: Network, weights: str, option: str) -> lpips.LPIPS:
    """The frozen distance at every pixel, version 0.1.

    Args:
        network: Whose features are compared.
        weights: File of its ImageNet weights in torchvision's layout; empty downloads them.
        option: How the user names the file, for messages.

    Raises:
        UserError: The network's weights are not to be had.
    """
    with warnings.catch_warnings():  # lpips 0.1.4 asks torchvision in the old way
        warnings.simplefilter("ignore")
        distance = lpips.LPIPS(net=network, spatial=True, pnet_rand=True, verbose=False)
    # lpips cuts torchvision's `features` into slices and keeps the layers' numbers
    layers = {number: layer for part in distance.net.children() for number, layer in part.named_children()}
    files.load(nn.ModuleDict(layers), "features.", weights, OFFICIAL[network], option)
    for layer in distance.modules():
        if isinstance(layer, nn.Dropout):
            layer.p = 0.0  # training the landmarks is no training of the distance
    return distance.requires_grad_(False)


def check(network: Network, image: Float[Tensor, "batch 3 height width"], what: str) -> None:
    """Refuse images that the network cannot look at.

    Args:
        network: Its name.
        image: What it shall look at.
        what: Who wants it to, for the message.

    Raises:
        UserError: They are too small.
    """
    side = min(image.shape[-2:])
    if side < LEAST[network]:
        able = [name for name, least in LEAST.items() if least <= side]
        other = f"take --{what}.network {able[0]}, or " if able else ""
        raise UserError(
            f"--{what}.network {network} sees images of {LEAST[network]} px and more, not of {side}: {other}train with "
            "a larger --size, or a generator that does not shrink so much"
        )


def by_layer(
    distance: lpips.LPIPS,
    prediction: Float[Tensor, "batch 3 height width"],
    target: Float[Tensor, "batch 3 height width"],
) -> list[Float[Tensor, "batch 1 _ _"]]:
    """The distance at every place of each layer, of images in [0, 1]; LPIPS is the sum of the layers' means."""
    made, wanted = (distance.net(distance.scaling_layer(2 * image - 1)) for image in (prediction, target))
    pairs = zip(made, wanted, distance.lins, strict=True)
    return [linear((lpips.normalize_tensor(a) - lpips.normalize_tensor(b)).square()) for a, b, linear in pairs]
