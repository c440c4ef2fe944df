"""What moves before a background that stands still: the difference to it, and the blob that is followed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt8

NOISE = 6.0
"""A pixel has moved where it differs by so many standard deviations of the noise, at least."""
KEPT = 0.5
"""The blob next to the last place is followed if it has such a share of the largest one's area."""
HELD = 0.9
"""Share of a blob that counts for its size: a tail does not."""
LEAST = 4
"""Pixels of the smallest blob."""


@dataclass(frozen=True)
class Blob:
    """Something that moves.

    Args:
        middle: (x, y) of its centre in pixels from the picture's corner, weighted by the difference.
        size: Side of the square about the middle that holds nine tenths of it, weighted alike, px.
    """

    middle: tuple[float, float]
    size: float


def background(frames: UInt8[np.ndarray, "frames height width"], samples: int) -> Float[np.ndarray, "height width"]:
    """The median over frames that are spread evenly over all."""
    chosen = np.unique(np.linspace(0, len(frames) - 1, min(samples, len(frames))).round().astype(int))
    return np.median(frames[chosen], axis=0).astype(np.float32)


def difference(
    frame: UInt8[np.ndarray, "height width"], background: Float[np.ndarray, "height width"]
) -> Float[np.ndarray, "height width"]:
    """How far each pixel is from the background, less a change of light that all pixels share."""
    change = frame - background
    return np.abs(change - np.median(change))


def noise(changes: Float[np.ndarray, "frames height width"]) -> float:
    """Standard deviation of the differences, of which fewer than half are of what moves."""
    return 1.4826 * float(np.median(changes))


def blob(change: Float[np.ndarray, "height width"], threshold: float, last: tuple[float, float] | None) -> Blob | None:
    """The largest blob above a threshold, or one about as large that lies nearer to the last place."""
    import cv2

    mask = cv2.morphologyEx((change > threshold).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    _, labels, stats, middles = cv2.connectedComponentsWithStats(mask, connectivity=8)
    areas = stats[:, cv2.CC_STAT_AREA].astype(float)
    areas[0] = 0  # the background
    if areas.max(initial=0) < LEAST:
        return None
    chosen = int(areas.argmax())
    if last is not None:
        near = np.where(areas >= KEPT * areas[chosen], np.linalg.norm(middles + 0.5 - last, axis=1), np.inf)
        chosen = int(near.argmin())
    left, top, width, height = stats[chosen, : cv2.CC_STAT_AREA].tolist()
    part = np.s_[top : top + height, left : left + width]
    weight = change[part] * (labels[part] == chosen)
    y, x = np.nonzero(weight)
    weight, places = weight[y, x].astype(np.float64), np.stack([x + left, y + top], -1) + 0.5
    middle = weight @ places / weight.sum()
    far = np.abs(places - middle).max(1)
    order = np.argsort(far)
    share = np.cumsum(weight[order]) / weight.sum()
    size = 2 * far[order][np.searchsorted(share, HELD)] + 1  # from edge to edge of the pixels
    return Blob((float(middle[0]), float(middle[1])), float(size))
