"""Tests of COCO's JSON as a file of tracks."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests import poses
from tests.layouts import coco as layout
from tests.layouts.pictures import picture
from unsuplmk import tables
from unsuplmk.datasets.coco import Coco
from unsuplmk.errors import UserError
from unsuplmk.types import Tracks


def small() -> Tracks:
    xy = np.array([[[1.5, 2], [11, 8]], [[np.nan, 3], [4, 5]], [[np.nan] * 2] * 2])
    score = np.array([[0.5, 0.25], [0.125, 1], [0.0625, np.nan]])
    return Tracks(xy, score, ("nose", "tail"), np.full((3, 2), (96, 64)), 12.5, ("a.png#ann", "a.png#bob", "b.png"))


def test_annotations_are_as_the_specification_says_and_scores_have_a_field_of_their_own(tmp_path: Path) -> None:
    tables.write(small(), tmp_path / "a.json", category="mouse")
    content = json.loads((tmp_path / "a.json").read_text("ascii"))
    assert content["info"]["fps"] == 12.5
    assert content["categories"] == [{"id": 1, "name": "mouse", "keypoints": ["nose", "tail"], "skeleton": []}]
    assert content["images"] == [
        {"id": 1, "file_name": "a.png", "width": 96, "height": 64},
        {"id": 2, "file_name": "b.png", "width": 96, "height": 64},
    ]
    common = {"category_id": 1, "iscrowd": 0}
    assert content["annotations"] == [
        {
            **common,
            "id": 1,
            "image_id": 1,
            "keypoints": [1.5, 2, 2, 11, 8, 2],
            "num_keypoints": 2,
            "bbox": [1.5, 2, 10.5, 7],  # to the far edge of the last pixel
            "area": 73.5,
            "keypoint_scores": [0.5, 0.25],
            "track": "ann",
        },
        {
            **common,
            "id": 2,
            "image_id": 1,
            "keypoints": [0, 0, 0, 4, 5, 2],
            "num_keypoints": 1,
            "bbox": [4, 5, 1, 1],
            "area": 1,
            "keypoint_scores": [0.125, 1],
            "track": "bob",
        },
        {
            **common,
            "id": 3,
            "image_id": 2,
            "keypoints": [0, 0, 0, 0, 0, 0],
            "num_keypoints": 0,
            "bbox": [0, 0, 0, 0],
            "area": 0,
            "keypoint_scores": [0.0625, None],
        },
    ]
    assert all(type(v) is int for one in content["annotations"] for v in one["keypoints"][2::3])


def test_all_but_half_a_point_comes_back(tmp_path: Path) -> None:
    given = small()
    tables.write(given, tmp_path / "a.json")
    found = tables.read(tmp_path / "a.json")
    np.testing.assert_array_equal(found.xy[[0, 2]], given.xy[[0, 2]])
    np.testing.assert_array_equal(found.xy[1], [[np.nan, np.nan], [4, 5]])
    np.testing.assert_array_equal(found.score, given.score)
    np.testing.assert_array_equal(found.size, given.size)
    assert (found.names, found.fps, found.source) == (given.names, given.fps, given.source)


def test_what_was_written_is_a_dataset_with_boxes_of_that_much(tmp_path: Path) -> None:
    for name in ("1.png", "2.png"):
        picture(tmp_path / name, 96, 64)
    given = poses.of(("1.png", "2.png"))
    tables.write(given, tmp_path / "a.json")
    whole = Coco(tmp_path / "a.json", split="all", crop="none")
    assert whole.points == given.names
    np.testing.assert_array_equal(np.stack([whole.annotation(i) for i in range(2)]), given.xy)
    tight = Coco(tmp_path / "a.json", split="all", margin=0.0)
    side = tight.read(0).shape[0]
    inside = tight.annotation(0)
    assert (inside >= -0.5 - 1e-9).all()
    assert (inside <= side).all()
    assert inside.max() - inside.min() > side / 2


def test_annotations_of_others_are_read_one_a_row(tmp_path: Path) -> None:
    path = layout.write(tmp_path)
    found = tables.read(path)
    assert found.names == ("nose", "hip", "toe")
    assert found.source[:3] == ("foto 0 ä.png#100", "foto 0 ä.png#101", "foto 1 ä.png#102")
    np.testing.assert_array_equal(found.xy[0], [[5.5, 6], [10.5, 15], [np.nan, np.nan]])
    np.testing.assert_array_equal(found.score[0], [1, 1, 0])  # and not the visibilities 2, 1, 0
    assert found.size[0].tolist() == [40, 30]


def test_results_have_an_id_for_each_image_and_no_scores_as_visibilities(tmp_path: Path) -> None:
    tables.write(small(), tmp_path / "a.json", results=True)
    content = json.loads((tmp_path / "a.json").read_text("ascii"))
    assert [one["image_id"] for one in content] == [1, 1, 2]
    assert [one["keypoints"] for one in content] == [[1.5, 2, 2, 11, 8, 2], [0, 0, 0, 4, 5, 2], [0] * 6]
    assert [one["score"] for one in content] == [0.375, 0.5625, 0.0625]
    assert content[1]["keypoint_scores"] == [0.125, 1]
    found = tables.read(tmp_path / "a.json")
    np.testing.assert_array_equal(found.score, small().score)
    assert (found.names, found.source, found.fps) == (small().names, small().source, 0)
    with pytest.raises(UserError, match="there are no frames"):
        tables.write(poses.of(()), tmp_path / "b.json", results=True)


def truth(folder: Path) -> Path:
    path = layout.write(folder)
    content = json.loads(path.read_text("utf-8"))
    content["annotations"] = []  # as of a test set
    path.write_text(json.dumps(content), "utf-8")
    return path


def test_results_take_ids_and_order_from_the_annotations_that_they_are_compared_with(tmp_path: Path) -> None:
    path = truth(tmp_path)
    given = poses.of(("any/foto 2 ä.png#7", "val/foto 0 ä.png"), names=("toe", "nose", "hip"))
    options: dict[str, Any] = {"results": True, "truth": str(path)}
    tables.write(given, tmp_path / "a.json", **options)
    content = json.loads((tmp_path / "a.json").read_text("ascii"))
    assert [(one["image_id"], one["category_id"]) for one in content] == [(12, 1), (10, 1)]
    assert content[0]["keypoints"][:2] == given.xy[0, 1].tolist()
    found = tables.read(tmp_path / "a.json", truth=str(path))
    assert (found.names, found.source) == (("nose", "hip", "toe"), ("foto 2 ä.png#7", "foto 0 ä.png"))
    np.testing.assert_array_equal(found.xy, given.xy[:, [1, 2, 0]])
    assert found.size.tolist() == [[40, 30]] * 2
    for wrong, message in (
        (replace(given, names=("a", "b", "c")), "keypoints of .* are nose, hip, toe, the landmarks a, b, c"),
        (replace(given, source=("foto 2 ä.png", "gone.png")), r"gone\.png is none of the 4 images of"),
    ):
        with pytest.raises(UserError, match=message):
            tables.write(wrong, tmp_path / "a.json", **options)


def test_results_of_others_with_scores_where_visibilities_belong_are_understood(tmp_path: Path) -> None:
    content = [
        {"image_id": 12, "category_id": 1, "keypoints": [1, 2, 0.9, 3, 4, 1.2, 5, 6, 0.1], "score": 0.7},
        {"image_id": 10, "category_id": 2, "keypoints": [0] * 9, "score": 0.7},
    ]
    path = layout.save(tmp_path / "a.json", content[:1])
    found = tables.read(path)
    np.testing.assert_array_equal(found.score, [[0.9, 1, 0.1]])
    assert (found.names, found.source) == (("0", "1", "2"), ("12",))
    layout.save(path, content)
    assert tables.read(path, truth=str(truth(tmp_path))).source == ("foto 2 ä.png",)
    with pytest.raises(UserError, match=r"results of several categories: say of what"):
        tables.read(path)
    visible = [{"image_id": "a", "category_id": 1, "keypoints": [1, 2, 1, 0, 0, 0], "score": 0.7}]
    np.testing.assert_array_equal(tables.read(layout.save(path, visible)).score, [[1, 0]])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"keypoints": [1, 2], "image_id": 1, "category_id": 1}, "no results with keypoints"),
        ({"keypoints": [1, 2, "v"], "image_id": 1, "category_id": 1}, "no list of 3 numbers"),
        ({"keypoints": [1, 2, 2], "image_id": None, "category_id": 1}, "a result is of image None"),
        ({"keypoints": [1, 2, 2], "image_id": 1, "category_id": 1, "keypoint_scores": [1, 2]}, "keypoint_scores of"),
        ({"keypoints": [1, 2, 2], "image_id": 1, "category_id": 1, "keypoint_names": ["a", "b"]}, "2 have names: a, b"),
    ],
)
def test_a_malformed_result_is_named(tmp_path: Path, content: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        tables.read(layout.save(tmp_path / "a.json", [content]))


def test_of_several_categories_one_is_chosen(tmp_path: Path) -> None:
    content = layout.content(tmp_path)
    content["categories"].append({"id": 2, "name": "cat", "keypoints": ["paw"]})
    path = layout.save(tmp_path / "a.json", content)
    with pytest.raises(UserError, match=r"several categories: choose one with --from\.category: person, cat"):
        tables.read(path)
    assert tables.read(path, category="person").xy.shape == (8, 3, 2)
