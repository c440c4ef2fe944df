"""Puppets in each other's pose: a grid of `unsuplmk swap`, of puppets that no training has seen."""

from __future__ import annotations

from pathlib import Path

from cells import done
from files import IMAGES, said
from PIL import Image

from unsuplmk import Detector, registry
from unsuplmk.frames.gather import chosen, read
from unsuplmk.pictures.disentangle import check, describe
from unsuplmk.pictures.swap import Grid, picture

STYLES, GEOMETRIES, SEED = 4, 5, 0


def draw(folder: Path) -> None:
    """Write the grid, and say how well the swap keeps both."""
    detector = Detector.load(folder / "demo" / "run", "cpu")
    puppets = registry.build("dataset", "puppets", split="test", clips=40, length=4)
    count = STYLES + GEOMETRIES
    images = read(detector.fit, puppets, chosen(puppets, count, SEED), count, print)
    grid = Grid(detector, styles=images[:STYLES], geometries=images[STYLES:])
    drawn = Image.fromarray(picture(grid, cell=112))
    path = IMAGES / "swap-puppets.png"
    drawn.quantize(256, Image.Quantize.FASTOCTREE).save(path, optimize=True)
    done(path)
    said("swap-puppets", *describe(check(grid)))
