"""Perceptual distance: features of a frozen network, each layer divided by its running size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import torch
import torch.distributed as dist
from jaxtyping import Float
from torch import Tensor, nn

from unsuplmk.errors import UserError
from unsuplmk.ops.masking import masked_mean, pick, shrink
from unsuplmk.types import Image

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_SD = (0.229, 0.224, 0.225)


class Perceptual(nn.Module):
    """Mean over the layers of (mean masked squared difference / its running average).

    Jakab et al. 2018, section 3.2, after Chen and Koltun 2017: every layer then weighs the same. The running
    averages start from the first measured value; they are saved with the model and shared between processes.

    Args:
        network: A frozen sequence of layers, or one module that gives a list of feature maps, finest first.
        taps: Which outputs are compared: layer name -> index in the sequence, or in the list.
        layers: The names to use; "input" is the image itself.
        mean: What the network expects to be subtracted from RGB in [0, 1].
        sd: What it expects the difference to be divided by.
        rate: Share of a new measurement in the running average.
        grey: The network takes one channel, the mean of the three.
        initial: What the running averages start from, one a layer, in the order of `layers`; none means the
            first measured values.
        mask: How the weight is shrunk to a layer's size: area averages it, pick takes every so-many-th pixel
            as the released code does.
        through_scale: Let the gradient flow through the running average too, as in the released code.

    Raises:
        UserError: No layer is named, or the initial values do not fit the layers.
    """

    scale: Tensor
    measured: Tensor
    mean: Tensor
    sd: Tensor

    def __init__(
        self,
        network: nn.Module,
        taps: Mapping[str, int],
        layers: Sequence[str],
        *,
        mean: Sequence[float] = IMAGENET_MEAN,
        sd: Sequence[float] = IMAGENET_SD,
        rate: float = 0.01,
        grey: bool = False,
        initial: Sequence[float] = (),
        mask: Literal["area", "pick"] = "area",
        through_scale: bool = False,
    ) -> None:
        super().__init__()
        if not layers:
            raise UserError(f"a perceptual loss compares at least one of its layers: input, {', '.join(taps)}")
        if initial and (len(initial) != len(layers) or min(initial) <= 0):
            raise UserError(
                f"{len(initial)} initial sizes, the least {min(initial):g}: a perceptual loss takes one number above 0 "
                f"for each of its {len(layers)} layers ({', '.join(layers)}), or none"
            )
        self.taps = sorted({taps[name] for name in layers if name != "input"})
        self.raw = "input" in layers
        if isinstance(network, nn.Sequential):
            network = network[: max(self.taps, default=-1) + 1]
        self.network = network.eval().requires_grad_(False)
        self.least = _least(self.network) if isinstance(self.network, nn.Sequential) else 1
        self.rate, self.grey, self.through_scale = rate, grey, through_scale
        self.shrink = pick if mask == "pick" else shrink
        self.register_buffer("mean", torch.tensor(mean).view(3, 1, 1), persistent=False)
        self.register_buffer("sd", torch.tensor(sd).view(3, 1, 1), persistent=False)
        index = {"input": -1, **taps}
        start = dict(zip((index[name] for name in layers), initial, strict=False))
        scale = [start[i] for i in sorted(start)] or [1.0] * (self.raw + len(self.taps))
        self.register_buffer("scale", torch.tensor(scale))
        self.register_buffer("measured", torch.tensor(bool(initial)))

    def features(self, image: Image) -> list[Tensor]:
        """The compared layers of an image in [0, 1], finest first.

        Raises:
            UserError: The image is too small for the deepest of them.
        """
        side = min(image.shape[-2:])
        if side < self.least:
            raise UserError(
                f"the layers that the loss compares see images of {self.least} px and more, not of {side}: leave out "
                "the deepest, or take a larger --size, or a generator that does not shrink so much"
            )
        found = [image] if self.raw else []
        x = (image - self.mean) / self.sd
        if self.grey:
            x = x.mean(1, keepdim=True)
        if not isinstance(self.network, nn.Sequential):
            maps = self.network(x) if self.taps else []
            return found + [maps[index] for index in self.taps]
        for index, layer in enumerate(self.network):
            x = layer(x)
            if index in self.taps:
                found.append(x)
        return found

    def forward(
        self,
        prediction: Float[Tensor, "batch 3 h w"],
        target: Image,
        weight: Float[Tensor, "batch 1 height width"] | None,
    ) -> Float[Tensor, ""]:
        """About 1 in the steady state, whatever the network; the gradient goes through the prediction only.

        A smaller prediction is compared with the target at its own size.
        """
        with torch.no_grad():
            wanted = self.features(shrink(target.detach(), prediction.shape[-2:]))
        made = self.features(prediction)
        pairs = zip(made, wanted, strict=True)
        sizes = torch.stack([masked_mean((a - b).square(), weight, self.shrink) for a, b in pairs])
        measured = _over_processes(sizes.detach())
        if self.through_scale:  # the value of all processes, with the gradient of this one's share
            sizes = measured = sizes + (measured - sizes.detach())
        return (sizes / self._running(measured)).mean()

    def _running(self, sizes: Tensor) -> Tensor:
        # a first measurement divided by itself would teach nothing, had it a gradient
        begun = self.measured.clone()  # the backward pass wants it as it was; it is set below
        scale = torch.where(begun, self.scale + self.rate * (sizes - self.scale), sizes.detach())
        if self.training:
            self.scale.copy_(scale.detach())
            self.measured.fill_(True)
        return scale.clamp_min(1e-12)


def _least(network: nn.Sequential) -> int:
    """The smallest side of an image of which one cell is left in the end."""
    side = 1
    for layer in reversed(network):
        if isinstance(layer, nn.Conv2d | nn.MaxPool2d) and layer.padding != "same":
            kernel, stride, padding = (_along_y(n) for n in (layer.kernel_size, layer.stride, layer.padding))
            spared = stride - 1 if isinstance(layer, nn.MaxPool2d) and layer.ceil_mode else 0
            side = max((side - 1) * stride + kernel - 2 * padding - spared, 1)
    return side


def _along_y(numbers: Any) -> int:
    if numbers == "valid":
        return 0
    return int(numbers[0] if isinstance(numbers, tuple) else numbers)


def _over_processes(sizes: Tensor) -> Tensor:
    if not (dist.is_available() and dist.is_initialized()):
        return sizes
    sizes = sizes.clone()  # summed in place: the caller's stay this process's own
    dist.all_reduce(sizes)
    return sizes / dist.get_world_size()
