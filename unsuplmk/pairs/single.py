"""Pairs of one image with itself."""

from __future__ import annotations

from random import Random
from typing import final

from unsuplmk.interfaces import PairSource
from unsuplmk.types import Image, Pair


@final
class Single(PairSource):
    """One image as source and target: for autoencoders, whose generators see little of the source."""

    def frames(self, index: int, clip: range, rng: Random) -> tuple[int, ...]:
        """The frame itself."""
        return (index,)

    def forward(self, frames: tuple[Image, ...]) -> Pair:
        """The same tensor twice, so that it is encoded once."""
        (image,) = frames
        return Pair(image, image)
