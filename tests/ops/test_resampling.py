"""Tests of frames made square in torch, beside what the library does with OpenCV."""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
import pytest
import torch

from unsuplmk.frames.prepare import Fit
from unsuplmk.ops.resampling import Square

Mode = Literal["pad", "crop", "stretch"]
MODES: tuple[Mode, ...] = ("pad", "crop", "stretch")
SHRINK = ((64, 96), (130, 60), (100, 99), (400, 37), (33, 32))
GROW = ((20, 30), (7, 5), (1, 1), (31, 32), (3, 100))


def picture(width: int, height: int, seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return cv2.GaussianBlur(noise, (0, 0), 1.0).reshape(height, width, 3)


def squared(mode: Mode, *frames: np.ndarray) -> np.ndarray:
    images = Square(32, mode)(torch.from_numpy(np.stack(frames)))
    return (images * 255).permute(0, 2, 3, 1).numpy()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("size", [size for size in SHRINK if min(size) >= 32])
def test_where_frames_shrink_the_bytes_are_opencvs_but_for_ties(mode: Mode, size: tuple[int, int]) -> None:
    frame = picture(*size)
    apart = np.abs(squared(mode, frame)[0] - Fit(32, mode)(frame))
    assert apart.max() < 1.01
    assert (apart > 0.01).mean() < 0.01


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("size", [*GROW, *SHRINK])
def test_no_byte_is_more_than_one_away_from_opencvs_at_any_size(mode: Mode, size: tuple[int, int]) -> None:
    frame = picture(*size)
    limit = 2.01 if mode == "stretch" else 1.01  # where one side shrinks and the other grows, OpenCV rounds twice
    assert np.abs(squared(mode, frame)[0] - Fit(32, mode)(frame)).max() < limit


@pytest.mark.parametrize("mode", MODES)
def test_a_square_of_the_right_size_stays_as_it_is_and_frames_of_a_batch_do_not_mix(mode: Mode) -> None:
    one, other = picture(32, 32), picture(32, 32, seed=1)
    np.testing.assert_allclose(squared(mode, one, other), np.stack([one, other]), atol=1e-3)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("size", [*GROW, *SHRINK])
def test_points_go_back_to_the_frame_as_the_library_puts_them(mode: Mode, size: tuple[int, int]) -> None:
    xy = np.random.default_rng(0).uniform(-1, 1, (5, 2))
    axes = Square(32, mode).axes(torch.from_numpy(picture(*size))[None])
    found = [axis.outside(torch.from_numpy(xy[:, i]), 32).numpy() for i, axis in enumerate(axes)]
    np.testing.assert_allclose(np.stack(found, -1), Fit(32, mode).to_frame(xy, size), atol=1e-9)
