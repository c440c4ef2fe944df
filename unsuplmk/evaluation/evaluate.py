"""How well landmarks explain annotated points: a linear map fitted on one split and judged on another."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from jaxtyping import Float

from unsuplmk.datasets.augmented import Augmented
from unsuplmk.detector import Detector
from unsuplmk.errors import UserError
from unsuplmk.evaluation.figures import figures
from unsuplmk.evaluation.measure import RESAMPLES, measure, values
from unsuplmk.evaluation.normalise import normaliser
from unsuplmk.evaluation.protocols import Protocol
from unsuplmk.evaluation.protocols import protocol as named
from unsuplmk.evaluation.regress import guesses
from unsuplmk.evaluation.samples import Sample, located, remarks
from unsuplmk.evaluation.verdict import Report
from unsuplmk.frames.cropping import Choice
from unsuplmk.frames.prepare import Fit
from unsuplmk.interfaces import Dataset
from unsuplmk.ops.linear import fit_linear, fit_trimmed

__all__ = ["Found", "Report", "Sample", "evaluate", "evaluate_found", "find", "guesses", "health", "judge", "located"]

METRICS: Mapping[str, Mapping[str, Any]] = {"error": {}, "pck": {}}
"""The figures of a report beside the protocol's: metric -> its options."""


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
    protocol: str | Protocol = "plain",
    normalise: str | None = None,
    intercept: bool | None = None,
    ridge: float = 0.0,
    metrics: Mapping[str, Mapping[str, Any]] = METRICS,
    groups: Mapping[str, str] | None = None,
    crop: Choice | None = None,
    batch: int = 64,
    report: Callable[[str], None] = warnings.warn,
) -> Report:
    """Fit a linear map from landmarks to the annotated points of `train`, and judge it on `test`.

    Regression is in pixels of the network's image, counted from its top-left corner, as in Jakab et al. 2018; errors
    are in pixels of each stored image, divided by the normaliser.

    Args:
        detector: Finds the landmarks.
        train: Annotated images to fit on; `unsuplmk.datasets.augmented.Augmented` adds changed copies of them.
        test: Annotated images to judge on, with the same points.
        protocol: What is measured; `unsuplmk.evaluation.protocols` has the published ones by name.
        normalise: px for none; size, the image's longer side; box, the diagonal of the true points' bounding box;
            or two points as `a,b`, by name or number, for their distance (inter-ocular). None: as the protocol says.
        intercept: Whether the headline is the map with an intercept; both are computed. None: as the protocol says.
        ridge: Regularises the map; needed only with fewer images than unknowns.
        metrics: The figures to compute, each with its options; `error` always is.
        groups: The group of each test image by its name, for a protocol that averages over groups; see
            `unsuplmk.evaluation.annotations.cells`.
        crop: As for `Detector.cropped`: None, as the run was trained.
        batch: Images a forward pass.
        report: Called with one line for every image that is left out, and for what is odd about the others.

    Raises:
        UserError: The annotations do not fit the protocol, there are too few, or the normaliser does not exist.
    """
    given = {"protocol": protocol, "normalise": normalise, "intercept": intercept}
    found = find(detector, train, test, **given, crop=crop, batch=batch, report=report)
    return evaluate_found(found, ridge=ridge, metrics=metrics, groups=groups, report=report)


@dataclass(frozen=True)
class Found:
    """The landmarks of both splits, found once, to be judged in more ways than one.

    Args:
        fit: How the network's square images were made.
        fitted: Training images.
        judged: Test images.
        points: Names of their annotated points, in the protocol's order.
        protocol: What is measured, with the user's changes.
        skipped: One message for each image that could not be read.
        augment: How the training images were changed, see `Augmented.recipe`; empty if they were not.
    """

    fit: Fit
    fitted: Sample
    judged: Sample
    points: tuple[str, ...]
    protocol: Protocol
    skipped: tuple[str, ...]
    augment: Mapping[str, Any]


def find(
    detector: Detector,
    train: Dataset,
    test: Dataset,
    *,
    protocol: str | Protocol = "plain",
    normalise: str | None = None,
    intercept: bool | None = None,
    crop: Choice | None = None,
    batch: int = 64,
    report: Callable[[str], None] = warnings.warn,
) -> Found:
    """The first half of `evaluate`, with its arguments: detect, and make sure that the annotations fit the protocol.

    Raises:
        UserError: As `evaluate`.
    """
    if not train.points or train.points != test.points:
        raise UserError(f"both splits need the same annotated points, not {train.points} and {test.points}")
    chosen = (named(protocol) if isinstance(protocol, str) else protocol).changed(normalise, intercept)
    if isinstance(train, Augmented):
        chosen = chosen.augmented(train.copies)
        if train.odd:
            report(train.odd)
    order, points = chosen.order(train.points), chosen.points or train.points
    normaliser(chosen.normalise, points)  # before anything is computed
    skipped: list[str] = []

    def note(message: str) -> None:
        if message not in skipped:  # an image that cannot be read has no copies either
            skipped.append(message)
            report(message)

    fitted, judged = (_ordered(located(detector, dataset, batch, note, crop), order) for dataset in (train, test))
    augment = train.recipe if isinstance(train, Augmented) else {}
    return Found(detector.fit, fitted, judged, points, chosen, tuple(skipped), augment)


