"""Tests of predicted sampling grids."""

import numpy as np
import torch

from unsuplmk.ops.flow import affine, decoder, field, monotone, placed, still
from unsuplmk.ops.thinplate import sample

RNG = np.random.default_rng(0)


def axis(n: int) -> np.ndarray:
    return (2 * np.arange(n) + 1) / n - 1


def scores(*shape: int, spread: float = 1.0) -> torch.Tensor:
    return torch.from_numpy(spread * RNG.normal(size=shape)).float()


def test_without_displacement_every_pixel_is_looked_up_where_it_is() -> None:
    image = scores(2, 3, 12, 20)
    torch.testing.assert_close(sample(image, field(torch.zeros(2, 2, 4, 4), (12, 20))), image, atol=1e-5, rtol=0)


def test_a_displacement_of_two_pixels_looks_two_pixels_further_right_and_one_further_down() -> None:
    image = scores(1, 1, 10, 16)
    displacement = torch.tensor([2 * 2 / 16, 1 * 2 / 10])[None, :, None, None].expand(1, 2, 4, 4)
    moved = sample(image, field(displacement, (10, 16)))
    torch.testing.assert_close(moved[..., :-1, :-2], image[..., 1:, 2:], atol=1e-5, rtol=0)


def test_a_score_of_zero_is_the_step_of_the_identity() -> None:
    torch.testing.assert_close(monotone(torch.zeros(2, 2, 8, 16)), torch.zeros(2, 2, 8, 16), atol=1e-6, rtol=0)


def test_the_map_is_the_integral_of_the_steps() -> None:
    given = scores(2, 2, 6, 9)
    steps = 2 / (1 + np.exp(-given.double().numpy()))  # of the identity's step
    x = np.cumsum(steps[:, 0], 2) - steps[:, 0] / 2
    y = np.cumsum(steps[:, 1], 1) - steps[:, 1] / 2
    expected = np.stack([x * 2 / 9 - 1 - axis(9), y * 2 / 6 - 1 - axis(6)[:, None]], 1)
    np.testing.assert_allclose(monotone(given).numpy(), expected, atol=1e-5)


def test_the_map_never_folds_however_wild_the_scores() -> None:
    for spread in (1.0, 10.0, 1000.0):
        places = field(monotone(scores(4, 2, 16, 16, spread=spread)), (16, 16))
        assert float(places[..., 0].diff(dim=2).min()) >= -1e-6
        assert float(places[..., 1].diff(dim=1).min()) >= -1e-6


def test_the_affine_map_comes_after_the_displacement() -> None:
    given, matrix, shift = scores(2, 2, 5, 7), scores(2, 2, 2), scores(2, 2)
    place = np.stack(np.meshgrid(axis(7), axis(5)))
    moved = given.double().numpy() + place
    expected = np.einsum("bij,bjhw->bihw", matrix.double().numpy(), moved) + shift.numpy()[..., None, None] - place
    np.testing.assert_allclose(affine(given, matrix, shift).numpy(), expected, atol=1e-5)


def test_maps_are_joined_by_the_place_of_every_cell() -> None:
    maps = scores(2, 3, 4, 6)
    found = placed(maps).numpy()
    np.testing.assert_array_equal(found[:, :3], maps.numpy())
    for one in found:
        np.testing.assert_allclose(one[3:], np.stack(np.meshgrid(axis(6), axis(4))), atol=1e-6)


def test_the_level_of_a_constant_plane_reaches_the_features() -> None:
    torch.manual_seed(0)
    decode = decoder(1, 8)
    low, high = (decode(placed(torch.full((1, 1, 6, 6), level))) for level in (0.1, 0.2))
    assert low.shape == (1, 8, 6, 6)
    assert float((high - low).detach().abs().max()) > 1e-2


def test_a_still_layer_gives_zero_and_can_learn() -> None:
    layer = still(torch.nn.Conv2d(3, 2, 3))
    out = layer(scores(1, 3, 5, 5))
    assert not out.detach().any()
    out.sum().backward()
    assert layer.weight.grad is not None
    assert layer.weight.grad.any()
