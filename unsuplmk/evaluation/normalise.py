"""What 100 % of error is: nothing, the image, the points' box, or the distance of two points."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from unsuplmk.errors import unknown
from unsuplmk.evaluation.samples import Sample

Measure = Callable[[Sample], Float[np.ndarray, "images"]]
"""How many pixels of each image are one unit of error; not above 0 where it has none."""


def normaliser(name: str, points: tuple[str, ...]) -> tuple[Measure, str]:
    """The measure of a normaliser, and the unit that errors then have.

    Args:
        name: px, size, box, or `A,B`; A and B are points by name or number, or several of them as `A+B+...`, whose
            mean counts.
        points: The names of the annotated points.

    Raises:
        UserError: There is no such normaliser or point.
    """
    if name == "px":
        return lambda sample: np.ones(len(sample.names)), "px"
    if name == "size":
        return lambda sample: sample.size.max(1) / 100, "% of the image's longer side"
    if name == "box":
        return _box, "% of the bounding box's diagonal"
    if name.count(",") != 1:
        raise unknown("normaliser", name, ("px", "size", "box", "POINT,POINT"))
    a, b = ([_point(one.strip(), points) for one in part.split("+")] for part in name.split(","))

    def distance(sample: Sample) -> Float[np.ndarray, "images"]:
        return np.linalg.norm(sample.truth[:, a].mean(1) - sample.truth[:, b].mean(1), axis=-1) / 100

    ends = " to ".join("+".join(points[index] for index in end) for end in (a, b))
    return distance, f"% of the distance {ends}"


def _box(sample: Sample) -> Float[np.ndarray, "images"]:
    low = np.nanmin(sample.truth, 1)
    return np.linalg.norm(np.nanmax(sample.truth, 1) - low, axis=-1) / 100


def _point(name: str, points: tuple[str, ...]) -> int:
    if name in points:
        return points.index(name)
    if name.isdecimal() and int(name) < len(points):
        return int(name)
    raise unknown("annotated point", name, points)
