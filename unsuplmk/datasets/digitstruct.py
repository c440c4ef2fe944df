"""The table of digits of SVHN's full numbers: `digitStruct.mat`, a MATLAB 7.3 file, which is HDF5."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from unsuplmk.errors import UserError

FIELDS = ("label", "left", "top", "width", "height")


@dataclass(frozen=True)
class DigitStruct:
    """The digits of all images, one image after the other.

    Args:
        files: The image files.
        counts: How many digits each shows.
        labels: 1 to 9, and 10 for the digit 0.
        boxes: Left, top, width, height; the first pixel is 1.
    """

    files: tuple[str, ...]
    counts: Int[np.ndarray, "images"]
    labels: Int[np.ndarray, "digits"]
    boxes: Float[np.ndarray, "digits 4"]


def read(path: Path) -> DigitStruct:
    """Read the table.

    Raises:
        UserError: The file is missing, cut off or another, an image has no digits, or h5py is not installed.
    """
    try:
        import h5py
    except ImportError:
        raise UserError(f"{path} is MATLAB 7.3, which needs h5py: pip install 'unsuplmk[hdf5]'") from None
    if not path.is_file():
        raise UserError(f"no file {path}")
    files: list[str] = []
    values: list[np.ndarray] = []
    try:
        with h5py.File(path) as opened:
            table: Any = opened["digitStruct"]
            names, boxes = (table[key][()].ravel() for key in ("name", "bbox"))
            if len(names) != len(boxes):
                raise UserError(f"{path} has {len(names)} names, but boxes of {len(boxes)} images")
            for name, box in zip(names, boxes, strict=True):
                files.append("".join(map(chr, _value(h5py.h5r.dereference(name, opened.id)).tolist())))
                values.append(_digits(h5py.h5r.dereference(box, opened.id)))
    except UserError:
        raise
    except Exception as error:  # a damaged file: OSError, KeyError, RuntimeError, ValueError, TypeError ...
        at = f" at image {len(files)}" if files else ""
        raise UserError(f"cannot read {path}{at}: it is cut off, damaged or no digitStruct.mat ({error})") from None
    digits = np.concatenate(values) if values else np.empty((0, len(FIELDS)))
    return DigitStruct(
        tuple(files), np.array([len(one) for one in values], int), digits[:, 0].astype(int), digits[:, 1:]
    )


def _digits(group: Any) -> Float[np.ndarray, "digits 5"]:
    """The fields of an image's digits: numbers where there is one digit, references to numbers where several."""
    import h5py

    low: Any = h5py  # its types do not tell of the low-level interface
    columns = []
    for field in FIELDS:
        cells = _value(low.h5d.open(group, field.encode()))
        numbers = cells.dtype != object
        columns.append(cells if numbers else [_value(low.h5r.dereference(cell, group))[0] for cell in cells])
    return np.array(columns, np.float64).T


def _value(dataset: Any) -> np.ndarray:
    """What an HDF5 dataset holds; its high-level way takes twice as long, and there are half a million of them."""
    from h5py.h5s import ALL

    found = np.empty(dataset.shape, dataset.dtype)
    dataset.read(ALL, ALL, found)
    return found.ravel()
