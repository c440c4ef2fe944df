"""Tests of the structural similarity, against its formula written out window by window."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from unsuplmk import registry
from unsuplmk.errors import UserError
from unsuplmk.ops.thinplate import border


def reference(made: np.ndarray, target: np.ndarray, weight: np.ndarray, window: int, sigma: float) -> float:
    """Wang et al. 2004, equations 13 to 16, in float64: of images (3, height, width) and weights (height, width)."""
    y, x = np.mgrid[:window, :window] - window // 2
    bell = np.exp(-(x**2 + y**2) / (2 * sigma**2))
    figures, counted = [], []
    for top in range(target.shape[1] - window + 1):
        for left in range(target.shape[2] - window + 1):
            part = np.s_[top : top + window, left : left + window]
            share = bell * weight[part]
            if weight[top + window // 2, left + window // 2] == 0:
                continue
            share /= share.sum()
            for a, b in zip(made, target, strict=True):
                a, b = a[part], b[part]
                mean_a, mean_b = (share * a).sum(), (share * b).sum()
                var_a, var_b = (share * (a - mean_a) ** 2).sum(), (share * (b - mean_b) ** 2).sum()
                cov = (share * (a - mean_a) * (b - mean_b)).sum()
                c1, c2 = (0.01 * 1) ** 2, (0.03 * 1) ** 2
                figures.append(
                    (2 * mean_a * mean_b + c1) * (2 * cov + c2) / ((mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2))
                )
                counted.append(weight[top + window // 2, left + window // 2])
    return float(np.average(figures, weights=counted))


@pytest.mark.parametrize(("window", "sigma"), [(11, 1.5), (5, 0.8)])
@pytest.mark.parametrize("masked", [False, True])
def test_it_is_the_papers_formula_in_every_window(window: int, sigma: float, masked: bool) -> None:
    rng = np.random.default_rng(0)
    target = rng.random((2, 3, 20, 24))
    made = np.clip(target + rng.normal(0, 0.2, target.shape), 0, 1)
    weight = border(24, torch.zeros(()), 0.16)[:, :, :20].numpy().repeat(2, 0) if masked else np.ones((2, 1, 20, 24))
    assert (weight == 0).any() == masked
    quality = registry.build("quality", "ssim", window=window, sigma=sigma)
    given = [torch.from_numpy(part).float() for part in (made, target, weight)]
    found = quality(given[0], given[1], given[2] if masked else None)
    expected = [reference(made[i], target[i], weight[i, 0].astype(float), window, sigma) for i in range(2)]
    np.testing.assert_allclose(found, expected, atol=2e-5)


def test_brightness_contrast_and_pattern_each_count() -> None:
    target = 0.5 + 0.3 * torch.sin(torch.arange(32.0))[None, None, :, None].expand(1, 3, 32, 32)
    quality = registry.build("quality", "ssim")
    same, brighter, flatter, turned = (
        quality(image, target, None).item() for image in (target, target + 0.2, 0.5 + 0.5 * (target - 0.5), 1 - target)
    )
    assert same == 1
    assert 0.9 < brighter < 1
    assert flatter == pytest.approx(0.8, abs=0.02)  # 2 / (1/2 + 2), as its contrast is halved
    assert turned < -0.9


def test_a_window_that_does_not_fit_is_refused_with_what_would() -> None:
    image = torch.zeros(1, 3, 10, 32)
    with pytest.raises(UserError, match=r"at least 11 px, not of 10; take a smaller window, --quality\.ssim\.window"):
        registry.build("quality", "ssim")(image, image, None)
    assert registry.build("quality", "ssim", window=3)(image, image, None).tolist() == [1]


def test_a_window_without_a_middle_is_refused() -> None:
    with pytest.raises(UserError, match=r"--quality\.ssim\.window 8: a window has a middle pixel; take 9"):
        registry.build("quality", "ssim", window=8)
