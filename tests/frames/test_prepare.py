"""Tests of square frames and their coordinates."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from unsuplmk.frames.prepare import Fit

MODES = ("pad", "crop", "stretch")
SIZE = 64


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(MODES), st.integers(24, 300), st.integers(24, 300), st.floats(0, 1), st.floats(0, 1))
def test_a_dot_in_the_frame_is_found_where_the_map_says(
    mode: Literal["pad", "crop", "stretch"], width: int, height: int, right: float, down: float
) -> None:
    x, y = round(right * (width - 1)), round(down * (height - 1))
    fit = Fit(SIZE, mode)
    expected = (fit.to_square(np.array([x, y]), (width, height)) + 1) * SIZE / 2 - 0.5
    unit = np.abs(
        fit.to_frame(np.array([2 / SIZE, 2 / SIZE]), (width, height)) - fit.to_frame(np.zeros(2), (width, height))
    )
    half = np.ceil(unit).astype(int)  # the dot covers more than a pixel of the square
    margin = half + np.ceil(2 * unit)
    centre = fit.to_frame(np.zeros(2), (width, height))
    visible = np.minimum(centre, min(width, height) / 2) if mode == "crop" else centre
    assume((abs(np.array([x, y]) - centre) < visible - margin).all())
    frame = np.zeros((height, width, 3), np.uint8)
    frame[y - half[1] : y + half[1] + 1, x - half[0] : x + half[0] + 1] = 255
    shown = fit(frame)[..., 0].astype(np.float64)
    rows, columns = np.mgrid[:SIZE, :SIZE]
    found = np.array([(shown * columns).sum(), (shown * rows).sum()]) / shown.sum()
    assert abs(found - expected).max() < 0.75


@given(
    st.sampled_from(MODES),
    st.integers(1, 4000),
    st.integers(1, 4000),
    st.lists(st.tuples(st.floats(-50, 4000), st.floats(-50, 4000)), min_size=1),
)
def test_the_two_maps_are_inverse(
    mode: Literal["pad", "crop", "stretch"], width: int, height: int, points: list[tuple[float, float]]
) -> None:
    fit = Fit(SIZE, mode)
    back = fit.to_frame(fit.to_square(np.array(points), (width, height)), (width, height))
    assert np.allclose(back, points, atol=1e-6)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("shape", [(1, 1), (1, 3000), (3000, 1), (64, 64), (65, 64)])
def test_every_shape_becomes_square(mode: Literal["pad", "crop", "stretch"], shape: tuple[int, int]) -> None:
    square = Fit(SIZE, mode)(np.full((*shape, 3), 7, np.uint8))
    assert square.shape == (SIZE, SIZE, 3)
    assert square.dtype == np.uint8
    assert (square == 7).all()


def test_padding_repeats_the_border() -> None:
    frame = np.zeros((40, 80, 3), np.uint8)
    frame[:20] = 200
    square = Fit(80, "pad")(frame)
    assert (square[:40] == 200).all()
    assert (square[40:] == 0).all()


def test_shrinking_averages_over_areas() -> None:
    lines = np.zeros((256, 256, 3), np.uint8)
    lines[::2] = 255
    assert set(np.unique(Fit(64)(lines))) <= {127, 128}
    one_axis = Fit(64, "stretch")(np.repeat(lines, 1, 1)[:, :32])  # shrinks in height, grows in width
    assert set(np.unique(one_axis)) <= {127, 128}
