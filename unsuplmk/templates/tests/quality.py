"""The quality `example`: the contract of qualities, and what is its own."""

import pytest
import torch

from unsuplmk import registry
from unsuplmk.testing import contract

test_example = contract("quality", "example")


def test_a_shift_in_brightness_costs_nothing_and_a_lost_edge_its_height() -> None:
    target = torch.zeros(1, 3, 8, 8)
    target[..., 4:] = 0.8
    quality = registry.build("quality", "example")
    assert float(quality(target + 0.1, target, None)) == pytest.approx(0, abs=1e-6)
    flat = torch.full_like(target, 0.4)
    assert float(quality(flat, target, None)) == pytest.approx(0.8 * 8 / (2 * 7 * 8))  # of all steps, 8 cross the edge
