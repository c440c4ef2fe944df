"""Tests of cutting tracks into runs of consecutive frames."""

from dataclasses import replace

import numpy as np
import pytest

from tests.paths import tracks_of
from unsuplmk.ops.runs import filtered, runs
from unsuplmk.types import Tracks


def named(*sources: str, fps: float = 25.0) -> Tracks:
    return replace(tracks_of(np.zeros((len(sources), 1, 2)), fps=fps), source=sources)


@pytest.mark.parametrize("fps", [0.0, 25.0])
def test_videos_and_gaps_between_frames_end_a_run(fps: float) -> None:
    tracks = named("a.mp4:0", "a.mp4:1", "b.mp4:2", "b.mp4:3", "b.mp4:5", "b.mp4:6", fps=fps)
    assert [rows.tolist() for rows in runs(tracks)] == [[0, 1], [2, 3], [4, 5]]


def test_each_animal_is_on_its_own_however_the_rows_are_ordered() -> None:
    tracks = named("v.mp4:1#ann", "v.mp4:0#bob", "v.mp4:0#ann", "v.mp4:2#ann", "v.mp4:1#bob")
    assert [rows.tolist() for rows in runs(tracks)] == [[2, 0, 3], [1, 4]]


def test_numbers_alone_are_frames_of_one_video() -> None:
    assert [rows.tolist() for rows in runs(named("7", "8", "10", fps=0.0))] == [[0, 1], [2]]


def test_images_are_a_clip_only_where_there_is_a_frame_rate() -> None:
    images = ("c/a.png", "c/b.png", "c/c.png")
    assert [rows.tolist() for rows in runs(named(*images, fps=12.0))] == [[0, 1, 2]]
    assert [rows.tolist() for rows in runs(named(*images, fps=0.0))] == [[0], [1], [2]]
    two = named("c/a.png#x", "c/a.png#y", "c/b.png#x", "c/b.png#y", fps=12.0)
    assert [rows.tolist() for rows in runs(two)] == [[0, 2], [1, 3]]


def test_boxes_of_a_frame_that_nobody_named_follow_nothing() -> None:
    tracks = named("v.mp4:0", "v.mp4:0#2", "v.mp4:1", "v.mp4:1#2")
    assert sorted(rows.tolist() for rows in runs(tracks)) == [[0], [1], [2], [3]]
    tracks = named("v.mp4:0", "v.mp4:1", "v.mp4:2", "v.mp4:2#2", "v.mp4:3", "v.mp4:4")
    assert sorted(rows.tolist() for rows in runs(tracks)) == [[0, 1], [2], [3], [4, 5]]
    tracks = named("v.mp4:0#1", "v.mp4:0#2", "v.mp4:1#1", "v.mp4:1#2")  # animals that are called 1 and 2
    assert [rows.tolist() for rows in runs(tracks)] == [[0, 2], [1, 3]]


def test_a_frame_that_comes_twice_is_in_one_run_only() -> None:
    rows = runs(named("v.mp4:0", "v.mp4:1", "v.mp4:1", "v.mp4:2"))
    assert sorted(row for run in rows for row in run.tolist()) == [0, 1, 2, 3]


def test_the_points_of_each_run_are_filtered_alone_and_the_given_ones_stay() -> None:
    rng = np.random.default_rng(0)
    given = replace(
        tracks_of(rng.random((6, 2, 2)), rng.random((6, 2))),
        source=("a.mp4:1", "b.mp4:0", "a.mp4:0", "b.mp4:1", "a.mp4:2", "c.mp4:9"),
    )
    before = given.xy.copy()
    made = filtered(given, lambda xy, score: (xy - xy[0], score / 2))
    rows = [2, 0, 4]
    np.testing.assert_allclose(made.xy[rows], before[rows] - before[2])
    np.testing.assert_allclose(made.xy[[1, 3]], before[[1, 3]] - before[1])
    np.testing.assert_array_equal(made.xy[5], before[5])
    np.testing.assert_allclose(made.score, np.append(given.score[:5] / 2, given.score[5:], 0))
    np.testing.assert_array_equal(given.xy, before)
