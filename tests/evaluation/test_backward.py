"""Tests of the backward error."""

from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

from unsuplmk.errors import UserError
from unsuplmk.evaluation.backward import backward
from unsuplmk.evaluation.samples import Sample
from unsuplmk.frames.prepare import Fit

RNG = np.random.default_rng(0)


def sample(images: int, size: tuple[int, int] = (64, 64)) -> Sample:
    """Landmark 0 is the mean of both points, 1 is anywhere, 2 stands still."""
    sizes = np.tile(size, (images, 1))
    truth = RNG.uniform(0.2, 0.8, (images, 2, 2)) * sizes[:, None] - 0.5
    mean = (truth.mean(1) + 0.5) / sizes * 2 - 1
    still = np.full((images, 2), 0.25)
    return Sample(
        tuple(map(str, range(images))), sizes, np.stack([mean, RNG.uniform(-0.9, 0.9, (images, 2)), still], 1), truth
    )


def test_the_error_is_that_of_a_linear_regression_from_points_to_landmarks_in_percent_of_the_side() -> None:
    train, test = sample(50), sample(30)
    train.truth[4, 1] = np.nan
    found = backward(Fit(32), train, test)
    kept = np.isfinite(train.truth).all((1, 2))
    model = LinearRegression().fit(train.truth[kept].reshape(49, -1), train.landmarks[kept].reshape(49, -1))
    predicted = model.predict(test.truth.reshape(30, -1)).reshape(30, 3, 2)
    distance = 50 * np.linalg.norm(predicted - test.landmarks, axis=-1)  # the side is 2
    assert found.error == pytest.approx(distance.mean())
    assert found.per_landmark == pytest.approx(distance.mean(0), abs=1e-9)
    guess = 50 * np.linalg.norm(train.landmarks[kept].mean(0) - test.landmarks, axis=-1)
    assert found.constant == pytest.approx(guess.mean())
    assert (found.train, found.test) == (49, 30)


def test_a_landmark_that_follows_no_point_is_named_and_one_that_stands_still_is_not() -> None:
    found = backward(Fit(32), sample(200), sample(100))
    assert found.per_landmark[0] == pytest.approx(0, abs=1e-6)
    assert found.unexplained == (1,)
    assert "not explained by the points: 1" in found.line()
    assert json.loads(json.dumps(found.as_dict()))["unexplained"] == [1]


def test_images_of_any_shape_are_compared_in_the_networks_square() -> None:
    wide = sample(40, (128, 64))
    assert backward(Fit(32, "stretch"), wide, sample(20)).per_landmark[0] == pytest.approx(0, abs=1e-6)
    assert backward(Fit(32, "stretch"), wide, sample(20, (64, 128))).per_landmark[0] == pytest.approx(0, abs=1e-6)


def test_too_few_complete_images_are_refused() -> None:
    train = sample(4)
    with pytest.raises(UserError, match="at least 5 to fit and 1 to judge, not 4 and 9"):
        backward(Fit(32), train, sample(9))
    assert backward(Fit(32), train, sample(9), ridge=1.0).train == 4
    test = sample(9)
    test.truth[:, 0] = np.nan
    with pytest.raises(UserError, match="not 20 and 0"):
        backward(Fit(32), sample(20), test)
