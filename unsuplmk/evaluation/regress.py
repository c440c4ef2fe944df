"""Annotated points guessed from landmarks: the linear map with and without intercept, and the constant guess."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from unsuplmk.evaluation.samples import Sample
from unsuplmk.frames.prepare import Fit
from unsuplmk.ops.linear import LinearMap, fit_linear

KINDS = {"with_intercept": "with intercept", "without_intercept": "without", "constant": "constant guess"}
"""What is judged: the map with and without an intercept, and the mean training shape as a floor."""

Fitter = Callable[[np.ndarray, np.ndarray, bool, float], LinearMap]
"""As `fit_linear`: landmarks, truth, whether with an intercept, ridge."""


def guesses(
    fit: Fit, fitted: Sample, judged: Sample, ridge: float, fitter: Fitter = fit_linear
) -> dict[str, Float[np.ndarray, "images points 2"]]:
    """The points of the images `judged`, in pixels of each, as every kind predicts them.

    Regression is in pixels of the network's image from its top-left corner, (mu + 1) / 2 * size: without an
    intercept the origin matters (Jakab et al. 2018).
    """
    half = fit.size / 2
    truth = half * (fitted.square(fit, fitted.truth) + 1)
    found, fresh = half * (fitted.landmarks + 1), half * (judged.landmarks + 1)
    found_by = {
        "with_intercept": fitter(found, truth, True, ridge)(fresh),
        "without_intercept": fitter(found, truth, False, ridge)(fresh),
        "constant": np.broadcast_to(np.nanmean(truth[fitted.original], 0), (len(fresh), *truth.shape[1:])),
    }
    return {kind: judged.pixels(fit, guess / half - 1) for kind, guess in found_by.items()}
