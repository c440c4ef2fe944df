"""Tests of the Gaussian bottleneck."""

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.golden import needs_golden, stored
from unsuplmk.bottlenecks.gaussian import Gaussian, Shape
from unsuplmk.ops.coordinates import Grid
from unsuplmk.ops.marginals import Pooling
from unsuplmk.types import Landmarks

RNG = np.random.default_rng(0)


def at(xy: np.ndarray) -> Landmarks:
    batch, landmarks, _ = xy.shape
    return Landmarks(torch.from_numpy(xy).float(), torch.ones(batch, landmarks), torch.zeros(batch, landmarks, 4, 4))


def axis(n: int) -> np.ndarray:
    return (2 * np.arange(n) + 1) / n - 1


@pytest.mark.parametrize("sigma", [0.05, 0.1, 0.5])
@pytest.mark.parametrize("size", [(16, 16), (12, 20)])
def test_maps_are_isotropic_gaussians_with_a_peak_of_one(sigma: float, size: tuple[int, int]) -> None:
    xy = RNG.uniform(-1.1, 1.1, (2, 5, 2))
    found = Gaussian(5, sigma=sigma).render(at(xy), size)
    height, width = size
    dx = axis(width)[None, None, None, :] - xy[..., 0, None, None]
    dy = axis(height)[None, None, :, None] - xy[..., 1, None, None]
    np.testing.assert_allclose(found.numpy(), np.exp(-(dx**2 + dy**2) / (2 * sigma**2)), atol=1e-6)


@needs_golden
@pytest.mark.parametrize("mode", ["eval", "train"])
def test_mean_pooling_on_the_grid_of_the_corners_locates_as_the_reference_does(mode: str) -> None:
    values = stored("imm_official_forward")
    heatmaps = torch.from_numpy(values[f"{mode}_hm"]).permute(0, 3, 1, 2)
    found = Gaussian(10, pooling="mean", sharpness=1.0, grid="corners").locate(heatmaps).xy.numpy()
    np.testing.assert_allclose(found, values[f"{mode}_yx"][..., ::-1], atol=1e-5)


@pytest.mark.parametrize("grid", ["centres", "corners"])
@pytest.mark.parametrize("shape", ["rot", "flat", "ankush"])
def test_every_shape_on_every_grid_follows_its_formula(shape: Shape, grid: Grid) -> None:
    xy, (height, width), q = RNG.uniform(-1, 1, (2, 5, 2)), (12, 20), 1 / (0.2 * np.sqrt(2))
    columns, rows = (axis(n) if grid == "centres" else np.linspace(-1, 1, n) for n in (width, height))
    dx = columns[None, None, None, :] - xy[..., 0, None, None]
    dy = rows[None, None, :, None] - xy[..., 1, None, None]
    expected = {
        "rot": np.exp(-(q**2) * (dx**2 + dy**2)),
        "flat": np.exp(-((q**2 * (dx**2 + dy**2) + 1e-5) ** 0.25)),
        "ankush": np.exp(-np.sqrt(1e-4 + abs(dx) * q)) * np.exp(-np.sqrt(1e-4 + abs(dy) * q)),
    }[shape]
    found = Gaussian(5, sigma=0.2, shape=shape, grid=grid).render(at(xy), (height, width))
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("shape", ["rot", "flat", "ankush"])
def test_a_point_on_a_pixel_has_a_finite_gradient_in_every_shape(shape: Shape) -> None:
    landmarks = at(np.zeros((1, 1, 2)))
    landmarks.xy.requires_grad_()
    Gaussian(1, shape=shape).render(landmarks, (15, 15)).square().sum().backward()
    assert landmarks.xy.grad is not None
    assert bool(landmarks.xy.grad.isfinite().all())


@pytest.mark.parametrize("pooling", ["joint", "sum", "mean"])
def test_points_move_with_their_heatmaps(pooling: Pooling) -> None:
    heatmaps = torch.full((1, 1, 8, 8), -40.0)
    heatmaps[0, 0, 2:4, 1:5] = torch.from_numpy(RNG.uniform(30, 32, (2, 4))).float()
    bottleneck = Gaussian(1, pooling=pooling)
    before = bottleneck.locate(heatmaps).xy
    moved = bottleneck.locate(heatmaps.roll((3, 2), (2, 3))).xy
    torch.testing.assert_close(moved - before, torch.tensor([[[2 * 2 / 8, 3 * 2 / 8]]]), atol=1e-4, rtol=0)


def test_flat_heatmaps_lie_at_the_centre_without_confidence() -> None:
    found = Gaussian(2).locate(torch.full((1, 2, 6, 9), 3.0))
    np.testing.assert_allclose(found.xy.numpy(), 0, atol=1e-6)
    np.testing.assert_allclose(found.score.numpy(), 0, atol=1e-6)


def test_sharpness_multiplies_the_scores() -> None:
    heatmaps = torch.from_numpy(RNG.normal(size=(2, 3, 6, 9))).float()
    sharp, scaled = Gaussian(3, sharpness=7.0).locate(heatmaps), Gaussian(3, sharpness=1.0).locate(7 * heatmaps)
    torch.testing.assert_close(sharp.xy, scaled.xy)
    torch.testing.assert_close(sharp.score, scaled.score)
    assert sharp.heatmaps is heatmaps


def test_sharper_scores_are_more_confident_and_further_from_the_centre() -> None:
    heatmaps = torch.from_numpy(RNG.normal(size=(8, 10, 16, 16))).float()
    found = [Gaussian(10, sharpness=sharpness).locate(heatmaps) for sharpness in (0.1, 1.0, 10.0)]
    scores = [float(landmarks.score.mean()) for landmarks in found]
    spreads = [float(landmarks.xy.norm(dim=-1).mean()) for landmarks in found]
    assert scores == sorted(scores)
    assert spreads == sorted(spreads)
    assert spreads[0] < 0.02  # the collapse at the centre that training starts with
    assert spreads[2] > 0.2


def test_the_gradient_of_a_map_pulls_the_point_along() -> None:
    """Asking for more at a pixel to the right moves the point to the right."""

    def pull(bottleneck: Gaussian, landmarks: Landmarks) -> Tensor:
        return bottleneck.render(landmarks, (16, 16))[0, 0, 8, 11]

    landmarks = at(np.zeros((1, 1, 2)))
    landmarks.xy.requires_grad_()
    pull(Gaussian(1, sigma=0.2), landmarks).backward()
    assert landmarks.xy.grad is not None
    assert float(landmarks.xy.grad[0, 0, 0]) > 0
    dx, dy = axis(16)[11], axis(16)[8]
    expected = np.exp(-(dx**2 + dy**2) / (2 * 0.2**2)) * np.array([dx, dy]) / 0.2**2
    np.testing.assert_allclose(landmarks.xy.grad[0, 0].numpy(), expected, rtol=1e-4)
