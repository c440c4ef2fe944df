"""Soft dots, and where they are: what tells in which pixel a transform has put a point."""

from __future__ import annotations

import numpy as np

SIDE = 96


def dot(at: np.ndarray, size: tuple[int, int] = (SIDE, SIDE), sigma: float = 2.0) -> np.ndarray:
    """A picture of `size` (width, height) with a white dot centred on `at`, in pixels."""
    y, x = np.mgrid[: size[1], : size[0]]
    white = np.exp(-((x - at[0]) ** 2 + (y - at[1]) ** 2) / 2 / sigma**2)
    return np.repeat((255 * white).round().astype(np.uint8)[..., None], 3, 2)


def centre(image: np.ndarray) -> np.ndarray | None:
    """The centre of the dot; None if it is not whole."""
    white = image.max(-1).astype(np.float64)
    white[white < 25] = 0
    edge = np.concatenate([white[0], white[-1], white[:, 0], white[:, -1]])
    if edge.any() or not white.any():
        return None
    y, x = np.mgrid[: white.shape[0], : white.shape[1]]
    return np.array([(white * x).sum(), (white * y).sum()]) / white.sum()
