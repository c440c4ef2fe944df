"""300-W: faces in the wild with 68 points, from the four original folders."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal, final

import numpy as np
from jaxtyping import Float
from pydantic import Field

from unsuplmk.card import Card
from unsuplmk.errors import UserError
from unsuplmk.files import matlab
from unsuplmk.files.binary import there
from unsuplmk.files.rows import rows
from unsuplmk.frames.clips import Clips
from unsuplmk.frames.media import IMAGES, read_image
from unsuplmk.interfaces import Dataset
from unsuplmk.ops.window import Window

COMMON, CHALLENGING = ("helen/testset", "lfpw/testset"), ("ibug",)
FOLDERS = {
    "train": ("afw", "helen/trainset", "lfpw/trainset"),
    "test": (*COMMON, *CHALLENGING),
    "common": COMMON,
    "challenging": CHALLENGING,
}
"""The folders of each split, as Ren et al., CVPR 2014 put them together."""
POINTS = 68
BOXES = "Bounding Boxes"
WIDE, SHOWN, UP = 52, 70, 2
"""The published crop: the face is 52 px wide, the square shown 70 px, its centre 2 px above the face's."""

Box = tuple[float, float, float, float]


@final
class W300(Dataset):
    """Single faces, cut out of photos that show several.

    Sagonas et al., ICCV Workshops 2013. Coordinates in the files begin with 1. The box of a face is that of its points,
    or that of the detector of the challenge.

    Args:
        path: The folder that holds afw, helen, lfpw and ibug.
        split: `test` is common and challenging together.
        crop: The square of Thewlis et al. 2019 (DVE), a square about the box of the points or of the detector, or the
            photo as it is.
        margin: With crop points or detector: what is added on each side, in lengths of the box's longer side.
        side: Side of what is cut out, px.

    Raises:
        UserError: A folder is missing, or a file of points or boxes is missing, malformed or does not fit another.
    """

    card = Card(
        title="300-W",
        paper="Sagonas, Tzimiropoulos, Zafeiriou, Pantic, ICCV Workshops 2013, https://doi.org/10.1109/ICCVW.2013.59",
        url="https://ibug.doc.ic.ac.uk/resources/facial-point-annotations/",
        terms="Non-commercial research only; each of the four sets has terms of its own.",
        layout=(
            "afw/, ibug/                     photos and, beside each, its points as .pts\n"
            "helen/trainset/, helen/testset/ the same\n"
            "lfpw/trainset/, lfpw/testset/   the same\n"
            "Bounding Boxes/bounding_boxes_afw.mat, ..._helen_trainset.mat, ...  for --dataset.crop detector"
        ),
        ask=(
            "The page links afw.zip, helen.zip, lfpw.zip, ibug.zip and bounding_boxes.zip after a confirmation. Unpack "
            "each in a folder of its name (unzip lfpw.zip -d lfpw), the last in 'Bounding Boxes'."
        ),
        splits={"train": 3_148, "test": 689, "common": 554, "challenging": 135},
        crop=(
            "a square of 70/52 of the width of the box of the points, about its centre moved up by 2/52 of it, resized "
            "to 128 x 128 px (Thewlis et al. 2019)"
        ),
        protocol="300w",
    )

    def __init__(
        self,
        path: str | Path,
        *,
        split: Literal["train", "test", "common", "challenging"] = "train",
        crop: Literal["published", "points", "detector", "none"] = "published",
        margin: Annotated[float, Field(ge=0, le=10)] = 0.25,
        side: Annotated[int, Field(ge=16, le=2048)] = 128,
    ) -> None:
        root, self._names = Path(path), list[str]()
        points, boxes = [], []
        for folder in FOLDERS[split]:
            names = list(_pairs(root, folder))
            self._names += names
            here = [_points(Path(name).with_suffix(".pts")) for name in names]
            points += here
            boxes += _detected(root, folder, names) if crop == "detector" else [_around(face) for face in here]
        self._points, self._boxes = np.array(points, np.float32), np.array(boxes, np.float32)
        self._crop, self._margin, self._side = crop, margin, side

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """A folder with all of the folders, named as the challenge names them."""
        return all((path / folder).is_dir() for split in ("train", "test") for folder in FOLDERS[split])

    def __len__(self) -> int:
        return len(self._names)

    @property
    def clips(self) -> Sequence[range]:
        """Each face alone."""
        return Clips.singles(len(self))

    def read(self, index: int) -> np.ndarray:
        """Face `index`."""
        image = read_image(self._names[index])
        return image if self._crop == "none" else self._window(index).image(image)

    def name(self, index: int) -> str:
        """The photo's path."""
        return self._names[index]

    @property
    def points(self) -> tuple[str, ...]:
        """0 to 67, in the order of the files."""
        return tuple(map(str, range(POINTS)))

    def annotation(self, index: int) -> Float[np.ndarray, "points 2"]:
        """The 68 points."""
        points = self._points[index].astype(np.float64)
        return points if self._crop == "none" else self._window(index).inside(points)

    def tags(self, index: int) -> Mapping[str, str]:
        """Which of the four sets the photo is from."""
        folder = Path(self._names[index]).parent
        return {"source": folder.parent.name if folder.name.endswith("set") else folder.name}

    def _window(self, index: int) -> Window:
        left, top, right, bottom = self._boxes[index].astype(np.float64).tolist()
        x, y = (left + right) / 2, (top + bottom) / 2
        if self._crop == "published":
            width = right - left
            return Window.square((x, y - UP / WIDE * width), SHOWN / WIDE * width, self._side)
        return Window.square((x, y), (1 + 2 * self._margin) * max(right - left, bottom - top), self._side)


