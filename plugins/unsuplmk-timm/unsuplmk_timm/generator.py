"""A generator whose appearance encoder is any backbone of timm."""

from __future__ import annotations

from typing import Annotated, Literal, final

import torch
from pydantic import Field
from torch import nn

from unsuplmk.interfaces import Generator
from unsuplmk.ops.blocks import Norm, conv
from unsuplmk.types import Landmarks, Pair, Reconstruction, Render
from unsuplmk_timm import weights
from unsuplmk_timm.backbone import Backbone, cells, merged, plan


@final
class Timm(Generator):
    """A timm backbone's features of the source beside the maps, upsampled by convolutions; no skip connections.

    The generator of Jakab et al. 2018, section 3.3, with another appearance encoder: features of the source at one
    stride, merged top-down from the coarser ones (Lin et al., CVPR 2017), so that geometry has to come through the
    landmarks.

    Args:
        backbone: Name of a timm model that gives feature maps: a convolutional one, or a transformer.
        stride: Pixels of the image a cell of features and maps; to a transformer, pixels that a patch covers.
        width: Channels of the decoder at full resolution; twice as many at each halving.
        norm: Of the decoder: batch or group; group does not depend on the batch.
        pretrained: Start from the weights that timm publishes; needs the network, or timm's cache.
        checkpoint: Start from this file of the backbone's weights, as timm names them.
        frozen: Train the decoder only; the backbone keeps the weights that it starts from.

    Raises:
        UserError: timm has no such backbone, or not one that suits, or its weights are not to be had; or the stride
            does not divide the image.
    """

    def __init__(
        self,
        maps: int,
        *,
        backbone: str = "resnet18",
        stride: Literal[4, 8, 16] = 8,
        width: Annotated[int, Field(ge=2, le=512)] = 32,
        norm: Norm = "batch",
        pretrained: bool = False,
        checkpoint: str = "",
        frozen: bool = False,
    ) -> None:
        super().__init__()
        if frozen:
            weights.refuse_random(pretrained=pretrained, checkpoint=checkpoint, part="--generator")
        self.stride, self.pretrained, self.checkpoint = stride, pretrained, checkpoint
        self.backbone = Backbone(backbone, plan(backbone).coarser(stride), stride, frozen=frozen)
        channels = width * stride
        self.lateral = nn.ModuleList(nn.Conv2d(given, channels, 1) for given in self.backbone.channels)
        inputs, layers = channels + maps, list[nn.Module]()
        while channels > width:
            layers += [conv(inputs, channels, kind=norm), conv(channels, channels // 2, kind=norm)]
            layers += [nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False)]
            inputs = channels = channels // 2
        self.decode = nn.Sequential(*layers, conv(inputs, width, kind=norm), nn.Conv2d(width, 3, 3, padding=1))

    def initialise(self) -> None:
        """Load the weights that were asked for into the backbone."""
        weights.load(self.backbone, pretrained=self.pretrained, checkpoint=self.checkpoint, part="--generator")

    def forward(self, pair: Pair, source: Landmarks, target: Landmarks, render: Render) -> Reconstruction:
        """Rebuild the target from the source image and the target's landmarks."""
        size = cells(pair.source, self.stride, "--generator.stride")
        levels = self.backbone(pair.source)
        features = merged(levels, self.lateral, self.stride, self.backbone.strides[0], size)
        drawn = render(target, size).to(features.dtype)
        return Reconstruction(self.decode(torch.cat([features, drawn], 1)).float() + 0.5)
