"""Pairs of two frames of one clip."""

from __future__ import annotations

from random import Random
from typing import Annotated, ClassVar, final

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
        gap_min: Least distance of the two, in frames.
        gap_max: Greatest distance of the two, in frames.
    """

    clips: ClassVar[bool] = True

    def __init__(self, *, gap_min: Annotated[int, Field(ge=1)] = 1, gap_max: Annotated[int, Field(ge=1)] = 30) -> None:
        super().__init__()
        if gap_max < gap_min:
            raise UserError(f"--pairs.gap-max {gap_max} is less than --pairs.gap-min {gap_min}; give a range")
        self.gap_min, self.gap_max = gap_min, gap_max

    def frames(self, index: int, clip: range, rng: Random) -> tuple[int, ...]:
        """The frame, and one that is a random gap earlier or later."""
        before = range(max(clip.start, index - self.gap_max), index - self.gap_min + 1)
        after = range(index + self.gap_min, min(clip.stop, index + self.gap_max + 1))
        choices = len(before) + len(after)
        if choices:
            drawn = rng.randrange(choices)
            return (index, before[drawn] if drawn < len(before) else after[drawn - len(before)])
        first, last = clip.start, clip.stop - 1
        return (index, first if index - first >= last - index else last)

    def forward(self, frames: tuple[Image, ...]) -> Pair:
        """The first frame is the source, the second the target."""
        source, target = frames
        return Pair(source, target)
