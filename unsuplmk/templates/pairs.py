"""The pair source `example`: a frame, and a part of it that is enlarged.

On the drawn puppets, and on photos:

    unsuplmk run --pairs example --steps 200 --size 64
    unsuplmk run photos/ --pairs example --pairs.cut 0.3
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Annotated, ClassVar, final

import torch
import torch.nn.functional as F
from jaxtyping import Float
from pydantic import Field
from torch import Tensor

from unsuplmk.interfaces import PairSource
from unsuplmk.ops import draws
from unsuplmk.types import Image, Pair


@final
class Example(PairSource):
    """The frame is the source, a random part of it at full size the target; where points go is known.

    Args:
        cut: Most that is cut off, as a share of the side.
    """

    provides: ClassVar[frozenset[str]] = frozenset({"warp"})  # losses that need to know where points go may ask for it

    def __init__(self, *, cut: Annotated[float, Field(ge=0, le=0.9)] = 0.5) -> None:
        super().__init__()
        self.cut = cut

    def frames(self, index: int, clip: range, rng: Random) -> tuple[int, ...]:
        """The frame itself; one in time would be drawn from `clip`, by `rng` alone."""
        return (index,)

    def forward(self, frames: tuple[Image, ...]) -> Pair:
        """Enlarge a part of every frame of the batch."""
        (image,) = frames
        drawn = draws.uniform(len(image), 1, 3, like=image)  # not torch.rand: several processes must draw as one does
        scale = 1 - self.cut * drawn[..., :1]
        zoom = Zoom(scale, centre=(1 - scale) * (2 * drawn[..., 1:] - 1))
        return Pair(source=image, target=_seen(image, zoom.scale, zoom.centre), warp=zoom)


@final
@dataclass(frozen=True)
class Zoom:
    """Where points of the frame lie in its enlarged part, by the part's size and centre in the frame."""

    scale: Float[Tensor, "batch 1 1"]
    centre: Float[Tensor, "batch 1 2"]

    def points(self, xy: Float[Tensor, "batch n 2"]) -> Float[Tensor, "batch n 2"]:
        """From the source to the target."""
        return (xy - self.centre) / self.scale

    def images(self, image: Float[Tensor, "batch c h w"]) -> Float[Tensor, "batch c h w"]:
        """From the target back to the source; zeros outside the part."""
        return _seen(image, 1 / self.scale, -self.centre / self.scale)


def _seen(
    image: Float[Tensor, "batch c h w"], scale: Float[Tensor, "batch 1 1"], centre: Float[Tensor, "batch 1 2"]
) -> Float[Tensor, "batch c h w"]:
    """The image looked up at centre + scale * (x, y)."""
    matrix = torch.cat([scale * torch.eye(2, device=image.device), centre.transpose(1, 2)], -1)
    field = F.affine_grid(matrix, list(image.shape), align_corners=False)  # -1 and 1 are edges, here as everywhere
    return F.grid_sample(image, field, align_corners=False)
