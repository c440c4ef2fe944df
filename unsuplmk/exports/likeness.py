"""How far the points of an exported file lie from those of the detector that it was made of, and how quick it is."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf

import cv2
import numpy as np
import torch
from jaxtyping import UInt8

from unsuplmk.detector import Detector
from unsuplmk.exports.about import Program
from unsuplmk.frames.cropping import WHOLE
from unsuplmk.naming.named import Points

Frames = UInt8[np.ndarray, "batch height width 3"]
BATCHES = (1, 3)
"""Sizes of the batches that a file is tried on."""
RUNS = 10
"""How often each is timed; the quickest counts."""


@dataclass(frozen=True)
class Likeness:
    """How far a file's points lie from the detector's.

    Args:
        difference: The largest distance, in pixels of the network's square image.
        worst: The frames on which it is found, as in `frames`.
        median: The median distance, in the same.
        pixels: The largest distance, in pixels of the frames.
        score: The largest difference of a score.
        frames: What it was tried on, as NUMBERxWIDTHxHEIGHT.
        random: Whether these were random.
    """

    difference: float
    worst: str
    median: float
    pixels: float
    score: float
    frames: list[str]
    random: bool


def tried(program: Program, detector: Detector, points: Points, frames: Sequence[Frames] = ()) -> Likeness:
    """Hold a file against the detector that it was made of, which makes frames square in its own way.

    Args:
        program: The file, opened.
        detector: It.
        points: The points that the file gives.
        frames: Batches of frames to try; none for random ones of several sizes.

    Raises:
        UserError: The file fails on some of them.
    """
    said, square, score, pixels = [], [], [], []
    for batch in frames or random_frames(program.about.size, program.about.frame):
        size = batch.shape[2], batch.shape[1]
        expected = detector.predict(list(batch), crop=WHOLE, points=points)
        xy, found = program(batch)
        ours, theirs = (detector.fit.to_square(each, size) * (detector.fit.size / 2) for each in (expected.xy, xy))
        square.append(np.linalg.norm(ours - theirs, axis=-1).ravel())
        pixels.append(np.abs(expected.xy - xy).max())
        score.append(np.abs(expected.score - found).max())
        said.append(f"{len(batch)}x{size[0]}x{size[1]}")
    apart = np.concatenate(square)
    worst = said[int(np.argmax([each.max() for each in square]))]
    figures = {"difference": apart.max(), "median": np.median(apart), "pixels": np.max(pixels), "score": np.max(score)}
    return Likeness(
        **{name: float(value) for name, value in figures.items()}, worst=worst, frames=said, random=not frames
    )


def random_frames(size: int, frame: tuple[int, int] | None) -> list[Frames]:
    """Batches of random frames of several shapes, of blobs and edges of all sizes as pictures have them.

    Args:
        size: Side of the network's image; some frames are larger and some smaller.
        frame: (width, height) of all of them; None for several.
    """
    rng = np.random.default_rng(0)
    shapes = [(size, size), (3 * size + 2, 2 * size + 1), (2 * size, 3 * size), (size // 2 + 5, size // 2 + 8)]
    return [
        np.stack([_picture(rng, width, height) for _ in range(batch)])
        for width, height in ([frame] if frame else shapes)
        for batch in BATCHES
    ]


def _picture(rng: np.random.Generator, width: int, height: int) -> UInt8[np.ndarray, "height width 3"]:
    picture = np.zeros((height, width, 3))
    for cells in (3, 8, 24):  # the coarser, the stronger
        coarse = rng.standard_normal((cells, cells, 3)) / cells**0.5
        picture += cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    low, high = picture.min(), picture.max()
    return ((picture - low) / max(high - low, 1e-9) * 255).round().astype(np.uint8)


def quickness(program: Program, detector: Detector) -> float:
    """How many times as fast as the detector a file finds the points of one square frame, here and now."""
    width, height = program.about.frame or (detector.fit.size, detector.fit.size)
    frame = _picture(np.random.default_rng(0), width, height)
    image = torch.from_numpy(detector.fit(frame)).permute(2, 0, 1)[None] / 255
    times: dict[Callable[[], object], float] = {lambda: program(frame[None]): inf, lambda: detector.detect(image): inf}
    for _ in range(RUNS):  # in turn, so that what else the machine does slows both
        for run in times:
            start = time.perf_counter()
            run()
            times[run] = min(times[run], time.perf_counter() - start)
    theirs, ours = times.values()
    return ours / theirs
