"""SVHN: cropped digits as MATLAB 5 files; full numbers as pictures with a MATLAB 7.3 table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy.io import savemat

from tests.layouts import pictures

LABELS = {"train": (2, 10, 2, 9, 10, 2), "test": (1, 3, 1)}
NUMBERS = {
    "train": {
        "1.png": ([1, 9], [(4.0, 3.0, 6.0, 10.0), (11.0, 3.0, 12.0, 8.0)]),
        "2.png": ([10], [(-1.0, 2.0, 7.0, 9.0)]),
        "3.png": ([5, 5, 2], [(1.0, 1.0, 5.0, 9.0), (7.0, 1.0, 5.0, 9.0), (13.0, 1.0, 5.0, 9.0)]),
    },
    "test": {"1.png": ([3, 4], [(2.0, 2.0, 5.0, 9.0), (8.0, 2.0, 5.0, 9.0)])},
}
"""Labels, and left, top, width, height, of each photograph; the first pixel is 1."""


def write(folder: Path) -> Path:
    """Write the cropped digits; returns what the dataset reads."""
    for split, labels in LABELS.items():
        images = np.stack([image(split, i) for i in range(len(labels))], -1)
        values = {"X": images, "y": np.array(labels, np.uint8)[:, None]}
        savemat(folder / f"{split}_32x32.mat", values, do_compression=True)
    return folder


def image(split: str, place: int) -> np.ndarray:
    """One cropped digit."""
    return pictures.pixels(f"{split}{place}", 32, 32)


def write_full(folder: Path) -> Path:
    """Write the full numbers; returns what the dataset reads."""
    for split, numbers in NUMBERS.items():
        for name in numbers:
            pictures.picture(folder / split / name)
        table(folder / split / "digitStruct.mat", numbers)
    return folder


def table(path: Path, numbers: dict[str, tuple[list[int], list[tuple[float, ...]]]]) -> None:
    """A digitStruct.mat, its fields as MATLAB saves them: numbers where there is one digit, else references."""
    import h5py

    with h5py.File(path, "w", userblock_size=512) as file:
        kept = file.create_group("#refs#")
        references = {"name": [], "bbox": []}
        for name, (labels, boxes) in numbers.items():
            text = kept.create_dataset(f"name{len(kept)}", data=np.array([[ord(letter)] for letter in name], np.uint16))
            group = kept.create_group(f"bbox{len(kept)}")
            columns = zip(*boxes, strict=True)
            for field, values in zip(("left", "top", "width", "height", "label"), (*columns, labels), strict=True):
                cells = np.array(values, np.float64).reshape(-1, 1)
                if len(cells) > 1:
                    places = [kept.create_dataset(f"value{len(kept)}", data=cell[None]).ref for cell in cells]
                    cells = np.array([[place] for place in places], h5py.ref_dtype)
                group.create_dataset(field, data=cells)
            references["name"].append([text.ref])
            references["bbox"].append([group.ref])
        for key, values in references.items():
            file.create_dataset(f"digitStruct/{key}", data=np.array(values, h5py.ref_dtype))
