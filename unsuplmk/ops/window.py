"""A rectangle cut out of a frame and resized: the crop of a data set's published protocol, with its coordinates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Num, UInt8

from unsuplmk.errors import UserError

LARGEST = 8
"""A rectangle whose side is so many times the frame's is a mistake, and would fill the memory."""


@dataclass(frozen=True)
class Window:
    """A rectangle, in edge coordinates: pixel i of a row spans i to i + 1, so that a whole frame is 0, 0, W, H.

    Points are in pixels, as everywhere: the centre of the first pixel is 0, which is 0.5 in edge coordinates.
    What lies outside the frame repeats its border.

    Args:
        left: Of the rectangle; need not be whole.
        top: The same.
        width: Above 0.
        height: Above 0.
        out: (width, height) that it is resized to, px; (0, 0) keeps its own, rounded.

    Raises:
        ValueError: The rectangle is empty or not finite.
    """

    left: int | float
    top: int | float
    width: int | float
    height: int | float
    out: tuple[int, int] = (0, 0)

    def __post_init__(self) -> None:
        if not (self.width > 0 and self.height > 0 and np.isfinite([*self.box]).all()):
            raise ValueError(f"a window of {self.width} x {self.height} px at ({self.left}, {self.top})")

    @classmethod
    def square(cls, centre: tuple[int | float, int | float], side: int | float, out: int = 0) -> Window:
        """A square about a centre in pixels."""
        return cls(centre[0] + 0.5 - side / 2, centre[1] + 0.5 - side / 2, side, side, (out, out))

    def inside_of(self, size: tuple[int, int]) -> Window:
        """The part of it that lies in a frame of `size` (width, height), to whole pixels; `out` stays.

        Raises:
            ValueError: No part of it does.
        """
        left, top = max(0, round(self.left)), max(0, round(self.top))
        right, bottom = min(size[0], round(self.box[2])), min(size[1], round(self.box[3]))
        return Window(left, top, right - left, bottom - top, self.out)

    @property
    def box(self) -> tuple[int | float, int | float, int | float, int | float]:
        """Left, top, right, bottom."""
        return self.left, self.top, self.left + self.width, self.top + self.height

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of what it gives, px."""
        return self.out if all(self.out) else (max(1, round(self.width)), max(1, round(self.height)))

    def image(self, frame: UInt8[np.ndarray, "h w 3"]) -> UInt8[np.ndarray, "height width 3"]:
        """The rectangle of a frame, bilinear, averaged over areas where it shrinks."""
        from PIL import Image

        height, width = frame.shape[:2]
        left, top, right, bottom = self.box
        before = max(0, int(np.ceil(-left))), max(0, int(np.ceil(-top)))
        after = max(0, int(np.ceil(right)) - width), max(0, int(np.ceil(bottom)) - height)
        if any((*before, *after)):
            frame = np.pad(frame, ((before[1], after[1]), (before[0], after[0]), (0, 0)), mode="edge")
        box: Any = (left + before[0], top + before[1], right + before[0], bottom + before[1])
        if all(float(edge).is_integer() for edge in box) and self.size == (box[2] - box[0], box[3] - box[1]):
            x0, y0, x1, y1 = map(int, box)
            return np.ascontiguousarray(frame[y0:y1, x0:x1])
        return np.asarray(Image.fromarray(frame).resize(self.size, Image.Resampling.BILINEAR, box=box))

    def cut(self, frame: UInt8[np.ndarray, "h w 3"]) -> UInt8[np.ndarray, "height width 3"]:
        """As `image`, of a rectangle that comes from a file.

        Raises:
            UserError: It lies outside the frame, or is many times as large, so that it is a mistake.
        """
        height, width = frame.shape[:2]
        left, top, right, bottom = self.box
        box = f"the box {left:g}, {top:g} to {right:g}, {bottom:g} px"
        if right <= 0 or bottom <= 0 or left >= width or top >= height:
            raise UserError(f"{box} lies outside the frame of {width} x {height} px")
        if max(self.width, self.height) > LARGEST * max(width, height):
            raise UserError(f"{box} is more than {LARGEST} times as large as the frame of {width} x {height} px")
        return self.image(frame)

    def inside(self, points: Num[np.ndarray, "*any 2"]) -> Float[np.ndarray, "*any 2"]:
        """From pixels of the frame to pixels of what the window gives."""
        corner, scale = np.array([self.left, self.top]), np.array(self.size) / (self.width, self.height)
        return (np.asarray(points, np.float64) + 0.5 - corner) * scale - 0.5

    def outside(self, points: Num[np.ndarray, "*any 2"]) -> Float[np.ndarray, "*any 2"]:
        """From pixels of what the window gives to pixels of the frame."""
        corner, scale = np.array([self.left, self.top]), np.array(self.size) / (self.width, self.height)
        return (np.asarray(points, np.float64) + 0.5) / scale + corner - 0.5
