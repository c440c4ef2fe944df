"""Tests of the one-euro filter."""

import math
from dataclasses import replace

import numpy as np
import pytest

from tests.paths import error, swinging, tracks_of
from unsuplmk import registry
from unsuplmk.errors import UserError
from unsuplmk.types import Tracks


def oneeuro(tracks: Tracks, **options: float) -> Tracks:
    return registry.build("tracker", "oneeuro", **options)(tracks)


class LowPass:
    """Of the paper's Algorithm 2: exponential smoothing that remembers."""

    last: float | None = None

    def __call__(self, value: float, alpha: float) -> float:
        self.last = value if self.last is None else alpha * value + (1 - alpha) * self.last
        return self.last


def reference(times: list[float], values: list[float], least: float, beta: float, of_speed: float) -> list[float]:
    """One coordinate, as the paper's Algorithms 1 to 3 say it."""
    place, speed, out, before = LowPass(), LowPass(), [], 0.0

    def alpha(rate: float, cutoff: float) -> float:
        return 1 / (1 + (1 / (2 * math.pi * cutoff)) / (1 / rate))

    for time, value in zip(times, values, strict=True):
        rate = 1.0 if place.last is None else 1 / (time - before)
        dx = 0.0 if place.last is None else (value - place.last) * rate
        edx = speed(dx, alpha(rate, of_speed))
        out.append(place(value, alpha(rate, least + beta * abs(edx))))
        before = time
    return out


def test_it_is_the_algorithm_of_the_paper_also_where_frames_are_missing() -> None:
    rng = np.random.default_rng(0)
    xy = np.cumsum(rng.normal(0, 3, (60, 3, 2)), 0)
    xy[:4, 0] = xy[20:27, 1] = xy[-3:, 1] = xy[:, 2] = np.nan
    made = oneeuro(tracks_of(xy, fps=25.0), min_cutoff=1.7, beta=0.03, d_cutoff=0.8).xy
    for point in range(3):
        seen = np.flatnonzero(np.isfinite(xy[:, point, 0]))
        for axis in range(2):
            wanted = np.full(60, np.nan)
            wanted[seen] = reference((seen / 25.0).tolist(), xy[seen, point, axis].tolist(), 1.7, 0.03, 0.8)
            np.testing.assert_allclose(made[:, point, axis], wanted)


def test_a_landmark_at_rest_shakes_a_third_as_much_and_a_moving_one_is_a_sixth_nearer() -> None:
    rng = np.random.default_rng(1)
    rest = np.full((600, 4, 2), 100.0)
    noise = rng.normal(0, 1.5, rest.shape)
    calm = error(oneeuro(tracks_of(rest + noise), beta=0.0).xy, rest) / error(rest + noise, rest)
    assert calm == pytest.approx(0.33, abs=0.05)
    truth = swinging(600)
    noise = rng.normal(0, 1.5, truth.shape)
    share = error(oneeuro(tracks_of(truth + noise)).xy, truth) / error(truth + noise, truth)
    assert share == pytest.approx(0.84, abs=0.04)


def test_one_video_does_not_lead_into_the_next() -> None:
    xy = np.repeat([0.0, 100.0], 5)[:, None, None] * np.ones(2)
    both = replace(tracks_of(xy), source=tuple(f"{film}.mp4:{i}" for film in "ab" for i in range(5)))
    np.testing.assert_array_equal(oneeuro(both).xy, xy)
    one = oneeuro(tracks_of(xy)).xy
    assert one[5, 0, 0] < 99


def test_a_video_without_a_frame_rate_is_refused_and_images_stay() -> None:
    tracks = tracks_of(np.random.default_rng(0).random((5, 1, 2)), fps=0.0)
    with pytest.raises(UserError, match="needs a frame rate, and these tracks have none"):
        oneeuro(tracks)
    images = replace(tracks, source=tuple(f"{i}.png" for i in range(5)))
    np.testing.assert_array_equal(oneeuro(images).xy, images.xy)
