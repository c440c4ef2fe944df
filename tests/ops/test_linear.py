"""Tests of the linear map."""

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression, Ridge

from unsuplmk.errors import UserError
from unsuplmk.ops.linear import fit_linear, fit_trimmed, swapped

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("intercept", [False, True])
def test_a_linear_relation_is_recovered_exactly(intercept: bool) -> None:
    landmarks = RNG.uniform(0, 64, (40, 6, 2))
    weights, offset = RNG.normal(size=(12, 3, 2)), intercept * RNG.normal(size=(3, 2))
    truth = np.einsum("ni,ipc->npc", landmarks.reshape(40, 12), weights) + offset
    found = fit_linear(landmarks, truth, intercept)
    np.testing.assert_allclose(found.weights, weights, atol=1e-10)
    np.testing.assert_allclose(found.offset, offset, atol=1e-8)
    np.testing.assert_allclose(found(landmarks), truth, atol=1e-8)


@pytest.mark.parametrize("intercept", [False, True])
@pytest.mark.parametrize("ridge", [0.0, 3.5])
def test_it_is_scikit_learns_regression(intercept: bool, ridge: float) -> None:
    landmarks, truth = RNG.uniform(0, 64, (50, 4, 2)), RNG.uniform(0, 64, (50, 5, 2))
    model = Ridge(ridge, fit_intercept=intercept) if ridge else LinearRegression(fit_intercept=intercept)
    model.fit(landmarks.reshape(50, 8), truth.reshape(50, 10))
    fresh = RNG.uniform(0, 64, (7, 4, 2))
    expected = model.predict(fresh.reshape(7, 8)).reshape(7, 5, 2)
    np.testing.assert_allclose(fit_linear(landmarks, truth, intercept, ridge)(fresh), expected, atol=1e-8)


def test_a_landmark_that_never_moves_does_no_harm_as_in_scikit_learn() -> None:
    landmarks, truth = RNG.uniform(0, 64, (50, 4, 2)), RNG.uniform(0, 64, (50, 1, 2))
    landmarks[:, 2] = 31.5
    model = LinearRegression().fit(landmarks.reshape(50, 8), truth.reshape(50, 2))
    expected = model.predict(landmarks.reshape(50, 8)).reshape(50, 1, 2)
    np.testing.assert_allclose(fit_linear(landmarks, truth, intercept=True)(landmarks), expected, atol=1e-8)


def test_each_point_is_fitted_on_the_images_where_it_is_annotated() -> None:
    landmarks, truth = RNG.uniform(0, 64, (30, 3, 2)), RNG.uniform(0, 64, (30, 3, 2))
    truth[:9, 1] = np.nan
    found = fit_linear(landmarks, truth, intercept=True)
    for point, rows in ((0, slice(0, 30)), (1, slice(9, 30)), (2, slice(0, 30))):
        model = LinearRegression().fit(landmarks[rows].reshape(-1, 6), truth[rows, point])
        np.testing.assert_allclose(found(landmarks)[:, point], model.predict(landmarks.reshape(-1, 6)), atol=1e-8)


def test_fewer_images_than_unknowns_are_refused_unless_a_ridge_is_asked_for() -> None:
    landmarks, truth = RNG.uniform(0, 64, (13, 6, 2)), RNG.uniform(0, 64, (13, 2, 2))
    fit_linear(landmarks, truth, intercept=True)
    truth[4, 1] = np.nan
    fit_linear(landmarks, truth, intercept=False)
    with pytest.raises(UserError, match=r"12 annotated training images .* 6 landmarks with intercept.* at least 13"):
        fit_linear(landmarks, truth, intercept=True)
    fit_linear(landmarks, truth, intercept=True, ridge=0.1)
    truth[:, 1] = np.nan
    with pytest.raises(UserError, match="0 annotated training images"):
        fit_linear(landmarks, truth, intercept=True, ridge=0.1)


def test_images_far_above_the_mean_residual_are_dropped_and_the_map_is_fitted_again() -> None:
    landmarks = RNG.uniform(0, 64, (60, 3, 2))
    truth = landmarks[:, [0, 2]] * 0.7 + RNG.normal(size=(60, 2, 2))
    truth[7] += 80.0
    truth[9, 1] = np.nan
    kept = np.arange(60) != 7
    expected = fit_linear(landmarks[kept], truth[kept], intercept=True)
    found = fit_trimmed(landmarks, truth, True, beyond=3.0)
    np.testing.assert_allclose(found.weights, expected.weights)
    np.testing.assert_allclose(found.offset, expected.offset)


def test_labels_that_fit_better_with_left_and_right_swapped_are_swapped_before_the_fit() -> None:
    landmarks = RNG.uniform(0, 20, (100, 3, 2))
    landmarks[:, 2] += 40.0
    truth, sides = landmarks + RNG.normal(size=(100, 3, 2)), [(0, 2)]
    expected = fit_trimmed(landmarks, truth, True, beyond=3.0).weights
    mixed = truth.copy()
    mixed[:20] = mixed[:20, [2, 1, 0]]
    np.testing.assert_array_equal(swapped(mixed, sides)[:20], truth[:20])
    np.testing.assert_allclose(fit_trimmed(landmarks, mixed, True, beyond=3.0, swap=sides).weights, expected)
    mixed[10:] = truth[10:]  # ten count as settled: they are only dropped, if at all
    plain = fit_trimmed(landmarks, mixed, True, beyond=99.0).weights
    np.testing.assert_allclose(fit_trimmed(landmarks, mixed, True, beyond=99.0, swap=sides).weights, plain)


def test_a_trimmed_fit_takes_the_least_norm_of_few_images_where_asked() -> None:
    for count in (1, 4):
        landmarks, truth = RNG.uniform(0, 64, (count, 3, 2)), RNG.uniform(0, 64, (count, 2, 2))
        with pytest.raises(UserError, match="too few"):
            fit_trimmed(landmarks, truth, False, beyond=3.0)
        found = fit_trimmed(landmarks, truth, False, least_norm=True, beyond=3.0)
        np.testing.assert_allclose(found(landmarks), truth, atol=1e-8)
