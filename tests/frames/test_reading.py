"""Frames are read in parallel, each once, and those that cannot be read are told."""

from __future__ import annotations

import numpy as np
import pytest

from tests.frames.test_gather import Numbered
from unsuplmk.frames.reading import each


def test_every_frame_comes_with_its_place_and_faults_with_their_index() -> None:
    dataset, asked = Numbered(200, broken=[7, 150]), [*range(5, 200, 5), 7]
    seen: dict[int, int] = {}
    told: list[tuple[int, int]] = []
    faults = each(
        dataset, asked, lambda place, frame: seen.update({place: int(frame[0, 0, 0])}), lambda *n: told.append(n)
    )
    assert {asked[place]: value for place, value in seen.items()} == {i: i for i in asked if i not in (7, 150)}
    assert faults == {150: "cannot read frame 150", 7: "cannot read frame 7"}
    assert told[-1] == (40, 40)
    assert sorted(told) == told


def test_nothing_asked_for_is_nothing_read() -> None:
    assert each(Numbered(3), np.array([], int), lambda place, frame: pytest.fail("nothing was asked for")) == {}


def test_a_bug_in_what_uses_the_frames_is_not_taken_for_a_broken_file() -> None:
    def use(place: int, frame: np.ndarray) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        each(Numbered(3), [0, 1, 2], use)
