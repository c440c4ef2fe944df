"""Tests of the overlap of probability maps."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.steps import points, step
from unsuplmk.losses.distinctiveness import Distinctiveness
from unsuplmk.types import Landmarks, Step

IMAGE = torch.zeros(2, 3, 8, 8)


def with_density(density: Tensor) -> Landmarks:
    found = points(torch.zeros(*density.shape[:2], 2))
    return replace(found, density=density, heatmaps=torch.zeros(density.shape))


def given(target: Tensor, source: Tensor | None = None) -> Step:
    other = target if source is None else source
    return step(IMAGE, source=IMAGE.clone(), landmarks=with_density(target), encode=lambda _: with_density(other))


def random(height: int = 8, width: int = 12, landmarks: int = 5, seed: int = 0) -> Tensor:
    scores = 3 * torch.randn(2, landmarks, height * width, generator=torch.Generator().manual_seed(seed))
    return scores.softmax(-1).view(2, landmarks, height, width)


@pytest.mark.parametrize("pool", [1, 2, 3, 5])
def test_it_is_the_mass_that_is_lost_where_only_the_greatest_map_of_a_block_counts(pool: int) -> None:
    expected = []
    for density in (random().double().numpy(), random(seed=1).double().numpy()):
        kept = 0.0
        for image in density:
            for y in range(0, 8, pool):
                for x in range(0, 12, pool):
                    kept += max(p[y : y + pool, x : x + pool].sum() for p in image)
        expected.append((5 * 2 - kept) / (5 * 2))
    found = Distinctiveness(pool=pool)(given(random(), random(seed=1)))
    assert float(found) == pytest.approx(np.mean(expected), rel=1e-4)


def test_maps_in_blocks_of_their_own_cost_nothing() -> None:
    density = torch.zeros(2, 3, 8, 8)
    for landmark, (y, x) in enumerate([(0, 0), (2, 5), (7, 7)]):
        density[:, landmark, y, x] = 1
    assert float(Distinctiveness()(given(density))) == pytest.approx(0)


def test_maps_that_are_all_alike_cost_all_but_one() -> None:
    density = random(landmarks=1).expand(-1, 4, -1, -1)
    assert float(Distinctiveness()(given(density))) == pytest.approx(1 - 1 / 4)


def test_neighbours_in_one_block_are_told_apart_only_by_smaller_blocks() -> None:
    density = torch.zeros(2, 2, 8, 8)
    density[:, 0, 0, 0] = density[:, 1, 1, 1] = 1
    losses = [float(Distinctiveness(pool=pool)(given(density))) for pool in (1, 2)]
    assert losses == pytest.approx([0, 0.5])


def test_its_gradient_pulls_nearly_equal_maps_apart() -> None:
    generator = torch.Generator().manual_seed(0)
    scores = (0.01 * torch.randn(2, 2, 64, generator=generator)).requires_grad_()
    loss, values = Distinctiveness(pool=1), []
    for _ in range(30):
        value = loss(given(scores.softmax(-1).view(2, 2, 8, 8)))
        (gradient,) = torch.autograd.grad(value, scores)
        scores = (scores - 40 * gradient).detach().requires_grad_()
        values.append(float(value.detach()))
    assert math.isclose(values[0], 0.5, abs_tol=0.01)
    assert values[-1] < 0.1
