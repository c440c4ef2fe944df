"""How well landmarks explain annotated points: a linear map fitted on one split and judged on another."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from unsuplmk import registry
from unsuplmk.detector import Detector
from unsuplmk.errors import UserError
from unsuplmk.interfaces import Dataset
from unsuplmk.normalise import normaliser
from unsuplmk.regress import KINDS, guesses
from unsuplmk.samples import Sample, located

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["Report", "Sample", "evaluate", "guesses", "health", "located"]

METRICS: Mapping[str, Mapping[str, Any]] = {"error": {}, "pck": {}}
"""The figures of a report: metric -> its options."""


@dataclass(frozen=True)
class Report:
    """What an evaluation found.

    Args:
        unit: Of distances: px, or % of the normaliser.
        headline: Which of the figures count: `with_intercept` or `without_intercept`.
        figures: For both of these and for `constant`, the mean training shape: each figure by name.
        per_point: The mean error of each point, by the same keys.
        landmarks: How many landmarks the map reads.
        train: Images that the map was fitted on.
        test: Images that it was judged on.
        skipped: One message for each image that was left out.
        health: Figures of the test images' landmarks that need no annotation.
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

    @property
    def error(self) -> float:
        """The headline: mean error over images and points."""
        return self.figures[self.headline]["error"]

    def as_dict(self) -> dict[str, Any]:
        """As plain values for JSON; a figure that does not exist is None."""
        return _plain({"error": self.error, **asdict(self)})

    def table(self) -> Table:
        """As a table for the terminal: the headline's column is bold."""
        from rich.table import Table

        table = Table(
            title=f"{self.landmarks} landmarks, linear map fitted on {self.train} images, judged on {self.test}",
            caption=f"error and median in {self.unit}; pck in % of the points" + self._omitted(),
        )
        table.add_column("figure")
        for kind, title in KINDS.items():
            table.add_column(title, justify="right", style="bold" if kind == self.headline else "")
        for name in self.figures[self.headline]:
            table.add_row(name, *(f"{self.figures[kind][name]:.2f}" for kind in KINDS))
        table.add_section()
        for name in self.per_point[self.headline]:
            table.add_row(f"error of {name}", *(f"{self.per_point[kind][name]:.2f}" for kind in KINDS))
        return table

    def _omitted(self) -> str:
        return f"; {len(self.skipped)} images left out" if self.skipped else ""


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not isfinite(value) else value


def health(landmarks: Float[np.ndarray, "images landmarks 2"]) -> dict[str, Any]:
    """Figures that need no annotation, of landmarks in [-1, 1]; distances in % of the image side."""
    import torch

    from unsuplmk.ops.health import health as examine

    return asdict(examine(torch.from_numpy(landmarks)))


def evaluate(
    detector: Detector,
    train: Dataset,
    test: Dataset,
    *,
    normalise: str = "px",
    intercept: bool = True,
    ridge: float = 0.0,
    metrics: Mapping[str, Mapping[str, Any]] = METRICS,
    batch: int = 64,
    report: Callable[[str], None] = warnings.warn,
) -> Report:
    """Fit a linear map from landmarks to the annotated points of `train`, and judge it on `test`.

    The protocol of Jakab et al. 2018: regression in pixels of the network's image, counted from its top-left
    corner; errors in pixels of each stored image, divided by the normaliser.

    Args:
        detector: Finds the landmarks.
        train: Annotated images to fit on.
        test: Annotated images to judge on, with the same points.
        normalise: px for none; size, the image's longer side; box, the diagonal of the true points' bounding box;
            or two points as `a,b`, by name or number, for their distance (inter-ocular).
        intercept: Whether the headline is the map with an intercept; both are computed.
        ridge: Regularises the map; needed only with fewer images than unknowns.
        metrics: The figures to compute, each with its options; `error` always is.
        batch: Images a forward pass.
        report: Called with one line for every image that is left out.

    Raises:
        UserError: There are too few annotated images, or the normaliser does not exist.
    """
    if not train.points or train.points != test.points:
        raise UserError(f"both splits need the same annotated points, not {train.points} and {test.points}")
    measure, unit = normaliser(normalise, test.points)
    judges = {name: registry.build("metric", name, **options) for name, options in {"error": {}, **metrics}.items()}
    skipped: list[str] = []

    def note(message: str) -> None:
        skipped.append(message)
        report(message)

    fitted, judged = (located(detector, dataset, batch, note) for dataset in (train, test))
    scale = measure(judged)
    usable = np.isfinite(scale) & (scale > 0)
    for row in np.flatnonzero(~usable):
        note(f"{judged.names[row]}: cannot be normalised, its {unit.removeprefix('% of the ')} is 0 or unknown")
    if not usable.any():
        raise UserError(f"none of the {len(usable)} test images can be normalised by {normalise!r}")
    judged, scale = judged.select(usable), scale[usable]

    guessed = guesses(detector.fit, fitted, judged, ridge)
    figures = {
        k: {f: v for j in judges.values() for f, v in j(g, judged.truth, scale).items()} for k, g in guessed.items()
    }
    per_point = {
        kind: {
            name: judges["error"](guess[:, [p]], judged.truth[:, [p]], scale)["error"]
            for p, name in enumerate(test.points)
        }
        for kind, guess in guessed.items()
    }
    return Report(
        unit=unit,
        headline="with_intercept" if intercept else "without_intercept",
        figures=figures,
        per_point=per_point,
        landmarks=judged.landmarks.shape[1],
        train=len(fitted.names),
        test=len(judged.names),
        skipped=tuple(skipped),
        health=health(judged.landmarks),
    )
