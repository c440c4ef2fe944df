"""The backward error: how well the annotated points explain the landmarks, and which landmarks follow none."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from unsuplmk.errors import UserError
from unsuplmk.evaluation.samples import Sample
from unsuplmk.frames.prepare import Fit
from unsuplmk.ops.linear import fit_linear


@dataclass(frozen=True)
class Backward:
    """Errors of landmarks that a linear map from the annotated points predicts, in % of the image's side.

    Sanchez and Tzimiropoulos 2019, https://arxiv.org/abs/1910.09469, judge by both directions.

    Args:
        error: Mean distance over test images and landmarks.
        constant: The same of the constant guess, the landmarks' mean in the training images.
        per_landmark: The mean distance of each landmark.
        per_landmark_constant: The same of the constant guess.
        train: Training images with every point: the others cannot be used.
        test: Test images with every point.
    """

    error: float
    constant: float
    per_landmark: tuple[float, ...]
    per_landmark_constant: tuple[float, ...]
    train: int
    test: int

    @property
    def unexplained(self) -> tuple[int, ...]:
        """Landmarks that move, by more than 0.1 % of the side, and that the points predict no better than a guess."""
        both = zip(self.per_landmark, self.per_landmark_constant, strict=True)
        return tuple(i for i, (error, guess) in enumerate(both) if guess > 0.1 and error > 0.95 * guess)

    def as_dict(self) -> dict[str, Any]:
        """As plain values for JSON."""
        return {**asdict(self), "unexplained": self.unexplained}

    def line(self) -> str:
        """In one line for the terminal."""
        odd = ", ".join(map(str, self.unexplained)) or "none"
        return (
            f"backward: points predict landmarks to {self.error:.2f} % of the image's side (constant guess "
            f"{self.constant:.2f}); not explained by the points: {odd}"
        )


def backward(fit: Fit, fitted: Sample, judged: Sample, ridge: float = 0.0) -> Backward:
    """Fit a linear map with intercept from the annotated points to the landmarks, and judge it.

    Args:
        fit: How frames become the network's square, whose side is 100 %.
        fitted: Images to fit on.
        judged: Images to judge on.
        ridge: Weight of the squared norm of the map, in pixels of the network's image.

    Raises:
        UserError: Too few images have every point.
    """
    (points, landmarks), (fresh, truth) = (_complete(fit, sample) for sample in (fitted, judged))
    needed = 1 if ridge else 2 * points.shape[1] + 1
    if len(points) < needed or not len(fresh):
        raise UserError(
            f"the backward error needs images with every point: at least {needed} to fit and 1 to judge, not "
            f"{len(points)} and {len(fresh)}"
        )
    side = fit.size / 100
    error = np.linalg.norm(fit_linear(points, landmarks, True, ridge)(fresh) - truth, axis=-1) / side
    guess = np.linalg.norm(landmarks.mean(0) - truth, axis=-1) / side
    return Backward(
        error=float(error.mean()),
        constant=float(guess.mean()),
        per_landmark=tuple(error.mean(0).tolist()),
        per_landmark_constant=tuple(guess.mean(0).tolist()),
        train=len(points),
        test=len(fresh),
    )


def _complete(
    fit: Fit, sample: Sample
) -> tuple[Float[np.ndarray, "images points 2"], Float[np.ndarray, "images landmarks 2"]]:
    """Points and landmarks of the images that have every point, in pixels of the network's image."""
    kept = sample.select(np.all(np.isfinite(sample.truth), axis=(1, 2)))
    points = kept.square(fit, kept.truth)
    return fit.size / 2 * (points + 1), fit.size / 2 * (kept.landmarks + 1)
