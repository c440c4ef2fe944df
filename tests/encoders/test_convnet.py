"""Tests of the 2018 encoder."""

import pytest
import torch
from torch import nn

from tests.golden import fill, needs_golden, pad_as_the_reference, pictures, stored
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


@needs_golden
def test_with_the_references_weights_and_padding_it_gives_its_heatmaps() -> None:
    encoder = Convnet(10).eval()
    convolutions = [m for m in encoder.trunk.modules() if isinstance(m, nn.Conv2d)]
    norms = [m for m in encoder.trunk.modules() if isinstance(m, nn.BatchNorm2d)]
    fill("model/pose_encoder/encoder", convolutions, norms)
    fill("model/pose_encoder", [encoder.head], [])
    pad_as_the_reference(encoder)
    _, target, _ = pictures()
    with torch.no_grad():
        found = encoder(target + 0.5)  # the reference does not centre its images
    expected = torch.from_numpy(stored("imm_official_forward")["eval_hm"]).permute(0, 3, 1, 2)
    assert float((found - expected).abs().max()) < 1e-5 * float(expected.abs().max())


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
