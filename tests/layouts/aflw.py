"""AFLW's crops with lists of paths, and points as (y, x) in .mat files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy.io import savemat

from tests.layouts import pictures

NAMES = {
    "train": ("0/image00002_46712.jpg", "0/image00004_46713.jpg", "2/image00013_39342.jpg"),
    "test": ("3/image00042_39371.jpg", "0/image00061_39378.jpg"),
}
SIZES = {"train": ((60, 50), (33, 47), (40, 40)), "test": ((50, 55), (45, 30))}
"""Height and width of each crop."""


def write(folder: Path) -> Path:
    """Write it; returns what the dataset reads."""
    for split, names in NAMES.items():
        sizes = SIZES[split]
        for path, (height, width) in zip(names, sizes, strict=True):
            pictures.picture(folder / "output" / path, width, height)
        (folder / f"aflw_{split}_images.txt").write_text("\n".join(names) + "\n", "utf-8")
        swapped = np.array([[point[::-1] for point in points(split, place)] for place in range(len(names))])
        savemat(folder / f"aflw_{split}_keypoints.mat", {"gt": swapped, "hw": np.array(sizes, np.uint16)})
    return folder


def points(split: str, place: int) -> list[tuple[float, float]]:
    """The five points of a crop, (x, y)."""
    shift = place + (10 if split == "test" else 0)
    return [(9.0 + shift, 11.0), (21.0 + shift, 12.0), (15.0, 18.0 + shift), (10.0, 26.0), (20.0, 27.0)]
