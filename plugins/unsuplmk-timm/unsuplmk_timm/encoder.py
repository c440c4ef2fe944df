"""Any backbone of timm with feature maps, and a light head that makes heatmaps of them."""

from __future__ import annotations

from typing import Annotated, Literal, final

from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn

from unsuplmk.interfaces import Encoder
from unsuplmk_timm import weights
from unsuplmk_timm.backbone import Backbone, cells, merged, plan


@final
class Timm(Encoder):
    """A timm backbone whose feature maps are merged top-down (feature pyramid, Lin et al., CVPR 2017).

    Paper: https://arxiv.org/abs/1612.03144, section 3. Backbones: https://github.com/huggingface/pytorch-image-models

    Args:
        backbone: Name of a timm model that gives feature maps: a convolutional one, or a transformer.
        stride: Pixels of the image a cell of the heatmaps; to a transformer, pixels that a patch covers.
        width: Channels of the head.
        pretrained: Start from the weights that timm publishes; needs the network, or timm's cache.
        checkpoint: Start from this file of the backbone's weights, as timm names them.
        frozen: Train the head only; the backbone keeps the weights that it starts from.

    Raises:
        UserError: timm has no such backbone, or not one that suits, or its weights are not to be had; or the stride
            does not divide the image.
    """

    def __init__(
        self,
        landmarks: int,
        *,
        backbone: str = "resnet18",
        stride: Literal[4, 8, 16] = 4,
        width: Annotated[int, Field(ge=1, le=1024)] = 64,
        pretrained: bool = False,
        checkpoint: str = "",
        frozen: bool = False,
    ) -> None:
        super().__init__()
        if frozen:
            weights.refuse_random(pretrained=pretrained, checkpoint=checkpoint, part="--encoder")
        self.stride, self.pretrained, self.checkpoint = stride, pretrained, checkpoint
        self.backbone = Backbone(backbone, plan(backbone).coarser(stride), stride, frozen=frozen)
        self.lateral = nn.ModuleList(nn.Conv2d(channels, width, 1) for channels in self.backbone.channels)
        self.head = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1), nn.ReLU(inplace=True), nn.Conv2d(width, landmarks, 1)
        )

    def initialise(self) -> None:
        """Load the weights that were asked for into the backbone."""
        weights.load(self.backbone, pretrained=self.pretrained, checkpoint=self.checkpoint, part="--encoder")

    def forward(self, image: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch landmarks h w"]:
        """Scores at one cell every `stride` pixels."""
        size = cells(image, self.stride, "--encoder.stride")
        maps = self.backbone(image)
        return self.head(merged(maps, self.lateral, self.stride, self.backbone.strides[0], size))
