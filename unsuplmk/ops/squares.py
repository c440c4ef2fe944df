"""Squares about boxes and places, on whole pixels, so that what is cut out is a copy of the frame's own pixels."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float


def around(boxes: Float[np.ndarray, "boxes 4"], margin: float) -> Float[np.ndarray, "boxes 4"]:
    """The square about each box's middle, whose side is the box's longer side and a margin.

    Args:
        boxes: Left, top, right, bottom, in pixels from the frame's corner.
        margin: What is added to the side, as a share of it.
    """
    sides = (boxes[:, 2:] - boxes[:, :2]).max(1) * (1 + margin)
    return about((boxes[:, :2] + boxes[:, 2:]) / 2, sides)


def about(middles: Float[np.ndarray, "boxes 2"], sides: Float[np.ndarray, "boxes"]) -> Float[np.ndarray, "boxes 4"]:
    """The squares about places, of whole sides of at least 1 px.

    Args:
        middles: In pixels from the frame's corner: the centre of the first pixel is 0.5.
        sides: In pixels.
    """
    whole = np.maximum(np.round(sides), 1.0)[:, None]
    corners = np.round(middles - whole / 2)
    return np.concatenate([corners, corners + whole], 1)
