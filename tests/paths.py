"""Tracks with known truth: landmarks that swing, and what a detector would see of them."""

from __future__ import annotations

import numpy as np

from unsuplmk.types import Tracks


def swinging(frames: int = 400, landmarks: int = 4, fps: float = 30.0, seed: int = 0) -> np.ndarray:
    """Places (frames, landmarks, 2) of landmarks that swing by tens of pixels, twice to ten times in 20 seconds."""
    rng = np.random.default_rng(seed)
    rate, phase, reach = (rng.uniform(*range_, (landmarks, 2)) for range_ in ((0.1, 0.5), (0, 6.28), (20, 60)))
    return 200 + reach * np.sin(2 * np.pi * rate * np.arange(frames)[:, None, None] / fps + phase)


def tracks_of(xy: np.ndarray, score: np.ndarray | None = None, fps: float = 30.0, film: str = "v.mp4") -> Tracks:
    """Tracks of the frames of one video."""
    frames, landmarks = xy.shape[:2]
    score = np.ones((frames, landmarks)) if score is None else score
    names = tuple(f"l{i}" for i in range(landmarks))
    return Tracks(xy.copy(), score, names, np.full((frames, 2), 400), fps, tuple(f"{film}:{i}" for i in range(frames)))


def error(xy: np.ndarray, truth: np.ndarray) -> float:
    """Mean distance of the points that are known, px."""
    return float(np.nanmean(np.linalg.norm(xy - truth, axis=-1)))
