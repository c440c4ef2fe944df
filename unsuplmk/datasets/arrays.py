"""Frames that are already in memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, final

import numpy as np

from unsuplmk.errors import UserError
from unsuplmk.frames.clips import Clips
from unsuplmk.interfaces import Dataset

LAYOUT = "frames are uint8 (h, w, 3) or (h, w); a clip is (n, h, w, 3) or a list of frames; several clips are a list"


@final
class Arrays(Dataset):
    """Arrays as clips: one (n, h, w, 3) array or one list of frames is a clip, a list of such is several.

    Args:
        data: RGB or grey uint8 arrays; frames of a list may differ in size.

    Raises:
        UserError: The arrays are of another type or shape.
    """

    def __init__(self, data: np.ndarray | Sequence[np.ndarray] | Sequence[Sequence[np.ndarray]]) -> None:
        if len(data) == 0:
            raise UserError(f"no frames in the arrays given; {LAYOUT}")
        clips: Sequence[Any] = list(data) if _is_clips(data) else [data]
        self._frames: list[np.ndarray] = [frame for clip in clips for frame in clip]
        for i, frame in enumerate(self._frames):
            _check(i, frame)
        self._clips = Clips(len(clip) for clip in clips)
        if not self._frames:
            raise UserError(f"no frames in the arrays given; {LAYOUT}")

    def __len__(self) -> int:
        return len(self._frames)

    @property
    def clips(self) -> Sequence[range]:
        """One range a clip."""
        return self._clips

    def read(self, index: int) -> np.ndarray:
        """Frame `index`; grey is repeated over the three channels."""
        frame = self._frames[index]
        return np.repeat(frame[..., None], 3, axis=-1) if frame.ndim == 2 else frame

    def name(self, index: int) -> str:
        """`array:frame`, or `array:clip:frame` where there are several clips."""
        if len(self._clips) == 1:
            return f"array:{index}"
        clip, frame = self._clips.find(index)
        return f"array:{clip}:{frame}"


def _is_clips(data: np.ndarray | Sequence) -> bool:
    """Whether the items are clips rather than frames."""
    first = data[0]
    return isinstance(first, list | tuple) or (isinstance(first, np.ndarray) and first.ndim == 4)


def _check(index: int, frame: object) -> None:
    found = f"{frame.dtype} {frame.shape}" if isinstance(frame, np.ndarray) else type(frame).__name__
    fits = isinstance(frame, np.ndarray) and (frame.ndim == 2 or (frame.ndim == 3 and frame.shape[2] == 3))
    if not fits or 0 in frame.shape:  # type: ignore[union-attr]
        raise UserError(f"frame {index} is {found}; {LAYOUT}")
    if frame.dtype != np.uint8:  # type: ignore[union-attr]
        raise UserError(f"frame {index} is {found}; convert it to uint8 in 0..255 first")
