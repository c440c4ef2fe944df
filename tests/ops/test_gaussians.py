"""Tests of points drawn as Gaussians."""

import numpy as np
import pytest
import torch

from unsuplmk.ops.gaussians import gaussians


@pytest.mark.parametrize("size", [(12, 20), (16, 16)])
@pytest.mark.parametrize("sigma", [0.05, 0.4])
def test_they_peak_at_one_and_fall_with_the_distance_in_image_halves(size: tuple[int, int], sigma: float) -> None:
    xy = np.random.default_rng(0).uniform(-1.2, 1.2, (2, 3, 2))
    height, width = size
    x, y = ((2 * np.arange(n) + 1) / n - 1 for n in (width, height))
    squared = (x - xy[..., :1])[:, :, None] ** 2 + ((y - xy[..., 1:])[:, :, :, None]) ** 2
    found = gaussians(torch.from_numpy(xy).float(), size, sigma)
    np.testing.assert_allclose(found.numpy(), np.exp(-squared / (2 * sigma**2)), atol=1e-6)
