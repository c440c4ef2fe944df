"""Tests of what moves before a background."""

from __future__ import annotations

import numpy as np
import pytest

from unsuplmk.ops.foreground import background, blob, difference, noise


def disc(x: float, y: float, radius: float, height: int = 60, width: int = 80) -> np.ndarray:
    rows, columns = np.mgrid[:height, :width] + 0.5
    return (columns - x) ** 2 + (rows - y) ** 2 < radius**2


def test_the_background_is_what_most_frames_show() -> None:
    frames = np.full((9, 60, 80), 200, np.uint8)
    for i, frame in enumerate(frames):
        frame[disc(8 + 8 * i, 30, 6)] = 20
    assert (background(frames, 9) == 200).all()
    assert background(frames, 3).shape == (60, 80)


def test_a_change_of_light_alone_is_no_difference() -> None:
    behind = np.random.default_rng(0).uniform(50, 150, (60, 80)).astype(np.float32)
    frame = np.clip(behind + 40, 0, 255).astype(np.uint8)
    assert difference(frame, behind).max() <= 1
    frame[disc(40, 30, 5)] = 0
    assert difference(frame, behind)[30, 40] > 50


def test_noise_is_a_standard_deviation_that_an_object_does_not_change() -> None:
    changes = np.abs(np.random.default_rng(0).normal(0, 3, (20, 60, 80)))
    changes[:, disc(40, 30, 15)] = 150
    assert noise(changes) == pytest.approx(3, rel=0.3)


def test_a_blob_has_its_weighted_centre_and_a_size_without_its_tail() -> None:
    change = 100.0 * disc(30, 25, 10)
    found = blob(change, 15.0, None)
    assert found is not None
    assert found.middle == pytest.approx((30, 25), abs=0.2)
    assert found.size == pytest.approx(18, abs=2)  # 9 tenths of a disc of diameter 20 lie in a square of about 18
    change[25, 40:60] = 100
    tailed = blob(change, 15.0, None)
    assert tailed is not None
    assert tailed.size < 1.7 * found.size


def test_the_largest_blob_is_taken_and_then_the_nearest_of_those_about_as_large() -> None:
    change = 100.0 * (disc(20, 20, 6) | disc(60, 40, 7))
    first = blob(change, 15.0, None)
    assert first is not None
    assert first.middle == pytest.approx((60, 40), abs=0.3)
    near = blob(change, 15.0, (25.0, 20.0))
    assert near is not None
    assert near.middle == pytest.approx((20, 20), abs=0.3)
    small = blob(100.0 * (disc(20, 20, 2) | disc(60, 40, 7)), 15.0, (20.0, 20.0))
    assert small is not None
    assert small.middle == pytest.approx((60, 40), abs=0.3)


def test_specks_and_nothing_are_no_blob() -> None:
    change = np.zeros((60, 80))
    assert blob(change, 15.0, None) is None
    change[5, 5] = 200
    assert blob(change, 15.0, None) is None
