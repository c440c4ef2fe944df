"""Tests of the 2018 generator."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from tests.golden import Upsample, fill, needs_golden, pad_as_the_reference, pictures, stored
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


@needs_golden
def test_with_the_references_weights_padding_and_doubling_it_gives_its_prediction() -> None:
    values, (source, target, _) = stored("imm_official_forward"), pictures()
    generator = Renderer(10).eval()
    trunk, decode = generator.appearance, generator.decode
    for part, prefix in ((trunk, "model/image_encoder/encoder"), (decode, "model/renderer")):
        convolutions = [m for m in part.modules() if isinstance(m, nn.Conv2d)]
        norms = [m for m in part.modules() if isinstance(m, nn.BatchNorm2d)]
        if part is decode:
            convolutions[-1] = nn.Conv2d(32, 9, 3, padding=1)  # six of its nine outputs are never used
            decode[-1] = convolutions[-1]
        fill(prefix, convolutions, norms)
    for i, layer in enumerate(decode):
        if isinstance(layer, nn.Upsample):
            decode[i] = Upsample()
    pad_as_the_reference(trunk)
    decode.append(nn.Conv2d(9, 3, 1, bias=False))
    decode[-1].weight.data = torch.eye(9)[:3, :, None, None]

    def render(landmarks: Landmarks, size: tuple[int, int]) -> Tensor:
        axis = np.linspace(-1, 1, size[0])
        yx = values["eval_yx"][..., None, None]
        maps = np.exp(-100 * ((axis[:, None] - yx[:, :, 0]) ** 2 + (axis - yx[:, :, 1]) ** 2))
        return torch.from_numpy(maps).float()

    with torch.no_grad():  # the reference does not centre its images
        found = generator(Pair(source + 0.5, target), NONE, NONE, render).image - 0.5
    expected = torch.from_numpy(values["eval_pred"]).permute(0, 3, 1, 2)
    assert float((found - expected).abs().max()) < 3e-5 * float(expected.abs().max())


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
