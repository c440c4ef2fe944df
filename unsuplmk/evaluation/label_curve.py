"""The error against the number of labelled images: how few annotations landmarks need to become named points."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Integer

from unsuplmk.errors import UserError
from unsuplmk.evaluation.samples import Sample

if TYPE_CHECKING:
    from rich.table import Table

COUNTS = (1, 5, 10, 100, 500, 1000, 5000)
"""Labelled images of the published curve, before all of them: Jakab et al. 2018, section 4.1."""
LEAST_NORM, LEAST_SQUARES, RIDGE = "least norm", "least squares", "ridge"
"""How the map was found: with fewer images than unknowns many maps fit, and the one of least norm is taken."""


@dataclass(frozen=True)
class Few:
    """The error with so many labelled images.

    Args:
        labels: Labelled images that each map was fitted on.
        repeats: Random choices of them.
        mean: Mean error over the choices.
        sd: Its standard deviation over the choices (divisor repeats - 1); 0 where there is one choice only.
        solver: least norm, least squares or ridge.
    """

    labels: int
    repeats: int
    mean: float
    sd: float
    solver: str


@dataclass(frozen=True)
class LabelCurve:
    """Errors by the number of labelled images, fewest first.

    Args:
        rows: One for each number; the last is of all images.
        unit: Of the errors.
        intercept: Whether the map has a constant term.
        landmarks: How many landmarks the map reads.
        unknowns: Of the map, for each coordinate of a point.
        ridge: Weight of the squared norm of the map; 0 for none.
        seed: Of the random choices.
    """

    rows: tuple[Few, ...]
    unit: str
    intercept: bool
    landmarks: int
    unknowns: int
    ridge: float
    seed: int

    def as_dict(self) -> dict[str, Any]:
        """As plain values for JSON."""
        return asdict(self)

    def table(self) -> Table:
        """As a table for the terminal."""
        from rich.table import Table

        table = Table(
            title=f"error by labelled images, {self.landmarks} landmarks",
            caption=f"in {self.unit}; {'with' if self.intercept else 'without'} intercept, {self.unknowns} unknowns",
        )
        for column in ("labels", "error", "sd", "repeats"):
            table.add_column(column, justify="right")
        table.add_column("solver")
        for row in self.rows:
            table.add_row(f"{row.labels:,}", f"{row.mean:.2f}", f"{row.sd:.2f}", str(row.repeats), row.solver)
        return table


def label_curve(
    sample: Sample,
    error: Callable[[Sample], float],
    *,
    counts: Sequence[int] = COUNTS,
    repeats: int = 10,
    intercept: bool = False,
    ridge: float = 0.0,
    unit: str = "px",
    seed: int = 0,
) -> LabelCurve:
    """Fit on more and more labelled images, chosen at random, and on all of them.

    Images are chosen among those that have every point, with all their changed copies where there are any; counts
    above their number are left out.

    Args:
        sample: All labelled images that there are to fit on.
        error: The test error of the map that is fitted on some of them; fewer than unknowns must do.
        counts: How many images to fit on; all of them come last in any case.
        repeats: Random choices of images for each count.
        intercept: Whether that map has a constant term.
        ridge: Its weight of the squared norm; 0 for none.
        unit: Of the error.
        seed: Of the choices.

    Raises:
        UserError: A count or the number of repeats is below 1.
    """
    if min(counts, default=1) < 1 or repeats < 1:
        raise UserError(f"labels {list(counts)}, {repeats} repeats: each must be at least 1")
    images, landmarks = int(sample.original.sum()), sample.landmarks.shape[1]
    each = len(sample.names) // images  # with its copies
    unknowns = 2 * landmarks + intercept
    complete = np.flatnonzero(np.isfinite(sample.truth).all((1, 2)) & sample.original)
    rows = []
    for count in sorted({count for count in counts if count <= len(complete) and count < images}):
        errors = [error(_chosen(sample, complete, count, [seed, count, repeat])) for repeat in range(repeats)]
        sd = float(np.std(errors, ddof=1)) if repeats > 1 else 0.0
        rows.append(Few(count, repeats, float(np.mean(errors)), sd, _solver(count * each, unknowns, ridge)))
    rows.append(Few(images, 1, error(sample), 0.0, _solver(images * each, unknowns, ridge)))
    return LabelCurve(tuple(rows), unit, intercept, landmarks, unknowns, ridge, seed)


def _chosen(sample: Sample, among: Integer[np.ndarray, "complete"], count: int, seed: list[int]) -> Sample:
    rows = np.zeros(len(sample.names), bool)
    rows[np.random.default_rng(seed).choice(among, count, replace=False)] = True
    return sample.select(sample.of(rows))


def _solver(images: int, unknowns: int, ridge: float) -> str:
    if ridge:
        return RIDGE
    return LEAST_SQUARES if images >= unknowns else LEAST_NORM


def parse_counts(text: str) -> tuple[int, ...]:
    """The counts of `1,5,10`; those of the published curve for `default`.

    Raises:
        UserError: They are no numbers.
    """
    if text == "default":
        return COUNTS
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() and int(part) for part in parts):
        raise UserError(f"--labels {text!r}: give counts of labelled images, such as 1,5,10,100")
    return tuple(int(part) for part in parts)
