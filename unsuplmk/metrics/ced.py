"""The cumulative error distribution: how many images lie below an error, and how many fail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, final

import numpy as np
from jaxtyping import Float
from pydantic import Field

from unsuplmk.errors import UserError
from unsuplmk.interfaces import Metric
from unsuplmk.ops.cumulative import area, failures, per_image


@final
class Ced(Metric):
    """Area under the cumulative error distribution of the images, and the share of images that fail, in %.

    The figures of the 300-W challenge: Sagonas et al. 2016, https://doi.org/10.1016/j.imavis.2016.01.002. An image's
    error is the mean over its points; 100 % of area is no error anywhere.

    Args:
        thresholds: Errors up to which the area is taken and above which an image fails, in units of the error.
    """

    def __init__(
        self, *, thresholds: Annotated[tuple[Annotated[float, Field(gt=0)], ...], Field(min_length=1)] = (8.0, 10.0)
    ) -> None:
        if len(set(thresholds)) < len(thresholds):
            raise UserError(f"--metric.ced.thresholds {thresholds}: each threshold once")
        self.thresholds = thresholds

    def __call__(
        self,
        predicted: Float[np.ndarray, "images points 2"],
        truth: Float[np.ndarray, "images points 2"],
        scale: Float[np.ndarray, "images"],
    ) -> Mapping[str, float]:
        """`auc@T` and `failure@T` for each threshold T; NaN where nothing is annotated."""
        errors = per_image(predicted, truth, scale)
        figures = {}
        for threshold in self.thresholds:
            figures[f"auc@{threshold:g}"] = area(errors, threshold) if errors.size else float("nan")
            figures[f"failure@{threshold:g}"] = failures(errors, threshold) if errors.size else float("nan")
        return figures
