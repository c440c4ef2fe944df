"""Tracks as COCO's JSON of keypoints: annotations, or the list of results that its evaluation reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from unsuplmk.errors import UserError
from unsuplmk.files.cocojson import SCORES, Catalogue
from unsuplmk.files.cocoresults import FILE, NAMES, TRACK, matched
from unsuplmk.frames.origin import Origin, origins
from unsuplmk.types import Tracks

VISIBLE = 2


def annotated(tracks: Tracks, category: str) -> dict[str, Any]:
    """Images, annotations and the one category.

    The box is that of the pixels that the points lie in, in edge coordinates; its area stands for the object's.

    Args:
        tracks: Several rows of one picture are several annotations of one image.
        category: Its name.
    """
    found = origins(tracks.source)
    ids = _ids(found)
    first: dict[str, int] = {}
    for row, origin in enumerate(found):
        first.setdefault(origin.picture, row)
    sizes = tracks.size.tolist()
    there = np.asarray(np.isfinite(tracks.xy).all(-1))
    low, high = (
        fold(np.where(there[..., None], tracks.xy, far), 1, initial=far)
        for fold, far in ((np.min, np.inf), (np.max, -np.inf))
    )
    boxes = np.where(there.any(1, keepdims=True), np.concatenate([low, high - low + 1], -1), 0.0)
    numbers = range(1, len(found) + 1)
    counts = there.sum(1).tolist()
    columns = zip(found, _keypoints(tracks), counts, boxes.tolist(), _scores(tracks), numbers, strict=True)
    return {
        "info": {"description": "landmarks found by unsuplmk", "fps": tracks.fps},
        "categories": [{"id": 1, "name": category, "keypoints": list(tracks.names), "skeleton": []}],
        "images": [
            {"id": ids[name], "file_name": name, "width": sizes[row][0], "height": sizes[row][1]}
            for name, row in first.items()
        ],
        "annotations": [
            {
                "id": number,
                "image_id": ids[origin.picture],
                "category_id": 1,
                "keypoints": keypoints,
                "num_keypoints": count,
                "bbox": box,
                "area": box[2] * box[3],
                "iscrowd": 0,
                SCORES: scores,
                **_track(origin),
            }
            for origin, keypoints, count, box, scores, number in columns
        ],
    }


def results(tracks: Tracks, truth: Catalogue | None, called: str) -> list[dict[str, Any]]:
    """A result a row, whose score is the mean of those of its points.

    Args:
        tracks: Of one category.
        truth: The annotations that the results are to be compared with: whose ids of images and order of points they
            have; None for ids that count from 1, as `annotated` gives them.
        called: The file of these annotations, for messages.

    Raises:
        UserError: There are no frames; or the points are not those of the annotations, or an image is not listed there.
    """
    if not tracks.source:
        raise UserError("COCO's results are a list, and there are no frames: nothing would say what is missing")
    found = origins(tracks.source)
    if truth is None:
        ids, order, category = _ids(found), list(range(len(tracks.names))), 1
    else:
        if sorted(truth.points) != sorted(tracks.names):
            theirs, ours = ", ".join(truth.points), ", ".join(tracks.names)
            raise UserError(f"the keypoints of {called} are {theirs}, the landmarks {ours}: they must be named alike")
        listed = {image.file.replace("\\", "/"): name for name, image in truth.images.items()}
        ids = {picture: matched(picture, listed, called) for picture in _ids(found)}
        order, category = [tracks.names.index(name) for name in truth.points], truth.category
    ordered = Tracks(
        xy=tracks.xy[:, order],
        score=tracks.score[:, order],
        names=tuple(tracks.names[place] for place in order),
        size=tracks.size,
        fps=tracks.fps,
        source=tracks.source,
    )
    known = np.isfinite(ordered.score)
    means = np.where(known, ordered.score, 0).sum(1) / np.maximum(known.sum(1), 1)
    columns = zip(found, _keypoints(ordered), means.tolist(), _scores(ordered), strict=True)
    rows = [
        {
            "image_id": ids[origin.picture],
            "category_id": category,
            "keypoints": keypoints,
            "score": mean,
            SCORES: scores,
            FILE: origin.picture,
            **_track(origin),
        }
        for origin, keypoints, mean, scores in columns
    ]
    return [{**rows[0], NAMES: list(ordered.names)}, *rows[1:]]


def write(path: Path, content: object) -> None:
    """Write a JSON, in ASCII, which every reader takes, and with all digits of every number."""
    text = json.dumps(content, allow_nan=False)  # which, unlike json.dump, runs in C
    path.write_text(text + "\n", "ascii", newline="\n")


def _ids(found: list[Origin]) -> dict[str, int]:
    """Pictures by the order in which they first appear, from 1."""
    return {picture: number for number, picture in enumerate(dict.fromkeys(o.picture for o in found), 1)}


def _keypoints(tracks: Tracks) -> list[list[Any]]:
    """x, y, v of all points, one list a row; v is 2 for a point that was found, and 0, with x and y, for others."""
    there = np.asarray(np.isfinite(tracks.xy).all(-1))
    cells = np.empty((*there.shape, 3), object)
    cells[..., :2] = np.where(there[..., None], tracks.xy, 0)
    cells[..., 2] = np.where(there, VISIBLE, 0)
    return cells.reshape(len(there), 3 * there.shape[1]).tolist()


def _scores(tracks: Tracks) -> list[list[Any]]:
    cells = tracks.score.astype(object)
    cells[~np.isfinite(tracks.score)] = None
    return cells.tolist()


def _track(origin: Origin) -> Mapping[str, str]:
    return {TRACK: origin.track} if origin.track else {}
