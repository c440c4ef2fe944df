"""Tai-Chi-HD with a video as frames, one as a file, and a few labelled pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.layouts import pictures
from unsuplmk.frames.media import write_video

PICTURES = {"train": ("00aß_1.png", "00aß_2.png", "01b_7.png"), "test": ("02c_1.png", "02c_9.png")}
FRAMES = ("9.png", "10.png", "11.png")
SIDE = 32


def landmarks(split: str) -> np.ndarray:
    """18 landmarks of each picture; a few are missing."""
    values = np.random.default_rng(len(split)).uniform(1, SIDE - 1, (len(PICTURES[split]), 18, 2))
    values[0, 3] = values[-1, 17] = -1
    return values


def write(folder: Path) -> Path:
    """Write it; returns what the dataset reads."""
    for frame in FRAMES:
        pictures.picture(folder / "train" / "AbC-d_1#001#003.mp4.frames" / frame, SIDE, SIDE)
    video = folder / "train" / "xyZ#000100#000104.mp4"
    write_video(video, [pictures.pixels(f"{i}", SIDE, SIDE) for i in range(4)], 25.0)
    (folder / "landmark").mkdir()
    for split, names in PICTURES.items():
        for name in names:
            pictures.picture(folder / "eval_images" / "taichi-256" / split / name, SIDE, SIDE)
        np.savez(folder / "landmark" / f"taichi_{split}_gt.npz", file_name=np.array(names), value=landmarks(split))
    return folder
