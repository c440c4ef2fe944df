"""Tests of the running median."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import median_filter

from tests.paths import error, swinging, tracks_of
from unsuplmk import registry
from unsuplmk.errors import UserError
from unsuplmk.types import Tracks


def median(tracks: Tracks, window: int = 5) -> Tracks:
    return registry.build("tracker", "median", window=window)(tracks)


def test_inside_a_run_it_is_scipys_median_filter() -> None:
    xy = np.random.default_rng(0).normal(size=(40, 3, 2))
    made = median(tracks_of(xy), 7).xy
    np.testing.assert_array_equal(made[3:-3], median_filter(xy, size=(7, 1, 1))[3:-3])
    np.testing.assert_array_equal(made[0], np.median(xy[:4], 0))


def test_missing_points_do_not_count_and_stay_missing() -> None:
    xy = np.random.default_rng(0).normal(size=(9, 1, 2))
    xy[3:5] = np.nan
    made = median(tracks_of(xy)).xy
    np.testing.assert_allclose(made[5], np.nanmedian(xy[3:8], 0))
    assert np.isnan(made[3:5]).all()
    assert np.isfinite(made).sum() == np.isfinite(xy).sum()


def test_leaps_of_two_frames_are_gone_and_the_error_is_a_fifth() -> None:
    truth = swinging(400)
    rng = np.random.default_rng(1)
    seen = truth + rng.normal(0, 1, truth.shape)
    for start in range(10, 390, 20):
        seen[start : start + 2, rng.integers(4)] += 120
    made = median(tracks_of(seen)).xy
    assert np.linalg.norm(made - truth, axis=-1).max() < 20
    assert error(made, truth) / error(seen, truth) == pytest.approx(0.21, abs=0.03)


def test_one_video_does_not_lead_into_the_next() -> None:
    xy = np.repeat([0.0, 100.0], [1, 5])[:, None, None] * np.ones(2)
    both = replace(tracks_of(xy), source=("a.mp4:0", *(f"b.mp4:{i}" for i in range(1, 6))))
    np.testing.assert_array_equal(median(both).xy, xy)


def test_an_even_window_is_refused() -> None:
    with pytest.raises(UserError, match=r"--tracker\.median\.window 4: a window has a middle frame; take 5"):
        median(tracks_of(np.zeros((3, 1, 2))), 4)
