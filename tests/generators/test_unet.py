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


def test_the_finest_details_of_the_source_reach_the_image_without_the_coarse_level() -> None:
    """A checkerboard of single pixels is gone from the coarsest features' means, but not from the skips."""
    torch.manual_seed(0)
    generator, flat = UNet(5, width=4, stride=8).eval(), torch.full((2, 3, 32, 32), 0.5)
    board = flat + 0.2 * (-1.0) ** (torch.arange(32)[:, None] + torch.arange(32))
    images = [
        generator(Pair(source, flat), NONE, landmarks(), Gaussian(5).render).image.detach() for source in (flat, board)
    ]
    fine = (images[1] - images[0])[..., 8:-8, 8:-8]
    local = fine - torch.nn.functional.avg_pool2d(fine, 3, 1, 1)
    assert float(local.abs().mean()) > 0.2 * float(fine.abs().mean())
