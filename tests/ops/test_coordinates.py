"""Tests of the coordinates."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from unsuplmk.ops.coordinates import centres, from_pixels, grid, to_pixels

SIDES = st.integers(1, 5000)
INSIDE = st.floats(-1.5, 1.5, allow_subnormal=False)


@given(width=SIDES, height=SIDES, x=INSIDE, y=INSIDE)
def test_pixels_and_back_is_where_it_was(width: int, height: int, x: float, y: float) -> None:
    xy = np.array([[x, y]])
    np.testing.assert_allclose(from_pixels(to_pixels(xy, (width, height)), (width, height)), xy, atol=1e-12)


@given(width=SIDES, height=SIDES)
def test_the_edges_lie_half_a_pixel_outside_the_outermost_centres(width: int, height: int) -> None:
    corners = to_pixels(np.array([[-1.0, -1.0], [1.0, 1.0]]), (width, height))
    np.testing.assert_allclose(corners, [[-0.5, -0.5], [width - 0.5, height - 0.5]], atol=1e-9)


@pytest.mark.parametrize("n", [1, 2, 7, 128])
def test_the_centre_of_pixel_i_of_n_lies_at_twice_i_plus_one_over_n_minus_one(n: int) -> None:
    found = centres(n, torch.zeros(()))
    assert found.tolist() == pytest.approx([(2 * i + 1) / n - 1 for i in range(n)], abs=1e-6)
    pixels = to_pixels(torch.stack([found, found], -1), (n, n))
    torch.testing.assert_close(pixels[:, 0], torch.arange(n).float(), atol=1e-4, rtol=0)


def test_a_grid_is_x_then_y_row_by_row() -> None:
    found = grid(2, 3, torch.zeros(()))
    x, y = [-2 / 3, 0, 2 / 3], [-0.5, 0.5]
    np.testing.assert_allclose(found.numpy(), [[(a, b) for a in x] for b in y], atol=1e-7)


def test_tensors_and_arrays_are_converted_alike() -> None:
    xy = np.random.default_rng(0).uniform(-1, 1, (4, 3, 2))
    found = to_pixels(torch.from_numpy(xy).float(), (320, 200))
    assert found.dtype == torch.float32
    np.testing.assert_allclose(found.numpy(), to_pixels(xy, (320, 200)), atol=1e-4)


def test_torch_looks_up_the_same_pixels() -> None:
    width, height = 12, 9
    columns = torch.arange(width).float().expand(height, width)
    rows = torch.arange(height).float()[:, None].expand(height, width)
    xy = 1.6 * torch.rand(1, 50, 1, 2, generator=torch.Generator().manual_seed(0)) - 0.8
    looked_up = F.grid_sample(torch.stack([columns, rows])[None], xy, align_corners=False)[0, :, :, 0].T
    torch.testing.assert_close(looked_up, to_pixels(xy[0, :, 0], (width, height)), atol=1e-4, rtol=0)
