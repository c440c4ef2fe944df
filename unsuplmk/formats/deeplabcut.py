"""Tracks as DeepLabCut's tables, in CSV or HDF5: three header rows, then one row a frame."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, ClassVar, final

import numpy as np
from pydantic import Field

from unsuplmk.errors import UserError
from unsuplmk.files import posehdf, posetable, posewriting
from unsuplmk.files.csvtable import begins_with_scorer
from unsuplmk.files.posetable import PoseTable
from unsuplmk.files.posewriting import Rows
from unsuplmk.frames.origin import joined
from unsuplmk.interfaces import Format
from unsuplmk.types import Tracks

HDF5 = ".h5"


@final
class Deeplabcut(Format):
    """DeepLabCut's tables: `scorer`, `bodyparts`, `coords` above columns x, y, likelihood; then one row a frame.

    Mathis et al. 2018, https://doi.org/10.1038/s41593-018-0209-y. The first column is the frame's number for a
    video, as in its predictions, and the image's path for still images, as in its labels. An empty cell is NaN, and
    numbers have all their digits. The layout has no room for frame sizes, rates and the video's name: read back, size
    and rate are 0, and the source is the number. A name that ends in .h5 is a table of pandas in HDF5, as DeepLabCut
    has beside each CSV and reads itself; it takes h5py, of the extra `hdf5`.

    Args:
        rows: What to call rows: frames, paths, or auto for what the tracks are of.
        labels: Whether to write labels for a project, without likelihood: the images are called
            labeled-data/FOLDER/IMAGE.
        scorer: Whose points they are; of labels, the scorer of the project.
        individual: The one animal to read, in a file of several; without it, all are read.

    Raises:
        UserError: Labels are to have numbers of frames.
    """

    suffixes: ClassVar[tuple[str, ...]] = (".csv", ".h5")

    def __init__(
        self,
        *,
        rows: Rows = "auto",
        labels: bool = False,
        scorer: Annotated[str, Field(min_length=1)] = "unsuplmk",
        individual: str = "",
    ) -> None:
        if labels and rows == "frames":
            raise UserError("labels are of images: rows 'frames' are for predictions")
        self.rows: Rows = rows
        self.labels, self.scorer, self.individual = labels, scorer, individual

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """A CSV that begins with a scorer, unless Lightning Pose alone would write it."""
        return path.suffix.lower() == ".csv" and begins_with_scorer(path) and not posetable.has_set(path)

    def read(self, path: Path) -> Tracks:
        """Read predictions (x, y, likelihood) or labelled data (x, y; the likelihood of a labelled point is 1).

        Of several animals, each row says whose it is: its source is `7#ann`. Points that one of them has not are NaN.
        """
        if path.suffix.lower() == HDF5:
            return _together(posehdf.read(path, self.individual))
        animals = [self.individual] if self.individual else posetable.individuals(path) or [""]
        return _together(posetable.several(path, animals))

    def write(self, tracks: Tracks, path: Path) -> None:
        """Write all frames of one animal, in their order."""
        table = posewriting.tabulate(tracks, self.rows, self.labels, "DeepLabCut's table")
        (posehdf if path.suffix.lower() == HDF5 else posewriting).write(path, table, self.scorer)


def _together(tables: Mapping[str, PoseTable]) -> Tracks:
    """The tracks of all animals, one after the other."""
    points = tuple(dict.fromkeys(point for table in tables.values() for point in table.points))
    count = sum(len(table.index) for table in tables.values())
    xy, score, source = np.full((count, len(points), 2), np.nan), np.zeros((count, len(points))), []
    for animal, table in tables.items():
        rows, columns = slice(len(source), len(source) + len(table.index)), [*map(points.index, table.points)]
        xy[rows, columns], score[rows, columns] = table.xy, table.score
        source += [joined(entry, animal if len(tables) > 1 else "") for entry in table.index]
    return Tracks(xy, score, points, np.zeros((count, 2), np.int64), fps=0.0, source=tuple(source))
