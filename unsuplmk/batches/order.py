"""Which frame stands at which place of an epoch: a pure function, without a list of all frames.

Up to `FULL` frames an epoch is one permutation. Larger sets are cut into blocks of neighbours; the blocks are
permuted, and the frames of some `WINDOW` blocks at a time are shuffled together. So reading stays close to
sequential, and a process holds one number a block and one window, however many frames there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import final

import numpy as np
from jaxtyping import Int64

from unsuplmk.errors import UserError
from unsuplmk.frames.clips import Clips

FULL = 2**18
"""Frames up to which an epoch is one permutation."""
BLOCK = 64
"""Neighbours that are read together."""
WINDOW = 1024
"""Blocks whose frames are shuffled together, about."""


@final
class Order:
    """Every frame that can start a pair, once an epoch, in a new order each.

    Args:
        clips: Ranges of frames that follow one another from 0.
        several: Leave out clips of a single frame.
        seed: Of the order.

    Raises:
        UserError: No clip is left.
    """

    def __init__(self, clips: Sequence[range], several: bool, seed: int) -> None:
        self.clips = Clips.of(clips)
        self._seed = seed
        self._first, self._places = np.array([0]), np.array([self.clips.frames])
        if several:  # runs of usable clips: a table of all frames would take 8 bytes each
            usable = np.diff(self.clips.ends, prepend=0) > 1
            if not usable.any():
                raise UserError(f"each of the {len(usable)} clips has one frame")
            edges = np.flatnonzero(np.diff(usable, prepend=False, append=False))
            self._first, stops = (_starts(self.clips, edges[side::2]) for side in (0, 1))
            self._places = np.cumsum(stops - self._first)

    def __len__(self) -> int:
        """Frames an epoch."""
        return int(self._places[-1])

    def __call__(self, start: int, stop: int) -> Int64[np.ndarray, "places"]:
        """The frames at the places [start, stop) of training, counted through all epochs."""
        numbers = np.empty(stop - start, np.int64)
        place = start
        while place < stop:
            piece = _from(self._seed, *divmod(place, len(self)), len(self))[: stop - place]
            numbers[place - start :][: len(piece)] = piece
            place += len(piece)
        run = np.searchsorted(self._places, numbers, side="right")
        return self._first[run] + numbers - np.where(run, self._places[run - 1], 0)

    def clip(self, frame: int) -> range:
        """The clip of a frame."""
        return self.clips[self.clips.find(frame)[0]]


def _starts(clips: Clips, chosen: np.ndarray) -> np.ndarray:
    """The first frames of clips; the number of frames for the clip after the last."""
    return np.where(chosen, clips.ends[chosen - 1], 0)


def _from(seed: int, epoch: int, place: int, count: int) -> np.ndarray:
    """What follows from a place of an epoch on: all of the rest, or of the window."""
    if count <= FULL:
        return _whole(seed, epoch, count)[place:]
    starts = _windows(seed, epoch, count)[1]
    window = int(np.searchsorted(starts, place, side="right")) - 1
    return _window(seed, epoch, count, window)[place - starts[window] :]


# a batch may hold the end of an epoch or window and the start of the next, and two orders may be in use


@lru_cache(4)
def _whole(seed: int, epoch: int, count: int) -> np.ndarray:
    return _random(seed, epoch).permutation(count)


@lru_cache(4)
def _windows(seed: int, epoch: int, count: int) -> tuple[list[np.ndarray], np.ndarray]:
    """The blocks of each window, and the place at which each window starts."""
    blocks = -(-count // BLOCK)
    parts = np.array_split(_random(seed, epoch).permutation(blocks), max(1, round(blocks / WINDOW)))
    sizes = [len(part) * BLOCK - (blocks * BLOCK - count) * int(blocks - 1 in part) for part in parts]
    return parts, np.cumsum([0, *sizes[:-1]])


@lru_cache(4)
def _window(seed: int, epoch: int, count: int, window: int) -> np.ndarray:
    """The frames of a window."""
    frames = (_windows(seed, epoch, count)[0][window][:, None] * BLOCK + np.arange(BLOCK)).ravel()
    return _random(seed, epoch, window + 1).permutation(
        frames[frames < count]
    )  # the last block may be short; 0 would be as no window


def _random(*key: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(key))
