"""Tests of how many frames videos hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.layouts import pictures
from unsuplmk.frames.counting import frames_of
from unsuplmk.frames.media import Video, write_video


@pytest.fixture
def videos(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / f"{frames}{suffix}" for frames, suffix in ((3, ".mp4"), (30, ".mkv"), (7, ".mov"), (5, ".avi"))]
    for path in paths:
        write_video(path, [pictures.pixels(f"{path} {i}", 32, 32) for i in range(int(path.stem))], 25.0)
    return paths


def test_the_count_is_what_can_be_read(videos: list[Path]) -> None:
    assert frames_of(videos) == [3, 30, 7, 5] == [len(Video(path)) for path in videos]


def test_a_broken_video_counts_as_one_frame(videos: list[Path], tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "text.mp4").write_text("no video")
    assert frames_of([tmp_path / "empty.mp4", videos[0], tmp_path / "text.mp4", tmp_path / "gone.mp4"]) == [1, 3, 1, 1]


def test_no_videos_need_no_library() -> None:
    assert frames_of([]) == []
