"""Tracks to test with: points that wander, with one that is missing for a while."""

from __future__ import annotations

import numpy as np

from unsuplmk.types import Tracks


def moving(frames: int = 12, fps: float = 25.0) -> Tracks:
    """Three landmarks of a video, or of still images where `fps` is 0."""
    rng = np.random.default_rng(0)
    xy = 60 + np.cumsum(rng.normal(0, 1, (frames, 3, 2)), 0)
    xy[3:5, 1] = np.nan
    score = rng.random((frames, 3))
    source = tuple(f"clip.mp4:{i}" if fps else f"folder/{i:03}.png" for i in range(frames))
    return Tracks(xy, score, ("l0", "l1", "l2"), np.full((frames, 2), (160, 120)), fps, source)
