"""CelebA's files, which MAFL shares: the lists, and the faces that they name, cropped as published."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, final

import numpy as np
from jaxtyping import Float, UInt8

from unsuplmk.card import Download
from unsuplmk.errors import UserError
from unsuplmk.files.binary import there
from unsuplmk.files.rows import Row, rows
from unsuplmk.frames.media import image_size, read_image
from unsuplmk.ops.window import Window

FOLDERS = ("Anno", "Eval", "Img", "MAFL", "")
"""Where files may lie: the sub-folders of the official download, and the folder itself."""
IMAGES = {"aligned": ("img_align_celeba_hq", "img_align_celeba"), "wild": ("img_celeba",)}
LANDMARKS = {"aligned": "list_landmarks_align_celeba.txt", "wild": "list_landmarks_celeba.txt"}
BOXES = "list_bbox_celeba.txt"
PARTITION = "list_eval_partition.txt"
PARTITIONS = {"train": "0", "val": "1", "test": "2"}
MAFL = {"train": "training.txt", "test": "testing.txt"}
ALIGNED = (178, 218)
"""Width and height of every aligned image, px."""
KEPT = 0.8
"""The published crop resizes to 160 x 160 px and keeps the central 128."""
MAFL_URL = "https://github.com/zhzhanp/TCDCN-face-alignment/tree/master/MAFL"
MAFL_LISTS = tuple(
    Download(
        f"https://raw.githubusercontent.com/zhzhanp/TCDCN-face-alignment/master/MAFL/{name}", f"MAFL/{name}", checksum
    )
    for name, checksum in (
        ("training.txt", "md5:3d44e65bbf2ada5f1259590823dc59f5"),
        ("testing.txt", "md5:56bd57738ee0021dab291ad317e89048"),
    )
)
PAPER = "Liu, Luo, Wang, Tang, ICCV 2015, https://arxiv.org/abs/1411.7766"
TERMS = "Non-commercial research only; images may not be passed on or published beyond the owner's agreement."
LAYOUT = (
    "Img/img_align_celeba/                 aligned images, 178 x 218 px; or img_align_celeba_hq, taken first\n"
    "Img/img_celeba/                       images in the wild, for --dataset.images wild\n"
    "Anno/list_landmarks_align_celeba.txt  5 points of the aligned images\n"
    "Anno/list_landmarks_celeba.txt        5 points in the wild\n"
    "Anno/list_bbox_celeba.txt             boxes in the wild, for --dataset.face-share\n"
    "Eval/list_eval_partition.txt          0 train, 1 val, 2 test\n"
    "MAFL/training.txt, MAFL/testing.txt   names of MAFL's images\n"
    "(everything may also lie in the folder itself)"
)
ASK = (
    "From the owner's Google Drive or Baidu Drive, linked on the page: img_align_celeba.zip (md5 "
    "00d2c5bc6d35e252742224ab0c1e8fcb) or img_celeba.7z, list_landmarks_align_celeba.txt (md5 "
    "cc24ecafdb5b50baae59b03474781f8c) or list_landmarks_celeba.txt (md5 063ee6ddb681f96bc9ca28c6febb9d1a), "
    "list_bbox_celeba.txt (md5 00566efa6fedff7a56946cd1c10f1c16), list_eval_partition.txt (md5 "
    f"d32c9cbf5e040fd4025c592c306e6668). MAFL's lists: {MAFL_URL}. Jakab et al. offer all of it with the images they "
    "used, 7.8 GB: http://www.robots.ox.ac.uk/~vgg/research/unsupervised_landmarks/resources/celeba.zip"
)
CROP = (
    "aligned: resized to 160 x 160 px whatever its proportions, central 128 x 128 px; wild: the whole photo resized "
    "to 128 x 128 px (He et al. 2022, who keep faces whose box covers at least 0.3 of the photo)"
)


@dataclass(frozen=True)
class Listed:
    """Names in a list, and the lines that they stand on."""

    path: Path
    names: list[str]
    lines: np.ndarray

    def kept(self, keep: np.ndarray) -> Listed:
        """Those that a mask holds true."""
        return Listed(self.path, [name for name, here in zip(self.names, keep, strict=True) if here], self.lines[keep])

    def without(self, names: Iterable[str]) -> Listed:
        """All but some."""
        out = set(names)
        return self.kept(np.array([name not in out for name in self.names], bool))


def found(root: Path, *names: str) -> Path | None:
    """The first file or folder of these names, in the folder or in a sub-folder of the official download."""
    return next((path for name in names for place in FOLDERS if (path := root / place / name).exists()), None)


def needed(root: Path, *names: str) -> Path:
    """As `found`.

    Raises:
        UserError: Nothing is found; the message says what is there.
    """
    path = found(root, *names)
    if path is None and not root.is_dir():
        raise UserError(f"no folder {root}; it should hold {' or '.join(names)}, also below {_below()}")
    if path is None:
        raise UserError(f"{root} lacks {' or '.join(names)}, also below {_below()}; {there(root)}")
    return path


def partition(root: Path, split: str) -> Listed:
    """The names of one of CelebA's own splits, in the order of the list.

    Raises:
        UserError: The list is missing, or a line is not `name 0`, `name 1` or `name 2`.
    """
    path, names, lines = needed(root, PARTITION), [], []
    for row in rows(path, cells=2):
        if row.cells[1] not in PARTITIONS.values():
            raise UserError(f"{row}: the partition is {row.cells[1]!r}; it must be 0 (train), 1 (val) or 2 (test)")
        if row.cells[1] == PARTITIONS[split]:
            names.append(row.cells[0])
            lines.append(row.line)
    return _unique(Listed(path, names, np.array(lines, np.int32)))


def mafl(root: Path, split: str) -> Listed:
    """The names of MAFL's training or test images, sorted: the lists are not.

    Raises:
        UserError: The list is missing, or a line is not a name.
    """
    path = needed(root, MAFL[split])
    listed = sorted((row.cells[0], row.line) for row in rows(path, cells=1))
    return _unique(Listed(path, [name for name, _ in listed], np.array([line for _, line in listed], np.int32)))


@final
class Faces:
    """The listed images with their five points.

    Args:
        root: The folder.
        listed: Which images.
        images: `aligned` or `wild`.
        crop: `published` or `none`.
        side: Of the published crop, px.
        face_share: Photos in the wild whose face box covers less are left out.
        labels: `as-published` swaps width and height of the photo.

    Raises:
        UserError: A file is missing or does not fit the list, or the options do not go together.
    """

    def __init__(
        self,
        root: Path,
        listed: Listed,
        *,
        images: Literal["aligned", "wild"],
        crop: Literal["published", "none"],
        side: int,
        face_share: float,
        labels: Literal["correct", "as-published"],
    ) -> None:
        if labels == "as-published" and (images, crop) != ("wild", "published"):
            raise UserError("labels as-published are those of images wild with crop published")
        if face_share and images != "wild":
            raise UserError("face_share chooses among images wild; aligned images show one face, large")
        self._folder = needed(root, *IMAGES[images])
        self._wild, self._side = images == "wild", side if crop == "published" else 0
        self._swapped = labels == "as-published"
        if face_share:
            listed = listed.kept(_large(self._folder, listed, needed(root, BOXES), face_share))
        if not listed.names:
            large = f" whose face covers {face_share:g} of the photo" if face_share else ""
            raise UserError(f"{listed.path} names no image of this split{large}")
        self._listed = listed
        self._points = _columns(needed(root, LANDMARKS[images]), 11, listed).reshape(-1, 5, 2)

    def __len__(self) -> int:
        return len(self._listed.names)

    def name(self, index: int) -> str:
        """The image's path."""
        return str(self._folder / self._listed.names[index])

    def read(self, index: int) -> UInt8[np.ndarray, "h w 3"]:
        """The image, cropped; an error names the line of the list."""
        here = f"{self._listed.path}:{self._listed.lines[index]}"
        try:
            image = read_image(self.name(index))
        except UserError as error:
            raise UserError(f"{here}: {error}") from None
        size = image.shape[1], image.shape[0]
        if not self._wild and size != ALIGNED:
            raise UserError(f"{here}: {self.name(index)} is {size[0]} x {size[1]} px; aligned images are 178 x 218")
        return self._window(size).image(image) if self._side else image

    def annotation(self, index: int) -> Float[np.ndarray, "5 2"]:
        """The five points, in pixels of what `read` gives."""
        points = self._points[index].astype(np.float64)
        if not self._side:
            return points
        width, height = image_size(self.name(index)) if self._wild else ALIGNED
        return self._window((height, width) if self._swapped else (width, height)).inside(points)

    def _window(self, size: tuple[int, int]) -> Window:
        """What is shown of an image of that width and height."""
        kept = 1.0 if self._wild else KEPT
        (width, height), margin = size, (1 - kept) / 2
        return Window(margin * width, margin * height, kept * width, kept * height, (self._side, self._side))


