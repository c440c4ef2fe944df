"""CUB-200-2011: birds of 200 species with 15 parts, from the original text files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal, TypeVar, final

import numpy as np
from jaxtyping import Float
from pydantic import Field

from unsuplmk.card import Card, Download
from unsuplmk.errors import UserError
from unsuplmk.files.folders import root
from unsuplmk.files.rows import Row, rows
from unsuplmk.frames.clips import Clips
from unsuplmk.frames.media import image_size, read_image
from unsuplmk.interfaces import Dataset
from unsuplmk.ops.window import Window

FOLDER = "CUB_200_2011"
TABLES = "images.txt, image_class_labels.txt, train_test_split.txt, bounding_boxes.txt, parts/ and images/"

Found = TypeVar("Found")


@final
class Cub(Dataset):
    """One bird a picture, with 15 parts; a part that is not visible is missing.

    Wah, Branson, Welinder, Perona, Belongie, Caltech 2011. Coordinates are taken as pixels from 0, as they stand: the
    owner does not say where they begin. AutoLink's released preparation takes its images from the lists of another
    work, and trims sides to multiples of 16 px first; here the owner's lists count, and no side is trimmed.

    Args:
        path: The folder CUB_200_2011, or the one that holds it.
        split: The published halves of each species.
        classes: Numbers of the species to take, 1 to 200, all if none; figures are published for 1, 2 and 3 alone.
        crop: `square` about the box of the bird, its longer side, cut off at the picture's border and stretched to
            `side`, as published; `box`, the box itself; or `none`, the whole picture.
        side: Of the square crops, px.
        facing: `left` mirrors a bird of which the right eye alone is visible, so that nearly all look to the left; the
            left and right parts of it change names.

    Raises:
        UserError: A file is missing or malformed, files do not fit each other, or a species has no images.
    """

    card = Card(
        title="Caltech-UCSD Birds-200-2011",
        paper="Wah, Branson, Welinder, Perona, Belongie, technical report CNS-TR-2011-001, Caltech 2011",
        url="https://data.caltech.edu/records/65de6-vp158",
        terms="The pictures belong to their photographers; cite the report. See the owner's page.",
        layout=(
            "images.txt              image number, path below images/\n"
            "image_class_labels.txt  image number, class number\n"
            "train_test_split.txt    image number, 1 to train and 0 to test\n"
            "bounding_boxes.txt      image number, left, top, width, height\n"
            "parts/parts.txt         part number, name\n"
            "parts/part_locs.txt     image number, part number, x, y, visible\n"
            "images/                 11,788 pictures\n"
            "(also in a sub-folder CUB_200_2011)"
        ),
        downloads=(
            Download(
                "https://data.caltech.edu/records/65de6-vp158/files/CUB_200_2011.tgz",
                "CUB_200_2011.tgz",
                "md5:97eceeb196236b17998738112f37df78",
                unpack=True,
            ),
        ),
        splits={"train": 5994, "test": 5794},
        crop="square about the bird's box, its longer side, cut off at the picture's border, stretched to 128 x 128 px",
        protocol="cub",
    )

    def __init__(
        self,
        path: str | Path,
        *,
        split: Literal["train", "test"] = "train",
        classes: tuple[int, ...] = (),
        crop: Literal["square", "box", "none"] = "square",
        side: Annotated[int, Field(ge=8)] = 128,
        facing: Literal["any", "left"] = "any",
    ) -> None:
        self._folder = root(path, FOLDER, TABLES, marks=["images.txt"])
        self._list = self._folder / "images.txt"
        names = {row.integer(0): row for row in rows(self._list, cells=2, split=_twain)}
        place = {number: i for i, number in enumerate(names)}
        labels = _values(self._folder / "image_class_labels.txt", place, 1)[:, 0]
        trains = _values(self._folder / "train_test_split.txt", place, 1, known=(0, 1))
        chosen = trains[:, 0] == (split == "train")
        chosen &= _of(classes, labels, self._folder)
        listed = [row for row, wanted in zip(names.values(), chosen, strict=True) if wanted]
        self._names = [row.cells[1] for row in listed]
        self._lines = np.array([row.line for row in listed], np.int32)
        self._classes = labels[chosen].astype(np.int16)
        self._boxes = _values(self._folder / "bounding_boxes.txt", place, 4)[chosen]
        self._points, parts = _parts(self._folder / "parts", place)
        self._parts = parts[chosen].astype(np.float32)
        self._crop, self._side = crop, side
        self._mirrored = self._sees("right_eye") & ~self._sees("left_eye") & (facing == "left")

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """A folder with the lists of images and of parts."""
        return any(
            (one / "images.txt").is_file() and (one / "parts/part_locs.txt").is_file() for one in (path, path / FOLDER)
        )

    def __len__(self) -> int:
        return len(self._names)

    @property
    def clips(self) -> Sequence[range]:
        """Each picture by itself."""
        return Clips.singles(len(self))

    def read(self, index: int) -> np.ndarray:
        """The picture, cropped; an error names the line of images.txt."""
        frame = self._of_file(index, read_image)
        cropped = self._window(index, (frame.shape[1], frame.shape[0])).image(frame)
        return np.ascontiguousarray(cropped[:, ::-1]) if self._mirrored[index] else cropped

    def name(self, index: int) -> str:
        """The picture's path."""
        return str(self._folder / "images" / self._names[index])

    def tags(self, index: int) -> Mapping[str, str]:
        """The number of the species."""
        return {"class": str(self._classes[index])}

    @property
    def points(self) -> tuple[str, ...]:
        """The names of the parts, as in parts.txt, with `_` for spaces."""
        return self._points

    def annotation(self, index: int) -> Float[np.ndarray, "points 2"]:
        """The visible parts in the crop."""
        window = self._window(index, self._of_file(index, image_size))
        points = window.inside(self._parts[index])
        if self._mirrored[index]:
            points[:, 0] = window.size[0] - 1 - points[:, 0]
            points = points[[self._points.index(_mirror(name, self._points)) for name in self._points]]
        return points

    def _of_file(self, index: int, look: Callable[[str], Found]) -> Found:
        try:
            return look(self.name(index))
        except UserError as error:
            raise UserError(f"{self._list}:{self._lines[index]}: {error}") from None

    def _sees(self, part: str) -> np.ndarray:
        if part not in self._points:
            return np.zeros(len(self), bool)
        return np.isfinite(self._parts[:, self._points.index(part), 0])

    def _window(self, index: int, size: tuple[int, int]) -> Window:
        left, top, width, height = self._boxes[index].tolist()
        whole = Window(0, 0, *size)
        if self._crop == "none":
            return whole
        out = (0, 0)
        if self._crop == "square":
            longer, out = max(width, height), (self._side, self._side)
            left, top, width, height = left + (width - longer) / 2, top + (height - longer) / 2, longer, longer
        try:
            return Window(left, top, width, height, out).inside_of(size)
        except ValueError:
            boxes = self._folder / "bounding_boxes.txt"
            raise UserError(f"{boxes}: the box of {self._names[index]} is empty or outside its picture") from None


