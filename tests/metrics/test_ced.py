"""Tests of the cumulative error distribution."""

import math

import numpy as np
import pytest
from sklearn.metrics import auc

from unsuplmk import registry
from unsuplmk.errors import UserError
from unsuplmk.ops.cumulative import curve

RNG = np.random.default_rng(0)


def test_area_and_failures_are_those_of_the_images_mean_errors() -> None:
    predicted, truth, scale = RNG.normal(size=(50, 3, 2)), RNG.normal(size=(50, 3, 2)), RNG.uniform(0.1, 1, 50)
    truth[7, 1] = np.nan
    truth[9] = np.nan
    errors = []
    for image in range(50):
        known = [p for p in range(3) if not math.isnan(truth[image, p, 0])]
        if known:
            errors.append(
                sum(math.dist(predicted[image, p], truth[image, p]) for p in known) / len(known) / scale[image]
            )
    figures = registry.build("metric", "ced", thresholds=(4,))(predicted, truth, scale)
    grid = np.linspace(0, 4, 200_001)
    share = np.searchsorted(np.sort(errors), grid, side="right") / len(errors)
    assert len(errors) == 49
    assert figures["auc@4"] == pytest.approx(100 * auc(grid, share) / 4, abs=1e-2)
    assert figures["failure@4"] == pytest.approx(100 * np.mean(np.array(errors) > 4))
    assert 5 < figures["failure@4"] < 95


def test_no_error_fills_the_area_and_great_errors_leave_none() -> None:
    truth = RNG.normal(size=(5, 2, 2))
    ced = registry.build("metric", "ced")
    assert ced(truth, truth, np.ones(5)) == {"auc@8": 100.0, "failure@8": 0.0, "auc@10": 100.0, "failure@10": 0.0}
    assert ced(truth + 90, truth, np.ones(5)) == {"auc@8": 0.0, "failure@8": 100.0, "auc@10": 0.0, "failure@10": 100.0}


def test_the_curve_rises_at_each_image_and_ends_at_the_threshold() -> None:
    errors, share = curve(np.array([5.0, 1.0, 30.0, 2.0]), 8.0)
    assert errors.tolist() == [0, 1, 2, 5, 8]
    assert share.tolist() == [0, 25, 50, 75, 75]
    assert curve(np.array([30.0]), 8.0)[1].tolist() == [0, 0]


def test_without_any_annotated_point_the_figures_are_nan() -> None:
    figures = registry.build("metric", "ced")(np.zeros((2, 1, 2)), np.full((2, 1, 2), np.nan), np.ones(2))
    assert len(figures) == 4
    assert all(math.isnan(value) for value in figures.values())


@pytest.mark.parametrize("thresholds", [(), (0,), (5, 5)])
def test_thresholds_that_make_no_sense_are_refused(thresholds: tuple[float, ...]) -> None:
    with pytest.raises(UserError, match="thresholds"):
        registry.build("metric", "ced", thresholds=thresholds)
