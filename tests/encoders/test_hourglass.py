"""Tests of the stacked hourglass."""

import pytest
import torch

from unsuplmk.encoders.hourglass import Hourglass


@pytest.mark.parametrize(("height", "width"), [(64, 64), (33, 47), (50, 128), (17, 16)])
@pytest.mark.parametrize("stride", [2, 4, 8])
def test_any_image_size_gives_heatmaps_at_the_stride(height: int, width: int, stride: int) -> None:
    h, w = (height + 1) // 2, (width + 1) // 2  # the first convolution rounds up, the poolings down
    expected = (h // (stride // 2), w // (stride // 2))
    found = Hourglass(3, width=8, depth=3, stride=stride).eval()(torch.rand(1, 3, height, width))
    assert found.shape == (1, 3, *expected)


@pytest.mark.parametrize("stacks", [1, 2])
def test_a_change_in_a_corner_changes_every_cell(stacks: int) -> None:
    torch.manual_seed(0)
    encoder = Hourglass(2, width=16, stacks=stacks).eval().double()
    image = torch.rand(1, 3, 64, 64).double()
    other = image.clone()
    other[..., :8, :8] = 1 - image[..., :8, :8]
    with torch.no_grad():
        changed = (encoder(image) - encoder(other)).abs().amax((0, 1))
    assert bool((changed > 0).all())
    assert float(changed[0, 0]) > float(changed[-1, -1])


def test_deeper_hourglasses_see_further() -> None:
    torch.manual_seed(0)
    reach = []
    for depth in (1, 2, 3):
        encoder, image = Hourglass(1, width=8, depth=depth).eval().double(), torch.rand(1, 3, 256, 64).double()
        image.requires_grad_()
        (gradient,) = torch.autograd.grad(encoder(image)[0, 0, 32, 8], image)
        reach.append(int((gradient.abs().sum((0, 1, 3)) > 0).sum()))
    assert reach[0] < reach[1] < reach[2]


def test_earlier_stacks_heatmaps_feed_the_next() -> None:
    torch.manual_seed(0)
    encoder = Hourglass(2, width=8, stacks=3, depth=2)
    (encoder(torch.rand(2, 3, 32, 32)) * torch.randn(2, 2, 8, 8)).sum().backward()
    for name, parameter in encoder.named_parameters():
        assert parameter.grad is not None, name
        assert float(parameter.grad.abs().sum()) > 0, name


def test_the_last_stack_has_nothing_that_is_never_used() -> None:
    counts = [sum(p.numel() for p in Hourglass(2, width=8, stacks=n, depth=2).parameters()) for n in (1, 2, 3)]
    handed_on = (8 * 8 + 8) + (2 * 8 + 8)  # features and heatmaps, each through a 1x1 convolution
    stack = counts[2] - counts[1]
    assert counts[1] - counts[0] == stack
    stem = counts[0] - (stack - handed_on)
    assert stem == sum(p.numel() for p in Hourglass(2, width=8, depth=2).stem.parameters())
