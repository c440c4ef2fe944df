"""The generator `example`: the contract of generators, and what is its own."""

import torch

from unsuplmk import registry
from unsuplmk.testing import contract
from unsuplmk.types import Landmarks, Pair

test_example = contract("generator", "example")


def test_where_nothing_is_drawn_the_source_shows_through_without_its_details() -> None:
    generator = registry.build("generator", "example", 4)
    for parameter in generator.leave.parameters():
        torch.nn.init.zeros_(parameter)
    landmarks = Landmarks(torch.zeros(1, 4, 2), torch.ones(1, 4), torch.zeros(1, 4, 8, 8))
    stripes = torch.zeros(1, 3, 64, 64)
    stripes[..., ::2] = 0.5
    pair = Pair(stripes, torch.rand(1, 3, 64, 64))
    image = generator(pair, landmarks, landmarks, lambda landmarks, size: torch.zeros(1, 4, *size)).image
    assert torch.allclose(image, torch.full_like(image, 0.25))
