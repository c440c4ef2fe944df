"""Tests of the penalty on spread-out probability maps."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.steps import points, step
from unsuplmk.losses.concentration import Concentration
from unsuplmk.types import Step

IMAGE = torch.zeros(2, 3, 8, 8)


def given(cov: Tensor) -> Step:
    return step(IMAGE, landmarks=replace(points(torch.zeros(*cov.shape[:2], 2)), cov=cov))


def test_for_round_gaussians_it_is_the_exponential_of_their_entropy() -> None:
    """The entropy is integrated numerically here: -sum p log p over a fine grid."""
    sigma = 0.07
    axis, cell = np.linspace(-1, 1, 801, retstep=True)
    p = np.exp(-(axis**2 + axis[:, None] ** 2) / (2 * sigma**2)) / (2 * np.pi * sigma**2)
    entropy = -(p * np.log(np.maximum(p, 1e-300))).sum() * cell**2
    found = Concentration()(given(sigma**2 * torch.eye(2).expand(2, 5, 2, 2)))
    assert float(found) == pytest.approx(math.exp(entropy), rel=1e-4)


def test_it_is_the_mean_over_batch_and_landmarks_of_the_variances_area() -> None:
    roots = np.random.default_rng(0).normal(size=(2, 4, 2, 2))
    cov = roots @ roots.swapaxes(-1, -2)
    variances = (cov[..., 0, 0] + cov[..., 1, 1]) / 2
    expected = (2 * math.pi * math.e * variances).mean()
    assert float(Concentration()(given(torch.from_numpy(cov).float()))) == pytest.approx(expected, rel=1e-5)
