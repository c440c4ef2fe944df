"""Tests of pairs of any two frames of one clip."""

from __future__ import annotations

from collections import Counter
from random import Random

import torch

from unsuplmk.pairs.within import Within


def test_every_other_frame_of_the_clip_is_as_likely_and_the_frame_itself_never_comes() -> None:
    rng, clip = Random(0), range(10, 15)
    drawn = Counter(Within().frames(12, clip, rng) for _ in range(4000))
    assert set(drawn) == {(12, other) for other in (10, 11, 13, 14)}
    assert all(850 < count < 1150 for count in drawn.values())


def test_a_clip_of_one_frame_gives_it_twice() -> None:
    assert Within().frames(3, range(3, 4), Random(0)) == (3, 3)


def test_the_first_frame_is_the_source() -> None:
    first, second = torch.zeros(1, 3, 8, 8), torch.ones(1, 3, 8, 8)
    pair = Within().forward((first, second))
    assert pair.source is first
    assert pair.target is second
