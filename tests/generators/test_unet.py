"""Tests of the generator with skip connections."""

import pytest
import torch
from torch import Tensor

from unsuplmk.bottlenecks.gaussian import Gaussian
from unsuplmk.generators.unet import UNet
from unsuplmk.types import Landmarks, Pair

NONE = Landmarks(torch.zeros(2, 0, 2), torch.zeros(2, 0), torch.zeros(2, 0, 4, 4))


def landmarks() -> Landmarks:
    xy = 1.6 * torch.rand(2, 5, 2, generator=torch.Generator().manual_seed(0)) - 0.8
    return Landmarks(xy, torch.ones(2, 5), torch.zeros(2, 5, 4, 4))


def pair(height: int, width: int) -> Pair:
    generator = torch.Generator().manual_seed(0)
    return Pair(*(torch.rand(2, 3, height, width, generator=generator) for _ in range(2)))


@pytest.mark.parametrize("stride", [2, 4, 8, 16])
def test_the_maps_are_drawn_at_every_level_but_each_once(stride: int) -> None:
    asked = []

    def render(landmarks: Landmarks, size: tuple[int, int]) -> Tensor:
        asked.append(size)
        return Gaussian(5).render(landmarks, size)

    UNet(5, width=2, stride=stride)(pair(32, 48), NONE, landmarks(), render)
    levels = stride.bit_length()
    assert asked == [(32 // 2**level, 48 // 2**level) for level in reversed(range(levels))]


@pytest.mark.parametrize(("height", "width"), [(32, 32), (33, 47), (50, 18), (7, 9)])
def test_any_image_size_comes_back(height: int, width: int) -> None:
    found = UNet(5, width=2, stride=8)(pair(height, width), NONE, landmarks(), Gaussian(5).render)
    assert found.image.shape == (2, 3, height, width)


@pytest.mark.parametrize("level", [0, 1, 2])
def test_every_finer_level_of_the_source_reaches_the_image_beside_the_coarsest(level: int) -> None:
    torch.manual_seed(0)
    generator, given = UNet(5, width=4, stride=8).eval(), pair(32, 32)
    generator.deepest.register_forward_hook(lambda _, inputs, output: torch.zeros_like(output))
    for other, layers in enumerate(generator.appearance.levels):
        if other != level:  # so that a gradient comes through this level's own skip only
            layers.register_forward_hook(lambda _, inputs, output: output.detach())
    image = generator(given, NONE, landmarks(), Gaussian(5).render).image
    weights = [parameter for parameter in generator.appearance.levels[level].parameters() if parameter.ndim == 4]
    for gradient in torch.autograd.grad(image.square().sum(), weights):
        assert float(gradient.abs().sum()) > 0
