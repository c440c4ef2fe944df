"""The closed forms of leave-one-out, against maps that are fitted again for every row."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.model_selection import LeaveOneGroupOut, cross_val_predict

from unsuplmk.ops.leaveoneout import STRENGTHS, fit_ridge

RNG = np.random.default_rng(0)


def data(rows: int, inputs: int = 6, points: int = 3, noise: float = 0.1) -> tuple[np.ndarray, np.ndarray]:
    x = RNG.normal(0, 0.4, (rows, inputs)) + 0.3
    y = x @ RNG.normal(0, 0.5, (inputs, 2 * points)) + RNG.normal(0, noise, (rows, 2 * points)) - 0.2
    y[:, -2:] = RNG.normal(0, 0.3, (rows, 2))  # the last point follows nothing
    return x, y.reshape(rows, points, 2)


def solved(x: np.ndarray, y: np.ndarray, strength: float, unit: float, at: np.ndarray) -> np.ndarray:
    """The ridge regression of its textbook definition, by the normal equations; inf is the mean."""
    mean = x.mean(0)
    if np.isinf(strength):
        return np.broadcast_to(y.mean(0), (len(at), 2))
    normal = (x - mean).T @ (x - mean) + strength * unit * np.eye(x.shape[1])
    return (at - mean) @ np.linalg.solve(normal, (x - mean).T @ (y - y.mean(0))) + y.mean(0)


def refitted(x: np.ndarray, y: np.ndarray, unit: float) -> np.ndarray:
    """Residuals of every row that is predicted by a map fitted anew without it, for each ridge."""
    rows = np.arange(len(x))
    return np.array([[y[i] - solved(x[rows != i], y[rows != i], s, unit, x[[i]])[0] for i in rows] for s in STRENGTHS])


def unit_of(x: np.ndarray) -> float:
    return float(np.linalg.norm(x - x.mean(0)) ** 2 / min(x.shape))


@pytest.mark.parametrize("rows", [4, 7, 40])
def test_each_point_has_the_ridge_of_least_leave_one_out_error_and_its_map_is_sklearns(rows: int) -> None:
    x, y = data(rows)
    found = fit_ridge(x, y)
    for point in range(3):
        residuals = refitted(x, y[:, point], unit_of(x))
        errors = np.linalg.norm(residuals, axis=-1).mean(1)
        assert errors[STRENGTHS.index(found.strength[point])] == pytest.approx(errors.min(), rel=1e-6)
        np.testing.assert_allclose(found.constant[:, point], residuals[0], atol=1e-9)
        if np.isinf(found.strength[point]):
            assert not found.weights[:, point].any()
            np.testing.assert_allclose(found.offset[point], y[:, point].mean(0), atol=1e-12)
        else:
            model = Ridge(alpha=found.strength[point] * unit_of(x)).fit(x, y[:, point])
            np.testing.assert_allclose(found.weights[:, point], model.coef_.T, atol=1e-6)
            np.testing.assert_allclose(found.offset[point], model.intercept_, atol=1e-6)


@pytest.mark.parametrize("rows", [4, 9, 16])
def test_the_residual_of_a_row_has_neither_seen_it_in_the_map_nor_in_the_choice_of_the_ridge(rows: int) -> None:
    x, y = data(rows)
    found = fit_ridge(x, y)
    differ = 0
    for row in range(rows):
        kept = np.arange(rows) != row
        for point in range(3):
            errors = np.linalg.norm(refitted(x[kept], y[kept, point], unit_of(x)), axis=-1).mean(1)
            best = STRENGTHS[int(np.argmin(errors))]
            expected = y[row, point] - solved(x[kept], y[kept, point], best, unit_of(x), x[[row]])[0]
            np.testing.assert_allclose(found.residual[row, point], expected, atol=1e-6)
            differ += best != found.strength[point]
    assert differ  # the choice does depend on the row


def test_rows_are_judged_without_their_whole_group() -> None:
    x, y = data(30)
    groups = np.repeat([0, 1, 2, 1], [5, 10, 8, 7])
    found = fit_ridge(x, y, [np.flatnonzero(groups == group) for group in range(3)])
    for point in range(3):
        model = Ridge(alpha=min(found.strength[point], 1e15) * unit_of(x))
        predicted = cross_val_predict(model, x, y[:, point], groups=groups, cv=LeaveOneGroupOut())
        np.testing.assert_allclose(found.grouped[:, point], y[:, point] - predicted, atol=1e-6)
    constant = cross_val_predict(Ridge(alpha=1e15), x, y[:, 0], groups=groups, cv=LeaveOneGroupOut())
    np.testing.assert_allclose(found.grouped_constant[:, 0], y[:, 0] - constant, atol=1e-6)


def test_what_follows_no_input_is_the_mean_and_two_rows_choose_nothing() -> None:
    x = RNG.normal(size=(200, 6))
    y = np.stack([x[:, :2], RNG.normal(size=(200, 2))], 1)
    found = fit_ridge(x, y)
    assert found.strength[0] == STRENGTHS[-1]
    assert np.linalg.norm(found.residual[:, 0], axis=-1).mean() < 1e-4
    assert np.linalg.norm(found.residual[:, 1], axis=-1).mean() == pytest.approx(
        np.linalg.norm(found.constant[:, 1], axis=-1).mean(), rel=0.05
    )
    two = fit_ridge(x[:2], y[:2])
    assert np.isinf(two.strength).all()
    np.testing.assert_allclose(two.residual[0], y[0] - y[1], atol=1e-12)
    with pytest.raises(ValueError, match="1 rows"):
        fit_ridge(x[:1], y[:1])


def test_inputs_that_never_move_are_no_reason_to_fail() -> None:
    x, y = np.ones((5, 4)), RNG.normal(size=(5, 2, 2))
    found = fit_ridge(x, y)
    assert not found.weights.any()
    np.testing.assert_allclose(found.offset, y.mean(0))
    np.testing.assert_allclose(found.residual, found.constant)


def test_without_residuals_the_map_is_the_same() -> None:
    x, y = data(12)
    quick, whole = fit_ridge(x, y, judged=False), fit_ridge(x, y)
    np.testing.assert_array_equal(quick.weights, whole.weights)
    assert not len(quick.residual)
