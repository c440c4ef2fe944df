"""Images listed in a CSV file, with their split, their video and their annotated points."""

from __future__ import annotations

import csv
import math
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import final

import numpy as np
from jaxtyping import Float

from unsuplmk.errors import UserError
from unsuplmk.interfaces import Dataset
from unsuplmk.media import read_image


@final
class Listing(Dataset):
    """Images that a CSV lists, one a row: `file`, relative to the CSV, and optionally `split`, `video`, `frame`.

    Rows of one `video` are a clip, in the order of `frame`; a row without is a clip of its own. Annotated points
    are columns `x0,y0,x1,y1,...` or `<name>_x,<name>_y`, in pixels with the first pixel's centre at 0; an empty
    cell is a missing point. Other columns are ignored. Errors name the line.

    Args:
        path: The CSV file.
        split: Which rows to take, by their `split` column; without such a column, all rows.

    Raises:
        UserError: The file is no such CSV, or has no rows of that split; or a cell is not a number.
    """

    def __init__(self, path: str | Path, *, split: str = "train") -> None:
        self._path = Path(path)
        columns, rows = _rows(self._path)
        if "split" in columns:
            splits = Counter(row["split"] for row in rows)
            rows = [row for row in rows if row["split"] == split]
            if not rows:
                known = ", ".join(f"{name} ({count} rows)" for name, count in sorted(splits.items()))
                raise UserError(f"{path} has no rows of split {split!r}; known: {known or 'none'}")
        groups: dict[str, list[_Row]] = {}
        for row in rows:
            groups.setdefault(f"video {row['video']}" if row.get("video") else f"line {row.line}", []).append(row)
        if "frame" in columns:
            for group in groups.values():
                group.sort(key=lambda row: _number(self._path, row, "frame"))
        rows = [row for group in groups.values() for row in group]
        ends = np.cumsum([len(group) for group in groups.values()]).tolist()
        self._clips = tuple(range(start, end) for start, end in zip([0, *ends], ends, strict=False))
        self._files = [self._path.parent / row["file"] for row in rows]
        self._lines = [row.line for row in rows]
        pairs = _points(self._path, columns)
        self._points = tuple(pairs)
        values = [
            [[_number(self._path, row, x), _number(self._path, row, y)] for x, y in pairs.values()] for row in rows
        ]
        self._annotations = np.array(values, np.float64).reshape(len(rows), len(pairs), 2)
        self._annotations[np.isnan(self._annotations).any(-1)] = np.nan  # half a point is none

    def __len__(self) -> int:
        return len(self._files)

    @property
    def clips(self) -> Sequence[range]:
        """One range a video, in the order of their first rows."""
        return self._clips

    def read(self, index: int) -> np.ndarray:
        """Frame `index`; an error names the line of the CSV."""
        try:
            return read_image(self._files[index])
        except UserError as error:
            raise UserError(f"{self._path}:{self._lines[index]}: {error}") from None

    def name(self, index: int) -> str:
        """The image's path."""
        return str(self._files[index])

    @property
    def points(self) -> tuple[str, ...]:
        """Names of the annotated points; their numbers where the columns are x0, y0, ..."""
        return self._points

    def annotation(self, index: int) -> Float[np.ndarray, "points 2"]:
        """Annotated points of frame `index`."""
        return self._annotations[index]


@final
class _Row(dict[str, str]):
    """The cells of a row by column, and the line that it ends on."""

    line: int


def _rows(path: Path) -> tuple[list[str], list[_Row]]:
    rows: list[_Row] = []
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file)
            columns = next(reader, [])
            for cells in reader:
                if len(cells) not in (0, len(columns)):
                    raise UserError(f"{path}:{reader.line_num}: {len(cells)} cells where the header has {len(columns)}")
                if cells:
                    rows.append(_Row(zip(columns, cells, strict=True)))
                    rows[-1].line = reader.line_num
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"cannot read {path}: {error}") from None
    if "file" not in columns:
        raise UserError(f"{path} has no column 'file'; its columns: {', '.join(columns) or 'none'}")
    empty = next((row.line for row in rows if not row["file"]), None)
    if not rows or empty:
        raise UserError(f"{path}:{empty}: the row names no file" if empty else f"{path} lists no images")
    return columns, rows


def point(column: str) -> str:
    """The name of the point whose x a column holds; nothing if it is another column."""
    match = re.fullmatch(r"x(\d+)|(.+)_x", column)
    return (match[1] or match[2]) if match else ""


def _points(path: Path, columns: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Name -> its two columns."""
    pairs = {}
    for column in columns:
        name = point(column)
        if name:
            pairs[name] = (column, f"y{name}" if column == f"x{name}" else f"{name}_y")
            if pairs[name][1] not in columns:
                raise UserError(f"{path} has a column {column} but no {pairs[name][1]}")
    return pairs


def _number(path: Path, row: _Row, column: str) -> float:
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
