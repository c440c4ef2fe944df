"""Tests of the 2018 encoder."""

import pytest
import torch
from torch import nn

from unsuplmk.encoders.convnet import Convnet

BIASES_BEFORE_NORM = 2 * (32 + 64 + 128 + 256)
"""The reference has them; batch norm takes them away again, so ours has not."""


def touched(encoder: nn.Module, side: int) -> torch.Tensor:
    """(side, side): whether a pixel changes the heatmaps' central cell."""
    image = torch.rand(1, 3, side, side, requires_grad=True)
    heatmaps = encoder.double()(image.double())
    middle = heatmaps.shape[-1] // 2
    (gradient,) = torch.autograd.grad(heatmaps[0, 0, middle, middle], image)
    return gradient[0].abs().sum(0) > 0


@pytest.mark.parametrize(("landmarks", "reference"), [(10, 1_180_586), (30, 1_185_726)])
def test_it_has_the_references_parameters_less_the_biases_before_batch_norm(landmarks: int, reference: int) -> None:
    count = sum(parameter.numel() for parameter in Convnet(landmarks).parameters())
    assert count == reference - BIASES_BEFORE_NORM


@pytest.mark.parametrize("stride", [1, 2, 4, 8, 16, 32])
def test_heatmaps_are_a_strideth_of_the_image(stride: int) -> None:
    found = Convnet(3, width=2, stride=stride)(torch.rand(1, 3, 64, 96))
    assert found.shape == (1, 3, 64 // stride, 96 // stride)


def test_sizes_that_the_stride_does_not_divide_are_rounded_up() -> None:
    assert Convnet(3, width=2, stride=8)(torch.rand(1, 3, 33, 50)).shape == (1, 3, 5, 7)


@pytest.mark.parametrize(("stride", "side"), [(1, 9), (2, 15), (4, 27), (8, 51)])
def test_a_cell_sees_a_square_as_large_as_its_kernels_and_strides_add_up_to(stride: int, side: int) -> None:
    kernels, jump, reach = [(7, 1), (3, 1)], 1, 1
    while jump < stride:
        kernels += [(3, 2), (3, 1)]
        jump *= 2
    jump = 1
    for kernel, step in kernels:
        reach += (kernel - 1) * jump
        jump *= step
    assert reach == side
    torch.manual_seed(0)
    seen = touched(Convnet(1, width=4, stride=stride).eval(), 96)
    rows, columns = seen.any(1).nonzero().flatten(), seen.any(0).nonzero().flatten()
    assert len(rows) == len(columns) == side
    assert int(rows[-1] - rows[0]) == int(columns[-1] - columns[0]) == side - 1


def test_a_change_far_away_leaves_a_cell_alone() -> None:
    torch.manual_seed(0)
    encoder, image = Convnet(2, width=4).eval(), torch.rand(1, 3, 128, 128)
    other = image.clone()
    other[..., :16, :16] = 1 - image[..., :16, :16]
    changed = (encoder(image) - encoder(other)).abs().amax((0, 1)) > 0
    assert bool(changed[0, 0])
    assert not bool(changed[8:, 8:].any())


def test_bytes_are_the_image_times_255_without_centring() -> None:
    torch.manual_seed(0)
    centred, image = Convnet(2, width=4).eval(), torch.rand(1, 3, 32, 32)
    raw = Convnet(2, width=4, pixels="bytes").eval()
    raw.load_state_dict(centred.state_dict())
    torch.testing.assert_close(raw((image - 0.5) / 255), centred(image))


def test_trailing_padding_shifts_what_a_cell_sees() -> None:
    torch.manual_seed(0)
    seen = {}
    for padding in ("symmetric", "trailing"):
        rows = touched(Convnet(1, width=4, stride=4, padding=padding).eval(), 64).any(1).nonzero().flatten()
        assert len(rows) == 27
        seen[padding] = int(rows[0])
    assert seen["trailing"] == seen["symmetric"] + 1 + 2  # a pixel at each of the two halvings


def test_truncated_weights_are_a_cut_normal_and_biases_zero() -> None:
    torch.manual_seed(0)
    encoder = Convnet(10, init="truncated")
    weights = torch.cat([m.weight.detach().flatten() for m in encoder.modules() if isinstance(m, nn.Conv2d)])
    assert float(weights.abs().max()) <= 0.02
    assert float(weights.std()) == pytest.approx(0.01 * 0.8796, rel=0.01)  # sd of a normal cut at two sd
    assert encoder.head.bias is not None
    assert not encoder.head.bias.detach().any()
