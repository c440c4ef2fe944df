"""Single frames that leap are outvoted by their neighbours."""

from __future__ import annotations

from typing import Annotated, final

import numpy as np
from pydantic import Field

from unsuplmk.errors import UserError
from unsuplmk.interfaces import Tracker
from unsuplmk.ops.medians import running_median
from unsuplmk.ops.runs import Points, filtered
from unsuplmk.types import Tracks


@final
class Median(Tracker):
    """The running median of each coordinate over a window of frames, of those points in it that are known.

    Tukey 1977, Exploratory Data Analysis, chapter 7. It takes out leaps of up to half a window and keeps steps sharp;
    the path is cut short at its turns. Missing points stay missing. At the ends of a run the window holds the frames
    that there are. Scores and still images stay as they are.

    Args:
        window: Frames of the window, an odd number.
    """

    def __init__(self, *, window: Annotated[int, Field(ge=3, le=9999)] = 5) -> None:
        if window % 2 == 0:
            raise UserError(f"--tracker.median.window {window}: a window has a middle frame; take {window + 1}")
        self._window = window

    def __call__(self, tracks: Tracks) -> Tracks:
        """The same landmarks, without leaps."""
        return filtered(tracks, lambda xy, score: (self._smoothed(xy), score))

    def _smoothed(self, xy: Points) -> Points:
        reach = self._window // 2
        return np.where(np.isnan(xy), np.nan, running_median(xy, reach, reach))
