"""Tests of CUB-200-2011."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.layouts import cub
from unsuplmk.datasets.cub import Cub
from unsuplmk.errors import UserError
from unsuplmk.evaluation.protocols import protocol


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return cub.write(tmp_path)


def numbers(dataset: Cub) -> list[int]:
    return [int(Path(dataset.name(i)).stem.rpartition("_")[2]) for i in range(len(dataset))]


def truth(image: int) -> np.ndarray:
    parts = np.array([cub.part(image, number) for number in range(1, 16)])
    return np.where(parts[:, 2:] > 0, parts[:, :2], np.nan)


def test_the_splits_are_those_of_the_list(folder: Path) -> None:
    assert numbers(Cub(folder)) == [1, 3, 5, 6]
    assert numbers(Cub(folder, split="test")) == [2, 4]


def test_the_folder_that_holds_it_is_as_good(folder: Path) -> None:
    assert numbers(Cub(folder.parent)) == [1, 3, 5, 6]
    assert Cub.recognises(folder)
    assert Cub.recognises(folder.parent)
    assert not Cub.recognises(folder / "images")


def test_species_are_chosen_by_number_and_are_tags(folder: Path) -> None:
    dataset = Cub(folder, classes=(3,))
    assert numbers(dataset) == [5, 6]
    assert [dataset.tags(i) for i in range(2)] == [{"class": "3"}] * 2
    assert numbers(Cub(folder, classes=(1, 2), split="test")) == [2, 4]


def test_every_picture_is_a_clip(folder: Path) -> None:
    assert list(Cub(folder).clips) == [range(i, i + 1) for i in range(4)]


def test_the_points_have_the_protocols_names(folder: Path) -> None:
    dataset = Cub(folder)
    assert dataset.points[6] == "left_eye"
    assert protocol("cub").order(dataset.points) == list(range(15))


def test_without_a_crop_points_are_those_of_the_file(folder: Path) -> None:
    dataset = Cub(folder, crop="none")
    for i, image in enumerate(numbers(dataset)):
        assert np.allclose(dataset.annotation(i), truth(image), atol=1e-4, equal_nan=True)
        assert dataset.read(i).shape == (*cub.SIZES[image - 1][::-1], 3)


def test_the_box_is_cut_out_pixel_by_pixel(folder: Path) -> None:
    dataset = Cub(folder, crop="box")
    for i, image in enumerate(numbers(dataset)):
        left, top, width, height = cub.BOXES[image - 1]
        whole = np.asarray(Image.open(dataset.name(i)))
        assert np.array_equal(dataset.read(i), whole[top : top + height, left : left + width])
        assert np.allclose(dataset.annotation(i), truth(image) - (left, top), atol=1e-4, equal_nan=True)


def test_the_published_crop_is_a_square_cut_off_at_the_border_and_stretched(folder: Path) -> None:
    dataset = Cub(folder, side=64)
    # the box 2, 2, 40 x 30 of a picture of 48 x 36: a square of 40 from -3 down to 37, cut off to 0 .. 36
    i = numbers(dataset).index(5)
    whole = Image.open(dataset.name(i))
    expected = whole.resize((64, 64), Image.Resampling.BILINEAR, box=(2, 0, 42, 36))
    assert np.array_equal(dataset.read(i), np.asarray(expected))
    points = truth(5)
    wanted = np.stack([(points[:, 0] + 0.5 - 2) * 64 / 40 - 0.5, (points[:, 1] + 0.5) * 64 / 36 - 0.5], -1)
    assert np.allclose(dataset.annotation(i), wanted, atol=1e-4, equal_nan=True)


def test_the_published_size_is_128(folder: Path) -> None:
    assert all(Cub(folder).read(i).shape == (128, 128, 3) for i in range(4))


def test_birds_of_which_the_right_eye_is_seen_are_mirrored_with_their_names(folder: Path) -> None:
    plain, facing = Cub(folder, crop="none"), Cub(folder, crop="none", facing="left")
    for i, image in enumerate(numbers(plain)):
        before, after = truth(image), facing.annotation(i)
        if image % 2 == 0:
            assert np.array_equal(facing.read(i), plain.read(i))
            assert np.allclose(after, before, atol=1e-4, equal_nan=True)
            continue
        assert np.array_equal(facing.read(i), plain.read(i)[:, ::-1])
        names = plain.points
        mirror = {"left": "right", "right": "left"}
        for k, name in enumerate(names):
            side, _, rest = name.partition("_")
            other = names.index(f"{mirror[side]}_{rest}") if side in mirror else k
            wanted = (cub.SIZES[image - 1][0] - 1 - before[other, 0], before[other, 1])
            assert np.allclose(after[k], wanted, atol=1e-4, equal_nan=True), name
        assert np.isfinite(after[names.index("left_eye")]).all()


def test_a_picture_that_is_listed_but_absent_names_the_line(folder: Path) -> None:
    dataset = Cub(folder)
    Path(dataset.name(1)).unlink()
    for look in (dataset.read, dataset.annotation):
        with pytest.raises(UserError, match=r"images\.txt:3: no image .*003"):
            look(1)


def test_a_species_that_is_not_there_is_refused(folder: Path) -> None:
    with pytest.raises(UserError, match=r"image_class_labels\.txt has no image of class 7; classes: 1 to 3"):
        Cub(folder, classes=(7, 1))


def changed(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("images.txt", "3 002", "x 002", r"images\.txt:3: 'x' is not a number"),
        ("images.txt", "3 002", "3\n4 002", r"images\.txt:3: 1 cells where 2 are expected"),
        ("image_class_labels.txt", "2 1\n", "", r"image_class_labels\.txt says nothing of image 2"),
        ("image_class_labels.txt", "2 1", "9 1", r"image_class_labels\.txt:2: images\.txt has no image 9"),
        ("train_test_split.txt", "2 0", "2 7", r"train_test_split\.txt:2: '7' is not 0 or 1"),
        ("bounding_boxes.txt", "3 20.0", "3 left", r"bounding_boxes\.txt:3: 'left' is not a number"),
        ("bounding_boxes.txt", "3 20.0 0.0", "3 20.0", r"bounding_boxes\.txt:3: 4 cells where 5 are expected"),
        ("parts/part_locs.txt", "1 2 ", "1 16 ", r"part_locs\.txt:2: parts\.txt has no part 16"),
        ("parts/part_locs.txt", "1 2 ", "1 3 ", r"part_locs\.txt says nothing of part 2 of image 1"),
    ],
)
def test_a_table_that_does_not_fit_is_refused(folder: Path, file: str, old: str, new: str, message: str) -> None:
    changed(folder / file, old, new)
    with pytest.raises(UserError, match=message):
        Cub(folder)


@pytest.mark.parametrize("name", ["image_class_labels.txt", "bounding_boxes.txt", "parts/parts.txt"])
def test_a_missing_table_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(UserError, match=f"no file .*{Path(name).name}"):
        Cub(folder)


def test_a_box_outside_its_picture_is_named(folder: Path) -> None:
    changed(folder / "bounding_boxes.txt", "1 5.0 10.0", "1 500.0 10.0")
    with pytest.raises(UserError, match=r"bounding_boxes\.txt: the box of 001.* is empty or outside its picture"):
        Cub(folder).read(0)


def test_a_folder_of_another_layout_says_what_is_expected_and_there(tmp_path: Path) -> None:
    (tmp_path / "birds").mkdir()
    with pytest.raises(UserError, match=r"another layout: expected images\.txt, .*; it holds birds"):
        Cub(tmp_path)
    with pytest.raises(UserError, match=r"no folder .*none; it should hold images\.txt"):
        Cub(tmp_path / "none")
