"""The text and the tables of a document on a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.padding import Padding
from rich.table import Table as Grid
from rich.text import Text as Words

from unsuplmk.report.blocks import Block, Bullets, Code, Document, Table, Text


def lines(document: Document) -> Group:
    """What rich prints; pictures and curves are left out."""
    found = []
    for section in document.sections:
        found.append(Words(f"\n{section.title}", "bold"))
        found += [Padding(one, (0, 0, 0, 2)) for block in section.blocks for one in _shown(block)]
    return Group(*found)


def _shown(block: Block) -> Iterator[Words | Grid]:
    if isinstance(block, Text):
        yield Words(block.text, "yellow" if block.strong else "")
    elif isinstance(block, Bullets):
        yield from (Words(f"- {line}") for line in block.lines)
    elif isinstance(block, Code):
        yield Words(block.text)
    elif isinstance(block, Table):
        yield _grid(block)


def _grid(table: Table) -> Grid:
    grid = Grid(box=SIMPLE_HEAD if table.head else None, show_header=bool(table.head), caption_justify="left")
    grid.caption = Words(table.caption) if table.caption else None
    for number, title in enumerate(table.head or table.rows[0] if table.rows else table.head):
        right = table.numbers and number > 0
        grid.add_column(Words(title) if table.head else "", justify="right" if right else "left", overflow="fold")
    for row in table.rows:
        grid.add_row(*(Words(cell) for cell in row))
    return grid
