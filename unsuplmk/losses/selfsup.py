"""Perceptual loss by a grey-input VGG-16 that was trained by colourisation."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal, final

from jaxtyping import Float
from torch import Tensor, nn

from unsuplmk.errors import UserError
from unsuplmk.interfaces import Loss
from unsuplmk.ops import greyvgg
from unsuplmk.ops.perceptual import Perceptual
from unsuplmk.types import Step

Layer = Literal["input", "conv1_2", "conv2_2", "conv3_2", "conv4_2", "conv5_2"]

UNITS = 255.0**2
"""The released code compares the input in 0..255."""


@final
class Selfsup(Loss):
    """Distance of features that were learnt without labels, each layer divided by its running size.

    The loss network of Jakab et al. 2018, from Larsson, Maire, Shakhnarovich, "Colorization as a Proxy Task for
    Visual Understanding", CVPR 2017: it never saw a label, so that the whole method is unsupervised.

    Args:
        weights: The published vgg16.caffemodel.h5, or a file that `unsuplmk colorise` wrote; there is no default.
        layers: What is compared, after the ReLU; input is the image itself, in colour.
        initial: Running sizes to start from, one a layer, as published (input in 0..255; the released code has
            100, 1.6, 2.3, 1.8, 2.8, 100); none starts from the first measured ones.
        mask: How the mask is shrunk: area averages it, pick takes every so-many-th pixel as the released code does.
        through_scale: Let the gradient flow through the running sizes too, as in the released code.

    Raises:
        UserError: There is no file, or it is not such a network; or the initial sizes do not fit the layers.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"reconstruction"})

    def __init__(
        self,
        *,
        weights: str = "",
        layers: tuple[Layer, ...] = ("input", "conv1_2", "conv2_2", "conv3_2", "conv4_2", "conv5_2"),
        initial: tuple[float, ...] = (),
        mask: Literal["area", "pick"] = "area",
        through_scale: bool = False,
    ) -> None:
        super().__init__()
        if not weights:
            raise UserError(
                "the loss selfsup needs --loss.selfsup.weights FILE: vgg16.caffemodel.h5 of the colourisation project "
                "of Larsson et al. 2017, or a network of your own (unsuplmk colorise IMAGES --out FILE.safetensors)"
            )
        deep = [name for name in layers if name != "input"]
        network = nn.Sequential()
        if deep:
            network = greyvgg.build(greyvgg.read(Path(weights), max(deep, key=greyvgg.NAMES.index)), weights)
        if len(initial) == len(layers):
            initial = tuple(v / UNITS if name == "input" else v for name, v in zip(layers, initial, strict=True))
        self.perceptual = Perceptual(
            network, greyvgg.taps(), layers, mean=[greyvgg.GREY] * 3, sd=[1.0] * 3, grey=True,
            initial=initial, mask=mask, through_scale=through_scale,
        )  # fmt: skip

    def forward(self, step: Step) -> Float[Tensor, ""]:
        """Masked distance between reconstruction and target, about 1 in the steady state."""
        return self.perceptual(step.reconstruction.image, step.pair.target, step.pair.weight)
