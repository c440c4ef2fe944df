"""Tests of lines and letters on pictures."""

import numpy as np
import pytest

from unsuplmk.pictures.draw import palette
from unsuplmk.pictures.marks import bones, captions

GREY = np.full((200, 300, 3), 128, np.uint8)
POINTS = np.array([[40.0, 100.0], [240.0, 100.0], [np.nan, np.nan]])


def colour(image: np.ndarray, x: int, y: int) -> np.ndarray:
    return image[y, x].astype(int)


def test_each_half_of_a_line_has_the_colour_of_its_end() -> None:
    drawn = bones(GREY, POINTS, [(0, 1)])
    for x, end in ((80, 0), (200, 1)):
        wanted = 0.75 * palette(2)[end].astype(float) + 0.25 * 128
        assert np.abs(colour(drawn, x, 100) - wanted).max() < 3
    np.testing.assert_array_equal(drawn[:90], GREY[:90])
    assert (GREY == 128).all()


def test_a_line_to_a_missing_point_is_not_drawn() -> None:
    np.testing.assert_array_equal(bones(GREY, POINTS, [(0, 2), (2, 1)]), GREY)
    far = np.array([[40.0, 100.0], [1e12, 1e12]])
    np.testing.assert_array_equal(bones(GREY, far, [(0, 1)]), GREY)


def test_a_name_stands_to_the_right_of_its_landmark_in_its_colour() -> None:
    drawn = captions(GREY, POINTS, ("nose", "tail", "lost"))
    part = drawn[92:108, 44:80].reshape(-1, 3).astype(int)
    assert (np.abs(part - palette(1)[0]).sum(1) < 30).any()
    np.testing.assert_array_equal(drawn[:, :40], GREY[:, :40])
    np.testing.assert_array_equal(drawn[:80], GREY[:80])


def test_names_of_landmarks_that_lie_together_stand_below_one_another() -> None:
    xy = np.array([[40.0, 100.0], [42.0, 102.0], [41.0, 101.0]])
    drawn = captions(GREY, xy, ("first", "third", "second"))
    lines = np.flatnonzero((np.abs(drawn.astype(int) - 128).sum(-1) > 60).any(1))
    assert lines[0] > 90
    assert 120 < lines[-1] < 130
    for number, row in ((0, 100), (2, 110), (1, 120)):
        part = drawn[row - 4 : row + 5].reshape(-1, 3).astype(int)
        assert (np.abs(part - palette(3)[number]).sum(1) < 40).any(), number


def test_a_title_stands_above_all_landmarks_that_are_there() -> None:
    both = captions(GREY, POINTS, ("", "", ""), "ann")
    assert (both[70:98, 100:180].min(-1) > 200).any()
    np.testing.assert_array_equal(both[100:], GREY[100:])
    np.testing.assert_array_equal(captions(GREY, POINTS[2:], ("x",), "ann"), GREY)


@pytest.mark.parametrize("y", [0.0, 199.0])
def test_letters_at_an_edge_are_cut_off_and_accents_left_out(y: float) -> None:
    drawn = captions(GREY, np.array([[299.0, y]]), ("nase",), "é")
    assert drawn.shape == GREY.shape
    one, other = (captions(GREY, POINTS, (name, "", "")) for name in ("schnäuz", "schnauz"))
    np.testing.assert_array_equal(one, other)
