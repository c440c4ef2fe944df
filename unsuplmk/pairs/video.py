"""Pairs of two frames of one clip, near each other in time."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from math import ceil, floor, isnan
from random import Random
from typing import Annotated, ClassVar, Literal, final

from pydantic import Field

from unsuplmk.errors import UserError
from unsuplmk.interfaces import PairSource
from unsuplmk.types import Image, Pair


@final
class Video(PairSource):
    """Two frames of one clip, a gap range apart: what moved between them is what the landmarks must carry.

    Jakab, Gupta, Bilen, Vedaldi, NeurIPS 2018, section 4.2 (3 to 30 frames apart in Human3.6M). Either frame may
    come first. In a clip too short for the gap the farthest frame is taken.

    Args:
        gap_min: Least distance of the two, in frames or seconds.
        gap_max: Greatest distance of the two, in frames or seconds.
        unit: Of the gaps; seconds need to know when each frame was taken, as videos do.
    """

    clips: ClassVar[bool] = True

    def __init__(
        self,
        *,
        gap_min: Annotated[float, Field(gt=0)] = 1.0,
        gap_max: Annotated[float, Field(gt=0)] = 30.0,
        unit: Literal["frames", "seconds"] = "frames",
    ) -> None:
        super().__init__()
        if gap_max < gap_min:
            raise UserError(f"--pairs.gap-max {gap_max:g} is less than --pairs.gap-min {gap_min:g}; give a range")
        if unit == "frames" and floor(gap_max) < ceil(gap_min):
            raise UserError(f"no whole number of frames lies from {gap_min:g} to {gap_max:g}; or --pairs.unit seconds")
        self.gap_min, self.gap_max, self.unit = gap_min, gap_max, unit
        self._seconds: Callable[[int], float] = _unknown

    def clock(self, seconds: Callable[[int], float]) -> None:
        """Gaps in seconds are measured on this clock."""
        self._seconds = seconds

    def frames(self, index: int, clip: range, rng: Random) -> tuple[int, ...]:
        """The frame, and one that is a random gap earlier or later."""
        before, after = self._by_frames(index, clip) if self.unit == "frames" else self._by_seconds(index, clip)
        choices = len(before) + len(after)
        if choices:
            drawn = rng.randrange(choices)
            return (index, before[drawn] if drawn < len(before) else after[drawn - len(before)])
        first, last = clip.start, clip.stop - 1
        return (index, first if self._distance(index, first) >= self._distance(index, last) else last)

    def _by_frames(self, index: int, clip: range) -> tuple[range, range]:
        least, most = ceil(self.gap_min), floor(self.gap_max)
        before = range(max(clip.start, index - most), index - least + 1)
        return before, range(index + least, min(clip.stop, index + most + 1))

    def _by_seconds(self, index: int, clip: range) -> tuple[range, range]:
        """Found by halving, since the times of a clip ascend."""
        now, edge = self._time(index), 1e-6  # of a second: times are sums of fractions
        before = (now - self.gap_max - edge, now - self.gap_min + edge)
        after = (now + self.gap_min - edge, now + self.gap_max + edge)
        earlier, later = (
            range(
                clip.start + bisect_left(clip, low, key=self._time),
                clip.start + bisect_right(clip, high, key=self._time),
            )
            for low, high in (before, after)
        )
        return earlier, later

    def _distance(self, a: int, b: int) -> float:
        return float(abs(a - b)) if self.unit == "frames" else abs(self._time(a) - self._time(b))

    def _time(self, index: int) -> float:
        seconds = self._seconds(index)
        if isnan(seconds):
            raise UserError(
                "--pairs.unit seconds: when the frames were taken is not known; say how many there are a second "
                "(--dataset.fps), add a column seconds to the CSV, or give gaps in frames"
            )
        return seconds

    def forward(self, frames: tuple[Image, ...]) -> Pair:
        """The first frame is the source, the second the target."""
        source, target = frames
        return Pair(source, target)


def _unknown(index: int) -> float:
    return float("nan")
