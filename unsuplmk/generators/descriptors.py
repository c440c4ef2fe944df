"""The decoder of Zhang et al. 2018: a short descriptor a landmark, read in one image and redrawn in another."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, final

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn

from unsuplmk.interfaces import Generator
from unsuplmk.ops.blocks import Norm, Trunk, conv
from unsuplmk.ops.masking import shrink, stretch
from unsuplmk.types import Landmarks, Pair, Reconstruction, Render


@final
class Descriptors(Generator):
    """Features pooled under each landmark of the source, and under the background, redrawn at the target's landmarks.

    Zhang, Guo, Jin, Luo, He, Lee, "Unsupervised Discovery of Object Landmarks as Structural Representations",
    CVPR 2018. Each landmark has its own linear map to its descriptor and back. All that is known of
    the source is `length` numbers a map and for the background, so that source and target may be one image.

    Args:
        length: Numbers in a descriptor; the released code has 8.
        background: How strong the background is beside a map, whose peak is 1.
        width: Channels at full resolution; they double with each halving.
        stride: Rebuilt side over the side of the maps.
        shrink: Rebuild the image at a shrink-th of its side; 2 makes generator and losses four times cheaper.
        norm: batch as in the paper; group does not depend on the batch.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"source", "places"})

    def __init__(
        self,
        maps: int,
        *,
        length: Annotated[int, Field(ge=1, le=512)] = 8,
        background: Annotated[float, Field(gt=0, le=10)] = 0.1,
        width: Annotated[int, Field(ge=2, le=512)] = 32,
        stride: Literal[2, 4, 8, 16, 32] = 4,
        shrink: Annotated[int, Field(ge=1, le=8)] = 1,
        norm: Norm = "batch",
    ) -> None:
        super().__init__()
        self.background, self.shrink = background, shrink
        self.appearance = Trunk(width, stride, norm)
        channels = self.appearance.channels
        self.describe = nn.Parameter(torch.randn(maps + 1, channels, length) / channels**0.5)
        self.restore = nn.Parameter(torch.randn(maps + 1, length, channels) / length**0.5)
        inputs, layers = channels, list[nn.Module]()
        while channels > width:
            layers += [conv(inputs, channels, kind=norm), conv(channels, channels, kind=norm)]
            layers += [nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False)]
            inputs, channels = channels, channels // 2
        layers += [conv(inputs, width, kind=norm), nn.Conv2d(width, 3, 3, padding=1)]
        self.decode = nn.Sequential(*layers)

    def forward(self, pair: Pair, source: Landmarks, target: Landmarks, render: Render) -> Reconstruction:
        """Read descriptors from the source at its landmarks, and rebuild the target from them at its own."""
        height, width = pair.source.shape[-2:]
        seen = shrink(pair.source, (height // self.shrink, width // self.shrink))
        features = self.appearance(seen - 0.5)[-1]
        size = (features.shape[-2], features.shape[-1])
        with torch.autocast(features.device.type, enabled=False):  # sums over all cells lose too much in bfloat16
            descriptors = self._read(features.float(), self._shares(render(source, size)))
            drawn = self._draw(descriptors, self._shares(render(target, size)))
        made = self.decode(drawn).float() + 0.5
        return Reconstruction(stretch(made, seen.shape[-2:]))  # larger, where the stride does not divide the side

    def _shares(self, maps: Float[Tensor, "batch maps h w"]) -> Float[Tensor, "batch shares h w"]:
        """How much of each cell every map has, and the background; they sum to 1 in each cell."""
        strengths = torch.cat([maps, torch.full_like(maps[:, :1], self.background)], 1)
        return strengths / strengths.sum(1, keepdim=True)

    def _read(
        self, features: Float[Tensor, "batch c h w"], shares: Float[Tensor, "batch shares h w"]
    ) -> Float[Tensor, "batch shares length"]:
        """Descriptors: the features' mean under each share, through that landmark's own linear map."""
        total = shares.sum((2, 3)).clamp_min(1e-6)  # a map whose point lies far outside is nearly nowhere
        means = torch.einsum("bkhw,bchw->bkc", shares, features) / total[..., None]
        return torch.einsum("bkc,kcl->bkl", means, self.describe)

    def _draw(
        self, descriptors: Float[Tensor, "batch shares length"], shares: Float[Tensor, "batch shares h w"]
    ) -> Float[Tensor, "batch c h w"]:
        restored = torch.einsum("bkl,klc->bkc", descriptors, self.restore)
        return torch.einsum("bkhw,bkc->bchw", shares, restored)
