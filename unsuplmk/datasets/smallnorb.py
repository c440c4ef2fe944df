"""SmallNORB: toys from known viewpoints in known light, stereo, from the original binary files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BufferedIOBase
from math import prod
from pathlib import Path
from typing import Literal, final

import numpy as np
from jaxtyping import Bool, Int, UInt8

from unsuplmk.card import Card, Download
from unsuplmk.errors import UserError
from unsuplmk.files.binary import ended, exactly, opened, present, zipped
from unsuplmk.frames.clips import Clips
from unsuplmk.interfaces import Dataset

STEMS = {
    "train": "smallnorb-5x46789x9x18x6x2x96x96-training",
    "test": "smallnorb-5x01235x9x18x6x2x96x96-testing",
}
CATEGORIES = ("animal", "human", "airplane", "truck", "car")
CAMERAS = ("left", "right")
FACTORS = {"category": 4, "instance": 9, "elevation": 8, "azimuth": 34, "lighting": 5, "camera": 1}
"""What is known of an image, and the greatest number of each."""
BYTES, INTEGERS = 0x1E3D4C55, 0x1E3D4C54
"""Magic numbers of what a file holds."""
SIDE = 96
URL = "https://cs.nyu.edu/~ylclab/data/norb-v1.0-small"


@final
class Smallnorb(Dataset):
    """50 toys of 5 categories, 96 x 96 px, grey, from 9 elevations and 18 azimuths, in 6 lightings, by two cameras.

    LeCun, Huang, Bottou, CVPR 2004. A clip holds the images that agree in all but one thing, in its order. The tags are
    the numbers of the files: elevation 0 to 8 is 30 to 70 degrees above the horizon in steps of 5, azimuth 0 to 34 is
    in tens of degrees. Files that are unpacked are mapped and take no memory; those that are gzipped are unpacked
    into memory, of which the whole split needs 448 MB, and one category 90.

    Args:
        path: The folder of the -dat, -cat and -info files, .mat or .mat.gz.
        split: Instances 4, 6, 7, 8, 9 of each category, or 0, 1, 2, 3, 5.
        category: What the toys are; the published detectors are trained on one category each.
        along: What changes within a clip.

    Raises:
        UserError: A file is missing, damaged or of another format, the three do not fit, or a category is not there.
    """

    card = Card(
        title="small NORB",
        paper="LeCun, Huang, Bottou, CVPR 2004, https://doi.org/10.1109/CVPR.2004.1315150",
        url=f"{URL}/",
        terms="For research; it cannot be sold; cite the paper.",
        layout="\n".join(
            f"{stem}-{kind}.mat[.gz]  {what}"
            for stem in STEMS.values()
            for kind, what in (
                ("dat", "24,300 stereo pairs"),
                ("cat", "their categories"),
                ("info", "instance, elevation, azimuth, lighting"),
            )
        ),
        downloads=tuple(
            Download(f"{URL}/{STEMS[split]}-{kind}.mat.gz", f"{STEMS[split]}-{kind}.mat.gz", f"sha256:{checksum}")
            for split, kind, checksum in (
                ("train", "dat", "5ffd6272a07d32695ee1082a26a41a93a37aab8c28da047f8c34ed348d214873"),
                ("train", "cat", "2784e542c1922060691090952b6cd6278879a216c90f81476f0f00256d42cdaa"),
                ("train", "info", "de7eb932ebe7a4ee16217fead60660d0eb3d23632c2f4d1c51f88c501c17bf32"),
                ("test", "dat", "cf7104eed3e51174d2f65b66d1e5878b9da233b886f161b0d88f4510ba2c7474"),
                ("test", "cat", "ecaf6d5bb8c3bc5eab9cf0258f6d2198dd474e016e374836fc097f2e5ff509ff"),
                ("test", "info", "16adf314226327ee006d1a44db8cfef52773c06c829951d5653a9f6f310248a2"),
            )
        ),
        splits={"train": 48_600, "test": 48_600},
        crop="none: 96 x 96 px",
        pairs={"name": "views", "ring": True},
    )

    def __init__(
        self,
        path: str | Path,
        *,
        split: Literal["train", "test"] = "train",
        category: Literal["all", "animal", "human", "airplane", "truck", "car"] = "all",
        along: Literal["azimuth", "elevation", "lighting", "stereo"] = "azimuth",
    ) -> None:
        self._path, cat, info = present(Path(path), [f"{STEMS[split]}-{kind}.mat" for kind in ("dat", "cat", "info")])
        known = _known(cat, info)
        chosen = known[:, 0] == CATEGORIES.index(category) if category != "all" else np.ones(len(known), bool)
        if not chosen.any():
            there = sorted({CATEGORIES[number] for number in known[:, 0].tolist()})
            raise UserError(f"{cat} has no images of category {category!r}; it has {', '.join(there) or 'none at all'}")
        self._pixels = _pixels(self._path, chosen)
        places = np.flatnonzero(chosen) if len(self._pixels) == len(chosen) else np.arange(chosen.sum())
        images = np.repeat(2 * places, 2) + np.tile((0, 1), len(places))
        factors = np.column_stack((np.repeat(known[chosen], 2, 0), images % 2)).astype(np.uint8)
        order, repeats, lengths = _ordered(factors, list(FACTORS).index("camera" if along == "stereo" else along))
        self._images, self._factors, self._repeats = images[order], factors[order], repeats[order]
        self._clips = Clips(lengths)

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """A folder with the images of a split, by their long name."""
        return any((path / f"{stem}-dat.mat{suffix}").is_file() for stem in STEMS.values() for suffix in ("", ".gz"))

    def __len__(self) -> int:
        return len(self._images)

    @property
    def clips(self) -> Sequence[range]:
        """The images that agree in all but `along`, in its order."""
        return self._clips

    def read(self, index: int) -> np.ndarray:
        """The image, 96 x 96 px."""
        pair, camera = divmod(int(self._images[index]), 2)
        return np.repeat(self._pixels[pair, camera][..., None], 3, axis=-1)

    def name(self, index: int) -> str:
        """The file, and what the image shows: `animal/4/elevation3/azimuth10/lighting2/left`; `#2` if again."""
        category, instance, *numbers, camera = self.tags(index).values()
        middle = (f"{factor}{number}" for factor, number in zip(list(FACTORS)[2:5], numbers, strict=True))
        again = f"#{self._repeats[index] + 1}" if self._repeats[index] else ""
        return f"{self._path}:{'/'.join((category, instance, *middle, camera))}{again}"

    def tags(self, index: int) -> Mapping[str, str]:
        """Category, instance, elevation, azimuth, lighting and camera."""
        category, *numbers, camera = self._factors[index].tolist()
        return dict(zip(FACTORS, (CATEGORIES[category], *map(str, numbers), CAMERAS[camera]), strict=True))


def _ordered(factors: UInt8[np.ndarray, "images 6"], along: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The order of the images, how often the same was there before each, and the lengths of the clips.

    The complete data set has everything once; of what another has twice, the second images are clips of their own.
    """
    order = np.lexsort(factors.T[::-1])
    first = np.flatnonzero((np.diff(factors[order].astype(int), axis=0, prepend=-1) != 0).any(1))
    repeats = np.empty(len(order), int)
    repeats[order] = np.arange(len(order)) - np.repeat(first, np.diff(first, append=len(order)))
    clip = np.column_stack((np.delete(factors, along, 1), repeats))
    order = np.lexsort((factors[:, along], *clip.T[::-1]))
    first = np.flatnonzero((np.diff(clip[order], axis=0, prepend=-1) != 0).any(1))
    return order, repeats, np.diff(first, append=len(order))


