"""Tests of the drawn shapes."""

from __future__ import annotations

import numpy as np
import pytest

from unsuplmk.ops.canvas import Canvas, Paint

RED = Paint((1.0, 0.0, 0.0))
CLEAR = np.zeros((64, 64, 3), np.float32)


def test_a_flat_disc_has_its_area_and_its_centre() -> None:
    canvas = Canvas(CLEAR)
    canvas.capsule((30.3, 25.8), (30.3, 25.8), (9.0, 9.0), RED, flat=True)
    cover = canvas.image()[..., 0] / 255
    rows, columns = np.mgrid[:64, :64]
    assert cover.sum() == pytest.approx(np.pi * 81, rel=0.01)
    assert (cover * columns).sum() / cover.sum() == pytest.approx(30.3, abs=0.02)
    assert (cover * rows).sum() / cover.sum() == pytest.approx(25.8, abs=0.02)


def test_a_capsule_covers_the_points_near_its_line() -> None:
    canvas = Canvas(CLEAR)
    start, end = np.array([10.0, 50.0]), np.array([52.0, 18.0])
    canvas.capsule(tuple(start.tolist()), tuple(end.tolist()), (7.0, 3.0), RED, flat=True)
    line = start + np.linspace(0, 1, 301)[:, None] * (end - start)
    radii = 7 - 4 * np.linspace(0, 1, 301)
    rows, columns = np.mgrid[:64, :64]
    offsets = np.stack([columns, rows], -1)[:, :, None] - line
    nearest = np.linalg.norm(offsets, axis=-1)
    place = nearest.argmin(-1)
    distance = nearest.min(-1) - radii[place]
    cover = canvas.image()[..., 0]
    assert (cover[distance < -0.6] == 255).all()
    assert (cover[distance > 0.6] == 0).all()


def test_a_torso_covers_its_corners_and_little_more() -> None:
    canvas = Canvas(CLEAR + 0.5)
    canvas.torso([(20.0, 10.0), (44.0, 12.0), (40.0, 50.0), (24.0, 50.0)], 2.0, RED)
    red = canvas.image()[..., 0].astype(int) - canvas.image()[..., 1] > 40
    rows, columns = np.nonzero(red)
    assert red[30, 32]
    assert (columns.min(), columns.max()) == pytest.approx((18, 46), abs=1.5)
    assert (rows.min(), rows.max()) == pytest.approx((8, 52), abs=1.5)


def test_a_shaded_rod_is_lighter_on_the_side_of_the_light() -> None:
    canvas = Canvas(CLEAR + 0.5)
    canvas.capsule((32.0, 10.0), (32.0, 54.0), (9.0, 9.0), Paint((0.5, 0.5, 0.5)))
    row = canvas.image()[32, :, 0].astype(int)
    assert row[27] > row[37] + 15
    assert row[44] < row[60]  # and it darkens the ground beside it


def test_bands_and_cuts_show_the_second_colour() -> None:
    canvas = Canvas(CLEAR)
    canvas.capsule((32.0, 4.0), (32.0, 60.0), (4.0, 4.0), Paint((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), cut=0.5), flat=True)
    assert canvas.image()[20, 32].tolist() == [255, 0, 0]
    assert canvas.image()[45, 32].tolist() == [0, 255, 0]
    canvas.capsule((32.0, 4.0), (32.0, 60.0), (4.0, 4.0), Paint((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), bands=4), flat=True)
    green = canvas.image()[6:58, 32, 1] > 128
    assert np.abs(np.diff(green.astype(int))).sum() == 8


def test_shapes_outside_the_image_change_nothing() -> None:
    canvas = Canvas(CLEAR + 0.5)
    before = canvas.image()
    canvas.capsule((-90.0, -90.0), (-60.0, -70.0), (5.0, 5.0), RED)
    canvas.torso([(200.0, 200.0), (220.0, 200.0), (220.0, 240.0), (200.0, 240.0)], 2.0, RED)
    canvas.shadow((-50.0, 10.0), 20.0, 5.0, 0.5)
    assert np.array_equal(before, canvas.image())


def test_a_shadow_darkens_most_in_its_middle() -> None:
    canvas = Canvas(CLEAR + 0.5)
    canvas.shadow((32.0, 32.0), 20.0, 10.0, 0.5)
    shown = canvas.image()[..., 0]
    assert shown[32, 32] == 64
    assert shown[32, 32] < shown[32, 45] < shown[32, 60] == 128
