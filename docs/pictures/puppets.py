"""The picture of the README: puppets that no training has seen, each twice, with their landmarks."""

from __future__ import annotations

from pathlib import Path

from cells import around, dots, save, sheet
from scene import chosen, puppets

from unsuplmk import Detector

COLUMNS, SIDE, SEED, MOMENTS = 6, 400, 3, (0, 12)
WIDTH, HEIGHT = 250, 330
"""Of a cell, px: the frames are as wide as they are high, and the puppets are not."""


def draw(folder: Path) -> None:
    """One column a puppet, in two of its poses; one colour a landmark, on all of them."""
    detector, dataset = Detector.load(folder / "demo" / "run", "cpu"), puppets(SIDE)
    rows = []
    for moment in MOMENTS:
        indices = chosen(COLUMNS, SEED, moment)
        images = [dataset.read(index) for index in indices]
        drawn = [dots(image, xy, 7.5) for image, xy in zip(images, detector.predict(images).xy, strict=True)]
        joints = map(dataset.annotation, indices)
        rows.append([around(*both, WIDTH, HEIGHT) for both in zip(drawn, joints, strict=True)])
    save("puppets.webp", sheet(rows))
