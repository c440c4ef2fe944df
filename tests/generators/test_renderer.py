"""Tests of the 2018 generator."""

import pytest
import torch
from torch import Tensor, nn

from unsuplmk.bottlenecks.gaussian import Gaussian
from unsuplmk.generators.renderer import Renderer
from unsuplmk.types import Landmarks, Pair

NONE = Landmarks(torch.zeros(2, 0, 2), torch.zeros(2, 0), torch.zeros(2, 0, 4, 4))


def landmarks(count: int = 5, seed: int = 0) -> Landmarks:
    xy = 1.6 * torch.rand(2, count, 2, generator=torch.Generator().manual_seed(seed)) - 0.8
    return Landmarks(xy, torch.ones(2, count), torch.zeros(2, count, 4, 4))


def pair(height: int = 64, width: int = 64) -> Pair:
    generator = torch.Generator().manual_seed(0)
    return Pair(*(torch.rand(2, 3, height, width, generator=generator) for _ in range(2)))


def parameters(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def test_it_has_the_references_parameters_less_the_biases_before_batch_norm() -> None:
    generator = Renderer(10)
    appearance = 2 * (32 + 64 + 128 + 256)
    assert parameters(generator.appearance) == 1_178_016 - appearance
    assert parameters(generator.decode) == 1_777_731 - (2 * (256 + 128 + 64) + 32)


@pytest.mark.parametrize("stride", [2, 4, 8, 16, 32])
def test_the_maps_are_a_strideth_of_the_image_and_the_image_its_own_size(stride: int) -> None:
    asked = []

    def render(landmarks: Landmarks, size: tuple[int, int]) -> Tensor:
        asked.append(size)
        return Gaussian(5).render(landmarks, size)

    found = Renderer(5, width=2, stride=stride)(pair(64, 96), NONE, landmarks(), render)
    assert asked == [(64 // stride, 96 // stride)]
    assert found.image.shape == (2, 3, 64, 96)


@pytest.mark.parametrize(("shrink", "size"), [(1, (64, 96)), (2, (32, 48)), (4, (16, 24))])
def test_the_rebuilt_image_is_smaller_by_what_it_is_asked_to_shrink(shrink: int, size: tuple[int, int]) -> None:
    found = Renderer(5, width=2, stride=4, shrink=shrink)(pair(64, 96), NONE, landmarks(), Gaussian(5).render)
    assert found.image.shape == (2, 3, *size)


@pytest.mark.parametrize(("stride", "shrink", "side"), [(16, 1, 72), (32, 1, 88), (8, 2, 24), (4, 3, 29)])
def test_sides_that_the_stride_does_not_divide_are_rebuilt_as_they_are(stride: int, shrink: int, side: int) -> None:
    source = pair(side * shrink, side * shrink)
    found = Renderer(5, width=2, stride=stride, shrink=shrink)(source, NONE, landmarks(), Gaussian(5).render)
    assert found.image.shape == (2, 3, side, side)


def test_a_shrunk_image_is_rebuilt_from_the_shrunk_source() -> None:
    torch.manual_seed(0)
    generator, whole = Renderer(5, width=4, stride=4, shrink=2).eval(), pair()
    blocks = Pair(*(image.view(2, 3, 32, 2, 32, 2).mean((3, 5)) for image in (whole.source, whole.target)))
    found = generator(whole, NONE, landmarks(), Gaussian(5).render).image
    generator.shrink = 1
    torch.testing.assert_close(found, generator(blocks, NONE, landmarks(), Gaussian(5).render).image)


def test_a_landmark_changes_the_image_around_it_only() -> None:
    torch.manual_seed(0)
    generator, still = Renderer(5, width=4, stride=4).eval(), landmarks()
    xy = still.xy.clone()
    xy[:, 0] = torch.tensor([-0.9, -0.9])
    moved = xy.clone()
    moved[:, 0, 0] = -0.8
    images = [
        generator(
            pair(256, 256), NONE, Landmarks(points, still.score, still.heatmaps), Gaussian(5).render
        ).image.detach()
        for points in (xy, moved)
    ]
    changed = (images[0] - images[1]).abs().amax((0, 1))
    assert float(changed[:64, :64].max()) > 100 * float(changed[160:, 160:].max())


def test_bytes_go_in_and_come_out_as_an_image_of_zero_to_one() -> None:
    torch.manual_seed(0)
    centred, raw = Renderer(5, width=4, stride=4).eval(), Renderer(5, width=4, stride=4, pixels="bytes").eval()
    raw.load_state_dict(centred.state_dict())
    whole = pair()
    shifted = Pair((whole.source - 0.5) / 255, whole.target)
    made = raw(shifted, NONE, landmarks(), Gaussian(5).render).image
    expected = centred(whole, NONE, landmarks(), Gaussian(5).render).image
    torch.testing.assert_close(255 * made + 0.5, expected)


def test_truncated_weights_are_small_everywhere() -> None:
    generator = Renderer(5, width=4, init="truncated")
    convolutions = [m for m in generator.modules() if isinstance(m, nn.Conv2d)]
    assert len(convolutions) == 8 + 8
    assert max(float(m.weight.detach().abs().max()) for m in convolutions) <= 0.02
