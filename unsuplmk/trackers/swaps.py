"""Two landmarks that took each other's place for a while are put back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Annotated, final

import numpy as np
from jaxtyping import Float, Int
from pydantic import Field

from unsuplmk.interfaces import Tracker
from unsuplmk.ops.medians import running_median
from unsuplmk.ops.runs import Points, Scores, filtered, known
from unsuplmk.types import Tracks

PASSES = 5
"""Times that a run is looked through: a landmark may have been exchanged with one that was itself exchanged."""


@dataclass(frozen=True)
class _Swap:
    """Two landmarks that are exchanged from frame `start` to before frame `stop`, and what it costs to leave them."""

    pair: tuple[int, int]
    start: int
    stop: int
    gain: float


@final
class Swaps(Tracker):
    """Exchanges of two landmarks that begin and end, found by the way that each would have to leap, and undone.

    Between two frames a landmark should go on with the velocity that it had before, and come with the one that it has
    after: medians over some frames on either side. The cost of a step is how far it is from both. Two landmarks are
    exchanged where going on as they are costs many times more than going on in each other's place and than it usually
    does, and exchanged back where it does so again. What is never exchanged back stays, since nobody knows which half
    is right; so does what is exchanged for long. A landmark that crosses another is none. Scores go with the points.
    The costs are those of the assignment in Munkres' sense, https://doi.org/10.1137/0105003, of two landmarks at a
    time. Still images stay as they are.

    Args:
        ratio: How many times the cost of going on must be that of an exchange.
        history: Frames on either side that tell the velocity.
        longest: Frames of the longest exchange that is undone.
    """

    def __init__(
        self,
        *,
        ratio: Annotated[float, Field(gt=1)] = 1.5,
        history: Annotated[int, Field(ge=1, le=999)] = 5,
        longest: Annotated[int, Field(ge=1)] = 50,
    ) -> None:
        self._ratio, self._history, self._longest = ratio, history, longest

    def __call__(self, tracks: Tracks) -> Tracks:
        """The same landmarks, each in its own place."""
        return filtered(tracks, self._undone)

    def _undone(self, xy: Points, score: Scores) -> tuple[Points, Scores]:
        for _ in range(PASSES):
            found = sorted(self._swaps(xy), key=lambda swap: -swap.gain)
            taken = np.zeros(score.shape, bool)
            xy, score = xy.copy(), score.copy()
            for swap in found:
                frames, there, back = slice(swap.start, swap.stop), list(swap.pair), list(swap.pair[::-1])
                if not taken[max(swap.start - 1, 0) : swap.stop + 1, there].any():
                    taken[frames, there] = True
                    xy[frames, there], score[frames, there] = xy[frames, back], score[frames, back]
            if not found:
                break
        return xy, score

    def _swaps(self, xy: Points) -> Iterator[_Swap]:
        """Exchanges that end after a while."""
        steps, seen = np.diff(xy, axis=0), known(xy)  # step t leads from frame t to frame t + 1
        before = np.nan_to_num(running_median(steps, self._history, -1))
        after = np.nan_to_num(running_median(steps, -1, self._history))
        for one, other in combinations(range(xy.shape[1]), 2):
            frames = np.flatnonzero(seen[:, one] & seen[:, other])
            if len(frames) < 2:
                continue
            start, stop = frames[:-1], frames[1:]
            time = (stop - start)[:, None]

            def cost(source: int, target: int) -> Float[np.ndarray, "steps"]:
                """Of each step from where one landmark was to where the other, or the same, is."""
                step = xy[stop, target] - xy[start, source]  # noqa: B023
                way, come = time * before[start, source], time * after[stop - 1, target]  # noqa: B023
                return np.linalg.norm(step - way, axis=-1) + np.linalg.norm(step - come, axis=-1)

            stay = cost(one, one) + cost(other, other)
            leave = cost(one, other) + cost(other, one)
            near = time[:, 0] <= self._history  # what both were is forgotten after more frames
            leaps = near & (stay > self._ratio * (leave + np.median(stay)))
            for part in np.split(np.flatnonzero(leaps), np.searchsorted(np.flatnonzero(leaps), np.flatnonzero(~near))):
                for first, last in _episodes(part, stop, self._longest):
                    gain = float((stay - leave)[[first, last]].sum())
                    yield _Swap((one, other), int(stop[first]), int(stop[last]), gain)


def _episodes(
    leaps: Int[np.ndarray, "leaps"], frames: Int[np.ndarray, "steps"], longest: int
) -> Iterator[tuple[int, int]]:
    """Leaps two by two, the nearest first: a landmark is mostly where it should be, and a leap may have been missed."""
    left = leaps.tolist()
    while len(left) > 1:
        lengths = np.diff(frames[left])
        at = int(lengths.argmin())
        if lengths[at] > longest:
            return
        yield left[at], left[at + 1]
        del left[at : at + 2]
