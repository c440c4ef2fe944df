"""Tests of the percentage of correct keypoints."""

import math

import numpy as np
import pytest

from unsuplmk import registry
from unsuplmk.errors import UserError


def test_pck_counts_the_annotated_points_within_each_threshold() -> None:
    truth = np.array([[[0.0, 0.0], [0.0, 0.0]], [[0.0, 0.0], [np.nan, 0.0]]])
    predicted = np.array([[[3.0, 0.0], [8.0, 0.0]], [[6.0, 0.0], [0.0, 0.0]]])
    scale = np.array([1.0, 2.0])  # distances 3, 8 and 6 / 2 = 3
    figures = registry.build("metric", "pck", thresholds=(2, 3, 8))(predicted, truth, scale)
    assert figures == {"pck@2": 0.0, "pck@3": pytest.approx(200 / 3), "pck@8": 100.0}


def test_without_any_annotated_point_pck_is_nan() -> None:
    figures = registry.build("metric", "pck")(np.zeros((1, 1, 2)), np.full((1, 1, 2), np.nan), np.ones(1))
    assert len(figures) == 3
    assert all(math.isnan(value) for value in figures.values())


@pytest.mark.parametrize("thresholds", [(), (0,), (-1, 2), (5, 5)])
def test_thresholds_that_make_no_sense_are_refused(thresholds: tuple[float, ...]) -> None:
    with pytest.raises(UserError, match="thresholds"):
        registry.build("metric", "pck", thresholds=thresholds)