def _pairs(root: Path, folder: str) -> Iterator[str]:
    """The images of a folder, by name, each with its points beside it."""
    here = root / folder
    if not here.is_dir():
        what = f"300-W's folder {folder}, with images and .pts files"
        raise UserError(f"{root} lacks {what}; {there(root)}" if root.is_dir() else f"no folder {root} with {what}")
    files = sorted(path for path in here.iterdir() if not path.name.startswith("."))
    images = {path.stem: path for path in files if path.suffix.lower() in IMAGES}
    marked = {path.stem: path for path in files if path.suffix == ".pts"}
    alone = next((path for stem, path in (images | marked).items() if (stem in images) != (stem in marked)), None)
    if alone is not None:
        what = "image" if alone.suffix == ".pts" else ".pts file"
        counts = f"{here} has {len(images)} images and {len(marked)} .pts files"
        raise UserError(f"{alone} has no {what} beside it; {counts}")
    if not images:
        raise UserError(f"{here} has no images with .pts files; {there(here)}")
    yield from (str(images[stem]) for stem in sorted(images))


def _points(path: Path) -> Float[np.ndarray, "points 2"]:
    """The points of a .pts file: two lines of heading, then the points in braces."""
    lines = list(rows(path))
    braces = [place for place, row in enumerate(lines) if row.cells in (("{",), ("}",))]
    if len(braces) != 2:
        raise UserError(f"{path}: the points must stand between a line {{ and a line }}; it may be cut off")
    inside = lines[braces[0] + 1 : braces[1]]
    odd = next((row for row in inside if len(row.cells) != 2), None)
    if odd is not None:
        raise UserError(f"{odd}: {len(odd.cells)} numbers where x and y are expected")
    if len(inside) != POINTS:
        raise UserError(f"{path} has {len(inside)} points where {POINTS} are expected")
    points = np.array([row.numbers() for row in inside]) - 1  # MATLAB counts from 1
    if (np.ptp(points, axis=0) <= 0).any():
        raise UserError(f"{path}: all points lie on one line; a face has a width and a height")
    return points


def _around(points: Float[np.ndarray, "points 2"]) -> Box:
    (left, top), (right, bottom) = points.min(0).tolist(), points.max(0).tolist()
    return left, top, right, bottom


def _detected(root: Path, folder: str, names: Sequence[str]) -> list[Box]:
    """The detector's box for each image; one file of boxes names an image with a space that others leave out."""
    path = root / BOXES / f"bounding_boxes_{folder.replace('/', '_')}.mat"
    (cells,) = matlab.read(path, "bounding_boxes")
    found: dict[str, list[float]] = {}
    try:
        for cell in cells.ravel():
            one = cell.ravel()[0]
            found[_key(str(one["imgName"].item()))] = np.asarray(one["bb_detector"], float).ravel().tolist()
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        raise UserError(f"{path}: bounding_boxes is not a cell of structs with imgName and bb_detector") from None
    boxes: list[Box] = []
    for name in names:
        box = found.get(_key(Path(name).name), [])
        if len(box) != 4 or not (box[0] < box[2] and box[1] < box[3]):
            raise UserError(f"{path} has no box of left, top, right, bottom for {name}")
        boxes.append((box[0] - 1, box[1] - 1, box[2] - 1, box[3] - 1))
    return boxes


def _key(name: str) -> str:
    return Path(name.replace(" ", "")).stem
