"""SVHN: digits of house numbers, cut out by their owners, or in the photographs that they stand in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal, final

import numpy as np

from unsuplmk.card import Card, Download
from unsuplmk.datasets import digitstruct
from unsuplmk.errors import UserError
from unsuplmk.files import matlab
from unsuplmk.files.binary import there
from unsuplmk.frames.clips import Clips
from unsuplmk.frames.media import read_image
from unsuplmk.interfaces import Dataset
from unsuplmk.ops.window import Window

SIDE = 32
URL = "http://ufldl.stanford.edu/housenumbers"
SPLITS = ("train", "test", "extra")


@final
class Svhn(Dataset):
    """Digits of house numbers, 32 x 32 px.

    Netzer et al., NIPS workshop 2011. Of the cropped digits, a clip is all of one class, in the order of the file: a
    pair shows two digits of a kind. Of the full numbers, a clip is the digits of one photograph, from left to right
    as a rule: a pair shows two digits of one house number, as in Jakab et al. 2018. Each is cut out as a square about
    its box, which is how the owners made the cropped ones.

    Args:
        path: The folder of train_32x32.mat or of train/digitStruct.mat; and so on.
        split: Which of the published sets; the cropped digits of extra need 1.6 GB of memory.
        format: cropped, the .mat files; or full, the photographs with digitStruct.mat, which needs
            h5py and a minute to be read, or several for extra.

    Raises:
        UserError: A file is missing, cut off or another, or images and labels are not equally many.
    """

    card = Card(
        title="Street View House Numbers",
        paper=(
            "Netzer, Wang, Coates, Bissacco, Wu, Ng, NIPS workshop on deep learning 2011, "
            "http://ufldl.stanford.edu/housenumbers/nips2011_housenumbers.pdf"
        ),
        url=f"{URL}/",
        terms="Non-commercial use only.",
        layout=(
            "train_32x32.mat, test_32x32.mat, extra_32x32.mat  cropped digits\n"
            "train/digitStruct.mat, train/1.png, ...           full numbers (format full), from train.tar.gz;\n"
            "test/..., extra/...                               the same, from test.tar.gz and extra.tar.gz"
        ),
        downloads=tuple(
            Download(f"{URL}/{split}_32x32.mat", f"{split}_32x32.mat", f"md5:{checksum}")
            for split, checksum in (
                ("train", "e26dedcc434d2e4c54c9b2d4a06d8373"),
                ("test", "eb5a983be6a315427106f1b164d9cef3"),
                ("extra", "a93ce644f1a588dc4d68dda5feec44a7"),
            )
        ),
        splits={"train": 73_257, "test": 26_032, "extra": 531_131},
        crop="a square about the digit's box, as wide as its longer side, resized to 32 x 32 px",
        pairs={"name": "within"},
    )

    def __init__(
        self,
        path: str | Path,
        *,
        split: Literal["train", "test", "extra"] = "train",
        format: Literal["cropped", "full"] = "cropped",
    ) -> None:
        folder = Path(path)
        self._path = folder / (f"{split}_32x32.mat" if format == "cropped" else f"{split}/digitStruct.mat")
        if not self._path.is_file():
            raise _missing(folder, split, format)
        if format == "cropped":
            self._images, labels = _cropped(self._path)
            self._order = np.argsort(labels % 10, kind="stable")
            lengths = [count for count in np.bincount(labels % 10) if count]
        else:
            table = digitstruct.read(self._path)
            self._files, self._boxes, labels, lengths = table.files, table.boxes, table.labels, table.counts
            self._order = np.arange(len(labels))
        wrong = np.flatnonzero((labels < 0) | (labels > 10))
        if len(wrong):
            raise UserError(f"{self._path}: the label of digit {wrong[0]} is {labels[wrong[0]]}; it is 1 to 10")
        self._format, self._digits = format, (labels[self._order] % 10).astype(np.uint8)
        self._clips = Clips(count for count in lengths if count)
        self._shown = np.repeat(np.arange(len(lengths)), lengths)  # the photograph, or the class, of each digit

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """A folder with the cropped digits or the full numbers of a split."""
        return any((path / f"{s}_32x32.mat").is_file() or (path / s / "digitStruct.mat").is_file() for s in SPLITS)

    def __len__(self) -> int:
        return len(self._digits)

    @property
    def clips(self) -> Sequence[range]:
        """One range a class, 0 to 9; of full numbers, one a photograph."""
        return self._clips

    def read(self, index: int) -> np.ndarray:
        """The digit, 32 x 32 px."""
        if self._format == "cropped":
            return np.ascontiguousarray(self._images[..., self._order[index]])
        left, top, width, height = self._boxes[index].tolist()
        side = max(width, height)
        if not (width > 0 and height > 0):
            raise UserError(f"{self._path}: {self.name(index)} has a box of {width:g} x {height:g} px")
        window = Window(left - 1 + (width - side) / 2, top - 1 + (height - side) / 2, side, side, (SIDE, SIDE))
        try:
            return window.cut(read_image(self._file(index)))
        except UserError as error:
            raise UserError(f"{self._path}: {self.name(index)}: {error}") from None

    def name(self, index: int) -> str:
        """The file, and the digit's place in it, from 0."""
        if self._format == "cropped":
            return f"{self._path}:{self._order[index]}"
        return f"{self._file(index)}:{self._clips.find(index)[1]}"

    def tags(self, index: int) -> Mapping[str, str]:
        """The digit."""
        return {"digit": str(self._digits[index])}

    def _file(self, index: int) -> Path:
        """The photograph that a digit stands in."""
        return self._path.parent / self._files[self._shown[index]]


def _cropped(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """The digits, (32, 32, 3, digits) as MATLAB has them, and their labels."""
    images, labels = matlab.read(path, "X", "y")
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[:3] != (SIDE, SIDE, 3):
        shape = " x ".join(map(str, images.shape))
        raise UserError(f"{path}: X is {shape} of {images.dtype}; it should be 32 x 32 x 3 x N of uint8")
    if images.shape[3] != labels.size:
        raise UserError(f"{path}: X holds {images.shape[3]} images, y {labels.size} labels")
    return images, labels.ravel().astype(int)


def _missing(folder: Path, split: str, format: str) -> UserError:
    """What to say where the file of a split is not there."""
    files = {"cropped": f"{split}_32x32.mat", "full": f"{split}/digitStruct.mat"}
    if not folder.is_dir():
        return UserError(f"no folder {folder}; it should hold {files[format]}")
    other = "full" if format == "cropped" else "cropped"
    hint = f"; --dataset.format {other} reads {files[other]}" if (folder / files[other]).is_file() else ""
    return UserError(f"{folder} lacks {files[format]}; {there(folder)}{hint}")
