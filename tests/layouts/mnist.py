"""IDX files as those of MNIST: gzipped for training, unpacked for testing."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np

from tests.layouts import pictures

TRAIN = (3, 0, 3, 9, 0, 3)
TEST = (1, 0, 1)


def write(folder: Path) -> Path:
    """Write it; returns what the dataset reads."""
    for stem, digits, suffix in (("train", TRAIN, ".gz"), ("t10k", TEST, "")):
        images = np.stack([image(f"{stem}{i}") for i in range(len(digits))])
        put(folder / f"{stem}-images-idx3-ubyte{suffix}", images)
        put(folder / f"{stem}-labels-idx1-ubyte{suffix}", np.array(digits, np.uint8))
    return folder


def image(seed: str) -> np.ndarray:
    """One grey image."""
    return pictures.pixels(seed, 28, 28)[..., 0]


def put(path: Path, values: np.ndarray) -> None:
    """Write an array of bytes as an IDX file."""
    data = struct.pack(f">4B{values.ndim}I", 0, 0, 8, values.ndim, *values.shape) + values.tobytes()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
