"""Tests of the procedural backgrounds."""

import numpy as np

from unsuplmk.ops.texture import background, noise


def test_noise_passes_through_the_random_values_of_its_grid() -> None:
    values = np.random.default_rng(4).random((9, 9), dtype=np.float32)
    fine = noise(800, 8, np.random.default_rng(4))
    assert np.abs(fine[100::100, 100::100] - values[1:8, 1:8]).max() < 0.01
    assert fine.min() >= values.min()
    assert fine.max() <= values.max()


def test_noise_is_smooth() -> None:
    fine = noise(200, 5, np.random.default_rng(1))
    assert np.abs(np.diff(fine, axis=0)).max() < 1.6 / 40  # the steepest smoothstep, over a cell of 40 px


def test_backgrounds_are_textured_muted_and_of_many_kinds() -> None:
    pictures = np.array([background(64, np.random.default_rng(seed)) for seed in range(60)])
    assert np.isfinite(pictures).all()
    assert np.quantile(pictures, 0.01) > 0
    assert np.quantile(pictures, 0.99) < 1
    assert pictures.std((1, 2)).max(-1).min() > 0.01
    saturation = np.ptp(pictures.mean((1, 2)), axis=-1)
    assert saturation.max() < 0.35


def test_equal_generators_give_equal_backgrounds() -> None:
    first, second = (background(48, np.random.default_rng(7)) for _ in range(2))
    assert np.array_equal(first, second)
