"""Labelled images as Lightning Pose keeps them: one CSV with DeepLabCut's header, beside folders of images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Annotated, Literal, final

import numpy as np
from jaxtyping import Float
from pydantic import Field

from unsuplmk.card import Card
from unsuplmk.errors import UserError
from unsuplmk.files.csvtable import begins_with_scorer
from unsuplmk.files.posetable import labels
from unsuplmk.frames.clips import Clips
from unsuplmk.frames.holdout import select
from unsuplmk.frames.media import natural, read_image
from unsuplmk.interfaces import Dataset

TABLES, IMAGES = "CollectedData*.csv", "labeled-data"


@final
class Lightningpose(Dataset):
    """Labelled images of a Lightning Pose data folder; those of one video are a clip.

    Biderman et al. 2024, https://doi.org/10.1038/s41592-024-02319-1. Any CSV that begins with a scorer and lists
    images is read, also one that DeepLabCut wrote. Paths in it are relative to its folder, or to one of the two
    above. A share of the images, or of the videos, is held out for tests, see `unsuplmk.frames.holdout`. The folder's
    videos are trained on by giving them instead: `unsuplmk run DATA/videos`.

    Args:
        path: The CSV, or the folder that holds it beside labeled-data.
        split: Which images to take: train, test, or all.
        individual: Whose points to take in a table with several animals.
        hold_out: What the test split is made of: single frames, or whole videos.
        test_share: Of frames or videos that are held out for tests.
        seed: Chooses which.

    Raises:
        UserError: There is no such CSV, or several; it is malformed, or holds predictions for a video.
    """

    card = Card(
        title="Lightning Pose data",
        paper="Biderman, Whiteway, Hurwitz et al., Nature Methods 2024, https://doi.org/10.1038/s41592-024-02319-1",
        url="https://github.com/paninski-lab/lightning-pose",
        terms="The owner's of the data.",
        layout="CollectedData.csv: image, points\nlabeled-data/VIDEO/*.png: the labelled images\nvideos/*: the videos",
        ask="Your own data, or what others share. Lightning Pose itself is not needed.",
        crop="None; --crop cuts out the animal.",
    )

    def __init__(
        self,
        path: str | Path,
        *,
        split: Literal["train", "test", "all"] = "train",
        individual: str = "",
        hold_out: Literal["frames", "videos"] = "frames",
        test_share: Annotated[float, Field(gt=0, lt=1)] = 0.2,
        seed: int = 0,
    ) -> None:
        table = _table(Path(path).expanduser())
        found = labels([table], lambda _, image: image, individual, "--dataset.individual")
        groups = [str(file.parent if hold_out == "videos" else file) for file in found.files]
        chosen = select(groups, split, test_share, seed).tolist()
        in_time = sorted(chosen, key=lambda i: (natural(found.files[i].parent), natural(found.files[i].name)))
        root = _root(table, found.files)
        self._labels = found.take(in_time)
        self._files = [root / file for file in self._labels.files]
        self._clips = Clips(len(list(run)) for _, run in groupby(file.parent for file in self._files))

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """A CSV that begins with a scorer; or a folder with a `CollectedData.csv` and `labeled-data`."""
        try:
            if path.suffix.lower() == ".csv" and path.is_file():
                return begins_with_scorer(path)
            return (path / IMAGES).is_dir() and any(map(begins_with_scorer, path.glob(TABLES)))
        except (OSError, ValueError):
            return False

    def __len__(self) -> int:
        return len(self._files)

    @property
    def clips(self) -> Sequence[range]:
        """One range a folder of images, in natural order."""
        return self._clips

    def read(self, index: int) -> np.ndarray:
        """Image `index`, whole; an error names the line of the CSV."""
        try:
            return read_image(self._files[index])
        except UserError as error:
            raise UserError(f"{self._labels.places[index]}: {error}") from None

    def name(self, index: int) -> str:
        """The image's path."""
        return str(self._files[index])

    @property
    def points(self) -> tuple[str, ...]:
        """The bodyparts."""
        return self._labels.points

    def annotation(self, index: int) -> Float[np.ndarray, "points 2"]:
        """Labelled points of image `index`."""
        return self._labels.xy[index]

    def tags(self, index: int) -> Mapping[str, str]:
        """The name of its video, which is that of its folder."""
        return {"video": self._files[index].parent.name}


def _table(path: Path) -> Path:
    """The CSV that a path means."""
    if not path.is_dir():
        return path
    found = sorted(file for file in path.glob(TABLES) if begins_with_scorer(file))
    if len(found) == 1:
        return found[0]
    if found:
        raise UserError(f"{path} holds several tables of labels: give one of {', '.join(file.name for file in found)}")
    here = ", ".join(sorted(entry.name for entry in path.iterdir())[:8])
    raise UserError(f"{path} holds no {TABLES} that begins with a scorer; there: {here or 'nothing'}")


def _root(table: Path, images: Sequence[Path]) -> Path:
    """What the paths of images are relative to: the nearest folder in which one of the first is there."""
    folders = (table.parent, *table.absolute().parents[1:3])
    found = (folder for folder in folders if any((folder / image).is_file() for image in images[:100]))
    return next(found, table.parent)
