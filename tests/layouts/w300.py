"""The four folders of 300-W, points beside the images, and the boxes of its detector."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy.io import savemat

from tests.layouts import pictures

NAMES = {
    "afw": ("134212_1.jpg", "134212_2.jpg"),
    "helen/trainset": ("10_1.jpg", "9_1.jpg"),
    "helen/testset": ("30_1.jpg",),
    "lfpw/trainset": ("image_0001.png",),
    "lfpw/testset": ("image_0002.png", "image_0003.png"),
    "ibug": ("image_003_1.jpg", "image_092 _01.jpg"),
}
WIDTH, HEIGHT = 120, 90


def write(folder: Path) -> Path:
    """Write it; returns what the dataset reads."""
    for place, names in NAMES.items():
        for name in names:
            path = pictures.picture(folder / place / name, WIDTH, HEIGHT)
            text = [f"{x + 1:.6f} {y + 1:.6f}" for x, y in points(name).tolist()]
            path.with_suffix(".pts").write_text("\n".join(["version: 1", "n_points:  68", "{", *text, "}"]) + "\n")
        # the file for ibug names an image that is in none of the folders, and others without their space
        listed = [*names, "indoor_001.png"] if place == "ibug" else names
        boxes(folder / "Bounding Boxes" / f"bounding_boxes_{place.replace('/', '_')}.mat", listed)
    return folder


def points(name: str) -> np.ndarray:
    """The 68 points of an image: random in an ellipse about a centre that follows from the name."""
    rng = np.random.default_rng(len(name) + sum(map(ord, name)))
    return rng.uniform(-1, 1, (68, 2)) * (18, 22) + (55 + rng.integers(8), 40)


def detected(name: str) -> tuple[float, float, float, float]:
    """The detector's box of an image, counted from 1."""
    return 30.0 + len(name), 12.5, 80.5, 70.0


def boxes(path: Path, names: tuple[str, ...] | list[str]) -> None:
    """Write a file of boxes: a row of cells, each a struct."""
    path.parent.mkdir(parents=True, exist_ok=True)
    cells = np.empty((1, len(names)), object)
    for place, name in enumerate(names):
        box = np.array([detected(name)])
        cells[0, place] = {"imgName": name.replace(" ", ""), "bb_detector": box, "bb_ground_truth": box}
    savemat(path, {"bounding_boxes": cells})
