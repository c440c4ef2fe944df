"""Tests of the pictures."""

import numpy as np
import pytest
import torch

from unsuplmk.model import Outcome
from unsuplmk.pictures.draw import contact_sheet, enlarged, enlarged_points, heatmap_picture, overlay, palette, trails
from unsuplmk.types import Landmarks, Pair, Reconstruction

GREY = np.full((96, 128, 3), 128, np.uint8)


def centroid(changed: np.ndarray) -> tuple[float, float]:
    y, x = np.nonzero(changed)
    return float(x.mean()), float(y.mean())


def test_colours_are_distinct_and_do_not_depend_on_the_count() -> None:
    colours = palette(50).astype(int)
    np.testing.assert_array_equal(colours[:10], palette(10))
    gaps = np.abs(colours[:, None] - colours[None]).sum(-1)[~np.eye(50, dtype=bool)]
    assert gaps.min() > 10


def test_a_landmark_is_drawn_where_it_lies_and_the_image_itself_is_left_alone() -> None:
    before = GREY.copy()
    drawn = overlay(GREY, np.array([[40.0, 30.0]]))
    np.testing.assert_array_equal(GREY, before)
    assert centroid((drawn != GREY).any(-1)) == pytest.approx((40, 30), abs=0.1)
    np.testing.assert_array_equal(drawn[30, 40], palette(1)[0])


def test_positions_are_drawn_to_a_fraction_of_a_pixel() -> None:
    drawn = overlay(GREY, np.array([[40.5, 30.25]])).astype(float)
    weight = np.abs(drawn - GREY).sum(-1)
    y, x = np.mgrid[:96, :128]
    assert (weight * x).sum() / weight.sum() == pytest.approx(40.5, abs=0.1)
    assert (weight * y).sum() / weight.sum() == pytest.approx(30.25, abs=0.1)


def test_markers_grow_with_the_image() -> None:
    small, large = (
        overlay(image, np.array([[50.0, 50.0]])) for image in (GREY, np.full((1800, 1800, 3), 128, np.uint8))
    )
    assert (large != 128).any(-1).sum() > 10 * (small != 128).any(-1).sum()


def test_landmarks_of_low_score_are_fainter_and_still_seen() -> None:
    sure, unsure = (overlay(GREY, np.array([[40.0, 30.0]]), np.array([score])).astype(int) for score in (1.0, 0.0))
    assert 0 < np.abs(unsure - GREY).sum() < 0.6 * np.abs(sure - GREY).sum()


@pytest.mark.parametrize("point", [(np.nan, 5.0), (-500.0, 20.0), (1e12, 3.0), (np.inf, 0.0)])
def test_unknown_and_far_points_are_not_drawn(point: tuple[float, float]) -> None:
    np.testing.assert_array_equal(overlay(GREY, np.array([point])), GREY)
    np.testing.assert_array_equal(trails(GREY, np.array([[point], [point]])), GREY)


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (40, 2)])
def test_tiny_images_and_points_on_their_edges_are_drawn(shape: tuple[int, int]) -> None:
    image = np.zeros((*shape, 3), np.uint8)
    drawn = overlay(image, np.array([[0.0, 0.0], [shape[1] - 1.0, shape[0] - 1.0], [-1.0, 0.5]]))
    assert drawn.shape == image.shape
    assert drawn.any()


def test_trails_follow_the_points_and_skip_frames_where_they_are_unknown() -> None:
    history = np.array([[[10.0, 50.0]], [[60.0, 50.0]], [[np.nan, np.nan]], [[100.0, 10.0]]])
    changed = (trails(GREY, history) != GREY).any(-1)
    assert changed[50, 12:59].all()
    assert not changed[:, 70:].any()
    np.testing.assert_array_equal(trails(GREY, history[:1]), GREY)


def test_a_heatmap_picture_peaks_where_the_heatmaps_do_in_each_landmarks_colour() -> None:
    heatmaps = np.zeros((2, 8, 8), np.float32)
    heatmaps[0, 1, 2], heatmaps[1, 6, 5] = 9, 400  # a softmax without overflow
    picture = heatmap_picture(heatmaps)
    np.testing.assert_array_equal(picture[1, 2], palette(2)[0])
    np.testing.assert_array_equal(picture[6, 5], palette(2)[1])
    assert picture.any(-1).sum() == 2
    assert not heatmap_picture(np.zeros((2, 4, 4), np.float32)).any()


def test_points_keep_their_place_when_an_image_is_enlarged() -> None:
    image = np.zeros((9, 9, 3), np.uint8)
    image[2, 5] = 255
    weight = enlarged(image, 4).sum(-1).astype(float)
    y, x = np.mgrid[:36, :36]
    expected = enlarged_points(np.array([5.0, 2.0]), 4)
    assert (weight * x).sum() / weight.sum() == pytest.approx(expected[0], abs=0.05)
    assert (weight * y).sum() / weight.sum() == pytest.approx(expected[1], abs=0.05)
    assert enlarged(image, 1) is image


@pytest.mark.parametrize("size", [(16, 16), (200, 200)])
def test_a_contact_sheet_shows_one_row_a_pair_and_its_landmarks_on_the_target(size: tuple[int, int]) -> None:
    source, target = torch.zeros(3, 3, *size), torch.full((3, 3, *size), 0.5)
    landmarks = Landmarks(torch.zeros(3, 1, 2), torch.ones(3, 1), torch.zeros(3, 1, 4, 4))
    outcome = Outcome(torch.zeros(()), {}, Reconstruction(torch.full((3, 3, *size), 2.0)), landmarks)
    sheet = contact_sheet(Pair(source, target), outcome, rows=2)
    side = -(-160 // size[0]) * size[0]
    assert sheet.shape == (20 + 2 * side, 4 * (side + 2), 3)
    middle = 20 + side // 2
    picked = [tuple(sheet[middle, column * (side + 2) + 1 + side // 2].tolist()) for column in range(4)]
    assert picked == [(0, 0, 0), tuple(palette(1)[0].tolist()), (0, 0, 0), (255, 255, 255)]  # clipped to white
