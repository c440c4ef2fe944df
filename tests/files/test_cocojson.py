"""Tests of COCO's JSON of keypoints."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.layouts.coco import save
from unsuplmk.errors import UserError
from unsuplmk.files.cocojson import Keypoints, looks_like, read


def content() -> dict[str, Any]:
    return {
        "images": [{"id": 7, "file_name": "früh/a.jpg"}],
        "annotations": [
            {
                "id": 31,
                "image_id": 7,
                "category_id": 2,
                "keypoints": [5, 6, 2, 0, 0, 0, 8.5, 9, 1],
                "bbox": [1, 2, 30.5, 40],
                "iscrowd": 0,
            }
        ],
        "categories": [{"id": 1, "name": "cup"}, {"id": 2, "name": "mouse", "keypoints": ["nose", "paw", "tail"]}],
    }


def taken(folder: Path, what: object, category: str = "") -> Keypoints:
    return read(save(folder / "labels.json", what), category, "--dataset.category")


def test_visible_keypoints_are_read_and_visibility_0_is_missing(tmp_path: Path) -> None:
    found = taken(tmp_path, content())
    assert (found.category, found.points) == ("mouse", ("nose", "paw", "tail"))
    assert (found.ids, found.images) == (["31"], ["früh/a.jpg"])
    assert (found.visible.tolist(), found.boxed.tolist()) == ([2], [True])
    np.testing.assert_array_equal(found.xy, [[[5, 6], [np.nan, np.nan], [8.5, 9]]])
    np.testing.assert_array_equal(found.boxes, [[1, 2, 30.5, 40]])


def test_crowds_and_other_categories_are_left_out(tmp_path: Path) -> None:
    what = content()
    crowd = {"id": 1, "image_id": 7, "category_id": 2, "iscrowd": 1, "bbox": [0, 0, 1, 1]}
    cup = {"id": 2, "image_id": 7, "category_id": 1, "bbox": "anything"}
    what["annotations"] += [crowd, cup]
    assert taken(tmp_path, what).ids == ["31"]


def test_keypoints_and_box_may_be_absent(tmp_path: Path) -> None:
    what = content()
    what["annotations"] = [{"image_id": 7, "category_id": 2}, {"image_id": 7, "category_id": 2, "bbox": [1, 2, 0, 4]}]
    found = taken(tmp_path, what)
    assert (found.ids, found.visible.tolist(), found.boxed.tolist()) == (["1", "2"], [0, 0], [False, False])


def test_one_of_several_categories_is_chosen(tmp_path: Path) -> None:
    what = content()
    what["categories"].append({"id": 3, "name": "rat", "keypoints": ["nose"]})
    with pytest.raises(UserError, match=r"choose one with --dataset\.category: mouse, rat"):
        taken(tmp_path, what)
    assert taken(tmp_path, what, "mouse").xy.shape == (1, 3, 2)
    assert taken(tmp_path, what, "rat").xy.shape == (0, 1, 2)
    with pytest.raises(UserError, match=r"named 'mose'; did you mean 'mouse'"):
        taken(tmp_path, what, "mose")


def one(key: str, value: object) -> Callable[[dict[str, Any]], None]:
    return lambda what: what["annotations"][0].__setitem__(key, value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda what: what.pop("annotations"), "no list of annotations"),
        (lambda what: what.update(images={}, categories=1), "no list of images and of categories"),
        (lambda what: what["categories"].pop(), "none of its 1 categories has keypoints"),
        (lambda what: what["images"].append({"id": 8}), "image 2 of the list has no id or no file_name"),
        (lambda what: what["annotations"].append(3), "annotation 2 of the list is 3"),
        (one("image_id", 9), "annotation 31 is of image 9, which is not listed"),
        (one("keypoints", [1, 2, 2]), "keypoints of annotation 31 is [1, 2, 2], and not a list of 9 numbers"),
        (one("keypoints", ["a"] * 9), "and not a list of 9 numbers"),
        (one("keypoints", 7), "keypoints of annotation 31 is 7, and not a list of 9 numbers"),
        (one("bbox", [1, 2, 3]), "bbox of annotation 31 is [1, 2, 3], and not a list of 4 numbers"),
        (one("bbox", [1, 2, 3, 10**400]), "a number in bbox is too large"),
        (one("bbox", [1, 2, None, 10**400]), "bbox of annotation 31 is [1, 2, None, 1000"),
    ],
)
def test_what_is_malformed_is_named(tmp_path: Path, change: Callable[[dict[str, Any]], None], message: str) -> None:
    what = content()
    change(what)
    with pytest.raises(UserError, match=r"labels\.json") as raised:
        taken(tmp_path, what)
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b'{"images": [],\n"annotations": [', r"labels\.json:2: no JSON, or cut off"),
        (b"", r"labels\.json:1: no JSON, or cut off"),
        (b'{"images": "\xff"}', r"labels\.json is no JSON"),
        (b"[1, 2]", r"labels\.json is not COCO's JSON of keypoints"),
    ],
)
def test_what_is_no_json_is_named(tmp_path: Path, raw: bytes, message: str) -> None:
    (tmp_path / "labels.json").write_bytes(raw)
    with pytest.raises(UserError, match=message):
        read(tmp_path / "labels.json", "", "")
    with pytest.raises(UserError, match=r"cannot read .*none\.json: No such file"):
        read(tmp_path / "none.json", "", "")


@pytest.mark.parametrize("keys", [("images", "annotations", "categories"), ("categories", "annotations", "images")])
def test_a_large_file_is_recognised_by_its_ends_alone(tmp_path: Path, keys: tuple[str, ...]) -> None:
    what = content()
    what["annotations"] *= 3000
    what["images"] *= 3000
    path = save(tmp_path / "a.json", {key: what[key] for key in keys})
    assert path.stat().st_size > 3 << 17
    assert looks_like(path)


def test_other_files_are_not_recognised(tmp_path: Path) -> None:
    what = content()
    assert not looks_like(save(tmp_path / "a.txt", what))
    assert not looks_like(save(tmp_path / "results.json", what["annotations"]))
    assert not looks_like(save(tmp_path / "boxes.json", json.loads(json.dumps(what).replace("keypoints", "area"))))
    assert not looks_like(save(tmp_path / "pipeline.json", {"transform": {"images": []}}))
    assert not looks_like(tmp_path)
    assert not looks_like(tmp_path / "none.json")
