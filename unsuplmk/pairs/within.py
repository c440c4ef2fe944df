"""Pairs of any two frames of one clip."""

from __future__ import annotations

from random import Random
from typing import ClassVar, final

from unsuplmk.interfaces import PairSource
from unsuplmk.types import Image, Pair


@final
class Within(PairSource):
    """Two different frames of one clip, whatever lies between them: of one video, one person, one class.

    Jakab, Gupta, Bilen, Vedaldi, NeurIPS 2018, sections 4.1 (VoxCeleb), 4.2 (BBC Pose) and 4.4 (SVHN). A clip of one
    frame gives that frame twice.
    """

    clips: ClassVar[bool] = True

    def frames(self, index: int, clip: range, rng: Random) -> tuple[int, ...]:
        """The frame, and another of its clip."""
        if len(clip) == 1:
            return (index, index)
        other = clip.start + rng.randrange(len(clip) - 1)
        return (index, other + (other >= index))

    def forward(self, frames: tuple[Image, ...]) -> Pair:
        """The first frame is the source, the second the target."""
        source, target = frames
        return Pair(source, target)
