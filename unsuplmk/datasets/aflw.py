"""AFLW: faces of Flickr in the crops that the papers use, with five points."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, final

import numpy as np
from jaxtyping import Float
from pydantic import Field

from unsuplmk.card import Card
from unsuplmk.errors import UserError
from unsuplmk.evaluation.protocols import FACE
from unsuplmk.files.binary import there
from unsuplmk.files.matlab import read
from unsuplmk.files.rows import rows
from unsuplmk.frames.clips import Clips
from unsuplmk.frames.media import read_image
from unsuplmk.interfaces import Dataset
from unsuplmk.ops.window import Window

CROPS = "http://www.robots.ox.ac.uk/~vgg/research/unsupervised_landmarks/resources/aflw_release-2.zip"


@final
class Aflw(Dataset):
    """Single faces, cropped around the face by the authors of the split; every crop is resized whole.

    Koestinger et al., ICCV Workshops 2011; crops and split of Zhang et al., CVPR 2018. The files give points as
    (y, x) in pixels of the crop. Whether their first pixel is 0 or 1 is not documented; it is read as 0, as the
    published figures do. Thewlis et al. 2019 count 132 duplicates among the test faces; all are kept.

    Args:
        path: The folder of the lists, with the crops in output/.
        split: Which of the two published sets.
        crop: Resized to a square whatever its proportions, as published, or the stored crop as it is.
        side: Side of the square, px.

    Raises:
        UserError: A file is missing or damaged, or names, points and sizes are not equally many.
    """

    card = Card(
        title="AFLW",
        paper="Koestinger, Wohlhart, Roth, Bischof, ICCV Workshops 2011, https://doi.org/10.1109/ICCVW.2011.6130513",
        url="https://www.tugraz.at/institute/icg/research/team-bischof/lrs/downloads/aflw/",
        terms="Non-commercial research only, by agreement with TU Graz; images may not be passed on.",
        layout=(
            "aflw_train_images.txt     paths below output/, one a line\n"
            "aflw_train_keypoints.mat  gt: images x 5 x (y, x); hw: images x (height, width)\n"
            "aflw_test_images.txt, aflw_test_keypoints.mat\n"
            "output/                   the crops, as 0/image00002_46712.jpg"
        ),
        ask=(
            "Ask TU Graz for AFLW, as the page says. The crops, lists and points that the papers use are offered by "
            f"Jakab et al., 1.1 GB: {CROPS}"
        ),
        splits={"train": 10_122, "test": 2_991},
        crop="none: the stored crop resized to 128 x 128 px whatever its proportions",
        protocol="aflw",
    )

    def __init__(
        self,
        path: str | Path,
        *,
        split: Literal["train", "test"] = "train",
        crop: Literal["published", "none"] = "published",
        side: Annotated[int, Field(ge=16, le=2048)] = 128,
    ) -> None:
        root = Path(path)
        self._list, mat = root / f"aflw_{split}_images.txt", root / f"aflw_{split}_keypoints.mat"
        if not self._list.is_file() or not mat.is_file():
            what = f"{self._list.name} and {mat.name}, with crops in output/"
            raise UserError(f"{root} lacks {what}; {there(root)}" if root.is_dir() else f"no folder {root} with {what}")
        listed = [(row.cells[0], row.line) for row in rows(self._list, split=lambda text: [text.strip()])]
        self._names, self._lines = [name for name, _ in listed], np.array([line for _, line in listed], np.int32)
        points, sizes = read(mat, "gt", "hw")
        if points.ndim != 3 or points.shape[1:] != (5, 2) or sizes.ndim != 2 or sizes.shape[1] != 2:
            raise UserError(f"{mat}: gt is {points.shape}, hw is {sizes.shape}; expected (n, 5, 2) and (n, 2)")
        if not len(listed) == len(points) == len(sizes):
            raise UserError(f"{self._list} names {len(listed)} images; {mat} has {len(points)} gt and {len(sizes)} hw")
        if not listed:
            raise UserError(f"{self._list} names no image")
        self._points = points[..., ::-1].astype(np.float32)
        self._sizes = sizes.astype(np.int32)
        self._folder, self._side = root / "output", side if crop == "published" else 0

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """A folder with the list and the points of a split."""
        return any(
            (path / f"aflw_{split}_images.txt").is_file() and (path / f"aflw_{split}_keypoints.mat").is_file()
            for split in ("train", "test")
        )

    def __len__(self) -> int:
        return len(self._names)

    @property
    def clips(self) -> Sequence[range]:
        """Each face alone."""
        return Clips.singles(len(self))

    def read(self, index: int) -> np.ndarray:
        """Face `index`; an error names the line of the list."""
        try:
            image = read_image(self.name(index))
        except UserError as error:
            raise UserError(f"{self._list}:{self._lines[index]}: {error}") from None
        return self._window(*image.shape[:2]).image(image) if self._side else image

    def name(self, index: int) -> str:
        """The crop's path."""
        return str(self._folder / self._names[index])

    @property
    def points(self) -> tuple[str, ...]:
        """Eyes, nose, corners of the mouth; left is on the image's left."""
        return FACE

    def annotation(self, index: int) -> Float[np.ndarray, "points 2"]:
        """The five points."""
        points = self._points[index].astype(np.float64)
        return self._window(*self._sizes[index].tolist()).inside(points) if self._side else points

    def _window(self, height: int, width: int) -> Window:
        """A whole crop of that size, made square."""
        return Window(0, 0, width, height, (self._side, self._side))
