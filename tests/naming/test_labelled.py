"""Tests of the labelled frames, and of maps that are fitted on some of them."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from tests.labels import Labels
from tests.spots import detector
from unsuplmk import registry
from unsuplmk.errors import UserError
from unsuplmk.naming.labelled import Labelled, fit_points, labelled


def found(data: Labels, **options: object) -> Labelled:
    return labelled(detector(), [data], **options)  # type: ignore[arg-type]


def test_landmarks_and_points_are_those_of_the_frames_in_the_networks_coordinates() -> None:
    data = Labels(6, sizes=((64, 64), (128, 64)))
    labels = found(data)
    assert labels.points == ("nose", "middle", "nothing")
    np.testing.assert_allclose(labels.sample.landmarks[:, 0], labels.targets[:, 0], atol=0.05)
    np.testing.assert_allclose(labels.distance(labels.targets), 0, atol=1e-9)
    off = labels.distance(labels.targets + np.array([0.5, 0.0]))
    np.testing.assert_allclose(off, np.repeat([[16.0], [32.0]] * 3, 3, 1))  # a quarter of each frame's width


def test_each_point_is_fitted_on_the_frames_that_have_it() -> None:
    data = Labels(14)
    for i in (0, 3, 4):
        data.truth[i][1] = np.nan
    data.truth[5][0, 0] = np.nan  # half a point is none
    labels = found(data)
    whole = fit_points(labels, np.arange(14), judged=True)
    for point, missing in ((0, [5]), (1, [0, 3, 4]), (2, [])):
        rows = np.setdiff1d(np.arange(14), missing)
        x, y = labels.inputs[rows], labels.targets[rows, point]
        assert np.isnan(whole.residual[missing, point]).all()
        assert np.isfinite(whole.residual[rows, point]).all()
        if np.isfinite(whole.strength[point]):
            unit = np.linalg.norm(x - x.mean(0)) ** 2 / min(x.shape)
            model = Ridge(alpha=whole.strength[point] * unit).fit(x, y)
            np.testing.assert_allclose(whole.weights[:, point], model.coef_.T, atol=1e-6)
            np.testing.assert_allclose(whole.offset[point], model.intercept_, atol=1e-6)
        else:
            np.testing.assert_allclose(whole.offset[point], y.mean(0))
    assert np.isfinite(whole.strength[:2]).all()


def test_of_a_point_that_some_frames_have_once_or_never_nothing_better_is_known() -> None:
    data = Labels(6)
    for i in range(3):
        data.truth[i][:2] = np.nan
    data.truth[0][0] = (20, 20)
    labels = found(data)
    few = fit_points(labels, np.arange(3))
    np.testing.assert_allclose(few.offset[0], labels.targets[0, 0])
    assert np.isnan(few.offset[1]).all()
    assert not few.weights[:, :2].any()


def test_videos_are_known_where_frames_of_several_are_labelled() -> None:
    assert [rows.tolist() for rows in found(Labels(6, clips=2)).videos] == [[0, 1, 2], [3, 4, 5]]
    assert found(Labels(6)).videos == ()
    assert found(Labels(6, clips=6)).videos == ()  # single images
    data = Labels(6, clips=2)
    data.broken = {1}
    data.truth[4][:] = np.nan
    assert [rows.tolist() for rows in found(data).videos] == [[0, 1], [2, 3]]


def test_points_of_too_few_frames_are_left_out_with_a_line() -> None:
    data, messages = Labels(5), []
    for i in range(5):
        data.truth[i][2] = np.nan
        if i:
            data.truth[i][0] = np.nan
    data.broken = {4}
    labels = found(data, report=messages.append)
    assert labels.points == ("middle",)
    assert labels.skipped == ("cannot read frame/4",)
    assert messages == [
        *("cannot read frame/4", "point nose is left out: one frame has it, and it takes two"),
        "point nothing is left out: no frame has it",
    ]
    assert labels.sample.truth.shape == (4, 1, 2)


def test_what_makes_no_map_is_refused_in_one_line() -> None:
    data = Labels(3)
    data.broken = {1, 2}
    with pytest.raises(UserError, match="frame/0 is the only annotated frame that can be read"):
        found(data)
    data.broken = {0, 1, 2}
    with pytest.raises(UserError, match="none of the 3 frames can be read"):
        found(data)
    data = Labels(3)
    data.truth[:] = [np.full((3, 2), np.nan) for _ in range(3)]
    with pytest.raises(UserError, match="has an annotated point"):
        found(data)
    for i in range(3):
        data.truth[i][i] = 9.0
    with pytest.raises(UserError, match="none of the points nose, middle, nothing is annotated in two frames"):
        found(data)
    data = Labels(3)
    data.named = ("eye", "eye", "nose")
    with pytest.raises(UserError, match="several points alike: 'eye'"):
        found(data)
    other = Labels(3)
    other.named = ("a", "b", "c")
    with pytest.raises(UserError, match="same annotated points"):
        labelled(detector(), [Labels(3), other])
    nowhere = detector()
    nowhere.model.bottleneck = registry.build("bottleneck", "code", 3)
    with pytest.raises(UserError, match="lie nowhere in the image"):
        labelled(nowhere, [Labels(3)])
