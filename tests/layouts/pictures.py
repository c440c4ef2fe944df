"""Small pictures, each another by its path, for files in the layouts of data sets."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np

from unsuplmk.frames.media import write_image


def pixels(seed: str, width: int = 24, height: int = 16) -> np.ndarray:
    """Smooth RGB noise that follows from the seed."""
    rng = np.random.default_rng(zlib.crc32(seed.encode()))
    coarse = rng.integers(0, 256, (4, 4, 3)).repeat(-(-height // 4), 0).repeat(-(-width // 4), 1)
    return coarse[:height, :width].astype(np.uint8)


def picture(path: Path, width: int = 24, height: int = 16) -> Path:
    """Write one, its folder too."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_image(path, pixels(path.name, width, height))
    return path
