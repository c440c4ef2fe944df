"""What a protocol measures: a value for each point of each image, their combination, and its confidence interval."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from unsuplmk.evaluation.protocols import Protocol
from unsuplmk.ops.bootstrap import draws, interval
from unsuplmk.ops.linear import swapped

LEVEL, RESAMPLES, SEED = 95.0, 1000, 0
"""Of the confidence intervals: level in %, resamples of the test images, seed."""
Interval = tuple[float, float]


@dataclass(frozen=True)
class Measured:
    """What a protocol says of one kind of guess.

    Args:
        figures: The headline, then the protocol's further figures.
        per_point: The mean of each point.
        intervals: Confidence intervals of the figures.
        point_intervals: The same of the points.
    """

    figures: Mapping[str, float]
    per_point: Mapping[str, float]
    intervals: Mapping[str, Interval]
    point_intervals: Mapping[str, Interval]


def values(
    protocol: Protocol,
    guess: Float[np.ndarray, "images points 2"],
    truth: Float[np.ndarray, "images points 2"],
    scale: Float[np.ndarray, "images"],
) -> Float[np.ndarray, "images points"]:
    """The protocol's measure of every point; NaN where it is not annotated."""
    if protocol.swap:
        other = swapped(truth, protocol.swap)
        nearer = _off(guess, other) < _off(guess, truth)
        truth = np.where(nearer[:, None, None], other, truth)
    away = (guess - truth) / scale[:, None, None]
    if protocol.measure == "absolute":
        return np.abs(away).sum(-1)
    distance = np.linalg.norm(away, axis=-1)
    if protocol.measure == "distance":
        return distance
    return np.where(np.isnan(distance), np.nan, 100.0 * (distance <= protocol.threshold))


def _off(guess: np.ndarray, truth: np.ndarray) -> Float[np.ndarray, "images"]:
    return np.nanmean(np.linalg.norm(guess - truth, axis=-1), 1)


def measure(
    protocol: Protocol,
    found: Mapping[str, Float[np.ndarray, "images points"]],
    points: Sequence[str],
    groups: Sequence[str] = (),
    resamples: int = RESAMPLES,
) -> dict[str, Measured]:
    """Combine the values of each kind of guess, with confidence intervals over resampled test images.

    All kinds are resampled alike.

    Args:
        protocol: How to combine.
        found: The kind of guess -> its `values`.
        points: Names of the points.
        groups: The group of each image, where the protocol has a column.
        resamples: How often the images are drawn anew; with 0, or from one image, the intervals are NaN.
    """
    images = len(next(iter(found.values())))
    whole = np.ones((1, images))
    figures = {kind: _combined(protocol, one, points, groups) for kind, one in found.items()}
    exact = {kind: of(whole) for kind, of in figures.items()}
    drawn: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {kind: [] for kind in found}
    for weights in draws(images, resamples if images > 1 else 0, SEED):
        for kind, of in figures.items():
            drawn[kind].append(of(weights))
    names = [protocol.figure, *_parts(protocol, groups)]
    return {kind: _measured(names, points, exact[kind], drawn[kind]) for kind in found}


def _measured(
    names: Sequence[str],
    points: Sequence[str],
    exact: tuple[np.ndarray, np.ndarray],
    drawn: Sequence[tuple[np.ndarray, np.ndarray]],
) -> Measured:
    ends = [np.full((2, part.shape[1]), np.nan) for part in exact]
    if drawn:
        ends = [interval(np.concatenate(part), LEVEL) for part in zip(*drawn, strict=True)]
    figures, per_point = (part[0].tolist() for part in exact)
    low_high = [[(float(low), float(high)) for low, high in part.T] for part in ends]
    return Measured(
        dict(zip(names, figures, strict=True)),
        dict(zip(points, per_point, strict=True)),
        dict(zip(names, low_high[0], strict=True)),
        dict(zip(points, low_high[1], strict=True)),
    )


def _parts(protocol: Protocol, groups: Sequence[str]) -> list[str]:
    """The names of the figures beside the headline."""
    return sorted(set(groups)) if protocol.column else list(protocol.joints)


def _combined(
    protocol: Protocol, one: Float[np.ndarray, "images points"], points: Sequence[str], groups: Sequence[str]
) -> Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """From weights of the images (some, images) to the figures (some, figures) and the means of the points."""
    known = np.isfinite(one)
    filled, counted = np.where(known, one, 0.0), known.astype(np.float64)
    which = [np.array(groups) == name for name in _parts(protocol, groups)] if protocol.column else []
    members = [[points.index(point) for point in joint] for joint in protocol.joints.values()]

    def over_all(weights: np.ndarray, rows: np.ndarray | slice = slice(None)) -> np.ndarray:
        return _ratio((weights[:, rows] @ filled[rows]).sum(1), (weights[:, rows] @ counted[rows]).sum(1))

    def figures(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        means = _ratio(weights @ filled, weights @ counted)
        parts = [over_all(weights, rows) for rows in which] + [_mean(means[:, joint]) for joint in members]
        headline = {
            "all": lambda: over_all(weights),
            "points": lambda: _mean(means),
            "sum": lambda: means.sum(1),
            "column": lambda: _mean(np.stack(parts, 1)),
        }[protocol.combine]()
        return np.stack([headline, *parts], 1), means

    return figures


def _ratio(total: np.ndarray, count: np.ndarray) -> np.ndarray:
    return np.divide(total, count, out=np.full(np.shape(total), np.nan), where=count > 0)


def _mean(columns: np.ndarray) -> np.ndarray:
    """The mean of the known columns of each row."""
    known = np.isfinite(columns)
    return _ratio(np.where(known, columns, 0.0).sum(1), known.sum(1).astype(np.float64))
