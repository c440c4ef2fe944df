"""The binary files of SmallNORB with few toys: gzipped for training, unpacked for testing."""

from __future__ import annotations

import gzip
import struct
from itertools import product
from pathlib import Path

import numpy as np

from tests.layouts import pictures

STEMS = {
    "train": "smallnorb-5x46789x9x18x6x2x96x96-training",
    "test": "smallnorb-5x01235x9x18x6x2x96x96-testing",
}
INSTANCES = {"train": (4, 6), "test": (0,)}
ELEVATIONS, AZIMUTHS, LIGHTINGS, CATEGORIES = (0, 8), (0, 2, 10), (1, 5), (0, 4)
"""What each toy is shown with; 10 sorts after 2 as a number only."""


def write(folder: Path) -> Path:
    """Write it; returns what the dataset reads."""
    for split, suffix in (("train", ".gz"), ("test", "")):
        pairs = shown(split)
        images = np.stack([[image(split, *pair, camera) for camera in (0, 1)] for pair in pairs])
        table = np.array(pairs, "<i4")
        put(folder / f"{STEMS[split]}-dat.mat{suffix}", 0x1E3D4C55, images)
        put(folder / f"{STEMS[split]}-cat.mat{suffix}", 0x1E3D4C54, table[:, 0])
        put(folder / f"{STEMS[split]}-info.mat{suffix}", 0x1E3D4C54, table[:, 1:])
    return folder


def shown(split: str) -> list[tuple[int, ...]]:
    """Category, instance, elevation, azimuth, lighting of each stereo pair, in no order, as in the original."""
    pairs = list(product(CATEGORIES, INSTANCES[split], ELEVATIONS, AZIMUTHS, LIGHTINGS))
    return [pairs[i] for i in np.random.default_rng(0).permutation(len(pairs))]


def image(*what: object) -> np.ndarray:
    """One grey image."""
    return pictures.pixels(str(what), 96, 96)[..., 0]


def put(path: Path, magic: int, values: np.ndarray) -> None:
    """Write an array; the header has three sizes at least."""
    sizes = (*values.shape, 1, 1)[: max(3, values.ndim)]
    data = struct.pack(f"<2i{len(sizes)}i", magic, values.ndim, *sizes) + values.tobytes()
    path.write_bytes(gzip.compress(data, 1) if path.suffix == ".gz" else data)
