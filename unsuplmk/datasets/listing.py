"""Images listed in a CSV file, with their split, their video and their annotated points."""

from __future__ import annotations

import csv
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
    cell is a missing point. Other columns are ignored.

    Args:
        path: The CSV file.
        split: Which rows to take, by their `split` column; without such a column, all rows.

    Raises:
        UserError: The file is no such CSV, or has no rows of that split.
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
        groups: dict[str, list[dict[str, str]]] = {}
        for i, row in enumerate(rows):
            groups.setdefault(f"video {row['video']}" if row.get("video") else f"row {i}", []).append(row)
        if "frame" in columns:
            for group in groups.values():
                group.sort(key=lambda row: _number(self._path, row, "frame"))
        rows = [row for group in groups.values() for row in group]
        ends = np.cumsum([len(group) for group in groups.values()]).tolist()
        self._clips = tuple(range(start, end) for start, end in zip([0, *ends], ends, strict=False))
        self._files = [self._path.parent / row["file"] for row in rows]
        pairs = _points(columns)
        self._points = tuple(pairs)
        values = [
            [[_number(self._path, row, x), _number(self._path, row, y)] for x, y in pairs.values()] for row in rows
        ]
        self._annotations = np.array(values, np.float64).reshape(len(rows), len(pairs), 2)

    def __len__(self) -> int:
        return len(self._files)

    @property
    def clips(self) -> Sequence[range]:
        """One range a video, in the order of their first rows."""
        return self._clips

    def read(self, index: int) -> np.ndarray:
        """Frame `index`."""
        return read_image(self._files[index])

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


def _rows(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, restval="")
            columns, rows = list(reader.fieldnames or ()), list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"cannot read {path}: {error}") from None
    if "file" not in columns:
        raise UserError(f"{path} has no column 'file'; its columns: {', '.join(columns) or 'none'}")
    empty = next((line for line, row in enumerate(rows, 2) if not row["file"]), None)
    if not rows or empty:
        raise UserError(f"{path} lists no images" if not rows else f"{path}: row {empty} names no file")
    return columns, rows


def _points(columns: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Name -> its two columns."""
    pairs = {}
    for column in columns:
        numbered, named = re.fullmatch(r"x(\d+)", column), re.fullmatch(r"(.+)_x", column)
        if numbered and f"y{numbered[1]}" in columns:
            pairs[numbered[1]] = (column, f"y{numbered[1]}")
        elif named and f"{named[1]}_y" in columns:
            pairs[named[1]] = (column, f"{named[1]}_y")
    return pairs


def _number(path: Path, row: dict[str, str], column: str) -> float:
    try:
        return float(row[column]) if row[column] else float("nan")
    except ValueError:
        raise UserError(f"{path}: {column} of {row['file']} is {row[column]!r}, not a number") from None
