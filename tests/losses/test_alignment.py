"""Tests of the loss that asks probability maps to move with the image."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.steps import points, step
from unsuplmk.losses.alignment import Alignment
from unsuplmk.ops.thinplate import ThinPlate, random
from unsuplmk.types import Landmarks, Step

IMAGE = torch.zeros(2, 3, 8, 8)


def with_density(density: Tensor) -> Landmarks:
    batch, landmarks, height, width = density.shape
    found = points(torch.zeros(batch, landmarks, 2))
    return replace(found, density=density, heatmaps=torch.zeros(batch, landmarks, height, width))


def given(source: Tensor, target: Tensor, warp: ThinPlate) -> Step:
    return step(
        IMAGE, source=IMAGE.clone(), warp=warp, landmarks=with_density(target), encode=lambda _: with_density(source)
    )


def maps(spread: float, seed: int = 0, height: int = 6, width: int = 9) -> Tensor:
    scores = spread * torch.randn(2, 3, height * width, generator=torch.Generator().manual_seed(seed))
    return scores.softmax(-1).view(2, 3, height, width)


def bend(shift: float = 0.05) -> ThinPlate:
    torch.manual_seed(0)
    return random(2, torch.zeros(()), bend_some=0.005, rotation=10.0, scale=0.1, shift=shift)


def still(shift: tuple[float, float] = (0.0, 0.0)) -> ThinPlate:
    return ThinPlate(torch.zeros(2, 100, 2), torch.tensor([shift, shift]), torch.eye(2).expand(2, 2, 2))


def cells(height: int = 6, width: int = 9) -> np.ndarray:
    y, x = np.meshgrid(*((2 * np.arange(n) + 1) / n - 1 for n in (height, width)), indexing="ij")
    return np.stack([x, y], -1).reshape(-1, 2)


@pytest.mark.parametrize("spread", [0.5, 8.0])
def test_it_is_the_double_sum_over_all_pairs_of_cells(spread: float) -> None:
    source, target, warp = maps(spread), maps(spread, seed=1), bend()
    warped = warp.points(torch.from_numpy(cells()).float().expand(2, -1, -1)).double().numpy()
    total = 0.0
    for b in range(2):
        squared = np.square(cells()[:, None] - warped[b][None]).sum(-1)
        for k in range(3):
            p, q = (m[b, k].flatten().double().numpy() for m in (target, source))
            total += p @ squared @ q
    assert float(Alignment()(given(source, target, warp))) == pytest.approx(total / 6, rel=1e-4)


def one_cell(y: int, x: int) -> Tensor:
    density = torch.zeros(2, 3, 6, 9)
    density[:, :, y, x] = 1
    return density


def test_sharp_maps_that_follow_the_warp_cost_nothing() -> None:
    one_right = still((2 / 9, 0.0))
    assert float(Alignment()(given(one_cell(2, 4), one_cell(2, 5), one_right))) == pytest.approx(0, abs=1e-6)
    stayed = Alignment()(given(one_cell(2, 4), one_cell(2, 4), one_right))
    assert float(stayed) == pytest.approx((2 / 9) ** 2, rel=1e-4)


def test_maps_that_agree_still_pay_for_both_their_variances() -> None:
    density = maps(2.0)
    p = density.flatten(2).double().numpy()
    variance = p @ np.square(cells()).sum(-1) - np.square(p @ cells()).sum(-1)
    assert float(Alignment()(given(density, density, still()))) == pytest.approx(2 * variance.mean(), rel=1e-4)


def test_what_the_warp_puts_outside_the_image_does_not_count() -> None:
    far = still((0.5, 0.0))  # the source's column 7 of 9 is seen at 1.17
    assert float(Alignment()(given(one_cell(2, 7), one_cell(2, 0), far))) == 0
    assert float(Alignment()(given(one_cell(2, 1), one_cell(2, 0), far))) > 0.1


def test_its_gradient_draws_the_maps_together_and_sharpens_them() -> None:
    torch.manual_seed(0)
    scores, values = torch.randn(2, 2, 3, 54).requires_grad_(), []
    for _ in range(60):
        source, target = scores.softmax(-1).view(2, 2, 3, 6, 9)
        value = Alignment()(given(source, target, still()))
        (gradient,) = torch.autograd.grad(value, scores)
        scores = (scores - 20 * gradient).detach().requires_grad_()
        values.append(float(value.detach()))
    assert values[-1] < 0.1 * values[0]
