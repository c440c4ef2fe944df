"""The dataset `example`: clips as NumPy files, one array a clip.

What it reads; what a folder holds; a run on it, with pairs of frames of one clip:

    unsuplmk datasets about example
    unsuplmk inspect example:clips/
    unsuplmk run example:clips/ --dataset.every 2 --pairs video
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from typing import Annotated, final

import numpy as np
from pydantic import Field

from unsuplmk.card import Card
from unsuplmk.errors import UserError
from unsuplmk.interfaces import Dataset


@final
class Example(Dataset):
    """A folder of .npy files: each an array (frames, height, width, 3) of RGB bytes, and a clip.

    Args:
        path: The folder.
        every: Take every so many-th frame of a clip, from its first.

    Raises:
        UserError: The folder holds no such files, or one of them is damaged or holds something else.
    """

    card = Card(title="Clips as NumPy files", layout="*.npy: RGB bytes of one clip, (frames, height, width, 3)")

    def __init__(self, path: str | Path, *, every: Annotated[int, Field(ge=1)] = 1) -> None:
        self._every = every
        self._files = sorted(Path(path).expanduser().glob("*.npy"))
        if not self._files:
            raise UserError(f"{path} holds no .npy files; each is to be a clip: {self.card.layout}")
        lengths = (len(_clip(file)[::every]) for file in self._files)
        self._starts = list(accumulate(lengths, initial=0))

    def __len__(self) -> int:
        return self._starts[-1]

    @property
    def clips(self) -> Sequence[range]:
        """One a file, in the order of the names."""
        return [range(*ends) for ends in zip(self._starts, self._starts[1:], strict=False)]

    def read(self, index: int) -> np.ndarray:
        """Frame `index`; the file is opened each time, so that a copy in another process needs none of ours."""
        file, frame = self._find(index)
        return np.array(_clip(file)[frame])

    def name(self, index: int) -> str:
        """`clip.npy:frame`."""
        file, frame = self._find(index)
        return f"{file.name}:{frame}"

    def _find(self, index: int) -> tuple[Path, int]:
        if not 0 <= index < len(self):
            raise IndexError(f"frame {index} of {len(self)}")
        clip = bisect_right(self._starts, index) - 1
        return self._files[clip], (index - self._starts[clip]) * self._every


def _clip(file: Path) -> np.ndarray:
    """The array of a file, mapped: nothing of it is read before it is asked for."""
    try:
        array = np.load(file, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError) as error:
        raise UserError(f"cannot read {file}: {' '.join(str(error).split())}") from None
    if array.dtype != np.uint8 or array.ndim != 4 or array.shape[3] != 3 or 0 in array.shape:
        raise UserError(f"{file} holds {array.dtype} {array.shape}; a clip is uint8 (frames, height, width, 3)")
    return array
