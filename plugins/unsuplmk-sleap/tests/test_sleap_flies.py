"""The dataset `sleap` on a real file, where there is one: predictions of two flies."""

from __future__ import annotations

import csv
from typing import Any

import numpy as np
import pytest

from tests.golden import SHARED
from unsuplmk_sleap.dataset import Sleap

FLIES = SHARED / "data" / "fly_sleap"
pytestmark = pytest.mark.skipif(not FLIES.is_dir(), reason=f"research data is not at {FLIES}")


@pytest.fixture(scope="module")
def flies() -> Sleap:
    return Sleap(FLIES / "original" / "predictions.slp", split="all", labels="predicted")


def test_real_predictions_are_read(flies: Sleap) -> None:
    assert (len(flies), flies.clips) == (6000, (range(3000), range(3000, 6000)))
    assert flies.points[:5] == ("head", "thorax", "abdomen", "wingL", "wingR")
    assert flies.tags(3000)["track"] == "track_1"
    assert flies.seconds(150) == pytest.approx(150 / 25, rel=0.02)
    first = flies.read(0)
    assert first.shape[0] == first.shape[1]
    assert first.std() > 10


def test_real_points_are_as_far_apart_as_in_the_table_that_was_made_of_them(flies: Sleap) -> None:
    with (FLIES / "keypoints_aligned.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["video"] in ("court120s_t0", "court120s_t1")]
    assert len(rows) == 2947
    worst = 0.0
    for row in rows[::10]:
        turned = np.array([[float(row[f"{p}_{axis}"] or "nan") for axis in "xy"] for p in flies.points])
        own = flies.annotation(3000 * int(row["video"][-1]) + int(row["frame"]))
        ours, theirs = (np.linalg.norm(a[:, None] - a, axis=-1) for a in (own, turned))
        assert np.isfinite(theirs).sum() > 80
        worst = max(worst, float(np.nanmax(np.abs(ours - theirs))))
    assert worst < 0.03  # the table is rounded to 0.01 px


def test_real_points_lie_on_the_fly(flies: Sleap) -> None:
    thorax = flies.points.index("thorax")
    for index in (0, 700, 3100, 5500):
        x, y = np.round(flies.annotation(index)[thorax]).astype(int)
        picture: Any = flies.read(index).astype(int)
        assert picture[y - 3 : y + 4, x - 3 : x + 4].mean() > 3 * np.median(picture)
