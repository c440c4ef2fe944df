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
    """

    category: str
    points: tuple[str, ...]
    ids: list[str]
    images: list[str]
    xy: Float[np.ndarray, "annotations points 2"]
    boxes: Float[np.ndarray, "annotations 4"]

    @property
    def visible(self) -> Int[np.ndarray, "annotations"]:
        """How many keypoints each has."""
        return np.isfinite(self.xy).all(-1).sum(-1)

    @property
    def boxed(self) -> Bool[np.ndarray, "annotations"]:
        """Whether each has a box with an area."""
        return np.all([*np.isfinite(self.boxes).T, *(self.boxes[:, 2:] > 0).T], axis=0)


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
    content = _content(path)
    kind = _category(path, content["categories"], category, option)
    points = tuple(map(str, kind["keypoints"]))
    files: dict[Any, str] = {}
    for number, image in enumerate(content["images"], 1):
        if not isinstance(image, dict) or not image.get("file_name") or "id" not in image:
            raise UserError(f"{path}: image {number} of the list has no id or no file_name")
        files[image["id"]] = str(image["file_name"])
    ids, images, flat, boxes = [], [], [], []
    for number, one in enumerate(content["annotations"], 1):
        if not isinstance(one, dict):
            raise UserError(f"{path}: annotation {number} of the list is {one!r:.40}")
        if one.get("category_id") == kind["id"] and not one.get("iscrowd"):
            ids.append(str(one.get("id", number)))
            if one.get("image_id") not in files:
                raise UserError(
                    f"{path}: annotation {ids[-1]} is of image {one.get('image_id')!r}, which is not listed"
                )
            images.append(files[one["image_id"]])
            flat.append(one.get("keypoints") or [0] * (3 * len(points)))
            boxes.append(one.get("bbox") or [np.nan] * 4)
    triples = _numbers(path, ids, "keypoints", flat, 3 * len(points)).reshape(len(ids), len(points), 3)
    xy = triples[..., :2].copy()
    xy[(triples[..., 2] == 0) | ~np.isfinite(xy).all(-1)] = np.nan
    return Keypoints(str(kind.get("name", kind["id"])), points, ids, images, xy, _numbers(path, ids, "bbox", boxes, 4))


def _content(path: Path) -> Mapping[str, Any]:
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror or error}") from None
    except json.JSONDecodeError as error:
        raise UserError(f"{path}:{error.lineno}: no JSON, or cut off: {error.msg}") from None
    except (UnicodeDecodeError, RecursionError) as error:
        raise UserError(f"{path} is no JSON: {error}") from None
    known = content if isinstance(content, dict) else {}
    missing = [key for key in ("images", "annotations", "categories") if not isinstance(known.get(key), list)]
    if missing:
        raise UserError(f"{path} is not COCO's JSON of keypoints: it has no list of {' and of '.join(missing)}")
    return known


def _category(path: Path, categories: list[Any], name: str, option: str) -> Mapping[str, Any]:
    """The one category with keypoints, or that which is asked for."""
    with_points = [one for one in categories if isinstance(one, dict) and one.get("keypoints") and "id" in one]
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
