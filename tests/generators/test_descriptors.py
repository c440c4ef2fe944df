"""Tests of the decoder of landmark descriptors."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from unsuplmk.generators.descriptors import Descriptors
from unsuplmk.ops.gaussians import gaussians
from unsuplmk.types import Landmarks, Pair


def landmarks(count: int = 3, seed: int = 0) -> Landmarks:
    xy = 1.6 * torch.rand(2, count, 2, generator=torch.Generator().manual_seed(seed)) - 0.8
    return Landmarks(xy, torch.ones(2, count), torch.zeros(2, count, 4, 4))


def images(seed: int = 0, height: int = 32, width: int = 48) -> Tensor:
    return torch.rand(2, 3, height, width, generator=torch.Generator().manual_seed(seed))


def draw(points: Landmarks, size: tuple[int, int]) -> Tensor:
    return gaussians(points.xy, size, 0.2)


def rebuilt(generator: Descriptors, source: Tensor, read: Landmarks, redrawn: Landmarks) -> Tensor:
    with torch.no_grad():
        return generator(Pair(source, images(9)), read, redrawn, draw).image


def small(**options: float) -> Descriptors:
    torch.manual_seed(0)
    return Descriptors(3, width=4, stride=4, **options).eval()


def test_what_is_decoded_is_each_landmarks_descriptor_where_its_map_is() -> None:
    """Term by term in float64: shares of the cells, means of the features, to the descriptor and back."""
    generator, read, redrawn = small(length=5, background=0.3), landmarks(), landmarks(seed=1)
    features = generator.appearance(images() - 0.5)[-1].detach().double().numpy()
    size = features.shape[2:]

    def shares(points: Landmarks) -> np.ndarray:
        maps = draw(points, size).double().numpy()
        strengths = np.concatenate([maps, np.full_like(maps[:, :1], 0.3)], 1)
        return strengths / strengths.sum(1, keepdims=True)

    there, here = shares(read), shares(redrawn)
    expected = np.zeros_like(features)
    for b in range(2):
        for k in range(4):
            mean = (there[b, k] * features[b]).sum((1, 2)) / there[b, k].sum()
            describe, restore = (m[k].detach().double().numpy() for m in (generator.describe, generator.restore))
            expected[b] += (mean @ describe @ restore)[:, None, None] * here[b, k]

    generator.decode = nn.Sequential(seen := Remember())
    rebuilt(generator, images(), read, redrawn)
    np.testing.assert_allclose(seen.last.numpy(), expected, rtol=1e-3, atol=1e-4)


class Remember(nn.Module):
    """Keeps what it was given."""

    def forward(self, x: Tensor) -> Tensor:
        self.last = x
        return x[:, :3]


def test_no_more_of_the_source_than_the_descriptors_comes_through() -> None:
    """Where source features are alike, where they stand in the picture cannot be told."""
    generator, point = small(), landmarks()
    generator.appearance = Mean()
    generator.describe = nn.Parameter(generator.describe[:, :3])
    generator.restore = nn.Parameter(generator.restore[:, :, :3])
    generator.decode = nn.Sequential(nn.Identity())
    source = images()
    shuffled = source.flatten(2)[:, :, torch.randperm(32 * 48)].view_as(source)
    torch.testing.assert_close(rebuilt(generator, source, point, point), rebuilt(generator, shuffled, point, point))


class Mean(nn.Module):
    """An appearance that is the same everywhere."""

    def forward(self, x: Tensor) -> list[Tensor]:
        return [x.mean((2, 3), keepdim=True).expand(-1, -1, 8, 12)]


@pytest.mark.parametrize(("shrink", "size"), [(1, (32, 48)), (2, (16, 24))])
def test_the_rebuilt_image_is_smaller_by_what_it_is_asked_to_shrink(shrink: int, size: tuple[int, int]) -> None:
    assert rebuilt(small(shrink=shrink), images(), landmarks(), landmarks()).shape == (2, 3, *size)


def test_sides_that_the_stride_does_not_divide_are_rebuilt_as_they_are() -> None:
    odd = images(height=30, width=41)
    assert small()(Pair(odd, odd), landmarks(), landmarks(), draw).image.shape == (2, 3, 30, 41)


def test_a_landmark_far_outside_does_no_harm() -> None:
    away = Landmarks(torch.full((2, 3, 2), 50.0), torch.ones(2, 3), torch.zeros(2, 3, 4, 4))
    assert bool(rebuilt(small(), images(), away, away).isfinite().all())
