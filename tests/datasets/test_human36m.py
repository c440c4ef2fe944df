"""Tests of simplified Human3.6M."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

from tests.layouts import human36m
from unsuplmk.datasets.human36m import Human36m
from unsuplmk.errors import UserError
from unsuplmk.evaluation.protocols import protocol
from unsuplmk.frames.media import read_image


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return human36m.write(tmp_path)


def test_the_splits_are_subjects(folder: Path) -> None:
    dataset = Human36m(folder)
    assert len(dataset) == 6 * 2 * 3
    assert {dataset.tags(i)["subject"] for i in range(len(dataset))} == {"S1", "S5", "S6", "S7", "S8", "S9"}
    assert {Human36m(folder, split="test").tags(i)["subject"] for i in range(6)} == {"S11"}


def test_a_clip_is_a_sequence_in_the_order_of_its_frames(folder: Path) -> None:
    dataset = Human36m(folder.parent, split="test")
    assert list(dataset.clips) == [range(0, 3), range(3, 6)]
    below = [Path(dataset.name(i)).relative_to(folder / "S11" / "WithBackground") for i in range(6)]
    frames = ("9.jpg", "10.jpg", "121.jpg")
    assert below == [Path(sequence, frame) for sequence in human36m.SEQUENCES[:2] for frame in frames]


def test_activities_are_the_six_alone_and_are_tags(folder: Path) -> None:
    dataset = Human36m(folder, split="test")
    tags = [dict(dataset.tags(i)) for i in range(len(dataset))]
    assert [tag["activity"] for tag in tags] == ["directions"] * 3 + ["walking"] * 3
    assert tags[0]["sequence"] == "Directions 1.54138969"
    assert protocol("human36m").column in tags[0]


def test_joints_are_pixels_of_the_picture(folder: Path) -> None:
    dataset = Human36m(folder, split="test")
    assert protocol("human36m").order(dataset.points) == list(range(32))
    for i in range(6):
        shares = human36m.shares(11, i // 3, human36m.FRAMES[i % 3])
        assert np.allclose(dataset.annotation(i), shares * human36m.SIDE - 0.5)


def test_the_background_is_black_unless_it_is_kept(folder: Path) -> None:
    removed, kept = Human36m(folder), Human36m(folder, background="kept")
    for i in (0, 1, 35):
        whole = read_image(kept.name(i))
        inside = human36m.mask(int(Path(kept.name(i)).stem))
        assert np.array_equal(kept.read(i), whole)
        assert np.array_equal(removed.read(i), np.where(inside[..., None], whole, 0))


def test_a_soft_mask_weighs_the_picture(folder: Path) -> None:
    dataset = Human36m(folder)
    mask = np.full((human36m.SIDE, human36m.SIDE), 51, np.uint8)
    Image.fromarray(mask).save(folder / "S1" / "BackgroudMask" / human36m.SEQUENCES[0] / "9.png")
    assert np.array_equal(dataset.read(0), np.round(read_image(dataset.name(0)) * 0.2).astype(np.uint8))


def test_it_is_recognised_by_the_masks_as_they_are_spelt(folder: Path) -> None:
    assert Human36m.recognises(folder)
    assert Human36m.recognises(folder.parent)
    assert not Human36m.recognises(folder / "S1")


def test_without_masks_the_background_can_be_kept(folder: Path) -> None:
    shutil.rmtree(folder / "S1" / "BackgroudMask")
    assert Human36m(folder, background="kept").read(0).shape == (32, 32, 3)
    with pytest.raises(UserError, match=r"no image .*BackgroudMask.*9\.png"):
        Human36m(folder).read(0)


def test_a_mask_of_another_size_is_named(folder: Path) -> None:
    path = folder / "S1" / "BackgroudMask" / human36m.SEQUENCES[0] / "9.png"
    Image.new("L", (30, 32)).save(path)
    with pytest.raises(UserError, match=r"9\.png does not fit .*9\.jpg: 30 x 32 px and 32 x 32 px"):
        Human36m(folder).read(0)


def test_joints_that_are_missing_truncated_or_too_few_are_named(folder: Path) -> None:
    dataset, path = Human36m(folder), folder / "S1" / "Landmarks" / human36m.SEQUENCES[0] / "9.mat"
    savemat(path, {"keypoints_2d": np.zeros((17, 2))})
    with pytest.raises(UserError, match=r"9\.mat: keypoints_2d is 17 x 2, not 32 x 2 numbers"):
        dataset.annotation(0)
    savemat(path, {"keypoints_3d": np.zeros((32, 3))})
    with pytest.raises(UserError, match=r"no variable in .*9\.mat named 'keypoints_2d'; did you mean 'keypoints_3d'"):
        dataset.annotation(0)
    path.write_bytes(path.read_bytes()[:150])
    with pytest.raises(UserError, match=r"cannot read .*9\.mat"):
        dataset.annotation(0)
    path.unlink()
    with pytest.raises(UserError, match=r"no file .*9\.mat"):
        dataset.annotation(0)


def test_a_picture_that_vanishes_is_named(folder: Path) -> None:
    dataset = Human36m(folder)
    Path(dataset.name(4)).unlink()
    for look in (dataset.read, dataset.annotation):
        with pytest.raises(UserError, match=r"no image .*Walking.*10\.jpg"):
            look(4)


def test_a_missing_subject_or_activity_is_named(folder: Path) -> None:
    for name in human36m.SEQUENCES[:2]:
        shutil.rmtree(folder / "S7" / "WithBackground" / name)
    with pytest.raises(
        UserError, match=r"S7/WithBackground has no sequence of the activities directions, .*WalkingDog 1"
    ):
        Human36m(folder)
    shutil.rmtree(folder / "S7")
    with pytest.raises(UserError, match=r"no folder .*S7/WithBackground"):
        Human36m(folder)
    assert len(Human36m(folder, split="test")) == 6


def test_a_frame_of_another_name_is_refused(folder: Path) -> None:
    (folder / "S1" / "WithBackground" / human36m.SEQUENCES[0] / "first.jpg").touch()
    with pytest.raises(UserError, match=r"first\.jpg: files are called by the number of their frame"):
        Human36m(folder)


def test_a_folder_of_another_layout_says_what_is_expected_and_there(tmp_path: Path) -> None:
    (tmp_path / "S1" / "Videos").mkdir(parents=True)
    with pytest.raises(UserError, match=r"another layout: expected folders S1 to S11, each with .*; it holds S1"):
        Human36m(tmp_path)
