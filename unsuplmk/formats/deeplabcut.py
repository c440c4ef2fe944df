"""Tracks as DeepLabCut's CSV: three header rows, then one row a frame."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, final

import numpy as np

from unsuplmk.errors import UserError
from unsuplmk.interfaces import Format
from unsuplmk.types import Tracks

SCORER = "unsuplmk"
COORDS = ("x", "y", "likelihood")


@final
class Deeplabcut(Format):
    """DeepLabCut's CSV header layout: rows `scorer`, `bodyparts`, `coords`; columns x, y, likelihood.

    Mathis et al. 2018, https://doi.org/10.1038/s41593-018-0209-y. The first column is the frame's number for a
    video, and the image's path for still images, as in DeepLabCut's labelled data. An empty cell is NaN. The
    layout has no room for frame sizes and rates: read back, they are 0.
    """

    suffixes: ClassVar[tuple[str, ...]] = (".csv",)

    def read(self, path: Path) -> Tracks:
        """Read predictions (x, y, likelihood) or labelled data (x, y; the likelihood of a labelled point is 1)."""
        try:
            with path.open(encoding="utf-8-sig", newline="") as file:
                return _parse(path, csv.reader(file))
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise UserError(f"cannot read {path} as DeepLabCut CSV: {error}") from None

    def write(self, tracks: Tracks, path: Path) -> None:
        """Write all frames, with `unsuplmk` as the scorer."""
        columns = len(tracks.names) * len(COORDS)
        names = [name for name in tracks.names for _ in COORDS]
        values = np.concatenate([tracks.xy, tracks.score[..., None]], -1).reshape(len(tracks.source), columns)
        with path.open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file, lineterminator="\n")
            table.writerow(["scorer", *[SCORER] * columns])
            table.writerow(["bodyparts", *names])
            table.writerow(["coords", *COORDS * len(tracks.names)])
            for source, row in zip(tracks.source, values, strict=True):
                index = source.rpartition(":")[2] if tracks.fps else source
                table.writerow([index, *("" if np.isnan(value) else repr(float(value)) for value in row)])


def _parse(path: Path, rows: Iterator[list[str]]) -> Tracks:
    header = [next(rows, []) for _ in range(3)]
    firsts = [row[0] if row else "" for row in header]
    if "individuals" in firsts:
        raise UserError(f"{path} holds several animals; only single-animal DeepLabCut files can be read")
    if firsts != ["scorer", "bodyparts", "coords"]:
        raise UserError(f"{path} is not DeepLabCut CSV: its first rows must begin with scorer, bodyparts, coords")
    lead = next((i for i, coord in enumerate(header[2][1:], 1) if coord), len(header[2]))  # paths may fill 3 columns
    coords = header[2][lead:]
    each = 3 if "likelihood" in coords else 2
    count = len(coords) // each
    names = tuple(header[1][lead::each])
    if not coords or coords != list(COORDS[:each]) * count or len(names) != count:
        raise UserError(f"{path} is not DeepLabCut CSV: row coords must repeat x, y or x, y, likelihood")
    sources, values = [], []
    for line, row in enumerate(rows, 4):
        if not row:
            continue
        if len(row) != lead + each * count:
            raise UserError(f"{path}:{line}: {len(row)} cells where the header has {lead + each * count}")
        sources.append("/".join(part for part in row[:lead] if part))
        try:
            values.append([float(cell) if cell.strip() else np.nan for cell in row[lead:]])
        except ValueError as error:
            raise UserError(f"{path}:{line}: {error}") from None
    table = np.array(values, dtype=np.float64).reshape(len(sources), count, each)
    xy = table[..., :2].copy()
    score = table[..., 2].copy() if each == 3 else np.where(np.isfinite(xy).all(-1), 1.0, 0.0)
    size = np.zeros((len(sources), 2), dtype=np.int64)
    return Tracks(xy=xy, score=score, names=names, size=size, fps=0.0, source=tuple(sources))
