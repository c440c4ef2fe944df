"""Tests of the peak signal-to-noise ratio."""

import numpy as np
import pytest
import torch

from unsuplmk import registry


def test_it_is_the_range_over_the_root_mean_square_difference_in_decibels() -> None:
    rng = np.random.default_rng(0)
    made, target, weight = rng.random((2, 3, 8, 9)), rng.random((2, 3, 8, 9)), rng.random((2, 1, 8, 9))
    given = [torch.from_numpy(part).float() for part in (made, target, weight)]
    quality = registry.build("quality", "psnr")
    root = np.sqrt(np.square(made - target).mean((1, 2, 3)))
    np.testing.assert_allclose(quality(*given[:2], None), 20 * np.log10(1 / root), rtol=1e-5)
    square = [np.average(np.square(made - target)[i].mean(0), weights=weight[i, 0]) for i in range(2)]
    np.testing.assert_allclose(quality(*given), -10 * np.log10(square), rtol=1e-5)


def test_a_tenth_of_the_range_everywhere_is_twenty_decibels() -> None:
    target = torch.full((1, 3, 4, 4), 0.5)
    assert registry.build("quality", "psnr")(target + 0.1, target, None).item() == pytest.approx(20, abs=1e-4)


def test_the_target_itself_has_what_rounding_to_bytes_leaves() -> None:
    rng = np.random.default_rng(0)
    exact = rng.random((1, 3, 256, 256))
    rounded = np.round(255 * exact) / 255
    quality = registry.build("quality", "psnr")
    target = torch.from_numpy(exact).float()
    best = quality(target, target, None).item()
    assert best == pytest.approx(-10 * np.log10(np.square(rounded - exact).mean()), abs=0.1)
    assert best == pytest.approx(58.9, abs=0.05)
