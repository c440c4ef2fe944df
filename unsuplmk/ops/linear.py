"""Linear maps from landmarks to annotated points, by least squares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from unsuplmk.errors import UserError

SETTLED, ROUNDS = 10, 100
"""Labels count as settled when no more than so many would be swapped; else after so many rounds."""


@dataclass(frozen=True)
class LinearMap:
    """Points as linear functions of all landmarks' coordinates.

    Args:
        weights: From the 2 K flattened coordinates to each point's two.
        offset: The intercept; 0 without one.
    """

    weights: Float[np.ndarray, "inputs points 2"]
    offset: Float[np.ndarray, "points 2"]

    def __call__(self, landmarks: Float[np.ndarray, "images landmarks 2"]) -> Float[np.ndarray, "images points 2"]:
        """The points of each image."""
        flat = landmarks.reshape(len(landmarks), -1)
        return np.einsum("ni,ipc->npc", flat, self.weights) + self.offset


def fit_linear(
    landmarks: Float[np.ndarray, "images landmarks 2"],
    truth: Float[np.ndarray, "images points 2"],
    intercept: bool,
    ridge: float = 0.0,
    least_norm: bool = False,
) -> LinearMap:
    """Fit each point on the images where it is annotated.

    Jakab et al. 2018, section 4: ordinary least squares. Without an intercept the origin of the coordinates
    matters; the published figures put it in the top-left corner.

    Args:
        landmarks: The landmarks of each image.
        truth: The annotated points; NaN where missing.
        intercept: Whether the map has a constant term, which `ridge` leaves free.
        ridge: Weight of the squared norm of the map beside the sum of squared residuals.
        least_norm: Whether fewer images than unknowns will do: of all maps that fit them, the one of least norm.

    Raises:
        UserError: A point has fewer annotated images than unknowns, `ridge` is 0 and `least_norm` false.
    """
    images, points = len(landmarks), truth.shape[1]
    inputs = landmarks.reshape(images, -1).astype(np.float64)
    known = np.isfinite(truth).all(-1)
    unknowns = inputs.shape[1] + intercept
    fewest = int(known.sum(0).min(initial=images))
    needed = 1 if ridge or least_norm else unknowns
    if fewest < needed:
        raise UserError(
            f"{fewest} annotated training images are too few for a linear map from {landmarks.shape[1]} landmarks "
            f"{'with' if intercept else 'without'} intercept: it needs at least {needed}; annotate more, use fewer "
            "landmarks, or regularise with --ridge above 0"
        )
    weights, offset = np.zeros((inputs.shape[1], points, 2)), np.zeros((points, 2))
    patterns, which = np.unique(known, axis=1, return_inverse=True)
    for pattern in range(patterns.shape[1]):  # points that miss on the same images share one factorisation
        rows, columns = patterns[:, pattern], np.flatnonzero(which.ravel() == pattern)
        x, y = inputs[rows], truth[rows][:, columns].reshape(rows.sum(), -1)
        mean_x, mean_y = (x.mean(0), y.mean(0)) if intercept else (np.zeros(x.shape[1]), np.zeros(y.shape[1]))
        solved = _solve(x - mean_x, y - mean_y, ridge)
        weights[:, columns] = solved.reshape(-1, len(columns), 2)
        offset[columns] = (mean_y - mean_x @ solved).reshape(-1, 2)
    return LinearMap(weights, offset)


def fit_trimmed(
    landmarks: Float[np.ndarray, "images landmarks 2"],
    truth: Float[np.ndarray, "images points 2"],
    intercept: bool,
    ridge: float = 0.0,
    least_norm: bool = False,
    *,
    beyond: float,
    swap: Sequence[tuple[int, int]] = (),
) -> LinearMap:
    """Fit, drop the images whose mean residual lies far above the mean, and fit again.

    The released evaluations of simplified Human3.6M do so, and before that they swap left and right in the labels
    of images that fit better then, until at most ten more would change.

    Args:
        landmarks: The landmarks of each image.
        truth: The annotated points; NaN where missing.
        intercept: Whether the map has a constant term.
        ridge: As for `fit_linear`.
        least_norm: As for `fit_linear`.
        beyond: Drop images that are more than so many standard deviations above the mean.
        swap: Pairs of points that may change places.

    Raises:
        UserError: As `fit_linear`.
    """
    residual = np.zeros(len(landmarks))
    for _ in range(ROUNDS):
        found = fit_linear(landmarks, truth, intercept, ridge, least_norm)(landmarks)
        residual = _residual(found, truth)
        other = swapped(truth, swap)
        nearer = _residual(found, other) < residual
        if nearer.sum() <= SETTLED:
            break
        truth = np.where(nearer[:, None, None], other, truth)
    spread = residual.std(ddof=1) if len(residual) > 1 else 0.0
    kept = residual <= residual.mean() + beyond * spread
    return fit_linear(landmarks[kept], truth[kept], intercept, ridge, least_norm)


def swapped(
    truth: Float[np.ndarray, "images points 2"], swap: Sequence[tuple[int, int]]
) -> Float[np.ndarray, "images points 2"]:
    """The points with each pair of `swap` in each other's place."""
    order = list(range(truth.shape[1]))
    for a, b in swap:
        order[a], order[b] = b, a
    return truth[:, order]


def _residual(
    found: Float[np.ndarray, "images points 2"], truth: Float[np.ndarray, "images points 2"]
) -> Float[np.ndarray, "images"]:
    return np.nanmean(np.linalg.norm(found - truth, axis=-1), 1)


def _solve(
    x: Float[np.ndarray, "images inputs"], y: Float[np.ndarray, "images outputs"], ridge: float
) -> Float[np.ndarray, "inputs outputs"]:
    if ridge:  # |x w - y|^2 + ridge |w|^2 is plain least squares with rows added
        x = np.concatenate([x, np.sqrt(ridge) * np.eye(x.shape[1])])
        y = np.concatenate([y, np.zeros((x.shape[1], y.shape[1]))])
    return np.linalg.lstsq(x, y, rcond=None)[0]
