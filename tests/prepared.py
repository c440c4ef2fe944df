"""A dataset that knows everything a dataset can know, some frames of which are broken; and what is said of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np

from tests.layouts.pictures import pixels
from unsuplmk.console import Silent
from unsuplmk.errors import UserError
from unsuplmk.frames.clips import Clips
from unsuplmk.interfaces import Dataset


class Rich(Dataset):
    """Frames of 24 x 16 px with two points, tags and times."""

    def __init__(self, clips: Sequence[int] = (5, 1, 9, 2), broken: Sequence[int] = ()) -> None:
        self._clips, self.broken, self.reads = Clips(clips), set(broken), 0

    def __len__(self) -> int:
        return self._clips.frames

    @property
    def clips(self) -> Sequence[range]:
        return self._clips

    def read(self, index: int) -> np.ndarray:
        self.reads += 1
        if index in self.broken:
            raise UserError(f"cannot read image {self.name(index)}: it is\nbroken")
        return pixels(str(index))

    def name(self, index: int) -> str:
        return f"Größe/{index}.png"

    @property
    def fps(self) -> float:
        return 25.0

    def seconds(self, index: int) -> float:
        return float("nan") if index == 3 else index / 25

    @property
    def points(self) -> tuple[str, ...]:
        return ("nose", "tail")

    def annotation(self, index: int) -> np.ndarray:
        return np.array([[index, 3.5], [np.nan, np.nan]] if index % 2 else [[index, 3.5], [23.0, 15.0]])

    def tags(self, index: int) -> Mapping[str, str]:
        return {} if index == 2 else {"subject": f"Käfer {index // 4}"}


class Notes(Silent):
    """Remembers what is said; it may press Ctrl-C after so many frames."""

    def __init__(self, press: int = 0) -> None:
        self.press, self.warnings, self.done = press, list[str](), list[int]()

    def warn(self, text: str) -> None:
        self.warnings.append(text)

    def update(self, number: int, figures: Mapping[str, float]) -> None:
        self.done.append(number)
        if number == self.press:
            raise KeyboardInterrupt


Way = Literal["jpeg", "png", "raw"]
