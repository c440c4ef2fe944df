"""Pictures of a page hold what they are given."""

from __future__ import annotations

from base64 import b64decode

import cv2
import numpy as np

from unsuplmk.pictures.draw import palette
from unsuplmk.report.pixels import Size, numbered, small, strip, uri


def decoded(text: str) -> tuple[str, np.ndarray]:
    head, _, data = text.partition(",")
    array = cv2.imdecode(np.frombuffer(b64decode(data), np.uint8), cv2.IMREAD_COLOR)
    assert array is not None
    return head, array[..., ::-1]


def test_a_drawing_is_kept_as_it_is_and_a_photograph_as_jpeg() -> None:
    flat = np.full((40, 60, 3), (200, 30, 90), np.uint8)
    head, pixels = decoded(uri(flat, Size(100, 85)))
    assert head == "data:image/png;base64"
    assert (pixels == flat).all()
    noise = np.random.default_rng(0).integers(0, 255, (40, 60, 3), dtype=np.uint8)
    assert decoded(uri(noise, Size(100, 85)))[0] == "data:image/jpeg;base64"


def test_a_picture_that_is_too_large_is_reduced_in_proportion() -> None:
    assert decoded(uri(np.zeros((400, 200, 3), np.uint8), Size(100, 85)))[1].shape == (100, 50, 3)


def test_points_are_drawn_where_they_are_whatever_the_size() -> None:
    picture = np.zeros((50, 100, 3), np.uint8)
    drawn = small(picture, np.array([[24.5, 12.0], [np.nan, 3.0]]), 200)
    assert drawn.shape == (100, 200, 3)
    assert (drawn[24, 49] == palette(2)[0]).all(), "pixel 24.5 of 100 has its centre at 49.5 of 200"
    assert not drawn[:, 100:].any()


def test_numbers_stand_beside_points() -> None:
    picture = np.full((100, 100, 3), 128, np.uint8)
    points = np.array([[50.0, 50.0], [np.nan, np.nan]])
    drawn = numbered(picture, points, 100)
    assert (drawn != small(picture, points, 100)).any(-1).sum() > 20
    assert (numbered(picture, points[1:], 100) == 128).all()


def test_a_strip_is_its_pictures_and_lines_between() -> None:
    one, two = np.zeros((5, 4, 3), np.uint8), np.full((5, 6, 3), 9, np.uint8)
    joined = strip([one, two])
    assert joined.shape == (5, 13, 3)
    assert (joined[:, :4] == one).all()
    assert (joined[:, 4:7] == 255).all()
    assert (joined[:, 7:] == two).all()
