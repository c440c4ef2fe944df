"""MNIST: handwritten digits, from the original IDX files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from pathlib import Path
from typing import Literal, final

import numpy as np

from unsuplmk.card import Card, Download
from unsuplmk.errors import UserError
from unsuplmk.files.binary import ended, exactly, opened, present
from unsuplmk.frames.clips import Clips
from unsuplmk.interfaces import Dataset

FILES = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}
"""Images and labels of each split."""
BYTES = 8
"""What the third byte of the magic number is for unsigned bytes."""
MIRROR = "https://ossci-datasets.s3.amazonaws.com/mnist"


@final
class Mnist(Dataset):
    """Handwritten digits, grey, 28 x 28 px; a clip is all digits of one class, in the order of the file.

    LeCun, Bottou, Bengio, Haffner, Proceedings of the IEEE 1998. Data sets with the same files, such as
    Fashion-MNIST, are read too: their classes are 0 to 9.

    Args:
        path: The folder of the IDX files, gzipped or not; or the one that holds them as MNIST/raw.
        split: Which of the two published sets.

    Raises:
        UserError: A file is missing, cut off or no IDX file, or images and labels are not equally many.
    """

    card = Card(
        title="MNIST",
        paper="LeCun, Bottou, Bengio, Haffner, Proceedings of the IEEE 1998, https://doi.org/10.1109/5.726791",
        url="http://yann.lecun.com/exdb/mnist/",
        terms="Copyright Yann LeCun and Corinna Cortes; CC BY-SA 3.0, as the documentation of Keras says.",
        layout=(
            "train-images-idx3-ubyte[.gz]  60,000 images\n"
            "train-labels-idx1-ubyte[.gz]  their digits\n"
            "t10k-images-idx3-ubyte[.gz]   10,000 test images\n"
            "t10k-labels-idx1-ubyte[.gz]   their digits\n"
            "(also in a sub-folder MNIST/raw)"
        ),
        downloads=tuple(
            Download(f"{MIRROR}/{name}.gz", f"{name}.gz", f"md5:{checksum}")
            for name, checksum in (
                ("train-images-idx3-ubyte", "f68b3c2dcbeaaa9fbdd348bbdeb94873"),
                ("train-labels-idx1-ubyte", "d53e105ee54ea40749a09fcbcd1e9432"),
                ("t10k-images-idx3-ubyte", "9fb629c4189551a2d022fa330f9573f3"),
                ("t10k-labels-idx1-ubyte", "ec29112dd5afa0611ce80d1b7f02629c"),
            )
        ),
        splits={"train": 60_000, "test": 10_000},
        crop="none: 28 x 28 px",
        pairs={"name": "within"},
    )

    def __init__(self, path: str | Path, *, split: Literal["train", "test"] = "train") -> None:
        images, labels = present(_folder(Path(path)), FILES[split])
        self._path = images
        digits = _array(labels, 1)
        self._images = _array(images, 3)
        if len(self._images) != len(digits):
            raise UserError(f"{images} holds {len(self._images)} images, {labels} {len(digits)} labels")
        if digits.size and digits.max() > 9:
            raise UserError(f"{labels}: label {int(digits.argmax())} is {digits.max()}; classes are 0 to 9")
        self._order = np.argsort(digits, kind="stable")
        self._digits = digits[self._order]
        self._clips = Clips(count for count in np.bincount(digits) if count)

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """A folder with images and labels of a split."""
        folder = _folder(path)
        return any(
            all(any((folder / f"{name}{suffix}").is_file() for suffix in ("", ".gz")) for name in names)
            for names in FILES.values()
        )

    def __len__(self) -> int:
        return len(self._order)

    @property
    def clips(self) -> Sequence[range]:
        """One range a digit, 0 to 9."""
        return self._clips

    def read(self, index: int) -> np.ndarray:
        """The digit, 28 x 28 px."""
        return np.repeat(self._images[self._order[index]][..., None], 3, axis=-1)

    def name(self, index: int) -> str:
        """The file, and the image's place in it, from 0."""
        return f"{self._path}:{self._order[index]}"

    def tags(self, index: int) -> Mapping[str, str]:
        """The digit."""
        return {"digit": str(self._digits[index])}


def _folder(path: Path) -> Path:
    """Where the files lie, below what was given."""
    inner = path / "MNIST" / "raw"
    return inner if inner.is_dir() else path


def _array(path: Path, axes: int) -> np.ndarray:
    """The unsigned bytes of an IDX file: a big-endian magic number and sizes, then the values."""
    with opened(path) as file:
        magic = exactly(file, path, 4)
        if magic != bytes((0, 0, BYTES, axes)):
            wanted = bytes((0, 0, BYTES, axes)).hex()
            raise UserError(f"cannot read {path}: it begins with {magic.hex()}; an IDX file of this kind with {wanted}")
        shape = np.frombuffer(exactly(file, path, 4 * axes), ">u4").tolist()
        values = np.frombuffer(exactly(file, path, prod(shape)), np.uint8)
        ended(file, path)
    return values.reshape(shape)
