"""The keypoint encoder of Jakab et al. 2018."""

from __future__ import annotations

from typing import Annotated, Literal, final

from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn

from unsuplmk.interfaces import Encoder
from unsuplmk.ops.blocks import Norm, Trunk
from unsuplmk.ops.conventions import Init, Padding, Pixels, draw_weights, enter


@final
class Convnet(Encoder):
    """The 2018 network: eight convolutions at 128 px, then a 1x1 convolution to the heatmaps.

    Jakab, Gupta, Bilen, Vedaldi, NeurIPS 2018, section 3.3. The paper's heatmaps are 16x16 at every image
    size: a stride of 8 at 128 px, 4 at 64 px.

    Args:
        width: Channels at full resolution; they double with each halving.
        stride: Image side over heatmap side.
        norm: batch as in the paper; group does not depend on the batch.
        padding: Zeros of the strided convolutions; trailing: bottom and right only, as in the released code.
        pixels: What the network sees: centred on zero, or bytes (0..255), as in the released code.
        init: First weights: torch's own, or truncated: normal, sd 0.01, as in the released code.
    """

    def __init__(
        self,
        landmarks: int,
        *,
        width: Annotated[int, Field(ge=2, le=512)] = 32,
        stride: Literal[1, 2, 4, 8, 16, 32] = 8,
        norm: Norm = "batch",
        padding: Padding = "symmetric",
        pixels: Pixels = "centred",
        init: Init = "torch",
    ) -> None:
        super().__init__()
        self.pixels: Pixels = pixels
        self.trunk = Trunk(width, stride, norm, padding)
        self.head = nn.Conv2d(self.trunk.channels, landmarks, 1)
        draw_weights(self, init)

    def forward(self, image: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch landmarks h w"]:
        """Scores at 1/stride of the image's resolution."""
        return self.head(self.trunk(enter(image, self.pixels))[-1])
