"""Puppets of the test split: their looks and grounds are in no training."""

from __future__ import annotations

import numpy as np

from unsuplmk import registry
from unsuplmk.interfaces import Dataset

CLIPS, LENGTH = 60, 24


def puppets(side: int = 256) -> Dataset:
    """Clips of a second at 24 frames; the same puppets at every size."""
    return registry.build("dataset", "puppets", split="test", clips=CLIPS, length=LENGTH, side=side)


def chosen(count: int, seed: int, moment: int) -> list[int]:
    """One frame each of `count` different puppets."""
    return [
        int(clip) * LENGTH + moment for clip in np.random.Generator(np.random.PCG64(seed)).permutation(CLIPS)[:count]
    ]
