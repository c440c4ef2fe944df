"""Tests of Label Studio's JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests import poses
from unsuplmk import tables
from unsuplmk.errors import UserError
from unsuplmk.types import Tracks


def small() -> Tracks:
    xy = np.array([[[-0.5, -0.5], [47.5, 15.5]], [[np.nan, np.nan], [95.5, 63.5]]])
    score = np.array([[0.5, 0.25], [0.125, 1]])
    return Tracks(xy, score, ("nose", "tail"), np.full((2, 2), (96, 64)), 12.5, ("d/ä b.png", "film.mp4:7"))


def content(path: Path) -> list[dict[str, Any]]:
    return json.loads(path.read_text("ascii"))


def test_a_task_has_points_in_percent_from_edge_to_edge_as_predictions_with_scores(tmp_path: Path) -> None:
    tables.write(small(), tmp_path / "a.json", "labelstudio")
    first, second = content(tmp_path / "a.json")
    assert (first["data"], second["data"]) == ({"image": "d/ä b.png"}, {"image": "film.mp4:7"})
    assert first["meta"]["landmarks"] == ["nose", "tail"]
    (prediction,) = first["predictions"]
    assert (prediction["score"], prediction["model_version"]) == (0.375, "unsuplmk")
    assert prediction["result"][1] == {
        "id": "1-2",
        "original_width": 96,
        "original_height": 64,
        "image_rotation": 0,
        "from_name": "landmarks",
        "to_name": "image",
        "type": "keypointlabels",
        "value": {"x": 50.0, "y": 25.0, "width": 0.5, "keypointlabels": ["tail"]},
        "score": 0.25,
    }
    places = [
        (one["value"]["x"], one["value"]["y"])
        for one in (prediction["result"][0], second["predictions"][0]["result"][0])
    ]
    assert places == [(0, 0), (100, 100)]
    assert "annotations" not in first


def test_labels_are_annotations_without_scores(tmp_path: Path) -> None:
    tables.write(small(), tmp_path / "a.json", "labelstudio", labels=True)
    first, _ = content(tmp_path / "a.json")
    assert "predictions" not in first
    assert "score" not in json.dumps(first)
    found = tables.read(tmp_path / "a.json")
    np.testing.assert_array_equal(found.score, [[1, 1], [0, 1]])
    np.testing.assert_allclose(found.xy, small().xy, rtol=0, atol=1e-12)


def test_a_landmark_that_is_never_there_keeps_its_name_and_place(tmp_path: Path) -> None:
    given = small()
    given.xy[:, 0] = np.nan
    tables.write(given, tmp_path / "a.json", "labelstudio")
    found = tables.read(tmp_path / "a.json")
    assert (found.names, found.fps, found.source) == (given.names, given.fps, given.source)
    assert np.isnan(found.xy[:, 0]).all()


def test_images_are_served_from_a_prefix(tmp_path: Path) -> None:
    for prefix, image in (
        ("/data/local-files/?d=", "/data/local-files/?d=d/%C3%A4%20b.png"),
        ("https://x.org/", "https://x.org/d/%C3%A4%20b.png"),
        ("/srv/", "/srv/d/ä b.png"),
    ):
        tables.write(small(), tmp_path / "a.json", "labelstudio", prefix=prefix)
        assert content(tmp_path / "a.json")[0]["data"]["image"] == image
        assert tables.read(tmp_path / "a.json", prefix=prefix).source == small().source
    tables.write(small(), tmp_path / "a.json", "labelstudio", prefix="/data/local-files/?d=")
    assert tables.read(tmp_path / "a.json").source == small().source


def region(label: str, x: float, y: float, **more: Any) -> dict[str, Any]:
    value = {"x": x, "y": y, "width": 1, "keypointlabels": [label]}
    return {"type": "keypointlabels", "original_width": 200, "original_height": 100, "value": value, **more}


def task(key: str, *results: list[dict[str, Any]], image: str = "a.png", **more: Any) -> dict[str, Any]:
    return {"id": 1, "data": {"image": image}, key: [{"result": result, **more} for result in results]}


def saved(folder: Path, *tasks: object) -> Path:
    (folder / "a.json").write_text(json.dumps(tasks), "utf-8")
    return folder / "a.json"


def test_points_go_by_their_labels_and_not_by_their_order(tmp_path: Path) -> None:
    box = {"type": "rectanglelabels", "value": {"x": 1, "y": 1, "width": 5, "height": 5, "rectanglelabels": ["mouse"]}}
    path = saved(
        tmp_path,
        task("annotations", [region("nose", 50, 50), box, region("tail", 0.25, 0.5)]),
        task("annotations", [region("tail", 1, 1), region("nose", 2, 2)], image="/data/local-files/?d=b%20c.png"),
        task("annotations", [region("ear", 100, 100)], image="c.png"),
        task("annotations", [], image="d.png"),
    )
    found = tables.read(path)
    assert (found.names, found.source) == (("nose", "tail", "ear"), ("a.png", "b c.png", "c.png", "d.png"))
    np.testing.assert_allclose(
        found.xy[:3],
        [
            [[99.5, 49.5], [0, 0], [np.nan] * 2],
            [[3.5, 1.5], [1.5, 0.5], [np.nan] * 2],
            [[np.nan] * 2, [np.nan] * 2, [199.5, 99.5]],
        ],
    )
    assert np.isnan(found.xy[3]).all()
    assert found.size.tolist() == [[200, 100]] * 3 + [[0, 0]]


def test_what_a_person_placed_last_counts_most(tmp_path: Path) -> None:
    both = task("annotations", [region("nose", 1, 1, score=0.1)], [region("nose", 50, 50, score=0.2)])
    both["predictions"] = task("predictions", [region("nose", 90, 90)])["predictions"]
    found = tables.read(saved(tmp_path, both))
    np.testing.assert_array_equal(found.xy, [[[99.5, 49.5]]])
    np.testing.assert_array_equal(found.score, [[1]])
    both["annotations"][1]["was_cancelled"] = True
    np.testing.assert_array_equal(tables.read(saved(tmp_path, both)).xy, [[[1.5, 0.5]]])
    both["annotations"] = []
    both["predictions"][0]["score"] = 0.25
    np.testing.assert_array_equal(tables.read(saved(tmp_path, both)).score, [[0.25]])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (task("annotations", [region("a", 1, 1), region("a", 2, 2)]), "task 1 has several points 'a'"),
        (task("annotations", [region("a", 1, 1, original_width=None)]), "point 'a' of task 1 needs numbers, not"),
        (task("annotations", []), "has no keypoints in its 1 tasks"),
        ({**task("annotations", [region("a", 1, 1)]), "data": {"text": 5}}, "data of task 1 name no image"),
        ({"data": {"image": "a"}, "annotations": ["no"]}, "annotations of task 1 are"),
        (task("annotations", [{"type": "keypointlabels", "value": {"x": 1}}]), "has not one label"),
    ],
)
def test_a_malformed_task_is_named(tmp_path: Path, wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        tables.read(saved(tmp_path, wrong), "labelstudio")


def test_percentages_need_the_size_of_every_frame_that_has_points(tmp_path: Path) -> None:
    given = small()
    given.size[1] = 0
    with pytest.raises(UserError, match=r"not known of 1 of 2 frames, such as film\.mp4:7"):
        tables.write(given, tmp_path / "a.json", "labelstudio")
    given.xy[1] = np.nan
    tables.write(given, tmp_path / "a.json", "labelstudio")
    with pytest.raises(UserError, match=r"a task of Label Studio holds one animal, but a\.png has several rows"):
        tables.write(replace(small(), source=("a.png#1", "a.png#2")), tmp_path / "a.json", "labelstudio")
    with pytest.raises(UserError, match="there are no frames"):
        tables.write(poses.of(()), tmp_path / "a.json", "labelstudio")
