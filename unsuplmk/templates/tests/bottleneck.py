"""The bottleneck `example`: the contract of bottlenecks, and what is its own."""

import torch

from unsuplmk import registry
from unsuplmk.testing import contract

test_example = contract("bottleneck", "example")


def test_a_second_peak_outside_the_window_does_not_move_the_landmark() -> None:
    bottleneck = registry.build("bottleneck", "example", 1, reach=2)
    scores = torch.zeros(1, 1, 16, 16)
    scores[0, 0, 4, 4] = 20.0
    before = bottleneck.locate(scores)
    scores[0, 0, 12, 12] = 19.0
    after = bottleneck.locate(scores)
    assert torch.equal(after.xy, before.xy)
    assert after.score < before.score  # but it is less sure
