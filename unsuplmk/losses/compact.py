"""Perceptual loss by a small network that ships with the package: nothing is downloaded."""

from __future__ import annotations

from importlib import resources
from typing import ClassVar, Literal, final

from jaxtyping import Float
from safetensors.torch import load as parse
from torch import Tensor, nn

from unsuplmk.interfaces import Loss
from unsuplmk.ops.perceptual import Perceptual
from unsuplmk.types import Step

CHANNELS = (24, 48, 96, 144, 144)
"""Compared channels at 1, 1/2, 1/4, 1/8 and 1/16 of the image's side."""

TAPS = {f"level{level}": level - 1 for level in range(1, len(CHANNELS) + 1)}
"""Layer -> index of its stage."""

Layer = Literal["input", "level1", "level2", "level3", "level4", "level5"]


@final
class Compact(Loss):
    """Distance of the features of a small network that was trained to stand in for VGG-16.

    Its outputs approximate the leading principal components of VGG-16's features at conv1_2 to conv5_2 (ImageNet
    weights), so that distances between them approximate distances between those. It was trained on photos whose
    terms allow it; docs/loss-networks.md names them. Each layer is divided by its running size, as in Jakab et al.
    2018.

    Args:
        layers: What is compared; input is the image itself.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"reconstruction"})

    def __init__(
        self, *, layers: tuple[Layer, ...] = ("input", "level1", "level2", "level3", "level4", "level5")
    ) -> None:
        super().__init__()
        network = build(norm=False)
        stored = resources.files("unsuplmk.losses").joinpath("compact.safetensors").read_bytes()
        network.load_state_dict({key: value.float() for key, value in parse(stored).items()})
        self.perceptual = Perceptual(network, TAPS, layers)

    def forward(self, step: Step) -> Float[Tensor, ""]:
        """Masked distance between reconstruction and target, about 1 in the steady state."""
        return self.perceptual(step.reconstruction.image, step.pair.target, step.pair.weight)


def build(*, norm: bool) -> nn.Sequential:
    """The network, one stage a level; with batch norm to be trained, without once that is folded away."""
    stages: list[nn.Module] = []
    inputs = 3
    for level, channels in enumerate(CHANNELS):
        hidden = 16 if level == 0 else channels
        layers: list[nn.Module] = []
        for a, b, stride in ((inputs, hidden, 1 if level == 0 else 2), (hidden, channels, 1)):
            layers += [nn.Conv2d(a, b, 3, stride, 1), *([nn.BatchNorm2d(b)] if norm else []), nn.ReLU()]
        stages.append(nn.Sequential(*layers, nn.Conv2d(channels, channels, 1)))  # to components, which have signs
        inputs = channels
    return nn.Sequential(*stages)
