"""Contact sheets: pictures in rows under headings, each with its points and a caption."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unicodedata import combining, normalize

import numpy as np
from jaxtyping import Float

from unsuplmk.errors import UserError
from unsuplmk.frames.media import IMAGES
from unsuplmk.pictures.draw import Picture, overlay, palette

if TYPE_CHECKING:
    from PIL import Image, ImageDraw

SIDE = 200
"""Width of a picture's place, in pixels, and its greatest height."""
GAP, SEAM = 10, 2
"""Pixels between cells, and between the pictures of one."""
MARGIN = 12
"""Pixels around the sheet."""
CAPTION, TITLE = 12, 17
"""Sizes of letters, in pixels."""
INK, PALE = (0, 0, 0), (110, 110, 110)
"""Colours of headings and of captions."""
DISC = 4
"""Radius of a point in the list of points, in pixels."""


@dataclass(frozen=True)
class Cell:
    """A picture on the sheet.

    Args:
        pictures: Side by side, such as the two of a pair.
        caption: Below it; a long one loses its beginning.
        points: (x, y) in pixels of the first picture; NaN is not drawn.
    """

    pictures: tuple[Picture, ...]
    caption: str = ""
    points: Float[np.ndarray, "points 2"] | None = None


@dataclass(frozen=True)
class Section:
    """Pictures under a heading.

    Args:
        title: The heading.
        cells: The pictures.
        points: Names of the points, listed in their colours.
    """

    title: str
    cells: tuple[Cell, ...]
    points: tuple[str, ...] = ()


def check(out: Path) -> None:
    """Refuse a file that cannot hold a sheet, before anything is read.

    Raises:
        UserError: Its suffix is no picture's, or it is a folder.
    """
    if out.suffix.lower() not in IMAGES:
        raise UserError(f"cannot draw a contact sheet to {out}; known: {', '.join(sorted(IMAGES))}")
    if out.is_dir():
        raise UserError(f"cannot write to {out}: it is a folder, but named like a file")


def sheet(sections: Sequence[Section], columns: int = 6) -> Picture:
    """All sections below one another.

    Args:
        sections: What is shown.
        columns: Pictures in a row.
    """
    width = columns * (SIDE + GAP) - GAP
    strips = [strip for section in sections for strip in _section(section, columns, width)]
    return np.pad(np.concatenate(strips), ((MARGIN, MARGIN), (MARGIN, MARGIN), (0, 0)), constant_values=255)


def _section(section: Section, columns: int, width: int) -> list[Picture]:
    strips = [_heading(section.title, width)]
    if section.points:
        strips.append(_legend(section.points, width))
    span = max((len(cell.pictures) for cell in section.cells), default=1)
    abreast = max(1, columns // span)
    for start in range(0, len(section.cells), abreast):
        strips.append(_row(section.cells[start : start + abreast], span, width))
    return strips


def _row(cells: Sequence[Cell], span: int, width: int) -> Picture:
    drawn = [[_fitted(cell, number) for number in range(len(cell.pictures))] for cell in cells]
    height = max(picture.shape[0] for pictures in drawn for picture in pictures)
    row = np.full((height + CAPTION + 2 * GAP, width, 3), 255, np.uint8)
    room = span * (SIDE + SEAM) - SEAM
    step = room + GAP
    for place, pictures in enumerate(drawn):
        for number, picture in enumerate(pictures):
            left = place * step + number * (SIDE + SEAM) + (SIDE - picture.shape[1]) // 2
            top = (height - picture.shape[0]) // 2
            row[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
    canvas, pen = _canvas(row)
    for place, cell in enumerate(cells):
        text = _shortened(cell.caption, room)
        left = place * step + (room - _length(text, CAPTION)) / 2
        pen.text((left, height + 3), text, PALE, _font(CAPTION))
    return np.asarray(canvas)


def _fitted(cell: Cell, number: int) -> Picture:
    """A picture of a cell, as large as its place allows, with the points on the first."""
    import cv2

    picture = np.ascontiguousarray(cell.pictures[number])
    scale = SIDE / max(picture.shape[:2])
    width, height = (max(1, round(length * scale)) for length in picture.shape[1::-1])
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    fitted = cv2.resize(picture, (width, height), interpolation=how)
    if number or cell.points is None or not len(cell.points):
        return fitted
    factors = np.array([width, height]) / picture.shape[1::-1]
    return overlay(fitted, (np.asarray(cell.points, np.float64) + 0.5) * factors - 0.5)


def _heading(title: str, width: int) -> Picture:
    canvas, pen = _canvas(np.full((TITLE + 2 * GAP, width, 3), 255, np.uint8))
    pen.text((0, GAP // 2), _shortened(title, width, TITLE), INK, _font(TITLE))
    return np.asarray(canvas)


def _legend(points: Sequence[str], width: int) -> Picture:
    """The names of the points, in as many lines as it takes."""
    lines: list[list[tuple[float, str, tuple[int, ...]]]] = [[]]
    left = 0.0
    for name, colour in zip(points, palette(len(points)).tolist(), strict=True):
        step = 2 * DISC + 4 + _length(name, CAPTION) + 2 * GAP
        if left + step > width and left:
            lines.append([])
            left = 0.0
        lines[-1].append((left, name, tuple(colour)))
        left += step
    high = CAPTION + 6
    canvas, pen = _canvas(np.full((high * len(lines) + GAP, width, 3), 255, np.uint8))
    for number, line in enumerate(lines):
        for left, name, colour in line:
            top = number * high + (CAPTION - 2 * DISC) // 2 + 1
            pen.ellipse((left, top, left + 2 * DISC, top + 2 * DISC), colour, INK)
            pen.text((left + 2 * DISC + 4, number * high), name, PALE, _font(CAPTION))
    return np.asarray(canvas)


def _canvas(picture: Picture) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    from PIL import Image, ImageDraw

    canvas = Image.fromarray(picture)
    return canvas, ImageDraw.Draw(canvas)


@cache
def _font(size: int) -> Any:
    """Pillow's own letters, which are ASCII alone: no font of the system is needed."""
    from PIL import ImageFont

    return ImageFont.load_default(size)


def _length(text: str, size: int) -> float:
    return _font(size).getlength(text)


def _shortened(text: str, room: int, size: int = CAPTION) -> str:
    """The end of a text that is too long, since names differ there; letters without their accents."""
    text = "".join(letter for letter in normalize("NFKD", text) if not combining(letter))
    if _length(text, size) <= room:
        return text
    keep = next((n for n in range(1, len(text)) if _length("..." + text[n:], size) <= room), len(text))
    return "..." + text[keep:]
