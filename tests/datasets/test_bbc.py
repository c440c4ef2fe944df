"""Tests of BBC Pose."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.lib.recfunctions as rfn
import pytest
from PIL import Image
from scipy.io import savemat

from tests.layouts import bbc
from unsuplmk.datasets.bbc import Bbc
from unsuplmk.errors import UserError
from unsuplmk.evaluation.protocols import protocol


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return bbc.write(tmp_path)


def names(dataset: Bbc) -> list[tuple[int, int]]:
    paths = [Path(dataset.name(i)) for i in range(len(dataset))]
    return [(int(path.parent.name), int(path.stem)) for path in paths]


def expected(video: int, frame: int) -> tuple[tuple[int, int, int, int], np.ndarray]:
    """The crop as left, top, right, bottom, and the points in it."""
    points = bbc.joints(video, frame).T - 1
    low = np.round((points.min(0) + points.max(0)) / 2 + 0.5 - 150)
    high = np.minimum(low + 300, bbc.SIZE)
    low = np.maximum(low, 0)
    return (*low.astype(int).tolist(), *high.astype(int).tolist()), points - low


def test_the_splits_are_videos(folder: Path) -> None:
    assert names(Bbc(folder)) == [(1, 3), (1, 8), (10, 1), (10, 12)]
    assert names(Bbc(folder, split="val")) == [(11, 5), (11, 6)]


def test_the_test_frames_are_those_of_the_toolkit_by_video(folder: Path) -> None:
    dataset = Bbc(folder, split="test", crop="none")
    assert names(dataset) == [(16, 2), (16, 20), (20, 7), (20, 9), (20, 30)]
    assert list(dataset.clips) == [range(0, 2), range(2, 5)]
    for i, (video, frame) in enumerate(names(dataset)):
        assert np.allclose(dataset.annotation(i), bbc.joints(video, frame).T - 1, atol=1e-4)


def test_a_clip_is_a_video_and_videos_are_tags(folder: Path) -> None:
    dataset = Bbc(folder)
    assert list(dataset.clips) == [range(0, 2), range(2, 4)]
    assert [dataset.tags(i)["video"] for i in range(4)] == ["1", "1", "10", "10"]


@pytest.mark.parametrize("split", ["train", "val", "test"])
def test_the_crop_is_300_px_about_the_signer_less_at_the_border(folder: Path, split: Any) -> None:
    dataset = Bbc(folder, split=split)
    sizes = set()
    for i, one in enumerate(names(dataset)):
        box, points = expected(*one)
        whole = np.asarray(Image.open(dataset.name(i)))
        assert np.array_equal(dataset.read(i), whole[box[1] : box[3], box[0] : box[2]])
        assert np.allclose(dataset.annotation(i), points, atol=1e-4)
        sizes.add(dataset.read(i).shape)
    assert min(sizes) < (300, 300, 3)


def test_the_points_have_the_protocols_names_and_scale(folder: Path) -> None:
    dataset = Bbc(folder)
    assert protocol("bbc").order(dataset.points) == list(range(7))
    apart = np.diff(dataset.annotation(0), axis=0)
    assert np.allclose(apart, np.diff(bbc.joints(1, 3).T, axis=0), atol=1e-4)


def test_frames_in_between_have_no_points_and_the_nearest_crop(folder: Path) -> None:
    dataset = Bbc(folder, frames="all")
    assert names(dataset) == [(1, 3), (1, 4), (1, 7), (1, 8), (10, 1), (10, 12)]
    for i, nearest in ((1, 3), (2, 8)):
        assert np.isnan(dataset.annotation(i)).all()
        box, _ = expected(1, nearest)
        assert np.array_equal(
            dataset.read(i), np.asarray(Image.open(dataset.name(i)))[box[1] : box[3], box[0] : box[2]]
        )
    assert np.allclose(dataset.annotation(3), expected(1, 8)[1], atol=1e-4)


def test_it_is_recognised_by_the_toolkit_beside_the_videos(folder: Path) -> None:
    assert Bbc.recognises(folder)
    assert not Bbc.recognises(folder / "1")
    (folder / "code").rename(folder / "bbcpose_extbbcpose_code_1.0")
    assert len(Bbc(folder)) == 4


def test_one_annotated_frame_is_enough(folder: Path) -> None:
    structs = bbc.labels()
    structs[0, 0]["train_frames"] = np.array([[8.0]])
    structs[0, 0]["train_joints"] = bbc.joints(1, 8)  # MATLAB drops the last axis
    savemat(folder / "code" / "bbcpose.mat", {"bbcpose": structs})
    dataset = Bbc(folder, frames="all")
    assert names(dataset)[:4] == [(1, 3), (1, 4), (1, 7), (1, 8)]
    assert [np.isfinite(dataset.annotation(i)).all() for i in range(4)] == [False, False, False, True]


def test_a_frame_that_is_listed_but_absent_is_named(folder: Path) -> None:
    dataset = Bbc(folder)
    Path(dataset.name(1)).unlink()
    for look in (dataset.read, dataset.annotation):
        with pytest.raises(UserError, match=r"bbcpose\.mat, video 1, frame 8: no image .*8\.jpg"):
            look(1)


@pytest.mark.parametrize(("name", "split"), [("bbcpose.mat", "train"), ("results.mat", "test")])
def test_a_missing_or_truncated_table_is_named(folder: Path, name: str, split: Any) -> None:
    path = folder / "code" / name
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(UserError, match=f"cannot read .*{name}"):
        Bbc(folder, split=split)
    path.unlink()
    with pytest.raises(UserError, match=rf"no file .*{name}; the toolkit of https:"):
        Bbc(folder, split=split)


def without_joints(structs: np.ndarray) -> np.ndarray:
    return rfn.repack_fields(structs[["videoName", "train_frames"]])


def with_six(structs: np.ndarray) -> np.ndarray:
    structs[0, 0]["train_joints"] = structs[0, 0]["train_joints"][:, :6]
    return structs


def with_fewer(structs: np.ndarray) -> np.ndarray:
    structs[0, 9]["train_frames"] = np.array([[1.0]])
    return structs


def with_text(structs: np.ndarray) -> np.ndarray:
    structs[0, 0]["train_frames"] = "three"
    return structs


def empty(structs: np.ndarray) -> np.ndarray:
    for struct in structs[0]:
        struct["train_frames"], struct["train_joints"] = np.empty((0, 0)), np.empty((0, 0))
    return structs


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (without_joints, r"should be 15 structs or more with train_frames and train_joints; it is 22 with videoName"),
        (lambda structs: structs[:, :12], r"should be 15 structs or more .*; it is 12 with"),
        (with_six, r"bbcpose\.mat, video 1: 2 frames, but joints of 2 x 6 x 2, not 2 x 7 x 2"),
        (with_fewer, r"bbcpose\.mat, video 10: 1 frames, but joints of 2 x 7 x 2, not 2 x 7 x 1"),
        (with_text, r"bbcpose\.mat, video 1: frames are no numbers"),
        (empty, r"annotates no frame of videos 1 to 10, split train"),
    ],
)
def test_labels_of_another_structure_are_refused(
    folder: Path, change: Callable[[np.ndarray], np.ndarray], message: str
) -> None:
    savemat(folder / "code" / "bbcpose.mat", {"bbcpose": change(bbc.labels())})
    with pytest.raises(UserError, match=message):
        Bbc(folder)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"video": np.array([[16.0, 20]])}, r"5 frames, 2 videos and joints of 2 x 7 x 5 do not fit each other"),
        ({"video": np.full((1, 5), 3.0)}, r"has frames of video 3; the test videos are 16 to 20"),
        ({"gt": np.zeros((2, 6, 5))}, r"video 16: 2 frames, but joints of 2 x 6 x 2"),
    ],
)
def test_a_test_list_of_another_structure_is_refused(folder: Path, changed: dict[str, Any], message: str) -> None:
    savemat(folder / "code" / "results.mat", {"results": bbc.results() | changed})
    with pytest.raises(UserError, match=message):
        Bbc(folder, split="test")


def test_a_folder_of_another_layout_says_what_is_expected_and_there(tmp_path: Path) -> None:
    (tmp_path / "videos").mkdir()
    with pytest.raises(UserError, match=r"expected folders 1 to 20 of frames, and code/bbcpose\.mat .*holds videos"):
        Bbc(tmp_path)
