"""Tests of clips as ranges."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from unsuplmk.frames.clips import Clips


def test_clips_are_ranges_that_follow_one_another() -> None:
    clips = Clips([2, 0, 3])
    assert list(clips) == [range(0, 2), range(2, 2), range(2, 5)]
    assert clips[-1] == range(2, 5)
    assert clips[1:] == (range(2, 2), range(2, 5))
    assert clips.frames == 5
    with pytest.raises(IndexError):
        clips[3]


def test_a_frame_is_found_in_its_clip_and_empty_clips_hold_none() -> None:
    clips = Clips([2, 0, 3])
    assert [clips.find(i) for i in range(5)] == [(0, 0), (0, 1), (2, 0), (2, 1), (2, 2)]
    for index in (-1, 5):
        with pytest.raises(IndexError, match=f"frame {index} of 5"):
            clips.find(index)


def test_clips_equal_any_sequence_of_the_same_ranges_and_travel_to_other_processes() -> None:
    clips = Clips(np.array([1, 2]))
    assert clips == (range(0, 1), range(1, 3))
    assert clips != (range(0, 1),)
    assert clips != (range(0, 1), range(1, 4))
    assert pickle.loads(pickle.dumps(clips)) == clips


def test_no_clips_have_no_frames() -> None:
    assert (len(Clips([])), Clips([]).frames) == (0, 0)


def test_ends_that_are_known_are_kept_as_they_are() -> None:
    ends = np.array([2, 2, 5])
    clips = Clips.until(ends)
    assert clips == Clips([2, 0, 3])
    assert clips.ends is ends
    assert Clips.of(clips) is clips
    assert Clips.of((range(0, 2), range(2, 5))).ends.tolist() == [2, 5]
