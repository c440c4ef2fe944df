"""Perceptual loss by the features of any backbone of timm."""

from __future__ import annotations

from typing import Annotated, ClassVar, final

from jaxtyping import Float
from pydantic import Field
from torch import Tensor

from unsuplmk.errors import UserError
from unsuplmk.interfaces import Loss
from unsuplmk.ops.perceptual import Perceptual
from unsuplmk.types import Step
from unsuplmk_timm import weights
from unsuplmk_timm.backbone import Backbone, plan

PATCH = 8
"""Pixels of the image that a transformer's patch covers: 256 patches for 128 px, about as many as they are used to."""


@final
class Timm(Loss):
    """Distance of a frozen timm backbone's features, each level divided by its running size.

    The loss of Jakab et al. 2018, section 3.2, with another network. A run that is resumed reads the backbone's weights
    from where they came from again: they are not kept in the run folder.

    Args:
        backbone: Name of a timm model that gives feature maps: a convolutional one, or a transformer.
        levels: Which of its maps are compared, 0 the finest; a transformer has four, at each quarter of its blocks.
        pixels: Compare the image itself too.
        pretrained: Use the weights that timm publishes; without them and without a checkpoint they are random.
        checkpoint: Use this file of the backbone's weights instead, as timm names them.

    Raises:
        UserError: timm has no such backbone, or not one that suits, or its weights are not to be had; or it has no such
            level.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"reconstruction"})

    def __init__(
        self,
        *,
        backbone: str = "resnet18",
        levels: tuple[Annotated[int, Field(ge=0)], ...] = (0, 1, 2, 3),
        pixels: bool = True,
        pretrained: bool = True,
        checkpoint: str = "",
    ) -> None:
        super().__init__()
        known = plan(backbone).levels
        if max(levels, default=0) >= len(known):
            asked = ",".join(map(str, levels))
            raise UserError(f"--loss.timm.levels {asked}: {backbone} has {len(known)}, 0 to {len(known) - 1}")
        used = sorted(set(levels)) or [0]
        network = Backbone(backbone, [known[level] for level in used], PATCH, frozen=True)
        weights.load(network, pretrained=pretrained, checkpoint=checkpoint, part="--loss.timm")
        taps = {f"level {level}": index for index, level in enumerate(used)}
        layers = ["input"] * pixels + [f"level {level}" for level in levels]
        # the backbone normalises the image itself
        self.perceptual = Perceptual(network, taps, layers, mean=(0.0, 0.0, 0.0), sd=(1.0, 1.0, 1.0))

    def forward(self, step: Step) -> Float[Tensor, ""]:
        """Masked distance between reconstruction and target, about 1 in the steady state."""
        return self.perceptual(step.reconstruction.image, step.pair.target, step.pair.weight)
