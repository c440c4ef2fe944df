"""Images listed in a CSV file, with their split, their video and their annotated points."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import final

import numpy as np
from jaxtyping import Bool, Float

from unsuplmk.errors import UserError, unknown
from unsuplmk.files.csvtable import Row, begins_with_scorer, number, pairs, table
from unsuplmk.frames.clips import Clips
from unsuplmk.frames.media import read_image
from unsuplmk.interfaces import Dataset


@final
class Listing(Dataset):
    """Images that a CSV lists, one a row: `file`, relative to the CSV, and optionally `split`, `video`, `frame`.

    Rows of one `video` are a clip, in the order of `frame`; a row without is a clip of its own. Annotated points
    are columns `x0,y0,x1,y1,...` or `<name>_x,<name>_y`, in pixels with the first pixel's centre at 0; an empty
    cell is a missing point. A column `seconds` says when a frame was taken, a column `mask` names a picture that is
    bright where the object is. Other columns are tags. Errors name the line.

    Args:
        path: The CSV file.
        split: Which rows to take, by their `split` column; all for every row, as without such a column.
        where: Which of these to take, by other columns: category=car.

    Raises:
        UserError: The file is no such CSV, or has no rows of that split; or a cell is not a number.
    """

    def __init__(self, path: str | Path, *, split: str = "train", where: tuple[str, ...] = ()) -> None:
        self._path = Path(path)
        columns, rows = table(self._path)
        if "split" in columns and split != "all":
            splits = Counter(row["split"] for row in rows)
            rows = [row for row in rows if row["split"] == split]
            if not rows:
                known = ", ".join(f"{name} ({count} rows)" for name, count in sorted(splits.items()))
                raise UserError(f"{path} has no rows of split {split!r}; known: {known or 'none'}")
        for condition in where:
            rows = _chosen(self._path, columns, rows, condition)
        groups: dict[str, list[Row]] = {}
        for row in rows:
            groups.setdefault(f"video {row['video']}" if row.get("video") else f"line {row.line}", []).append(row)
        if "frame" in columns:
            for group in groups.values():
                group.sort(key=lambda row: number(self._path, row, "frame"))
        rows = [row for group in groups.values() for row in group]
        self._clips = Clips(len(group) for group in groups.values())
        self._files = [self._path.parent / row["file"] for row in rows]
        self._lines = [row.line for row in rows]
        self._seconds = [number(self._path, row, "seconds") for row in rows] if "seconds" in columns else []
        named = pairs(self._path, columns)
        held = {"file", *(column for pair in named.values() for column in pair)}
        self._tags = [{column: cell for column, cell in row.items() if column not in held} for row in rows]
        self._points = tuple(named)
        values = [[[number(self._path, row, x), number(self._path, row, y)] for x, y in named.values()] for row in rows]
        self._annotations = np.array(values, np.float64).reshape(len(rows), len(named), 2)
        self._annotations[np.isnan(self._annotations).any(-1)] = np.nan  # half a point is none

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """Any CSV, but for those that begin with a scorer: pose tools write them."""
        return path.suffix.lower() == ".csv" and path.is_file() and not begins_with_scorer(path)

    def __len__(self) -> int:
        return len(self._files)

    @property
    def clips(self) -> Sequence[range]:
        """One range a video, in the order of their first rows."""
        return self._clips

    def read(self, index: int) -> np.ndarray:
        """Frame `index`; an error names the line of the CSV."""
        return self._image(self._files[index], index)

    def name(self, index: int) -> str:
        """The image's path."""
        return str(self._files[index])

    def seconds(self, index: int) -> float:
        """The cell of the column `seconds`."""
        return self._seconds[index] if self._seconds else math.nan

    def tags(self, index: int) -> Mapping[str, str]:
        """The cells of all columns but the file and the points."""
        return self._tags[index]

    def mask(self, index: int) -> Bool[np.ndarray, "height width"] | None:
        """The picture that the cell of the column `mask` names, where it is bright."""
        file = self._tags[index].get("mask")
        return self._image(self._path.parent / file, index).max(-1) > 127 if file else None

    @property
    def points(self) -> tuple[str, ...]:
        """Names of the annotated points; their numbers where the columns are x0, y0, ..."""
        return self._points

    def annotation(self, index: int) -> Float[np.ndarray, "points 2"]:
        """Annotated points of frame `index`."""
        return self._annotations[index]

    def _image(self, file: Path, index: int) -> np.ndarray:
        """A picture that the row of frame `index` names."""
        try:
            return read_image(file)
        except UserError as error:
            raise UserError(f"{self._path}:{self._lines[index]}: {error}") from None


def _chosen(path: Path, columns: Sequence[str], rows: list[Row], condition: str) -> list[Row]:
    """The rows that hold the value, in the column, that a condition asks for."""
    column, _, value = condition.partition("=")
    if column not in columns:
        raise unknown(f"column of {path} for --dataset.where {condition!r}", column, columns)
    found = [row for row in rows if row[column] == value]
    if not found:
        raise unknown(f"{column} in {path}", value, {row[column] for row in rows})
    return found
