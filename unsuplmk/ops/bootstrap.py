"""Bootstrap: how much a figure would vary with other images of the same kind."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float

CELLS = 4_000_000
"""Weights in memory at once."""


def draws(images: int, resamples: int, seed: int) -> Iterator[Float[np.ndarray, "some images"]]:
    """How often each image is drawn in each resample, `resamples` rows in all, some at a time.

    Args:
        images: Images to draw from, and images a resample.
        resamples: How often.
        seed: Of the generator.
    """
    rng = np.random.default_rng(seed)
    while resamples > 0:
        rows = min(resamples, max(1, CELLS // images))
        drawn = rng.integers(images, size=(rows, images)) + images * np.arange(rows)[:, None]
        yield np.bincount(drawn.ravel(), minlength=rows * images).reshape(rows, images).astype(np.float64)
        resamples -= rows


def interval(values: Float[np.ndarray, "resamples *any"], level: float) -> Float[np.ndarray, "2 *any"]:
    """The percentile interval that holds `level` % of the resampled values; NaN where there is none."""
    tail = (100 - level) / 2
    if not np.isnan(values).any():
        return np.percentile(values, (tail, 100 - tail), axis=0)
    flat = values.reshape(len(values), -1)
    ends = np.full((2, flat.shape[1]), np.nan)
    for column, known in enumerate(np.isfinite(flat).T):  # a resample may miss a point that few images have
        if known.any():
            ends[:, column] = np.percentile(flat[known, column], (tail, 100 - tail))
    return ends.reshape(2, *values.shape[1:])
