"""The metric `example`: the contract of metrics, and what is its own."""

import numpy as np
import pytest

from unsuplmk import registry
from unsuplmk.testing import contract

test_example = contract("metric", "example")


def test_a_point_at_the_falloff_counts_061_and_one_far_away_nothing() -> None:
    truth, scale = np.zeros((1, 3, 2)), np.array([2.0])
    predicted = np.array([[(0.0, 0.0), (10.0, 0.0), (1000.0, 0.0)]])
    figures = registry.build("metric", "example", falloff=5.0)(predicted, truth, scale)
    assert figures["oks"] == pytest.approx(100 * (1 + np.exp(-0.5) + 0) / 3)
