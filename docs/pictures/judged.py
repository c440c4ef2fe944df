"""What an evaluation measures: joints that follow from the landmarks, beside the true ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from cells import around, save, sheet
from joints import compared, distance, predicted

from unsuplmk import registry
from unsuplmk.pictures.draw import enlarged_points

SHARES = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Which images are shown: this share of the test images has a smaller error."""
SIDE, WIDTH, HEIGHT = 384, 270, 330
"""Of a frame, and of the part of it that is shown, px."""


def draw(folder: Path) -> None:
    """The same map and the same images as `unsuplmk evaluate demo/run puppets`, from good to bad."""
    test = registry.build("dataset", "puppets", split="test")
    large = registry.build("dataset", "puppets", split="test", side=SIDE)
    guess = predicted(folder / "demo" / "run", [test.read(index) for index in range(len(test))])
    truth = np.stack([test.annotation(index) for index in range(len(test))])
    error = distance(guess, truth)
    order = np.argsort(error, kind="stable")
    rows = [int(order[round(share * (len(order) - 1))]) for share in SHARES]
    factor = SIDE // test.read(0).shape[0]
    cells = []
    for row in rows:
        points = [enlarged_points(xy[row], factor) for xy in (guess, truth)]
        cells.append(around(compared(large.read(row), *points), points[1], WIDTH, HEIGHT))
    save("judged.webp", sheet([cells], [f"{error[row]:.1f} px" for row in rows]))
    print(f"mean error over {len(test)} images: {error.mean():.2f} px of {test.read(0).shape[0]}")
