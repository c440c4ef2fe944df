"""Running medians that pass over missing values."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from numpy.lib.stride_tricks import sliding_window_view

CHUNK = 4096
"""Rows whose windows are in memory at once."""


def running_median(values: Float[np.ndarray, "rows *any"], before: int, after: int) -> Float[np.ndarray, "rows *any"]:
    """The median of the known values in the rows from t - before to t + after, for each row t; NaN where none is known.

    Args:
        values: NaN where missing.
        before: Rows; negative for a window that begins after t.
        after: Rows; negative for a window that ends before t.
    """
    window = before + after + 1
    sides = [(max(before, 0), max(after, 0)), *[(0, 0)] * (values.ndim - 1)]
    padded = np.pad(values, sides, constant_values=np.nan)
    out = np.full_like(values, np.nan)
    for start in range(0, len(values), CHUNK):
        stop = min(start + CHUNK, len(values))
        first = start + max(before, 0) - before
        part = padded[first : first + stop - start + window - 1]
        windows = np.sort(sliding_window_view(part, window, 0), -1)  # NaN comes last
        count = np.isfinite(windows).sum(-1, keepdims=True)
        lower, upper = (np.take_along_axis(windows, at, -1)[..., 0] for at in ((count - 1) // 2, count // 2))
        out[start:stop] = (lower + upper) / 2
    return out
