"""The pair source `example`: the contract of pair sources, and what is its own."""

import pytest
import torch

from unsuplmk import registry
from unsuplmk.testing import contract

test_example = contract("pairs", "example")


def test_a_point_of_the_target_has_the_colour_that_it_has_in_the_source() -> None:
    ramp = ((2 * torch.arange(64) + 1) / 64 - 1).expand(1, 3, 64, 64) / 2 + 0.5  # brightness says x
    pair = registry.build("pairs", "example", cut=0.5)((ramp,))
    left, right = (pair.warp.points(torch.tensor([[[x, 0.0]]]))[0, 0, 0] for x in (-0.1, 0.1))
    brightness = pair.target[0, 0, 32, 1:-1]
    x = (2 * torch.arange(64) + 1)[1:-1] / 64 - 1
    slope = (brightness[-1] - brightness[0]) / (x[-1] - x[0])
    assert float(slope) == pytest.approx(0.5 * 0.2 / float(right - left), rel=1e-3)


def test_without_a_cut_the_target_is_the_source() -> None:
    image = torch.rand(2, 3, 32, 32)
    pair = registry.build("pairs", "example", cut=0.0)((image,))
    assert torch.allclose(pair.target, image, atol=1e-5)
