"""Tests of how values are combined, and of the confidence intervals."""

from dataclasses import replace

import numpy as np
import pytest

from unsuplmk.evaluation.measure import RESAMPLES, SEED, measure, values
from unsuplmk.evaluation.protocols import protocol
from unsuplmk.ops.bootstrap import draws

RNG = np.random.default_rng(0)
NAMES = ("a", "b", "c")


def test_a_value_is_a_distance_a_hit_or_the_sum_of_both_coordinates_errors() -> None:
    truth = np.array([[[0.0, 0.0], [0.0, 0.0]], [[1.0, 1.0], [np.nan, np.nan]]])
    guess = truth + np.array([3.0, -4.0])
    guess[1, 1] = 0.0
    scale, plain = np.array([1.0, 2.0]), protocol("plain")
    np.testing.assert_allclose(values(plain, guess, truth, scale), [[5, 5], [2.5, np.nan]])
    within = replace(plain, measure="within", threshold=2.5)
    np.testing.assert_allclose(values(within, guess, truth, scale), [[0, 0], [100, np.nan]])
    np.testing.assert_allclose(values(replace(plain, measure="absolute"), guess, truth, scale), [[7, 7], [3.5, np.nan]])


def test_the_better_of_a_label_and_its_swapped_twin_counts_for_each_image_as_a_whole() -> None:
    truth = np.array([[[0.0, 0.0], [10.0, 0.0]], [[0.0, 0.0], [10.0, 0.0]]])
    guess = np.array([[[9.0, 0.0], [0.0, 0.0]], [[1.0, 0.0], [4.0, 0.0]]])
    found = values(replace(protocol("plain"), swap=((0, 1),)), guess, truth, np.ones(2))
    np.testing.assert_allclose(found, [[1, 0], [1, 6]])


def test_intervals_are_percentiles_of_the_figure_over_resampled_images() -> None:
    one = RNG.gamma(2.0, size=(40, 3))
    one[::4, 1] = np.nan
    found = measure(protocol("plain"), {"k": one, "l": 2 * one}, NAMES)
    figures, points = [], []
    for weights in draws(40, RESAMPLES, SEED):
        for row in weights.astype(int):
            resample = np.repeat(one, row, axis=0)
            figures.append(np.nanmean(resample))
            points.append(np.nanmean(resample, 0))
    assert found["k"].figures["error"] == pytest.approx(np.nanmean(one))
    assert found["k"].intervals["error"] == pytest.approx(tuple(np.percentile(figures, (2.5, 97.5))))
    for column, name in enumerate(NAMES):
        assert found["k"].per_point[name] == pytest.approx(np.nanmean(one[:, column]))
        expected = np.percentile(np.array(points)[:, column], (2.5, 97.5))
        assert found["k"].point_intervals[name] == pytest.approx(tuple(expected))
        assert found["l"].point_intervals[name] == pytest.approx(tuple(2 * expected))  # all kinds are drawn alike


def test_groups_and_joints_have_intervals_of_their_own() -> None:
    one, groups = RNG.gamma(2.0, size=(40, 3)), ["x", "y"] * 20
    found = measure(replace(protocol("plain"), combine="column", column="g"), {"k": one}, NAMES, groups)["k"]
    assert list(found.figures) == list(found.intervals) == ["error", "x", "y"]
    assert found.figures["error"] == pytest.approx((one[::2].mean() + one[1::2].mean()) / 2)
    joints = {"ends": ("a", "c")}
    found = measure(replace(protocol("plain"), combine="points", joints=joints), {"k": one}, NAMES)["k"]
    assert found.figures["ends"] == pytest.approx(one[:, [0, 2]].mean())
    low, high = found.intervals["ends"]
    assert low < found.figures["ends"] < high


def test_a_point_without_annotations_makes_a_sum_unknown_but_no_mean() -> None:
    one = RNG.gamma(2.0, size=(40, 3))
    one[:, 1] = np.nan
    summed = measure(replace(protocol("plain"), combine="sum"), {"k": one}, NAMES)["k"]
    assert np.isnan(summed.figures["error"])
    assert np.isnan(summed.intervals["error"]).all()
    mean = measure(replace(protocol("plain"), combine="points"), {"k": one}, NAMES)["k"]
    assert mean.figures["error"] == pytest.approx(one[:, [0, 2]].mean())


def test_one_image_or_no_resample_gives_no_interval() -> None:
    for images, resamples in ((1, 10), (5, 0)):
        found = measure(protocol("plain"), {"k": RNG.gamma(2.0, size=(images, 3))}, NAMES, (), resamples)["k"]
        assert np.isfinite(found.figures["error"])
        assert np.isnan(found.intervals["error"]).all()
        assert np.isnan(found.point_intervals["a"]).all()
