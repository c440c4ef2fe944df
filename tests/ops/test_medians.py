"""Tests of running medians."""

import warnings

import numpy as np
import pytest

from unsuplmk.ops import medians
from unsuplmk.ops.medians import running_median


@pytest.mark.parametrize(("before", "after"), [(2, 2), (4, -1), (-1, 4), (0, 0), (3, 1), (-2, 2)])
def test_it_is_the_median_of_the_known_values_of_each_window(
    before: int, after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(medians, "CHUNK", 7)
    rng = np.random.default_rng(0)
    values = rng.normal(size=(23, 2, 2))
    values[rng.random(values.shape) < 0.5] = np.nan
    made = running_median(values, before, after)
    for row in range(23):
        window = values[max(row - before, 0) : max(row + after + 1, 0)]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # NumPy warns of what is all NaN
            wanted = np.nanmedian(window, 0) if len(window) else np.full((2, 2), np.nan)
        np.testing.assert_allclose(made[row], wanted)


def test_no_rows_have_no_medians() -> None:
    assert running_median(np.empty((0, 3)), 2, 2).shape == (0, 3)
    assert np.isnan(running_median(np.zeros((1, 3)), 5, -1)).all()
