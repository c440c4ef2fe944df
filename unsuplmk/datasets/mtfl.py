"""MTFL: faces with five points and what is known of them, from the original lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal, final

import numpy as np
from jaxtyping import Float
from pydantic import Field

from unsuplmk.card import Card, Download
from unsuplmk.errors import UserError
from unsuplmk.evaluation.protocols import FACE
from unsuplmk.files.binary import there
from unsuplmk.files.rows import Row, rows
from unsuplmk.frames.clips import Clips
from unsuplmk.frames.media import image_size, read_image
from unsuplmk.interfaces import Dataset
from unsuplmk.ops.window import Window

LISTS = {"train": "training.txt", "test": "testing.txt"}
FOLDERS = ("lfw_5590", "net_7876", "AFLW")
TAGS = {
    "gender": ("male", "female"),
    "smile": ("yes", "no"),
    "glasses": ("yes", "no"),
    "pose": ("left profile", "left", "frontal", "right", "right profile"),
}
"""What the last four numbers of a row mean, from 1."""
WINDOWS = {
    ("lfw_5590", (250, 250)): (56, 66, 140),
    ("net_7876", (400, 400)): (35, 36, 330),
    ("net_7876", (160, 216)): (24, 24, 112),
    ("AFLW", (150, 150)): (0, 0, 150),
}
"""By folder and (width, height) of the picture: left, top and side of a square about the face."""


@final
class Mtfl(Dataset):
    """Single faces; the test set is the 2,995 faces of AFLW that Thewlis et al. 2017 and others report on.

    Zhang, Luo, Loy, Tang, ECCV 2014. Coordinates in the lists begin with 1. The crop `fixed` is one window for each
    source of pictures, not taken from the points, that shows faces about as large as the test set does.

    Args:
        path: The folder of training.txt and testing.txt, or the one that holds it as MTFL.
        split: Which of the two published lists.
        crop: The window of the picture's source, or the picture as it is.
        side: Side of what is cut out, px.

    Raises:
        UserError: A list is missing, or a line is not a path, ten coordinates and four classes.
    """

    card = Card(
        title="MTFL",
        paper="Zhang, Luo, Loy, Tang, ECCV 2014, https://doi.org/10.1007/978-3-319-10599-4_7",
        url="http://mmlab.ie.cuhk.edu.hk/projects/TCDCN.html",
        terms="None stated; the readme asks for citations. The test pictures are AFLW's: research only.",
        layout=(
            "training.txt  path x1..x5 y1..y5 gender smile glasses pose, one face a line\n"
            "testing.txt   the same\n"
            "lfw_5590/, net_7876/  training pictures\n"
            "AFLW/         test pictures, 150 x 150 px\n"
            "(also in a sub-folder MTFL)"
        ),
        downloads=(Download("http://mmlab.ie.cuhk.edu.hk/projects/TCDCN/data/MTFL.zip", "MTFL.zip", unpack=True),),
        splits={"train": 10_000, "test": 2_995},
        crop=(
            "test pictures whole, as published; of training pictures of 250 x 250 px, 140 px at (56, 66); of 400 x 400 "
            "px, 330 px at (35, 36); of 160 x 216 px, 112 px at (24, 24); resized to 128 x 128 px"
        ),
        protocol="aflw",
    )

    def __init__(
        self,
        path: str | Path,
        *,
        split: Literal["train", "test"] = "train",
        crop: Literal["fixed", "none"] = "fixed",
        side: Annotated[int, Field(ge=16, le=2048)] = 128,
    ) -> None:
        self._root = _root(Path(path))
        self._list, self._side = self._root / LISTS[split], side if crop == "fixed" else 0
        listed = [(_path(row), row.line, row.numbers(1, 11), _classes(row)) for row in rows(self._list, cells=15)]
        if not listed:
            raise UserError(f"{self._list} names no image")
        names, lines, numbers, classes = zip(*listed, strict=True)
        self._names, self._lines, self._classes = list(names), np.array(lines, np.int32), np.array(classes, np.int8)
        self._points = np.array(numbers, np.float32).reshape(-1, 2, 5).transpose(0, 2, 1) - 1  # MATLAB counts from 1

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """A folder with both lists and pictures."""
        root = path / "MTFL" if (path / "MTFL").is_dir() else path
        lists = all((root / name).is_file() for name in LISTS.values())
        return lists and any((root / folder).is_dir() for folder in FOLDERS)

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
            raise UserError(f"{self._here(index)}: {error}") from None
        return self._window(index, (image.shape[1], image.shape[0])).image(image) if self._side else image

    def name(self, index: int) -> str:
        """The picture's path."""
        return str(self._root / self._names[index])

    @property
    def points(self) -> tuple[str, ...]:
        """Eyes, nose, corners of the mouth; left is on the image's left."""
        return FACE

    def annotation(self, index: int) -> Float[np.ndarray, "points 2"]:
        """The five points."""
        points = self._points[index].astype(np.float64)
        return self._window(index, image_size(self.name(index))).inside(points) if self._side else points

    def tags(self, index: int) -> Mapping[str, str]:
        """Gender, smile, glasses and pose, and the folder as source."""
        known = zip(TAGS.items(), self._classes[index], strict=True)
        return {"source": self._source(index), **{tag: words[number - 1] for (tag, words), number in known}}

    def _here(self, index: int) -> str:
        return f"{self._list}:{self._lines[index]}"

    def _source(self, index: int) -> str:
        return self._names[index].partition("/")[0]

    def _window(self, index: int, size: tuple[int, int]) -> Window:
        window = WINDOWS.get((self._source(index), size))
        if window is None:
            what = f"{self.name(index)} is {size[0]} x {size[1]} px, which crop fixed has no window for"
            raise UserError(f"{self._here(index)}: {what}; take --dataset.crop none")
        left, top, width = window
        return Window(left, top, width, width, (self._side, self._side))


def _root(path: Path) -> Path:
    """The folder of the lists."""
    root = path / "MTFL" if (path / "MTFL").is_dir() else path
    if not root.is_dir():
        raise UserError(f"no folder {root}; it should hold training.txt, testing.txt, {', '.join(FOLDERS)}")
    if not any((root / name).is_file() for name in LISTS.values()):
        raise UserError(f"{root} has neither training.txt nor testing.txt of MTFL; {there(root)}")
    return root


def _path(row: Row) -> str:
    """The path of a row, which was written on Windows."""
    return row.cells[0].replace("\\", "/")


def _classes(row: Row) -> list[int]:
    """The four classes of a row."""
    found = [row.integer(cell) for cell in range(11, 15)]
    for (tag, words), number in zip(TAGS.items(), found, strict=True):
        if not 1 <= number <= len(words):
            raise UserError(f"{row}: {tag} is {number}; it must be 1 to {len(words)}")
    return found
