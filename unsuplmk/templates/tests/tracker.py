"""The tracker `example`: the contract of trackers, and what is its own."""

import numpy as np

from unsuplmk import registry
from unsuplmk.testing import contract
from unsuplmk.types import Tracks

test_example = contract("tracker", "example")


def test_a_short_gap_is_filled_on_the_line_and_a_long_one_is_not() -> None:
    xy = np.arange(16.0).reshape(8, 1, 2)
    whole, holes = xy.copy(), [1, 2, 4, 5, 6]
    xy[holes] = np.nan
    score = np.linspace(0.9, 0.2, 8)[:, None]
    tracks = Tracks(xy, score, ("nose",), np.full((8, 2), 64), 25.0, tuple(f"v.mp4:{frame}" for frame in range(8)))
    filled = registry.build("tracker", "example", gap=2)(tracks)
    assert np.allclose(filled.xy[:4], whole[:4])
    assert np.isnan(filled.xy[4:7]).all()
    assert np.allclose(filled.score[1:3, 0], score[3])  # the lower of the two ends
