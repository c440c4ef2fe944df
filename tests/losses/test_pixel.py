"""Tests of the distance in pixel values."""

import numpy as np
import pytest
import torch

from tests.steps import step
from unsuplmk.losses.pixel import Pixel

RNG = np.random.default_rng(0)
MADE, TARGET = RNG.normal(0.5, 0.5, (2, 2, 3, 8, 12))
WEIGHT = RNG.uniform(size=(2, 1, 8, 12))


def tensor(array: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(array).float()


@pytest.mark.parametrize(("norm", "power"), [("l1", 1), ("l2", 2)])
@pytest.mark.parametrize("masked", [False, True])
def test_it_is_the_masked_mean_of_the_differences_power(norm: str, power: int, masked: bool) -> None:
    found = Pixel(norm=norm)(step(tensor(TARGET), tensor(MADE), weight=tensor(WEIGHT) if masked else None))
    expected = (np.abs(MADE - TARGET) ** power * (WEIGHT if masked else 1)).mean()
    assert float(found) == pytest.approx(expected, rel=1e-5)


def test_a_smaller_reconstruction_is_compared_with_the_shrunk_target_and_mask() -> None:
    made = RNG.normal(size=(2, 3, 4, 6))
    target, weight = (x.reshape(2, -1, 4, 2, 6, 2).mean((3, 5)) for x in (TARGET, WEIGHT))
    found = Pixel()(step(tensor(TARGET), tensor(made), weight=tensor(WEIGHT)))
    assert float(found) == pytest.approx((np.square(made - target) * weight).mean(), rel=1e-5)


@pytest.mark.parametrize("norm", ["l1", "l2"])
def test_it_is_zero_where_nothing_differs_or_nothing_counts(norm: str) -> None:
    assert float(Pixel(norm=norm)(step(tensor(TARGET)))) == 0
    assert float(Pixel(norm=norm)(step(tensor(TARGET), tensor(MADE), weight=torch.zeros(2, 1, 8, 12)))) == 0
