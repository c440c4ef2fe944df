"""The encoder `example`: convolutions that halve the image, then dilated ones that look around.

On the drawn puppets, and on photos:

    unsuplmk run --encoder example --steps 200 --size 64
    unsuplmk run photos/ --encoder example --encoder.width 64 --encoder.stride 8
"""

from __future__ import annotations

from typing import Annotated, Literal, final

from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn

from unsuplmk.interfaces import Encoder


@final
class Example(Encoder):
    """Strided convolutions down to the size of the heatmaps, then dilated ones, so that a cell sees what is around it.

    Dilations that double from layer to layer: Yu and Koltun, ICLR 2016, https://arxiv.org/abs/1511.07122.

    Args:
        width: Channels of every layer.
        stride: Pixels of the image a cell of the heatmaps.
    """

    def __init__(
        self,
        landmarks: int,
        *,
        width: Annotated[int, Field(ge=8, le=512)] = 32,
        stride: Literal[2, 4, 8] = 4,
    ) -> None:
        super().__init__()
        halvings = stride.bit_length() - 1
        self.down = nn.Sequential(*(_layer(width if i else 3, width, stride=2) for i in range(halvings)))
        self.around = nn.ModuleList(_layer(width, width, dilation=2**i) for i in range(4))
        self.head = nn.Conv2d(width, landmarks, 1)

    def forward(self, image: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch landmarks h w"]:
        """Scores at one cell every `stride` pixels."""
        features = self.down(image - 0.5)  # images come in [0, 1]; what a network wants to see is its own business
        for layer in self.around:
            features = features + layer(features)
        return self.head(features)


def _layer(inputs: int, outputs: int, stride: int = 1, dilation: int = 1) -> nn.Module:
    """Convolution, ReLU, and a norm that sees one image at a time, so that a batch of one is as good as any."""
    convolution = nn.Conv2d(inputs, outputs, 3, stride, padding=dilation, dilation=dilation)
    return nn.Sequential(convolution, nn.ReLU(), nn.GroupNorm(1, outputs))
