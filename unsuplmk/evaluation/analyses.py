"""What may be asked of an evaluation beside its report: fewer labels, the way back, published figures, plots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from unsuplmk.errors import UserError
from unsuplmk.evaluation.backward import Backward, backward
from unsuplmk.evaluation.evaluate import Found, full_unit, held_out, judge
from unsuplmk.evaluation.label_curve import LabelCurve, label_curve
from unsuplmk.evaluation.normalise import normaliser
from unsuplmk.evaluation.protocols import Protocol
from unsuplmk.evaluation.published import OURS, Comparison, comparable, compare
from unsuplmk.evaluation.regress import guesses
from unsuplmk.evaluation.samples import Sample
from unsuplmk.evaluation.verdict import Report
from unsuplmk.ops.cumulative import per_image

if TYPE_CHECKING:
    from rich.table import Table

    from unsuplmk.evaluation.plots import Panel

LONGEST = 20.0
"""Where the plot of cumulative errors ends, for errors in %."""
HEADLINES = {True: "with_intercept", False: "without_intercept"}


@dataclass(frozen=True)
class Analyses:
    """What was asked for; None where it was not, or cannot be had.

    Args:
        backward: How well the points explain the landmarks.
        labels: The error by the number of labelled images.
        comparison: The headline among published figures.
    """

    backward: Backward | None = None
    labels: LabelCurve | None = None
    comparison: Comparison | None = None

    def as_dict(self) -> dict[str, Any]:
        """As plain values for JSON."""
        parts = {"backward": self.backward, "labels": self.labels, "comparison": self.comparison}
        return {name: None if part is None else part.as_dict() for name, part in parts.items()}

    def shown(self) -> list[Table | str]:
        """As tables and lines for the terminal."""
        lines = [] if self.backward is None else [self.backward.line()]
        return [*lines, *(part.table() for part in (self.labels, self.comparison) if part is not None)]


def back(found: Found, ridge: float = 0.0) -> Backward | None:
    """The backward error, where enough images have every point."""
    try:
        return backward(found.fit, found.fitted.originals(), found.judged, ridge)
    except UserError:
        return None


def by_labels(
    found: Found,
    counts: Sequence[int],
    *,
    repeats: int = 10,
    ridge: float = 0.0,
    groups: Mapping[str, str] | None = None,
    seed: int = 0,
) -> LabelCurve:
    """The protocol's headline by the number of labelled training images; nothing is detected again.

    Args:
        found: The landmarks.
        counts: Numbers of labelled images; all come last in any case.
        repeats: Random choices of images for each.
        ridge: Weight of the squared norm of the map; with 0, too few images give the map of least norm.
        groups: As for `evaluate`.
        seed: Of the choices.

    Raises:
        UserError: A count makes no sense, or the protocol's own fitting needs more images.
    """
    protocol = found.protocol
    sample = held_out(found.fitted, protocol)[0] if protocol.held_out else found.fitted
    once = replace(protocol, held_out=0.0)

    def report(some: Sample) -> Report:
        return judge(
            *(found.fit, some, found.judged, found.points),
            protocol=once,
            ridge=ridge,
            least_norm=True,
            metrics={},
            groups=groups,
            resamples=0,
            report=lambda message: None,  # the evaluation itself has said it
        )

    unit = full_unit(protocol, normaliser(protocol.normalise, found.points)[1])
    if protocol.measure == "within":
        unit = f"% of the points within {protocol.threshold:g}"
    return label_curve(
        sample,
        lambda some: report(some).score,
        counts=counts,
        repeats=repeats,
        intercept=protocol.intercept,
        ridge=ridge,
        unit=unit,
        seed=seed,
    )


def check_comparable(protocol: Protocol) -> None:
    """Make sure, before anything is computed, that figures of a protocol can stand beside published ones.

    Raises:
        UserError: There are none, or the protocol was changed.
    """
    comparable(protocol.name)
    if protocol.changes:
        changed = ", ".join(protocol.changes)
        raise UserError(f"--compare needs protocol {protocol.name} as it is, not {changed}; leave that out")


def beside_published(found: Found, report: Report, trained_on: str) -> Comparison:
    """The report's headline among the published figures of its protocol.

    Raises:
        UserError: There are none, or the protocol was changed.
    """
    protocol = found.protocol
    check_comparable(protocol)
    return compare(
        protocol.name,
        report.score,
        trained_on=trained_on,
        landmarks=report.landmarks,
        intercept=protocol.intercept,
    )


def image_errors(found: Found, intercept: bool, ridge: float = 0.0) -> dict[str, Float[np.ndarray, "_"]]:
    """The mean error of each test image: of the headline's map, then of the constant guess."""
    scale = normaliser(found.protocol.normalise, found.points)[0](found.judged) * found.protocol.pixels
    usable = np.isfinite(scale) & (scale > 0)
    judged = found.judged.select(usable)
    guessed = guesses(found.fit, found.fitted, judged, ridge)
    kinds = {
        f"{OURS}, {'with' if intercept else 'without'} intercept": HEADLINES[intercept],
        "constant guess": "constant",
    }
    return {name: per_image(guessed[kind], judged.truth, scale[usable]) for name, kind in kinds.items()}


def panels(found: Found, report: Report, analyses: Analyses, ridge: float = 0.0) -> list[Panel]:
    """What there is to plot: cumulative errors, and whatever was asked for."""
    from unsuplmk.evaluation import plots

    errors = image_errors(found, found.protocol.intercept, ridge)
    end = LONGEST if report.unit.startswith("%") else float(np.quantile(next(iter(errors.values())), 0.95))
    drawn = [plots.cumulative(errors, max(end, 1e-6), report.unit)]
    if analyses.labels is not None:
        published = found.protocol.name.partition("-")[0] in ("mafl", "aflw")
        drawn.append(plots.labels(analyses.labels, beside=published))
    if analyses.comparison is not None:
        drawn.append(plots.bars(analyses.comparison))
    return drawn
