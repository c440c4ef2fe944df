"""Tests of landmarks under known viewpoints and lightings."""

from __future__ import annotations

import json
import math
from io import StringIO

import numpy as np
import pytest
from rich.console import Console

from unsuplmk.errors import UserError
from unsuplmk.evaluation.consistency import Consistency, consistency

RNG = np.random.default_rng(0)
INSTANCES, VIEWS, LANDMARKS, SIDE = 6, 12, 4, 64
PATH = RNG.uniform(20, 44, (VIEWS, LANDMARKS, 2))
GRID = np.repeat(np.arange(INSTANCES), VIEWS).tolist(), np.tile(np.arange(VIEWS), INSTANCES).tolist()


def judged(xy: np.ndarray, **options: object) -> Consistency:
    images = INSTANCES * VIEWS
    return consistency(xy, np.full((images, 2), SIDE), *GRID, [""] * images, **options)  # type: ignore[arg-type]


def test_landmarks_that_only_the_viewpoint_moves_are_perfect() -> None:
    found = judged(np.tile(PATH, (INSTANCES, 1, 1)))
    assert found.position.found == pytest.approx(1)
    assert found.motion.found == pytest.approx(1)
    assert found.position.per_landmark == pytest.approx((1,) * LANDMARKS)
    assert found.motion.chance < 0.1
    expected = np.sqrt(np.square(PATH - PATH.mean(0)).sum(-1).mean()) / SIDE * 100
    assert found.movement == pytest.approx(expected)
    assert (found.images, found.instances, found.views) == (72, 6, 12)


def test_objects_that_sit_elsewhere_are_forgiven_in_motion_and_not_in_position() -> None:
    shift = np.repeat(RNG.normal(0, 8, (INSTANCES, 1, 2)), VIEWS, 0)
    found = judged(np.tile(PATH, (INSTANCES, 1, 1)) + shift)
    assert found.motion.found == pytest.approx(1)
    assert found.position.found < 0.8


def test_random_landmarks_get_what_theory_and_shuffling_say() -> None:
    rng = np.random.default_rng(1)
    figures = [judged(rng.normal(32, 8, (INSTANCES * VIEWS, LANDMARKS, 2)), seed=seed) for seed in range(20)]
    # predicting noise by the mean of n - 1 others adds a share 1 / (n - 1) to it
    for share in ("position", "motion"):
        assert np.mean([getattr(f, share).found for f in figures]) == pytest.approx(-1 / (INSTANCES - 1), abs=0.03)
        assert np.mean([getattr(f, share).chance for f in figures]) == pytest.approx(-1 / (INSTANCES - 1), abs=0.03)


def test_landmarks_that_never_move_have_no_figure() -> None:
    xy = np.tile(PATH, (INSTANCES, 1, 1))
    xy[:, 1] = 30
    found = judged(xy)
    assert math.isnan(found.position.per_landmark[1])
    assert found.position.found == pytest.approx(1)
    still = judged(np.full_like(xy, 30))
    assert math.isnan(still.position.found)
    assert still.movement == 0
    values = json.loads(json.dumps(still.as_dict(), allow_nan=False))
    assert values["motion"]["found"] is None


def test_all_images_predict_those_that_are_judged() -> None:
    xy = np.tile(PATH, (INSTANCES, 1, 1))
    xy[: 4 * VIEWS] += RNG.normal(0, 2, (4 * VIEWS, LANDMARKS, 2))
    chosen = np.arange(len(xy)) >= 4 * VIEWS
    found = judged(xy, judged=chosen)
    assert (found.images, found.instances) == (24, 2)
    assert 0.9 < found.position.found < 1


def test_the_share_on_the_object_stands_beside_its_area_and_other_images_landmarks() -> None:
    images = INSTANCES * VIEWS
    masks, xy = [], np.empty((images, LANDMARKS, 2))
    for image in range(images):
        left = image % 2
        masks.append(np.zeros((SIDE, SIDE), bool))
        masks[-1][:, 32 * left : 32 * left + 32] = True
        xy[image] = RNG.uniform(0, 63, (LANDMARKS, 2)) * (0.5, 1) + (31.5 * left, 0)
    found = judged(xy, masks=masks)
    assert found.on_object.found == 1
    assert found.on_object.chance == pytest.approx(0.5, abs=0.15)
    assert found.area == 0.5
    xy[:, 0, 0] = 31  # now on the left half only
    assert judged(xy, masks=masks).on_object.per_landmark == (0.5, 1, 1, 1)
    assert math.isnan(judged(xy).on_object.found)
    masks[3] = masks[3][:32]
    with pytest.raises(UserError, match="a mask is 64 x 32 px, its image 64 x 64"):
        judged(xy, masks=masks)


def test_lighting_is_compared_with_viewpoint() -> None:
    instances = np.repeat(np.arange(3), 24).tolist()
    views = np.tile(np.repeat(np.arange(12), 2), 3).tolist()
    lights = np.tile(["lamp", "sun"], 36).tolist()
    base = np.repeat(np.tile(PATH, (3, 1, 1)), 2, 0)
    size = np.full((72, 2), SIDE)
    assert consistency(base, size, instances, views, lights).lighting == 0
    noise = RNG.normal(32, 8, (72, 40, 2))
    assert consistency(noise, size, instances, views, lights).lighting == pytest.approx(1, abs=0.1)
    moved = base + np.where(np.array(lights) == "sun", 3.0, 0.0)[:, None, None] * (1, 0)
    pairs = [np.square(PATH[a] - PATH[b]).sum(-1).mean() for a in range(12) for b in range(a)]
    assert consistency(moved, size, instances, views, lights).lighting == pytest.approx(3 / math.sqrt(np.mean(pairs)))
    assert math.isnan(consistency(base, size, instances, views, [""] * 72).lighting)


def test_it_prints_as_a_table() -> None:
    console = Console(width=100, record=True, file=StringIO())
    console.print(judged(np.tile(PATH, (INSTANCES, 1, 1))).table())
    text = console.export_text()
    assert "position from viewpoint" in text
    assert "1.000" in text
    assert "on the object" not in text