def _columns(path: Path, cells: int, listed: Listed) -> Float[np.ndarray, "images columns"]:
    """The numbers behind each listed name in a file that begins with a count and a line of headings."""
    places: Mapping[str, int] = {name: place for place, name in enumerate(listed.names)}
    values = np.full((len(places), cells - 1), np.nan, np.float32)
    first, count = next(rows(path), None), 0
    if first is None:
        raise UserError(f"{path} is empty")
    for row in rows(path, cells=cells, skip=2):
        count += 1
        place = places.get(row.cells[0])
        if place is not None:
            values[place] = row.numbers(1)
    _check_count(path, first, count)
    absent = np.flatnonzero(np.isnan(values[:, 0]))
    if len(absent):
        name, line = listed.names[absent[0]], listed.lines[absent[0]]
        more = f", nor have {len(absent) - 1} more" if len(absent) > 1 else ""
        raise UserError(f"{listed.path}:{line}: {name} has no row in {path}{more}")
    return values


def _check_count(path: Path, first: Row, count: int) -> None:
    if len(first.cells) != 1 or first.integer(0) != count:
        raise UserError(f"{path}: {count} images follow where the first line says {' '.join(first.cells)!r}")


def _large(folder: Path, listed: Listed, boxes: Path, share: float) -> np.ndarray:
    """Whether the box of each image covers the share of it; reads the head of each."""
    areas = _columns(boxes, 5, listed)[:, 2:].prod(1)
    keep = np.ones(len(areas), bool)
    for place, name in enumerate(listed.names):
        try:
            width, height = image_size(folder / name)
        except UserError:
            continue  # `read` says so, and training counts it
        keep[place] = areas[place] >= share * width * height
    return keep


def _unique(listed: Listed) -> Listed:
    """The same, if no name stands there twice."""
    lines: dict[str, int] = {}
    for name, line in zip(listed.names, listed.lines.tolist(), strict=True):
        if name in lines:
            raise UserError(f"{listed.path}:{line}: {name} is named on line {lines[name]} already")
        lines[name] = line
    return listed


def _below() -> str:
    return ", ".join(f"{place}/" for place in FOLDERS if place)
