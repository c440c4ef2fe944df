"""Tests of pairs of two frames of one clip."""

from collections import Counter
from random import Random

import pytest
import torch

from unsuplmk.errors import UserError
from unsuplmk.pairs.video import Video

CLIP = range(100, 150)


def partners(source: Video, index: int, clip: range, draws: int = 4000) -> Counter[int]:
    rng = Random(0)
    found = [source.frames(index, clip, rng) for _ in range(draws)]
    assert {first for first, _ in found} == {index}
    return Counter(second for _, second in found)


@pytest.mark.parametrize(
    ("index", "expected"),
    [
        (125, {*range(118, 123), *range(128, 133)}),
        (100, {*range(103, 108)}),
        (102, {*range(105, 110)}),
        (104, {100, 101, *range(107, 112)}),
        (149, {*range(142, 147)}),
    ],
)
def test_every_frame_of_the_gap_range_is_taken_equally_often_and_no_other(index: int, expected: set[int]) -> None:
    found = partners(Video(gap_min=3.0, gap_max=7.0), index, CLIP)
    assert set(found) == expected
    share = 4000 / len(expected)
    assert all(0.8 * share < count < 1.2 * share for count in found.values())


def test_a_gap_of_one_is_a_neighbour() -> None:
    assert set(partners(Video(gap_min=1.0, gap_max=1.0), 125, CLIP)) == {124, 126}


@pytest.mark.parametrize(("index", "expected"), [(40, 44), (41, 44), (43, 40), (44, 40)])
def test_in_a_clip_too_short_for_the_gap_the_farthest_frame_is_taken(index: int, expected: int) -> None:
    assert set(partners(Video(gap_min=10.0, gap_max=20.0), index, range(40, 45), draws=10)) == {expected}


def test_the_frames_that_were_asked_for_become_source_and_target() -> None:
    first, second = torch.rand(2, 3, 8, 8), torch.rand(2, 3, 8, 8)
    pair = Video()((first, second))
    assert pair.source is first
    assert pair.target is second


def test_an_empty_gap_range_is_refused_with_the_options_names() -> None:
    with pytest.raises(UserError, match=r"--pairs\.gap-max 3 is less than --pairs\.gap-min 5"):
        Video(gap_min=5.0, gap_max=3.0)


def test_gaps_in_seconds_follow_the_clock_where_frames_are_unevenly_apart() -> None:
    times = [0.0, 0.1, 0.2, 1.0, 1.1, 2.0, 5.0]
    pairs = Video(gap_min=0.5, gap_max=1.0, unit="seconds")
    pairs.clock(times.__getitem__)
    assert set(partners(pairs, 3, range(7))) == {0, 1, 2, 5}
    assert set(partners(pairs, 0, range(7))) == {3}
    assert set(partners(pairs, 6, range(7))) == {0}  # nothing is near enough: the farthest


def test_a_clip_is_searched_on_its_own_clock_only() -> None:
    times = [0.0, 1.0, 2.0, 0.0, 1.0, 2.0]
    pairs = Video(gap_min=1.0, gap_max=1.0, unit="seconds")
    pairs.clock(times.__getitem__)
    assert set(partners(pairs, 4, range(3, 6))) == {3, 5}


def test_gaps_in_seconds_without_times_say_what_to_do() -> None:
    with pytest.raises(UserError, match=r"not known; .*--dataset\.fps"):
        Video(unit="seconds").frames(0, range(5), Random(0))


def test_gaps_between_which_no_frame_lies_are_refused() -> None:
    with pytest.raises(UserError, match=r"no whole number of frames lies from 0\.2 to 0\.8"):
        Video(gap_min=0.2, gap_max=0.8)
