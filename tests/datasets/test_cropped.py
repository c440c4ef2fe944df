"""Tests of the frames of a dataset with the objects cut out."""

from __future__ import annotations

import pickle
from collections.abc import Mapping, Sequence
from typing import final

import numpy as np
import pytest

from unsuplmk.datasets.cropped import Cropped
from unsuplmk.errors import UserError
from unsuplmk.frames.clips import Clips
from unsuplmk.interfaces import Dataset
from unsuplmk.types import Boxes

WIDTH, HEIGHT = 40, 30


@final
class Two(Dataset):
    """Two clips of three frames each; a pixel tells its own place and frame."""

    def __len__(self) -> int:
        return 6

    @property
    def clips(self) -> Sequence[range]:
        return Clips([3, 3])

    def read(self, index: int) -> np.ndarray:
        y, x = np.mgrid[:HEIGHT, :WIDTH]
        return np.stack([x, y, np.full_like(x, index)], -1).astype(np.uint8)

    def name(self, index: int) -> str:
        return f"frame{index}.png"

    @property
    def fps(self) -> float:
        return 10.0

    def seconds(self, index: int) -> float:
        return index / 10

    @property
    def points(self) -> tuple[str, ...]:
        return ("nose", "tail")

    def annotation(self, index: int) -> np.ndarray:
        return np.array([[10.0 + index, 12.0], [np.nan, np.nan]])

    def tags(self, index: int) -> Mapping[str, str]:
        return {"frame": str(index)}

    def mask(self, index: int) -> np.ndarray | None:
        return self.read(index)[..., 0] >= 20 if index else None


def boxes(frames: Sequence[int], edges: Sequence[Sequence[float]], tracks: Sequence[str] = ()) -> Boxes:
    return Boxes(np.array(frames), np.array(edges, float), tuple(tracks))


SQUARE = (5.0, 6.0, 25.0, 26.0)


def test_a_picture_is_what_lies_in_the_box_pixel_for_pixel() -> None:
    cropped = Cropped(Two(), boxes([1], [SQUARE]))
    assert np.array_equal(cropped.read(0), Two().read(1)[6:26, 5:25])
    assert cropped.window(0).box == SQUARE


def test_what_lies_outside_the_frame_repeats_its_border() -> None:
    picture = Cropped(Two(), boxes([0], [(-2, -3, 8, 7)])).read(0)
    assert picture.shape == (10, 10, 3)
    assert picture[0, :, 0].tolist() == [0, 0, 0, 1, 2, 3, 4, 5, 6, 7]
    assert picture[:, 0, 1].tolist() == [0, 0, 0, 0, 1, 2, 3, 4, 5, 6]


def test_names_clips_times_tags_and_points_are_those_of_the_frames() -> None:
    cropped = Cropped(Two(), boxes([0, 2, 4], [SQUARE] * 3))
    assert [cropped.name(i) for i in range(3)] == ["frame0.png", "frame2.png", "frame4.png"]
    assert cropped.clips == (range(0, 2), range(2, 3))
    assert [cropped.seconds(i) for i in range(3)] == [0.0, 0.2, 0.4]
    assert cropped.tags(2) == {"frame": "4"}
    assert cropped.points == ("nose", "tail")
    assert [cropped.frame(i) for i in range(3)] == [0, 2, 4]


def test_a_mask_is_cut_out_as_its_frame_is() -> None:
    cropped = Cropped(Two(), boxes([0, 1], [SQUARE] * 2))
    assert cropped.mask(0) is None
    mask = cropped.mask(1)
    assert mask is not None
    assert np.array_equal(mask, cropped.read(1)[..., 0] >= 20)
    assert mask.mean() == 0.25


def test_annotations_move_with_the_box_and_back() -> None:
    cropped = Cropped(Two(), boxes([3], [(5, 6, 15, 26)]))
    np.testing.assert_allclose(cropped.annotation(0), [[8.0, 6.0], [np.nan, np.nan]])
    x, y = cropped.annotation(0)[0]
    assert cropped.read(0)[int(y), int(x)].tolist() == [13, 12, 3]  # the pixel that was annotated
    np.testing.assert_allclose(cropped.window(0).outside(cropped.annotation(0)), Two().annotation(3))


def test_every_track_is_a_clip_with_its_name_after_that_of_the_frame() -> None:
    found = boxes([2, 0, 0, 1, 4], [SQUARE] * 5, ["b", "b", "a", "a", "a"])
    cropped = Cropped(Two(), found)
    names = [[cropped.name(i) for i in clip] for clip in cropped.clips]
    assert names == [["frame0.png#b", "frame2.png#b"], ["frame0.png#a", "frame1.png#a"], ["frame4.png#a"]]


def test_a_second_box_without_a_track_is_a_clip_of_its_own() -> None:
    cropped = Cropped(Two(), boxes([0, 0, 1, 1, 1], [SQUARE, (0, 0, 9, 9), SQUARE, (0, 0, 8, 8), (0, 0, 7, 7)]))
    names = [[cropped.name(i) for i in clip] for clip in cropped.clips]
    assert names == [["frame0.png", "frame1.png"], ["frame0.png#2"], ["frame1.png#2"], ["frame1.png#3"]]
    assert [cropped.read(i).shape[0] for i in range(5)] == [20, 20, 9, 8, 7]


def test_the_rate_holds_for_one_clip_only() -> None:
    assert Cropped(Two(), boxes([0, 1], [SQUARE] * 2)).fps == 10
    assert Cropped(Two(), boxes([0, 4], [SQUARE] * 2)).fps == 0
    assert Cropped(Two(), boxes([0, 0], [SQUARE] * 2, "ab")).fps == 10


@pytest.mark.parametrize(
    ("box", "reason"),
    [
        ((40, 0, 50, 10), r"frame0\.png: the box 40, 0 to 50, 10 px lies outside the frame of 40 x 30 px"),
        ((-9, -9, 0, 0), "lies outside the frame"),
        ((-1e6, -1e6, 1e6, 1e6), "more than 8 times as large as the frame of 40 x 30 px"),
    ],
)
def test_a_box_that_shows_nothing_of_its_frame_is_refused_when_it_is_read(box: tuple[float, ...], reason: str) -> None:
    cropped = Cropped(Two(), boxes([0, 1], [box, SQUARE]))
    with pytest.raises(UserError, match=reason):
        cropped.read(0)
    assert cropped.read(1).shape == (20, 20, 3)


def test_no_boxes_and_two_of_one_track_are_refused() -> None:
    with pytest.raises(UserError, match="no frame has a box"):
        Cropped(Two(), Boxes(np.empty(0, int), np.empty((0, 4))))
    with pytest.raises(UserError, match=r"frame1\.png has two boxes of track 'a'"):
        Cropped(Two(), boxes([1, 1], [SQUARE] * 2, "aa"))


def test_boxes_that_are_empty_or_do_not_match_are_a_bug() -> None:
    with pytest.raises(ValueError, match="box 1, of frame 2, is empty"):
        boxes([1, 2], [SQUARE, (5, 5, 5, 9)])
    with pytest.raises(ValueError, match="differ"):
        boxes([1, 2], [SQUARE])


def test_it_travels_to_another_process() -> None:
    cropped = pickle.loads(pickle.dumps(Cropped(Two(), boxes([1, 3], [SQUARE] * 2))))
    assert np.array_equal(cropped.read(1), Two().read(3)[6:26, 5:25])
