"""Lines and letters on pictures of landmarks: the skeleton below the discs, the names beside them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any
from unicodedata import combining, normalize

import numpy as np
from jaxtyping import Float

from unsuplmk.pictures.draw import SHIFT, Picture, fixed, near, palette, radius

INK = (0, 0, 0)
"""Behind letters and lines, so that they show on bright ground."""


def bones(image: Picture, xy: Float[np.ndarray, "landmarks 2"], edges: Sequence[tuple[int, int]]) -> Picture:
    """A copy of the image with lines between landmarks, either half in the colour of its end.

    Args:
        image: RGB.
        xy: In pixels; a line to a point that is NaN is not drawn.
        edges: The numbers of the landmarks at the ends of each line.
    """
    import cv2

    canvas = np.ascontiguousarray(image).copy()
    colours, thickness = palette(len(xy)).tolist(), max(1, round(0.55 * radius(image)))
    drawn = [(xy[a], xy[b], colours[a], colours[b]) for a, b in edges if near(xy[a], image) and near(xy[b], image)]
    for start, end, _, _ in drawn:
        cv2.line(canvas, fixed(start), fixed(end), INK, thickness + 2, cv2.LINE_AA, SHIFT)
    for start, end, first, second in drawn:
        middle = (start + end) / 2
        cv2.line(canvas, fixed(start), fixed(middle), first, thickness, cv2.LINE_AA, SHIFT)
        cv2.line(canvas, fixed(middle), fixed(end), second, thickness, cv2.LINE_AA, SHIFT)
    return cv2.addWeighted(canvas, 0.75, image, 0.25, 0)


def captions(image: Picture, xy: Float[np.ndarray, "landmarks 2"], names: Sequence[str], title: str = "") -> Picture:
    """A copy of the image with the name of each landmark beside it, in its colour; no name covers another.

    Args:
        image: RGB.
        xy: In pixels; NaN is not drawn.
        names: Of the landmarks.
        title: Whose they are, written above all of them.
    """
    from PIL import Image, ImageDraw

    canvas = Image.fromarray(image)
    pen, size = ImageDraw.Draw(canvas), max(10, round(1.8 * radius(image)))
    shown = np.array([near(point, image) for point in xy], bool)
    placed: list[tuple[float, float, float]] = []  # left, right and middle of the lines
    for number in sorted(np.flatnonzero(shown).tolist(), key=lambda number: xy[number, 1]):
        text, colour = _plain(names[number]), tuple(palette(len(xy))[number].tolist())
        left, middle = float(xy[number, 0] + 1.8 * radius(image)), float(xy[number, 1])
        right = left + _font(size).getlength(text)
        beside = [line for start, end, line in placed if start < right and left < end]
        middle = max([middle, *(line + size for line in beside)])  # below the last that it would run into
        placed.append((left, right, middle))
        pen.text((left, middle), text, colour, _font(size), "lm", stroke_width=1, stroke_fill=INK)
    if title and shown.any():
        left, top = float(xy[shown, 0].mean()), float(xy[shown, 1].min() - 2 * radius(image))
        pen.text((left, max(top, size)), _plain(title), "white", _font(size), "mb", stroke_width=1, stroke_fill=INK)
    return np.asarray(canvas)


def _plain(text: str) -> str:
    """Letters without their accents: Pillow's own are ASCII alone."""
    return "".join(letter for letter in normalize("NFKD", text) if not combining(letter))


@cache
def _font(size: int) -> Any:
    from PIL import ImageFont

    return ImageFont.load_default(size)
