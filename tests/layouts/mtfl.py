"""MTFL as unzipped: lists with Windows paths for training, pictures of the four sizes."""

from __future__ import annotations

from pathlib import Path

from tests.layouts import pictures

ROWS = {
    "training.txt": (
        ("lfw_5590\\Aaron_Eckhart_0001.jpg", (250, 250), (107.25, 108.75), (1, 2, 2, 3)),
        ("lfw_5590\\Zoë_Ball_0001.jpg", (250, 250), (101.25, 112.25), (2, 1, 1, 5)),
        ("net_7876\\0_0_0.jpg", (400, 400), (150.0, 160.0), (2, 1, 2, 1)),
        ("net_7876\\_60_991_0.jpg", (160, 216), (68.0, 66.0), (2, 1, 2, 4)),
    ),
    "testing.txt": (
        ("AFLW/0001-image20056.jpg", (150, 150), (56.607985, 43.250454), (1, 1, 2, 3)),
        ("AFLW/0002-image04733.jpg", (150, 150), (43.540835, 53.704174), (2, 1, 2, 2)),
    ),
}
"""By list: path, width and height, the left eye counted from 1, and the four classes."""
STEPS = ((0, 0), (20, 2), (10, 15), (1, 25), (19, 26))
"""From the left eye to each point."""


def write(folder: Path) -> Path:
    """Write it; returns what the dataset reads."""
    for file, rows in ROWS.items():
        text = []
        for path, (width, height), (x, y), classes in rows:
            pictures.picture(folder / path.replace("\\", "/"), width, height)
            numbers = [x + dx for dx, _ in STEPS] + [y + dy for _, dy in STEPS]
            text.append(f"{path} {' '.join(f'{n:.6f}' for n in numbers)} {' '.join(map(str, classes))}")
        (folder / file).write_text("\n ".join(text) + "\n", "utf-8")
    return folder
