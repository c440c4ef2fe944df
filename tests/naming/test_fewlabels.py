"""Tests of naming landmarks by a few labelled frames."""

from __future__ import annotations

import json
from dataclasses import replace
from io import StringIO

import numpy as np
import pytest
import torch
from rich.console import Console

from tests.labels import Labels
from tests.spots import detector
from unsuplmk.errors import UserError
from unsuplmk.naming.fewlabels import NameReport, name_points
from unsuplmk.naming.labelgain import gain
from unsuplmk.naming.labelled import fit_points, labelled
from unsuplmk.naming.named import Named


def named(data: Labels, **options: object) -> tuple[Named, NameReport]:
    return name_points(labelled(detector(), [data]), **options)  # type: ignore[arg-type]


def test_points_that_follow_landmarks_are_found_in_new_frames_and_the_rest_is_said_to_be_useless() -> None:
    fitted, report = named(Labels(24))
    assert [point.name for point in report.points] == ["nose", "middle", "nothing"]
    assert report.useless == ("nothing",)
    nose, middle, nothing = report.points
    assert max(nose.error, middle.error) < 1.0
    assert min(nose.constant, middle.constant) > 2.0
    assert nothing.error == pytest.approx(nothing.constant, rel=0.2)
    fresh, one = Labels(12, seed=1), detector()
    one.named = fitted
    off = np.linalg.norm(one.predict(fresh, points="named").xy - fresh.truth, axis=-1).mean(0)
    assert off[:2] == pytest.approx([nose.error, middle.error], abs=0.3)  # as leave-one-out promised


def test_errors_are_those_of_each_frame_left_out_in_pixels_of_that_frame() -> None:
    data = Labels(10, sizes=((64, 64), (128, 128)))
    _, report = named(data)
    square = [points / (side / 64) for points, (side, _) in zip(data.truth, data.sizes, strict=True)]
    constant = [
        (side / 64) * np.linalg.norm(points + 0.5 / (side / 64) - mean - 0.5, axis=-1)
        for i, (points, (side, _)) in enumerate(zip(square, data.sizes, strict=True))
        for mean in [
            np.mean(
                [
                    p + (0.5 / (s / 64) - 0.5)
                    for j, (p, (s, _)) in enumerate(zip(square, data.sizes, strict=True))
                    if j != i
                ],
                0,
            )
        ]
    ]
    assert [point.constant for point in report.points] == pytest.approx(np.mean(constant, 0))
    assert report.constant == pytest.approx(np.mean(constant))
    assert report.error == pytest.approx(np.mean([point.error for point in report.points]))


def test_the_map_is_the_one_that_was_judged() -> None:
    labels = labelled(detector(), [Labels(12)])
    fitted, report = name_points(labels)
    found = fit_points(labels, np.arange(12))
    xy = torch.from_numpy(labels.sample.landmarks)
    ours, _ = fitted(xy, torch.ones(12, 3, dtype=torch.float64))
    np.testing.assert_allclose(ours, np.einsum("ni,ipc->npc", labels.inputs, found.weights) + found.offset)
    assert [point.ridge is None for point in report.points] == np.isinf(found.strength).tolist()


def test_errors_are_also_in_percent_of_a_normaliser() -> None:
    data = Labels(10)
    _, report = named(data, normalise="nose,middle")
    apart = np.array([np.linalg.norm(points[0] - points[1]) for points in data.truth])
    labels = labelled(detector(), [data])
    found = fit_points(labels, np.arange(10), judged=True)
    off = labels.distance(labels.targets - found.residual)
    assert report.points[1].percent == pytest.approx((100 * off[:, 1] / apart).mean())
    assert report.unit == "% of the distance nose to middle"
    assert named(data)[1].points[0].percent is None
    assert named(data, protocol="aflw")[1].unit == ""  # of five points, which these are not
    with pytest.raises(UserError, match="no annotated point named 'tail'"):
        named(data, normalise="nose,tail")


def test_frames_of_several_videos_are_also_judged_without_their_video() -> None:
    data = Labels(12, clips=3)
    for i in range(12):
        data.truth[i][1] += 9 * (i // 4)  # each video has labels of its own kind
    _, report = named(data)
    assert report.videos == 3
    nose, middle, _ = report.points
    assert middle.other_videos is not None
    assert nose.other_videos is not None
    assert middle.other_videos > 1.2 * middle.error
    assert nose.other_videos < 1.5
    assert "3 videos are judged without that video" in " ".join(report.lines())
    assert named(Labels(12))[1].points[0].other_videos is None


def test_two_labels_are_the_least_and_make_a_constant() -> None:
    fitted, report = named(Labels(2))
    assert not fitted.weights.any()
    assert report.useless == ("nose", "middle", "nothing")
    assert all(point.error == pytest.approx(point.constant) for point in report.points)


def test_a_report_is_plain_json_and_a_table() -> None:
    data = Labels(12, clips=2)
    labels = labelled(detector(), [data])
    _, report = name_points(labels, normalise="size", gain=gain(labels, repeats=3))
    values = json.loads(json.dumps(report.as_dict(), allow_nan=False))
    assert values["points"][0]["error"] == report.points[0].error
    assert values["useless"] == ["nothing"]
    assert values["gain"]["rows"][0]["labels"] == 2
    assert len(values["sentences"]) == 2
    console = Console(width=120, record=True, file=StringIO())
    console.print(report.table(), *report.lines(), sep="\n")
    text = console.export_text()
    for words in ("nothing", "error, %", "px, other videos", "not clearly better than the constant guess: nothing"):
        assert words in text
    assert f"{report.points[0].error:.2f}" in text
    assert "% of the image's longer side" in text
    assert json.loads(json.dumps(replace(report, gain=None).as_dict()))["gain"] is None
