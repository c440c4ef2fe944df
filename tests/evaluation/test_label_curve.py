"""Tests of the number-of-labels curve."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from io import StringIO

import numpy as np
import pytest
from rich.console import Console
from sklearn.linear_model import LinearRegression, Ridge

from unsuplmk.errors import UserError
from unsuplmk.evaluation.label_curve import COUNTS, LEAST_NORM, LEAST_SQUARES, RIDGE, label_curve, parse_counts
from unsuplmk.evaluation.regress import guesses
from unsuplmk.evaluation.samples import Sample
from unsuplmk.frames.prepare import Fit
from unsuplmk.ops.linear import fit_linear

RNG = np.random.default_rng(0)
MAP = RNG.normal(0, 0.2, (8, 4))


def sample(images: int, noise: float = 1.0, landmarks: int = 4) -> Sample:
    """Points that are a linear function of the landmarks' pixels, but for noise."""
    xy = RNG.uniform(-0.8, 0.8, (images, landmarks, 2))
    truth = (32 * (xy + 1)).reshape(images, -1) @ MAP[: 2 * landmarks] - 0.5 + RNG.normal(0, noise, (images, 4))
    names = tuple(str(i) for i in range(images))
    return Sample(names, np.full((images, 2), 64), xy, truth.reshape(images, 2, 2))


def judged_by(test: Sample, kind: str = "without_intercept", ridge: float = 0.0) -> Callable[[Sample], float]:
    def error(some: Sample) -> float:
        guess = guesses(Fit(64), some, test, ridge, partial(fit_linear, least_norm=True))[kind]
        return float(np.linalg.norm(guess - test.truth, axis=-1).mean())

    return error


def test_more_labels_give_less_error_and_each_row_says_how_it_was_solved() -> None:
    curve = label_curve(sample(400), judged_by(sample(100)), counts=(100, 1, 5, 20), repeats=4)
    assert [row.labels for row in curve.rows] == [1, 5, 20, 100, 400]
    assert [row.repeats for row in curve.rows] == [4, 4, 4, 4, 1]
    assert [row.solver for row in curve.rows] == [LEAST_NORM] * 2 + [LEAST_SQUARES] * 3
    means = [row.mean for row in curve.rows]
    assert means[0] > means[1] > 2 * means[3]
    assert means[4] == pytest.approx(means[3], rel=0.15)
    assert curve.rows[0].sd > curve.rows[3].sd > curve.rows[4].sd == 0
    assert curve.unknowns == 8


def test_mean_and_sd_are_over_random_choices_that_the_seed_fixes() -> None:
    train, error = sample(60), judged_by(sample(50))
    curve = label_curve(train, error, counts=(9,), repeats=5, seed=3)
    chosen: list[Sample] = []

    def note(some: Sample) -> float:
        chosen.append(some)
        return error(some)

    assert label_curve(train, note, counts=(9,), repeats=5, seed=3) == curve
    errors = [error(some) for some in chosen[:-1]]
    assert (curve.rows[0].mean, curve.rows[0].sd) == pytest.approx((np.mean(errors), np.std(errors, ddof=1)))
    assert len({some.names for some in chosen[:-1]}) == 5
    assert all(len(set(some.names)) == 9 for some in chosen[:-1])
    assert label_curve(train, error, counts=(9,), repeats=5, seed=4).rows[0].mean != curve.rows[0].mean


def test_only_counts_that_exist_are_taken_and_choices_are_among_complete_images() -> None:
    train = sample(30)
    train.truth[::3, 0] = np.nan
    seen: list[Sample] = []

    def error(some: Sample) -> float:
        seen.append(some)
        return 0.0

    curve = label_curve(train, error, counts=(5, 20, 25, 5000), repeats=3)
    assert [row.labels for row in curve.rows] == [5, 20, 30]
    assert all(np.isfinite(some.truth).all() for some in seen[:-1])


@pytest.mark.parametrize("intercept", [True, False])
def test_with_fewer_images_than_unknowns_the_map_is_the_least_squares_one_of_least_norm(
    intercept: bool,
) -> None:
    x, y = RNG.uniform(0, 128, (3, 5, 2)), RNG.uniform(0, 128, (3, 2, 2))
    ours = fit_linear(x, y, intercept, least_norm=True)(x + 1)
    # Ridge(alpha=0) divides by what rounding leaves of a singular value that centring makes 0
    model = LinearRegression() if intercept else Ridge(alpha=0, fit_intercept=False, solver="svd")
    reference = model.fit(x.reshape(3, -1), y.reshape(3, -1))
    assert ours == pytest.approx(reference.predict((x + 1).reshape(3, -1)).reshape(3, 2, 2))
    with pytest.raises(UserError, match="too few"):
        fit_linear(x, y, intercept)


def test_a_ridge_is_named() -> None:
    curve = label_curve(sample(40), judged_by(sample(20), ridge=1.0), counts=(2,), repeats=2, ridge=1.0)
    assert {row.solver for row in curve.rows} == {RIDGE}
    assert curve.ridge == 1.0


def test_a_curve_is_plain_json_and_a_table() -> None:
    curve = label_curve(sample(40), judged_by(sample(20)), counts=(2,), repeats=2, unit="% of the side")
    assert json.loads(json.dumps(curve.as_dict()))["rows"][0]["solver"] == "least norm"
    console = Console(width=100, record=True, file=StringIO())
    console.print(curve.table())
    text = console.export_text()
    assert f"{curve.rows[0].mean:.2f}" in text
    assert "% of the side" in text


def test_counts_are_read_and_what_makes_no_sense_is_refused() -> None:
    assert parse_counts("default") == COUNTS
    assert parse_counts("1, 5,10") == (1, 5, 10)
    for text in ("0", "a", "1,,2", "-3", ""):
        with pytest.raises(UserError, match="such as 1,5,10"):
            parse_counts(text)
    with pytest.raises(UserError, match="at least 1"):
        label_curve(sample(5), lambda some: 0.0, repeats=0)


def test_images_are_chosen_with_all_their_copies_and_counted_without() -> None:
    plain = sample(12)
    rows = np.concatenate([np.arange(12), np.repeat(np.arange(12), 3)])
    names = plain.names + tuple(f"{i}~{k}" for i in range(12) for k in (1, 2, 3))
    origins = tuple(plain.names[row] for row in rows)
    train = Sample(names, plain.size[rows], plain.landmarks[rows], plain.truth[rows], origins)
    seen: list[Sample] = []

    def error(some: Sample) -> float:
        seen.append(some)
        return 0.0

    curve = label_curve(train, error, counts=(2, 3, 12, 40), repeats=4)
    assert [(row.labels, row.solver) for row in curve.rows] == [
        (2, LEAST_SQUARES),
        (3, LEAST_SQUARES),
        (12, LEAST_SQUARES),
    ]
    for some in seen[:-1]:
        chosen = {name for name in some.names if "~" not in name}
        assert len(chosen) in (2, 3)
        assert set(some.names) == chosen | {f"{name}~{k}" for name in chosen for k in (1, 2, 3)}
    assert len(seen[-1].names) == 48
