"""A timm network as a source of feature maps, for images of any size.

timm takes a second to import, so that it is imported where it is used: listing what is installed stays quick.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import Any, Self, final

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from unsuplmk.errors import UserError

ANY_SIZE: tuple[dict[str, Any], ...] = ({}, {"dynamic_img_size": True}, {"strict_img_size": False})
"""What families of timm must be asked for before they take images of any size, most of them nothing."""

DEPTHS = 4
"""Of a transformer's blocks, all of one size: features are taken at each quarter of its depth."""


@dataclass(frozen=True)
class Plan:
    """How a network of timm gives feature maps.

    Args:
        options: What it must be asked for.
        reductions: Pixels a cell of each map that it has.
        levels: The maps that are of use, finest first.
        patch: Pixels a cell, where all maps are of one size; 0 for a pyramid.
        last: Its maps have their channels last.
    """

    options: Mapping[str, Any]
    reductions: tuple[int, ...]
    levels: tuple[int, ...]
    patch: int
    last: bool

    def coarser(self, stride: int) -> tuple[int, ...]:
        """The levels that make features of a stride: those that are not finer, or all of a transformer's."""
        kept = tuple(level for level in self.levels if self.reductions[level] >= stride)
        return self.levels if self.patch else kept


@cache
def plan(name: str) -> Plan:
    """How this network gives feature maps: a trial on tensors without values, which costs next to nothing.

    Raises:
        UserError: timm has no such network, or it takes images of one size only.
    """
    import timm

    if not timm.is_model(name):
        near = get_close_matches(name, timm.list_models(), n=3, cutoff=0.5)  # all thousand names would not help
        hint = f"; did you mean {' or '.join(near)}?" if near else ";"
        raise UserError(f"timm has no backbone named {name!r}{hint} timm.list_models('*net*') in Python lists them")
    refusals = []
    for options in ANY_SIZE:
        try:
            # the trial draws nothing, so that a seed gives the same weights the first time as later
            with torch.random.fork_rng(devices=[]), torch.device("meta"), torch.no_grad():
                return _tried(name, options)
        except Exception as error:  # each family of timm refuses in its own way
            refusals.append(" ".join(str(error).split())[:120] or type(error).__name__)
    raise UserError(
        f"backbone {name!r} gives no feature maps for images of any size ({refusals[0]}); these do: resnet18, "
        "convnext_atto, swin_tiny_patch4_window7_224, vit_small_patch14_dinov2"
    )


