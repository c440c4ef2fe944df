"""The percentage of correct keypoints: how many predicted points lie near enough to the true ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, final

import numpy as np
from jaxtyping import Float
from pydantic import Field

from unsuplmk.errors import UserError
from unsuplmk.interfaces import Metric


@final
class Pck(Metric):
    """Share of the annotated points within each threshold, in %.

    Yang and Ramanan 2013, https://doi.org/10.1109/TPAMI.2012.261.

    Args:
        thresholds: Distances that still count as correct, in units of the error (px, or % of the normaliser).
    """

    def __init__(
        self,
        *,
        thresholds: Annotated[tuple[Annotated[float, Field(gt=0)], ...], Field(min_length=1)] = (5.0, 10.0, 20.0),
    ) -> None:
        if len(set(thresholds)) < len(thresholds):
            raise UserError(f"--metric.pck.thresholds {thresholds}: each threshold once")
        self.thresholds = thresholds

    def __call__(
        self,
        predicted: Float[np.ndarray, "images points 2"],
        truth: Float[np.ndarray, "images points 2"],
        scale: Float[np.ndarray, "images"],
    ) -> Mapping[str, float]:
        """`pck@T` for each threshold T; NaN where nothing is annotated."""
        distance = np.linalg.norm(predicted - truth, axis=-1) / scale[:, None]
        known = distance[np.isfinite(truth).all(-1)]
        if known.size == 0:
            return {f"pck@{threshold:g}": float("nan") for threshold in self.thresholds}
        return {f"pck@{threshold:g}": 100 * float((known <= threshold).mean()) for threshold in self.thresholds}
