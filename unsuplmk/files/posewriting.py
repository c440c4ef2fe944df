"""Tracks as the table of pose tools: what each row and column is called, and the CSV of it."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, log10
from pathlib import Path, PurePosixPath
from typing import Literal

import numpy as np
from jaxtyping import Float

from unsuplmk.errors import UserError
from unsuplmk.files.posetable import COORDS
from unsuplmk.frames.origin import Origin, once, origins
from unsuplmk.types import Tracks

Rows = Literal["auto", "frames", "paths"]
LABELLED = "labeled-data"
"""The folder of a project that has a folder of images for each video."""


@dataclass(frozen=True)
class Table:
    """What is written.

    Args:
        index: What each row is called: a frame's number, or the path of an image.
        names: Of the points.
        values: x, y and, but for labels, the likelihood of each point.
    """

    index: list[int] | list[str]
    names: tuple[str, ...]
    values: Float[np.ndarray, "rows points coords"]

    @property
    def coords(self) -> tuple[str, ...]:
        """What each point has."""
        return COORDS[: self.values.shape[-1]]


def tabulate(tracks: Tracks, rows: Rows, labels: bool, what: str) -> Table:
    """The table of tracks.

    Args:
        tracks: Of one animal.
        rows: Frames' numbers, of one video; paths of images, which of frames are those that DeepLabCut extracts from
            the video; or auto for frames where there is a video, and else paths.
        labels: Whether it is a table of labels: without likelihood, half a point is none, and images are called
            `labeled-data/FOLDER/IMAGE`, as in a project.
        what: The format, for messages.

    Raises:
        UserError: The table cannot hold these tracks; the message says what would.
    """
    _distinct(tracks.names, what)
    found = origins(tracks.source)
    once(found, what)
    videos = {origin.file for origin in found if origin.frame >= 0}
    stills = [origin.file for origin in found if origin.frame < 0]
    if rows == "frames" and not videos:
        index: list[int] | list[str] = list(range(len(found)))
    elif labels or rows == "paths" or not videos:
        index = _paths(found, labels, what)
    elif len(videos) > 1 or stills:
        more = f"{len(videos)} videos, {' and '.join(sorted(videos)[:2])}{' ...' if len(videos) > 2 else ''}"
        here = f"a video and {len(stills)} images, such as {stills[0]}" if stills else more
        raise UserError(
            f"{what} numbers the frames of one video, and these are of {here}: predict one at a time, or write .npz, "
            "which holds them all"
        )
    else:
        index = [origin.frame for origin in found]
    xy = tracks.xy
    if labels:
        return Table(index, tracks.names, np.where(np.isnan(xy).any(-1, keepdims=True), np.nan, xy))
    return Table(index, tracks.names, np.concatenate([xy, tracks.score[..., None]], -1))


def write(path: Path, table: Table, scorer: str) -> None:
    """Write the CSV; a missing number is an empty cell, and every other has all its digits.

    Args:
        path: The file.
        table: What to write.
        scorer: Whose points they are.
    """
    flat = table.values.reshape(len(table.index), len(table.names) * len(table.coords))
    cells = flat.astype(object)
    cells[np.isnan(flat)] = ""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["scorer", *[scorer] * flat.shape[1]])
        rows.writerow(["bodyparts", *(name for name in table.names for _ in table.coords)])
        rows.writerow(["coords", *table.coords * len(table.names)])
        rows.writerows([index, *row] for index, row in zip(table.index, cells.tolist(), strict=True))


def _distinct(names: Sequence[str], what: str) -> None:
    if len(set(names)) < len(names) or not all(name.strip() for name in names):
        raise UserError(f"{what} needs a name for each point, not {', '.join(map(repr, names))}")


def _paths(found: Sequence[Origin], labels: bool, what: str) -> list[str]:
    """Of images as they are called, and of frames as DeepLabCut calls the images that it extracts of a video."""
    last = max((origin.frame for origin in found), default=0)
    digits = ceil(log10(last + 1)) if last > 0 else 1  # of a video that ends with the last of these frames
    paths = []
    for origin in found:
        file = origin.file.replace("\\", "/")
        if origin.frame >= 0:
            paths.append(f"{LABELLED}/{PurePosixPath(file).stem or 'video'}/img{origin.frame:0{digits}}.png")
        elif labels:
            *_, folder, name = ["", *re.split("/+", file)]
            if not folder:
                raise UserError(f"{what} of labels needs images in a folder that is called as their video: {file}")
            paths.append(f"{LABELLED}/{folder}/{name}")
        else:
            paths.append(origin.file)
    twice, count = max(Counter(paths).items(), key=lambda item: item[1], default=("", 0))
    if count > 1:
        raise UserError(f"{what} would call several images {twice}: write those of one folder, or video, at a time")
    return paths
