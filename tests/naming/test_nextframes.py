"""Tests of the frames that are worth a label."""

from __future__ import annotations

import numpy as np
import pytest

from tests.labels import Labels
from tests.spots import detector
from unsuplmk.naming.labelled import labelled
from unsuplmk.naming.nextframes import farthest, suggest

RNG = np.random.default_rng(0)


def test_each_row_is_the_one_that_is_farthest_from_all_known_and_from_those_before_it() -> None:
    rows, known = RNG.normal(size=(30, 4)), RNG.normal(size=(3, 4))
    taken = known.tolist()
    for row, distance in farthest(rows, known, 6):
        apart = np.linalg.norm(rows[:, None] - np.array(taken)[None], axis=-1).min(1)
        assert row == int(np.argmax(apart))
        assert distance == pytest.approx(apart.max())
        taken.append(rows[row].tolist())


def test_what_is_known_already_is_never_suggested() -> None:
    rows = RNG.normal(size=(5, 4))
    assert sorted(row for row, _ in farthest(rows, rows[:2], 9)) == [2, 3, 4]
    assert farthest(rows, rows, 3) == []


def test_the_frame_that_differs_most_from_the_labelled_ones_comes_first() -> None:
    data, messages = Labels(12), []
    data.spots[7] = np.array([[50.0, 50.0], [12.0, 12.0], [12.0, 50.0]])
    data.broken = {3}
    known = labelled(detector(), [Labels(6)]).sample.landmarks
    found = suggest(detector(), data, known, 3, report=messages.append)
    assert len(found) == 3
    assert found[0].frame == "frame/7"
    assert found[0].distance > 3 * found[1].distance >= 3 * found[2].distance
    assert messages == ["cannot read frame/3"]
    assert not {f"frame/{i}" for i in range(6)} - {"frame/3"} & {one.frame for one in found[:1]}
    xy = (2 * data.spots[7] + 1) / 64 - 1
    nearest = min(np.linalg.norm(xy - one) for one in known)
    assert found[0].distance == pytest.approx(50 * nearest / np.sqrt(3), rel=0.05)  # the side is 2 long
