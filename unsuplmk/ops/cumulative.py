"""The cumulative distribution of errors over images: its curve, the area under it, the share that fails."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float


def per_image(
    predicted: Float[np.ndarray, "images points 2"],
    truth: Float[np.ndarray, "images points 2"],
    scale: Float[np.ndarray, "images"],
) -> Float[np.ndarray, "judged"]:
    """The mean error of each image that has an annotated point, in units of the scale."""
    distance = np.linalg.norm(predicted - truth, axis=-1) / scale[:, None]
    known = np.all(np.isfinite(truth), axis=-1)
    judged = np.any(known, axis=1)
    return np.where(known, distance, 0)[judged].sum(1) / known[judged].sum(1)


def area(errors: Float[np.ndarray, "images"], threshold: float) -> float:
    """Area under the curve from 0 to the threshold, in % of the most it could be.

    The curve is a staircase, so that the integral is exact: each image adds what is left from its error to the
    threshold.
    """
    return 100 * float(np.clip(1 - errors / threshold, 0, None).mean())


def failures(errors: Float[np.ndarray, "images"], threshold: float) -> float:
    """Share of the images with an error above the threshold, in %."""
    return 100 * float((errors > threshold).mean())


def curve(
    errors: Float[np.ndarray, "images"], threshold: float
) -> tuple[Float[np.ndarray, "steps"], Float[np.ndarray, "steps"]]:
    """Corners of the staircase from 0 to the threshold: errors, and the % of images with no more than each."""
    ordered = np.sort(errors)
    inside = ordered[ordered <= threshold]
    shares = 100 * np.arange(1, len(inside) + 1) / len(errors)
    last = shares[-1] if len(shares) else 0.0
    return np.concatenate([[0.0], inside, [threshold]]), np.concatenate([[0.0], shares, [last]])
