"""Tests of COCO keypoints."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.golden import SHARED
from tests.layouts import coco as layout
from tests.layouts.pictures import pixels
from unsuplmk.datasets.coco import Coco
from unsuplmk.errors import UserError
from unsuplmk.frames.media import read_image
from unsuplmk.frames.sources import recognised

FIXTURES = SHARED / "data" / "format_fixtures" / "coco_json_mmpose"
needs_fixtures = pytest.mark.skipif(not FIXTURES.is_dir(), reason=f"research data is not at {FIXTURES}")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return layout.write(tmp_path)


def changed(path: Path, **new: Any) -> Path:
    """The same file with something in its first annotation changed."""
    what = json.loads(path.read_text("utf-8"))
    what["annotations"][0].update(new)
    return layout.save(path, what)


def ids(dataset: Coco) -> list[str]:
    return [dataset.name(i).rpartition("#")[2] for i in range(len(dataset))]


def test_every_annotation_is_a_frame_and_a_clip_of_its_own(path: Path) -> None:
    dataset = Coco(path, split="all")
    assert ids(dataset) == [f"{100 + i}" for i in range(8)]
    assert dataset.name(3).endswith("val/foto 1 ä.png#103")
    assert dataset.clips == tuple(range(i, i + 1) for i in range(8))
    assert dataset.tags(3) == {"category": "person", "image": "foto 1 ä.png"}


def test_the_square_about_the_box_is_cut_out_and_points_go_along(path: Path) -> None:
    dataset = Coco(path, split="all")
    assert dataset.points == ("nose", "hip", "toe")
    # bbox 20.5, 5, 10, 16: a square of 1.25 * 16 = 20 px from 25.5 - 10 = 15.5 and 13 - 10 = 3
    frame = pixels("foto 1 ä.png", 40, 30)
    expected = np.asarray(Image.fromarray(frame).resize((20, 20), Image.Resampling.BILINEAR, box=(15.5, 3, 35.5, 23)))
    assert np.array_equal(dataset.read(3), expected)
    # keypoints 23.5, 7 and 28.5, 16 in pixels, half a pixel more in edge coordinates
    np.testing.assert_allclose(dataset.annotation(3), [[8, 4], [13, 13], [np.nan, np.nan]])


def test_the_margin_is_an_option_and_what_lies_outside_repeats_the_border(path: Path) -> None:
    dataset = Coco(path, split="all", margin=0.5)
    frame = pixels("foto 0 ä.png", 40, 30)
    padded = np.pad(frame, ((4, 0), (9, 0), (0, 0)), mode="edge")  # from 7.5 - 16 = -8.5, 12 - 16 = -4, 32 px wide
    expected = np.asarray(Image.fromarray(padded).resize((32, 32), Image.Resampling.BILINEAR, box=(0.5, 0, 32.5, 32)))
    assert np.array_equal(dataset.read(0), expected)


def test_people_of_one_image_are_in_one_split(path: Path) -> None:
    train, test = Coco(path), Coco(path, split="test")
    assert (len(train), len(test)) == (6, 2)
    assert sorted(ids(train) + ids(test)) == ids(Coco(path, split="all"))
    assert test.tags(0)["image"] == test.tags(1)["image"]


def test_a_test_split_may_be_a_file_of_its_own(path: Path) -> None:
    other = layout.write(path.parents[1] / "other")
    train, test = (Coco(path, split=split, test_file=str(other)) for split in ("train", "test"))
    assert len(train) == len(test) == 8
    assert train.name(0).startswith(str(path.parent))
    assert test.name(0).startswith(str(other.parent))


def test_whole_images_are_those_with_one_annotation(path: Path) -> None:
    what = json.loads(path.read_text("utf-8"))
    what["annotations"] = what["annotations"][1:4:2] + what["annotations"][4:]
    layout.save(path, what)
    dataset = Coco(path, split="all", crop="none")
    assert ids(dataset) == ["101", "103"]
    assert np.array_equal(dataset.read(1), pixels("foto 1 ä.png", 40, 30))
    np.testing.assert_array_equal(dataset.annotation(1), [[23.5, 7], [28.5, 16], [np.nan, np.nan]])


def test_without_any_single_annotation_the_error_counts(path: Path) -> None:
    with pytest.raises(UserError, match=r"of 8 annotations of person, 0 are alone in their image"):
        Coco(path, crop="none")


def test_annotations_with_few_keypoints_or_no_box_are_left_out(path: Path) -> None:
    changed(path, keypoints=[0] * 9)
    assert ids(Coco(path, split="all"))[0] == "101"
    assert ids(Coco(path, split="all", least=0))[0] == "100"
    changed(path, bbox=[1, 2, 0, 5])
    assert ids(Coco(path, split="all", least=0))[0] == "101"
    with pytest.raises(UserError, match=r"of 8 annotations of person, 7 are with a box, and none of these has 3 key"):
        Coco(path, least=3)


def test_images_are_looked_for_near_the_json(path: Path) -> None:
    frame = Coco(path, split="all").read(0)
    root = path.parents[1]
    for folder in ("annotations", "images", "annotations/images", "images/val"):
        (root / "val").rename(root / "aside")
        if folder == "annotations":
            for file in (root / "aside").iterdir():
                file.rename(root / folder / file.name)
            (root / "aside").rmdir()
            there = root / folder
            assert np.array_equal(Coco(path, split="all").read(0), frame)
            (root / "val").mkdir()
            for file in there.glob("*.png"):
                file.rename(root / "val" / file.name)
        else:
            (root / folder).parent.mkdir(exist_ok=True)
            (root / "aside").rename(root / folder)
            assert np.array_equal(Coco(path, split="all").read(0), frame)
            (root / folder).rename(root / "val")


def test_images_elsewhere_are_asked_for(path: Path) -> None:
    elsewhere = path.parents[1] / "val"
    elsewhere = elsewhere.rename(path.parents[1] / "pictures")
    with pytest.raises(
        UserError, match=r"such as foto 0 ä\.png, is in .*say where they are with --dataset\.images FOLDER"
    ):
        Coco(path, split="all")
    assert Coco(path, split="all", images=str(elsewhere)).read(0).shape == (20, 20, 3)


def test_an_absent_image_is_named_with_its_annotation_when_it_is_read(path: Path) -> None:
    (path.parents[1] / "val" / "foto 1 ä.png").unlink()
    with pytest.raises(UserError, match=r"people_val\.json: annotation 102: no image .*foto 1 ä\.png"):
        Coco(path, split="all").read(2)


@pytest.mark.parametrize(("box", "message"), [([50, 0, 9, 9], "lies outside"), ([0, 0, 9e5, 9], "times as large")])
def test_a_box_that_does_not_fit_its_image_is_named(path: Path, box: list[float], message: str) -> None:
    with pytest.raises(UserError, match=f"annotation 100: the box .* {message}"):
        Coco(changed(path, bbox=box), split="all").read(0)


def test_a_json_is_recognised(path: Path) -> None:
    assert recognised(path).name == "coco"
    assert not Coco.recognises(path.parent)


@needs_fixtures
@pytest.mark.parametrize(("name", "points"), [("fly", 32), ("locust", 35), ("zebra", 9)])
def test_real_files_are_read_with_their_own_numbers(name: str, points: int) -> None:
    path = FIXTURES / name / f"test_{name}.json"
    assert Coco.recognises(path)
    content = json.loads(path.read_text("utf-8"))
    whole, cut = Coco(path, split="all", crop="none"), Coco(path, split="all")
    assert (len(whole), len(cut), len(cut.points)) == (2, 2, points)
    for i, one in enumerate(content["annotations"]):
        keypoints = np.array(one["keypoints"]).reshape(-1, 3)
        assert (keypoints[:, 2] == 2).all()
        np.testing.assert_array_equal(whole.annotation(i), keypoints[:, :2])
        left, top, width, height = one["bbox"]
        side = 1.25 * max(width, height)
        corner = np.array([left + width / 2 - side / 2, top + height / 2 - side / 2])
        inside = (keypoints[:, :2] + 0.5 - corner) * round(side) / side - 0.5
        np.testing.assert_allclose(cut.annotation(i), inside)
        assert cut.read(i).shape == (round(side), round(side), 3)
        assert (inside > -1).all()
        assert (inside < side).all()
        assert np.array_equal(whole.read(i), read_image(path.parent / content["images"][i]["file_name"]))


@pytest.mark.parametrize("name", ["a\0b.json", "x" * 5000 + ".json", "~nobody.json"])
def test_no_path_is_too_odd_to_be_looked_at(name: str) -> None:
    assert not Coco.recognises(Path(name))
