"""Pictures: landmarks on images, trails on videos, contact sheets of training."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from colorsys import hsv_to_rgb
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, UInt8

if TYPE_CHECKING:
    from torch import Tensor

    from unsuplmk.model import Outcome
    from unsuplmk.types import Pair

Picture = UInt8[np.ndarray, "_ _ 3"]
"""RGB of any height and width."""
GOLDEN = 137.50776 / 360
"""The golden angle in turns: however many hues are taken, they stay far apart."""
SHIFT = 4
"""Binary digits of sub-pixel positions in cv2's drawing."""
CELL = 160
"""Least side of a picture in a contact sheet, in pixels."""
CAPTION = 20
"""Height of a contact sheet's captions, in pixels."""


def palette(count: int) -> UInt8[np.ndarray, "count 3"]:
    """Distinct bright RGB colours; colour i is always the same, whatever the count."""
    colours = [hsv_to_rgb(i * GOLDEN % 1, (0.9, 0.55, 0.9)[i % 3], (1.0, 1.0, 0.7)[i % 3]) for i in range(count)]
    return np.round(255 * np.array(colours).reshape(count, 3)).astype(np.uint8)


def overlay(
    image: Picture,
    xy: Float[np.ndarray, "landmarks 2"],
    score: Float[np.ndarray, "landmarks"] | None = None,
) -> Picture:
    """A copy of the image with its landmarks as discs; those of low score are fainter.

    Args:
        image: RGB.
        xy: In pixels, the centre of the first at (0, 0); NaN is not drawn.
        score: Confidence in [0, 1]; without it all are drawn in full.
    """
    import cv2

    canvas = np.ascontiguousarray(image).copy()
    size = radius(image)
    for i, (point, colour) in enumerate(zip(xy, palette(len(xy)).tolist(), strict=True)):
        window = _window(point, size + 3, canvas)
        if window is None:
            continue
        patch, centre = canvas[window], point - (window[1].start, window[0].start)
        drawn = np.ascontiguousarray(patch)
        for disc, fill in ((1.4 * size, (0, 0, 0)), (size, colour)):  # the dark rim shows on bright ground
            cv2.circle(drawn, fixed(centre), round(disc * 2**SHIFT), fill, -1, cv2.LINE_AA, SHIFT)
        opacity = 1.0 if score is None else 0.4 + 0.6 * float(np.clip(np.nan_to_num(score[i]), 0, 1))
        patch[:] = cv2.addWeighted(drawn, opacity, patch, 1 - opacity, 0)
    return canvas


def trails(image: Picture, history: Float[np.ndarray, "frames landmarks 2"]) -> Picture:
    """A copy of the image with the paths of the landmarks over the last frames, oldest first, thinnest first."""
    import cv2

    canvas = np.ascontiguousarray(image).copy()
    thickest = max(1.0, 0.7 * radius(image))
    for age, (start, end) in enumerate(itertools.pairwise(history), 1):
        thickness = max(1, round(thickest * age / (len(history) - 1)))
        for a, b, colour in zip(start, end, palette(history.shape[1]).tolist(), strict=True):
            if near(a, image) and near(b, image):
                cv2.line(canvas, fixed(a), fixed(b), colour, thickness, cv2.LINE_AA, SHIFT)
    return cv2.addWeighted(canvas, 0.7, image, 0.3, 0)


def radius(image: Picture) -> float:
    """Of a landmark's disc, px."""
    return max(3.0, 0.012 * max(image.shape[:2]))


def fixed(point: np.ndarray) -> tuple[int, int]:
    """A place as cv2 takes it: see `SHIFT`."""
    return round(float(point[0]) * 2**SHIFT), round(float(point[1]) * 2**SHIFT)


def near(point: np.ndarray, image: Picture) -> bool:
    """Whether a point is known and not so far outside that cv2's integers overflow."""
    height, width = image.shape[:2]
    return bool(-width < point[0] < 2 * width and -height < point[1] < 2 * height)  # False for NaN


def _window(point: np.ndarray, reach: float, image: Picture) -> tuple[slice, slice] | None:
    """The part of the image that a disc touches, or None."""
    if not np.isfinite(point).all():
        return None
    low = np.maximum(np.floor(point - reach), 0).astype(int)
    high = np.minimum(np.ceil(point + reach) + 1, image.shape[1::-1]).astype(int)
    return (slice(low[1], high[1]), slice(low[0], high[0])) if (low < high).all() else None


def heatmap_picture(heatmaps: Float[np.ndarray, "landmarks h w"]) -> UInt8[np.ndarray, "h w 3"]:
    """All heatmaps of an image in one picture: each landmark's softmax, from its least to its greatest, in colour."""
    flat = heatmaps.reshape(len(heatmaps), -1).astype(np.float64)
    probability = np.exp(flat - flat.max(1, keepdims=True))
    low = probability.min(1, keepdims=True)
    shown = (probability - low) / np.maximum(1 - low, 1e-9)
    coloured = shown[..., None] * palette(len(heatmaps))[:, None, :]
    return np.round(coloured.max(0)).astype(np.uint8).reshape(*heatmaps.shape[1:], 3)


def enlarged(image: Picture, factor: int) -> Picture:
    """The image, `factor` times as large."""
    import cv2

    if factor == 1:
        return image
    return cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)


def enlarged_points(xy: np.ndarray, factor: int) -> np.ndarray:
    """Pixel coordinates in an image that `enlarged` made."""
    return (xy + 0.5) * factor - 0.5


def contact_sheet(pair: Pair, outcome: Outcome, rows: int) -> Picture:
    """One row a pair: source, target with its landmarks, heatmaps, reconstruction.

    Args:
        pair: The images.
        outcome: What the model made of them.
        rows: At most so many pairs are shown.
    """
    import cv2

    from unsuplmk.ops.coordinates import to_pixels

    shown = min(rows, len(pair.target))
    height, width = pair.target.shape[2:]
    factor = -(-CELL // min(height, width))
    cell = (width * factor, height * factor)
    sources, targets, rebuilt = (
        [enlarged(picture, factor) for picture in _pictures(images[:shown])]
        for images in (pair.source, pair.target, outcome.reconstruction.image)
    )
    xy = to_pixels(outcome.target.xy[:shown].detach().cpu().double().numpy(), cell)
    heatmaps = outcome.target.heatmaps[:shown].detach().float().cpu().numpy()
    columns = {
        "source": sources,
        "target": [overlay(target, points) for target, points in zip(targets, xy, strict=True)],
        "heatmaps": [cv2.resize(heatmap_picture(h), cell, interpolation=cv2.INTER_NEAREST) for h in heatmaps],
        # a generator may rebuild the image at a smaller size
        "reconstruction": [cv2.resize(picture, cell, interpolation=cv2.INTER_CUBIC) for picture in rebuilt],
    }
    return np.concatenate([_column(title, cells) for title, cells in columns.items()], axis=1)


def _pictures(images: Tensor) -> list[Picture]:
    scaled = (images.detach().float().clamp(0, 1) * 255).round().byte()
    return list(scaled.permute(0, 2, 3, 1).contiguous().cpu().numpy())


def _column(title: str, cells: Sequence[Picture]) -> Picture:
    import cv2

    caption = np.full((CAPTION, cells[0].shape[1], 3), 255, np.uint8)
    cv2.putText(caption, title, (4, CAPTION - 6), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (0, 0, 0), 1, cv2.LINE_AA)
    stacked = np.concatenate([caption, *cells])
    return np.pad(stacked, ((0, 0), (1, 1), (0, 0)), constant_values=255)
