"""Tests of the bootstrap."""

import numpy as np
import pytest

from unsuplmk.ops import bootstrap
from unsuplmk.ops.bootstrap import draws, interval


def test_each_resample_draws_as_many_images_as_there_are_and_the_seed_decides_which() -> None:
    weights = np.concatenate(list(draws(50, 200, seed=3)))
    assert weights.shape == (200, 50)
    assert (weights.sum(1) == 50).all()
    assert 0.3 < (weights == 0).mean() < 0.43  # (1 - 1/50) ^ 50 = 0.364
    np.testing.assert_array_equal(weights, np.concatenate(list(draws(50, 200, seed=3))))
    assert (weights != np.concatenate(list(draws(50, 200, seed=4)))).any()
    assert list(draws(50, 0, seed=0)) == []


def test_many_images_are_drawn_a_few_resamples_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "CELLS", 100)
    assert [len(part) for part in draws(30, 7, seed=0)] == [3, 3, 1]
    assert [len(part) for part in draws(300, 2, seed=0)] == [1, 1]


def test_the_interval_is_that_of_resampling_one_by_one() -> None:
    values = np.random.default_rng(0).gamma(2.0, size=60)
    means = np.concatenate([weights @ values / 60 for weights in draws(60, 4000, seed=1)])
    rng = np.random.default_rng(2)
    expected = [rng.choice(values, 60).mean() for _ in range(4000)]
    np.testing.assert_allclose(interval(means, 95.0), np.percentile(expected, (2.5, 97.5)), rtol=0.03)


def test_resamples_without_a_value_do_not_count() -> None:
    values = np.array([[1.0, np.nan], [2.0, np.nan], [np.nan, np.nan], [3.0, np.nan]])
    ends = interval(values, 50.0)
    np.testing.assert_allclose(ends[:, 0], (1.5, 2.5))
    assert np.isnan(ends[:, 1]).all()
