"""Label Studio's JSON of tasks: the points that are placed, or suggested, in each image."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
from jaxtyping import Float, Int

from unsuplmk.errors import UserError
from unsuplmk.files.cocojson import HEAD, load

KIND = "keypointlabels"
LOCAL = "/data/local-files/?d="
"""What Label Studio puts before the path of a file that it serves from its own disk."""
NAMES, FPS = "landmarks", "fps"
"""Fields of `meta` in the first task of files of unsuplmk."""
LARGEST = 1e12
"""No percentage, score or side is that large."""


@dataclass(frozen=True)
class Tasks:
    """The points of tasks.

    Args:
        points: Their names: as our own files say, otherwise in the order of their first mention.
        images: As the tasks name them, without what a server puts before the path.
        xy: In pixels, the centre of the first being 0; NaN where missing.
        scores: 1 for a point that somebody placed; of a suggested one what the file says; 0 where missing.
        sizes: (width, height) of the images in pixels; 0 where no point says.
        fps: Frames a second, as our own files say; 0 in others.
    """

    points: tuple[str, ...]
    images: list[str]
    xy: Float[np.ndarray, "tasks points 2"]
    scores: Float[np.ndarray, "tasks points"]
    sizes: Int[np.ndarray, "tasks 2"]
    fps: float


def looks_like(path: Path) -> bool:
    """Whether a file begins with a list of tasks that have data, and annotations or predictions."""
    try:
        with path.open("rb") as file:
            head = file.read(HEAD).lstrip(b"\xef\xbb\xbf \t\r\n")
    except (OSError, ValueError):
        return False
    signs = (rb'"data"\s*:\s*\{', rb'"(annotations|predictions|completions)"\s*:\s*\[')
    return head.startswith(b"[") and all(re.search(sign, head) for sign in signs)


def read(path: Path, prefix: str) -> Tasks:
    """The points of all tasks: of each, those of its last annotation that was not skipped, else its last prediction.

    Points are told apart by their labels alone: in which order they were placed does not matter.

    Args:
        path: The JSON.
        prefix: What stands before the path of each image, besides what Label Studio itself puts there.

    Raises:
        UserError: The file cannot be read or is no list of tasks, a point is malformed, or a task has several points of
            one label.
    """
    tasks = load(path)
    if not (isinstance(tasks, list) and tasks and all(isinstance(task, dict) for task in tasks)):
        raise UserError(f"{path} is no list of Label Studio's tasks")
    placed, suggested = zip(*(_results(path, task, number) for number, task in enumerate(tasks, 1)), strict=True)
    meta = tasks[0].get("meta") if isinstance(tasks[0].get("meta"), dict) else {}
    said = [name for points in placed for name in points]
    ours = meta.get(NAMES)
    names = tuple(dict.fromkeys([*map(str, ours if isinstance(ours, list) else ()), *said]))
    if not names:
        raise UserError(f"{path} has no keypoints in its {len(tasks)} tasks")
    column = {name: place for place, name in enumerate(names)}
    table = np.full((len(tasks), len(names), 5), np.nan)
    for row, points in enumerate(placed):
        for name, one in points.items():
            table[row, column[name]] = _numbers(path, row + 1, name, one, suggested[row])
    sizes = np.nan_to_num(table[..., 3:]).max(1, initial=0).astype(np.int64)
    xy = table[..., :2] / 100 * table[..., 3:] - 0.5
    fps = meta.get(FPS)
    return Tasks(
        points=names,
        images=[_image(path, task, number, prefix) for number, task in enumerate(tasks, 1)],
        xy=xy,
        scores=np.where(np.isfinite(xy).all(-1), np.nan_to_num(table[..., 2], nan=1.0), 0.0),
        sizes=sizes,
        fps=float(fps) if isinstance(fps, int | float) and 0 <= fps < LARGEST else 0.0,
    )


def _results(path: Path, task: Mapping[str, Any], number: int) -> tuple[dict[str, Mapping[str, Any]], float]:
    """The keypoints of a task by label, and the score of those that have none."""
    for key in ("annotations", "completions", "predictions"):
        given = task.get(key) or []
        if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
            raise UserError(f"{path}: {key} of task {number} are {given!r:.60}")
        kept = [one for one in given if not one.get("was_cancelled")]
        if not kept:
            continue
        found: dict[str, Mapping[str, Any]] = {}
        listed = kept[-1].get("result") or []
        if not isinstance(listed, list):
            raise UserError(f"{path}: the result of task {number} is {listed!r:.60}")
        for one in listed:
            value = one.get("value") if isinstance(one, dict) and one.get("type") == KIND else None
            if not isinstance(value, dict):
                continue
            label = value.get(KIND)
            if not (isinstance(label, list) and len(label) == 1 and isinstance(label[0], str)):
                raise UserError(f"{path}: a keypoint of task {number} has not one label: {label!r:.60}")
            label = label[0]
            if label in found:
                raise UserError(f"{path}: task {number} has several points {label!r}, and tracks are of one animal")
            found[label] = one if key == "predictions" else {**one, "score": 1.0}
        score = kept[-1].get("score") if key == "predictions" else 1.0
        return found, float(score) if isinstance(score, int | float) and abs(score) < LARGEST else 1.0
    return {}, 1.0


def _numbers(path: Path, number: int, name: str, one: Mapping[str, Any], score: float) -> Sequence[int | float]:
    """x, y in percent, score, width, height."""
    value, own = one["value"], one.get("score")
    found: tuple[Any, ...] = (value.get("x"), value.get("y"), score if own is None else own)
    found += (one.get("original_width"), one.get("original_height"))
    if all(isinstance(part, int | float) and abs(part) < LARGEST for part in found):
        return found
    said = dict(zip(("x", "y", "score", "original_width", "original_height"), found, strict=True))
    raise UserError(f"{path}: point {name!r} of task {number} needs numbers, not {said}")


def _image(path: Path, task: Mapping[str, Any], number: int, prefix: str) -> str:
    data = task.get("data")
    texts = [text for text in data.values() if isinstance(text, str)] if isinstance(data, dict) else []
    image = data.get("image", texts[0] if texts else None) if isinstance(data, dict) else None
    if not isinstance(image, str) or not image:
        raise UserError(f"{path}: data of task {number} name no image: {data!r:.60}")
    for before in filter(None, (prefix, LOCAL)):
        if image.startswith(before):
            image = image.removeprefix(before)
            return unquote(image) if "?" in before or "://" in before else image
    return image
