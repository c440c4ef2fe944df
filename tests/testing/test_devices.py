"""The contract sees tensors that are made on a fixed device, on a machine that has only one."""

# ruff: noqa: ANN001, ANN201, ANN202

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
import torch
from torch import Tensor, nn

from tests.testing.faults import faults
from unsuplmk import registry
from unsuplmk.encoders.convnet import Convnet
from unsuplmk.interfaces import Encoder, Generator, Loss, PairSource, Quality
from unsuplmk.testing.devices import assert_follows_its_input, compare
from unsuplmk.testing.part import UndecidedError, images
from unsuplmk.types import Pair

CHECK = "follows_its_input_to_any_device"


class Ruler(Encoder):
    """Makes coordinates on the CPU."""

    def __init__(self, landmarks: int) -> None:
        super().__init__()
        self.head = nn.Conv2d(4, landmarks, 8, 8)

    def forward(self, image):
        ramp = torch.linspace(-1, 1, image.shape[-1])
        return self.head(torch.cat([image, ramp.expand_as(image[:, :1])], 1))


class Attribute(Encoder):
    """Keeps a tensor that is neither parameter nor buffer, so that it does not move along."""

    def __init__(self, landmarks: int) -> None:
        super().__init__()
        self.mean = torch.tensor([0.5, 0.4, 0.3]).view(3, 1, 1)
        self.head = nn.Conv2d(3, landmarks, 8, 8)

    def forward(self, image):
        return self.head(image - self.mean)


class Returning(Encoder):
    """Brings the heatmaps back to the CPU."""

    def __init__(self, landmarks: int) -> None:
        super().__init__()
        self.head = nn.Conv2d(3, landmarks, 8, 8)

    def forward(self, image):
        return self.head(image).cpu()


class Drawn(registry.find("bottleneck", "gaussian").cls):
    """Adds a background that it makes on the CPU."""

    def __init__(self, landmarks: int) -> None:
        super().__init__(landmarks)

    def render(self, landmarks, size):
        return super().render(landmarks, size) + torch.full(size, 1e-3)


class Canvas(Generator):
    """Paints on a canvas on the CPU."""

    def __init__(self, maps: int) -> None:
        super().__init__()
        self.inner = registry.build("generator", "renderer", maps, width=4)

    def forward(self, pair, source, target, render):
        made = self.inner(pair, source, target, render)
        return replace(made, image=made.image + torch.zeros(made.image.shape))


class Weighed(Loss):
    """Weighs channels by numbers on the CPU."""

    needs = frozenset({"reconstruction"})

    def forward(self, step):
        difference = (step.reconstruction.image - step.pair.target).square().mean((0, 2, 3))
        return (difference * torch.tensor([0.3, 0.6, 0.1])).sum()


class Lit(PairSource):
    """Draws lights on the CPU."""

    def frames(self, index: int, clip: range, rng: Random):
        return (index,)

    def forward(self, frames):
        light = 0.5 + 0.5 * torch.rand(len(frames[0]), 1, 1, 1)
        return Pair(frames[0] * light, frames[0])


class Graded(Quality):
    """Weighs channels by numbers on the CPU."""

    better = "lower"

    def forward(self, prediction, target, weight):
        weight = torch.ones_like(target[:, :1]) if weight is None else weight
        square = (prediction.float() - target.float()).square() * torch.ones(3, 1, 1)
        return (square.mean(1, keepdim=True) * weight).sum((1, 2, 3)) / weight.sum((1, 2, 3))


@pytest.mark.parametrize(
    ("kind", "cls"),
    [
        ("encoder", Ruler),
        ("encoder", Attribute),
        ("bottleneck", Drawn),
        ("generator", Canvas),
        ("loss", Weighed),
        ("pairs", Lit),
        ("quality", Graded),
    ],
)
def test_a_tensor_on_a_fixed_device_is_the_only_fault(kind: str, cls: type) -> None:
    assert faults(kind, cls) == {
        CHECK: "two devices are mixed: make new tensors where the input is (device=image.device), "
        "and keep constants in buffers"
    }


def test_what_comes_out_must_lie_where_the_input_does() -> None:
    assert faults("encoder", Returning) == {CHECK: "the input is on cuda, what comes out is on cpu"}


def _run(module, move):
    return (module(move(images())),)


def test_a_constant_without_axes_may_lie_anywhere() -> None:
    class Halved(nn.Module):
        def forward(self, image: Tensor) -> Tensor:
            return image * torch.tensor(0.5)

    assert_follows_its_input(Halved, _run)


@pytest.mark.skipif(torch.accelerator.is_available(), reason="there is an accelerator to try it on")
def test_a_part_that_looks_at_values_cannot_be_told_without_an_accelerator() -> None:
    class Looking(nn.Module):
        def forward(self, image: Tensor) -> Tensor:
            return image if image.mean() > 0 else -image

    with pytest.raises(UndecidedError, match="DataDependent"):
        assert_follows_its_input(Looking, _run)


def test_values_on_a_device_are_compared_with_those_on_the_cpu() -> None:
    class Elsewhere(nn.Module):
        """Another value once it has been moved."""

        moved = False

        def _apply(self, fn, recurse=True):
            self.moved = True
            return super()._apply(fn, recurse)

        def forward(self, image: Tensor) -> Tensor:
            return image * (1.1 if self.moved else 1.0)

    def convnet() -> nn.Module:
        torch.manual_seed(0)
        return Convnet(3, width=4)

    here = torch.device("cpu")
    compare(convnet, _run, here)
    with pytest.raises(AssertionError, match="from the CPU's"):
        compare(Elsewhere, _run, here)
