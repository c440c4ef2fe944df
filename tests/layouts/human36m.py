"""Simplified Human3.6M with two sequences of each of seven subjects, and others that do not count."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image
from scipy.io import savemat

from tests.layouts import pictures

SUBJECTS = (1, 5, 6, 7, 8, 9, 11)
SEQUENCES = ("Directions 1.54138969", "Walking.60457274", "WalkingDog 1.54138969", "Eating.55011271")
"""The last two are no activities of the protocol."""
FRAMES = (9, 10, 121)
SIDE = 32


def shares(subject: int, sequence: int, frame: int) -> np.ndarray:
    """The 32 joints, as shares of the picture's sides."""
    return np.random.default_rng((subject, sequence, frame)).uniform(0.1, 0.9, (32, 2))


def mask(frame: int) -> np.ndarray:
    """Where the person is."""
    ys, xs = np.mgrid[:SIDE, :SIDE]
    return (ys - 16) ** 2 + (xs - 10 - frame % 7) ** 2 < 60


def write(folder: Path) -> Path:
    """Write it; returns what the dataset reads."""
    root = folder / "human_images"
    for subject in SUBJECTS:
        for number, sequence in enumerate(SEQUENCES):
            below = [
                root / f"S{subject}" / kind / sequence for kind in ("WithBackground", "BackgroudMask", "Landmarks")
            ]
            for path in below:
                path.mkdir(parents=True)
            for frame in FRAMES if number < 2 else FRAMES[:1]:
                # the name makes the picture: another in every folder
                made = pictures.picture(below[0] / f"{subject} {number} {frame}.jpg", SIDE, SIDE)
                made.rename(below[0] / f"{frame}.jpg")
                Image.fromarray(mask(frame)).save(below[1] / f"{frame}.png")  # one bit a pixel
                savemat(below[2] / f"{frame}.mat", {"keypoints_2d": shares(subject, number, frame)})
    return root
