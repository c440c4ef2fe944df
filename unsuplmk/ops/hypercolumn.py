"""A grey-input VGG-16 with batch norm that predicts something at single pixels, from all its blocks at once."""

from __future__ import annotations

from typing import final

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from unsuplmk.ops import greyvgg


@final
class Hypercolumn(nn.Module):
    """Scores at chosen pixels from the last features of every block there.

    After Larsson, Maire, Shakhnarovich, "Learning Representations for Automatic Colorization", ECCV 2016: a few
    random pixels an image are enough to train. They interpolate the features of every layer; here each
    pixel takes those of the cell that it lies in, at a third of the cost on a CPU.

    Args:
        width: Share of VGG-16's channels.
        outputs: Scores a pixel.
    """

    def __init__(self, width: float, outputs: int) -> None:
        super().__init__()
        inputs = 1
        stages: dict[str, list[nn.Module]] = {}
        for name, full in greyvgg.CHANNELS.items():
            channels = max(4, round(full * width))
            convolution = nn.Conv2d(inputs, channels, 3, padding=1, bias=False)
            nn.init.kaiming_normal_(convolution.weight, nonlinearity="relu")
            # without gain and offset, as in the published network: its features have that scale too
            stages[name] = [nn.Sequential(convolution, nn.BatchNorm2d(channels, affine=False)), nn.ReLU()]
            inputs = channels
        self.trunk = greyvgg.sequence(stages)
        self.ends = {index for name, index in greyvgg.taps().items() if name in greyvgg.ENDS}
        total = sum(stages[name][0][0].out_channels for name in greyvgg.ENDS)  # type: ignore[index, misc]
        hidden = max(32, round(1024 * width))
        self.head = nn.Sequential(nn.Linear(total, hidden), nn.ReLU(), nn.Linear(hidden, outputs))

    def forward(
        self, image: Float[Tensor, "batch 3 height width"], pixels: Int[Tensor, "batch n 2"]
    ) -> Float[Tensor, "batch n outputs"]:
        """Scores at the pixels (x, y) of images in [0, 1], of which the network sees the mean channel only."""
        x, columns = image.mean(1, keepdim=True) - greyvgg.GREY, []
        height, width = image.shape[-2:]
        for index, layer in enumerate(self.trunk):
            x = layer(x)
            if index in self.ends:
                h, w = x.shape[-2:]
                place = pixels[..., 1] * h // height * w + pixels[..., 0] * w // width
                cells = x.permute(0, 2, 3, 1).flatten(1, 2)
                columns.append(cells.gather(1, place[..., None].expand(-1, -1, x.shape[1])))
        return self.head(torch.cat(columns, -1))

    def folded(self) -> dict[str, Tensor]:
        """`<name>.weight` and `<name>.bias` of the convolutions with their batch norms folded in."""
        pairs = [self.trunk[index - 1] for index in greyvgg.taps().values()]
        state: dict[str, Tensor] = {}
        for name, pair in zip(greyvgg.NAMES, pairs, strict=True):
            weight, bias = greyvgg.fold(pair[0], pair[1])  # type: ignore[arg-type]
            state |= {f"{name}.weight": weight.cpu().contiguous(), f"{name}.bias": bias.cpu().contiguous()}
        return state
