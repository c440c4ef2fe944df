"""What more labels would bring: the error by the number of labelled frames, and where it leads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from unsuplmk.naming.labelled import Labelled, fit_points

if TYPE_CHECKING:
    from rich.table import Table

COUNTS = (2, 3, 5, 8, 12, 20, 30, 50, 80, 120, 200, 300, 500, 800, 1200, 2000, 5000, 10000)
SHARE = 0.8
"""No more than so many of the frames are fitted on: the others judge."""
FEWEST = 6
"""Frames without which there is no curve."""
LEVELS, ENOUGH = 4, 20
"""Numbers of labels, and labels, without which no line is drawn through the errors."""
EVEN = 0.1
"""The line is trusted if its errors, and what any one number changes in what it says, stay within so much."""
HARDLY = 0.05
"""Less than so much of the error is hardly any help."""


@dataclass(frozen=True)
class Some:
    """The error with some of the labelled frames.

    Args:
        labels: Frames that each map was fitted on.
        repeats: Random choices of them.
        error: Mean distance in the frames left out, over points and choices, in pixels.
        sd: Its standard deviation over the choices (divisor repeats - 1).
    """

    labels: int
    repeats: int
    error: float
    sd: float


@dataclass(frozen=True)
class Gain:
    """The error by the number of labelled frames, fewest first.

    Args:
        rows: One for each number, and one for half of all.
        frames: How many there are.
        seed: Of the random choices.
        twice: What a line through the errors says of twice as many; None where it says too little.
        all: The mean error over points with each frame left out.
    """

    rows: tuple[Some, ...]
    frames: int
    seed: int
    all: float
    twice: float | None

    @property
    def half(self) -> Some:
        """With half of the frames."""
        return next(row for row in self.rows if row.labels == self.frames // 2)

    def sentences(self) -> list[str]:
        """What it means, in words."""
        fell = 1 - self.all / self.half.error if self.half.error else 0.0
        found = [
            f"with half of the {self.frames} labelled frames the error is {self.half.error:.2f} px, with all but one "
            f"{self.all:.2f}: the second half took off {100 * max(fell, 0):.0f} %"
        ]
        if self.twice is not None and self.twice > (1 - HARDLY) * self.all:
            found.append(
                f"more labels of this kind will hardly help: twice as many would bring about {self.twice:.2f} px"
            )
        elif self.twice is not None:
            found.append(f"twice as many labels of this kind would bring about {self.twice:.2f} px")
        elif fell < HARDLY:
            found.append("more labels of this kind will hardly help")
        else:
            found.append("more labels will help; there are too few, or their errors too uneven, to say how much")
        return found

    def table(self) -> Table:
        """As a table for the terminal."""
        from rich.table import Table

        table = Table()
        for column in ("labels", "error, px", "sd", "repeats"):
            table.add_column(column, justify="right")
        for row in self.rows:
            table.add_row(f"{row.labels:,}", f"{row.error:.2f}", f"{row.sd:.2f}", str(row.repeats))
        table.add_row(f"{self.frames - 1:,}", f"{self.all:.2f}", "", "each left out")
        return table


def gain(labels: Labelled, *, repeats: int = 20, seed: int = 0) -> Gain | None:
    """Fit on more and more of the labelled frames, chosen at random, and judge on the others.

    Args:
        labels: All labelled frames.
        repeats: Random choices for each number of them; fewer beyond 100 frames.
        seed: Of the choices.

    Returns:
        The curve; None with fewer than six frames.
    """
    frames = len(labels.sample.names)
    if frames < FEWEST:
        return None
    counts = sorted({frames // 2, *(count for count in COUNTS if count <= SHARE * frames)})
    rows = tuple(_row(labels, count, repeats if count <= 100 else max(2, repeats // 4), seed) for count in counts)
    found = fit_points(labels, np.arange(frames), judged=True)
    everything = float(np.nanmean(np.nanmean(labels.distance(labels.targets - found.residual), 0)))
    numbers = [row.labels for row in rows] + [frames - 1]
    return Gain(rows, frames, seed, everything, ahead(numbers, [row.error for row in rows] + [everything]))


def _row(labels: Labelled, count: int, repeats: int, seed: int) -> Some:
    frames = len(labels.sample.names)
    errors = []
    for repeat in range(repeats):
        chosen = np.random.default_rng([seed, count, repeat]).permutation(frames)[:count]
        found = fit_points(labels, np.sort(chosen))
        guess = np.einsum("ni,ipc->npc", labels.inputs, found.weights) + found.offset
        distance = labels.distance(guess)
        distance[chosen] = np.nan
        known = np.isfinite(distance)
        each = np.where(known, distance, 0).sum(0)[known.any(0)] / known.sum(0)[known.any(0)]
        errors.append(float(each.mean()) if len(each) else np.nan)  # no point of those chosen is in the others
    kept = np.array(errors)[np.isfinite(errors)]
    sd = float(np.std(kept, ddof=1)) if len(kept) > 1 else 0.0
    return Some(count, len(kept), float(kept.mean()), sd)


def ahead(labels: Sequence[int], errors: Sequence[float]) -> float | None:
    """What a power law a + b n^-c through errors says of twice the most labels; None where it is not well determined.

    Few labels are left out of it: the error of a map that is held back by its ridge falls in another way.
    """
    n, e = np.array(labels, float), np.array(errors, float)
    kept = n >= n[-1] / 12
    n, e = n[kept], e[kept]
    if len(n) < LEVELS or n[-1] < ENOUGH:
        return None
    twice, off = _power(n, e)
    others = [_power(np.delete(n, i), np.delete(e, i), 2 * n[-1])[0] for i in range(len(n))]
    uneven = max(off, *(abs(other - twice) / e[-1] for other in others))
    return min(twice, float(e[-1])) if uneven <= EVEN else None


def _power(n: np.ndarray, e: np.ndarray, at: float = 0.0) -> tuple[float, float]:
    """The value at `at`, twice the last if it is 0, and the largest relative error of the best power law."""
    best = (np.inf, 0.0, 0.0)
    for c in np.linspace(0.1, 2.0, 39):
        basis = np.stack([np.ones_like(n), n**-c], 1)
        a, b = np.linalg.lstsq(basis / e[:, None], np.ones_like(e), rcond=None)[0]
        if a < 0:
            a, b = 0.0, float((n**-c / e).sum() / np.square(n**-c / e).sum())
        off = np.abs((a + b * n**-c) / e - 1)
        best = min(best, (float(np.square(off).sum()), float(a + b * (at or 2 * n[-1]) ** -c), float(off.max())))
    return best[1], best[2]
