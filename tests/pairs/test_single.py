"""Tests of pairs of one image with itself."""

from random import Random

import torch

from unsuplmk.pairs.single import Single


def test_the_one_frame_is_source_and_target() -> None:
    assert Single().frames(7, range(5, 9), Random(0)) == (7,)
    image = torch.rand(2, 3, 8, 8)
    pair = Single()((image,))
    assert pair.source is pair.target is image
    assert pair.warp is None
    assert pair.weight is None