def evaluate_found(
    found: Found,
    *,
    ridge: float = 0.0,
    metrics: Mapping[str, Mapping[str, Any]] = METRICS,
    groups: Mapping[str, str] | None = None,
    report: Callable[[str], None] = warnings.warn,
) -> Report:
    """The second half of `evaluate`, with its arguments.

    Raises:
        UserError: As `evaluate`.
    """
    judged = judge(
        *(found.fit, found.fitted, found.judged, found.points),
        protocol=found.protocol,
        ridge=ridge,
        metrics=metrics,
        groups=groups,
        report=report,
    )
    return replace(judged, skipped=(*found.skipped, *judged.skipped), augment=found.augment)


def judge(
    fit: Fit,
    fitted: Sample,
    judged: Sample,
    points: tuple[str, ...],
    *,
    protocol: Protocol,
    ridge: float = 0.0,
    least_norm: bool = False,
    metrics: Mapping[str, Mapping[str, Any]] = METRICS,
    groups: Mapping[str, str] | None = None,
    resamples: int = RESAMPLES,
    report: Callable[[str], None] = warnings.warn,
) -> Report:
    """As `evaluate`, of landmarks that have been found.

    Args:
        fit: How the network's square images were made.
        fitted: Training images.
        judged: Test images.
        points: Names of their annotated points, in the protocol's order.
        protocol: What is measured.
        ridge: As for `evaluate`.
        least_norm: Whether fewer images than unknowns will do; see `fit_linear`.
        metrics: As for `evaluate`.
        groups: As for `evaluate`.
        resamples: Of the test images, for the confidence intervals; 0 for no intervals.
        report: As for `evaluate`.

    Raises:
        UserError: As `evaluate`.
    """
    skipped: list[str] = []

    def note(message: str) -> None:
        skipped.append(message)
        report(message)

    odd = list(remarks(fitted, judged))
    for message in odd:
        report(message)
    if protocol.held_out:
        fitted, message = held_out(fitted, protocol)
        odd.append(message)
    scaled, unit = normaliser(protocol.normalise, points)
    judged, scale = _usable(judged, scaled(judged) * protocol.pixels, protocol, unit, note)
    group = _groups(protocol, judged, groups or {})

    fitter = partial(fit_linear, least_norm=least_norm)
    if protocol.beyond:
        fitter = partial(fit_trimmed, least_norm=least_norm, beyond=protocol.beyond, swap=protocol.swap)
    guessed = guesses(fit, fitted, judged, ridge, fitter)
    found = {kind: values(protocol, guess, judged.truth, scale) for kind, guess in guessed.items()}
    measured = measure(protocol, found, points, group, resamples)
    beside = figures(metrics, guessed, judged.truth, scale)
    return Report(
        unit=full_unit(protocol, unit),
        headline="with_intercept" if protocol.intercept else "without_intercept",
        figures={kind: {**measured[kind].figures, **beside.values[kind]} for kind in guessed},
        per_point={kind: one.per_point for kind, one in measured.items()},
        landmarks=judged.landmarks.shape[1],
        train=int(fitted.original.sum()),
        test=len(judged.names),
        skipped=tuple(skipped),
        health=health(judged.landmarks),
        protocol=protocol,
        intervals={kind: one.intervals for kind, one in measured.items()},
        point_intervals={kind: one.point_intervals for kind, one in measured.items()},
        remarks=tuple(odd),
        resamples=resamples,
        metrics=beside.options,
        metric_of=beside.of,
        ridge=ridge,
        augment={},
    )


def full_unit(protocol: Protocol, unit: str) -> str:
    """A normaliser's unit, with the size at which the protocol measures."""
    return unit if protocol.pixels == 1 else f"{unit} of the image at 1/{protocol.pixels:g} of its size"


def _ordered(sample: Sample, order: list[int]) -> Sample:
    return replace(sample, truth=sample.truth[:, order])


def held_out(fitted: Sample, protocol: Protocol) -> tuple[Sample, str]:
    """The training images without those that a protocol holds out, the last by name; and a line that says so."""
    rows = np.flatnonzero(fitted.original)
    last = round(protocol.held_out * len(rows))
    kept = fitted.original
    kept[rows[np.argsort(np.array(fitted.names)[rows], kind="stable")[len(rows) - last :]]] = False
    message = f"protocol {protocol.name} holds out {last} of {len(rows)} training images, the last by name"
    return fitted.select(fitted.of(kept)), message


def _usable(
    judged: Sample, scale: Float[np.ndarray, "images"], protocol: Protocol, unit: str, note: Callable[[str], None]
) -> tuple[Sample, Float[np.ndarray, "usable"]]:
    """The images that have a normaliser."""
    usable = np.isfinite(scale) & (scale > 0)
    for row in np.flatnonzero(~usable):
        note(f"{judged.names[row]}: cannot be normalised, its {unit.removeprefix('% of the ')} is 0 or unknown")
    if not usable.any():
        raise UserError(f"none of the {len(usable)} test images can be normalised by {protocol.normalise!r}")
    return judged.select(usable), scale[usable]


def _groups(protocol: Protocol, judged: Sample, groups: Mapping[str, str]) -> list[str]:
    """The group of each test image, where the protocol needs one."""
    if not protocol.column:
        return []
    # several pictures that were cut from one image are called as the image, # and more
    found = {name: groups.get(name) or groups.get(name.rpartition("#")[0], "") for name in judged.names}
    without = [name for name in judged.names if not found[name]]
    if without:
        raise UserError(
            f"protocol {protocol.name} averages over the column {protocol.column!r} of the annotations, which "
            f"{len(without)} of {len(judged.names)} test images lack, such as {without[0]}"
        )
    return [found[name] for name in judged.names]
