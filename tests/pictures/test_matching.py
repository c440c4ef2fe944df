"""Tests of finding the rows of tracks for the frames of a dataset."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from unsuplmk.errors import UserError
from unsuplmk.interfaces import Dataset
from unsuplmk.pictures.matching import matched
from unsuplmk.types import Tracks


class Names(Dataset):
    """Frames that have names alone."""

    def __init__(self, *names: str) -> None:
        self._names = names

    def __len__(self) -> int:
        return len(self._names)

    @property
    def clips(self) -> Sequence[range]:
        return [range(len(self))]

    def name(self, index: int) -> str:
        return self._names[index]

    def read(self, index: int) -> np.ndarray:
        raise AssertionError("no frame is read")


def tracks(*source: str) -> Tracks:
    rows = len(source)
    return Tracks(np.zeros((rows, 1, 2)), np.zeros((rows, 1)), ("l",), np.zeros((rows, 2), np.int64), 0.0, source)


def test_frames_are_found_by_name_whatever_their_order() -> None:
    found = matched(Names("v.mp4:0", "v.mp4:1", "v.mp4:2"), tracks("v.mp4:2", "v.mp4:0"))
    assert found == {0: [1], 2: [0]}


def test_all_animals_of_a_frame_are_found_and_a_hash_in_a_name_is_part_of_it() -> None:
    found = matched(Names("v.mp4:0", "a#1.png"), tracks("v.mp4:0#ann", "a#1.png", "v.mp4:0#bob", "a#1.png#bob"))
    assert found == {0: [0, 2], 1: [1, 3]}


def test_a_file_that_was_written_elsewhere_names_the_same_frames(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    here = Names("films/v.mp4:0", "films/v.mp4:1")
    assert matched(here, tracks(f"{tmp_path}/films/v.mp4:1#ann")) == {1: [0]}
    assert matched(here, tracks("/far/v.mp4:1", "/far/v.mp4:0")) == {0: [1], 1: [0]}
    assert matched(here, tracks("D:\\films\\v.mp4:1")) == {1: [0]}


def test_a_name_alone_does_not_tell_two_files_apart() -> None:
    with pytest.raises(UserError, match=r"of other frames: they name /far/v\.mp4:0, the source a/v\.mp4:0"):
        matched(Names("a/v.mp4:0", "b/v.mp4:0"), tracks("/far/v.mp4:0"))
    with pytest.raises(UserError, match="of other frames"):
        matched(Names("a/v.mp4:0"), tracks("/far/v.mp4:0", "/near/v.mp4:0"))


def test_numbers_count_the_frames_with_animals_or_without() -> None:
    here = Names("v.mp4:0", "v.mp4:1", "v.mp4:2")
    assert matched(here, tracks("1", "2")) == {1: [0], 2: [1]}
    assert matched(here, tracks("1#ann", "2#ann", "1#bob")) == {1: [0, 2], 2: [1]}


def test_tracks_of_nothing_or_of_other_frames_are_refused() -> None:
    for given in (tracks(), tracks("w.mp4:0"), tracks("7"), tracks("1", "w.mp4:0")):
        with pytest.raises(UserError, match=r"tracks are of (no frame|other frames)"):
            matched(Names("v.mp4:0", "v.mp4:1"), given)
