"""Tests of the moving average of the weights."""

from __future__ import annotations

import pytest
import torch

from unsuplmk.bottlenecks.gaussian import Gaussian
from unsuplmk.encoders.convnet import Convnet
from unsuplmk.generators.renderer import Renderer
from unsuplmk.losses.pixel import Pixel
from unsuplmk.model import Model
from unsuplmk.training.average import Average


def model(seed: int = 0) -> Model:
    torch.manual_seed(seed)
    return Model(Convnet(3, width=2, stride=2), Gaussian(3), Renderer(3, width=2, stride=2), {"pixel": Pixel()})


def shake(trained: Model) -> None:
    """A step of training, as far as the weights are concerned."""
    with torch.no_grad():
        for parameter in trained.parameters():
            parameter.add_(torch.randn_like(parameter))
        for buffer in trained.buffers():
            if buffer.is_floating_point():
                buffer.mul_(1.5)


@pytest.mark.parametrize("decay", [0.0, 0.5, 0.9, 0.999])
def test_each_step_blends_in_the_weights_with_a_decay_that_grows_to_its_limit(decay: float) -> None:
    trained = model()
    average = Average(trained, decay)
    expected = {name: value.detach().double() for name, value in trained.named_parameters()}
    for number in range(1, 13):
        shake(trained)
        average.update(trained, number)
        kept = min(decay, (1 + number) / (10 + number))
        for name, value in trained.named_parameters():
            expected[name] = kept * expected[name] + (1 - kept) * value.detach().double()
    for name, value in average.model.named_parameters():
        torch.testing.assert_close(value.double(), expected[name], atol=1e-5, rtol=1e-5)


def test_with_a_decay_of_zero_the_average_is_the_model() -> None:
    trained = model()
    average = Average(trained, 0.0)
    shake(trained)
    average.update(trained, 1)
    for mine, theirs in zip(average.model.parameters(), trained.parameters(), strict=True):
        assert torch.equal(mine, theirs)


def test_running_statistics_are_taken_as_they_are() -> None:
    trained = model()
    average = Average(trained, 0.999)
    trained.locate(torch.rand(2, 3, 8, 8))
    average.update(trained, 1)
    counts = [value for name, value in average.model.named_buffers() if name.endswith("num_batches_tracked")]
    assert int(counts[0]) == 1
    for mine, theirs in zip(average.model.buffers(), trained.buffers(), strict=True):
        assert torch.equal(mine, theirs)


def test_it_starts_as_a_copy_that_does_not_follow_by_itself() -> None:
    trained = model()
    average = Average(trained, 0.9)
    images = torch.rand(2, 3, 8, 8)
    before = average.model.locate(images).xy
    torch.testing.assert_close(before, trained.eval().locate(images).xy)
    shake(trained)
    assert torch.equal(average.model.locate(images).xy, before)


def test_it_is_for_use_not_for_training() -> None:
    average = Average(model().train(), 0.9)
    assert not any(module.training for module in average.model.modules())
    assert not any(parameter.requires_grad for parameter in average.model.parameters())
    assert not average.model.losses


def test_the_start_is_forgotten_soon() -> None:
    """After 50 steps with the same weights, less than a ten-thousandth of the start is left."""
    trained = model()
    average = Average(trained, 0.9999)
    start = {name: value.detach().clone() for name, value in trained.named_parameters()}
    shake(trained)
    for number in range(1, 51):
        average.update(trained, number)
    for name, value in average.model.named_parameters():
        goal = dict(trained.named_parameters())[name]
        left = (value - goal).norm() / (start[name] - goal).norm()
        assert float(left.detach()) < 1e-4
