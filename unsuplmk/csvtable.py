"""CSV tables of images: rows by column, with the line that each ends on, and columns of annotated points."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import final

from unsuplmk.errors import UserError


@final
class Row(dict[str, str]):
    """The cells of a row by column, and the line that it ends on."""

    line: int


def table(path: Path) -> tuple[list[str], list[Row]]:
    """The columns and the rows of a CSV with a column `file`.

    Raises:
        UserError: The file cannot be read, a row has another number of cells than the header or names no file, or
            there are no rows.
    """
    rows: list[Row] = []
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file)
            columns = next(reader, [])
            for cells in reader:
                if len(cells) not in (0, len(columns)):
                    raise UserError(f"{path}:{reader.line_num}: {len(cells)} cells where the header has {len(columns)}")
                if cells:
                    rows.append(Row(zip(columns, cells, strict=True)))
                    rows[-1].line = reader.line_num
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from None
    if "file" not in columns:
        raise UserError(f"{path} has no column 'file'; its columns: {', '.join(columns) or 'none'}")
    empty = next((row.line for row in rows if not row["file"]), None)
    if not rows or empty:
        raise UserError(f"{path}:{empty}: the row names no file" if empty else f"{path} lists no images")
    return columns, rows


def header(path: Path) -> list[str]:
    """The columns alone.

    Raises:
        UserError: The file cannot be read.
    """
    try:
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            return next(csv.reader(file), [])
    except (OSError, csv.Error) as error:
        raise UserError(f"cannot read {path}: {error}") from None


def begins_with_scorer(path: Path) -> bool:
    """Whether a CSV has the header that DeepLabCut made and others took over; False where it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(16).removeprefix(b"\xef\xbb\xbf").lstrip(b'"').lower().startswith(b"scorer")
    except OSError:
        return False


def point(column: str) -> str:
    """The name of the point whose x a column holds; nothing if it is another column."""
    match = re.fullmatch(r"x(\d+)|(.+)_x", column)
    return (match[1] or match[2]) if match else ""
