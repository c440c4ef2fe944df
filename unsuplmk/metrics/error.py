"""The mean distance between predicted and true points: the figure that the papers report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import final

import numpy as np
from jaxtyping import Float

from unsuplmk.interfaces import Metric


@final
class Error(Metric):
    """Mean and median distance over all annotated points of all images, in units of the scale.

    With a hundredth of the inter-ocular distance as the scale this is the error of Jakab et al. 2018,
    https://arxiv.org/abs/1806.07823, section 4 (which calls it MSE; it is a mean distance).
    """

    def __call__(
        self,
        predicted: Float[np.ndarray, "images points 2"],
        truth: Float[np.ndarray, "images points 2"],
        scale: Float[np.ndarray, "images"],
    ) -> Mapping[str, float]:
        """`error` and `median`; NaN where nothing is annotated."""
        distance = np.linalg.norm(predicted - truth, axis=-1) / scale[:, None]
        known = distance[np.isfinite(truth).all(-1)]
        if known.size == 0:
            return {"error": float("nan"), "median": float("nan")}
        return {"error": float(known.mean()), "median": float(np.median(known))}
