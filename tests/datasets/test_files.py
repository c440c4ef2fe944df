"""Tests of datasets found on disk."""

from __future__ import annotations

import os
import pickle
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from unsuplmk.datasets.files import Files
from unsuplmk.errors import UserError
from unsuplmk.media import write_image, write_video


def image(path: Path, grey: int = 0, side: int = 8) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_image(path, np.full((side, side, 3), grey, np.uint8))
    return path


def video(path: Path, frames: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_video(path, (np.full((32, 32, 3), 8 * i, np.uint8) for i in range(frames)), 10.0)
    return path


def names(dataset: Files, root: Path) -> list[str]:
    return [os.path.relpath(dataset.name(i), root) for i in range(len(dataset))]


def test_images_of_a_flat_folder_are_clips_of_their_own_in_natural_order(tmp_path: Path) -> None:
    for i in (10, 9, 1):
        image(tmp_path / f"frame{i}.PNG", grey=i)
    dataset = Files(tmp_path)
    assert names(dataset, tmp_path) == ["frame1.PNG", "frame9.PNG", "frame10.PNG"]
    assert [dataset.read(i)[0, 0, 0] for i in range(3)] == [1, 9, 10]
    assert dataset.clips == (range(0, 1), range(1, 2), range(2, 3))


def test_every_sub_folder_with_images_is_a_clip(tmp_path: Path) -> None:
    for name in ("b/1.png", "b/2.png", "a/deep/1.png", "a/deep/2.png", "a/3.png", "single.png"):
        image(tmp_path / name)
    dataset = Files(str(tmp_path))
    clips = [{os.path.dirname(names(dataset, tmp_path)[i]) for i in clip} for clip in dataset.clips]
    assert clips == [{"a"}, {"a/deep"}, {"b"}, {""}]
    assert [len(clip) for clip in dataset.clips] == [1, 2, 2, 1]


def test_hidden_files_and_other_files_are_ignored(tmp_path: Path) -> None:
    for name in ("a.png", ".b.png", "._c.png", ".git/d.png"):
        image(tmp_path / name)
    (tmp_path / "notes.txt").write_text("words")
    assert names(Files(tmp_path), tmp_path) == ["a.png"]


def test_a_loop_of_links_ends(tmp_path: Path) -> None:
    image(tmp_path / "clip" / "a.png")
    (tmp_path / "clip" / "again").symlink_to(tmp_path)
    (tmp_path / "clip" / "self").symlink_to(tmp_path / "clip")
    assert names(Files(tmp_path), tmp_path) == ["clip/a.png"]


def test_a_link_to_a_folder_elsewhere_is_followed(tmp_path: Path) -> None:
    image(tmp_path / "elsewhere" / "a.png")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "clip").symlink_to(tmp_path / "elsewhere")
    assert len(Files(tmp_path / "data")) == 1


def test_videos_and_images_may_be_mixed(tmp_path: Path) -> None:
    video(tmp_path / "a.mp4", 4)
    video(tmp_path / "more" / "b.avi", 3)
    image(tmp_path / "more" / "1.png")
    image(tmp_path / "more" / "2.png")
    dataset = Files(tmp_path)
    assert [len(clip) for clip in dataset.clips] == [4, 2, 3]
    assert names(dataset, tmp_path)[2] == "a.mp4:2"
    assert [round(dataset.read(i).mean() / 8) for i in (3, 8, 0, 6)] == [3, 2, 0, 0]


def test_one_video_knows_its_rate(tmp_path: Path) -> None:
    path = video(tmp_path / "a.mp4", 4)
    assert Files(path).fps == 10
    assert Files(path).clips == (range(0, 4),)
    image(tmp_path / "b.png")
    assert Files(tmp_path).fps == 0


def test_globs_choose_images_videos_and_folders(tmp_path: Path) -> None:
    for name in ("clips/a1/1.png", "clips/a1/2.png", "clips/a2/1.png", "clips/b1/1.png", "flat/1.png", "flat/2.jpg"):
        image(tmp_path / name)
    (tmp_path / "flat" / "notes.txt").write_text("words")
    for pattern, lengths in {
        "flat/*": [1, 1],
        "flat/*.png": [1],
        "clips/*/*.png": [2, 1, 1],
        "clips/a?": [2, 1],
        "clips/**/1.png": [1, 1, 1],
        "*": [2, 1, 1, 2],
    }.items():
        assert [len(clip) for clip in Files(f"{tmp_path}/{pattern}").clips] == lengths, pattern


def test_a_relative_glob_is_found_from_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image(tmp_path / "a.png")
    monkeypatch.chdir(tmp_path)
    assert Files("*.png").name(0) == "a.png"


def test_a_folder_without_images_says_what_would_count(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("words")
    with pytest.raises(UserError, match=rf"no images \(.*\.jpg.*\) or videos \(.*\.mp4.*\) in {tmp_path}"):
        Files(tmp_path)


def test_a_glob_that_matches_nothing_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"nothing matches .*\*\.png"):
        Files(f"{tmp_path}/*.png")


def test_a_file_of_another_kind_is_named(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("words")
    with pytest.raises(UserError, match=r"notes\.txt is neither an image nor a video"):
        Files(tmp_path / "notes.txt")


def test_an_unreadable_video_alone_is_refused(tmp_path: Path) -> None:
    (tmp_path / "broken.mp4").write_bytes(b"words")
    for path in (tmp_path, tmp_path / "broken.mp4"):
        with pytest.raises(UserError, match=r"cannot read video .*broken\.mp4"):
            Files(path)


def test_an_unreadable_video_among_others_is_one_unreadable_frame(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"words")
    video(tmp_path / "b.mp4", 3)
    dataset = Files(tmp_path)
    assert [len(clip) for clip in dataset.clips] == [1, 3]
    with pytest.raises(UserError, match=r"a\.mp4"):
        dataset.read(0)
    assert dataset.read(3).shape == (32, 32, 3)


def test_videos_without_pyav_say_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    video(tmp_path / "a.mp4", 2)
    video(tmp_path / "b.mp4", 2)
    monkeypatch.setitem(sys.modules, "av", None)  # what an import sees of a module that is not there
    with pytest.raises(UserError, match="pip install av"):
        Files(tmp_path)


def test_threads_read_one_video_independently(tmp_path: Path) -> None:
    dataset = Files(video(tmp_path / "a.mp4", 24))
    seen: dict[int, list[int]] = {}

    def read(step: int) -> None:
        seen[step] = [round(dataset.read(i).mean() / 8) for i in range(0, 24, step)]

    threads = [threading.Thread(target=read, args=(step,)) for step in (1, 2, 3, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == {step: list(range(0, 24, step)) for step in (1, 2, 3, 5)}


def test_more_videos_than_are_kept_open_can_be_read_in_turn(tmp_path: Path) -> None:
    for i in range(6):
        video(tmp_path / f"{i}.mp4", i + 1)
    dataset = Files(tmp_path)
    for _ in range(2):
        assert [round(dataset.read(clip.stop - 1).mean() / 8) for clip in dataset.clips] == list(range(6))


def test_a_dataset_travels_to_another_process(tmp_path: Path) -> None:
    dataset = Files(video(tmp_path / "a.mp4", 3))
    dataset.read(1)
    assert np.array_equal(pickle.loads(pickle.dumps(dataset)).read(2), dataset.read(2))
