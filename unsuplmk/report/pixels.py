"""Pictures for a page: small, with landmarks and their numbers, as data within the page."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from unsuplmk.pictures.draw import Picture as Pixels
from unsuplmk.pictures.draw import overlay

SIDE = 220
"""Longer side of a small picture, in pixels."""
SEAM = 3
"""Pixels between the pictures of a strip."""
LARGE = 520
"""Longer side of a picture whose landmarks are numbered."""


@dataclass(frozen=True)
class Size:
    """How much is kept of pictures.

    Args:
        side: Longer sides beyond this are reduced to it, in pixels.
        quality: Of JPEG.
    """

    side: int
    quality: int


def small(picture: Pixels, points: Float[np.ndarray, "points 2"] | None = None, side: int = SIDE) -> Pixels:
    """A picture whose longer side is `side`, with its points.

    Args:
        picture: RGB.
        points: In pixels of it; NaN is not drawn.
        side: Of the result.
    """
    resized = _resized(picture, side)
    return resized if points is None else overlay(resized, _moved(points, picture, resized))


def numbered(picture: Pixels, points: Float[np.ndarray, "points 2"], side: int = LARGE) -> Pixels:
    """As `small`, with a number beside each point."""
    import cv2

    drawn = small(picture, points, side)
    for number, (x, y) in enumerate(_moved(points, picture, drawn)):
        if not np.isfinite([x, y]).all():
            continue
        corner = (round(float(x)) + 8, round(float(y)) - 6)
        for ink, thickness in (((0, 0, 0), 3), ((255, 255, 255), 1)):
            cv2.putText(drawn, str(number), corner, cv2.FONT_HERSHEY_SIMPLEX, 0.5, ink, thickness, cv2.LINE_AA)
    return drawn


def strip(pictures: Sequence[Pixels]) -> Pixels:
    """Pictures of one height beside one another, with a white line between them."""
    parts = [np.pad(one, ((0, 0), (0, SEAM), (0, 0)), constant_values=255) for one in pictures]
    return np.concatenate(parts, axis=1)[:, :-SEAM]


def uri(picture: Pixels, size: Size) -> str:
    """The picture as an address that holds it: PNG or JPEG, whichever is shorter; every e-mail program knows both."""
    import cv2

    if max(picture.shape[:2]) > size.side:
        picture = _resized(picture, size.side)
    swapped = np.ascontiguousarray(picture[..., ::-1])
    kinds = {"png": (".png", []), "jpeg": (".jpg", [cv2.IMWRITE_JPEG_QUALITY, size.quality])}
    encoded = {kind: cv2.imencode(suffix, swapped, how)[1].tobytes() for kind, (suffix, how) in kinds.items()}
    kind = min(encoded, key=lambda name: len(encoded[name]))
    return f"data:image/{kind};base64,{b64encode(encoded[kind]).decode('ascii')}"


def _moved(points: np.ndarray, picture: Pixels, resized: Pixels) -> np.ndarray:
    factors = np.array(resized.shape[1::-1]) / picture.shape[1::-1]
    return (np.asarray(points, np.float64) + 0.5) * factors - 0.5


def _resized(picture: Pixels, side: int) -> Pixels:
    import cv2

    scale = side / max(picture.shape[:2])
    width, height = (max(1, round(length * scale)) for length in picture.shape[1::-1])
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return cv2.resize(np.ascontiguousarray(picture), (width, height), interpolation=how)
