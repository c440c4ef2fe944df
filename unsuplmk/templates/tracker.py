"""The tracker `example`: short gaps are filled along a straight line.

Its options:

    unsuplmk components tracker example
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Annotated, final

import numpy as np
from pydantic import Field

from unsuplmk.interfaces import Tracker
from unsuplmk.types import Tracks


@final
class Example(Tracker):
    """Points that are missing for a few frames of a video, on the line from where they were to where they are again.

    A filled point has the lower score of the two that it lies between. Still images have no order, and stay as they
    are.

    Args:
        gap: Frames of the longest gap that is filled.
    """

    def __init__(self, *, gap: Annotated[int, Field(ge=1)] = 5) -> None:
        self.gap = gap

    def __call__(self, tracks: Tracks) -> Tracks:
        """The same tracks, with fewer gaps."""
        if not tracks.fps:
            return tracks
        xy, score = tracks.xy.copy(), tracks.score.copy()  # the given tracks are still the caller's
        for point in range(len(tracks.names)):
            known = np.flatnonzero(np.isfinite(xy[:, point]).all(-1))
            for before, after in pairwise(known.tolist()):
                if 1 < after - before <= self.gap + 1:
                    there = np.linspace(0, 1, after - before + 1)[1:-1, None]
                    xy[before + 1 : after, point] = (1 - there) * xy[before, point] + there * xy[after, point]
                    score[before + 1 : after, point] = min(score[before, point], score[after, point])
        return replace(tracks, xy=xy, score=score)
