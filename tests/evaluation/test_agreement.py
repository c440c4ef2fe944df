"""Tests of the agreement between two runs."""

from __future__ import annotations

import json
from io import StringIO
from itertools import permutations

import numpy as np
import pytest
from rich.console import Console
from sklearn.linear_model import LinearRegression
from sklearn.metrics import r2_score

from unsuplmk.errors import UserError
from unsuplmk.evaluation.agreement import agreement, common
from unsuplmk.types import Tracks

RNG = np.random.default_rng(0)


def test_the_same_landmarks_in_another_order_agree_fully() -> None:
    a = RNG.uniform(0, 100, (60, 4, 2))
    order = [2, 0, 3, 1]
    found = agreement(a, a[:, order])
    assert set(found.raw.pairs) == {(order[i], i) for i in range(4)}
    assert found.raw.mean == 0
    assert found.raw.within == 100
    assert found.a_from_b.explained == pytest.approx(1)
    assert found.a_from_b.residual == pytest.approx(0, abs=1e-9)
    assert found.raw.chance > 20


def test_the_matching_is_the_best_of_all_and_leaves_out_what_has_no_partner() -> None:
    a, b = RNG.normal(50, 20, (40, 3, 2)), RNG.normal(50, 20, (40, 5, 2))
    cost = np.array([[np.mean([np.hypot(*(p - q)) for p, q in zip(a[:, i], b[:, j], strict=True)])
                      for j in range(5)] for i in range(3)])  # fmt: skip
    best = min(permutations(range(5), 3), key=lambda chosen: sum(cost[i, j] for i, j in enumerate(chosen)))
    found = agreement(a, b)
    assert set(found.raw.pairs) == set(enumerate(best))
    assert found.raw.distances == pytest.approx(sorted(cost[i, j] for i, j in enumerate(best)))
    assert found.landmarks == (3, 5)


def test_an_offset_is_forgiven_where_that_is_asked() -> None:
    a = RNG.normal(50, 10, (50, 3, 2))
    shift = np.array([[9.0, 0.0], [0.0, 30.0], [-5.0, 5.0]])
    found = agreement(a, a + shift, tolerance=8.0)
    assert found.offset.mean == pytest.approx(0, abs=1e-9)
    assert found.offset.within == 100
    assert found.raw.mean > 5
    # only the third is nearer than the tolerance: its shift has length 7.07
    assert found.raw.within == pytest.approx(100 / 3)


def test_prediction_is_a_regression_on_half_of_the_images_judged_on_the_rest() -> None:
    a = RNG.normal(50, 10, (400, 3, 2))
    b = 0.5 * a[:, :2] + 0.5 * a[:, 2:] + RNG.normal(0, 2, (400, 2, 2))
    found = agreement(a, b)
    order = np.random.default_rng(0).permutation(400)
    fitted, judged = order[:200], order[200:]
    model = LinearRegression().fit(a[fitted].reshape(200, -1), b[fitted].reshape(200, -1))
    guess = model.predict(a[judged].reshape(200, -1))
    truth = b[judged].reshape(200, -1)
    assert found.b_from_a.residual == pytest.approx(np.linalg.norm((guess - truth).reshape(-1, 2), axis=1).mean())
    assert found.b_from_a.explained == pytest.approx(r2_score(truth, guess, multioutput="variance_weighted"), abs=0.01)
    assert found.b_from_a.explained > found.a_from_b.explained + 0.1  # two points do not tell where three are


def test_unrelated_landmarks_agree_no_better_than_by_chance() -> None:
    found = agreement(RNG.normal(50, 10, (2000, 3, 2)), RNG.normal(50, 10, (2000, 3, 2)))
    assert found.raw.mean == pytest.approx(found.raw.chance, rel=0.05)
    assert abs(found.b_from_a.explained) < 0.02


def test_landmarks_that_never_move_have_no_variance_to_explain() -> None:
    found = agreement(RNG.normal(50, 10, (40, 2, 2)), np.full((40, 2, 2), 50.0))
    assert np.isnan(found.b_from_a.explained)
    assert found.as_dict()["b_from_a"]["explained"] is None
    assert json.loads(json.dumps(found.as_dict(), allow_nan=False))["images"] == 40
    console = Console(width=100, record=True, file=StringIO())
    console.print(found.table())
    assert "A predicted from B" in console.export_text()


def _tracks(xy: np.ndarray, size: tuple[int, int], names: tuple[str, ...]) -> Tracks:
    images, landmarks = xy.shape[:2]
    return Tracks(
        xy, np.ones((images, landmarks)), tuple(map(str, range(landmarks))), np.tile(size, (images, 1)), 0.0, names
    )


def test_only_frames_that_both_have_are_compared_in_percent_of_the_longer_side() -> None:
    xy = RNG.uniform(0, 100, (3, 2, 2))
    a, b = common(_tracks(xy, (50, 200), ("p", "q", "r")), _tracks(xy[:, :1] + 4, (50, 200), ("r", "x", "p")))
    assert a == pytest.approx(xy[[0, 2]] / 2)
    assert b == pytest.approx(xy[[2, 0], :1] / 2 + 2)
    with pytest.raises(UserError, match="no frame in common"):
        common(_tracks(xy, (9, 9), ("p", "q", "r")), _tracks(xy, (9, 9), ("s", "t", "u")))


def test_too_few_images_are_refused() -> None:
    with pytest.raises(UserError, match="11 images are too few to compare 2 and 1 landmarks: 12 do"):
        agreement(RNG.normal(size=(11, 2, 2)), RNG.normal(size=(11, 1, 2)))
