"""Tests of the Kalman smoother."""

from dataclasses import replace

import numpy as np
import pytest

from tests.paths import error, swinging, tracks_of
from unsuplmk import registry
from unsuplmk.types import Tracks


def kalman(tracks: Tracks, **options: float) -> Tracks:
    return registry.build("tracker", "kalman", **options)(tracks)


def reference(values: np.ndarray, noise: np.ndarray, process: float) -> np.ndarray:
    """The likeliest path, by least squares over the first place and velocity and every acceleration."""
    frames = len(values)
    paths = np.zeros((frames, 2 + frames - 1))
    paths[:, 0], paths[:, 1] = 1, np.arange(frames)
    for push in range(frames - 1):  # half a step of it in the frame itself, then as velocity
        paths[push + 1 :, 2 + push] = 0.5 + np.arange(frames - push - 1)
    seen = np.isfinite(values)
    rows = np.concatenate([paths[seen] / noise[seen, None], np.eye(frames + 1)[2:] / process])
    wanted = np.concatenate([values[seen] / noise[seen], np.zeros(frames - 1)])
    return paths @ np.linalg.lstsq(rows, wanted, rcond=None)[0]


def test_it_is_the_likeliest_path_of_a_body_that_is_pushed_at_random() -> None:
    rng = np.random.default_rng(0)
    xy = np.cumsum(np.cumsum(rng.normal(0, 0.3, (40, 3, 2)), 0), 0) + rng.normal(0, 2, (40, 3, 2))
    xy[:5, 0] = xy[12:18, 1] = xy[-4:, 1] = np.nan
    score = rng.uniform(0.2, 0.9, (40, 3))
    made = kalman(tracks_of(xy, score), process=0.6, measurement=2.0).xy
    for point in range(3):
        seen = np.isfinite(xy[:, point, 0])
        noise = 2.0 * np.median(score[seen, point]) / score[:, point]
        for axis in range(2):
            wanted = np.where(seen, reference(xy[:, point, axis], noise, 0.6), np.nan)
            np.testing.assert_allclose(made[:, point, axis], wanted, atol=2e-4)


def test_it_halves_the_error_of_noisy_tracks_and_weighs_them_by_their_scores() -> None:
    truth = swinging(600)
    rng = np.random.default_rng(1)
    score = rng.uniform(0.1, 1, truth.shape[:2])
    seen = truth + rng.normal(size=truth.shape) / score[..., None]
    made, blind = kalman(tracks_of(seen, score)).xy, kalman(tracks_of(seen)).xy
    assert error(made, truth) / error(seen, truth) == pytest.approx(0.29, abs=0.05)
    assert error(made, truth) < 0.6 * error(blind, truth)


def test_only_the_ratio_of_the_two_options_matters() -> None:
    tracks = tracks_of(swinging(30) + np.random.default_rng(0).normal(size=(30, 4, 2)))
    made = kalman(tracks, process=0.5, measurement=2.0).xy
    np.testing.assert_allclose(made, kalman(tracks, process=0.25, measurement=1.0).xy)
    assert not np.allclose(made, kalman(tracks, process=1.0, measurement=1.0).xy)


def test_a_score_of_nothing_is_a_detection_that_hardly_counts() -> None:
    truth = swinging(50, 1)
    seen, score = truth.copy(), np.ones((50, 1))
    seen[20], score[20] = seen[20] + 30, 0.0
    assert error(kalman(tracks_of(seen, score)).xy, truth) < 0.2
    np.testing.assert_allclose(kalman(tracks_of(truth, np.zeros((50, 1)))).xy, kalman(tracks_of(truth)).xy)


def test_one_video_does_not_lead_into_the_next_and_missing_points_stay_missing() -> None:
    xy = np.repeat([0.0, 100.0], 5)[:, None, None] * np.ones(2)
    xy[7] = np.nan
    both = replace(tracks_of(xy), source=tuple(f"{film}.mp4:{i}" for film in "ab" for i in range(5)))
    np.testing.assert_allclose(kalman(both).xy, xy, atol=1e-6)
    assert abs(kalman(tracks_of(xy)).xy[4, 0, 0]) > 1
