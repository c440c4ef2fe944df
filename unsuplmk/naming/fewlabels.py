"""Named points from a few labelled frames: the map from all landmarks, and how far it is off frames it never saw."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from unsuplmk.errors import UserError
from unsuplmk.evaluation.normalise import normaliser
from unsuplmk.evaluation.protocols import protocol as named_protocol
from unsuplmk.evaluation.verdict import plain
from unsuplmk.naming.labelgain import Gain
from unsuplmk.naming.labelled import Labelled, fit_points
from unsuplmk.naming.named import Named

if TYPE_CHECKING:
    from rich.table import Table

SURE = 2.0
"""A point is better than the constant guess if the mean gain is above so many of its standard errors."""


@dataclass(frozen=True)
class PointError:
    """How far a named point is from where it was annotated, in frames that were left out.

    Args:
        name: Of the point.
        frames: In which it is annotated.
        error: Mean distance in pixels, each frame left out in turn.
        constant: The same of the constant guess: the mean of the other frames.
        percent: The error in % of the normaliser; None without one.
        constant_percent: The same of the constant guess.
        other_videos: The error in pixels, all frames of a video left out in turn; None where there are not several.
        other_videos_constant: The same of the constant guess.
        ridge: How much the map is held back, in units of the landmarks' mean squared spread; None for the constant.
        better: Whether the error is clearly below the constant guess's: by more than two standard errors.
    """

    name: str
    frames: int
    error: float
    constant: float
    percent: float | None
    constant_percent: float | None
    other_videos: float | None
    other_videos_constant: float | None
    ridge: float | None
    better: bool


@dataclass(frozen=True)
class NameReport:
    """What came of giving landmarks names.

    Args:
        points: Each point's errors.
        error: Mean leave-one-out distance over all annotated points, in pixels.
        constant: The same of the constant guess.
        unit: What `percent` of the points is a part of; empty without a normaliser.
        frames: Labelled frames.
        videos: That these come from, where it is known and there are several; else 0.
        landmarks: That the map reads.
        gain: The error by the number of labelled frames; None where there are too few frames.
        skipped: One message for each frame that could not be read.
        remarks: What is odd, and which points were left out.
    """

    points: tuple[PointError, ...]
    error: float
    constant: float
    unit: str
    frames: int
    videos: int
    landmarks: int
    gain: Gain | None
    skipped: tuple[str, ...]
    remarks: tuple[str, ...]

    @property
    def useless(self) -> tuple[str, ...]:
        """Points that are not clearly better than the constant guess."""
        return tuple(point.name for point in self.points if not point.better)

    def as_dict(self) -> dict[str, Any]:
        """As plain values for JSON."""
        said = {"sentences": self.gain.sentences()} if self.gain else {}
        return plain({**asdict(self), "useless": self.useless, **said})

    def table(self) -> Table:
        """As a table for the terminal."""
        from rich.table import Table

        kinds = [("px", "error", "constant")]
        kinds += [("%", "percent", "constant_percent")] if self.unit else []
        kinds += [("px, other videos", "other_videos", "other_videos_constant")] if self.videos else []
        table = Table()
        table.add_column("point")
        table.add_column("frames", justify="right")
        for unit, _, _ in kinds:
            table.add_column(f"error, {unit}", justify="right", style="bold" if unit == "px" else "")
            table.add_column("constant guess", justify="right")
        for point in self.points:
            values = [getattr(point, name) for _, *names in kinds for name in names]
            shown = ["" if value is None else f"{value:.2f}" for value in values]
            table.add_row(point.name, str(point.frames), *shown)
        return table

    def lines(self) -> list[str]:
        """What is to be said beside the table."""
        lines = [
            f"{len(self.points)} named points from {self.landmarks} landmarks, by {self.frames} labelled frames",
            f"mean error {self.error:.2f} px, constant guess {self.constant:.2f}; each frame is judged without itself",
        ]
        lines += [f"% of {self.unit.removeprefix('% of ')}"] if self.unit else []
        if self.videos:
            lines.append(f"other videos: all frames of each of the {self.videos} videos are judged without that video")
        if self.useless:
            lines.append(f"not clearly better than the constant guess: {', '.join(self.useless)}")
        lines += [f"{len(self.skipped)} frames left out"] if self.skipped else []
        return [*lines, *self.remarks]


def name_points(
    labels: Labelled,
    *,
    normalise: str = "px",
    protocol: str = "plain",
    gain: Gain | None = None,
) -> tuple[Named, NameReport]:
    """Fit a linear map with an intercept from all landmarks to each point, and judge it by leave-one-out.

    The ridge of each point is the one of least leave-one-out error. A frame's own error knows nothing of the frame:
    its ridge is chosen without it, too.

    Args:
        labels: The labelled frames.
        normalise: What 100 % of error is, beside pixels: as for `evaluate`; `px` for the one of `protocol`.
        protocol: Whose normaliser is taken, where it suits the points.
        gain: The error by the number of labels, which joins the report; see `unsuplmk.naming.labelgain.gain`.

    Raises:
        UserError: There is no such normaliser.
    """
    rows = np.arange(len(labels.sample.names))
    found = fit_points(labels, rows, labels.videos, judged=True)
    scale, unit = _scale(labels, normalise, protocol)
    errors, constant, grouped, grouped_constant = (
        labels.distance(labels.targets - residual)
        for residual in (found.residual, found.constant, found.grouped, found.grouped_constant)
    )
    points = tuple(
        PointError(
            name=name,
            frames=int(np.isfinite(errors[:, i]).sum()),
            error=_mean(errors[:, i]) or 0.0,
            constant=_mean(constant[:, i]) or 0.0,
            percent=_mean(errors[:, i] / scale) if unit else None,
            constant_percent=_mean(constant[:, i] / scale) if unit else None,
            other_videos=_mean(grouped[:, i]),
            other_videos_constant=_mean(grouped_constant[:, i]),
            ridge=None if np.isinf(found.strength[i]) else float(found.strength[i]),
            better=_better(errors[:, i], constant[:, i]),
        )
        for i, name in enumerate(labels.points)
    )
    landmarks = labels.sample.landmarks.shape[1]
    weights = found.weights.reshape(landmarks, 2, len(points), 2).transpose(2, 3, 0, 1)
    report = NameReport(
        points=points,
        error=float(np.nanmean(errors)),
        constant=float(np.nanmean(constant)),
        unit=unit,
        frames=len(rows),
        videos=len(labels.videos),
        landmarks=landmarks,
        gain=gain,
        skipped=labels.skipped,
        remarks=labels.remarks,
    )
    return Named(labels.points, weights, found.offset), report


def _scale(labels: Labelled, normalise: str, name: str) -> tuple[Float[np.ndarray, "images"], str]:
    """Pixels that are 1 % of the normaliser, NaN where there is none; and the unit, empty for pixels."""
    sample = labels.sample
    if normalise != "px":
        measure, unit = normaliser(normalise, labels.points)
    else:
        one = named_protocol(name)
        if one.normalise == "px":
            return np.ones(len(sample.names)), ""
        try:
            order, points = one.order(labels.points), one.points or labels.points
            measure, unit = normaliser(one.normalise, points)
        except UserError:  # the protocol is of other points, of which some are not labelled
            return np.ones(len(sample.names)), ""
        sample = replace(sample, truth=sample.truth[:, order])
    scale = measure(sample)
    return np.where(np.isfinite(scale) & (scale > 0), scale, np.nan), unit


def _mean(values: Float[np.ndarray, "_"]) -> float | None:
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if len(finite) else None


def _better(errors: Float[np.ndarray, "_"], constant: Float[np.ndarray, "_"]) -> bool:
    gained = (constant - errors)[np.isfinite(errors)]
    return bool(gained.mean() > SURE * gained.std(ddof=1) / np.sqrt(len(gained)) + 1e-9)
