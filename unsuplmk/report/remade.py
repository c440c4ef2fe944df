"""Sections of a report that show what the generator draws: the swap grid, and frames rebuilt."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain

from unsuplmk import registry
from unsuplmk.detector import Detector
from unsuplmk.evaluation.rebuild import rebuild
from unsuplmk.evaluation.reconstruct import Estimate, judge
from unsuplmk.frames.gather import gather
from unsuplmk.inspecting import gallery
from unsuplmk.interfaces import Dataset
from unsuplmk.pictures.disentangle import check, describe
from unsuplmk.pictures.swap import Grid, picture
from unsuplmk.report.blocks import Bullets, Picture, Pictures, Section, Table, Text
from unsuplmk.report.pixels import small, strip
from unsuplmk.report.summary import brief

GRID = 4
"""Styles, and geometries, of the swap grid."""
CELL = 128
"""Least side of a cell, in pixels."""
PAIRS, SHOWN = 32, 4
"""Pairs that are rebuilt for the figures, and that are shown."""
SHOWN_SIDE = 150
"""Of each picture of these, in pixels."""
QUALITIES = ("psnr", "ssim")
"""The figures of what is rebuilt."""


def swap(detector: Detector, dataset: Dataset, seed: int, report: Callable[[str], None]) -> Section:
    """Every style in every geometry.

    Raises:
        UserError: There are too few frames.
    """
    images = gather(detector.fit, dataset, dataset, columns=GRID, rows=GRID, seed=seed, report=report)
    grid = Grid(detector, *images, batch=8)
    told = "each column has the landmarks of the image on top, each row the looks of the image on the left"
    alt = f"A grid of {len(grid.styles)} styles in {len(grid.geometries)} geometries: {told}"
    figures = (
        *describe(check(grid)),
        "A ratio near 0 is good; one near that of random pairs says that nothing is kept.",
    )
    return Section(
        "Geometry and style swapped",
        (Text(f"{told.capitalize()}."), Pictures((Picture(picture(grid, CELL), alt),)), Bullets(figures)),
    )


def reconstruction(detector: Detector, dataset: Dataset, seed: int, report: Callable[[str], None]) -> Section:
    """Targets rebuilt, beside what one gets without landmarks and with those of another image.

    Raises:
        UserError: The frames make no such pairs, or there are too few.
    """
    passes = rebuild(detector, dataset, images=PAIRS, seed=seed, report=report)
    first = next(passes)
    found = judge(chain([first], passes), {name: registry.build("quality", name) for name in QUALITIES})
    titles = ("target with its landmarks", "source", "rebuilt", "rebuilt with another image's landmarks")
    pictures = tuple(
        Picture(
            strip([small(one, None if n else cell.points, SHOWN_SIDE) for n, one in enumerate(cell.pictures)]),
            f"A pair: {', '.join(titles)}",
        )
        for cell in gallery.rebuilt(first, SHOWN).cells
    )
    rows = []
    for name, figure in found.figures.items():
        for title, one, better in (
            ("rebuilt", figure.rebuilt, None),
            ("the source itself", figure.source, figure.over_source),
            ("other landmarks", figure.other, figure.over_other),
        ):
            rows.append((f"{name}, {title}", brief(one.mean), _ends(one), _ends(better) if better else ""))
    width, height = found.size
    lead = (
        f"{found.pairs} pairs, made as in training, rebuilt at {width} x {height} px. "
        f"From left to right: {', '.join(titles)}."
    )
    table = Table(("figure", "mean", "95 % interval", "rebuilt better by"), tuple(rows))
    remarks = tuple(found.remarks())
    return Section("Frames rebuilt", (Text(lead), Pictures(pictures), table, *((Bullets(remarks),) if remarks else ())))


def _ends(estimate: Estimate) -> str:
    low, high = estimate.interval
    return f"{brief(low)} to {brief(high)}" if brief(low) else ""
