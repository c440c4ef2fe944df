"""How well landmarks explain annotated points: a linear map fitted on one split and judged on another."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Bool, Float, Integer

from unsuplmk import registry
from unsuplmk.detector import Detector, per_size
from unsuplmk.errors import UserError, unknown
from unsuplmk.interfaces import Dataset
from unsuplmk.ops.linear import LinearMap, fit_linear
from unsuplmk.prepare import Fit

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["LinearMap", "Report", "Sample", "evaluate", "fit_linear", "guesses", "health"]

METRICS: Mapping[str, Mapping[str, Any]] = {"error": {}, "pck": {}}
"""The figures of a report: metric -> its options."""
KINDS = {"with_intercept": "with intercept", "without_intercept": "without", "constant": "constant guess"}
"""What is judged: the map with and without an intercept, and the mean training shape as a floor."""


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


@dataclass(frozen=True)
class Sample:
    """Annotated images with their landmarks.

    Args:
        names: What the images are called.
        size: (width, height) of each.
        landmarks: In [-1, 1] of the network's square image.
        truth: The annotated points in pixels of each image; NaN where missing.
    """

    names: tuple[str, ...]
    size: Integer[np.ndarray, "images 2"]
    landmarks: Float[np.ndarray, "images landmarks 2"]
    truth: Float[np.ndarray, "images points 2"]

    def select(self, rows: Bool[np.ndarray, "images"]) -> Sample:
        """Some of the images."""
        names = tuple(name for name, kept in zip(self.names, rows, strict=True) if kept)
        return Sample(names, self.size[rows], self.landmarks[rows], self.truth[rows])


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
    measure, unit = _normaliser(normalise, test.points)
    judges = {name: registry.build("metric", name, **options) for name, options in {"error": {}, **metrics}.items()}
    skipped: list[str] = []

    def note(message: str) -> None:
        skipped.append(message)
        report(message)

    fitted, judged = (_located(detector, dataset, batch, note) for dataset in (train, test))
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


def guesses(fit: Fit, fitted: Sample, judged: Sample, ridge: float, least_norm: bool = False) -> dict[str, np.ndarray]:
    """The points of the images `judged`, in pixels of each, as every kind predicts them.

    Regression is in pixels of the network's image from its top-left corner, (mu + 1) / 2 * size: without an
    intercept the origin matters (Jakab et al. 2018).
    """
    half = fit.size / 2
    truth = half * (per_size(fit.to_square, fitted.truth, fitted.size) + 1)
    found, fresh = half * (fitted.landmarks + 1), half * (judged.landmarks + 1)
    found_by = {
        "with_intercept": fit_linear(found, truth, True, ridge, least_norm)(fresh),
        "without_intercept": fit_linear(found, truth, False, ridge, least_norm)(fresh),
        "constant": np.broadcast_to(np.nanmean(truth, 0), (len(fresh), *truth.shape[1:])),
    }
    return {kind: per_size(fit.to_frame, guess / half - 1, judged.size) for kind, guess in found_by.items()}


def _located(detector: Detector, dataset: Dataset, batch: int, note: Callable[[str], None]) -> Sample:
    """The landmarks of every image that can be read and has an annotated point."""
    tracks = detector.predict(dataset, batch=batch, report=note)
    row_of = {name: row for row, name in enumerate(tracks.source)}
    truth = {index: dataset.annotation(index) for index in range(len(dataset)) if dataset.name(index) in row_of}
    kept = [index for index, points in truth.items() if np.isfinite(points).all(-1).any()]
    if not kept:
        raise UserError("none of the images that can be read has an annotated point")
    rows = [row_of[dataset.name(index)] for index in kept]
    points = np.stack([truth[index] for index in kept]).astype(np.float64)
    points[np.isnan(points).any(-1)] = np.nan  # half a point is none
    landmarks = per_size(detector.fit.to_square, tracks.xy[rows], tracks.size[rows])
    return Sample(tuple(tracks.source[row] for row in rows), tracks.size[rows], landmarks, points)


def _normaliser(name: str, points: tuple[str, ...]) -> tuple[Callable[[Sample], np.ndarray], str]:
    """How many pixels of each image are one unit of error, and the unit."""
    if name == "px":
        return lambda sample: np.ones(len(sample.names)), "px"
    if name == "size":
        return lambda sample: sample.size.max(1) / 100, "% of the image's longer side"
    if name == "box":
        return _box, "% of the bounding box's diagonal"
    if name.count(",") != 1:
        raise unknown("normaliser", name, ("px", "size", "box", "POINT,POINT"))
    a, b = (_point(part.strip(), points) for part in name.split(","))

    def distance(sample: Sample) -> np.ndarray:
        return np.linalg.norm(sample.truth[:, a] - sample.truth[:, b], axis=-1) / 100

    return distance, f"% of the distance {points[a]} to {points[b]}"


def _box(sample: Sample) -> np.ndarray:
    low = np.nanmin(sample.truth, 1)
    return np.linalg.norm(np.nanmax(sample.truth, 1) - low, axis=-1) / 100


def _point(name: str, points: tuple[str, ...]) -> int:
    if name in points:
        return points.index(name)
    if name.isdecimal() and int(name) < len(points):
        return int(name)
    raise unknown("annotated point", name, points)
