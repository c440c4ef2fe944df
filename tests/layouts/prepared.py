"""Twelve frames in four clips, prepared in two shards."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.layouts import pictures
from unsuplmk.batches.preparation import write as prepare
from unsuplmk.datasets.arrays import Arrays
from unsuplmk.frames.prepare import Fit


def write(folder: Path) -> Path:
    """Write it; returns what the dataset reads."""
    clips = [np.stack([pictures.pixels(f"{clip} {frame}") for frame in range(3)]) for clip in range(4)]
    prepare(Arrays(clips), folder / "prepared", Fit(16), shard_frames=7)
    return folder / "prepared"
