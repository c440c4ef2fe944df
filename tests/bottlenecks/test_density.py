"""Tests of points as means of probability maps."""

from typing import Literal

import numpy as np
import pytest
import torch
from torch import Tensor

from unsuplmk.bottlenecks.density import Density
from unsuplmk.bottlenecks.gaussian import Gaussian

Softmax = Literal["cells", "channels"]
BOTH: tuple[Softmax, ...] = ("cells", "channels")


def heatmaps(height: int = 6, width: int = 9, landmarks: int = 4) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(2, landmarks, height, width))


def reference(scores: np.ndarray, softmax: Softmax) -> np.ndarray:
    """The probability maps, term by term, in float64."""
    if softmax == "cells":
        share = np.exp(scores)
    else:
        background = np.zeros_like(scores[:, :1])
        share = np.exp(scores) / np.exp(np.concatenate([scores, background], 1)).sum(1, keepdims=True)
    return share / share.sum((2, 3), keepdims=True)


@pytest.mark.parametrize("softmax", BOTH)
def test_points_and_covariances_are_the_moments_of_the_maps(softmax: Softmax) -> None:
    given, sharpness = heatmaps(), 1.7
    p = reference(sharpness * given, softmax)
    y, x = np.meshgrid(*((2 * np.arange(n) + 1) / n - 1 for n in given.shape[2:]), indexing="ij")
    cells = np.stack([x, y], -1).reshape(-1, 2)
    xy = p.reshape(2, 4, -1) @ cells
    off = cells - xy[:, :, None]
    cov = np.einsum("bkn,bkni,bknj->bkij", p.reshape(2, 4, -1), off, off)

    found = Density(4, softmax=softmax, sharpness=sharpness).locate(torch.from_numpy(given).float())
    assert found.density is not None
    assert found.cov is not None
    np.testing.assert_allclose(found.density.numpy(), p, rtol=1e-4, atol=1e-7)
    np.testing.assert_allclose(found.xy.numpy(), xy, atol=1e-6)
    np.testing.assert_allclose(found.cov.numpy(), cov, atol=1e-6)


def test_over_the_cells_it_finds_and_draws_what_the_gaussian_bottleneck_does() -> None:
    given = torch.from_numpy(heatmaps()).float()
    ours, theirs = Density(4, sigma=0.2, sharpness=3.0), Gaussian(4, sigma=0.2, sharpness=3.0)
    found, expected = ours.locate(given), theirs.locate(given)
    torch.testing.assert_close(found.xy, expected.xy)
    torch.testing.assert_close(found.score, expected.score)
    assert found.heatmaps is given
    torch.testing.assert_close(ours.render(found, (8, 12)), theirs.render(expected, (8, 12)))


def test_scores_relative_to_the_background_are_as_good_as_a_channel_for_it() -> None:
    """Softmax over K + 1 free channels is what K of them give, less the background's."""
    free = np.random.default_rng(1).normal(size=(2, 5, 6, 9))
    share = np.exp(free[:, :-1]) / np.exp(free).sum(1, keepdims=True)
    relative = torch.from_numpy(free[:, :-1] - free[:, -1:]).float()
    found = Density(4, softmax="channels", sharpness=1.0).locate(relative).density
    np.testing.assert_allclose(found, share / share.sum((2, 3), keepdims=True), rtol=1e-4)


def test_over_the_channels_landmarks_compete_for_each_cell() -> None:
    scores = torch.full((1, 2, 4, 4), -30.0)
    scores[0, 0, 1, 1] = 30.0  # the first landmark is here,
    scores[0, 1, 1, 1] = 20.0  # the second is, too, but less so,
    scores[0, 1, 2, 3] = 5.0  # and alone there
    found = Density(2, softmax="channels", sharpness=1.0).locate(scores)
    torch.testing.assert_close(found.xy, torch.tensor([[[-0.25, -0.25], [0.75, 0.25]]]), atol=1e-3, rtol=0)


@pytest.mark.parametrize("level", [-1e4, 1e4])
def test_a_landmark_that_is_nowhere_or_everywhere_lies_at_the_centre_with_finite_gradients(level: float) -> None:
    scores = torch.full((1, 3, 5, 5), level, requires_grad=True)
    found = Density(3, softmax="channels").locate(scores)
    assert found.cov is not None
    torch.testing.assert_close(found.xy, torch.zeros(1, 3, 2), atol=1e-6, rtol=0)
    (found.xy.sum() + found.cov.sum()).backward()
    gradient = scores.grad
    assert isinstance(gradient, Tensor)
    assert bool(gradient.isfinite().all())


def test_it_carries_what_it_says() -> None:
    found = Density(4).locate(torch.from_numpy(heatmaps()).float())
    assert {name for name in ("cov", "density", "graph") if getattr(found, name) is not None} == Density.provides
