"""Tests of datasets found on disk."""

from __future__ import annotations

import math
import os
import pickle
import re
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.odd import as_nobody, changing
from unsuplmk.batches.data import open_data
from unsuplmk.batches.pack import pack
from unsuplmk.datasets.files import Files
from unsuplmk.errors import UserError
from unsuplmk.frames.media import write_image, write_video
from unsuplmk.frames.prepare import Fit


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


def test_links_to_nowhere_and_to_themselves_are_files_that_cannot_be_read(tmp_path: Path) -> None:
    image(tmp_path / "b.png", grey=7)
    (tmp_path / "a.png").symlink_to(tmp_path / "a.png")
    (tmp_path / "c.png").symlink_to(tmp_path / "gone.png")
    (tmp_path / "d").symlink_to(tmp_path / "d")
    for path in (tmp_path, f"{tmp_path}/*.png"):
        dataset = Files(path)
        assert names(dataset, tmp_path) == ["a.png", "b.png", "c.png"]
        assert dataset.read(1)[0, 0, 0] == 7
        for index, name in ((0, "a"), (2, "c")):
            with pytest.raises(UserError, match=rf"{name}\.png"):
                dataset.read(index)
    with pytest.raises(UserError, match=r"cannot read .*a\.png: Too many levels of symbolic links"):
        Files(tmp_path / "a.png")
    with pytest.raises(UserError, match=r"no file or folder .*a\.png"):
        open_data(tmp_path / "a.png")


def test_what_may_not_be_read_is_named(unprivileged: Path) -> None:
    image(unprivileged / "data" / "inner" / "a.png")
    image(unprivileged / "data" / "b.png", grey=7)
    image(unprivileged / "data" / "c.png")
    data = unprivileged / "data"
    with as_nobody(data / "inner"), pytest.raises(UserError, match=r"cannot list .*inner: Permission denied"):
        Files(data)
    with as_nobody(data / "inner"), pytest.raises(UserError, match=r"cannot read .*a\.png: Permission denied"):
        Files(data / "inner" / "a.png")
    with as_nobody(data / "inner"), pytest.raises(UserError, match=r"no file or folder .*a\.png"):
        open_data(data / "inner" / "a.png")
    dataset = Files(data)
    with as_nobody(data / "c.png"):
        assert dataset.read(0)[0, 0, 0] == 7
        with pytest.raises(UserError, match=r"cannot read image .*c\.png: Permission denied"):
            dataset.read(1)


def test_pipes_are_not_waited_for(tmp_path: Path) -> None:
    image(tmp_path / "a.png")
    os.mkfifo(tmp_path / "b.png")
    assert names(Files(tmp_path), tmp_path) == ["a.png"]


def test_names_that_are_not_ascii_are_found(tmp_path: Path) -> None:
    image(tmp_path / "får" / "æøå 鼠.png", grey=9)
    dataset = Files(tmp_path)
    assert names(dataset, tmp_path) == [os.path.join("får", "æøå 鼠.png")]
    assert dataset.read(0)[0, 0, 0] == 9


def test_files_of_no_bytes_are_named_when_they_are_read(tmp_path: Path) -> None:
    image(tmp_path / "a.png")
    for name in ("b.png", "c.mp4"):
        (tmp_path / name).write_bytes(b"")
    dataset = Files(tmp_path)
    assert len(dataset) == 3
    for index, name in ((1, "b.png"), (2, "c.mp4")):
        with pytest.raises(UserError, match=re.escape(name)):
            dataset.read(index)


def test_a_video_that_changes_its_size_gives_each_frame_its_own(tmp_path: Path) -> None:
    dataset = Files(changing(tmp_path / "a.mpg"))
    assert [dataset.read(i).shape[:2] for i in (7, 8, 0)] == [(48, 64), (64, 96), (48, 64)]
    packed = pack(dataset, Fit(16), report=str)
    assert packed.frames.shape == (16, 16, 16, 3)
    assert packed.skipped == ()


def test_an_animated_gif_is_a_clip(tmp_path: Path) -> None:
    pages = [Image.fromarray(np.full((8, 9, 3), value, np.uint8)) for value in (10, 90, 200)]
    pages[0].save(tmp_path / "a.gif", save_all=True, append_images=pages[1:], duration=[100, 300, 200])
    image(tmp_path / "b.png")
    dataset = Files(tmp_path)
    assert dataset.clips == (range(0, 3), range(3, 4))
    assert [round(dataset.read(i).mean()) for i in range(3)] == [10, 90, 200]
    assert [dataset.seconds(i) for i in range(3)] == pytest.approx([0, 0.1, 0.4])


def test_times_come_from_videos_and_for_images_from_the_rate(tmp_path: Path) -> None:
    video(tmp_path / "v.mp4", 5)
    for name in ("clip/1.png", "clip/2.png", "clip/3.png", "single.png"):
        image(tmp_path / name)
    (tmp_path / "w.mp4").write_bytes(b"words")
    seconds = [Files(tmp_path, fps=20.0).seconds(i) for i in range(10)]
    assert seconds[:9] == pytest.approx([0, 0.05, 0.1, 0, 0, 0.1, 0.2, 0.3, 0.4])
    assert math.isnan(seconds[9])  # the broken video
    without = Files(tmp_path)
    assert [math.isnan(without.seconds(i)) for i in (0, 1, 3, 4, 8)] == [True, True, True, False, False]


def test_a_folder_of_frames_has_the_rate_that_is_given(tmp_path: Path) -> None:
    for name in ("clip/1.png", "clip/2.png"):
        image(tmp_path / name)
    assert Files(tmp_path, fps=12.5).fps == 12.5
    assert Files(tmp_path).fps == 0
    assert Files(tmp_path / "clip", fps=12.5).fps == 0  # single images
    assert open_data(tmp_path, {"fps": 12.5}).fps == 12.5
    with pytest.raises(UserError, match=r"--dataset\.fps -1"):
        open_data(tmp_path, {"fps": -1})


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
