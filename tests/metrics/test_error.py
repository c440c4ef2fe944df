"""Tests of the mean distance."""

import math

import numpy as np
import pytest

from unsuplmk import registry

FIGURES = {"error", "median"}


def test_the_error_is_the_mean_distance_over_images_and_points_in_units_of_the_scale() -> None:
    rng = np.random.default_rng(0)
    predicted, truth, scale = rng.normal(size=(7, 3, 2)), rng.normal(size=(7, 3, 2)), rng.uniform(1, 9, 7)
    distances = [
        math.hypot(*(predicted[image, point] - truth[image, point])) / scale[image]
        for image in range(7)
        for point in range(3)
    ]
    figures = registry.build("metric", "error")(predicted, truth, scale)
    assert figures["error"] == pytest.approx(sum(distances) / 21)
    assert figures["median"] == pytest.approx(sorted(distances)[10])


def test_missing_points_do_not_count() -> None:
    truth = np.array([[[0.0, 0.0], [np.nan, np.nan]], [[0.0, np.nan], [0.0, 0.0]]])
    predicted = np.array([[[3.0, 4.0], [99.0, 99.0]], [[99.0, 99.0], [0.0, 1.0]]])
    figures = registry.build("metric", "error")(predicted, truth, np.ones(2))
    assert figures == {"error": 3.0, "median": 3.0}


def test_without_any_annotated_point_the_figures_are_nan_and_nothing_warns() -> None:
    figures = registry.build("metric", "error")(np.zeros((2, 1, 2)), np.full((2, 1, 2), np.nan), np.ones(2))
    assert set(figures) == FIGURES
    assert all(math.isnan(value) for value in figures.values())
