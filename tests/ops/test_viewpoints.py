"""Tests of landmarks by object and viewpoint."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest

from unsuplmk.errors import UserError
from unsuplmk.ops.viewpoints import ByView, hits, spread

RNG = np.random.default_rng(0)


def _grid(instances: int, views: int) -> tuple[list[int], list[int]]:
    return np.repeat(np.arange(instances), views).tolist(), np.tile(np.arange(views), instances).tolist()


@pytest.mark.parametrize("relative", [False, True])
def test_what_other_objects_explain_is_left_out_one_object_at_a_time(relative: bool) -> None:
    xy = RNG.normal(50, 10, (12, 2, 2))
    instances, views = _grid(3, 4)
    table = ByView.of(xy, instances, views, np.ones(12, bool))
    residual, total = table.explained(relative=relative)
    by = xy.reshape(3, 4, 2, 2)
    if relative:
        by = np.stack([one - one.mean(0) for one in by])
    for landmark in range(2):
        res = tot = 0.0
        for i in range(3):
            others = [by[j] for j in range(3) if j != i]
            for v in range(4):
                same = sum(o[v, landmark] for o in others) / 2
                any_view = sum(o[w, landmark] for o in others for w in range(4)) / 8
                res += math.dist(by[i, v, landmark], same) ** 2
                tot += math.dist(by[i, v, landmark], any_view) ** 2
        assert residual[landmark] == pytest.approx(res)
        assert total[landmark] == pytest.approx(tot)


def test_images_of_one_view_are_averaged_and_views_of_one_object_alone_are_dropped() -> None:
    xy = np.arange(12.0).reshape(6, 1, 2)
    table = ByView.of(xy, [0, 0, 0, 1, 1, 1], ["a", "a", "b", "a", "b", "c"], np.array([1, 1, 1, 0, 0, 0], bool))
    assert table.xy[..., 0, 0].tolist() == [[1, 4], [6, 8]]
    assert table.judged.tolist() == [[True, True], [False, False]]


def test_a_view_that_an_object_lacks_changes_nothing_for_the_others() -> None:
    path = RNG.normal(50, 10, (4, 1, 2))
    xy = np.concatenate([path, path, path[:3]])
    table = ByView.of(xy, [0] * 4 + [1] * 4 + [2] * 3, [0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2], np.ones(11, bool))
    residual, total = table.explained(relative=False)
    assert residual == pytest.approx(0, abs=1e-9)
    assert total[0] > 100


def test_shuffling_keeps_each_objects_positions() -> None:
    instances, views = _grid(3, 5)
    table = ByView.of(RNG.normal(size=(15, 2, 2)), instances, views, np.ones(15, bool))
    shuffled = table.shuffled(RNG)
    assert not np.array_equal(table.xy, shuffled.xy)
    assert np.array_equal(np.sort(table.xy, 1), np.sort(shuffled.xy, 1))


def test_the_spread_is_the_root_mean_square_distance_of_two_images_of_a_group() -> None:
    xy = RNG.normal(size=(8, 2, 2))
    squared = [
        sum(np.square(xy[a, k] - xy[b, k]).sum() for k in range(2)) / 2
        for group in ((0, 1, 2, 3), (4, 5, 6, 7))
        for a, b in combinations(group, 2)
    ]
    assert spread(xy, [0, 0, 0, 0, 1, 1, 1, 1]) == pytest.approx(math.sqrt(np.mean(squared)))
    assert math.isnan(spread(xy, list(range(8))))


def test_a_point_hits_the_mask_at_its_pixel_and_never_outside() -> None:
    mask = np.zeros((4, 8), bool)
    mask[1, 6:] = True
    points = np.array([[6.0, 1.0], [5.4, 1.4], [5.6, 1.4], [7.6, 1.0], [-1.0, 1.0], [6.0, 0.0]])
    assert hits(mask, (points + 0.5) / (8, 4)).tolist() == [True, False, True, False, False, False]


def test_one_object_or_one_viewpoint_says_nothing() -> None:
    xy = RNG.normal(size=(4, 1, 2))
    with pytest.raises(UserError, match="1 objects share 0 viewpoints"):
        ByView.of(xy, [0] * 4, [0, 1, 2, 3], np.ones(4, bool))
    with pytest.raises(UserError, match="2 objects share 1 viewpoints"):
        ByView.of(xy, [0, 0, 1, 1], [0, 1, 0, 2], np.ones(4, bool))
