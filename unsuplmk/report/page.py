"""A document as one HTML file: nothing is loaded from elsewhere, nothing in it is run."""

from __future__ import annotations

import os
from importlib import resources
from pathlib import Path

from unsuplmk.checkpoint import write_atomically
from unsuplmk.errors import UserError
from unsuplmk.report import svg
from unsuplmk.report.blocks import Chart, Document, Picture
from unsuplmk.report.pixels import Size, uri

LIMIT = 3_000_000
"""Bytes of a page, about: what e-mail still carries well."""
SIZES = (Size(1600, 85), Size(1100, 75), Size(700, 65), Size(240, 60), Size(120, 50))
"""Tried in this order until a page is small enough."""


def check(out: Path) -> None:
    """Refuse a file that cannot hold a page, before anything is computed.

    Raises:
        UserError: It is a folder, or has another suffix, or its folder cannot be written.
    """
    if out.suffix.lower() not in (".html", ".htm"):
        raise UserError(f"cannot write a report to {out}: it is an HTML file; call it {out.name}.html")
    if out.is_dir():
        raise UserError(f"cannot write to {out}: it is a folder, but named like a file")
    folder = next(folder for folder in out.absolute().parents if folder.exists())
    if not os.access(folder, os.W_OK | os.X_OK):
        raise UserError(f"cannot write {out}: {folder} is read-only for you; choose another file with --out")


def render(document: Document) -> str:
    """The page; pictures lose size and quality where it would be longer than `LIMIT`."""
    pages = (_filled(document, size) for size in SIZES)
    page = next(pages)
    while len(page) > LIMIT:
        smaller = next(pages, None)
        if smaller is None:
            break
        page = smaller
    return page


def write(document: Document, out: Path) -> None:
    """Put the page into a file.

    Raises:
        UserError: It cannot be written; a file that was there before is kept.
    """
    page = render(document)
    write_atomically(out, lambda path: path.write_text(page, "utf-8", errors="replace"))


def _filled(document: Document, size: Size) -> str:
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    def picture(one: Picture) -> str:
        return uri(one.pixels, size)

    def chart(one: Chart) -> Markup:
        return Markup(svg.draw(one))  # which has escaped what it was given

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters.update(uri=picture, svg=chart)
    template = (resources.files("unsuplmk.report") / "page.html").read_text("utf-8")
    return environment.from_string(template).render(document=document)
