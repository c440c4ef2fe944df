"""What an evaluation found, as a table and as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import isfinite
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from unsuplmk.evaluation.measure import LEVEL, SEED, Interval
from unsuplmk.evaluation.protocols import Protocol
from unsuplmk.evaluation.regress import KINDS

if TYPE_CHECKING:
    from rich.table import Table


@dataclass(frozen=True)
class Report:
    """What an evaluation found.

    Args:
        unit: Of distances: px, or % of the normaliser.
        headline: Which of the figures count: `with_intercept` or `without_intercept`.
        figures: For both of these and for `constant`, the mean training shape: each figure by name.
        per_point: The protocol's measure of each point, by the same keys.
        landmarks: How many landmarks the map reads.
        train: Images that the map was fitted on.
        test: Images that it was judged on.
        skipped: One message for each image that was left out.
        health: Figures of the test images' landmarks that need no annotation.
        protocol: What was measured.
        intervals: 95 % confidence intervals of the protocol's figures, over resampled test images.
        point_intervals: The same of each point.
        remarks: What is odd about the images that were used, and which the protocol left out.
        resamples: How often the test images were drawn anew for the intervals.
        metrics: The figures beside the protocol's come from these, each with all its options.
        metric_of: Which of them gave which figure.
        ridge: Weight of the squared norm of the map.
        augment: How the changed copies of the training images were made; empty where there are none.
    """

    unit: str
    headline: str
    figures: Mapping[str, Mapping[str, float]]
    per_point: Mapping[str, Mapping[str, float]]
    landmarks: int
    train: int
    test: int
    skipped: tuple[str, ...]
    health: Mapping[str, Any]
    protocol: Protocol
    intervals: Mapping[str, Mapping[str, Interval]]
    point_intervals: Mapping[str, Mapping[str, Interval]]
    remarks: tuple[str, ...]
    resamples: int
    metrics: Mapping[str, Mapping[str, Any]]
    metric_of: Mapping[str, str]
    ridge: float
    augment: Mapping[str, Any]

    @property
    def error(self) -> float:
        """Mean distance over images and points, of the headline's map."""
        return self.figures[self.headline]["error"]

    @property
    def score(self) -> float:
        """The protocol's headline; its error unless the protocol counts something else."""
        return self.figures[self.headline][self.protocol.figure]

    def as_dict(self) -> dict[str, Any]:
        """As plain values for JSON; a figure that does not exist is None."""
        how = {"interval_level": LEVEL, "interval_seed": SEED}
        return plain({"error": self.error, "score": self.score, **asdict(self), **how})

    def table(self) -> Table:
        """As a table for the terminal: the headline's column is bold."""
        from rich.table import Table

        table = Table(title=self._title(), caption=self._caption(), caption_justify="left")
        table.add_column("figure", no_wrap=True)
        for kind, title in KINDS.items():
            table.add_column(title, justify="right", style="bold" if kind == self.headline else "")
        table.add_column(f"{LEVEL:g} % interval", justify="right")
        for name in self.figures[self.headline]:
            self._row(table, name, name, self.figures, self.intervals)
        table.add_section()
        for name in self.per_point[self.headline]:
            self._row(table, f"{self._of_point()} of {name}", name, self.per_point, self.point_intervals)
        return table

    def _row(
        self,
        table: Table,
        title: str,
        name: str,
        figures: Mapping[str, Mapping[str, float]],
        intervals: Mapping[str, Mapping[str, Interval]],
    ) -> None:
        low, high = intervals[self.headline].get(name, (float("nan"),) * 2)
        between = f"{low:.2f} - {high:.2f}" if isfinite(low) else ""
        table.add_row(title, *(f"{figures[kind][name]:.2f}" for kind in KINDS), between)

    def _of_point(self) -> str:
        return {"distance": "error", "within": "within", "absolute": "|x| + |y|"}[self.protocol.measure]

    def _title(self) -> str:
        mapped = f"{self.landmarks} landmarks, linear map fitted on {self.train} images, judged on {self.test}"
        return f"{self.protocol.name}: {self.protocol.title}, {self.protocol.variant}\n{mapped}"

    def _caption(self) -> str:
        lines = [f"{self.protocol.figure}: {self.protocol.words}"]
        lines += [f"not as the protocol says: {change}" for change in self.protocol.changes]
        lines.append(f"error and median in {self.unit}; pck in % of the points; {self.protocol.better} is better")
        lines += [f"the map is regularised by a ridge of {self.ridge:g}"] if self.ridge else []
        lines += [f"{len(self.skipped)} images left out"] if self.skipped else []
        return "\n".join([*lines, *self.remarks])


def plain(value: Any) -> Any:
    """As JSON can hold it: figures that do not exist (NaN) become None, and paths text."""
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    if isinstance(value, PurePath):
        return str(value)
    return None if isinstance(value, float) and not isfinite(value) else value