def _tried(name: str, options: Mapping[str, Any]) -> Plan:
    import timm

    network: Any = timm.create_model(name, features_only=True, **options).eval()
    reductions = tuple(int(info["reduction"]) for info in network.feature_info.info)
    patch = reductions[0] if len(reductions) > 1 and len(set(reductions)) == 1 else 0
    depth = len(reductions)
    levels = sorted({-(-depth * k // DEPTHS) - 1 for k in range(1, DEPTHS + 1)}) if patch else range(depth)
    coarsest, last = max(reductions), False
    for high, wide in ((2, 3), (4, 3)):
        maps = network(torch.zeros(1, 3, high * coarsest, wide * coarsest))
        for index, found in zip(network.feature_info.out_indices, maps, strict=True):
            cells = coarsest // reductions[int(index)]
            channels, wanted = network.feature_info.channels(index), (high * cells, wide * cells)
            last = tuple(found.shape) == (1, *wanted, channels)
            if not last and tuple(found.shape) != (1, channels, *wanted):
                raise ValueError(f"{tuple(found.shape)} where {(1, channels, *wanted)} was expected")
    return Plan(options, reductions, tuple(levels), patch, last)


@final
class Backbone(nn.Module):
    """Feature maps of a timm network (https://github.com/huggingface/pytorch-image-models), finest first.

    A pyramid sees the image with its right and lower border repeated until its coarsest cells fit, so that each map
    begins at the image's corner. To a transformer the image is resampled until one of its patches is one cell of the
    wanted stride, edge to edge; position embeddings are resampled with it. A transformer's features grow from block to
    block and are brought to mean 0, sd 1 in each cell, as its next block does it.

    Args:
        name: Of a timm model.
        levels: Which maps of its plan.
        stride: Pixels of the image that a transformer's patch covers.
        frozen: Its weights get no gradients, and it stays in evaluation mode.

    Attributes:
        channels: Of each map.
        strides: Pixels of the image a cell of each map.

    Raises:
        UserError: See `plan`.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, name: str, levels: Sequence[int], stride: int, *, frozen: bool = False) -> None:
        super().__init__()
        self.name, self.levels, self.plan, self.stride = name, tuple(levels), plan(name), stride
        network = create(name, self.levels)
        config = network.pretrained_cfg
        self.register_buffer("mean", torch.tensor(config["mean"]).view(3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(config["std"]).view(3, 1, 1), persistent=False)
        for key, child in network.named_children():
            self.add_module(key, child)  # so that the weights keep the names that timm gives them
        self.maps = network.forward
        reductions = [self.plan.reductions[level] for level in self.levels]
        self.channels: list[int] = network.feature_info.channels()
        self.strides = [stride for _ in reductions] if self.plan.patch else reductions
        self.frozen = frozen
        if frozen:
            self.requires_grad_(False)
            self.eval()

    def train(self, mode: bool = True) -> Self:
        """Training mode, unless it is frozen: running statistics and drop-out belong to its weights."""
        return super().train(mode and not self.frozen)

    def forward(self, image: Float[Tensor, "batch 3 height width"]) -> list[Tensor]:
        """(batch, channels, h, w) each, at least as many cells as cover the image."""
        x = (image - self.mean) / self.std
        height, width = image.shape[-2:]
        patch = self.plan.patch
        if patch:
            size = [-(-side // self.stride) * patch for side in (height, width)]
            x = F.interpolate(x, size, mode="bilinear", align_corners=False, antialias=True)
        else:
            coarsest = max(self.strides)
            x = F.pad(x, (0, -width % coarsest, 0, -height % coarsest), mode="replicate")
        maps = self.maps(x)
        if self.plan.last:
            return [found.permute(0, 3, 1, 2) for found in maps]
        return [_levelled(found) for found in maps] if patch else list(maps)


def create(name: str, levels: Sequence[int], **weights: Any) -> Any:
    """timm's own network that gives these maps of its plan; nothing in it is left to chance while it trains."""
    import timm
    from timm.layers.drop import DropPath

    network = timm.create_model(name, features_only=True, out_indices=list(levels), **plan(name).options, **weights)
    for module in network.modules():
        if isinstance(module, DropPath):
            module.drop_prob = 0.0
        elif isinstance(module, nn.Dropout | nn.Dropout2d):
            module.p = 0.0
    return network


def _levelled(features: Float[Tensor, "batch c h w"]) -> Float[Tensor, "batch c h w"]:
    last = features.permute(0, 2, 3, 1)
    return F.layer_norm(last, last.shape[-1:]).permute(0, 3, 1, 2)


def cells(image: Float[Tensor, "batch 3 height width"], stride: int, option: str) -> tuple[int, int]:
    """Cells of a stride that cover the image, (down, across).

    Raises:
        UserError: They do not cover it evenly.
    """
    height, width = image.shape[-2:]
    if height % stride or width % stride:
        fits = [str(fit) for fit in (8, 4) if not (height % fit or width % fit)]
        raise UserError(
            f"{option} {stride} does not divide images of {width}x{height} px; choose sides that are multiples of "
            f"{stride}" + (f", or {option} {' or '.join(fits)}" if fits else "")
        )
    return height // stride, width // stride


def merged(
    maps: Sequence[Tensor], lateral: Iterable[nn.Module], stride: int, finest: int, size: tuple[int, int]
) -> Float[Tensor, "batch c h w"]:
    """Feature maps added up from the coarsest to the finest, each after its own 1x1 convolution.

    The top-down path of feature pyramids: Lin et al., CVPR 2017, https://arxiv.org/abs/1612.03144, section 3.

    Args:
        maps: Finest first.
        lateral: One layer each, to the same number of channels.
        stride: The wanted stride.
        finest: Stride of the finest map, which may be coarser.
        size: Cells to keep.
    """
    total: Tensor | None = None
    for features, layer in zip(reversed(maps), reversed(list(lateral)), strict=True):
        here: Tensor = layer(features)
        total = here if total is None else here + F.interpolate(total, here.shape[-2:], mode="nearest")
    assert total is not None
    if finest > stride:
        total = F.interpolate(total, scale_factor=finest // stride, mode="bilinear", align_corners=False)
    return total[..., : size[0], : size[1]]
