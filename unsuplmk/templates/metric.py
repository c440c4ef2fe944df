"""The metric `example`: similarity of points, by a bell curve of their distance.

Its options:

    unsuplmk components metric example
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, final

import numpy as np
from jaxtyping import Float
from pydantic import Field

from unsuplmk.interfaces import Metric


@final
class Example(Metric):
    """Object keypoint similarity, with one fall-off for all points: 100 % where every point is in its place.

    Of COCO's keypoint challenge, https://cocodataset.org/#keypoints-eval: the mean of exp(-d^2 / (2 falloff^2)). Far
    points cost no more than lost ones, so that a few wild predictions do not decide the figure.

    Args:
        falloff: Distance at which a point counts 0.61, in units of the error (px, or % of the normaliser).
    """

    def __init__(self, *, falloff: Annotated[float, Field(gt=0)] = 5.0) -> None:
        self.falloff = falloff

    def __call__(
        self,
        predicted: Float[np.ndarray, "images points 2"],
        truth: Float[np.ndarray, "images points 2"],
        scale: Float[np.ndarray, "images"],
    ) -> Mapping[str, float]:
        """`oks`, in %; NaN where nothing is annotated. A point without a prediction counts 0."""
        annotated = np.isfinite(truth).all(-1)
        if not annotated.any():
            return {"oks": float("nan")}
        distance = np.linalg.norm(predicted - truth, axis=-1) / scale[:, None]
        similarity = np.nan_to_num(np.exp(-(distance**2) / (2 * self.falloff**2)))
        return {"oks": 100 * float(similarity[annotated].mean())}
