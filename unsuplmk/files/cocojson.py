"""COCO's JSON of keypoints: the annotations of one category, checked."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int

from unsuplmk.errors import UserError, unknown

HEAD = 1 << 16
"""Bytes at either end of a file that are looked at to recognise it."""
SIGNS = (
    rb'"images"\s*:\s*\[|"file_name"\s*:',
    rb'"annotations"\s*:\s*\[|"image_id"\s*:',
    rb'"categor(ies|y_id)"\s*:',
    rb'"keypoints"\s*:',
)
LARGEST = 1e9
"""No side, in pixels, and no rate is that large."""
SCORES = "keypoint_scores"
"""The field of files of unsuplmk that holds scores, one a keypoint; readers of COCO pass over it."""


@dataclass(frozen=True)
class Keypoints:
    """The annotations of one category, without crowds.

    Args:
        category: Its name.
        points: Names of its keypoints.
        ids: Of the annotations, as in the file; their numbers there, from 1, where it has none.
        images: Names of their images' files.
        xy: Keypoints in pixels; NaN where not annotated, which is visibility 0.
        boxes: Left, top, width, height, in edge coordinates; NaN where there is none.
        scores: Of keypoints, from the field that files of unsuplmk have for them; in others 1, and 0 where missing.
        tracks: Which of several in an image each is, from a field of the same files; empty in others.
        sizes: (width, height) of the images in pixels; 0 where the file does not say.
        fps: Frames a second, from a field of the same files; 0 in others.
    """

    category: str
    points: tuple[str, ...]
    ids: list[str]
    images: list[str]
    xy: Float[np.ndarray, "annotations points 2"]
    boxes: Float[np.ndarray, "annotations 4"]
    scores: Float[np.ndarray, "annotations points"]
    tracks: list[str]
    sizes: Int[np.ndarray, "annotations 2"]
    fps: float

    @property
    def visible(self) -> Int[np.ndarray, "annotations"]:
        """How many keypoints each has."""
        return np.isfinite(self.xy).all(-1).sum(-1)

    @property
    def boxed(self) -> Bool[np.ndarray, "annotations"]:
        """Whether each has a box with an area."""
        return np.all([*np.isfinite(self.boxes).T, *(self.boxes[:, 2:] > 0).T], axis=0)


@dataclass(frozen=True)
class Image:
    """An image of the list.

    Args:
        file: Its name.
        size: (width, height) in pixels; 0 where the file does not say.
    """

    file: str
    size: tuple[int, int]


@dataclass(frozen=True)
class Catalogue:
    """What results refer to.

    Args:
        category: The id of the category.
        points: Names of its keypoints.
        images: By id.
    """

    category: Any
    points: tuple[str, ...]
    images: Mapping[Any, Image]


def looks_like(path: Path) -> bool:
    """Whether the beginning and the end of a .json speak of images, annotations, categories and keypoints."""
    try:
        if path.suffix.lower() != ".json" or not path.is_file():
            return False
        with path.open("rb") as file:
            ends = file.read(HEAD)
            file.seek(max(len(ends), path.stat().st_size - HEAD))
            ends += file.read(HEAD)
    except (OSError, ValueError):
        return False
    return ends.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") and all(re.search(sign, ends) for sign in SIGNS)


def read(path: Path, category: str, option: str) -> Keypoints:
    """The annotations of a category.

    Args:
        path: The JSON.
        category: Which category; nothing for the only one with keypoints.
        option: What to call the choice of a category in messages.

    Raises:
        UserError: The file cannot be read or is none of COCO's, there is no such category, one must be chosen, or an
            annotation is malformed.
    """
    content = _content(path, ("images", "annotations", "categories"))
    kind = _category(path, content["categories"], category, option)
    points = tuple(map(str, kind["keypoints"]))
    images = _images(path, content["images"])
    kept, names = [], []
    for number, one in enumerate(content["annotations"], 1):
        if not isinstance(one, dict):
            raise UserError(f"{path}: annotation {number} of the list is {one!r:.40}")
        if one.get("category_id") == kind["id"] and not one.get("iscrowd"):
            kept.append(one)
            names.append(str(one.get("id", number)))
            if not isinstance(one.get("image_id"), int | str) or one["image_id"] not in images:
                raise UserError(
                    f"{path}: annotation {names[-1]} is of image {one.get('image_id')!r}, which is not listed"
                )
    flat = [one.get("keypoints") or [0] * (3 * len(points)) for one in kept]
    triples = _numbers(path, names, "keypoints", flat, 3 * len(points)).reshape(len(kept), len(points), 3)
    xy = placed(triples)
    boxes = _numbers(path, names, "bbox", [one.get("bbox") or [np.nan] * 4 for one in kept], 4)
    fps = (content.get("info") or {}).get("fps", 0) if isinstance(content.get("info") or {}, dict) else 0
    return Keypoints(
        category=str(kind.get("name", kind["id"])),
        points=points,
        ids=names,
        images=[images[one["image_id"]].file for one in kept],
        xy=xy,
        boxes=boxes,
        scores=scores(path, names, kept, np.isfinite(xy).all(-1).astype(float)),
        tracks=[str(one.get("track") or "") for one in kept],
        sizes=np.array([images[one["image_id"]].size for one in kept], np.int64).reshape(len(kept), 2),
        fps=float(fps) if isinstance(fps, int | float) and 0 <= fps < LARGEST else 0.0,
    )


def catalogue(path: Path, category: str, option: str) -> Catalogue:
    """The category and the images of a file; it need not have annotations.

    Args:
        path: The JSON.
        category: As for `read`.
        option: As for `read`.

    Raises:
        UserError: As `read`.
    """
    content = _content(path, ("images", "categories"))
    kind = _category(path, content["categories"], category, option)
    return Catalogue(kind["id"], tuple(map(str, kind["keypoints"])), _images(path, content["images"]))


def placed(triples: Float[np.ndarray, "annotations points 3"]) -> Float[np.ndarray, "annotations points 2"]:
    """Where keypoints x, y, v are; NaN where they are not annotated."""
    xy = triples[..., :2].copy()
    xy[(triples[..., 2] == 0) | ~np.isfinite(xy).all(-1)] = np.nan
    return xy


def scores(
    path: Path, names: Sequence[str], kept: Sequence[Mapping[str, Any]], otherwise: Float[np.ndarray, "kept points"]
) -> Float[np.ndarray, "kept points"]:
    """Scores of keypoints, where there is the field for them."""
    known = [row for row, one in enumerate(kept) if one.get(SCORES)]
    found = otherwise.copy()
    given = [kept[row][SCORES] for row in known]
    found[known] = _numbers(path, [names[row] for row in known], SCORES, given, otherwise.shape[1])
    return found


def load(path: Path) -> Any:
    """What a JSON holds.

    Raises:
        UserError: The file cannot be read or is no JSON.
    """
    try:
        return json.loads(path.read_bytes())
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror or error}") from None
    except json.JSONDecodeError as error:
        raise UserError(f"{path}:{error.lineno}: no JSON, or cut off: {error.msg}") from None
    except (UnicodeDecodeError, RecursionError) as error:
        raise UserError(f"{path} is no JSON: {error}") from None


def _content(path: Path, needed: Sequence[str]) -> Mapping[str, Any]:
    content = load(path)
    known = content if isinstance(content, dict) else {}
    missing = [key for key in needed if not isinstance(known.get(key), list)]
    if missing:
        raise UserError(f"{path} is not COCO's JSON of keypoints: it has no list of {' and of '.join(missing)}")
    return known


def _images(path: Path, listed: list[Any]) -> dict[Any, Image]:
    images = {}
    for number, image in enumerate(listed, 1):
        if not isinstance(image, dict) or not image.get("file_name") or not isinstance(image.get("id"), int | str):
            raise UserError(f"{path}: image {number} of the list has no id or no file_name")
        sides = [image.get(side) for side in ("width", "height")]
        width, height = (side if isinstance(side, int) and 0 <= side < LARGEST else 0 for side in sides)
        images[image["id"]] = Image(str(image["file_name"]), (width, height))
    return images


def _category(path: Path, categories: list[Any], name: str, option: str) -> Mapping[str, Any]:
    """The one category with keypoints, or that which is asked for."""
    dicts = [one for one in categories if isinstance(one, dict) and "id" in one]
    with_points = [one for one in dicts if isinstance(one.get("keypoints"), list) and one["keypoints"]]
    known = {str(one.get("name", one["id"])): one for one in with_points}
    if not known:
        raise UserError(f"{path}: none of its {len(categories)} categories has keypoints")
    if name:
        if name not in known:
            raise unknown(f"category with keypoints in {path}", name, known)
        return known[name]
    if len(known) > 1:
        raise UserError(f"{path} has keypoints of several categories: choose one with {option}: {', '.join(known)}")
    return next(iter(known.values()))


def _numbers(path: Path, ids: Sequence[str], what: str, lists: Sequence[Any], count: int) -> np.ndarray:
    """Lists of numbers as one array; a list that does not fit is named by its annotation."""
    try:
        return np.array(lists, np.float64).reshape(len(ids), count)
    except (TypeError, ValueError, OverflowError):
        for name, numbers in zip(ids, lists, strict=True):
            listed = isinstance(numbers, list) and len(numbers) == count
            if not listed or not all(isinstance(number, int | float) for number in numbers):
                said = f"{what} of annotation {name} is {numbers!r:.60}"
                raise UserError(f"{path}: {said}, and not a list of {count} numbers") from None
        raise UserError(f"{path}: a number in {what} is too large to be one of pixels") from None
