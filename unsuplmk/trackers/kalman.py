"""Landmarks as bodies that keep their velocity, seen through noise: the best guess from past and future."""

from __future__ import annotations

from typing import Annotated, final

import numpy as np
from jaxtyping import Float
from pydantic import Field

from unsuplmk.interfaces import Tracker
from unsuplmk.ops.runs import Points, Scores, filtered, known
from unsuplmk.types import Tracks

Mean = Float[np.ndarray, "landmarks 2 2"]
"""Place and velocity of each landmark, by x and y."""
Spread = Float[np.ndarray, "landmarks 2 2"]
"""Their covariance, which is the same for x and y."""

STEP = np.array([[1.0, 1.0], [0.0, 1.0]])
"""What a frame does to place and velocity."""
PUSH = np.array([[0.25, 0.5], [0.5, 1.0]])
"""Covariance that an acceleration of variance 1 over a frame adds."""
UNKNOWN = 1e4
"""Standard deviation of place and velocity before anything is seen, in those of a detection."""
LIMIT = 10.0
"""No detection counts for more, or less, than so many times the landmark's usual one."""


@final
class Kalman(Tracker):
    """The Rauch-Tung-Striebel smoother of a constant velocity, which an unknown acceleration changes at every frame.

    Kalman 1960, https://doi.org/10.1115/1.3662552; Rauch, Tung and Striebel 1965, https://doi.org/10.2514/3.3166. It
    looks both ways, so that nothing lags. A detection of half the landmark's median score is taken to be twice as
    uncertain. Missing points stay missing, and their neighbours know that time has passed. Only the ratio of the two
    options matters. Scores and still images stay as they are.

    Args:
        process: Standard deviation of the acceleration, px a frame squared; lower is smoother.
        measurement: Standard deviation of a detection, px.
    """

    def __init__(
        self,
        *,
        process: Annotated[float, Field(gt=0)] = 0.5,
        measurement: Annotated[float, Field(gt=0)] = 1.0,
    ) -> None:
        self._ratio = process / measurement

    def __call__(self, tracks: Tracks) -> Tracks:
        """The same landmarks, smoother."""
        return filtered(tracks, lambda xy, score: (self._smoothed(xy, score), score))

    def _smoothed(self, xy: Points, score: Scores) -> Points:
        seen = known(xy)
        noise = _noise(np.where(seen, score, np.nan))
        first = xy[seen.argmax(0), np.arange(xy.shape[1])]
        mean = np.stack([np.where(np.isfinite(first), first, 0.0), np.zeros_like(first)], 1)
        spread = np.tile(UNKNOWN**2 * np.eye(2), (len(first), 1, 1))
        guesses, beliefs = [], []
        for frame in range(len(xy)):
            guesses.append((mean, spread))
            mean, spread = _corrected(mean, spread, xy[frame], noise[frame], seen[frame])
            beliefs.append((mean, spread))
            mean, spread = STEP @ mean, STEP @ spread @ STEP.T + self._ratio**2 * PUSH
        out, (mean, _) = xy.copy(), beliefs[-1]
        out[-1] = mean[:, 0]
        for frame in range(len(xy) - 2, -1, -1):
            (belief, doubt), (guess, distrust) = beliefs[frame], guesses[frame + 1]
            mean = belief + doubt @ STEP.T @ np.linalg.inv(distrust) @ (mean - guess)
            out[frame] = mean[:, 0]
        return np.where(seen[..., None], out, xy)


def _noise(score: Scores) -> Scores:
    """Variance of each detection in those of the landmark's usual one, from scores that are NaN where none is."""
    usual = np.array([np.nanmedian(column) if np.isfinite(column).any() else 1.0 for column in score.T])
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(usual > 0, usual / score, 1.0)
    return np.clip(np.nan_to_num(share, nan=1.0, posinf=LIMIT), 1 / LIMIT, LIMIT) ** 2


def _corrected(
    mean: Mean,
    spread: Spread,
    xy: Float[np.ndarray, "landmarks 2"],
    noise: Float[np.ndarray, "landmarks"],
    seen: np.ndarray,
) -> tuple[Mean, Spread]:
    """What is believed after a frame is seen; the covariance in Joseph's form, which stays positive."""
    gain = np.where(seen, 1.0, 0.0)[:, None] * spread[:, :, 0] / (spread[:, 0, 0] + noise)[:, None]
    surprise = np.where(seen[:, None], xy, mean[:, 0]) - mean[:, 0]
    keep = np.eye(2) - gain[:, :, None] * np.array([1.0, 0.0])
    doubt = keep @ spread @ keep.transpose(0, 2, 1) + noise[:, None, None] * gain[:, :, None] * gain[:, None, :]
    return mean + gain[:, :, None] * surprise[:, None, :], doubt
