"""The clips of a dataset as ranges of frames, kept as their ends alone: ten million of them take 80 MB."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, final, overload

import numpy as np


@final
class Clips(Sequence[range]):
    """Ranges of frame indices that follow one another from 0, each made when it is asked for.

    Args:
        lengths: Frames of each clip.
    """

    def __init__(self, lengths: Iterable[int] | np.ndarray) -> None:
        counted = lengths if isinstance(lengths, np.ndarray) else np.fromiter(lengths, np.int64)
        self._ends = np.cumsum(counted, dtype=np.int64)

    @classmethod
    def singles(cls, frames: int) -> Clips:
        """Each frame a clip of its own."""
        return cls(np.ones(frames, np.int64))

    @classmethod
    def of(cls, clips: Sequence[range]) -> Clips:
        """From ranges that follow one another from 0."""
        return clips if isinstance(clips, Clips) else cls(len(clip) for clip in clips)

    @classmethod
    def until(cls, ends: np.ndarray) -> Clips:
        """From one past the last frame of each clip, as int64; the array is kept, and may lie in a file."""
        clips = cls(())
        clips._ends = ends
        return clips

    @property
    def ends(self) -> np.ndarray:
        """One past the last frame of each clip."""
        return self._ends

    def __len__(self) -> int:
        return len(self._ends)

    @overload
    def __getitem__(self, index: int) -> range: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[range, ...]: ...
    def __getitem__(self, index: int | slice) -> range | tuple[range, ...]:
        if isinstance(index, slice):
            return tuple(self[i] for i in range(*index.indices(len(self))))
        clip = range(len(self))[index]
        return range(int(self._ends[clip - 1]) if clip else 0, int(self._ends[clip]))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence) or len(self) != len(other):
            return False
        return all(mine == theirs for mine, theirs in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]

    @property
    def frames(self) -> int:
        """How many frames all clips have together."""
        return int(self._ends[-1]) if len(self._ends) else 0

    def find(self, index: int) -> tuple[int, int]:
        """The clip that holds frame `index`, and the frame's place in it.

        Raises:
            IndexError: There is no such frame.
        """
        if not 0 <= index < self.frames:
            raise IndexError(f"frame {index} of {self.frames}")
        clip = int(np.searchsorted(self._ends, index, side="right"))
        return clip, index - self[clip].start

    def __reduce__(self) -> tuple[Any, ...]:
        return Clips, (np.diff(self._ends, prepend=0),)
