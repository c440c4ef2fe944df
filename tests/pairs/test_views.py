"""Tests of pairs of neighbouring viewpoints."""

from random import Random

import pytest
import torch

from unsuplmk.pairs.views import Views

CLIP = range(10, 16)


def partners(source: Views, index: int, clip: range = CLIP) -> set[int]:
    rng = Random(0)
    found = [source.frames(index, clip, rng) for _ in range(300)]
    assert {first for first, _ in found} == {index}
    return {second for _, second in found}


@pytest.mark.parametrize(
    ("reach", "index", "expected"),
    [(1, 12, {11, 13}), (2, 12, {10, 11, 13, 14}), (1, 10, {11}), (2, 15, {13, 14}), (9, 13, {10, 11, 12, 14, 15})],
)
def test_the_other_viewpoint_is_within_reach(reach: int, index: int, expected: set[int]) -> None:
    assert partners(Views(reach=reach), index) == expected


@pytest.mark.parametrize(
    ("reach", "index", "expected"), [(1, 10, {15, 11}), (1, 15, {14, 10}), (2, 11, {15, 10, 12, 13})]
)
def test_on_a_turntable_the_last_viewpoint_neighbours_the_first(reach: int, index: int, expected: set[int]) -> None:
    assert partners(Views(reach=reach, ring=True), index) == expected


def test_a_full_turn_never_comes_back_to_the_viewpoint_itself() -> None:
    assert partners(Views(reach=6, ring=True), 12) == {10, 11, 13, 14, 15}


def test_a_single_view_is_paired_with_itself() -> None:
    for ring in (False, True):
        assert partners(Views(ring=ring), 7, range(7, 8)) == {7}


def test_the_first_viewpoint_is_the_source() -> None:
    first, second = torch.rand(2, 3, 8, 8), torch.rand(2, 3, 8, 8)
    pair = Views()((first, second))
    assert pair.source is first
    assert pair.target is second
