"""Tests of frames that are decoded when they are asked for."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest

from unsuplmk.datasets.arrays import Arrays
from unsuplmk.frames.lazy import Decoded, Frames, Names, Squares, Times
from unsuplmk.frames.prepare import Fit


class Numbered:
    """Squares whose pixels are their number; it counts what it decodes."""

    fit = Fit(8)

    def __init__(self) -> None:
        self.asked: list[int] = []

    def squares(self, indices: np.ndarray) -> np.ndarray:
        self.asked += indices.tolist()
        return indices.astype(np.uint8)[:, None, None, None] * np.ones((1, 8, 8, 3), np.uint8)


def test_frames_answer_as_an_array_does_and_decode_no_more_than_is_asked() -> None:
    source = Numbered()
    frames, array = Decoded(source, 50, Fit(8)), Numbered().squares(np.arange(50))
    assert isinstance(frames, Frames)
    assert isinstance(array, Frames)
    assert (frames.shape, len(frames)) == (array.shape, 50)
    for index in (3, -1, slice(10, 14), slice(None, None, 20), np.array([7, 7, -2]), np.array([], np.int64)):
        source.asked.clear()
        expected = array[index]
        found = frames[index]
        assert np.array_equal(found, expected)
        assert found.shape == expected.shape
        assert len(source.asked) == expected.size // 192
    assert sum(int(frame[0, 0, 0]) for frame in Decoded(source, 5, Fit(8))) == 10


@pytest.mark.parametrize("index", [50, -51, np.array([1, 50])])
def test_frames_that_are_not_there_are_index_errors(index: int | np.ndarray) -> None:
    with pytest.raises(IndexError):
        Decoded(Numbered(), 50, Fit(8))[index]


def test_squares_of_another_size_are_scaled() -> None:
    frames = Decoded(Numbered(), 50, Fit(16))
    assert frames.shape == (50, 16, 16, 3)
    assert frames[np.array([4, 9])].shape == (2, 16, 16, 3)
    assert frames[9].tolist() == np.full((16, 16, 3), 9).tolist()


def test_only_datasets_that_are_square_on_disk_are_squares() -> None:
    assert isinstance(Numbered(), Squares)
    assert not isinstance(Arrays(np.zeros((1, 8, 8, 3), np.uint8)), Squares)


def test_names_are_a_sequence() -> None:
    names = Names(Arrays(np.zeros((4, 8, 8, 3), np.uint8)))
    assert list(names) == ["array:0", "array:1", "array:2", "array:3"]
    assert (names[-1], names[1:3], len(names)) == ("array:3", ("array:1", "array:2"), 4)


def test_times_are_those_of_the_frames_that_are_left_and_travel_to_other_processes() -> None:
    class Timed(Arrays.__mro__[1]):  # type: ignore[misc]
        """Frames half a second apart."""

        clips = (range(6),)
        __len__ = read = name = lambda *_: 6

        def seconds(self, index: int) -> float:
            return index / 2

    assert [Times(Timed(), None)(i) for i in range(3)] == [0, 0.5, 1]
    assert [Times(Timed(), np.array([1, 4, 5]))(i) for i in range(3)] == [0.5, 2, 2.5]
    sent = pickle.loads(pickle.dumps(Times(Arrays(np.zeros((1, 8, 8, 3), np.uint8)), None)))
    assert math.isnan(sent(0))
