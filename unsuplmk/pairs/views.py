"""Pairs of neighbouring viewpoints of one object."""

from __future__ import annotations

from random import Random
from typing import Annotated, ClassVar, final

from pydantic import Field

from unsuplmk.interfaces import PairSource
from unsuplmk.types import Image, Pair


@final
class Views(PairSource):
    """Two neighbouring viewpoints of one object: a clip is an object, its frames lie in the order of viewpoint.

    Jakab, Gupta, Bilen, Vedaldi, NeurIPS 2018, section 4.3 (SmallNORB).

    Args:
        reach: Greatest distance of the two viewpoints, in positions along the clip.
        ring: The last viewpoint neighbours the first, as on a turntable.
    """

    clips: ClassVar[bool] = True

    def __init__(self, *, reach: Annotated[int, Field(ge=1)] = 1, ring: bool = False) -> None:
        super().__init__()
        self.reach, self.ring = reach, ring

    def frames(self, index: int, clip: range, rng: Random) -> tuple[int, ...]:
        """The frame, and one at most `reach` viewpoints away."""
        near = [index + step for step in range(-self.reach, self.reach + 1) if step]
        if self.ring:
            near = [clip.start + (i - clip.start) % len(clip) for i in near]
        near = [i for i in near if i in clip and i != index]
        return (index, rng.choice(near) if near else index)

    def forward(self, frames: tuple[Image, ...]) -> Pair:
        """The first viewpoint is the source, the second the target."""
        source, target = frames
        return Pair(source, target)
