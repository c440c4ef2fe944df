"""Draws the pictures of this documentation from a run on puppets; figures that no training has seen.

python docs/pictures.py RUN
"""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image

from unsuplmk import Detector, registry
from unsuplmk.frames.gather import chosen, read
from unsuplmk.pictures.disentangle import check, describe
from unsuplmk.pictures.swap import Grid, picture

IMAGES = Path(__file__).parent / "images"
STYLES, GEOMETRIES, SEED = 4, 5, 0


def main(run: Path) -> None:
    """Write `images/swap-puppets.png`, and say how well the swap keeps both."""
    detector = Detector.load(run, "cpu")
    puppets = registry.build("dataset", "puppets", split="test", clips=40, length=4)
    count = STYLES + GEOMETRIES
    images = read(detector.fit, puppets, chosen(puppets, count, SEED), count, print)
    grid = Grid(detector, styles=images[:STYLES], geometries=images[STYLES:])
    IMAGES.mkdir(exist_ok=True)
    drawn = Image.fromarray(picture(grid, cell=112))
    drawn.quantize(256, Image.Quantize.FASTOCTREE).save(IMAGES / "swap-puppets.png", optimize=True)
    print("\n".join(describe(check(grid))))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
