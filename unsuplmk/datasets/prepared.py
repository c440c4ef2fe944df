"""The folder that `unsuplmk prepare` writes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import final

import numpy as np
from jaxtyping import Float, Shaped, UInt8

from unsuplmk.batches.shards import CONTENTS, Shards
from unsuplmk.card import Card
from unsuplmk.errors import UserError
from unsuplmk.frames.clips import Clips
from unsuplmk.frames.prepare import Fit
from unsuplmk.interfaces import Dataset

SPLITS = ("train", "test")
"""Sub-folders by which a folder of splits is recognised."""


@final
class Prepared(Dataset):
    """Frames that were made square once and written as shards, for sets of many thousand to many million frames.

    Training decodes them when it needs them, so that memory does not grow with their number. Names, tags, times and
    clips are those of the data that was prepared; annotated points are in pixels of the squares. A shard that is
    missing or truncated is named when the folder is opened.

    A folder may hold several splits, each prepared into a sub-folder of that name: `train`, `test`, ...

    Args:
        path: The folder.
        split: The sub-folder to read, where there are several.

    Raises:
        UserError: It is no such folder, or not complete; or a shard is missing or truncated.
    """

    card = Card(
        title="Prepared data",
        layout=f"{CONTENTS}: what was prepared, and how\nclips.npy: where clips end\n00000.arrow, ...: the frames",
    )

    def __init__(self, path: str | Path, *, split: str = "train") -> None:
        self._shards = Shards(_folder(Path(path).expanduser(), split))
        self._clips = Clips.until(self._shards.ends())

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """Whether it holds `prepared.json`, or its sub-folder of a split does."""
        return any(map(_prepared, (path, *(path / split for split in SPLITS))))

    def __len__(self) -> int:
        return len(self._shards)

    @property
    def clips(self) -> Sequence[range]:
        """As in the data that was prepared, less what could not be read."""
        return self._clips

    @property
    def fit(self) -> Fit:
        """How the frames were made square."""
        return Fit(self._shards.contents.size, self._shards.contents.fit)

    def squares(self, indices: Shaped[np.ndarray, "count"]) -> UInt8[np.ndarray, "count size size 3"]:
        """Several frames.

        Raises:
            UserError: One cannot be decoded.
        """
        return self._shards.images(indices)

    def read(self, index: int) -> np.ndarray:
        """Frame `index`, square."""
        return self._shards.image(index)

    def name(self, index: int) -> str:
        """Its name in the data that was prepared."""
        return self._shards.cell(index, "name")

    @property
    def fps(self) -> float:
        """As of the data that was prepared."""
        return self._shards.contents.fps

    def seconds(self, index: int) -> float:
        """As in the data that was prepared."""
        found = self._shards.cell(index, "seconds")
        return float("nan") if found is None else found

    @property
    def points(self) -> tuple[str, ...]:
        """As of the data that was prepared."""
        return self._shards.contents.points

    def annotation(self, index: int) -> Float[np.ndarray, "points 2"]:
        """Annotated points of frame `index`, in pixels of the square."""
        if not self.points:
            return np.empty((0, 2))
        return np.array(self._shards.cell(index, "points"), np.float64).reshape(-1, 2)

    def tags(self, index: int) -> Mapping[str, str]:
        """As in the data that was prepared."""
        return json.loads(self._shards.cell(index, "tags") or "{}")


def _folder(folder: Path, split: str) -> Path:
    """The folder of a split, which is the folder itself where there is one split only."""
    if _prepared(folder):
        if split != "train":
            raise UserError(
                f"{folder} is one split only: prepare each split into a sub-folder of its name, such as {split}/"
            )
        return folder
    found = sorted(path.parent.name for path in folder.glob(f"*/{CONTENTS}"))
    if found and split not in found:
        raise UserError(f"{folder} has no split {split!r}; there are: {', '.join(found)}")
    return folder / split if found else folder


def _prepared(folder: Path) -> bool:
    try:
        return (folder / CONTENTS).is_file()
    except (OSError, ValueError):
        return False
