"""Tracks as DeepLabCut's tables, in CSV or HDF5: three header rows, then one row a frame."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar, final

import numpy as np
from pydantic import Field

from unsuplmk.errors import UserError
from unsuplmk.files import posehdf, posetable, posewriting
from unsuplmk.files.csvtable import begins_with_scorer
from unsuplmk.files.posewriting import Rows
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
        individual: Which animal to read, in a file of several.

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
        """Read predictions (x, y, likelihood) or labelled data (x, y; the likelihood of a labelled point is 1)."""
        option = "--from.individual"
        if path.suffix.lower() == HDF5:
            table = posehdf.read(path, self.individual, option)
        else:
            animals = posetable.individuals(path)
            table = posetable.read(path, posetable.chosen(path, animals, self.individual, option))
        size = np.zeros((len(table.index), 2), dtype=np.int64)
        return Tracks(table.xy, table.score, table.points, size, fps=0.0, source=tuple(table.index))

    def write(self, tracks: Tracks, path: Path) -> None:
        """Write all frames of one animal, in their order."""
        table = posewriting.tabulate(tracks, self.rows, self.labels, "DeepLabCut's table")
        (posehdf if path.suffix.lower() == HDF5 else posewriting).write(path, table, self.scorer)
