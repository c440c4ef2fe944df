"""Tests of the mean absolute error."""

import numpy as np
import torch

from unsuplmk import registry


def test_it_is_the_mean_difference_of_what_counts() -> None:
    rng = np.random.default_rng(0)
    made, target, weight = rng.random((2, 3, 8, 9)), rng.random((2, 3, 8, 9)), rng.random((2, 1, 8, 9))
    given = [torch.from_numpy(part).float() for part in (made, target, weight)]
    quality = registry.build("quality", "mae")
    plain = np.abs(made - target).mean((1, 2, 3))
    np.testing.assert_allclose(quality(*given[:2], None), plain, rtol=1e-6)
    masked = [np.average(np.abs(made - target)[i].mean(0), weights=weight[i, 0]) for i in range(2)]
    np.testing.assert_allclose(quality(*given), masked, rtol=1e-5)


def test_black_for_white_is_one() -> None:
    assert registry.build("quality", "mae")(torch.zeros(1, 3, 4, 4), torch.ones(1, 3, 4, 4), None).tolist() == [1]
