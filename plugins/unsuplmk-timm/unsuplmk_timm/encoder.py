"""Any backbone of timm with feature maps, and a light head that makes heatmaps of them."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import Literal

import timm
import torch
import torch.nn.functional as F
from jaxtyping import Float
from timm.models import load_state_dict
from torch import Tensor, nn

from unsuplmk.errors import UserError
from unsuplmk.interfaces import Encoder


class Timm(Encoder):
    """A timm backbone whose feature maps are merged top-down (feature pyramid, Lin et al., CVPR 2017).

    Paper: https://arxiv.org/abs/1612.03144, section 3. Backbones: https://github.com/huggingface/pytorch-image-models

    Args:
        backbone: Name of a timm model that gives feature maps.
        stride: Pixels of the image a cell of the heatmaps.
        width: Channels of the head.
        pretrained: Start from the weights that timm publishes; needs the network, or timm's cache.
        checkpoint: Start from this file of the backbone's weights, as timm names them.

    Raises:
        UserError: timm has no such backbone, or not one that suits, or its weights are not to be had.
    """

    def __init__(
        self,
        landmarks: int,
        *,
        backbone: str = "resnet18",
        stride: Literal[4, 8, 16] = 4,
        width: int = 64,
        pretrained: bool = False,
        checkpoint: str = "",
    ) -> None:
        super().__init__()
        if not timm.is_model(backbone):
            raise _unknown(backbone)
        self.name, self.pretrained, self.checkpoint = backbone, pretrained, checkpoint
        reductions = _reductions(backbone)
        levels = [i for i, reduction in enumerate(reductions) if reduction >= stride]
        self.backbone = timm.create_model(backbone, features_only=True, out_indices=levels)
        config = self.backbone.pretrained_cfg
        self.register_buffer("mean", torch.tensor(config["mean"]).view(3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(config["std"]).view(3, 1, 1), persistent=False)
        self.scale = reductions[levels[0]] // stride  # above 1 where the backbone has no maps this fine
        self.lateral = nn.ModuleList(nn.Conv2d(c, width, 1) for c in self.backbone.feature_info.channels())
        self.head = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1), nn.ReLU(inplace=True), nn.Conv2d(width, landmarks, 1)
        )

    def initialise(self) -> None:
        """Load the weights that were asked for into the backbone."""
        if not (self.pretrained or self.checkpoint):
            return
        overlay = {"state_dict": _read(self.name, self.checkpoint)} if self.checkpoint else None
        levels = self.backbone.feature_info.out_indices
        try:
            loaded = timm.create_model(
                self.name, pretrained=True, pretrained_cfg_overlay=overlay, features_only=True, out_indices=levels
            )
        except Exception as error:  # the hub's client raises errors of many libraries
            raise UserError(
                f"no weights of {self.name} can be downloaded here ({type(error).__name__}): connect to the network, "
                "or give a file with --encoder.checkpoint FILE"
            ) from error
        self.backbone.load_state_dict(loaded.state_dict())

    def forward(self, image: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch landmarks h w"]:
        """Scores at one cell every `stride` pixels."""
        features = self.backbone((image - self.mean) / self.std)
        merged = None
        for feature, lateral in zip(reversed(features), reversed(self.lateral), strict=True):
            here = lateral(feature)
            merged = here if merged is None else here + F.interpolate(merged, here.shape[-2:], mode="nearest")
        if self.scale > 1:
            merged = F.interpolate(merged, scale_factor=self.scale, mode="bilinear", align_corners=False)
        return self.head(merged)


def _unknown(backbone: str) -> UserError:
    near = get_close_matches(backbone, timm.list_models(), n=3, cutoff=0.5)  # all thousand names would not help
    hint = f"; did you mean {' or '.join(near)}?" if near else ";"
    return UserError(f"timm has no backbone named {backbone!r}{hint} timm.list_models('*net*') in Python lists them")


def _reductions(backbone: str) -> list[int]:
    """Pixels a cell of each feature map, finest first; a trial shows that any image size will do."""
    try:
        network = timm.create_model(backbone, features_only=True).eval()
        with torch.no_grad():
            widths = [feature.shape[-1] for feature in network(torch.zeros(1, 3, 64, 96))]
        reductions = network.feature_info.reduction()
        if [96 // reduction for reduction in reductions] != widths:
            raise ValueError(f"widths {widths} at reductions {reductions}")
    except Exception as error:  # each family of timm refuses in its own way
        raise UserError(
            f"backbone {backbone!r} gives no feature maps for images of any size ({error}); "
            "convolutional ones do: resnet18, convnext_atto, efficientnet_b0"
        ) from error
    return reductions


def _read(backbone: str, file: str) -> dict[str, Tensor]:
    """The weights in a file, if they are this backbone's."""
    if not Path(file).is_file():
        raise UserError(f"--encoder.checkpoint {file}: there is no such file")
    try:
        weights = load_state_dict(file)
    except Exception as error:  # unpickling and safetensors raise errors of many kinds
        raise UserError(f"--encoder.checkpoint {file} holds no weights: {type(error).__name__}") from error
    wanted = timm.create_model(backbone, num_classes=0).state_dict()
    missing = [key for key, value in wanted.items() if key not in weights or weights[key].shape != value.shape]
    if missing:
        raise UserError(f"--encoder.checkpoint {file} is not {backbone}'s: {missing[0]} and {len(missing) - 1} more")
    return weights