def _values(
    path: Path, place: Mapping[int, int], count: int, *, known: tuple[int, ...] = ()
) -> Float[np.ndarray, "images values"]:
    """The numbers that a table gives each image, in the order of images.txt."""
    values = np.full((len(place), count), np.nan)
    for row in rows(path, cells=1 + count):
        values[_place(row, place)] = numbers = row.numbers(1)
        if known and numbers[0] not in known:
            raise UserError(f"{row}: {row.cells[1]!r} is not {' or '.join(map(str, known))}")
    if np.isnan(values).any():
        raise UserError(f"{path} says nothing of image {list(place)[int(np.isnan(values).any(1).argmax())]}")
    return values


def _parts(folder: Path, place: Mapping[int, int]) -> tuple[tuple[str, ...], Float[np.ndarray, "images points 2"]]:
    """The names of the parts, and where they are; NaN where they are not visible."""
    names = {row.integer(0): row.cells[1] for row in rows(folder / "parts.txt", cells=2, split=_twain)}
    parts = {number: i for i, number in enumerate(names)}
    found = np.full((len(place), len(parts), 2), np.nan)
    seen = np.zeros(found.shape[:2], bool)
    for row in rows(folder / "part_locs.txt", cells=5):
        part = parts.get(row.integer(1))
        if part is None:
            raise UserError(f"{row}: parts.txt has no part {row.cells[1]}")
        image = _place(row, place)
        seen[image, part] = True
        if row.integer(4):
            found[image, part] = row.numbers(2, 4)
    if not seen.all():
        image, part = np.argwhere(~seen)[0]
        number, missing = list(place)[image], list(names)[part]
        raise UserError(f"{folder / 'part_locs.txt'} says nothing of part {missing} of image {number}")
    return tuple(name.replace(" ", "_") for name in names.values()), found


def _place(row: Row, place: Mapping[int, int]) -> int:
    found = place.get(row.integer(0))
    if found is None:
        raise UserError(f"{row}: images.txt has no image {row.cells[0]}")
    return found


def _of(classes: tuple[int, ...], labels: np.ndarray, folder: Path) -> np.ndarray:
    """Which images are of the classes that are asked for."""
    none = [str(number) for number in classes if number not in labels]
    if none:
        known = f"{int(labels.min())} to {int(labels.max())}" if len(labels) else "none"
        raise UserError(
            f"{folder / 'image_class_labels.txt'} has no image of class {', '.join(none)}; classes: {known}"
        )
    return np.isin(labels, classes) if classes else np.ones(len(labels), bool)


def _twain(text: str) -> list[str]:
    return text.strip().split(maxsplit=1)


def _mirror(name: str, known: Sequence[str]) -> str:
    """What the same place is called in the mirror."""
    other = name.replace("left_", "right_") if "left_" in name else name.replace("right_", "left_")
    return other if other in known else name
