"""Tests of softmax marginals and their expectation."""

import numpy as np
import pytest
import torch

from unsuplmk.ops.marginals import Pooling, concentration, expectation, marginals

RNG = np.random.default_rng(0)
SCORES = RNG.normal(size=(2, 3, 5, 7))


def softmax(x: np.ndarray, axes: int | tuple[int, ...]) -> np.ndarray:
    e = np.exp(x - x.max(axes, keepdims=True))
    return e / e.sum(axes, keepdims=True)


def reference(scores: np.ndarray, pooling: Pooling, sharpness: float) -> tuple[np.ndarray, np.ndarray]:
    if pooling == "joint":
        joint = softmax(sharpness * scores, (2, 3))
        return joint.sum(2), joint.sum(3)
    pool = {"sum": np.sum, "mean": np.mean}[pooling]
    return softmax(sharpness * pool(scores, axis=2), -1), softmax(sharpness * pool(scores, axis=3), -1)


@pytest.mark.parametrize("sharpness", [0.5, 1.0, 8.0])
@pytest.mark.parametrize("pooling", ["joint", "sum", "mean"])
def test_each_pooling_is_its_formula(pooling: Pooling, sharpness: float) -> None:
    found = marginals(torch.from_numpy(SCORES).float(), pooling, sharpness)
    for mine, wanted in zip(found, reference(SCORES, pooling, sharpness), strict=True):
        np.testing.assert_allclose(mine.numpy(), wanted, atol=1e-6)


def test_the_sum_is_as_much_sharper_than_the_mean_as_the_other_axis_is_long() -> None:
    square = torch.from_numpy(SCORES[..., :5]).float()
    for mean, total in zip(marginals(square, "mean", 5.0), marginals(square, "sum", 1.0), strict=True):
        torch.testing.assert_close(mean, total)


def test_the_expectation_is_the_mean_of_the_centres() -> None:
    px, py = (RNG.dirichlet(np.ones(n), (2, 3)) for n in (7, 5))
    found = expectation(torch.from_numpy(px).float(), torch.from_numpy(py).float())
    x, y = ((2 * np.arange(n) + 1) / n - 1 for n in (7, 5))
    np.testing.assert_allclose(found.numpy(), np.stack([px @ x, py @ y], -1), atol=1e-6)


def test_half_precision_scores_and_autocast_do_not_round_the_coordinates() -> None:
    scores = torch.from_numpy(SCORES).bfloat16()
    exact = expectation(*marginals(scores.float(), "joint", 1.0))
    with torch.autocast("cpu", torch.bfloat16):
        found = expectation(*marginals(scores, "joint", 1.0))
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, exact, atol=1e-6, rtol=0)


def test_concentration_is_one_minus_the_normalised_entropy() -> None:
    px, py = (RNG.dirichlet(np.full(n, 0.3), (2, 3)) for n in (7, 5))
    entropies = [-(p * np.log(p)).sum(-1) / np.log(p.shape[-1]) for p in (px, py)]
    found = concentration(torch.from_numpy(px).float(), torch.from_numpy(py).float())
    np.testing.assert_allclose(found.numpy(), 1 - sum(entropies) / 2, atol=1e-5)


def test_concentration_is_zero_for_a_flat_heatmap_and_one_for_a_single_cell() -> None:
    flat, peak = torch.zeros(1, 1, 6, 9), torch.zeros(1, 1, 6, 9)
    peak[0, 0, 4, 2] = 1000.0
    assert float(concentration(*marginals(flat, "joint", 1.0))) == pytest.approx(0, abs=1e-6)
    assert float(concentration(*marginals(peak, "joint", 1.0))) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (2, 1)])
def test_concentration_stays_between_zero_and_one_on_a_single_row_or_column(shape: tuple[int, int]) -> None:
    found = concentration(*marginals(torch.from_numpy(RNG.normal(size=(2, 3, *shape))).float(), "joint", 1.0))
    assert bool(((found >= 0) & (found <= 1)).all())
