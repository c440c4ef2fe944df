"""Tests of what more labels would bring."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO

import numpy as np
import pytest
from rich.console import Console

from tests.labels import Labels
from tests.spots import detector
from unsuplmk.naming.labelgain import Gain, Some, ahead, gain
from unsuplmk.naming.labelled import Labelled, fit_points, labelled


@pytest.fixture(scope="module")
def labels() -> Labelled:
    """Landmarks with noise on them, so that one label more is worth something."""
    found = labelled(detector(), [Labels(40)])
    noisy = found.sample.landmarks + np.random.default_rng(0).normal(0, 0.05, found.sample.landmarks.shape)
    return replace(found, sample=replace(found.sample, landmarks=noisy))


def test_each_row_is_the_mean_over_random_choices_of_the_error_in_the_frames_left_out(labels: Labelled) -> None:
    curve = gain(labels, repeats=4, seed=3)
    assert curve is not None
    assert [row.labels for row in curve.rows] == [2, 3, 5, 8, 12, 20, 30]
    errors = []
    for repeat in range(4):
        chosen = np.random.default_rng([3, 8, repeat]).permutation(40)[:8]
        rest = np.setdiff1d(np.arange(40), chosen)
        found = fit_points(labels, np.sort(chosen))
        guess = np.einsum("ni,ipc->npc", labels.inputs, found.weights) + found.offset
        errors.append(labels.distance(guess)[rest].mean())
    row = curve.rows[3]
    assert (row.error, row.sd) == pytest.approx((np.mean(errors), np.std(errors, ddof=1)))
    assert curve.all == pytest.approx(
        labels.distance(labels.targets - fit_points(labels, np.arange(40), judged=True).residual).mean()
    )
    assert curve.rows[0].error > curve.rows[4].error > curve.all * 0.95
    assert gain(labels, repeats=4, seed=3) == curve
    assert gain(labels, repeats=4, seed=4) != curve


def test_missing_points_do_not_count() -> None:
    data = Labels(20)
    for i in range(0, 20, 2):
        data.truth[i][1] = np.nan
    curve = gain(labelled(detector(), [data]), repeats=5)
    assert curve is not None
    assert np.isfinite([row.error for row in curve.rows]).all()
    assert gain(labelled(detector(), [Labels(5)])) is None


def test_a_power_law_is_followed_and_an_uneven_curve_is_not() -> None:
    n = np.array([5, 8, 12, 20, 30, 50, 80, 115])
    e = 3 + 20 * n**-0.7
    rough = e * np.array([1, 1, 1, 2, 0.5, 1, 2, 1])

    def twice(errors: np.ndarray, some: slice = slice(None), less: int = 0) -> float | None:
        return ahead((n[some] - less).tolist(), errors[some].tolist())

    assert twice(e) == pytest.approx(3 + 20 * 230.0**-0.7, rel=1e-3)
    assert twice(np.full(8, 6.0)) == pytest.approx(6.0, rel=1e-3)
    assert twice(rough) is None
    assert twice(e, slice(5, 8)) is None  # three numbers
    assert twice(e, slice(4)) is not None
    assert twice(e, slice(4), 1) is None  # fewer than twenty labels


def curve(half: float, everything: float, twice: float | None) -> Gain:
    return Gain((Some(2, 9, 30.0, 1.0), Some(20, 9, half, 1.0)), 40, 0, everything, twice)


def test_labels_that_are_met_exactly_are_put_into_words_too() -> None:
    assert curve(0.0, 0.0, None).sentences()[1] == "more labels of this kind will hardly help"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (curve(8.0, 7.9, 7.8), "hardly help: twice as many would bring about 7.80 px"),
        (curve(8.0, 6.0, 5.0), "twice as many labels of this kind would bring about 5.00 px"),
        (curve(8.0, 7.9, None), "more labels of this kind will hardly help"),
        (curve(8.0, 6.0, None), "more labels will help; there are too few"),
    ],
)
def test_the_curve_is_put_into_words(given: Gain, words: str) -> None:
    first, second = given.sentences()
    assert first.startswith("with half of the 40 labelled frames the error is 8.00 px, with all but one")
    assert words in second
    console = Console(width=100, record=True, file=StringIO())
    console.print(given.table())
    assert "each left out" in console.export_text()
