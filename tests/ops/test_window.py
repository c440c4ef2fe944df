"""Tests of rectangles cut out and resized."""

from __future__ import annotations

import numpy as np
import pytest

from unsuplmk.ops.window import Window

FRAME = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)


def test_a_window_of_whole_pixels_is_the_slice() -> None:
    window = Window(4, 2, 10, 8)
    assert np.array_equal(window.image(FRAME), FRAME[2:10, 4:14])
    assert window.size == (10, 8)


def test_a_window_beyond_the_frame_repeats_its_border() -> None:
    image = Window(-3, -2, 36, 25).image(FRAME)
    assert image.shape == (25, 36, 3)
    assert np.array_equal(image[2:22, 3:33], FRAME)
    assert np.array_equal(image[:, 0], image[:, 3])
    assert np.array_equal(image[24], image[21])


def test_halving_averages_four_pixels_away_from_the_edges() -> None:
    smooth = np.add.outer(np.arange(20), np.arange(30))[..., None].repeat(3, 2).astype(np.uint8) * 3
    image = Window(0, 0, 30, 20, (15, 10)).image(smooth)
    means = smooth.reshape(10, 2, 15, 2, 3).astype(float).mean((1, 3))
    assert np.abs(image[2:-2, 2:-2] - means[2:-2, 2:-2]).max() <= 1


def test_points_go_where_the_pixels_go_and_back() -> None:
    frame = np.zeros((40, 60, 3), np.uint8)
    frame[17, 23] = 255
    window = Window(10.5, 5.25, 32, 24, (320, 240))
    image = window.image(frame)[..., 0].astype(float)
    ys, xs = np.mgrid[: image.shape[0], : image.shape[1]]
    found = np.array([(image * xs).sum(), (image * ys).sum()]) / image.sum()
    expected = window.inside(np.array([23, 17]))
    assert np.abs(found - expected).max() < 0.1
    assert np.allclose(expected, [(23.5 - 10.5) * 10 - 0.5, (17.5 - 5.25) * 10 - 0.5])
    points = np.random.default_rng(1).normal(20, 9, (7, 2))
    assert np.allclose(window.outside(window.inside(points)), points)


def test_a_square_is_centred_on_a_pixels_centre() -> None:
    window = Window.square((12, 9), 5)
    assert window.box == (10, 7, 15, 12)
    assert np.array_equal(window.image(FRAME), FRAME[7:12, 10:15])
    assert np.allclose(window.inside(np.array([12, 9])), [2, 2])


@pytest.mark.parametrize("box", [(0, 0, 0, 5), (0, 0, 5, -1), (float("nan"), 0, 5, 5)])
def test_an_empty_window_is_refused(box: tuple[float | int, ...]) -> None:
    with pytest.raises(ValueError, match="a window of"):
        Window(*box)


def test_a_window_is_cut_off_at_the_frames_border_to_whole_pixels() -> None:
    window = Window(-3.4, 2.6, 10, 50, (8, 8)).inside_of((6, 30))
    assert (window.box, window.out) == ((0, 3, 6, 30), (8, 8))
    assert Window(1.2, 2, 3, 3).inside_of((60, 30)).box == (1, 2, 4, 5)
    with pytest.raises(ValueError, match="a window of"):
        Window(80, 2, 3, 3).inside_of((60, 30))
