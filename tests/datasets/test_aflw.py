"""Tests of AFLW from the lists and .mat files of its published split."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.io import loadmat, savemat

from tests.layouts import aflw as layout
from unsuplmk.datasets.aflw import Aflw
from unsuplmk.errors import UserError
from unsuplmk.frames.media import read_image

KEYPOINTS = "aflw_train_keypoints.mat"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return layout.write(tmp_path)


@pytest.mark.parametrize("split", ["train", "test"])
def test_the_splits_are_the_lists_in_their_order(folder: Path, split: str) -> None:
    data = Aflw(folder, split=split)  # type: ignore[arg-type]
    assert [data.name(index) for index in range(len(data))] == [
        str(folder / "output" / name) for name in layout.NAMES[split]
    ]
    assert list(data.clips) == [range(index, index + 1) for index in range(len(data))]


def test_points_are_turned_to_x_and_y_and_follow_the_square(folder: Path) -> None:
    for split in ("train", "test"):
        data = Aflw(folder, split=split)
        for index, (height, width) in enumerate(layout.SIZES[split]):
            for found, (x, y) in zip(data.annotation(index), layout.points(split, index), strict=True):
                expected = [(x + 0.5) * 128 / width - 0.5, (y + 0.5) * 128 / height - 0.5]
                assert found == pytest.approx(expected, abs=1e-4)


def test_crops_are_resized_whole(folder: Path) -> None:
    data = Aflw(folder, side=32)
    crop = Image.open(data.name(1))
    assert np.array_equal(data.read(1), np.asarray(crop.resize((32, 32), Image.Resampling.BILINEAR)))


def test_the_stored_crops_as_they_are(folder: Path) -> None:
    data = Aflw(folder, crop="none")
    assert np.array_equal(data.read(1), read_image(data.name(1)))
    assert data.annotation(1).tolist() == [list(point) for point in layout.points("train", 1)]


def test_points_have_the_names_and_order_of_the_protocol(folder: Path) -> None:
    assert Aflw(folder).points == ("left_eye", "right_eye", "nose", "left_mouth", "right_mouth")


def test_missing_points_stay_missing(folder: Path) -> None:
    held = loadmat(folder / KEYPOINTS)
    held["gt"][1, 2] = np.nan
    savemat(folder / KEYPOINTS, {"gt": held["gt"], "hw": held["hw"]})
    assert np.isnan(Aflw(folder).annotation(1)).any(-1).tolist() == [False, False, True, False, False]


def test_a_folder_with_a_list_and_its_points_is_recognised(folder: Path) -> None:
    assert Aflw.recognises(folder)
    (folder / KEYPOINTS).unlink()
    (folder / "aflw_test_images.txt").unlink()
    assert not Aflw.recognises(folder)
    assert not Aflw.recognises(folder / "none")


def test_missing_files_are_named_with_what_is_there(folder: Path) -> None:
    (folder / KEYPOINTS).unlink()
    with pytest.raises(
        UserError, match=r"lacks aflw_train_images\.txt and aflw_train_keypoints\.mat.*it holds aflw_test"
    ):
        Aflw(folder)
    with pytest.raises(UserError, match=r"no folder .*none with aflw_train_images"):
        Aflw(folder / "none")


def test_lists_of_another_length_are_refused(folder: Path) -> None:
    path = folder / "aflw_train_images.txt"
    path.write_text("".join(path.read_text("utf-8").splitlines(keepends=True)[:2]), "utf-8")
    with pytest.raises(UserError, match=r"aflw_train_images\.txt names 2 images; .*keypoints\.mat has 3 gt and 3 hw"):
        Aflw(folder)


def test_an_empty_set_is_refused(folder: Path) -> None:
    (folder / "aflw_train_images.txt").write_text("\n")
    savemat(folder / KEYPOINTS, {"gt": np.zeros((0, 5, 2)), "hw": np.zeros((0, 2))})
    with pytest.raises(UserError, match=r"aflw_train_images\.txt names no image"):
        Aflw(folder)


@pytest.mark.parametrize("change", [{"gt": np.zeros((3, 10))}, {"hw": np.zeros((3, 3))}])
def test_variables_of_another_shape_are_refused(folder: Path, change: dict[str, np.ndarray]) -> None:
    held = loadmat(folder / KEYPOINTS)
    savemat(folder / KEYPOINTS, {"gt": held["gt"], "hw": held["hw"], **change})
    with pytest.raises(UserError, match=r"keypoints\.mat: gt is .*, hw is .*; expected \(n, 5, 2\) and \(n, 2\)"):
        Aflw(folder)


def test_a_file_that_was_cut_off_or_lacks_a_variable_is_named(folder: Path) -> None:
    whole = (folder / KEYPOINTS).read_bytes()
    (folder / KEYPOINTS).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError, match=r"cannot read .*aflw_train_keypoints\.mat: it is cut off"):
        Aflw(folder)
    savemat(folder / KEYPOINTS, {"gt": np.zeros((3, 5, 2))})
    with pytest.raises(UserError, match=r"no variable in .*keypoints\.mat named 'hw'"):
        Aflw(folder)


def test_an_absent_image_is_named_with_its_line(folder: Path) -> None:
    data = Aflw(folder)
    Path(data.name(1)).unlink()
    with pytest.raises(UserError, match=r"aflw_train_images\.txt:2: no image .*image00004_46713\.jpg"):
        data.read(1)


def test_names_may_hold_spaces_and_letters_of_any_alphabet(folder: Path) -> None:
    name = "0/лицо 1.jpg"
    (folder / "output" / layout.NAMES["train"][0]).rename(folder / "output" / name)
    path = folder / "aflw_train_images.txt"
    path.write_text(path.read_text("utf-8").replace(layout.NAMES["train"][0], name), "utf-8")
    assert Aflw(folder).read(0).shape == (128, 128, 3)
