"""Tests of warped pairs."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from unsuplmk.ops.coordinates import grid
from unsuplmk.ops.thinplate import ThinPlate, random
from unsuplmk.pairs.warped import Warped
from unsuplmk.types import Pair

SIDE = 64


def smooth(batch: int, side: int = SIDE) -> Tensor:
    coarse = torch.rand(batch, 3, 6, 6, generator=torch.Generator().manual_seed(0))
    return F.interpolate(coarse, (side, side), mode="bicubic", align_corners=False).clamp(0, 1)


def pair_of(image: Tensor, seed: int = 0, **options: object) -> Pair:
    torch.manual_seed(seed)
    return Warped(**options)((image,))


def counted(pair: Pair, least: float = 0.99) -> Tensor:
    """Pixels of the source that lie in the target where it counts fully."""
    assert pair.warp is not None
    assert pair.weight is not None
    there = pair.warp.points(grid(SIDE, SIDE, pair.source).reshape(1, -1, 2).expand(len(pair.source), -1, -1))
    inside = (there.abs() < 0.95).all(-1).view(-1, 1, SIDE, SIDE)
    return inside & (pair.warp.images(pair.weight) > least)


def test_the_source_is_the_warped_target_inside_the_frame() -> None:
    pair = pair_of(smooth(8))
    assert pair.warp is not None
    inside = counted(pair)
    assert float(inside.float().mean()) > 0.2
    miss = (pair.warp.images(pair.target) - pair.source).abs()[inside.expand(-1, 3, -1, -1)]
    still = (pair.target - pair.source).abs()[inside.expand(-1, 3, -1, -1)]
    assert float(miss.mean()) < 0.01
    assert float(miss.mean()) < 0.1 * float(still.mean())


def test_a_dot_is_found_in_source_and_target_where_the_warp_says() -> None:
    xy = grid(SIDE, SIDE, torch.zeros(()))
    dot = torch.exp(-(xy - torch.tensor([0.1, -0.2])).square().sum(-1) / (2 * 0.06**2)).expand(16, 3, -1, -1)
    pair = pair_of(dot.contiguous(), padding="zeros")
    assert pair.warp is not None
    source, target = (
        (image.mean(1)[..., None] * xy).sum((1, 2)) / image.mean(1).sum((1, 2))[:, None]
        for image in (pair.source, pair.target)
    )
    miss = (pair.warp.points(source[:, None])[:, 0] - target).norm(dim=-1) * SIDE / 2
    assert float(miss.max()) < 0.5, f"up to {float(miss.max()):.2f} px off"


def test_pixels_from_outside_the_image_do_not_count() -> None:
    pair = pair_of(torch.ones(16, 3, SIDE, SIDE), shift=0.4, padding="zeros", border=0.0)
    assert pair.weight is not None
    outside = pair.target[:, :1] < 1e-6
    assert float(outside.float().mean()) > 0.1
    assert float(pair.weight[outside].abs().max()) < 1e-6
    torch.testing.assert_close(pair.weight, pair.target[:, :1])


def test_the_images_own_border_does_not_count_wherever_it_was_shifted() -> None:
    """Of an image that is white only within 5 px of its edge, no white pixel may count."""
    frame = torch.ones(16, 3, SIDE, SIDE)
    frame[..., 6:-6, 6:-6] = 0
    pair = pair_of(frame, padding="zeros")
    assert pair.weight is not None
    white = pair.target[:, :1] > 0.99
    assert float(white.float().mean()) > 0.1
    assert float(pair.weight[white].max()) < 0.02  # the ramp begins beside it
    assert float(pair.weight.max()) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(("padding", "black"), [("zeros", True), ("border", False), ("reflection", False)])
def test_padding_decides_what_lies_outside(padding: str, black: bool) -> None:
    pair = pair_of(torch.ones(4, 3, SIDE, SIDE), shift=0.4, padding=padding)
    for image in (pair.source, pair.target):
        assert bool((image < 0.5).any()) is black


def test_displacements_are_as_large_as_the_references() -> None:
    """Root mean square at 128 px: 18.4 px from source to target, measured on 400 draws of the released code."""
    torch.manual_seed(0)
    pair = Warped()((torch.zeros(400, 3, 8, 8),))
    assert pair.warp is not None
    here = grid(32, 32, pair.source).reshape(1, -1, 2).expand(400, -1, -1)
    moved = (pair.warp.points(here) - here).square().sum(-1).mean().sqrt()
    assert float(moved) * 64 == pytest.approx(18.4, rel=0.1)


def test_the_options_reach_the_warp() -> None:
    torch.manual_seed(0)
    pair = Warped(rotation=40.0, scale=0.0, shift=0.0, bend=0.0)((torch.zeros(500, 3, 8, 8),))
    assert pair.warp is not None
    ends = pair.warp.points(torch.tensor([[[-0.5, 0.0], [0.5, 0.0]]]).expand(500, -1, -1))
    along = ends[:, 1] - ends[:, 0]
    assert math.degrees(float(torch.atan2(along[:, 1], along[:, 0]).std())) == pytest.approx(40, rel=0.1)
    assert float(along.norm(dim=-1).mean()) == pytest.approx(1, abs=0.03)
    assert float(ends.mean(1).abs().mean()) < 0.02


def test_the_same_seed_gives_the_same_pair_and_another_seed_another() -> None:
    image = smooth(2)
    first, second, third = pair_of(image), pair_of(image), pair_of(image, seed=1)
    assert torch.equal(first.source, second.source)
    assert torch.equal(first.target, second.target)
    assert not torch.allclose(first.target, third.target, atol=0.01)


def test_each_image_of_a_batch_is_warped_otherwise() -> None:
    pair = pair_of(smooth(1).expand(2, -1, -1, -1))
    assert not torch.allclose(pair.target[0], pair.target[1], atol=0.01)
    assert not torch.allclose(pair.source[0], pair.source[1], atol=0.01)


def warps(batch: int, seed: int = 0) -> tuple[ThinPlate, ThinPlate]:
    """The two warps that `Warped` draws first from a seed."""
    torch.manual_seed(seed)
    like, target = torch.zeros(()), {"bend": 0.001, "bend_some": 0.005, "shift": 0.1}
    g1 = random(batch, like, **target)
    return g1, random(batch, like, **{**target, "bend_some": 0.01}, rotation=5.0, scale=0.1)


def looked_up(image: np.ndarray, warp: ThinPlate) -> np.ndarray:
    """(c h w) seen through one warp as the 2018 code does it: corners at -1 and 1, bilinear, zeros outside."""
    side = image.shape[-1]
    axis = np.linspace(-1, 1, side)
    xy = torch.from_numpy(np.stack(np.meshgrid(axis, axis), -1).reshape(1, -1, 2)).float()
    x, y = ((warp.points(xy)[0].double().numpy() + 1) / 2 * (side - 1)).T
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    seen = np.zeros((len(image), side * side))
    for dx, dy in ((0, 0), (1, 0), (0, 1), (1, 1)):
        column, row = left + dx, top + dy
        share = (1 - abs(x - column)) * (1 - abs(y - row))
        inside = (column >= 0) & (column < side) & (row >= 0) & (row < side)
        seen[:, inside] += (share * image[:, row.clip(0, side - 1), column.clip(0, side - 1)])[:, inside]
    return seen.reshape(image.shape)


@pytest.mark.parametrize("source", ["resampled", "independent"])
def test_on_the_grid_of_the_corners_both_images_are_those_of_an_independent_look_up(source: str) -> None:
    image = smooth(1)
    g1, g2 = warps(1)
    pair = pair_of(image, padding="zeros", grid="corners", source=source)
    target = looked_up(image[0].numpy(), g1)
    np.testing.assert_allclose(pair.target[0].numpy(), target, atol=1e-4)
    expected = looked_up(target if source == "resampled" else image[0].numpy(), g2)
    np.testing.assert_allclose(pair.source[0].numpy(), expected, atol=1e-4)


def test_a_resampled_source_is_the_target_seen_through_the_warp() -> None:
    for grid_of in ("centres", "corners"):
        pair = pair_of(smooth(2), padding="zeros", grid=grid_of, source="resampled")
        assert pair.warp is not None
        torch.testing.assert_close(pair.source, pair.warp.images(pair.target))


def test_independent_warps_carry_no_warp_between_them_and_say_so() -> None:
    pairs = Warped(source="independent")
    assert pairs.provides == {"weight"}
    assert Warped().provides == {"weight", "warp"}
    assert pairs((smooth(2),)).warp is None
