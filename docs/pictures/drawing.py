"""Diagrams as SVG: shapes with a ground of their own, so that they read alike on light and on dark pages."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from html import escape

from cells import done
from files import IMAGES
from PIL import Image

from unsuplmk.pictures.draw import Picture

DARK, LIGHT, EDGE = "#1c222b", "#eef1f5", "#808894"
"""Grounds of letters; and of lines, with a contrast of about 4 to white as well as to black."""
FONT = "font-family='system-ui, -apple-system, Segoe UI, Roboto, DejaVu Sans, sans-serif'"
LETTER = 0.58
"""Width of a letter for its height, on the wide side."""


def write(name: str, width: int, height: int, title: str, parts: Sequence[str]) -> None:
    """Write a diagram; its title is what screen readers say where it stands by itself."""
    arrow = (
        "<defs><marker id='tip' viewBox='0 0 10 10' refX='9' refY='5' markerWidth='9' markerHeight='9' "
        f"markerUnits='userSpaceOnUse' orient='auto'><path d='M0 0L10 5L0 10z' fill='{EDGE}'/></marker></defs>"
    )
    head = f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}' role='img' {FONT}>"
    text = "\n".join((head, f"<title>{escape(title)}</title>", arrow, *parts, "</svg>\n"))
    (IMAGES / name).write_text(text, "utf-8")
    done(IMAGES / name)


def box(x: float, y: float, width: float, height: float, text: str, fill: str, size: int = 17) -> str:
    """A part: white letters on a dark ground."""
    return f"<rect x='{x:g}' y='{y:g}' width='{width:g}' height='{height:g}' rx='9' fill='{fill}'/>" + _letters(
        x + width / 2, y + height / 2, text, "#fff", size, "600"
    )


def pill(x: float, y: float, text: str, *, dark: bool = False, size: int = 15) -> str:
    """A caption around (x, y)."""
    width, height = LETTER * size * len(text) + 16, 1.65 * size
    ground, letters = (DARK, "#fff") if dark else (LIGHT, DARK)
    return (
        f"<rect x='{x - width / 2:g}' y='{y - height / 2:g}' width='{width:g}' height='{height:g}' rx='{height / 2:g}' "
        f"fill='{ground}' stroke='{EDGE}'/>" + _letters(x, y, text, letters, size, "400")
    )


def arrow(*points: tuple[float, float], dashed: bool = False) -> str:
    """A line through points, with a tip at its end."""
    way = " ".join(f"{x:g},{y:g}" for x, y in points)
    dashes = " stroke-dasharray='7 6'" * dashed
    return f"<polyline points='{way}' fill='none' stroke='{EDGE}' stroke-width='2.5' marker-end='url(#tip)'{dashes}/>"


def photo(x: float, y: float, side: float, picture: Picture, caption: str) -> str:
    """A picture inside the file, with its caption at its lower edge."""
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "webp", quality=80, method=6)
    data = base64.b64encode(buffer.getvalue()).decode()
    return (
        f"<image x='{x:g}' y='{y:g}' width='{side:g}' height='{side:g}' href='data:image/webp;base64,{data}'/>"
        + pill(x + side / 2, y + side - 16, caption, dark=True)
    )


def _letters(x: float, y: float, text: str, fill: str, size: int, weight: str) -> str:
    return (
        f"<text x='{x:g}' y='{y + 0.36 * size:g}' text-anchor='middle' font-size='{size}' font-weight='{weight}' "
        f"fill='{fill}'>{escape(text)}</text>"
    )
