"""Tests of squares about boxes and places."""

import numpy as np

from unsuplmk.ops.squares import about, around


def test_a_square_has_the_longer_side_and_the_margin_about_the_middle_of_the_box() -> None:
    boxes = np.array([[10.0, 20.0, 50.0, 40.0], [0.0, 0.0, 10.0, 30.0]])
    assert around(boxes, 0.0).tolist() == [[10, 10, 50, 50], [-10, 0, 20, 30]]
    assert around(boxes, 0.5).tolist() == [[0, 0, 60, 60], [-18, -8, 27, 37]]


def test_squares_lie_on_whole_pixels_within_half_a_pixel_of_the_place() -> None:
    rng = np.random.default_rng(0)
    middles, sides = rng.uniform(-50, 200, (100, 2)), rng.uniform(0, 80, 100)
    squares = about(middles, sides)
    assert (squares == np.round(squares)).all()
    widths = squares[:, 2:] - squares[:, :2]
    assert (widths >= 1).all()
    assert np.array_equal(widths[:, 0], widths[:, 1])
    assert np.abs(widths[:, 0] - np.maximum(sides, 1)).max() <= 0.5
    assert np.abs((squares[:, 2:] + squares[:, :2]) / 2 - middles).max() <= 0.5
