"""COCO's JSON of keypoints: the annotations of one category, checked."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

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
class Annotation:
    """One person or animal.

    Args:
        id: As in the file, or its number there.
        image: Name of its image's file.
        xy: Keypoints in pixels; NaN where not visible or not annotated, visibility 0.
        box: Left, top, width, height, in edge coordinates; NaN where there is none.
    """

    id: str
    image: str
    xy: Float[np.ndarray, "points 2"]
    box: Float[np.ndarray, "4"]

    @property
    def visible(self) -> int:
        """How many keypoints it has."""
        return int(np.isfinite(self.xy).all(-1).sum())

    @property
    def boxed(self) -> bool:
        """Whether its box has an area."""
        return bool(np.isfinite(self.box).all() and (self.box[2:] > 0).all())


@dataclass(frozen=True)
class Keypoints:
    """What one category is about.

    Args:
        category: Its name.
        points: Names of its keypoints.
        annotations: Those of the category, without crowds.
    """

    category: str
    points: tuple[str, ...]
    annotations: list[Annotation]


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
    found = []
    for number, one in enumerate(content["annotations"], 1):
        if not isinstance(one, dict):
            raise UserError(f"{path}: annotation {number} of the list is {one!r:.40}")
        if one.get("category_id") == kind["id"] and not one.get("iscrowd"):
            found.append(_annotation(path, str(one.get("id", number)), one, files, len(points)))
    return Keypoints(str(kind.get("name", kind["id"])), points, found)


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


def _annotation(path: Path, name: str, one: Mapping[str, Any], files: Mapping[Any, str], points: int) -> Annotation:
    if one.get("image_id") not in files:
        raise UserError(f"{path}: annotation {name} is of image {one.get('image_id')!r}, which is not listed")
    flat, box = one.get("keypoints") or [0] * (3 * points), one.get("bbox") or [np.nan] * 4
    try:
        triples, edges = np.array(flat, np.float64), np.array(box, np.float64)
    except (TypeError, ValueError):
        raise UserError(f"{path}: keypoints or bbox of annotation {name} are not numbers") from None
    if triples.shape != (3 * points,):
        raise UserError(f"{path}: annotation {name} has {len(flat)} numbers for {points} keypoints, not {3 * points}")
    if edges.shape != (4,):
        raise UserError(f"{path}: bbox of annotation {name} is {box!r:.60}, not x, y, width, height")
    triples = triples.reshape(points, 3)
    xy = triples[:, :2].copy()
    xy[(triples[:, 2] == 0) | ~np.isfinite(xy).all(-1)] = np.nan
    return Annotation(name, files[one["image_id"]], xy, edges)
