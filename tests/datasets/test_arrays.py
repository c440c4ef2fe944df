"""Tests of frames in memory."""

import numpy as np
import pytest

from unsuplmk.datasets.arrays import Arrays
from unsuplmk.errors import UserError

COLOUR = np.arange(5 * 4 * 6 * 3, dtype=np.uint32).reshape(5, 4, 6, 3).astype(np.uint8)


def test_one_array_is_one_clip() -> None:
    dataset = Arrays(COLOUR)
    assert dataset.clips == (range(0, 5),)
    assert np.array_equal(dataset.read(3), COLOUR[3])
    assert dataset.name(3) == "array:3"


def test_a_list_of_frames_is_one_clip_and_may_mix_sizes_and_grey() -> None:
    dataset = Arrays([COLOUR[0], COLOUR[1, :2], COLOUR[2, ..., 0]])
    assert dataset.clips == (range(0, 3),)
    assert dataset.read(1).shape == (2, 6, 3)
    assert np.array_equal(dataset.read(2)[..., 1], COLOUR[2, ..., 0])


def test_a_list_of_clips_is_several_clips() -> None:
    for clips in ([COLOUR[:2], COLOUR[2:]], [list(COLOUR[:2]), list(COLOUR[2:])]):
        dataset = Arrays(clips)
        assert dataset.clips == (range(0, 2), range(2, 5))
        assert np.array_equal(dataset.read(4), COLOUR[4])
        assert dataset.name(4) == "array:1:2"


def test_an_array_of_clips_is_several_clips() -> None:
    dataset = Arrays(np.stack([COLOUR, COLOUR]))
    assert dataset.clips == (range(0, 5), range(5, 10))


@pytest.mark.parametrize("data", [[], np.empty((0, 4, 4, 3), np.uint8), [[]]])
def test_no_frames_are_refused(data: object) -> None:
    with pytest.raises(UserError, match="no frames"):
        Arrays(data)  # type: ignore[arg-type]


def test_other_types_and_shapes_are_refused_with_what_was_found() -> None:
    with pytest.raises(UserError, match=r"float64 \(4, 6, 3\); convert it to uint8"):
        Arrays(COLOUR / 255)
    with pytest.raises(UserError, match=r"frame 0 is uint8 \(4, 6, 4\)"):
        Arrays(np.zeros((2, 4, 6, 4), np.uint8))
    with pytest.raises(UserError, match=r"frame 1 is uint8 \(0, 6, 3\)"):
        Arrays([COLOUR[0], COLOUR[1, :0]])
