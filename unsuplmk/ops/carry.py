"""Where albumentations' transforms put the points of a picture, in pixels whose first centre is 0.

The library's own answers are exact for flips, affine maps and perspective only: its distortions round to whole
pixels and lose points, its crops are off by up to half a pixel times their scale, and with reflected borders each
point comes back nine times. So the drawn parameters are used here, in float64.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from jaxtyping import Float

Points = Float[np.ndarray, "points 2"]
STEPS, CLOSE = 10, 1e-3
"""Of Newton's method, which ends when all points are so near, in px: after three or four where nothing folds."""


def _still(points: Points, **drawn: Any) -> Points:
    return points


def _across(points: Points, shape: tuple[int, ...], **drawn: Any) -> Points:
    return points * (-1, 1) + (shape[1] - 1, 0)


def _down(points: Points, shape: tuple[int, ...], **drawn: Any) -> Points:
    return points * (1, -1) + (0, shape[0] - 1)


def _transposed(points: Points, **drawn: Any) -> Points:
    return points[:, ::-1]


def _quarters(points: Points, shape: tuple[int, ...], factor: int, **drawn: Any) -> Points:
    """Turned by so many right angles against the clock, as `numpy.rot90`."""
    height, width = shape[:2]
    for _ in range(factor):
        points, height, width = points[:, ::-1] * (1, -1) + (0, width - 1), width, height
    return points


def _symmetry(points: Points, shape: tuple[int, ...], group_element: str, **drawn: Any) -> Points:
    """One of the eight symmetries of the square."""
    if group_element in ("e", "r90", "r180", "r270"):
        return _quarters(points, shape, ("e", "r90", "r180", "r270").index(group_element))
    if group_element == "hvt":
        return _transposed(_quarters(points, shape, 2))
    return {"v": _down, "h": _across, "t": _transposed}[group_element](points, shape=shape)


def _projected(points: Points, matrix: np.ndarray, **drawn: Any) -> Points:
    """By a matrix of 2 or 3 rows."""
    out = np.concatenate([points, np.ones((len(points), 1))], 1) @ np.asarray(matrix, np.float64).T
    return out[:, :2] / out[:, 2:] if out.shape[1] == 3 else out


def _perspective(
    points: Points, shape: tuple[int, ...], matrix: np.ndarray, max_height: int, max_width: int, **drawn: Any
) -> Points:
    return _projected(points, matrix) * (shape[1] / max_width, shape[0] / max_height)


def _window(points: Points, shape: tuple[int, ...], result_shape: Any, **drawn: Any) -> Points:
    """Cropped, padded, and resized to the former size: corners go to corners, which are half a pixel off."""
    left, top = (drawn["crop_params"] or (0, 0))[:2]
    above, _, before, _ = drawn["pad_params"] or (0, 0, 0, 0)
    scale = np.array([shape[1] / result_shape[1], shape[0] / result_shape[0]])
    return (points - (left, top) + (before, above) + 0.5) * scale - 0.5


def _distorted(points: Points, map_x: np.ndarray, map_y: np.ndarray, **drawn: Any) -> Points:
    """By maps that say what each pixel shows: their inverse."""
    shown = np.stack([map_x, map_y], -1).astype(np.float64)
    known = np.all(np.isfinite(points), axis=1)
    out = np.where(known[:, None], points, np.nan)
    out[known], rest = _inverse(shown, points[known], points[known])
    far = np.flatnonzero(known)[rest > CLOSE]  # a strong distortion: from the pixel that shows what is nearest
    if len(far):
        nearest = [
            np.unravel_index(np.square(shown - point).sum(-1).argmin(), map_x.shape)[::-1] for point in points[far]
        ]
        again, left = _inverse(shown, np.array(nearest, np.float64), points[far])
        better = left < rest[rest > CLOSE]
        out[far[better]] = again[better]
    return out


def _inverse(shown: Float[np.ndarray, "height width 2"], start: Points, points: Points) -> tuple[Points, np.ndarray]:
    """Where points are shown, by Newton's method, and by how much what is shown there misses each.

    Between pixels the map is bilinear; outside the image it goes on with the displacement of the nearest border.
    """
    edge = np.array(shown.shape[1::-1]) - 1
    at, best, least = start, start, np.full(len(start), np.inf)
    for _ in range(STEPS):
        inside = np.clip(at, 0, edge)
        x, y = np.minimum(inside.astype(int), edge - 1).T
        u, v = (inside - np.stack([x, y], 1)).T[..., None]
        a, b, c, d = shown[y, x], shown[y, x + 1], shown[y + 1, x], shown[y + 1, x + 1]
        rest = points - ((1 - v) * ((1 - u) * a + u * b) + v * ((1 - u) * c + u * d) + at - inside)
        miss = np.abs(rest).max(1, initial=0)
        best = np.where((miss < least)[:, None], at, best)
        least = np.minimum(miss, least)
        if least.max(initial=0) < CLOSE:
            break
        slope = np.stack([(1 - v) * (b - a) + v * (d - c), (1 - u) * (c - a) + u * (d - b)], -1)
        slope = np.where((at == inside)[:, None], slope, np.eye(2))
        at = at + (np.linalg.pinv(slope) @ rest[..., None])[..., 0]
    return best, least


_MAPS = dict.fromkeys(("ElasticTransform", "GridDistortion", "OpticalDistortion", "ThinPlateSpline"), _distorted)
_AFFINE = dict.fromkeys(("Affine", "Rotate", "SafeRotate", "ShiftScaleRotate"), _projected)
_HOLES = ("CoarseDropout", "Erasing", "FrequencyMasking", "GridDropout", "PixelDropout", "TimeMasking", "XYMasking")
CARRIED: Mapping[str, Callable[..., Points]] = {
    **_AFFINE,
    **_MAPS,
    "Perspective": _perspective,
    "CropAndPad": _window,
    "HorizontalFlip": _across,
    "TimeReverse": _across,
    "VerticalFlip": _down,
    "Transpose": _transposed,
    "RandomRotate90": _quarters,
    "D4": _symmetry,
    "SquareSymmetry": _symmetry,
    **dict.fromkeys((*_HOLES, "Morphological", "NoOp"), _still),
}
"""Transforms that keep the size of a picture -> where they put points, from what they have drawn."""
