"""A grey-input VGG-16 with batch norm that predicts something at single pixels, from all its layers at once."""

from __future__ import annotations

from typing import final

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from unsuplmk.ops import greyvgg


@final
class Hypercolumn(nn.Module):
    """Scores at chosen pixels from the features of every convolution there.

    Larsson, Maire, Shakhnarovich, "Learning Representations for Automatic Colorization", ECCV 2016: a few
    random pixels an image are enough to train, so that the hypercolumns stay small.

    Args:
        width: Share of VGG-16's channels.
        outputs: Scores a pixel.
    """

    def __init__(self, width: float, outputs: int) -> None:
        super().__init__()
        inputs, total = 1, 0
        stages: dict[str, list[nn.Module]] = {}
        for name, full in greyvgg.CHANNELS.items():
            channels = max(4, round(full * width))
            convolution = nn.Conv2d(inputs, channels, 3, padding=1, bias=False)
            nn.init.kaiming_normal_(convolution.weight, nonlinearity="relu")
            # without gain and offset, as in the published network: its features have that scale too
            stages[name] = [nn.Sequential(convolution, nn.BatchNorm2d(channels, affine=False)), nn.ReLU()]
            inputs, total = channels, total + channels
        self.trunk = greyvgg.sequence(stages)
        hidden = max(32, round(1024 * width))
        self.head = nn.Sequential(nn.Linear(total, hidden), nn.ReLU(), nn.Linear(hidden, outputs))

    def forward(
        self, image: Float[Tensor, "batch 3 height width"], xy: Float[Tensor, "batch n 2"]
    ) -> Float[Tensor, "batch n outputs"]:
        """Scores at `xy` in [-1, 1] of images in [0, 1], of which the network sees the mean channel only."""
        x, columns = image.mean(1, keepdim=True) - greyvgg.GREY, []
        for layer in self.trunk:
            x = layer(x)
            if isinstance(layer, nn.ReLU):
                columns.append(F.grid_sample(x, xy[:, :, None].to(x), padding_mode="border", align_corners=False))
        return self.head(torch.cat(columns, 1)[..., 0].transpose(1, 2))

    def folded(self) -> dict[str, Tensor]:
        """`<name>.weight` and `<name>.bias` of the convolutions with their batch norms folded in."""
        pairs = [layer for layer in self.trunk if isinstance(layer, nn.Sequential)]
        state: dict[str, Tensor] = {}
        for name, pair in zip(greyvgg.NAMES, pairs, strict=True):
            weight, bias = greyvgg.fold(pair[0], pair[1])  # type: ignore[arg-type]
            state |= {f"{name}.weight": weight.cpu().contiguous(), f"{name}.bias": bias.cpu().contiguous()}
        return state
