"""Points that are missing for a few frames, on the way from where they were to where they are again."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal, final

import numpy as np
from jaxtyping import Bool, Int
from pydantic import Field

from unsuplmk.interfaces import Tracker
from unsuplmk.ops.runs import Points, Scores, filtered, known
from unsuplmk.types import Tracks

HALF = 0.5
"""Score of a filled point, as a share of the lower score of the two that it lies between."""


@final
class Gaps(Tracker):
    """Short gaps, filled along a straight line or a monotone cubic through the known points.

    The cubic is that of Fritsch and Butland 1984, https://doi.org/10.1137/0905021, which does not overshoot. A filled
    point has half the lower score of the two that it lies between. A gap at either end of a run, or of more frames,
    stays. Points of low score can be dropped first, so that they are filled by their neighbours or stay missing with
    a score of 0.

    Args:
        longest: Frames of the longest gap that is filled.
        method: How points lie between the known ones.
        threshold: Points of a lower score are dropped first; 0 drops none.
    """

    def __init__(
        self,
        *,
        longest: Annotated[int, Field(ge=1)] = 5,
        method: Literal["linear", "pchip"] = "pchip",
        threshold: Annotated[float, Field(ge=0, le=1)] = 0.0,
    ) -> None:
        self._longest, self._method, self._threshold = longest, method, threshold

    def __call__(self, tracks: Tracks) -> Tracks:
        """The same landmarks, with fewer gaps."""
        return filtered(tracks, self._filled)

    def _filled(self, xy: Points, score: Scores) -> tuple[Points, Scores]:
        low = score < self._threshold
        out, scores = np.where(low[..., None], np.nan, xy), np.where(low, 0.0, score)
        for point, seen in enumerate(known(out).T):
            times = np.flatnonzero(seen)
            gaps = _inner(seen, self._longest)
            if gaps.any():
                values = out[times, point]
                out[gaps, point] = self._between(times, values, np.flatnonzero(gaps))
                after = np.searchsorted(times, np.flatnonzero(gaps))
                ends = scores[times[after - 1], point], scores[times[after], point]
                scores[gaps, point] = HALF * np.minimum(*ends)
        return out, scores

    def _between(
        self, times: Int[np.ndarray, "seen"], values: np.ndarray, wanted: Int[np.ndarray, "gaps"]
    ) -> np.ndarray:
        from scipy.interpolate import PchipInterpolator, make_interp_spline

        if self._method == "pchip":
            return PchipInterpolator(times, values)(wanted)
        return make_interp_spline(times, values, k=1)(wanted)


def _inner(seen: Bool[np.ndarray, "frames"], longest: int) -> Bool[np.ndarray, "frames"]:
    """The frames of gaps between two known points, of so many frames at most."""
    times = np.flatnonzero(seen)
    gaps = np.zeros(len(seen), bool)
    for before, after in pairwise(times.tolist()):
        gaps[before + 1 : after] = after - before <= longest + 1
    return gaps
