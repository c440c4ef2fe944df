"""Tests of filling gaps."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.paths import error, swinging, tracks_of
from unsuplmk import registry
from unsuplmk.types import Tracks


def gaps(tracks: Tracks, **options: Any) -> Tracks:
    return registry.build("tracker", "gaps", **options)(tracks)


def holed(truth: np.ndarray, longest: int, seed: int = 0) -> np.ndarray:
    """Points of which one in twenty begins a gap."""
    rng, xy = np.random.default_rng(seed), truth.copy()
    for frame, point in np.argwhere(rng.random(truth.shape[:2]) < 0.05):
        xy[frame : frame + rng.integers(1, longest + 1), point] = np.nan
    return xy


def test_a_line_is_drawn_between_the_points_on_either_side() -> None:
    xy = holed(swinging(100, 3), 4)
    made = gaps(tracks_of(xy), method="linear", longest=99).xy
    times = np.arange(100)
    for point in range(3):
        seen = np.isfinite(xy[:, point, 0])
        inner = (times > times[seen][0]) & (times < times[seen][-1])
        for axis in range(2):
            wanted = np.interp(times, times[seen], xy[seen, point, axis])
            np.testing.assert_allclose(made[inner, point, axis], wanted[inner])
        assert np.isnan(made[~inner & ~seen, point]).all()


def cubic(times: np.ndarray, values: np.ndarray, wanted: float) -> float:
    """Fritsch and Butland's monotone cubic inside: slopes are weighted harmonic means of the secants about them."""
    step, rise = np.diff(times), np.diff(values) / np.diff(times)

    def slope(at: int) -> float:
        left, right = rise[at - 1], rise[at]
        if left * right <= 0:
            return 0.0
        heavy, light = 2 * step[at] + step[at - 1], step[at] + 2 * step[at - 1]
        return float((heavy + light) / (heavy / left + light / right))

    at = int(np.searchsorted(times, wanted)) - 1
    h, s = step[at], (wanted - times[at]) / step[at]
    ends = values[at] * (1 + 2 * s) * (1 - s) ** 2 + values[at + 1] * s**2 * (3 - 2 * s)
    return float(ends + h * (slope(at) * s * (1 - s) ** 2 - slope(at + 1) * s**2 * (1 - s)))


def test_the_monotone_cubic_is_that_of_fritsch_and_butland() -> None:
    xy = swinging(40, 1)
    xy[[10, 11, 12, 20, 30, 31]] = np.nan
    made = gaps(tracks_of(xy)).xy
    seen = np.flatnonzero(np.isfinite(xy[:, 0, 0]))
    for frame in (10, 11, 12, 20, 30, 31):
        wanted = [cubic(seen.astype(float), xy[seen, 0, axis], float(frame)) for axis in range(2)]
        np.testing.assert_allclose(made[frame, 0], wanted)


@pytest.mark.parametrize(("method", "most"), [("linear", 0.55), ("pchip", 0.25)])
def test_filled_points_lie_within_a_pixel_of_the_truth(method: str, most: float) -> None:
    truth = swinging(600)
    xy = holed(truth, 5)
    made = gaps(tracks_of(xy), method=method).xy
    filled = np.isnan(xy) & np.isfinite(made)
    assert filled.sum() > 200
    assert 0 < error(np.where(filled, made, np.nan), truth) < most


def test_only_gaps_of_so_many_frames_are_filled_and_none_at_an_end() -> None:
    xy = np.arange(20.0)[:, None, None] * np.ones((1, 2))
    xy[[0, 3, 4, 8, 9, 10, 19]] = np.nan
    made = gaps(tracks_of(xy), longest=2).xy
    assert np.flatnonzero(np.isnan(made[:, 0, 0])).tolist() == [0, 8, 9, 10, 19]
    np.testing.assert_allclose(made[3:5, 0], [[3, 3], [4, 4]])


def test_a_filled_point_has_half_the_lower_score_of_its_neighbours() -> None:
    xy = np.arange(5.0)[:, None, None] * np.ones((1, 2))
    xy[2] = np.nan
    score = np.array([[0.9], [0.8], [0.3], [0.6], [0.9]])
    np.testing.assert_allclose(gaps(tracks_of(xy, score)).score[:, 0], [0.9, 0.8, 0.3, 0.6, 0.9])


def test_points_of_low_score_are_dropped_first() -> None:
    xy = np.arange(12.0)[:, None, None] * np.ones((1, 2))
    score = np.full((12, 1), 0.8)
    xy[3], score[3] = 500.0, 0.1
    score[6:10] = 0.1
    made = gaps(tracks_of(xy, score), threshold=0.2, longest=3)
    np.testing.assert_allclose(made.xy[3, 0], [3, 3])
    assert np.isnan(made.xy[6:10]).all()
    np.testing.assert_allclose(made.score[[3, 6], 0], [0.4, 0])
    np.testing.assert_array_equal(gaps(tracks_of(xy, score)).xy, xy)


def test_nothing_is_drawn_from_one_video_to_the_next_or_over_frames_that_are_left_out() -> None:
    xy = np.arange(6.0)[:, None, None] * np.ones((1, 2))
    xy[[2, 3]] = np.nan
    for source in (("a:0", "a:1", "a:2", "b:0", "b:1", "b:2"), ("a:0", "a:1", "a:2", "a:9", "a:10", "a:11")):
        made = gaps(replace(tracks_of(xy), source=source)).xy
        np.testing.assert_array_equal(made, xy)
