"""Tests of the conventions that networks differ in."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from tests.golden import needs_golden, stored
from unsuplmk.ops.conventions import Doubling, Pixels, Trailing, enter, leave, upsample

IMAGE = torch.rand(2, 3, 6, 10, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("pixels", ["centred", "bytes"])
def test_leaving_undoes_entering(pixels: Pixels) -> None:
    torch.testing.assert_close(leave(enter(IMAGE, pixels), pixels), IMAGE)


def test_a_network_sees_pixels_about_zero_or_bytes() -> None:
    ends = torch.tensor([0.0, 1.0])
    assert enter(ends, "centred").tolist() == [-0.5, 0.5]
    assert enter(ends, "bytes").tolist() == [0, 255]


@needs_golden
def test_doubling_from_the_corner_is_the_references() -> None:
    found = Doubling()(torch.arange(16.0).view(1, 1, 4, 4)).numpy().transpose(0, 2, 3, 1)
    np.testing.assert_allclose(found, stored("gauss_mask")["resize_bilinear_tf1"], atol=1e-6)


def test_doubling_is_linear_interpolation_at_halves_of_a_pixel() -> None:
    found = Doubling()(IMAGE)
    rows, columns = (np.minimum(np.arange(2 * n) / 2, n - 1) for n in (6, 10))
    for channel in range(3):
        image = IMAGE[0, channel].numpy()
        wide = np.stack([np.interp(columns, np.arange(10), row) for row in image])
        expected = np.stack([np.interp(rows, np.arange(6), column) for column in wide.T], 1)
        np.testing.assert_allclose(found[0, channel].numpy(), expected, atol=1e-6)


def test_the_usual_doubling_is_torchs() -> None:
    expected = F.interpolate(IMAGE, scale_factor=2, mode="bilinear", align_corners=False)
    torch.testing.assert_close(upsample("bilinear")(IMAGE), expected)


@pytest.mark.parametrize(("side", "before", "after"), [(8, 0, 1), (7, 1, 1)])
def test_a_strided_convolution_gets_what_old_tensorflow_calls_same(side: int, before: int, after: int) -> None:
    needed = (-(-side // 2) - 1) * 2 + 3 - side  # zeros for ceil(side / 2) outputs of a 3x3 kernel
    assert (needed // 2, needed - needed // 2) == (before, after)
    padded = Trailing()(torch.ones(1, 1, side, side))
    torch.testing.assert_close(padded, F.pad(torch.ones(1, 1, side, side), (before, after, before, after)))
