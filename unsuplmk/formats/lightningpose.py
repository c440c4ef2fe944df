"""Tracks as Lightning Pose's CSV: DeepLabCut's header, and in predictions for labelled images a column more."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar, final

import numpy as np
from pydantic import Field

from unsuplmk.errors import UserError
from unsuplmk.files import posetable, posewriting
from unsuplmk.files.posewriting import Rows
from unsuplmk.interfaces import Format
from unsuplmk.types import Tracks


@final
class Lightningpose(Format):
    """Lightning Pose's CSV of predictions, a row a frame, or of labels, a row an image below `labeled-data`.

    Biderman et al. 2024, https://doi.org/10.1038/s41592-024-02319-1. Its header is DeepLabCut's, of one animal. Its own
    predictions for labelled images say in a last column, `set`, which were trained on: that is passed over. An empty
    cell is NaN, and numbers have all their digits. The layout has no room for frame sizes, rates and the video's name:
    read back, size and rate are 0, and the source is the number.

    Args:
        rows: What to call rows: frames, paths, or auto for what the tracks are of.
        labels: Whether to write labels, as of CollectedData.csv, without likelihood: the images are called
            labeled-data/FOLDER/IMAGE.
        scorer: Whose points they are.

    Raises:
        UserError: Labels are to have numbers of frames.
    """

    suffixes: ClassVar[tuple[str, ...]] = (".csv",)

    def __init__(
        self, *, rows: Rows = "auto", labels: bool = False, scorer: Annotated[str, Field(min_length=1)] = "unsuplmk"
    ) -> None:
        if labels and rows == "frames":
            raise UserError("labels are of images: rows 'frames' are for predictions")
        self.rows: Rows = rows
        self.labels, self.scorer = labels, scorer

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """A CSV with the column `set`; other files of Lightning Pose are as DeepLabCut's, and read as these are."""
        return posetable.has_set(path)

    def read(self, path: Path) -> Tracks:
        """Read predictions (x, y, likelihood) or labels (x, y; the likelihood of a labelled point is 1)."""
        if posetable.individuals(path):
            raise UserError(f"{path} has individuals, as Lightning Pose has not: read it as format 'deeplabcut'")
        table = posetable.read(path)
        size = np.zeros((len(table.index), 2), dtype=np.int64)
        return Tracks(table.xy, table.score, table.points, size, fps=0.0, source=tuple(table.index))

    def write(self, tracks: Tracks, path: Path) -> None:
        """Write all frames, in their order."""
        table = posewriting.tabulate(tracks, self.rows, self.labels, "Lightning Pose's CSV")
        posewriting.write(path, table, self.scorer)
