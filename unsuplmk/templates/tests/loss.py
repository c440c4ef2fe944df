"""The loss `example`: the contract of losses, and what is its own."""

import pytest
import torch

from unsuplmk import registry
from unsuplmk.testing import contract
from unsuplmk.types import Landmarks, Pair, Reconstruction, Step

test_example = contract("loss", "example")


def measure(error: float) -> float:
    """The loss of an image that is wrong by as much everywhere."""
    target = torch.zeros(1, 3, 8, 8)
    landmarks = Landmarks(torch.zeros(1, 1, 2), torch.ones(1, 1), torch.zeros(1, 1, 2, 2))
    step = Step(Pair(target, target), landmarks, Reconstruction(target + error), 0.5, lambda _: landmarks)
    return float(registry.build("loss", "example", epsilon=0.01)(step))


def test_small_errors_cost_their_square_and_large_ones_their_size() -> None:
    assert measure(0.0) == 0
    assert measure(0.0002) == pytest.approx(4 * measure(0.0001), rel=0.05)
    assert measure(0.8) == pytest.approx(2 * measure(0.4), rel=0.05)
