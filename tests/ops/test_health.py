"""Tests of the health figures."""

import math

import numpy as np
import pytest
import torch

from unsuplmk.ops.health import agreement, groups, health


def alive(images: int = 16, landmarks: int = 4) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return 1.6 * torch.rand(images, landmarks, 2, generator=generator) - 0.8


def test_living_landmarks_raise_no_alarm_and_their_spread_is_the_standard_deviation() -> None:
    xy = alive()
    found = health(xy)
    assert (found.dead, found.merged, found.collapsed, found.central, found.border) == ((), (), False, False, 0.0)
    expected = [100 / 2 * math.sqrt(np.var(p[:, 0]) + np.var(p[:, 1])) for p in xy.double().numpy().swapaxes(0, 1)]
    assert found.spread == pytest.approx(expected, rel=1e-5)


def test_a_landmark_that_never_moves_is_dead() -> None:
    xy = alive()
    xy[:, 2] = torch.tensor([0.3, -0.2])
    assert health(xy).dead == (2,)


def test_few_images_do_not_make_a_landmark_dead() -> None:
    assert health(alive(images=1)).dead == ()


def test_landmarks_on_each_other_are_merged() -> None:
    xy = alive(landmarks=5)
    xy[:, 4] = xy[:, 1] + 0.01
    assert health(xy).merged == ((1, 4),)


def test_landmarks_that_lie_together_have_collapsed_wherever_they_are() -> None:
    together = alive(landmarks=1).expand(-1, 4, -1) + 0.02 * alive()
    found = health(together)
    assert found.collapsed
    assert not found.central


def test_landmarks_at_the_image_centre_are_named_so() -> None:
    found = health(0.02 * alive())
    assert found.collapsed
    assert found.central


def test_a_single_living_landmark_has_not_collapsed() -> None:
    found = health(0.05 * alive(landmarks=1))
    assert not found.collapsed
    assert not found.central
    assert health(0.001 * alive(landmarks=1)).central


def test_the_share_on_the_border_counts_points_near_any_edge() -> None:
    xy = alive()
    xy[:, 0, 1] = -0.95
    assert health(xy).border == pytest.approx(25)


class Shift:
    """A warp that moves every point to the right."""

    def points(self, xy: torch.Tensor) -> torch.Tensor:
        return xy + torch.tensor([0.5, 0.0])

    def images(self, image: torch.Tensor) -> torch.Tensor:
        return image


def test_agreement_is_the_mean_distance_after_the_warp_of_points_that_stay_inside() -> None:
    source = torch.tensor([[[0.0, 0.0], [0.2, 0.1], [0.9, 0.0]]])  # the third leaves the image
    target = torch.tensor([[[0.5, 0.0], [0.7, 0.3], [0.0, 0.0]]])
    assert float(agreement(Shift(), source, target)) == pytest.approx(100 * (0 + 0.2 / 2) / 2)
    assert math.isnan(float(agreement(Shift(), source + 2, target)))


def test_merged_pairs_join_into_groups() -> None:
    assert groups(((7, 9), (3, 7), (1, 2))) == [[1, 2], [3, 7, 9]]
    assert groups(()) == []
