"""Tests of frames in videos and folders."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from tests.layouts import pictures
from unsuplmk.errors import UserError
from unsuplmk.frames.footage import Footage, Take, images, takes
from unsuplmk.frames.media import Video, read_image, write_video


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b/10.png", "b/9.png", "a/1.png", "loose.png"):
        pictures.picture(tmp_path / name)
    write_video(tmp_path / "v.mp4", [pictures.pixels(f"{i}", 32, 32) for i in range(3)], 25.0)
    (tmp_path / "empty").mkdir()
    return tmp_path


def test_takes_are_videos_then_folders_of_images(folder: Path) -> None:
    expected = [Take(folder / "v.mp4"), Take(folder / "a", ("1.png",)), Take(folder / "b", ("9.png", "10.png"))]
    assert takes(folder) == expected
    assert images(folder) == [Take(folder, ("loose.png",))]
    assert images(folder / "empty") == []


def test_frames_follow_one_another(folder: Path) -> None:
    footage = Footage(folder, [*images(folder), *takes(folder)])
    names = ["loose.png", "v.mp4:0", "v.mp4:1", "v.mp4:2", "a/1.png", "b/9.png", "b/10.png"]
    assert [footage.name(i) for i in range(len(footage))] == [str(folder / name) for name in names]
    assert list(footage.takes) == [range(0, 1), range(1, 4), range(4, 5), range(5, 7)]
    assert (footage.take(3), footage.path(1)) == (1, folder / "v.mp4")


def test_frames_are_read_also_in_another_process(folder: Path) -> None:
    footage = Footage(folder, takes(folder))
    for one in (footage, pickle.loads(pickle.dumps(footage))):
        assert np.array_equal(one.read(5), read_image(folder / "b" / "10.png"))
        assert np.array_equal(one.read(1), Video(folder / "v.mp4").read(1))


def test_what_vanishes_or_shrinks_is_named(folder: Path) -> None:
    footage = Footage(folder, takes(folder))
    (folder / "a" / "1.png").unlink()
    with pytest.raises(UserError, match=r"no image .*a/1\.png"):
        footage.read(3)
    write_video(folder / "v.mp4", [pictures.pixels("0", 32, 32)], 25.0)
    with pytest.raises(UserError, match=r"cannot read frame 2 of .*v\.mp4: it has 1, fewer than its head says"):
        footage.read(2)
