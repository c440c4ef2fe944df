"""COCO's list of results for keypoints, as its evaluation reads it: read, and matched with the images they are of."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from unsuplmk.errors import UserError
from unsuplmk.files.cocojson import HEAD, Catalogue, Image, load, placed, scores

NAMES, FILE, TRACK = "keypoint_names", "file_name", "track"
"""Fields of files of unsuplmk for what results have no room for: names, in the first; the image; which of several."""
SIGNS = (rb'"image_id"\s*:', rb'"category_id"\s*:', rb'"keypoints"\s*:\s*\[')


@dataclass(frozen=True)
class Results:
    """What a file holds, all of one category.

    Args:
        points: Names of the keypoints; their numbers where nobody says.
        images: Names of the images' files; their ids where nobody says.
        xy: Keypoints in pixels; NaN where missing.
        scores: Of keypoints.
        tracks: Which of several in an image each is; empty where nobody says.
        sizes: (width, height) of the images in pixels; 0 where nobody says.
    """

    points: tuple[str, ...]
    images: list[str]
    xy: Float[np.ndarray, "results points 2"]
    scores: Float[np.ndarray, "results points"]
    tracks: list[str]
    sizes: Int[np.ndarray, "results 2"]


def looks_like(path: Path) -> bool:
    """Whether a file begins with a list of results."""
    try:
        with path.open("rb") as file:
            head = file.read(HEAD).lstrip(b"\xef\xbb\xbf \t\r\n")
    except (OSError, ValueError):
        return False
    return head.startswith(b"[") and all(re.search(sign, head) for sign in SIGNS)


def read(path: Path, known: Catalogue | None) -> Results:
    """The results of a file.

    A third number of a keypoint that is neither 0, 1 nor 2 is no visibility: many tools put the keypoint's score there.

    Args:
        path: The JSON.
        known: What the results are of, if that is known; those of other categories are then left out.

    Raises:
        UserError: The file cannot be read, is no list of results, or a result is malformed.
    """
    content = load(path)
    if not (isinstance(content, list) and content and all(isinstance(one, dict) for one in content)):
        raise UserError(f"{path} is no list of COCO's results")
    kinds = {repr(one.get("category_id")) for one in content}
    if known:
        content = [one for one in content if one.get("category_id") == known.category]
    elif len(kinds) > 1:
        raise UserError(f"{path} has results of several categories: say of what, with --from.truth ANNOTATIONS.json")
    first = content[0].get("keypoints") if content else None
    if not (isinstance(first, list) and first and len(first) % 3 == 0):
        raise UserError(f"{path} has no results with keypoints" + (" of the category asked for" if known else ""))
    count = len(first) // 3
    ours = content[0].get(NAMES)
    points = known.points if known else tuple(map(str, ours if isinstance(ours, list) and ours else range(count)))
    if len(points) != count:
        raise UserError(f"{path} has {count} keypoints a result, where {len(points)} have names: {', '.join(points)}")
    triples = _keypoints(path, content, count)
    xy, third = placed(triples), triples[..., 2]
    found = np.asarray(np.isfinite(xy).all(-1))
    visibility = np.isin(third, (0, 1, 2)).all()
    images = [_image(path, one, known) for one in content]
    return Results(
        points=points,
        images=[image.file for image in images],
        xy=xy,
        scores=scores(path, _called(content), content, found * (1.0 if visibility else np.clip(third, 0, 1))),
        tracks=[str(one.get(TRACK) or "") for one in content],
        sizes=np.array([image.size for image in images], np.int64).reshape(len(images), 2),
    )


def matched(picture: str, ids: dict[str, Any], truth: str) -> Any:
    """The id of an image in a file of annotations, by as much of its path as that file gives.

    Args:
        picture: The path.
        ids: By name of the image's file.
        truth: The file, for the message.

    Raises:
        UserError: It is not there.
    """
    parts = re.split(r"[\\/]+", picture)
    for start in range(len(parts)):
        name = "/".join(parts[start:])
        if name in ids:
            return ids[name]
    raise UserError(f"{picture} is none of the {len(ids)} images of {truth}")


def _called(content: list[dict[str, Any]]) -> list[str]:
    return [str(number) for number in range(1, len(content) + 1)]


def _keypoints(path: Path, content: list[dict[str, Any]], count: int) -> Float[np.ndarray, "results points 3"]:
    for number, one in enumerate(content, 1):
        given = one.get("keypoints")
        if not isinstance(given, list) or len(given) != 3 * count:
            raise UserError(f"{path}: keypoints of result {number} are {given!r:.60}, and not {3 * count} numbers")
    try:
        return np.array([one["keypoints"] for one in content], np.float64).reshape(len(content), count, 3)
    except (TypeError, ValueError, OverflowError):
        raise UserError(f"{path}: keypoints of a result are no list of {3 * count} numbers") from None


def _image(path: Path, one: dict[str, Any], known: Catalogue | None) -> Image:
    name = one.get("image_id")
    if not isinstance(name, int | str):
        raise UserError(f"{path}: a result is of image {name!r:.40}")
    if known is None:
        return Image(str(one.get(FILE) or name), (0, 0))
    if name not in known.images:
        raise UserError(f"{path}: a result is of image {name!r}, which the annotations do not list")
    return known.images[name]
