"""The labelled frames from which landmarks get their names, with the landmarks that a detector finds in them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from unsuplmk.detector import Detector
from unsuplmk.errors import UserError
from unsuplmk.evaluation.samples import Sample, located, remarks
from unsuplmk.frames.cropping import Choice
from unsuplmk.frames.prepare import Fit
from unsuplmk.interfaces import Dataset
from unsuplmk.naming.named import unique
from unsuplmk.ops.leaveoneout import Ridged, fit_ridge

FEWEST = 2
"""Frames that a point must be annotated in: leaving one out must leave one."""


@dataclass(frozen=True)
class Labelled:
    """Labelled frames.

    Args:
        fit: How the network's square images were made.
        sample: Their landmarks, and where the points were annotated.
        points: Names of the points.
        videos: Rows of the sample by the video that they come from; none where each stands alone, or all are of one.
        skipped: One message for each frame that could not be read.
        remarks: What is odd, and which points were left out.
    """

    fit: Fit
    sample: Sample
    points: tuple[str, ...]
    videos: tuple[Int[np.ndarray, "_"], ...]
    skipped: tuple[str, ...]
    remarks: tuple[str, ...]

    @property
    def inputs(self) -> Float[np.ndarray, "images inputs"]:
        """All landmarks' coordinates, in the network's."""
        return self.sample.landmarks.reshape(len(self.sample.names), -1)

    @property
    def targets(self) -> Float[np.ndarray, "images points 2"]:
        """The annotated points, in the same coordinates; NaN where missing."""
        return self.sample.square(self.fit, self.sample.truth)

    def distance(self, guess: Float[np.ndarray, "images points 2"]) -> Float[np.ndarray, "images points"]:
        """From the annotated points, in pixels of each image, of points in the network's coordinates."""
        return np.linalg.norm(self.sample.pixels(self.fit, guess) - self.sample.truth, axis=-1)


def labelled(
    detector: Detector,
    datasets: Sequence[Dataset],
    *,
    crop: Choice | None = None,
    batch: int = 64,
    report: Callable[[str], None] = lambda message: None,
) -> Labelled:
    """Detect in all frames that have an annotated point.

    Args:
        detector: Finds the landmarks.
        datasets: Annotated frames, with the same points.
        crop: As for `Detector.cropped`.
        batch: Frames a forward pass.
        report: Called with one line for every frame that cannot be read, and every point that is left out.

    Raises:
        UserError: The detector's numbers lie nowhere, names are not unique, or fewer than two frames are left.
    """
    if not detector.model.bottleneck.places:
        raise UserError(
            "the numbers that this detector finds lie nowhere in the image, so that no points can be made of them: "
            "train a run with --bottleneck gaussian"
        )
    points = unique(datasets[0].points)
    skipped: list[str] = []

    def note(message: str) -> None:
        skipped.append(message)
        report(message)

    parts, clips = [], []
    for number, dataset in enumerate(datasets):
        if dataset.points != points:
            raise UserError(f"the splits need the same annotated points, not {points} and {dataset.points}")
        seen = detector.cropped(dataset, crop, note)
        parts.append(located(detector, seen, batch, note))
        clip_of = {seen.name(index): (number, clip) for clip, rows in enumerate(seen.clips) for index in rows}
        clips += [clip_of[name] for name in parts[-1].names]
    sample = _joined(parts)
    known = np.isfinite(sample.truth).all(-1)
    if len(sample.names) < FEWEST:
        raise UserError(
            f"{sample.names[0]} is the only annotated frame that can be read: it takes at least {FEWEST}, and a few "
            "dozen make a good map"
        )
    odd = list(remarks(sample, sample.select(np.zeros(len(sample.names), bool))))
    scarce = known.sum(0) < FEWEST
    odd += [
        f"point {name} is left out: {'no frame has it' if not count else 'one frame has it, and it takes two'}"
        for name, count in zip(points, known.sum(0), strict=True)
        if count < FEWEST
    ]
    for message in odd:
        report(message)
    if scarce.all():
        raise UserError(f"none of the points {', '.join(points)} is annotated in two frames that can be read")
    kept = Sample(sample.names, sample.size, sample.landmarks, sample.truth[:, ~scarce], windows=sample.windows)
    names = tuple(name for name, out in zip(points, scarce, strict=True) if not out)
    return Labelled(detector.fit, kept, names, _videos(clips), tuple(skipped), tuple(odd))


def fit_points(
    labels: Labelled, rows: Int[np.ndarray, "_"], videos: Sequence[Int[np.ndarray, "_"]] = (), *, judged: bool = False
) -> Ridged:
    """Fit each point on those of some frames in which it is annotated.

    Args:
        labels: All labelled frames.
        rows: Which of them to fit on.
        videos: Rows of the sample that belong together; needs `rows` to be all.
        judged: Whether the residuals are wanted: NaN where a point is missing.
    """
    x, y = labels.inputs[rows], labels.targets[rows]
    known = np.isfinite(y).all(-1)
    inputs, points = x.shape[1], y.shape[1]
    weights, offset, strength = np.zeros((inputs, points, 2)), np.full((points, 2), np.nan), np.full(points, np.inf)
    left, constant, grouped, grouped_constant = (np.full(y.shape, np.nan) for _ in range(4))
    patterns, which = np.unique(known, axis=1, return_inverse=True)
    for pattern in range(patterns.shape[1]):  # points that miss in the same frames share one factorisation
        there, columns = np.flatnonzero(patterns[:, pattern]), np.flatnonzero(which.ravel() == pattern)
        cells = np.ix_(there, columns)
        if len(there) < FEWEST:
            offset[columns] = y[there[0], columns] if len(there) else np.nan
            continue
        place = np.full(len(rows), -1)
        place[there] = np.arange(len(there))
        groups = [place[group][place[group] >= 0] for group in videos]
        groups = [group for group in groups if len(group)]
        found = fit_ridge(x[there], y[cells], groups if len(groups) > 1 else (), judged=judged)
        weights[:, columns], offset[columns], strength[columns] = found.weights, found.offset, found.strength
        if judged:
            left[cells], constant[cells] = found.residual, found.constant
        if len(found.grouped):
            grouped[cells], grouped_constant[cells] = found.grouped, found.grouped_constant
    return Ridged(weights, offset, strength, left, constant, grouped, grouped_constant)


def _joined(parts: Sequence[Sample]) -> Sample:
    whole = any(part.windows for part in parts)
    if whole and not all(part.windows for part in parts):
        raise UserError("some splits were cropped and others were not; give one split with --split")
    size, landmarks, truth = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("size", "landmarks", "truth")
    )
    names, windows = (tuple(one for part in parts for one in getattr(part, name)) for name in ("names", "windows"))
    return Sample(names, size, landmarks, truth, windows=windows)


def _videos(clips: Sequence[tuple[int, int]]) -> tuple[Int[np.ndarray, "_"], ...]:
    """The rows of each clip, where there are several and most have more than one frame."""
    rows_of: dict[tuple[int, int], list[int]] = {}
    for row, clip in enumerate(clips):
        rows_of.setdefault(clip, []).append(row)
    if len(rows_of) < 2 or len(clips) < 2 * len(rows_of):
        return ()
    return tuple(np.array(rows) for rows in rows_of.values())
