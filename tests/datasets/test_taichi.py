"""Tests of Tai-Chi-HD."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.layouts import taichi
from unsuplmk.datasets.taichi import Taichi
from unsuplmk.errors import UserError
from unsuplmk.evaluation.protocols import protocol
from unsuplmk.frames.media import Video, read_image


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return taichi.write(tmp_path)


def test_the_videos_are_clips_without_points(folder: Path) -> None:
    dataset = Taichi(folder)
    assert list(dataset.clips) == [range(0, 4), range(4, 7)]
    assert dataset.points == ()
    assert dataset.annotation(0).shape == (0, 2)
    assert [Path(dataset.name(i)).name for i in (3, 4, 6)] == ["xyZ#000100#000104.mp4:3", "9.png", "11.png"]
    assert [dataset.tags(i)["video"] for i in (0, 4)] == ["xyZ#000100#000104.mp4", "AbC-d_1#001#003.mp4.frames"]


def test_frames_of_folders_and_of_videos_are_read(folder: Path) -> None:
    dataset = Taichi(folder)
    video = Video(folder / "train" / "xyZ#000100#000104.mp4")
    assert all(np.array_equal(dataset.read(i), video.read(i)) for i in (2, 0, 3))
    assert all(np.array_equal(dataset.read(i), read_image(dataset.name(i))) for i in (6, 4))


@pytest.mark.parametrize("split", ["train", "test"])
def test_the_labelled_pictures_have_18_landmarks_and_missing_ones(folder: Path, split: Any) -> None:
    dataset, values = Taichi(folder, split=split), taichi.landmarks(split)
    assert tuple(Path(dataset.name(i)).name for i in range(len(dataset))) == taichi.PICTURES[split]
    assert list(dataset.clips) == [range(i, i + 1) for i in range(len(dataset))]
    assert protocol("taichi").order(dataset.points) == list(range(18))
    for i in range(len(dataset)):
        assert np.allclose(dataset.annotation(i), np.where(values[i] == -1, np.nan, values[i]), equal_nan=True)
        assert np.array_equal(dataset.read(i), read_image(dataset.name(i)))
    assert np.isnan(dataset.annotation(0)).all(-1).tolist() == [k == 3 for k in range(18)]


def test_half_a_landmark_is_none(folder: Path) -> None:
    values = taichi.landmarks("test")
    values[0, 5, 1], values[1, 6, 0] = -1, np.nan
    np.savez(folder / "landmark/taichi_test_gt.npz", file_name=np.array(taichi.PICTURES["test"]), value=values)
    dataset = Taichi(folder, split="test")
    assert np.isnan(dataset.annotation(0)[5]).all()
    assert np.isnan(dataset.annotation(1)[6]).all()


def test_labels_may_lie_where_their_owner_has_them(folder: Path) -> None:
    (folder / "landmark").rename(folder / "landmarks")
    assert len(Taichi(folder, split="train")) == 3


def test_videos_need_no_labels_and_labels_no_videos(folder: Path) -> None:
    (folder / "landmark").rename(folder / "elsewhere")
    assert len(Taichi(folder)) == 7
    (folder / "elsewhere").rename(folder / "landmark")
    (folder / "train").rename(folder / "gone")
    assert len(Taichi(folder, split="test")) == 2


def test_a_pickle_is_never_read_and_the_message_says_how_to_convert_it(folder: Path) -> None:
    (folder / "landmark" / "taichi_train_gt.npz").unlink()
    (folder / "landmark" / "taichi_train_gt.pkl").write_bytes(b"cos\nsystem\n(S'touch ran'\ntR.")
    with pytest.raises(UserError, match=r"gt\.pkl is a pickle, which may run anything .*: python -c .*pkl") as error:
        Taichi(folder, split="train")
    code = str(error.value).split('python -c "')[1].split('"')[0]
    compile(code, "the line", "exec")
    assert not Path("ran").exists()


def test_missing_labels_are_named(folder: Path) -> None:
    (folder / "landmark" / "taichi_test_gt.npz").unlink()
    with pytest.raises(UserError, match=r"no file .*landmark/taichi_test_gt\.npz; `unsuplmk datasets about taichi`"):
        Taichi(folder, split="test")


NAMES = np.array(taichi.PICTURES["test"])


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"value": np.zeros((2, 18, 2))}, r"lacks file_name or value; it holds value"),
        ({"file_name": NAMES, "value": np.zeros((3, 18, 2))}, r"2 names, but value is 3 x 18 x 2, not 2 x 18 x 2"),
        ({"file_name": NAMES, "value": np.zeros((2, 17, 2))}, r"2 names, but value is 2 x 17 x 2, not 2 x 18 x 2"),
        ({"file_name": np.arange(2), "value": np.zeros((2, 18, 2))}, r"file_name is no list of names"),
        ({"file_name": NAMES.astype(object), "value": np.zeros((2, 18, 2))}, r"cannot read .*pickle"),
    ],
)
def test_labels_of_another_structure_are_refused(folder: Path, arrays: dict[str, Any], message: str) -> None:
    np.savez(folder / "landmark" / "taichi_test_gt.npz", **arrays)
    with pytest.raises(UserError, match=message):
        Taichi(folder, split="test")


def test_truncated_labels_are_named(folder: Path) -> None:
    path = folder / "landmark" / "taichi_test_gt.npz"
    whole = path.read_bytes()
    for part in (whole[:-40], whole[: len(whole) // 2], b"", b"text"):
        path.write_bytes(part)
        with pytest.raises(UserError, match=r"cannot read .*taichi_test_gt\.npz"):
            Taichi(folder, split="test")
    with path.open("wb") as file:
        np.save(file, np.zeros(3))
    with pytest.raises(UserError, match=r"cannot read .*taichi_test_gt\.npz"):
        Taichi(folder, split="test")


def test_a_picture_that_is_listed_but_absent_names_the_row(folder: Path) -> None:
    dataset = Taichi(folder, split="train")
    Path(dataset.name(1)).unlink()
    with pytest.raises(UserError, match=r"taichi_train_gt\.npz, row 1: no image .*00aß_2\.png"):
        dataset.read(1)


def test_it_is_recognised_by_the_labelled_pictures(folder: Path) -> None:
    assert Taichi.recognises(folder)
    assert not Taichi.recognises(folder / "train")


def test_a_folder_without_videos_or_of_another_layout_is_named(folder: Path, tmp_path: Path) -> None:
    (folder / "train").rename(folder / "gone")
    (folder / "train" / "empty").mkdir(parents=True)
    with pytest.raises(UserError, match=r"train holds neither videos nor folders of frames; it holds empty"):
        Taichi(folder)
    with pytest.raises(UserError, match=r"another layout: expected train, eval_images/taichi-256 and landmark"):
        Taichi(folder / "landmark")
