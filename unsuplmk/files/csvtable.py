"""CSV tables of images: rows by column, with the line that each ends on, and columns of annotated points."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Sequence
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


def pairs(path: Path, columns: Sequence[str]) -> dict[str, tuple[str, str]]:
    """The points of a table: name -> its two columns.

    Raises:
        UserError: A point has an x and no y.
    """
    found = {}
    for column in columns:
        name = point(column)
        if name:
            found[name] = (column, f"y{name}" if column == f"x{name}" else f"{name}_y")
            if found[name][1] not in columns:
                raise UserError(f"{path} has a column {column} but no {found[name][1]}")
    return found


def number(path: Path, row: Row, column: str) -> float:
    """The number in a cell; NaN where it is empty.

    Raises:
        UserError: It is none, or not finite.
    """
    cell = row[column].strip()
    if not cell or cell.lower() == "nan":
        return float("nan")
    try:
        value = float(cell)
    except ValueError:
        value = math.inf
    if not math.isfinite(value):
        raise UserError(f"{path}:{row.line}: {column} of {row['file']} is {cell!r}, not a number")
    return value