def _known(cat: Path, info: Path) -> Int[np.ndarray, "pairs 5"]:
    """Category, instance, elevation, azimuth and lighting of each stereo pair."""
    tables = []
    for path, inner in ((cat, ()), (info, (4,))):
        with opened(path) as file:
            count = _header(file, path, INTEGERS, inner)
            values = np.frombuffer(exactly(file, path, 4 * count * prod(inner)), "<i4")
            ended(file, path)
        tables.append(values.reshape(count, -1))
    if len(tables[0]) != len(tables[1]):
        raise UserError(f"{cat} is of {len(tables[0])} stereo pairs, {info} of {len(tables[1])}")
    known = np.concatenate(tables, 1)
    most = list(FACTORS.values())[:5]
    for row, column in np.argwhere((known < 0) | (known > most))[:1].tolist():
        path, what = (info if column else cat), list(FACTORS)[column]
        raise UserError(f"{path}: {what} of stereo pair {row} is {known[row, column]}; it is 0 to {most[column]}")
    return known


def _pixels(path: Path, chosen: Bool[np.ndarray, "all"]) -> UInt8[np.ndarray, "pairs 2 96 96"]:
    """All stereo pairs, mapped from the file; of a gzipped file the chosen ones alone, in memory."""
    size = 2 * SIDE * SIDE
    with opened(path) as file:
        count = _header(file, path, BYTES, (2, SIDE, SIDE))
        if count != len(chosen):
            raise UserError(f"{path} holds {count} stereo pairs, but the files beside it are of {len(chosen)}")
        if not zipped(path):
            start, held = file.tell(), path.stat().st_size
            if held - start != count * size:
                raise UserError(
                    f"cannot read {path}: it has {held} bytes, where {start + count * size} are right for its header: "
                    "it is cut off or damaged"
                )
            return np.memmap(path, np.uint8, "r", offset=start, shape=(count, 2, SIDE, SIDE))
        pixels = np.empty((int(chosen.sum()), size), np.uint8)
        places = iter(pixels)
        for wanted in chosen.tolist():
            pair = exactly(file, path, size)
            if wanted:
                next(places)[:] = np.frombuffer(pair, np.uint8)
        ended(file, path)
    return pixels.reshape(-1, 2, SIDE, SIDE)


def _header(file: BufferedIOBase, path: Path, kind: int, inner: tuple[int, ...]) -> int:
    """Read the header of an array of `inner` sizes; how many there are."""
    magic, axes = np.frombuffer(exactly(file, path, 8), "<i4").tolist()
    if magic != kind:
        swapped = magic == int.from_bytes(kind.to_bytes(4, "big"), "little", signed=True)
        raise UserError(
            f"cannot read {path}: its magic number is {magic & 0xFFFFFFFF:#010x}, and {kind:#010x} in such a file"
            f"{': its bytes are in big-endian order' if swapped else ''}"
        )
    wanted = " x ".join(("N", *map(str, inner)))
    if axes != len(inner) + 1:
        raise UserError(f"cannot read {path}: it has {axes} axes; such a file has {wanted}")
    sizes = np.frombuffer(exactly(file, path, 4 * max(3, axes)), "<i4")[:axes].tolist()
    if tuple(sizes[1:]) != inner or sizes[0] < 0:
        raise UserError(f"cannot read {path}: its sizes are {' x '.join(map(str, sizes))}; such a file has {wanted}")
    return sizes[0]
