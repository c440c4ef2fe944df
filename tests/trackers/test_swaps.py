"""Tests of undoing exchanges of landmarks."""

from dataclasses import replace
from typing import Any

import numpy as np

from tests.paths import swinging, tracks_of
from unsuplmk import registry
from unsuplmk.types import Tracks


def swaps(tracks: Tracks, **options: Any) -> Tracks:
    return registry.build("tracker", "swaps", **options)(tracks)


def exchanged(xy: np.ndarray, one: int, other: int, start: int, stop: int) -> np.ndarray:
    out = xy.copy()
    out[start:stop, [one, other]] = xy[start:stop, [other, one]]
    return out


def apart(frames: int = 60) -> np.ndarray:
    """Three landmarks that go their way side by side, 40 px from one another, with a pixel of noise."""
    rng = np.random.default_rng(0)
    way = np.stack([3.0 * np.arange(frames), np.zeros(frames)], -1)[:, None]
    return way + np.array([[0.0, 0.0], [0.0, 40.0], [0.0, 80.0]]) + rng.normal(0, 1, (frames, 3, 2))


def test_an_exchange_that_ends_is_undone_with_its_scores() -> None:
    truth, score = apart(), np.random.default_rng(1).random((60, 3))
    for start, stop in ((20, 21), (20, 22), (10, 40), (1, 4), (50, 59)):
        seen = tracks_of(exchanged(truth, 0, 2, start, stop), exchanged(score[..., None], 0, 2, start, stop)[..., 0])
        made = swaps(seen)
        np.testing.assert_array_equal(made.xy, truth, f"{start} to {stop}")
        np.testing.assert_array_equal(made.score, score)


def test_what_never_ends_or_lasts_for_long_stays() -> None:
    for start, stop in ((20, 60), (10, 40)):
        seen = tracks_of(exchanged(apart(), 0, 1, start, stop))
        np.testing.assert_array_equal(swaps(seen, longest=29).xy, seen.xy)
    np.testing.assert_array_equal(swaps(seen, longest=30).xy, apart())


def test_landmarks_that_cross_each_other_are_left_alone() -> None:
    there = np.stack([np.linspace(0, 100, 50), np.linspace(0, 100, 50)], -1)
    back = np.stack([np.linspace(0, 100, 50), np.linspace(100, 0, 50)], -1)
    xy = np.stack([there, back], 1) + np.random.default_rng(0).normal(0, 1, (50, 2, 2))
    np.testing.assert_array_equal(swaps(tracks_of(xy)).xy, xy)


def test_an_exchange_of_landmarks_that_were_exchanged_is_undone() -> None:
    truth = apart()
    seen = exchanged(exchanged(truth, 0, 1, 10, 40), 1, 2, 20, 30)
    np.testing.assert_array_equal(swaps(tracks_of(seen)).xy, truth)


def test_exchanges_at_once_of_different_landmarks_are_undone() -> None:
    truth = np.concatenate([apart(), apart() + np.array([0, 200])], 1)
    seen = exchanged(exchanged(truth, 0, 1, 10, 30), 3, 5, 20, 40)
    np.testing.assert_array_equal(swaps(tracks_of(seen)).xy, truth)


def test_of_eighty_exchanges_in_noise_seven_in_eight_points_are_put_back_and_none_is_put_wrong() -> None:
    false, before, after = 0, 0, 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        truth = swinging(600, 6, seed=seed)
        truth += rng.normal(0, 1.5, truth.shape)
        false += int((swaps(tracks_of(truth)).xy != truth).sum())
        seen = truth
        for _ in range(4):
            one, other = rng.choice(6, 2, replace=False).tolist()
            start = int(rng.integers(10, 550))
            seen = exchanged(seen, one, other, start, start + int(rng.integers(1, 40)))
        before += int((seen != truth).any(-1).sum())
        after += int((swaps(tracks_of(seen)).xy != truth).any(-1).sum())
    assert false == 0
    assert after < before / 8


def test_nothing_is_exchanged_from_one_video_to_the_next() -> None:
    truth = apart(20)
    seen = exchanged(truth, 0, 1, 10, 14)
    films = replace(tracks_of(seen), source=tuple(f"{'a' if i < 10 else 'b'}.mp4:{i}" for i in range(20)))
    np.testing.assert_array_equal(swaps(films).xy, seen)
    np.testing.assert_array_equal(swaps(tracks_of(seen)).xy, truth)


def test_missing_points_are_no_reason_to_exchange() -> None:
    xy = apart()
    xy[10:14, 0] = xy[12:20, 1] = np.nan
    xy[:, 2] = np.nan
    np.testing.assert_array_equal(swaps(tracks_of(xy)).xy, xy)


def test_an_exchange_that_begins_while_a_point_is_missing_is_undone_from_where_both_are_seen() -> None:
    truth = apart()
    seen = exchanged(truth, 0, 2, 20, 30)
    seen[19:22, 0] = np.nan
    made = swaps(tracks_of(seen)).xy
    np.testing.assert_array_equal(made[22:], truth[22:])
    np.testing.assert_array_equal(made[:19], truth[:19])


def test_a_missed_leap_does_not_exchange_what_lies_between_two_exchanges() -> None:
    truth = apart(120)
    seen = exchanged(exchanged(exchanged(truth, 0, 1, 20, 28), 0, 1, 50, 58), 0, 1, 80, 88)
    seen[10:20, 0] = np.nan  # so that where the first begins is not seen
    made = swaps(tracks_of(seen)).xy
    np.testing.assert_array_equal(made[28:], truth[28:])
