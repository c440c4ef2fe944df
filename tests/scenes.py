"""Drawn datasets that are good, or bad in one way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import final

import cv2
import numpy as np

from unsuplmk.errors import UserError
from unsuplmk.frames.clips import Clips
from unsuplmk.interfaces import Dataset

Draw = Callable[[int, int], np.ndarray]
"""A picture of a clip and a place in it."""


@final
class Drawn(Dataset):
    """Clips of drawn pictures, with points where asked."""

    def __init__(
        self,
        lengths: Sequence[int],
        draw: Draw,
        *,
        broken: Sequence[int] = (),
        annotate: Callable[[int], Sequence[tuple[float, float]]] | None = None,
    ) -> None:
        self._clips, self._draw, self._broken, self._annotate = Clips(lengths), draw, set(broken), annotate

    def __len__(self) -> int:
        return self._clips.frames

    @property
    def clips(self) -> Sequence[range]:
        return self._clips

    def read(self, index: int) -> np.ndarray:
        if index in self._broken:
            raise UserError(f"cannot read {self.name(index)}")
        return self._draw(*self._clips.find(index))

    def name(self, index: int) -> str:
        return f"frame {index}"

    @property
    def points(self) -> tuple[str, ...]:
        return tuple(f"p{i}" for i in range(len(self._annotate(0)))) if self._annotate else ()

    def annotation(self, index: int) -> np.ndarray:
        return np.array(self._annotate(index) if self._annotate else [], np.float64).reshape(-1, 2)


def ground(seed: int, width: int = 96, height: int = 72) -> np.ndarray:
    """Smooth colours, others for each seed."""
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)


def noisy(picture: np.ndarray, seed: int, sd: float = 3.0) -> np.ndarray:
    """As a camera sees it."""
    noise = np.random.default_rng(seed).normal(0, sd, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def blob(clip: int, place: int, side: int = 30) -> np.ndarray:
    """A square that wanders over a ground that stands still."""
    picture = ground(clip)
    x, y = 33 + 28 * np.cos(place / 3 + clip), 21 + 18 * np.sin(place / 2)
    left, top = round(x), round(y)
    picture[top : top + side, left : left + side] = (np.array([250, 30, 30]) + 9 * clip) % 256
    return noisy(picture, 1000 * clip + place)
