"""Tests of the thin-plate-spline warps."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.interpolate import Rbf
from torch import Tensor

from tests.golden import needs_golden, stored
from unsuplmk.ops.coordinates import from_pixels, grid, to_pixels
from unsuplmk.ops.thinplate import SIDE, ThinPlate, border, random

LIKE = torch.zeros(())


def control() -> np.ndarray:
    """The control points, (x, y) row by row."""
    axis = np.linspace(-1, 1, SIDE)
    return np.stack(np.meshgrid(axis, axis), -1).reshape(-1, 2)


def reference(xy: np.ndarray, weights: np.ndarray, shift: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """f(p) = t + A p + sum_i w_i |p - c_i|^2 log |p - c_i|^2, in float64, one warp."""
    squared = np.maximum(np.square(xy[:, None] - control()).sum(-1), 1e-8)
    return shift + xy @ matrix.T + (squared * np.log(squared)) @ weights


def coefficients(batch: int = 3) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return (
        rng.normal(0, 0.01, (batch, SIDE * SIDE, 2)),
        rng.normal(0, 0.1, (batch, 2)),
        np.eye(2) + rng.normal(0, 0.2, (batch, 2, 2)),
    )


def thin_plate(*arrays: np.ndarray) -> ThinPlate:
    return ThinPlate(*(torch.from_numpy(array).float() for array in arrays))


def test_points_are_mapped_by_the_formula() -> None:
    arrays = coefficients()
    xy = np.random.default_rng(1).uniform(-1.2, 1.2, (3, 40, 2))
    found = thin_plate(*arrays).points(torch.from_numpy(xy).float())
    expected = [reference(*one) for one in zip(xy, *arrays, strict=True)]
    np.testing.assert_allclose(found.numpy(), expected, atol=2e-6)


def test_the_kernel_is_scipys() -> None:
    xy = np.random.default_rng(1).uniform(-1, 1, (60, 2))
    values = 0.02 * np.sin(3 * control()[:, 0]) * np.cos(2 * control()[:, 1])
    spline = Rbf(*control().T, values, function="thin_plate")  # r^2 log r, half of ours
    weights = np.stack([spline.nodes / 2, np.zeros(SIDE * SIDE)], -1)
    found = thin_plate(weights[None], np.zeros((1, 2)), np.zeros((1, 2, 2))).points(torch.from_numpy(xy)[None].float())
    np.testing.assert_allclose(found[0, :, 0].numpy(), spline(*xy.T), atol=1e-5)


def test_a_field_holds_the_map_of_every_pixels_centre() -> None:
    warp = thin_plate(*coefficients())
    points = grid(6, 9, LIKE).reshape(1, -1, 2).expand(3, -1, -1)
    torch.testing.assert_close(warp.field(6, 9), warp.points(points).view(3, 6, 9, 2), atol=1e-6, rtol=0)


@needs_golden
@pytest.mark.parametrize("name", ["target", "source"])
def test_coefficients_give_the_references_grids(name: str) -> None:
    values = stored("tps")
    w = values[f"{name}_W"]  # 100 control points, the translation, the matrix for row vectors
    axis = np.linspace(-1, 1, 128)[::8]  # corner-aligned
    xy = np.stack(np.meshgrid(axis, axis), -1).reshape(1, -1, 2).repeat(len(w), 0)
    warp = thin_plate(w[:, :100], w[:, 100], w[:, 101:].swapaxes(1, 2))
    found = warp.points(torch.from_numpy(xy).float()).view(-1, 16, 16, 2)
    np.testing.assert_allclose(found.numpy(), values[f"{name}_grid"], atol=1e-4)


def bright_dot(xy: Tensor, height: int, width: int) -> Tensor:
    """An image with a small blob at (x, y) in [-1, 1]."""
    square = (to_pixels(grid(height, width, xy), (width, height)) - to_pixels(xy, (width, height))).square().sum(-1)
    return torch.exp(-square / (2 * 2.0**2))[None, None]


@pytest.mark.parametrize(("height", "width"), [(96, 96), (64, 112)])
def test_a_bright_dot_where_a_point_is_mapped_to_appears_at_the_point(height: int, width: int) -> None:
    torch.manual_seed(3)
    warp = random(1, LIKE, bend=0.001, bend_some=0.005, rotation=30.0, scale=0.1, shift=0.1)
    for point in ([0.3, -0.4], [-0.5, 0.1], [0.0, 0.5]):
        p = torch.tensor([[point]])
        seen = warp.images(bright_dot(warp.points(p)[0, 0], height, width))[0, 0]
        centre = (seen[..., None] * grid(height, width, seen)).sum((0, 1)) / seen.sum()
        miss = to_pixels(centre, (width, height)) - to_pixels(p[0, 0], (width, height))
        assert float(miss.abs().max()) < 0.3, f"{point} is missed by {miss.tolist()} px"


def test_a_rotation_turns_points_and_shifts_move_them() -> None:
    quarter = np.array([[[0.0, -1.0], [1.0, 0.0]]])
    warp = thin_plate(np.zeros((1, SIDE * SIDE, 2)), np.array([[0.1, 0.0]]), quarter)
    found = warp.points(torch.tensor([[[0.5, 0.0], [0.0, 0.5]]]))
    np.testing.assert_allclose(found[0].numpy(), [[0.1, 0.5], [-0.4, 0.0]], atol=1e-7)
    image = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    warp = thin_plate(np.zeros((1, SIDE * SIDE, 2)), np.zeros((1, 2)), quarter)
    torch.testing.assert_close(warp.images(image), image.rot90(1, (2, 3)))


def test_without_any_deviation_nothing_moves() -> None:
    image = torch.rand(2, 3, 10, 14, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(random(2, LIKE).images(image), image)


def test_outside_the_image_is_black() -> None:
    warp = thin_plate(np.zeros((1, SIDE * SIDE, 2)), np.array([[1.0, 0.0]]), np.eye(2)[None])
    seen = warp.images(torch.ones(1, 1, 8, 8))
    assert bool((seen[..., :4] == 1).all())
    assert bool((seen[..., 4:] == 0).all())


def test_random_warps_have_the_deviations_that_were_asked_for() -> None:
    torch.manual_seed(0)
    warp = random(4000, LIKE, bend=0.001, bend_some=0.005, rotation=10.0, scale=0.1, shift=0.2)
    size = warp.matrix.det().sqrt()
    angle = torch.atan2(warp.matrix[:, 1, 0], warp.matrix[:, 0, 0])
    assert float(warp.weights.std()) == pytest.approx(math.sqrt(0.001**2 + 0.005**2 / 2), rel=0.01)
    assert float(warp.shift.std()) == pytest.approx(0.2, rel=0.05)
    assert float(size.std()) == pytest.approx(0.1, rel=0.05)
    assert float(size.mean()) == pytest.approx(1, abs=0.01)
    assert math.degrees(float(angle.std())) == pytest.approx(10, rel=0.05)
    turned = warp.matrix / size[:, None, None]
    torch.testing.assert_close(turned @ turned.mT, torch.eye(2).expand(4000, 2, 2), atol=1e-5, rtol=0)


def test_only_a_random_half_of_the_control_points_bends_by_the_second_term() -> None:
    torch.manual_seed(0)
    weights = random(500, LIKE, bend_some=0.01).weights
    assert float((weights == 0).float().mean()) == pytest.approx(0.5, abs=0.01)


def test_autocast_does_not_round_the_coordinates() -> None:
    warp, xy = thin_plate(*coefficients()), from_pixels(128 * torch.rand(3, 30, 2), (128, 128))
    with torch.autocast("cpu", torch.bfloat16):
        rounded = warp.points(xy)
    torch.testing.assert_close(rounded, warp.points(xy), atol=1e-6, rtol=0)


def test_gradients_reach_the_points() -> None:
    xy = torch.zeros(3, 4, 2, requires_grad=True)
    thin_plate(*coefficients()).points(xy).sum().backward()
    assert xy.grad is not None
    assert bool(xy.grad.isfinite().all())
    assert float(xy.grad.abs().min()) > 0


@needs_golden
def test_the_border_mask_is_the_references() -> None:
    np.testing.assert_allclose(border(128, LIKE)[0, 0].numpy(), stored("gauss_mask")["mask_128"], atol=1e-5)


@pytest.mark.parametrize(("size", "share"), [(128, 10 / 128), (64, 10 / 128), (48, 0.16), (32, 0.0)])
def test_the_border_mask_is_zero_at_the_edge_then_a_ramp_then_one(size: int, share: float) -> None:
    mask = border(size, LIKE, share)[0, 0]
    edge, ramp = round(share * size), round(2 * share * size)
    row = mask[size // 2]
    assert bool((row[:edge] == 0).all())
    assert bool((row[edge : edge + ramp].diff() > 0).all())
    assert bool((row[edge + ramp : size - edge - ramp] == 1).all())
    torch.testing.assert_close(mask, torch.outer(row, row))
    for symmetric in (mask.flip(0), mask.flip(1), mask.T):
        torch.testing.assert_close(symmetric, mask)


def test_the_image_is_looked_up_as_torch_would_with_the_same_grid() -> None:
    image = torch.rand(3, 2, 12, 16, generator=torch.Generator().manual_seed(0))
    warp = thin_plate(*coefficients())
    expected = F.grid_sample(image, warp.field(12, 16), align_corners=False)
    torch.testing.assert_close(warp.images(image), expected)


@pytest.mark.parametrize(
    ("options", "pixels"),
    [
        ({"bend": 0.001, "bend_some": 0.005, "shift": 0.1}, 12.0),
        ({"bend": 0.001, "bend_some": 0.01, "shift": 0.1, "rotation": 5.0, "scale": 0.1}, 18.4),
    ],
)
def test_points_move_as_far_as_in_the_released_code(options: dict[str, float], pixels: float) -> None:
    """Root mean square at 128 px, measured there on 400 draws of each of its two warps."""
    torch.manual_seed(0)
    here = grid(32, 32, LIKE).reshape(1, -1, 2).expand(400, -1, -1)
    moved = (random(400, LIKE, **options).points(here) - here).square().sum(-1).mean().sqrt()
    assert float(moved) * 64 == pytest.approx(pixels, rel=0.1)
