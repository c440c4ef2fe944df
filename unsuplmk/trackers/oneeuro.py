"""A low-pass filter whose cutoff rises with the speed: calm where a landmark rests, prompt where it moves."""

from __future__ import annotations

import math
from typing import Annotated, final

import numpy as np
from pydantic import Field

from unsuplmk.errors import UserError
from unsuplmk.interfaces import Tracker
from unsuplmk.ops.runs import Points, filtered, known, runs
from unsuplmk.types import Tracks


@final
class Oneeuro(Tracker):
    """The one-euro filter: exponential smoothing with a cutoff of min-cutoff + beta * speed, for each coordinate.

    Casiez et al. 2012, https://doi.org/10.1145/2207676.2208639, Algorithm 1. It looks back only, so that it works as
    frames come, and lags behind what moves. A point that is missing stays so, and the filter waits for the next.
    First set beta to 0 and lower min-cutoff until a resting landmark rests; then raise beta until a moving one does not
    lag. Still images stay as they are.

    Args:
        min_cutoff: Cutoff frequency at rest, Hz.
        beta: How much the cutoff rises with the speed, Hz for one pixel a second.
        d_cutoff: Cutoff frequency of the speed, Hz.
    """

    def __init__(
        self,
        *,
        min_cutoff: Annotated[float, Field(gt=0)] = 1.0,
        beta: Annotated[float, Field(ge=0)] = 0.2,
        d_cutoff: Annotated[float, Field(gt=0)] = 1.0,
    ) -> None:
        self._min_cutoff, self._beta, self._d_cutoff = min_cutoff, beta, d_cutoff

    def __call__(self, tracks: Tracks) -> Tracks:
        """The same landmarks, smoother.

        Raises:
            UserError: There are frames of videos, but nothing says how many make a second.
        """
        if not tracks.fps:
            if any(len(rows) > 1 for rows in runs(tracks)):
                raise UserError(
                    "tracker 'oneeuro' needs a frame rate, and these tracks have none: give one video at a time, or "
                    "write the tracks and say the rate with `unsuplmk track FILE --fps 30`"
                )
            return tracks
        return filtered(tracks, lambda xy, score: (self._smoothed(xy, tracks.fps), score))

    def _smoothed(self, xy: Points, fps: float) -> Points:
        out = xy.copy()
        place, speed = np.zeros(xy.shape[1:]), np.zeros(xy.shape[1:])
        last = np.full(len(place), -1)  # the frame in which each was seen last
        for frame, (now, seen) in enumerate(zip(xy, known(xy), strict=True)):
            again = seen & (last >= 0)
            seconds = ((frame - last[again]) / fps)[:, None]
            before = place[again]
            rate = speed[again] + _share(self._d_cutoff, seconds) * ((now[again] - before) / seconds - speed[again])
            share = _share(self._min_cutoff + self._beta * np.abs(rate), seconds)
            first = seen & ~again
            place[first] = now[first]
            place[again] = before + share * (now[again] - before)
            speed[again] = rate
            last[seen] = frame
            out[frame, seen] = place[seen]
        return out


def _share(cutoff: np.ndarray | float, seconds: np.ndarray) -> np.ndarray:
    """How much a new value counts: 1 / (1 + tau / T), where tau = 1 / (2 pi cutoff)."""
    return 1 / (1 + 1 / (2 * math.pi * cutoff * seconds))
