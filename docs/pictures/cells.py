"""Pictures in rows and columns, with landmarks on them; written small, and readable on light and dark pages."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from files import IMAGES, KNOWN
from PIL import Image, ImageDraw, ImageFont

from unsuplmk.pictures.draw import SHIFT, Picture, fixed, palette

GAP, CORNER = 12, 14
"""Between the cells, and the radius of their corners, px."""
INK, PAPER = (24, 28, 36), (255, 255, 255)


def dots(image: Picture, xy: np.ndarray, radius: float, only: Sequence[int] | None = None) -> Picture:
    """A copy with each landmark as a disc in the colour that is always its own; `only` leaves out the others."""
    canvas = np.ascontiguousarray(image).copy()
    colours = palette(len(xy)).tolist()
    for number in range(len(xy)) if only is None else only:
        disc(canvas, xy[number], radius, colours[number])
    return canvas


def disc(canvas: Picture, at: np.ndarray, radius: float, colour: Sequence[int]) -> None:
    """A disc with a white ring and a dark rim, drawn in place: it shows on any ground."""
    import cv2

    for reach, fill in ((1.6 * radius, INK), (1.4 * radius, PAPER), (radius, colour)):
        cv2.circle(canvas, fixed(at), round(reach * 2**SHIFT), tuple(fill), -1, cv2.LINE_AA, SHIFT)


def ring(canvas: Picture, at: np.ndarray, radius: float) -> None:
    """An empty ring, white between two dark ones, drawn in place: where something should be."""
    import cv2

    for thickness, colour in ((5, INK), (2, PAPER)):
        cv2.circle(canvas, fixed(at), round(radius * 2**SHIFT), colour, thickness, cv2.LINE_AA, SHIFT)


def line(canvas: Picture, start: np.ndarray, end: np.ndarray, colour: Sequence[int] = PAPER) -> None:
    """A line with a dark rim, drawn in place."""
    import cv2

    for thickness, fill in ((6, INK), (3, colour)):
        cv2.line(canvas, fixed(start), fixed(end), tuple(fill), thickness, cv2.LINE_AA, SHIFT)


def around(image: Picture, joints: np.ndarray, width: int, height: int) -> Picture:
    """The part of a picture with the puppet in its middle."""
    middle, size, whole = (joints.min(0) + joints.max(0)) / 2, np.array([width, height]), image.shape[1::-1]
    left, top = np.clip(middle - size / 2, 0, whole - size).astype(int).tolist()
    return image[top : top + height, left : left + width]


def sheet(rows: Sequence[Sequence[Picture]], titles: Sequence[str] = ()) -> Image.Image:
    """Pictures of one size in rows; transparent between them; each column may have a title, inside its top cell."""
    height, width = rows[0][0].shape[:2]
    size = (len(rows[0]) * (width + GAP) - GAP, len(rows) * (height + GAP) - GAP)
    canvas, mask = Image.new("RGBA", size), _mask(width, height)
    for row, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            canvas.paste(Image.fromarray(cell), (column * (width + GAP), row * (height + GAP)), mask)
    for column, title in enumerate(titles):
        _title(canvas, title, column * (width + GAP), width)
    return canvas


def _mask(width: int, height: int) -> Image.Image:
    """A cell with round corners; drawn four times as large, so that they are smooth."""
    large = Image.new("L", (4 * width, 4 * height))
    ImageDraw.Draw(large).rounded_rectangle((0, 0, 4 * width - 1, 4 * height - 1), 4 * CORNER, 255)
    return large.resize((width, height), Image.Resampling.LANCZOS)


def _title(canvas: Image.Image, text: str, left: int, width: int) -> None:
    """White on a dark strip at the upper edge of a cell."""
    pen, font = ImageDraw.Draw(canvas), ImageFont.load_default(max(18, width // 12))
    x0, y0, x1, y1 = pen.textbbox((left + 16, 12), text, font=font)
    pen.rounded_rectangle((x0 - 8, y0 - 6, x1 + 8, y1 + 6), 8, (*INK, 255))
    pen.text((left + 16, 12), text, "white", font)


def save(name: str, picture: Image.Image, quality: int = 80) -> None:
    """Write one of the pictures that `files.py` names.

    Raises:
        ValueError: It has no such name there, or is larger than it may be.
    """
    path = IMAGES / name
    picture.save(path, quality=quality, method=6)
    done(path)


def save_moving(name: str, pictures: Sequence[Picture], rate: float, quality: int = 50) -> None:
    """The same of pictures that follow one another, `rate` a second, again and again."""
    path = IMAGES / name
    first, *rest = map(Image.fromarray, pictures)
    moving = {"save_all": True, "append_images": rest, "duration": round(1000 / rate), "loop": 0}
    first.save(path, **moving, quality=quality, method=3)
    done(path)


def done(path: Path) -> None:
    """Say how large a written picture is, and refuse one that is too large for its page."""
    size, most = path.stat().st_size, KNOWN[path.name].most
    print(f"{path}: {size // 1000} kB")
    if size > most:
        raise ValueError(f"{path.name} has {size} bytes, more than {most}")
