"""Tests of the bottleneck without places."""

import numpy as np
import pytest
import torch

from unsuplmk.bottlenecks.code import Code
from unsuplmk.types import Landmarks

RNG = np.random.default_rng(0)


def heatmaps(batch: int, landmarks: int, height: int, width: int) -> torch.Tensor:
    return torch.from_numpy(RNG.normal(size=(batch, landmarks, height, width))).float()


@pytest.mark.parametrize("gain", [0.5, 3.0])
def test_it_is_a_squashed_standardised_linear_map_of_averaged_cells(gain: float) -> None:
    torch.manual_seed(0)
    bottleneck, given = Code(3, cells=2, gain=gain).eval(), heatmaps(4, 3, 8, 12)
    bottleneck.norm.running_mean.uniform_(-1, 1)
    bottleneck.norm.running_var.uniform_(0.5, 2)
    cells = given.double().numpy().reshape(4, 3, 2, 4, 2, 6).mean((3, 5)).reshape(4, -1)
    numbers = cells @ bottleneck.read.weight.detach().double().numpy().T
    mean, var = bottleneck.norm.running_mean.double().numpy(), bottleneck.norm.running_var.double().numpy()
    expected = np.tanh(gain * (numbers - mean) / np.sqrt(var + 1e-5)).reshape(4, 3, 2)
    np.testing.assert_allclose(bottleneck.locate(given).xy.detach().numpy(), expected, atol=1e-5)


def test_training_makes_every_number_differ_between_images() -> None:
    """Whatever the scale of the heatmaps: no code may begin as a constant."""
    for scale in (0.1, 1.0, 100.0):
        given = 3.0 + scale * heatmaps(64, 4, 8, 8)
        numbers = Code(4, gain=0.5).locate(given).xy.flatten(1).atanh() / 0.5
        np.testing.assert_allclose(numbers.std(0, unbiased=False).detach().numpy(), 1, atol=0.1)
        np.testing.assert_allclose(numbers.mean(0).detach().numpy(), 0, atol=1e-3)


def test_a_batch_of_one_is_read_with_the_running_statistics() -> None:
    torch.manual_seed(0)
    bottleneck = Code(3)
    bottleneck.locate(heatmaps(16, 3, 8, 8))
    one = heatmaps(1, 3, 8, 8)
    trained = bottleneck.locate(one).xy
    assert torch.equal(trained, bottleneck.eval().locate(one).xy)


@pytest.mark.parametrize(("height", "width"), [(4, 4), (16, 16), (7, 13), (3, 2)])
def test_heatmaps_of_any_size_are_read(height: int, width: int) -> None:
    assert Code(5, cells=4).locate(heatmaps(2, 5, height, width)).xy.shape == (2, 5, 2)


def test_maps_are_constant_planes_x_then_y_of_each_landmark() -> None:
    xy = torch.from_numpy(RNG.uniform(-1, 1, (2, 3, 2))).float()
    bottleneck = Code(3)
    maps = bottleneck.render(Landmarks(xy, torch.zeros(2, 3), torch.zeros(2, 3, 4, 4)), (5, 6))
    assert maps.shape == (2, bottleneck.maps, 5, 6)
    for landmark in range(3):
        for axis in range(2):
            plane = maps[:, 2 * landmark + axis]
            assert torch.equal(plane, xy[:, landmark, axis, None, None].expand(2, 5, 6))


def test_it_claims_no_place() -> None:
    assert not Code.places
    assert float(Code(3).locate(100 * heatmaps(2, 3, 8, 8)).score.abs().max()) == 0
