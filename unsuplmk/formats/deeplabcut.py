"""Tracks as DeepLabCut's CSV: three header rows, then one row a frame."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import ClassVar, final

import numpy as np

from unsuplmk.errors import UserError
from unsuplmk.interfaces import Format
from unsuplmk.posetable import COORDS, individuals, read
from unsuplmk.types import Tracks

SCORER = "unsuplmk"


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
        if individuals(path):
            raise UserError(f"{path} holds several animals; only single-animal DeepLabCut files can be read")
        table = read(path)
        size = np.zeros((len(table.index), 2), dtype=np.int64)
        return Tracks(table.xy, table.score, table.points, size, fps=0.0, source=tuple(table.index))

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
