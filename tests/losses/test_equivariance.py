"""Tests of the loss that asks landmarks to move with the image."""

import pytest
import torch
from torch import Tensor

from tests.steps import points, step
from unsuplmk.losses.equivariance import Equivariance
from unsuplmk.ops.coordinates import grid
from unsuplmk.ops.thinplate import ThinPlate, random
from unsuplmk.types import Landmarks

FLOOR = 1e-3
"""The root's epsilon: the value where two points meet."""
OPTIONS = ("rotation", "scale", "shift", "bend", "color")


def still(**options: float) -> Equivariance:
    """Copies made by nothing but these options."""
    return Equivariance(**{**dict.fromkeys(OPTIONS, 0.0), **options})


def warp(batch: int = 3) -> ThinPlate:
    torch.manual_seed(0)
    return random(batch, torch.zeros(()), bend_some=0.005, rotation=10.0, scale=0.1, shift=0.1)


def images(batch: int = 3) -> Tensor:
    return torch.rand(batch, 3, 16, 16, generator=torch.Generator().manual_seed(0))


def inner(batch: int = 3, count: int = 4) -> Tensor:
    return 0.8 * torch.rand(batch, count, 2, generator=torch.Generator().manual_seed(1)) - 0.4


def spots(batch: int = 6) -> Tensor:
    """One soft spot a channel, at random places, on black."""
    xy = grid(64, 64, torch.zeros(()))
    square = (xy - inner(batch, 3)[:, :, None, None]).square().sum(-1)
    return torch.exp(-square / (2 * 0.08**2))


def centres(image: Tensor) -> Landmarks:
    """Where the spots are: landmarks that move with the image."""
    weight = image.flatten(2) / image.flatten(2).sum(-1, keepdim=True)
    return points(weight @ grid(*image.shape[-2:], image).reshape(-1, 2))


@pytest.mark.parametrize("color", [0.0, 0.2])
def test_landmarks_that_the_warp_takes_onto_each_other_cost_nothing(color: float) -> None:
    known, there = warp(), inner()
    given = step(
        images(), source=images(), warp=known, landmarks=points(known.points(there)), encode=lambda _: points(there)
    )
    assert float(Equivariance(color=color)(given)) == pytest.approx(FLOOR, rel=1e-3)


def test_it_is_the_mean_distance_by_which_they_miss() -> None:
    known, there, miss = warp(), inner(), 0.3 * (inner(count=4) - 0.1)
    given = step(
        images(),
        source=images(),
        warp=known,
        landmarks=points(known.points(there) + miss),
        encode=lambda _: points(there),
    )
    expected = (miss.square().sum(-1) + FLOOR**2).sqrt().mean()
    assert float(Equivariance()(given)) == pytest.approx(float(expected), rel=1e-5)


def test_landmarks_that_the_target_does_not_show_do_not_count() -> None:
    moved = ThinPlate(torch.zeros(1, 100, 2), torch.tensor([[0.5, 0.0]]), torch.eye(2)[None])
    there = torch.tensor([[[0.0, 0.0], [0.8, 0.0]]])  # the second lands at 1.3
    given = step(
        images(1),
        source=images(1),
        warp=moved,
        landmarks=points([[[0.5, 0.4], [0.0, 0.0]]]),
        encode=lambda _: points(there),
    )
    assert float(Equivariance()(given)) == pytest.approx(0.4 / 2, rel=1e-4)


def test_gradients_reach_both_ends() -> None:
    known, there = warp(), inner().requires_grad_()
    here = inner().requires_grad_()
    given = step(images(), source=images(), warp=known, landmarks=points(here), encode=lambda _: points(there))
    Equivariance()(given).backward()
    for end in (here, there):
        assert end.grad is not None
        assert bool((end.grad.abs().sum(-1) > 0).all())


def test_points_that_meet_exactly_have_a_finite_gradient() -> None:
    here = inner().requires_grad_()
    identity = ThinPlate(torch.zeros(3, 100, 2), torch.zeros(3, 2), torch.eye(2).expand(3, -1, -1))
    given = step(images(), source=images(), warp=identity, landmarks=points(here), encode=lambda _: points(here))
    Equivariance()(given).backward()
    assert here.grad is not None
    assert bool(here.grad.isfinite().all())


def test_a_pair_without_a_warp_is_judged_by_a_copy_made_here() -> None:
    torch.manual_seed(0)
    target = spots()
    options = {"rotation": 20.0, "shift": 0.1, "scale": 0.1, "bend": 0.005}
    follows = step(target, landmarks=centres(target), encode=centres)
    assert float(still(**options)(follows)) < 0.01
    stays = step(target, landmarks=centres(target), encode=lambda _: centres(target))
    assert float(still(**options)(stays)) > 0.05


def test_with_all_deviations_at_zero_the_copy_is_the_target() -> None:
    seen = []

    def encode(image: Tensor) -> Landmarks:
        seen.append(image)
        return points(inner())

    still()(step(images(), landmarks=points(inner()), encode=encode))
    torch.testing.assert_close(seen[0], images())


def test_colours_change_by_one_gain_and_lift_a_channel_and_stay_in_range() -> None:
    seen = []

    def encode(image: Tensor) -> Landmarks:
        seen.append(image)
        return points(inner())

    torch.manual_seed(0)
    given = step(images(), source=0.4 + 0.2 * images(), warp=warp(), landmarks=points(inner()), encode=encode)
    still(color=0.1)(given)
    source, copy = given.pair.source, seen[0]
    assert not torch.allclose(source, copy, atol=0.01)
    for a, b in zip(source.flatten(0, 1).flatten(1).double(), copy.flatten(0, 1).flatten(1).double(), strict=True):
        gain = ((a - a.mean()) * (b - b.mean())).sum() / (a - a.mean()).square().sum()
        torch.testing.assert_close(b, b.mean() + gain * (a - a.mean()), atol=1e-5, rtol=0)
    still(color=1.0)(step(images(), source=images(), warp=warp(), landmarks=points(inner()), encode=encode))
    assert 0 <= float(seen[1].min()) < float(seen[1].max()) <= 1


def test_without_a_change_of_colour_the_sources_landmarks_are_shared_with_other_losses() -> None:
    calls = []

    def encode(image: Tensor) -> Landmarks:
        calls.append(image)
        return points(inner())

    given = step(images(), source=images() / 2, warp=warp(), landmarks=points(inner()), encode=encode)
    still()(given)
    assert given.source.xy.shape == (3, 4, 2)
    assert len(calls) == 1
