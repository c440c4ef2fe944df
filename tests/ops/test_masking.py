"""Tests of averages over the pixels that count."""

import numpy as np
import pytest
import torch

from unsuplmk.ops.masking import masked_mean, pick, shrink, stretch

RNG = np.random.default_rng(0)
VALUES = RNG.normal(size=(2, 3, 8, 12))
WEIGHT = RNG.uniform(size=(2, 1, 8, 12))


def test_without_a_weight_it_is_the_mean() -> None:
    assert float(masked_mean(torch.from_numpy(VALUES), None)) == pytest.approx(VALUES.mean(), abs=1e-6)


def test_values_are_multiplied_by_the_weight_before_the_mean() -> None:
    found = masked_mean(torch.from_numpy(VALUES).float(), torch.from_numpy(WEIGHT).float())
    assert float(found) == pytest.approx((VALUES * WEIGHT).mean(), abs=1e-6)


def test_what_is_masked_does_not_count_and_makes_the_rest_count_no_more() -> None:
    weight = torch.ones(1, 1, 4, 4)
    weight[..., 2:] = 0
    values = torch.ones(1, 2, 4, 4)
    values[..., 2:] = 1e6
    assert float(masked_mean(values, weight)) == 0.5


def test_the_weight_is_shrunk_to_the_values_by_averaging() -> None:
    weight = RNG.uniform(size=(2, 1, 16, 48))
    blocks = weight.reshape(2, 1, 8, 2, 12, 4).mean((3, 5))
    found = masked_mean(torch.from_numpy(VALUES).float(), torch.from_numpy(weight).float())
    assert float(found) == pytest.approx((VALUES * blocks).mean(), abs=1e-6)


def test_shrinking_keeps_the_mean_and_leaves_an_image_of_that_size_itself() -> None:
    image = torch.from_numpy(VALUES).float()
    small = shrink(image, (4, 4))
    np.testing.assert_allclose(small.numpy(), VALUES.reshape(2, 3, 4, 2, 4, 3).mean((3, 5)), atol=1e-6)
    assert shrink(image, (8, 12)) is image


def test_stretching_keeps_a_ramp_where_it_is_and_leaves_an_image_of_that_size_itself() -> None:
    wide, narrow = ((2 * np.arange(n) + 1) / n - 1 for n in (80, 72))
    ramp = torch.from_numpy(np.tile(wide, (80, 1))).float()[None, None]
    np.testing.assert_allclose(stretch(ramp, (72, 72))[0, 0, 5].numpy(), narrow, atol=1e-5)
    assert stretch(ramp, (80, 80)) is ramp


def test_picking_takes_every_so_many_th_pixel_from_the_first() -> None:
    weight = RNG.uniform(size=(2, 1, 16, 48))
    np.testing.assert_array_equal(pick(torch.from_numpy(weight), (8, 12)).numpy(), weight[..., ::2, ::4])
    np.testing.assert_array_equal(pick(torch.from_numpy(weight), (3, 48)).numpy(), weight[..., [0, 5, 10], :])
    found = masked_mean(torch.from_numpy(VALUES).float(), torch.from_numpy(weight).float(), pick)
    assert float(found) == pytest.approx((VALUES * weight[..., ::2, ::4]).mean(), abs=1e-6)


def test_half_precision_is_averaged_in_float32() -> None:
    values = torch.full((1, 1, 64, 64), 1.0).bfloat16()
    values[..., 0, 0] = 129.0
    found = masked_mean(values, torch.ones(1, 1, 64, 64))
    assert found.dtype == torch.float32
    assert float(found) == pytest.approx(1 + 128 / 4096, abs=1e-5)
