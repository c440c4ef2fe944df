"""Tests of the penalty on landmarks that lie together."""

import numpy as np
import pytest
import torch

from tests.steps import points, step
from unsuplmk.losses.separation import Separation

IMAGE = torch.zeros(2, 3, 8, 8)


@pytest.mark.parametrize("sigma", [0.05, 0.3])
def test_it_is_the_mean_over_landmarks_of_what_the_others_cause(sigma: float) -> None:
    xy = np.random.default_rng(0).uniform(-0.5, 0.5, (2, 6, 2))
    squared = np.square(xy[:, :, None] - xy[:, None]).sum(-1)
    near = np.exp(-squared / (2 * sigma**2)) * (1 - np.eye(6))
    found = Separation(sigma=sigma)(step(IMAGE, landmarks=points(torch.from_numpy(xy).float())))
    assert float(found) == pytest.approx(near.sum() / (2 * 6), rel=1e-4)


@pytest.mark.parametrize(
    ("xy", "expected"),
    [
        (torch.zeros(2, 5, 2), 4),
        (torch.tensor([[[-0.9, 0.0], [0.9, 0.0], [0.0, 0.9]]]).expand(2, -1, -1), 0),
        (torch.zeros(2, 1, 2), 0),
    ],
    ids=["on each other", "far apart", "a single one"],
)
def test_its_ends(xy: torch.Tensor, expected: float) -> None:
    assert float(Separation()(step(IMAGE, landmarks=points(xy)))) == pytest.approx(expected, abs=1e-5)


def test_it_pushes_apart() -> None:
    xy = torch.tensor([[[-0.03, 0.0], [0.03, 0.01]]]).expand(2, -1, -1).clone().requires_grad_()
    Separation()(step(IMAGE, landmarks=points(xy))).backward()
    assert xy.grad is not None
    away = xy.detach()[:, 0] - xy.detach()[:, 1]
    assert bool(((-xy.grad[:, 0] * away).sum(-1) > 0).all())
    torch.testing.assert_close(xy.grad[:, 0], -xy.grad[:, 1])
