"""Tests of the generator that only moves the source."""

import pytest
import torch
import torch.nn.functional as F

from unsuplmk.bottlenecks.code import Code
from unsuplmk.bottlenecks.gaussian import Gaussian
from unsuplmk.generators.flow import Flow
from unsuplmk.types import Landmarks, Pair


def landmarks(batch: int = 2, count: int = 5, seed: int = 0) -> Landmarks:
    xy = 1.6 * torch.rand(batch, count, 2, generator=torch.Generator().manual_seed(seed)) - 0.8
    return Landmarks(xy, torch.ones(batch, count), torch.zeros(batch, count, 4, 4))


def pair(height: int = 32, width: int = 48) -> Pair:
    generator = torch.Generator().manual_seed(0)
    return Pair(*(torch.rand(2, 3, height, width, generator=generator) for _ in range(2)))


@pytest.mark.parametrize("residual", [False, True])
def test_it_begins_by_handing_the_source_on(residual: bool) -> None:
    given = pair()
    made = Flow(5, residual=residual)(given, landmarks(seed=1), landmarks(), Gaussian(5).render)
    torch.testing.assert_close(made.image, given.source, atol=1e-5, rtol=0)
    assert made.extra["flow"].shape == (2, 2, 16, 16)
    assert float(made.extra["flow"].detach().abs().max()) == 0


def test_without_a_residual_it_shows_only_what_the_source_has() -> None:
    torch.manual_seed(0)
    generator = Flow(5)
    torch.nn.init.normal_(generator.head.weight)
    given = pair()
    made = generator(given, landmarks(seed=1), landmarks(), Gaussian(5).render)
    assert float(made.extra["flow"].detach().std()) > 0.1
    for channel in range(3):
        low, high = (bound(given.source[:, channel]) for bound in (torch.amin, torch.amax))
        assert float(low) - 1e-5 <= float(made.image[:, channel].detach().min())
        assert float(made.image[:, channel].detach().max()) <= float(high) + 1e-5


@pytest.mark.parametrize("shrink", [1, 2, 4])
def test_a_shrunk_image_moves_the_averaged_source(shrink: int) -> None:
    given = pair()
    made = Flow(5, shrink=shrink)(given, landmarks(seed=1), landmarks(), Gaussian(5).render).image
    torch.testing.assert_close(made, F.avg_pool2d(given.source, shrink), atol=1e-5, rtol=0)


def test_equal_codes_of_other_images_give_equal_flows() -> None:
    """What is moved where depends on the landmarks alone."""
    torch.manual_seed(0)
    generator = Flow(10).eval()
    torch.nn.init.normal_(generator.head.weight)
    flows = [
        generator(given, landmarks(seed=1), landmarks(), Code(5).render).extra["flow"]
        for given in (pair(), pair(24, 24))
    ]
    assert torch.equal(*flows)


@pytest.mark.parametrize("bottleneck", [Gaussian(3, sigma=0.3), Code(3)])
def test_it_learns_to_follow_landmarks_that_move_with_the_image(bottleneck: Gaussian | Code) -> None:
    """A blob and its three landmarks, shifted at random: the flow must become the difference of the shifts."""
    torch.manual_seed(0)
    generator = Flow(bottleneck.maps, width=16, side=8)
    optimiser = torch.optim.Adam(generator.parameters(), 1e-2)
    axis = (2 * torch.arange(16) + 1) / 16 - 1
    triangle = torch.tensor([[0.3, 0.0], [-0.3, 0.2], [0.0, -0.3]])

    def scene() -> tuple[torch.Tensor, Landmarks]:
        shift = 0.8 * torch.rand(16, 2) - 0.4
        squared = (axis - shift[:, :1, None]) ** 2 + (axis[:, None] - shift[:, 1:, None]) ** 2
        image = torch.exp(-squared / 0.3)[:, None].expand(-1, 3, -1, -1)
        return image, Landmarks(shift[:, None] + triangle, torch.ones(16, 3), torch.zeros(16, 3, 4, 4))

    errors, still = [], []
    for _ in range(60):
        (source, there), (target, here) = scene(), scene()
        made = generator(Pair(source, target), there, here, bottleneck.render).image
        error = (made - target).abs().mean()
        optimiser.zero_grad()
        error.backward()
        optimiser.step()
        errors.append(float(error.detach()))
        still.append(float((source - target).abs().mean()))
    assert sum(errors[-10:]) < 0.5 * sum(still[-10:])
