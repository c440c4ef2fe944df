"""Frames, names and times of a dataset that are looked up each time they are asked for; nothing is kept."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Protocol, final, overload, runtime_checkable

import numpy as np

from unsuplmk.frames.prepare import Fit
from unsuplmk.interfaces import Dataset


@runtime_checkable
class Frames(Protocol):
    """Frames by index, slice or array of indices, uint8 (frames, size, size, 3): an array, or `Decoded`."""

    @property
    def shape(self) -> tuple[int, ...]:
        """As of an array."""
        ...

    def __len__(self) -> int:
        """How many there are."""
        ...

    def __getitem__(self, index: Any, /) -> np.ndarray:
        """As of an array."""
        ...


@runtime_checkable
class Squares(Protocol):
    """A dataset whose frames are square on disk, and may be read one by one at no loss."""

    @property
    def fit(self) -> Fit:
        """How they were made square."""
        ...

    def squares(self, indices: np.ndarray) -> np.ndarray:
        """Several of them, uint8 (frames, size, size, 3)."""
        ...


@final
class Decoded:
    """Frames that are decoded each time they are asked for; nothing is kept.

    Args:
        dataset: The frames, square.
        count: How many there are.
        fit: What is asked for; squares of another size are scaled.
    """

    def __init__(self, dataset: Squares, count: int, fit: Fit) -> None:
        self._dataset, self._count, self._fit = dataset, count, fit

    @property
    def shape(self) -> tuple[int, ...]:
        """As of an array."""
        return (self._count, self._fit.size, self._fit.size, 3)

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int | slice | np.ndarray) -> np.ndarray:
        if isinstance(index, slice):
            return self._read(np.arange(*index.indices(self._count)))
        indices = np.asarray(index)
        return self._read(indices.ravel()).reshape(*indices.shape, *self.shape[1:])

    def _read(self, indices: np.ndarray) -> np.ndarray:
        if len(indices) and not -self._count <= indices.min() <= indices.max() < self._count:
            raise IndexError(f"frames {indices.min()} to {indices.max()} of {self._count}")
        frames = self._dataset.squares(np.where(indices < 0, indices + self._count, indices))
        if frames.shape[1] == self._fit.size:
            return frames
        return np.array([self._fit(frame) for frame in frames]).reshape(len(frames), *self.shape[1:])


@final
class Names(Sequence[str]):
    """Names of a dataset's frames, each asked for when it is needed."""

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset

    def __len__(self) -> int:
        return len(self._dataset)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[str, ...]: ...
    def __getitem__(self, index: int | slice) -> str | tuple[str, ...]:
        chosen = range(len(self))[index]
        return self._dataset.name(chosen) if isinstance(chosen, int) else tuple(map(self._dataset.name, chosen))


@final
class Times:
    """When frames were taken, in seconds; NaN where nobody knows.

    Args:
        dataset: What knows it.
        kept: Its frames that are left; None for all.
    """

    def __init__(self, dataset: Dataset, kept: np.ndarray | None) -> None:
        self._dataset, self._kept = dataset, kept

    def __call__(self, index: int) -> float:
        """When frame `index` was taken."""
        return self._dataset.seconds(index if self._kept is None else int(self._kept[index]))


def timeless(index: int) -> float:
    """Of frames whose time nobody knows."""
    return math.nan
