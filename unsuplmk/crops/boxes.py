"""Boxes that a CSV lists."""

from __future__ import annotations

import math
import os
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, final

import numpy as np
from pydantic import Field

from unsuplmk import types
from unsuplmk.errors import UserError
from unsuplmk.files.csvtable import Row, table
from unsuplmk.interfaces import Crop, Dataset
from unsuplmk.ops.squares import around

BOX = ("left", "top", "width", "height")


@final
class Boxes(Crop):
    """A square about the boxes of a CSV: `file`, `left`, `top`, `width`, `height`, and optionally `frame`, `track`.

    `file` is an image, relative to the CSV, or a frame of a video as `video.mp4:frame`; with a column `frame` it is
    the video alone. Frames count from 0. Numbers are in pixels from the corner of the frame, as COCO's `bbox`: a box
    at 0, 0 with the frame's width and height is all of it, and a box about the first pixel alone is 0, 0, 1, 1.

    A frame may have several boxes: each makes a picture of its own. Those of one `track` are a clip. Boxes of other
    frames than the data's do not matter, and frames without a box are left out.

    Args:
        file: The CSV file.
        margin: What is added to the longer side of a box, as a share of it.
    """

    def __init__(self, *, file: str, margin: Annotated[float, Field(ge=0, le=10)] = 0.1) -> None:
        self._file, self._margin = Path(file).expanduser(), margin

    def boxes(self, dataset: Dataset, report: Callable[[str], None]) -> types.Boxes:
        """Boxes of the dataset's frames, in the order of the frames and, of one frame, of the lines.

        Raises:
            UserError: The file cannot be read, a line is wrong, or no frame has a box.
        """
        listed = _listed(self._file)
        folders = Path(), self._file.parent  # names that are no paths, such as array:3, are the same in either
        rows = [
            (index, row)
            for index in range(len(dataset))
            for row in next(filter(None, (listed.get(_absolute(dataset.name(index), at)) for at in folders)), ())
        ]
        frames = np.array([index for index, _ in rows], np.int64)
        missing = len(dataset) - len(np.unique(frames))
        if not rows:
            raise UserError(
                f"{self._file} has boxes of other frames only: its first is of {next(iter(listed))}, the first frame "
                f"is {dataset.name(0)}; `file` is relative to the CSV; --crop whole takes whole frames"
            )
        if missing:
            report(f"{missing} of {len(dataset)} frames have no box in {self._file} and are left out")
        edges = np.array([row.edges for _, row in rows], np.float64)
        tracks = tuple(row.track for _, row in rows)
        return types.Boxes(frames, around(edges, self._margin), tracks if any(tracks) else ())


@final
class _Box:
    """A line of the CSV."""

    __slots__ = ("edges", "track")

    def __init__(self, path: Path, row: Row) -> None:
        left, top, width, height = (_number(path, row, column) for column in BOX)
        if width <= 0 or height <= 0:
            raise UserError(f"{path}:{row.line}: a box of {width:g} x {height:g} px is empty")
        self.edges = (left, top, left + width, top + height)
        self.track = row.get("track", "").strip()


def _listed(path: Path) -> Mapping[str, list[_Box]]:
    """Name of a frame, with an absolute path -> its boxes."""
    columns, rows = table(path)
    missing = [column for column in BOX if column not in columns]
    if missing:
        raise UserError(f"{path} has no column {missing[0]!r}; it needs file, {', '.join(BOX)}: {', '.join(columns)}")
    listed: dict[str, list[_Box]] = defaultdict(list)
    for row in rows:
        box, name = _Box(path, row), row["file"]
        if row.get("frame", "").strip():
            name = f"{name}:{_whole(path, row, 'frame')}"
        boxes = listed[_absolute(name, path.parent)]
        if box.track and any(box.track == other.track for other in boxes):
            raise UserError(f"{path}:{row.line}: a second box of track {box.track!r} in {name}")
        boxes.append(box)
    return listed


def _absolute(name: str, folder: Path) -> str:
    """A path that is the same however it was written; links stay, since two of them may be two clips."""
    return os.path.abspath(os.path.join(folder, os.path.expanduser(name)))


def _number(path: Path, row: Row, column: str) -> float:
    try:
        value = float(row[column])
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise UserError(f"{path}:{row.line}: {column} is {row[column]!r}, not a number")
    return value


def _whole(path: Path, row: Row, column: str) -> int:
    value = _number(path, row, column)
    if value < 0 or not value.is_integer():
        raise UserError(f"{path}:{row.line}: {column} is {row[column]!r}, not a whole number from 0")
    return int(value)
