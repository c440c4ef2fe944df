"""Frames made square for the network, with the exact map of coordinates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, Num, UInt8

from unsuplmk.ops.coordinates import from_pixels, to_pixels

Frame = UInt8[np.ndarray, "height width 3"]


@dataclass(frozen=True)
class _Geometry:
    """Crop the frame to `crop` at `corner`, scale that to `scaled`, pad it by `border` on the left and top."""

    crop: tuple[int, int]
    corner: tuple[int, int]
    scaled: tuple[int, int]
    border: tuple[int, int]


@dataclass(frozen=True)
class Fit:
    """Makes frames of any shape square.

    Args:
        size: Side of the square, in pixels.
        mode: `pad` shows the whole frame and repeats its border, `crop` keeps the central square, `stretch`
            shows the whole frame and gives up its proportions.
    """

    size: int
    mode: Literal["pad", "crop", "stretch"] = "pad"

    def __call__(self, image: Frame) -> UInt8[np.ndarray, "size size 3"]:
        """The frame, made square; averaged over areas where it shrinks."""
        if image.shape[:2] == (self.size, self.size):
            return image
        import cv2

        height, width = image.shape[:2]
        how = self._geometry(width, height)
        x, y = how.corner
        image = np.ascontiguousarray(image[y : y + how.crop[1], x : x + how.crop[0]])
        shrunk = min(how.crop[0], how.scaled[0]), min(how.crop[1], how.scaled[1])
        for size, interpolation in ((shrunk, cv2.INTER_AREA), (how.scaled, cv2.INTER_LINEAR)):
            if image.shape[1::-1] != size:
                image = cv2.resize(image, size, interpolation=interpolation)
        (left, top), (w, h) = how.border, how.scaled
        if (w, h) != (self.size, self.size):
            right, bottom = self.size - w - left, self.size - h - top
            image = cv2.copyMakeBorder(image, top, bottom, left, right, cv2.BORDER_REPLICATE)
        return image

    def to_square(self, pixels: Num[np.ndarray, "*any 2"], size: Sequence[int]) -> Float[np.ndarray, "*any 2"]:
        """From pixels of a frame of `size` (width, height) to [-1, 1] of the square."""
        how = self._geometry(*map(int, size))
        inside = from_pixels(np.asarray(pixels, np.float64) - how.corner, how.crop)
        return from_pixels(to_pixels(inside, how.scaled) + how.border, (self.size, self.size))

    def to_frame(self, xy: Float[np.ndarray, "*any 2"], size: Sequence[int]) -> Float[np.ndarray, "*any 2"]:
        """From [-1, 1] of the square to pixels of the frame of `size` (width, height) that it was made of."""
        how = self._geometry(*map(int, size))
        inside = from_pixels(to_pixels(np.asarray(xy, np.float64), (self.size, self.size)) - how.border, how.scaled)
        return to_pixels(inside, how.crop) + how.corner

    def _geometry(self, width: int, height: int) -> _Geometry:
        whole, none, full = (width, height), (0, 0), (self.size, self.size)
        if self.mode == "stretch":
            return _Geometry(whole, none, full, none)
        if self.mode == "crop":
            side = min(whole)
            return _Geometry((side, side), ((width - side) // 2, (height - side) // 2), full, none)
        w, h = (max(1, round(side * self.size / max(whole))) for side in whole)
        return _Geometry(whole, none, (w, h), ((self.size - w) // 2, (self.size - h) // 2))
