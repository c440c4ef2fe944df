"""Tests of the convolutional blocks."""

import pytest
import torch
from torch import nn

from unsuplmk.ops.blocks import Norm, Residual, Trunk, conv, norm


def test_batch_norm_has_the_references_constants() -> None:
    layer = norm("batch", 8)
    assert isinstance(layer, nn.BatchNorm2d)
    assert (layer.eps, layer.momentum) == (1e-3, 0.01)


@pytest.mark.parametrize(("channels", "groups"), [(64, 8), (12, 4), (6, 2), (7, 1)])
def test_groups_divide_the_channels(channels: int, groups: int) -> None:
    layer = norm("group", channels)
    assert isinstance(layer, nn.GroupNorm)
    assert layer.num_groups == groups


@pytest.mark.parametrize("kernel", [1, 3, 7])
@pytest.mark.parametrize(("size", "stride", "expected"), [((10, 14), 1, (10, 14)), ((10, 13), 2, (5, 7))])
def test_a_convolution_shrinks_by_its_stride_and_no_more(
    kernel: int, size: tuple[int, int], stride: int, expected: tuple[int, int]
) -> None:
    assert conv(3, 4, kernel, stride, kind="batch")(torch.rand(2, 3, *size)).shape == (2, 4, *expected)


def test_a_bias_stands_only_where_the_norm_does_not_take_it_away() -> None:
    for kind, expected in (("batch", False), ("group", True)):
        layer = conv(3, 4, kind=kind)[0]
        assert isinstance(layer, nn.Conv2d)
        assert (layer.bias is not None) is expected


def test_a_bias_before_batch_norm_would_change_nothing() -> None:
    torch.manual_seed(0)
    image, plain = torch.rand(4, 3, 8, 8), conv(3, 4, kind="batch").train()
    biased = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), plain[1], plain[2])
    biased[0].weight = plain[0].weight
    torch.testing.assert_close(biased(image), plain(image), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("kind", ["batch", "group"])
def test_a_trunk_halves_and_doubles_from_level_to_level(kind: Norm) -> None:
    trunk = Trunk(6, 8, kind)
    shapes = [tuple(level.shape) for level in trunk(torch.rand(2, 3, 40, 24))]
    assert shapes == [(2, 6, 40, 24), (2, 12, 20, 12), (2, 24, 10, 6), (2, 48, 5, 3)]
    assert trunk.channels == 48


def test_a_trunk_of_stride_one_stays_at_full_resolution() -> None:
    trunk = Trunk(6, 1, "batch")
    assert [tuple(level.shape) for level in trunk(torch.rand(1, 3, 8, 8))] == [(1, 6, 8, 8)]
    assert trunk.channels == 6


@pytest.mark.parametrize("outputs", [8, 12])
def test_a_residual_module_is_body_plus_skip(outputs: int) -> None:
    torch.manual_seed(0)
    block, x = Residual(8, outputs, "batch").eval(), torch.randn(2, 8, 5, 7)
    kept = x.clone()
    y = block(x)
    assert torch.equal(x, kept)
    with torch.no_grad():
        block.body[-1].weight.zero_()
        block.body[-1].bias.zero_()
    skip = block(x)
    assert isinstance(block.skip, nn.Identity) is (outputs == 8)
    torch.testing.assert_close(skip, block.skip(x))
    assert not torch.allclose(y, skip)


def test_a_residual_module_halves_the_channels_inside() -> None:
    kernels = [
        (m.in_channels, m.out_channels, *m.kernel_size)
        for m in Residual(8, 12, "batch").body.modules()
        if isinstance(m, nn.Conv2d)
    ]
    assert kernels == [(8, 6, 1, 1), (6, 6, 3, 3), (6, 12, 1, 1)]
