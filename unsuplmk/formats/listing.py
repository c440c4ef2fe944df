"""Tracks as our own table of annotated images, which the dataset `listing` reads: found points become labels."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, final

import numpy as np

from unsuplmk.errors import UserError
from unsuplmk.files import csvtable
from unsuplmk.frames.origin import joined, origins
from unsuplmk.interfaces import Format
from unsuplmk.types import Tracks

SCORE = "_score"


@final
class Listing(Format):
    """CSV of images, a row each: `file`, and for each point `NAME_x`, `NAME_y`, `NAME_score`.

    It is what `unsuplmk evaluate` and `unsuplmk run` take as labelled images. Files are relative to the CSV, but for
    those with an absolute path; read back, they are relative to where you are. An empty cell is NaN, and numbers have
    all their digits. Which of several animals a row is of is in a column `track`; sizes and rates have no place: read
    back, they are 0.

    Args:
        split: What all rows have in a column `split`: train or test; without it, there is no such column.
    """

    suffixes: ClassVar[tuple[str, ...]] = (".csv",)

    def __init__(self, *, split: str = "") -> None:
        self.split = split

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """A CSV with a column `file` and columns of a point."""
        try:
            columns = csvtable.header(path)
        except UserError:
            return False
        return "file" in columns and any(map(csvtable.point, columns))

    def read(self, path: Path) -> Tracks:
        """Read points of all splits; without a column of scores, that of a point is 1, and 0 where it is missing."""
        columns, rows = csvtable.table(path)
        pairs = csvtable.pairs(path, columns)
        if not pairs:
            raise UserError(f"{path} has no points: no columns NAME_x and NAME_y, or x0 and y0")
        values = [[csvtable.number(path, row, column) for pair in pairs.values() for column in pair] for row in rows]
        xy = np.array(values, np.float64).reshape(len(rows), len(pairs), 2)
        score = np.asarray(np.isfinite(xy).all(-1), np.float64)
        for place, name in enumerate(pairs):
            if name + SCORE in columns:
                score[:, place] = [csvtable.number(path, row, name + SCORE) for row in rows]
        pictures = [os.path.normpath(path.parent / row["file"]) for row in rows]
        source = tuple(joined(file, row.get("track", "")) for file, row in zip(pictures, rows, strict=True))
        return Tracks(xy, score, tuple(pairs), np.zeros((len(rows), 2), np.int64), 0.0, source)

    def write(self, tracks: Tracks, path: Path) -> None:
        """Write all rows, in their order."""
        if not tracks.source:
            raise UserError("a listing lists images, and there are none")
        columns = [f"{name}{what}" for name in tracks.names for what in ("_x", "_y", SCORE)]
        found = origins(tracks.source)
        lead = {"file": _from(path.parent, [origin.picture for origin in found])}
        if any(origin.track for origin in found):
            lead["track"] = [origin.track for origin in found]
        if self.split:
            lead["split"] = [self.split] * len(found)
        if len({*lead, *columns}) < len(lead) + len(columns) or not all(map(csvtable.point, columns[::3])):
            raise UserError(f"a listing needs a name for each point, not {', '.join(map(repr, tracks.names))}")
        flat = np.concatenate([tracks.xy, tracks.score[..., None]], -1).reshape(len(found), len(columns))
        cells = flat.astype(object)
        cells[np.isnan(flat)] = ""
        with path.open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file, lineterminator="\n")
            rows.writerow([*lead, *columns])
            first = zip(*lead.values(), strict=True)
            rows.writerows([*begin, *row] for begin, row in zip(first, cells.tolist(), strict=True))


def _from(folder: Path, pictures: Sequence[str]) -> list[str]:
    """Paths as they are relative to a folder, with forward slashes; absolute ones as they are."""
    known: dict[str, str] = {}
    found = []
    for picture in pictures:
        where, name = os.path.split(picture)
        if where not in known:
            known[where] = where if os.path.isabs(where) else os.path.relpath(where or ".", folder)
        found.append(os.path.normpath(os.path.join(known[where], name)).replace(os.sep, "/"))
    return found
