"""Labelled frames for a detector that needs no training: spots whose centres decide where the points are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

import numpy as np

from tests.spots import spotted
from unsuplmk.errors import UserError
from unsuplmk.interfaces import Dataset


@final
class Labels(Dataset):
    """Frames with three spots, and points: one is on a spot, one between two, and one that follows nothing."""

    def __init__(
        self, count: int, *, sizes: Sequence[tuple[int, int]] = ((64, 64),), clips: int = 1, seed: int = 0
    ) -> None:
        rng = np.random.default_rng(seed)
        self.sizes = [sizes[i % len(sizes)] for i in range(count)]
        self.spots = [np.round((corners() + rng.uniform(-0.09, 0.09, (3, 2))) * size) for size in self.sizes]
        self.truth = [
            np.stack([spots[0], 0.5 * (spots[1] + spots[2]), rng.uniform(0.2, 0.8, 2) * size])
            for spots, size in zip(self.spots, self.sizes, strict=True)
        ]
        self.broken: set[int] = set()
        self.named: tuple[str, ...] = ("nose", "middle", "nothing")
        ends = np.linspace(0, count, clips + 1).astype(int)
        self._clips = [range(a, b) for a, b in zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True)]

    def __len__(self) -> int:
        return len(self.spots)

    @property
    def clips(self) -> Sequence[range]:
        return self._clips

    def read(self, index: int) -> np.ndarray:
        if index in self.broken:
            raise UserError(f"cannot read {self.name(index)}")
        return spotted(self.spots[index], self.sizes[index], side=max(self.sizes[index]) // 8 | 1)

    def name(self, index: int) -> str:
        return f"frame/{index}"

    @property
    def points(self) -> tuple[str, ...]:
        return self.named

    def annotation(self, index: int) -> np.ndarray:
        return self.truth[index]


def corners() -> np.ndarray:
    return np.array([[0.3, 0.3], [0.7, 0.35], [0.5, 0.7]])  # apart, so that no spot hides another
