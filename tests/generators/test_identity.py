"""Tests of doing without a generator."""

import torch

from unsuplmk.generators.identity import Identity
from unsuplmk.types import Landmarks, Pair


def test_it_hands_the_source_on_and_asks_for_no_maps() -> None:
    pair = Pair(torch.rand(2, 3, 8, 8), torch.rand(2, 3, 8, 8))
    none = Landmarks(torch.zeros(2, 0, 2), torch.zeros(2, 0), torch.zeros(2, 0, 4, 4))

    def render(landmarks: Landmarks, size: tuple[int, int]) -> torch.Tensor:
        raise AssertionError("there is nobody to draw for")

    generator = Identity(3)
    assert generator(pair, none, none, render).image is pair.source
    assert not generator.rebuilds
    assert not list(generator.parameters())
