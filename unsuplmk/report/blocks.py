"""What a report is made of: sections of text, tables, pictures and curves; how they look is the template's business."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8

Colour = tuple[int, int, int]
"""RGB."""


@dataclass(frozen=True)
class Text:
    """A paragraph.

    Args:
        text: Of any characters; nothing in it is markup.
        strong: Whether it must not be overlooked.
    """

    text: str
    strong: bool = False
    kind: str = "text"


@dataclass(frozen=True)
class Bullets:
    """Lines of a list."""

    lines: tuple[str, ...]
    kind: str = "bullets"


@dataclass(frozen=True)
class Code:
    """Text to be copied as it stands."""

    text: str
    kind: str = "code"


@dataclass(frozen=True)
class Table:
    """Rows under headings.

    Args:
        head: Of each column; none for a table of names and values.
        rows: The first cell of each is its heading.
        caption: Above it.
        colours: Of a disc before each row; none for no discs.
        numbers: Whether all columns but the first hold numbers.
    """

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str = ""
    colours: tuple[Colour, ...] = ()
    numbers: bool = True
    kind: str = "table"


@dataclass(frozen=True)
class Picture:
    """A picture with its caption.

    Args:
        pixels: RGB.
        alt: What it shows, for those who do not see it.
        caption: Below it.
    """

    pixels: UInt8[np.ndarray, "_ _ 3"]
    alt: str
    caption: str = ""


@dataclass(frozen=True)
class Pictures:
    """Pictures that stand beside one another as far as there is room."""

    pictures: tuple[Picture, ...]
    kind: str = "pictures"


@dataclass(frozen=True)
class Chart:
    """Curves over the steps of a training.

    Args:
        title: What is drawn, with its unit.
        series: Name of a curve -> its steps and values; NaN leaves a gap.
        linear: Whether the scale must be linear; else that follows from the values.
    """

    title: str
    series: Mapping[str, tuple[Sequence[float], Sequence[float]]]
    linear: bool = False


@dataclass(frozen=True)
class Charts:
    """Charts that stand beside one another as far as there is room."""

    charts: tuple[Chart, ...]
    kind: str = "charts"


Block = Text | Bullets | Code | Table | Pictures | Charts


@dataclass(frozen=True)
class Section:
    """Blocks under a heading."""

    title: str
    blocks: tuple[Block, ...]

    @property
    def anchor(self) -> str:
        """What a link to it says."""
        return "".join(letter if letter.isalnum() else "-" for letter in self.title.lower())


@dataclass(frozen=True)
class Document:
    """A whole report.

    Args:
        title: The heading of all.
        lead: What it is about, in a line.
        sections: In order.
    """

    title: str
    lead: str
    sections: tuple[Section, ...]
