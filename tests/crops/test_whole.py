"""Tests of frames that stay as they are."""

import numpy as np

from unsuplmk.crops.whole import Whole
from unsuplmk.datasets.arrays import Arrays


def test_nothing_is_cut_out_and_nothing_is_said() -> None:
    lines: list[str] = []
    assert Whole().boxes(Arrays([np.zeros((4, 4, 3), np.uint8)]), lines.append) is None
    assert not lines
