"""What training looks like: one pair of the run's own sheets, early and late."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from cells import save, sheet
from PIL import Image

from unsuplmk.pictures.draw import CAPTION

TITLES = ("source", "target", "heatmaps", "reconstruction")


def draw(folder: Path) -> None:
    """The first, the second and the last sheet, a row each."""
    sheets = sorted((folder / "demo" / "run" / "preview").glob("*.png"))
    save("course.webp", sheet([pictures(path, 0) for path in (*sheets[:2], sheets[-1])], TITLES))


def pictures(path: Path, row: int) -> list[np.ndarray]:
    """The four pictures of one pair of a sheet; there each column has a white line on either side, and a caption."""
    with Image.open(path) as whole:
        columns = np.split(np.asarray(whole.convert("RGB"))[CAPTION:], len(TITLES), axis=1)
    side = columns[0].shape[1] - 2
    return [column[row * side : (row + 1) * side, 1:-1] for column in columns]
