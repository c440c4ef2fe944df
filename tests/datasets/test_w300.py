"""Tests of 300-W from its four original folders."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from tests.layouts import w300 as layout
from unsuplmk.datasets.w300 import W300
from unsuplmk.errors import UserError
from unsuplmk.frames.media import read_image

ORDER = {
    "train": [
        *("afw/134212_1.jpg", "afw/134212_2.jpg", "helen/trainset/10_1.jpg", "helen/trainset/9_1.jpg"),
        "lfpw/trainset/image_0001.png",
    ],
    "common": ["helen/testset/30_1.jpg", "lfpw/testset/image_0002.png", "lfpw/testset/image_0003.png"],
    "challenging": ["ibug/image_003_1.jpg", "ibug/image_092 _01.jpg"],
}
MARKED = "afw/134212_1.pts"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return layout.write(tmp_path)


def box(points: np.ndarray) -> tuple[float, float, float, float]:
    return points[:, 0].min(), points[:, 1].min(), points[:, 0].max(), points[:, 1].max()


def mapped(points: np.ndarray, centre: tuple[float, float], side: float) -> np.ndarray:
    """Points in a square about a centre that is resized to 128 px."""
    return (points - np.array(centre) + side / 2) * 128 / side - 0.5


@pytest.mark.parametrize("split", ["train", "common", "challenging"])
def test_the_splits_are_the_published_folders(folder: Path, split: str) -> None:
    data = W300(folder, split=split)  # type: ignore[arg-type]
    assert [data.name(index) for index in range(len(data))] == [str(folder / name) for name in ORDER[split]]
    assert list(data.clips) == [range(index, index + 1) for index in range(len(data))]


def test_the_test_split_is_common_and_challenging(folder: Path) -> None:
    data = W300(folder, split="test")
    names = [data.name(index) for index in range(len(data))]
    assert names == [str(folder / name) for name in ORDER["common"] + ORDER["challenging"]]


def test_the_card_adds_up() -> None:
    splits = W300.card.splits
    assert splits["test"] == splits["common"] + splits["challenging"]


def test_coordinates_count_from_one(folder: Path) -> None:
    data = W300(folder, crop="none")
    for index, name in enumerate(ORDER["train"]):
        assert data.annotation(index) == pytest.approx(layout.points(Path(name).name), abs=1e-4)
        assert np.array_equal(data.read(index), read_image(folder / name))


def test_the_published_crop_shows_a_face_of_52_px_in_70(folder: Path) -> None:
    data = W300(folder)
    for index, name in enumerate(ORDER["train"]):
        points = layout.points(Path(name).name)
        left, top, right, bottom = box(points)
        width = right - left
        expected = mapped(points, ((left + right) / 2, (top + bottom) / 2 - 2 / 52 * width), 70 / 52 * width)
        assert data.annotation(index) == pytest.approx(expected, abs=1e-3)
        assert np.ptp(data.annotation(index)[:, 0]) == pytest.approx(52 / 70 * 128, abs=1e-3)
        assert data.read(index).shape == (128, 128, 3)


@pytest.mark.parametrize("margin", [0.0, 0.25])
def test_the_box_of_the_points_has_a_margin(folder: Path, margin: float) -> None:
    data = W300(folder, crop="points", margin=margin)
    points = layout.points("134212_2.jpg")
    left, top, right, bottom = box(points)
    side = (1 + 2 * margin) * max(right - left, bottom - top)
    expected = mapped(points, ((left + right) / 2, (top + bottom) / 2), side)
    assert data.annotation(1) == pytest.approx(expected, abs=1e-3)
    assert data.annotation(1)[:, 1].min() == pytest.approx(128 * margin / (1 + 2 * margin) - 0.5, abs=1e-3)


@pytest.mark.parametrize("split", ["train", "test"])
def test_the_box_of_the_detector_is_found_by_name_spaces_or_not(folder: Path, split: str) -> None:
    data = W300(folder, split=split, crop="detector", margin=0.1)  # type: ignore[arg-type]
    for index in range(len(data)):
        name = Path(data.name(index)).name
        left, top, right, bottom = (edge - 1 for edge in layout.detected(name))
        side = 1.2 * max(right - left, bottom - top)
        expected = mapped(layout.points(name), ((left + right) / 2, (top + bottom) / 2), side)
        assert data.annotation(index) == pytest.approx(expected, abs=1e-3)


def test_what_lies_outside_the_photo_repeats_its_border(folder: Path) -> None:
    data = W300(folder, crop="points", margin=2.0, side=64)
    shown = data.read(0)
    assert shown.shape == (64, 64, 3)
    assert np.array_equal(shown[0], shown[1])


def test_points_are_numbered_and_the_source_is_a_tag(folder: Path) -> None:
    data = W300(folder, split="train")
    assert data.points == tuple(str(number) for number in range(68))
    assert [data.tags(index)["source"] for index in range(5)] == ["afw", "afw", "helen", "helen", "lfpw"]
    assert W300(folder, split="challenging").tags(0) == {"source": "ibug"}


def test_the_folder_is_recognised_by_all_of_its_folders(folder: Path) -> None:
    assert W300.recognises(folder)
    (folder / "ibug").rename(folder / "other")
    assert not W300.recognises(folder)
    assert not W300.recognises(folder / "afw" / "134212_1.jpg")


def test_a_missing_folder_is_named_with_what_is_there(folder: Path) -> None:
    (folder / "helen/trainset").rename(folder / "helen/train")
    with pytest.raises(UserError, match=r"lacks 300-W's folder helen/trainset.*it holds Bounding Boxes, afw, helen"):
        W300(folder)
    assert len(W300(folder, split="test")) == 5
    with pytest.raises(UserError, match=r"no folder .*none with 300-W's folder afw"):
        W300(folder / "none")


def test_an_empty_folder_is_named(folder: Path) -> None:
    (folder / "ibug").rename(folder / "old")
    (folder / "ibug").mkdir()
    with pytest.raises(UserError, match=r"ibug has no images with \.pts files; it is empty"):
        W300(folder, split="challenging")


def test_images_and_points_must_match(folder: Path) -> None:
    (folder / MARKED).unlink()
    with pytest.raises(
        UserError, match=r"134212_1\.jpg has no \.pts file beside it; .*afw has 2 images and 1 \.pts files"
    ):
        W300(folder)


def test_points_without_an_image_are_named(folder: Path) -> None:
    (folder / "afw/134212_2.jpg").unlink()
    with pytest.raises(UserError, match=r"134212_2\.pts has no image beside it"):
        W300(folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda lines: lines[:40], r"134212_1\.pts: the points must stand between a line \{ and a line \}"),
        (lambda lines: lines[:40] + lines[41:], r"134212_1\.pts has 67 points where 68 are expected"),
        (lambda lines: [*lines[:9], "1.0", *lines[10:]], r"134212_1\.pts:10: 1 numbers where x and y"),
        (lambda lines: [*lines[:9], "1.0 nan", *lines[10:]], r"134212_1\.pts:10: 'nan' is not a number"),
        (lambda lines: [*lines[:3], *["5 5"] * 68, "}"], r"134212_1\.pts: all points lie on one line"),
        (lambda lines: [], r"134212_1\.pts: the points must stand"),
    ],
)
def test_malformed_points_are_named(folder: Path, change: object, message: str) -> None:
    path = folder / MARKED
    path.write_text("\n".join(change(path.read_text().splitlines())))  # type: ignore[operator]
    with pytest.raises(UserError, match=message):
        W300(folder)


def test_boxes_are_read_only_where_they_are_asked_for(folder: Path) -> None:
    path = folder / "Bounding Boxes/bounding_boxes_helen_trainset.mat"
    path.unlink()
    assert len(W300(folder)) == 5
    with pytest.raises(UserError, match=r"no file .*bounding_boxes_helen_trainset\.mat"):
        W300(folder, crop="detector")


def test_broken_boxes_are_named(folder: Path) -> None:
    path = folder / "Bounding Boxes/bounding_boxes_afw.mat"
    whole = path.read_bytes()
    layout.boxes(path, ("134212_1.jpg",))
    with pytest.raises(UserError, match=r"bounding_boxes_afw\.mat has no box .* for .*134212_2\.jpg"):
        W300(folder, crop="detector")
    savemat(path, {"bounding_boxes": np.zeros((1, 2))})
    with pytest.raises(UserError, match=r"bounding_boxes is not a cell of structs"):
        W300(folder, crop="detector")
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError, match=r"cannot read .*bounding_boxes_afw\.mat: it is cut off"):
        W300(folder, crop="detector")


def test_a_broken_image_is_named(folder: Path) -> None:
    data = W300(folder)
    (folder / "afw/134212_1.jpg").write_bytes(b"")
    with pytest.raises(UserError, match=r"cannot read image .*134212_1\.jpg"):
        data.read(0)


def test_names_need_not_be_ascii(folder: Path) -> None:
    (folder / "afw/134212_1.jpg").rename(folder / "afw/ärger_1.jpg")
    (folder / MARKED).rename(folder / "afw/ärger_1.pts")
    data = W300(folder)
    assert data.name(1).endswith("ärger_1.jpg")
    assert data.read(1).shape == (128, 128, 3)
