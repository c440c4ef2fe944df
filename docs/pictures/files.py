"""Which pictures there are, how large each may be, and where what was printed beside them is kept."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

IMAGES = Path(__file__).parents[1] / "images"
TRANSCRIPTS = Path(__file__).parents[1] / "transcripts"


class Known(NamedTuple):
    """What a picture is.

    Args:
        module: The file here that draws it, without its suffix.
        most: Bytes at most.
    """

    module: str
    most: int


KNOWN = {
    "puppets.webp": Known("puppets", 200_000),
    "course.webp": Known("course", 200_000),
    "video.webp": Known("video", 500_000),
    "judged.webp": Known("judged", 200_000),
    "collapsed.webp": Known("failures", 150_000),
    "background.webp": Known("failures", 150_000),
    "viewpoint.webp": Known("failures", 150_000),
    "swap-puppets.png": Known("swapped", 200_000),
    "pipeline.svg": Known("pipeline", 200_000),
    "coordinates.svg": Known("coordinates", 20_000),
}


def said(name: str, *lines: str) -> None:
    """Print some lines, and keep them for the pages, which include them."""
    text = "\n".join(lines) + "\n"
    print(text, end="")
    (TRANSCRIPTS / f"{name}.txt").write_text(text, "utf-8")
