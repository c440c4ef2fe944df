"""Images of several objects from known viewpoints, listed in a CSV file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import final

import numpy as np
from jaxtyping import Bool

from unsuplmk.clips import Clips
from unsuplmk.csvtable import Row, table
from unsuplmk.errors import UserError, unknown
from unsuplmk.interfaces import Dataset
from unsuplmk.media import read_image

CATEGORY = "category"
"""The column that says what kind of object an image shows."""


@final
class Viewpoints(Dataset):
    """Images of one kind of object, each of a known instance from a known viewpoint.

    The CSV has a row an image: `file`, relative to the CSV, and columns for the rest. Cells are names, not numbers:
    two images have the same viewpoint if their cells are the same.

    Args:
        path: The CSV file.
        view: The columns that together say the viewpoint.
        instance: The column that says which object it is.
        lighting: The column that says the lighting; none if empty.
        mask: The column of mask files, relative to the CSV, bright where the object is; none if empty.
        category: Which rows to take, by the column `category`; all if empty.

    Raises:
        UserError: The file is no such CSV, or mixes categories.

    Attributes:
        instances: The instance of each image.
        views: Its viewpoint.
        lightings: Its lighting; empty where none is known.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        view: Sequence[str] = ("polar_deg", "azimuth_deg"),
        instance: str = "instance",
        lighting: str = "",
        mask: str = "",
        category: str = "",
    ) -> None:
        self._path = Path(path)
        columns, rows = table(self._path)
        for column in ("file", *view, instance, lighting, mask):
            if column and column not in columns:
                raise unknown(f"column of {path}", column, columns)
        self._rows = _of_category(self._path, columns, rows, category)
        self.instances = tuple(row[instance] for row in self._rows)
        self.views = tuple(tuple(row[column] for column in view) for row in self._rows)
        self.lightings = tuple(row[lighting] if lighting else "" for row in self._rows)
        self._mask = mask

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def clips(self) -> Sequence[range]:
        """Each image by itself."""
        return Clips.singles(len(self))

    def read(self, index: int) -> np.ndarray:
        """The image of row `index`."""
        return read_image(self.name(index))

    def name(self, index: int) -> str:
        """The image's path."""
        return str(self._path.parent / self._rows[index]["file"])

    def mask(self, index: int) -> Bool[np.ndarray, "height width"]:
        """Where the object is in image `index`.

        Raises:
            UserError: The mask cannot be read, or no column of masks was named.
        """
        if not self._mask:
            raise UserError(f"{self._path}: no column of masks was named")
        return read_image(self._path.parent / self._rows[index][self._mask]).max(-1) > 127

    def split(self, name: str) -> Bool[np.ndarray, "images"]:
        """Which images are of a split.

        Raises:
            UserError: The file has no such split.
        """
        splits = [row.get("split", "") for row in self._rows]
        if name not in splits:
            raise unknown(f"split of {self._path}", name, {split for split in splits if split})
        return np.array([split == name for split in splits])


def _of_category(path: Path, columns: Sequence[str], rows: list[Row], category: str) -> list[Row]:
    if CATEGORY not in columns:
        if category:
            raise UserError(f"{path} has no column {CATEGORY!r}; its columns: {', '.join(columns)}")
        return rows
    known = sorted({row[CATEGORY] for row in rows})
    if category and category not in known:
        raise unknown(f"category in {path}", category, known)
    if not category and len(known) > 1:
        raise UserError(
            f"{path} shows several categories, and one is judged at a time: --category {' or '.join(known)}"
        )
    return [row for row in rows if not category or row[CATEGORY] == category]
